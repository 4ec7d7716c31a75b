//! What control-side modules get instead of a host.

use super::host::BoxFuture;
use super::scope::Scope;
use super::{Failure, Fields};
use crate::base::{Diagnostic, Map, Value};
use std::path::Path;

/// The play around a control-side module. `run` implements it.
pub trait PlayContext: Send + Sync {
    /// The host the task runs for.
    fn host(&self) -> &str;
    /// Its variables.
    fn scope(&self) -> &dyn Scope;
    /// A value with all templates in it rendered.
    fn render(&self, value: &Value) -> Result<Value, Diagnostic>;
    /// The value of a bare expression.
    fn expression(&self, text: &Value) -> Result<Value, Diagnostic>;
    /// The truth of one bare condition (S-45).
    fn condition(&self, condition: &Value) -> Result<bool, Diagnostic>;
    /// A variable file (vaulted or not) as a dict.
    fn load_vars(&self, path: &Path) -> Result<Map, Diagnostic>;
    /// A controller file of the task's search path: the kinds are `files`, `templates`, `vars`, `tasks`.
    fn find_file(&self, kind: &str, name: &str) -> Result<std::path::PathBuf, Diagnostic>;
    /// Number of `-v`.
    fn verbosity(&self) -> u8;
    /// Whether this is a check run.
    fn check(&self) -> bool;
    /// Copies ZFS datasets between hosts of the inventory. `file`: edges and defaults, as in `replication.yml`.
    fn replicate<'a>(
        &'a self,
        file: &'a Value,
        retries: u32,
    ) -> BoxFuture<'a, Result<Fields, Failure>>;
    /// Compares copies of ZFS datasets with what they were made of. `file`: as for `replicate`; `level`: a word; `snapshot`:
    /// whose content.
    fn verify_copies<'a>(
        &'a self,
        file: &'a Value,
        level: &'a str,
        snapshot: Option<&'a str>,
    ) -> BoxFuture<'a, Result<Fields, Failure>>;
    /// Waits, or asks the operator for a line; None: there is no terminal.
    fn pause<'a>(&'a self, request: Pause) -> BoxFuture<'a, Result<Option<String>, Diagnostic>>;
}

/// What `pause` waits for.
#[derive(Clone, Debug, Default)]
pub struct Pause {
    /// Text to show.
    pub prompt: Option<String>,
    /// Seconds to wait; None: for a line of input.
    pub seconds: Option<f64>,
    /// Whether what is typed is shown.
    pub echo: bool,
}

/// What the engine does after a control-side module.
#[derive(Clone, Debug)]
pub enum PlayEffect {
    /// Variables on the level of `set_fact`; `cacheable` also as facts (S-9).
    SetFact(Map, bool),
    /// Facts (`ansible_facts`).
    Facts(Map),
    /// Variables on the level of `include_vars`.
    IncludeVars(Map),
    /// A host for the rest of the run.
    AddHost {
        /// Its name.
        name: String,
        /// Groups it joins; made when missing.
        groups: Vec<String>,
        /// Its variables.
        vars: Map,
    },
    /// A group that this host joins.
    GroupBy {
        /// Name of the group.
        group: String,
        /// Groups it is put under.
        parents: Vec<String>,
    },
    /// Custom statistics.
    Stats {
        /// Numbers and texts.
        data: Map,
        /// Whether they belong to this host.
        per_host: bool,
        /// Whether they add up.
        aggregate: bool,
    },
}

/// Result of a control-side module.
#[derive(Clone, Debug, Default)]
pub struct ControlOutcome {
    /// Fields of the result; `changed` and `failed` among them where they are set.
    pub fields: Fields,
    /// What follows for the play.
    pub effects: Vec<PlayEffect>,
    /// Whether the result is always shown in full (debug, assert).
    pub verbose_always: bool,
}
