//! The predicted world: what earlier tasks of a check run would have done.

use super::input::Content;
use super::path::PathKind;
use crate::base::Value;
use bytes::Bytes;
use std::collections::HashMap;

/// Content of a predicted file.
#[derive(Clone, Debug, PartialEq)]
pub enum Text {
    /// It is known.
    Known {
        /// The bytes; None when they are too large to keep.
        bytes: Option<Bytes>,
        /// SHA-1 in hex.
        sha1: String,
        /// Length in bytes.
        size: u64,
    },
    /// It would exist, its content is not known.
    Unknown,
}

/// Contents above this size are not kept for later tasks of a check run.
const KEPT: u64 = 4 << 20;

impl Text {
    /// What a later task of a check run may know of this content.
    #[must_use]
    pub fn of(content: &Content, sha1: &str, size: u64) -> Self {
        let bytes = match content {
            Content::Bytes(bytes) if size <= KEPT => Some(bytes.clone()),
            _ => None,
        };
        Self::Known { bytes, sha1: sha1.to_string(), size }
    }
}

/// What a planned change would leave at a path. None means: as it was.
#[derive(Clone, Debug, PartialEq)]
pub struct PathAttrs {
    /// Type.
    pub kind: PathKind,
    /// Permission bits.
    pub mode: Option<u32>,
    /// Owner's name or number.
    pub owner: Option<String>,
    /// Group's name or number.
    pub group: Option<String>,
    /// Target of a link.
    pub target: Option<String>,
    /// Content of a file.
    pub content: Option<Text>,
}

impl PathAttrs {
    /// A path of this type of which nothing else is known.
    pub fn new(kind: PathKind) -> Self {
        Self { kind, mode: None, owner: None, group: None, target: None, content: None }
    }
}

/// One thing that a change leaves behind.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Something at a path; None: nothing is there (nor below it).
    Path(String, Option<PathAttrs>),
    /// A named thing of a kind (`user`, `group`, `package`, `service`, `dataset`, `jail`, ...) with its
    /// properties; None: it is gone.
    Thing(&'static str, String, Option<Value>),
}

/// Effects of the changes planned so far on one host. Empty outside of check mode.
#[derive(Clone, Debug, Default)]
pub struct World {
    paths: HashMap<String, Option<PathAttrs>>,
    things: HashMap<(&'static str, String), Option<Value>>,
}

impl World {
    /// Lays an effect over what is known.
    pub fn add(&mut self, effect: Effect) {
        match effect {
            Effect::Path(path, None) => {
                let below = format!("{}/", path.trim_end_matches('/'));
                self.paths.retain(|known, _| !known.starts_with(&below));
                self.paths.insert(path, None);
            }
            Effect::Path(path, Some(attrs)) => self.add_path(path, attrs),
            Effect::Thing(kind, name, state) => drop(self.things.insert((kind, name), state)),
        }
    }

    fn add_path(&mut self, path: String, attrs: PathAttrs) {
        let merged = match self.paths.remove(&path) {
            Some(Some(old)) if old.kind == attrs.kind => PathAttrs {
                kind: attrs.kind,
                mode: attrs.mode.or(old.mode),
                owner: attrs.owner.or(old.owner),
                group: attrs.group.or(old.group),
                target: attrs.target.or(old.target),
                content: attrs.content.or(old.content),
            },
            _ => attrs,
        };
        self.paths.insert(path, Some(merged));
    }

    /// What would be at a path: None: as it is on the host; Some(None): nothing.
    pub fn path(&self, path: &str) -> Option<Option<&PathAttrs>> {
        if let Some(found) = self.paths.get(path) {
            return Some(found.as_ref());
        }
        let mut parent = path;
        while let Some((above, _)) = parent.rsplit_once('/') {
            if let Some(None) = self.paths.get(above) {
                return Some(None);
            }
            parent = above;
        }
        None
    }

    /// What would be known of a thing: None: as it is on the host; Some(None): it is gone.
    pub fn thing(&self, kind: &'static str, name: &str) -> Option<Option<&Value>> {
        self.things.get(&(kind, name.to_string())).map(Option::as_ref)
    }

    /// All things of a kind that the predicted world knows, with their state; None: it is gone.
    pub fn things(&self, kind: &'static str) -> Vec<(&str, Option<&Value>)> {
        let of_kind = self.things.iter().filter(|((known, _), _)| *known == kind);
        let mut found: Vec<_> =
            of_kind.map(|((_, name), state)| (name.as_str(), state.as_ref())).collect();
        found.sort_by_key(|(name, _)| *name);
        found
    }

    /// Paths directly in or below a directory that the predicted world knows, with their state.
    pub fn below(&self, dir: &str) -> Vec<(&str, Option<&PathAttrs>)> {
        let prefix = format!("{}/", dir.trim_end_matches('/'));
        let mut found: Vec<_> = self
            .paths
            .iter()
            .filter(|(path, _)| path.starts_with(&prefix))
            .map(|(path, attrs)| (path.as_str(), attrs.as_ref()))
            .collect();
        found.sort_by_key(|(path, _)| *path);
        found
    }

    /// Whether nothing was predicted.
    pub fn is_empty(&self) -> bool {
        self.paths.is_empty() && self.things.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_removed_takes_all_below_with_it() {
        let mut world = World::default();
        let file = PathAttrs::new(PathKind::File);
        world.add(Effect::Path("/a/b".into(), Some(file.clone())));
        world.add(Effect::Path("/a".into(), None));
        assert_eq!(world.path("/a/b"), Some(None));
        assert_eq!(world.path("/ab"), None);
        world.add(Effect::Path("/a/b".into(), Some(file.clone())));
        assert_eq!(world.path("/a/b"), Some(Some(&file)));
    }

    #[test]
    fn later_effects_complete_earlier_ones() {
        let mut world = World::default();
        let mode = PathAttrs { mode: Some(0o600), ..PathAttrs::new(PathKind::File) };
        let owner = PathAttrs { owner: Some("bob".into()), ..PathAttrs::new(PathKind::File) };
        world.add(Effect::Path("/f".into(), Some(mode)));
        world.add(Effect::Path("/f".into(), Some(owner)));
        let attrs = world.path("/f").flatten().unwrap();
        assert_eq!((attrs.mode, attrs.owner.as_deref()), (Some(0o600), Some("bob")));
    }
}
