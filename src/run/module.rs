//! Modules that look at a host: probe, plan, apply, second look; and actions.

use super::ahead::AheadRules;
use super::inputs;
use super::keywords::Reader;
use super::locks::family;
use super::outcome::Outcome;
use super::pool::Route;
use super::task::TaskRun;
use super::total::{Total, judge};
use crate::base::{Diagnostic, Key, Map, Value};
use crate::spec::event::Status;
use crate::spec::module::{AnyArgs, AnySeen, AnyState};
use crate::spec::{
    Answer, ArgType, Change, ChangeKind, Ctx, Entry, Failure, Fields, Host, HostError, Inputs,
    Look, Plan, Probe, Run, Then, World,
};
use crate::template::Templar;
use crate::template::table::Stop;
use crate::vars::TaskScope;
use std::sync::Arc;

/// At most so many looks and plans for one task.
const ROUNDS: usize = 8;
/// At most so many further questions for one look.
const QUESTIONS: usize = 4;

/// Everything one execution of a module knows.
pub struct Work<'r, 'a> {
    /// The task.
    pub run: &'r mut TaskRun<'a>,
    /// The identity it has.
    pub host: Arc<dyn Host>,
    /// What tells that identity from others.
    pub route: String,
    /// Its controller files.
    pub inputs: Inputs,
    /// `environment`.
    pub env: Vec<(String, String)>,
    /// Whether nothing is applied.
    pub check: bool,
    /// Whether differences are shown.
    pub diff: bool,
    /// What this task's own preludes and tools have done, for its next looks (see `Then::LookAgain`).
    pub done: World,
    /// The lock that is held as long as the module works.
    pub held: Option<&'static str>,
}

/// Runs a module that needs its host.
pub async fn run(
    run: &mut TaskRun<'_>,
    entry: &'static Entry,
    given: &Map,
    args: &AnyArgs,
    scope: &TaskScope,
) -> Result<Outcome, Stop> {
    let (route, delegated) = super::connect::route(run, scope)?;
    let label = super::connect::label(&route, &run.host);
    let check = super::settle::checks(run, scope)?;
    let env = {
        let templar = Templar::new(scope);
        Reader { task: run.task, templar: &templar }.environment()?
    };
    let resolved = inputs::resolve(run, entry, given, scope)?;
    let mut outcome = match resolved {
        Err(missing) => not_there(run, missing),
        Ok(inputs) => match open(run, &route).await {
            Err(error) => super::jail::foreseen(run, entry, &route, check)
                .unwrap_or_else(|| host_failed(&error)),
            Ok(host) => {
                let diff = super::settle::shows_diff(run.batch, run.task, scope)?;
                let route = route.key();
                let (done, held) = (World::default(), lock_of(entry, args));
                let session = run.batch.session;
                let _lock = session.locks.hold(&host.platform(), host.name(), held).await;
                let work = Work { run, host, route, inputs, env, check, diff, done, held };
                match entry.run {
                    Run::State(module) => work.state(module, args).await,
                    Run::Action(module) => super::action::run(work, module, args).await,
                    Run::Control(_) => Outcome::new(Status::Failed, Map::new()),
                }
            }
        },
    };
    outcome.delegate_label = delegated.as_ref().and(label);
    outcome.delegated = delegated;
    if entry.traits.identity && outcome.status == Status::Changed && !check {
        run.batch.session.pool.forget(&run.host, true);
    }
    Ok(outcome)
}

/// The lock that is held from the module's first question on.
fn lock_of(entry: &Entry, args: &AnyArgs) -> Option<&'static str> {
    let own = match entry.run {
        Run::Action(module) => module.lock(args),
        Run::State(_) | Run::Control(_) => None,
    };
    entry.traits.lock.or(own)
}

async fn open(run: &TaskRun<'_>, route: &Route) -> Result<Arc<dyn Host>, HostError> {
    run.batch.session.pool.host(route).await
}

/// A controller file that can't be had as an outcome.
fn not_there(run: &TaskRun<'_>, missing: inputs::Missing) -> Outcome {
    let mut outcome = failed(missing.failure, "Action failed");
    let at = run.task.origin.as_ref();
    outcome.error =
        missing.raised.map(|error| Diagnostic::new("Task failed").at(at).caused_by(error));
    outcome
}

/// A host's error as an outcome: only what means "not reachable" is unreachable.
pub fn host_failed(error: &HostError) -> Outcome {
    match error {
        HostError::Unreachable(text) => Outcome::unreachable(text),
        HostError::Lost(_) => {
            let mut outcome = Outcome::unreachable(&error.to_string());
            outcome.acted = true;
            outcome
        }
        HostError::Become(text) => {
            let mut outcome = Outcome::fault(None, Diagnostic::new(text.as_str()));
            outcome.set("changed", false);
            outcome
        }
        other => {
            let mut outcome = failed(Failure::new(other.to_string()), "Module failed");
            outcome.acted = true;
            outcome
        }
    }
}

