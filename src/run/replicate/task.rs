//! Replication as a task of a play.

use super::{EdgeEnd, Job, Level, PartEnd, PlayHosts, Told, replicate, text};
use crate::base::{Diagnostic, Map, Value};
use crate::play::Task;
use crate::run::batch::Batch;
use crate::spec::{Event, Failure, Fields};
use crate::zfs::topology::Topology;
use std::sync::Arc;

/// A task's request.
pub struct Request<'a> {
    /// The play.
    pub batch: &'a Batch<'a>,
    /// The task.
    pub task: &'a Task,
    /// What is copied.
    pub topology: Topology,
    /// Whether nothing is to be done.
    pub check: bool,
    /// See [`Job::retries`].
    pub retries: u32,
}

/// Carries it out; gives the fields of the task's result.
pub async fn run(request: Request<'_>) -> Result<Fields, Failure> {
    let tell = teller(request.batch);
    let job = Job::new(request.topology.links, request.check, request.retries, tell);
    let ends = replicate(&job, &PlayHosts { batch: request.batch, task: request.task }).await;
    let mut fields = Fields::new();
    let changed = ends
        .iter()
        .any(|end| end.level == Level::Done || end.parts.iter().any(|part| part.changed));
    fields.insert("changed".into(), Value::from(changed));
    fields.insert("edges".into(), Value::list(ends.iter().map(edge).collect()));
    let report = text(&job.links, &ends, job.check);
    fields.insert("report".into(), Value::list(report.lines().map(Value::from).collect()));
    let bad: Vec<&EdgeEnd> = ends.iter().filter(|end| end.level >= Level::Busy).collect();
    if bad.is_empty() {
        return Ok(fields);
    }
    let why: Vec<String> = bad.iter().map(|end| format!("{}: {}", end.id, reason(end))).collect();
    Err(Failure { msg: why.join("; "), fields, ..Failure::default() })
}

/// Tells of a task's progress: lines as warnings, bytes as they are.
pub(super) fn teller(batch: &Batch<'_>) -> Arc<dyn Fn(Told) + Send + Sync> {
    let events = Arc::clone(&batch.session.events);
    Arc::new(move |told| {
        let line = |line| Event::Warning(Diagnostic::new(line));
        events(told.into_stream().unwrap_or_else(line));
    })
}

fn reason(end: &EdgeEnd) -> String {
    let own = end.error.iter().cloned();
    let parts = end
        .parts
        .iter()
        .filter_map(|part| Some(format!("{}: {}", part.target, part.error.as_ref()?.0)));
    own.chain(parts).collect::<Vec<_>>().join(", ")
}

fn edge(end: &EdgeEnd) -> Value {
    let mut map = Map::new();
    map.insert("id".into(), Value::from(end.id.as_str()));
    map.insert("level".into(), Value::from(end.level.word()));
    map.insert("datasets".into(), Value::list(end.parts.iter().map(part).collect()));
    if let Some(error) = &end.error {
        map.insert("error".into(), Value::from(error.as_str()));
    }
    Value::map(map)
}

fn part(end: &PartEnd) -> Value {
    let mut map = Map::new();
    map.insert("target".into(), Value::from(end.target.as_str()));
    map.insert("changed".into(), Value::from(end.changed));
    map.insert("streams".into(), Value::from(i64::from(end.streams)));
    map.insert("bytes".into(), Value::from(i64::try_from(end.bytes).unwrap_or(i64::MAX)));
    if let Some((error, hint)) = &end.error {
        map.insert("error".into(), Value::from(error.as_str()));
        map.extend(hint.as_ref().map(|hint| ("hint".into(), Value::from(hint.as_str()))));
    }
    Value::map(map)
}
