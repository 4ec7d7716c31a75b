//! `file`: files, directories, links: there or not, and with which attributes.

use super::attributes::{Wanted, facts};
use crate::base::{Map, Value};
use crate::spec::args::{FileMode, PathText};
use crate::spec::path::PathKind;
use crate::spec::{
    Answer, Change, ChangeKind, Ctx, Diff, Doc, Effect, Example, Failure, Fields, Look, Op,
    PathAttrs, PathState, Plan, Probe, Ran, Rule, State, Support,
};

crate::choices! {
    /// What should be at a path.
    pub enum Kind {
        File = "file",
        Directory = "directory",
        Link = "link",
        Hard = "hard",
        Touch = "touch",
        Absent = "absent",
    }
}

crate::args! {
    /// What should be where.
    pub struct Args {
        /// The path on the host.
        path: PathText => [required(), aliases(&["dest", "name"])],
        /// What should be there; without it what is there, or a file.
        state: Option<Kind> => [],
        /// What a link points to; for a hard link an existing file.
        src: Option<PathText> => [],
        /// Whether attributes are set on all below a directory.
        recurse: bool => [default("no")],
        /// Whether a link may point to what is not there, or replace a file.
        force: bool => [default("no")],
        /// Whether attributes are set on what a link points to.
        follow: bool => [default("yes")],
        /// Permission bits.
        mode: FileMode => [],
        /// Owner by name or number.
        owner: Option<String> => [],
        /// Group by name or number.
        group: Option<String> => [],
        /// Modification time: `now`, `preserve`, or a time in `modification_time_format`.
        modification_time: Option<String> => [],
        /// Format of `modification_time`.
        modification_time_format: String => [default("%Y%m%d%H%M.%S")],
        /// Access time: `now`, `preserve`, or a time in `access_time_format`.
        access_time: Option<String> => [],
        /// Format of `access_time`.
        access_time_format: String => [default("%Y%m%d%H%M.%S")],
        /// Accepted for other modules' sake: nothing is written here.
        unsafe_writes: bool => [default("no")],
    }
    rules [
        Rule::RequiredIf("state", "link", &["src"]),
        Rule::RequiredIf("state", "hard", &["src"]),
    ]
}

static DOC: Doc = Doc {
    name: "file",
    full_names: &["ansible.builtin.file", "ansible.legacy.file"],
    short: "Manage files, directories, links and their attributes.",
    args: <Args as crate::spec::ArgStruct>::TABLE,
    check: Support::Full,
    diff: Support::Full,
    examples: &[
        Example {
            title: "A directory",
            yaml: "file: {path: /srv/app, state: directory, mode: \"0755\"}",
        },
        Example { title: "A link", yaml: "file: {path: /srv/current, src: /srv/app, state: link}" },
        Example { title: "Nothing", yaml: "file: {path: /srv/old, state: absent}" },
    ],
    returns: &[
        ("path", "the path; `dest` for links"),
        ("state", "what is there"),
        ("mode", "permission bits"),
        ("owner", "owner"),
        ("group", "group"),
    ],
};

/// The module.
pub struct File;

/// What is there.
pub struct Seen {
    /// The path, expanded.
    path: String,
    /// Without following a link.
    link: Option<PathState>,
    /// Following it.
    target: Option<PathState>,
    /// The deepest path above that exists.
    above: String,
    /// The source of a link, followed.
    source: Option<PathState>,
    /// All below, with `recurse`.
    below: Vec<(String, PathState)>,
}

impl Seen {
    /// What attributes are about.
    fn subject(&self, follow: bool) -> Option<&PathState> {
        if follow { self.target.as_ref().or(self.link.as_ref()) } else { self.link.as_ref() }
    }

    /// Ansible's word for what is there.
    fn word(&self) -> &'static str {
        match &self.link {
            None => "absent",
            Some(state) => match state.kind {
                PathKind::Dir => "directory",
                PathKind::Link => "link",
                PathKind::File if state.links > 1 => "hard",
                _ => "file",
            },
        }
    }
}

impl Args {
    fn wanted(&self) -> Wanted {
        Wanted {
            mode: self.mode.clone(),
            owner: self.owner.clone(),
            group: self.group.clone(),
            follow: self.follow,
        }
    }

