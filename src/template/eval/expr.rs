//! Expressions.

use super::ctx::Ctx;
use super::objects::{NoElse, value as object_value};
use super::secret::Pieces;
use super::{need, raise};
use crate::base::{Diagnostic, Key, Kind, Map, Value};
use crate::template::ops;
use crate::template::syntax::ast::{Asked, Comparison, Expr, Inline, Name, Operator, Piped};
use crate::template::table::Stop;
use std::sync::Arc;

impl Ctx<'_> {
    /// The value of an expression. What is undefined is a value until something needs it.
    ///
    /// Each arm is one call, so that the stack of deep expressions stays small.
    pub fn eval(&self, expr: &Expr) -> Result<Value, Stop> {
        match expr {
            Expr::Const(value) => Ok(value.clone()),
            Expr::Embedded(text) => self.embedded(text),
            Expr::Var(name) => self.variable(name),
            Expr::List(items) => self.list(items),
            Expr::Tuple(items) => self.tuple(items),
            Expr::Dict(entries) => self.dict(entries),
            Expr::Attr(object, name) => self.attribute(object, name),
            Expr::Item(object, key) => self.item(object, key),
            Expr::Slice(object, bounds) => self.slice(object, bounds),
            Expr::Neg(inner) => self.negate(inner),
            Expr::Not(inner) => self.not(inner),
            Expr::And(left, right) => self.either(left, right, false),
            Expr::Or(left, right) => self.either(left, right, true),
            Expr::Binary(operator, left, right) => self.binary(*operator, left, right),
            Expr::Concat(parts) => self.concat_parts(parts),
            Expr::Compare(first, rest) => self.compare(first, rest),
            Expr::If(inline) => self.inline(inline),
            Expr::Filter(piped) => self.piped(piped),
            Expr::Test(asked) => self.test(asked),
            Expr::Call(callee, args) => self.call(callee, args),
        }
    }

    fn list(&self, items: &[Expr]) -> Result<Value, Stop> {
        Ok(Value::list(self.eval_all(items)?))
    }

    fn tuple(&self, items: &[Expr]) -> Result<Value, Stop> {
        Ok(Value::new(Kind::Tuple(Arc::new(self.eval_all(items)?))))
    }

    fn attribute(&self, object: &Expr, name: &Name) -> Result<Value, Stop> {
        let object = self.eval(object)?;
        self.core().attribute(&object, name)
    }

    fn item(&self, object: &Expr, key: &Expr) -> Result<Value, Stop> {
        let object = self.eval(object)?;
        let key = self.eval(key)?;
        self.core().item(&object, &key)
    }

    fn negate(&self, inner: &Expr) -> Result<Value, Stop> {
        let inner = self.eval(inner)?;
        ops::negate(&self.core().operand(inner)?)
    }

    fn not(&self, inner: &Expr) -> Result<Value, Stop> {
        let inner = self.eval(inner)?;
        Ok(Value::from(!self.core().truth(&inner)?))
    }

    /// `and` and `or`: the left side decides whether the right one is looked at.
    fn either(&self, left: &Expr, right: &Expr, settles: bool) -> Result<Value, Stop> {
        let left = self.eval(left)?;
        if self.core().truth(&left)? == settles { Ok(left) } else { self.eval(right) }
    }

    fn binary(&self, operator: Operator, left: &Expr, right: &Expr) -> Result<Value, Stop> {
        let core = self.core();
        let left = core.operand(self.eval(left)?)?;
        let right = core.operand(self.eval(right)?)?;
        core.binary(operator, &left, &right)
    }

    fn piped(&self, piped: &Piped) -> Result<Value, Stop> {
        let Some(input) = &piped.input else { return raise("a filter has no input") };
        let input = self.eval(input)?;
        self.filter(piped, input)
    }

    fn eval_all(&self, exprs: &[Expr]) -> Result<Vec<Value>, Stop> {
        exprs.iter().map(|expr| self.eval(expr)).collect()
    }

    /// A string that is a template inside of a condition or a lookup's terms (S-34).
    fn embedded(&self, text: &Value) -> Result<Value, Stop> {
        if !self.session.settings.embedded_templates {
            return Ok(text.clone());
        }
        let origin = self.unit.origin.as_ref();
        let message = "Jinja constant strings should not contain embedded templates. This feature \
                       will be disabled by default in ansible-core 2.23.";
        let hint = "Use inline expressions, for example: `when: \"{{ a_var }}\" == 42` becomes \
                    `when: a_var == 42`";
        self.session.scope.warn(Diagnostic::new(message).at(origin).hint(hint));
        let template = Value::template(text.as_str().unwrap_or_default(), origin.cloned());
        self.core().touch(template)
    }

    fn dict(&self, entries: &[(Expr, Expr)]) -> Result<Value, Stop> {
        let mut map = Map::with_capacity(entries.len());
        for (key, value) in entries {
            let key = need(self.eval(key)?)?;
            let Some(key) = Key::of(&key) else {
                return raise(format!("unhashable type: '{}'", key.type_name()));
            };
            map.insert(key, self.eval(value)?);
        }
        Ok(Value::map(map))
    }

    fn slice(&self, object: &Expr, bounds: &[Option<Box<Expr>>; 3]) -> Result<Value, Stop> {
        let object = self.eval(object)?;
        let mut values = [Value::NULL, Value::NULL, Value::NULL];
        for (value, bound) in values.iter_mut().zip(bounds) {
            if let Some(bound) = bound {
                *value = self.eval(bound)?;
            }
        }
        self.core().slice(&object, values)
    }

    fn concat_parts(&self, parts: &[Expr]) -> Result<Value, Stop> {
        let core = self.core();
        let mut pieces = Pieces::default();
        for part in parts {
            let value = self.eval(part)?;
            let text = core.text(&value)?;
            pieces.push(&value, &text);
        }
        Ok(pieces.finish())
    }

    fn compare(&self, first: &Expr, rest: &[(Comparison, Expr)]) -> Result<Value, Stop> {
        let core = self.core();
        let mut left = need(self.eval(first)?)?;
        for (comparison, right) in rest {
            let right = need(self.eval(right)?)?;
            if !core.compare(*comparison, &left, &right)? {
                return Ok(Value::from(false));
            }
            left = right;
        }
        Ok(Value::from(true))
    }

    fn inline(&self, inline: &Inline) -> Result<Value, Stop> {
        if self.core().truth(&self.eval(&inline.test)?)? {
            return self.eval(&inline.then);
        }
        match &inline.otherwise {
            Some(otherwise) => self.eval(otherwise),
            None => Ok(object_value(NoElse {
                message: format!(
                    "the inline if-expression on line {} evaluated to false and no else section \
                     was defined.",
                    inline.line
                ),
            })),
        }
    }

    /// Applies a filter to an input.
    pub fn filter(&self, piped: &Piped, input: Value) -> Result<Value, Stop> {
        let Some(filter) = piped.filter else {
            return raise(format!("No filter named '{}' found.", piped.name));
        };
        let args = self.args(&piped.args)?;
        self.core().filter_value(filter, input, args)
    }

    /// Applies the filters of a block to its text.
    pub fn filter_chain(&self, chain: &Expr, input: Value) -> Result<Value, Stop> {
        let Expr::Filter(piped) = chain else { return raise("no filter") };
        let input = match &piped.input {
            Some(inner) => self.filter_chain(inner, input)?,
            None => input,
        };
        self.filter(piped, input)
    }

    /// A variable or a part of one that is an inline vault, unopened: for the test that asks.
    fn unopened(&self, expr: &Expr) -> Result<Option<Value>, Stop> {
        let found = match expr {
            Expr::Var(name) => match self.frame.get(name) {
                Some(value) => Some(value),
                None => self.session.raw(name)?,
            },
            Expr::Attr(object, name) => {
                let object = self.session.cells.now(self.eval(object)?);
                object.get(name).cloned()
            }
            Expr::Item(object, key) => {
                let object = self.session.cells.now(self.eval(object)?);
                let key = Key::of(&self.eval(key)?);
                key.and_then(|key| object.as_map()?.get(&key).cloned())
            }
            _ => None,
        };
        Ok(found.filter(|value| matches!(value.kind, Kind::Vault(_))))
    }

    fn test(&self, asked: &Asked) -> Result<Value, Stop> {
        if asked.test.is_some_and(|test| test.name == "vault_encrypted")
            && self.unopened(&asked.input)?.is_some()
        {
            return Ok(Value::from(true));
        }
        let input = self.eval(&asked.input)?;
        let Some(test) = asked.test else {
            return raise(format!("No test named '{}' found.", asked.name));
        };
        let args = self.args(&asked.args)?;
        self.core().test_value(test, &input, args)
    }
}
