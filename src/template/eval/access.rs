//! Attributes, items and slices: Python's, with Ansible's texts for what is missing (S-29, S-32).

use super::core::Core;
use super::objects::{
    BlockObject, Bound, NoElse, RangeObject, SelfObject, as_object, value as object_value,
};
use super::{is_marker, need, secret};
use crate::base::{Key, Kind, Value};
use crate::template::methods;
use crate::template::syntax::ast::Name;
use crate::template::table::Stop;
use num_traits::ToPrimitive;
use std::sync::Arc;

impl Core<'_> {
    /// `object.name`: a method or attribute of its type first, then an item (S-32).
    pub fn attribute(&self, object: &Value, name: &Name) -> Result<Value, Stop> {
        if is_marker(object) {
            return Ok(object.clone());
        }
        if let Some(found) = own_attribute(object, name) {
            return Ok(found);
        }
        let key = Key::Str(Arc::clone(name));
        if let Some(found) = self.entry(object, &key)? {
            return Ok(found);
        }
        if name.starts_with("__") {
            let type_name = object.type_name();
            return Ok(self.undefined(format!(
                "access to attribute '{name}' of '{type_name}' object is unsafe."
            )));
        }
        Ok(self.missing(object, &key.value()))
    }

    /// `object[key]`: an item first, then an attribute.
    pub fn item(&self, object: &Value, key: &Value) -> Result<Value, Stop> {
        if is_marker(object) {
            return Ok(object.clone());
        }
        let key = need(self.session.cells.now(key.clone()))?;
        let object = &self.session.cells.now(object.clone());
        let found = match (&object.kind, &key.kind) {
            (Kind::List(items) | Kind::Tuple(items), _) => {
                let at = index(&key).and_then(|i| place(i, items.len()));
                at.map(|at| self.taken(object, items[at].clone())).transpose()?
            }
            (Kind::Str(text), _) => character(text, &key).map(|c| secret::same(object, c)),
            _ => match Key::of(&key) {
                Some(key) => self.entry(object, &key)?,
                None => None,
            },
        };
        if let Some(found) = found {
            return Ok(found);
        }
        if let (Some(range), Some(i)) = (as_object::<RangeObject>(object), index(&key)) {
            let length = usize::try_from(range.length()).unwrap_or(usize::MAX);
            if let Some(at) = place(i, length) {
                return Ok(Value::from(range.at(at as i64)));
            }
        }
        if let Kind::Str(name) = &key.kind
            && let Some(found) = own_attribute(object, name)
        {
            return Ok(found);
        }
        Ok(self.missing(object, &key))
    }

    /// An entry of a dict or object, touched.
    fn entry(&self, object: &Value, key: &Key) -> Result<Option<Value>, Stop> {
        let object = &self.session.cells.now(object.clone());
        let found = match &object.kind {
            Kind::Map(map) => map.get(key).cloned(),
            Kind::Object(inner) => {
                let found = inner.get(key)?;
                found.map(|found| match (&found.kind, self.origin) {
                    (Kind::Undefined(_), Some(origin)) if found.origin().is_none() => {
                        found.at(origin.clone())
                    }
                    _ => found,
                })
            }
            _ => None,
        };
        found.map(|found| self.taken(object, found)).transpose()
    }

    fn missing(&self, object: &Value, key: &Value) -> Value {
        if let Some(no_else) = as_object::<NoElse>(object) {
            return self.undefined(no_else.message.clone());
        }
        let type_name = object.type_name();
        let key = &key.masked();
        let falsy = !key.is_true() && !key.is_null();
        if falsy && key.as_str().is_some() {
            return self.undefined(format!("'{type_name} object' has no attribute {}", key.repr()));
        }
        if falsy {
            return self.undefined(format!("{type_name} object has no element {}", key.repr()));
        }
        let key = key.repr();
        self.undefined(format!("object of type '{type_name}' has no attribute {key}"))
    }

    /// `object[start:stop:step]`
    pub fn slice(&self, object: &Value, bounds: [Value; 3]) -> Result<Value, Stop> {
        if is_marker(object) {
            return Ok(object.clone());
        }
        let object = &self.session.cells.now(object.clone());
        let mut numbers = [None; 3];
        for (number, bound) in numbers.iter_mut().zip(bounds) {
            let bound = need(bound)?;
            match index(&bound) {
                Some(i) => *number = Some(i),
                None if bound.is_null() => {}
                None => {
                    let text = "slice indices must be integers or None or have an __index__ method";
                    return super::raise(text);
                }
            }
        }
        if numbers[2] == Some(0) {
            return super::raise("slice step cannot be zero");
        }
        Ok(match &object.kind {
            Kind::List(items) => {
                let picked = pick(items, numbers);
                part_of(object, Value::list(picked))
            }
            Kind::Tuple(items) => {
                let picked = pick(items, numbers);
                part_of(object, Value::new(Kind::Tuple(Arc::new(picked))))
            }
            Kind::Str(text) => {
                let chars: Vec<char> = text.chars().collect();
                let picked: String = pick(&chars, numbers).into_iter().collect();
                secret::same(object, Value::from(picked))
            }
            _ => {
                let Some(range) = as_object::<RangeObject>(object) else {
                    let name = object.type_name();
                    return super::raise(format!("'{name}' object is not subscriptable"));
                };
                object_value(slice_range(range, numbers))
            }
        })
    }
}

