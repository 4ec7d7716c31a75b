//! `copy` with `remote_src`: a file of the host at another place of it.

use super::attributes::{Wanted, facts};
use super::ontree::{CopyTree, TreeSeen};
use super::place::{self, Place, parent};
use super::write::{self, Write};
use crate::base::Value;
use crate::spec::args::Mode;
use crate::spec::path::PathKind;
use crate::spec::world::Text;
use crate::spec::{
    Answer, Change, Content, Ctx, Failure, Fields, Input, Look, Op, PathState, Plan, Probe, Ran,
};

/// What is wanted.
pub struct CopyOnHost<'a> {
    /// The source as it was given.
    pub src: &'a str,
    /// The destination as it was given.
    pub dest: &'a str,
    /// Mode, owner, group; `preserve` is the source's mode.
    pub wanted: Wanted,
    /// Mode of directories that are made.
    pub directory_mode: Option<&'a Mode>,
    /// Whether other content is replaced.
    pub force: bool,
    /// Whether the old file is kept.
    pub backup: bool,
    /// Command that must accept the new file.
    pub validate: Option<&'a str>,
    /// SHA-1 that the source must have.
    pub checksum: Option<&'a str>,
    /// Whether a link at the destination is followed.
    pub follow: bool,
    /// Whether it may be overwritten in place.
    pub unsafe_writes: bool,
    /// Whether links in a directory are followed.
    pub local_follow: bool,
}

/// What is there.
#[derive(Debug)]
pub struct OnHost {
    source: String,
    /// Whether the source may not be read.
    unreadable: bool,
    from: Option<PathState>,
    to: Place,
    /// All below a source that is a directory.
    tree: Option<TreeSeen>,
}

