//! Records what came of a task on a host: variables, notifications, counters, events.

use super::batch::Batch;
use super::handlers;
use super::keywords::Reader;
use super::linear::Runner;
use super::outcome::{IncludeRequest, Outcome};
use super::task::TaskRun;
use crate::base::{Diagnostic, Kind, Map, Value};
use crate::play::{Register, Task};
use crate::spec::event::{Status, TaskInfo, TaskResult};
use crate::spec::{Event, PlayEffect};
use crate::template::Templar;
use crate::template::table::Stop;
use crate::vars::TaskScope;
use std::sync::Arc;

/// What a settled task means for what follows.
pub struct Settled {
    /// Whether the host failed (not ignored).
    pub fatal: bool,
    /// What is to be included.
    pub includes: Vec<IncludeRequest>,
}

/// Whether a task only looks (`--check`, `check_mode:`).
pub fn checks(run: &TaskRun<'_>, scope: &TaskScope) -> Result<bool, Stop> {
    let templar = Templar::new(scope);
    let reader = Reader { task: run.task, templar: &templar };
    let own = reader.flag("check_mode", |k| k.check_mode.as_ref())?;
    Ok(own.unwrap_or(run.batch.session.options.check))
}

/// Whether a task's differences are shown.
pub fn shows_diff(batch: &Batch<'_>, task: &Task, scope: &TaskScope) -> Result<bool, Stop> {
    let templar = Templar::new(scope);
    let own = Reader { task, templar: &templar }.flag("diff", |k| k.diff.as_ref())?;
    Ok(own.unwrap_or(batch.session.options.diff))
}

/// Settles a task on one host; with `run_once` its variables go to all hosts that share it.
pub fn settle(
    runner: &mut Runner<'_, '_>,
    at: usize,
    sharing: &[usize],
    task: &Arc<Task>,
    info: &Arc<TaskInfo>,
    mut outcome: Outcome,
) -> Result<Settled, Diagnostic> {
    let flags = flags(runner, at, task)?;
    let ignored = match outcome.status {
        Status::Failed => flags.ignore_errors,
        Status::Unreachable => flags.ignore_unreachable,
        _ => false,
    };
    for other in sharing {
        store(runner, *other, task, &outcome)?;
    }
    apply_effects(runner, at, sharing, task, &mut outcome)?;
    let changed = outcome.status == Status::Changed
        || (outcome.flag("changed") && outcome.status != Status::Failed);
    if changed {
        notify(runner, at, task)?;
    }
    show_warnings(runner, &outcome);
    // What an include brings is told by its own event.
    if outcome.includes.is_empty() || outcome.status == Status::Failed {
        let result = result(runner, at, task, info, &outcome, ignored);
        runner.batch.session.emit(Event::Result(result));
    }
    let rescued = outcome.status == Status::Failed && !ignored && runner.hosts[at].way.has_rescue();
    count(runner, at, &outcome, ignored, rescued);
    let fatal = matches!(outcome.status, Status::Failed | Status::Unreachable) && !ignored;
    if fatal {
        remember_failure(runner, at, task, &outcome);
    }
    if outcome.status == Status::Unreachable && !ignored {
        let host = &mut runner.hosts[at];
        host.unreachable = true;
        // It goes on at its next pending part should it come back (S-81).
        host.way.fail();
        let name = Arc::clone(&host.name);
        runner.batch.session.ledger().entry(Arc::clone(&name)).or_default().failed = true;
        runner.batch.drop_host(&name);
    }
    let includes = if fatal { Vec::new() } else { std::mem::take(&mut outcome.includes) };
    Ok(Settled { fatal, includes })
}

struct Flags {
    ignore_errors: bool,
    ignore_unreachable: bool,
    delegate_facts: bool,
}

fn flags(runner: &Runner<'_, '_>, at: usize, task: &Task) -> Result<Flags, Diagnostic> {
    let scope = super::scope::of_task(runner.batch, &runner.hosts[at], task);
    let templar = Templar::new(&scope);
    let reader = Reader { task, templar: &templar };
    let read = || -> Result<Flags, Stop> {
        let errors = reader.flag("ignore_errors", |k| k.ignore_errors.as_ref())?;
        let unreachable = reader.flag("ignore_unreachable", |k| k.ignore_unreachable.as_ref())?;
        let delegate_facts = reader.flag("delegate_facts", |k| k.delegate_facts.as_ref())?;
        Ok(Flags {
            delegate_facts: delegate_facts.unwrap_or(false),
            ignore_errors: errors.unwrap_or(false),
            ignore_unreachable: unreachable.unwrap_or(false),
        })
    };
    read().map_err(|stop| stop.into_diagnostic().unwrap_or_else(|| Diagnostic::new("suspended")))
}