/// A module's failure as an outcome.
pub fn failed(failure: Failure, what: &'static str) -> Outcome {
    let mut fields = failure.fields;
    if fields.get(&Key::from("unreachable")).is_some_and(Value::is_true) {
        return Outcome::unreachable(&failure.msg);
    }
    fields.entry("changed".into()).or_insert(Value::from(false));
    fields.insert("msg".into(), Value::from(failure.msg));
    for (name, lines) in [("stdout", "stdout_lines"), ("stderr", "stderr_lines")] {
        if let Some(text) = fields.get(&Key::from(name)).map(Value::text) {
            let text: Vec<Value> = text.lines().map(Value::str).collect();
            fields.entry(lines.into()).or_insert(Value::list(text));
        }
    }
    let mut outcome = Outcome::new(Status::Failed, fields);
    outcome.from_module = Some(what);
    outcome
}

/// Whether an argument of this type names a controller file.
pub fn is_controller_file(kind: ArgType) -> bool {
    matches!(kind, ArgType::Src | ArgType::SrcTree | ArgType::Template)
}

impl Work<'_, '_> {
    async fn state(mut self, module: &'static dyn AnyState, args: &AnyArgs) -> Outcome {
        match self.converge(module, args).await {
            Ok(outcome) => outcome,
            Err(Trouble::Module(failure)) => match self.foretold(&failure) {
                Some(outcome) => outcome,
                None => failed(failure, "Module failed"),
            },
            Err(Trouble::Host(error)) => host_failed(&error),
        }
    }

    /// Looks, plans and applies until nothing asks for another look.
    async fn converge(
        &mut self,
        module: &'static dyn AnyState,
        args: &AnyArgs,
    ) -> Result<Outcome, Trouble> {
        let mut total = Total::default();
        let mut answers: Option<Vec<Answer>> = None;
        for _ in 0..ROUNDS {
            let first = self.ask_first(module, args).await?;
            let seen = match answers.take() {
                Some(known) if self.check => self.read(module, args, known).await?.1,
                _ => {
                    let answer = self.ask(first.clone()).await?;
                    let (all, seen) = self.read(module, args, vec![answer]).await?;
                    answers = Some(all);
                    seen
                }
            };
            let platform = self.host.platform();
            let plan = module.plan(args, &seen, self.ctx(&platform)).map_err(Trouble::Module)?;
            total.take(&plan, self.check);
            if !plan.has_work() {
                let fields = module.result(args, &seen, None, &plan, &[]);
                return Ok(total.finish(fields));
            }
            if self.check {
                if self.predict(&plan, &mut total) {
                    continue;
                }
                let fields = module.result(args, &seen, None, &plan, &[]);
                return Ok(total.finish(fields));
            }
            let before = answers.take().unwrap_or_default();
            let done = self.apply(module, args, &seen, &before, &plan, first, &mut total).await?;
            if std::mem::take(&mut total.moved) && total.failure.is_none() {
                total.forget(&plan);
                continue;
            }
            if total.failure.is_some() || plan.then == Then::Done {
                return Ok(total.finish(done));
            }
            total.fields.extend(done);
        }
        Err(Trouble::Module(Failure::new(
            "the host does not settle: every look plans further changes",
        )))
    }

    /// What a check run says of a task that lacks a path which a package of an earlier task may bring.
    fn foretold(&self, failure: &Failure) -> Option<Outcome> {
        let overlay = self.check && self.run.batch.session.options.overlay;
        let packages = self.run.world.things("package");
        let names: Vec<&str> = packages
            .into_iter()
            .filter(|(_, state)| state.is_some())
            .map(|(name, _)| name)
            .collect();
        if !overlay || !failure.missing || names.is_empty() {
            return None;
        }
        let fields = [("changed".into(), Value::from(true))].into_iter().collect();
        let mut outcome = Outcome::new(Status::Changed, fields);
        let names = names.join(", ");
        outcome.uncertain = Some(format!("{}; it may come with {names}", failure.msg));
        Some(outcome)
    }

    async fn ask_first(&self, module: &dyn AnyState, args: &AnyArgs) -> Result<Probe, Trouble> {
        let platform = self.host.platform();
        module.probe(args, self.ctx(&platform)).map_err(Trouble::Module)
    }

    fn ctx<'c>(&'c self, platform: &'c crate::spec::Platform) -> Ctx<'c> {
        Ctx { platform, inputs: &self.inputs, world: self.world(), diff: self.diff }
    }

    /// The predicted world; a task that really runs (`check_mode: false`) sees the host, and what its own
    /// preludes have done.
    pub fn world(&self) -> &World {
        if self.check { &self.run.world } else { &self.done }
    }

    /// Lays a plan's effects over the predicted world; tells whether to look again with them.
    fn predict(&mut self, plan: &Plan, total: &mut Total) -> bool {
        let keeps = self.run.batch.session.options.overlay && self.run.batch.session.options.check;
        let effects: Vec<_> = plan.changes().flat_map(|change| change.effects.clone()).collect();
        let grew = !effects.is_empty() && keeps;
        if keeps {
            for effect in effects {
                self.run.world.add(effect);
            }
        }
        total.changed |= plan.counts();
        if plan.then == Then::Done {
            return false;
        }
        if !grew && total.uncertain.is_none() {
            total.uncertain = Some("what follows is not known".to_string());
        }
        grew
    }

