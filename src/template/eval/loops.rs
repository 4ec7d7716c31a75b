//! Loops.

use super::ctx::Ctx;
use super::frame::Frame;
use super::objects::{LoopObject, value as object_value};
use super::raise;
use super::stmt::Flow;
use crate::base::Value;
use crate::template::syntax::ast::{For, Name};
use crate::template::table::{Args, Stop};
use std::sync::{Arc, Mutex};

impl Ctx<'_> {
    /// `{% for %}`
    pub fn exec_for(&self, node: &Arc<For>, out: &mut Vec<Value>) -> Result<Flow, Stop> {
        let iter = self.eval(&node.iter)?;
        self.turn(node, &iter, 0, out)?;
        Ok(Flow::Next)
    }

    /// `loop(items)` of a recursive loop.
    pub fn call_loop(&self, this: &LoopObject, args: &Args) -> Result<Value, Stop> {
        if !this.definition.recursive {
            return raise("The loop must have the 'recursive' marker to be called recursively.");
        }
        let Some(items) = args.positional.first() else {
            return raise(
                "LoopContext.__call__() missing 1 required positional argument: 'iterable'",
            );
        };
        if self.session.stack_is_deep() {
            return Err(super::session::recursion(items));
        }
        let mut out = Vec::new();
        let around = self.on(Arc::clone(&this.frame));
        around.turn(&this.definition, items, this.depth + 1, &mut out)?;
        self.core().concat(out)
    }

    fn turn(
        &self,
        node: &Arc<For>,
        iter: &Value,
        depth: usize,
        out: &mut Vec<Value>,
    ) -> Result<(), Stop> {
        let items = Arc::new(self.chosen(node, iter)?);
        if items.is_empty() {
            self.inner().exec(&node.otherwise, out)?;
            return Ok(());
        }
        let last = Arc::new(Mutex::new(None));
        let loop_name: Name = "loop".into();
        for index in 0..items.len() {
            let inner = self.on(Frame::child(&self.frame));
            inner.assign(&node.target, items[index].clone())?;
            if !node.uses_loop {
                if inner.exec(&node.body, out)? == Flow::Break {
                    break;
                }
                continue;
            }
            let this = LoopObject {
                items: Arc::clone(&items),
                index,
                depth,
                definition: Arc::clone(node),
                frame: Arc::clone(&self.frame),
                last: Arc::clone(&last),
            };
            inner.frame.set(&loop_name, object_value(this));
            if inner.exec(&node.body, out)? == Flow::Break {
                break;
            }
        }
        Ok(())
    }

    /// The items that the condition behind `if` lets through.
    fn chosen(&self, node: &For, iter: &Value) -> Result<Vec<Value>, Stop> {
        let items = self.core().items(iter)?;
        let Some(filter) = &node.filter else { return Ok(items) };
        let mut chosen = Vec::with_capacity(items.len());
        for item in items {
            let inner = self.inner();
            inner.assign(&node.target, item.clone())?;
            if inner.core().truth(&inner.eval(filter)?)? {
                chosen.push(item);
            }
        }
        Ok(chosen)
    }
}
