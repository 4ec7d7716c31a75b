//! From what was seen to changes, and their proof.

use super::act::{self, Act};
use super::args::Args;
use super::look::Status;
use super::simulate::{Simulation, installed, removed};
use super::wish::{Version, Wish};
use super::{Facet, Seen, command, facet, report, tidies};
use crate::base::Value;
use crate::spec::{Change, ChangeKind, Ctx, Diff, Effect, Failure, Plan, Risk, Then, World};

/// Packages that our own way in, or apt itself, needs.
const VITAL: [&str; 6] = ["openssh-server", "sudo", "doas", "opendoas", "dash", "apt"];

/// Everything a task would do.
pub fn plan(args: &Args, seen: &Seen, ctx: Ctx<'_>) -> Result<Plan, Failure> {
    if seen.first {
        return Ok(prepare(args, seen));
    }
    let mut plan = Plan::default();
    let mut changes = Vec::new();
    if let Some(main) = &seen.main {
        changes.extend(main_change(args, seen, main, ctx)?);
        if ctx.diff && !changes.is_empty() {
            let prepared = Some(main.summary());
            plan = plan.diff(Diff { prepared, ..Diff::default() });
        }
    }
    for (verb, simulation) in &seen.tidy {
        let change = tidy_change(args, verb, simulation)?;
        if ctx.diff && change.is_some() {
            let prepared = Some(simulation.summary());
            plan = plan.diff(Diff { prepared, ..Diff::default() });
        }
        changes.extend(change);
    }
    if changes.is_empty() {
        changes.extend(alone(args, seen));
    }
    if !seen.intent.mark.is_empty() {
        if changes.is_empty() {
            plan.then = Then::LookAgain;
        }
        changes.insert(0, mark(args, seen));
    }
    plan.uncertain = uncertain(seen);
    if args.upgrades().is_some() && !args.force_apt_get && ctx.platform.has("aptitude") {
        plan.warnings
            .push("all packages are upgraded by apt-get; aptitude is never used".to_string());
    }
    plan.parts = Plan::of(changes).parts;
    Ok(plan)
}

/// Why a plan on a predicted world cannot be sure.
fn uncertain(seen: &Seen) -> Option<String> {
    let asked = seen.main.is_some() || !seen.tidy.is_empty() || seen.intent.open;
    if seen.stale && asked {
        return Some("apt would have other package lists by then".to_string());
    }
    let unknown = seen.intent.wishes.iter().find(|wish| {
        let version = seen.look.of(wish).map(|found| &found.version);
        wish.version != Version::Any && version.is_some_and(String::is_empty)
    });
    unknown.map(|wish| format!("the version of {} is not known", wish.name))
}

/// What comes first: then all else is looked at again.
fn prepare(args: &Args, seen: &Seen) -> Plan {
    let mut changes = Vec::new();
    if args.clean && seen.look.archives {
        changes.push(command::clean().kind(ChangeKind::Prelude).effect(cleaned()));
    }
    let mut plan = Plan::default();
    if seen.due {
        let counted = !args.about_packages();
        let kind = if counted { ChangeKind::May } else { ChangeKind::Prelude };
        changes.push(update(args).kind(kind));
        plan.fields.insert("cache_updated".into(), Value::from(true));
        plan.uncertain = Some("the package lists would be fetched first".to_string());
    }
    plan.parts = Plan::of(changes).parts;
    plan.then = Then::LookAgain;
    plan
}

/// What a task does that is about no packages.
fn alone(args: &Args, seen: &Seen) -> Vec<Change> {
    let mut changes = Vec::new();
    if args.about_packages() || !tidies(args).is_empty() {
        return changes;
    }
    if args.clean && seen.look.archives {
        changes.push(command::clean().effect(cleaned()));
    }
    if seen.due {
        changes.push(update(args).kind(ChangeKind::May));
    }
    changes
}