/// A number that can be an index.
fn index(key: &Value) -> Option<i64> {
    match &key.kind {
        Kind::Int(n) => Some(*n),
        Kind::Bool(b) => Some(i64::from(*b)),
        Kind::Big(n) => Some(n.to_i64().unwrap_or(if n.sign() == num_bigint::Sign::Minus {
            i64::MIN
        } else {
            i64::MAX
        })),
        _ => None,
    }
}

fn place(index: i64, length: usize) -> Option<usize> {
    let length = i64::try_from(length).ok()?;
    let at = if index < 0 { index.checked_add(length)? } else { index };
    usize::try_from(at).ok().filter(|at| (*at as i64) < length)
}

fn character(text: &str, key: &Value) -> Option<Value> {
    let count = text.chars().count();
    let at = place(index(key)?, count)?;
    text.chars().nth(at).map(|c| Value::from(c.to_string()))
}

/// First index, end and step as Python computes them for a length.
fn bounds(length: i64, [start, stop, step]: [Option<i64>; 3]) -> (i64, i64, i64) {
    let step = step.unwrap_or(1);
    let (low, high) = if step > 0 { (0, length) } else { (-1, length - 1) };
    let fit = |bound: Option<i64>, default: i64| match bound {
        None => default,
        Some(bound) if bound < 0 => bound.saturating_add(length).max(low),
        Some(bound) => bound.min(high),
    };
    let (first, last) = if step > 0 { (low, high) } else { (high, low) };
    (fit(start, first), fit(stop, last), step)
}

fn pick<T: Clone>(items: &[T], numbers: [Option<i64>; 3]) -> Vec<T> {
    let (mut at, stop, step) = bounds(items.len() as i64, numbers);
    let mut picked = Vec::new();
    while (step > 0 && at < stop) || (step < 0 && at > stop) {
        if let Some(item) = usize::try_from(at).ok().and_then(|i| items.get(i)) {
            picked.push(item.clone());
        }
        at = at.saturating_add(step);
    }
    picked
}

fn slice_range(range: &RangeObject, numbers: [Option<i64>; 3]) -> RangeObject {
    let (start, stop, step) = bounds(range.length(), numbers);
    RangeObject {
        start: range.at(start),
        stop: range.at(stop),
        step: range.step.saturating_mul(step),
    }
}

/// What the type itself has under a name: a bound method or a number such as `year`.
fn own_attribute(object: &Value, name: &Name) -> Option<Value> {
    if let Some(data) = methods::data(object, name) {
        return Some(data);
    }
    if let Some(this) = as_object::<SelfObject>(object) {
        let known = this.unit.lock_blocks().contains_key(name);
        return known.then(|| {
            let unit = Arc::clone(&this.unit);
            object_value(BlockObject { unit, name: Arc::clone(name), depth: 0 })
        });
    }
    if let (Some(block), "super") = (as_object::<BlockObject>(object), &**name) {
        return Some(object_value(BlockObject {
            unit: Arc::clone(&block.unit),
            name: Arc::clone(&block.name),
            depth: block.depth + 1,
        }));
    }
    if methods::has(object, name) {
        let receiver = object.clone();
        return Some(object_value(Bound { receiver, name: Arc::clone(name) }));
    }
    None
}

/// A part of a container that is wholly secret is wholly secret.
fn part_of(whole: &Value, part: Value) -> Value {
    if matches!(whole.meta().secret, crate::base::Secret::All) { part.secret() } else { part }
}
