//! `loop:`, `with_*:` and `loop_control:`.

use super::hint::near;
use super::keywords::items;
use super::literal::{self, fault};
use super::loader::{Loader, Place};
use super::model::{Loop, LoopControl};
use super::names;
use crate::base::{Diagnostic, Key, Map, Value};
use std::sync::Arc;

const CONTROL: [&str; 7] =
    ["loop_var", "index_var", "label", "pause", "extended", "extended_allitems", "break_when"];

impl Loader {
    /// What a task is repeated over.
    pub(super) fn looping(&self, task: &Value, map: &Map) -> Result<Option<Loop>, Diagnostic> {
        let mut found = map
            .get(&Key::from("loop"))
            .filter(|value| !value.is_null())
            .map(|value| Loop::Items(value.clone()));
        for (key, value) in map {
            let Some(lookup) = key.as_str().and_then(|name| name.strip_prefix("with_")) else {
                continue;
            };
            let lookup = super::action::short(lookup);
            if found.is_some() {
                return Err(fault(format!("duplicate loop in task: {lookup}"), task).code(1));
            }
            if value.is_null() {
                return Err(
                    fault(format!("you must specify a value when using {key}"), task).code(1)
                );
            }
            found = Some(Loop::With(lookup.to_string(), value.clone()));
        }
        Ok(found)
    }

    pub(super) fn loop_control(
        &self,
        value: &Value,
        place: &Place<'_>,
    ) -> Result<LoopControl, Diagnostic> {
        let map = value.as_map().ok_or_else(|| {
            fault("the `loop_control` value must be specified as a dictionary and cannot be a variable itself (though it can contain variables)", value)
        })?;
        for (key, value) in map {
            self.check_control(key, value)?;
        }
        let given = |name: &str| map.get(&Key::from(name)).filter(|v| !v.is_null()).cloned();
        Ok(LoopControl {
            loop_var: self.variable(map, "loop_var", place)?,
            index_var: self.variable(map, "index_var", place)?,
            label: given("label"),
            pause: given("pause"),
            extended: given("extended"),
            extended_allitems: given("extended_allitems"),
            break_when: map.get(&Key::from("break_when")).map(items).unwrap_or_default(),
        })
    }

    fn check_control(&self, key: &Key, value: &Value) -> Result<(), Diagnostic> {
        let name = key.to_string();
        if !CONTROL.contains(&name.as_str()) {
            let text = format!("'{name}' is not a valid attribute for a LoopControl");
            let error = Diagnostic::new(text).at(value.meta().key_origin().as_ref()).code(4);
            return Err(near(error, &name, CONTROL));
        }
        literal::check_as(&name, control_type(&name), value)
    }

    /// The name of a variable that the loop sets.
    fn variable(
        &self,
        map: &Map,
        name: &str,
        place: &Place<'_>,
    ) -> Result<Option<String>, Diagnostic> {
        let Some(value) = map.get(&Key::from(name)).filter(|value| !value.is_null()) else {
            return Ok(None);
        };
        let rendered = self.render(value, place, &Arc::default())?;
        match names::check(&rendered, value.origin()) {
            Ok(()) => Ok(Some(rendered.text())),
            Err(cause) => Err(fault(format!("Invalid '{name}'."), value).caused_by(cause)),
        }
    }
}

fn control_type(name: &str) -> super::table::Type {
    use super::table::Type;
    match name {
        "pause" => Type::Float,
        "extended" | "extended_allitems" => Type::Bool,
        "break_when" => Type::Conditions,
        "label" => Type::Any,
        _ => Type::Str,
    }
}
