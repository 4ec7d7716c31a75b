//! Groups named after the value of a variable: `keyed_groups` of constructed files.

use super::build::sanitized;
use super::constructed::evaluate;
use crate::base::{Diagnostic, Kind, Value};
use crate::template::Templar;

/// One entry of `keyed_groups`.
pub(super) struct Keyed {
    key: Value,
    prefix: String,
    separator: String,
    /// Whether a name without prefix begins with the separator.
    leading: bool,
    parent: Value,
    default: Option<String>,
    trailing: Option<bool>,
}

impl Keyed {
    pub fn read(entry: &Value, leading: bool) -> Result<Self, Diagnostic> {
        if entry.as_map().is_none() || !entry.is_true() {
            let text =
                format!("Invalid keyed group entry, it must be a dictionary: {} ", entry.text());
            return Err(Diagnostic::new(text).at(entry.origin()));
        }
        let text = |name: &str| entry.get(name).filter(|value| !value.is_null()).map(Value::text);
        let trailing = entry.get("trailing_separator").filter(|value| !value.is_null());
        let keyed = Self {
            key: entry.get("key").cloned().unwrap_or_default(),
            prefix: text("prefix").unwrap_or_default(),
            separator: text("separator").unwrap_or_else(|| "_".to_string()),
            leading,
            parent: entry.get("parent_group").cloned().unwrap_or_default(),
            default: text("default_value"),
            trailing: trailing.map(Value::is_true),
        };
        if keyed.default.is_some() && keyed.trailing.is_some() {
            let text = "parameters are mutually exclusive for keyed groups: default_value|trailing_separator";
            return Err(Diagnostic::new(text).at(entry.origin()));
        }
        Ok(keyed)
    }

    /// The groups that a host joins, each with the group it is put under.
    pub fn groups(
        &self,
        templar: &Templar<'_>,
        host: &str,
        strict: bool,
    ) -> Result<Vec<(String, Option<String>)>, Diagnostic> {
        let written = self.key.text();
        let key = match evaluate(templar, &self.key) {
            Ok(key) => key,
            Err(error) if strict => {
                let text = format!(
                    "Could not generate group for host {host} from {written} entry: {error}"
                );
                return Err(Diagnostic::new(text).at(self.key.origin()));
            }
            Err(_) => return Ok(Vec::new()),
        };
        let use_default = is_empty(&key) && self.default.is_some();
        if !(key.is_true() || use_default) {
            let collection = matches!(key.kind, Kind::List(_) | Kind::Map(_));
            if strict && !collection {
                let text = format!(
                    "No key or key resulted empty for {written} in host {host}, invalid entry"
                );
                return Err(Diagnostic::new(text).at(self.key.origin()));
            }
            return Ok(Vec::new());
        }
        let parent = match self.parent(templar) {
            Ok(parent) => parent,
            Err(error) if strict => {
                let (parent, key) = (self.parent.repr(), key.repr());
                let text =
                    format!("Could not generate parent group {parent} for group {key}: {error}");
                return Err(Diagnostic::new(text).at(self.parent.origin()));
            }
            Err(_) => return Ok(Vec::new()),
        };
        let names = self.names(&key)?;
        Ok(names.into_iter().map(|name| (self.full(&name), parent.clone())).collect())
    }

    fn parent(&self, templar: &Templar<'_>) -> Result<Option<String>, Diagnostic> {
        let rendered = templar.render(&self.parent).map_err(|stop| {
            stop.into_diagnostic().unwrap_or_else(|| Diagnostic::new("not known yet"))
        })?;
        Ok(Some(rendered).filter(Value::is_true).map(|parent| sanitized(&parent.text())))
    }

    /// The names behind prefix and separator.
    fn names(&self, key: &Value) -> Result<Vec<String>, Diagnostic> {
        if is_empty(key) {
            return Ok(self.default.iter().cloned().collect());
        }
        match &key.kind {
            Kind::Str(text) => Ok(vec![text.to_string()]),
            Kind::List(items) => Ok(items.iter().map(|item| self.or_default(item)).collect()),
            Kind::Map(map) => {
                let named = |(name, value): (_, &Value)| self.pair(&format!("{name}"), value);
                Ok(map.iter().map(named).collect())
            }
            _ => Err(Diagnostic::new(format!(
                "Invalid group name format, expected a string or a list of them or dictionary, got: <class '{}'>",
                key.type_name()
            ))
            .at(self.key.origin())),
        }
    }

    fn or_default(&self, value: &Value) -> String {
        match &self.default {
            Some(default) if is_empty(value) => default.clone(),
            _ => value.text(),
        }
    }

    fn pair(&self, name: &str, value: &Value) -> String {
        if is_empty(value) && self.default.is_none() && self.trailing == Some(false) {
            return name.to_string();
        }
        // The separator of a pair stays when the leading one is left out.
        format!("{name}{}{}", self.separator, self.or_default(value))
    }

    fn full(&self, name: &str) -> String {
        let bare = self.prefix.is_empty() && !self.leading;
        let separator = if bare { "" } else { &self.separator };
        sanitized(&format!("{}{separator}{name}", self.prefix))
    }
}

/// None and the empty text.
fn is_empty(value: &Value) -> bool {
    value.is_null() || value.as_str() == Some("")
}
