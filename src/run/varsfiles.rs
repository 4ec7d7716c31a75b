//! `vars_files` of a play (S-16).

use super::batch::Batch;
use super::control::load_vars;
use super::inputs;
use super::linear::Runner;
use crate::base::{Diagnostic, Map, Value};
use crate::template::Templar;
use crate::template::table::Stop;
use crate::vars::{HostVars, TaskScope};
use std::sync::Arc;

/// Whether an entry's name may be another for another host or at another time.
fn is_dynamic(entry: &Value) -> bool {
    match entry.as_list() {
        Some(names) => names.iter().any(Templar::is_template),
        None => Templar::is_template(entry),
    }
}

/// The variables of all files for one host; later files win.
fn load(batch: &Batch<'_>, host: &Arc<str>) -> Result<Arc<Map>, Diagnostic> {
    let mut all = Map::new();
    for entry in &batch.play.vars_files {
        let candidates = entry.as_list().map_or_else(|| vec![entry.clone()], <[Value]>::to_vec);
        let scope = scope(batch, host, &all);
        if let Some(map) = first(batch, &scope, &candidates)? {
            all.extend(map);
        }
    }
    Ok(Arc::new(crate::vars::mark_secrets(&all)))
}

fn scope(batch: &Batch<'_>, host: &Arc<str>, so_far: &Map) -> TaskScope {
    let frame = batch.frame();
    let session = batch.session;
    let mut scope = TaskScope::of_host(&session.store, &frame, host, &session.warnings);
    scope.middle =
        vec![Arc::new(so_far.clone()), Arc::clone(&frame.prompts), Arc::clone(&frame.vars)];
    // Facts may stand in names; what tasks set comes later than these files.
    let facts = Arc::clone(&scope.own.facts);
    scope.own = Arc::new(HostVars { facts, ..HostVars::default() });
    scope.search_path = Arc::new(vec![batch.play.playbook_dir.to_path_buf()]);
    scope
}

/// The first candidate that exists; none is no error, but may be a slip of the pen.
fn first(batch: &Batch<'_>, scope: &TaskScope, names: &[Value]) -> Result<Option<Map>, Diagnostic> {
    let mut missing = Vec::new();
    for raw in names {
        let name = match Templar::new(scope).render(raw) {
            Ok(name) => name.text(),
            Err(Stop::Undefined(cause)) if knows_facts(batch, scope) => {
                let text = format!(
                    "an undefined variable was found when attempting to template the vars_files item '{}'",
                    raw.text()
                );
                return Err(Diagnostic::new(text).at(raw.origin()).caused_by(cause));
            }
            Err(Stop::Undefined(cause)) => {
                // Facts may not be there yet: asked again when they are.
                let text = "skipping vars_files item due to an undefined variable";
                batch
                    .session
                    .warnings
                    .push(Diagnostic::new(text).at(raw.origin()).caused_by(cause));
                continue;
            }
            Err(stop) => {
                return Err(stop.into_diagnostic().unwrap_or_else(|| Diagnostic::new("suspended")));
            }
        };
        if let Ok(path) = inputs::find(&scope.search_path, "vars", &name) {
            return load_vars(scope, &path).map(Some);
        }
        missing.push(name);
    }
    if !missing.is_empty() {
        let text = format!("No file of vars_files is there: {}", missing.join(", "));
        let origin = names.first().and_then(Value::origin);
        batch.session.warnings.push(Diagnostic::new(text).at(origin));
    }
    Ok(None)
}

/// Whether the host's facts are there: from then on a name that cannot be had is an error.
fn knows_facts(batch: &Batch<'_>, scope: &TaskScope) -> bool {
    !batch.session.store.host(&scope.host).facts.is_empty()
}

impl Runner<'_, '_> {
    /// Loads `vars_files` for every host (S-16).
    pub fn load_vars_files(&mut self) -> Result<(), Diagnostic> {
        let batch = self.batch;
        for host in &mut self.hosts {
            host.files = load(batch, &host.name)?;
        }
        Ok(())
    }

    /// Loads those whose names are templates again: a task may have changed what they stand for.
    pub fn rename_vars_files(&mut self, group: &[usize]) -> Result<(), Diagnostic> {
        let batch = self.batch;
        if !batch.play.vars_files.iter().any(is_dynamic) {
            return Ok(());
        }
        for at in group {
            let host = &mut self.hosts[*at];
            host.files = load(batch, &host.name)?;
        }
        Ok(())
    }
}
