//! From what was seen to a dataset with its properties.

use super::{Args, Seen};
use crate::base::{Map, Value};
use crate::modules::zfs::predicted::{self, DATASET, SNAPSHOT};
use crate::modules::zfs::wish::{self, Type, Wishes};
use crate::spec::{Change, Command, Ctx, Diff, Failure, Op, Plan, Risk};
use crate::zfs::property::{self, Set};
use crate::zfs::rows::Properties;
use crate::zfs::value;

/// What can be set and is not passed on to new datasets below.
const OWN: [&str; 15] = [
    "canmount",
    "context",
    "defcontext",
    "filesystem_limit",
    "fscontext",
    "keylocation",
    "mountpoint",
    "quota",
    "refquota",
    "refreservation",
    "reservation",
    "rootcontext",
    "snapshot_limit",
    "version",
    "volsize",
];

/// Makes what is not there.
pub fn create(args: &Args, seen: &Seen, ctx: Ctx<'_>) -> Result<Plan, Failure> {
    let wishes = args.wishes()?;
    let name = &args.name;
    let pool = args.dataset().split('/').next().unwrap_or_default();
    if !name.contains(['/', '@']) || !seen.above.contains_key(pool) {
        return Err(Failure::new(format!("cannot open '{pool}': no such pool")).missing());
    }
    let is_volume = wish::wished(&wishes, "volsize").is_some();
    let kind = match (args.is_snapshot(), is_volume) {
        (true, _) => Type::Snapshot,
        (false, true) => Type::Volume,
        (false, false) => Type::Filesystem,
    };
    if args.is_snapshot() && !seen.above.contains_key(args.dataset()) {
        let text = format!("cannot open '{}': dataset does not exist", args.dataset());
        return Err(Failure::new(text).missing());
    }
    // A clone is of its origin's type, which is not known here.
    if args.origin.is_none() {
        wish::check(&wishes, kind, seen.above.values().next_back())?;
    }
    wish::guard_mountpoint(&wishes, seen.altroot.as_deref())?;
    let command = Command::new(words(args, &wishes));
    let change = Change::new(Op::Run(command), format!("create {name}"));
    let change = effects(args, &wishes, seen, change);
    let state = |word: &str| Some([("state", Value::from(word))].into_iter().collect());
    let diff = Diff { before: state("absent"), after: state("present"), ..Diff::default() };
    let mut plan = Plan::of(vec![change]).diff(diff);
    plan.uncertain = origin_unknown(args, ctx);
    Ok(plan)
}

/// What a new dataset or snapshot leaves behind.
fn effects(args: &Args, wishes: &Wishes, seen: &Seen, mut change: Change) -> Change {
    let mut made = if args.is_snapshot() { Wishes::new() } else { inherited(seen) };
    made.retain(|(name, _)| wish::wished(wishes, name).is_none());
    made.extend(wishes.iter().cloned());
    let is_volume = wish::wished(wishes, "volsize").is_some();
    let kind = if args.is_snapshot() { SNAPSHOT } else { DATASET };
    let word = if is_volume { "volume" } else { "filesystem" };
    let word = if args.is_snapshot() { "snapshot" } else { word };
    made.push(("type".into(), word.into()));
    let name = &args.name;
    if !args.is_snapshot() {
        for above in super::above(args).iter().filter(|above| !seen.above.contains_key(*above)) {
            let path = mountpoint(above, seen);
            change = change.effect(parent(above, path.as_deref()));
            change.effects.extend(path.map(|path| predicted::mounted(&path)));
        }
        let own = wish::wished(wishes, "mountpoint");
        let own = own.map(|path| wish::below(seen.altroot.as_deref(), path));
        let path = own.or_else(|| mountpoint(name, seen)).filter(|_| !is_volume);
        made.retain(|(name, _)| name != "mountpoint");
        made.extend(path.clone().map(|path| ("mountpoint".to_string(), path)));
        let mounts = matches!(wish::wished(wishes, "canmount"), None | Some("on"));
        let path = path.filter(|path| mounts && path.starts_with('/'));
        change.effects.extend(path.map(|path| predicted::mounted(&path)));
    }
    change.effect(predicted::made(kind, name, &made))
}

