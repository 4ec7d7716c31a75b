//! Python's operators.

mod arithmetic;
mod compare;
mod percent;
mod times;

pub use arithmetic::{binary, negate};
pub use compare::order;

use super::eval::objects::{NoElse, as_object};
use super::eval::{Core, need, raise};
use super::syntax::ast::{Comparison, Operator};
use super::table::Stop;
use crate::base::{Kind, Value};

/// A type's name in the errors of operators: they name the module too, and Ansible's own types of what
/// was written somewhere.
fn type_name(value: &Value) -> String {
    match value.kind {
        Kind::Time(_) if value.origin().is_none() => format!("datetime.{}", value.type_name()),
        _ => value.class_name().to_string(),
    }
}

impl Core<'_> {
    /// A value as an operator takes it: defined, and as it is now.
    pub fn operand(&self, value: Value) -> Result<Value, Stop> {
        let value = need(self.session.cells.now(value))?;
        match as_object::<NoElse>(&value) {
            Some(no_else) => raise(no_else.message.clone()),
            None => Ok(value),
        }
    }

    /// `left op right`
    pub fn binary(&self, op: Operator, left: &Value, right: &Value) -> Result<Value, Stop> {
        let result = match (&left.kind, op) {
            (Kind::Str(text), Operator::Rem) => {
                let right = self.deep(right)?;
                percent::format(self, text, &right)?
            }
            _ => arithmetic::binary(op, left, right)?,
        };
        // Items of joined lists keep their own marks.
        if matches!(result.kind, Kind::List(_) | Kind::Tuple(_)) {
            return Ok(result);
        }
        if matches!((&left.kind, &right.kind, op), (Kind::Str(_), Kind::Str(_), Operator::Add)) {
            return Ok(result);
        }
        Ok(super::eval::taint([left, right], result))
    }

    /// `left op right` of a comparison.
    pub fn compare(&self, op: Comparison, left: &Value, right: &Value) -> Result<bool, Stop> {
        match op {
            Comparison::In => self.contains(right, left),
            Comparison::NotIn => Ok(!self.contains(right, left)?),
            Comparison::Eq => self.equal(left, right),
            Comparison::Ne => Ok(!self.equal(left, right)?),
            _ => {
                let left = self.whole(&self.operand(left.clone())?)?;
                let right = self.whole(&self.operand(right.clone())?)?;
                compare::holds(op, &left, &right)
            }
        }
    }

    /// Whether two values are equal; those of another length are not looked into.
    fn equal(&self, left: &Value, right: &Value) -> Result<bool, Stop> {
        let length = |value: &Value| match &self.session.cells.now(value.clone()).kind {
            Kind::List(items) | Kind::Tuple(items) => Some(items.len()),
            Kind::Map(map) => Some(map.len()),
            _ => None,
        };
        if length(left) != length(right) {
            return Ok(false);
        }
        if matches!(
            (&left.kind, &right.kind),
            (Kind::Big(_), Kind::Float(_)) | (Kind::Float(_), Kind::Big(_))
        ) {
            return Ok(order("==", left, right)?.is_some_and(std::cmp::Ordering::is_eq));
        }
        Ok(self.whole(left)? == self.whole(right)?)
    }

    /// A value with all below it settled, if anything is.
    fn whole(&self, value: &Value) -> Result<Value, Stop> {
        match value.kind {
            Kind::List(_) | Kind::Tuple(_) | Kind::Map(_) => self.deep(value),
            _ => Ok(value.clone()),
        }
    }
}
