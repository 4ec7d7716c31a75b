//! Templates that end in `.tera`.

use super::Templar;
use super::table::Stop;
use crate::base::value::Key;
use crate::base::{Diagnostic, Kind, Map, Origin, Value};
use num_traits::ToPrimitive;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use tera::{Context, ErrorKind, Tera};

/// Renders a text with Tera over the scope's variables.
pub(super) fn render(
    templar: &Templar,
    source: &str,
    origin: &Origin,
    vars: &Map,
) -> Result<Value, Stop> {
    let name = origin.source.name.clone();
    let mut tera = Tera::new();
    tera.autoescape_on(Vec::<&str>::new());
    let mut files = vec![(name.clone(), source.to_string())];
    add_referenced(templar, origin, &mut files)?;
    tera.add_raw_templates(files).map_err(|error| fault(&error, origin))?;
    let names: BTreeSet<String> = tera
        .get_template_variables(&name)
        .map_err(|error| fault(&error, origin))?
        .into_iter()
        .map(str::to_string)
        .collect();
    let mut context = Context::new();
    let mut secret = false;
    for name in names {
        let given = vars.get(&Key::from(name.as_str()));
        let value = match given {
            Some(value) => Some(templar.render(value)?),
            None => templar.variable(&name)?,
        };
        let Some(value) = value else { continue };
        secret |= value.has_secret();
        context.insert_value(name, converted(&value));
    }
    let text = tera.render(&name, &context).map_err(|error| fault(&error, origin))?;
    let value = Value::from(text).at(origin.clone());
    Ok(if secret { value.secret() } else { value })
}

/// Adds the templates that others extend, include or import by a plain name.
fn add_referenced(
    templar: &Templar,
    origin: &Origin,
    files: &mut Vec<(String, String)>,
) -> Result<(), Stop> {
    let mut next = 0;
    while let Some((_, source)) = files.get(next) {
        for wanted in references(source) {
            if files.iter().any(|(name, _)| *name == wanted) {
                continue;
            }
            // What is not found is Tera's error: it may be optional.
            if let Some(path) = find(templar, origin, &wanted) {
                let bytes = templar.scope().read_file(&path)?;
                let Ok(text) = String::from_utf8(bytes) else {
                    return Err(Stop::fault(format!("'{}' is no UTF-8 text", path.display())));
                };
                files.push((wanted, text));
            }
        }
        next += 1;
    }
    Ok(())
}

/// Names in quotes that stand in `extends`, `include` and `import` tags.
fn references(source: &str) -> Vec<String> {
    let mut found = Vec::new();
    for tag in source.split("{%").skip(1) {
        let tag = tag.split("%}").next().unwrap_or_default();
        let mut words = tag.trim_start_matches('-').split_whitespace();
        if !matches!(words.next(), Some("extends" | "include" | "import")) {
            continue;
        }
        let mut quoted = tag.split(['"', '\'']);
        quoted.next();
        while let Some(name) = quoted.next() {
            found.push(name.to_string());
            quoted.next();
        }
    }
    found
}

fn find(templar: &Templar, origin: &Origin, name: &str) -> Option<PathBuf> {
    let mut folders: Vec<PathBuf> = Vec::new();
    if let Some(folder) = Path::new(&origin.source.name).parent().filter(|_| origin.source.is_file)
    {
        folders.push(folder.to_path_buf());
    }
    for folder in templar.scope().search_path() {
        folders.push(folder.join("templates"));
        folders.push(folder);
    }
    folders.into_iter().map(|folder| folder.join(name)).find(|path| path.is_file())
}

fn fault(error: &tera::Error, origin: &Origin) -> Stop {
    let (message, place) = match error.kind() {
        ErrorKind::SyntaxError(report) | ErrorKind::RenderingError(report) => {
            let span = report.span();
            let line = u32::try_from(span.start_line).unwrap_or(0);
            let column = u32::try_from(span.start_col + 1).unwrap_or(0);
            let here = report.filename().is_empty() || report.filename() == origin.source.name;
            let place = here.then(|| Origin::new(&origin.source, line, column));
            (report.message().to_string(), place)
        }
        other => (other.to_string(), None),
    };
    let place = place.unwrap_or_else(|| origin.clone());
    let error = Diagnostic::new("Error rendering Tera template.").at(Some(&place));
    Stop::Fault(error.caused_by(Diagnostic::new(message)))
}

/// A value as Tera has it. Dates are texts.
fn converted(value: &Value) -> tera::Value {
    match &value.kind {
        Kind::Null | Kind::Omit | Kind::Undefined(_) => tera::Value::none(),
        Kind::Bool(b) => tera::Value::from(*b),
        Kind::Int(n) => tera::Value::from(*n),
        Kind::Big(n) => match n.to_i128() {
            Some(n) => tera::Value::from(n),
            None => tera::Value::from(n.to_string()),
        },
        Kind::Float(f) => tera::Value::from(*f),
        Kind::List(items) | Kind::Tuple(items) => {
            tera::Value::from(items.iter().map(converted).collect::<Vec<_>>())
        }
        Kind::Map(map) => {
            let entries = map.iter().map(|(key, value)| (key.json_text(), converted(value)));
            tera::Value::from(entries.collect::<BTreeMap<String, tera::Value>>())
        }
        _ => tera::Value::from(value.text()),
    }
}
