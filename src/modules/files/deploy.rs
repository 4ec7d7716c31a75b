//! Known bytes at a place of the host: what `copy`, `template` and `assemble` share.

use super::attributes::{Wanted, facts};
use super::names::More;
use super::place::{self, Depth, Place, parent};
use super::write::{self, Write};
use crate::base::{Map, Value};
use crate::spec::args::Mode;
use crate::spec::file::WriteFile;
use crate::spec::input::hex;
use crate::spec::path::PathKind;
use crate::spec::{
    Answer, Change, Content, Ctx, Diff, Failure, Fields, Input, Look, Op, PathState, Plan, Probe,
    Ran,
};
use md5::{Digest, Md5};

/// Largest content that a diff shows (MAX_FILE_SIZE_FOR_DIFF).
pub const DIFF_LIMIT: u64 = 104_448;
/// A zero byte among so many first ones makes a file of the host a binary one.
const PEEK: usize = 8192;

/// What is wanted.
pub struct Deploy<'a> {
    /// Destination as it was given.
    pub dest: &'a str,
    /// Name of the file in a directory; empty: it has none.
    pub name: String,
    /// The bytes.
    pub input: &'a Input,
    /// Mode, owner, group.
    pub wanted: Wanted,
    /// Mode of directories that are made.
    pub directory_mode: Option<&'a Mode>,
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

impl Deploy<'_> {
    fn write(&self) -> Write<'_> {
        Write {
            wanted: &self.wanted,
            backup: self.backup,
            validate: self.validate,
            follow: self.follow,
            unsafe_writes: self.unsafe_writes,
        }
    }

    /// The first question.
    pub fn probe(&self, ctx: Ctx<'_>) -> Result<Probe, Failure> {
        self.write().check()?;
        let path = super::absolute(ctx.platform, self.dest)?;
        if !self.dest.ends_with('/') {
            return Ok(place::probe(path, &self.name, Depth::Sum));
        }
        if self.name.is_empty() {
            return Err(Failure::new("can not use content with a dir as dest"));
        }
        Ok(place::probe(place::join(&path, &self.name), "", Depth::Sum))
    }

    /// Reads what is there; asks for old content when a diff will show it.
    pub fn read(&self, answers: &[Answer], ctx: Ctx<'_>) -> Result<Look<Place>, Failure> {
        let mut place = place::read(super::first(answers)?, ctx)?;
        let more = self.more(&place, ctx);
        if let (Some(answer), false) = (answers.get(1), more.probe().is_none()) {
            let (ids, content) = more.read(answer)?;
            place.ids = ids;
            place.content = place.content.take().or(content);
        } else if let Some(probe) = more.probe() {
            return Ok(Look::Ask(probe));
        }
        Ok(Look::Seen(place))
    }

    /// What else has to be asked: numbers of names, and old content when a diff will show it.
    pub fn more(&self, place: &Place, ctx: Ctx<'_>) -> More {
        let mut more = place.more(&self.wanted, ctx);
        if ctx.diff && self.shows(place) {
            more.content = Some(place.path.clone());
        }
        more
    }

    /// Whether what is wanted fits together.
    pub fn check(&self) -> Result<(), Failure> {
        self.write().check()
    }

    /// Whether old content will be shown.
    fn shows(&self, place: &Place) -> bool {
        place.state.as_ref().is_some_and(|state| {
            let fits = state.kind == PathKind::File && state.size <= DIFF_LIMIT;
            fits && self.force && !state.predicted && !self.same(place)
        })
    }

    /// Whether the file is as wanted, but for its attributes.
    fn same(&self, place: &Place) -> bool {
        let replaced = place.link.is_some() && !self.follow;
        place.has(&self.input.sha1) && !replaced
    }

    /// Compares.
    pub fn plan(&self, place: &Place, ctx: Ctx<'_>) -> Result<Plan, Failure> {
        self.wanted.check(&place.path).map_err(|failure| place.described(failure))?;
        let plan =
            match &place.state {
                _ if place.is_dir() => {
                    return Err(Failure::new("can not use content with a dir as dest"));
                }
                None if place.link.is_some() && !self.follow && !self.force => Ok(Plan::ok()),
                None => self.create(place, ctx),
                Some(_) if !self.force => Ok(Plan::ok()),
                Some(state) if self.same(place) => self.attributes(place, state, ctx),
                Some(_) => Ok(Plan::of(vec![self.write().change(place, self.input, ctx)])
                    .diff(self.diff(place))),
            };
        plan.map(|plan| write::uncertain(plan, place))
    }

    fn attributes(&self, place: &Place, state: &PathState, ctx: Ctx<'_>) -> Result<Plan, Failure> {
        let adjusted = self.wanted.adjust(&place.path, state, &place.ids, ctx.platform);
        let adjusted = adjusted.map_err(|failure| place.described(failure))?;
        let side = |more: &Map| {
            let mut map = Map::new();
            map.insert("path".into(), Value::from(place.path.as_str()));
            map.extend(more.iter().map(|(k, v)| (k.clone(), v.clone())));
            Value::map(map)
        };
        let diff = Diff {
            before: Some(side(&adjusted.before)),
            after: Some(side(&adjusted.after)),
            ..Diff::default()
        };
        Ok(Plan::of(adjusted.changes).diff(diff))
    }

    fn create(&self, place: &Place, ctx: Ctx<'_>) -> Result<Plan, Failure> {
        let mut changes = Vec::new();
        if !place.has_parent() {
            if !self.dest.ends_with('/') {
                let dir = parent(&place.path);
                let text = format!("Destination directory {dir} does not exist");
                let failure = Failure::new(text).missing();
                return Err(failure.with("checksum", self.input.sha1.as_str()));
            }
            let owner = (self.wanted.owner.as_ref(), self.wanted.group.as_ref());
            changes = write::make_parents(place, self.directory_mode, owner, ctx);
        }
        changes.push(self.write().change(place, self.input, ctx));
        Ok(Plan::of(changes).diff(self.diff(place)))
    }

    /// Old and new content as texts, where they are texts of a size that is shown.
    fn diff(&self, place: &Place) -> Diff {
        let mut diff = Diff::default();
        let secret = |value: Value| if self.input.secret { value.secret() } else { value };
        match (&place.state, &place.content) {
            (None, _) => diff.before = Some(Value::from("")),
            (Some(_), Some(old)) if old[..old.len().min(PEEK)].contains(&0) => {
                diff.skipped.push(("dst_binary", 1));
            }
            (Some(_), Some(old)) => {
                diff.before = Some(secret(Value::from(String::from_utf8_lossy(old).into_owned())));
                diff.before_header = Some(place.path.clone());
            }
            (Some(state), None) if state.size > DIFF_LIMIT => {
                diff.skipped.push(("dst_larger", DIFF_LIMIT as i64));
            }
            (Some(_), None) => {}
        }
        match &self.input.content {
            Content::Bytes(new) if self.input.size <= DIFF_LIMIT => {
                if new.contains(&0) {
                    diff.skipped.push(("src_binary", 1));
                } else {
                    let text = String::from_utf8_lossy(new).into_owned();
                    diff.after = Some(secret(Value::from(text)));
                    diff.after_header = Some(self.header(place));
                }
            }
            _ => diff.skipped.push(("src_larger", DIFF_LIMIT as i64)),
        }
        diff
    }

    /// What stands behind `+++ after`: the source's path; the destination for given content.
    fn header(&self, place: &Place) -> String {
        if self.input.path.as_os_str().is_empty() {
            return place.path.clone();
        }
        self.input.path.display().to_string()
    }

    /// Whether a change's outcome is there.
    pub fn verify(&self, change: &Change, after: &Place) -> Result<(), String> {
        self.write().verify(change, after)
    }
}

