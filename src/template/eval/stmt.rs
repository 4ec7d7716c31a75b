//! Statements.

use super::ctx::Ctx;
use super::objects::{MacroObject, Namespace, as_object, value as object_value};
use super::{need, raise};
use crate::base::Value;
use crate::template::syntax::ast::{Expr, Name, Stmt, Target};
use crate::template::table::Stop;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// How a statement ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// On to the next one.
    Next,
    /// `{% break %}`
    Break,
    /// `{% continue %}`
    Continue,
}

impl Ctx<'_> {
    /// Runs the whole template, with those that it extends.
    pub fn run(&self, out: &mut Vec<Value>) -> Result<(), Stop> {
        let template = Arc::clone(&self.unit.template);
        self.exec(&template.body, out)?;
        let Some((parent, origin)) = self.unit.parent.get() else { return Ok(()) };
        self.unit.add_blocks(parent, origin.as_ref());
        let unit = self.unit.within(parent, origin.as_ref());
        let ctx = Ctx { session: self.session, unit, frame: Arc::clone(&self.frame), block: None };
        ctx.run(out)
    }

    /// Runs statements; their output is appended.
    pub fn exec(&self, body: &[Stmt], out: &mut Vec<Value>) -> Result<Flow, Stop> {
        for stmt in body {
            let flow = self.exec_one(stmt, out)?;
            if flow != Flow::Next {
                return Ok(flow);
            }
        }
        Ok(Flow::Next)
    }

    /// What a body prints.
    pub fn capture(&self, body: &[Stmt]) -> Result<Value, Stop> {
        let mut out = Vec::new();
        self.exec(body, &mut out)?;
        self.core().concat(out)
    }

    /// Each arm is one call, so that the stack of deep templates stays small.
    fn exec_one(&self, stmt: &Stmt, out: &mut Vec<Value>) -> Result<Flow, Stop> {
        let silent = self.unit.parent.get().is_some();
        let at = if let Stmt::Emit(_, at) = stmt { *at } else { usize::MAX };
        self.unit.at.store(at, Ordering::Relaxed);
        match stmt {
            Stmt::Raw(_) | Stmt::Emit(..) | Stmt::Block(_) if silent => Ok(Flow::Next),
            Stmt::Raw(text) => {
                out.push(text.clone());
                Ok(Flow::Next)
            }
            Stmt::Emit(expr, _) => self.emit(expr, out),
            Stmt::If(test, then, otherwise) => self.exec_if(test, then, otherwise, out),
            Stmt::For(node) => self.exec_for(node, out),
            Stmt::With(assignments, body) => self.with(assignments, body, out),
            Stmt::Set(target, expr) => self.set(target, expr),
            Stmt::SetBlock(target, filter, body) => self.set_block(target, filter.as_ref(), body),
            Stmt::FilterBlock(filter, body) => self.filter_block(filter, body, silent, out),
            Stmt::Scope(body) => self.exec(body, out),
            Stmt::Do(expr) => self.eval(expr).map(|_| Flow::Next),
            Stmt::Continue => Ok(Flow::Continue),
            Stmt::Break => Ok(Flow::Break),
            other => self.exec_composed(other, out, silent),
        }
    }

    fn emit(&self, expr: &Expr, out: &mut Vec<Value>) -> Result<Flow, Stop> {
        out.push(self.eval(expr)?);
        Ok(Flow::Next)
    }

    fn set(&self, target: &Target, expr: &Expr) -> Result<Flow, Stop> {
        self.assign(target, self.eval(expr)?)?;
        Ok(Flow::Next)
    }

    fn exec_if(
        &self,
        test: &Expr,
        then: &[Stmt],
        otherwise: &[Stmt],
        out: &mut Vec<Value>,
    ) -> Result<Flow, Stop> {
        let test = self.eval(test)?;
        self.exec(if self.core().truth(&test)? { then } else { otherwise }, out)
    }

    fn with(
        &self,
        assignments: &[(Target, Expr)],
        body: &[Stmt],
        out: &mut Vec<Value>,
    ) -> Result<Flow, Stop> {
        let inner = self.inner();
        for (target, expr) in assignments {
            inner.assign(target, self.eval(expr)?)?;
        }
        inner.exec(body, out)
    }

    fn filter_block(
        &self,
        filter: &Expr,
        body: &[Stmt],
        silent: bool,
        out: &mut Vec<Value>,
    ) -> Result<Flow, Stop> {
        let text = self.inner().capture(body)?;
        let result = self.filter_chain(filter, text)?;
        if !silent {
            out.push(result);
        }
        Ok(Flow::Next)
    }

    /// Statements that have to do with other templates, blocks and macros.
    fn exec_composed(&self, stmt: &Stmt, out: &mut Vec<Value>, silent: bool) -> Result<Flow, Stop> {
        match stmt {
            Stmt::Block(block) => self.exec_block(block, out)?,
            Stmt::Extends(name) => self.extends(name)?,
            Stmt::Include { name, ignore_missing, with_context } => {
                let mut included = Vec::new();
                self.include(name, *ignore_missing, *with_context, &mut included)?;
                if !silent {
                    out.append(&mut included);
                }
            }
            Stmt::Import { name, target, with_context } => {
                let module = self.import(name, *with_context)?;
                self.frame.set(target, object_value(module));
            }
            Stmt::FromImport { name, names, with_context } => {
                self.import_names(name, names, *with_context)?;
            }
            Stmt::Macro(definition) => {
                let called = MacroObject {
                    definition: Arc::clone(definition),
                    frame: Arc::clone(&self.frame),
                    unit: Arc::clone(&self.unit),
                };
                self.frame.set(&definition.name, object_value(called));
            }
            Stmt::Call(callee, args, body) => {
                let result = self.call_with_body(callee, args, body)?;
                if !silent {
                    out.push(result);
                }
            }
            _ => {}
        }
        Ok(Flow::Next)
    }

    fn set_block(
        &self,
        target: &Target,
        filter: Option<&Expr>,
        body: &[Stmt],
    ) -> Result<Flow, Stop> {
        let mut value = self.inner().capture(body)?;
        if let Some(filter) = filter {
            value = self.filter_chain(filter, value)?;
        }
        self.assign(target, value)?;
        Ok(Flow::Next)
    }

    /// Puts a value where a target says.
    pub fn assign(&self, target: &Target, value: Value) -> Result<(), Stop> {
        match target {
            Target::Name(name) => {
                self.frame.set(name, value);
                Ok(())
            }
            Target::Attr(name, attribute) => self.assign_attribute(name, attribute, value),
            Target::List(targets) => {
                let items = self.unpack(&value, targets.len())?;
                for (target, item) in targets.iter().zip(items) {
                    self.assign(target, item)?;
                }
                Ok(())
            }
        }
    }

    fn assign_attribute(&self, name: &Name, attribute: &Name, value: Value) -> Result<(), Stop> {
        let object = need(self.variable(name)?)?;
        match as_object::<Namespace>(&object) {
            Some(namespace) => {
                namespace.set(attribute, value);
                Ok(())
            }
            None => raise("cannot assign attribute on non-namespace object"),
        }
    }

    fn unpack(&self, value: &Value, wanted: usize) -> Result<Vec<Value>, Stop> {
        let items = match self.core().items(value) {
            Ok(items) => items,
            Err(Stop::Fault(_)) => {
                let name = value.type_name();
                return raise(format!("cannot unpack non-iterable {name} object"));
            }
            Err(other) => return Err(other),
        };
        if items.len() < wanted {
            let got = items.len();
            return raise(format!("not enough values to unpack (expected {wanted}, got {got})"));
        }
        if items.len() > wanted {
            return raise(format!("too many values to unpack (expected {wanted})"));
        }
        Ok(items)
    }
}
