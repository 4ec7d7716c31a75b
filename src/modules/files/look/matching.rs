//! Which of the files that were listed meet the conditions of `find`.

use super::find::{Args, FileType, Seen, Stamp};
use super::numbers::bits;
use crate::base::Value;
use crate::base::regex::{Regex, python};
use crate::modules::files::edit::{Encoding, universal};
use crate::modules::files::walk::Entry;
use crate::spec::args::{Arg, FromArg, Mode};
use crate::spec::{Failure, PathKind};
use std::collections::{HashMap, HashSet};

/// The conditions, ready to be asked.
pub struct Filter {
    names: Vec<Regex>,
    excluded: Vec<Regex>,
    /// Seconds; negative: at most.
    age: Option<i64>,
    /// Bytes; negative: at most.
    size: Option<i64>,
    mode: Option<u32>,
    contains: Option<Regex>,
    encoding: Encoding,
    now: f64,
}

impl Filter {
    /// Reads the conditions.
    ///
    /// # Errors
    /// What is none.
    pub fn of(args: &Args, now: f64) -> Result<Self, Failure> {
        if let Some(limit) = args.limit.filter(|limit| *limit <= 0) {
            let text = format!("limit cannot be {limit} (use None for unlimited)");
            return Err(Failure::new(text));
        }
        let names = match args.patterns.is_empty() {
            true => vec![python("", "").map_err(Failure::new)?],
            false => compile(&args.patterns, args.use_regex)?,
        };
        let contains = args.contains.as_ref().map(|pattern| {
            let anchored = format!(r"\A(?:{pattern})");
            python(if args.read_whole_file { pattern } else { &anchored }, "")
        });
        let encoding = args.encoding.as_deref().unwrap_or("utf-8");
        Ok(Self {
            names,
            excluded: compile(&args.excludes, args.use_regex)?,
            age: measure("age", args.age.as_deref(), AGES)?,
            size: measure("size", args.size.as_deref(), SIZES)?,
            mode: mode(args)?,
            contains: contains.transpose().map_err(Failure::new)?,
            encoding: Encoding::named(encoding).map_err(Failure::new)?,
            now,
        })
    }

    /// Whether a file meets all conditions but that on its content.
    fn takes(&self, args: &Args, entry: &Entry) -> bool {
        let state = &entry.state;
        let kind = match args.file_type {
            FileType::Any => true,
            FileType::Directory => state.kind == PathKind::Dir,
            FileType::File => state.kind == PathKind::File,
            FileType::Link => state.kind == PathKind::Link,
        };
        let name = entry.path.rsplit('/').next().unwrap_or_default();
        let time = match args.age_stamp {
            Stamp::Atime => state.atime,
            Stamp::Ctime => state.ctime,
            Stamp::Mtime => state.mtime,
        };
        let sized = state.kind == PathKind::File;
        kind && self.named(name)
            && within(self.age, self.now - time)
            && (!sized || within(self.size, state.size as f64))
            && self.mode.is_none_or(|mode| match args.exact_mode {
                true => state.mode == mode,
                false => state.mode & mode != 0,
            })
    }

    fn named(&self, name: &str) -> bool {
        let any = |all: &[Regex]| all.iter().any(|regex| regex.is_match(name).unwrap_or(false));
        any(&self.names) && !any(&self.excluded)
    }

    /// Whether its content is as wanted.
    fn holds(&self, args: &Args, path: &str, seen: &Seen) -> bool {
        let Some(regex) = self.contains.as_ref().filter(|_| args.file_type == FileType::File)
        else {
            return true;
        };
        let Some(content) = seen.contents.get(path) else { return false };
        let text = universal(&self.encoding.decode(content));
        if args.read_whole_file {
            return regex.is_match(&text).unwrap_or(false);
        }
        text.split_inclusive('\n').any(|line| regex.is_match(line).unwrap_or(false))
    }

    /// Files whose content decides.
    pub fn candidates(&self, args: &Args, seen: &Seen) -> Vec<String> {
        if args.file_type != FileType::File {
            return Vec::new();
        }
        let entries = seen.roots.iter().flat_map(|root| &root.entries);
        let wanted = entries.filter(|entry| !entry.followed && self.takes(args, entry));
        wanted.map(|entry| entry.path.clone()).collect()
    }
}

/// Expressions that a name must begin with, or globs that it must be.
fn compile(patterns: &[String], use_regex: bool) -> Result<Vec<Regex>, Failure> {
    let text = |pattern: &String| match use_regex {
        true => format!(r"\A(?:{pattern})"),
        false => format!(r"(?s)\A(?:{})\Z", glob(pattern)),
    };
    let compiled: Result<Vec<Regex>, String> =
        patterns.iter().map(|pattern| python(&text(pattern), "")).collect();
    compiled.map_err(Failure::new)
}

