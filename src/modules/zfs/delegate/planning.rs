//! From what is allowed to what should be.

use super::{Args, Seen};
use crate::base::Value;
use crate::modules::zfs::Presence;
use crate::spec::{Change, Command, Ctx, Effect, Failure, Op, Risk};
use crate::zfs::allow::{Grants, Rights, Who};
use std::collections::BTreeSet;

/// Kind of a right in the predicted world.
const GRANT: &str = "zfs grant";

/// Where a right counts: on the dataset, on what is below.
type Scope = (bool, bool);

fn scope(args: &Args) -> Result<Scope, Failure> {
    let (local, below) = (args.local.unwrap_or(false), args.descendents.unwrap_or(false));
    Ok(if local == below { (true, true) } else { (local, below) })
}

fn letters(scope: Scope) -> &'static str {
    match scope {
        (true, false) => "-l",
        (false, true) => "-d",
        _ => "-ld",
    }
}

/// Refuses what can't be said to zfs.
pub fn check(args: &Args) -> Result<(), Failure> {
    scope(args)?;
    let named = args.everyone
        || args.users.as_ref().is_some_and(|users| !users.is_empty())
        || args.groups.as_ref().is_some_and(|groups| !groups.is_empty());
    if args.state == Presence::Present && !named {
        return Err(Failure::new("One of `users`, `groups`, or `everyone` must be set"));
    }
    if args.state == Presence::Present && args.permissions.as_ref().is_none_or(Vec::is_empty) {
        return Err(Failure::new("permissions must name some"));
    }
    if args.state == Presence::Present && args.recursive {
        return Err(Failure::new("recursive can be used with state=absent only"));
    }
    let lists = [&args.users, &args.groups, &args.permissions];
    let words = lists.into_iter().flatten().flatten();
    let odd = |c: char| c.is_whitespace() || c.is_control() || c == ',';
    match words.into_iter().find(|w| w.is_empty() || w.starts_with('-') || w.contains(odd)) {
        Some(word) => Err(Failure::new(format!("{word:?} is no name"))),
        None => Ok(()),
    }
}

/// Lays what earlier tasks of a check run would have allowed or taken over what is allowed.
pub fn overlay(dataset: &str, mut grants: Grants, ctx: Ctx<'_>) -> Grants {
    for (key, state) in ctx.world.things(GRANT) {
        let parts: Vec<&str> = key.split('\n').collect();
        let [of, place, kind, name, permission] = parts[..] else { continue };
        if of != dataset {
            continue;
        }
        let who = match kind {
            "u" => Who::User(name.to_string()),
            "g" => Who::Group(name.to_string()),
            _ => Who::Everyone,
        };
        let rights = grants.entry(who).or_default();
        let set = if place == "l" { &mut rights.local } else { &mut rights.descendent };
        match state {
            Some(_) => drop(set.insert(permission.to_string())),
            None => drop(set.remove(permission)),
        }
    }
    grants
}

/// What has to be done, a command for each kind of people.
pub fn changes(args: &Args, seen: &Seen) -> Vec<Change> {
    let Ok(scope) = scope(args) else { return Vec::new() };
    let people = people(args, seen);
    let due: Vec<&Who> = people.iter().filter(|who| is_due(args, seen, who, scope)).collect();
    let mut changes = Vec::new();
    let users = due.iter().filter(|who| matches!(who, Who::User(_)));
    changes.extend(change(args, seen, &users.copied().collect::<Vec<_>>(), scope));
    let groups = due.iter().filter(|who| matches!(who, Who::Group(_)));
    changes.extend(change(args, seen, &groups.copied().collect::<Vec<_>>(), scope));
    let everyone = due.iter().filter(|who| matches!(who, Who::Everyone));
    changes.extend(change(args, seen, &everyone.copied().collect::<Vec<_>>(), scope));
    changes
}

/// Everybody that is meant, by the names that `zfs allow` lists.
fn people(args: &Args, seen: &Seen) -> Vec<Who> {
    let own = |names: &std::collections::BTreeMap<String, String>, name: &String| {
        names.get(name).unwrap_or(name).clone()
    };
    let users = args.users.iter().flatten().map(|name| Who::User(own(&seen.users, name)));
    let groups = args.groups.iter().flatten().map(|name| Who::Group(own(&seen.groups, name)));
    let everyone = args.everyone.then_some(Who::Everyone);
    let named: Vec<Who> = users.chain(groups).chain(everyone).collect();
    if !named.is_empty() {
        return named;
    }
    let all = seen.grants.iter().flat_map(|(_, grants)| grants.keys().cloned());
    all.collect::<BTreeSet<Who>>().into_iter().collect()
}

