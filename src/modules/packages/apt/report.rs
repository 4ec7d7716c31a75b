//! What the module returns.

use super::act::{Act, failure_of};
use super::args::{Args, Wanted};
use super::simulate::Simulation;
use super::wish::Wish;
use super::{Facet, Seen, facet, is_counted, tidies};
use crate::base::{Value, quote};
use crate::modules::packages::{add_text, said};
use crate::spec::{Change, Failure, Fields, Op, Plan, Ran};

/// Keys and values of Ansible's module.
pub fn fields(
    args: &Args,
    before: &Seen,
    after: Option<&Seen>,
    plan: &Plan,
    ran: &[Ran],
) -> Fields {
    let mut fields = Fields::new();
    let upgrade = args.upgrades().is_some();
    if let Some((out, err)) = output(args, before, plan, ran) {
        if upgrade || (args.clean && !args.about_packages() && before.tidy.is_empty()) {
            add_text(&mut fields, "msg", &out);
        }
        add_text(&mut fields, "stdout", &out);
        add_text(&mut fields, "stderr", &err);
    }
    let installs = args.state != Wanted::Absent && args.debs().is_empty() && !upgrade;
    let updates = args.wants_lists() && !args.about_packages();
    if updates || (installs && tidies(args).is_empty() && !args.package.is_empty()) {
        let time = after.unwrap_or(before).look.lists_time;
        let updated = args.wants_lists() && lists_updated(before, after, plan);
        fields.insert("cache_updated".into(), Value::from(updated));
        fields.insert("cache_update_time".into(), Value::from(time));
    }
    fields
}

fn lists_updated(before: &Seen, after: Option<&Seen>, plan: &Plan) -> bool {
    let planned = plan.changes().any(|change| facet(change) == Facet::Lists);
    match after {
        Some(after) if planned => after.look.lists_time != before.look.lists_time,
        _ => planned || before.fetched,
    }
}

/// What apt-get said; in check mode what it would say. Where it had nothing to do, Ansible calls it for
/// all packages, for tidying and for building, not for packages by name.
fn output(args: &Args, before: &Seen, plan: &Plan, ran: &[Ran]) -> Option<(String, String)> {
    let own = |change: &Change| is_counted(change) && facet(change) != Facet::Lists;
    let own_ran: Vec<Ran> = ran.iter().filter(|ran| own(&ran.change)).cloned().collect();
    if !own_ran.is_empty() {
        return Some(said(&own_ran));
    }
    let simulations: Vec<&Simulation> =
        before.main.iter().chain(before.tidy.iter().map(|(_, s)| s)).collect();
    let acts = plan.changes().any(own);
    if !acts && !args.debs().is_empty() {
        return Some((String::new(), String::new()));
    }
    let named = matches!(before.intent.act, Act::Install(_));
    if !acts && (simulations.is_empty() || named) {
        return None;
    }
    let out = simulations.iter().map(|s| s.stdout.as_str()).collect();
    let err = simulations.iter().map(|s| s.stderr.as_str()).collect();
    Some((out, err))
}

/// apt-get's refusal of what it was to simulate.
pub fn refused(wishes: &[Wish], words: &[String], main: &Simulation) -> Failure {
    if let Some(failure) = failure_of(&main.stderr, wishes) {
        return failure;
    }
    let command = quote::words(std::iter::once("apt-get").chain(words.iter().map(String::as_str)));
    told(&command, main.rc, &main.stdout, &main.stderr)
}

fn told(command: &str, rc: i32, stdout: &str, stderr: &str) -> Failure {
    let mut failure = Failure::new(format!("'{command}' failed: {stderr}"));
    failure.fields.insert("rc".into(), Value::from(i64::from(rc)));
    add_text(&mut failure.fields, "stdout", stdout);
    add_text(&mut failure.fields, "stderr", stderr);
    failure
}

/// A failed call, as Ansible tells it.
pub fn explain(args: &Args, ran: &Ran) -> Option<Failure> {
    let (out, err) = (ran.answer.text(), ran.answer.error_text());
    let Op::Run(command) = &ran.change.op else { return None };
    if facet(&ran.change) == Facet::Lists {
        let tries = args.update_cache_retries;
        let text = format!("Failed to update apt cache after {tries} retries: {}", err.trim());
        return Some(Failure::new(text));
    }
    let wishes = super::act::wishes(args).unwrap_or_default();
    if let Some(failure) = failure_of(&err, &wishes) {
        return Some(failure);
    }
    let from = command.argv.iter().position(|word| word.starts_with("apt-"))?;
    let words = quote::words(command.argv[from..].iter().map(String::as_str));
    Some(told(&words, ran.answer.rc, &out, &err))
}