fn update(args: &Args) -> Change {
    let fetched = Effect::Thing("package lists", "apt".to_string(), Some(Value::from(true)));
    command::update(args).effect(fetched)
}

fn cleaned() -> Effect {
    Effect::Thing("package archives", "apt".to_string(), None)
}

fn mark(args: &Args, seen: &Seen) -> Change {
    let names = &seen.intent.mark;
    let mut change = command::mark(args, names).kind(ChangeKind::Prelude);
    for name in names {
        let effect = Effect::Thing("package mark", name.clone(), Some(Value::from("manual")));
        change = change.effect(effect);
    }
    change
}

fn main_change(
    args: &Args,
    seen: &Seen,
    main: &Simulation,
    ctx: Ctx<'_>,
) -> Result<Option<Change>, Failure> {
    let act = &seen.intent.act;
    let Some(words) = command::words(args, act) else { return Ok(None) };
    // A predicted world may have what apt does not know yet.
    if main.rc != 0 && !seen.stale && !on_predicted(act, seen, ctx.world) {
        return Err(report::refused(&seen.intent.wishes, &words, main));
    }
    check_versions(act, seen, main)?;
    if main.rc != 0 && there_by_then(act, seen, ctx.world) {
        return Ok(None);
    }
    if main.rc == 0 && main.is_idle() && !unfinished(act, seen, ctx.world) {
        return Ok(None);
    }
    let mut change = command::call(args, words, why(act));
    change.risk = risk(main);
    for effect in effects(args, seen, main) {
        change = change.effect(effect);
    }
    Ok(Some(change))
}

fn why(act: &Act) -> String {
    let names = |wishes: &[Wish]| wishes.iter().map(Wish::written).collect::<Vec<_>>().join(" ");
    match act {
        Act::Nothing => "nothing".to_string(),
        Act::Install(wishes) => format!("install {}", names(wishes)),
        Act::InstallFiles(paths) => format!("install {}", paths.join(" ")),
        Act::BuildDep(names) => format!("install what building needs: {}", names.join(" ")),
        Act::Remove(wishes) => format!("remove {}", names(wishes)),
        Act::Upgrade { .. } => "upgrade all packages".to_string(),
    }
}

fn risk(main: &Simulation) -> Risk {
    let gone: Vec<&str> = main.removed().collect();
    match gone.as_slice() {
        [] => Risk::Low,
        gone if gone.iter().any(|name| VITAL.contains(name)) => Risk::High,
        _ => Risk::Medium,
    }
}

fn wishes_of(act: &Act) -> &[Wish] {
    match act {
        Act::Install(wishes) | Act::Remove(wishes) => wishes,
        _ => &[],
    }
}

/// Whether it is about packages that only the predicted world has, or has no more.
fn on_predicted(act: &Act, seen: &Seen, world: &World) -> bool {
    let mut wishes = wishes_of(act).iter();
    wishes.any(|wish| {
        let key = seen.look.key(&wish.name, wish.arch.as_deref());
        world.thing("package", &key).is_some()
    })
}

/// Whether all that would be installed or brought up to date is so in the predicted world already.
fn there_by_then(act: &Act, seen: &Seen, world: &World) -> bool {
    let Act::Install(wishes) = act else { return false };
    wishes.iter().all(|wish| {
        let key = seen.look.key(&wish.name, wish.arch.as_deref());
        world.thing("package", &key).flatten().is_some() && seen.look.satisfies(wish)
    })
}

/// Whether apt would go to work although it neither installs nor removes.
fn unfinished(act: &Act, seen: &Seen, world: &World) -> bool {
    let removes = matches!(act, Act::Remove(_));
    wishes_of(act).iter().any(|wish| {
        let key = seen.look.key(&wish.name, wish.arch.as_deref());
        let found = seen.look.of(wish);
        let gone = world.thing("package", &key) == Some(None);
        removes || gone || found.is_some_and(|found| found.status == Status::Partly)
    })
}

