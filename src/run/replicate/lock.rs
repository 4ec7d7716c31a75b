//! The lock of an edge: a lease on the target that a run renews while it works.

use super::{Job, Level, Told};
use crate::spec::{Command, Host};
use crate::zfs::name::Dataset;
use crate::zfs::replication::edge::Edge;
use crate::zfs::replication::marks;
use std::time::Duration;

/// How long a lock holds without being renewed.
const LEASE: Duration = Duration::from_mins(10);
/// How often it is renewed.
pub const RENEWED: Duration = Duration::from_mins(2);

/// A place for a lock.
pub struct Lock<'a> {
    /// The run.
    pub job: &'a Job,
    /// The target's host.
    pub host: &'a dyn Host,
    /// The dataset that has the property.
    pub dataset: Dataset,
    /// The property.
    pub property: String,
}

/// What came of it.
#[derive(Debug, PartialEq, Eq)]
pub enum Taken {
    /// It is ours. What was there before, and the run whose lease had ended.
    Ours {
        /// The property's value before.
        was: String,
        /// Who left it behind.
        stale: Option<String>,
    },
    /// Another run has it.
    Busy(String),
}

/// Of a run that went well: the target, the edge.
type Done<'a> = Option<(&'a str, &'a str)>;

impl Lock<'_> {
    async fn ask(&self, what: &str, dead: &str, done: Done<'_>) -> Result<Taken, String> {
        let lease = LEASE.as_secs().to_string();
        let words = [
            "sh",
            "-c",
            include_str!("lock.sh"),
            "tank",
            what,
            self.dataset.as_str(),
            &self.property,
        ];
        let (target, edge) = done.unwrap_or_default();
        let more = [&self.job.run, lease.as_str(), &self.job.operator, dead];
        let words = words.into_iter().chain(more).chain([target, marks::DONE, edge]);
        let answer = self.host.run(Command::new(words)).await.map_err(|error| error.to_string())?;
        if answer.rc != 0 {
            return Err(format!(
                "the lock on {} can't be taken: {}",
                self.dataset,
                answer.error_text().trim()
            ));
        }
        read(&answer.text()).ok_or_else(|| format!("the lock on {} gave no answer", self.dataset))
    }

    /// Takes it; from a run of this very machine whose process is gone, too.
    pub async fn take(&self) -> Result<Taken, String> {
        match self.ask("take", "", None).await? {
            Taken::Busy(who) => match dead(&who, &self.job.run) {
                Some(run) => self.ask("take", run, None).await,
                None => Ok(Taken::Busy(who)),
            },
            taken => Ok(taken),
        }
    }

    /// Takes it for an edge, and tells of a dead run that had it; gives what was there before, or how the edge ends.
    pub async fn acquire(&self, edge: &str) -> Result<String, (Level, String)> {
        match self.take().await {
            Ok(Taken::Ours { was, stale }) => {
                if let Some(who) = stale {
                    let text = format!("{edge}: the lock of {who} had run out and is taken over");
                    (self.job.tell)(Told::Line(text));
                }
                Ok(was)
            }
            Ok(Taken::Busy(who)) => Err((Level::Busy, format!("another run works on it: {who}"))),
            Err(error) => Err((Level::Failed, error)),
        }
    }

    /// Gives it back behind the work on an edge, and tells what goes wrong with that. `copied`: a run that copied went
    /// well, and leaves its time on the edge's target.
    pub async fn give_back(&self, edge: &Edge, copied: bool) {
        let done = copied.then_some((edge.target.dataset.as_str(), edge.id.as_str()));
        if let Err(error) = self.ask("free", "", done).await {
            (self.job.tell)(Told::Line(format!("{}: {error}", edge.id)));
        }
    }

    /// Renews it now and then, for as long as it is polled; ends when it is lost.
    pub async fn keep(&self) -> String {
        loop {
            tokio::time::sleep(RENEWED).await;
            match self.ask("keep", "", None).await {
                Ok(Taken::Ours { .. }) => {}
                Ok(Taken::Busy(who)) => return format!("another run took the lock: {who}"),
                Err(error) => return error,
            }
        }
    }

    /// Gives it back.
    pub async fn free(&self) -> Result<(), String> {
        self.ask("free", "", None).await.map(drop)
    }
}

/// The run that holds a lock, if it is one of this machine (`HOST.PID.TIME`, as `own`) and its process is no more.
fn dead<'a>(holder: &'a str, own: &str) -> Option<&'a str> {
    let run = holder.split(' ').next()?;
    let parts = |run: &str| -> Option<(String, i32)> {
        let (rest, _) = run.rsplit_once('.')?;
        let (host, pid) = rest.rsplit_once('.')?;
        Some((host.to_owned(), pid.parse().ok()?))
    };
    let ((host, pid), (here, _)) = (parts(run)?, parts(own)?);
    let pid = rustix::process::Pid::from_raw(pid)?;
    let gone = rustix::process::test_kill_process(pid) == Err(rustix::io::Errno::SRCH);
    (host == here && gone).then_some(run)
}

fn read(text: &str) -> Option<Taken> {
    let mut stale = None;
    for line in text.lines() {
        let (word, rest) = line.split_once(' ')?;
        match word {
            "stale" => stale = Some(rest.to_owned()),
            "busy" => return Some(Taken::Busy(rest.to_owned())),
            "locked" => return Some(Taken::Ours { was: rest.to_owned(), stale }),
            _ => return None,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_dead_runs_of_this_machine_are_taken_from() {
        let own = format!("here.{}.5", std::process::id());
        assert_eq!(dead("here.2147483647.5 99 me", &own), Some("here.2147483647.5"));
        assert_eq!(dead("there.2147483647.5 99 me", &own), None);
        assert_eq!(dead(&format!("{own} 99 me"), &own), None);
        assert_eq!(dead("something else", &own), None);
    }

    #[test]
    fn answers_are_read() {
        let ours = |was: &str, stale: Option<&str>| {
            Some(Taken::Ours { was: was.to_owned(), stale: stale.map(str::to_owned) })
        };
        assert_eq!(read("locked -\n"), ours("-", None));
        assert_eq!(read("stale r1\nlocked r1 5 me\n"), ours("r1 5 me", Some("r1")));
        assert_eq!(read("busy r1 5 me\n"), Some(Taken::Busy("r1 5 me".to_owned())));
        assert_eq!(read(""), None);
    }
}
