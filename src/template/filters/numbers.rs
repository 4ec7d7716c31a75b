//! Filters on numbers.

use super::bind::{Bound, because};
use super::integer::{parse_float, parse_int, to_float, truncate};
use super::order::{big_of, float_of};
use super::{builtin, jinja};
use crate::base::{Kind, Value};
use crate::template::table::{Args, Env, Filter, Stop};
use num_bigint::BigInt;
use num_traits::Signed;

pub(super) const FILTERS: &[Filter] = &[
    jinja(
        "int",
        "Reads a whole number, in a base; gives the default where there is none.",
        int,
        &[
            ("'42' | int", "42"),
            ("'42.7' | int", "42"),
            ("'x' | int(-1)", "-1"),
            ("'0x1A' | int(base=16)", "26"),
        ],
    ),
    jinja(
        "float",
        "Reads a number; gives the default where there is none.",
        float,
        &[("'1.5' | float", "1.5"), ("'x' | float", "0.0")],
    ),
    jinja("abs", "Gives a number without its sign.", abs, &[("-3 | abs", "3")]),
    jinja(
        "round",
        "Rounds to some digits: common, ceil or floor.",
        round,
        &[
            ("42.55 | round", "43.0"),
            ("42.55 | round(1, 'floor')", "42.5"),
            ("2.5 | round", "2.0"),
            ("42.1 | round(method='ceil') | int", "43"),
        ],
    ),
    builtin(
        "log",
        "ansible.builtin.log",
        "Gives the logarithm, natural or to a base.",
        log,
        &[("8 | log(2)", "3.0"), ("1000 | log(10)", "3.0")],
    ),
    builtin("pow", "ansible.builtin.pow", "Raises to a power.", pow, &[("2 | pow(10)", "1024.0")]),
    builtin(
        "root",
        "ansible.builtin.root",
        "Gives the square root, or another one.",
        root,
        &[("9 | root", "3.0"), ("32 | root(5)", "2.0")],
    ),
];

fn int(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    let bound = Bound::of("do_int", args, &["default", "base"], 0)?;
    let base = bound.int("base", 10)?;
    if base != 0 && !(2..=36).contains(&base) {
        // Python's int() refuses it, and the number is then read as a decimal one.
        return Ok(via_float(&value, &bound));
    }
    let read = match &value.kind {
        Kind::Str(text) => parse_int(text, base as u32),
        Kind::Float(f) if f.is_infinite() => {
            return Err(Stop::fault("cannot convert float infinity to integer"));
        }
        Kind::Float(f) => truncate(*f),
        _ => big_of(&value),
    };
    Ok(read.map_or_else(|| via_float(&value, &bound), Value::big))
}

/// So that `'42.23' | int` is 42.
fn via_float(value: &Value, bound: &Bound) -> Value {
    match to_float(value).and_then(truncate) {
        Some(number) => Value::big(number),
        None => bound.get("default").cloned().unwrap_or_else(|| Value::from(0)),
    }
}

fn float(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    let bound = Bound::of("do_float", args, &["default"], 0)?;
    let read = match &value.kind {
        Kind::Str(text) => parse_float(text),
        _ => float_of(&value),
    };
    Ok(match read {
        Some(number) => Value::from(number),
        None => bound.get("default").cloned().unwrap_or_else(|| Value::from(0.0)),
    })
}

fn abs(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    Bound::of("abs", args, &[], 0)?;
    match &value.kind {
        Kind::Float(f) => Ok(Value::from(f.abs())),
        _ => big_of(&value).map(|n| Value::big(n.abs())).ok_or_else(|| {
            Stop::fault(format!("bad operand type for abs(): '{}'", value.class_name()))
        }),
    }
}

