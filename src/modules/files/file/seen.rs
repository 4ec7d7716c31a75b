//! What `file` sees at a path.

use super::{Args, Kind};
use crate::base::{Key, Value};
use crate::modules::files::attributes::{facts, word};
use crate::modules::files::names::{Ids, More};
use crate::modules::files::place::{self, parent};
use crate::modules::files::walk::{self, Entry};
use crate::spec::path::{PathKind, unescape};
use crate::spec::{Answer, Ctx, Failure, Look, PathState, Probe};

/// What is there.
#[derive(Debug)]
pub struct Seen {
    /// The path that is meant, absolute.
    pub path: String,
    /// What is there, a link as itself.
    pub link: Option<PathState>,
    /// What is there, links followed; for a link only when `followed`.
    pub target: Option<PathState>,
    /// Whether it was looked where a link leads.
    pub followed: bool,
    /// Where a chain of links leads; the path itself when it is no link, or was not followed.
    pub real: String,
    /// The deepest directory above `real` that is there.
    pub above: String,
    /// What a link is to point to: whether it is there, and what it is if that was asked.
    pub source: Source,
    /// Whether a directory is not empty; false when that was not asked.
    pub filled: bool,
    /// All below, when that was asked.
    pub below: Vec<Entry>,
    /// Numbers of users and groups that were asked for.
    pub ids: Ids,
    /// Access and modification time that are wanted, in seconds since 1970.
    pub stamps: (Option<f64>, Option<f64>),
}

/// What a link is to point to.
#[derive(Debug)]
pub enum Source {
    /// It is not there, or none was given.
    Missing,
    /// It is there.
    There,
    /// It is this.
    State(PathState),
}

impl Seen {
    /// What attributes are about.
    pub fn subject(&self, follow: bool) -> Option<&PathState> {
        if follow && self.is_link() { self.target.as_ref() } else { self.link.as_ref() }
    }

    /// Whether a link is there.
    pub fn is_link(&self) -> bool {
        self.link.as_ref().is_some_and(|state| state.kind == PathKind::Link)
    }

    /// Whether a directory is there, links followed.
    pub fn is_dir(&self) -> bool {
        self.subject(true).is_some_and(|state| state.kind == PathKind::Dir)
    }

    /// Ansible's word for what is there.
    pub fn word(&self) -> &'static str {
        self.link.as_ref().map_or("absent", word)
    }

    /// The same, links followed when `follow`.
    pub fn followed_word(&self, follow: bool) -> &'static str {
        self.subject(follow).map_or("absent", word)
    }

    /// Whether what a link is to point to is not there.
    pub fn has_no_source(&self) -> bool {
        matches!(self.source, Source::Missing)
    }

    /// Whether it is a hard link of the source.
    pub fn is_same_file(&self) -> bool {
        match (&self.link, &self.source) {
            (Some(link), Source::State(source)) => {
                link.inode == source.inode && link.device == source.device
            }
            _ => false,
        }
    }

    /// A failure with what is known of the path that it names.
    pub fn described(&self, mut failure: Failure) -> Failure {
        let named = ["path", "dest"].iter().find_map(|name| failure.fields.get(&Key::from(*name)));
        let Some(named) = named.and_then(Value::as_str) else { return failure };
        let state = if named == self.path { self.link.as_ref() } else { self.target.as_ref() };
        for (name, value) in state.map(facts).unwrap_or_default() {
            failure.fields.entry(name).or_insert(value);
        }
        failure
    }

    /// What a change of this path's attributes is about.
    pub fn at(&self, path: &str, follow: bool) -> Option<&PathState> {
        if path == self.path || path == self.real {
            return self.subject(follow || path != self.path);
        }
        let entry = self.below.iter().find(|entry| entry.path == path && entry.followed == follow);
        entry
            .or_else(|| self.below.iter().find(|e| e.path == path && !e.followed))
            .map(|e| &e.state)
    }
}

/// The question.
pub fn probe(args: &Args, ctx: Ctx<'_>) -> Result<Probe, Failure> {
    let path = crate::modules::files::absolute(ctx.platform, args.path.as_str())?;
    let is_link = matches!(args.state, Some(Kind::Link) | None);
    let is_hard = args.state == Some(Kind::Hard);
    let source = match &args.src {
        Some(src) if is_hard => crate::modules::files::absolute(ctx.platform, src.as_str())?,
        Some(src) if is_link => ctx.platform.expand(src.as_str()),
        _ => String::new(),
    };
    let name = match &args.src {
        Some(src) if is_hard => src.as_str().rsplit('/').next().unwrap_or_default(),
        _ => "",
    };
    let letters = letters(args, ctx);
    let script = concat!(include_str!("../walk.sh"), include_str!("file.sh"));
    let probe = Probe::new("file", script).asks(&*path, false, false);
    let heavy = letters.contains(['r', 'L']);
    let (atime, mtime) = super::times::texts(args)?;
    let probe = probe.words([path, name.to_string(), source, letters, atime, mtime]);
    Ok(if heavy { probe.heavy() } else { probe })
}

