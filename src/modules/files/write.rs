//! New content for a regular file: the change, its proof, its words.

use super::attributes::{Wanted, mode_text, no_group, no_user};
use super::place::{Place, missing, parent};
use crate::base::Value;
use crate::spec::args::Mode;
use crate::spec::file::WriteFile;
use crate::spec::path::PathKind;
use crate::spec::world::Text;
use crate::spec::{Change, Ctx, Effect, Failure, Input, Op, PathAttrs, Plan, Ran};

/// How a file is written.
#[derive(Clone, Copy, Debug)]
pub struct Write<'a> {
    /// Mode, owner, group.
    pub wanted: &'a Wanted,
    /// Whether the old file is kept beside it.
    pub backup: bool,
    /// Command that must accept the new file.
    pub validate: Option<&'a str>,
    /// Whether a link at the place is followed.
    pub follow: bool,
    /// Whether it may be overwritten in place where nothing can be renamed.
    pub unsafe_writes: bool,
}

impl Write<'_> {
    /// Whether `validate` names the file.
    ///
    /// # Errors
    /// Ansible's text.
    pub fn check(&self) -> Result<(), Failure> {
        match self.validate {
            Some(command) if !command.contains("%s") => {
                Err(Failure::new(format!("validate must contain %s: {command}")))
            }
            _ => Ok(()),
        }
    }

    /// The change that puts these bytes there.
    pub fn change(&self, place: &Place, input: &Input, ctx: Ctx<'_>) -> Change {
        let op = Op::WriteFile(Box::new(self.file(place, input, ctx)));
        let change = Change::new(op, format!("write {}", place.path));
        change.effect(self.effect(place, input, ctx))
    }

    /// The same with a file of the host itself.
    pub fn copy(&self, place: &Place, from: &str, input: &Input, ctx: Ctx<'_>) -> Change {
        let to = Box::new(self.file(place, input, ctx));
        let change = Change::new(
            Op::CopyOnHost { from: from.to_string(), to },
            format!("copy {from} to {}", place.path),
        );
        change.effect(self.effect(place, input, ctx))
    }

    /// Whether what is there is replaced, not another thing put in a link's place.
    fn replaces(&self, place: &Place) -> bool {
        place.state.is_some() && (self.follow || place.link.is_none())
    }

    /// The bits that the new file gets; None: those of the old one, or plain ones.
    fn bits(&self, place: &Place, ctx: Ctx<'_>) -> Option<u32> {
        let old = place.state.as_ref().filter(|_| self.replaces(place)).map(|state| state.mode);
        let current = old.unwrap_or(0o666 & !ctx.platform.umask);
        self.wanted.bits(current, false, ctx.platform)
    }

    fn file(&self, place: &Place, input: &Input, ctx: Ctx<'_>) -> WriteFile {
        let old = place.state.as_ref().filter(|_| self.replaces(place));
        WriteFile {
            mode: self.bits(place, ctx),
            owner: self.wanted.owner.clone(),
            group: self.wanted.group.clone(),
            seen_sha1: old.and_then(|state| state.sha1.clone()),
            validate: self.validate.map(str::to_string),
            backup: self.backup && place.state.is_some(),
            follow: self.follow,
            unsafe_writes: self.unsafe_writes,
            ..WriteFile::new(&place.path, input.clone())
        }
    }

    fn effect(&self, place: &Place, input: &Input, ctx: Ctx<'_>) -> Effect {
        let old = place.state.as_ref().filter(|_| self.replaces(place));
        let plain = 0o666 & !ctx.platform.umask;
        let mode = self.bits(place, ctx).or(old.map(|state| state.mode)).unwrap_or(plain);
        let own = |name: &str| Some(name.to_string()).filter(|_| old.is_none());
        let attrs = PathAttrs {
            mode: Some(mode),
            owner: self.wanted.owner.clone().or_else(|| own(&ctx.platform.user)),
            group: self.wanted.group.clone().or_else(|| own(&ctx.platform.gid.to_string())),
            content: Some(Text::of(&input.content, &input.sha1, input.size)),
            ..PathAttrs::new(PathKind::File)
        };
        let path = if self.follow { &place.real } else { &place.path };
        Effect::Path(path.clone(), Some(attrs))
    }

    /// Whether a change's outcome is there.
    ///
    /// # Errors
    /// What is wrong, for people.
    pub fn verify(&self, change: &Change, after: &Place) -> Result<(), String> {
        let (Op::WriteFile(file) | Op::CopyOnHost { to: file, .. }) = &change.op else {
            return self.verify_other(change, after);
        };
        let Some(state) = &after.state else { return Err("it is not there".to_string()) };
        if !after.has(&file.sha1) {
            return Err("it has other content".to_string());
        }
        match file.mode {
            Some(mode) if mode != state.mode => {
                Err(format!("its mode is {}", mode_text(state.mode)))
            }
            _ => self.wanted.check_owner(state, &after.ids),
        }
    }

    fn verify_other(&self, change: &Change, after: &Place) -> Result<(), String> {
        match &change.op {
            Op::MakeDir { .. } if after.has_parent() => Ok(()),
            Op::MakeDir { path, .. } => Err(format!("{path} is not there")),
            Op::SetOwner { path, .. } | Op::SetMode { path, .. } if *path != after.path => Ok(()),
            _ => match after.subject(self.wanted) {
                Some(state) => self.wanted.verify(change, state, &after.ids).unwrap_or(Ok(())),
                None => Err("it is not there".to_string()),
            },
        }
    }
}

