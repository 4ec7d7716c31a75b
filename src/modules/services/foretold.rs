//! What earlier tasks of a check run would have made of a service.

use crate::base::{Key, Map, Value};
use crate::spec::{Change, Ctx, Effect};

const KIND: &str = "service";
/// Key of an effect that holds what a restart must change.
const PROOF: &str = "proof";

/// What the predicted world knows of a service; None: as it is on the host.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Foretold {
    /// Whether it runs.
    pub running: Option<bool>,
    /// Whether it starts with the machine.
    pub enabled: Option<bool>,
    /// Whether it is masked.
    pub masked: Option<bool>,
}

/// One name for `nginx` and `nginx.service`.
fn key(name: &str) -> String {
    name.strip_suffix(".service").unwrap_or(name).to_string()
}

impl Foretold {
    /// What is known of a service.
    pub fn of(ctx: Ctx<'_>, name: &str) -> Self {
        let thing = ctx.world.thing(KIND, &key(name)).flatten().and_then(Value::as_map);
        let flag = |name: &str| thing?.get(&Key::from(name)).map(Value::is_true);
        Self { running: flag("running"), enabled: flag("enabled"), masked: flag("masked") }
    }

    /// The effect of a change that makes the service so; `proof` is what a restart must change.
    pub fn effect(self, name: &str, proof: &str) -> Effect {
        let flags = [("running", self.running), ("enabled", self.enabled), ("masked", self.masked)];
        let known = flags.into_iter().filter_map(|(name, on)| Some((name, on?)));
        let mut state: Map = known.map(|(name, on)| (Key::from(name), Value::from(on))).collect();
        if !proof.is_empty() {
            state.insert(PROOF.into(), Value::from(proof));
        }
        Effect::Thing(KIND, key(name), Some(Value::map(state)))
    }
}

/// What a change must have changed to have restarted its service; empty: nothing tells.
pub fn proof(change: &Change) -> String {
    let of = |effect: &Effect| match effect {
        Effect::Thing(KIND, _, Some(state)) => Some(state.get(PROOF)?.text()),
        _ => None,
    };
    change.effects.iter().find_map(of).unwrap_or_default()
}

/// Why a service that is not there may be there when its turn comes in a real run: one of its files, or
/// a package, would have been installed by then.
pub fn may_come(ctx: Ctx<'_>, files: &[String]) -> Option<String> {
    let there = |path: &&String| matches!(ctx.world.path(path), Some(Some(_)));
    if let Some(path) = files.iter().find(there) {
        return Some(format!("{path} is written by an earlier task of this check run"));
    }
    let packages = ctx.world.things("package");
    let names: Vec<&str> =
        packages.into_iter().filter(|(_, state)| state.is_some()).map(|(name, _)| name).collect();
    if names.is_empty() {
        return None;
    }
    let names = names.join(", ");
    Some(format!("it may come with what an earlier task of this check run installs: {names}"))
}
