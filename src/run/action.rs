//! Modules that are an action: they talk to their host themselves.

use super::module::{Work, failed, finished};
use super::outcome::Outcome;
use crate::spec::event::Status;
use crate::spec::module::{AnyAction, AnyArgs};
use crate::spec::{
    ActionContext, Answer, Applied, BoxFuture, Change, Command, Content, Failure, Fields, Host,
    HostError, Platform, Probe,
};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;
use std::time::Duration;

/// Runs an action. Once it has sent its only request, the probes of tasks behind it go out in the same
/// write; what they answer counts only if no further request followed.
pub async fn run(
    mut work: Work<'_, '_>,
    module: &'static dyn AnyAction,
    args: &AnyArgs,
) -> Outcome {
    let session = work.run.batch.session;
    let _fork = if work.check { None } else { session.forks.acquire().await.ok() };
    let rules = work.rules();
    // In check mode it changes nothing.
    if !work.check {
        work.run.queue.change_queued(rules);
    }
    let host = Watched { host: Arc::clone(&work.host), requests: AtomicUsize::new(0) };
    let inputs = std::mem::take(&mut work.inputs);
    let world = work.world().clone();
    let context = ActionContext {
        host: &host,
        inputs: &inputs,
        env: &work.env.clone(),
        check: work.check,
        diff: work.diff,
        world: &world,
        verbosity: session.store.run.verbosity,
        base: &work.run.batch.play.playbook_dir.clone(),
        inventory_name: &Arc::clone(&work.run.host),
    };
    let mut acting = module.act(args, context);
    let acted = match futures_util::poll!(&mut acting) {
        Poll::Ready(acted) => acted,
        Poll::Pending => {
            if host.requests.load(Ordering::SeqCst) == 1 && !work.check {
                work.look_ahead(true);
            }
            acting.await
        }
    };
    if !work.check {
        if host.requests.load(Ordering::SeqCst) > 1 {
            work.run.queue.change_queued(rules);
        }
        work.run.queue.change_ended(&session.changes);
    }
    let mut outcome = outcome(module, acted);
    outcome.acted = !work.check;
    if work.check && outcome.status == Status::Skipped {
        outcome.uncertain = Some("it would run; what it changes is not known before".to_string());
    }
    outcome
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

/// A host that counts its requests.
struct Watched {
    host: Arc<dyn Host>,
    requests: AtomicUsize,
}

impl Watched {
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
        self.next().probe(probe)
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
        self.next().put_temp(name, content)
    }

    fn fetch(&self, path: &str, to: PathBuf) -> BoxFuture<'static, Result<String, HostError>> {
        self.next().fetch(path, to)
    }

    fn reaches(
        &self,
        host: &str,
        port: u16,
        limit: Duration,
    ) -> BoxFuture<'static, Result<bool, HostError>> {
        self.next().reaches(host, port, limit)
    }

    fn reconnect(&self) -> BoxFuture<'static, Result<(), HostError>> {
        self.next().reconnect()
    }
}