/// The result as it is registered; an ignored unreachable host has not failed (S-74).
fn registered(outcome: &Outcome) -> Value {
    outcome.registered().untrusted()
}

fn store(
    runner: &mut Runner<'_, '_>,
    at: usize,
    task: &Task,
    outcome: &Outcome,
) -> Result<(), Diagnostic> {
    let name = Arc::clone(&runner.hosts[at].name);
    let store = &runner.batch.session.store;
    match &task.register {
        None => Ok(()),
        Some(Register::Name(register)) => {
            store.update(&name, |vars| vars.register(register, registered(outcome)));
            Ok(())
        }
        Some(Register::Projections(all)) => {
            let scope = super::scope::of_task(runner.batch, &runner.hosts[at], task);
            let result = registered(outcome);
            let mut fields =
                vec![("result", result.clone()), ("polymorphic_result", result.clone())];
            if task.looping.is_some() {
                fields.push(("loop_result", result));
            }
            let scope = scope.with_local("_task", fields.into_iter().collect());
            let templar = Templar::new(&scope);
            for (register, expression) in all {
                let value = templar.expression(expression).map_err(|stop| {
                    stop.into_diagnostic().unwrap_or_else(|| Diagnostic::new("suspended"))
                })?;
                store.update(&name, |vars| vars.register(register, value.untrusted()));
            }
            Ok(())
        }
    }
}

/// Facts and other effects, on the host or (with `delegate_facts`) on the delegate.
fn apply_effects(
    runner: &mut Runner<'_, '_>,
    at: usize,
    sharing: &[usize],
    task: &Task,
    outcome: &mut Outcome,
) -> Result<(), Diagnostic> {
    let mut effects = std::mem::take(&mut outcome.effects);
    let is_set_fact = effects
        .iter()
        .any(|effect| matches!(effect, PlayEffect::SetFact(..) | PlayEffect::IncludeVars(_)));
    if let Some(facts) = outcome.field("ansible_facts").and_then(Value::as_map)
        && !is_set_fact
    {
        effects.push(PlayEffect::Facts(facts.clone()));
    }
    let delegates = flags(runner, at, task)?.delegate_facts;
    let targets: Vec<Arc<str>> = match &outcome.delegated {
        Some(other) if delegates => vec![Arc::clone(other)],
        _ => sharing.iter().map(|at| Arc::clone(&runner.hosts[*at].name)).collect(),
    };
    for effect in effects {
        one_effect(runner, at, &targets, effect)?;
    }
    Ok(())
}

fn one_effect(
    runner: &mut Runner<'_, '_>,
    at: usize,
    targets: &[Arc<str>],
    effect: PlayEffect,
) -> Result<(), Diagnostic> {
    let session = runner.batch.session;
    let merge = |map: &mut Arc<Map>, more: &Map| {
        Arc::make_mut(map).extend(more.iter().map(|(k, v)| (k.clone(), v.clone())));
    };
    for target in targets {
        session.store.update(target, |vars| match &effect {
            PlayEffect::SetFact(facts, cacheable) => {
                let facts = crate::vars::mark_secrets(facts);
                merge(&mut vars.registered, &facts);
                if *cacheable {
                    merge(&mut vars.facts, &facts);
                }
            }
            PlayEffect::Facts(facts) => merge(&mut vars.facts, facts),
            PlayEffect::IncludeVars(map) => {
                merge(&mut vars.include_vars, &crate::vars::mark_secrets(map));
            }
            _ => {}
        });
    }
    match effect {
        PlayEffect::AddHost { name, groups, vars } => {
            let topology = session.store.topology().with_host(&name, &groups, &vars)?;
            session.store.set_topology(topology);
        }
        PlayEffect::GroupBy { group, parents } => {
            let host = Arc::clone(&runner.hosts[at].name);
            let topology = session.store.topology().with_group(&host, &group, &parents)?;
            session.store.set_topology(topology);
        }
        PlayEffect::Stats { data, per_host, aggregate } => {
            let host = per_host.then(|| runner.hosts[at].name.to_string());
            session.stats().put(host, data, aggregate);
        }
        _ => {}
    }
    Ok(())
}

