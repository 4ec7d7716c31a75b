//! From what was seen to a pool.

use super::seen::VDEVS;
use super::{Args, Seen, VdevChanges, properties, vdevs};
use crate::base::{Map, Value};
use crate::modules::zfs::dataset;
use crate::modules::zfs::predicted::{self, DATASET, POOL};
use crate::modules::zfs::wish::{self, Type, Wishes};
use crate::spec::{Change, Command, Ctx, Diff, Failure, Op, Plan, Risk};
use crate::zfs::rows::Properties;

/// Makes a pool.
pub fn create(args: &Args, seen: &Seen) -> Result<Plan, Failure> {
    let name = &args.name;
    let Some(wanted) = seen.wanted.as_ref().filter(|wanted| !wanted.is_empty()) else {
        return Err(Failure::new(format!("vdevs is required to create the pool {name}")));
    };
    if seen.importable.contains(name) {
        let text = format!(
            "there is a pool {name} that is not imported: nothing is made over it. `zpool import {name}` brings it back"
        );
        return Err(Failure::new(text));
    }
    free(args, seen, wanted)?;
    let (own, root) = (args.pool_wishes()?, args.filesystem_wishes()?);
    properties::check(&own)?;
    wish::check(&root, Type::Filesystem, None)?;
    wish::guard_mountpoint(&root, args.altroot.as_deref())?;
    let mut argv: Vec<String> = ["zpool", "create"].map(str::to_string).to_vec();
    argv.extend(args.disable_new_features.then(|| "-d".to_string()));
    argv.extend(args.force.then(|| "-f".to_string()));
    argv.extend(own.iter().flat_map(|(name, value)| ["-o".to_string(), format!("{name}={value}")]));
    let root_options = root.iter().filter(|(name, _)| name != "mountpoint");
    argv.extend(
        root_options.flat_map(|(name, value)| ["-O".to_string(), format!("{name}={value}")]),
    );
    let mountpoint = wish::wished(&root, "mountpoint").map(str::to_string);
    let options = [("-m", &mountpoint), ("-R", &args.altroot), ("-t", &args.temp_name)];
    for (option, value) in options {
        argv.extend(value.iter().flat_map(|value| [option.to_string(), value.clone()]));
    }
    argv.push(name.clone());
    argv.extend(vdevs::words(wanted));
    let risk = if args.force { Risk::Critical } else { Risk::High };
    let why = format!("create the pool {name} of {}", vdevs::text(wanted));
    let change = Change::new(Op::Run(Command::new(argv)), why).risk(risk);
    let change = effects(args, change, &own, &root, vdevs::signature(seen, wanted));
    let side = |state: &str, vdevs: Value| -> Option<Value> {
        Some([("state", Value::from(state)), ("vdevs", vdevs)].into_iter().collect())
    };
    let before = side("absent", Value::list(Vec::new()));
    let after = side("present", vdevs::to_value(wanted));
    Ok(Plan::of(vec![change]).diff(Diff { before, after, ..Diff::default() }))
}

/// Refuses devices that hold something: zpool of FreeBSD would make the pool over it without a word.
fn free(args: &Args, seen: &Seen, wanted: &[vdevs::Vdev]) -> Result<(), Failure> {
    if args.force {
        return Ok(());
    }
    for disk in wanted.iter().flat_map(|vdev| &vdev.disks) {
        let path = seen.paths.get(disk).map_or(disk.as_str(), String::as_str);
        if let Some(what) = seen.holds.get(path) {
            let text =
                format!("{disk} holds {what}: nothing is made over it unless `force` is given");
            return Err(Failure::new(text));
        }
    }
    Ok(())
}

/// What a new pool leaves behind.
fn effects(
    args: &Args,
    mut change: Change,
    own: &Wishes,
    root: &Wishes,
    devices: String,
) -> Change {
    let mut pool = own.clone();
    pool.push((VDEVS.into(), devices));
    let path = wish::wished(root, "mountpoint").map_or(format!("/{}", args.name), str::to_string);
    let path = wish::below(args.altroot.as_deref(), &path);
    let mut known = root.clone();
    known.retain(|(name, _)| name != "mountpoint");
    known.push(("type".into(), "filesystem".into()));
    known.push(("mountpoint".into(), path.clone()));
    change.effects.push(predicted::made(POOL, &args.name, &pool));
    change.effects.push(predicted::made(DATASET, &args.name, &known));
    let mounts = matches!(wish::wished(root, "canmount"), None | Some("on"));
    if mounts && path.starts_with('/') {
        change.effects.push(predicted::mounted(&path));
    }
    change
}

