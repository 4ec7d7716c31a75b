//! Mode, owner and group: what all file modules compare and set in the same way.

use crate::base::{Key, Map, Value};
use crate::spec::args::Mode;
use crate::spec::path::PathKind;
use crate::spec::{Change, Effect, Fields, Op, PathAttrs, PathState, Platform};

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

/// Permission bits as Ansible prints them: `0644`.
pub fn mode_text(mode: u32) -> String {
    format!("{mode:04o}")
}

impl Wanted {
    /// The bits that something with `current` bits would have.
    pub fn bits(&self, current: u32, is_dir: bool, platform: &Platform) -> Option<u32> {
        self.mode.as_ref().and_then(|mode| mode.bits(current, is_dir, platform.umask))
    }

    /// Whether the owner differs.
    fn owner_differs(&self, state: &PathState) -> bool {
        self.owner.as_ref().is_some_and(|name| differs(name, &state.owner, state.uid))
    }

    /// Whether the group differs.
    fn group_differs(&self, state: &PathState) -> bool {
        self.group.as_ref().is_some_and(|name| differs(name, &state.group, state.gid))
    }

    /// What to do about something that is there. Links have no mode of their own.
    pub fn adjust(&self, path: &str, state: &PathState, platform: &Platform) -> Adjusted {
        let mut adjusted = Adjusted::default();
        let mut attrs = PathAttrs::new(state.kind);
        let owner = self.owner.clone().filter(|_| self.owner_differs(state));
        let group = self.group.clone().filter(|_| self.group_differs(state));
        if owner.is_some() || group.is_some() {
            adjusted.note("owner", owner.as_ref(), &state.owner);
            adjusted.note("group", group.as_ref(), &state.group);
            attrs.owner.clone_from(&owner);
            attrs.group.clone_from(&group);
            let op = Op::SetOwner { path: path.to_string(), owner, group, follow: self.follow };
            let change = Change::new(op, format!("set the owner of {path}"));
            adjusted
                .changes
                .push(change.effect(Effect::Path(path.to_string(), Some(attrs.clone()))));
        }
        let is_dir = state.kind == PathKind::Dir;
        let bits = self.bits(state.mode, is_dir, platform).filter(|bits| *bits != state.mode);
        if let Some(mode) = bits.filter(|_| state.kind != PathKind::Link) {
            adjusted.before.insert("mode".into(), Value::from(mode_text(state.mode)));
            adjusted.after.insert("mode".into(), Value::from(mode_text(mode)));
            attrs.mode = Some(mode);
            let op = Op::SetMode { path: path.to_string(), mode, follow: self.follow };
            let change = Change::new(op, format!("set the mode of {path}"));
            adjusted.changes.push(change.effect(Effect::Path(path.to_string(), Some(attrs))));
        }
        adjusted
    }

    /// Why something does not have these attributes; Ok when it has.
    pub fn check(&self, state: &PathState, platform: &Platform) -> Result<(), String> {
        if self.owner_differs(state) {
            return Err(format!("its owner is {}", state.owner));
        }
        if self.group_differs(state) {
            return Err(format!("its group is {}", state.group));
        }
        let is_dir = state.kind == PathKind::Dir;
        match self.bits(state.mode, is_dir, platform) {
            Some(bits) if bits != state.mode && state.kind != PathKind::Link => {
                Err(format!("its mode is {}", mode_text(state.mode)))
            }
            _ => Ok(()),
        }
    }
}

impl Adjusted {
    fn note(&mut self, name: &str, wanted: Option<&String>, current: &str) {
        if let Some(wanted) = wanted {
            self.before.insert(name.into(), Value::from(current));
            self.after.insert(name.into(), Value::from(wanted.as_str()));
        }
    }
}

fn differs(wanted: &str, name: &str, number: u32) -> bool {
    match wanted.parse::<u32>() {
        Ok(wanted) => wanted != number,
        Err(_) => wanted != name,
    }
}

/// Keys that Ansible's file modules return of what is there: mode, owner, group, uid, gid, size, state.
pub fn facts(state: &PathState) -> Fields {
    let word = match state.kind {
        PathKind::Dir => "directory",
        PathKind::Link => "link",
        PathKind::File if state.links > 1 => "hard",
        _ => "file",
    };
    [
        ("mode", Value::from(mode_text(state.mode))),
        ("owner", Value::from(state.owner.as_str())),
        ("group", Value::from(state.group.as_str())),
        ("uid", Value::from(state.uid)),
        ("gid", Value::from(state.gid)),
        ("size", Value::from(state.size)),
        ("state", Value::from(word)),
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

    #[test]
    fn only_what_differs_is_set() {
        let wanted = Wanted {
            mode: Some(Mode::Bits(0o644)),
            owner: Some("root".into()),
            group: Some("0".into()),
            follow: true,
        };
        assert!(wanted.adjust("/f", &state(), &Platform::default()).changes.is_empty());
        let wanted = Wanted { mode: Some(Mode::Bits(0o600)), ..wanted };
        let adjusted = wanted.adjust("/f", &state(), &Platform::default());
        assert_eq!(adjusted.changes.len(), 1);
        assert_eq!(adjusted.after.get(&Key::from("mode")).unwrap().text(), "0600");
        assert!(wanted.check(&state(), &Platform::default()).is_err());
    }
}
