//! What is at the place of a regular file that a module writes.

use super::attributes::{Wanted, facts};
use super::names::{Ids, More};
use crate::spec::input::hex;
use crate::spec::path::{PathKind, unescape};
use crate::spec::world::Text;
use crate::spec::{Answer, Ctx, Failure, PathAttrs, PathState, Probe};
use bytes::Bytes;
use sha1::{Digest, Sha1};

/// What a look at a place tells of a file's content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// Its SHA-1.
    Sum,
    /// All of it.
    Content,
}

/// What is there.
#[derive(Clone, Debug)]
pub struct Place {
    /// The path that is meant, absolute.
    pub path: String,
    /// The link at it, if it is one.
    pub link: Option<PathState>,
    /// Where a chain of links leads; the path itself when it is no link.
    pub real: String,
    /// What is there, links followed, with the SHA-1 of a file that can be read.
    pub state: Option<PathState>,
    /// The deepest directory above `real` that is there.
    pub above: String,
    /// What is in the file; None: not looked at, not a file, unreadable or unknown.
    pub content: Option<Bytes>,
    /// Numbers of users and groups that were asked for.
    pub ids: Ids,
}

/// The question. `name`: what the file is called when the path is a directory; empty: the path it is.
pub fn probe(path: String, name: &str, depth: Depth) -> Probe {
    let depth = match depth {
        Depth::Sum => "sum",
        Depth::Content => "content",
    };
    let probe = Probe::new("place", include_str!("place.sh")).asks(&*path, true, depth == "sum");
    probe.words([path, name.to_string(), depth.to_string()])
}

/// Takes lines off the front of an answer.
struct Lines(Bytes);

impl Lines {
    fn next(&mut self) -> String {
        let end = self.0.iter().position(|byte| *byte == b'\n');
        let line = match end {
            Some(end) => self.0.split_to(end + 1).slice(..end),
            None => std::mem::take(&mut self.0),
        };
        String::from_utf8_lossy(&line).into_owned()
    }
}

/// Reads the answer to [`probe`], with the predicted world over it.
pub fn read(answer: &Answer, ctx: Ctx<'_>) -> Result<Place, Failure> {
    super::check(answer)?;
    let mut lines = Lines(answer.stdout.clone());
    let path = unescape(&lines.next());
    let link = PathState::parse(&lines.next());
    let real = unescape(&lines.next());
    let state = PathState::parse(&lines.next());
    let above = unescape(&lines.next());
    let content = (lines.next() == "+").then_some(lines.0);
    let mut place = Place { path, link, real, state, above, content, ids: Ids::default() };
    if let (Some(state), Some(content)) = (&mut place.state, &place.content) {
        // The content is what counts: the file may have been written between two looks.
        state.size = content.len() as u64;
        state.sha1 = Some(hex(&Sha1::digest(content)));
    }
    place.overlay(ctx);
    Ok(place)
}

impl Place {
    /// Lays what the predicted world knows over what was seen.
    fn overlay(&mut self, ctx: Ctx<'_>) {
        if ctx.world.is_empty() {
            return;
        }
        let own = self.link.clone().or_else(|| self.state.clone());
        let own = PathState::overlay(&self.path, own, ctx.world);
        match own {
            Some(link) if link.kind == PathKind::Link => {
                let leads = join(&parent(&self.path), &link.target);
                if leads != self.real && link.predicted {
                    (self.state, self.content) = (None, None);
                    self.real = leads;
                }
                self.link = Some(link);
                self.state = PathState::overlay(&self.real, self.state.take(), ctx.world);
            }
            other => {
                self.link = None;
                self.real.clone_from(&self.path);
                self.state = other;
            }
        }
        self.above = above(&self.real, &self.above, ctx);
        self.overlay_content(ctx);
    }

    fn overlay_content(&mut self, ctx: Ctx<'_>) {
        let is_file = self.state.as_ref().is_some_and(|state| state.kind == PathKind::File);
        match ctx.world.path(&self.real) {
            Some(Some(PathAttrs { content: Some(Text::Known { bytes, .. }), .. })) => {
                self.content.clone_from(bytes);
            }
            Some(Some(PathAttrs { content: None, .. })) | None if is_file => {}
            _ => self.content = None,
        }
    }

    /// Whether there is a regular file of this SHA-1.
    pub fn has(&self, sha1: &str) -> bool {
        let file = self.state.as_ref().filter(|state| state.kind == PathKind::File);
        file.is_some_and(|state| state.sha1.as_deref() == Some(sha1))
    }

    /// Whether a directory is there.
    pub fn is_dir(&self) -> bool {
        self.state.as_ref().is_some_and(|state| state.kind == PathKind::Dir)
    }

    /// Whether the directory above is there.
    pub fn has_parent(&self) -> bool {
        self.above == parent(&self.real)
    }

    /// A failure about this path with what is known of it.
    pub fn described(&self, mut failure: Failure) -> Failure {
        let state = self.link.as_ref().or(self.state.as_ref()).filter(|_| self.state.is_some());
        for (name, value) in state.map(facts).unwrap_or_default() {
            failure.fields.entry(name).or_insert(value);
        }
        failure
    }

    /// What `wanted` is about: what the link leads to, or the link itself.
    pub fn subject(&self, wanted: &Wanted) -> Option<&PathState> {
        if wanted.follow { self.state.as_ref() } else { self.link.as_ref().or(self.state.as_ref()) }
    }

    /// The further question that the wanted owner and group need.
    pub fn more(&self, wanted: &Wanted, ctx: Ctx<'_>) -> More {
        let mut more = More::default();
        more.names_for(wanted, self.subject(wanted), ctx);
        more
    }
}

/// The deepest directory above `path` that is there, given the one that is there on the host.
pub fn above(path: &str, seen: &str, ctx: Ctx<'_>) -> String {
    let mut deepest = seen.to_string();
    // Gone in the predicted world.
    while deepest != "/" && ctx.world.path(&deepest) == Some(None) {
        deepest = parent(&deepest);
    }
    // There only in the predicted world.
    for dir in missing(&deepest, &parent(path)) {
        match ctx.world.path(&dir).flatten() {
            Some(attrs) if attrs.kind == PathKind::Dir => deepest = dir,
            _ => break,
        }
    }
    deepest
}

/// The directories between one that is there and `path` (with it), outermost first.
pub fn missing(above: &str, path: &str) -> Vec<String> {
    let base = above.trim_end_matches('/');
    let Some(rest) = path.strip_prefix(base) else { return Vec::new() };
    let mut at = base.to_string();
    let parts = rest.split('/').filter(|part| !part.is_empty());
    parts
        .map(|part| {
            at = format!("{at}/{part}");
            at.clone()
        })
        .collect()
}

/// The directory that holds a path.
pub fn parent(path: &str) -> String {
    match path.trim_end_matches('/').rsplit_once('/') {
        Some(("", _)) | None => "/".to_string(),
        Some((dir, _)) => dir.to_string(),
    }
}

/// A path below a directory, or itself when it is absolute.
pub fn join(dir: &str, path: &str) -> String {
    if path.starts_with('/') {
        return path.to_string();
    }
    format!("{}/{path}", dir.trim_end_matches('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_split_and_joined() {
        assert_eq!(parent("/a"), "/");
        assert_eq!(parent("/a/b/"), "/a");
        assert_eq!(join("/", "a"), "/a");
        assert_eq!(join("/x", "/a"), "/a");
        assert_eq!(missing("/", "/a/b"), ["/a", "/a/b"]);
        assert_eq!(missing("/a/b", "/a/b"), Vec::<String>::new());
    }
}