    /// The state that is meant: without one, what is there; a directory with `recurse`.
    fn kind(&self, seen: &Seen) -> Kind {
        if let Some(kind) = self.state {
            return kind;
        }
        match seen.word() {
            "directory" => Kind::Directory,
            "link" if self.src.is_some() => Kind::Link,
            _ if self.recurse => Kind::Directory,
            "link" if seen.target.as_ref().is_some_and(|t| t.kind == PathKind::Dir) => {
                Kind::Directory
            }
            "hard" if self.src.is_some() => Kind::Hard,
            _ => Kind::File,
        }
    }
}

impl State for File {
    type Args = Args;
    type Seen = Seen;

    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn probe(&self, args: &Args, ctx: Ctx<'_>) -> Result<Probe, Failure> {
        let path = super::absolute(ctx.platform, args.path.as_str());
        let source = match (&args.state, &args.src) {
            (Some(Kind::Link | Kind::Hard) | None, Some(src)) => {
                source_path(&path, src.as_str(), ctx)
            }
            _ => String::new(),
        };
        let recurse = if args.recurse { "1" } else { "0" };
        let probe = Probe::new("file", include_str!("file.sh"));
        let probe = probe.words([path, recurse.to_string(), source]);
        Ok(if args.recurse { probe.heavy() } else { probe })
    }

    fn read(&self, args: &Args, answers: &[Answer], ctx: Ctx<'_>) -> Result<Look<Seen>, Failure> {
        let text = super::answer_text(answers)?;
        let mut lines = text.lines();
        let mut next = || lines.next().unwrap_or("-");
        let path = super::absolute(ctx.platform, args.path.as_str());
        let link = PathState::overlay(&path, PathState::parse(next()), ctx.world);
        let target = match &link {
            Some(state) if state.kind == PathKind::Link => PathState::parse(next()),
            other => {
                next();
                other.clone()
            }
        };
        let mut above = super::unescape(next());
        let source = PathState::parse(next());
        let mut below = Vec::new();
        while let (Some(name), Some(line)) = (lines.next(), lines.next()) {
            if let Some(state) = PathState::parse(line) {
                below.push((super::unescape(name), state));
            }
        }
        while let Some(parent) = predicted_above(&path, &above, ctx) {
            above = parent;
        }
        Ok(Look::Seen(Seen { path, link, target, above, source, below }))
    }

    fn plan(&self, args: &Args, seen: &Seen, ctx: Ctx<'_>) -> Result<Plan, Failure> {
        let mut plan = match args.kind(seen) {
            Kind::Absent => absent(seen),
            Kind::Directory => directory(args, seen, ctx)?,
            Kind::File => file(args, seen, ctx)?,
            Kind::Link => link(args, seen, ctx)?,
            Kind::Hard => hard(args, seen)?,
            Kind::Touch => touch(args, seen, ctx)?,
        };
        if !plan.has_work() {
            plan.diff.clear();
        }
        Ok(plan)
    }

    fn verify(
        &self,
        args: &Args,
        change: &Change,
        after: &Seen,
        ctx: Ctx<'_>,
    ) -> Result<(), String> {
        match &change.op {
            Op::Remove { .. } if after.link.is_some() => Err("it is still there".to_string()),
            Op::MakeDir { path, .. } if *path == after.path && after.target.is_none() => {
                Err("it is not there".to_string())
            }
            Op::Link { target, hard: false, .. } => match &after.link {
                Some(state) if state.kind == PathKind::Link && state.target == *target => Ok(()),
                _ => Err("the link is not there".to_string()),
            },
            Op::Touch { .. } if after.link.is_none() => Err("it is not there".to_string()),
            Op::SetMode { path, .. } | Op::SetOwner { path, .. } if *path == after.path => {
                match after.subject(args.follow) {
                    Some(state) => settled(args, state, ctx),
                    None => Err("it is not there".to_string()),
                }
            }
            _ => Ok(()),
        }
    }

