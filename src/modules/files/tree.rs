//! A directory of the operator's machine on a host: one packed stream of only what differs.

use super::attributes::Wanted;
use super::names::{Ids, More};
use super::place;
use super::write::make_dir;
use crate::spec::args::Mode;
use crate::spec::path::PathKind;
use crate::spec::world::Text;
use crate::spec::{
    Answer, Change, Ctx, Effect, Failure, Look, Op, PathAttrs, PathState, Plan, Probe, Tree,
    TreeEntry, TreeKind,
};
use std::collections::HashSet;

/// What is wanted.
pub struct DeployTree<'a> {
    /// Destination as it was given.
    pub dest: &'a str,
    /// The source.
    pub tree: &'a Tree,
    /// Mode of files (`preserve`: the source's), owner and group.
    pub wanted: Wanted,
    /// Mode of directories that are made.
    pub directory_mode: Option<&'a Mode>,
    /// Whether other content is replaced.
    pub force: bool,
}

/// What is there.
#[derive(Debug)]
pub struct TreePlace {
    /// The directory that the entries go to.
    dest: String,
    /// It, if it is there.
    root: Option<PathState>,
    /// The deepest directory above it that is there.
    above: String,
    /// What is at each entry's place, in the tree's order.
    states: Vec<Option<PathState>>,
    /// Numbers of users and groups that were asked for.
    ids: Ids,
}

