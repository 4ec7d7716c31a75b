//! Sums, products and joined sequences.

use super::times;
use crate::base::{Kind, Value};
use crate::template::eval::{Pieces, raise};
use crate::template::syntax::ast::Operator;
use crate::template::table::Stop;
use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{Signed, ToPrimitive, Zero};
use std::sync::Arc;

/// Powers with more bits than this are refused: they would take forever.
const MOST_BITS: u64 = 4_000_000;
/// Longest text or list that a product makes.
const LONGEST: usize = 100_000_000;

enum Number {
    Int(BigInt),
    Float(f64),
}

fn number(value: &Value) -> Option<Number> {
    Some(match &value.kind {
        Kind::Int(n) => Number::Int(BigInt::from(*n)),
        Kind::Bool(b) => Number::Int(BigInt::from(u8::from(*b))),
        Kind::Big(n) => Number::Int((**n).clone()),
        Kind::Float(f) => Number::Float(*f),
        _ => return None,
    })
}

fn float(number: &Number) -> f64 {
    match number {
        Number::Int(n) => n.to_f64().unwrap_or(f64::INFINITY),
        Number::Float(f) => *f,
    }
}

fn symbol(op: Operator) -> &'static str {
    match op {
        Operator::Add => "+",
        Operator::Sub => "-",
        Operator::Mul => "*",
        Operator::Div => "/",
        Operator::FloorDiv => "//",
        Operator::Rem => "%",
        Operator::Pow => "** or pow()",
    }
}

/// `left op right`
pub fn binary(op: Operator, left: &Value, right: &Value) -> Result<Value, Stop> {
    if let (Kind::Int(a), Kind::Int(b)) = (&left.kind, &right.kind) {
        let quick = match op {
            Operator::Add => a.checked_add(*b),
            Operator::Sub => a.checked_sub(*b),
            Operator::Mul => a.checked_mul(*b),
            _ => None,
        };
        if let Some(result) = quick {
            return Ok(Value::from(result));
        }
    }
    if let (Some(a), Some(b)) = (number(left), number(right)) {
        return match (&a, &b) {
            (Number::Int(a), Number::Int(b)) => integers(op, a, b),
            _ => floats(op, float(&a), float(&b)),
        };
    }
    if let Some(result) = times::binary(op, left, right)? {
        return Ok(result);
    }
    match op {
        Operator::Add => add(left, right),
        Operator::Mul => repeat(left, right),
        _ => unsupported(op, left, right),
    }
}

fn unsupported<T>(op: Operator, left: &Value, right: &Value) -> Result<T, Stop> {
    raise(format!(
        "unsupported operand type(s) for {}: '{}' and '{}'",
        symbol(op),
        super::type_name(left),
        super::type_name(right)
    ))
}

fn integers(op: Operator, a: &BigInt, b: &BigInt) -> Result<Value, Stop> {
    Ok(match op {
        Operator::Add => Value::big(a + b),
        Operator::Sub => Value::big(a - b),
        Operator::Mul => Value::big(a * b),
        Operator::Div if b.is_zero() => return raise("division by zero"),
        Operator::Div => return quotient(a, b),
        Operator::FloorDiv if b.is_zero() => return raise("integer division or modulo by zero"),
        Operator::FloorDiv => Value::big(a.div_floor(b)),
        Operator::Rem if b.is_zero() => return raise("integer modulo by zero"),
        Operator::Rem => Value::big(a.mod_floor(b)),
        Operator::Pow => return power(a, b),
    })
}

fn quotient(a: &BigInt, b: &BigInt) -> Result<Value, Stop> {
    match (a.to_f64(), b.to_f64()) {
        (Some(x), Some(y)) if x.is_finite() && y.is_finite() => Ok(Value::from(x / y)),
        _ => raise("integer division result too large for a float"),
    }
}

fn power(a: &BigInt, b: &BigInt) -> Result<Value, Stop> {
    if b.is_negative() {
        let (base, exponent) = (a.to_f64().unwrap_or(f64::INFINITY), b.to_f64());
        return floats(Operator::Pow, base, exponent.unwrap_or(f64::NEG_INFINITY));
    }
    let exponent = b.to_u32().filter(|e| a.bits().saturating_mul(u64::from(*e)) <= MOST_BITS);
    match exponent {
        Some(exponent) => Ok(Value::big(a.pow(exponent))),
        None if a.bits() <= 1 => {
            let odd = b.is_odd();
            Ok(if a.is_negative() && !odd { Value::big(-a) } else { Value::big(a.clone()) })
        }
        None => raise("the result of ** is too large"),
    }
}

