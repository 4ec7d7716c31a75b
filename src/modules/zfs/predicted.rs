//! What earlier tasks of a check run would have made of pools, datasets and snapshots.

use crate::base::{Key, Map, Value};
use crate::spec::{Ctx, Effect, Fields, PathAttrs, PathKind, Plan};
use crate::zfs::rows::{Properties, Source};

/// A file system or a volume.
pub const DATASET: &str = "dataset";
/// A snapshot by its full name.
pub const SNAPSHOT: &str = "snapshot";
/// A pool.
pub const POOL: &str = "pool";
/// Key of a thing that an earlier task makes: what the host says of one of that name is about another.
const MADE: &str = "_made";

/// What the predicted world makes of the properties of a thing.
pub fn overlay(
    kind: &'static str,
    name: &str,
    seen: Option<Properties>,
    ctx: Ctx<'_>,
) -> Option<Properties> {
    match ctx.world.thing(kind, name) {
        None => seen,
        Some(None) => None,
        Some(Some(value)) => {
            let known = value.as_map();
            let made = value.get(MADE).is_some();
            let mut properties = if made { Properties::new() } else { seen.unwrap_or_default() };
            for (key, value) in known.into_iter().flatten() {
                if let Some(name) = key.as_str().filter(|name| *name != MADE) {
                    properties.insert(name.to_string(), (value.text(), Source::Local));
                }
            }
            Some(properties)
        }
    }
}

/// Whether only the predicted world has it.
pub fn is_made(kind: &'static str, name: &str, ctx: Ctx<'_>) -> bool {
    let thing = ctx.world.thing(kind, name).flatten();
    thing.is_some_and(|value| value.get(MADE).is_some())
}

/// The effect of making a thing with these properties.
pub fn made(kind: &'static str, name: &str, properties: &[(String, String)]) -> Effect {
    let mut map = map(properties);
    map.insert(MADE.into(), Value::from(true));
    Effect::Thing(kind, name.to_string(), Some(Value::map(map)))
}

/// The effect of setting these properties; what earlier tasks have set stays.
pub fn set(
    kind: &'static str,
    name: &str,
    properties: &[(String, String)],
    ctx: Ctx<'_>,
) -> Effect {
    let known = ctx.world.thing(kind, name).flatten().and_then(Value::as_map);
    let mut all: Map = known.cloned().unwrap_or_default();
    all.extend(map(properties));
    Effect::Thing(kind, name.to_string(), Some(Value::map(all)))
}

/// The effect of destroying a thing.
pub fn gone(kind: &'static str, name: &str) -> Effect {
    Effect::Thing(kind, name.to_string(), None)
}

/// All datasets, snapshots and bookmarks that a plan destroys.
fn destroyed(plan: &Plan) -> Vec<String> {
    let effects = plan.changes().flat_map(|change| &change.effects);
    let gone = effects.filter_map(|effect| match effect {
        Effect::Thing(DATASET | SNAPSHOT, name, None) => Some(name.clone()),
        _ => None,
    });
    gone.collect()
}

/// Puts what a plan destroyed among the results; what is still there did not go.
pub fn tell_destroyed(fields: &mut Fields, plan: &Plan, left: impl Fn(&str) -> bool) {
    let mut gone = destroyed(plan);
    gone.retain(|name| !left(name));
    if !gone.is_empty() {
        fields.insert("destroyed".into(), Value::from(gone));
    }
}

/// The directory that a new file system is mounted on.
pub fn mounted(path: &str) -> Effect {
    let attrs = PathAttrs {
        mode: Some(0o755),
        owner: Some("root".to_string()),
        group: Some("0".to_string()),
        ..PathAttrs::new(PathKind::Dir)
    };
    Effect::Path(path.to_string(), Some(attrs))
}

fn map(properties: &[(String, String)]) -> Map {
    properties
        .iter()
        .map(|(name, value)| (Key::from(name.as_str()), Value::from(value.as_str())))
        .collect()
}
