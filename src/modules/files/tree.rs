//! A directory of the operator's machine on a host: one packed stream of only what differs.

use super::attributes::Wanted;
use crate::spec::args::Mode;
use crate::spec::path::PathKind;
use crate::spec::world::Text;
use crate::spec::{
    Answer, Change, Ctx, Effect, Failure, Op, PathAttrs, PathState, Plan, Probe, Tree, TreeEntry,
    TreeKind,
};

/// What is wanted.
pub struct DeployTree<'a> {
    /// Destination as it was given.
    pub dest: &'a str,
    /// The source.
    pub tree: &'a Tree,
    /// Mode of files, owner and group.
    pub wanted: Wanted,
    /// Whether entries keep the modes of the source.
    pub preserve: bool,
    /// Mode of directories that are made.
    pub directory_mode: Option<&'a Mode>,
    /// Whether other content is replaced.
    pub force: bool,
    /// Whether links of the source are followed.
    pub local_follow: bool,
}

/// What is there.
#[derive(Debug)]
pub struct TreePlace {
    /// The directory that the entries go to.
    pub dest: String,
    /// It, if it is there.
    pub root: Option<PathState>,
    /// What is at each entry's place, in the tree's order.
    pub states: Vec<Option<PathState>>,
}

impl DeployTree<'_> {
    fn base(&self, ctx: Ctx<'_>) -> String {
        let dest = super::absolute(ctx.platform, self.dest);
        if self.tree.contents_only {
            return dest;
        }
        let name = self.tree.root.file_name().map(|n| n.to_string_lossy().into_owned());
        format!("{}/{}", dest.trim_end_matches('/'), name.unwrap_or_default())
    }

    /// The question: what is at the place of each entry.
    pub fn probe(&self, ctx: Ctx<'_>) -> Probe {
        let names: String =
            self.tree.entries.iter().map(|entry| format!("{}\n", entry.path)).collect();
        let probe = Probe::new("tree", include_str!("tree.sh"));
        probe.words([self.base(ctx)]).input(names.into_bytes()).heavy()
    }

    /// Reads it.
    pub fn read(&self, answers: &[Answer], ctx: Ctx<'_>) -> Result<TreePlace, Failure> {
        if let Some(entry) = self.tree.entries.iter().find(|entry| entry.path.contains('\n')) {
            return Err(Failure::new(format!(
                "a name with a newline can't be copied: {:?}",
                entry.path
            )));
        }
        let text = super::answer_text(answers)?;
        let mut lines = text.lines();
        let dest = self.base(ctx);
        let root =
            PathState::overlay(&dest, PathState::parse(lines.next().unwrap_or("-")), ctx.world);
        let states = self.tree.entries.iter().map(|entry| {
            let state = PathState::parse(lines.next().unwrap_or("-"));
            PathState::overlay(&format!("{dest}/{}", entry.path), state, ctx.world)
        });
        let states = states.collect();
        Ok(TreePlace { dest, root, states })
    }

    /// Compares.
    pub fn plan(&self, place: &TreePlace, ctx: Ctx<'_>) -> Result<Plan, Failure> {
        if place.root.as_ref().is_some_and(|state| state.kind != PathKind::Dir) {
            return Err(Failure::new(format!("{} exists and is no directory", place.dest)));
        }
        let mut changes = Vec::new();
        let mut sent = Vec::new();
        if place.root.is_none() {
            changes.push(make_base(&place.dest));
        }
        for (entry, state) in self.tree.entries.iter().zip(&place.states) {
            match state {
                Some(state) if same(entry, state) => {
                    let path = format!("{}/{}", place.dest, entry.path);
                    changes.extend(
                        self.entry_wanted(entry).adjust(&path, state, ctx.platform).changes,
                    );
                }
                Some(_) if !self.force => {}
                _ => sent.push(entry.clone()),
            }
        }
        if !sent.is_empty() {
            changes.push(self.send(place, sent));
        }
        Ok(Plan::of(changes))
    }

    fn entry_wanted(&self, entry: &TreeEntry) -> Wanted {
        let mode = match entry.kind {
            TreeKind::Dir => self.directory_mode.cloned(),
            _ if self.preserve => Some(Mode::Bits(entry.mode)),
            _ => self.wanted.mode.clone(),
        };
        Wanted { mode, follow: false, ..self.wanted.clone() }
    }

    fn send(&self, place: &TreePlace, sent: Vec<TreeEntry>) -> Change {
        let bits = |mode: Option<&Mode>| match mode {
            Some(Mode::Bits(bits)) => Some(*bits),
            _ => None,
        };
        let effects = sent.iter().map(|entry| {
            Effect::Path(format!("{}/{}", place.dest, entry.path), Some(attrs(entry)))
        });
        let effects = effects.collect();
        let text = format!("copy {} entries below {}", sent.len(), place.dest);
        let op = Op::WriteTree {
            dest: place.dest.clone(),
            tree: Tree { entries: sent, ..self.tree.clone() },
            file_mode: if self.preserve { None } else { bits(self.wanted.mode.as_ref()) },
            dir_mode: bits(self.directory_mode),
            owner: self.wanted.owner.clone(),
            group: self.wanted.group.clone(),
        };
        Change { effects, ..Change::new(op, text) }
    }

    /// Whether a change's outcome is there.
    pub fn verify(&self, change: &Change, after: &TreePlace, _: Ctx<'_>) -> Result<(), String> {
        if after.root.is_none() {
            return Err(format!("{} is not there", after.dest));
        }
        let Op::WriteTree { tree, .. } = &change.op else { return Ok(()) };
        for entry in &tree.entries {
            let at = self.tree.entries.iter().position(|known| known.path == entry.path);
            let state = at.and_then(|at| after.states.get(at)).and_then(Option::as_ref);
            if !state.is_some_and(|state| same(entry, state)) {
                return Err(format!("{} is not as it was sent", entry.path));
            }
        }
        Ok(())
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

fn attrs(entry: &TreeEntry) -> PathAttrs {
    match &entry.kind {
        TreeKind::Dir => PathAttrs::new(PathKind::Dir),
        TreeKind::Link(target) => {
            PathAttrs { target: Some(target.clone()), ..PathAttrs::new(PathKind::Link) }
        }
        TreeKind::File(input) => {
            let text = Text::Known { bytes: None, sha1: input.sha1.clone(), size: input.size };
            PathAttrs { content: Some(text), ..PathAttrs::new(PathKind::File) }
        }
    }
}

fn make_base(dest: &str) -> Change {
    let command = crate::spec::Command::new(["mkdir", "-p", "--", dest]);
    let change = Change::new(Op::Run(command), format!("make the directory {dest}"));
    change.effect(Effect::Path(dest.to_string(), Some(PathAttrs::new(PathKind::Dir))))
}
