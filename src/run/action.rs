//! Modules that are an action: they talk to their host themselves.

use super::ahead::Coming;
use super::module::{Work, failed, finished};
use super::outcome::Outcome;
use crate::spec::event::Status;
use crate::spec::module::{AnyAction, AnyArgs};
use crate::spec::{
    ActionContext, Answer, Applied, BoxFuture, Change, Command, Content, Failure, Fields, Foretold, Host,
    HostError, Pipe, Platform, Probe, Program,
};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Runs an action. Once it has sent its only request, the probes of tasks behind it go out in the same
/// write; what they answer counts only if no further request followed. One whose first question shows that
/// there is nothing to do is no change.
pub async fn run(
    mut work: Work<'_, '_>,
    module: &'static dyn AnyAction,
    args: &AnyArgs,
) -> Outcome {
    let session = work.run.batch.session;
    let _fork = if work.check { None } else { session.forks.acquire().await.ok() };
    let first = module.first(args, &work.host.platform());
    let acts = first.is_none() && !work.check;
    let first = first.map(|probe| work.send_first(probe));
    if acts {
        let rules = work.rules();
        work.run.queue.change_queued(rules);
    }
    let requests = AtomicUsize::new(0);
    let host = Watched { host: Arc::clone(&work.host), requests, first: Mutex::new(first) };
    let inputs = std::mem::take(&mut work.inputs);
    let world = work.world().clone();
    let foretold = Mutex::new(Foretold::default());
    let context = ActionContext {
        host: &host,
        inputs: &inputs,
        env: &work.env.clone(),
        check: work.check,
        diff: work.diff,
        world: &world,
        foretold: &foretold,
        verbosity: session.store.run.verbosity,
        base: &work.run.batch.play.playbook_dir.clone(),
        inventory_name: &Arc::clone(&work.run.host),
    };
    let acted = work.watch(module.act(args, context), &host).await;
    let acts = acts || (host.requests() > 0 && !work.check);
    if acts {
        work.run.queue.change_ended(&session.changes);
    }
    let mut outcome = outcome(module, acted);
    outcome.acted = acts;
    if work.check && outcome.status == Status::Skipped {
        outcome.uncertain = Some("it would run; what it changes is not known before".to_string());
    }
    work.predicted(foretold, &mut outcome);
    outcome
}

impl Work<'_, '_> {
    /// Lays what an action has foretold over the predicted world.
    fn predicted(&mut self, foretold: Mutex<Foretold>, outcome: &mut Outcome) {
        let foretold = foretold.into_inner().unwrap_or_else(PoisonError::into_inner);
        let options = &self.run.batch.session.options;
        if self.check && options.overlay && options.check {
            foretold.effects.into_iter().for_each(|effect| self.run.world.add(effect));
        }
        outcome.uncertain = foretold.uncertain.or(outcome.uncertain.take());
    }

    /// The question that decides whether an action acts, asked ahead or now; those of tasks behind it follow.
    fn send_first(&mut self, probe: Probe) -> (Probe, Coming) {
        let (rules, changes) = (self.rules(), &self.run.batch.session.changes);
        let answer = self.run.queue.take(&self.route, &probe, changes, rules);
        let answer = answer.unwrap_or_else(|| self.host.probe(probe.clone()));
        self.look_ahead(false);
        (probe, answer)
    }

    /// Lets it act, and looks ahead behind its first request.
    async fn watch<T>(&mut self, mut acting: BoxFuture<'_, T>, host: &Watched) -> T {
        let rules = self.rules();
        let mut sent = 0;
        std::future::poll_fn(|cx| {
            let polled = acting.as_mut().poll(cx);
            let requests = host.requests();
            if requests > sent && !self.check {
                self.run.queue.change_queued(rules);
                if requests == 1 && polled.is_pending() {
                    self.look_ahead(true);
                }
            }
            sent = requests;
            polled
        })
        .await
    }
}

fn outcome(module: &dyn AnyAction, acted: Result<Fields, Failure>) -> Outcome {
    let mut outcome = match acted {
        Ok(fields) => finished(fields),
        Err(failure) => failed(failure, "Module failed"),
    };
    if matches!(module.doc().name, "raw" | "script") && outcome.status == Status::Failed {
        outcome.from_module = Some("Action failed");
    }
    outcome
}

/// A host that counts the requests that may change it, and has the first question's answer.
struct Watched {
    host: Arc<dyn Host>,
    requests: AtomicUsize,
    first: Mutex<Option<(Probe, Coming)>>,
}

impl Watched {
    fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }

    fn next(&self) -> &dyn Host {
        self.requests.fetch_add(1, Ordering::SeqCst);
        self.host.as_ref()
    }
}

impl Host for Watched {
    fn name(&self) -> &str {
        self.host.name()
    }

    fn platform(&self) -> Arc<Platform> {
        self.host.platform()
    }

    fn probe(&self, probe: Probe) -> BoxFuture<'static, Result<Answer, HostError>> {
        let mut first = self.first.lock().unwrap_or_else(PoisonError::into_inner);
        match first.take_if(|(asked, _)| *asked == probe) {
            Some((_, answer)) => answer,
            None => self.host.probe(probe),
        }
    }

    fn apply(
        &self,
        parts: Vec<Vec<Change>>,
        env: Vec<(String, String)>,
        then: Option<Probe>,
    ) -> BoxFuture<'static, Result<Applied, HostError>> {
        self.next().apply(parts, env, then)
    }

    fn run(&self, command: Command) -> BoxFuture<'static, Result<Answer, HostError>> {
        self.next().run(command)
    }

    fn put_temp(
        &self,
        name: &str,
        content: Content,
    ) -> BoxFuture<'static, Result<String, HostError>> {
        self.host.put_temp(name, content)
    }

    fn fetch(&self, path: &str, to: PathBuf) -> BoxFuture<'static, Result<String, HostError>> {
        self.host.fetch(path, to)
    }

    fn pipe(&self, program: &Program) -> BoxFuture<'static, Result<Pipe, HostError>> {
        self.next().pipe(program)
    }

    fn server_key(&self) -> BoxFuture<'static, Result<Option<String>, HostError>> {
        self.host.server_key()
    }

    fn reaches(
        &self,
        host: &str,
        port: u16,
        limit: Duration,
    ) -> BoxFuture<'static, Result<bool, HostError>> {
        self.host.reaches(host, port, limit)
    }

    fn reconnect(&self) -> BoxFuture<'static, Result<(), HostError>> {
        self.next().reconnect()
    }
}
