//! `copy` with `remote_src`: a file of the host at another place of it.

use super::attributes::{Wanted, facts};
use super::deploy::parent;
use crate::base::Value;
use crate::spec::args::Mode;
use crate::spec::change::WriteFile;
use crate::spec::path::PathKind;
use crate::spec::world::Text;
use crate::spec::{
    Answer, Change, Content, Ctx, Effect, Failure, Fields, Look, Op, PathAttrs, PathState, Plan,
    Probe, Ran,
};

/// What is wanted.
pub struct CopyOnHost<'a> {
    /// The source.
    pub src: &'a str,
    /// The destination as it was given.
    pub dest: &'a str,
    /// Mode, owner, group.
    pub wanted: Wanted,
    /// Whether the source's mode is kept.
    pub preserve: bool,
    /// Whether other content is replaced.
    pub force: bool,
    /// Whether the old file is kept.
    pub backup: bool,
    /// Command that must accept the new file.
    pub validate: Option<&'a str>,
    /// Whether a link at the destination is followed.
    pub follow: bool,
    /// Whether it may be overwritten in place.
    pub unsafe_writes: bool,
}

/// What is there.
#[derive(Debug)]
pub struct OnHost {
    source: String,
    dest: String,
    from: Option<PathState>,
    to: Option<PathState>,
}

impl CopyOnHost<'_> {
    /// The question: what is at both places.
    pub fn probe(&self, ctx: Ctx<'_>) -> Probe {
        let source = super::absolute(ctx.platform, self.src);
        let dest = super::absolute(ctx.platform, self.dest);
        let name = source.rsplit('/').next().unwrap_or_default().to_string();
        let dest = if self.dest.ends_with('/') { format!("{dest}/{name}") } else { dest };
        Probe::new("onhost", include_str!("onhost.sh")).words([source, dest, name])
    }

    /// Reads it.
    pub fn read(&self, answers: &[Answer], ctx: Ctx<'_>) -> Result<Look<OnHost>, Failure> {
        let text = super::answer_text(answers)?;
        let mut lines = text.lines();
        let dest = super::unescape(lines.next().unwrap_or_default());
        let source = super::absolute(ctx.platform, self.src);
        let mut next = |path: &str| {
            PathState::overlay(path, PathState::parse(lines.next().unwrap_or("-")), ctx.world)
        };
        let from = next(&source);
        let to = next(&dest);
        Ok(Look::Seen(OnHost { source, dest, from, to }))
    }

    fn wanted(&self, from: &PathState) -> Wanted {
        let mode =
            if self.preserve { Some(Mode::Bits(from.mode)) } else { self.wanted.mode.clone() };
        Wanted { mode, ..self.wanted.clone() }
    }

    /// Compares.
    pub fn plan(&self, place: &OnHost, ctx: Ctx<'_>) -> Result<Plan, Failure> {
        let Some(from) = &place.from else {
            return Err(Failure::new(format!("Source {} not found", place.source)));
        };
        if from.kind == PathKind::Dir {
            let text =
                "copying a directory on the host itself is not supported: use command with cp -R";
            return Err(Failure::new(text).with("src", place.source.as_str()));
        }
        let wanted = self.wanted(from);
        if let Some(to) = &place.to {
            if to.kind == PathKind::Dir {
                return Err(Failure::new(format!("{} is a directory", place.dest)));
            }
            let same = to.sha1.is_some() && to.sha1 == from.sha1;
            if same || !self.force {
                let changes = if same {
                    wanted.adjust(&place.dest, to, ctx.platform).changes
                } else {
                    vec![]
                };
                return Ok(Plan::of(changes));
            }
        }
        Ok(Plan::of(vec![self.change(place, from, &wanted, ctx)]))
    }

    fn change(&self, place: &OnHost, from: &PathState, wanted: &Wanted, ctx: Ctx<'_>) -> Change {
        let current = place.to.as_ref().map_or(0o666 & !ctx.platform.umask, |to| to.mode);
        let mode = wanted.bits(current, false, ctx.platform);
        let sha1 = from.sha1.clone().unwrap_or_default();
        let content = Text::Known { bytes: None, sha1: sha1.clone(), size: from.size };
        let attrs = PathAttrs {
            mode: Some(mode.unwrap_or(current)),
            owner: wanted.owner.clone(),
            group: wanted.group.clone(),
            content: Some(content),
            ..PathAttrs::new(PathKind::File)
        };
        let to = WriteFile {
            path: place.dest.clone(),
            content: Content::Bytes(bytes::Bytes::new()),
            sha1,
            size: from.size,
            mode,
            owner: wanted.owner.clone(),
            group: wanted.group.clone(),
            seen_sha1: place.to.as_ref().and_then(|to| to.sha1.clone()),
            validate: self.validate.map(str::to_string),
            backup: self.backup && place.to.is_some(),
            follow: self.follow,
            unsafe_writes: self.unsafe_writes,
        };
        let op = Op::CopyOnHost { from: place.source.clone(), to: Box::new(to) };
        let text = format!("copy {} to {} in {}", place.source, place.dest, parent(&place.dest));
        Change::new(op, text).effect(Effect::Path(place.dest.clone(), Some(attrs)))
    }

    /// Whether a change's outcome is there.
    pub fn verify(&self, change: &Change, after: &OnHost, ctx: Ctx<'_>) -> Result<(), String> {
        let Some(to) = &after.to else { return Err("it is not there".to_string()) };
        match &change.op {
            Op::CopyOnHost { to: wanted, .. } if to.sha1.as_deref() != Some(&wanted.sha1) => {
                Err("it has other content".to_string())
            }
            Op::SetOwner { .. } => {
                Wanted { mode: None, ..self.wanted.clone() }.check(to, ctx.platform)
            }
            Op::SetMode { mode, .. } if *mode != to.mode => Err("it has another mode".to_string()),
            _ => Ok(()),
        }
    }

    /// Keys of the result.
    pub fn result(&self, before: &OnHost, after: Option<&OnHost>, ran: &[Ran]) -> Fields {
        let place = after.unwrap_or(before);
        let mut fields = Fields::new();
        fields.insert("dest".into(), Value::from(place.dest.as_str()));
        fields.insert("src".into(), Value::from(place.source.as_str()));
        if let Some(state) = &place.to {
            fields.extend(facts(state));
            fields.insert("checksum".into(), Value::from(state.sha1.clone()));
        }
        if let Some(backup) = ran.iter().find_map(|ran| ran.backup.clone()) {
            fields.insert("backup_file".into(), Value::from(backup));
        }
        fields
    }
}