/// Whether there is something to allow, or to take.
fn is_due(args: &Args, seen: &Seen, who: &Who, scope: Scope) -> bool {
    let mut on_each = seen.grants.iter().map(|(_, grants)| grants.get(who));
    match args.state {
        Presence::Present => {
            let nothing = Rights::default();
            let rights = on_each.next().flatten().unwrap_or(&nothing);
            let wanted = args.permissions.iter().flatten();
            let lacks = |set: &BTreeSet<String>| wanted.clone().any(|own| !set.contains(own));
            (scope.0 && lacks(&rights.local)) || (scope.1 && lacks(&rights.descendent))
        }
        Presence::Absent => on_each.flatten().any(|rights| {
            let has = |set: &BTreeSet<String>| match &args.permissions {
                Some(named) if !named.is_empty() => named.iter().any(|own| set.contains(own)),
                _ => !set.is_empty(),
            };
            (scope.0 && has(&rights.local)) || (scope.1 && has(&rights.descendent))
        }),
    }
}

/// One command for people of one kind.
fn change(args: &Args, seen: &Seen, who: &[&Who], scope: Scope) -> Option<Change> {
    let first = who.first()?;
    let name = |who: &&&Who| match who {
        Who::User(name) | Who::Group(name) => Some(name.clone()),
        Who::Everyone => None,
    };
    let names: Vec<String> = who.iter().filter_map(|who| name(&who)).collect();
    let option = match first {
        Who::User(_) => "-u",
        Who::Group(_) => "-g",
        Who::Everyone => "-e",
    };
    let absent = args.state == Presence::Absent;
    let mut argv = vec!["zfs", if absent { "unallow" } else { "allow" }];
    argv.extend((absent && args.recursive).then_some("-r"));
    argv.extend([letters(scope), option]);
    let mut argv: Vec<String> = argv.into_iter().map(str::to_string).collect();
    if !names.is_empty() {
        argv.push(names.join(","));
    }
    let permissions = args.permissions.as_ref().filter(|all| !all.is_empty());
    argv.extend(permissions.map(|all| all.join(",")));
    argv.push(args.name.clone());
    let people = if names.is_empty() { "everyone".to_string() } else { names.join(", ") };
    let what = permissions.map_or("everything".to_string(), |all| all.join(", "));
    let verb = if absent { "take from" } else { "allow" };
    let why = format!("{verb} {people} on {}: {what}", args.name);
    let change = Change::new(Op::Run(Command::new(argv)), why).risk(Risk::Low);
    Some(effects(args, seen, who, scope).into_iter().fold(change, Change::effect))
}

fn effects(args: &Args, seen: &Seen, who: &[&Who], scope: Scope) -> Vec<Effect> {
    let datasets = if args.recursive { seen.grants.len() } else { 1 };
    let all = seen.grants.iter().take(datasets);
    let each = all.flat_map(|(dataset, grants)| who.iter().map(move |who| (dataset, grants, *who)));
    let mut found = Vec::new();
    for (dataset, grants, who) in each {
        let has = grants.get(who).cloned().unwrap_or_default();
        let (kind, name) = match who {
            Who::User(name) => ("u", name.as_str()),
            Who::Group(name) => ("g", name.as_str()),
            Who::Everyone => ("e", ""),
        };
        for (on, place, set) in [(scope.0, "l", &has.local), (scope.1, "d", &has.descendent)] {
            let key = |own: &String| format!("{dataset}\n{place}\n{kind}\n{name}\n{own}");
            found.extend(meant(args, set).iter().filter(|_| on).map(|own| grant(args, key(own))));
        }
    }
    found
}

fn grant(args: &Args, key: String) -> Effect {
    Effect::Thing(GRANT, key, (args.state == Presence::Present).then(|| Value::from(true)))
}

/// The permissions that are named, else all that are there.
fn meant(args: &Args, set: &BTreeSet<String>) -> BTreeSet<String> {
    match &args.permissions {
        Some(named) if !named.is_empty() => named.iter().cloned().collect(),
        _ => set.clone(),
    }
}
