//! Tests of what a value is.

use super::{jinja, undefinable};
use crate::base::{Kind, Value};
use crate::template::filters::bind::Bound;
use crate::template::filters::iterate::is_iterable;
use crate::template::table::{Args, Env, Stop, Test};
use std::sync::Arc;

pub(super) const TESTS: &[Test] = &[
    undefinable(jinja(
        "defined",
        "Whether there is such a value.",
        |_, value, args| none("defined", args, !value.is_undefined()),
        &[("1 is defined", "true"), ("missing is defined", "false")],
    )),
    undefinable(jinja(
        "undefined",
        "Whether there is no such value.",
        |_, value, args| none("undefined", args, value.is_undefined()),
        &[("missing is undefined", "true")],
    )),
    jinja(
        "none",
        "Whether it is none.",
        |_, value, args| none("none", args, value.is_null()),
        &[("none is none", "true"), ("'' is none", "false")],
    ),
    jinja(
        "boolean",
        "Whether it is true or false.",
        |_, value, args| none("boolean", args, value.as_bool().is_some()),
        &[("true is boolean", "true"), ("1 is boolean", "false")],
    ),
    jinja(
        "true",
        "Whether it is the boolean true.",
        |_, value, args| none("true", args, value.as_bool() == Some(true)),
        &[("true is true", "true"), ("1 is true", "false")],
    ),
    jinja(
        "false",
        "Whether it is the boolean false.",
        |_, value, args| none("false", args, value.as_bool() == Some(false)),
        &[("false is false", "true"), ("0 is false", "false")],
    ),
    jinja(
        "integer",
        "Whether it is a whole number, and no boolean.",
        |_, value, args| none("integer", args, matches!(value.kind, Kind::Int(_) | Kind::Big(_))),
        &[("1 is integer", "true"), ("true is integer", "false")],
    ),
    jinja(
        "float",
        "Whether it is a number with a fraction.",
        |_, value, args| none("float", args, matches!(value.kind, Kind::Float(_))),
        &[("1.0 is float", "true"), ("1 is float", "false")],
    ),
    jinja(
        "number",
        "Whether it is a number; booleans are.",
        |_, value, args| none("number", args, is_number(value)),
        &[("1.5 is number", "true"), ("'1' is number", "false"), ("true is number", "true")],
    ),
    jinja(
        "string",
        "Whether it is text.",
        |_, value, args| none("string", args, matches!(value.kind, Kind::Str(_))),
        &[("'a' is string", "true"), ("1 is string", "false")],
    ),
    jinja(
        "mapping",
        "Whether it is a dict.",
        |_, value, args| none("mapping", args, is_mapping(value)),
        &[("{} is mapping", "true"), ("[] is mapping", "false")],
    ),
    jinja(
        "sequence",
        "Whether it has a length and items; texts and dicts have.",
        |_, value, args| none("sequence", args, is_iterable(value)),
        &[("[] is sequence", "true"), ("'a' is sequence", "true"), ("1 is sequence", "false")],
    ),
    jinja(
        "iterable",
        "Whether one can loop over it; texts and dicts too.",
        |_, value, args| none("iterable", args, is_iterable(value)),
        &[("{} is iterable", "true"), ("1 is iterable", "false")],
    ),
    jinja(
        "callable",
        "Whether it can be called: a macro or function.",
        |_, value, args| none("callable", args, is_callable(value)),
        &[("'a' is callable", "false")],
    ),
    jinja(
        "sameas",
        "Whether both are one and the same object.",
        sameas,
        &[("true is sameas true", "true"), ("1 is sameas true", "false")],
    ),
    jinja(
        "escaped",
        "Whether it is marked as safe HTML; nothing here is.",
        |_, _, args| none("escaped", args, false),
        &[("'a' is escaped", "false")],
    ),
    jinja(
        "filter",
        "Whether there is a filter of this name.",
        |_, value, args| {
            none("filter", args, crate::template::filters::find(&value.text()).is_some())
        },
        &[("'upper' is filter", "true"), ("'no_such' is filter", "false")],
    ),
    jinja(
        "test",
        "Whether there is a test of this name.",
        |_, value, args| none("test", args, super::find(&value.text()).is_some()),
        &[("'defined' is test", "true"), ("'no_such' is test", "false")],
    ),
    super::builtin(
        "nan",
        "ansible.builtin.nan",
        "Whether it is not a number.",
        nan,
        &[("('nan' | float) is nan", "true"), ("'x' is nan", "false")],
    ),
    super::builtin(
        "isnan",
        "ansible.builtin.isnan",
        "Whether it is not a number.",
        nan,
        &[("1.0 is isnan", "false")],
    ),
];

/// The answer of a test without arguments.
fn none(call: &str, args: &Args, answer: bool) -> Result<bool, Stop> {
    Bound::of(call, args, &[], 0).map(|_| answer)
}

fn is_number(value: &Value) -> bool {
    matches!(value.kind, Kind::Int(_) | Kind::Big(_) | Kind::Float(_) | Kind::Bool(_))
}

/// Whether it is a dict or an object that stands for one.
pub fn is_mapping(value: &Value) -> bool {
    match &value.kind {
        Kind::Map(_) => true,
        Kind::Object(object) => object.keys().is_some(),
        _ => false,
    }
}

fn is_callable(value: &Value) -> bool {
    matches!(&value.kind, Kind::Object(object) if object.keys().is_none())
}

fn sameas(_: &dyn Env, value: &Value, args: &Args) -> Result<bool, Stop> {
    let bound = Bound::of("sameas", args, &["other"], 1)?;
    let other = bound.need("other")?;
    Ok(match (&value.kind, &other.kind) {
        (Kind::List(a), Kind::List(b)) | (Kind::Tuple(a), Kind::Tuple(b)) => Arc::ptr_eq(a, b),
        (Kind::Map(a), Kind::Map(b)) => Arc::ptr_eq(a, b),
        _ => value.type_name() == other.type_name() && value == other,
    })
}

fn nan(_: &dyn Env, value: &Value, args: &Args) -> Result<bool, Stop> {
    none("isnotanumber", args, matches!(value.kind, Kind::Float(f) if f.is_nan()))
}
