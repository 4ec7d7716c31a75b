//! Mode, owner and group: what all file modules compare and set in the same way.

use super::names::Ids;
use crate::base::{Key, Map, Value};
use crate::spec::args::Mode;
use crate::spec::path::PathKind;
use crate::spec::{Change, Effect, Failure, Fields, Op, Os, PathAttrs, PathState, Platform};

/// Wanted mode, owner and group; None: as they are.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Permission bits, or a change of them.
    pub mode: Option<Mode>,
    /// Owner by name or number.
    pub owner: Option<String>,
    /// Group by name or number.
    pub group: Option<String>,
    /// Whether a link is followed.
    pub follow: bool,
}

/// Changes of attributes, with what they were and will be.
#[derive(Debug, Default)]
pub struct Adjusted {
    /// What to do.
    pub changes: Vec<Change>,
    /// Attributes that differ, before.
    pub before: Map,
    /// The same, after.
    pub after: Map,
}

/// Permission bits as Ansible's file modules print them: `0644`, `04755`.
pub fn mode_text(mode: u32) -> String {
    format!("0{mode:03o}")
}

impl Wanted {
    /// Whether anything is wanted at all.
    pub fn is_empty(&self) -> bool {
        self.mode.is_none() && self.owner.is_none() && self.group.is_none()
    }

    /// The bits that something with `current` bits would have.
    pub fn bits(&self, current: u32, is_dir: bool, platform: &Platform) -> Option<u32> {
        self.mode.as_ref().and_then(|mode| mode.bits(current, is_dir, platform.umask))
    }

    /// Refuses a mode that is none.
    ///
    /// # Errors
    /// Ansible's text, about this path.
    pub fn check(&self, path: &str) -> Result<(), Failure> {
        let Some(Mode::Wrong(clause)) = &self.mode else { return Ok(()) };
        let details = format!("bad symbolic permission for mode: {clause}");
        Err(Failure::new(Mode::NONE).with("path", path).with("details", details))
    }

    /// Whether the owner differs; an error when there is no such user.
    fn owner_differs(&self, state: &PathState, ids: &Ids) -> Result<bool, Failure> {
        let Some(wanted) = &self.owner else { return Ok(false) };
        match number(wanted, &state.owner, state.uid, ids.user(wanted)) {
            Compared::Same => Ok(false),
            Compared::Other => Ok(true),
            Compared::Nobody => Err(no_user(wanted)),
        }
    }

    /// Whether the group differs; an error when there is no such group.
    fn group_differs(&self, state: &PathState, ids: &Ids) -> Result<bool, Failure> {
        let Some(wanted) = &self.group else { return Ok(false) };
        match number(wanted, &state.group, state.gid, ids.group(wanted)) {
            Compared::Same => Ok(false),
            Compared::Other => Ok(true),
            Compared::Nobody => Err(no_group(wanted)),
        }
    }

    /// The bits to set on what is there; None: they are right, or a link has none of its own.
    fn new_bits(&self, state: &PathState, platform: &Platform) -> Option<u32> {
        let has_mode = state.kind != PathKind::Link || platform.os == Os::FreeBsd;
        let is_dir = state.kind == PathKind::Dir;
        self.bits(state.mode, is_dir, platform).filter(|bits| *bits != state.mode && has_mode)
    }

    /// What to do about something that is there.
    ///
    /// # Errors
    /// A user or group that is not there.
    pub fn adjust(
        &self,
        path: &str,
        state: &PathState,
        ids: &Ids,
        platform: &Platform,
    ) -> Result<Adjusted, Failure> {
        self.check(path)?;
        let mut adjusted = Adjusted::default();
        let failed = |failure: Failure| failure.with("path", path);
        let owner = self.owner_differs(state, ids).map_err(failed)?;
        let group = self.group_differs(state, ids).map_err(failed)?;
        let owner = self.owner.as_ref().filter(|_| owner);
        let group = self.group.as_ref().filter(|_| group);
        if owner.is_some() || group.is_some() {
            let to = owner.map(|name| (name, ids.user(name).flatten()));
            adjusted.note("owner", state.uid, to);
            let to = group.map(|name| (name, ids.group(name).flatten()));
            adjusted.note("group", state.gid, to);
            adjusted.changes.push(self.set_owner(path, state, owner.cloned(), group.cloned()));
        }
        if let Some(mode) = self.new_bits(state, platform) {
            adjusted.before.insert("mode".into(), Value::from(mode_text(state.mode)));
            adjusted.after.insert("mode".into(), Value::from(mode_text(mode)));
            adjusted.changes.push(self.set_mode(path, state, mode));
        }
        Ok(adjusted)
    }

    fn set_owner(
        &self,
        path: &str,
        state: &PathState,
        owner: Option<String>,
        group: Option<String>,
    ) -> Change {
        let attrs =
            PathAttrs { owner: owner.clone(), group: group.clone(), ..PathAttrs::new(state.kind) };
        let op = Op::SetOwner { path: path.to_string(), owner, group, follow: self.follow };
        let change = Change::new(op, format!("set the owner of {path}"));
        change.effect(Effect::Path(path.to_string(), Some(attrs)))
    }

    fn set_mode(&self, path: &str, state: &PathState, mode: u32) -> Change {
        let attrs = PathAttrs { mode: Some(mode), ..PathAttrs::new(state.kind) };
        let op = Op::SetMode { path: path.to_string(), mode, follow: self.follow };
        let change = Change::new(op, format!("set the mode of {path}"));
        change.effect(Effect::Path(path.to_string(), Some(attrs)))
    }