/// A candidate must be as late as was asked for.
fn check_versions(act: &Act, seen: &Seen, main: &Simulation) -> Result<(), Failure> {
    for wish in wishes_of(act) {
        let Version::AtLeast(_) = &wish.version else { continue };
        if matches!(act, Act::Remove(_)) || main.rc != 0 {
            continue;
        }
        let key = seen.look.key(&wish.name, wish.arch.as_deref());
        let planned = main.version_of(&key);
        let found = planned.or_else(|| seen.look.of(wish).map(|found| found.version.as_str()));
        if found.is_none_or(|version| !version.is_empty() && !wish.fits(version)) {
            return Err(act::no_candidate(&wish.name, &seen.intent.wishes));
        }
    }
    Ok(())
}

fn effects(args: &Args, seen: &Seen, main: &Simulation) -> Vec<Effect> {
    let act = &seen.intent.act;
    let mut all = main.effects();
    if let Act::InstallFiles(paths) = act {
        let own = seen.look.debs.iter().filter(|deb| paths.contains(&deb.path));
        all.extend(
            own.map(|deb| installed(&seen.look.key(&deb.name, Some(&deb.arch)), &deb.version)),
        );
    }
    for wish in wishes_of(act) {
        let key = seen.look.key(&wish.name, wish.arch.as_deref());
        let known = main.steps.iter().any(|step| step.name == key);
        match act {
            _ if known => {}
            Act::Remove(_) => all.extend(removed(&key, args.purge)),
            // Else the name is a virtual one, and its package is among the steps.
            _ if main.rc != 0 || main.is_idle() => all.push(installed(&key, "")),
            _ => {}
        }
    }
    all
}

fn tidy_change(
    args: &Args,
    verb: &'static str,
    simulation: &Simulation,
) -> Result<Option<Change>, Failure> {
    let words = command::tidy(args, verb);
    if simulation.rc != 0 {
        return Err(report::refused(&[], &words, simulation));
    }
    if simulation.is_idle() && !simulation.deletes {
        return Ok(None);
    }
    let mut change = command::call(args, words, format!("apt-get {verb}"));
    change.risk = risk(simulation);
    for effect in simulation.effects() {
        change = change.effect(effect);
    }
    Ok(Some(change))
}

/// Whether the second look shows what a change was for.
pub fn verify(_: &Args, change: &Change, after: &Seen, ctx: Ctx<'_>) -> Result<(), String> {
    let still = |bad: bool, text: &str| if bad { Err(text.to_string()) } else { Ok(()) };
    match facet(change) {
        Facet::Lists => Ok(()),
        Facet::Clean => still(after.look.archives, "there are still fetched files"),
        Facet::Mark => {
            let left = after.intent.mark.join(", ");
            still(!left.is_empty(), &format!("{left} still counts as a mere dependency"))
        }
        Facet::Tidy(verb) => {
            let found = after.tidy.iter().find(|(known, _)| *known == verb);
            let idle = found.is_none_or(|(_, s)| s.rc == 0 && s.is_idle() && !s.deletes);
            still(!idle, "there is still something to remove")
        }
        Facet::Main => settled(after, ctx),
    }
}

fn settled(after: &Seen, ctx: Ctx<'_>) -> Result<(), String> {
    let act = &after.intent.act;
    let idle = after.main.as_ref().is_none_or(|main| main.rc == 0 && main.is_idle());
    if *act == Act::Nothing || (idle && !unfinished(act, after, ctx.world)) {
        return Ok(());
    }
    let names = wishes_of(act).iter().map(Wish::written).collect::<Vec<_>>().join(", ");
    Err(match act {
        Act::Remove(_) => format!("{names} is still there"),
        Act::Install(_) => format!("{names} is not installed in the wanted version"),
        _ => "packages are still to be installed or removed".to_string(),
    })
}
