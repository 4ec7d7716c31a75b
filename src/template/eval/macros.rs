//! Macros and call blocks.

use super::ctx::Ctx;
use super::frame::Frame;
use super::objects::{MacroObject, value as object_value};
use super::raise;
use crate::base::{Key, Kind, Map, Value};
use crate::template::syntax::ast::{Arg, Expr, Macro};
use crate::template::table::{Args, Stop};
use std::sync::Arc;

impl Ctx<'_> {
    /// Calls a macro.
    pub fn call_macro(&self, called: &MacroObject, args: Args) -> Result<Value, Stop> {
        if self.session.stack_is_deep() {
            return Err(super::session::recursion(&Value::NULL));
        }
        let inner = Ctx {
            session: self.session,
            unit: Arc::clone(&called.unit),
            frame: Frame::child(&called.frame),
            block: None,
        };
        inner.bind(&called.definition, args)?;
        inner.capture(&called.definition.body)
    }

    fn bind(&self, definition: &Macro, mut args: Args) -> Result<(), Stop> {
        let name = &definition.name;
        let caller = args.keyword.shift_remove(&Key::from("caller"));
        let count = definition.params.len();
        let rest = args.positional.split_off(count.min(args.positional.len()));
        if !rest.is_empty() && !definition.uses.varargs {
            return raise(format!("macro '{name}' takes not more than {count} argument(s)"));
        }
        let mut given = args.positional.into_iter();
        for (param, default) in &definition.params {
            let keyword = args.keyword.shift_remove(&Key::Str(Arc::clone(param)));
            let value = match (given.next(), keyword, default) {
                (Some(value), _, _) | (None, Some(value), _) => value,
                (None, None, Some(default)) => self.eval(default)?,
                (None, None, None) => {
                    self.core().undefined(format!("parameter '{param}' was not provided"))
                }
            };
            self.frame.set(param, value);
        }
        self.bind_special(definition, caller, rest, args.keyword)
    }

    fn bind_special(
        &self,
        definition: &Macro,
        caller: Option<Value>,
        rest: Vec<Value>,
        keywords: Map,
    ) -> Result<(), Stop> {
        let (name, uses) = (&definition.name, definition.uses);
        if uses.caller {
            let caller = caller.unwrap_or_else(|| self.core().undefined("No caller defined"));
            self.frame.set(&"caller".into(), caller);
        } else if caller.is_some() {
            return raise(format!(
                "macro '{name}' was invoked with two values for the special caller argument. This \
                 is most likely a bug."
            ));
        }
        if uses.varargs {
            self.frame.set(&"varargs".into(), Value::new(Kind::Tuple(Arc::new(rest))));
        }
        if uses.kwargs {
            self.frame.set(&"kwargs".into(), Value::map(keywords));
        } else if let Some(key) = keywords.keys().next() {
            return raise(format!(
                "macro '{name}' takes no keyword argument {}",
                key.value().repr()
            ));
        }
        Ok(())
    }

    /// `{% call %}`: the body is handed over as `caller`.
    pub fn call_with_body(
        &self,
        callee: &Expr,
        args: &[Arg],
        body: &Arc<Macro>,
    ) -> Result<Value, Stop> {
        let callee = self.eval(callee)?;
        let mut args = self.args(args)?;
        let caller = MacroObject {
            definition: Arc::clone(body),
            frame: Arc::clone(&self.frame),
            unit: Arc::clone(&self.unit),
        };
        args.keyword.insert(Key::from("caller"), object_value(caller));
        self.call_value(&callee, args)
    }
}
