//! Templates whose results were recorded from ansible-core (`tests/golden/template`).

use super::table::Stop;
use super::{Templar, TemplateOptions};
use crate::base::value::{Layout, from_json, to_json};
use crate::base::{Diagnostic, Kind, Map, Origin, Source, Value};
use crate::spec::{Lookup, Scope};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

/// A scope of plain variables.
#[derive(Default)]
pub(super) struct Fixed {
    pub vars: Map,
    pub settings: Vec<(&'static str, Value)>,
    pub pending: Vec<&'static str>,
    pub ahead: bool,
    pub warnings: Mutex<Vec<String>>,
}

impl Fixed {
    /// The values of a JSON text, trusted.
    pub fn of(json: &str) -> Self {
        let vars = trusted(&from_json(json).unwrap());
        Self { vars: vars.as_map().unwrap().clone(), ..Self::default() }
    }
}

/// The same value with every text a template that the operator wrote.
pub(super) fn trusted(value: &Value) -> Value {
    match &value.kind {
        Kind::Str(text) => Value::template(Arc::clone(text), None),
        Kind::List(items) => Value::list(items.iter().map(trusted).collect()),
        Kind::Map(map) => Value::map(map.iter().map(|(k, v)| (k.clone(), trusted(v))).collect()),
        _ => value.clone(),
    }
}

pub(super) fn here() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/template")
}

impl Scope for Fixed {
    fn variable(&self, name: &str) -> Lookup {
        if self.pending.contains(&name) {
            return Lookup::Pending;
        }
        self.vars.get(&crate::base::Key::from(name)).cloned().map_or(Lookup::Missing, Lookup::Found)
    }
    fn names(&self) -> Vec<Arc<str>> {
        self.vars.keys().map(|key| key.value().text().into()).collect()
    }
    fn search_path(&self) -> Vec<PathBuf> {
        vec![here()]
    }
    fn setting(&self, name: &str) -> Option<Value> {
        self.settings.iter().find(|(key, _)| *key == name).map(|(_, value)| value.clone())
    }
    fn decrypt(&self, text: &str) -> Result<Value, Diagnostic> {
        match text {
            "broken" => Err(Diagnostic::new("Decryption failed")),
            text => Ok(Value::from(text).secret()),
        }
    }
    fn read_file(&self, path: &Path) -> Result<Vec<u8>, Diagnostic> {
        std::fs::read(path).map_err(|error| Diagnostic::new(error.to_string()))
    }
    fn select(&self, _: &str) -> Result<Vec<Arc<str>>, Diagnostic> {
        Ok(Vec::new())
    }
    fn is_ahead(&self) -> bool {
        self.ahead
    }
    fn warn(&self, warning: Diagnostic) {
        self.warnings.lock().unwrap().push(warning.chain());
    }
}

/// What we make of a case: its JSON or text, or its error.
fn ours(scope: &Fixed, case: &Value) -> Result<Value, String> {
    let templar = Templar::new(scope);
    let text = |key: &str| case.get(key).map(trusted);
    let result = if let Some(text) = text("t") {
        templar.render(&text).and_then(|value| match value.kind {
            Kind::Omit => Err(Stop::fault("A template was resolved to an Omit scalar.")),
            _ => Ok(value),
        })
    } else if let Some(text) = text("x") {
        templar.expression(&text)
    } else if let Some(condition) = text("c") {
        templar.condition(&condition).map(Value::from)
    } else {
        let file = here().join("files/main.j2").display().to_string();
        let origin = Origin::whole(&Source::file(file));
        let mut options = TemplateOptions::default();
        for (key, value) in case.get("options").and_then(Value::as_map).into_iter().flatten() {
            options.set(&key.value().text(), value.clone()).unwrap();
        }
        let source = case.get("f").unwrap().text();
        templar.template(&source, &origin, &options, &Map::new())
    };
    result.map_err(|stop| stop.into_diagnostic().map_or("suspended".into(), |d| d.chain()))
}

fn check(file: &str, text: &str) {
    let data = from_json(text).unwrap();
    let vars = to_json(data.get("vars").unwrap(), Layout::DUMPS);
    let cases = data.get("cases").unwrap().as_list().unwrap();
    let mut wrong = Vec::new();
    for case in cases {
        let scope = Fixed::of(&vars);
        let expected = case.get("ours").unwrap_or(case);
        let got = ours(&scope, case);
        let same = match (&got, expected.get("e"), expected.get("s"), expected.get("v")) {
            (Err(error), Some(wanted), _, _) => {
                let searched = |text: &str| text.split(" search path:").next().map(str::to_string);
                searched(error) == searched(&wanted.text())
            }
            (Ok(value), None, Some(text), _) => value.text() == text.text(),
            (Ok(value), None, None, Some(wanted)) => {
                to_json(value, Layout::RESULT) == to_json(wanted, Layout::RESULT)
            }
            _ => false,
        };
        if !same {
            let expected = expected.get("e").or(expected.get("s")).or(expected.get("v"));
            let source = case.as_map().unwrap().values().next().unwrap();
            let got = got.map(|value| to_json(&value, Layout::RESULT));
            wrong.push(format!("{}\n   wanted {:?}\n   got    {got:?}", source.text(), expected));
        }
    }
    let count = cases.len();
    assert!(wrong.is_empty(), "{file}: {} of {count} differ\n{}", wrong.len(), wrong.join("\n"));
}

macro_rules! recorded {
    ($($name:ident)*) => {$(
        #[test]
        fn $name() {
            let name = stringify!($name);
            let path = here().join(format!("{name}.json"));
            check(name, &std::fs::read_to_string(path).unwrap());
        }
    )*};
}

recorded! { conditions expressions files general methods syntax times types whitespace }
