//! The lookup `filetree`.

use super::impure;
use super::options::{Options, text_term};
use crate::base::regex::{Regex, python};
use crate::base::{Diagnostic, Map, Value};
use crate::template::table::{Env, LookupPlugin, Stop};
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

pub(super) const LOOKUPS: &[LookupPlugin] = &[impure(
    "filetree",
    "community.general.filetree",
    "Lists all that is below directories, with owner, mode and the like.",
    filetree,
    &[],
)];

fn filetree(env: &dyn Env, terms: &[Value], given: &Map) -> Result<Vec<Value>, Stop> {
    let options = Options::of("filetree", given, &["exclude"])?;
    let exclude = options.get("exclude").map(Value::text);
    let exclude = exclude.map(|pattern| {
        python(&pattern, "").map_err(|why| {
            Stop::fault(format!("Invalid exclude regular expression '{pattern}': {why}"))
        })
    });
    let exclude = exclude.transpose()?;
    let mut found: Vec<(String, Value)> = Vec::new();
    for term in terms {
        let root = root(env, text_term("filetree", term)?)?;
        let mut paths = Vec::new();
        walk(&root, &root, exclude.as_ref(), &mut paths)?;
        for path in paths {
            // The first root that has a path wins.
            if found.iter().all(|(known, _)| *known != path)
                && let Some(entry) = entry(env, &root, &path)
            {
                found.push((path, entry));
            }
        }
    }
    Ok(found.into_iter().map(|(_, entry)| entry).collect())
}

/// The directory of a term: its parent is searched as files are.
fn root(env: &dyn Env, term: &str) -> Result<PathBuf, Stop> {
    let (parent, name) = term.rsplit_once('/').unwrap_or(("", term));
    let parent = match (parent, term.starts_with('/')) {
        ("", true) => PathBuf::from("/"),
        ("", false) => {
            return Ok(env.find_file("files", term).unwrap_or_else(|_| PathBuf::from(term)));
        }
        (parent, _) => env.find_file("files", parent)?,
    };
    Ok(parent.join(name))
}

fn walk(
    root: &Path,
    here: &Path,
    exclude: Option<&Regex>,
    paths: &mut Vec<String>,
) -> Result<(), Stop> {
    let Ok(entries) = std::fs::read_dir(here) else { return Ok(()) };
    let (mut directories, mut files) = (Vec::new(), Vec::new());
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let left_out = match exclude {
            Some(regex) => regex.match_at_start(&name).map_err(Stop::fault)?.is_some(),
            None => false,
        };
        if left_out {
            continue;
        }
        let path = entry.path();
        let kind = if path.is_dir() { &mut directories } else { &mut files };
        kind.push(path);
    }
    directories.sort();
    files.sort();
    for path in directories.iter().chain(&files) {
        let relative = path.strip_prefix(root).unwrap_or(path);
        paths.push(relative.to_string_lossy().into_owned());
    }
    for directory in directories.iter().filter(|path| !path.is_symlink()) {
        walk(root, directory, exclude, paths)?;
    }
    Ok(())
}

fn entry(env: &dyn Env, root: &Path, path: &str) -> Option<Value> {
    let full = root.join(path);
    let shown = full.to_string_lossy().into_owned();
    let warn = |text: String| env.scope().warn(Diagnostic::new(text));
    let data = match full.symlink_metadata() {
        Ok(data) => data,
        Err(e) => {
            warn(format!("filetree: Error using stat() on path {shown} ({e})"));
            return None;
        }
    };
    let (state, src) = match data.file_type() {
        kind if kind.is_symlink() => {
            ("link", std::fs::read_link(&full).ok().map(|to| to.to_string_lossy().into_owned()))
        }
        kind if kind.is_dir() => ("directory", None),
        kind if kind.is_file() => ("file", Some(shown.clone())),
        _ => {
            warn(format!("filetree: Error file type of {shown} is not supported"));
            return None;
        }
    };
    let mut map: Map = [
        ("root", Value::from(root.to_string_lossy().into_owned())),
        ("path", Value::from(path)),
        ("state", Value::from(state)),
    ]
    .into_iter()
    .map(|(key, value)| (key.into(), value))
    .collect();
    if let Some(src) = src {
        map.insert("src".into(), Value::from(src));
    }
    for (key, value) in properties(&data) {
        map.insert(key.into(), value);
    }
    Some(Value::map(map))
}

fn properties(data: &Metadata) -> [(&'static str, Value); 8] {
    let name = |file: &str, id: u32| {
        let known = name_of(file, id);
        known.map_or_else(|| Value::from(id), Value::from)
    };
    let time = |seconds: i64, nanos: i64| Value::from(seconds as f64 + nanos as f64 / 1e9);
    [
        ("uid", Value::from(data.uid())),
        ("gid", Value::from(data.gid())),
        ("owner", name("/etc/passwd", data.uid())),
        ("group", name("/etc/group", data.gid())),
        ("mode", Value::from(format!("0{:03o}", data.mode() & 0o7777))),
        ("size", Value::from(data.size())),
        ("mtime", time(data.mtime(), data.mtime_nsec())),
        ("ctime", time(data.ctime(), data.ctime_nsec())),
    ]
}

/// The name of an id in the user or group database.
fn name_of(file: &str, id: u32) -> Option<String> {
    let text = std::fs::read_to_string(file).ok()?;
    let id = id.to_string();
    let mut rows = text.lines().map(|line| line.split(':').collect::<Vec<_>>());
    rows.find(|row| row.get(2) == Some(&id.as_str()))?.first().map(ToString::to_string)
}
