//! A text file that a module edits: how it is read, written and shown.

use super::encoding::Encoding;
use super::lines::Edited;
use crate::base::{Map, Value};
use crate::modules::files::attributes::Wanted;
use crate::modules::files::place::{self, Depth, Place};
use crate::modules::files::write::{self, Write};
use crate::spec::file::WriteFile;
use crate::spec::path::PathKind;
use crate::spec::world::Text;
use crate::spec::{
    Answer, Change, Ctx, Diff, Effect, Failure, Input, Look, Op, PathAttrs, PathState, Plan, Probe,
};

/// The file and how it is written.
pub struct TextFile<'a> {
    /// Its path as it was given.
    pub path: &'a str,
    /// Encoding as it was given.
    pub encoding: &'a str,
    /// Mode, owner, group.
    pub wanted: Wanted,
    /// Whether the old file is kept.
    pub backup: bool,
    /// Command that must accept the new file.
    pub validate: Option<&'a str>,
    /// Whether it may be overwritten in place.
    pub unsafe_writes: bool,
    /// Whether what is written must not be shown.
    pub secret: bool,
}

/// What a file holds.
pub enum Held {
    /// There is none.
    Nothing,
    /// This text.
    Text(String),
    /// It is not known: an earlier task of a check run would write it.
    Unknown,
}

/// Why a file has other attributes now, in Ansible's words.
const ATTRIBUTES: &str = "ownership, perms or SE linux context changed";