    /// Why something does not have this owner and group; Ok when it has.
    pub fn check_owner(&self, state: &PathState, ids: &Ids) -> Result<(), String> {
        if self.owner_differs(state, ids).map_err(|failure| failure.msg)? {
            return Err(format!("its owner is {}", state.owner));
        }
        if self.group_differs(state, ids).map_err(|failure| failure.msg)? {
            return Err(format!("its group is {}", state.group));
        }
        Ok(())
    }

    /// Whether a change of these attributes shows on what is there; None: it is no such change.
    pub fn verify(
        &self,
        change: &Change,
        state: &PathState,
        ids: &Ids,
    ) -> Option<Result<(), String>> {
        match &change.op {
            Op::SetMode { mode, .. } if *mode != state.mode => {
                Some(Err(format!("its mode is {}", mode_text(state.mode))))
            }
            Op::SetMode { .. } => Some(Ok(())),
            Op::SetOwner { .. } => Some(self.check_owner(state, ids)),
            _ => None,
        }
    }
}

impl Adjusted {
    fn note(&mut self, name: &str, from: u32, to: Option<(&String, Option<u32>)>) {
        let Some((wanted, number)) = to else { return };
        let number = number.or_else(|| wanted.parse().ok());
        let to = number.map_or_else(|| Value::from(wanted.as_str()), Value::from);
        self.before.insert(name.into(), Value::from(from));
        self.after.insert(name.into(), to);
    }
}

/// What came of comparing a wanted name with what is there.
enum Compared {
    Same,
    Other,
    /// There is nobody of that name.
    Nobody,
}

/// `asked`: the number of the wanted name, if it was asked for.
fn number(wanted: &str, name: &str, number: u32, asked: Option<Option<u32>>) -> Compared {
    let same = |yes: bool| if yes { Compared::Same } else { Compared::Other };
    match (wanted.parse::<u32>(), asked) {
        (Ok(wanted), _) => same(wanted == number),
        _ if wanted == name => Compared::Same,
        (_, Some(Some(asked))) => same(asked == number),
        (_, Some(None)) => Compared::Nobody,
        (_, None) => Compared::Other,
    }
}

/// There is no such user.
pub fn no_user(name: &str) -> Failure {
    Failure::new(format!("chown failed: failed to look up user {name}")).missing()
}

/// There is no such group.
pub fn no_group(name: &str) -> Failure {
    Failure::new(format!("chgrp failed: failed to look up group {name}")).missing()
}

/// Ansible's word for what is there.
pub fn word(state: &PathState) -> &'static str {
    match state.kind {
        PathKind::Dir => "directory",
        PathKind::Link => "link",
        _ if state.links > 1 => "hard",
        _ => "file",
    }
}

/// Keys that Ansible's file modules return of what is there: mode, owner, group, uid, gid, size, state.
pub fn facts(state: &PathState) -> Fields {
    [
        ("mode", Value::from(mode_text(state.mode))),
        ("owner", Value::from(state.owner.as_str())),
        ("group", Value::from(state.group.as_str())),
        ("uid", Value::from(state.uid)),
        ("gid", Value::from(state.gid)),
        ("size", Value::from(state.size)),
        ("state", Value::from(word(state))),
    ]
    .into_iter()
    .map(|(name, value)| (Key::from(name), value))
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state() -> PathState {
        PathState::parse("f|644|0|0|root|wheel|3|1|1|1|7|8|1|-").unwrap()
    }

    fn adjust(wanted: &Wanted, ids: &Ids) -> Result<Adjusted, Failure> {
        wanted.adjust("/f", &state(), ids, &Platform::default())
    }

    #[test]
    fn only_what_differs_is_set() {
        let wanted = Wanted {
            mode: Some(Mode::Bits(0o644)),
            owner: Some("root".into()),
            group: Some("0".into()),
            follow: true,
        };
        assert!(adjust(&wanted, &Ids::default()).unwrap().changes.is_empty());
        let wanted = Wanted { mode: Some(Mode::Bits(0o4600)), ..wanted };
        let adjusted = adjust(&wanted, &Ids::default()).unwrap();
        assert_eq!(adjusted.changes.len(), 1);
        assert_eq!(adjusted.after.get(&Key::from("mode")).unwrap().text(), "04600");
        assert!(wanted.verify(&adjusted.changes[0], &state(), &Ids::default()).unwrap().is_err());
    }

    #[test]
    fn names_of_one_number_are_the_same_and_unknown_ones_fail() {
        let wanted = Wanted { owner: Some("toor".into()), ..Wanted::default() };
        let ids = Ids::read(&["u:toor".to_string()], "0\n");
        assert!(adjust(&wanted, &ids).unwrap().changes.is_empty());
        let ids = Ids::read(&["u:toor".to_string()], "7\n");
        let adjusted = adjust(&wanted, &ids).unwrap();
        assert_eq!(adjusted.before.get(&Key::from("owner")).unwrap().text(), "0");
        assert_eq!(adjusted.after.get(&Key::from("owner")).unwrap().text(), "7");
        let ids = Ids::read(&["u:toor".to_string()], "-\n");
        let failure = adjust(&wanted, &ids).unwrap_err();
        assert_eq!(failure.msg, "chown failed: failed to look up user toor");
    }
}