/// What a result needs to know beside the looks.
pub struct Told<'a> {
    /// The source as the result names it.
    pub src: Option<&'a str>,
    /// Whether other content would be replaced.
    pub force: bool,
    /// Whether a link is followed.
    pub follow: bool,
    /// Whether Ansible's action itself answers in a check run, and its module nothing.
    pub action: bool,
}

/// Where a file's new bytes are until they take its place: `src` of a result names a file that is gone.
fn staged(place: &Place) -> Value {
    Value::from(format!("{}/.tank", parent(&place.real).trim_end_matches('/')))
}

/// Keys of the result.
pub fn result(
    told: &Told<'_>,
    before: &Place,
    after: Option<&Place>,
    plan: &Plan,
    ran: &[Ran],
) -> Fields {
    let mut fields = Fields::new();
    let file = plan.changes().find_map(written);
    let place = after.unwrap_or(before);
    let sha1 = file.map(|file| file.sha1.as_str());
    let sha1 = sha1.or(place.state.as_ref().and_then(|state| state.sha1.as_deref()));
    let checksum = sha1.map(|sum| ("checksum".into(), Value::from(sum)));
    if ran.iter().any(|ran| ran.answer.rc != 0) {
        fields.extend(checksum);
        return fields;
    }
    if told.action && after.is_none() && file.is_some() {
        return fields;
    }
    fields.insert("dest".into(), Value::from(place.path.as_str()));
    let src = told.src.map(|src| ("src".into(), Value::from(src)));
    if file.is_none() && !told.force {
        // Whatever is there was not looked at.
        fields.extend(src);
        return fields;
    }
    fields.extend(checksum);
    if after.is_none() && file.is_some() {
        // A check run: nothing is known of a file that is not written.
        return fields;
    }
    let state = place.link.as_ref().filter(|_| !told.follow).or(place.state.as_ref());
    fields.extend(state.map(facts).unwrap_or_default());
    match file {
        Some(file) => {
            fields.insert("src".into(), staged(place));
            fields.extend(md5(&file.content).map(|sum| ("md5sum".into(), Value::from(sum))));
        }
        None => drop(fields.insert("path".into(), Value::from(place.path.as_str()))),
    }
    fields.extend(write::backup(ran).map(|path| ("backup_file".into(), path)));
    fields
}

fn written(change: &Change) -> Option<&WriteFile> {
    match &change.op {
        Op::WriteFile(file) => Some(file),
        _ => None,
    }
}

/// MD5 of bytes in memory; files that are read when they are sent are not read once more for it.
pub fn md5(content: &Content) -> Option<String> {
    match content {
        Content::Bytes(bytes) => Some(hex(&Md5::digest(bytes))),
        Content::File(_) => None,
    }
}
