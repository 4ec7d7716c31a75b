//! What filters, tests and lookups may use.

use super::core::Core;
use super::ctx::{dressed, syntax_error, wrap};
use super::finalize::Finalize;
use super::frame::Frame;
use super::{need, plugins, raise};
use crate::base::{Kind, Map, Value};
use crate::spec::Scope;
use crate::template::syntax::{TemplateOptions, compile};
use crate::template::table::{Args, Env, Stop};
use crate::template::{filters, tests};
use std::path::{Path, PathBuf};

/// The surroundings of one call.
pub struct PluginEnv<'s> {
    /// The rendering.
    pub core: Core<'s>,
}

impl Env for PluginEnv<'_> {
    fn scope(&self) -> &dyn Scope {
        self.core.session.scope
    }

    fn filter(&self, name: &str, value: Value, args: &Args) -> Result<Value, Stop> {
        match filters::find(name) {
            Some(filter) => {
                let result =
                    self.core.filter_value(filter, self.core.touch(value)?, args.clone())?;
                if result.is_undefined() { Ok(result) } else { need(result) }
            }
            None => raise(format!("No filter named '{name}'.")),
        }
    }

    fn test(&self, name: &str, value: &Value, args: &Args) -> Result<bool, Stop> {
        let Some(test) = tests::find(name) else {
            return raise(format!("No test named '{name}'."));
        };
        let value = self.core.touch(value.clone())?;
        plugins::answer(&self.core.test_value(test, &value, args.clone())?)
    }

    fn attribute(&self, value: &Value, name: &Value) -> Result<Value, Stop> {
        self.core.item(&self.core.touch(value.clone())?, name)
    }

    fn render(&self, value: &Value) -> Result<Value, Stop> {
        self.core.finalize(value, Finalize::Store)
    }

    fn render_text(&self, text: &Value, vars: &Map) -> Result<Value, Stop> {
        let Kind::Str(source) = &text.kind else { return self.render(text) };
        if self.core.session.stack_is_deep() {
            return Err(super::session::recursion(text));
        }
        let session = self.core.session.with_vars(vars);
        let options = TemplateOptions::default();
        let template = compile(source, &options, session.settings.mode())
            .map_err(|fault| syntax_error(&fault, source, text.origin(), "template"))?;
        let result = session.render_template(&template, text.origin(), &Frame::root(true))?;
        let core = Core::new(&session, text.origin());
        let result = core
            .finalize(&result, Finalize::Store)
            .map_err(|stop| wrap(stop, text.origin(), "template"))?;
        Ok(dressed(text, as_text(result), "\n"))
    }

    fn find_file(&self, kind: &str, name: &str) -> Result<PathBuf, Stop> {
        let wanted = Path::new(name);
        if wanted.is_absolute() && wanted.exists() {
            return Ok(wanted.to_path_buf());
        }
        let mut searched = Vec::new();
        for folder in self.core.session.scope.search_path() {
            searched.push(folder.join(kind).join(wanted));
            searched.push(folder.join(wanted));
        }
        if let Some(found) = searched.iter().find(|path| path.exists()) {
            return Ok(found.clone());
        }
        let lines: Vec<String> = searched.iter().map(|path| path.display().to_string()).collect();
        raise(format!(
            "Could not find or access '{name}'\nSearched in:\n\t{} on the Ansible Controller.\nIf \
             you are using a module and expect the file to exist on the remote, see the \
             remote_src option",
            lines.join("\n\t")
        ))
    }
}

/// The text of what a file's template gave: None is empty.
pub fn as_text(result: Value) -> Value {
    match &result.kind {
        Kind::Str(_) => result,
        Kind::Null => Value::from("").marked_as(&result),
        _ => super::secret::taint([&result], Value::from(result.text())),
    }
}
