//! Known bytes at a place of the host: what `copy` and `template` share.

use super::attributes::{Wanted, mode_text};
use crate::base::{Map, Value};
use crate::spec::change::WriteFile;
use crate::spec::path::PathKind;
use crate::spec::world::Text;
use crate::spec::{
    Answer, Change, Content, Ctx, Diff, Effect, Failure, Input, Look, Op, PathAttrs, PathState,
    Plan, Probe,
};

/// Largest content that a diff shows (MAX_FILE_SIZE_FOR_DIFF).
pub const DIFF_LIMIT: u64 = 104_448;

/// What is wanted.
pub struct Deploy<'a> {
    /// Destination as it was given.
    pub dest: &'a str,
    /// Name of the file in a directory.
    pub name: String,
    /// The bytes.
    pub input: &'a Input,
    /// Mode, owner, group.
    pub wanted: Wanted,
    /// Whether other content is replaced.
    pub force: bool,
    /// Whether the old file is kept.
    pub backup: bool,
    /// Command that must accept the new file.
    pub validate: Option<&'a str>,
    /// Whether a link is followed.
    pub follow: bool,
    /// Whether the file may be overwritten in place.
    pub unsafe_writes: bool,
}

/// What is there.
#[derive(Debug)]
pub struct Place {
    /// The path that is meant, absolute.
    pub path: String,
    /// The link itself, if it is one.
    pub link: Option<PathState>,
    /// What is there, a link followed.
    pub state: Option<PathState>,
    /// Whether the directory above is there.
    pub parent: bool,
    /// Old content, when a diff is wanted.
    pub content: Option<Vec<u8>>,
}

