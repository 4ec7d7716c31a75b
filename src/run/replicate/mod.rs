//! Carries replication out: asks both ends of every edge, plans (`zfs::replication`), and does what the plan says, or only
//! shows it.
//!
//! Nothing is sent that is not held on its source and bookmarked there; nothing is destroyed that a plan has not named;
//! what is let go of is let go of last. So a run may be cut anywhere: the next one finds the newest common snapshot by its
//! identity and goes on.

mod asking;
mod carry;
mod edge;
mod failover;
mod failover_text;
mod hosts;
mod lock;
mod marks;
mod passage;
mod play_hosts;
mod prune;
mod prune_text;
mod rights;
mod status;
mod survey;
pub mod task;
mod text;
mod transfer;
mod verify;
mod verify_mark;
mod verify_read;
pub mod verify_task;

pub use failover::{FailoverEnd, back_out, fail_over};
pub use failover_text::failover_text;
pub use hosts::Hosts;
pub use play_hosts::{PlayHosts, on_session};
pub use prune::{PruneEnd, Wish, prune};
pub use prune_text::prune_text;
pub use rights::{Asked as AskedRights, RightsEnd, rights, rights_text};
pub use status::{Asked, Status, status};
pub use text::text;
pub use verify::{Closely, verify};

use crate::spec::Event;
use crate::zfs::calendar;
use crate::zfs::replication::edge::{Edge, Place};
use crate::zfs::replication::whole::EdgePlan;
use crate::zfs::survey::Survey;
use crate::zfs::topology::{self, Link};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// What is to be done.
pub struct Job {
    /// All edges of the topology: what any of them starts from is not destroyed.
    pub links: Vec<Link>,
    /// The names of those that are worked on; empty: all are.
    pub only: Vec<String>,
    /// Only plan: nothing is written on either end.
    pub check: bool,
    /// Names this run in locks.
    pub run: String,
    /// Names the operator in locks.
    pub operator: String,
    /// How often a dataset is tried again in the same run when its stream is cut.
    pub retries: u32,
    /// The day, for names of what is set aside.
    pub day: String,
    /// Told of progress.
    pub tell: Arc<dyn Fn(Told) + Send + Sync>,
}

impl Job {
    /// A job of this process, now.
    #[must_use]
    pub fn new(
        links: Vec<Link>,
        check: bool,
        retries: u32,
        tell: Arc<dyn Fn(Told) + Send + Sync>,
    ) -> Self {
        let now = now();
        let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
        Self {
            links,
            only: Vec::new(),
            check,
            run: format!("{host}.{}.{now}", std::process::id()),
            operator: host,
            retries,
            day: calendar::utc(now).get(..10).unwrap_or_default().replace('-', ""),
            tell,
        }
    }

    /// Only these edges, if any are named.
    #[must_use]
    pub fn only(self, only: Vec<String>) -> Self {
        Self { only, ..self }
    }

    /// The edges that are worked on.
    pub fn working(&self) -> impl Iterator<Item = &Link> {
        topology::chosen(&self.links, &self.only)
    }
}

/// Seconds since 1970.
#[must_use]
pub fn now() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
    i64::try_from(now).unwrap_or_default()
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// A line for the operator.
    Line(String),
    /// Bytes of a stream so far, of about so many.
    Bytes {
        /// The edge.
        edge: String,
        /// The dataset of the target.
        dataset: String,
        /// So far.
        done: u64,
        /// Estimated by the sender.
        of: Option<u64>,
        /// Whether the stream is over, however it ended.
        over: bool,
    },
}

impl Told {
    /// The event of a stream, or else the line.
    ///
    /// # Errors
    /// It is a line.
    pub fn into_stream(self) -> Result<Event, String> {
        match self {
            Self::Line(line) => Err(line),
            Self::Bytes { edge, dataset, done, of, over } => {
                let edge = format!("{edge}: {dataset}").into();
                Ok(Event::Stream { edge, done, estimate: of, over })
            }
        }
    }
}

/// How an edge ended; later ones are worse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Nothing was to be done.
    Idle,
    /// Its removable pool is not there.
    Absent,
    /// Copied, or would be.
    Done,
    /// Another run has its lock.
    Busy,
    /// Some datasets failed, or all.
    Failed,
    /// A host could not be asked.
    Unreachable,
}

impl Level {
    /// Its word in results.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Absent => "absent",
            Self::Done => "done",
            Self::Busy => "busy",
            Self::Failed => "failed",
            Self::Unreachable => "unreachable",
        }
    }
}

/// One dataset's end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartEnd {
    /// On the target.
    pub target: String,
    /// Whether anything was changed.
    pub changed: bool,
    /// Streams that went through.
    pub streams: u32,
    /// Bytes of streams.
    pub bytes: u64,
    /// What went wrong, with what can be done about it.
    pub error: Option<(String, Option<String>)>,
}

/// One edge's end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EdgeEnd {
    /// Its id.
    pub id: String,
    /// How.
    pub level: Level,
    /// What was wrong with the whole of it.
    pub error: Option<String>,
    /// Its plan, where there was one.
    pub plan: Option<EdgePlan>,
    /// Estimated bytes of each step, by dataset of the target.
    pub sizes: BTreeMap<String, Vec<Option<u64>>>,
    /// Its datasets.
    pub parts: Vec<PartEnd>,
}

/// Runs, or with `check` only plans, all edges that are worked on. Hosts that only others name are not asked.
pub async fn replicate(job: &Job, hosts: &dyn Hosts) -> Vec<EdgeEnd> {
    let links: Vec<Link> = job.working().cloned().collect();
    let seen = survey::all(&links, hosts).await;
    let mut ends: Vec<EdgeEnd> = Vec::new();
    for link in &links {
        // What an edge before has written to is looked at again: a chain goes through in one run.
        let before =
            links.iter().zip(&ends).filter(|(_, end)| end.parts.iter().any(|part| part.changed));
        let stale = before.into_iter().any(|(other, _)| meets(&other.edge.target, &link.edge));
        ends.push(edge::run(job, link, &seen, stale).await);
    }
    ends
}

/// Whether an edge reads or writes what lies at or below a place, or above it.
fn meets(place: &Place, edge: &Edge) -> bool {
    [&edge.source, &edge.target].into_iter().any(|other| {
        let (a, b) = (&place.dataset, &other.dataset);
        place.host == other.host && (a.contains(b) || b.contains(a))
    })
}

/// A host that was asked.
pub struct Seen {
    /// The host.
    pub host: Arc<dyn crate::spec::Host>,
    /// What it has.
    pub survey: Survey,
    /// Its name or address and port, as the inventory says.
    pub address: Option<(String, Option<u16>)>,
}
