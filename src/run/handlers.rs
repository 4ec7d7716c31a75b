//! Handlers: who is notified, and when they run (S-96 to S-106).

use super::batch::Batch;
use super::iterator::{Node, Way, nodes};
use super::linear::Runner;
use super::scope::all_dependencies;
use crate::base::diagnostic::nearest;
use crate::base::{Diagnostic, Value};
use crate::play::{Entry, Task};
use crate::template::Templar;
use std::sync::Arc;

/// Makes the play's handlers known: the roles' first, the play's own behind them.
pub fn collect(batch: &Batch<'_>) -> Result<(), Diagnostic> {
    let mut blocks: Vec<&[Entry]> = Vec::new();
    let mut roles = Vec::new();
    for role in &batch.play.roles {
        roles.extend(all_dependencies(role));
        roles.push(Arc::clone(role));
    }
    blocks.extend(roles.iter().map(|role| role.handlers.as_slice()));
    blocks.push(&batch.play.handlers);
    for block in blocks {
        add(batch, block);
    }
    Ok(())
}

/// Makes a list of handlers known, after those that are.
pub fn add(batch: &Batch<'_>, entries: &[Entry]) {
    let mut known = batch.handler_blocks();
    let tasks = flatten(entries);
    let same = |block: &Vec<Arc<Task>>| {
        block.len() == tasks.len() && block.iter().zip(&tasks).all(|(a, b)| Arc::ptr_eq(a, b))
    };
    if !tasks.is_empty() && !known.iter().any(same) {
        known.push(tasks);
    }
}

/// All handlers of a list; those of blocks (and imported files) one by one.
fn flatten(entries: &[Entry]) -> Vec<Arc<Task>> {
    entries
        .iter()
        .flat_map(|entry| match entry {
            Entry::Task(task) => vec![Arc::clone(task)],
            Entry::Block(block) => flatten(&block.block),
        })
        .collect()
}

/// The handlers that a notification means: the last loaded one of that name (the first of its list),
/// and all that listen to it (S-98).
pub fn find(batch: &Batch<'_>, name: &str) -> Vec<Arc<Task>> {
    let blocks = batch.handler_blocks().clone();
    let named = blocks
        .iter()
        .rev()
        .find_map(|block| block.iter().find(|handler| is_named(batch, handler, name)).cloned());
    let mut found: Vec<Arc<Task>> = named.into_iter().collect();
    for handler in blocks.iter().flatten() {
        let listens = handler.listen.iter().any(|topic| topic == name);
        if listens && !found.iter().any(|known| Arc::ptr_eq(known, handler)) {
            found.push(Arc::clone(handler));
        }
    }
    found
}

fn is_named(batch: &Batch<'_>, handler: &Task, name: &str) -> bool {
    let Some(raw) = &handler.keywords.name else { return false };
    let own = if Templar::is_template(raw) { rendered_name(batch, raw) } else { raw.text() };
    let Some(role) = handler.role() else { return own == name };
    own == name
        || format!("{} : {own}", role.name) == name
        || format!("{} : {own}", role.full_name) == name
}

/// A handler's name sees play and extra variables only (S-101).
fn rendered_name(batch: &Batch<'_>, raw: &Value) -> String {
    let frame = batch.frame();
    let none: Arc<str> = Arc::from("");
    let session = batch.session;
    let mut scope =
        crate::vars::TaskScope::of_host(&session.store, &frame, &none, &session.warnings);
    scope.middle = vec![Arc::clone(&frame.vars)];
    Templar::new(&scope).render(raw).map(|value| value.text()).unwrap_or_default()
}

/// Notifies the handlers of these names for a host.
pub fn notify(runner: &mut Runner<'_, '_>, at: usize, names: &[Value]) -> Result<(), Diagnostic> {
    for written in names {
        let name = written.text();
        let found = find(runner.batch, &name);
        if found.is_empty() {
            return unknown(runner, written);
        }
        for handler in found {
            let host = &mut runner.hosts[at];
            if !host.notified.iter().any(|known| Arc::ptr_eq(known, &handler)) {
                host.notified.push(handler);
                let text = format!("Notification for handler {name} has been saved.");
                let host = Some(Arc::clone(&host.name));
                runner.batch.session.emit(crate::spec::Event::Meta { text, host });
            }
        }
    }
    Ok(())
}