fn floats(op: Operator, a: f64, b: f64) -> Result<Value, Stop> {
    let zero = match op {
        Operator::Div => "float division by zero",
        Operator::FloorDiv => "float floor division by zero",
        Operator::Rem => "float modulo",
        _ => "",
    };
    if b == 0.0 && !zero.is_empty() {
        return raise(zero);
    }
    Ok(Value::from(match op {
        Operator::Add => a + b,
        Operator::Sub => a - b,
        Operator::Mul => a * b,
        Operator::Div => a / b,
        Operator::FloorDiv => (a / b).floor(),
        Operator::Rem => {
            let rest = a % b;
            if rest != 0.0 && (rest < 0.0) != (b < 0.0) { rest + b } else { rest }
        }
        Operator::Pow if a == 0.0 && b < 0.0 => {
            return raise("0.0 cannot be raised to a negative power");
        }
        Operator::Pow if a < 0.0 && b.fract() != 0.0 => {
            return raise("complex numbers are not supported in templates");
        }
        Operator::Pow => a.powf(b),
    }))
}

fn add(left: &Value, right: &Value) -> Result<Value, Stop> {
    match (&left.kind, &right.kind) {
        (Kind::Str(a), Kind::Str(b)) => {
            let mut pieces = Pieces::default();
            pieces.push(left, a);
            pieces.push(right, b);
            Ok(pieces.finish())
        }
        (Kind::List(a), Kind::List(b)) => Ok(Value::list(joined(left, a, right, b))),
        (Kind::Tuple(a), Kind::Tuple(b)) => {
            Ok(Value::new(Kind::Tuple(Arc::new(joined(left, a, right, b)))))
        }
        (Kind::Str(_) | Kind::List(_) | Kind::Tuple(_), _) => {
            let (name, other) = (left.type_name(), right.class_name());
            raise(format!("can only concatenate {name} (not \"{other}\") to {name}"))
        }
        _ => unsupported(Operator::Add, left, right),
    }
}

fn joined(left: &Value, a: &[Value], right: &Value, b: &[Value]) -> Vec<Value> {
    let own = |whole: &Value, item: &Value| crate::template::eval::same(whole, item.clone());
    a.iter().map(|item| own(left, item)).chain(b.iter().map(|item| own(right, item))).collect()
}

fn repeat(left: &Value, right: &Value) -> Result<Value, Stop> {
    let (sequence, count) = match (&left.kind, &right.kind) {
        (Kind::Str(_) | Kind::List(_) | Kind::Tuple(_), Kind::Int(_) | Kind::Bool(_)) => {
            (left, right)
        }
        (Kind::Int(_) | Kind::Bool(_), Kind::Str(_) | Kind::List(_) | Kind::Tuple(_)) => {
            (right, left)
        }
        (Kind::Str(_) | Kind::List(_) | Kind::Tuple(_), _) => {
            let name = right.class_name();
            return raise(format!("can't multiply sequence by non-int of type '{name}'"));
        }
        (_, Kind::Str(_) | Kind::List(_) | Kind::Tuple(_)) => {
            let name = left.class_name();
            return raise(format!("can't multiply sequence by non-int of type '{name}'"));
        }
        _ => return unsupported(Operator::Mul, left, right),
    };
    let count = match count.kind {
        Kind::Int(n) => usize::try_from(n).unwrap_or(0),
        _ => usize::from(count.is_true()),
    };
    let length = match &sequence.kind {
        Kind::Str(text) => text.len(),
        _ => sequence.as_list().map_or(0, <[Value]>::len),
    };
    if length.saturating_mul(count) > LONGEST {
        return raise("the result of * is too long");
    }
    let many = |items: &[Value]| {
        std::iter::repeat_n(items, count).flat_map(|i| i.iter().cloned()).collect::<Vec<_>>()
    };
    Ok(match &sequence.kind {
        Kind::Str(text) => Value::from(text.repeat(count)),
        Kind::Tuple(items) => Value::new(Kind::Tuple(Arc::new(many(items)))),
        _ => Value::list(many(sequence.as_list().unwrap_or_default())),
    })
}

/// `-value`
pub fn negate(value: &Value) -> Result<Value, Stop> {
    if let Kind::Time(crate::base::Time::Delta(delta)) = &value.kind {
        return Ok(Value::new(Kind::Time(crate::base::Time::Delta(-*delta))));
    }
    match number(value) {
        Some(Number::Int(n)) => Ok(Value::big(-n)),
        Some(Number::Float(f)) => Ok(Value::from(-f)),
        None => raise(format!("bad operand type for unary -: '{}'", value.class_name())),
    }
}
