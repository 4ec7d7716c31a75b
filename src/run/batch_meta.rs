//! `meta` tasks (S-185, S-186).

use super::handlers;
use super::linear::Runner;
use crate::base::{Diagnostic, Map};
use crate::play::{MetaAction, Task};
use crate::spec::Event;
use crate::template::Templar;
use std::sync::Arc;

/// Runs a meta task for the hosts of a group; most of them once for each, with a banner each.
pub async fn run(
    runner: &mut Runner<'_, '_>,
    group: &[usize],
    task: &Arc<Task>,
    meta: MetaAction,
) -> Result<(), Diagnostic> {
    let per_host = matches!(
        meta,
        MetaAction::Noop
            | MetaAction::ResetConnection
            | MetaAction::EndHost
            | MetaAction::FlushHandlers
            | MetaAction::EndRole
    );
    for at in group {
        runner.hosts[*at].way.advance();
    }
    let hosts = if per_host { group } else { &group[..1] };
    for at in hosts.iter().copied() {
        let info = runner.info(task, at);
        if !task.implicit {
            runner.batch.session.emit(Event::Task(Arc::clone(&info)));
        }
        if meta == MetaAction::FlushHandlers {
            tell(runner, at, task, &done(runner, at, task, meta));
            continue;
        }
        match false_condition(runner, at, task, meta)? {
            Some(condition) => {
                tell(runner, at, task, &left_out(runner, at, task, meta));
                runner.show_skipped(at, &info, &condition);
            }
            None => {
                act(runner, at, meta)?;
                tell(runner, at, task, &done(runner, at, task, meta));
            }
        }
    }
    if meta == MetaAction::FlushHandlers {
        Box::pin(handlers::flush(runner, group)).await?;
    }
    Ok(())
}

/// What `-vv` says of a meta task.
fn tell(runner: &Runner<'_, '_>, at: usize, task: &Task, text: &str) {
    if task.implicit {
        return;
    }
    let host = Some(Arc::clone(&runner.hosts[at].name));
    runner.batch.session.emit(Event::Meta { text: format!("META: {text}"), host });
}

fn role_of(task: &Task) -> String {
    task.role().map(|role| role.name.clone()).unwrap_or_default()
}

/// What was done, in Ansible's words.
fn done(runner: &Runner<'_, '_>, at: usize, task: &Task, meta: MetaAction) -> String {
    let host = &runner.hosts[at].name;
    match meta {
        MetaAction::Noop => "noop".to_string(),
        MetaAction::FlushHandlers => format!("triggered running handlers for {host}"),
        MetaAction::RefreshInventory => "inventory successfully refreshed".to_string(),
        MetaAction::ClearFacts => "facts cleared".to_string(),
        MetaAction::ClearHostErrors => "cleared host errors".to_string(),
        MetaAction::EndPlay => "ending play".to_string(),
        MetaAction::EndBatch => "ending batch".to_string(),
        MetaAction::EndHost => format!("ending play for {host}"),
        MetaAction::EndRole => format!("ending role {} for {host}", role_of(task)),
        MetaAction::ResetConnection => "reset connection".to_string(),
    }
}

/// What a condition kept from being done, in Ansible's words.
fn left_out(runner: &Runner<'_, '_>, at: usize, task: &Task, meta: MetaAction) -> String {
    let host = &runner.hosts[at].name;
    let (name, rest) = match meta {
        MetaAction::ClearFacts => {
            ("clear_facts", format!("not clearing facts and fact cache for {host}"))
        }
        MetaAction::ClearHostErrors => {
            ("clear_host_errors", format!("not clearing host error state for {host}"))
        }
        MetaAction::EndPlay => ("end_play", "continuing play".to_string()),
        MetaAction::EndBatch => ("end_batch", "continuing current batch".to_string()),
        MetaAction::EndHost => ("end_host", format!("continuing execution for {host}")),
        MetaAction::EndRole => {
            ("end_role", format!("continuing role {} for {host}", role_of(task)))
        }
        MetaAction::FlushHandlers => ("flush_handlers", format!("not running handlers for {host}")),
        MetaAction::Noop => return "noop".to_string(),
        MetaAction::RefreshInventory => return "inventory successfully refreshed".to_string(),
        MetaAction::ResetConnection => return "reset connection".to_string(),
    };
    format!("{name} conditional evaluated to False, {rest}")
}

