//! What the module returns.

use super::Seen;
use super::args::{Args, Wanted};
use super::planning::{Facet, facet, missing, outdated};
use crate::modules::packages::{add_text, said};
use crate::spec::{Failure, Fields, Plan, Ran};

/// Keys and values of Ansible's module.
pub fn fields(args: &Args, before: &Seen, plan: &Plan, ran: &[Ran]) -> Fields {
    let mut fields = Fields::new();
    if before.first {
        return fields;
    }
    let mut parts = Vec::new();
    if args.upgrades_all() {
        parts.push(all(before));
    }
    if !before.names.is_empty() {
        parts.push(match args.state {
            Wanted::Absent => removed(args, before),
            Wanted::Present | Wanted::Latest => installed(args, before),
        });
    }
    if args.autoremove {
        parts.push(orphans(before, ran));
    }
    if args.annotation.is_some() {
        let count = plan.changes().filter(|change| facet(change) == Facet::Annotate).count();
        parts.push(match count {
            0 => "changed no annotations".to_string(),
            n => format!("added {n} annotations."),
        });
    }
    let (out, err) = said(ran);
    add_text(&mut fields, "msg", &parts.join(", "));
    add_text(&mut fields, "stdout", &out);
    add_text(&mut fields, "stderr", &err);
    fields
}

fn all(before: &Seen) -> String {
    match before.upgrade.as_ref().map_or(0, |dry| dry.replaced) {
        0 => "no packages need upgrades".to_string(),
        n => format!("updated {n} package(s)"),
    }
}

fn removed(args: &Args, before: &Seen) -> String {
    let there = before.names.iter().filter(|name| !before.look.of(name, args).is_empty());
    match there.count() {
        0 => "package(s) already absent".to_string(),
        n => format!("removed {n} package(s)"),
    }
}

fn installed(args: &Args, before: &Seen) -> String {
    let counts =
        [("installed", missing(args, before).len()), ("upgraded", outdated(args, before).len())];
    let some: Vec<String> = counts
        .iter()
        .filter(|(_, n)| *n > 0)
        .map(|(verb, n)| format!("{verb} {n} package{}", if *n == 1 { "" } else { "s" }))
        .collect();
    if some.is_empty() {
        return format!("package(s) already {}", args.state.word());
    }
    some.join("; ")
}

/// From what pkg said, since removing others may have left more behind than was there before.
fn orphans(before: &Seen, ran: &[Ran]) -> String {
    let told = ran.iter().find(|ran| facet(&ran.change) == Facet::Autoremove);
    let count = match told {
        Some(ran) => ran.answer.text().lines().find_map(|line| {
            let rest = line.strip_prefix("Deinstallation has been requested for the following ")?;
            rest.split(' ').next()?.parse().ok()
        }),
        None => before.orphans.as_ref().map(|dry| dry.removed.len()),
    };
    match count.unwrap_or(0) {
        0 => "no package(s) to autoremove".to_string(),
        n => format!("autoremoved {n} package(s)"),
    }
}

/// A failed call, as Ansible tells it.
pub fn explain(_: &Args, ran: &Ran) -> Option<Failure> {
    let (out, err) = (ran.answer.text(), ran.answer.error_text());
    let (rc, why) = (ran.answer.rc, ran.change.why.as_str());
    let text = match facet(&ran.change) {
        Facet::Bootstrap => format!("pkg could not be installed: {}", err.trim()),
        Facet::Update => format!("Could not update catalogue [{rc}]: {out} {err}"),
        Facet::Delete => format!("failed to {why}: {out}"),
        Facet::Annotate => format!("could not {why}: {out}"),
        Facet::Install | Facet::Upgrade | Facet::Autoremove => format!("failed to {why}"),
    };
    // By another pkg on the host: nothing was done.
    let busy = err.lines().chain(out.lines()).find(|line| line.contains("advisory lock"));
    let text = match busy {
        Some(line) => format!("{text}: another pkg is at work there ({})", line.trim()),
        None => text,
    };
    let mut failure = Failure::new(text);
    add_text(&mut failure.fields, "stdout", &out);
    add_text(&mut failure.fields, "stderr", &err);
    Some(failure)
}