impl DeployTree<'_> {
    fn base(&self, ctx: Ctx<'_>) -> Result<String, Failure> {
        let dest = super::absolute(ctx.platform, self.dest)?;
        if self.tree.contents_only {
            return Ok(dest);
        }
        let name = self.tree.root.file_name().map(|name| name.to_string_lossy().into_owned());
        Ok(place::join(&dest, &name.unwrap_or_default()))
    }

    /// The question: what is at the place of each entry.
    pub fn probe(&self, ctx: Ctx<'_>) -> Result<Probe, Failure> {
        if let Some(entry) = self.tree.entries.iter().find(|entry| entry.path.contains('\n')) {
            let text = format!("a name with a newline can't be copied: {:?}", entry.path);
            return Err(Failure::new(text));
        }
        let names: String =
            self.tree.entries.iter().map(|entry| format!("{}\n", entry.path)).collect();
        let probe = Probe::new("tree", include_str!("tree.sh"));
        Ok(probe.words([self.base(ctx)?]).input(names.into_bytes()).heavy())
    }

    /// Reads it.
    pub fn read(&self, answers: &[Answer], ctx: Ctx<'_>) -> Result<Look<TreePlace>, Failure> {
        let text = super::first(answers)?.text();
        let mut lines = text.lines();
        let dest = self.base(ctx)?;
        let root = PathState::parse(lines.next().unwrap_or("-"));
        let root = PathState::overlay(&dest, root, ctx.world);
        let above = crate::spec::path::unescape(lines.next().unwrap_or("/"));
        let above = place::above(&dest, &above, ctx);
        let states = self.tree.entries.iter().map(|entry| {
            let state = PathState::parse(lines.next().unwrap_or("-"));
            PathState::overlay(&format!("{dest}/{}", entry.path), state, ctx.world)
        });
        let states: Vec<_> = states.collect();
        let mut more = More::default();
        more.names_for(&self.wanted, states.iter().flatten(), ctx);
        let ids = match (more.probe(), answers.get(1)) {
            (Some(probe), None) => return Ok(Look::Ask(probe)),
            (Some(_), Some(answer)) => more.read(answer)?.0,
            (None, _) => Ids::default(),
        };
        Ok(Look::Seen(TreePlace { dest, root, above, states, ids }))
    }

    /// Compares.
    pub fn plan(&self, place: &TreePlace, ctx: Ctx<'_>) -> Result<Plan, Failure> {
        self.wanted.check(&place.dest)?;
        if let Some(mode) = self.directory_mode {
            Wanted { mode: Some(mode.clone()), ..Wanted::default() }.check(&place.dest)?;
        }
        if place.root.as_ref().is_some_and(|state| state.kind != PathKind::Dir) {
            return Err(Failure::new(format!("{} exists and is no directory", place.dest)));
        }
        let mut changes = self.base_dirs(place, ctx);
        let mut sent = Vec::new();
        let with_files = self.with_files();
        for (entry, state) in self.tree.entries.iter().zip(&place.states) {
            match state {
                Some(state) if same(entry, state) => {
                    let path = format!("{}/{}", place.dest, entry.path);
                    let wanted = self.entry_wanted(entry, &with_files);
                    let adjusted = wanted.adjust(&path, state, &place.ids, ctx.platform)?;
                    changes.extend(adjusted.changes);
                }
                Some(_) if !self.force => {}
                state => sent.push(self.entry(entry, state.as_ref(), ctx)),
            }
        }
        if !sent.is_empty() {
            changes.push(self.send(place, sent));
        }
        let mut plan = Plan::of(changes);
        let pairs = self.tree.entries.iter().zip(&place.states);
        let unknown = |state: &PathState| state.content_unknown;
        if let Some((entry, _)) = pairs.into_iter().find(|(_, s)| s.as_ref().is_some_and(unknown)) {
            plan.uncertain = Some(format!("the content of {} is not known", entry.path));
        }
        Ok(plan)
    }

    /// The directories above the entries that are not there.
    fn base_dirs(&self, place: &TreePlace, ctx: Ctx<'_>) -> Vec<Change> {
        if place.root.is_some() {
            return Vec::new();
        }
        let wanted = Wanted { mode: self.directory_mode.cloned(), ..self.wanted.clone() };
        let dirs = place::missing(&place.above, &place.dest);
        dirs.iter().flat_map(|dir| make_dir(dir, &wanted, ctx)).collect()
    }

    /// Directories that have a file below them: they are made with it, and then left alone.
    fn with_files(&self) -> HashSet<&str> {
        let mut found = HashSet::new();
        for entry in &self.tree.entries {
            if !matches!(entry.kind, TreeKind::File(_)) {
                continue;
            }
            let mut path = entry.path.as_str();
            while let Some((above, _)) = path.rsplit_once('/') {
                found.insert(above);
                path = above;
            }
        }
        found
    }

    /// What an entry that is there should have.
    fn entry_wanted(&self, entry: &TreeEntry, with_files: &HashSet<&str>) -> Wanted {
        let wanted = Wanted { follow: false, ..self.wanted.clone() };
        match entry.kind {
            TreeKind::Dir if with_files.contains(entry.path.as_str()) => Wanted::default(),
            TreeKind::Dir => Wanted { mode: self.directory_mode.cloned(), ..wanted },
            TreeKind::Link(_) => Wanted { mode: None, ..wanted },
            TreeKind::File(_) => Wanted { mode: self.file_mode(entry), ..wanted },
        }
    }

    fn file_mode(&self, entry: &TreeEntry) -> Option<Mode> {
        match &self.wanted.mode {
            Some(Mode::Preserve) => Some(Mode::Bits(entry.mode)),
            mode => mode.clone(),
        }
    }

    /// An entry with the bits that it gets.
    fn entry(&self, entry: &TreeEntry, old: Option<&PathState>, ctx: Ctx<'_>) -> TreeEntry {
        let umask = ctx.platform.umask;
        let is_dir = entry.kind == TreeKind::Dir;
        let old = old.filter(|state| state.kind == PathKind::File && !is_dir);
        let plain = if is_dir { 0o777 & !umask } else { 0o666 & !umask };
        let current = old.map_or(plain, |state| state.mode);
        let mode = if is_dir { self.directory_mode.cloned() } else { self.file_mode(entry) };
        let mode = mode.and_then(|mode| mode.bits(current, is_dir, umask)).unwrap_or(current);
        TreeEntry { mode, ..entry.clone() }
    }

    fn send(&self, place: &TreePlace, sent: Vec<TreeEntry>) -> Change {
        let effects = sent.iter().map(|entry| {
            let attrs = self.attrs(entry);
            Effect::Path(format!("{}/{}", place.dest, entry.path), Some(attrs))
        });
        let effects = effects.collect();
        let text = format!("copy {} entries below {}", sent.len(), place.dest);
        let op = Op::WriteTree {
            dest: place.dest.clone(),
            tree: Tree { entries: sent, ..self.tree.clone() },
            file_mode: None,
            dir_mode: None,
            owner: self.wanted.owner.clone(),
            group: self.wanted.group.clone(),
        };
        Change { effects, ..Change::new(op, text) }
    }

    fn attrs(&self, entry: &TreeEntry) -> PathAttrs {
        let kind = match &entry.kind {
            TreeKind::Dir => PathKind::Dir,
            TreeKind::Link(_) => PathKind::Link,
            TreeKind::File(_) => PathKind::File,
        };
        let mut attrs = PathAttrs {
            mode: Some(entry.mode),
            owner: self.wanted.owner.clone(),
            group: self.wanted.group.clone(),
            ..PathAttrs::new(kind)
        };
        match &entry.kind {
            TreeKind::Link(target) => attrs.target = Some(target.clone()),
            TreeKind::File(input) => {
                attrs.content = Some(Text::of(&input.content, &input.sha1, input.size))
            }
            TreeKind::Dir => {}
        }
        attrs
    }

    /// Whether a change's outcome is there.
    pub fn verify(&self, change: &Change, after: &TreePlace) -> Result<(), String> {
        if after.root.is_none() {
            return Err(format!("{} is not there", after.dest));
        }
        match &change.op {
            Op::WriteTree { tree, .. } => {
                tree.entries.iter().try_for_each(|entry| self.verify_entry(entry, after))
            }
            Op::SetMode { path, .. } | Op::SetOwner { path, .. } => {
                let below = path.strip_prefix(&after.dest).map(|rest| rest.trim_start_matches('/'));
                let state = below.and_then(|path| self.state_of(path, after));
                let checked = state.and_then(|state| self.wanted.verify(change, state, &after.ids));
                checked.unwrap_or(Ok(()))
            }
            _ => Ok(()),
        }
    }

    fn state_of<'p>(&self, path: &str, place: &'p TreePlace) -> Option<&'p PathState> {
        let at = self.tree.entries.iter().position(|known| known.path == path)?;
        place.states.get(at)?.as_ref()
    }

    fn verify_entry(&self, entry: &TreeEntry, after: &TreePlace) -> Result<(), String> {
        let state = self.state_of(&entry.path, after);
        let Some(state) = state.filter(|state| same(entry, state)) else {
            return Err(format!("{} is not as it was sent", entry.path));
        };
        if state.kind != PathKind::Link && state.mode != entry.mode {
            return Err(format!("{} has the mode {:04o}", entry.path, state.mode));
        }
        self.wanted.check_owner(state, &after.ids)
    }
}

fn same(entry: &TreeEntry, state: &PathState) -> bool {
    match &entry.kind {
        TreeKind::Dir => state.kind == PathKind::Dir,
        TreeKind::Link(target) => state.kind == PathKind::Link && state.target == *target,
        TreeKind::File(input) => {
            state.kind == PathKind::File && state.sha1.as_deref() == Some(&input.sha1)
        }
    }
}
