//! Control-side modules: what they may ask the play.

use super::batch::Batch;
use super::module::failed;
use super::outcome::Outcome;
use super::play::Session;
use super::replicate::{Closely, task as replicate, verify_task};
use super::task::TaskRun;
use crate::base::{Diagnostic, Map, Origin, Source, Value};
use crate::play::Task;
use crate::spec::context::Pause;
use crate::spec::event::Status;
use crate::spec::module::{AnyArgs, AnyControl};
use crate::spec::{BoxFuture, Failure, Fields, PlayContext, Scope};
use crate::template::Templar;
use crate::template::table::Stop;
use crate::vars::TaskScope;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// The play around one control-side task.
struct Context<'a> {
    batch: &'a Batch<'a>,
    session: &'a Session,
    task: &'a Task,
    host: Arc<str>,
    scope: TaskScope,
    /// Whether the task only looks.
    check: bool,
    /// The latest evaluation that failed: a module that fails with it fails by it.
    fault: Mutex<Option<Diagnostic>>,
}

/// Runs a control-side module.
pub async fn run(
    run: &mut TaskRun<'_>,
    module: &'static dyn AnyControl,
    args: &AnyArgs,
    scope: &TaskScope,
) -> Result<Outcome, Stop> {
    let (route, delegated) = super::connect::route(run, scope)?;
    let session = run.batch.session;
    let context = Context {
        batch: run.batch,
        session,
        task: run.task,
        host: Arc::clone(&run.host),
        scope: scope.clone(),
        check: super::settle::checks(run, scope)?,
        fault: Mutex::default(),
    };
    let mut outcome = match module.control(args, &context).await {
        Err(failure) => match context.failed_by(&failure) {
            Some(fault) => return Err(Stop::Fault(fault)),
            None => failed(failure, "Action failed"),
        },
        Ok(done) => {
            let mut outcome = super::module::finished(done.fields);
            outcome.from_module = (outcome.status == Status::Failed).then_some("Action failed");
            outcome.effects = done.effects;
            outcome.verbose_always = done.verbose_always;
            outcome
        }
    };
    outcome.delegate_label =
        delegated.as_ref().and_then(|_| super::connect::label(&route, &run.host));
    outcome.delegated = delegated;
    Ok(outcome)
}

impl Context<'_> {
    /// An evaluation's result; its error is kept.
    fn settled<T>(&self, result: Result<T, Stop>) -> Result<T, Diagnostic> {
        result.map_err(|stop| {
            let error = stop.into_diagnostic();
            let error =
                error.unwrap_or_else(|| Diagnostic::new("evaluation was suspended at its turn"));
            *self.fault.lock().unwrap_or_else(PoisonError::into_inner) = Some(error.clone());
            error
        })
    }

    /// The evaluation's error that a module gave back as its own.
    fn failed_by(&self, failure: &Failure) -> Option<Diagnostic> {
        let mut fault = self.fault.lock().unwrap_or_else(PoisonError::into_inner);
        fault.take().filter(|fault| fault.chain() == failure.msg)
    }
}

impl PlayContext for Context<'_> {
    fn host(&self) -> &str {
        &self.host
    }

    fn scope(&self) -> &dyn Scope {
        &self.scope
    }

    fn render(&self, value: &Value) -> Result<Value, Diagnostic> {
        self.settled(Templar::new(&self.scope).render(value))
    }

    fn expression(&self, text: &Value) -> Result<Value, Diagnostic> {
        self.settled(Templar::new(&self.scope).expression(text))
    }

    fn condition(&self, condition: &Value) -> Result<bool, Diagnostic> {
        self.settled(Templar::new(&self.scope).condition(condition))
    }

    fn load_vars(&self, path: &Path) -> Result<Map, Diagnostic> {
        load_vars(&self.scope, path)
    }

    fn find_file(&self, kind: &str, name: &str) -> Result<PathBuf, Diagnostic> {
        crate::play::search::find(self.task, kind, name)
    }

    fn verbosity(&self) -> u8 {
        self.session.store.run.verbosity
    }

    fn check(&self) -> bool {
        self.check
    }

    fn replicate<'a>(
        &'a self,
        file: &'a Value,
        retries: u32,
    ) -> BoxFuture<'a, Result<Fields, Failure>> {
        Box::pin(async move {
            let topology = crate::zfs::topology::read(file);
            let topology = topology.map_err(|error| Failure::new(error.chain()))?;
            let (batch, task, check) = (self.batch, self.task, self.check());
            replicate::run(replicate::Request { batch, task, topology, check, retries }).await
        })
    }

    fn verify_copies<'a>(
        &'a self,
        file: &'a Value,
        level: &'a str,
        snapshot: Option<&'a str>,
    ) -> BoxFuture<'a, Result<Fields, Failure>> {
        Box::pin(async move {
            let topology = crate::zfs::topology::read(file);
            let topology = topology.map_err(|error| Failure::new(error.chain()))?;
            let level = level.parse().map_err(|error: String| Failure::new(error))?;
            let how = Closely { level, snapshot: snapshot.map(str::to_owned) };
            let (batch, task, check) = (self.batch, self.task, self.check());
            verify_task::run(verify_task::Request { batch, task, topology, check, how }).await
        })
    }

    fn pause<'a>(&'a self, request: Pause) -> BoxFuture<'a, Result<Option<String>, Diagnostic>> {
        Box::pin(async move {
            if let Some(seconds) = request.seconds {
                let time = Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or_default();
                tokio::time::sleep(time).await;
                return Ok(None);
            }
            Ok((self.session.prompt)(&request))
        })
    }
}

/// Variables of a YAML or JSON file, vaulted or not; they must be a mapping (S-227).
pub fn load_vars(scope: &TaskScope, path: &Path) -> Result<Map, Diagnostic> {
    let bytes = scope.read_file(path)?;
    let name = path.display().to_string();
    let source = Source::file(name.clone());
    let text = String::from_utf8(bytes).map_err(|_| {
        Diagnostic::new(format!("{name} is not valid UTF-8")).at(Some(&Origin::whole(&source)))
    })?;
    let loaded = crate::base::yaml::load(&text, &source)?;
    for warning in loaded.warnings {
        scope.warnings.push(warning);
    }
    match loaded.value.kind {
        crate::base::Kind::Null => Ok(Map::new()),
        crate::base::Kind::Map(map) => Ok((*map).clone()),
        _ => {
            Err(Diagnostic::new("Invalid variable file contents.")
                .at(Some(&Origin::whole(&source))))
        }
    }
}