    fn result(
        &self,
        args: &Args,
        before: &Seen,
        after: Option<&Seen>,
        plan: &Plan,
        _: &[Ran],
    ) -> Fields {
        let seen = after.unwrap_or(before);
        let kind = args.kind(before);
        let name =
            if matches!(kind, Kind::Link | Kind::Hard | Kind::Touch) { "dest" } else { "path" };
        let mut fields = Fields::new();
        fields.insert(name.into(), Value::from(seen.path.as_str()));
        if let (Kind::Link | Kind::Hard, Some(src)) = (kind, &args.src) {
            fields.insert("src".into(), Value::from(src.as_str()));
        }
        let subject =
            if kind == Kind::Link { seen.link.as_ref() } else { seen.subject(args.follow) };
        match subject {
            Some(state) => fields.extend(facts(state)),
            None if after.is_none() && plan.has_work() => {}
            None => drop(fields.insert("state".into(), Value::from("absent"))),
        }
        fields
    }
}

/// Symbolic modes are relative: once applied there is nothing to compare with but fixed bits.
fn settled(args: &Args, state: &PathState, ctx: Ctx<'_>) -> Result<(), String> {
    args.wanted().check(state, ctx.platform)
}

fn source_path(path: &str, src: &str, ctx: Ctx<'_>) -> String {
    let src = ctx.platform.expand(src);
    if src.starts_with('/') {
        return src;
    }
    let dir = path.rsplit_once('/').map_or("", |(dir, _)| dir);
    format!("{dir}/{src}")
}

/// The next directory above `path` that only the predicted world has.
fn predicted_above(path: &str, above: &str, ctx: Ctx<'_>) -> Option<String> {
    let rest = path.strip_prefix(above.trim_end_matches('/'))?.strip_prefix('/')?;
    let first = rest.split('/').next()?;
    let next = format!("{}/{first}", above.trim_end_matches('/'));
    let known = ctx.world.path(&next).flatten()?;
    (next != path && known.kind == PathKind::Dir).then_some(next)
}

fn state_diff(path: &str, before: &str, after: &str, adjusted: (&Map, &Map)) -> Diff {
    let side = |word: &str, more: &Map| {
        let mut map = Map::new();
        map.insert("path".into(), Value::from(path));
        if before != after {
            map.insert("state".into(), Value::from(word));
        }
        map.extend(more.iter().map(|(k, v)| (k.clone(), v.clone())));
        Value::map(map)
    };
    Diff {
        before: Some(side(before, adjusted.0)),
        after: Some(side(after, adjusted.1)),
        ..Diff::default()
    }
}

fn absent(seen: &Seen) -> Plan {
    let Some(state) = &seen.link else { return Plan::ok() };
    let recursive = state.kind == PathKind::Dir;
    let op = Op::Remove { path: seen.path.clone(), recursive };
    let change = Change::new(op, format!("remove {}", seen.path));
    let change = change.effect(Effect::Path(seen.path.clone(), None));
    let none = Map::new();
    Plan::of(vec![change]).diff(state_diff(&seen.path, seen.word(), "absent", (&none, &none)))
}

/// Attributes of what is there, and of all below it with `recurse`.
fn attributes(args: &Args, seen: &Seen, ctx: Ctx<'_>) -> Plan {
    let wanted = args.wanted();
    let Some(state) = seen.subject(args.follow) else { return Plan::ok() };
    let adjusted = wanted.adjust(&seen.path, state, ctx.platform);
    let mut changes = adjusted.changes;
    for (path, state) in &seen.below {
        let inner = Wanted { follow: false, ..wanted.clone() };
        changes.extend(inner.adjust(path, state, ctx.platform).changes);
    }
    let word = seen.word();
    let diff = state_diff(&seen.path, word, word, (&adjusted.before, &adjusted.after));
    Plan::of(changes).diff(diff)
}

fn file(args: &Args, seen: &Seen, ctx: Ctx<'_>) -> Result<Plan, Failure> {
    let is_file = |state: &PathState| state.kind != PathKind::Dir;
    match seen.subject(args.follow) {
        Some(state) if is_file(state) => Ok(attributes(args, seen, ctx)),
        Some(_) => Err(wrong(seen, "directory")),
        None => Err(wrong(seen, "absent")),
    }
}

fn wrong(seen: &Seen, word: &str) -> Failure {
    let text = format!("file ({}) is {word}, cannot continue", seen.path);
    Failure::new(text).with("path", seen.path.as_str()).with("state", word)
}

