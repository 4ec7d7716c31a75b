//! Evaluates coming tasks and sends their probes. A whitelist: the run of tasks asked ahead ends before the
//! first that is not eligible.

use super::queue::Execution;
use super::rules::{AheadRule, AheadRules};
use crate::base::Value;
use crate::play::{Action, Register, Task};
use crate::run::keywords::Reader;
use crate::run::task::{TaskRun, conditions};
use crate::run::{args, connect, inputs, looping, settle};
use crate::spec::{ArgType, Ctx, Entry, Host, Probe, Run};
use crate::template::Templar;
use crate::template::table::Stop;
use crate::vars::{Ahead, TaskScope};
use std::sync::Arc;

/// A task that follows if nothing fails.
pub struct Upcoming {
    /// The task.
    pub task: Arc<Task>,
    /// Its variables.
    pub scope: TaskScope,
    /// Whether handlers are flushed before it.
    pub behind_flush: bool,
}

/// Where the loop of the running task is.
#[derive(Clone)]
pub struct Items {
    /// All items.
    pub all: Arc<[Value]>,
    /// The number of the running one.
    pub at: usize,
}

/// What a coming execution turned out to be.
enum Coming {
    /// It would ask this.
    Ask(Probe),
    /// It asks nothing (control-side and pure, or its condition is false).
    Nothing,
}

/// The run of eligible tasks is over.
struct End;

/// Sends what coming executions will ask, as far as the window and eligibility reach. `changing` tells that
/// a change of the running task is on its way in front of them.
pub fn ask(run: &mut TaskRun<'_>, host: &Arc<dyn Host>, route: &str, changing: bool) {
    let Some(rules) = run.batch.session.options.look_ahead else { return };
    let item = run.items.as_ref().map(|items| items.at);
    run.queue.turn(execution(run.task, item));
    run.notifies |= changing && run.task.keyword_chain().any(|k| !k.notify.is_empty());
    let upcoming = std::mem::take(&mut run.upcoming);
    let left = run.queue.window();
    let pending = Ahead {
        others: rules.hold(AheadRule::Others),
        pure: rules.hold(AheadRule::Pure),
        ..Ahead::default()
    };
    let mut walk = Walk { run, host, route, rules, pending, left, distance: 0, probes: Vec::new() };
    let _ = walk.all(&upcoming);
    walk.send();
    walk.run.upcoming = upcoming;
}

fn execution(task: &Arc<Task>, item: Option<usize>) -> Execution {
    (Arc::as_ptr(task) as usize, item)
}

struct Walk<'w, 'r> {
    run: &'w mut TaskRun<'r>,
    host: &'w Arc<dyn Host>,
    route: &'w str,
    rules: AheadRules,
    pending: Ahead,
    /// How many executions may still be considered.
    left: usize,
    /// Executions passed so far.
    distance: usize,
    /// What is asked, in order: sent together, since a shell answers a burst with fewer programs.
    probes: Vec<Probe>,
}

impl Walk<'_, '_> {
    fn all(&mut self, upcoming: &[Upcoming]) -> Result<(), End> {
        let task = Arc::clone(self.run.task);
        self.add_pending(&task);
        if let Some(items) = self.run.items.clone() {
            let scope = self.run.scope.clone();
            self.is_plain(&task)?;
            self.items(&task, &scope, &items.all, items.at + 1)?;
        }
        for next in upcoming {
            if next.behind_flush && self.run.notifies && self.rules.hold(AheadRule::Flush) {
                return Err(End);
            }
            self.is_plain(&next.task)?;
            match &next.task.looping {
                None => self.execution(&next.task, &next.scope, None)?,
                Some(_) => {
                    let scope = self.scope(&next.scope);
                    let found = looping::items(&next.task, &scope).map_err(|_| End)?;
                    self.items(&next.task, &next.scope, &found.unwrap_or_default(), 0)?;
                }
            }
            self.add_pending(&next.task);
        }
        Ok(())
    }

    fn send(&mut self) {
        let probes = std::mem::take(&mut self.probes);
        let answers = self.host.probes(probes.clone());
        for (probe, answer) in probes.into_iter().zip(answers) {
            self.run.queue.push(self.route, probe, answer, &self.run.batch.session.changes);
        }
    }

    fn scope(&self, scope: &TaskScope) -> TaskScope {
        TaskScope { ahead: Some(Arc::new(self.pending.clone())), ..scope.clone() }
    }

    /// A loop's items from one on. They see each other as tasks do.
    fn items(
        &mut self,
        task: &Arc<Task>,
        scope: &TaskScope,
        all: &[Value],
        from: usize,
    ) -> Result<(), End> {
        let control = &task.loop_control;
        if control.pause.is_some() || !control.break_when.is_empty() {
            return Err(End);
        }
        self.add_pending(task);
        for at in from..all.len() {
            let scope = looping::item_scope(task, scope, all, at, None);
            self.execution(task, &scope, Some(at))?;
        }
        Ok(())
    }