/// What a new dataset has from the one above it.
fn inherited(seen: &Seen) -> Wishes {
    let own = |name: &str| match property::find(name) {
        Some(found) => found.set != Set::Ever || OWN.contains(&name),
        None => !property::is_user(name),
    };
    let above = seen.above.values().next_back().into_iter().flatten();
    let passed = above.filter(|(name, _)| !own(name));
    passed.map(|(name, (value, _))| (name.clone(), value.clone())).collect()
}

fn parent(name: &str, path: Option<&str>) -> crate::spec::Effect {
    let mut known = vec![("type".to_string(), "filesystem".to_string())];
    known.extend(path.map(|path| ("mountpoint".to_string(), path.to_string())));
    predicted::made(DATASET, name, &known)
}

fn origin_unknown(args: &Args, ctx: Ctx<'_>) -> Option<String> {
    let origin = args.origin.as_deref()?;
    matches!(ctx.world.thing(SNAPSHOT, origin), Some(None))
        .then(|| format!("{origin} is destroyed by an earlier task of this check run"))
}

/// Where a file system without a mount point of its own is mounted: below its nearest parent that is there.
fn mountpoint(name: &str, seen: &Seen) -> Option<String> {
    let inside =
        |above: &&String| name.strip_prefix(above.as_str()).is_some_and(|r| r.starts_with('/'));
    let above = seen.above.keys().rfind(inside)?;
    let (path, _) = seen.above[above].get("mountpoint")?;
    let rest = name.strip_prefix(above.as_str()).unwrap_or_default();
    path.starts_with('/').then(|| format!("{}{rest}", path.trim_end_matches('/')))
}

/// The words of the command that makes it.
fn words(args: &Args, wishes: &Wishes) -> Vec<String> {
    let verb = match (args.is_snapshot(), &args.origin) {
        (true, _) => "snapshot",
        (false, Some(_)) => "clone",
        (false, None) => "create",
    };
    let mut words = vec!["zfs".to_string(), verb.to_string()];
    if verb != "snapshot" {
        words.push("-p".into());
    }
    for (name, value) in wishes {
        match name.as_str() {
            "volsize" if verb == "create" => words.extend(["-V".into(), value.clone()]),
            "volblocksize" if verb == "create" => words.extend(["-b".into(), value.clone()]),
            _ => words.extend(["-o".into(), format!("{name}={value}")]),
        }
    }
    words.extend(args.origin.clone());
    words.push(args.name.clone());
    words
}

/// Sets what differs.
pub fn set(args: &Args, own: &Properties, seen: &Seen, ctx: Ctx<'_>) -> Result<Plan, Failure> {
    let wishes = args.wishes()?;
    wish::check(&wishes, Type::of(own), Some(own))?;
    let altroot = seen.altroot.as_deref();
    let due = wish::differing(&args.name, &wishes, own, altroot)?;
    if due.iter().any(|(name, _)| name == "mountpoint") {
        wish::guard_mountpoint(&wishes, seen.altroot.as_deref())?;
    }
    let kind = if args.is_snapshot() { SNAPSHOT } else { DATASET };
    let changes = sets(&args.name, &due, own, seen.several, args.allow_shrink)?;
    let changes = changes.into_iter().map(|change| {
        let set: Wishes = assigned(&change);
        let shown = set.into_iter().map(|(name, value)| match name.as_str() {
            "mountpoint" => (name, wish::below(altroot, &value)),
            _ => (name, value),
        });
        let set: Wishes = shown.collect();
        change.effect(predicted::set(kind, &args.name, &set, ctx))
    });
    let mut plan = Plan::of(changes.collect()).diff(difference(&due, own));
    plan.warnings.extend(other_origin(args, own));
    Ok(plan)
}

