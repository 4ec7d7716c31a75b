//! One task on one host: conditions, arguments, attempts, verdicts.

use super::ahead::{AheadRules, Items, Queue, Upcoming};
use super::args;
use super::batch::Batch;
use super::host::HostRun;
use super::keywords::Reader;
use super::outcome::{IncludeRequest, Outcome};
use super::{control, looping, module};
use crate::base::diagnostic::nearest;
use crate::base::{Diagnostic, Key, Kind, Map, Value};
use crate::play::{Action, ParentKind, Task};
use crate::spec::args::Refuser;
use crate::spec::event::{Status, TaskInfo};
use crate::spec::failure::RAISED;
use crate::spec::{Entry, Event, Run, World};
use crate::template::Templar;
use crate::template::table::Stop;
use crate::vars::TaskScope;
use std::sync::Arc;
use std::time::Duration;

/// A task that runs on a host.
pub struct TaskRun<'a> {
    /// The batch.
    pub batch: &'a Batch<'a>,
    /// The task.
    pub task: &'a Arc<Task>,
    /// How reports name it.
    pub info: Arc<TaskInfo>,
    /// Inventory name of the host.
    pub host: Arc<str>,
    /// Variables, without loop's and register's own.
    pub scope: TaskScope,
    /// Questions asked ahead; given back when done.
    pub queue: Queue,
    /// The predicted world; given back when done.
    pub world: World,
    /// Tasks that follow if nothing fails.
    pub upcoming: Vec<Upcoming>,
    /// Where its loop is.
    pub items: Option<Items>,
    /// Whether what it changed so far notifies handlers.
    pub notifies: bool,
}

/// All conditions of a task in the order in which they are asked: play, role, blocks, task (S-49).
pub fn conditions(task: &Task) -> Vec<&Value> {
    let parents: Vec<_> =
        task.parent.chain().filter(|parent| parent.kind != ParentKind::Include).collect();
    let inherited = parents.into_iter().rev().flat_map(|parent| &parent.keywords.when);
    inherited.chain(&task.keywords.when).collect()
}

impl<'a> TaskRun<'a> {
    /// Takes what the task needs from its host.
    pub fn new(
        batch: &'a Batch<'a>,
        host: &mut HostRun,
        task: &'a Arc<Task>,
        info: &Arc<TaskInfo>,
        coming: Vec<(Arc<Task>, bool)>,
    ) -> Self {
        let scope = super::scope::of_task(batch, host, task);
        let upcoming = coming
            .into_iter()
            .map(|(task, behind_flush)| {
                let scope = super::scope::of_task(batch, host, &task);
                Upcoming { task, scope, behind_flush }
            })
            .collect();
        let ledger = batch.session.ledger();
        Self {
            batch,
            task,
            info: Arc::clone(info),
            host: Arc::clone(&host.name),
            scope,
            queue: std::mem::take(&mut host.queue),
            world: ledger.get(&host.name).map(|entry| entry.world.clone()).unwrap_or_default(),
            upcoming,
            items: None,
            notifies: !host.notified.is_empty(),
        }
    }

    /// An evaluation's failure as the task's outcome.
    pub fn stopped(&self, stop: Stop) -> Outcome {
        let error = stop.into_diagnostic();
        let error =
            error.unwrap_or_else(|| Diagnostic::new("evaluation was suspended at its turn"));
        Outcome::fault(self.task.origin.as_ref(), error)
    }

    /// Runs it to its end.
    pub async fn run(&mut self) -> Outcome {
        let scope = self.scope.clone();
        let items = looping::items(self.task, &scope);
        match items {
            Ok(None) => self.once(&scope).await,
            Ok(Some(items)) => looping::run(self, items).await,
            Err(stop) => self.broken_loop(&scope, stop),
        }
    }

    /// How far the next ones are asked ahead.
    fn after(&mut self, outcome: &Outcome) {
        if outcome.acted
            || matches!(outcome.status, Status::Failed | Status::Unreachable | Status::Changed)
        {
            let rules = self.batch.session.options.look_ahead.unwrap_or(AheadRules::ALL);
            self.queue.narrow(rules);
        } else {
            self.queue.widen();
        }
    }

    /// A loop list that cannot be had does not matter when the condition is false (S-50).
    fn broken_loop(&self, scope: &TaskScope, stop: Stop) -> Outcome {
        let templar = Templar::new(scope);
        let undefined = matches!(stop, Stop::Undefined(_));
        if undefined {
            for condition in conditions(self.task) {
                if matches!(templar.condition(condition), Ok(false)) {
                    return Outcome::skipped(Some(condition));
                }
            }
        }
        self.broken(stop)
    }

    /// One run without loop, or one item of it.
    pub async fn once(&mut self, scope: &TaskScope) -> Outcome {
        match self.condition(scope) {
            Ok(None) => {}
            Ok(Some(skipped)) => return skipped,
            Err(stop) => return self.stopped(stop),
        }
        let outcome = match self.attempts(scope).await {
            Ok(outcome) => outcome,
            Err(stop) => self.stopped(stop),
        };
        self.after(&outcome);
        outcome
    }