fn directory(args: &Args, seen: &Seen, ctx: Ctx<'_>) -> Result<Plan, Failure> {
    match seen.subject(args.follow) {
        Some(state) if state.kind == PathKind::Dir => return Ok(attributes(args, seen, ctx)),
        Some(_) => {
            let text = format!("{} already exists as a {}", seen.path, seen.word());
            return Err(Failure::new(text).with("path", seen.path.as_str()));
        }
        None => {}
    }
    let mut changes = Vec::new();
    for path in missing(&seen.above, &seen.path) {
        changes.extend(make_dir(args, &path, ctx));
    }
    let none = Map::new();
    Ok(Plan::of(changes).diff(state_diff(&seen.path, "absent", "directory", (&none, &none))))
}

/// The directories between what exists and the path, outermost first.
fn missing(above: &str, path: &str) -> Vec<String> {
    let base = above.trim_end_matches('/');
    let rest = path.strip_prefix(base).unwrap_or(path);
    let mut at = base.to_string();
    let parts = rest.split('/').filter(|part| !part.is_empty());
    parts
        .map(|part| {
            at = format!("{at}/{part}");
            at.clone()
        })
        .collect()
}

fn make_dir(args: &Args, path: &str, ctx: Ctx<'_>) -> Vec<Change> {
    let plain = 0o777 & !ctx.platform.umask;
    let mode = args.wanted().bits(plain, true, ctx.platform);
    let attrs = PathAttrs {
        mode: Some(mode.unwrap_or(plain)),
        owner: args.owner.clone().or_else(|| Some(ctx.platform.user.clone())),
        group: args.group.clone(),
        ..PathAttrs::new(PathKind::Dir)
    };
    let op = Op::MakeDir { path: path.to_string(), mode };
    let made = Change::new(op, format!("make the directory {path}"));
    let mut changes = vec![made.effect(Effect::Path(path.to_string(), Some(attrs)))];
    if args.owner.is_some() || args.group.is_some() {
        let (owner, group) = (args.owner.clone(), args.group.clone());
        let op = Op::SetOwner { path: path.to_string(), owner, group, follow: true };
        changes.push(Change::new(op, format!("set the owner of {path}")));
    }
    changes
}

fn link(args: &Args, seen: &Seen, ctx: Ctx<'_>) -> Result<Plan, Failure> {
    let Some(src) = args.src.as_ref().map(|src| ctx.platform.expand(src.as_str())) else {
        return Ok(attributes(args, seen, ctx));
    };
    if seen.source.is_none() && !args.force {
        let text =
            "src file does not exist, use \"force=yes\" if you really want to create the link: ";
        let path = source_path(&seen.path, &src, ctx);
        let failure = Failure::new(format!("{text}{path}"));
        return Err(failure.with("path", seen.path.as_str()).with("src", src));
    }
    let same = |state: &PathState| state.kind == PathKind::Link && state.target == src;
    if seen.link.as_ref().is_some_and(same) {
        return Ok(own_link(args, seen, ctx));
    }
    if let Some(state) =
        seen.link.as_ref().filter(|state| state.kind != PathKind::Link && !args.force)
    {
        let text = if state.kind == PathKind::Dir {
            format!("refusing to convert from directory to symlink for {}", seen.path)
        } else {
            format!("refusing to convert from {} to symlink for {}", seen.word(), seen.path)
        };
        return Err(Failure::new(text).with("path", seen.path.as_str()));
    }
    let attrs = PathAttrs { target: Some(src.clone()), ..PathAttrs::new(PathKind::Link) };
    let op = Op::Link {
        path: seen.path.clone(),
        target: src,
        hard: false,
        replace: seen.link.is_some(),
    };
    let change = Change::new(op, format!("make the link {}", seen.path));
    let change = change.effect(Effect::Path(seen.path.clone(), Some(attrs)));
    let none = Map::new();
    Ok(Plan::of(vec![change]).diff(state_diff(&seen.path, seen.word(), "link", (&none, &none))))
}

/// Owner and group of a link that is as wanted.
fn own_link(args: &Args, seen: &Seen, ctx: Ctx<'_>) -> Plan {
    let wanted = Wanted { mode: None, ..args.wanted() };
    let state = if args.follow { seen.target.as_ref() } else { seen.link.as_ref() };
    match state {
        Some(state) => Plan::of(wanted.adjust(&seen.path, state, ctx.platform).changes),
        None => Plan::ok(),
    }
}

