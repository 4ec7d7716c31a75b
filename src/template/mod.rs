//! The Jinja dialect: lexer and parser are minijinja's, the evaluator is ours.
//!
//! [`Templar`] is the door. Values are rendered when they are used, keep their type, origin and
//! secret marks, and only what the operator wrote is a template.

mod condition;
mod eval;
pub mod filters;
mod globals;
pub mod lookups;
mod methods;
mod ops;
mod syntax;
pub mod table;
#[cfg(feature = "tera")]
mod tera;
pub mod tests;
mod written;

#[cfg(test)]
mod checks;
#[cfg(test)]
mod recorded;

pub use syntax::TemplateOptions;
pub use written::{check_expression, check_templates};

use crate::base::{Diagnostic, Kind, Map, Origin, Source, Value};
use crate::spec::Scope;
use eval::ctx::{dressed, syntax_error, wrap};
use eval::{Core, Finalize, Frame, Memo, Session, Settings, need};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use table::Stop;

/// Renders values over one scope, for as long as that scope does not change: rendered variables are
/// remembered.
pub struct Templar<'a> {
    scope: &'a dyn Scope,
    settings: Settings,
    memo: Memo,
    placeholders: Option<Mutex<Vec<Diagnostic>>>,
}

impl<'a> Templar<'a> {
    /// Over a scope.
    pub fn new(scope: &'a dyn Scope) -> Self {
        let settings = Settings::of(scope);
        Self { scope, settings, memo: Memo::default(), placeholders: None }
    }

    /// The same, going on where a value is missing: a text stands in its place, and the errors are
    /// taken with [`Self::take_errors`]. For task names and `debug: var` (S-36).
    #[must_use]
    pub fn with_placeholders(self) -> Self {
        Self { placeholders: Some(Mutex::default()), ..self }
    }