    /// A loop that is no list is said without any prefix.
    fn broken(&self, stop: Stop) -> Outcome {
        match stop {
            Stop::Fault(error) if error.cause.is_none() && error.hint.is_some() => {
                let text = Value::from(error.chain());
                let fields = [("changed".into(), Value::from(false)), ("msg".into(), text)];
                let mut outcome = Outcome::new(Status::Failed, fields.into_iter().collect());
                outcome.error = Some(error);
                outcome
            }
            stop => self.stopped(stop),
        }
    }

    fn condition(&self, scope: &TaskScope) -> Result<Option<Outcome>, Stop> {
        let templar = Templar::new(scope);
        for condition in conditions(self.task) {
            let holds = templar.condition(condition).map_err(|stop| {
                args::wrap(stop, |cause| {
                    Diagnostic::new("A 'when' expression failed")
                        .at(condition.origin())
                        .caused_by(cause)
                })
            })?;
            if !holds {
                return Ok(Some(Outcome::skipped(Some(condition))));
            }
        }
        Ok(None)
    }

    /// Runs until it is well or tries are used up (S-66 to S-68).
    async fn attempts(&mut self, scope: &TaskScope) -> Result<Outcome, Stop> {
        let (retries, delay) = self.retries(scope)?;
        let mut tried = 1;
        loop {
            let mut outcome = self.attempt(scope).await?;
            if outcome.status == Status::Skipped || outcome.status == Status::Unreachable {
                return Ok(outcome);
            }
            let judged = self.judge(scope, &mut outcome);
            if retries == 0 {
                return Ok(outcome);
            }
            outcome.set("attempts", i64::from(tried));
            let done = match judged {
                true if self.task.until.is_empty() => outcome.status != Status::Failed,
                true => self.until(scope, &outcome)?,
                false => true,
            };
            if done {
                return Ok(outcome);
            }
            if tried > retries {
                outcome.set("attempts", i64::from(retries));
                return Ok(self.exhausted(outcome));
            }
            self.announce_retry(&outcome, retries - tried);
            tokio::time::sleep(delay).await;
            tried += 1;
        }
    }

    fn retries(&self, scope: &TaskScope) -> Result<(u32, Duration), Stop> {
        let templar = Templar::new(scope);
        let reader = Reader { task: self.task, templar: &templar };
        let given = reader.own_int("retries", self.task.retries.as_ref())?;
        let default = if self.task.until.is_empty() { 0 } else { 3 };
        let retries = u32::try_from(given.unwrap_or(default).max(0)).unwrap_or(u32::MAX);
        let delay = reader.own_float("delay", self.task.delay.as_ref())?.unwrap_or(5.0);
        let delay = if delay < 0.0 { 1.0 } else { delay };
        Ok((retries, Duration::try_from_secs_f64(delay).unwrap_or_default()))
    }

    fn announce_retry(&self, outcome: &Outcome, left: u32) {
        self.batch.session.emit(Event::Retry {
            task: Arc::clone(&self.info),
            host: Arc::clone(&self.host),
            left,
            result: outcome.registered(),
        });
    }

    /// `until` never held: failed, unless `failed_when` has decided (S-67).
    fn exhausted(&self, mut outcome: Outcome) -> Outcome {
        if self.task.failed_when.is_none() {
            outcome.status = Status::Failed;
        }
        outcome
    }

