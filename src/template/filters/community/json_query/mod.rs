//! The filter `json_query`. The expression is parsed by the crate jmespath; it is evaluated here, over
//! our values, so that dicts keep their order and values their marks.

mod functions;

use crate::base::{Key, Kind, Map, Value};
use crate::template::filters::bind::{Bound, str_of};
use crate::template::filters::builtin;
use crate::template::filters::iterate::mapping;
use crate::template::filters::json_read;
use crate::template::filters::order::compare;
use crate::template::table::{Args, Env, Filter, Stop};
use jmespath::ast::{Ast, Comparator};
use std::cmp::Ordering;

pub(super) const FILTERS: &[Filter] = &[builtin(
    "json_query",
    "community.general.json_query",
    "Selects by a JMESPath expression.",
    json_query,
    &[
        ("{'a': [{'b': 1}, {'b': 2}]} | community.general.json_query('a[*].b')", "[1, 2]"),
        ("[{'n': 'x', 's': 2}, {'n': 'y', 's': 1}] | json_query(\"[?s > `1`].n | [0]\")", "'x'"),
        ("{'a': 1} | json_query('b')", "none"),
        ("[{'n': 2}, {'n': 1}] | json_query('sort_by(@, &n)[].n')", "[1, 2]"),
    ],
)];

fn json_query(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    let bound = Bound::of("json_query", args, &["expr"], 1)?;
    let expression = str_of(bound.need("expr")?, "json_query needs a text")?;
    let failed =
        |why: String| Stop::fault(format!("JMESPathError in json_query filter plugin:\n{why}"));
    if expression.is_empty() {
        return Err(failed("Invalid JMESPath expression: cannot be empty.".into()));
    }
    let ast = jmespath::parse(expression).map_err(|e| failed(e.to_string()))?;
    evaluate(&ast, &value).map_err(|problem| match problem {
        Problem::Query(why) => failed(why),
        Problem::Python(why) => {
            Stop::fault(format!("Error in jmespath.search in json_query filter plugin:\n{why}"))
        }
        Problem::Stop(stop) => stop,
    })
}

/// Why a query failed.
enum Problem {
    /// An error of the language.
    Query(String),
    /// An error of Python below it.
    Python(String),
    /// Anything else.
    Stop(Stop),
}

impl From<Stop> for Problem {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::Fault(fault) => Self::Python(fault.message),
            other => Self::Stop(other),
        }
    }
}

/// The value of an expression node for the current value.
fn evaluate(ast: &Ast, value: &Value) -> Result<Value, Problem> {
    match ast {
        Ast::Identity { .. } => Ok(value.clone()),
        Ast::Literal { value, .. } => Ok(json_read::read(&value.to_string()).unwrap_or_default()),
        Ast::Field { name, .. } => field(value, name),
        Ast::Index { idx, .. } => Ok(index(value, i64::from(*idx))),
        Ast::Slice { start, stop, step, .. } => slice(value, *start, *stop, *step),
        Ast::Subexpr { lhs, rhs, .. } => evaluate(rhs, &evaluate(lhs, value)?),
        Ast::Projection { lhs, rhs, .. } => project(&evaluate(lhs, value)?, rhs),
        Ast::Condition { predicate, then, .. } => {
            if is_true(&evaluate(predicate, value)?) {
                evaluate(then, value)
            } else {
                Ok(Value::NULL)
            }
        }
        Ast::Flatten { node, .. } => Ok(flatten(&evaluate(node, value)?)),
        Ast::ObjectValues { node, .. } => {
            let found = evaluate(node, value)?;
            let map = mapping(&found)?;
            Ok(map.map_or(Value::NULL, |map| Value::list(map.values().cloned().collect())))
        }
        Ast::Not { node, .. } => Ok(Value::from(!is_true(&evaluate(node, value)?))),
        Ast::And { lhs, rhs, .. } => either(lhs, rhs, value, true),
        Ast::Or { lhs, rhs, .. } => either(lhs, rhs, value, false),
        Ast::Comparison { comparator, lhs, rhs, .. } => {
            compared(comparator, &evaluate(lhs, value)?, &evaluate(rhs, value)?)
        }
        Ast::MultiList { elements, .. } => multi_list(elements, value),
        Ast::MultiHash { elements, .. } => {
            if value.is_null() {
                return Ok(Value::NULL);
            }
            let entry = |pair: &jmespath::ast::KeyValuePair| {
                Ok((Key::from(pair.key.as_str()), evaluate(&pair.value, value)?))
            };
            Ok(Value::map(elements.iter().map(entry).collect::<Result<Map, Problem>>()?))
        }
        Ast::Function { name, args, .. } => functions::call(name, args, value),
        Ast::Expref { .. } => Err(Problem::Query("an expression reference is no value".into())),
    }
}

