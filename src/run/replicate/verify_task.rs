//! Verifying as a task of a play.

use super::{Closely, Job, PlayHosts, verify};
use crate::base::Value;
use crate::base::value::from_json;
use crate::play::Task;
use crate::run::batch::Batch;
use crate::spec::{Failure, Fields};
use crate::zfs::topology::Topology;
use crate::zfs::verify::{self as found, State, Verdict, Verified};

/// A task's request.
pub struct Request<'a> {
    /// The play.
    pub batch: &'a Batch<'a>,
    /// The task.
    pub task: &'a Task,
    /// What was copied.
    pub topology: Topology,
    /// Whether nothing is to be written.
    pub check: bool,
    /// How deep.
    pub how: Closely,
}

/// Carries it out; gives the fields of the task's result. All that is not verified fails the task.
pub async fn run(request: Request<'_>) -> Result<Fields, Failure> {
    let tell = super::task::teller(request.batch);
    let job = Job::new(request.topology.links, request.check, 0, tell);
    let hosts = PlayHosts { batch: request.batch, task: request.task };
    let edges = verify(&job, &request.how, &hosts).await;
    let all = from_json(&found::json(&edges).to_string());
    let all = all.map_err(|error| Failure::new(error.to_string()))?;
    let mut fields = Fields::new();
    let changed = edges.iter().any(|edge| edge.changed);
    fields.insert("changed".into(), Value::from(changed));
    for name in ["state", "edges"] {
        fields.extend(all.get(name).map(|value| (name.into(), value.clone())));
    }
    let report = found::text(&edges);
    fields.insert("report".into(), Value::list(report.lines().map(Value::from).collect()));
    let bad: Vec<String> =
        edges.iter().filter(|edge| edge.state() > State::Absent).map(reason).collect();
    match bad.is_empty() && !edges.is_empty() {
        true => Ok(fields),
        false => Err(Failure { msg: bad.join("; "), fields, ..Failure::default() }),
    }
}

fn reason(edge: &Verified) -> String {
    if let Some((_, why)) = &edge.failed {
        return format!("{}: {why}", edge.id);
    }
    let mut parts = Vec::new();
    for copy in &edge.copies {
        let worst = copy.levels.iter().rev().find(|(_, one)| matches!(one, Verdict::Differs(_)));
        let other = || copy.levels.iter().find(|(_, one)| matches!(one, Verdict::Unknown(_)));
        match worst.or_else(other) {
            Some((level, Verdict::Differs(all))) => {
                parts.push(format!("{} differs ({level}: {})", copy.target, all.join(", ")));
            }
            Some((level, Verdict::Unknown(why))) => {
                parts.push(format!("{} is not known ({level}: {why})", copy.target));
            }
            _ => {}
        }
    }
    if parts.is_empty() {
        parts.push("there is nothing to verify".to_owned());
    }
    format!("{}: {}", edge.id, parts.join("; "))
}
