//! A play of one task, from a module's name and the text of its arguments.

use super::literal::fault;
use super::loader::{Gathered, Loader, Place};
use super::model::{Keywords, Parent, ParentKind, Play, Playbook};
use crate::base::{Diagnostic, Key, Map, Origin, Source, Value, yaml};
use std::path::Path;
use std::sync::Arc;

/// What the command line of an ad-hoc call says.
#[derive(Clone, Debug)]
pub struct AdHoc<'a> {
    /// Host pattern.
    pub pattern: &'a str,
    /// `-m`.
    pub module: &'a str,
    /// `-a`: `k=v` words, free text, or a mapping as JSON or YAML.
    pub args: &'a str,
    /// `-B`: seconds, 0 for none.
    pub seconds: i64,
    /// `-P`.
    pub poll: i64,
    /// `--task-timeout`.
    pub timeout: i64,
    /// `--playbook-dir`, or the current directory.
    pub dir: &'a Path,
}

impl Loader {
    /// The playbook that an ad-hoc call stands for.
    pub fn adhoc(&self, call: &AdHoc<'_>) -> Result<Playbook, Diagnostic> {
        let gathered = Gathered::default();
        let file = Arc::new(call.dir.join("__adhoc_playbook__"));
        let name = Value::from("Ansible Ad-Hoc");
        let keywords = Keywords { name: Some(name), ..Keywords::default() };
        let parent = Arc::new(Parent {
            kind: ParentKind::Play,
            keywords: keywords.clone(),
            role: None,
            params: false,
            file: Some(file),
            up: None,
        });
        let place = Place::new(&parent, false, &gathered);
        let source = Source::described("<adhoc>");
        let task = task(call, &source)?;
        let tasks = self.entries("tasks", &Value::list(vec![task]), &place)?;
        self.remember(&parent, &gathered);
        let play = Play {
            origin: None,
            hosts: Value::from(call.pattern),
            keywords,
            vars_files: Vec::new(),
            vars_prompt: Vec::new(),
            gather_facts: Some(Value::from(false)),
            gather_subset: None,
            gather_timeout: None,
            fact_path: None,
            serial: None,
            strategy: None,
            order: None,
            max_fail_percentage: None,
            force_handlers: None,
            pre_tasks: Vec::new(),
            roles: Vec::new(),
            role_tasks: Vec::new(),
            tasks,
            post_tasks: Vec::new(),
            handlers: Vec::new(),
            validate_argspec: None,
            imported: gathered.imported.into_inner(),
            playbook_dir: Arc::new(call.dir.to_path_buf()),
            parent,
        };
        Ok(Playbook { path: "__adhoc_playbook__".to_string(), plays: vec![Arc::new(play)] })
    }
}

fn task(call: &AdHoc<'_>, source: &Arc<Source>) -> Result<Value, Diagnostic> {
    let module = super::action::short(call.module);
    if matches!(module, "import_playbook" | "import_tasks" | "import_role" | "include") {
        let text = format!("'{module}' is not a valid action for ad-hoc commands");
        return Err(Diagnostic::new(text));
    }
    let args = arguments(call.args, source)?;
    let commands = ["command", "shell", "script", "raw"];
    let empty = args.as_map().is_some_and(Map::is_empty);
    if empty && commands.contains(&module) {
        return Err(Diagnostic::new(format!("No argument passed to {module} module")).code(5));
    }
    let mut map = Map::new();
    map.insert(Key::from(call.module), args);
    if call.seconds > 0 {
        map.insert(Key::from("async"), Value::from(call.seconds));
        map.insert(Key::from("poll"), Value::from(call.poll));
    }
    if call.timeout > 0 {
        map.insert(Key::from("timeout"), Value::from(call.timeout));
    }
    Ok(Value::map(map).at(Origin::whole(source)))
}

/// `{...}` is a mapping; everything else is read as in a task.
fn arguments(text: &str, source: &Arc<Source>) -> Result<Value, Diagnostic> {
    let value = Value::template(text, Some(Origin::whole(source)));
    if text.trim().is_empty() {
        return Ok(Value::map(Map::new()));
    }
    if !text.trim_start().starts_with('{') || text.trim_start().starts_with("{{") {
        return Ok(value);
    }
    let loaded = yaml::load(text, source)?;
    match loaded.value.as_map() {
        Some(_) => Ok(loaded.value),
        None => Err(fault("The arguments are neither a mapping nor k=v words.", &value)),
    }
}
