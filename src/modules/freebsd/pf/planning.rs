//! What makes rules and tables the wanted ones.

use super::rules::{Load, Old};
use super::tables::{self, Table};
use super::{Args, RULES, STATUS, Seen, TABLE, text};
use crate::base::Value;
use crate::spec::{Change, Command, Ctx, Diff, Effect, Failure, Input, Op, Risk};
use std::collections::BTreeSet;
use std::time::Duration;

/// One call of pfctl.
pub fn run(pfctl: &str, words: &[&str], why: &str) -> Change {
    let env = vec![("LC_ALL".to_string(), "C".to_string())];
    let command = Command { env, ..Command::new([pfctl].iter().chain(words).copied()) };
    Change::new(Op::Run(command), why)
}

/// Tables that hold something else. They come first: rules may let us in by them.
pub fn filled(args: &Args, seen: &Seen) -> Result<Vec<Change>, Failure> {
    let wanted = args.tables()?;
    let differs = wanted.iter().zip(&seen.tables).filter(|(table, held)| match held {
        Some(held) => *held != table.addresses,
        None => !table.addresses.is_empty(),
    });
    let change = |(table, _): (&Table, &Option<BTreeSet<String>>)| {
        let command = tables::replace(&seen.pfctl, args.anchor.as_deref(), table);
        let items: Vec<Value> = table.addresses.iter().map(|a| Value::from(a.as_str())).collect();
        let effect = Effect::Thing(TABLE, args.table(&table.name), Some(Value::list(items)));
        Change::new(Op::Run(command), format!("fill the table {}", table.name)).effect(effect)
    };
    Ok(differs.map(change).collect())
}

/// Whether a table holds what is wanted; `name` as the predicted world has it.
pub fn table_holds(args: &Args, after: &Seen, name: &str) -> Result<(), String> {
    let wanted = args.tables().map_err(|failure| failure.msg)?;
    let found = wanted.iter().zip(&after.tables).find(|(table, _)| args.table(&table.name) == name);
    match found {
        Some((table, Some(held))) if *held == table.addresses => Ok(()),
        Some((table, _)) => Err(format!("the table {} holds other addresses", table.name)),
        None => Err("it was not looked at".to_string()),
    }
}

/// Loads the rules and enables pf, so that it undoes itself.
pub fn guarded(args: &Args, seen: &Seen, input: Option<&Input>) -> Result<Option<Change>, Failure> {
    let new = input.filter(|input| seen.loaded.as_deref() != Some(input.sha1.as_str()));
    let enables = args.enable == Some(true) && seen.enabled != Some(true);
    let why = match (new, enables) {
        (None, false) => return Ok(None),
        (Some(_), true) => "load the rules and enable pf",
        (Some(_), false) => "load the rules",
        (None, true) => "enable pf",
    };
    let load = Load {
        pfctl: &seen.pfctl,
        anchor: args.anchor.as_deref(),
        path: &seen.file.path,
        sha1: new.map(|input| input.sha1.as_str()),
        enables,
        old: new.map_or(Old::Nothing, |new| old(seen, new)),
    };
    let mut apply = shell(load.apply());
    if let Some(new) = new {
        apply.stdin = Some(text(new)?.clone());
        apply.secret = new.secret;
    }
    let deadline = Duration::from_secs(args.rollback_timeout.unsigned_abs());
    let (rollback, confirm) = (shell(load.rollback()), shell(load.confirm()));
    let op = Op::Guarded { apply, rollback, confirm, deadline };
    let mut change = Change::new(op, why).risk(Risk::High).lock("pf");
    if let Some(new) = new {
        let key = args.anchor.clone().unwrap_or_default();
        change = change.effect(Effect::Thing(RULES, key, Some(new.sha1.as_str().into())));
    }
    if enables {
        change = change.effect(Effect::Thing(STATUS, "enabled".to_string(), Some(true.into())));
    }
    Ok(Some(change))
}

/// Which rules come back.
fn old(seen: &Seen, new: &Input) -> Old {
    let on_disk = seen.file.state.as_ref().and_then(|state| state.sha1.as_deref());
    match on_disk {
        Some(sha1) if sha1 != new.sha1 => Old::File,
        _ if seen.any => Old::Shown,
        _ => Old::Nothing,
    }
}

fn shell(text: String) -> Command {
    let env = vec![("LC_ALL".to_string(), "C".to_string())];
    Command { env, ..Command::shell(text) }
}

/// A word for anchors that have rules now and no point in the new rules.
pub fn homeless(seen: &Seen, input: &Input) -> Option<String> {
    let own = String::from_utf8_lossy(text(input).ok()?).into_owned();
    let named =
        |name: &String| own.contains(&format!("\"{name}")) || own.contains(&format!(" {name}/"));
    let lost: Vec<&str> =
        seen.anchors.iter().filter(|name| !named(name)).map(String::as_str).collect();
    let text = || {
        format!("the new rules have no point for the anchors that are there: {}", lost.join(", "))
    };
    (!lost.is_empty()).then(text)
}

/// What `--diff` shows of the file.
pub fn difference(seen: &Seen, input: &Input, ctx: Ctx<'_>) -> Option<Diff> {
    let text = String::from_utf8_lossy(text(input).ok()?).into_owned();
    (!input.secret).then(|| seen.file.diff(&text, ctx))
}
