//! Templates made of others: include, import, extends, blocks.

use super::ctx::{Ctx, syntax_error};
use super::frame::Frame;
use super::objects::{BlockObject, Module, Unit};
use super::secret::scrub;
use super::{need, raise};
use crate::base::{Key, Kind, Map, Origin, Source, Value};
use crate::template::syntax::ast::{Block, Expr, Name, Template};
use crate::template::syntax::{Mode, compile};
use crate::template::table::Stop;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

/// A template of another file and where that is.
type Loaded = (Arc<Template>, Origin);

impl Ctx<'_> {
    /// `{% extends %}`
    pub fn extends(&self, name: &Expr) -> Result<(), Stop> {
        let name = self.template_name(name)?;
        let (template, origin) = self.load_named(&name)?;
        if self.unit.parent.set((template, Some(origin))).is_err() {
            return raise("extended multiple times");
        }
        Ok(())
    }

    fn template_name(&self, name: &Expr) -> Result<Value, Stop> {
        let name = need(self.eval(name)?)?;
        match name.kind {
            Kind::Str(_) => Ok(name),
            _ => raise(format!("a template's name must be a text, not {}", name.type_name())),
        }
    }

    fn load_named(&self, name: &Value) -> Result<Loaded, Stop> {
        self.load_first(&[name.text()]).map_err(|stop| scrub([name], stop))
    }

    /// `{% include %}`
    pub fn include(
        &self,
        name: &Expr,
        ignore_missing: bool,
        with_context: bool,
        out: &mut Vec<Value>,
    ) -> Result<(), Stop> {
        let names = need(self.eval(name)?)?;
        let texts: Vec<String> = match &names.kind {
            Kind::List(_) | Kind::Tuple(_) => {
                let items = self.core().items(&names)?;
                items.iter().map(Value::text).collect()
            }
            _ => vec![names.text()],
        };
        let (template, origin) = match self.load_first(&texts) {
            Ok(loaded) => loaded,
            Err(Stop::Fault(_)) if ignore_missing && !self.any_exists(&texts) => return Ok(()),
            Err(stop) => return Err(scrub([&names], stop)),
        };
        if self.session.stack_is_deep() {
            return Err(super::session::recursion(&Value::NULL));
        }
        let frame = if with_context { Frame::child(&self.frame) } else { Frame::root(false) };
        let unit = Unit::new(&template, Some(&origin), &frame);
        Ctx { session: self.session, unit, frame, block: None }.run(out)
    }

    /// `{% import %}`
    pub fn import(&self, name: &Expr, with_context: bool) -> Result<Module, Stop> {
        let name = self.template_name(name)?;
        let (template, origin) = self.load_named(&name)?;
        if self.session.stack_is_deep() {
            return Err(super::session::recursion(&Value::NULL));
        }
        let outer = if with_context { Frame::child(&self.frame) } else { Frame::root(false) };
        let frame = Frame::child(&outer);
        let unit = Unit::new(&template, Some(&origin), &frame);
        let ctx = Ctx { session: self.session, unit, frame, block: None };
        let mut out = Vec::new();
        ctx.run(&mut out)?;
        let names = ctx.frame.all().into_iter().filter(|(name, _)| !name.starts_with('_'));
        let names: Map = names.map(|(name, value)| (Key::Str(name), value)).collect();
        Ok(Module { body: ctx.core().concat(out)?, names, file: name.masked().text() })
    }

    /// `{% from %}`
    pub fn import_names(
        &self,
        name: &Expr,
        names: &[(Name, Name)],
        with_context: bool,
    ) -> Result<(), Stop> {
        let module = self.import(name, with_context)?;
        for (there, here) in names {
            let found = module.names.get(&Key::Str(Arc::clone(there))).cloned();
            let value = found.unwrap_or_else(|| {
                let file = &module.file;
                self.core().undefined(format!(
                    "the template '{file}' (imported on line 1) does not export \
                     the requested name '{there}'"
                ))
            });
            self.frame.set(here, value);
        }
        Ok(())
    }

    /// `{% block %}` where it stands: the outermost child's.
    pub fn exec_block(&self, block: &Arc<Block>, out: &mut Vec<Value>) -> Result<(), Stop> {
        let outer = if block.scoped { &self.frame } else { &self.unit.top };
        let frame = Frame::child(outer);
        self.render_block(&self.unit, &block.name, 0, frame, out)
    }

    /// `super()` and `self.name()`.
    pub fn call_block(&self, called: &BlockObject) -> Result<Value, Stop> {
        let frame = Frame::child(&called.unit.top);
        let mut out = Vec::new();
        self.render_block(&called.unit, &called.name, called.depth, frame, &mut out)?;
        self.core().concat(out)
    }

    fn render_block(
        &self,
        unit: &Arc<Unit>,
        name: &Name,
        depth: usize,
        frame: Arc<Frame>,
        out: &mut Vec<Value>,
    ) -> Result<(), Stop> {
        let found = unit.lock_blocks().get(name).and_then(|chain| chain.get(depth)).cloned();
        let Some(found) = found else {
            let undefined = self.core().undefined(format!(
                "there is no parent block called {}.",
                Value::str(Arc::clone(name)).repr()
            ));
            out.push(undefined);
            return Ok(());
        };
        if found.block.required && depth == 0 {
            return raise(format!("Required block '{name}' not found"));
        }
        if self.session.stack_is_deep() {
            return Err(super::session::recursion(&Value::NULL));
        }
        let unit = unit.within(&unit.template, found.origin.as_ref());
        let ctx =
            Ctx { session: self.session, unit, frame, block: Some((Arc::clone(name), depth)) };
        ctx.exec(&found.block.body, out)?;
        Ok(())
    }

    /// The first of several templates that exists.
    fn load_first(&self, names: &[String]) -> Result<Loaded, Stop> {
        for name in names {
            if let Some(path) = self.find(name) {
                return self.load(&path);
            }
        }
        let folders: Vec<String> =
            self.folders().iter().map(|f| format!("'{}'", f.display())).collect();
        let folders = folders.join(", ");
        match names {
            [name] => raise(format!("'{name}' not found in search path: {folders}")),
            _ => raise(format!("none of the templates given were found: {}", names.join(", "))),
        }
    }

    fn any_exists(&self, names: &[String]) -> bool {
        names.iter().any(|name| self.find(name).is_some())
    }

    fn folders(&self) -> Vec<PathBuf> {
        let mut folders = self.session.folders.clone();
        for folder in self.session.scope.search_path() {
            folders.push(folder.join("templates"));
            folders.push(folder);
        }
        folders
    }

    fn find(&self, name: &str) -> Option<PathBuf> {
        let relative: PathBuf = Path::new(name)
            .components()
            .filter(|c| !matches!(c, Component::RootDir | Component::CurDir))
            .collect();
        if relative.components().any(|c| matches!(c, Component::ParentDir)) {
            return None;
        }
        self.folders().iter().map(|folder| folder.join(&relative)).find(|path| path.is_file())
    }

    fn load(&self, path: &Path) -> Result<Loaded, Stop> {
        let bytes = self.session.scope.read_file(path)?;
        let origin = Origin::whole(&Source::file(path.display().to_string()));
        let Ok(text) = String::from_utf8(bytes) else {
            return raise(format!("the template '{}' is no UTF-8 text", path.display()));
        };
        let source: Arc<str> = text.into();
        let mode = Mode { no_header: true, ..self.session.settings.mode() };
        let template = compile(&source, &self.session.options, mode)
            .map_err(|fault| syntax_error(&fault, &source, Some(&origin), "template"))?;
        Ok((template, origin))
    }
}
