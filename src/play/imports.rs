//! `import_tasks` and `include_tasks`.

use super::action::{Written, short};
use super::file::{absolute, expand_home, not_found};
use super::keywords;
use super::kv;
use super::literal::{class, fault};
use super::loader::{Loader, Place};
use super::model::{Action, Entry, Keywords, Parent, ParentKind, Play, Task};
use super::table::Object;
use crate::base::{Diagnostic, Key, Map, Value};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Static imports inside each other: more are taken for a circle.
const DEEPEST: usize = 32;

impl Loader {
    /// Expands an `import_tasks` in place: its keywords hold for each task that it brings (S-107).
    pub(super) fn import_tasks(
        &self,
        value: &Value,
        map: &Map,
        mut written: Written,
        place: &Place<'_>,
    ) -> Result<Vec<Entry>, Diagnostic> {
        let name = file_argument(value, &mut written, false)?;
        let object = if place.handlers { Object::Handler } else { Object::ImportTasks };
        let task = self.build(object, value, map, written, Action::IncludeTasks, place)?;
        refuse_loop(&task, "include_tasks", value)?;
        let path = self.import_path(&name, &task, place)?;
        if !path.exists() {
            return Err(not_found(&path).at(name.origin().or(value.origin())));
        }
        check_depth(&place.parent, value)?;
        let data = self.read(&path)?;
        if data.is_null() {
            let text = format!("file {} is empty and had no tasks to include", path.display());
            self.warn(Diagnostic::new(text).at(value.origin()));
        }
        let step = place.parent.below(ParentKind::Import, task.keywords);
        let step = Parent { params: true, file: Some(Arc::new(path)), ..step };
        let inner = place.under(Arc::new(step));
        self.file_entries(&data, "included task files must contain a list of tasks", &inner)
    }

    fn import_path(
        &self,
        name: &Value,
        task: &Task,
        place: &Place<'_>,
    ) -> Result<PathBuf, Diagnostic> {
        let rendered = self.render(name, place, &task.keywords.vars).map_err(|cause| {
            let text = format!("Error when evaluating variable in import path '{}'.", name.text());
            let cause = if cause.origin.is_some() { cause } else { cause.at(name.origin()) };
            Diagnostic::new(text).at(task.origin.as_ref()).code(4).caused_by(cause).hint(
                "When using static imports, ensure that any variables used in their names are defined in vars/vars_files\nor extra-vars passed in from the command line. Static imports cannot use variables from facts or inventory\nsources like group or host vars.",
            )
        })?;
        Ok(tasks_path(&rendered.text(), &place.parent, place.handlers))
    }

    /// An `include_tasks`; its file is `_raw_params` among its arguments.
    pub(super) fn include_tasks(
        &self,
        value: &Value,
        map: &Map,
        mut written: Written,
        place: &Place<'_>,
    ) -> Result<Task, Diagnostic> {
        let name = file_argument(value, &mut written, true)?;
        written.args.insert(Key::from(kv::RAW), name);
        let object = if place.handlers { Object::IncludeHandler } else { Object::IncludeTasks };
        self.build(object, value, map, written, Action::IncludeTasks, place)
    }

    /// Tasks of a file that is included while running; `parent` is the step that carries the include's
    /// variables, or its `apply:`.
    pub fn tasks_file(
        &self,
        path: &Path,
        parent: &Arc<Parent>,
        handlers: bool,
    ) -> Result<Vec<Entry>, Diagnostic> {
        if !path.exists() {
            return Err(not_found(path));
        }
        let data = self.read(path)?;
        let step = Parent { file: Some(Arc::new(path.to_path_buf())), ..(**parent).clone() };
        let gathered = self.recall(parent);
        let place = Place::new(&Arc::new(step), handlers, &gathered);
        self.file_entries(&data, "included task files must contain a list of tasks", &place)
    }

    /// The file that an `include_tasks` means; the error is for one that is not there (S-111).
    pub fn include_path(&self, name: &str, task: &Task, _: &Play) -> Result<PathBuf, Diagnostic> {
        let handlers = is_in_handlers(task);
        let path = tasks_path(name, &task.parent, handlers);
        if path.exists() { Ok(path) } else { Err(not_found(&path).at(task.origin.as_ref())) }
    }

