//! Calls.

use super::core::Core;
use super::ctx::Ctx;
use super::objects::{
    BlockObject, Bound, Cycler, Global, Joiner, LoopObject, MacroObject, as_object,
};
use super::plugins::inputs;
use super::{captured, is_marker, raise, secret};
use crate::base::{Key, Kind, Map, Value};
use crate::template::globals;
use crate::template::methods;
use crate::template::syntax::ast::{Arg, Expr, Name};
use crate::template::table::{Args, Stop};
use std::sync::{Arc, PoisonError};

impl Ctx<'_> {
    /// `callee(args)`
    pub fn call(&self, callee: &Expr, args: &[Arg]) -> Result<Value, Stop> {
        let Expr::Attr(object, name) = callee else {
            let callee = self.eval(callee)?;
            return self.call_value(&callee, self.args(args)?);
        };
        let object = self.eval(object)?;
        if methods::has(&object, name) {
            let args = self.args(args)?;
            return self.core().method(&object, name, &args);
        }
        let callee = self.core().attribute(&object, name)?;
        self.call_value(&callee, self.args(args)?)
    }

    /// Calls a value; its failure is a value too.
    pub fn call_value(&self, callee: &Value, args: Args) -> Result<Value, Stop> {
        if is_marker(callee) {
            return Ok(callee.clone());
        }
        captured(self.call_known(callee, args))
    }

    fn call_known(&self, callee: &Value, args: Args) -> Result<Value, Stop> {
        if let Some(called) = as_object::<MacroObject>(callee) {
            return self.call_macro(called, args);
        }
        if let Some(global) = as_object::<Global>(callee) {
            return globals::call(&self.core(), global.name, args);
        }
        if let Some(marker) = first_marker(&args) {
            return Ok(marker);
        }
        if let Some(bound) = as_object::<Bound>(callee) {
            return self.core().method(&bound.receiver, &bound.name, &args);
        }
        if let Some(this) = as_object::<LoopObject>(callee) {
            return self.call_loop(this, &args);
        }
        if let Some(block) = as_object::<BlockObject>(callee) {
            return self.call_block(block);
        }
        if let Some(joiner) = as_object::<Joiner>(callee) {
            let mut used = joiner.used.lock().unwrap_or_else(PoisonError::into_inner);
            let first = !std::mem::replace(&mut *used, true);
            return Ok(if first { Value::from("") } else { joiner.separator.clone() });
        }
        raise(format!("'{}' object is not callable", callee.class_name()))
    }

    /// The arguments of a call.
    pub fn args(&self, args: &[Arg]) -> Result<Args, Stop> {
        let mut given = Args::default();
        for arg in args {
            match arg {
                Arg::Position(expr) => given.positional.push(self.eval(expr)?),
                Arg::Keyword(name, expr) => {
                    given.keyword.insert(Key::Str(Arc::clone(name)), self.eval(expr)?);
                }
                Arg::Spread(expr) => {
                    let list = self.eval(expr)?;
                    given.positional.extend(self.core().items(&list)?);
                }
                Arg::SpreadKeywords(expr) => {
                    let map = self.eval(expr)?;
                    given.keyword.extend(self.entries(&map)?);
                }
            }
        }
        Ok(given)
    }

    fn entries(&self, map: &Value) -> Result<Map, Stop> {
        let map = super::need(self.session.cells.now(map.clone()))?;
        let Kind::Map(entries) = &map.kind else {
            return raise(format!("argument after ** must be a mapping, not {}", map.type_name()));
        };
        let core = self.core();
        entries.iter().map(|(k, v)| Ok((k.clone(), core.taken(&map, v.clone())?))).collect()
    }
}

/// The first of the arguments that stands for an error.
pub fn first_marker(args: &Args) -> Option<Value> {
    args.positional.iter().chain(args.keyword.values()).find(|arg| is_marker(arg)).cloned()
}

impl Core<'_> {
    /// `receiver.name(args)` of a type's own method.
    pub fn method(&self, receiver: &Value, name: &Name, args: &Args) -> Result<Value, Stop> {
        if let Some(marker) = first_marker(args) {
            return Ok(marker);
        }
        if let Some(cycler) = as_object::<Cycler>(receiver) {
            let current = cycler.current();
            cycler.step(&**name == "reset");
            return Ok(if &**name == "reset" { Value::NULL } else { current });
        }
        if let Some(this) = as_object::<LoopObject>(receiver) {
            return captured(self.loop_method(this, name, args));
        }
        let result = methods::call(self, receiver, name, args)
            .map_err(|stop| secret::scrub(inputs(receiver, args), stop));
        let result = captured(result)?;
        if is_marker(&result) {
            return Ok(result);
        }
        Ok(secret::taint(inputs(receiver, args), result))
    }

    fn loop_method(&self, this: &LoopObject, name: &str, args: &Args) -> Result<Value, Stop> {
        if name == "cycle" {
            let count = args.positional.len();
            if count == 0 {
                return raise("no items for cycling given");
            }
            return Ok(args.positional[this.index % count].clone());
        }
        let mut seen = Vec::with_capacity(args.positional.len());
        for arg in &args.positional {
            seen.push(self.deep(arg)?);
        }
        let mut last = this.last.lock().unwrap_or_else(PoisonError::into_inner);
        let changed = last.as_ref() != Some(&seen);
        *last = Some(seen);
        Ok(Value::from(changed))
    }
}
