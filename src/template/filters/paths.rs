//! Filters on POSIX paths.

use super::bind::{Bound, class_of, str_of, text_of};
use super::glob;
use super::iterate::{is_sequence, items};
use super::{builtin, impure, tuple};
use crate::base::{Kind, Value};
use crate::template::table::{Args, Env, Filter, Stop};
use std::path::{Component, Path, PathBuf};

pub(super) const FILTERS: &[Filter] = &[
    builtin(
        "basename",
        "ansible.builtin.basename",
        "Gives what stands behind the last slash.",
        basename,
        &[("'/a/b.txt' | basename", "'b.txt'"), ("'/a/' | basename", "''")],
    ),
    builtin(
        "dirname",
        "ansible.builtin.dirname",
        "Gives what stands before the last slash.",
        dirname,
        &[("'/a/b.txt' | dirname", "'/a'"), ("'b' | dirname", "''")],
    ),
    builtin(
        "splitext",
        "ansible.builtin.splitext",
        "Cuts before the last extension.",
        splitext,
        &[("'a/b.tar.gz' | splitext", "('a/b.tar', '.gz')"), ("'.rc' | splitext", "('.rc', '')")],
    ),
    builtin(
        "path_join",
        "ansible.builtin.path_join",
        "Joins parts of a path; an absolute part begins anew.",
        path_join,
        &[("['a', 'b/', 'c'] | path_join", "'a/b/c'"), ("['a', '/b'] | path_join", "'/b'")],
    ),
    builtin(
        "normpath",
        "ansible.builtin.normpath",
        "Takes out dots and doubled slashes.",
        normpath,
        &[("'/a//b/../c/.' | normpath", "'/a/c'"), ("'' | normpath", "'.'")],
    ),
    builtin(
        "commonpath",
        "ansible.builtin.commonpath",
        "Gives the longest path that all have in common.",
        commonpath,
        &[("['/a/b/c', '/a/b/d'] | commonpath", "'/a/b'")],
    ),
    impure(builtin(
        "expanduser",
        "ansible.builtin.expanduser",
        "Puts the home directory in place of `~`.",
        expanduser,
        &[("'/a/~' | expanduser", "'/a/~'")],
    )),
    impure(builtin(
        "expandvars",
        "ansible.builtin.expandvars",
        "Fills in environment variables of the controller.",
        expandvars,
        &[("'a$surely_no_such_name' | expandvars", "'a$surely_no_such_name'")],
    )),
    impure(builtin(
        "realpath",
        "ansible.builtin.realpath",
        "Follows the symbolic links of a path on the controller.",
        realpath,
        &[("'/' | realpath", "'/'")],
    )),
    impure(builtin(
        "relpath",
        "ansible.builtin.relpath",
        "Gives the path relative to a directory, or to the current one.",
        relpath,
        &[("'/a/b/c' | relpath('/a/d')", "'../b/c'")],
    )),
    impure(builtin(
        "fileglob",
        "ansible.builtin.fileglob",
        "Lists the files on the controller that a pattern matches.",
        fileglob,
        &[("'/surely/no/such/*' | fileglob", "[]")],
    )),
];

fn path<'a>(call: &str, value: &'a Value, args: &Args) -> Result<&'a str, Stop> {
    Bound::of(call, args, &[], 0)?;
    str_of(value, "expected str, bytes or os.PathLike object")
}

fn basename(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    let path = path("basename", &value, args)?;
    Ok(Value::from(path.rsplit('/').next().unwrap_or(path)))
}

fn dirname(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    Ok(Value::from(parent(path("dirname", &value, args)?)))
}

/// What stands before the last slash.
pub fn parent(path: &str) -> &str {
    let head = &path[..path.rfind('/').map_or(0, |i| i + 1)];
    let bare = head.trim_end_matches('/');
    if bare.is_empty() { head } else { bare }
}

fn splitext(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    let (root, extension) = split_extension(path("splitext", &value, args)?);
    Ok(tuple(vec![Value::from(root), Value::from(extension)]))
}

