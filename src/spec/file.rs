//! New content of a regular file.

use super::change::{Change, Op};
use super::input::{Content, Input};
use super::path::PathKind;
use super::world::{Effect, PathAttrs, Text};

/// New content of a regular file. It is written beside its target, synced, given owner and mode,
/// validated and renamed.
#[derive(Clone, Debug, PartialEq)]
pub struct WriteFile {
    /// Target, absolute on the host; a link is followed when `follow`.
    pub path: String,
    /// The bytes.
    pub content: Content,
    /// SHA-1 of the bytes in hex; what the second look must show.
    pub sha1: String,
    /// Length in bytes.
    pub size: u64,
    /// Permission bits; None: those of what is replaced, else 0666 less the umask.
    pub mode: Option<u32>,
    /// Owner's name or number; None: kept.
    pub owner: Option<String>,
    /// Group's name or number; None: kept.
    pub group: Option<String>,
    /// SHA-1 of what the plan saw there: another content by then is answered `moved`. None: nothing
    /// was there.
    pub seen_sha1: Option<String>,
    /// Command that must accept the new file before it is renamed; `%s` stands for its path.
    pub validate: Option<String>,
    /// Whether the old file is kept beside it under a dated name.
    pub backup: bool,
    /// Whether a link at `path` is followed.
    pub follow: bool,
    /// Whether the target may be overwritten in place where renaming is impossible.
    pub unsafe_writes: bool,
}

impl WriteFile {
    /// This content at a path. Nothing was there, what is there keeps its mode and owner, links are followed.
    #[must_use]
    pub fn new(path: &str, input: Input) -> Self {
        Self {
            path: path.to_string(),
            content: input.content,
            sha1: input.sha1,
            size: input.size,
            mode: None,
            owner: None,
            group: None,
            seen_sha1: None,
            validate: None,
            backup: false,
            follow: true,
            unsafe_writes: false,
        }
    }

    /// The change that writes it, with what it leaves at its path.
    #[must_use]
    pub fn change(self, why: impl Into<String>) -> Change {
        let content = Text::of(&self.content, &self.sha1, self.size);
        let attrs = PathAttrs {
            mode: self.mode,
            owner: self.owner.clone(),
            group: self.group.clone(),
            content: Some(content),
            ..PathAttrs::new(PathKind::File)
        };
        let effect = Effect::Path(self.path.clone(), Some(attrs));
        Change::new(Op::WriteFile(Box::new(self)), why).effect(effect)
    }
}