    async fn ask(&mut self, probe: Probe) -> Result<Answer, Trouble> {
        let changes = &self.run.batch.session.changes;
        let ahead = self.run.queue.take(&self.route, &probe, changes, self.rules());
        let answer = ahead.unwrap_or_else(|| self.host.probe(probe));
        self.look_ahead(false);
        answer.await.map_err(Trouble::Host)
    }

    /// Reads answers, asking further questions while the module has some.
    async fn read(
        &mut self,
        module: &dyn AnyState,
        args: &AnyArgs,
        mut answers: Vec<Answer>,
    ) -> Result<(Vec<Answer>, AnySeen), Trouble> {
        for _ in 0..=QUESTIONS {
            let platform = self.host.platform();
            let look = module.read(args, &answers, self.ctx(&platform)).map_err(Trouble::Module)?;
            match look {
                Look::Seen(seen) => return Ok((answers, seen)),
                Look::Ask(probe) => {
                    let answer = self.host.probe(probe).await.map_err(Trouble::Host)?;
                    answers.push(answer);
                }
            }
        }
        Err(Trouble::Module(Failure::new("internal: a module asks without end")))
    }

    /// Applies a plan and checks by the second look that every change is there.
    #[allow(clippy::too_many_arguments)] // the parts of one step, named
    async fn apply(
        &mut self,
        module: &'static dyn AnyState,
        args: &AnyArgs,
        seen: &AnySeen,
        before: &[Answer],
        plan: &Plan,
        look: Probe,
        total: &mut Total,
    ) -> Result<Fields, Trouble> {
        let session = self.run.batch.session;
        // A fork is taken last: who holds one waits for no lock.
        let _locks = self.lock(plan).await;
        let _fork = session.forks.acquire().await;
        let parts: Vec<Vec<Change>> = plan.parts.iter().map(|part| part.changes.clone()).collect();
        self.run.queue.change_queued(self.rules());
        let applied = self.host.apply(parts, self.env.clone(), Some(look));
        self.look_ahead(true);
        let applied = applied.await;
        self.run.queue.change_ended(&session.changes);
        total.acted = true;
        let applied = applied.map_err(Trouble::Host)?;
        let first = applied
            .look
            .ok_or_else(|| Trouble::Host(HostError::Lost("the second look".to_string())))?;
        let (after, second) = self.read(module, args, vec![first]).await?;
        let platform = self.host.platform();
        let differs = after.iter().map(|a| &a.stdout).ne(before.iter().map(|a| &a.stdout));
        for ran in &applied.ran {
            let outcome = judge(module, args, ran, &second, self.ctx(&platform), differs);
            total.judged(outcome);
        }
        let succeeded = applied.ran.iter().filter(|ran| ran.answer.rc == 0);
        let unseen = succeeded
            .filter(|ran| matches!(ran.change.kind, ChangeKind::Prelude | ChangeKind::May))
            .flat_map(|ran| ran.change.effects.iter().cloned());
        unseen.for_each(|effect| self.done.add(effect));
        Ok(module.result(args, seen, Some(&second), plan, &applied.ran))
    }

    async fn lock(&self, plan: &Plan) -> Vec<tokio::sync::OwnedMutexGuard<()>> {
        let wanted = plan.changes().filter_map(|change| change.lock);
        let held = self.held.map(family);
        let names = wanted.filter(|name| held != Some(family(name)));
        let locks = &self.run.batch.session.locks;
        locks.hold(&self.host.platform(), self.host.name(), names).await
    }

    /// The rules of look-ahead.
    pub fn rules(&self) -> AheadRules {
        self.run.batch.session.options.look_ahead.unwrap_or(AheadRules::ALL)
    }

    /// Sends the probes of tasks that follow, as far as the window reaches; `changing`: behind a change.
    pub fn look_ahead(&mut self, changing: bool) {
        super::ahead::ask(self.run, &self.host, &self.route, changing);
    }
}

/// The result of an action as an outcome.
pub fn finished(mut fields: Fields) -> Outcome {
    let flag = |fields: &Fields, name: &str| fields.get(&Key::from(name)).map(Value::is_true);
    let rc = fields.get(&Key::from("rc")).and_then(Value::as_int).unwrap_or(0);
    let failed = flag(&fields, "failed").unwrap_or(rc != 0);
    let unreachable = flag(&fields, "unreachable").unwrap_or(false);
    let skipped = flag(&fields, "skipped").unwrap_or(false);
    let changed = flag(&fields, "changed").unwrap_or(false);
    fields.shift_remove(&Key::from("failed"));
    let status = match (unreachable, failed, skipped, changed) {
        (true, ..) => Status::Unreachable,
        (_, true, ..) => Status::Failed,
        (_, _, true, _) => Status::Skipped,
        (.., true) => Status::Changed,
        _ => Status::Ok,
    };
    Outcome::new(status, fields)
}

/// Why a state module came to no result.
enum Trouble {
    Module(Failure),
    Host(HostError),
}