    /// Keywords of an `apply:`.
    pub fn keywords(&self, apply: &Value) -> Result<Keywords, Diagnostic> {
        let Some(map) = apply.as_map() else { return Err(no_apply(apply, apply)) };
        keywords::refuse_unknown(Object::Block, map)?;
        keywords::read(Object::Block, map)
    }
}

/// Whether a task's file lies in a `handlers` directory of its role.
fn is_in_handlers(task: &Task) -> bool {
    let file = task.origin.as_ref().map(|origin| Path::new(&origin.source.name));
    let dir = task.role().map(|role| role.path.join("handlers"));
    matches!((file, dir), (Some(file), Some(dir)) if file.starts_with(&dir))
}

/// Where a task file of this name is: beside the files that include each other, in the role's tasks, in
/// the playbook's directory (S-113). The last of these when there is none.
pub(super) fn tasks_path(name: &str, parent: &Arc<Parent>, handlers: bool) -> PathBuf {
    let direct = expand_home(Path::new(name));
    if direct.is_absolute() {
        return absolute(&direct);
    }
    let kind = if handlers { "handlers" } else { "tasks" };
    let mut dirs: Vec<PathBuf> = parent
        .chain()
        .take_while(|step| !matches!(step.kind, ParentKind::Role | ParentKind::Play))
        .filter_map(|step| step.file.as_ref()?.parent().map(Path::to_path_buf))
        .collect();
    let base = parent.playbook_dir().map(Path::to_path_buf).unwrap_or_default();
    if let Some(role) = parent.role() {
        dirs.extend([role.path.join(kind), role.path.to_path_buf(), base.join(kind)]);
    }
    dirs.push(base);
    let candidates: Vec<PathBuf> = dirs.iter().map(|dir| absolute(&dir.join(name))).collect();
    let found = candidates.iter().find(|path| path.exists()).or(candidates.last());
    found.cloned().unwrap_or_default()
}

/// Refuses loops on static imports.
pub(super) fn refuse_loop(task: &Task, instead: &str, value: &Value) -> Result<(), Diagnostic> {
    if task.looping.is_none() {
        return Ok(());
    }
    let name = &task.written;
    let text =
        format!("You cannot use loops on '{name}' statements. You should use '{instead}' instead.");
    Err(fault(text, value))
}

/// Refuses static imports without an end.
pub(super) fn check_depth(parent: &Arc<Parent>, value: &Value) -> Result<(), Diagnostic> {
    let imports = parent.chain().filter(|step| step.file.is_some()).count();
    if imports <= DEEPEST {
        return Ok(());
    }
    let text =
        "Exceeded maximum object depth. This may have been caused by excessive role recursion.";
    Err(Diagnostic::new(text)
        .at(value.origin())
        .hint("A file imports itself, or its imports form a circle."))
}

/// The file of an include or import, taken out of its arguments, which are checked.
fn file_argument(task: &Value, written: &mut Written, dynamic: bool) -> Result<Value, Diagnostic> {
    let action = short(&written.name.text()).to_string();
    let known = |key: &Key| {
        matches!(key.as_str(), Some("file" | kv::RAW)) || (dynamic && key.as_str() == Some("apply"))
    };
    if let Some((bad, _)) = written.args.iter().find(|(key, _)| !known(key)) {
        let error = fault(format!("Invalid options for {action}: {bad}"), task);
        return Err(
            error.hint("Variables go under `vars:`; other keywords stand beside the action.")
        );
    }
    if let Some(apply) = written.args.get(&Key::from("apply")) {
        check_apply(apply, task)?;
    }
    let file = written.args.shift_remove(&Key::from("file"));
    let raw = written.args.shift_remove(&Key::from(kv::RAW));
    match file.or(raw).filter(Value::is_true) {
        Some(name) => Ok(name),
        None => Err(fault(format!("No file specified for {action}"), task)),
    }
}

/// Checks the keywords of an `apply:`.
pub(super) fn check_apply(apply: &Value, task: &Value) -> Result<(), Diagnostic> {
    let Some(map) = apply.as_map() else { return Err(no_apply(apply, task)) };
    keywords::refuse_unknown(Object::Block, map)?;
    keywords::read(Object::Block, map).map(|_| ())
}

fn no_apply(apply: &Value, at: &Value) -> Diagnostic {
    fault(format!("Expected a dict for apply but got {} instead", class(apply)), at)
}
