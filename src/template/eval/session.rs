//! What all templates of one rendering share: variables, changes, depth.

use super::cells::Cells;
use super::core::Core;
use crate::base::{Diagnostic, Key, Kind, Map, Value};
use crate::spec::{Lookup, Scope};
use crate::template::syntax::{Mode, TemplateOptions};
use crate::template::table::Stop;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How many templates may be rendered inside of each other.
const DEEPEST: usize = 100;
/// How many bytes of stack one rendering may use: threads have 2 MiB and more.
const STACK: usize = 1_200_000;

/// Settings that change what a template means.
#[derive(Clone, Copy, Debug)]
#[allow(clippy::struct_excessive_bools)] // each is a setting of its own
pub struct Settings {
    /// `do` is a tag.
    pub with_do: bool,
    /// `break` and `continue` are tags.
    pub with_loop_controls: bool,
    /// Conditions may give other things than booleans (S-45), with a warning.
    pub broken_conditionals: bool,
    /// Strings in conditions and lookups may be templates (S-34), with a warning.
    pub embedded_templates: bool,
    /// Conditionals of before 2.19 are taken.
    pub lenient: bool,
}

impl Settings {
    /// As the scope has them.
    pub fn of(scope: &dyn Scope) -> Self {
        let flag = |name: &str, default: bool| {
            scope.setting(name).map_or(default, |value| value.is_true())
        };
        let extensions = scope.setting("DEFAULT_JINJA2_EXTENSIONS").map(|v| v.text());
        let extensions = extensions.unwrap_or_default();
        let dialect = scope.setting("DIALECT");
        let lenient = dialect.is_some_and(|dialect| dialect.as_str() == Some("lenient"));
        Self {
            with_do: extensions.contains("jinja2.ext.do"),
            with_loop_controls: extensions.contains("jinja2.ext.loopcontrols"),
            broken_conditionals: lenient || flag("ALLOW_BROKEN_CONDITIONALS", false),
            embedded_templates: lenient || flag("ALLOW_EMBEDDED_TEMPLATES", true),
            lenient,
        }
    }

    /// How a text is compiled under these settings.
    pub fn mode(self) -> Mode {
        Mode {
            with_do: self.with_do,
            with_loop_controls: self.with_loop_controls,
            ..Mode::default()
        }
    }
}

/// Rendered variables that depend on nothing but other variables.
#[derive(Default)]
pub struct Memo {
    values: Mutex<HashMap<Arc<str>, Value>>,
}

impl Memo {
    fn lock(&self) -> MutexGuard<'_, HashMap<Arc<str>, Value>> {
        self.values.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One rendering.
pub struct Session<'a> {
    /// Where variables come from.
    pub scope: &'a dyn Scope,
    /// Further variables, before those of the scope.
    pub vars: Arc<Map>,
    /// Settings.
    pub settings: Settings,
    /// Changed lists and dicts.
    pub cells: Cells,
    /// Delimiters and whitespace of the templates that are included.
    pub options: TemplateOptions,
    /// Directories that included templates are searched in before those of the scope.
    pub folders: Vec<PathBuf>,
    /// Errors that text stands in for (S-36); None when errors end the rendering.
    pub placeholders: Option<&'a Mutex<Vec<Diagnostic>>>,
    kept: Option<&'a Memo>,
    memo: Memo,
    impure: AtomicUsize,
    rendering: Mutex<Vec<usize>>,
    floor: usize,
}

impl<'a> Session<'a> {
    /// A rendering over a scope; `kept` outlives it.
    pub fn new(scope: &'a dyn Scope, settings: Settings, kept: Option<&'a Memo>) -> Self {
        Self {
            scope,
            vars: Arc::new(Map::new()),
            settings,
            cells: Cells::default(),
            options: TemplateOptions::default(),
            folders: Vec::new(),
            placeholders: None,
            kept,
            memo: Memo::default(),
            impure: AtomicUsize::new(0),
            rendering: Mutex::default(),
            floor: stack_address(),
        }
    }

    /// A rendering inside of this one with other variables.
    pub fn with_vars(&self, vars: &Map) -> Session<'_> {
        let mut all = (*self.vars).clone();
        all.extend(vars.iter().map(|(k, v)| (k.clone(), v.clone())));
        Session {
            scope: self.scope,
            vars: Arc::new(all),
            settings: self.settings,
            cells: Cells::default(),
            options: TemplateOptions::default(),
            folders: self.folders.clone(),
            placeholders: self.placeholders,
            kept: None,
            memo: Memo::default(),
            impure: AtomicUsize::new(0),
            rendering: Mutex::new(self.rendering().clone()),
            floor: self.floor,
        }
    }

    fn rendering(&self) -> MutexGuard<'_, Vec<usize>> {
        self.rendering.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that what is being evaluated may give another value next time; suspends an evaluation
    /// that runs ahead of its turn.
    pub fn impure(&self) -> Result<(), Stop> {
        if self.scope.is_ahead() {
            return Err(Stop::Suspended);
        }
        self.impure.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    /// The value of a variable as it was written; None when there is none.
    pub fn raw(&self, name: &str) -> Result<Option<Value>, Stop> {
        let given = self.vars.get(&Key::from(name)).cloned().map(Lookup::Found);
        match given.unwrap_or_else(|| self.scope.variable(name)) {
            Lookup::Found(raw) => Ok(Some(raw)),
            Lookup::Missing => Ok(None),
            Lookup::Pending => Err(Stop::Suspended),
        }
    }

    /// The value of a variable, rendered when it is a template; None when there is none.
    pub fn variable(&self, name: &str) -> Result<Option<Value>, Stop> {
        if let Some(value) = self.memo.lock().get(name) {
            return Ok(Some(value.clone()));
        }
        if let Some(value) = self.kept.and_then(|kept| kept.lock().get(name).cloned()) {
            return Ok(Some(value));
        }
        let Some(raw) = self.raw(name)? else { return Ok(None) };
        let before = self.impure.load(Ordering::Relaxed);
        let value = Core::new(self, None).touch(raw)?;
        if let (Some(kept), true) = (self.kept, before == self.impure.load(Ordering::Relaxed)) {
            kept.lock().insert(name.into(), value.clone());
        }
        self.memo.lock().insert(name.into(), value.clone());
        Ok(Some(value))
    }

    /// Runs something that belongs to a template's text; an endless recursion is an error.
    pub fn nested<T>(
        &self,
        text: &Value,
        run: impl FnOnce() -> Result<T, Stop>,
    ) -> Result<T, Stop> {
        let id = match &text.kind {
            Kind::Str(text) => Arc::as_ptr(text).cast::<u8>() as usize,
            _ => 0,
        };
        {
            let mut rendering = self.rendering();
            if rendering.contains(&id) || rendering.len() > DEEPEST || self.stack_is_deep() {
                return Err(recursion(text));
            }
            rendering.push(id);
        }
        let result = run();
        self.rendering().pop();
        result
    }

    /// Whether the stack must not grow much more.
    pub fn stack_is_deep(&self) -> bool {
        self.floor.abs_diff(stack_address()) > STACK
    }
}

/// The error of an endless recursion (S-23).
pub fn recursion(text: &Value) -> Stop {
    let cause = Diagnostic::new("maximum recursion depth exceeded");
    Stop::Fault(
        Diagnostic::new("Recursive loop detected in template.").at(text.origin()).caused_by(cause),
    )
}

/// About where the stack ends now.
#[inline(never)]
fn stack_address() -> usize {
    let here = 0_u8;
    std::hint::black_box(std::ptr::from_ref(&here)) as usize
}