/// A glob as an expression in Python's syntax.
fn glob(pattern: &str) -> String {
    let chars: Vec<char> = pattern.chars().collect();
    let mut out = String::new();
    let mut at = 0;
    while let Some(c) = chars.get(at) {
        at += 1;
        match c {
            '*' => out.push_str(".*"),
            '?' => out.push('.'),
            '[' => match set_end(&chars, at) {
                Some(end) => {
                    out.push_str(&set(&chars[at..end]));
                    at = end + 1;
                }
                None => out.push_str(r"\["),
            },
            c if c.is_alphanumeric() || *c == '_' => out.push(*c),
            c => out.extend(['\\', *c]),
        }
    }
    out
}

/// Where a set that begins here ends.
fn set_end(chars: &[char], from: usize) -> Option<usize> {
    let mut at = from;
    if chars.get(at) == Some(&'!') {
        at += 1;
    }
    if chars.get(at) == Some(&']') {
        at += 1;
    }
    chars[at.min(chars.len())..].iter().position(|c| *c == ']').map(|found| found + at)
}

fn set(inner: &[char]) -> String {
    let text: String = inner.iter().collect::<String>().replace('\\', r"\\");
    match text.strip_prefix('!') {
        Some(rest) => format!("[^{rest}]"),
        None if text.starts_with(['^', '[']) => format!(r"[\{text}]"),
        None => format!("[{text}]"),
    }
}

const AGES: &[(char, i64)] = &[('s', 1), ('m', 60), ('h', 3600), ('d', 86_400), ('w', 604_800)];
const SIZES: &[(char, i64)] =
    &[('b', 1), ('k', 1 << 10), ('m', 1 << 20), ('g', 1 << 30), ('t', 1 << 40)];

/// `-3d` as a number of the smallest unit.
fn measure(
    name: &'static str,
    text: Option<&str>,
    units: &[(char, i64)],
) -> Result<Option<i64>, Failure> {
    let Some(given) = text else { return Ok(None) };
    let text = given.to_lowercase();
    let unit = units.iter().find(|(letter, _)| text.ends_with(*letter));
    let number = unit.map_or(text.as_str(), |(letter, _)| text.trim_end_matches(*letter));
    let plain = number.strip_prefix('-').unwrap_or(number);
    let digits = !plain.is_empty() && plain.bytes().all(|byte| byte.is_ascii_digit());
    let number = number.parse::<i64>().ok().filter(|_| digits);
    let value = number.and_then(|number| number.checked_mul(unit.map_or(1, |(_, factor)| *factor)));
    let failed = || Failure::new(format!("failed to process {name}")).with(name, given);
    value.map(Some).ok_or_else(failed)
}

/// Whether a number is at least, or with a negative limit at most, this one.
fn within(limit: Option<i64>, number: f64) -> bool {
    match limit {
        None => true,
        Some(limit) if limit >= 0 => number >= limit as f64,
        Some(limit) => number <= limit.unsigned_abs() as f64,
    }
}

fn mode(args: &Args) -> Result<Option<u32>, Failure> {
    let Some(raw) = args.mode.as_ref().filter(|raw| raw.0.is_true()) else { return Ok(None) };
    if raw.0.as_str().is_none() {
        let text = format!(
            "argument 'mode' is not a string and conversion is not allowed, value is of type {}",
            raw.0.type_name()
        );
        return Err(Failure::new(text));
    }
    let read = Mode::from_value(&Arg::of::<Mode>("mode", ""), &raw.0);
    let mode = read.map_err(|error| Failure::new(error.message))?;
    if let Mode::Wrong(clause) = mode {
        return Err(Failure::new(format!("bad symbolic permission for mode: {clause}")));
    }
    Ok(mode.bits(0, false, 0o022))
}

/// What was found.
pub struct Found<'a> {
    /// The files in the order in which they were met.
    pub files: Vec<&'a Entry>,
    /// How many were looked at.
    pub examined: u64,
    /// What was not looked into, and why.
    pub skipped: Vec<(String, String)>,
    /// Warnings.
    pub warnings: Vec<String>,
    /// Ansible's word for it.
    pub msg: &'static str,
}

impl Found<'_> {
    /// One file as the result tells it.
    pub fn told(&self, entry: &Entry, seen: &Seen) -> Value {
        let mut map = bits(&entry.state);
        map.insert("path".into(), Value::from(entry.path.as_str()));
        let name = |text: &str, number: u32| {
            Value::from(if text == number.to_string() { "" } else { text })
        };
        map.insert("pw_name".into(), name(&entry.state.owner, entry.state.uid));
        map.insert("gr_name".into(), name(&entry.state.group, entry.state.gid));
        map.insert("blocks".into(), Value::from(entry.blocks));
        map.insert("disk_usage_bytes".into(), Value::from(entry.blocks * 512));
        if let Some(sum) = seen.sums.get(&entry.path) {
            map.insert("checksum".into(), Value::from(sum.as_str()));
        }
        Value::map(map)
    }
}