    fn until(&self, scope: &TaskScope, outcome: &Outcome) -> Result<bool, Stop> {
        let scope = self.with_result(scope, outcome);
        let templar = Templar::new(&scope);
        for condition in &self.task.until {
            let holds = templar.condition(condition).map_err(|stop| {
                args::wrap(stop, |cause| {
                    Diagnostic::new("A 'until' expression failed")
                        .at(condition.origin())
                        .caused_by(cause)
                })
            })?;
            if !holds {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// `Task failed: WHAT: ...` at the task's place; WHAT is left out where an action raises an error.
    pub fn error(&self, what: &str, cause: Diagnostic) -> Diagnostic {
        let at = self.task.origin.as_ref();
        if what.is_empty() {
            return Diagnostic::new("Task failed").at(at).caused_by(cause);
        }
        let inner = Diagnostic::new(what).at(at).caused_by(cause);
        Diagnostic::new("Task failed").at(at).caused_by(inner)
    }

    /// One attempt.
    async fn attempt(&mut self, scope: &TaskScope) -> Result<Outcome, Stop> {
        let templar = Templar::new(scope);
        match &self.task.action {
            Action::Module(entry) => self.module(entry, scope).await,
            Action::Template(name) => {
                let name = templar.render(name)?;
                match crate::modules::find(&name.text()) {
                    Some(entry) => self.module(entry, scope).await,
                    None => Err(unresolved(&name)),
                }
            }
            Action::IncludeTasks | Action::IncludeRole => self.include(scope),
            Action::ValidateArgs => super::argspec::check(self, scope),
            Action::Meta(_) => Err(Stop::fault("internal: meta task on a host")),
        }
    }

    fn include(&self, scope: &TaskScope) -> Result<Outcome, Stop> {
        let templar = Templar::new(scope);
        let mut args = Map::new();
        for (key, raw) in self.task.args.iter() {
            let value =
                if key.as_str() == Some("apply") { raw.clone() } else { templar.render(raw)? };
            if !matches!(value.kind, Kind::Omit | Kind::Null) {
                args.insert(key.clone(), value);
            }
        }
        let mut vars = (*self.task.keywords.vars).clone();
        vars.extend(scope.locals.iter().map(|(k, v)| (k.clone(), v.clone())));
        let mut outcome = Outcome::new(Status::Ok, Map::new());
        outcome.includes.push(IncludeRequest { args, vars, item: None });
        Ok(outcome)
    }

    async fn module(&mut self, entry: &'static Entry, scope: &TaskScope) -> Result<Outcome, Stop> {
        let templar = Templar::new(scope);
        let given = args::finalize(self.task, entry, &templar)?;
        let parsed = match entry.parse(&given) {
            Ok(parsed) => parsed,
            Err(error) => return Ok(self.bad_args(entry, &error)),
        };
        let reader = Reader { task: self.task, templar: &templar };
        let limit = reader.own_int("timeout", self.task.inherited(|k| k.timeout.as_ref()))?;
        let work = async {
            match entry.run {
                Run::Control(module) => control::run(self, module, &parsed, scope).await,
                Run::State(_) | Run::Action(_) => {
                    module::run(self, entry, &given, &parsed, scope).await
                }
            }
        };
        let outcome = match limit.and_then(|n| u64::try_from(n).ok()).filter(|n| *n > 0) {
            None => work.await?,
            Some(seconds) => match tokio::time::timeout(Duration::from_secs(seconds), work).await {
                Ok(outcome) => outcome?,
                Err(_) => timed_out(seconds),
            },
        };
        Ok(self.with_error(outcome))
    }

    /// Arguments that a module refuses: its own failure (S-194).
    fn bad_args(&self, entry: &Entry, error: &crate::spec::ArgError) -> Outcome {
        let mut message = error.message.clone();
        if let Some(rest) = message.strip_prefix("Unsupported parameters:") {
            message = format!("Unsupported parameters for ({}) module:{rest}", entry.doc().name);
        }
        let fields = [("changed".into(), Value::from(false)), ("msg".into(), Value::from(message))];
        let mut outcome = Outcome::new(Status::Failed, fields.into_iter().collect());
        outcome.from_module = Some(match (error.by, entry.run) {
            (Refuser::Action, _) => "Action failed",
            (Refuser::Raised, _) | (_, Run::Control(_)) => "",
            (Refuser::Module, _) => "Module failed",
        });
        self.with_error(outcome)
    }

    /// A failed module's error text (S-190).
    fn with_error(&self, mut outcome: Outcome) -> Outcome {
        if outcome.status == Status::Unreachable {
            outcome.error = outcome.error.map(|error| error.at(self.task.origin.as_ref()));
            return outcome;
        }
        if outcome.status != Status::Failed || outcome.error.is_some() {
            return outcome;
        }
        let text = outcome.field("msg").map(Value::masked).map(|v| v.text());
        let text = text.unwrap_or_else(|| "Unknown error.".to_string());
        let detail = outcome.fields.shift_remove(&Key::from("_error_detail"));
        let text = match detail {
            Some(detail) => format!("{}: {}", text.trim_end_matches('.'), detail.text()),
            None => text,
        };
        let what = outcome.from_module.unwrap_or("Module failed");
        let error = self.error(what, Diagnostic::new(text));
        let raised = outcome.fields.shift_remove(&Key::from(RAISED)).is_some();
        if raised || outcome.field("msg").is_none() {
            outcome.set("msg", error.chain());
        }
        outcome.error = Some(error);
        outcome
    }
}

/// A module that nobody knows, found when the task runs: its name came by a template or an ad-hoc call.
fn unresolved(name: &Value) -> Stop {
    let text = name.masked().text();
    let error = Diagnostic::new(format!("Cannot resolve '{text}' to an action or module."));
    let error = error.at(name.origin());
    let known = crate::modules::all().map(|entry| entry.doc().name);
    Stop::Fault(match nearest(&text, known).first() {
        Some(near) => error.hint(format!("Did you mean '{near}'?")),
        None => error,
    })
}

fn timed_out(seconds: u64) -> Outcome {
    let text = format!("Timed out after {seconds} second(s).");
    let mut outcome = Outcome::fault(None, Diagnostic::new(text));
    let period = i64::try_from(seconds).unwrap_or(i64::MAX);
    let details: Value = [("period", Value::from(period))].into_iter().collect();
    outcome.set("timedout", details);
    outcome
}