fn show_warnings(runner: &Runner<'_, '_>, outcome: &Outcome) {
    let session = runner.batch.session;
    for warning in outcome.field("warnings").and_then(Value::as_list).into_iter().flatten() {
        session.emit(Event::Warning(Diagnostic::new(warning.masked().text())));
    }
    for warning in outcome.field("deprecations").and_then(Value::as_list).into_iter().flatten() {
        let text = warning.get("msg").map(Value::text).unwrap_or_else(|| warning.text());
        session.emit(Event::Deprecated(Diagnostic::new(text)));
    }
}

fn result(
    runner: &Runner<'_, '_>,
    at: usize,
    task: &Task,
    info: &Arc<TaskInfo>,
    outcome: &Outcome,
    ignored: bool,
) -> TaskResult {
    let scope = super::scope::of_task(runner.batch, &runner.hosts[at], task);
    TaskResult {
        task: Arc::clone(info),
        host: Arc::clone(&runner.hosts[at].name),
        delegated: outcome.delegate_label.clone(),
        status: outcome.status,
        result: Value::map(outcome.fields.clone()),
        item: None,
        looped: task.looping.is_some() && outcome.field("results").is_some(),
        ignored,
        verbose_always: outcome.verbose_always,
        show_diff: shows_diff(runner.batch, task, &scope).unwrap_or(false),
        check: runner.batch.session.options.check,
        uncertain: outcome.uncertain.clone(),
        error: outcome.error.clone(),
    }
}

fn count(runner: &Runner<'_, '_>, at: usize, outcome: &Outcome, ignored: bool, rescued: bool) {
    let changed = outcome.flag("changed");
    let includes = outcome.includes.len() as u32;
    runner.batch.session.count(&runner.hosts[at].name, |counts| {
        counts.uncertain += u32::from(outcome.uncertain.is_some());
        match outcome.status {
            Status::Skipped => counts.skipped += 1,
            Status::Ok | Status::Changed => {
                // An include counts once for each file it brings (S-179).
                counts.ok += if includes > 0 { 0 } else { 1 };
                counts.changed += u32::from(changed);
            }
            Status::Failed if ignored => {
                counts.ok += 1;
                counts.ignored += 1;
                counts.changed += u32::from(changed);
            }
            Status::Failed if rescued => counts.rescued += 1,
            Status::Failed => counts.failed += 1,
            Status::Unreachable if ignored => {
                counts.ok += 1;
                counts.ignored += 1;
            }
            Status::Unreachable => counts.unreachable += 1,
        }
    });
}

/// Notifies handlers of a changed task; `notify` of blocks counts too (S-80).
fn notify(runner: &mut Runner<'_, '_>, at: usize, task: &Arc<Task>) -> Result<(), Diagnostic> {
    let chain: Vec<&Vec<Value>> = task.keyword_chain().map(|k| &k.notify).collect();
    if chain.iter().all(|names| names.is_empty()) {
        return Ok(());
    }
    let scope = super::scope::of_task(runner.batch, &runner.hosts[at], task);
    let templar = Templar::new(&scope);
    let mut names = Vec::new();
    for raw in chain.into_iter().flatten() {
        let value = templar.render(raw).map_err(|stop| {
            stop.into_diagnostic().unwrap_or_else(|| Diagnostic::new("suspended"))
        })?;
        match &value.kind {
            Kind::List(items) => names.extend(items.iter().cloned()),
            Kind::Omit | Kind::Null => {}
            _ => names.push(value),
        }
    }
    handlers::notify(runner, at, &names)
}

/// `ansible_failed_task` and `ansible_failed_result` for rescue (S-77).
fn remember_failure(runner: &Runner<'_, '_>, at: usize, task: &Task, outcome: &Outcome) {
    let name = Arc::clone(&runner.hosts[at].name);
    let text = task.keywords.name.as_ref().map(Value::text).unwrap_or_default();
    let failed: Value = [
        ("name", Value::from(text)),
        ("action", Value::from(task.written.as_str())),
        ("args", Value::map((*task.args).clone()).untrusted()),
    ]
    .into_iter()
    .collect();
    runner.batch.session.store.update(&name, |vars| {
        vars.register("ansible_failed_task", failed);
        vars.register("ansible_failed_result", registered(outcome));
    });
}