/// Root and extension; leading dots of a name begin no extension.
pub fn split_extension(path: &str) -> (&str, &str) {
    let start = path.rfind('/').map_or(0, |i| i + 1);
    let name = &path[start..];
    let dots = name.len() - name.trim_start_matches('.').len();
    match name[dots..].rfind('.') {
        Some(dot) => path.split_at(start + dots + dot),
        None => (path, ""),
    }
}

fn path_join(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    Bound::of("path_join", args, &[], 0)?;
    if let Kind::Str(_) = value.kind {
        return Ok(value);
    }
    if !is_sequence(&value) {
        let class = class_of(&value);
        return Err(Stop::fault(format!(
            "|path_join expects string or sequence, got {class} instead."
        )));
    }
    let mut joined = String::new();
    for (i, part) in items(&value)?.iter().enumerate() {
        let Kind::Str(part) = &part.kind else { return Err(no_path(part, i == 0)) };
        join_onto(&mut joined, part, i == 0);
    }
    Ok(Value::from(joined))
}

fn no_path(part: &Value, first: bool) -> Stop {
    let kind = part.type_name();
    Stop::fault(if first {
        format!("expected str, bytes or os.PathLike object, not {kind}")
    } else {
        format!("join() argument must be str, bytes, or os.PathLike object, not '{kind}'")
    })
}

fn join_onto(joined: &mut String, part: &str, first: bool) {
    if part.starts_with('/') || first {
        joined.clear();
    } else if !joined.is_empty() && !joined.ends_with('/') {
        joined.push('/');
    }
    joined.push_str(part);
}

fn normpath(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    Ok(Value::from(normal(path("normpath", &value, args)?)))
}

/// Without dots and doubled slashes; two leading slashes stay, as POSIX has it.
pub fn normal(path: &str) -> String {
    let slashes = path.len() - path.trim_start_matches('/').len();
    let root = match slashes {
        0 => "",
        2 => "//",
        _ => "/",
    };
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            ".." if !root.is_empty() => {}
            part => parts.push(part),
        }
    }
    let text = format!("{root}{}", parts.join("/"));
    if text.is_empty() { ".".to_string() } else { text }
}

fn commonpath(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    Bound::of("commonpath", args, &[], 0)?;
    if !is_sequence(&value) {
        let class = class_of(&value);
        return Err(Stop::fault(format!("|commonpath expects sequence, got {class} instead.")));
    }
    let items = items(&value)?;
    let mut paths = Vec::new();
    for item in items.iter() {
        paths.push(str_of(item, "expected str, bytes or os.PathLike object")?);
    }
    let Some(first) = paths.first() else {
        return Err(Stop::fault("commonpath() arg is an empty sequence"));
    };
    let rooted = first.starts_with('/');
    if paths.iter().any(|path| path.starts_with('/') != rooted) {
        return Err(Stop::fault("Can't mix absolute and relative paths"));
    }
    let parts = |path: &str| -> Vec<String> {
        path.split('/').filter(|p| !p.is_empty() && *p != ".").map(String::from).collect()
    };
    let mut common = parts(first);
    for path in &paths[1..] {
        let same = common.iter().zip(parts(path)).take_while(|(a, b)| *a == b).count();
        common.truncate(same);
    }
    let root = if rooted { "/" } else { "" };
    Ok(Value::from(format!("{root}{}", common.join("/"))))
}

fn expanduser(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    Ok(Value::from(expand_user(path("expanduser", &value, args)?)))
}

/// `~` and `~name` as home directories; unknown names stay.
pub fn expand_user(path: &str) -> String {
    let Some(rest) = path.strip_prefix('~') else { return path.to_string() };
    let (name, rest) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let home = match name {
        "" => std::env::var("HOME").ok().or_else(|| home_of(None)),
        name => home_of(Some(name)),
    };
    let Some(home) = home else { return path.to_string() };
    let joined = format!("{}{rest}", home.trim_end_matches('/'));
    if joined.is_empty() { "/".to_string() } else { joined }
}

