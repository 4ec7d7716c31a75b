//! Controller files and rendered templates that a task sends to a host.

use bytes::Bytes;
use std::collections::HashMap;
use std::path::PathBuf;

/// Bytes to be sent: small ones in memory, large ones read when they are sent.
#[derive(Clone, PartialEq, Eq)]
pub enum Content {
    /// In memory.
    Bytes(Bytes),
    /// A file on the operator's machine.
    File(PathBuf),
}

impl std::fmt::Debug for Content {
    /// Never shows bytes: they may be secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Bytes(bytes) => write!(f, "Bytes({} bytes)", bytes.len()),
            Self::File(path) => write!(f, "File({})", path.display()),
        }
    }
}

/// One file or rendered text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// Where it came from, absolute.
    pub path: PathBuf,
    /// Its bytes.
    pub content: Content,
    /// Length in bytes.
    pub size: u64,
    /// SHA-1 in hex, as Ansible reports it.
    pub sha1: String,
    /// Permission bits of the controller's file (for `mode: preserve`).
    pub mode: u32,
    /// Whether its bytes hold a secret (vaulted file, secret variable in a template).
    pub secret: bool,
}

impl Input {
    /// A text or bytes of ours, without a file.
    pub fn bytes(content: impl Into<Bytes>) -> Self {
        use sha1::{Digest, Sha1};
        let content = content.into();
        Self {
            path: PathBuf::new(),
            size: content.len() as u64,
            sha1: hex(&Sha1::digest(&content)),
            content: Content::Bytes(content),
            mode: 0o600,
            secret: false,
        }
    }
}

/// Lower-case hex.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// What an entry of a directory is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TreeKind {
    /// A regular file.
    File(Input),
    /// A directory.
    Dir,
    /// A symbolic link and its target.
    Link(String),
}

/// One entry of a directory tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TreeEntry {
    /// Path below the tree's root, without leading slash.
    pub path: String,
    /// What it is.
    pub kind: TreeKind,
    /// Permission bits.
    pub mode: u32,
}

/// A directory of the operator's machine, parents before children.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tree {
    /// The directory itself.
    pub root: PathBuf,
    /// Whether the user wrote a trailing slash: only the contents are meant.
    pub contents_only: bool,
    /// Everything below it.
    pub entries: Vec<TreeEntry>,
}

/// What the engine resolved for a task's arguments of type Src, SrcTree and Template, by argument name.
#[derive(Clone, Debug, Default)]
pub struct Inputs {
    /// Single files and texts.
    pub files: HashMap<&'static str, Input>,
    /// Directories.
    pub trees: HashMap<&'static str, Tree>,
}