fn other_origin(args: &Args, own: &Properties) -> Option<String> {
    let wanted = args.origin.as_ref()?;
    let origin = own.get("origin").map_or("-", |(value, _)| value.as_str());
    (origin != wanted).then(|| {
        format!("{} is there and is left alone: its origin is {origin}, not {wanted}", args.name)
    })
}

/// One command for all where the host can, else one for each.
pub fn sets(
    name: &str,
    due: &Wishes,
    own: &Properties,
    several: bool,
    allow_shrink: bool,
) -> Result<Vec<Change>, Failure> {
    let mut changes = Vec::new();
    let groups: Vec<&[(String, String)]> = match due.len() {
        0 => Vec::new(),
        _ if several => vec![due.as_slice()],
        _ => due.chunks(1).collect(),
    };
    for group in groups {
        let mut risk = Risk::Low;
        for (property, value) in group {
            risk = risk.max(self::risk(name, property, value, own, allow_shrink)?);
        }
        let words = group.iter().map(|(name, value)| format!("{name}={value}"));
        let text: Vec<String> = words.clone().collect();
        let argv = ["zfs".to_string(), "set".to_string()].into_iter().chain(words);
        let command = Command::new(argv.chain([name.to_string()]));
        let why = format!("set {} of {name}", text.join(" "));
        changes.push(Change::new(Op::Run(command), why).risk(risk));
    }
    Ok(changes)
}

/// What a change sets.
pub fn assigned(change: &Change) -> Wishes {
    let Op::Run(command) = &change.op else { return Wishes::new() };
    let words = command.argv.iter().skip(2).take(command.argv.len().saturating_sub(3));
    let pairs = words.filter_map(|word| word.split_once('='));
    pairs.map(|(name, value)| (name.to_string(), value.to_string())).collect()
}

fn risk(
    name: &str,
    property: &str,
    wanted: &str,
    own: &Properties,
    allow_shrink: bool,
) -> Result<Risk, Failure> {
    let value = |name: &str| own.get(name).map_or("", |(value, _)| value.as_str());
    match property {
        "volsize" => {
            let shrinks = value::bytes(wanted) < value::bytes(value("volsize"));
            if shrinks && !allow_shrink {
                let text = format!(
                    "{name} is not made smaller than {}: what lies behind its new end would be lost. `allow_shrink: true` allows it",
                    value("volsize")
                );
                return Err(Failure::new(text));
            }
            Ok(if shrinks { Risk::Critical } else { Risk::Low })
        }
        "mountpoint" | "canmount" | "readonly" if value("mountpoint") == "/" => Ok(Risk::High),
        "mountpoint" if value("mounted") == "yes" => Ok(Risk::Medium),
        _ => Ok(Risk::Low),
    }
}

/// What is shown of properties that differ.
pub fn difference(due: &Wishes, own: &Properties) -> Diff {
    let side = |entries: Map| -> Option<Value> {
        Some([("extra_zfs_properties", Value::map(entries))].into_iter().collect())
    };
    let old = |name: &str| own.get(name).map_or(Value::NULL, |(v, _)| Value::from(v.as_str()));
    let before = due.iter().map(|(name, _)| (name.as_str().into(), old(name))).collect();
    let after = due.iter().map(|(name, v)| (name.as_str().into(), Value::from(v.as_str())));
    Diff { before: side(before), after: side(after.collect()), ..Diff::default() }
}

/// Whether all wishes are fulfilled.
pub fn verify(args: &Args, own: &Properties, after: &Seen) -> Result<(), String> {
    let wishes = args.wishes().map_err(|failure| failure.msg)?;
    let altroot = after.altroot.as_deref();
    let wrong = wishes.iter().find(|(name, wanted)| !wish::agrees(name, wanted, own, altroot));
    match wrong {
        None => Ok(()),
        Some((name, wanted)) => {
            let value = own.get(name).map_or("-", |(value, _)| value.as_str());
            Err(format!("{name} is {value}, not {wanted}"))
        }
    }
}