impl Deploy<'_> {
    /// The first question.
    pub fn probe(&self, ctx: Ctx<'_>) -> Probe {
        let mut path = super::absolute(ctx.platform, self.dest);
        let in_dir = self.dest.ends_with('/');
        if in_dir {
            path.push('/');
            path.push_str(&self.name);
        }
        let name = if in_dir { String::new() } else { self.name.clone() };
        Probe::new("deploy", include_str!("deploy.sh")).words([path, name])
    }

    /// Reads what is there; asks for old content when a diff will show it.
    pub fn read(&self, answers: &[Answer], ctx: Ctx<'_>) -> Result<Look<Place>, Failure> {
        let mut place = read_place(answers, ctx)?;
        if let Some(answer) = answers.get(1) {
            place.content = content_of(answer);
            return Ok(Look::Seen(place));
        }
        let differs = place.state.as_ref().is_some_and(|state| {
            state.kind == PathKind::File
                && state.sha1.as_deref() != Some(&self.input.sha1)
                && state.size <= DIFF_LIMIT
                && !state.predicted
        });
        if ctx.diff && differs {
            let probe = Probe::new("content", include_str!("content.sh"));
            return Ok(Look::Ask(probe.words([place.path.clone()])));
        }
        Ok(Look::Seen(place))
    }

    /// Compares.
    pub fn plan(&self, place: &Place, ctx: Ctx<'_>) -> Result<Plan, Failure> {
        let mut plan = match &place.state {
            None => self.create(place, ctx)?,
            Some(state) if state.kind == PathKind::Dir => {
                let text = format!("can not use content with a dir as dest: {}", place.path);
                return Err(Failure::new(text));
            }
            Some(state) if state.content_unknown => {
                let mut plan = self.attributes(place, state, ctx);
                plan.uncertain = Some(format!("the content of {} is not known", place.path));
                plan
            }
            Some(state) if self.same(place, state) => self.attributes(place, state, ctx),
            Some(_) if !self.force => return Ok(Plan::ok()),
            Some(state) => self.replace(place, state, ctx),
        };
        if !plan.has_work() {
            plan.diff.clear();
        }
        Ok(plan)
    }

    fn same(&self, place: &Place, state: &PathState) -> bool {
        let replaced = place.link.is_some() && !self.follow;
        state.sha1.as_deref() == Some(&self.input.sha1) && !replaced
    }

    fn attributes(&self, place: &Place, state: &PathState, ctx: Ctx<'_>) -> Plan {
        let adjusted = self.wanted.adjust(&place.path, state, ctx.platform);
        let side = |more: &Map| {
            let mut map: Map =
                [("path".into(), Value::from(place.path.as_str()))].into_iter().collect();
            map.extend(more.iter().map(|(k, v)| (k.clone(), v.clone())));
            Value::map(map)
        };
        let diff = Diff {
            before: Some(side(&adjusted.before)),
            after: Some(side(&adjusted.after)),
            ..Diff::default()
        };
        Plan::of(adjusted.changes).diff(diff)
    }

    fn create(&self, place: &Place, ctx: Ctx<'_>) -> Result<Plan, Failure> {
        let dir = parent(&place.path);
        let predicted =
            ctx.world.path(&dir).flatten().is_some_and(|attrs| attrs.kind == PathKind::Dir);
        let mut changes = Vec::new();
        if !place.parent && !predicted {
            if !self.dest.ends_with('/') {
                let text = format!("Destination directory {dir} does not exist");
                return Err(Failure::new(text).with("checksum", self.input.sha1.as_str()));
            }
            changes.extend(make_dirs(&dir));
        }
        let plain = 0o666 & !ctx.platform.umask;
        let mode = self.wanted.bits(plain, false, ctx.platform);
        changes.push(self.write(place, None, mode, ctx));
        Ok(Plan::of(changes).diff(self.diff(place, None)))
    }

    fn replace(&self, place: &Place, state: &PathState, ctx: Ctx<'_>) -> Plan {
        let mode = self.wanted.bits(state.mode, false, ctx.platform);
        let change = self.write(place, Some(state), mode, ctx);
        Plan::of(vec![change]).diff(self.diff(place, place.content.as_deref()))
    }

    fn write(
        &self,
        place: &Place,
        old: Option<&PathState>,
        mode: Option<u32>,
        ctx: Ctx<'_>,
    ) -> Change {
        let plain = 0o666 & !ctx.platform.umask;
        let attrs = PathAttrs {
            mode: Some(mode.or(old.map(|state| state.mode)).unwrap_or(plain)),
            owner: self
                .wanted
                .owner
                .clone()
                .or_else(|| old.is_none().then(|| ctx.platform.user.clone())),
            group: self.wanted.group.clone(),
            content: Some(Text::Known {
                bytes: match &self.input.content {
                    Content::Bytes(bytes) => Some(bytes.clone()),
                    Content::File(_) => None,
                },
                sha1: self.input.sha1.clone(),
                size: self.input.size,
            }),
            ..PathAttrs::new(PathKind::File)
        };
        let file = WriteFile {
            path: place.path.clone(),
            content: self.input.content.clone(),
            sha1: self.input.sha1.clone(),
            size: self.input.size,
            mode,
            owner: self.wanted.owner.clone(),
            group: self.wanted.group.clone(),
            seen_sha1: old.and_then(|state| state.sha1.clone()),
            validate: self.validate.map(str::to_string),
            backup: self.backup && old.is_some(),
            follow: self.follow,
            unsafe_writes: self.unsafe_writes,
        };
        let change = Change::new(Op::WriteFile(Box::new(file)), format!("write {}", place.path));
        change.effect(Effect::Path(place.path.clone(), Some(attrs)))
    }

    /// Old and new content as texts, where they are texts of a size that is shown.
    fn diff(&self, place: &Place, old: Option<&[u8]>) -> Diff {
        let new = match &self.input.content {
            Content::Bytes(bytes) if self.input.size <= DIFF_LIMIT => Some(bytes.to_vec()),
            _ => None,
        };
        let mut diff = Diff::default();
        let text =
            |bytes: Option<&[u8]>| bytes.and_then(|b| std::str::from_utf8(b).ok()).map(Value::from);
        let secret = |value: Value| if self.input.secret { value.secret() } else { value };
        diff.before = match old {
            Some(bytes) => text(Some(bytes)).map(secret),
            None if place.state.is_none() => Some(Value::from("")),
            None => None,
        };
        diff.after = text(new.as_deref()).map(secret);
        if place.state.is_some() {
            diff.before_header = Some(place.path.clone());
        }
        diff.after_header = Some(self.header());
        diff
    }

    /// What stands behind `+++ after`: the source's path; the destination for given content.
    fn header(&self) -> String {
        if self.input.path.as_os_str().is_empty() {
            return self.dest.to_string();
        }
        self.input.path.display().to_string()
    }

    /// Whether a change's outcome is there.
    pub fn verify(&self, change: &Change, after: &Place, ctx: Ctx<'_>) -> Result<(), String> {
        let Some(state) = &after.state else { return Err("it is not there".to_string()) };
        match &change.op {
            Op::WriteFile(file) if state.sha1.as_deref() != Some(&file.sha1) => {
                Err("it has other content".to_string())
            }
            Op::WriteFile(file) => match file.mode {
                Some(mode) if mode != state.mode => {
                    Err(format!("its mode is {}", mode_text(state.mode)))
                }
                _ => Wanted { mode: None, ..self.wanted.clone() }.check(state, ctx.platform),
            },
            Op::SetMode { mode, .. } if *mode != state.mode => {
                Err(format!("its mode is {}", mode_text(state.mode)))
            }
            Op::SetOwner { .. } => {
                Wanted { mode: None, ..self.wanted.clone() }.check(state, ctx.platform)
            }
            _ => Ok(()),
        }
    }
}

fn read_place(answers: &[Answer], ctx: Ctx<'_>) -> Result<Place, Failure> {
    let text = super::answer_text(answers)?;
    let mut lines = text.lines();
    let path = super::unescape(lines.next().unwrap_or_default());
    let link = PathState::parse(lines.next().unwrap_or("="));
    let state = PathState::parse(lines.next().unwrap_or("-"));
    let parent = lines.next() == Some("d");
    let state = PathState::overlay(&path, state, ctx.world);
    Ok(Place { path, link, state, parent, content: None })
}

/// The bytes of a `tk_read` answer; None when there is no such file.
pub fn content_of(answer: &Answer) -> Option<Vec<u8>> {
    let end = answer.stdout.iter().position(|b| *b == b'\n')?;
    let size: usize = std::str::from_utf8(&answer.stdout[..end]).ok()?.parse().ok()?;
    answer.stdout.get(end + 1..end + 1 + size).map(<[u8]>::to_vec)
}

/// The directory that holds a path.
pub fn parent(path: &str) -> String {
    match path.rsplit_once('/') {
        Some(("", _)) | None => "/".to_string(),
        Some((dir, _)) => dir.to_string(),
    }
}

/// Changes that make a directory and all that is missing above it.
fn make_dirs(dir: &str) -> Vec<Change> {
    let text = format!("make the directory {dir}");
    let command = crate::spec::Command::new(["mkdir", "-p", "--", dir]);
    let attrs = PathAttrs::new(PathKind::Dir);
    vec![Change::new(Op::Run(command), text).effect(Effect::Path(dir.to_string(), Some(attrs)))]
}
