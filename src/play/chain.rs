//! Questions about the chain from a task up to its play.

use super::model::{Action, Entry, Keywords, Parent, ParentKind, Play, Role, Task};
use crate::base::{Key, Map, Value};
use std::path::Path;
use std::sync::Arc;

impl Parent {
    /// This step and all above it, innermost first.
    pub fn chain(self: &Arc<Self>) -> impl Iterator<Item = &Arc<Parent>> {
        std::iter::successors(Some(self), |parent| parent.up.as_ref())
    }

    /// The role that tasks below this step belong to.
    pub fn role(self: &Arc<Self>) -> Option<&Arc<Role>> {
        self.chain().find_map(|parent| parent.role.as_ref())
    }
}

impl Task {
    /// Keywords of the task and all its parents, innermost first.
    pub fn keyword_chain(&self) -> impl Iterator<Item = &Keywords> {
        std::iter::once(&self.keywords).chain(self.parent.chain().map(|parent| &parent.keywords))
    }

    /// The nearest value of a keyword that is inherited (S-108: a dynamic include's own keywords
    /// other than vars do not reach its tasks).
    pub fn inherited<'a>(
        &'a self,
        pick: impl Fn(&'a Keywords) -> Option<&'a Value>,
    ) -> Option<&'a Value> {
        let parents = self.parent.chain().filter(|p| p.kind != ParentKind::Include);
        std::iter::once(&self.keywords).chain(parents.map(|p| &p.keywords)).find_map(pick)
    }

    /// The role it belongs to.
    pub fn role(&self) -> Option<&Arc<Role>> {
        self.parent.role()
    }
}
