//! Tasks and handlers.

use super::action::{Written, short};
use super::hint::near;
use super::keywords::{self, items, texts};
use super::kv;
use super::literal::{fault, is_template};
use super::loader::{Loader, Place};
use super::model::{Action, Entry, Keywords, LoopControl, MetaAction, Register, Task};
use super::names;
use super::table::{self, Object};
use crate::base::{Diagnostic, Key, Kind, Map, Value};
use crate::spec;
use std::sync::Arc;

const META: [(&str, MetaAction); 10] = [
    ("flush_handlers", MetaAction::FlushHandlers),
    ("refresh_inventory", MetaAction::RefreshInventory),
    ("noop", MetaAction::Noop),
    ("clear_facts", MetaAction::ClearFacts),
    ("clear_host_errors", MetaAction::ClearHostErrors),
    ("end_play", MetaAction::EndPlay),
    ("end_host", MetaAction::EndHost),
    ("end_batch", MetaAction::EndBatch),
    ("end_role", MetaAction::EndRole),
    ("reset_connection", MetaAction::ResetConnection),
];

impl Loader {
    /// The entries that a task stands for: itself, or what its static import brings.
    pub(super) fn task(
        &self,
        value: &Value,
        map: &Map,
        place: &Place<'_>,
    ) -> Result<Vec<Entry>, Diagnostic> {
        let written = self.action(value, map)?;
        let one = |task: Task| vec![Entry::Task(Arc::new(task))];
        let name = written.name.text();
        if is_template(&written.name) {
            let action = Action::Template(written.name.clone());
            return self.build(plain(place), value, map, written, action, place).map(one);
        }
        match short(&name) {
            "import_tasks" => self.import_tasks(value, map, written, place),
            "import_role" => self.import_role(value, map, written, place),
            "include_tasks" => self.include_tasks(value, map, written, place).map(one),
            "include_role" => self.include_role_task(value, map, written, place).map(one),
            "meta" => {
                let meta = meta(value, &written, place)?;
                self.build(plain(place), value, map, written, Action::Meta(meta), place).map(one)
            }
            "include" => Err(removed(value)),
            _ => self.module_task(value, map, written, place).map(one),
        }
    }

    fn module_task(
        &self,
        value: &Value,
        map: &Map,
        written: Written,
        place: &Place<'_>,
    ) -> Result<Task, Diagnostic> {
        let name = written.name.text();
        let action = match self.module(&name) {
            Some(entry) => Action::Module(entry),
            None if short(&name) == "validate_argument_spec" => Action::ValidateArgs,
            None if place.late => Action::Template(written.name.clone()),
            None => return Err(self.unresolved(value, &written)),
        };
        let task = self.build(plain(place), value, map, written, action, place)?;
        if self.options.check_arguments {
            super::check::arguments(&task, place.rescued)?;
        }
        if self.options.check_templates {
            super::check::templates(&task, place.rescued)?;
        }
        Ok(task)
    }

