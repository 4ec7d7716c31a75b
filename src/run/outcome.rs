//! How a task ended on a host, before it is recorded.

use crate::base::{Diagnostic, Key, Map, Origin, Value};
use crate::spec::PlayEffect;
use crate::spec::event::Status;
use std::sync::Arc;

/// A file or role that a dynamic include asks for.
#[derive(Clone, Debug, PartialEq)]
pub struct IncludeRequest {
    /// What is asked for, rendered.
    pub args: Map,
    /// Variables for what is included: the include's own, and those of its loop.
    pub vars: Map,
    /// Label of the item.
    pub item: Option<String>,
}

/// How a task or item ended.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// In one word.
    pub status: Status,
    /// The result as it is registered.
    pub fields: Map,
    /// What follows for the play.
    pub effects: Vec<PlayEffect>,
    /// What is to be included.
    pub includes: Vec<IncludeRequest>,
    /// Why check mode cannot be sure.
    pub uncertain: Option<String>,
    /// The error behind a failure.
    pub error: Option<Diagnostic>,
    /// Whether the result is always shown in full.
    pub verbose_always: bool,
    /// Name it was delegated to.
    pub delegated: Option<Arc<str>>,
    /// How reports name that: not at all for the host itself, with its address where that is another.
    pub delegate_label: Option<String>,
    /// Whether it changed, or may have changed, anything on a host: look-ahead is dropped.
    pub acted: bool,
    /// Whether the failure is a module's or an action's (S-190), not the controller's.
    pub from_module: Option<&'static str>,
}

impl Outcome {
    /// A result of this status.
    pub fn new(status: Status, fields: Map) -> Self {
        Self {
            status,
            fields,
            effects: Vec::new(),
            includes: Vec::new(),
            uncertain: None,
            error: None,
            verbose_always: false,
            delegated: None,
            delegate_label: None,
            acted: false,
            from_module: None,
        }
    }

    /// A failure on the controller's side: its message is the whole chain (S-190).
    pub fn fault(origin: Option<&Origin>, error: Diagnostic) -> Self {
        let error = Diagnostic::new("Task failed").at(origin).caused_by(error);
        let fields =
            [("changed".into(), Value::from(false)), ("msg".into(), Value::from(error.chain()))];
        let fields = fields.into_iter().collect();
        Self { error: Some(error), ..Self::new(Status::Failed, fields) }
    }

    /// A host that could not be reached (S-161).
    pub fn unreachable(text: &str) -> Self {
        let error = Diagnostic::new("Task failed").caused_by(Diagnostic::new(text));
        let fields = [
            ("changed".into(), Value::from(false)),
            ("msg".into(), Value::from(error.chain())),
            ("unreachable".into(), Value::from(true)),
        ];
        let mut outcome = Self::new(Status::Unreachable, fields.into_iter().collect());
        outcome.error = Some(error);
        outcome
    }

    /// A skipped task or item (S-62).
    pub fn skipped(condition: Option<&Value>) -> Self {
        let mut fields = Map::new();
        fields.insert("changed".into(), Value::from(false));
        fields.insert("skipped".into(), Value::from(true));
        fields.insert("skip_reason".into(), Value::from("Conditional result was False"));
        if let Some(condition) = condition {
            fields.insert("false_condition".into(), condition.untrusted());
        }
        Self::new(Status::Skipped, fields)
    }

    /// A field of the result.
    pub fn field(&self, name: &str) -> Option<&Value> {
        self.fields.get(&Key::from(name))
    }

    /// Sets a field of the result.
    pub fn set(&mut self, name: &str, value: impl Into<Value>) {
        self.fields.insert(name.into(), value.into());
    }

    /// Whether a field is true.
    pub fn flag(&self, name: &str) -> bool {
        self.field(name).is_some_and(Value::is_true)
    }

    /// The result as a value; `failed` and `changed` are always there (S-65).
    pub fn registered(&self) -> Value {
        let mut fields = self.fields.clone();
        fields.entry("changed".into()).or_insert(Value::from(false));
        fields.insert("failed".into(), Value::from(self.status == Status::Failed));
        Value::map(fields)
    }
}
