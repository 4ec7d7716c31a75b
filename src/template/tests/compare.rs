//! Tests that compare, and tests of numbers and letters.

use super::jinja;
use crate::base::{Kind, Value};
use crate::template::filters::bind::{Bound, text_of};
use crate::template::filters::iterate::contains;
use crate::template::filters::order::{big_of, compare_as, float_of};
use crate::template::table::{Args, Env, Stop, Test};
use num_integer::Integer;
use num_traits::Zero;
use std::cmp::Ordering;

pub(super) const TESTS: &[Test] = &[
    jinja("eq", "Whether both are equal.", equal, &[("1 is eq 1.0", "true")]),
    jinja("equalto", "Whether both are equal.", equal, &[("'a' is equalto 'b'", "false")]),
    jinja("==", "Whether both are equal.", equal, &[("[1, 2] | select('==', 2)", "[2]")]),
    jinja("ne", "Whether both differ.", unequal, &[("1 is ne 2", "true")]),
    jinja("!=", "Whether both differ.", unequal, &[("[1, 2] | select('!=', 2)", "[1]")]),
    jinja("lt", "Whether it is less.", less, &[("1 is lt 2", "true")]),
    jinja("lessthan", "Whether it is less.", less, &[("2 is lessthan 2", "false")]),
    jinja("<", "Whether it is less.", less, &[("[1, 2] | select('<', 2)", "[1]")]),
    jinja("le", "Whether it is not greater.", less_equal, &[("2 is le 2", "true")]),
    jinja("<=", "Whether it is not greater.", less_equal, &[("[1, 3] | select('<=', 2)", "[1]")]),
    jinja("gt", "Whether it is greater.", greater, &[("2 is gt 1", "true")]),
    jinja("greaterthan", "Whether it is greater.", greater, &[("'b' is greaterthan 'a'", "true")]),
    jinja(">", "Whether it is greater.", greater, &[("[1, 2] | select('>', 1)", "[2]")]),
    jinja("ge", "Whether it is not less.", greater_equal, &[("2 is ge 2", "true")]),
    jinja(">=", "Whether it is not less.", greater_equal, &[("[1, 2] | select('>=', 2)", "[2]")]),
    jinja(
        "in",
        "Whether a list, dict or text contains it.",
        within,
        &[("1 is in [1, 2]", "true"), ("'x' is in 'abc'", "false")],
    ),
    jinja("even", "Whether it is even.", even, &[("4 is even", "true")]),
    jinja("odd", "Whether it is odd.", odd, &[("4 is odd", "false")]),
    jinja(
        "divisibleby",
        "Whether another number divides it.",
        divisibleby,
        &[("9 is divisibleby 3", "true")],
    ),
    jinja("lower", "Whether it has small letters only.", lower, &[("'abc1' is lower", "true")]),
    jinja("upper", "Whether it has capitals only.", upper, &[("'aB' is upper", "false")]),
];

fn other<'a>(call: &'static str, args: &'a Args) -> Result<&'a Value, Stop> {
    match args.positional.as_slice() {
        [only] if args.keyword.is_empty() => Ok(only),
        given => {
            let count = given.len() + 1;
            Err(Stop::fault(format!("{call} expected 2 arguments, got {count}")))
        }
    }
}

fn equal(_: &dyn Env, value: &Value, args: &Args) -> Result<bool, Stop> {
    Ok(value == other("eq", args)?)
}

fn unequal(_: &dyn Env, value: &Value, args: &Args) -> Result<bool, Stop> {
    Ok(value != other("ne", args)?)
}

/// Python: nothing is less than or equal to NaN.
fn ordered(
    call: &'static str,
    operator: &str,
    value: &Value,
    args: &Args,
    wanted: &[Ordering],
) -> Result<bool, Stop> {
    let other = other(call, args)?;
    let nan = |v: &Value| float_of(v).is_some_and(f64::is_nan);
    let order = compare_as(operator, value, other)?;
    Ok(!nan(value) && !nan(other) && wanted.contains(&order))
}

fn less(_: &dyn Env, value: &Value, args: &Args) -> Result<bool, Stop> {
    ordered("lt", "<", value, args, &[Ordering::Less])
}

fn less_equal(_: &dyn Env, value: &Value, args: &Args) -> Result<bool, Stop> {
    ordered("le", "<=", value, args, &[Ordering::Less, Ordering::Equal])
}

fn greater(_: &dyn Env, value: &Value, args: &Args) -> Result<bool, Stop> {
    ordered("gt", ">", value, args, &[Ordering::Greater])
}

fn greater_equal(_: &dyn Env, value: &Value, args: &Args) -> Result<bool, Stop> {
    ordered("ge", ">=", value, args, &[Ordering::Greater, Ordering::Equal])
}

fn within(_: &dyn Env, value: &Value, args: &Args) -> Result<bool, Stop> {
    let bound = Bound::of("test_in", args, &["seq"], 1)?;
    contains(bound.need("seq")?, value)
}

/// `value % divisor == 0`.
fn divides(value: &Value, divisor: &Value) -> Result<bool, Stop> {
    if let (Some(a), Some(b)) = (big_of(value), big_of(divisor)) {
        return if b.is_zero() {
            Err(Stop::fault("integer modulo by zero"))
        } else {
            Ok(a.mod_floor(&b).is_zero())
        };
    }
    match (float_of(value), float_of(divisor)) {
        (Some(_), Some(0.0)) => Err(Stop::fault("float modulo by zero")),
        (Some(a), Some(b)) => Ok(a % b == 0.0),
        _ if matches!(value.kind, Kind::Str(_)) => {
            Err(Stop::fault("not all arguments converted during string formatting"))
        }
        _ => Err(Stop::fault(format!(
            "unsupported operand type(s) for %: '{}' and '{}'",
            value.type_name(),
            divisor.type_name()
        ))),
    }
}

fn even(_: &dyn Env, value: &Value, args: &Args) -> Result<bool, Stop> {
    Bound::of("test_even", args, &[], 0)?;
    divides(value, &Value::from(2))
}

fn odd(_: &dyn Env, value: &Value, args: &Args) -> Result<bool, Stop> {
    Bound::of("test_odd", args, &[], 0)?;
    #[allow(clippy::float_cmp)] // the remainder is exact
    let whole = !matches!(value.kind, Kind::Float(f) if f.rem_euclid(2.0) != 1.0);
    Ok(!divides(value, &Value::from(2))? && whole)
}

fn divisibleby(_: &dyn Env, value: &Value, args: &Args) -> Result<bool, Stop> {
    let bound = Bound::of("test_divisibleby", args, &["num"], 1)?;
    divides(value, bound.need("num")?)
}

fn cased(value: &Value, right: fn(char) -> bool, wrong: fn(char) -> bool) -> bool {
    let text = text_of(value);
    text.chars().any(right) && !text.chars().any(wrong)
}

fn lower(_: &dyn Env, value: &Value, args: &Args) -> Result<bool, Stop> {
    Bound::of("test_lower", args, &[], 0)?;
    Ok(cased(value, char::is_lowercase, char::is_uppercase))
}

fn upper(_: &dyn Env, value: &Value, args: &Args) -> Result<bool, Stop> {
    Bound::of("test_upper", args, &[], 0)?;
    Ok(cased(value, char::is_uppercase, char::is_lowercase))
}