    fn execution(
        &mut self,
        task: &Arc<Task>,
        scope: &TaskScope,
        item: Option<usize>,
    ) -> Result<(), End> {
        self.left = self.left.checked_sub(1).ok_or(End)?;
        let key = execution(task, item);
        let known = self.run.queue.has_considered(self.distance, key);
        self.distance += 1;
        if known {
            return Ok(());
        }
        let scope = self.scope(scope);
        if let Coming::Ask(probe) = self.consider(task, &scope)? {
            self.probes.push(probe);
        }
        self.run.queue.consider(key);
        Ok(())
    }

    fn consider(&self, task: &Arc<Task>, scope: &TaskScope) -> Result<Coming, End> {
        let Action::Module(entry) = &task.action else { return Err(End) };
        let templar = Templar::new(scope);
        for condition in conditions(task) {
            if !templar.condition(condition).map_err(|_| End)? {
                return Ok(Coming::Nothing);
            }
        }
        match entry.run {
            Run::Control(_) if entry.traits.pure => self.control(entry, task, &templar),
            Run::State(_) | Run::Action(_) => self.probe(entry, task, scope).unwrap_or(Err(End)),
            _ => Err(End),
        }
    }

    /// Control-side tasks run at their turn: here they must only be without effect. Those that bring names
    /// of their own (`include_vars`) end the run of tasks.
    fn control(&self, entry: &Entry, task: &Task, templar: &Templar<'_>) -> Result<Coming, End> {
        if entry.doc().name == "include_vars" {
            return Err(End);
        }
        if !self.rules.hold(AheadRule::Pure) {
            return Ok(Coming::Nothing);
        }
        args::finalize(task, entry, templar).map_err(|_| End)?;
        for (key, raw) in task.args.iter() {
            let arg = key.as_str().and_then(|name| entry.doc().args.find(name));
            let texts = raw.as_list().unwrap_or(std::slice::from_ref(raw));
            for text in texts {
                match arg.map(|arg| arg.kind) {
                    Some(ArgType::Condition) => drop(templar.condition(text).map_err(|_| End)?),
                    Some(ArgType::Expression) => drop(templar.expression(text).map_err(|_| End)?),
                    _ => {}
                }
            }
        }
        Ok(Coming::Nothing)
    }

    fn probe(
        &self,
        entry: &'static Entry,
        task: &Arc<Task>,
        scope: &TaskScope,
    ) -> Result<Result<Coming, End>, Stop> {
        let (run, host) = (&*self.run, self.host);
        let (way, _) = connect::route_of(run.batch, task, scope, &run.host)?;
        if way.key() != self.route && self.rules.hold(AheadRule::Identity) {
            return Ok(Err(End));
        }
        let templar = Templar::new(scope);
        Reader { task, templar: &templar }.environment()?;
        let given = args::finalize(task, entry, &templar)?;
        let Ok(parsed) = entry.parse(&given) else { return Ok(Err(End)) };
        let platform = host.platform();
        let probe = match entry.run {
            Run::Action(module) => module.first(&parsed, &platform),
            Run::State(module) => {
                let Ok(inputs) = inputs::resolve_for(run.batch, task, entry, &given, scope)? else {
                    return Ok(Err(End));
                };
                let diff = settle::shows_diff(run.batch, task, scope)?;
                let ctx = Ctx { platform: &platform, inputs: &inputs, world: &run.world, diff };
                module.probe(&parsed, ctx).ok()
            }
            Run::Control(_) => None,
        };
        let Some(probe) = probe else { return Ok(Err(End)) };
        if (probe.heavy || probe.isolated || entry.traits.lock.is_some())
            && self.rules.hold(AheadRule::Light)
        {
            return Ok(Err(End));
        }
        Ok(Ok(Coming::Ask(probe)))
    }

    /// Keywords under which nothing is asked ahead.
    fn is_plain(&self, task: &Task) -> Result<(), End> {
        let tries = task.until.is_empty() && task.retries.is_none();
        let once = task.inherited(|k| k.run_once.as_ref()).is_none();
        let others = task.r#async.is_none()
            && task.args_template.is_none()
            && task.inherited(|k| k.throttle.as_ref()).is_none()
            && task.inherited(|k| k.debugger.as_ref()).is_none();
        let holds = |kept: bool, rule: AheadRule| kept || !self.rules.hold(rule);
        let plain = others && holds(tries, AheadRule::Tries) && holds(once, AheadRule::Once);
        if plain { Ok(()) } else { Err(End) }
    }

    /// The names that a task in flight will set.
    fn add_pending(&mut self, task: &Task) {
        if !self.rules.hold(AheadRule::Pending) {
            return;
        }
        let pending = &mut self.pending;
        match &task.register {
            Some(Register::Name(name)) => drop(pending.names.insert(name.clone())),
            Some(Register::Projections(all)) => {
                pending.names.extend(all.iter().map(|(name, _)| name.clone()));
            }
            None => {}
        }
        pending
            .names
            .extend(["ansible_failed_task".to_string(), "ansible_failed_result".to_string()]);
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
}
