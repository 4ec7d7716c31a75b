//! Questions to hosts while the inventory is read. This room knows no connections: who loads an inventory brings the way.

use crate::base::Diagnostic;
use crate::spec::{Answer, Probe, Scope};
use std::fmt;
use std::sync::Arc;

/// What came of asking hosts.
#[derive(Default)]
pub struct Asked {
    /// For each host its answer, or why there is none.
    pub answers: Vec<Result<Answer, Diagnostic>>,
    /// What the operator should know although the hosts answered.
    pub warnings: Vec<Diagnostic>,
}

/// A way to ask hosts: as root, all of them at once, on connections that are closed again.
pub trait Reach: Send + Sync {
    /// Asks hosts, each given by its inventory name and its variables.
    fn ask(&self, hosts: &[(Arc<str>, &dyn Scope)], probe: &Probe) -> Asked;
}

/// The way that a load has, if it has one.
#[derive(Clone, Default)]
pub struct Reaching(pub Option<Arc<dyn Reach>>);

impl fmt::Debug for Reaching {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Reaching").field(&self.0.is_some()).finish()
    }
}
