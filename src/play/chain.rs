//! Questions about the chain from a task up to its play.

use super::model::{Entry, Keywords, Parent, ParentKind, Play, Role, Task};
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

    /// Directory of the playbook at the top of the chain.
    pub fn playbook_dir(self: &Arc<Self>) -> Option<&Path> {
        let top = self.chain().find(|parent| parent.kind == ParentKind::Play)?;
        top.file.as_deref().and_then(|file| file.parent())
    }

    /// A step below this one.
    pub fn below(self: &Arc<Self>, kind: ParentKind, keywords: Keywords) -> Parent {
        let up = Some(Arc::clone(self));
        Parent { kind, keywords, role: None, params: false, file: None, up }
    }
}

impl Task {
    /// Keywords of the task and all its parents, innermost first.
    pub fn keyword_chain(&self) -> impl Iterator<Item = &Keywords> {
        std::iter::once(&self.keywords).chain(self.parent.chain().map(|parent| &parent.keywords))
    }

    /// Keywords of the task and of all parents whose keywords hold for it, innermost first (S-108: a
    /// dynamic include's own keywords other than vars do not reach its tasks).
    pub fn inheriting(&self) -> impl Iterator<Item = &Keywords> {
        let parents = self.parent.chain().filter(|p| p.kind != ParentKind::Include);
        std::iter::once(&self.keywords).chain(parents.map(|p| &p.keywords))
    }

    /// The nearest value of a keyword that is inherited.
    pub fn inherited<'a>(
        &'a self,
        pick: impl Fn(&'a Keywords) -> Option<&'a Value>,
    ) -> Option<&'a Value> {
        self.inheriting().find_map(pick)
    }

    /// The role it belongs to.
    pub fn role(&self) -> Option<&Arc<Role>> {
        self.parent.role()
    }

    /// A raw argument.
    pub fn arg(&self, name: &str) -> Option<&Value> {
        self.args.get(&Key::from(name))
    }

    /// The `apply:` of an include.
    pub fn apply(&self) -> Option<&Map> {
        self.arg("apply").and_then(Value::as_map)
    }
}

impl Play {
    /// All lists of handlers: those of `roles:`, the play's own, those of imported roles. For a name the
    /// last list that has it wins, and in it the first one (S-98).
    pub fn handler_lists(&self) -> impl Iterator<Item = &[Entry]> {
        let roles = self.roles.iter().map(|role| role.handlers.as_slice());
        let imported = self.imported.iter().map(|role| role.handlers.as_slice());
        roles.chain(std::iter::once(self.handlers.as_slice())).chain(imported)
    }

    /// All lists of tasks in the order in which they run.
    pub fn task_lists(&self) -> impl Iterator<Item = &[Entry]> {
        std::iter::once(self.pre_tasks.as_slice())
            .chain(self.role_tasks.iter().map(Vec::as_slice))
            .chain([self.tasks.as_slice(), self.post_tasks.as_slice()])
    }
}

/// All tasks of a list, those of blocks, rescues and always parts among them, in the order of writing.
pub fn all_tasks(entries: &[Entry]) -> Vec<&Arc<Task>> {
    let mut tasks = Vec::new();
    for entry in entries {
        match entry {
            Entry::Task(task) => tasks.push(task),
            Entry::Block(block) => {
                let parts = [&block.block, &block.rescue, &block.always];
                tasks.extend(parts.into_iter().flat_map(|part| all_tasks(part)));
            }
        }
    }
    tasks
}

/// The roles whose tasks stand in these entries as blocks of their own (static imports and
/// dependencies), in the order in which they run.
pub fn roles_of(entries: &[Entry]) -> Vec<Arc<Role>> {
    let mut roles = Vec::new();
    for entry in entries {
        let Entry::Block(block) = entry else { continue };
        let parts = [&block.block, &block.rescue, &block.always];
        roles.extend(parts.into_iter().flat_map(|part| roles_of(part)));
        if block.parent.kind == ParentKind::Role {
            roles.extend(block.parent.role.clone());
        }
    }
    roles
}
