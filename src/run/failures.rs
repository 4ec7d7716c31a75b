//! What a failure means for a batch (S-76 to S-84).

use super::linear::Runner;
use crate::base::Diagnostic;
use crate::play::Task;
use crate::spec::Event;
use crate::template::Templar;
use std::sync::Arc;

impl Runner<'_, '_> {
    /// What a failure means for the hosts: rescue, or out; `any_errors_fatal`, `max_fail_percentage`.
    pub fn after_failures(
        &mut self,
        group: &[usize],
        task: &Task,
        once: bool,
        failed: &[usize],
    ) -> Result<(), Diagnostic> {
        if failed.is_empty() {
            return Ok(());
        }
        for at in failed {
            self.fail(*at);
        }
        let fatal = once || self.is_fatal_for_all(task)?;
        if fatal {
            let others: Vec<usize> = (0..self.hosts.len())
                .filter(|at| !failed.contains(at) && self.hosts[*at].is_active())
                .collect();
            for at in others {
                if group.contains(&at) || !self.hosts[at].way.has_rescue() {
                    self.fail_innocent(at);
                }
            }
            self.stop = self.hosts.iter().all(|host| !host.is_active());
        }
        self.check_percentage(task)
    }

    fn is_fatal_for_all(&self, task: &Task) -> Result<bool, Diagnostic> {
        let scope = super::scope::of_task(self.batch, &self.hosts[0], task);
        let templar = Templar::new(&scope);
        let reader = super::keywords::Reader { task, templar: &templar };
        let flag = reader.flag("any_errors_fatal", |k| k.any_errors_fatal.as_ref());
        flag.map(|flag| flag.unwrap_or(false))
            .map_err(|stop| stop.into_diagnostic().unwrap_or_else(|| Diagnostic::new("suspended")))
    }

    /// A host failed at its current step.
    pub fn fail(&mut self, at: usize) {
        let host = &mut self.hosts[at];
        if host.unreachable || host.way.fail() {
            return;
        }
        self.mark_failed(at);
    }

    /// A host is taken down by another one's failure: not counted.
    fn fail_innocent(&mut self, at: usize) {
        if !self.hosts[at].way.fail() {
            self.mark_failed(at);
        }
    }

    /// A host is out for good.
    pub fn mark_failed(&mut self, at: usize) {
        let host = &mut self.hosts[at];
        host.failed = true;
        let name = Arc::clone(&host.name);
        self.batch.session.ledger().entry(Arc::clone(&name)).or_default().failed = true;
        self.batch.drop_host(&name);
    }

    fn check_percentage(&mut self, _task: &Task) -> Result<(), Diagnostic> {
        let Some(raw) = &self.batch.play.max_fail_percentage else { return Ok(()) };
        let given = super::gather::keyword(self.batch, raw)?;
        let limit: f64 = given.text().trim().trim_end_matches('%').parse().map_err(|_| {
            Diagnostic::new(format!("Invalid 'max_fail_percentage' value: {}", given.text()))
                .at(raw.origin())
        })?;
        let lost = self.hosts.iter().filter(|host| host.failed || host.unreachable).count();
        if (lost as f64) / (self.size as f64) * 100.0 > limit {
            // Ansible 2.21 says it twice (S-84).
            self.batch.session.emit(Event::NoHostsRemaining);
            self.batch.session.emit(Event::NoHostsRemaining);
            self.stop = true;
        }
        Ok(())
    }
}
