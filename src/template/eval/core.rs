//! What needs no template around it: touching values, truth, iteration, text.

use super::objects::{NoElse, RangeObject};
use super::session::Session;
use super::{captured, is_marker, need, raise, trip};
use crate::base::{Diagnostic, Kind, Origin, Secret, Value};
use crate::template::syntax::TemplateOptions;
use crate::template::table::Stop;
use std::sync::Arc;

/// A session and the place that undefined values come from.
#[derive(Clone, Copy)]
pub struct Core<'s> {
    /// What the rendering shares.
    pub session: &'s Session<'s>,
    /// The template that is being evaluated.
    pub origin: Option<&'s Origin>,
}

/// Why a vaulted value can't be used, at its own place.
fn undecryptable(value: &Value, error: &Diagnostic) -> Diagnostic {
    let text = format!("Attempt to use undecryptable variable: {}", error.chain());
    Diagnostic::new(text).at(value.origin())
}

/// Whether a value is a template of the operator.
pub fn is_template(value: &Value) -> bool {
    let Kind::Str(text) = &value.kind else { return false };
    value.is_trusted()
        && (text.contains('{') || text.starts_with('#'))
        && TemplateOptions::default().is_template(text)
}

impl<'s> Core<'s> {
    /// Over a session, for the template that was written at `origin`.
    pub fn new(session: &'s Session<'s>, origin: Option<&'s Origin>) -> Self {
        Self { session, origin }
    }

    /// What is not there.
    pub fn undefined(&self, message: impl Into<String>) -> Value {
        let value = Value::undefined(message);
        match self.origin {
            Some(origin) => value.at(origin.clone()),
            None => value,
        }
    }

    /// A value as it is used: a template is rendered, a vaulted text decrypted. Containers stay as
    /// they are, their parts are touched when they are taken out. Undefined stays a value.
    pub fn touch(&self, value: Value) -> Result<Value, Stop> {
        match &value.kind {
            Kind::Str(_) if is_template(&value) => self.render_nested(&value),
            Kind::Vault(text) => {
                let plain = match self.session.scope.decrypt(text) {
                    Ok(plain) => plain,
                    Err(error) => return captured(Err(Stop::Fault(undecryptable(&value, &error)))),
                };
                let plain = Value::new(plain.kind).marked_as(&value).secret();
                self.touch(plain)
            }
            _ => Ok(value),
        }
    }

    fn render_nested(&self, value: &Value) -> Result<Value, Stop> {
        let rendered = self.session.nested(value, || self.session.render_string(value));
        captured(rendered).map(|value| self.session.cells.now(value))
    }

    /// Something taken out of a container.
    pub fn taken(&self, container: &Value, part: Value) -> Result<Value, Stop> {
        let part = self.touch(part)?;
        if matches!(container.meta().secret, Secret::All) && !is_marker(&part) {
            return Ok(part.secret());
        }
        Ok(part)
    }

    /// Python's truth; undefined is an error.
    pub fn truth(&self, value: &Value) -> Result<bool, Stop> {
        match &value.kind {
            Kind::Undefined(_) => Err(trip(value)),
            Kind::List(_) | Kind::Map(_) => Ok(self.session.cells.now(value.clone()).is_true()),
            Kind::Object(_) if is_marker(value) => Err(trip(value)),
            Kind::Object(object) => Ok(match object.as_any().downcast_ref::<RangeObject>() {
                Some(range) => !range.is_empty(),
                None => value.is_true(),
            }),
            _ => Ok(value.is_true()),
        }
    }

    /// The items of what can be looped over, each touched.
    pub fn items(&self, value: &Value) -> Result<Vec<Value>, Stop> {
        let raw = self.raw_items(value)?;
        raw.into_iter().map(|item| self.taken(value, item)).collect()
    }

    /// The items of what can be looped over, as they are stored.
    pub fn raw_items(&self, value: &Value) -> Result<Vec<Value>, Stop> {
        let value = need(self.session.cells.now(value.clone()))?;
        Ok(match &value.kind {
            Kind::List(items) | Kind::Tuple(items) => items.to_vec(),
            Kind::Map(map) => map.keys().map(crate::base::Key::value).collect(),
            Kind::Str(text) => text
                .chars()
                .map(|c| super::secret::same(&value, Value::from(c.to_string())))
                .collect(),
            Kind::Object(object) => {
                if let Some(range) = object.as_any().downcast_ref::<RangeObject>() {
                    return range.items();
                }
                if object.as_any().is::<NoElse>() {
                    return Ok(Vec::new());
                }
                match object.keys() {
                    Some(keys) => keys.iter().map(crate::base::Key::value).collect(),
                    None => {
                        return raise(format!("'{}' object is not iterable", value.class_name()));
                    }
                }
            }
            _ => return raise(format!("'{}' object is not iterable", value.class_name())),
        })
    }

    /// Python's `str()`, with everything below rendered.
    pub fn text(&self, value: &Value) -> Result<Arc<str>, Stop> {
        match &value.kind {
            Kind::Str(text) => Ok(Arc::clone(text)),
            _ if is_marker(value) => Err(trip(value)),
            Kind::Object(object) => Ok(super::objects::text(&**object).into()),
            Kind::Omit => Ok("<<Omit>>".into()),
            Kind::List(_) | Kind::Tuple(_) | Kind::Map(_) => Ok(self.deep(value)?.text().into()),
            _ => Ok(value.text().into()),
        }
    }

    /// A value with all changes and templates below it settled; what is undefined is an error.
    pub fn deep(&self, value: &Value) -> Result<Value, Stop> {
        self.render_all(&self.session.cells.deep(value), true)
    }

    /// A value with all templates below it rendered; tuples and omit stay.
    pub fn render_all(&self, value: &Value, strict: bool) -> Result<Value, Stop> {
        let value = self.touch(value.clone())?;
        if strict && is_marker(&value) {
            return Err(trip(&value));
        }
        if super::finalize::is_settled(&value) {
            return Ok(value);
        }
        let each = |items: &[Value]| -> Result<Arc<Vec<Value>>, Stop> {
            let all: Result<Vec<_>, _> =
                items.iter().map(|item| self.render_all(item, strict)).collect();
            Ok(Arc::new(all?))
        };
        let kind = match &value.kind {
            Kind::List(items) => Kind::List(each(items)?),
            Kind::Tuple(items) => Kind::Tuple(each(items)?),
            Kind::Map(map) => {
                let mut rendered = crate::base::Map::with_capacity(map.len());
                for (key, item) in &**map {
                    rendered.insert(key.clone(), self.render_all(item, strict)?);
                }
                Kind::Map(Arc::new(rendered))
            }
            _ => return Ok(value),
        };
        Ok(Value::new(kind).marked_as(&value))
    }
}
