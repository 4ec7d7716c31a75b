//! `changed_when` and `failed_when`: verdicts on a result (S-68 to S-70).

use super::outcome::Outcome;
use super::task::TaskRun;
use crate::base::{Diagnostic, Key, Value};
use crate::spec::event::Status;
use crate::template::Templar;
use crate::vars::TaskScope;

impl TaskRun<'_> {
    /// The scope in which verdicts on a result are given: its register's name and `_task` are set.
    pub fn with_result(&self, scope: &TaskScope, outcome: &Outcome) -> TaskScope {
        let result = outcome.registered().untrusted();
        let mut scope = scope.clone();
        if let Some(crate::play::Register::Name(name)) = &self.task.register {
            scope.locals.insert(name.as_str().into(), result.clone());
        }
        if let Some(facts) = outcome.field("ansible_facts").and_then(Value::as_map) {
            for (key, value) in facts {
                scope.locals.insert(key.clone(), value.clone());
            }
        }
        let task: Value = [("result", result)].into_iter().collect();
        scope.with_local("_task", task)
    }

    /// `changed_when`, then `failed_when` (S-68 to S-70). False: a verdict itself failed.
    pub fn judge(&self, scope: &TaskScope, outcome: &mut Outcome) -> bool {
        let changed = self.task.changed_when.as_deref();
        if let Some(conditions) = changed {
            match self.verdict(scope, outcome, conditions) {
                Ok(changed) => {
                    outcome.set("changed", changed);
                    outcome.set("changed_when_result", changed);
                    if outcome.status != Status::Failed {
                        outcome.status = if changed { Status::Changed } else { Status::Ok };
                    }
                }
                Err((at, cause)) => return self.verdict_failed(outcome, "changed_when", at, cause),
            }
        }
        let Some(conditions) = self.task.failed_when.as_deref() else { return true };
        match self.verdict(scope, outcome, conditions) {
            Ok(failed) => {
                self.failed_by_verdict(outcome, failed);
                true
            }
            Err((at, cause)) => self.verdict_failed(outcome, "failed_when", at, cause),
        }
    }

    fn failed_by_verdict(&self, outcome: &mut Outcome, failed: bool) {
        let was_failed = outcome.status == Status::Failed;
        outcome.set("failed_when_result", failed);
        outcome.fields.shift_remove(&Key::from("failed"));
        if !failed {
            outcome.error = None;
            outcome.fields.shift_remove(&Key::from("exception"));
            outcome.status = if outcome.flag("changed") { Status::Changed } else { Status::Ok };
            return;
        }
        outcome.status = Status::Failed;
        if !was_failed {
            let cause = Diagnostic::new("A 'failed_when' expression evaluated to 'True'.");
            let error = self.error("Action failed", cause);
            outcome.set("msg", error.chain());
            outcome.error = Some(error);
        }
    }

    fn verdict_failed(
        &self,
        outcome: &mut Outcome,
        keyword: &str,
        at: Option<crate::base::Origin>,
        cause: Diagnostic,
    ) -> bool {
        outcome.set(&format!("{keyword}_result"), cause.chain());
        let text = format!("A '{keyword}' expression failed");
        let error =
            self.error("Action failed", Diagnostic::new(text).at(at.as_ref()).caused_by(cause));
        outcome.set("msg", error.chain());
        outcome.error = Some(error);
        outcome.status = Status::Failed;
        false
    }

    fn verdict(
        &self,
        scope: &TaskScope,
        outcome: &Outcome,
        conditions: &[Value],
    ) -> Result<bool, (Option<crate::base::Origin>, Diagnostic)> {
        let scope = self.with_result(scope, outcome);
        let templar = Templar::new(&scope);
        for condition in conditions {
            let holds = templar.condition(condition).map_err(|stop| {
                let cause = stop.into_diagnostic().unwrap_or_else(|| Diagnostic::new("suspended"));
                (condition.origin().cloned(), cause)
            })?;
            if !holds {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