/// A handler that nobody knows; the names of those that there are may be near.
fn unknown(runner: &Runner<'_, '_>, written: &Value) -> Result<(), Diagnostic> {
    let name = written.masked().text();
    let text = format!(
        "The requested handler '{name}' was not found in either the main handlers list nor in the listening handlers list"
    );
    let mut error = Diagnostic::new(text).at(written.origin());
    let blocks = runner.batch.handler_blocks().clone();
    let handlers = blocks.iter().flatten();
    let names: Vec<String> = handlers
        .flat_map(|handler| {
            let own = handler.keywords.name.as_ref().map(|raw| rendered_name(runner.batch, raw));
            own.into_iter().chain(handler.listen.iter().cloned())
        })
        .collect();
    if let Some(near) = nearest(&name, names.iter().map(String::as_str)).first() {
        error = error.hint(format!("Did you mean '{near}'?"));
    }
    if runner.batch.session.options.missing_handler_fails {
        return Err(error);
    }
    runner.batch.session.warnings.push(error);
    Ok(())
}

/// Whether failed hosts run their pending handlers too.
pub fn forced(batch: &Batch<'_>) -> Result<bool, Diagnostic> {
    let play = batch.play.force_handlers.as_ref();
    let play = play.map(|raw| super::gather::truth(batch, raw)).transpose()?;
    Ok(play.unwrap_or(batch.session.options.force_handlers))
}

/// Runs notified handlers of these hosts, in the order of definition, until none is left.
pub async fn flush(runner: &mut Runner<'_, '_>, group: &[usize]) -> Result<(), Diagnostic> {
    let force = forced(runner.batch)?;
    announce(runner, group);
    loop {
        let all: Vec<Arc<Task>> = runner.batch.handler_blocks().iter().flatten().cloned().collect();
        let mut ran = false;
        for handler in &all {
            let due: Vec<usize> = group
                .iter()
                .copied()
                .filter(|at| is_due(&runner.hosts[*at], handler, force))
                .collect();
            if due.is_empty() {
                continue;
            }
            ran = true;
            run_handler(runner, &due, handler).await?;
            if runner.stop {
                return Ok(());
            }
        }
        if !ran {
            return Ok(());
        }
    }
}

/// Tells which handlers will run, for `-vv`.
fn announce(runner: &Runner<'_, '_>, group: &[usize]) {
    for host in group.iter().map(|at| &runner.hosts[*at]) {
        for handler in &host.notified {
            let name = handler.keywords.name.as_ref().map(Value::text).unwrap_or_default();
            let host = Arc::clone(&host.name);
            runner.batch.session.emit(crate::spec::Event::Notified { handler: name, host });
        }
    }
}

fn is_due(host: &super::host::HostRun, handler: &Arc<Task>, force: bool) -> bool {
    let able = host.is_active() || (force && host.failed && !host.unreachable);
    able && host.notified.iter().any(|known| Arc::ptr_eq(known, handler))
}

/// Runs one handler on the hosts that it is due for. It has a way of its own: what it includes runs
/// there too, and its failure is the host's.
async fn run_handler(
    runner: &mut Runner<'_, '_>,
    due: &[usize],
    handler: &Arc<Task>,
) -> Result<(), Diagnostic> {
    let list: Arc<[Node]> = nodes(&[Entry::Task(Arc::clone(handler))]).into();
    let mut kept = Vec::new();
    for at in 0..runner.hosts.len() {
        let own = due.contains(&at);
        let host = &mut runner.hosts[at];
        let empty: Arc<[Node]> = Arc::from([]);
        let way = Way::new(if own { Arc::clone(&list) } else { empty });
        kept.push((std::mem::replace(&mut host.way, way), host.failed));
        if own {
            host.failed = false;
            host.notified.retain(|known| !Arc::ptr_eq(known, handler));
        }
    }
    let outer = std::mem::replace(&mut runner.in_handlers, true);
    let end = Box::pin(runner.walk()).await;
    runner.in_handlers = outer;
    for (host, (way, failed)) in runner.hosts.iter_mut().zip(kept) {
        host.way = way;
        if host.failed && due.len() <= runner.size {
            host.notified.clear();
        }
        host.failed |= failed;
    }
    end
}
