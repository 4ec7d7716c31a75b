//! Sums of dates and durations.

use crate::base::{Kind, Time, Value};
use crate::template::eval::raise;
use crate::template::syntax::ast::Operator;
use crate::template::table::Stop;
use jiff::SignedDuration;
use jiff::civil::DateTime;

fn duration(time: SignedDuration) -> Value {
    Value::new(Kind::Time(Time::Delta(time)))
}

/// `left op right` when at least one is a date or duration; None when that is not defined.
pub fn binary(op: Operator, left: &Value, right: &Value) -> Result<Option<Value>, Stop> {
    Ok(match (&left.kind, op, &right.kind) {
        (Kind::Time(Time::Delta(a)), _, Kind::Time(Time::Delta(b))) => durations(op, *a, *b)?,
        (Kind::Time(at), Operator::Add, Kind::Time(Time::Delta(delta)))
        | (Kind::Time(Time::Delta(delta)), Operator::Add, Kind::Time(at)) => {
            Some(shifted(at, *delta)?)
        }
        (Kind::Time(at), Operator::Sub, Kind::Time(Time::Delta(delta))) => {
            Some(shifted(at, -*delta)?)
        }
        (Kind::Time(a), Operator::Sub, Kind::Time(b)) => between(a, b)?,
        (Kind::Time(Time::Delta(delta)), _, Kind::Int(n))
        | (Kind::Int(n), Operator::Mul, Kind::Time(Time::Delta(delta))) => scaled(op, *delta, *n)?,
        _ => None,
    })
}

fn durations(op: Operator, a: SignedDuration, b: SignedDuration) -> Result<Option<Value>, Stop> {
    let (x, y) = (a.as_nanos(), b.as_nanos());
    Ok(match op {
        Operator::Add => a.checked_add(b).map(duration),
        Operator::Sub => a.checked_sub(b).map(duration),
        Operator::Div | Operator::FloorDiv | Operator::Rem if y == 0 => {
            return raise("division by zero");
        }
        Operator::Div => Some(Value::from(x as f64 / y as f64)),
        Operator::FloorDiv => Some(Value::big(num_integer::Integer::div_floor(&x, &y).into())),
        Operator::Rem => {
            let rest = num_integer::Integer::mod_floor(&x, &y);
            Some(duration(nanos(rest)))
        }
        _ => None,
    })
}

fn nanos(nanos: i128) -> SignedDuration {
    let seconds = i64::try_from(nanos.div_euclid(1_000_000_000)).unwrap_or(i64::MAX);
    SignedDuration::new(seconds, nanos.rem_euclid(1_000_000_000) as i32)
}

fn scaled(op: Operator, delta: SignedDuration, by: i64) -> Result<Option<Value>, Stop> {
    let by = i128::from(by);
    Ok(match op {
        Operator::Mul => Some(duration(nanos(delta.as_nanos().saturating_mul(by)))),
        Operator::Div | Operator::FloorDiv if by == 0 => {
            return raise("integer division or modulo by zero");
        }
        Operator::Div | Operator::FloorDiv => {
            let micros = num_integer::Integer::div_floor(&(delta.as_nanos() / 1000), &by);
            Some(duration(nanos(micros * 1000)))
        }
        _ => None,
    })
}

fn shifted(at: &Time, by: SignedDuration) -> Result<Value, Stop> {
    let moved = match at {
        Time::Date(date) => {
            let days = by.as_secs().div_euclid(86_400);
            date.checked_add(SignedDuration::from_hours(days * 24)).map(Time::Date)
        }
        Time::DateTime(at, offset) => at.checked_add(by).map(|at| Time::DateTime(at, *offset)),
        Time::Delta(delta) => return Ok(duration(delta.saturating_add(by))),
    };
    match moved {
        Ok(moved) => Ok(Value::new(Kind::Time(moved))),
        Err(_) => raise("date value out of range"),
    }
}

fn between(a: &Time, b: &Time) -> Result<Option<Value>, Stop> {
    let passed = |a: DateTime, b: DateTime| duration(a.duration_since(b));
    Ok(match (a, b) {
        (Time::Date(a), Time::Date(b)) => Some(duration(a.duration_since(*b))),
        (Time::DateTime(a, None), Time::DateTime(b, None)) => Some(passed(*a, *b)),
        (Time::DateTime(a, Some(x)), Time::DateTime(b, Some(y))) => {
            let shift = SignedDuration::from_secs(i64::from(y.seconds() - x.seconds()));
            Some(duration(a.duration_since(*b).saturating_add(shift)))
        }
        (Time::DateTime(..), Time::DateTime(..)) => {
            return raise("can't subtract offset-naive and offset-aware datetimes");
        }
        _ => None,
    })
}