/// The first condition that does not hold; three actions take none and warn.
fn false_condition(
    runner: &Runner<'_, '_>,
    at: usize,
    task: &Task,
    meta: MetaAction,
) -> Result<Option<crate::base::Value>, Diagnostic> {
    let conditions = super::task::conditions(task);
    let deaf = match meta {
        MetaAction::Noop => "noop",
        MetaAction::RefreshInventory => "refresh_inventory",
        MetaAction::ResetConnection => "reset_connection",
        _ => "",
    };
    if !deaf.is_empty() && !conditions.is_empty() {
        let text = format!("{deaf} task does not support when conditional");
        runner.batch.session.warnings.push(Diagnostic::new(text));
        return Ok(None);
    }
    let scope = super::scope::of_task(runner.batch, &runner.hosts[at], task);
    let templar = Templar::new(&scope);
    for condition in conditions {
        let holds = templar.condition(condition).map_err(|stop| {
            let cause = stop.into_diagnostic().unwrap_or_else(|| Diagnostic::new("suspended"));
            Diagnostic::new("A 'when' expression failed").at(condition.origin()).caused_by(cause)
        })?;
        if !holds {
            return Ok(Some(condition.clone()));
        }
    }
    Ok(None)
}

fn act(runner: &mut Runner<'_, '_>, at: usize, meta: MetaAction) -> Result<(), Diagnostic> {
    let session = runner.batch.session;
    match meta {
        MetaAction::Noop | MetaAction::FlushHandlers => {}
        MetaAction::EndHost => end(runner, at),
        MetaAction::EndPlay | MetaAction::EndBatch => {
            runner.end_play |= meta == MetaAction::EndPlay;
            for at in 0..runner.hosts.len() {
                end(runner, at);
            }
        }
        MetaAction::EndRole => runner.hosts[at].way.end_role(),
        MetaAction::ClearFacts => {
            let names: Vec<Arc<str>> =
                runner.hosts.iter().map(|host| Arc::clone(&host.name)).collect();
            for name in names {
                session.store.update(&name, |vars| vars.facts = Arc::new(Map::new()));
            }
        }
        MetaAction::ClearHostErrors => clear_errors(runner),
        MetaAction::ResetConnection => session.pool.forget(&runner.hosts[at].name, false),
        MetaAction::RefreshInventory => {
            let topology = session.store.topology().refreshed()?;
            session.store.set_topology(topology);
            super::choice::join_play_hosts(runner.batch)?;
        }
    }
    Ok(())
}

fn end(runner: &mut Runner<'_, '_>, at: usize) {
    let host = &mut runner.hosts[at];
    host.ended = true;
    host.notified.clear();
    let name = Arc::clone(&host.name);
    runner.batch.drop_host(&name);
}

/// Brings failed and unreachable hosts back; they go on at their next pending part (S-81).
fn clear_errors(runner: &mut Runner<'_, '_>) {
    let frame = runner.batch.frame();
    for host in &mut runner.hosts {
        if !host.failed && !host.unreachable {
            continue;
        }
        host.failed = false;
        host.unreachable = false;
        let name = Arc::clone(&host.name);
        runner.batch.session.ledger().entry(Arc::clone(&name)).or_default().failed = false;
        runner.batch.change_frame(|frame| {
            frame.hosts.push(Arc::clone(&name));
            frame.batch.push(Arc::clone(&name));
        });
    }
    let order = |hosts: &mut Vec<Arc<str>>| {
        hosts.sort_by_key(|name| frame.hosts_all.iter().position(|known| known == name));
    };
    runner.batch.change_frame(|frame| {
        order(&mut frame.hosts);
        order(&mut frame.batch);
    });
}
