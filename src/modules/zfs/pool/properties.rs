//! Properties of pools.

use super::{Args, Seen};
use crate::base::{Map, Value};
use crate::modules::zfs::predicted::{self, POOL};
use crate::modules::zfs::wish::Wishes;
use crate::spec::{Change, Command, Ctx, Failure, Op, Plan, Risk};
use crate::zfs::rows::Properties;
use crate::zfs::value;

/// What nobody can set.
const FACTS: [&str; 18] = [
    "allocated",
    "altroot",
    "bcloneratio",
    "bclonesaved",
    "bcloneused",
    "capacity",
    "checkpoint",
    "dedupratio",
    "dedup_table_size",
    "expandsize",
    "fragmentation",
    "free",
    "freeing",
    "guid",
    "health",
    "leaked",
    "load_guid",
    "size",
];

/// Refuses what nobody can set.
pub fn check(wishes: &Wishes) -> Result<(), Failure> {
    let is_fact = |name: &str| FACTS.contains(&name) || name.starts_with("unsupported@");
    match wishes.iter().find(|(name, _)| is_fact(name)) {
        Some((name, _)) => Err(Failure::new(format!("'{name}' of a pool is readonly"))),
        None => Ok(()),
    }
}

/// Whether a property of a pool is as it is wanted.
fn agrees(name: &str, wanted: &str, current: &str) -> bool {
    match (name, wanted, current) {
        _ if wanted == current => true,
        ("comment" | "bootfs" | "cachefile", "", "-") => true,
        // A pool with features has no number.
        ("version", "5000", "-") => true,
        ("comment", ..) => false,
        (_, "enabled", "active") => name.starts_with("feature@"),
        _ => value::bytes(wanted).is_some() && value::bytes(wanted) == value::bytes(current),
    }
}

/// Sets what differs of a pool that is there.
pub fn changes(
    args: &Args,
    pool: &Properties,
    seen: &Seen,
    ctx: Ctx<'_>,
    plan: &mut Plan,
) -> Result<(Vec<Change>, Map, Map), Failure> {
    let wishes = args.pool_wishes()?;
    check(&wishes)?;
    let (mut changes, mut before, mut after) = (Vec::new(), Map::new(), Map::new());
    let made = predicted::is_made(POOL, &args.name, ctx);
    for (name, wanted) in wishes {
        let current = pool.get(&name).map(|(value, _)| value.as_str());
        if current.is_some_and(|current| agrees(&name, &wanted, current)) {
            continue;
        }
        if name == "ashift" {
            plan.warnings.extend(other_ashift(args, &wanted, current)?);
            continue;
        }
        refuse(args, &name, &wanted, current, made)?;
        let argv =
            ["zpool".to_string(), "set".into(), format!("{name}={wanted}"), seen.name.clone()];
        let upgrades = name == "version" || name.starts_with("feature@");
        let why = format!("set {name}={wanted} of the pool {}", args.name);
        let change = Change::new(Op::Run(Command::new(argv)), why);
        let change = change.risk(if upgrades { Risk::High } else { Risk::Low });
        before.insert(name.as_str().into(), current.map_or(Value::NULL, Value::from));
        after.insert(name.as_str().into(), Value::from(wanted.as_str()));
        changes.push(change.effect(predicted::set(POOL, &args.name, &[(name, wanted)], ctx)));
    }
    Ok((changes, before, after))
}

fn refuse(
    args: &Args,
    name: &str,
    wanted: &str,
    current: Option<&str>,
    made: bool,
) -> Result<(), Failure> {
    let is_own = name.contains(':');
    let text = match current {
        None if made || is_own || name.starts_with("feature@") => return Ok(()),
        None => format!("the ZFS of this host knows no property '{name}' of a pool"),
        Some(current) if name.starts_with("feature@") && wanted != "enabled" => {
            format!("{name} of {} is {current} and can't become {wanted}", args.name)
        }
        Some(_) => return Ok(()),
    };
    Err(Failure::new(text))
}

/// A pool's sectors can't change; 0 is what a pool says that was made without a word about them.
fn other_ashift(
    args: &Args,
    wanted: &str,
    current: Option<&str>,
) -> Result<Option<String>, Failure> {
    let unknown = matches!(current, None | Some("0" | "-"));
    if unknown {
        let text = format!("{} does not tell its ashift: it was made without one", args.name);
        return Ok(Some(text));
    }
    let current = current.unwrap_or_default();
    Err(Failure::new(format!(
        "ashift of {} is {current} and can't become {wanted}: it is set when devices are added",
        args.name
    )))
}
