//! The module `template`: a controller file rendered with a task's variables (S-199, S-200).

use super::inputs::of_text;
use crate::base::{Key, Map, Origin, Source, Value};
use crate::spec::{Input, Scope};
use crate::template::table::Stop;
use crate::template::{Templar, TemplateOptions};
use crate::vars::TaskScope;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Renders a template file. `.tera` files are Tera's, all others the Jinja dialect's.
pub fn render(scope: &TaskScope, path: &Path, args: &Map) -> Result<Input, Stop> {
    let bytes = scope.read_file(path).map_err(Stop::Fault)?;
    let source = String::from_utf8(bytes).map_err(|_| {
        Stop::fault(format!("Template source files must be utf-8 encoded: {}", path.display()))
    })?;
    let mut scope = scope.clone();
    let dir = path.parent().map(Path::to_path_buf).unwrap_or_default();
    let mut paths = vec![dir];
    paths.extend(scope.search_path.iter().cloned());
    scope.search_path = std::sync::Arc::new(paths);
    let vars = template_vars(&scope, path, args);
    let templar = Templar::new(&scope);
    let origin = Origin::whole(&Source::file(path.to_string_lossy()));
    let text = if path.extension().is_some_and(|e| e == "tera") {
        tera(&templar, &source, &origin, &vars)?
    } else {
        templar.template(&source, &origin, &options(args)?, &vars)?
    };
    Ok(of_text(path, &text))
}

/// What the task says of delimiters, blanks and newlines.
fn options(args: &Map) -> Result<TemplateOptions, Stop> {
    const NAMES: [&str; 9] = [
        "block_start_string",
        "block_end_string",
        "variable_start_string",
        "variable_end_string",
        "comment_start_string",
        "comment_end_string",
        "trim_blocks",
        "lstrip_blocks",
        "newline_sequence",
    ];
    let mut options = TemplateOptions { keep_trailing_newline: true, ..TemplateOptions::default() };
    for name in NAMES {
        if let Some(value) = args.get(&Key::from(name)).filter(|value| !value.is_null()) {
            options.set(name, value.clone()).map_err(Stop::Fault)?;
        }
    }
    Ok(options)
}

#[cfg(feature = "tera")]
fn tera(templar: &Templar<'_>, source: &str, origin: &Origin, vars: &Map) -> Result<Value, Stop> {
    templar.tera(source, origin, vars)
}

#[cfg(not(feature = "tera"))]
fn tera(_: &Templar<'_>, _: &str, origin: &Origin, _: &Map) -> Result<Value, Stop> {
    let text = "this program was built without Tera: .tera templates can't be rendered";
    Err(Stop::Fault(Diagnostic::new(text).at(Some(origin))))
}

/// Variables that only templates have (S-200).
fn template_vars(scope: &TaskScope, path: &Path, args: &Map) -> Map {
    let mut vars = Map::new();
    let text = path.to_string_lossy().into_owned();
    let dest = args.get(&Key::from("dest")).cloned().unwrap_or_default();
    let meta = std::fs::metadata(path).ok();
    let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
    let uid = meta.as_ref().map_or(0, MetadataExt::uid);
    vars.insert("template_host".into(), Value::from(host));
    vars.insert("template_uid".into(), Value::from(i64::from(uid)));
    vars.insert("template_path".into(), Value::from(text.clone()));
    vars.insert("template_fullpath".into(), Value::from(text));
    vars.insert("template_destpath".into(), dest);
    if let Some(time) = meta.and_then(|meta| jiff::Timestamp::from_second(meta.mtime()).ok()) {
        vars.insert("template_mtime".into(), local_time(time));
    }
    vars.insert("template_run_date".into(), local_time(jiff::Timestamp::now()));
    if matches!(scope.variable("ansible_managed"), crate::spec::Lookup::Missing) {
        let text = scope.setting("DEFAULT_MANAGED_STR").map(|value| value.text());
        let text =
            text.filter(|text| !text.is_empty()).unwrap_or_else(|| "Ansible managed".to_string());
        vars.insert("ansible_managed".into(), Value::from(text));
    }
    vars
}

fn local_time(time: jiff::Timestamp) -> Value {
    let zoned = time.to_zoned(jiff::tz::TimeZone::system());
    Value::new(crate::base::Kind::Time(crate::base::Time::DateTime(zoned.datetime(), None)))
}