fn field(value: &Value, name: &str) -> Result<Value, Problem> {
    if let Kind::Map(map) = &value.kind {
        return Ok(map.get(&Key::from(name)).cloned().unwrap_or_default());
    }
    let map = mapping(value)?;
    Ok(map.and_then(|map| map.get(&Key::from(name)).cloned()).unwrap_or_default())
}

fn index(value: &Value, index: i64) -> Value {
    let Kind::List(items) = &value.kind else { return Value::NULL };
    let place = if index < 0 { index + items.len() as i64 } else { index };
    usize::try_from(place).ok().and_then(|place| items.get(place)).cloned().unwrap_or_default()
}

fn slice(
    value: &Value,
    start: Option<i32>,
    stop: Option<i32>,
    step: i32,
) -> Result<Value, Problem> {
    let Kind::List(items) = &value.kind else { return Ok(Value::NULL) };
    let length = items.len() as i64;
    let step = i64::from(step);
    if step == 0 {
        return Err(Problem::Python("slice step cannot be zero".into()));
    }
    let (low, high) = if step > 0 { (0, length) } else { (-1, length - 1) };
    let place = |bound: Option<i32>, default: i64| match bound.map(i64::from) {
        None => default,
        Some(n) if n < 0 => (n + length).clamp(low, high),
        Some(n) => n.clamp(low, high),
    };
    let (first, last) = if step > 0 { (low, high) } else { (high, low) };
    let (mut at, end) = (place(start, first), place(stop, last));
    let mut taken = Vec::new();
    while (step > 0 && at < end) || (step < 0 && at > end) {
        taken.extend(usize::try_from(at).ok().and_then(|at| items.get(at)).cloned());
        at += step;
    }
    Ok(Value::list(taken))
}

fn project(base: &Value, each: &Ast) -> Result<Value, Problem> {
    let Kind::List(items) = &base.kind else { return Ok(Value::NULL) };
    let mut collected = Vec::new();
    for item in items.iter() {
        let found = evaluate(each, item)?;
        if !found.is_null() {
            collected.push(found);
        }
    }
    Ok(Value::list(collected))
}

fn flatten(base: &Value) -> Value {
    let Kind::List(items) = &base.kind else { return Value::NULL };
    let mut merged = Vec::new();
    for item in items.iter() {
        match &item.kind {
            Kind::List(inner) => merged.extend(inner.iter().cloned()),
            _ => merged.push(item.clone()),
        }
    }
    Value::list(merged)
}

fn either(lhs: &Ast, rhs: &Ast, value: &Value, and: bool) -> Result<Value, Problem> {
    let first = evaluate(lhs, value)?;
    if is_true(&first) == and { evaluate(rhs, value) } else { Ok(first) }
}

fn multi_list(elements: &[Ast], value: &Value) -> Result<Value, Problem> {
    if value.is_null() {
        return Ok(Value::NULL);
    }
    let items: Result<Vec<Value>, Problem> =
        elements.iter().map(|element| evaluate(element, value)).collect();
    items.map(Value::list)
}

/// Empty texts, lists and dicts, none and false are false; zero is true.
fn is_true(value: &Value) -> bool {
    matches!(value.kind, Kind::Int(_) | Kind::Big(_) | Kind::Float(_)) || value.is_true()
}

fn is_number(value: &Value) -> bool {
    matches!(value.kind, Kind::Int(_) | Kind::Big(_) | Kind::Float(_))
}

fn compared(comparator: &Comparator, a: &Value, b: &Value) -> Result<Value, Problem> {
    let equal = || a == b && a.as_bool().is_some() == b.as_bool().is_some();
    let wanted: &[Ordering] = match comparator {
        Comparator::Equal => return Ok(Value::from(equal())),
        Comparator::NotEqual => return Ok(Value::from(!equal())),
        Comparator::LessThan => &[Ordering::Less],
        Comparator::LessThanEqual => &[Ordering::Less, Ordering::Equal],
        Comparator::GreaterThan => &[Ordering::Greater],
        Comparator::GreaterThanEqual => &[Ordering::Greater, Ordering::Equal],
    };
    let comparable = |value: &Value| is_number(value) || value.as_str().is_some();
    if !comparable(a) || !comparable(b) {
        return Ok(Value::NULL);
    }
    Ok(Value::from(wanted.contains(&compare(a, b)?)))
}