/// The home directory that the user database has for a name, or for the user of this process.
fn home_of(name: Option<&str>) -> Option<String> {
    let uid = rustix::process::getuid().as_raw().to_string();
    let users = std::fs::read_to_string("/etc/passwd").ok()?;
    let mut rows = users.lines().map(|line| line.split(':').collect::<Vec<_>>());
    let is_wanted = |row: &Vec<&str>| match name {
        Some(name) => row.first() == Some(&name),
        None => row.get(2) == Some(&uid.as_str()),
    };
    rows.find(is_wanted)?.get(5).map(ToString::to_string)
}

fn expandvars(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    Ok(Value::from(expand_variables(path("expandvars", &value, args)?)))
}

/// `$NAME` and `${NAME}` filled in; unknown names stay.
pub fn expand_variables(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(start) = rest.find('$') {
        out.push_str(&rest[..start]);
        rest = &rest[start..];
        let (name, width) = variable(&rest[1..]);
        let found = (width > 0).then(|| std::env::var(name).ok()).flatten();
        out.push_str(found.as_deref().unwrap_or(&rest[..=width]));
        rest = &rest[1 + width..];
    }
    out + rest
}

/// The name behind a dollar sign, and how long it is written.
fn variable(text: &str) -> (&str, usize) {
    if let Some(inner) = text.strip_prefix('{') {
        return match inner.find('}') {
            Some(end) => (&inner[..end], end + 2),
            None => ("", 0),
        };
    }
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(text.len());
    (&text[..end], end)
}

fn realpath(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    let path = absolute(path("realpath", &value, args)?)?;
    Ok(Value::from(resolve(Path::new(&path), 0).to_string_lossy().into_owned()))
}

/// The path from the root, without dots.
pub fn absolute(path: &str) -> Result<String, Stop> {
    if path.starts_with('/') {
        return Ok(normal(path));
    }
    let here = std::env::current_dir().map_err(|e| Stop::fault(e.to_string()))?;
    Ok(normal(&format!("{}/{path}", here.to_string_lossy())))
}

/// Follows links part by part; what does not exist stays as it is written.
fn resolve(path: &Path, depth: u8) -> PathBuf {
    let mut done = PathBuf::from("/");
    for part in path.components() {
        match part {
            Component::ParentDir => {
                done.pop();
            }
            Component::Normal(name) => done = follow(done.join(name), depth),
            _ => {}
        }
    }
    done
}

fn follow(path: PathBuf, depth: u8) -> PathBuf {
    match std::fs::read_link(&path) {
        Ok(target) if depth < 40 => {
            let base = path.parent().unwrap_or(Path::new("/"));
            resolve(&base.join(target), depth + 1)
        }
        _ => path,
    }
}

fn relpath(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    let bound = Bound::of("relpath", args, &["start"], 0)?;
    let path = str_of(&value, "expected str, bytes or os.PathLike object")?;
    if path.is_empty() {
        return Err(Stop::fault("no path specified"));
    }
    let start = bound.some("start").map_or_else(|| ".".into(), text_of);
    let (start, path) = (absolute(&start)?, absolute(path)?);
    let parts = |path: &str| -> Vec<String> {
        path.split('/').filter(|p| !p.is_empty()).map(String::from).collect()
    };
    let (start, path) = (parts(&start), parts(&path));
    let same = start.iter().zip(&path).take_while(|(a, b)| a == b).count();
    let mut way = vec!["..".to_string(); start.len() - same];
    way.extend_from_slice(&path[same..]);
    let text = way.join("/");
    Ok(Value::from(if text.is_empty() { ".".to_string() } else { text }))
}

fn fileglob(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    let pattern = path("fileglob", &value, args)?;
    let found = glob::paths(pattern).into_iter().filter(|path| Path::new(path).is_file());
    Ok(Value::from(found.collect::<Vec<String>>()))
}
