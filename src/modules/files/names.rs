//! Numbers of users and groups that a task names: asked only when a file has another owner.

use super::attributes::Wanted;
use crate::spec::{Answer, Ctx, Failure, PathState, Probe};
use std::collections::HashMap;

/// Numbers by name; an inner None: there is nobody of that name.
#[derive(Clone, Debug, Default)]
pub struct Ids {
    users: HashMap<String, Option<u32>>,
    groups: HashMap<String, Option<u32>>,
}

/// What a further question asks for.
#[derive(Clone, Debug, Default)]
pub struct More {
    /// File whose content is wanted.
    pub content: Option<String>,
    /// Names, as `u:bob` and `g:staff`.
    pub names: Vec<String>,
}

impl Ids {
    /// The number of a user that was asked for.
    pub fn user(&self, name: &str) -> Option<Option<u32>> {
        self.users.get(name).copied()
    }

    /// The number of a group that was asked for.
    pub fn group(&self, name: &str) -> Option<Option<u32>> {
        self.groups.get(name).copied()
    }

    /// Reads numbers, one a line in the order of the names.
    pub fn read(names: &[String], text: &str) -> Self {
        let mut ids = Self::default();
        for (name, line) in names.iter().zip(text.lines()) {
            let number = line.parse().ok();
            match name.split_at(2) {
                ("u:", user) => ids.users.insert(user.to_string(), number),
                (_, group) => ids.groups.insert(group.to_string(), number),
            };
        }
        ids
    }
}

impl More {
    /// Names whose numbers decide whether `state` has the wanted owner and group. Those that an earlier
    /// task of a check run would make are not asked for.
    pub fn names_for<'s>(
        &mut self,
        wanted: &Wanted,
        states: impl IntoIterator<Item = &'s PathState>,
        ctx: Ctx<'_>,
    ) {
        let is_name = |name: &&String| name.parse::<u32>().is_err();
        let known = |kind, name: &str| matches!(ctx.world.thing(kind, name), Some(Some(_)));
        for state in states {
            let owner = wanted.owner.as_ref().filter(is_name).filter(|name| **name != state.owner);
            let group = wanted.group.as_ref().filter(is_name).filter(|name| **name != state.group);
            let owner = owner.filter(|name| !known("user", name)).map(|name| format!("u:{name}"));
            let group = group.filter(|name| !known("group", name)).map(|name| format!("g:{name}"));
            for name in owner.into_iter().chain(group) {
                if !self.names.contains(&name) {
                    self.names.push(name);
                }
            }
        }
    }

    /// The question; None: nothing is asked.
    pub fn probe(&self) -> Option<Probe> {
        if self.content.is_none() && self.names.is_empty() {
            return None;
        }
        let words = [self.content.clone().unwrap_or_default()].into_iter();
        let probe = Probe::new("names", include_str!("names.sh"));
        Some(probe.words(words.chain(self.names.iter().cloned())))
    }

    /// The answer: numbers, and the content if it was asked for and could be read.
    pub fn read(&self, answer: &Answer) -> Result<(Ids, Option<bytes::Bytes>), Failure> {
        super::check(answer)?;
        let mut rest = answer.stdout.clone();
        let mut lines = String::new();
        for _ in &self.names {
            let end = rest.iter().position(|byte| *byte == b'\n').map_or(rest.len(), |at| at + 1);
            lines.push_str(&String::from_utf8_lossy(&rest.split_to(end)));
        }
        let content = Answer { stdout: rest, ..Answer::default() }.blocks();
        let content = content.and_then(|blocks| blocks.into_iter().next().flatten());
        Ok((Ids::read(&self.names, &lines), content))
    }
}
