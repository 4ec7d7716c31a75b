//! Numbers and flags of files as Python tells them.

use crate::base::{Map, Value};
use crate::spec::PathState;
use crate::spec::path::PathKind;

/// `12.345000000` as the float that Python makes of seconds and nanoseconds.
pub fn python_time(text: &str) -> f64 {
    let (seconds, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let whole: f64 = seconds.parse().unwrap_or(0.0);
    let nanos: f64 = format!("{fraction:0<9}").get(..9).and_then(|n| n.parse().ok()).unwrap_or(0.0);
    whole + 1e-9 * nanos
}

/// What `stat` and `find` both tell of a file.
pub fn bits(state: &PathState) -> Map {
    let mut map = Map::new();
    let mode = state.mode;
    map.insert("mode".into(), Value::from(format!("{mode:04o}")));
    let kinds = [
        ("isdir", PathKind::Dir),
        ("ischr", PathKind::Char),
        ("isblk", PathKind::Block),
        ("isreg", PathKind::File),
        ("isfifo", PathKind::Fifo),
        ("islnk", PathKind::Link),
        ("issock", PathKind::Socket),
    ];
    map.extend(kinds.map(|(name, kind)| (name.into(), Value::from(state.kind == kind))));
    let numbers = [
        ("uid", u64::from(state.uid)),
        ("gid", u64::from(state.gid)),
        ("size", state.size),
        ("inode", state.inode),
        ("dev", state.device),
        ("nlink", state.links),
    ];
    map.extend(numbers.map(|(name, number)| (name.into(), Value::from(number))));
    let times = [("atime", state.atime), ("mtime", state.mtime), ("ctime", state.ctime)];
    map.extend(times.map(|(name, time)| (name.into(), Value::from(time))));
    let flags = [
        ("wusr", 0o200),
        ("rusr", 0o400),
        ("xusr", 0o100),
        ("wgrp", 0o020),
        ("rgrp", 0o040),
        ("xgrp", 0o010),
        ("woth", 0o002),
        ("roth", 0o004),
        ("xoth", 0o001),
        ("isuid", 0o4000),
        ("isgid", 0o2000),
    ];
    map.extend(flags.map(|(name, bit)| (name.into(), Value::from(mode & bit != 0))));
    map
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_pythons() {
        assert_eq!(python_time("1795409424.266200000"), 1_795_409_424.266_2);
        assert_eq!(python_time("1795409424.2662"), 1_795_409_424.266_2);
        assert_eq!(python_time("5"), 5.0);
        assert_eq!(python_time("-"), 0.0);
    }
}
