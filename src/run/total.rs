//! Sums up what became of a module's changes.

use super::module::failed;
use super::outcome::Outcome;
use crate::base::Value;
use crate::spec::event::Status;
use crate::spec::module::{AnyArgs, AnySeen, AnyState};
use crate::spec::{ChangeKind, Ctx, Failure, Fields, Plan, Ran};

/// What one applied change turned out to be.
pub enum Judged {
    Changed,
    Same,
    /// What it was about is another by now: look and plan again.
    Moved,
    Failed(Failure),
}

/// Judges one applied change by the second look.
pub fn judge(
    module: &dyn AnyState,
    args: &AnyArgs,
    ran: &Ran,
    after: &AnySeen,
    ctx: Ctx<'_>,
    differs: bool,
) -> Judged {
    if ran.answer.rc != 0 {
        if ran.moved() {
            return Judged::Moved;
        }
        return Judged::Failed(module.explain(args, ran).unwrap_or_else(|| change_failed(ran)));
    }
    if let Err(text) = module.verify(args, &ran.change, after, ctx) {
        let text = format!("{}: applied, but the host does not show it: {text}", ran.change.why);
        return Judged::Failed(Failure::new(text));
    }
    match ran.change.kind {
        ChangeKind::Plain | ChangeKind::Act => Judged::Changed,
        ChangeKind::May if differs => Judged::Changed,
        ChangeKind::May | ChangeKind::Prelude | ChangeKind::Quiet => Judged::Same,
    }
}

fn change_failed(ran: &Ran) -> Failure {
    if ran.answer.rc >= Ran::INVALID {
        let (out, err) = (ran.answer.text(), ran.answer.error_text());
        let failure = Failure::new("failed to validate");
        let failure = failure.with("exit_status", i64::from(ran.answer.rc - Ran::INVALID));
        return failure.with("stdout", out).with("stderr", err);
    }
    let error = ran.answer.error_text();
    let text = match error.trim() {
        "" => ran.answer.text().trim().to_string(),
        text => text.to_string(),
    };
    let msg = if text.is_empty() {
        format!("{} failed with code {}", ran.change.why, ran.answer.rc)
    } else {
        format!("{} failed: {text}", ran.change.why)
    };
    Failure::new(msg).with("rc", i64::from(ran.answer.rc))
}

/// Sums up the rounds of one module.
#[derive(Default)]
pub struct Total {
    pub changed: bool,
    pub acted: bool,
    pub moved: bool,
    pub uncertain: Option<String>,
    pub diff: Vec<Value>,
    pub fields: Fields,
    pub warnings: Vec<String>,
    pub failure: Option<Failure>,
}

impl Total {
    /// What a plan tells beside its changes. In a real run the next look knows what was not certain.
    pub fn take(&mut self, plan: &Plan, check: bool) {
        self.diff.extend(plan.diff.iter().map(crate::spec::Diff::to_value));
        self.fields.extend(plan.fields.iter().map(|(k, v)| (k.clone(), v.clone())));
        self.warnings.extend(plan.warnings.iter().cloned());
        if check && self.uncertain.is_none() {
            self.uncertain.clone_from(&plan.uncertain);
        }
    }

    /// What a plan showed that came to nothing.
    pub fn forget(&mut self, plan: &Plan) {
        self.diff.truncate(self.diff.len() - plan.diff.len());
        self.warnings.truncate(self.warnings.len() - plan.warnings.len());
    }

    pub fn judged(&mut self, judged: Judged) {
        match judged {
            Judged::Changed => self.changed = true,
            Judged::Same => {}
            Judged::Moved => self.moved = true,
            Judged::Failed(failure) => {
                self.failure.get_or_insert(failure);
            }
        }
    }

    pub fn finish(self, result: Fields) -> Outcome {
        let mut fields = self.fields;
        fields.extend(result);
        fields.insert("changed".into(), Value::from(self.changed));
        let mut diff = self.diff;
        match diff.len() {
            0 => {}
            1 => drop(fields.insert("diff".into(), diff.remove(0))),
            _ => drop(fields.insert("diff".into(), Value::list(diff))),
        }
        if !self.warnings.is_empty() {
            fields.insert("warnings".into(), Value::from(self.warnings));
        }
        let mut outcome = match self.failure {
            Some(failure) => {
                fields.extend(failure.fields.clone());
                failed(Failure { fields, ..failure }, "Module failed")
            }
            None if self.changed => Outcome::new(Status::Changed, fields),
            None => Outcome::new(Status::Ok, fields),
        };
        outcome.acted = self.acted;
        outcome.uncertain = self.uncertain;
        outcome
    }
}