fn round(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    let bound = Bound::of("do_round", args, &["precision", "method"], 0)?;
    let precision = bound.int("precision", 0)?;
    let method = bound.text("method", "common");
    if !matches!(&*method, "common" | "ceil" | "floor") {
        return Err(Stop::fault("method must be common, ceil or floor"));
    }
    if method == "common" {
        return round_half_even(&value, precision);
    }
    let number = float_of(&value)
        .ok_or_else(|| Stop::fault(format!("must be real number, not {}", value.type_name())))?;
    let scale = 10_f64.powi(precision as i32);
    let scaled = number * scale;
    let whole = if method == "ceil" { scaled.ceil() } else { scaled.floor() };
    Ok(Value::from(whole / scale))
}

/// Python's `round(value, digits)`: ties go to the even digit.
pub fn round_half_even(value: &Value, digits: i64) -> Result<Value, Stop> {
    if let Kind::Float(f) = value.kind {
        if digits >= 0 {
            // The formatter rounds the exact binary value, ties to even, as Python does.
            let text = format!("{f:.*}", digits.min(400) as usize);
            return Ok(Value::from(text.parse::<f64>().unwrap_or(f)));
        }
        let scale = 10_f64.powi((-digits).min(400) as i32);
        return Ok(Value::from((f / scale).round_ties_even() * scale));
    }
    let Some(number) = big_of(value) else {
        let kind = value.type_name();
        return Err(Stop::fault(format!("type {kind} doesn't define __round__ method")));
    };
    if digits >= 0 {
        return Ok(Value::big(number));
    }
    let unit = BigInt::from(10).pow((-digits).min(10_000) as u32);
    let two = BigInt::from(2);
    let (quotient, rest) = num_integer::Integer::div_mod_floor(&number, &unit);
    let up = match (&rest * &two).cmp(&unit) {
        std::cmp::Ordering::Less => false,
        std::cmp::Ordering::Greater => true,
        std::cmp::Ordering::Equal => num_integer::Integer::is_odd(&quotient),
    };
    Ok(Value::big((quotient + BigInt::from(u8::from(up))) * unit))
}

/// What Python says where a function has no value.
const DOMAIN: &str = "math domain error";

fn real(value: &Value, failure: &str) -> Result<f64, Stop> {
    float_of(value)
        .ok_or_else(|| because(failure, format!("must be real number, not {}", value.type_name())))
}

fn log(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    const FAILURE: &str = "log() can only be used on numbers";
    let bound = Bound::of("logarithm", args, &["base"], 0)?;
    let number = real(&value, FAILURE)?;
    if number <= 0.0 {
        return Err(Stop::fault(DOMAIN));
    }
    let result = match bound.get("base") {
        None => number.ln(),
        Some(base) => match real(base, FAILURE)? {
            10.0 => number.log10(),
            base if base <= 0.0 => {
                return Err(Stop::fault(DOMAIN));
            }
            1.0 => return Err(Stop::fault("division by zero")),
            base => number.ln() / base.ln(),
        },
    };
    Ok(Value::from(result))
}

fn pow(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    const FAILURE: &str = "pow() can only be used on numbers";
    let bound = Bound::of("power", args, &["y"], 1)?;
    let (x, y) = (real(&value, FAILURE)?, real(bound.need("y")?, FAILURE)?);
    let result = x.powf(y);
    if (x == 0.0 && y < 0.0) || (result.is_nan() && !x.is_nan() && !y.is_nan()) {
        return Err(Stop::fault(DOMAIN));
    }
    if result.is_infinite() && x.is_finite() && y.is_finite() {
        return Err(Stop::fault("math range error"));
    }
    Ok(Value::from(result))
}

fn root(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    const FAILURE: &str = "root() can only be used on numbers";
    let bound = Bound::of("inversepower", args, &["base"], 0)?;
    let number = real(&value, FAILURE)?;
    let base = match bound.get("base") {
        None => 2.0,
        Some(base) => to_float(base).ok_or_else(|| Stop::fault(FAILURE))?,
    };
    if base == 0.0 {
        return Err(Stop::fault("float division by zero"));
    }
    #[allow(clippy::float_cmp)] // the same question as in Python
    let result = if base == 2.0 { number.sqrt() } else { number.powf(1.0 / base) };
    if result.is_nan() && !number.is_nan() {
        return Err(because(FAILURE, DOMAIN));
    }
    Ok(Value::from(result))
}