fn hard(args: &Args, seen: &Seen) -> Result<Plan, Failure> {
    let src = args.src.as_ref().map(|src| src.as_str().to_string()).unwrap_or_default();
    let Some(source) = &seen.source else {
        let failure = Failure::new("src does not exist").with("path", seen.path.as_str());
        return Err(failure.with("src", src));
    };
    if let Some(state) = &seen.link {
        if state.inode == source.inode && state.device == source.device {
            return Ok(Plan::ok());
        }
        if !args.force {
            let text = format!("Cannot link, {} exists at destination", seen.word());
            return Err(Failure::new(text).with("dest", seen.path.as_str()).with("src", src));
        }
    }
    let op =
        Op::Link { path: seen.path.clone(), target: src, hard: true, replace: seen.link.is_some() };
    let change = Change::new(op, format!("make the hard link {}", seen.path));
    let effect = Effect::Path(seen.path.clone(), Some(PathAttrs::new(PathKind::File)));
    let none = Map::new();
    let diff = state_diff(&seen.path, seen.word(), "hard", (&none, &none));
    Ok(Plan::of(vec![change.effect(effect)]).diff(diff))
}

fn touch(args: &Args, seen: &Seen, ctx: Ctx<'_>) -> Result<Plan, Failure> {
    let now = "now".to_string();
    let keep = "preserve".to_string();
    let (atime, mtime) = (
        args.access_time.as_ref().unwrap_or(&now),
        args.modification_time.as_ref().unwrap_or(&now),
    );
    let state = seen.subject(args.follow);
    if state.is_some() && *atime == keep && *mtime == keep {
        return Ok(attributes(args, seen, ctx));
    }
    let current = state.map(|state| (state.atime, state.mtime));
    let atime = time(atime, &args.access_time_format, current.map(|c| c.0))?;
    let mtime = time(mtime, &args.modification_time_format, current.map(|c| c.1))?;
    let fixed = atime.is_some() && mtime.is_some();
    if fixed && current == atime.zip(mtime) {
        return Ok(attributes(args, seen, ctx));
    }
    let op = Op::Touch { path: seen.path.clone(), atime, mtime };
    let plain = 0o666 & !ctx.platform.umask;
    let attrs = PathAttrs {
        mode: Some(state.map_or(plain, |state| state.mode)),
        ..PathAttrs::new(state.map_or(PathKind::File, |state| state.kind))
    };
    let change = Change::new(op, format!("touch {}", seen.path));
    let kind = if fixed { ChangeKind::Plain } else { ChangeKind::Act };
    let change = change.kind(kind).effect(Effect::Path(seen.path.clone(), Some(attrs)));
    let mut plan = attributes(args, seen, ctx);
    let mut changes = vec![change];
    changes.extend(plan.parts.drain(..).flat_map(|part| part.changes));
    if state.is_none() {
        changes.extend(new_file_attributes(args, seen, plain));
    }
    let none = Map::new();
    Ok(Plan::of(changes).diff(state_diff(&seen.path, seen.word(), "touch", (&none, &none))))
}

fn new_file_attributes(args: &Args, seen: &Seen, plain: u32) -> Vec<Change> {
    let mut changes = Vec::new();
    let path = seen.path.clone();
    if args.owner.is_some() || args.group.is_some() {
        let (owner, group) = (args.owner.clone(), args.group.clone());
        let op = Op::SetOwner { path: path.clone(), owner, group, follow: true };
        changes.push(Change::new(op, format!("set the owner of {path}")));
    }
    if let Some(mode) = args.mode.as_ref().and_then(|mode| mode.bits(plain, false, 0o022)) {
        let op = Op::SetMode { path: path.clone(), mode, follow: true };
        changes.push(Change::new(op, format!("set the mode of {path}")));
    }
    changes
}

/// A time argument in seconds since 1970; None: now.
fn time(text: &str, format: &str, current: Option<f64>) -> Result<Option<f64>, Failure> {
    match text {
        "now" => Ok(None),
        "preserve" | "" => Ok(current),
        _ => {
            let parsed = jiff::civil::DateTime::strptime(format, text)
                .and_then(|at| at.to_zoned(jiff::tz::TimeZone::system()));
            let at = parsed.map_err(|error| {
                Failure::new(format!(
                    "Error while obtaining timestamp for time {text} using format {format}: {error}"
                ))
            })?;
            Ok(Some(at.timestamp().as_second() as f64))
        }
    }
}
