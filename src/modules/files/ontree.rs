//! `copy` with `remote_src` of a directory: what is below it, at another place of the same host.

use super::attributes::{Wanted, facts};
use super::names::{Ids, More};
use super::place::{self, Place};
use super::walk::{self, Entry};
use super::write::{Write, make_dir};
use crate::base::Value;
use crate::spec::path::{PathKind, unescape};
use crate::spec::{
    Answer, Change, Content, Ctx, Effect, Failure, Fields, Input, Op, PathAttrs, PathState, Plan,
    Probe,
};
use std::collections::HashMap;

/// What is wanted.
pub struct CopyTree<'a> {
    /// The directory, absolute.
    pub source: &'a str,
    /// Where its contents go, absolute.
    pub base: String,
    /// Mode of that place, owner and group of all.
    pub wanted: &'a Wanted,
    /// Whether links in the source are followed.
    pub follow_source: bool,
    /// Whether files may be overwritten in place.
    pub unsafe_writes: bool,
}

/// What is there.
#[derive(Debug)]
pub struct TreeSeen {
    from: Vec<Entry>,
    root: Option<PathState>,
    above: String,
    to: HashMap<String, PathState>,
    sums: HashMap<String, String>,
    ids: Ids,
}

impl CopyTree<'_> {
    /// The question: what is below both.
    pub fn probe(&self) -> Probe {
        let script = concat!(include_str!("walk.sh"), include_str!("ontree.sh"));
        let follow = if self.follow_source { "-L" } else { "" };
        Probe::new("ontree", script).words([self.source, follow, self.base.as_str()]).heavy()
    }

    /// Reads the answers; the inner error is a further question.
    pub fn read(
        &self,
        answers: &[Answer],
        ctx: Ctx<'_>,
    ) -> Result<Result<TreeSeen, Probe>, Failure> {
        let mut seen = self.parse(super::first(answers)?, ctx);
        let asked = self.asked(&seen);
        let mut next = 1;
        if !asked.is_empty() {
            let Some(answer) = answers.get(next) else {
                let lines: String = asked.iter().map(|path| format!("{path}\n")).collect();
                let probe = Probe::new("sums", include_str!("look/sums.sh")).words(["sha1"]);
                return Ok(Err(probe.input(lines.into_bytes()).heavy()));
            };
            super::check(answer)?;
            let sums = answer.text();
            seen.sums.extend(asked.into_iter().zip(sums.lines().map(str::to_string)));
            next += 1;
        }
        let mut more = More::default();
        more.names_for(self.wanted, seen.to.values().chain(&seen.root), ctx);
        match (more.probe(), answers.get(next)) {
            (Some(probe), None) => return Ok(Err(probe)),
            (Some(_), Some(answer)) => seen.ids = more.read(answer)?.0,
            (None, _) => {}
        }
        Ok(Ok(seen))
    }

    fn parse(&self, answer: &Answer, ctx: Ctx<'_>) -> TreeSeen {
        let text = answer.text();
        let mut lines = text.lines();
        let from = walk::read(lines.by_ref().take_while(|line| *line != "@"));
        let root = PathState::parse(lines.next().unwrap_or("-"));
        let above = unescape(lines.next().unwrap_or("/"));
        let mut to = walk::read(lines);
        let mut from = self.resolved(from);
        walk::overlay(&mut from, self.source, ctx.world);
        walk::overlay(&mut to, &self.base, ctx.world);
        TreeSeen {
            from,
            root: PathState::overlay(&self.base, root, ctx.world),
            above: place::above(&self.base, &above, ctx),
            to: to.into_iter().map(|entry| (entry.path, entry.state)).collect(),
            sums: HashMap::new(),
            ids: Ids::default(),
        }
    }

    /// Entries as they are copied: a link that is followed is what it leads to.
    fn resolved(&self, listed: Vec<Entry>) -> Vec<Entry> {
        let (followed, own): (Vec<Entry>, Vec<Entry>) =
            listed.into_iter().partition(|entry| entry.followed);
        if !self.follow_source {
            return own;
        }
        let leads: HashMap<String, PathState> =
            followed.into_iter().map(|entry| (entry.path, entry.state)).collect();
        let resolve = |entry: Entry| match leads.get(&entry.path) {
            Some(state) => Entry { state: state.clone(), ..entry },
            None => entry,
        };
        own.into_iter().map(resolve).collect()
    }

    /// Where an entry goes.
    fn place(&self, entry: &Entry) -> String {
        let below = entry.path.strip_prefix(self.source).unwrap_or(&entry.path);
        place::join(&self.base, below.trim_start_matches('/'))
    }

    /// Files whose digests decide, or prove that they were copied.
    fn asked(&self, seen: &TreeSeen) -> Vec<String> {
        let mut asked = Vec::new();
        for entry in &seen.from {
            if entry.state.kind != PathKind::File || entry.path.contains('\n') {
                continue;
            }
            asked.push(entry.path.clone());
            let to = self.place(entry);
            let other = seen.to.get(&to).filter(|state| state.kind == PathKind::File);
            if other.is_some_and(|state| state.size == entry.state.size) {
                asked.push(to);
            }
        }
        asked
    }

    /// Compares.
    pub fn plan(&self, seen: &TreeSeen, ctx: Ctx<'_>) -> Result<Plan, Failure> {
        let mut changes = Vec::new();
        match &seen.root {
            Some(state) if state.kind != PathKind::Dir => {
                return Err(Failure::new(format!("{} exists and is no directory", self.base)));
            }
            Some(state) => {
                let wanted = Wanted { follow: true, ..self.wanted.clone() };
                let adjusted = wanted.adjust(&self.base, state, &seen.ids, ctx.platform)?;
                changes.extend(adjusted.changes);
            }
            None => {
                for dir in place::missing(&seen.above, &self.base) {
                    changes.extend(make_dir(&dir, self.wanted, ctx));
                }
            }
        }
        for entry in &seen.from {
            changes.extend(self.entry(entry, seen, ctx)?);
        }
        Ok(Plan::of(changes))
    }

    /// What is to be done about one entry.
    fn entry(&self, entry: &Entry, seen: &TreeSeen, ctx: Ctx<'_>) -> Result<Vec<Change>, Failure> {
        let path = self.place(entry);
        let owner = Wanted { mode: None, follow: false, ..self.wanted.clone() };
        let old = seen.to.get(&path);
        match (entry.state.kind, old) {
            (PathKind::Dir, None) => {
                let mode = Some(crate::spec::args::Mode::Bits(entry.state.mode));
                Ok(make_dir(&path, &Wanted { mode, ..owner }, ctx))
            }
            (PathKind::Dir, Some(state)) if state.kind != PathKind::Dir => {
                Err(Failure::new(format!("{path} is in the way of a directory")))
            }
            (PathKind::Link, None) => Ok(vec![link(&path, &entry.state)]),
            (PathKind::File, old) if !self.same(entry, &path, old, seen) => {
                Ok(vec![self.copy(entry, &path, old, seen, ctx)?])
            }
            (PathKind::Dir | PathKind::Link | PathKind::File, Some(state)) => {
                Ok(owner.adjust(&path, state, &seen.ids, ctx.platform)?.changes)
            }
            _ => Err(Failure::new(format!("{} is no file, directory or link", entry.path))),
        }
    }

    fn same(&self, entry: &Entry, path: &str, old: Option<&PathState>, seen: &TreeSeen) -> bool {
        let sum = |path: &str, state: &PathState| {
            seen.sums.get(path).cloned().or_else(|| state.sha1.clone())
        };
        old.is_some_and(|state| {
            let sums = (sum(&entry.path, &entry.state), sum(path, state));
            state.kind == PathKind::File && sums.0.is_some() && sums.0 == sums.1
        })
    }

    fn copy(
        &self,
        entry: &Entry,
        path: &str,
        old: Option<&PathState>,
        seen: &TreeSeen,
        ctx: Ctx<'_>,
    ) -> Result<Change, Failure> {
        let sha1 = seen.sums.get(&entry.path).filter(|sum| *sum != "-").cloned();
        let sha1 = sha1.or_else(|| entry.state.sha1.clone());
        let sha1 = sha1.ok_or_else(|| Failure::new(format!("could not read {}", entry.path)))?;
        let input = Input {
            path: entry.path.as_str().into(),
            content: Content::File(entry.path.as_str().into()),
            size: entry.state.size,
            sha1,
            mode: entry.state.mode,
            secret: false,
        };
        let wanted = Wanted {
            mode: Some(crate::spec::args::Mode::Bits(entry.state.mode)),
            ..self.wanted.clone()
        };
        let place = Place {
            path: path.to_string(),
            link: old.filter(|state| state.kind == PathKind::Link).cloned(),
            real: path.to_string(),
            state: old
                .map(|state| PathState { sha1: seen.sums.get(path).cloned(), ..state.clone() }),
            above: place::parent(path),
            content: None,
            ids: Ids::default(),
        };
        Ok(self.write(&wanted).copy(&place, &entry.path, &input, ctx))
    }

    fn write<'w>(&self, wanted: &'w Wanted) -> Write<'w> {
        Write {
            wanted,
            backup: false,
            validate: None,
            follow: false,
            unsafe_writes: self.unsafe_writes,
        }
    }

    /// Whether a change's outcome is there.
    pub fn verify(&self, change: &Change, after: &TreeSeen) -> Result<(), String> {
        let at = |path: &str| {
            if path == self.base { after.root.as_ref() } else { after.to.get(path) }
        };
        match &change.op {
            Op::CopyOnHost { to, .. } if after.sums.get(&to.path) != Some(&to.sha1) => {
                Err(format!("{} has other content", to.path))
            }
            Op::MakeDir { path, .. } | Op::Link { path, .. } if at(path).is_none() => {
                let is_above = self.base.starts_with(path.as_str()) && after.root.is_some();
                if is_above { Ok(()) } else { Err(format!("{path} is not there")) }
            }
            Op::SetMode { path, .. } | Op::SetOwner { path, .. } => {
                let checked =
                    at(path).and_then(|state| self.wanted.verify(change, state, &after.ids));
                checked.unwrap_or(Ok(()))
            }
            _ => Ok(()),
        }
    }
}

impl TreeSeen {
    /// What is known of the place.
    pub fn facts(&self) -> Fields {
        let mut fields = self.root.as_ref().map(facts).unwrap_or_default();
        fields.insert("checksum".into(), Value::NULL);
        fields.insert("md5sum".into(), Value::NULL);
        fields
    }
}

fn link(path: &str, state: &PathState) -> Change {
    let attrs = PathAttrs { target: Some(state.target.clone()), ..PathAttrs::new(PathKind::Link) };
    let op = Op::Link {
        path: path.to_string(),
        target: state.target.clone(),
        hard: false,
        replace: false,
    };
    let change = Change::new(op, format!("make the link {path}"));
    change.effect(Effect::Path(path.to_string(), Some(attrs)))
}
