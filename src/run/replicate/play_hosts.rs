//! Hosts of an inventory, reached as a task would reach them.

use super::Hosts;
use crate::base::Value;
use crate::base::diagnostic::nearest;
use crate::play::{Entry, Playbook, Task};
use crate::run::batch::Batch;
use crate::run::connect;
use crate::run::play::Session;
use crate::run::pool::Route;
use crate::spec::{BoxFuture, Host};
use crate::template::table::Stop;
use crate::vars::{PlayFrame, TaskScope};
use std::sync::Arc;

/// The hosts that a task can reach, by the variables of each host and the keywords of the task.
pub struct PlayHosts<'a> {
    /// The play.
    pub batch: &'a Batch<'a>,
    /// The task.
    pub task: &'a Task,
}

impl Hosts for PlayHosts<'_> {
    fn open<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Arc<dyn Host>, String>> {
        Box::pin(self.host(name))
    }

    fn address(&self, name: &str) -> Option<(String, Option<u16>)> {
        let route = self.route(name).ok()?;
        let text = |name: &str| route.vars.get(name).map(Value::text);
        let port = text("ansible_port").and_then(|port| port.trim().parse().ok());
        Some((text("ansible_host").unwrap_or_else(|| name.to_owned()), port))
    }
}

impl<'a> PlayHosts<'a> {
    /// The task with root as its user.
    #[must_use]
    pub fn root_task(&self) -> Task {
        let mut task = self.task.clone();
        task.keywords.r#become = Some(Value::from(true));
        task.keywords.become_user = Some(Value::from("root"));
        task
    }

    /// The same hosts, reached as another task would.
    #[must_use]
    pub fn with<'b>(&self, task: &'b Task) -> PlayHosts<'b>
    where
        'a: 'b,
    {
        PlayHosts { batch: self.batch, task }
    }

    async fn host(&self, name: &str) -> Result<Arc<dyn Host>, String> {
        let session = self.batch.session;
        let known = session.store.topology().hosts();
        if !known.iter().any(|host| host.as_ref() == name) && name != "localhost" {
            let near = nearest(name, known.iter().map(AsRef::as_ref));
            let hint =
                near.first().map(|near| format!(" (did you mean '{near}'?)")).unwrap_or_default();
            return Err(format!("the inventory has no host '{name}'{hint}"));
        }
        let route = self.route(name)?;
        session.pool.host(&route).await.map_err(|error| format!("{name}: {error}"))
    }

    fn route(&self, name: &str) -> Result<Route, String> {
        let session = self.batch.session;
        let (name, frame): (Arc<str>, _) = (Arc::from(name), self.batch.frame());
        let scope = TaskScope::of_host(&session.store, &frame, &name, &session.warnings);
        let route = connect::route_of(self.batch, self.task, &scope, &name);
        let chain = |stop: Stop| stop.into_diagnostic().map(|error| error.chain());
        let (route, _) = route.map_err(|stop| chain(stop).unwrap_or_default())?;
        Ok(route)
    }
}

/// Works with the hosts of a session, and lets go of them; nothing without a task. `book` has one task, whose keywords say
/// how hosts are reached.
pub async fn on_session<T>(
    session: &Session,
    book: &Playbook,
    work: impl AsyncFnOnce(&PlayHosts<'_>) -> T,
) -> Option<T> {
    let play = book.plays.first()?;
    let Some(Entry::Task(task)) = play.tasks.first() else { return None };
    let batch = Batch::new(session, play, PlayFrame::default());
    let done = work(&PlayHosts { batch: &batch, task }).await;
    session.pool.close().await;
    Some(done)
}
