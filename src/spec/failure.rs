//! What a module's result holds, and how it fails.

use super::host::HostError;
use crate::base::{Map, Value};

/// Keys of a module's result.
pub type Fields = Map;

/// A module failed: Ansible's `msg` and further keys of its result.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Failure {
    /// The text.
    pub msg: String,
    /// Further keys.
    pub fields: Fields,
    /// Whether it is about a path or account that is not there: a package of an earlier task may bring it.
    pub missing: bool,
}

/// Key of a failure by exception; it is taken out before the result is recorded.
pub const RAISED: &str = "_raised";

impl Failure {
    /// A failure with this text.
    pub fn new(msg: impl Into<String>) -> Self {
        Self { msg: msg.into(), ..Self::default() }
    }

    /// A failure that Ansible's module has by an exception: the message in its result is the whole chain.
    pub fn raised(msg: impl Into<String>) -> Self {
        Self::new(msg).with(RAISED, true)
    }

    /// The same, about a path or account that is not there.
    #[must_use]
    pub fn missing(mut self) -> Self {
        self.missing = true;
        self
    }

    /// The same with one more key in its result.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.fields.insert(key.into(), value.into());
        self
    }
}

impl From<HostError> for Failure {
    /// A host that cannot be reached, or not any more, makes the task unreachable and not failed.
    fn from(error: HostError) -> Self {
        let gone = matches!(error, HostError::Unreachable(_) | HostError::Lost(_));
        let failure = Self::new(error.to_string());
        if gone { failure.with("unreachable", true) } else { failure }
    }
}
