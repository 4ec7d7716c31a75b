//! A template that is being rendered.

use super::core::Core;
use super::frame::Frame;
use super::objects::{BlockObject, BlockOf, SelfObject, Unit, value};
use super::session::Session;
use super::{is_marker, trip};
use crate::base::{Diagnostic, Kind, Origin, Source, Value};
use crate::template::globals;
use crate::template::syntax::ast::{Name, Stmt, Template};
use crate::template::syntax::{SyntaxFault, TemplateOptions, compile};
use crate::template::table::Stop;
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock, PoisonError};

/// A place in a template's run.
pub struct Ctx<'s> {
    /// What the rendering shares.
    pub session: &'s Session<'s>,
    /// The template.
    pub unit: Arc<Unit>,
    /// Its variables.
    pub frame: Arc<Frame>,
    /// The block we are in, and which of its chain.
    pub block: Option<(Name, usize)>,
}

impl Unit {
    /// A template at the head of its inheritance.
    pub fn new(template: &Arc<Template>, origin: Option<&Origin>, top: &Arc<Frame>) -> Arc<Self> {
        let unit = Self {
            template: Arc::clone(template),
            origin: origin.cloned(),
            blocks: Arc::default(),
            top: Arc::clone(top),
            parent: OnceLock::new(),
            at: AtomicUsize::new(usize::MAX),
        };
        unit.add_blocks(template, origin);
        Arc::new(unit)
    }

    /// The same inheritance seen from another template of it.
    pub fn within(&self, template: &Arc<Template>, origin: Option<&Origin>) -> Arc<Self> {
        Arc::new(Self {
            template: Arc::clone(template),
            origin: origin.cloned(),
            blocks: Arc::clone(&self.blocks),
            top: Arc::clone(&self.top),
            parent: OnceLock::new(),
            at: AtomicUsize::new(usize::MAX),
        })
    }

    /// Adds the blocks of a template behind those that are there.
    pub fn add_blocks(&self, template: &Template, origin: Option<&Origin>) {
        let mut blocks = self.lock_blocks();
        for (name, block) in &template.blocks {
            let block = BlockOf { block: Arc::clone(block), origin: origin.cloned() };
            blocks.entry(Arc::clone(name)).or_default().push(block);
        }
    }

    /// The blocks of the inheritance.
    pub fn lock_blocks(&self) -> std::sync::MutexGuard<'_, HashMap<Name, Vec<BlockOf>>> {
        self.blocks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where an error happened: the place of the text, or in it when the text is a whole file.
    pub fn place(&self) -> Option<Origin> {
        let at = self.at.load(Ordering::Relaxed);
        let origin = self.origin.as_ref()?;
        if at == usize::MAX {
            return Some(origin.clone());
        }
        Some(position(origin, &self.template, at))
    }
}

/// A place in a text: of a whole file the line and column, else where the text is.
fn position(origin: &Origin, template: &Template, at: usize) -> Origin {
    if origin.line > 0 || !origin.source.is_file {
        return origin.clone();
    }
    let lines = u32::from(template.skipped > 0);
    in_text(&origin.source, &template.source, at, lines)
}

fn in_text(source: &Arc<Source>, text: &str, at: usize, lines: u32) -> Origin {
    let before = text.get(..at).unwrap_or(text);
    let line = before.matches('\n').count() as u32 + 1 + lines;
    let start = before.rfind('\n').map_or(0, |nl| nl + 1);
    Origin::new(source, line, before[start..].chars().count() as u32 + 1)
}

/// The error of a text that is no template or expression.
pub fn syntax_error(fault: &SyntaxFault, text: &str, origin: Option<&Origin>, kind: &str) -> Stop {
    let mut message = format!("Syntax error in {kind}.");
    if kind == "expression" && TemplateOptions::default().is_template(text) {
        message.push_str(" Template delimiters are not supported in expressions.");
    }
    let place = origin.map(|origin| {
        if origin.line > 0 || !origin.source.is_file {
            return origin.clone();
        }
        in_text(&origin.source, text, fault.at, 0)
    });
    let error = Diagnostic::new(message).at(place.as_ref());
    let error = match &fault.hint {
        Some(hint) => error.hint(hint.clone()),
        None => error,
    };
    Stop::Fault(error.caused_by(Diagnostic::new(fault.message.clone())))
}

/// An error as the template it happened in reports it.
pub fn wrap(stop: Stop, place: Option<&Origin>, kind: &str) -> Stop {
    let Stop::Fault(error) = stop else { return stop };
    if is_template_error(&error) {
        let origin = error.origin.clone().or_else(|| place.cloned());
        return Stop::Fault(Diagnostic { origin, ..error });
    }
    Stop::Fault(Diagnostic::new(format!("Error rendering {kind}.")).at(place).caused_by(error))
}

/// Whether an error says by itself that it is one of a template.
fn is_template_error(error: &Diagnostic) -> bool {
    const STARTS: [&str; 7] = [
        "Error rendering ",
        "Syntax error in ",
        "Recursive loop detected ",
        "The filter plugin ",
        "The test plugin ",
        "The lookup plugin ",
        "Error while evaluating ",
    ];
    STARTS.iter().any(|start| error.message.starts_with(start))
}