/// Changes that make the directories that are missing above a place, with this mode and owner.
pub fn make_parents(
    place: &Place,
    mode: Option<&Mode>,
    owner: (Option<&String>, Option<&String>),
    ctx: Ctx<'_>,
) -> Vec<Change> {
    let wanted = Wanted {
        mode: mode.cloned(),
        owner: owner.0.cloned(),
        group: owner.1.cloned(),
        follow: true,
    };
    let dirs = missing(&place.above, &parent(&place.real));
    dirs.iter().flat_map(|dir| make_dir(dir, &wanted, ctx)).collect()
}

/// Changes that make one directory.
pub fn make_dir(path: &str, wanted: &Wanted, ctx: Ctx<'_>) -> Vec<Change> {
    let plain = 0o777 & !ctx.platform.umask;
    let mode = wanted.bits(plain, true, ctx.platform);
    let (owner, group) = (wanted.owner.clone(), wanted.group.clone());
    let attrs = PathAttrs {
        mode: Some(mode.unwrap_or(plain)),
        owner: owner.clone().or_else(|| Some(ctx.platform.user.clone())),
        group: group.clone().or_else(|| Some(ctx.platform.gid.to_string())),
        ..PathAttrs::new(PathKind::Dir)
    };
    let made = Change::new(
        Op::MakeDir { path: path.to_string(), mode },
        format!("make the directory {path}"),
    );
    let mut changes = vec![made.effect(Effect::Path(path.to_string(), Some(attrs)))];
    if owner.is_some() || group.is_some() {
        let op = Op::SetOwner { path: path.to_string(), owner, group, follow: true };
        changes.push(Change::new(op, format!("set the owner of {path}")));
    }
    changes
}

/// How a module words a file that its `validate` refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Code and output are keys of the result.
    Keys,
    /// They stand in the message.
    Message,
}

/// Ansible's words for a change that failed; None: those of the engine.
pub fn explain(ran: &Ran, refusal: Refusal) -> Option<Failure> {
    let error = ran.answer.error_text();
    if let Some(code) = ran.invalid() {
        return Some(refused(ran, code, &error, refusal));
    }
    let (owner, group) = names(&ran.change.op)?;
    let error = error.to_lowercase();
    let unknown = ["invalid user", "invalid group", "unknown user", "unknown group", "illegal"]
        .iter()
        .any(|words| error.contains(words));
    // Which of the two it was: chown names the one it does not know.
    let named = |name: &&String| unknown && error.contains(&name.to_lowercase());
    let group_first = error.contains("group");
    match (owner.filter(named), group.filter(named)) {
        (_, Some(group)) if group_first => Some(no_group(group)),
        (Some(owner), _) => Some(no_user(owner)),
        (None, Some(group)) => Some(no_group(group)),
        (None, None) => None,
    }
}

fn names(op: &Op) -> Option<(Option<&String>, Option<&String>)> {
    match op {
        Op::SetOwner { owner, group, .. } => Some((owner.as_ref(), group.as_ref())),
        Op::WriteFile(file) | Op::CopyOnHost { to: file, .. } => {
            Some((file.owner.as_ref(), file.group.as_ref()))
        }
        _ => None,
    }
}

fn refused(ran: &Ran, code: i32, error: &str, refusal: Refusal) -> Failure {
    match refusal {
        Refusal::Keys => Failure::new("failed to validate")
            .with("exit_status", i64::from(code))
            .with("stdout", ran.answer.text())
            .with("stderr", error),
        Refusal::Message => Failure::new(format!("failed to validate: rc:{code} error:{error}")),
    }
}

/// Where the old file was kept, by the key that the module calls it.
pub fn backup(ran: &[Ran]) -> Option<Value> {
    ran.iter().find_map(|ran| ran.backup.clone()).map(Value::from)
}

/// A look at files that the predicted world cannot know: what follows is not certain.
pub fn uncertain(mut plan: Plan, place: &Place) -> Plan {
    if place.state.as_ref().is_some_and(|state| state.content_unknown) {
        plan.uncertain = Some(format!("the content of {} is not known", place.path));
    }
    plan
}
