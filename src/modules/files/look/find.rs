//! `find`: the files below directories that meet conditions.

use super::matching::{Filter, walk};
use super::stat::Digest;
use crate::base::Value;
use crate::modules::files::walk::{self as listing, Entry};
use crate::spec::args::{PathText, Raw};
use crate::spec::{
    Answer, Change, Ctx, Doc, Example, Failure, Fields, Look, PathKind, Plan, Probe, Ran, State,
    Support, Text,
};
use bytes::Bytes;
use std::collections::HashMap;

crate::choices! {
    /// What is looked for.
    pub enum FileType {
        Any = "any",
        Directory = "directory",
        File = "file",
        Link = "link",
    }
}

crate::choices! {
    /// A time of a file.
    pub enum Stamp {
        Atime = "atime",
        Ctime = "ctime",
        Mtime = "mtime",
    }
}

crate::args! {
    /// What is looked for where.
    pub struct Args {
        /// Directories on the host.
        paths: Vec<PathText> => [required(), aliases(&["name", "path"])],
        /// Names that are wanted: globs, or expressions with `use_regex`; none: all.
        patterns: Vec<String> => [aliases(&["pattern"])],
        /// Names that are not wanted.
        excludes: Vec<String> => [aliases(&["exclude"])],
        /// Expression that a line of the file must begin with.
        contains: Option<String> => [],
        /// Whether `contains` is looked for anywhere in the whole file.
        read_whole_file: bool => [default("no")],
        /// Kind of what is looked for.
        file_type: FileType => [default("file")],
        /// Least age, such as `2d`; with a minus sign the greatest one.
        age: Option<String> => [],
        /// Which time `age` is about.
        age_stamp: Stamp => [default("mtime")],
        /// Least size, such as `10m`; with a minus sign the greatest one.
        size: Option<String> => [],
        /// Whether directories below are looked into.
        recurse: bool => [default("no")],
        /// Whether names that begin with a dot count.
        hidden: bool => [default("no")],
        /// Whether links to directories are followed.
        follow: bool => [default("no")],
        /// Whether the digest of each file is told.
        get_checksum: bool => [default("no")],
        /// Which digest.
        checksum_algorithm: Digest => [default("sha1"), aliases(&["checksum", "checksum_algo"])],
        /// Whether patterns are expressions.
        use_regex: bool => [default("no")],
        /// How deep directories are looked into; 0: without end.
        depth: Option<i64> => [],
        /// Permission bits, octal or symbolic, as text.
        mode: Option<Raw> => [],
        /// Whether exactly these bits are wanted, not any of them.
        exact_mode: bool => [default("yes")],
        /// Encoding of the files that `contains` looks into: utf-8, latin-1 or ascii.
        encoding: Option<String> => [],
        /// So many at most.
        limit: Option<i64> => [],
    }
}

static DOC: Doc = Doc {
    name: "find",
    full_names: &["ansible.builtin.find", "ansible.legacy.find"],
    short: "Find files on a host.",
    args: <Args as crate::spec::ArgStruct>::TABLE,
    check: Support::Full,
    diff: Support::NotApplicable,
    examples: &[Example {
        title: "Old logs",
        yaml: "find: {paths: /var/log, patterns: \"*.gz\", age: 30d, recurse: true}",
    }],
    returns: &[
        ("files", "what was found, each as `stat` tells it"),
        ("matched", "how many were found"),
        ("examined", "how many were looked at"),
        ("skipped_paths", "what could not be looked into, and why"),
    ],
};

/// The module.
pub struct Find;

/// One directory that is looked into.
#[derive(Debug)]
pub struct Root {
    /// Its path.
    pub path: String,
    /// Whether it is a directory.
    pub is_dir: bool,
    /// All below.
    pub entries: Vec<Entry>,
}

/// What was seen.
#[derive(Debug, Default)]
pub struct Seen {
    /// The directories in their order.
    pub roots: Vec<Root>,
    /// The host's time.
    pub now: f64,
    /// Directories that could not be entered.
    pub closed: Vec<String>,
    /// Contents of files that may match.
    pub contents: HashMap<String, Bytes>,
    /// Digests of files that match.
    pub sums: HashMap<String, String>,
    /// Files whose content is not known.
    unknown: Option<String>,
}

impl State for Find {
    type Args = Args;
    type Seen = Seen;

    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn probe(&self, args: &Args, ctx: Ctx<'_>) -> Result<Probe, Failure> {
        Filter::of(args, 0.0)?;
        let roots: Result<Vec<String>, Failure> = args
            .paths
            .iter()
            .map(|path| crate::modules::files::absolute(ctx.platform, path.as_str()))
            .collect();
        let depth = match (args.recurse, args.depth) {
            (false, _) => "1".to_string(),
            // One more: what is too deep still counts as examined.
            (true, Some(depth)) if depth != 0 => depth.saturating_add(1).max(1).to_string(),
            (true, _) => String::new(),
        };
        let flags = [
            if args.follow { "-L" } else { "" }.to_string(),
            depth,
            if args.age.is_some() { "1" } else { "0" }.to_string(),
        ];
        let script = concat!(include_str!("../walk.sh"), include_str!("find.sh"));
        Ok(Probe::new("find", script).words(flags).words(roots?).heavy())
    }

