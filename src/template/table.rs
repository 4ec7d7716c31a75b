//! What an entry of the tables of filters, tests and lookups is.

use crate::base::{Diagnostic, Map, Value};
use crate::spec::Scope;

/// Why an evaluation ended without a value.
#[derive(Clone, Debug, PartialEq)]
pub enum Stop {
    /// It failed.
    Fault(Diagnostic),
    /// It read an undefined value where one is needed. The text is Ansible's.
    Undefined(Diagnostic),
    /// It ran ahead of its turn and met a value or an effect that is not settled.
    Suspended,
}

impl From<Diagnostic> for Stop {
    fn from(fault: Diagnostic) -> Self {
        Self::Fault(fault)
    }
}

impl Stop {
    /// A failure with this text.
    pub fn fault(message: impl Into<String>) -> Self {
        Self::Fault(Diagnostic::new(message))
    }

    /// The error to show; None when the evaluation is only suspended.
    pub fn into_diagnostic(self) -> Option<Diagnostic> {
        match self {
            Self::Fault(d) | Self::Undefined(d) => Some(d),
            Self::Suspended => None,
        }
    }
}

/// Arguments of a call behind the piped value. All are rendered; undefined ones are still undefined.
#[derive(Clone, Debug, Default)]
pub struct Args {
    /// By position.
    pub positional: Vec<Value>,
    /// By keyword, in order.
    pub keyword: Map,
}

/// What a filter, test or lookup may use beside its arguments: other filters and tests by name
/// (`map('upper')`, `select('defined')`), rendering (the lookup `template`), the scope.
pub trait Env: Sync {
    /// Variables and files.
    fn scope(&self) -> &dyn Scope;
    /// Applies another filter.
    fn filter(&self, name: &str, value: Value, args: &Args) -> Result<Value, Stop>;
    /// Asks another test.
    fn test(&self, name: &str, value: &Value, args: &Args) -> Result<bool, Stop>;
    /// An attribute or item as `value.name` in a template; undefined when there is none.
    fn attribute(&self, value: &Value, name: &Value) -> Result<Value, Stop>;
    /// Renders all templates in a value.
    fn render(&self, value: &Value) -> Result<Value, Stop>;
    /// Renders a file's text as the module `template` does, with further variables.
    fn render_text(&self, text: &Value, vars: &Map) -> Result<Value, Stop>;
    /// A controller file of the search path: kinds are `files`, `templates`, `vars`.
    fn find_file(&self, kind: &str, name: &str) -> Result<std::path::PathBuf, Stop>;
}

/// One executable example: an expression and the value it gives (both as template source).
pub type Example = (&'static str, &'static str);

/// A filter.
pub struct Filter {
    /// Short name.
    pub name: &'static str,
    /// Full name, such as `ansible.builtin.combine`; empty for Jinja's own.
    pub full_name: &'static str,
    /// What it is for, one sentence.
    pub doc: &'static str,
    /// Whether its value depends on its input alone: may run ahead.
    pub pure: bool,
    /// Whether it may be given an undefined value (`default`, `mandatory`).
    pub takes_undefined: bool,
    /// Does it.
    pub apply: fn(&dyn Env, Value, &Args) -> Result<Value, Stop>,
    /// Examples; a test runs them.
    pub examples: &'static [Example],
}

/// A test.
pub struct Test {
    /// Short name.
    pub name: &'static str,
    /// Full name; empty for Jinja's own.
    pub full_name: &'static str,
    /// What it is for, one sentence.
    pub doc: &'static str,
    /// Whether its answer depends on its input alone: may run ahead.
    pub pure: bool,
    /// Whether it may be given an undefined value (`defined`, `undefined`).
    pub takes_undefined: bool,
    /// Does it.
    pub apply: fn(&dyn Env, &Value, &Args) -> Result<bool, Stop>,
    /// Examples; a test runs them.
    pub examples: &'static [Example],
}

/// A lookup. It gives a list; `lookup()` joins it (S-39).
pub struct LookupPlugin {
    /// Short name.
    pub name: &'static str,
    /// Full name.
    pub full_name: &'static str,
    /// What it is for, one sentence.
    pub doc: &'static str,
    /// Whether it reads nothing that a task could change: may run ahead.
    pub pure: bool,
    /// Does it: terms and options.
    pub apply: fn(&dyn Env, &[Value], &Map) -> Result<Vec<Value>, Stop>,
    /// Examples; a test runs them.
    pub examples: &'static [Example],
}
