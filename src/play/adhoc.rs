//! A play of one task, from a module's name and the text of its arguments.

use super::literal::fault;
use super::loader::{Gathered, Loader, Place};
use super::model::{Keywords, Play, Playbook};
use super::play;
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
        let keywords =
            Keywords { name: Some(Value::from("Ansible Ad-Hoc")), ..Keywords::default() };
        let parent = play::top(keywords.clone(), &Arc::new(call.dir.join("__adhoc_playbook__")));
        let source = Source::described("<adhoc>");
        let task = task(call, &source)?;
        let place = Place::new(&parent, false, &gathered);
        let tasks = self.entries("tasks", &Value::list(vec![task]), &place)?;
        self.remember(&parent, &gathered);
        let map = Map::from_iter([
            (Key::from("hosts"), Value::from(call.pattern)),
            (Key::from("gather_facts"), Value::from(false)),
        ]);
        let plain = play::plain(&Value::NULL, &map, keywords, parent)?;
        let play = Play { tasks, imported: gathered.imported.into_inner(), ..plain };
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
