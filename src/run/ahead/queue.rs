//! Questions in flight and what they are still good for.

use super::rules::{AheadRule, AheadRules};
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

/// An answer on its way.
pub type Coming = BoxFuture<'static, Result<Answer, HostError>>;

/// One question in flight.
struct Asked {
    route: String,
    probe: Probe,
    answer: Coming,
    /// Changes of all hosts when it was asked, less those of tasks of this host.
    others: u64,
}

/// One execution of a task: its place in memory and the number of its item.
pub type Execution = (usize, Option<usize>);

/// A host's questions in flight, in order.
#[derive(Default)]
pub struct Queue {
    asked: VecDeque<Asked>,
    /// How many executions ahead may be asked.
    window: usize,
    /// Changes and actions of this host's tasks that have ended.
    own: u64,
    /// The execution whose turn it is.
    current: Option<Execution>,
    /// Those behind it that were considered already, in order.
    considered: VecDeque<Execution>,
}

/// The window's limit in requests.
const LIMIT: usize = 256;

/// Where it starts: most runs find little to change.
const START: usize = 16;

impl Queue {
    /// How many executions ahead may be asked now.
    pub fn window(&self) -> usize {
        if self.window == 0 { START } else { self.window }
    }

    /// A plan was empty.
    pub fn widen(&mut self) {
        self.window = (self.window() * 2).min(LIMIT);
    }

    /// Something changed, failed or was unreachable: back to one.
    pub fn narrow(&mut self, rules: AheadRules) {
        self.window = if rules.hold(AheadRule::Window) { 1 } else { LIMIT };
    }

    /// It is this execution's turn: what was considered before it has gone by.
    pub fn turn(&mut self, execution: Execution) {
        if self.current == Some(execution) {
            return;
        }
        self.current = Some(execution);
        match self.considered.iter().position(|known| *known == execution) {
            Some(at) => drop(self.considered.drain(..=at)),
            None => self.considered.clear(),
        }
    }

    /// Whether the execution at this distance was considered already. Another one there shows that the way
    /// has changed: what was considered from there on does not count.
    pub fn has_considered(&mut self, distance: usize, execution: Execution) -> bool {
        match self.considered.get(distance) {
            Some(known) if *known == execution => true,
            Some(_) => {
                self.considered.truncate(distance);
                false
            }
            None => false,
        }
    }

    /// Notes that an execution was considered.
    pub fn consider(&mut self, execution: Execution) {
        self.considered.push_back(execution);
    }

    /// The host is about to queue a change or action: what was asked before it is dropped.
    pub fn change_queued(&mut self, rules: AheadRules) {
        self.narrow(rules);
        if rules.hold(AheadRule::OwnChange) {
            self.clear();
        }
    }

    /// The host's change or action ended.
    pub fn change_ended(&mut self, changes: &Changes) {
        self.own += 1;
        changes.ended();
    }

    /// Keeps a question that was just sent.
    pub fn push(&mut self, route: &str, probe: Probe, answer: Coming, changes: &Changes) {
        let others = changes.so_far() - self.own;
        self.asked.push_back(Asked { route: route.to_string(), probe, answer, others });
    }

    /// Drops everything asked ahead.
    pub fn clear(&mut self) {
        self.asked.clear();
        self.considered.clear();
    }

    /// The answer to this very question, if it was asked ahead and still holds. What was asked before it
    /// and not used is dropped: its tasks have gone by. Without such a question everything is dropped: the
    /// tasks have taken another way.
    pub fn take(
        &mut self,
        route: &str,
        probe: &Probe,
        changes: &Changes,
        rules: AheadRules,
    ) -> Option<Coming> {
        let any = !rules.hold(AheadRule::SameQuestion);
        let found = self.asked.iter().position(|a| a.route == route && (any || a.probe == *probe));
        let Some(at) = found else {
            self.clear();
            return None;
        };
        self.asked.drain(..at);
        let asked = self.asked.pop_front()?;
        let holds = asked.others == changes.so_far() - self.own;
        if holds || !rules.hold(AheadRule::OthersChange) {
            return Some(asked.answer);
        }
        self.clear();
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer() -> Coming {
        Box::pin(std::future::ready(Ok(Answer::default())))
    }

    #[test]
    fn an_answer_holds_until_something_changes() {
        let changes = Changes::default();
        let mut queue = Queue::default();
        let probe = Probe::new("a", "x");
        queue.push("h", probe.clone(), answer(), &changes);
        assert!(queue.take("h", &probe, &changes, AheadRules::ALL).is_some());
        queue.push("h", probe.clone(), answer(), &changes);
        changes.ended();
        let found = queue.take("h", &probe, &changes, AheadRules::ALL);
        assert!(found.is_none(), "another host changed something");
    }

    #[test]
    fn an_answer_behind_the_hosts_own_change_holds() {
        let changes = Changes::default();
        let mut queue = Queue::default();
        let probe = Probe::new("a", "x");
        queue.change_queued(AheadRules::ALL);
        queue.push("h", probe.clone(), answer(), &changes);
        queue.change_ended(&changes);
        assert!(queue.take("h", &probe, &changes, AheadRules::ALL).is_some());
        queue.push("h", probe.clone(), answer(), &changes);
        queue.change_queued(AheadRules::ALL);
        queue.change_ended(&changes);
        let found = queue.take("h", &probe, &changes, AheadRules::ALL);
        assert!(found.is_none(), "asked before the change");
    }

    #[test]
    fn what_was_considered_moves_on_with_the_turns() {
        let mut queue = Queue::default();
        queue.turn((1, None));
        queue.consider((2, Some(0)));
        queue.consider((2, Some(1)));
        assert!(queue.has_considered(0, (2, Some(0))) && queue.has_considered(1, (2, Some(1))));
        queue.turn((2, Some(0)));
        assert!(queue.has_considered(0, (2, Some(1))) && !queue.has_considered(1, (3, None)));
        assert!(!queue.has_considered(0, (4, None)), "another way");
        assert!(!queue.has_considered(0, (2, Some(1))));
    }
}