    fn read(&self, args: &Args, answers: &[Answer], ctx: Ctx<'_>) -> Result<Look<Seen>, Failure> {
        let mut seen = parse(args, crate::modules::files::first(answers)?, ctx)?;
        let filter = Filter::of(args, seen.now)?;
        let mut next = 1;
        if args.contains.is_some() {
            let wanted = filter.candidates(args, &seen);
            let asked = predicted_contents(&mut seen, wanted, ctx);
            match answers.get(next) {
                _ if asked.is_empty() => {}
                None => return Ok(Look::Ask(ask("contents", include_str!("contents.sh"), &asked))),
                Some(answer) => {
                    seen.contents.extend(contents(&asked, answer));
                    next += 1;
                }
            }
        }
        if args.get_checksum {
            let found = walk(args, &filter, &seen);
            let is_file = |entry: &&&Entry| entry.state.kind == PathKind::File;
            let files = found.files.iter().filter(is_file).map(|entry| entry.path.clone());
            let asked: Vec<String> = files.filter(|path| !path.contains('\n')).collect();
            match answers.get(next) {
                _ if asked.is_empty() => {}
                None => {
                    let probe = ask("sums", include_str!("sums.sh"), &asked);
                    return Ok(Look::Ask(probe.words([args.checksum_algorithm.word()])));
                }
                Some(answer) => {
                    let sums = answer.text();
                    let sums = sums.lines().map(str::to_string);
                    seen.sums = asked.into_iter().zip(sums).filter(|(_, sum)| sum != "-").collect();
                }
            }
        }
        Ok(Look::Seen(seen))
    }

    fn plan(&self, args: &Args, seen: &Seen, _: Ctx<'_>) -> Result<Plan, Failure> {
        let filter = Filter::of(args, seen.now)?;
        let found = walk(args, &filter, seen);
        let mut plan = Plan::ok();
        let files = found.files.iter().map(|entry| found.told(entry, seen)).collect();
        let told = [
            ("files", Value::list(files)),
            ("matched", Value::from(found.files.len() as u64)),
            ("examined", Value::from(found.examined)),
            ("msg", Value::from(found.msg)),
            (
                "skipped_paths",
                found.skipped.iter().map(|(k, v)| (k.as_str(), Value::from(v.as_str()))).collect(),
            ),
        ];
        plan.fields.extend(told.map(|(name, value)| (name.into(), value)));
        plan.warnings = found.warnings;
        plan.uncertain.clone_from(&seen.unknown);
        Ok(plan)
    }

    fn verify(&self, _: &Args, _: &Change, _: &Seen, _: Ctx<'_>) -> Result<(), String> {
        Ok(())
    }

    fn result(&self, _: &Args, _: &Seen, _: Option<&Seen>, _: &Plan, _: &[Ran]) -> Fields {
        Fields::new()
    }
}

fn parse(args: &Args, answer: &Answer, ctx: Ctx<'_>) -> Result<Seen, Failure> {
    let text = answer.text();
    let mut lines = text.lines();
    let now = lines.next().and_then(|line| line.parse().ok()).unwrap_or(0.0);
    let mut seen = Seen { now, closed: closed(&answer.error_text()), ..Seen::default() };
    for line in lines {
        match (line, seen.roots.last_mut()) {
            ("@" | "@!", _) => {
                let Some(path) = args.paths.get(seen.roots.len()) else { break };
                let path = crate::modules::files::absolute(ctx.platform, path.as_str())?;
                seen.roots.push(Root { path, is_dir: line == "@", entries: Vec::new() });
            }
            (line, Some(root)) => root.entries.extend(Entry::parse(line)),
            (_, None) => {}
        }
    }
    for root in &mut seen.roots {
        match ctx.world.path(&root.path) {
            Some(None) => root.is_dir = false,
            Some(Some(attrs)) => root.is_dir = attrs.kind == PathKind::Dir,
            None => {}
        }
        listing::overlay(&mut root.entries, &root.path, ctx.world);
    }
    Ok(seen)
}

/// Directories that find names as those it may not enter.
fn closed(errors: &str) -> Vec<String> {
    let denied = errors.lines().filter_map(|line| {
        let path = line.strip_prefix("find: ")?.strip_suffix(": Permission denied")?;
        Some(path.trim_matches(['\'', '\u{2018}', '\u{2019}', '"']).replace("//", "/"))
    });
    denied.collect()
}

fn ask(name: &'static str, script: &'static str, paths: &[String]) -> Probe {
    let lines: String = paths.iter().map(|path| format!("{path}\n")).collect();
    Probe::new(name, script).input(lines.into_bytes()).heavy()
}

/// Takes those whose content is predicted; gives those that have to be asked for.
fn predicted_contents(seen: &mut Seen, wanted: Vec<String>, ctx: Ctx<'_>) -> Vec<String> {
    let mut asked = Vec::new();
    for path in wanted {
        let content = ctx.world.path(&path).flatten().and_then(|attrs| attrs.content.as_ref());
        match content {
            Some(Text::Known { bytes: Some(bytes), .. }) => {
                seen.contents.insert(path, bytes.clone());
            }
            Some(_) => seen.unknown = Some(format!("the content of {path} is not known")),
            // A name with a newline cannot be asked for in a list of lines.
            None if path.contains('\n') => {}
            None => asked.push(path),
        }
    }
    asked
}

fn contents(asked: &[String], answer: &Answer) -> HashMap<String, Bytes> {
    let blocks = answer.blocks().unwrap_or_default();
    let pairs = asked.iter().zip(blocks);
    pairs.filter_map(|(path, block)| Some((path.clone(), block?))).collect()
}
