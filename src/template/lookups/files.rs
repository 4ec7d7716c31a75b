//! Lookups of the controller's files.

use super::impure;
use super::options::{Options, text_term};
use crate::base::{Diagnostic, Key, Map, Value};
use crate::template::filters::glob;
use crate::template::filters::text::is_space;
use crate::template::table::{Env, LookupPlugin, Stop};
use std::path::{Path, PathBuf};

pub(super) const LOOKUPS: &[LookupPlugin] = &[
    impure(
        "file",
        "ansible.builtin.file",
        "Gives the text of files, decrypted if they are vaulted, without blanks at the end.",
        file,
        &[],
    ),
    impure(
        "unvault",
        "ansible.builtin.unvault",
        "Gives the text of files as it is, decrypted if they are vaulted.",
        unvault,
        &[],
    ),
    impure(
        "template",
        "ansible.builtin.template",
        "Gives the rendered text of templates.",
        template,
        &[],
    ),
    impure(
        "fileglob",
        "ansible.builtin.fileglob",
        "Lists the files that patterns match, in the first directory that has any.",
        fileglob,
        &[("query('fileglob', '/surely/no/such/*')", "[]")],
    ),
];

/// The text of a file found by the search path.
pub fn text(env: &dyn Env, path: &Path) -> Result<String, Stop> {
    let bytes = env.scope().read_file(path)?;
    String::from_utf8(bytes).map_err(|_| {
        let shown = path.display();
        Stop::fault(format!("The file '{shown}' is no UTF-8 text."))
    })
}

fn found(env: &dyn Env, name: &str) -> Result<PathBuf, Stop> {
    env.find_file("files", name)
}

/// Ansible's words, with the places that were searched as advice.
fn not_found(stop: Stop) -> Stop {
    match stop {
        Stop::Fault(why) => {
            let error = Diagnostic::new("File not found. Use -vvvvv to see paths searched.");
            Stop::Fault(error.hint(why.message))
        }
        other => other,
    }
}

fn file(env: &dyn Env, terms: &[Value], given: &Map) -> Result<Vec<Value>, Stop> {
    let options = Options::of("file", given, &["lstrip", "rstrip"])?;
    let (left, right) = (options.flag("lstrip", false)?, options.flag("rstrip", true)?);
    let read = |term: &Value| {
        let name = text_term("file", term)?;
        let failed = |stop: Stop| match stop {
            Stop::Fault(cause) => {
                let text = format!("Unable to access the file '{name}'.");
                Stop::Fault(Diagnostic::new(text).caused_by(cause))
            }
            other => other,
        };
        let path = found(env, name).map_err(not_found);
        let text = path.and_then(|path| text(env, &path)).map_err(failed)?;
        let mut kept = text.as_str();
        if left {
            kept = kept.trim_start_matches(is_space);
        }
        if right {
            kept = kept.trim_end_matches(is_space);
        }
        Ok(Value::from(kept))
    };
    terms.iter().map(read).collect()
}

fn unvault(env: &dyn Env, terms: &[Value], given: &Map) -> Result<Vec<Value>, Stop> {
    Options::of("unvault", given, &[])?;
    let read = |term: &Value| {
        let name = text_term("unvault", term)?;
        let path = found(env, name).map_err(|stop| match stop {
            Stop::Fault(cause) => {
                let text = format!("Unable to find file matching \"{name}\" ");
                Stop::Fault(Diagnostic::new(text).caused_by(cause))
            }
            other => other,
        })?;
        text(env, &path).map(Value::from)
    };
    terms.iter().map(read).collect()
}

/// Options of `template` that change the syntax; they are handed over as a header line.
const SYNTAX: &[&str] = &[
    "variable_start_string",
    "variable_end_string",
    "comment_start_string",
    "comment_end_string",
    "trim_blocks",
];

fn template(env: &dyn Env, terms: &[Value], given: &Map) -> Result<Vec<Value>, Stop> {
    let known: Vec<&str> = SYNTAX.iter().copied().chain(["template_vars"]).collect();
    let options = Options::of("template", given, &known)?;
    let mut vars = match options.get("template_vars").map(Value::as_map) {
        None => Map::new(),
        Some(Some(vars)) => vars.clone(),
        Some(None) => return Err(Stop::fault("template_vars must be a dictionary")),
    };
    let header = header(&options);
    let mut rendered = Vec::new();
    for term in terms {
        let name = text_term("template", term)?;
        let path = env.find_file("templates", name).map_err(|stop| match stop {
            Stop::Fault(_) => {
                Stop::fault(format!("the template file {name} could not be found for the lookup"))
            }
            other => other,
        })?;
        let source = crate::base::Source::file(path.to_string_lossy());
        let origin = crate::base::Origin::whole(&source);
        let text = format!("{header}{}", text(env, &path)?);
        vars.insert(Key::from("template_path"), Value::from(name));
        vars.insert(
            Key::from("template_fullpath"),
            Value::from(path.to_string_lossy().into_owned()),
        );
        rendered.push(env.render_text(&Value::template(text, Some(origin)), &vars)?);
    }
    Ok(rendered)
}

/// The `#jinja2:` line that says what the options say; empty without any.
fn header(options: &Options) -> String {
    let mut parts = Vec::new();
    for name in SYNTAX {
        let Some(value) = options.get(name) else { continue };
        parts.push(format!("{name}: {}", value.repr()));
    }
    if parts.is_empty() { String::new() } else { format!("#jinja2: {}\n", parts.join(", ")) }
}

fn fileglob(env: &dyn Env, terms: &[Value], given: &Map) -> Result<Vec<Value>, Stop> {
    Options::of("fileglob", given, &[])?;
    let mut all = Vec::new();
    for term in terms {
        let pattern = text_term("fileglob", term)?;
        let directories = directories(env, pattern)?;
        let name = pattern.rsplit('/').next().unwrap_or(pattern);
        let matched = directories.iter().map(|directory| {
            let pattern = directory.join(name);
            let paths = glob::paths(&pattern.to_string_lossy());
            paths.into_iter().filter(|path| Path::new(path).is_file()).collect::<Vec<_>>()
        });
        let first = matched.into_iter().find(|paths| !paths.is_empty());
        all.extend(first.unwrap_or_default().into_iter().map(Value::from));
    }
    Ok(all)
}

/// Where a pattern looks: its own directory, or `files` and the directory itself for each of the path.
fn directories(env: &dyn Env, pattern: &str) -> Result<Vec<PathBuf>, Stop> {
    if let Some((directory, _)) = pattern.rsplit_once('/') {
        let directory = if directory.is_empty() { "/" } else { directory };
        return match env.find_file("files", directory) {
            Ok(path) => Ok(vec![path]),
            Err(Stop::Suspended) => Err(Stop::Suspended),
            Err(_) => Ok(Vec::new()),
        };
    }
    let each = |base: PathBuf| [base.join("files"), base];
    Ok(env.scope().search_path().into_iter().flat_map(each).collect())
}
