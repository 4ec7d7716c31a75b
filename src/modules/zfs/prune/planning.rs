//! From what was seen to snapshots that go.

use super::seen::Seen;
use super::{Args, policy};
use crate::base::Value;
use crate::modules::zfs::list;
use crate::modules::zfs::predicted::{self, SNAPSHOT};
use crate::spec::{Change, Diff, Failure, Op, Part, Plan, Probe, Risk};
use crate::zfs::listing::{Guid, Listed, Snapshot};
use crate::zfs::name::{self, Dataset};
use crate::zfs::retention::{self, Decision, Deck, Edge, Keep, Peer, Refusal, Warning};
use std::collections::BTreeMap;

/// One dataset with what is to be known of it.
struct Case<'s> {
    listed: &'s Listed,
    keep: Keep,
    edges: Vec<Edge>,
}

/// Where the host can't tell tags, the count of holds says enough.
static NO_TAGS: BTreeMap<Guid, Vec<String>> = BTreeMap::new();

/// Decides of all datasets, and gives each decision with its dataset and policy to `with`.
pub fn judged<T>(
    args: &Args,
    seen: &Seen,
    with: impl FnOnce(&[(&Listed, &Keep, Decision<'_>)]) -> T,
) -> Result<T, Failure> {
    let keep = policy(args)?;
    let case = |listed| {
        let keep = Keep { bases: bases(args, listed), ..keep.clone() };
        Case { listed, keep, edges: retention::marked(listed, seen.tags.as_ref()) }
    };
    let cases: Vec<Case<'_>> = seen.datasets.iter().map(case).collect();
    let decide = |case| -> (&Listed, &Keep, Decision<'_>) {
        let Case { listed, keep, edges }: &Case<'_> = case;
        let deck = Deck {
            dataset: &listed.name,
            snapshots: &listed.snapshots,
            bookmarks: &listed.bookmarks,
            tags: seen.tags.as_ref().unwrap_or(&NO_TAGS),
            edges,
        };
        let mut decision = retention::decide(keep, &deck, seen.now);
        // Nobody was asked: that the marks alone are known is no news.
        let frozen = edges.iter().any(|edge| matches!(edge.peer, Peer::Frozen(_)));
        decision.warnings.retain(|one| frozen || !matches!(one, Warning::Edge(..)));
        (listed, keep, decision)
    };
    let all: Vec<_> = cases.iter().map(decide).collect();
    Ok(with(&all))
}

/// The bases of one dataset: full names are those of their dataset alone.
fn bases(args: &Args, listed: &Listed) -> Vec<String> {
    let own = args.bases.iter().filter_map(|base| match name::split(base) {
        (dataset, Some(('@', short))) => (dataset == listed.name.as_str()).then_some(short),
        _ => Some(base.as_str()),
    });
    own.map(str::to_owned).collect()
}

/// Destroys what no rule keeps, or says why nothing is.
pub fn plan(args: &Args, seen: &Seen) -> Result<Plan, Failure> {
    judged(args, seen, |all| {
        let text: String =
            all.iter().map(|(own, _, one)| retention::preview(&own.name, one)).collect();
        let refused = |at: &str, why: &Refusal| {
            Failure::new(format!("{at}: {why}")).with("preview", lines(&text))
        };
        let mut plan = Plan { warnings: warnings(args, seen, all), ..Plan::default() };
        for (listed, _, decision) in all {
            let going = decision.destroys().map_err(|why| refused(listed.name.as_str(), &why))?;
            let changes: Vec<Change> = retention::groups(&listed.name, &going)
                .iter()
                .map(|group| destroy(&listed.name, group))
                .collect();
            if !changes.is_empty() {
                plan.parts.push(Part { name: listed.name.to_string(), changes });
            }
        }
        let both: Vec<_> = all.iter().map(|(_, keep, one)| (*keep, one)).collect();
        match retention::summed(&both) {
            Some(why) => Err(refused("all datasets together", &why)),
            None if plan.parts.is_empty() => Ok(plan),
            None => Ok(plan.diff(Diff { prepared: Some(text), ..Diff::default() })),
        }
    })?
}

fn lines(text: &str) -> Value {
    Value::list(text.lines().map(Value::from).collect())
}

fn warnings(args: &Args, seen: &Seen, all: &[(&Listed, &Keep, Decision<'_>)]) -> Vec<String> {
    let mut found: Vec<String> = all
        .iter()
        .flat_map(|(own, _, one)| {
            one.warnings.iter().map(move |why| format!("{}: {why}", own.name))
        })
        .collect();
    for base in &args.bases {
        let (_, mark) = name::split(base);
        let short = mark.map_or(base.as_str(), |(_, short)| short);
        let is_it = |one: &Snapshot| one.name == short || one.guid.0.to_string() == short;
        if !seen.datasets.iter().any(|own| own.snapshots.iter().any(is_it)) {
            found.push(format!("there is no snapshot {base} that could stay"));
        }
    }
    found
}

/// Destroys exactly these, in this order.
fn destroy(dataset: &Dataset, group: &[&Snapshot]) -> Change {
    let words = retention::words(dataset, group);
    let script = Probe::new("zfs_prune_destroy", retention::DESTROY).words(words);
    let names: Vec<String> = group.iter().map(|one| format!("{dataset}@{}", one.name)).collect();
    let change = Change::new(Op::Script(script), format!("destroy {}", list(&names)));
    let effects = names.iter().map(|name| predicted::gone(SNAPSHOT, name));
    effects.fold(change.risk(Risk::Critical), Change::effect)
}

/// What a change was to destroy: dataset, name and identity of each.
fn meant(change: &Change) -> Vec<(Dataset, String, Guid)> {
    let Op::Script(script) = &change.op else { return Vec::new() };
    let Some((dataset, pairs)) = script.words.split_first() else { return Vec::new() };
    let Ok(dataset) = Dataset::new(dataset) else { return Vec::new() };
    let one = |pair: &[String]| {
        let guid = pair.get(1)?.parse().ok()?;
        Some((dataset.clone(), pair.first()?.clone(), Guid(guid)))
    };
    pairs.chunks(2).filter_map(one).collect()
}

/// Whether what was to go is gone. What was held or cloned meanwhile stays, and is no failure unless nothing went at all.
pub fn verify(change: &Change, after: &Seen) -> Result<(), String> {
    let all = meant(change);
    let still: Vec<_> =
        all.iter().filter_map(|(at, _, guid)| Some((at, after.snapshot(at, *guid)?))).collect();
    let at_rest = |one: &Snapshot| one.holds == 0 && one.clones.is_empty();
    match still.iter().find(|(_, one)| at_rest(one) || still.len() == all.len()) {
        Some((at, one)) if at_rest(one) => Err(format!("{at}@{} is still there", one.name)),
        Some((at, one)) => Err(format!("nothing went: {at}@{} is held or cloned by now", one.name)),
        None => Ok(()),
    }
}

/// What stays and what goes, each with its reasons. Behind a run: what did not go after all stays.
pub fn lists(
    args: &Args,
    before: &Seen,
    after: Option<&Seen>,
) -> Result<[(&'static str, Value); 3], Failure> {
    judged(args, before, |all| {
        let (mut keep, mut destroy, mut text) = (Vec::new(), Vec::new(), String::new());
        for (listed, _, decision) in all {
            text += &retention::preview(&listed.name, decision);
            for verdict in &decision.verdicts {
                let one = verdict.snapshot;
                let still = after.and_then(|after| after.snapshot(&listed.name, one.guid));
                let left = still.is_some() && !verdict.keep;
                let mut reasons: Vec<String> =
                    verdict.reasons.iter().map(ToString::to_string).collect();
                if left {
                    reasons = vec!["held or cloned by now".to_owned()];
                }
                let place = if verdict.keep || left { &mut keep } else { &mut destroy };
                place.push(value(listed, one, reasons));
            }
        }
        [("keep", Value::list(keep)), ("destroy", Value::list(destroy)), ("preview", lines(&text))]
    })
}

fn value(listed: &Listed, one: &Snapshot, reasons: Vec<String>) -> Value {
    [
        ("name", Value::from(format!("{}@{}", listed.name, one.name))),
        ("guid", Value::from(one.guid.0.to_string())),
        ("reasons", Value::from(reasons)),
    ]
    .into_iter()
    .collect()
}