    /// The table's entry for a name.
    pub(super) fn module(&self, name: &str) -> Option<&'static spec::Entry> {
        let find = self.options.module;
        find(name)
            .or_else(|| find(&format!("ansible.builtin.{}", name.strip_prefix("ansible.legacy.")?)))
            .or_else(|| find(name.strip_prefix("ansible.legacy.")?))
    }

    fn unresolved(&self, task: &Value, written: &Written) -> Diagnostic {
        let name = written.name.text();
        let error = if written.by_keyword {
            fault(format!("Cannot resolve '{name}' to an action or module."), &written.name)
        } else {
            fault(
                format!(
                    "couldn't resolve module/action '{name}'. This often indicates a misspelling, missing collection, or incorrect module path."
                ),
                task,
            )
        };
        let known = (self.options.module_names)().into_iter().chain(table::names(Object::Task));
        near(error, &name, known)
    }

    /// A task with all its keywords.
    pub(super) fn build(
        &self,
        object: Object,
        value: &Value,
        map: &Map,
        written: Written,
        action: Action,
        place: &Place<'_>,
    ) -> Result<Task, Diagnostic> {
        self.refuse(object, value, map, &written)?;
        let mut keywords = keywords::read(object, map)?;
        self.settle(&mut keywords, place)?;
        if written.local {
            let host = Value::template("localhost", written.origin.clone());
            keywords.delegate_to = Some(host);
        }
        let get = |name: &str| map.get(&Key::from(name));
        let given = |name: &str| get(name).filter(|v| !v.is_null()).cloned();
        let list = |name: &str| get(name).map(items);
        let listen = get("listen").map(|v| texts("listen", v)).transpose()?.unwrap_or_default();
        let looping = self.looping(value, map)?;
        let control = get("loop_control").map(|v| self.loop_control(v, place)).transpose()?;
        Ok(Task {
            origin: value.origin().cloned(),
            written: written.name.text(),
            action,
            action_origin: written.origin,
            args: Arc::new(written.args),
            args_template: written.template,
            looping,
            loop_control: control.unwrap_or_else(LoopControl::default),
            register: get("register").map(register).transpose()?.flatten(),
            until: list("until").unwrap_or_default(),
            retries: given("retries"),
            delay: given("delay"),
            changed_when: list("changed_when"),
            failed_when: list("failed_when"),
            r#async: given("async"),
            poll: given("poll"),
            listen,
            implicit: false,
            parent: Arc::clone(&place.parent),
            keywords,
        })
    }

    /// Refuses keywords that this kind of task does not have.
    fn refuse(
        &self,
        object: Object,
        task: &Value,
        map: &Map,
        written: &Written,
    ) -> Result<(), Diagnostic> {
        for (key, value) in map {
            let name = key.to_string();
            let known = match name.strip_prefix("with_") {
                Some(lookup) => (self.options.is_lookup)(lookup),
                None => table::find(object, &name).is_some(),
            };
            let is_action = !written.by_keyword && name == written.name.text();
            if !known && !is_action {
                let error = keywords::unknown(object, key, value);
                return Err(if error.origin.is_some() { error } else { error.at(task.origin()) });
            }
        }
        Ok(())
    }

    /// Warns of what is odd in keywords, and renders tags that are templates: they see extra and play
    /// variables (S-127).
    pub(super) fn settle(
        &self,
        keywords: &mut Keywords,
        place: &Place<'_>,
    ) -> Result<(), Diagnostic> {
        self.warn_all(names::reserved(&keywords.vars));
        self.warn_defaults(&keywords.module_defaults);
        if !keywords.tags.iter().any(is_template) {
            return Ok(());
        }
        let mut settled = Vec::new();
        for tag in &keywords.tags {
            let rendered =
                self.render(tag, place, &keywords.vars).map_err(|e| e.at(tag.origin()))?;
            settled.extend(split_tags(&rendered));
        }
        keywords.tags = settled;
        Ok(())
    }
}

impl Loader {
    /// Warns of `module_defaults` for names that no task can have.
    fn warn_defaults(&self, levels: &[Value]) {
        for (key, value) in levels.iter().filter_map(Value::as_map).flatten() {
            let name = key.to_string();
            if name.starts_with("group/") || self.module(&name).is_some() {
                continue;
            }
            let text = format!("Could not resolve action {name} in module_defaults");
            let warning = Diagnostic::new(text).at(value.meta().key_origin().as_ref());
            self.warn(near(warning, &name, (self.options.module_names)()));
        }
    }
}

/// Tags of a rendered value: a list has one each, a text is split at commas.
fn split_tags(value: &Value) -> Vec<Value> {
    match &value.kind {
        Kind::List(items) => items.to_vec(),
        Kind::Str(text) => text.split(',').map(|tag| Value::str(tag.trim())).collect(),
        Kind::Null | Kind::Omit => Vec::new(),
        _ => vec![value.clone()],
    }
}

fn plain(place: &Place<'_>) -> Object {
    if place.handlers { Object::Handler } else { Object::Task }
}

fn removed(task: &Value) -> Diagnostic {
    let text = "The 'ansible.builtin.include' action plugin has been removed. Use include_tasks or import_tasks instead. This feature was removed from ansible-core in a release after 2023-05-16.";
    fault(text, task).code(1)
}

fn meta(task: &Value, written: &Written, place: &Place<'_>) -> Result<MetaAction, Diagnostic> {
    let word =
        written.args.get(&Key::from(kv::RAW)).map_or_else(|| "None".to_string(), Value::text);
    let word = word.trim();
    let Some((_, meta)) = META.iter().find(|(name, _)| *name == word) else {
        let error = fault(format!("invalid meta action requested: {word}"), task).code(1);
        return Err(near(error, word, META.iter().map(|(name, _)| *name)));
    };
    if *meta != MetaAction::EndRole {
        return Ok(*meta);
    }
    match (place.handlers, place.parent.role()) {
        (true, _) => Err(fault("Cannot execute 'end_role' from a handler", task)),
        (_, None) => Err(fault("Cannot execute 'end_role' from outside of a role", task)),
        _ => Ok(*meta),
    }
}

fn register(value: &Value) -> Result<Option<Register>, Diagnostic> {
    let wrong = |cause| Err(fault("Invalid 'register' specified.", value).caused_by(cause));
    match &value.kind {
        Kind::Null => Ok(None),
        Kind::Map(map) => {
            if let Err(cause) = names::check_all(map) {
                return wrong(cause);
            }
            let pairs = map.iter().map(|(key, value)| (key.to_string(), value.clone()));
            Ok(Some(Register::Projections(pairs.collect())))
        }
        _ => match names::check(value, value.origin()) {
            Ok(()) => Ok(Some(Register::Name(value.text()))),
            Err(cause) => wrong(cause),
        },
    }
}