impl TextFile<'_> {
    fn encoding(&self) -> Result<Encoding, Failure> {
        Encoding::named(self.encoding).map_err(Failure::new)
    }

    fn write<'w>(&'w self, wanted: &'w Wanted) -> Write<'w> {
        Write {
            wanted,
            backup: self.backup,
            validate: self.validate,
            follow: true,
            unsafe_writes: self.unsafe_writes,
        }
    }

    /// The first question.
    pub fn probe(&self, ctx: Ctx<'_>) -> Result<Probe, Failure> {
        self.encoding()?;
        self.write(&self.wanted).check()?;
        let path = crate::modules::files::absolute(ctx.platform, self.path)?;
        Ok(place::probe(path, "", Depth::Content))
    }

    /// Reads what is there.
    pub fn read(&self, answers: &[Answer], ctx: Ctx<'_>) -> Result<Look<Place>, Failure> {
        let mut place = place::read(crate::modules::files::first(answers)?, ctx)?;
        let more = place.more(&self.wanted, ctx);
        match (more.probe(), answers.get(1)) {
            (Some(probe), None) => return Ok(Look::Ask(probe)),
            (Some(_), Some(answer)) => place.ids = more.read(answer)?.0,
            (None, _) => {}
        }
        Ok(Look::Seen(place))
    }

    /// What the file holds.
    pub fn held(&self, place: &Place) -> Result<Held, Failure> {
        let Some(state) = &place.state else { return Ok(Held::Nothing) };
        if state.kind == PathKind::Dir {
            let text = format!("Path {} is a directory !", self.path);
            return Err(Failure::new(text).with("rc", 256));
        }
        if let Some(content) = &place.content {
            return Ok(Held::Text(self.encoding()?.decode(content)));
        }
        if state.predicted {
            return Ok(Held::Unknown);
        }
        let text = match state.kind {
            PathKind::File => format!("[Errno 13] Permission denied: '{}'", self.path),
            kind => format!("{} is no regular file: it is a {}", self.path, kind.word()),
        };
        Err(Failure::new(text))
    }

    /// The plan that leads to an edited text, with its message and its differences.
    pub fn plan(
        &self,
        place: &Place,
        before: Option<&str>,
        edited: &Edited,
        ctx: Ctx<'_>,
    ) -> Result<Plan, Failure> {
        self.wanted.check(&place.path).map_err(|failure| place.described(failure))?;
        let mut changes = Vec::new();
        let mut attributes = self.attributes(place, edited.changed, ctx)?;
        if edited.changed {
            let bytes = self.encoding()?.encode(&edited.text).map_err(Failure::new)?;
            let input = Input { secret: self.secret, ..Input::bytes(bytes) };
            changes = write::make_parents(place, None, (None, None), ctx);
            changes.push(self.write(&self.inner(place)).change(place, &input, ctx));
            if place.link.is_none() {
                // They are set with the new file.
                attributes.changes.clear();
            }
        }
        let mut msg = edited.msg.clone();
        if !attributes.after.is_empty() {
            msg += if edited.changed { " and " } else { "" };
            msg += ATTRIBUTES;
        }
        changes.append(&mut attributes.changes);
        let mut plan = Plan::of(changes);
        plan.fields.insert("msg".into(), Value::from(msg));
        plan.diff = vec![
            self.content_diff(before.unwrap_or_default(), &edited.text, ctx),
            self.attribute_diff(attributes.before, attributes.after),
        ];
        Ok(plan)
    }

    /// Attributes that come with the content: a link keeps its own.
    fn inner(&self, place: &Place) -> Wanted {
        if place.link.is_some() { Wanted::default() } else { self.wanted.clone() }
    }

    fn attributes(
        &self,
        place: &Place,
        written: bool,
        ctx: Ctx<'_>,
    ) -> Result<crate::modules::files::attributes::Adjusted, Failure> {
        let fresh;
        let state: &PathState = match place.subject(&self.wanted) {
            Some(state) => state,
            None if written => {
                fresh = new_file(ctx);
                &fresh
            }
            None => return Ok(Default::default()),
        };
        let adjusted = self.wanted.adjust(&place.path, state, &place.ids, ctx.platform);
        adjusted.map_err(|failure| place.described(failure))
    }

    /// A file whose content is not known may change in any way.
    pub fn unknown(&self, place: &Place) -> Plan {
        let file = WriteFile {
            // Nothing has this digest: this is a plan for a check run and cannot be applied.
            seen_sha1: Some("unknown".to_string()),
            ..WriteFile::new(&place.path, Input::bytes(""))
        };
        let attrs = PathAttrs { content: Some(Text::Unknown), ..PathAttrs::new(PathKind::File) };
        let change = Change::new(Op::WriteFile(Box::new(file)), format!("edit {}", place.path));
        let mut plan = Plan::of(vec![change.effect(Effect::Path(place.real.clone(), Some(attrs)))]);
        plan.uncertain = Some(format!("the content of {} is not known", place.path));
        plan.fields.insert("msg".into(), Value::from(""));
        plan
    }

    /// The text before and after, as Ansible names them.
    pub fn content_diff(&self, before: &str, after: &str, ctx: Ctx<'_>) -> Diff {
        let header = format!("{} (content)", self.path);
        let side = |text: &str| {
            let shown = Value::from(if ctx.diff { Encoding::shown(text) } else { String::new() });
            Some(if self.secret { shown.secret() } else { shown })
        };
        Diff {
            before: side(before),
            after: side(after),
            before_header: Some(header.clone()),
            after_header: Some(header),
            ..Diff::default()
        }
    }

    fn attribute_diff(&self, before: Map, after: Map) -> Diff {
        let header = format!("{} (file attributes)", self.path);
        let side = |map: Map| Some(Value::map(map)).filter(|value| value.is_true());
        Diff {
            before: side(before),
            after: side(after),
            before_header: Some(header.clone()),
            after_header: Some(header),
            ..Diff::default()
        }
    }

    /// Whether a change's outcome is there.
    pub fn verify(&self, change: &Change, after: &Place) -> Result<(), String> {
        let wanted = match change.op {
            Op::WriteFile(_) => self.inner(after),
            _ => self.wanted.clone(),
        };
        self.write(&wanted).verify(change, after)
    }
}

/// What a new file's attributes are compared with.
fn new_file(ctx: Ctx<'_>) -> PathState {
    crate::modules::files::file::fresh(PathKind::File, ctx)
}