    /// The errors that text stands for since the last call.
    pub fn take_errors(&self) -> Vec<Diagnostic> {
        let Some(errors) = &self.placeholders else { return Vec::new() };
        std::mem::take(&mut *errors.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn session(&self) -> Session<'_> {
        let mut session = Session::new(self.scope, self.settings, Some(&self.memo));
        session.placeholders = self.placeholders.as_ref();
        session
    }

    /// A value with everything in it rendered: texts that are trusted, at any depth; omitted parts
    /// are left out, vaulted texts decrypted. Keys stay as they are (S-28). The result may be
    /// [`Kind::Omit`], which the caller has to deal with.
    pub fn render(&self, value: &Value) -> Result<Value, Stop> {
        self.finalized(value, Finalize::Store)
    }

    /// The same with keys rendered too: for `set_fact`.
    pub fn render_keys(&self, value: &Value) -> Result<Value, Stop> {
        self.finalized(value, Finalize::StoreKeys)
    }

    /// The value of an argument, whose error says its name: `Error while resolving value for 'x'`.
    pub fn render_argument(&self, name: &str, value: &Value) -> Result<Value, Stop> {
        Self::named(name, value, self.render(value))
    }

    /// As [`Templar::render_argument`], with the keys of dicts rendered too.
    pub fn render_argument_keys(&self, name: &str, value: &Value) -> Result<Value, Stop> {
        Self::named(name, value, self.render_keys(value))
    }

    fn named(name: &str, value: &Value, rendered: Result<Value, Stop>) -> Result<Value, Stop> {
        rendered.map_err(|stop| {
            let named = |cause: Diagnostic| {
                Diagnostic::new(format!("Error while resolving value for '{name}'."))
                    .at(value.origin())
                    .caused_by(cause)
            };
            match stop {
                Stop::Fault(cause) => Stop::Fault(named(cause)),
                Stop::Undefined(cause) => Stop::Undefined(named(cause)),
                Stop::Suspended => Stop::Suspended,
            }
        })
    }

    fn finalized(&self, value: &Value, mode: Finalize) -> Result<Value, Stop> {
        if mode == Finalize::Store && eval::is_plain(value) {
            return Ok(value.clone());
        }
        let session = self.session();
        let core = Core::new(&session, value.origin());
        core.finalize(value, mode).map_err(|stop| wrap(stop, value.origin(), "template"))
    }

    /// The value of a bare expression such as `debug: var` has (S-37), fully rendered.
    pub fn expression(&self, text: &Value) -> Result<Value, Stop> {
        self.evaluate(text, false)
    }

    fn evaluate(&self, text: &Value, condition: bool) -> Result<Value, Stop> {
        let source = match &text.kind {
            Kind::Str(source) if text.is_trusted() => source,
            Kind::Str(_) => {
                let hint = "Templates and expressions must be defined by trusted sources such as \
                            playbooks or roles, not untrusted sources such as module results.";
                let error = Diagnostic::new("Encountered untrusted template or expression.");
                return Err(Stop::Fault(error.at(text.origin()).hint(hint)));
            }
            _ => return self.render(text),
        };
        let session = self.session();
        let mode = syntax::Mode { expression: true, condition, ..self.settings.mode() };
        let template = syntax::compile(source, &TemplateOptions::default(), mode)
            .map_err(|fault| syntax_error(&fault, source, text.origin(), "expression"))?;
        let core = Core::new(&session, text.origin());
        let result = session
            .evaluate(&template, text.origin())
            .and_then(|value| core.finalize(&value, Finalize::Store))
            .map_err(|stop| wrap(stop, text.origin(), "expression"));
        match result {
            Ok(value) => {
                let bare = Value::from("").marked_as(text);
                Ok(dressed(&bare, not_omitted(value, text.origin())?, ""))
            }
            Err(Stop::Suspended) => Err(Stop::Suspended),
            Err(stop) => match (self.placeholders.is_some(), stop.clone().into_diagnostic()) {
                (true, Some(error)) => Ok(core.placeholder(error)),
                _ => Err(stop),
            },
        }
    }

    /// Whether a condition holds: one item of `when`, `until`, `changed_when` and the like (S-45 to
    /// S-51). A list is the caller's: each item is one call.
    pub fn condition(&self, condition: &Value) -> Result<bool, Stop> {
        condition::holds(self, condition)
    }

    /// Renders the text of a whole file as the module `template` does (S-199): a header line may
    /// override the options, `vars` go before the scope's variables, and templates that it includes
    /// are found beside it and in the search path. `origin` is the file. The result is text.
    pub fn template(
        &self,
        source: &str,
        origin: &Origin,
        options: &TemplateOptions,
        vars: &Map,
    ) -> Result<Value, Stop> {
        let text = Value::template(source, Some(origin.clone()));
        let base = self.session();
        let mut session = base.with_vars(vars);
        let header = options.with_header(source).ok().flatten();
        session.options = header.map_or_else(|| options.clone(), |(options, _)| options);
        if let Some(folder) = folder(&origin.source) {
            session.folders = vec![folder.join("templates"), folder.to_path_buf()];
        }
        let source = text.as_str().unwrap_or_default();
        if !options.is_template(source) {
            return Ok(text.untrusted());
        }
        let template = syntax::compile(&source.into(), options, self.settings.mode())
            .map_err(|fault| syntax_error(&fault, source, Some(origin), "template"))?;
        let core = Core::new(&session, Some(origin));
        let result = session
            .render_template(&template, Some(origin), &Frame::root(true))
            .and_then(|result| core.finalize(&result, Finalize::Store))
            .map_err(|stop| wrap(stop, Some(origin), "template"))?;
        let result = not_omitted(result, Some(origin))?;
        Ok(eval::as_text(dressed(&text, result, &options.newline_sequence)))
    }

    /// Renders the text of a `.tera` file with Tera. Only the names that occur in it are rendered
    /// for it; the result is secret when one of them is.
    #[cfg(feature = "tera")]
    pub fn tera(&self, source: &str, origin: &Origin, vars: &Map) -> Result<Value, Stop> {
        tera::render(self, source, origin, vars)
    }

    /// The list that a lookup gives for terms and options, as `with_X` and `query` do. Terms are
    /// rendered.
    pub fn lookup(&self, name: &str, terms: &[Value], options: &Map) -> Result<Vec<Value>, Stop> {
        let Some(plugin) = lookups::find(name) else { return Err(eval::unknown_lookup(name)) };
        let session = self.session();
        let core = Core::new(&session, None);
        core.lookup_list(plugin, terms, options).map_err(|stop| match stop {
            Stop::Fault(cause) => Stop::Fault(
                Diagnostic::new(format!("The lookup plugin '{name}' failed.")).caused_by(cause),
            ),
            other => other,
        })
    }

    /// The value of a variable, rendered; None when there is none. An undefined one within it is an
    /// error.
    pub fn variable(&self, name: &str) -> Result<Option<Value>, Stop> {
        let session = self.session();
        let Some(value) = session.variable(name)? else { return Ok(None) };
        let value = need(value)?;
        Core::new(&session, value.origin()).finalize(&value, Finalize::Store).map(Some)
    }

    /// Whether a value has a template anywhere in it.
    pub fn is_template(value: &Value) -> bool {
        match &value.kind {
            Kind::Str(_) => eval::is_template(value),
            Kind::List(items) | Kind::Tuple(items) => items.iter().any(Self::is_template),
            Kind::Map(map) => map.values().any(Self::is_template),
            _ => false,
        }
    }

    /// Where variables come from.
    pub fn scope(&self) -> &'a dyn Scope {
        self.scope
    }

    fn settings(&self) -> Settings {
        self.settings
    }
}

/// A result of a place where nothing may be left out.
fn not_omitted(value: Value, origin: Option<&Origin>) -> Result<Value, Stop> {
    if !matches!(value.kind, Kind::Omit) {
        return Ok(value);
    }
    let hint = "Callers must be prepared to handle this value. This is most likely a bug in the \
                code requesting templating.";
    let error = Diagnostic::new("A template was resolved to an Omit scalar.");
    Err(Stop::Fault(error.at(origin).hint(hint)))
}

/// The directory of a file.
fn folder(source: &Arc<Source>) -> Option<&Path> {
    if source.is_file { Path::new(&source.name).parent() } else { None }
}

/// The names of Jinja's own functions: `range`, `lookup` and their like.
pub fn global_names() -> Vec<&'static str> {
    globals::names()
}

/// The sum of two values as `+` gives it; None where it has none.
#[must_use]
pub fn added(left: &Value, right: &Value) -> Option<Value> {
    ops::binary(syntax::ast::Operator::Add, left, right).ok()
}

/// Two dicts merged through all their levels; lists of the second replace those of the first.
#[must_use]
pub fn merged(old: &Map, new: &Map) -> Map {
    filters::merge::merge(old, new, true, filters::merge::Lists::Replace)
}