impl<'s> Session<'s> {
    /// Renders a text that came through YAML.
    pub fn render_string(&self, text: &Value) -> Result<Value, Stop> {
        let Kind::Str(source) = &text.kind else { return Ok(text.clone()) };
        let mode = crate::template::syntax::Mode { raw_strings: true, ..self.settings.mode() };
        let options = TemplateOptions::default();
        let template = compile(source, &options, mode)
            .map_err(|fault| syntax_error(&fault, source, text.origin(), "template"))?;
        let frame = Frame::root(true);
        let result = self.render_template(&template, text.origin(), &frame)?;
        Ok(dressed(text, result, "\n"))
    }

    /// Renders a compiled template.
    pub fn render_template(
        &'s self,
        template: &Arc<Template>,
        origin: Option<&Origin>,
        frame: &Arc<Frame>,
    ) -> Result<Value, Stop> {
        let unit = Unit::new(template, origin, frame);
        let ctx = Ctx { session: self, unit, frame: Arc::clone(frame), block: None };
        let mut out = Vec::new();
        if let Err(stop) = ctx.run(&mut out) {
            ctx.failed(stop, &mut out)?;
        }
        ctx.core().concat(out).map_err(|stop| wrap(stop, ctx.unit.place().as_ref(), "template"))
    }
}

impl<'s> Session<'s> {
    /// The value of a compiled expression.
    pub fn evaluate(
        &'s self,
        template: &Arc<Template>,
        origin: Option<&Origin>,
    ) -> Result<Value, Stop> {
        let frame = Frame::root(true);
        let unit = Unit::new(template, origin, &frame);
        let ctx = Ctx { session: self, unit, frame, block: None };
        match template.body.first() {
            Some(Stmt::Emit(expr, _)) => ctx.eval(expr),
            _ => super::raise("this is no expression"),
        }
    }
}

/// A result with what it inherits from the text of its template.
pub fn dressed(text: &Value, result: Value, newline: &str) -> Value {
    let mut result = result;
    if let (Some(source), Some(made)) = (text.as_str(), result.as_str()) {
        let lost = newlines(source).saturating_sub(newlines(made));
        if lost > 0 {
            let longer = format!("{made}{}", newline.repeat(lost));
            result = Value::from(longer).marked_as(&result);
        }
    }
    if text.has_secret() {
        result = result.secret();
    }
    match text.origin() {
        Some(origin) if result.origin().is_none() => result.at(origin.clone()),
        _ => result,
    }
}

fn newlines(text: &str) -> usize {
    text.len() - text.trim_end_matches('\n').len()
}

impl<'s> Ctx<'s> {
    /// What needs no template around it.
    pub fn core(&self) -> Core<'_> {
        Core::new(self.session, self.unit.origin.as_ref())
    }

    /// The same run on an inner level of variables.
    pub fn inner(&self) -> Ctx<'s> {
        self.on(Frame::child(&self.frame))
    }

    /// The same run on another level of variables.
    pub fn on(&self, frame: Arc<Frame>) -> Ctx<'s> {
        Ctx {
            session: self.session,
            unit: Arc::clone(&self.unit),
            frame,
            block: self.block.clone(),
        }
    }

    /// The value of a name.
    pub fn variable(&self, name: &Name) -> Result<Value, Stop> {
        if let Some(value) = self.frame.get(name) {
            return Ok(value);
        }
        if let Some(value) = self.special(name) {
            return Ok(value);
        }
        if self.frame.reads_scope
            && let Some(value) = self.session.variable(name)?
        {
            return Ok(value);
        }
        if let Some(value) = globals::find(name) {
            return Ok(value);
        }
        Ok(self.core().undefined(format!("'{name}' is undefined")))
    }

    fn special(&self, name: &str) -> Option<Value> {
        match (name, &self.block) {
            ("super", Some((block, depth))) => Some(value(BlockObject {
                unit: Arc::clone(&self.unit),
                name: Arc::clone(block),
                depth: depth + 1,
            })),
            ("self", _) if !self.unit.lock_blocks().is_empty() => {
                Some(value(SelfObject { unit: Arc::clone(&self.unit) }))
            }
            _ => None,
        }
    }

    /// Deals with an error: an undefined value before it is told first; where text stands for
    /// errors, it joins the output.
    fn failed(&self, stop: Stop, out: &mut Vec<Value>) -> Result<(), Stop> {
        if stop == Stop::Suspended {
            return Err(stop);
        }
        if self.session.placeholders.is_none() {
            if let Some(first) = out.iter().find(|node| is_marker(node)) {
                let stop = trip(first);
                return Err(wrap(stop, self.unit.place().as_ref(), "template"));
            }
            return Err(wrap(stop, self.unit.place().as_ref(), "template"));
        }
        let stop = wrap(stop, self.unit.place().as_ref(), "template");
        let Some(error) = stop.into_diagnostic() else { return Ok(()) };
        let core = self.core();
        for node in out.iter_mut().filter(|node| is_marker(node)) {
            *node = core.stand_in(node)?;
        }
        out.push(core.placeholder(error));
        out.push(core.placeholder(Diagnostic::new("template potentially truncated")));
        Ok(())
    }
}
