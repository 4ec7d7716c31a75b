//! What is in the directory, and what the remote has.

use super::Args;
use crate::base::Value;
use crate::modules::told::Told;
use crate::spec::{Answer, Ctx, Failure, PathKind, PathState};
use std::collections::HashMap;

/// What a version is at the remote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The branch that the copy follows.
    Head,
    /// A branch.
    Branch,
    /// A tag.
    Tag,
    /// A commit, or another ref.
    Commit,
}

/// The wanted version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// What it is.
    pub kind: Kind,
    /// The branch, tag or commit.
    pub name: String,
    /// Its commit; None: a short name that only the repository itself resolves.
    pub sha: Option<String>,
}

/// What was seen.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// The directory, absolute.
    pub dest: String,
    /// What is there; None: nothing.
    pub state: Option<PathState>,
    /// Whether it is a repository.
    pub repository: bool,
    /// Whether something else lies in the directory.
    pub filled: bool,
    /// The commit that is checked out.
    pub head: Option<String>,
    /// The branch it is on.
    pub branch: Option<String>,
    /// The commit that the version means in the copy itself.
    pub own: Option<String>,
    /// Whether its remote has another URL than wanted.
    pub other_url: bool,
    /// Whether tracked files were changed.
    pub modified: bool,
    /// Whether submodules are missing or at another commit.
    pub submodules: bool,
    /// The wanted version.
    pub wanted: Option<Wanted>,
}

fn is_hex(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_hexdigit())
}

/// A whole name of a commit.
fn is_sha(text: &str) -> bool {
    (text.len() == 40 || text.len() == 64) && is_hex(text)
}

impl Seen {
    /// Reads the first answer, with the predicted world over it.
    ///
    /// # Errors
    /// git is missing, or cannot work there.
    pub fn read(args: &Args, answers: &[Answer], ctx: Ctx<'_>) -> Result<Self, Failure> {
        let told = Told::read(answers)?;
        if let Some(paths) = told.of("git") {
            let program = args.program(ctx);
            let text = format!("Failed to find required executable \"{program}\" in paths: ");
            return Err(Failure::new(text + paths.text.trim()).missing());
        }
        let dest = args.dest(ctx)?;
        let state = PathState::parse(told.text("dest").trim_end());
        let state = PathState::overlay(&dest, state, ctx.world);
        let said = |what: &str| {
            let said = told.of(what).filter(|said| said.rc == 0)?;
            Some(said.text.trim().to_string()).filter(|text| !text.is_empty())
        };
        let repository = told.has("head");
        if let Some(said) = told.of("status").filter(|said| said.rc != 0) {
            return Err(Failure::new(said.text.trim()).with("rc", said.rc));
        }
        let url = said("url");
        let changed = |line: &str| !line.starts_with(' ') && !line.is_empty();
        let mut seen = Self {
            head: said("head").filter(|sha| is_sha(sha)),
            branch: said("branch").or_else(|| {
                let default = said("default")?;
                default.split_once('/').map(|(_, branch)| branch.to_string())
            }),
            own: said("own").filter(|sha| is_sha(sha)),
            other_url: repository && url.is_some_and(|url| url != args.repo(ctx) && url != args.repo),
            modified: !told.text("status").is_empty(),
            submodules: told.text("submodules").lines().any(changed),
            filled: !told.text("inside").is_empty(),
            dest,
            state,
            repository,
            wanted: None,
        };
        seen.overlay(ctx);
        Ok(seen)
    }

    fn overlay(&mut self, ctx: Ctx<'_>) {
        if let Some(Some(value)) = ctx.world.thing("git", &self.dest) {
            self.repository = true;
            self.head = value.get("after").map(Value::text).filter(|sha| is_sha(sha));
            self.branch = value.get("branch").map(Value::text).filter(|name| !name.is_empty());
            (self.modified, self.other_url, self.submodules) = (false, false, false);
        }
    }

    /// Whether there is a repository.
    pub fn there(&self) -> bool {
        self.repository
    }

    /// Whether something stands where the directory is to be.
    pub fn blocked(&self) -> bool {
        let other = self.state.as_ref().is_some_and(|state| state.kind != PathKind::Dir);
        other || (!self.repository && self.filled)
    }

    /// Reads what the remote has.
    ///
    /// # Errors
    /// It cannot be reached, or has no such version.
    pub fn remote(&mut self, args: &Args, answer: &Answer) -> Result<(), Failure> {
        if answer.rc != 0 {
            let error = answer.error_text();
            let failure = Failure::new(error.trim()).with("rc", answer.rc);
            return Err(failure.with("stderr", error).with("stdout", answer.text()));
        }
        let text = answer.text();
        let mut refs = HashMap::new();
        let mut default = None;
        for (first, name) in text.lines().filter_map(|line| line.split_once('\t')) {
            match first.strip_prefix("ref: refs/heads/") {
                Some(branch) if name == "HEAD" => default = Some(branch.to_string()),
                Some(_) => {}
                None => drop(refs.insert(name.to_string(), first.to_string())),
            }
        }
        self.wanted = Some(self.find(args, &refs, default)?);
        Ok(())
    }

    fn find(
        &self,
        args: &Args,
        refs: &HashMap<String, String>,
        default: Option<String>,
    ) -> Result<Wanted, Failure> {
        let version = args.version.as_str();
        let of = |kind, name: &str, sha: Option<&String>| Wanted {
            kind,
            name: name.to_string(),
            sha: sha.cloned(),
        };
        if version == "HEAD" {
            let branch = self.branch.clone().filter(|_| self.repository && !args.bare).or(default);
            let own = branch.as_ref().and_then(|branch| refs.get(&format!("refs/heads/{branch}")));
            let sha = own.or_else(|| refs.get("HEAD").filter(|_| !self.repository || args.bare));
            let sha = sha.or_else(|| refs.get("HEAD"));
            let name = branch.unwrap_or_default();
            let none = "Could not determine remote revision for HEAD";
            let found = sha.map(|_| of(Kind::Head, &name, sha));
            return found.ok_or_else(|| Failure::new(none));
        }
        if let Some(sha) = refs.get(&format!("refs/heads/{version}")) {
            return Ok(of(Kind::Branch, version, Some(sha)));
        }
        let tag = format!("refs/tags/{version}");
        if let Some(sha) = refs.get(&format!("{tag}^{{}}")).or_else(|| refs.get(&tag)) {
            return Ok(of(Kind::Tag, version, Some(sha)));
        }
        if let Some(sha) = refs.get(version) {
            return Ok(of(Kind::Commit, sha, Some(sha)));
        }
        let whole = Some(version.to_string()).filter(|sha| is_sha(sha));
        if let Some(sha) = whole.as_ref().or(self.own.as_ref()) {
            return Ok(of(Kind::Commit, version, Some(sha)));
        }
        if (version.len() >= 4 && is_hex(version)) || args.refspec.is_some() {
            return Ok(of(Kind::Commit, version, None));
        }
        let text = format!("Could not determine remote revision for {version}");
        Err(Failure::new(text))
    }
}
