//! `import_role` and `include_role`.

use super::action::{Written, short};
use super::imports::{check_apply, check_depth, refuse_loop};
use super::literal::{self, class, fault};
use super::loader::{Loader, Place};
use super::model::{Action, Entry, Keywords, Parent, Role, Task};
use super::role::{From, RoleUse, as_block};
use super::table::{Object, Type};
use crate::base::{Diagnostic, Key, Map, Value};
use std::sync::Arc;

const FROM: [&str; 4] = ["tasks_from", "vars_from", "defaults_from", "handlers_from"];
const FLAGS: [&str; 4] = ["allow_duplicates", "public", "rolespec_validate", "rescuable"];

/// What an `include_role` asks for when it runs; all of it rendered.
#[derive(Clone, Debug)]
pub struct RoleRequest {
    /// Name of the role.
    pub name: String,
    /// File of `tasks/` instead of `main`.
    pub tasks_from: Option<String>,
    /// File of `vars/` instead of `main`.
    pub vars_from: Option<String>,
    /// File of `defaults/` instead of `main`.
    pub defaults_from: Option<String>,
    /// File of `handlers/` instead of `main`.
    pub handlers_from: Option<String>,
    /// Whether it may run again with the same params.
    pub allow_duplicates: bool,
    /// Whether its defaults and vars are seen by the rest of the play.
    pub public: bool,
    /// Whether its argument specification is checked.
    pub validate: bool,
    /// The step that carries the include's variables, or its `apply:`.
    pub parent: Arc<Parent>,
}

impl Loader {
    /// Expands an `import_role` in place: dependencies and the role are one block each, whose step of the
    /// chain is of the kind Role.
    pub(super) fn import_role(
        &self,
        value: &Value,
        map: &Map,
        written: Written,
        place: &Place<'_>,
    ) -> Result<Vec<Entry>, Diagnostic> {
        refuse_handler(value, &written, place)?;
        check_arguments(value, &written, false)?;
        let task =
            self.build(Object::ImportRole, value, map, written, Action::IncludeRole, place)?;
        refuse_loop(&task, "include_role", value)?;
        check_depth(&place.parent, value)?;
        let loaded = self.role(role_use(&task), place)?;
        let all = loaded.flat();
        let mut imported = place.gathered.imported.borrow_mut();
        imported.extend(all.iter().map(|(role, ..)| Arc::clone(role)));
        Ok(all.into_iter().map(as_block).collect())
    }

    /// An `include_role`, loaded while running.
    pub(super) fn include_role_task(
        &self,
        value: &Value,
        map: &Map,
        written: Written,
        place: &Place<'_>,
    ) -> Result<Task, Diagnostic> {
        refuse_handler(value, &written, place)?;
        check_arguments(value, &written, true)?;
        self.build(Object::IncludeRole, value, map, written, Action::IncludeRole, place)
    }

    /// Loads a role for an `include_role`. Its entries begin with one block for each dependency, whose
    /// step of the chain is of the kind Role.
    pub fn include_role(
        &self,
        request: &RoleRequest,
    ) -> Result<(Arc<Role>, Vec<Entry>), Diagnostic> {
        let gathered = self.recall(&request.parent);
        let place = Place::new(&request.parent, false, &gathered);
        let loaded = self.role(requested(request), &place)?;
        let mut all = loaded.flat();
        let Some((role, _, own)) = all.pop() else {
            return Err(Diagnostic::new("internal: a role without itself"));
        };
        let mut entries: Vec<Entry> = all.into_iter().map(as_block).collect();
        entries.extend(own);
        Ok((role, entries))
    }
}

fn requested(request: &RoleRequest) -> RoleUse {
    // The include's own step, below it maybe that of its `apply:`.
    let vars = request.parent.chain().find(|step| step.params).map(|step| &step.keywords.vars);
    RoleUse {
        name: Value::from(request.name.as_str()),
        origin: None,
        keywords: Keywords::default(),
        params: vars.cloned().unwrap_or_default(),
        from: From {
            tasks: request.tasks_from.clone(),
            vars: request.vars_from.clone(),
            defaults: request.defaults_from.clone(),
            handlers: request.handlers_from.clone(),
        },
        allow_duplicates: Some(request.allow_duplicates),
        public: request.public,
        validate: request.validate,
        inside: true,
    }
}

/// The use of a role that an `import_role` is.
fn role_use(task: &Task) -> RoleUse {
    let text = |name: &str| task.arg(name).filter(|v| !v.is_null()).map(Value::text);
    let flag = |name: &str, default| task.arg(name).and_then(literal::truth).unwrap_or(default);
    let name = task.arg("name").or_else(|| task.arg("role")).cloned().unwrap_or_default();
    let mut keywords = task.keywords.clone();
    let params = std::mem::take(&mut keywords.vars);
    keywords.name = None;
    RoleUse {
        name,
        origin: task.origin.clone(),
        keywords,
        params,
        from: From {
            tasks: text("tasks_from"),
            vars: text("vars_from"),
            defaults: text("defaults_from"),
            handlers: text("handlers_from"),
        },
        allow_duplicates: Some(flag("allow_duplicates", true)),
        public: flag("public", true),
        validate: flag("rolespec_validate", true),
        inside: true,
    }
}

fn refuse_handler(task: &Value, written: &Written, place: &Place<'_>) -> Result<(), Diagnostic> {
    if !place.handlers {
        return Ok(());
    }
    let name = written.name.text();
    Err(fault(format!("Using '{name}' as a handler is not supported."), task))
}

fn check_arguments(task: &Value, written: &Written, dynamic: bool) -> Result<(), Diagnostic> {
    let action = short(&written.name.text()).to_string();
    let get = |name: &str| written.args.get(&Key::from(name));
    if get("name").or_else(|| get("role")).is_none_or(|name| !name.is_true()) {
        return Err(fault(format!("'name' is a required field for {action}."), task));
    }
    for (key, value) in &written.args {
        let name = key.as_str().unwrap_or_default();
        match name {
            "name" | "role" => {}
            "apply" if dynamic => check_apply(value, task)?,
            _ if FROM.contains(&name) => check_text(name, value)?,
            _ if FLAGS.contains(&name) => literal::check_as(name, Type::Bool, value)?,
            _ => {
                let error = fault(format!("Invalid options for {action}: {key}"), task);
                return Err(error
                    .hint("Variables go under `vars:`; other keywords stand beside the action."));
            }
        }
    }
    Ok(())
}

fn check_text(name: &str, value: &Value) -> Result<(), Diagnostic> {
    if value.as_str().is_some() || literal::is_dynamic(value) {
        return Ok(());
    }
    Err(fault(format!("Expected a string for {name} but got {} instead", class(value)), value))
}