/// Walks as `os.walk` does: a directory's files, then its directories, then into these.
pub fn walk<'a>(args: &Args, filter: &Filter, seen: &'a Seen) -> Found<'a> {
    let mut found = Found {
        files: Vec::new(),
        examined: 0,
        skipped: Vec::new(),
        warnings: Vec::new(),
        msg: "All paths examined",
    };
    for root in &seen.roots {
        if !root.is_dir {
            let text = format!("'{}' is not a directory", root.path);
            found
                .warnings
                .push(format!("Skipped '{}' path due to this access issue: {text}\n", root.path));
            found.skipped.push((root.path.clone(), text));
            continue;
        }
        let mut children: HashMap<&str, Vec<&Entry>> = HashMap::new();
        for entry in root.entries.iter().filter(|entry| !entry.followed) {
            let parent = entry.path.rsplit_once('/').map_or("/", |(dir, _)| dir);
            children.entry(if parent.is_empty() { "/" } else { parent }).or_default().push(entry);
        }
        let followed = root.entries.iter().filter(|entry| entry.followed);
        let leads = followed.map(|entry| entry.path.as_str()).collect();
        let mut walker = Walker { args, filter, seen, children, leads, found: &mut found };
        walker.enter(&root.path, 1);
    }
    let denied = |path: &String| (path.clone(), format!("[Errno 13] Permission denied: '{path}'"));
    found.skipped.extend(seen.closed.iter().map(denied));
    if !found.warnings.is_empty() {
        found.msg = "Not all paths examined, check warnings for details";
    }
    found
}

struct Walker<'a, 'b> {
    args: &'b Args,
    filter: &'b Filter,
    seen: &'a Seen,
    children: HashMap<&'a str, Vec<&'a Entry>>,
    /// Links that lead to directories.
    leads: HashSet<&'a str>,
    found: &'b mut Found<'a>,
}

impl<'a> Walker<'a, '_> {
    /// Whether as many were found as are wanted.
    fn full(&self) -> bool {
        self.args.limit.is_some_and(|limit| self.found.files.len() as i64 >= limit)
    }

    fn enter(&mut self, dir: &str, depth: i64) {
        let Some(entries) = self.children.remove(dir) else { return };
        self.found.examined += entries.len() as u64;
        if self.args.depth.is_some_and(|most| most != 0 && depth > most) {
            return;
        }
        let is_dir = |entry: &Entry| {
            entry.state.kind == PathKind::Dir || self.leads.contains(entry.path.as_str())
        };
        let (dirs, files): (Vec<&'a Entry>, Vec<&'a Entry>) =
            entries.into_iter().partition(|entry| is_dir(entry));
        for entry in files.into_iter().chain(dirs.iter().copied()) {
            self.meet(entry);
            if self.full() {
                self.found.msg = "Limit of matches reached";
                return;
            }
        }
        for dir in dirs.into_iter().filter(|_| self.args.recurse) {
            self.enter(&dir.path, depth + 1);
            if self.full() {
                return;
            }
        }
    }

    fn meet(&mut self, entry: &'a Entry) {
        let name = entry.path.rsplit('/').next().unwrap_or_default();
        let hidden = name.starts_with('.') && !self.args.hidden;
        let (args, filter) = (self.args, self.filter);
        if !hidden && filter.takes(args, entry) && filter.holds(args, &entry.path, self.seen) {
            self.found.files.push(entry);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_are_pythons() {
        let is = |pattern: &str, name: &str| {
            compile(&[pattern.to_string()], false).unwrap()[0].is_match(name).unwrap()
        };
        assert!(is("*.log", "a.log") && !is("*.log", "a.logs") && !is("*.log", "alog"));
        assert!(is("[ab]?", "ax") && !is("[!ab]?", "ax") && is("[!ab]?", "cx"));
        assert!(is("[]a]", "]") && is("[a-c]", "b") && is("a[b", "a[b") && is("[^a]", "^"));
        assert!(is("a\nb*", "a\nb\nc") && is("a+b", "a+b"));
    }

    #[test]
    fn measures_have_units() {
        assert_eq!(measure("age", Some("2D"), AGES).unwrap(), Some(172_800));
        assert_eq!(measure("age", Some("-3"), AGES).unwrap(), Some(-3));
        assert_eq!(measure("size", Some("1k"), SIZES).unwrap(), Some(1024));
        assert_eq!(measure("size", Some("k"), SIZES).unwrap_err().msg, "failed to process size");
        assert!(measure("age", Some("1x"), AGES).is_err());
        assert!(within(Some(-10), 10.0) && !within(Some(-10), 11.0) && !within(Some(10), 9.0));
    }
}