/// Changes a pool that is there.
pub fn change(args: &Args, pool: &Properties, seen: &Seen, ctx: Ctx<'_>) -> Result<Plan, Failure> {
    let mut plan = Plan::default();
    plan.warnings.extend(health(args, seen));
    let mut before = Map::new();
    let mut after = Map::new();
    let mut changes = Vec::new();
    if let Some(wanted) = &seen.wanted {
        changes.extend(add(args, seen, wanted)?);
        let layout = seen.status.as_ref().map(|status| status.layout()).unwrap_or_default();
        if !changes.is_empty() {
            before.insert("vdevs".into(), vdevs::layout_value(&layout));
            after.insert("vdevs".into(), vdevs::to_value(wanted));
        }
    }
    let (own, old, new) = properties::changes(args, pool, seen, ctx, &mut plan)?;
    changes.extend(own);
    before.insert("pool_properties".into(), Value::map(old));
    after.insert("pool_properties".into(), Value::map(new));
    let (root, old, new) = root_changes(args, seen, ctx)?;
    changes.extend(root);
    before.insert("filesystem_properties".into(), Value::map(old));
    after.insert("filesystem_properties".into(), Value::map(new));
    plan.parts = Plan::of(changes).parts;
    let (before, after) = (Some(Value::map(before)), Some(Value::map(after)));
    Ok(plan.diff(Diff { before, after, ..Diff::default() }))
}

fn health(args: &Args, seen: &Seen) -> Option<String> {
    let status = seen.status.as_ref().filter(|status| status.state != "ONLINE")?;
    let why = if status.status.is_empty() { String::new() } else { format!(": {}", status.status) };
    Some(format!("the pool {} is {}{why}", args.name, status.state))
}

/// Adds what is missing if that is allowed, and says what differs if it is not.
fn add(args: &Args, seen: &Seen, wanted: &[vdevs::Vdev]) -> Result<Option<Change>, Failure> {
    if let Some(predicted) = &seen.predicted {
        let wanted = vdevs::signature(seen, wanted);
        return if *predicted == wanted {
            Ok(None)
        } else {
            Err(differs(
                args,
                predicted,
                &wanted,
                "it is made by an earlier task of this check run",
            ))
        };
    }
    let difference = vdevs::compare(seen, wanted);
    if difference == vdevs::Difference::default() {
        return Ok(None);
    }
    let layout = seen.status.as_ref().map(|status| status.layout()).unwrap_or_default();
    let fail = |why: &str| Err(differs(args, &vdevs::text(&layout), &vdevs::text(wanted), why));
    if !difference.extra.is_empty() {
        return fail("no device is ever removed or replaced by this task");
    }
    if args.vdev_changes != VdevChanges::Add {
        return fail("`vdev_changes: add` would add what is missing");
    }
    free(args, seen, &difference.missing)?;
    let mut argv: Vec<String> = ["zpool", "add"].map(str::to_string).to_vec();
    argv.extend(args.force.then(|| "-f".to_string()));
    let own = args.pool_wishes()?;
    if let Some(ashift) = wish::wished(&own, "ashift") {
        argv.extend(["-o".to_string(), format!("ashift={ashift}")]);
    }
    argv.push(seen.name.clone());
    argv.extend(vdevs::words(&difference.missing));
    let why = format!("add {} to the pool {}", vdevs::text(&difference.missing), args.name);
    Ok(Some(Change::new(Op::Run(Command::new(argv)), why).risk(Risk::Critical)))
}

fn differs(args: &Args, there: &str, wanted: &str, why: &str) -> Failure {
    let text = format!(
        "the devices of the pool {} are not those that are wanted; {why}. There: {there}. Wanted: {wanted}",
        args.name
    );
    Failure::new(text).with("vdevs_there", there).with("vdevs_wanted", wanted)
}

/// Properties of the pool's own dataset.
fn root_changes(
    args: &Args,
    seen: &Seen,
    ctx: Ctx<'_>,
) -> Result<(Vec<Change>, Map, Map), Failure> {
    let wishes = args.filesystem_wishes()?;
    wish::check(&wishes, Type::Filesystem, Some(&seen.root))?;
    let pool = seen.pool.as_ref().and_then(|pool| pool.get("altroot"));
    let altroot = pool.map(|(value, _)| value.as_str()).filter(|root| root.starts_with('/'));
    let due = wish::differing(&seen.name, &wishes, &seen.root, altroot)?;
    if due.iter().any(|(name, _)| name == "mountpoint") {
        wish::guard_mountpoint(&wishes, altroot)?;
    }
    let several = seen.root.contains_key("createtxg");
    let changes = dataset::sets(&seen.name, &due, &seen.root, several, false)?;
    let changes = changes.into_iter().map(|change| {
        let set = dataset::assigned(&change);
        change.effect(predicted::set(DATASET, &seen.name, &set, ctx))
    });
    let old =
        |name: &str| seen.root.get(name).map_or(Value::NULL, |(v, _)| Value::from(v.as_str()));
    let before = due.iter().map(|(name, _)| (name.as_str().into(), old(name))).collect();
    let after = due.iter().map(|(name, value)| (name.as_str().into(), Value::from(value.as_str())));
    Ok((changes.collect(), before, after.collect()))
}