/// What is asked beside the path itself.
fn letters(args: &Args, ctx: Ctx<'_>) -> String {
    let mut letters = String::new();
    let looks = !matches!(args.state, Some(Kind::Link | Kind::Absent | Kind::Hard));
    if looks || !args.wanted().is_empty() || super::times::given(args) {
        letters.push('t');
    }
    let leads = args.state == Some(Kind::Link) && args.follow && !args.wanted().is_empty();
    if args.state == Some(Kind::Hard) || leads {
        letters.push('h');
    }
    if args.force && args.state == Some(Kind::Link) {
        letters.push('e');
    }
    let listed = args.state == Some(Kind::Absent) && ctx.diff;
    if args.recurse || listed {
        letters.push(if args.recurse && args.follow { 'L' } else { 'r' });
    }
    letters
}

/// What a link at `path` with this text leads to.
fn beside(path: &str, src: &str) -> String {
    place::join(&parent(path), src)
}

/// Reads the answer, with the predicted world over it; asks for names when they decide.
pub fn read(args: &Args, answers: &[Answer], ctx: Ctx<'_>) -> Result<Look<Seen>, Failure> {
    let mut seen = parse(crate::modules::files::first(answers)?, ctx);
    if matches!(args.state, Some(Kind::Link | Kind::Hard) | None) {
        overlay_source(args, &mut seen, ctx);
    }
    let wanted = args.wanted();
    let mut more = More::default();
    if args.state != Some(Kind::Absent) {
        let below = seen.below.iter().map(|entry| &entry.state);
        let source = match &seen.source {
            Source::State(state) => Some(state),
            Source::There | Source::Missing => None,
        };
        let own = seen.subject(args.follow).into_iter().chain(source);
        more.names_for(&wanted, own.chain(below), ctx);
    }
    match (more.probe(), answers.get(1)) {
        (Some(probe), None) => return Ok(Look::Ask(probe)),
        (Some(_), Some(answer)) => seen.ids = more.read(answer)?.0,
        (None, _) => {}
    }
    Ok(Look::Seen(seen))
}

fn parse(answer: &Answer, ctx: Ctx<'_>) -> Seen {
    let text = answer.text();
    let mut lines = text.lines();
    let mut next = || lines.next().unwrap_or_default();
    let path = unescape(next());
    let link = PathState::parse(next());
    let real = unescape(next());
    let (followed, target) = match next() {
        "=" => (false, None),
        line => (true, PathState::parse(line)),
    };
    let above = unescape(next());
    let source = match next() {
        "+" => Source::There,
        line => PathState::parse(line).map_or(Source::Missing, Source::State),
    };
    let filled = next() == "+";
    let stamps = (next().parse().ok(), next().parse().ok());
    let below = lines.filter_map(Entry::parse).collect();
    let ids = Ids::default();
    let mut seen =
        Seen { path, link, target, followed, real, above, source, filled, below, ids, stamps };
    if !ctx.world.is_empty() {
        overlay(&mut seen, ctx);
    }
    seen
}

fn overlay(seen: &mut Seen, ctx: Ctx<'_>) {
    let was_link = seen.is_link();
    seen.link = PathState::overlay(&seen.path, seen.link.take(), ctx.world);
    match &seen.link {
        Some(link) if link.kind == PathKind::Link => {
            let leads = beside(&seen.path, &link.target);
            if link.predicted || !was_link {
                seen.target = None;
                seen.followed = true;
                seen.real = leads;
            }
            seen.target = PathState::overlay(&seen.real, seen.target.take(), ctx.world);
        }
        _ => {
            seen.real.clone_from(&seen.path);
            seen.target = None;
        }
    }
    seen.above = place::above(&seen.real, &seen.above, ctx);
    overlay_below(seen, ctx);
}

/// What earlier tasks of a check run would have changed below a directory.
fn overlay_below(seen: &mut Seen, ctx: Ctx<'_>) {
    let known = ctx.world.below(&seen.path);
    seen.filled |= known.iter().any(|(_, attrs)| attrs.is_some());
    if seen.below.is_empty() && !seen.link.as_ref().is_some_and(|state| state.predicted) {
        return;
    }
    walk::overlay(&mut seen.below, &seen.path, ctx.world);
}

/// What a link is to lead to in the predicted world.
fn overlay_source(args: &Args, seen: &mut Seen, ctx: Ctx<'_>) {
    let Some(src) = &args.src else { return };
    let at = match args.state {
        Some(Kind::Hard) => crate::modules::files::absolute(ctx.platform, src.as_str()).ok(),
        _ => Some(beside(&seen.path, &ctx.platform.expand(src.as_str()))),
    };
    let Some(at) = at.filter(|at| ctx.world.path(at).is_some()) else { return };
    let old = match std::mem::replace(&mut seen.source, Source::Missing) {
        Source::State(state) => Some(state),
        Source::There | Source::Missing => None,
    };
    if let Some(state) = PathState::overlay(&at, old, ctx.world) {
        seen.source = Source::State(state);
    }
}
