//! A play of one task, from a module's name and the text of its arguments.

use super::kv;
use super::literal::fault;
use super::loader::{Gathered, Loader, Place};
use super::model::{Action, Entry, Keywords, Play, Playbook};
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
        let source = Source::said(format!("<adhoc '{}' task>", call.module), self.said(call));
        let task = task(call, &source)?;
        let place = Place { late: true, ..Place::new(&parent, false, &gathered) };
        let mut tasks = self.entries("tasks", &Value::list(vec![task]), &place)?;
        tasks.iter_mut().for_each(|entry| mark_unknown(entry, call.module));
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

impl Loader {
    /// The call as errors show it.
    fn said(&self, call: &AdHoc<'_>) -> String {
        let short = super::action::short(call.module);
        let args = arguments(call.args, &Source::described("<adhoc>")).unwrap_or_default();
        let args = match args.as_str() {
            Some(_) => kv::parse(&args, super::action::COMMANDS.contains(&short)),
            None => Ok(args.as_map().cloned().unwrap_or_default()),
        };
        let table = self.module(call.module).map(|entry| entry.doc().args);
        let hidden = |key: &Key| {
            let arg = table.and_then(|table| table.find(key.as_str()?));
            arg.is_some_and(|arg| arg.no_log)
        };
        let hide = |(key, value): (Key, Value)| match hidden(&key) {
            true => (key, value.secret()),
            false => (key, value),
        };
        let args: Map = args.unwrap_or_default().into_iter().map(hide).collect();
        let said: Value = [
            ("action", Value::from(call.module)),
            ("args", Value::map(args)),
            ("timeout", Value::from(call.timeout)),
            ("async_val", Value::from(call.seconds)),
            ("poll", Value::from(call.poll)),
        ]
        .into_iter()
        .collect();
        said.masked().repr()
    }
}

/// Where the name of a module that nobody knows was said.
fn mark_unknown(entry: &mut Entry, module: &str) {
    if let Entry::Task(task) = entry
        && let Action::Template(name) = &mut Arc::make_mut(task).action
    {
        let said = Origin::whole(&Source::said("<CLI option '-m'>", module));
        *name = Value::str(module).at(said);
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
