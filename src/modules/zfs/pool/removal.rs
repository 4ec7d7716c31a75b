//! From a pool that is there to none.

use super::{Args, Seen, vdevs};
use crate::base::Value;
use crate::modules::zfs::list;
use crate::modules::zfs::predicted::{self, DATASET, POOL, SNAPSHOT};
use crate::spec::{Change, Diff, Effect, Failure, Op, Plan, Probe, Risk};
use crate::zfs::rows::Properties;

/// Destroys it, or says why not.
pub fn plan(args: &Args, pool: &Properties, seen: &Seen) -> Result<Plan, Failure> {
    let name = &args.name;
    let held: Vec<String> =
        seen.tree.iter().filter(|(_, holds)| **holds > 0).map(|(name, _)| name.clone()).collect();
    if !held.is_empty() {
        let text = format!("the pool {name} is not destroyed: held snapshots: {}", list(&held));
        return Err(Failure::new(text).with("held", held));
    }
    let inside: Vec<String> = seen.tree.keys().cloned().collect();
    if !inside.is_empty() && !args.recursive {
        let text = format!(
            "the pool {name} is not destroyed: it holds {}. With `recursive: true` they are destroyed as well",
            list(&inside)
        );
        return Err(Failure::new(text).with("children", inside));
    }
    let guid = pool.get("guid").map_or("", |(value, _)| value.as_str());
    let script = Probe::new("zpool_destroy", include_str!("destroy.sh"));
    let script = script.words([seen.name.as_str(), guid]).words(inside.iter());
    let mut change = Change::new(Op::Script(script), format!("destroy the pool {name}"))
        .risk(Risk::Critical)
        .effect(predicted::gone(POOL, name))
        .effect(predicted::gone(DATASET, &seen.name));
    for own in &inside {
        let kind = if own.contains('@') { SNAPSHOT } else { DATASET };
        change = change.effect(predicted::gone(kind, own));
    }
    let path = seen.root.get("mountpoint").filter(|(path, _)| path.starts_with('/') && path != "/");
    if let Some((path, _)) = path {
        change = change.effect(Effect::Path(path.clone(), None));
    }
    let layout = seen.status.as_ref().map(|status| status.layout()).unwrap_or_default();
    let side = |state: &str, vdevs: Value| -> Option<Value> {
        Some([("state", Value::from(state)), ("vdevs", vdevs)].into_iter().collect())
    };
    let before = side("present", vdevs::layout_value(&layout));
    let after = side("absent", Value::list(Vec::new()));
    Ok(Plan::of(vec![change]).diff(Diff { before, after, ..Diff::default() }))
}
