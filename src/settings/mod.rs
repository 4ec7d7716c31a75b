//! Settings: `ansible.cfg`, `ANSIBLE_*` and `TANK_*` variables, defaults, each with its source.
//!
//! All of them are read and checked at once when the program starts; the command line overrides
//! some with [`Settings::set`].

mod convert;
mod ini;
mod place;
mod table;
mod warn;

pub use place::Surroundings;
pub use table::{Entry, Table, Type, Use, table};

use crate::base::{Diagnostic, Kind, Meta, Origin, Source, Value};
use ini::Ini;
use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};

/// Who said what a setting is.
#[derive(Clone, Debug, PartialEq)]
pub enum From {
    /// Nobody.
    Default,
    /// This environment variable.
    Env(String),
    /// This line of the configuration file.
    File(Origin),
    /// The caller, for instance `cli: --forks`.
    Set(String),
}

impl fmt::Display for From {
    /// As `ansible-config dump` names it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::Env(name) => write!(f, "env: {name}"),
            Self::File(origin) => f.write_str(&origin.source.name),
            Self::Set(source) => f.write_str(source),
        }
    }
}

/// The value of a setting and who said so.
#[derive(Clone, Debug)]
pub struct Setting {
    /// In the setting's type; null when there is none.
    pub value: Value,
    /// Its source.
    pub from: From,
}

/// All settings.
#[derive(Clone, Debug)]
pub struct Settings {
    values: HashMap<&'static str, Setting>,
    place: Surroundings,
    file: Option<PathBuf>,
    warnings: Vec<Diagnostic>,
}

impl Settings {
    /// Reads the configuration. Errors are those that end Ansible with code 5: a file that is no INI,
    /// a value of the wrong type, a word that is no choice.
    pub fn load(place: Surroundings) -> Result<Self, Diagnostic> {
        let (file, passed_over) = place.find();
        let ini = match &file {
            Some(path) => read(path)?,
            None => Ini::default(),
        };
        let warnings = passed_over.into_iter().collect();
        let mut settings = Self { values: HashMap::new(), place, file, warnings };
        for entry in table().entries.values() {
            let setting = settings.resolve(entry, &ini)?;
            settings.values.insert(&entry.name, setting);
        }
        let mut more = warn::warnings(&settings, &ini);
        settings.warnings.append(&mut more);
        Ok(settings)
    }

    /// The defaults alone, without any file or variable: for tests and the demo.
    pub fn defaults(cwd: &Path) -> Self {
        let place = Surroundings {
            env: std::collections::BTreeMap::new(),
            cwd: cwd.to_path_buf(),
            home: cwd.to_path_buf(),
            system: PathBuf::new(),
        };
        let (values, warnings) = (HashMap::new(), Vec::new());
        let mut settings = Self { values, place, file: None, warnings };
        for entry in table().entries.values() {
            let value = settings.default(entry).unwrap_or_default();
            settings.values.insert(&entry.name, Setting { value, from: From::Default });
        }
        settings
    }

    /// The configuration file that was read.
    pub fn config_file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// What there is to say: unknown and unsupported settings.
    pub fn warnings(&self) -> &[Diagnostic] {
        &self.warnings
    }

    /// The environment, working directory and home that the settings were read in.
    pub fn surroundings(&self) -> &Surroundings {
        &self.place
    }

    /// A setting with its source; None if there is none of that name.
    pub fn get(&self, name: &str) -> Option<&Setting> {
        self.values.get(name)
    }

    /// The value of a setting; None when nobody gave one and there is no default.
    pub fn value(&self, name: &str) -> Option<&Value> {
        self.values.get(name).map(|setting| &setting.value).filter(|value| !value.is_null())
    }

    /// Whether a switch is on.
    pub fn bool(&self, name: &str) -> bool {
        self.value(name).is_some_and(Value::is_true)
    }

    /// A whole number.
    pub fn int(&self, name: &str) -> Option<i64> {
        self.value(name).and_then(Value::as_int)
    }

    /// A number.
    pub fn float(&self, name: &str) -> Option<f64> {
        match self.value(name)?.kind {
            Kind::Float(f) => Some(f),
            Kind::Int(n) => Some(n as f64),
            _ => None,
        }
    }

