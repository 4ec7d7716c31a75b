//! Plans for what is gone, a directory, a file.

use super::seen::Seen;
use super::{Args, times};
use crate::base::{Map, Value};
use crate::modules::files::attributes::{Adjusted, Wanted};
use crate::modules::files::place::missing;
use crate::modules::files::write::make_dir;
use crate::spec::path::PathKind;
use crate::spec::{Change, Ctx, Diff, Effect, Failure, Op, PathState, Plan};

/// What differs, as Ansible shows it: the state, if it is another, and attributes.
pub struct Difference<'a> {
    /// The path.
    pub path: &'a str,
    /// Its state before.
    pub from: &'a str,
    /// Its state after.
    pub to: &'a str,
}

impl Difference<'_> {
    /// As a diff, with these keys behind the state.
    pub fn diff(&self, before: &Map, after: &Map) -> Diff {
        let side = |word: &str, more: &Map| {
            let mut map = Map::new();
            map.insert("path".into(), Value::from(self.path));
            if self.from != self.to {
                map.insert("state".into(), Value::from(word));
            }
            map.extend(more.iter().map(|(k, v)| (k.clone(), v.clone())));
            Value::map(map)
        };
        Diff {
            before: Some(side(self.from, before)),
            after: Some(side(self.to, after)),
            ..Diff::default()
        }
    }
}

/// Nothing there.
pub fn absent(seen: &Seen) -> Plan {
    let Some(state) = &seen.link else { return Plan::ok() };
    let recursive = state.kind == PathKind::Dir;
    let op = Op::Remove { path: seen.path.clone(), recursive };
    let change = Change::new(op, format!("remove {}", seen.path));
    let change = change.effect(Effect::Path(seen.path.clone(), None));
    let mut before = Map::new();
    if recursive {
        before.insert("path_content".into(), content(seen));
    }
    let difference = Difference { path: &seen.path, from: seen.word(), to: "absent" };
    Plan::of(vec![change]).diff(difference.diff(&before, &Map::new()))
}

/// All below, by kind.
fn content(seen: &Seen) -> Value {
    let list = |dirs: bool| {
        let is_dir = |kind: PathKind| kind == PathKind::Dir;
        let entries = seen.below.iter().filter(|entry| is_dir(entry.state.kind) == dirs);
        Value::list(entries.map(|entry| Value::from(entry.path.as_str())).collect())
    };
    let lists = [("directories", list(true)), ("files", list(false))];
    lists.into_iter().collect()
}

/// Changes of what is there, of all below it with `recurse`, and of times.
pub fn attributes(args: &Args, seen: &Seen, ctx: Ctx<'_>) -> Result<Adjusted, Failure> {
    let wanted = args.wanted();
    let Some(state) = seen.subject(args.follow) else { return Ok(Adjusted::default()) };
    let path = if args.follow { &seen.real } else { &seen.path };
    let mut adjusted = wanted.adjust(path, state, &seen.ids, ctx.platform)?;
    times::adjust(args, seen, path, state, &mut adjusted)?;
    if !args.recurse {
        return Ok(adjusted);
    }
    for entry in &seen.below {
        let inner = Wanted { follow: entry.followed, ..wanted.clone() };
        let below = inner.adjust(&entry.path, &entry.state, &seen.ids, ctx.platform)?;
        adjusted.changes.extend(below.changes);
        let mut below = Adjusted::default();
        times::adjust(args, seen, &entry.path, &entry.state, &mut below)?;
        adjusted.changes.extend(below.changes);
    }
    Ok(adjusted)
}

/// A file that is there.
pub fn file(args: &Args, seen: &Seen, ctx: Ctx<'_>) -> Result<Plan, Failure> {
    let word = seen.followed_word(args.follow);
    let path = if args.follow { &seen.real } else { &seen.path };
    if !matches!(word, "file" | "hard") {
        let text = format!("file ({path}) is {word}, cannot continue");
        let failure = Failure::new(text).with("path", path.as_str()).with("state", word);
        return Err(if word == "absent" { failure.missing() } else { failure });
    }
    let adjusted = attributes(args, seen, ctx)?;
    let difference = Difference { path, from: word, to: "file" };
    let diff = difference.diff(&adjusted.before, &adjusted.after);
    Ok(Plan::of(adjusted.changes).diff(diff))
}

/// A directory with all above it.
pub fn directory(args: &Args, seen: &Seen, ctx: Ctx<'_>) -> Result<Plan, Failure> {
    let path = if args.follow { &seen.real } else { &seen.path };
    let word = seen.followed_word(args.follow);
    let difference = Difference { path, from: word, to: "directory" };
    match word {
        "directory" => {
            let adjusted = attributes(args, seen, ctx)?;
            let diff = difference.diff(&adjusted.before, &adjusted.after);
            Ok(Plan::of(adjusted.changes).diff(diff))
        }
        "absent" => {
            let mut changes = Vec::new();
            for dir in missing(&seen.above, path) {
                changes.extend(make_dir(&dir, &args.wanted(), ctx));
            }
            let new = PathState { mode: 0o777 & !ctx.platform.umask, ..fresh(PathKind::Dir, ctx) };
            let adjusted = args.wanted().adjust(path, &new, &seen.ids, ctx.platform)?;
            Ok(Plan::of(changes).diff(difference.diff(&adjusted.before, &adjusted.after)))
        }
        _ => {
            let text = format!("{path} already exists as a {word}");
            Err(Failure::new(text).with("path", path.as_str()))
        }
    }
}

/// What a new thing's attributes are compared with.
pub fn fresh(kind: PathKind, ctx: Ctx<'_>) -> PathState {
    PathState {
        kind,
        mode: if kind == PathKind::Link { 0o777 } else { 0o666 & !ctx.platform.umask },
        uid: ctx.platform.uid,
        gid: ctx.platform.gid,
        owner: ctx.platform.user.clone(),
        group: ctx.platform.gid.to_string(),
        size: 0,
        mtime: 0.0,
        atime: 0.0,
        ctime: 0.0,
        inode: 0,
        device: 0,
        links: 1,
        target: String::new(),
        sha1: None,
        predicted: true,
        content_unknown: false,
    }
}
