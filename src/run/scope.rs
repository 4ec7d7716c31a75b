//! The scope of a task on a host, from the chain of its parents.

use super::batch::Batch;
use super::host::HostRun;
use crate::base::Map;
use crate::play::{ParentKind, Play, Task};
use crate::vars::{RoleFrame, TaskScope};
use std::path::PathBuf;
use std::sync::Arc;

/// The scope that a task of this batch has on a host.
pub fn of_task(batch: &Batch<'_>, host: &HostRun, task: &Task) -> TaskScope {
    let role = task.role();
    let mut scope = TaskScope::of_host(
        &batch.session.store,
        &batch.frame(),
        &host.name,
        &batch.session.warnings,
    );
    scope.role = role.map(|role| Arc::new(RoleFrame::of(role)));
    scope.above = above(task);
    scope.middle = middle(batch, host, task);
    scope.below = below(batch, task);
    scope.search_path = Arc::new(search_path(batch.play, task));
    scope
}

/// Include params and role params (levels 21 and 20), innermost first.
fn above(task: &Task) -> Vec<Arc<Map>> {
    let mut layers = Vec::new();
    for parent in task.parent.chain() {
        if parent.params && !parent.keywords.vars.is_empty() {
            layers.push(Arc::clone(&parent.keywords.vars));
        }
        if let Some(role) = &parent.role
            && !role.params.is_empty()
        {
            layers.push(Arc::clone(&role.params));
        }
    }
    layers
}

/// Task vars, block vars, role vars, files, prompts, play vars (levels 17 to 12).
fn middle(batch: &Batch<'_>, host: &HostRun, task: &Task) -> Vec<Arc<Map>> {
    let mut layers = vec![Arc::clone(&task.keywords.vars)];
    let parents = task.parent.chain().filter(|p| !p.params && p.kind != ParentKind::Play);
    layers.extend(parents.map(|parent| Arc::clone(&parent.keywords.vars)));
    let frame = batch.frame();
    if let Some(role) = task.role() {
        layers.push(Arc::clone(&role.vars));
        layers.extend(all_dependencies(role).iter().rev().map(|dep| Arc::clone(&dep.vars)));
    }
    layers.extend(
        task.parent.chain().skip(1).filter_map(|p| p.role.as_ref()).map(|r| Arc::clone(&r.vars)),
    );
    layers.extend(frame.role_vars.iter().rev().cloned());
    layers.push(Arc::clone(&host.files));
    layers.push(Arc::clone(&frame.prompts));
    layers.push(Arc::clone(&frame.vars));
    layers.retain(|layer| !layer.is_empty());
    layers
}

/// Role defaults (level 2): the task's own role's first (S-12).
fn below(batch: &Batch<'_>, task: &Task) -> Vec<Arc<Map>> {
    let mut layers = Vec::new();
    for role in task.parent.chain().filter_map(|parent| parent.role.as_ref()) {
        layers.push(Arc::clone(&role.defaults));
        layers.extend(all_dependencies(role).iter().rev().map(|dep| Arc::clone(&dep.defaults)));
    }
    layers.extend(batch.frame().role_defaults.iter().rev().cloned());
    layers.retain(|layer| !layer.is_empty());
    layers
}

/// A role's dependencies at any depth, in the order in which they run.
pub fn all_dependencies(role: &crate::play::Role) -> Vec<Arc<crate::play::Role>> {
    let mut all = Vec::new();
    for dependency in &role.dependencies {
        all.extend(all_dependencies(dependency));
        all.push(Arc::clone(dependency));
    }
    all
}

/// Where relative controller files of a task are searched (S-197): for each role and including file from
/// the inside out, then the playbook's directory.
pub fn search_path(play: &Play, task: &Task) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = Vec::new();
    let mut push = |path: PathBuf| {
        if !paths.contains(&path) {
            paths.push(path);
        }
    };
    for parent in task.parent.chain() {
        if let Some(role) = &parent.role {
            push(role.path.to_path_buf());
        }
        if let Some(dir) = parent.file.as_ref().and_then(|file| file.parent()) {
            push(dir.to_path_buf());
        }
    }
    push(play.playbook_dir.to_path_buf());
    paths
}
