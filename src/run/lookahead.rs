//! Sends the probes of coming tasks before their turn. A whitelist: the run of tasks asked ahead ends
//! before the first that is not eligible.

use super::keywords::Reader;
use super::task::{TaskRun, conditions};
use super::{args, connect, inputs};
use crate::play::{Action, Register, Task};
use crate::spec::{Ctx, Entry, Host, Inputs, Probe, Run};
use crate::template::Templar;
use crate::template::table::Stop;
use crate::vars::{Ahead, TaskScope};
use std::sync::Arc;

/// What a coming task turned out to be.
enum Coming {
    /// It would ask this.
    Ask(Vec<Probe>),
    /// It asks nothing (control-side and pure, or its condition is false).
    Nothing,
    /// Nothing from here on may be asked ahead.
    Stop,
}

/// Asks ahead for the tasks behind the current one, as far as the window and eligibility reach.
pub fn ask(run: &mut TaskRun<'_>, host: &Arc<dyn Host>, route: &str) {
    let window = run.queue.window();
    let mut pending = Ahead { others: true, ..Ahead::default() };
    add_pending(&mut pending, run.task);
    if run.task.looping.is_some() {
        return;
    }
    let mut at = run.queue.covered;
    let coming: Vec<(Arc<Task>, TaskScope)> = run.upcoming.iter().take(window).cloned().collect();
    for (task, _) in coming.iter().take(at) {
        add_pending(&mut pending, task);
    }
    for (task, scope) in coming.iter().skip(at) {
        let mut scope = scope.clone();
        scope.ahead = Some(Arc::new(pending.clone()));
        match consider(run, task, &scope, host, route) {
            Coming::Stop => break,
            Coming::Nothing => {}
            Coming::Ask(probes) => {
                for probe in probes {
                    let answer = host.probe(probe.clone());
                    run.queue.push(route, probe, answer, &run.batch.session.changes);
                }
            }
        }
        add_pending(&mut pending, task);
        at += 1;
    }
    run.queue.covered = at;
}

/// The names that a task in flight will set.
fn add_pending(pending: &mut Ahead, task: &Task) {
    match &task.register {
        Some(Register::Name(name)) => drop(pending.names.insert(name.clone())),
        Some(Register::Projections(all)) => {
            pending.names.extend(all.iter().map(|(name, _)| name.clone()));
        }
        None => {}
    }
    pending.names.extend(["ansible_failed_task".to_string(), "ansible_failed_result".to_string()]);
    let Action::Module(entry) = &task.action else { return };
    match entry.doc().name {
        "set_fact" => {
            pending
                .names
                .extend(task.args.keys().filter_map(|key| key.as_str()).map(str::to_string));
            pending.facts = true;
        }
        "setup" | "gather_facts" | "service_facts" | "package_facts" | "mount_facts"
        | "set_stats" => {
            pending.facts = true;
        }
        _ => {}
    }
}

/// Keywords under which a task is never asked ahead.
fn is_plain(task: &Task) -> bool {
    task.until.is_empty()
        && task.retries.is_none()
        && task.r#async.is_none()
        && task.looping.is_none()
        && task.args_template.is_none()
        && task.inherited(|k| k.delegate_to.as_ref()).is_none()
        && task.inherited(|k| k.run_once.as_ref()).is_none()
        && task.inherited(|k| k.throttle.as_ref()).is_none()
        && task.inherited(|k| k.debugger.as_ref()).is_none()
}

fn consider(
    run: &TaskRun<'_>,
    task: &Arc<Task>,
    scope: &TaskScope,
    host: &Arc<dyn Host>,
    route: &str,
) -> Coming {
    if !is_plain(task) {
        return Coming::Stop;
    }
    let Action::Module(entry) = &task.action else { return Coming::Stop };
    let templar = Templar::new(scope);
    for condition in conditions(task) {
        match templar.condition(condition) {
            Ok(true) => {}
            Ok(false) => return Coming::Nothing,
            Err(_) => return Coming::Stop,
        }
    }
    match entry.run {
        Run::Control(_) if entry.traits.pure => control(entry, task),
        Run::State(_) => state(run, entry, task, scope, host, route).unwrap_or(Coming::Stop),
        _ => Coming::Stop,
    }
}

/// Pure control-side tasks run at their turn; only what they set matters to what follows. Those that
/// may read names of their own (include_vars) end the run of tasks.
fn control(entry: &Entry, _task: &Task) -> Coming {
    if entry.doc().name == "include_vars" { Coming::Stop } else { Coming::Nothing }
}

fn state(
    run: &TaskRun<'_>,
    entry: &'static Entry,
    task: &Arc<Task>,
    scope: &TaskScope,
    host: &Arc<dyn Host>,
    route: &str,
) -> Result<Coming, Stop> {
    let Run::State(module) = entry.run else { return Ok(Coming::Stop) };
    let (way, _) = connect::route_of(run.batch, task, scope, &run.host)?;
    if way.key() != route || way.connection == "local" {
        return Ok(Coming::Stop);
    }
    let templar = Templar::new(scope);
    Reader { task, templar: &templar }.environment()?;
    let given = args::finalize(task, entry, &templar)?;
    let Ok(parsed) = entry.parse(&given) else { return Ok(Coming::Stop) };
    let resolved = inputs::resolve_for(run.batch, task, entry, &given, scope)?;
    let inputs: Inputs = match resolved {
        Ok(inputs) => inputs,
        Err(_) => return Ok(Coming::Stop),
    };
    let platform = host.platform();
    let diff = super::settle::shows_diff(run.batch, task, scope)?;
    let ctx = Ctx { platform: &platform, inputs: &inputs, world: &run.world, diff };
    let Ok(probe) = module.probe(&parsed, ctx) else { return Ok(Coming::Stop) };
    if probe.heavy || probe.isolated {
        return Ok(Coming::Stop);
    }
    Ok(Coming::Ask(vec![probe]))
}
