//! The last step: a result that can be stored (S-27, S-35).

use super::core::{Core, is_template};
use super::objects::RangeObject;
use super::{is_marker, raise, trip};
use crate::base::{Diagnostic, Key, Kind, Map, Origin, Source, Time, Value};
use crate::template::table::Stop;
use std::sync::{Arc, PoisonError};

/// What a result is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finalize {
    /// It is stored: what has no place in variables is an error.
    Store,
    /// It is stored, and keys that are templates are rendered too (S-28).
    StoreKeys,
    /// It becomes text beside other text.
    Text,
}

/// Whether a value is free of templates, vaulted texts, omit, tuples, objects and undefined.
pub fn is_plain(value: &Value) -> bool {
    match &value.kind {
        Kind::Str(_) => !is_template(value),
        Kind::List(items) => items.iter().all(is_plain),
        Kind::Map(map) => map.values().all(is_plain),
        Kind::Tuple(_) | Kind::Undefined(_) | Kind::Omit | Kind::Vault(_) | Kind::Object(_) => {
            false
        }
        Kind::Time(time) => !matches!(time, Time::Delta(_)),
        _ => true,
    }
}

/// Whether a value is free of templates, vaulted texts and undefined.
pub fn is_settled(value: &Value) -> bool {
    match &value.kind {
        Kind::Str(_) => !is_template(value),
        Kind::List(items) | Kind::Tuple(items) => items.iter().all(is_settled),
        Kind::Map(map) => map.values().all(is_settled),
        Kind::Undefined(_) | Kind::Vault(_) => false,
        Kind::Object(_) => !is_marker(value),
        _ => true,
    }
}

impl Core<'_> {
    /// A value with everything below it rendered, omit left out, tuples as lists.
    pub fn finalize(&self, value: &Value, mode: Finalize) -> Result<Value, Stop> {
        let value = self.session.cells.deep(value);
        self.settle(&value, mode)
    }

    fn settle(&self, value: &Value, mode: Finalize) -> Result<Value, Stop> {
        if mode != Finalize::StoreKeys && is_plain(value) {
            return Ok(value.clone());
        }
        if self.session.stack_is_deep() {
            return Err(super::session::recursion(value));
        }
        let value = &self.session.cells.deep(&self.touch(value.clone())?);
        match &value.kind {
            _ if is_marker(value) => self.stand_in(value),
            Kind::List(items) | Kind::Tuple(items) => {
                let items = self.settle_items(value, items, mode)?;
                Ok(Value::new(Kind::List(Arc::new(items))).marked_as(value))
            }
            Kind::Map(map) => {
                let map = self.settle_map(value, map, mode)?;
                Ok(Value::new(Kind::Map(Arc::new(map))).marked_as(value))
            }
            Kind::Object(_) => self.settle_object(value, mode),
            Kind::Time(Time::Delta(_)) if mode != Finalize::Text => unsupported(value),
            _ => Ok(value.clone()),
        }
    }

    fn settle_items(
        &self,
        whole: &Value,
        items: &[Value],
        mode: Finalize,
    ) -> Result<Vec<Value>, Stop> {
        let mut settled = Vec::with_capacity(items.len());
        for item in items {
            let item = self.taken(whole, item.clone())?;
            if !matches!(item.kind, Kind::Omit) {
                settled.push(self.settle(&item, mode)?);
            }
        }
        Ok(settled)
    }

    fn settle_map(&self, whole: &Value, map: &Map, mode: Finalize) -> Result<Map, Stop> {
        let mut settled = Map::with_capacity(map.len());
        for (key, item) in map {
            let item = self.taken(whole, item.clone())?;
            if matches!(item.kind, Kind::Omit) {
                continue;
            }
            let key = if mode == Finalize::StoreKeys { self.key(whole, key)? } else { key.clone() };
            settled.insert(key, self.settle(&item, mode)?);
        }
        Ok(settled)
    }

    /// A key as a template: keys have no marks of their own, those of the mapping hold for them.
    fn key(&self, whole: &Value, key: &Key) -> Result<Key, Stop> {
        let Key::Str(text) = key else { return Ok(key.clone()) };
        let template = Value::template(Arc::clone(text), whole.origin().cloned());
        if !is_template(&template) {
            return Ok(key.clone());
        }
        let rendered = super::need(self.touch(template)?)?;
        match Key::of(&rendered) {
            Some(key) => Ok(key),
            None => raise(format!("unhashable type: '{}'", rendered.type_name())),
        }
    }

    fn settle_object(&self, value: &Value, mode: Finalize) -> Result<Value, Stop> {
        let Kind::Object(object) = &value.kind else { return Ok(value.clone()) };
        let keys = object.keys().filter(|_| !super::objects::is_ours(&**object));
        let Some(keys) = keys else {
            return if mode == Finalize::Text { Ok(value.clone()) } else { unsupported(value) };
        };
        let mut map = Map::with_capacity(keys.len());
        for key in keys {
            let item = object.get(&key)?.unwrap_or(Value::NULL);
            let item = self.settle(&item, mode)?;
            if !matches!(item.kind, Kind::Omit) {
                map.insert(key, item);
            }
        }
        Ok(Value::map(map).marked_as(value))
    }

    /// What stands for an error where a value is needed: that error, or its text in the places that
    /// go on without it (S-36).
    pub fn stand_in(&self, value: &Value) -> Result<Value, Stop> {
        if self.session.placeholders.is_none() {
            return Err(trip(value));
        }
        match trip(value) {
            Stop::Undefined(error) | Stop::Fault(error) => Ok(self.placeholder(error)),
            Stop::Suspended => Err(Stop::Suspended),
        }
    }

    /// The text that stands for an error.
    pub fn placeholder(&self, error: Diagnostic) -> Value {
        let Some(errors) = self.session.placeholders else { return Value::NULL };
        let mut errors = errors.lock().unwrap_or_else(PoisonError::into_inner);
        let text = format!("<< error {} - {} >>", errors.len() + 1, error.chain());
        errors.push(error);
        Value::from(text)
    }
}

fn unsupported(value: &Value) -> Result<Value, Stop> {
    let name = match &value.kind {
        Kind::Object(object) if object.as_any().is::<RangeObject>() => "range",
        _ => value.type_name(),
    };
    // What has no place in variables was written nowhere.
    let nowhere = Origin::whole(&Source::described("<unknown>"));
    let error = Diagnostic::new(format!("Type '{name}' is unsupported for variable storage."));
    let error = error.at(Some(&nowhere));
    Err(Stop::Fault(match &value.kind {
        Kind::Object(object) if name == "range" => error.hint(super::objects::text(&**object)),
        _ => error,
    }))
}