    /// A text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.value(name).and_then(Value::as_str)
    }

    /// A list of texts.
    pub fn list(&self, name: &str) -> Vec<&str> {
        let items = self.value(name).and_then(Value::as_list).unwrap_or_default();
        items.iter().filter_map(Value::as_str).collect()
    }

    /// An absolute path.
    pub fn path(&self, name: &str) -> Option<PathBuf> {
        self.text(name).map(PathBuf::from)
    }

    /// Absolute paths.
    pub fn paths(&self, name: &str) -> Vec<PathBuf> {
        self.list(name).into_iter().map(PathBuf::from).collect()
    }

    /// Overrides a setting; `source` says by what (`cli: --forks`). The value is converted and checked
    /// as a written one; paths are relative to the working directory.
    pub fn set(&mut self, name: &str, value: Value, source: &str) -> Result<(), Diagnostic> {
        let Some(entry) = table().entries.get(name) else {
            return Err(
                Diagnostic::new(format!("No config definition exists for '{name}'.")).code(5)
            );
        };
        let from = From::Set(source.to_string());
        let setting = self.checked(entry, &value, from)?;
        self.values.insert(&entry.name, setting);
        Ok(())
    }

    fn resolve(&self, entry: &Entry, ini: &Ini) -> Result<Setting, Diagnostic> {
        let env = &self.place.env;
        let named = entry.env.iter().rev().find_map(|name| Some((name, env.get(name)?)));
        if let Some((name, text)) = named {
            let source = Source::described(format!("<Config env: {name}>"));
            let from = From::Env(name.clone());
            let value = written(entry, text, Origin::whole(&source));
            return match self.checked(entry, &value, from) {
                // An empty variable says nothing where text makes no value.
                Err(_) if text.is_empty() && entry.choices.is_empty() => Ok(self.plain(entry)),
                checked => checked,
            };
        }
        let last = entry.ini.iter().rev().find_map(|(section, key)| ini.get(section, key));
        match last {
            Some(found) => {
                let value = written(entry, &found.text, found.origin.clone());
                self.checked(entry, &value, From::File(found.origin.clone()))
            }
            None => Ok(self.plain(entry)),
        }
    }

    fn plain(&self, entry: &Entry) -> Setting {
        Setting { value: self.default(entry).unwrap_or_default(), from: From::Default }
    }

    fn default(&self, entry: &Entry) -> Option<Value> {
        let home = self.text("ANSIBLE_HOME").unwrap_or_default();
        let value = match entry.default.as_str() {
            Some(text) if text.contains("{home}") => Value::str(text.replace("{home}", home)),
            _ => entry.default.clone(),
        };
        convert::convert(&value, entry.kind, None, &self.place)
    }

    fn checked(&self, entry: &Entry, value: &Value, from: From) -> Result<Setting, Diagnostic> {
        let config = if let From::File(_) = from { self.file.as_deref() } else { None };
        let Some(converted) = convert::convert(value, entry.kind, config, &self.place) else {
            let text = format!("Config {} from '{from}' has an invalid value.", entry.label());
            let cause =
                format!("Invalid value provided for '{}': {}", entry.kind.name(), value.repr());
            let error = Diagnostic::new(text).caused_by(Diagnostic::new(cause));
            return Err(error.at(value.origin()).code(5));
        };
        let single = std::slice::from_ref(&converted);
        let words = converted.as_list().unwrap_or(single).iter().filter(|word| !word.is_null());
        let known = |word: &Value| entry.choices.contains(&word.text());
        if !entry.choices.is_empty() && !words.into_iter().all(known) {
            let text = format!("Invalid value {} for config {}.", converted.repr(), entry.label());
            let hint = format!("Valid values are: {}", entry.choices.join(", "));
            return Err(Diagnostic::new(text).at(value.origin()).hint(hint).code(5));
        }
        Ok(Setting { value: converted, from })
    }
}

/// A text as the operator wrote it: a template where its reader makes one of it.
fn written(entry: &Entry, text: &str, origin: Origin) -> Value {
    let meta = Meta { origin: Some(origin), trusted: true, ..Meta::default() };
    let value = Value::str(text).with_meta(meta);
    if entry.secret { value.secret() } else { value }
}

fn read(path: &Path) -> Result<Ini, Diagnostic> {
    let name = path.to_string_lossy().into_owned();
    let error = |text: String| Err(Diagnostic::new(text).code(5));
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("cfg" | "ini") => {}
        Some("yml" | "yaml") => {
            return error("Unsupported configuration file type: yaml".to_string());
        }
        other => {
            let extension = other.map(|other| format!(".{other}")).unwrap_or_default();
            return error(format!(
                "Unsupported configuration file extension for {name}: {extension}"
            ));
        }
    }
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(why) => return error(format!("Error reading config file ({name}): {why}")),
    };
    match String::from_utf8(bytes) {
        Ok(text) => Ini::parse(&text, &Source::file(name)),
        Err(why) => error(format!(
            "Error reading config file({name}) because the config file was not utf8 encoded: {why}"
        )),
    }
}

#[cfg(test)]
mod tests;
