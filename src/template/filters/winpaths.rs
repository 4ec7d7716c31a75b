//! Filters on Windows paths.

use super::bind::{Bound, str_of};
use super::{builtin, tuple};
use crate::base::Value;
use crate::template::table::{Args, Env, Filter, Stop};

pub(super) const FILTERS: &[Filter] = &[
    builtin(
        "win_basename",
        "ansible.builtin.win_basename",
        "Gives the file name of a Windows path.",
        basename,
        &[(r"'C:\\a\\b.txt' | win_basename", "'b.txt'")],
    ),
    builtin(
        "win_dirname",
        "ansible.builtin.win_dirname",
        "Gives the directory of a Windows path.",
        dirname,
        &[(r"'C:\\a\\b.txt' | win_dirname", r"'C:\\a'")],
    ),
    builtin(
        "win_splitdrive",
        "ansible.builtin.win_splitdrive",
        "Cuts a Windows path behind its drive.",
        splitdrive,
        &[(r"'C:\\a' | win_splitdrive", r"('C:', '\\a')")],
    ),
];

fn path<'a>(call: &str, value: &'a Value, args: &Args) -> Result<&'a str, Stop> {
    Bound::of(call, args, &[], 0)?;
    str_of(value, "expected str, bytes or os.PathLike object")
}

fn is_separator(c: char) -> bool {
    c == '\\' || c == '/'
}

/// The length of the drive: a letter with a colon, or host and share.
fn drive(path: &str) -> usize {
    let chars: Vec<(usize, char)> = path.char_indices().collect();
    let separator = |i: usize| chars.get(i).is_some_and(|(_, c)| is_separator(*c));
    if separator(0) && separator(1) && !separator(2) {
        let next = |from: usize| (from..chars.len()).find(|&i| separator(i));
        let Some(host) = next(2) else { return path.len() };
        return next(host + 1).map_or(path.len(), |end| chars[end].0);
    }
    match chars.get(1) {
        Some((at, ':')) => at + 1,
        _ => 0,
    }
}

fn splitdrive(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    let path = path("splitdrive", &value, args)?;
    let (drive, rest) = path.split_at(drive(path));
    Ok(tuple(vec![Value::from(drive), Value::from(rest)]))
}

/// Head and tail at the last separator behind the drive.
fn split(path: &str) -> (String, &str) {
    let (drive, rest) = path.split_at(drive(path));
    let at = rest.rfind(is_separator).map_or(0, |i| i + 1);
    let (head, tail) = rest.split_at(at);
    let bare = head.trim_end_matches(is_separator);
    (format!("{drive}{}", if bare.is_empty() { head } else { bare }), tail)
}

fn basename(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    Ok(Value::from(split(path("basename", &value, args)?).1))
}

fn dirname(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    Ok(Value::from(split(path("dirname", &value, args)?).0))
}
