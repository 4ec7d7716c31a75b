//! Look-ahead: probes of coming tasks are asked before their turn (they change nothing).
//!
//! An answer is used at its task's turn only if the task then asks the very same question, and nothing
//! was changed in between that the answer could not have seen. So what runs ahead decides nothing.

use crate::spec::{Answer, BoxFuture, HostError, Probe};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};

/// Counts changes and actions on all hosts of a run: answers taken before one are dropped.
#[derive(Debug, Default)]
pub struct Changes(AtomicU64);

impl Changes {
    /// A change or action ended somewhere.
    pub fn ended(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }

    fn so_far(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }
}

/// One question in flight.
struct Asked {
    route: String,
    probe: Probe,
    answer: BoxFuture<'static, Result<Answer, HostError>>,
    /// Changes of all hosts when it was asked, less the host's own.
    others: u64,
    /// The host's own changes that were queued before it.
    own: u64,
}

/// A host's questions in flight, in order.
#[derive(Default)]
pub struct Queue {
    asked: VecDeque<Asked>,
    /// How many tasks ahead may be asked.
    window: usize,
    /// The host's own changes that have ended.
    own_ended: u64,
    /// The host's own changes that are queued or have ended.
    own_queued: u64,
    /// Tasks that have been asked ahead, from the current one on.
    pub covered: usize,
}

/// The window's limit in requests.
const LIMIT: usize = 256;

impl Queue {
    /// How many tasks ahead may be asked now.
    pub fn window(&self) -> usize {
        self.window.clamp(1, LIMIT)
    }

    /// A task's plan was empty.
    pub fn widen(&mut self) {
        self.window = (self.window() * 2).min(LIMIT);
    }

    /// A task changed, failed or was unreachable: back to one.
    pub fn narrow(&mut self) {
        self.window = 1;
    }

    /// The host is about to queue a change or action.
    pub fn change_queued(&mut self) {
        self.own_queued += 1;
    }

    /// The host's change or action ended.
    pub fn change_ended(&mut self, changes: &Changes) {
        self.own_ended += 1;
        changes.ended();
    }

    /// Keeps a question that was just sent.
    pub fn push(
        &mut self,
        route: &str,
        probe: Probe,
        answer: BoxFuture<'static, Result<Answer, HostError>>,
        changes: &Changes,
    ) {
        let others = changes.so_far() - self.own_ended;
        let own = self.own_queued;
        self.asked.push_back(Asked { route: route.to_string(), probe, answer, others, own });
    }

    /// Drops everything asked ahead.
    pub fn clear(&mut self) {
        self.asked.clear();
        self.covered = 0;
    }

    /// The answer to this very question, if it was asked ahead and still holds. What was asked before
    /// it and not used is dropped: its tasks have gone by.
    pub fn take(
        &mut self,
        route: &str,
        probe: &Probe,
        changes: &Changes,
    ) -> Option<BoxFuture<'static, Result<Answer, HostError>>> {
        let at = self.asked.iter().position(|a| a.route == route && a.probe == *probe)?;
        self.asked.drain(..at);
        let asked = self.asked.pop_front()?;
        let others = changes.so_far() - self.own_ended;
        let holds = asked.others == others
            && asked.own == self.own_queued
            && self.own_queued == self.own_ended;
        holds.then_some(asked.answer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer() -> BoxFuture<'static, Result<Answer, HostError>> {
        Box::pin(std::future::ready(Ok(Answer::default())))
    }

    #[test]
    fn an_answer_holds_until_something_changes() {
        let changes = Changes::default();
        let mut queue = Queue::default();
        let probe = Probe::new("a", "x");
        queue.push("h", probe.clone(), answer(), &changes);
        assert!(queue.take("h", &probe, &changes).is_some());
        queue.push("h", probe.clone(), answer(), &changes);
        changes.ended();
        assert!(queue.take("h", &probe, &changes).is_none(), "another host changed something");
    }

    #[test]
    fn an_answer_behind_the_hosts_own_change_holds() {
        let changes = Changes::default();
        let mut queue = Queue::default();
        let probe = Probe::new("a", "x");
        queue.change_queued();
        queue.push("h", probe.clone(), answer(), &changes);
        queue.change_ended(&changes);
        assert!(queue.take("h", &probe, &changes).is_some());
        queue.push("h", probe.clone(), answer(), &changes);
        queue.change_queued();
        queue.change_ended(&changes);
        assert!(queue.take("h", &probe, &changes).is_none(), "asked before the change");
    }
}
