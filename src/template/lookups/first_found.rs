//! The lookup `first_found`.

use super::impure;
use super::options::Options;
use crate::base::{Map, Value};
use crate::template::filters::bind::undefined;
use crate::template::table::{Env, LookupPlugin, Stop};
use std::path::{Path, PathBuf};

pub(super) const LOOKUPS: &[LookupPlugin] = &[impure(
    "first_found",
    "ansible.builtin.first_found",
    "Gives the path of the first file that exists.",
    first_found,
    &[
        ("query('first_found', ['/surely/not/there', '/etc/passwd'])", "['/etc/passwd']"),
        ("query('first_found', '/surely/not/there', skip=true)", "[]"),
    ],
)];

const NAMES: &[&str] = &["files", "paths", "skip"];

/// What is looked for, and whether finding nothing is fine.
struct Search {
    names: Vec<String>,
    skip: bool,
}

fn first_found(env: &dyn Env, terms: &[Value], given: &Map) -> Result<Vec<Value>, Stop> {
    let options = Options::of("first_found", given, NAMES)?;
    let mut search = Search { names: Vec::new(), skip: options.flag("skip", false)? };
    let files: Vec<Value>;
    let terms = match (terms, options.get("files")) {
        ([], Some(given)) => {
            files = super::lists::flat(std::slice::from_ref(given));
            &files
        }
        _ => terms,
    };
    collect(terms, given, &mut search)?;
    for name in &search.names {
        if let Some(path) = existing(env, name)? {
            return Ok(vec![Value::from(path.to_string_lossy().into_owned())]);
        }
    }
    if search.skip {
        return Ok(Vec::new());
    }
    Err(Stop::fault("No file was found when using first_found."))
}

fn collect(terms: &[Value], given: &Map, search: &mut Search) -> Result<(), Stop> {
    for term in terms {
        if let Some(map) = term.as_map() {
            let options = Options::of("first_found", map, NAMES)?;
            search.skip = options.flag("skip", search.skip)?;
            let files = options.list("files").unwrap_or_default();
            add(&files, &options.list("paths").unwrap_or_default(), search);
        } else if let Some(name) = term.as_str() {
            let options = Options::of("first_found", given, NAMES)?;
            add(&[name.to_string()], &options.list("paths").unwrap_or_default(), search);
        } else if let Some(items) = term.as_list() {
            collect(items, given, search)?;
        } else if let crate::base::Kind::Undefined(why) = &term.kind {
            return Err(undefined(&why.message));
        } else {
            let kind = term.type_name();
            let text = format!(
                "Invalid term supplied. A string, dict or list is required, not '{kind}')."
            );
            return Err(Stop::fault(text));
        }
    }
    Ok(())
}

/// All files in all paths; texts may hold several, cut at marks.
fn add(files: &[String], paths: &[String], search: &mut Search) {
    let cut = |texts: &[String], marks: &[char]| -> Vec<String> {
        texts.iter().flat_map(|text| text.split(marks)).map(String::from).collect()
    };
    let files = cut(files, &[',', ';']);
    let paths = cut(paths, &[',', ':', ';']);
    if paths.is_empty() {
        search.names.extend(files);
        return;
    }
    for path in &paths {
        let joined = files.iter().map(|file| Path::new(path).join(file));
        search.names.extend(joined.map(|path| path.to_string_lossy().into_owned()));
    }
}

/// The path of a name: absolute, or in the search path's `files`, `templates` and `vars`.
fn existing(env: &dyn Env, name: &str) -> Result<Option<PathBuf>, Stop> {
    if Path::new(name).is_absolute() {
        return Ok(Path::new(name).exists().then(|| PathBuf::from(name)));
    }
    for kind in ["files", "templates", "vars"] {
        match env.find_file(kind, name) {
            Ok(path) => return Ok(Some(path)),
            Err(Stop::Suspended) => return Err(Stop::Suspended),
            Err(_) => {}
        }
    }
    Ok(None)
}