impl CopyOnHost<'_> {
    /// The question: what is at both places.
    pub fn probe(&self, ctx: Ctx<'_>) -> Result<Probe, Failure> {
        let source = super::absolute(ctx.platform, self.src)?;
        let dest = super::absolute(ctx.platform, self.dest)?;
        let name = source.rsplit('/').next().unwrap_or_default().to_string();
        let (dest, name) = match self.dest.ends_with('/') {
            true => (place::join(&dest, &name), String::new()),
            false => (dest, name),
        };
        let probe =
            Probe::new("onhost", concat!(include_str!("onhost.sh"), include_str!("place.sh")));
        let probe = probe.asks(&*source, true, true).asks(&*dest, true, true);
        Ok(probe.words([source, dest, name, "sum".to_string()]))
    }

    /// Reads it.
    pub fn read(&self, answers: &[Answer], ctx: Ctx<'_>) -> Result<Look<OnHost>, Failure> {
        let answer = super::first(answers)?;
        let mut rest = answer.stdout.clone();
        let end = rest.iter().position(|byte| *byte == b'\n').map_or(rest.len(), |at| at + 1);
        let line = String::from_utf8_lossy(&rest.split_to(end)).into_owned();
        let source = super::absolute(ctx.platform, self.src)?;
        let from = PathState::overlay(&source, PathState::parse(line.trim_end()), ctx.world);
        let mut to = place::read(&Answer { stdout: rest, ..answer.clone() }, ctx)?;
        if from.as_ref().is_some_and(|state| state.kind == PathKind::Dir) {
            return self.read_tree(source, from, to, &answers[1..], ctx);
        }
        let more = to.more(&self.wanted, ctx);
        match (more.probe(), answers.get(1)) {
            (Some(probe), None) => return Ok(Look::Ask(probe)),
            (Some(_), Some(answer)) => to.ids = more.read(answer)?.0,
            (None, _) => {}
        }
        let unreadable = line.starts_with('!') && from.is_none();
        Ok(Look::Seen(OnHost { source, unreadable, from, to, tree: None }))
    }

    /// A source that is a directory: what is below it and below the destination.
    fn read_tree(
        &self,
        source: String,
        from: Option<PathState>,
        to: Place,
        answers: &[Answer],
        ctx: Ctx<'_>,
    ) -> Result<Look<OnHost>, Failure> {
        let wanted = self.tree_wanted();
        let copy = self.tree(&source, &wanted, ctx)?;
        if answers.is_empty() {
            return Ok(Look::Ask(copy.probe()));
        }
        Ok(match copy.read(answers, ctx)? {
            Ok(tree) => {
                let tree = Some(tree);
                Look::Seen(OnHost { source, unreadable: false, from, to, tree })
            }
            Err(probe) => Look::Ask(probe),
        })
    }

    fn tree_wanted(&self) -> Wanted {
        Wanted {
            mode: self.directory_mode.cloned().or_else(|| self.wanted.mode.clone()),
            ..self.wanted.clone()
        }
    }

    /// A directory goes into an existing one, but with a trailing slash its contents do.
    fn tree<'t>(
        &self,
        source: &'t str,
        wanted: &'t Wanted,
        ctx: Ctx<'_>,
    ) -> Result<CopyTree<'t>, Failure> {
        let dest = super::absolute(ctx.platform, self.dest)?;
        let name = source.rsplit('/').next().unwrap_or_default();
        let base = if self.src.ends_with('/') { dest } else { place::join(&dest, name) };
        Ok(CopyTree {
            source,
            base,
            wanted,
            follow_source: self.local_follow,
            unsafe_writes: self.unsafe_writes,
        })
    }

    /// The file to copy.
    fn source<'p>(&self, place: &'p OnHost) -> Result<&'p PathState, Failure> {
        let src = &place.source;
        if place.unreadable {
            return Err(Failure::new(format!("Source {src} not readable")));
        }
        let from = place.from.as_ref();
        let from = from.ok_or_else(|| Failure::new(format!("Source {src} not found")))?;
        match from.kind {
            PathKind::File => {}
            PathKind::Dir => {
                let text =
                    format!("{src} is a directory: with remote_src only files can be copied");
                return Err(Failure::new(text).with("src", src.as_str()));
            }
            _ => {
                return Err(Failure::new(format!(
                    "Cannot copy invalid source '{src}': not a file"
                )));
            }
        }
        match self.checksum {
            Some(wanted) if from.sha1.as_deref() != Some(wanted) => {
                Err(mismatch(wanted, from.sha1.as_deref().unwrap_or_default()))
            }
            _ => Ok(from),
        }
    }

    /// What the copy is to have; what is replaced gets the source's mode and this user, as a new file does.
    fn wanted(&self, place: &OnHost, from: &PathState, ctx: Ctx<'_>) -> Wanted {
        let mut wanted = self.wanted.clone();
        if wanted.mode == Some(Mode::Preserve) {
            wanted.mode = Some(Mode::Bits(from.mode));
        }
        let same = from.sha1.is_some() && place.to.has(from.sha1.as_deref().unwrap_or_default());
        if place.to.state.is_some() && !same {
            wanted.mode = wanted.mode.or(Some(Mode::Bits(from.mode)));
            wanted.owner = wanted.owner.or_else(|| Some(ctx.platform.uid.to_string()));
            wanted.group = wanted.group.or_else(|| Some(ctx.platform.gid.to_string()));
        }
        wanted
    }

    fn write<'w>(&'w self, wanted: &'w Wanted) -> Write<'w> {
        Write {
            wanted,
            backup: self.backup,
            validate: self.validate,
            follow: self.follow,
            unsafe_writes: self.unsafe_writes,
        }
    }

    /// Compares.
    pub fn plan(&self, place: &OnHost, ctx: Ctx<'_>) -> Result<Plan, Failure> {
        if let Some(tree) = &place.tree {
            if place.to.state.is_some() && !self.force {
                return Ok(exists());
            }
            return self.tree(&place.source, &self.tree_wanted(), ctx)?.plan(tree, ctx);
        }
        let from = self.source(place)?;
        let to = &place.to;
        if to.is_dir() {
            return Err(Failure::new(format!("{} is a directory", to.path)));
        }
        let wanted = self.wanted(place, from, ctx);
        let write = self.write(&wanted);
        write.check()?;
        let there = to.state.is_some() || (to.link.is_some() && !self.follow);
        if there && !self.force {
            return Ok(exists());
        }
        let sha1 = from.sha1.as_deref().unwrap_or_default();
        if let Some(state) =
            to.state.as_ref().filter(|_| to.has(sha1) && (to.link.is_none() || self.follow))
        {
            let adjusted = wanted.adjust(&to.path, state, &to.ids, ctx.platform)?;
            return Ok(Plan::of(adjusted.changes));
        }
        let mut changes = self.parents(to, ctx)?;
        changes.push(write.copy(to, &place.source, &input(&place.source, from, ctx), ctx));
        let mut plan = Plan::of(changes);
        if from.content_unknown {
            plan.uncertain = Some(format!("the content of {} is not known", place.source));
        }
        Ok(write::uncertain(plan, to))
    }

    fn parents(&self, to: &Place, ctx: Ctx<'_>) -> Result<Vec<Change>, Failure> {
        if to.has_parent() {
            return Ok(Vec::new());
        }
        if !self.dest.ends_with('/') {
            let text = format!("Destination directory {} does not exist", parent(&to.path));
            return Err(Failure::new(text).missing());
        }
        let owner = (self.wanted.owner.as_ref(), self.wanted.group.as_ref());
        Ok(write::make_parents(to, self.directory_mode, owner, ctx))
    }

    /// Whether a change's outcome is there.
    pub fn verify(&self, change: &Change, after: &OnHost, ctx: Ctx<'_>) -> Result<(), String> {
        if let Some(tree) = &after.tree {
            let wanted = self.tree_wanted();
            let copy = self.tree(&after.source, &wanted, ctx).map_err(|failure| failure.msg)?;
            return copy.verify(change, tree);
        }
        let mut wanted = self.wanted.clone();
        if let Op::CopyOnHost { to, .. } = &change.op {
            (wanted.owner, wanted.group) = (to.owner.clone(), to.group.clone());
        }
        self.write(&wanted).verify(change, &after.to)
    }

    /// Keys of the result.
    pub fn result(&self, before: &OnHost, after: Option<&OnHost>, ran: &[Ran]) -> Fields {
        let place = after.unwrap_or(before);
        let mut fields = Fields::new();
        if ran.iter().any(|ran| ran.answer.rc != 0) {
            return fields;
        }
        fields.insert("dest".into(), Value::from(place.to.path.as_str()));
        fields.insert("src".into(), Value::from(place.source.as_str()));
        if let Some(tree) = &place.tree {
            fields.extend(tree.facts());
            return fields;
        }
        let there = place.to.state.as_ref();
        if there.is_some() && !self.force && ran.is_empty() {
            return fields;
        }
        if let Some(sha1) = place.from.as_ref().and_then(|from| from.sha1.as_deref()) {
            fields.insert("checksum".into(), Value::from(sha1));
        }
        fields.extend(there.map(facts).unwrap_or_default());
        fields.extend(write::backup(ran).map(|path| ("backup_file".into(), path)));
        fields
    }
}

/// What is there is not replaced.
fn exists() -> Plan {
    let mut plan = Plan::ok();
    plan.fields.insert("msg".into(), Value::from("file already exists"));
    plan
}

/// A source that is not the expected one.
pub fn mismatch(wanted: &str, found: &str) -> Failure {
    Failure::new("Copied file does not match the expected checksum. Transfer failed.")
        .with("checksum", found)
        .with("expected_checksum", wanted)
}

/// The source as what would be written; its bytes are only known when an earlier task would write them.
fn input(path: &str, from: &PathState, ctx: Ctx<'_>) -> Input {
    let known = ctx.world.path(path).flatten().and_then(|attrs| attrs.content.as_ref());
    let bytes = match known {
        Some(Text::Known { bytes: Some(bytes), .. }) => Some(bytes.clone()),
        _ => None,
    };
    Input {
        path: path.into(),
        content: bytes.map_or_else(|| Content::File(path.into()), Content::Bytes),
        size: from.size,
        sha1: from.sha1.clone().unwrap_or_default(),
        mode: from.mode,
        secret: false,
    }
}
