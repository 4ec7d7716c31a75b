//! `file`: files, directories, links: there or not, and with which attributes.

mod links;
mod plans;
mod seen;
mod times;
mod touch;

use super::attributes::{Wanted, facts};
use super::write::{Refusal, explain};
use crate::base::Value;
use crate::spec::args::{FileMode, PathText};
use crate::spec::path::PathKind;
use crate::spec::{
    Answer, Change, Ctx, Doc, Example, Failure, Fields, Look, Op, Plan, Probe, Ran, State, Support,
};
use seen::Seen;

pub use plans::fresh;

crate::choices! {
    /// What should be at a path.
    pub enum Kind {
        Absent = "absent",
        Directory = "directory",
        File = "file",
        Hard = "hard",
        Link = "link",
        Touch = "touch",
    }
}

crate::args! {
    /// What should be where.
    pub struct Args {
        /// The path on the host.
        path: PathText => [required(), aliases(&["dest", "name"])],
        /// What should be there; without it what is there, or a file.
        state: Option<Kind> => [],
        /// What a link points to; for a hard link an existing file.
        src: Option<PathText> => [],
        /// Whether attributes are set on all below a directory.
        recurse: bool => [default("no")],
        /// Whether a link may point to what is not there, or replace a file.
        force: bool => [default("no")],
        /// Whether attributes are set on what a link points to.
        follow: bool => [default("yes")],
        /// Permission bits.
        mode: FileMode => [],
        /// Owner by name or number.
        owner: Option<String> => [],
        /// Group by name or number.
        group: Option<String> => [],
        /// Modification time: `now`, `preserve`, or a time in `modification_time_format`.
        modification_time: Option<String> => [],
        /// Format of `modification_time`.
        modification_time_format: String => [default("%Y%m%d%H%M.%S")],
        /// Access time: `now`, `preserve`, or a time in `access_time_format`.
        access_time: Option<String> => [],
        /// Format of `access_time`.
        access_time_format: String => [default("%Y%m%d%H%M.%S")],
    }
}

static DOC: Doc = Doc {
    name: "file",
    full_names: &["ansible.builtin.file", "ansible.legacy.file"],
    short: "Manage files, directories, links and their attributes.",
    args: <Args as crate::spec::ArgStruct>::TABLE,
    check: Support::Full,
    diff: Support::Full,
    examples: &[
        Example {
            title: "A directory",
            yaml: "file: {path: /srv/app, state: directory, mode: \"0755\"}",
        },
        Example { title: "A link", yaml: "file: {path: /srv/current, src: /srv/app, state: link}" },
        Example { title: "Nothing", yaml: "file: {path: /srv/old, state: absent}" },
    ],
    returns: &[
        ("path", "the path; `dest` for links and touched files"),
        ("state", "what is there"),
        ("mode", "permission bits"),
        ("owner", "owner"),
        ("group", "group"),
    ],
};

/// The module.
pub struct File;

impl Args {
    fn wanted(&self) -> Wanted {
        Wanted {
            mode: self.mode.clone(),
            owner: self.owner.clone(),
            group: self.group.clone(),
            follow: self.follow,
        }
    }

    /// The state that is meant: without one what is there, else a directory with `recurse`, else a file.
    fn kind(&self, seen: &Seen) -> Kind {
        match (self.state, seen.word()) {
            (Some(kind), _) => kind,
            (None, "directory") => Kind::Directory,
            (None, "link") => Kind::Link,
            (None, "hard") => Kind::Hard,
            (None, "absent") if self.recurse => Kind::Directory,
            (None, _) => Kind::File,
        }
    }
}

impl State for File {
    type Args = Args;
    type Seen = Seen;

    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn probe(&self, args: &Args, ctx: Ctx<'_>) -> Result<Probe, Failure> {
        seen::probe(args, ctx)
    }

    fn read(&self, args: &Args, answers: &[Answer], ctx: Ctx<'_>) -> Result<Look<Seen>, Failure> {
        seen::read(args, answers, ctx)
    }

    fn plan(&self, args: &Args, seen: &Seen, ctx: Ctx<'_>) -> Result<Plan, Failure> {
        plan(args, seen, ctx).map_err(|failure| seen.described(failure))
    }

    fn verify(&self, args: &Args, change: &Change, after: &Seen, _: Ctx<'_>) -> Result<(), String> {
        verify(args, change, after)
    }

    fn explain(&self, args: &Args, ran: &Ran) -> Option<Failure> {
        explain(ran, Refusal::Keys).map(|failure| failure.with("path", args.path.as_str()))
    }

    fn result(
        &self,
        args: &Args,
        before: &Seen,
        after: Option<&Seen>,
        plan: &Plan,
        ran: &[Ran],
    ) -> Fields {
        result(args, before, after, plan, ran)
    }
}

fn plan(args: &Args, seen: &Seen, ctx: Ctx<'_>) -> Result<Plan, Failure> {
    let kind = args.kind(seen);
    if args.recurse && kind != Kind::Directory {
        let text = "recurse option requires state to be 'directory'";
        return Err(Failure::new(text).with("path", seen.path.as_str()));
    }
    if args.src.is_some() && !matches!(kind, Kind::Link | Kind::Hard) {
        let text = "src option requires state to be 'link' or 'hard'";
        return Err(Failure::new(text).with("path", seen.path.as_str()));
    }
    match kind {
        Kind::Absent => Ok(plans::absent(seen)),
        Kind::Directory => plans::directory(args, seen, ctx),
        Kind::File => plans::file(args, seen, ctx),
        Kind::Link => links::link(args, seen, ctx),
        Kind::Hard => links::hard(args, seen, ctx),
        Kind::Touch => touch::touch(args, seen, ctx),
    }
}

fn verify(args: &Args, change: &Change, after: &Seen) -> Result<(), String> {
    let gone = Err("it is not there".to_string());
    match &change.op {
        Op::Remove { .. } if after.link.is_some() => Err("it is still there".to_string()),
        Op::MakeDir { path, .. } if after.real.starts_with(path.as_str()) => {
            if after.is_dir() {
                Ok(())
            } else {
                gone
            }
        }
        Op::Link { target, hard: false, .. } => match &after.link {
            Some(state) if state.kind == PathKind::Link && state.target == *target => Ok(()),
            _ => Err("the link is not there".to_string()),
        },
        Op::Link { hard: true, .. } if !after.is_same_file() => {
            Err("it is not the same file".to_string())
        }
        Op::Touch { .. } => match after.subject(true) {
            Some(state) => times::verify(change, state),
            None => gone,
        },
        Op::SetMode { path, follow, .. } | Op::SetOwner { path, follow, .. } => {
            match after.at(path, *follow) {
                Some(state) => args.wanted().verify(change, state, &after.ids).unwrap_or(Ok(())),
                // What was made above it is not looked at again.
                None if after.real.starts_with(path.as_str()) && after.is_dir() => Ok(()),
                None => gone,
            }
        }
        _ => Ok(()),
    }
}

fn result(args: &Args, before: &Seen, after: Option<&Seen>, plan: &Plan, ran: &[Ran]) -> Fields {
    let seen = after.unwrap_or(before);
    let kind = args.kind(before);
    let mut fields = Fields::new();
    if ran.iter().any(|ran| ran.answer.rc != 0) {
        return fields;
    }
    let follows = args.follow && matches!(kind, Kind::File | Kind::Directory);
    let path = if follows { &seen.real } else { &seen.path };
    let name = if matches!(kind, Kind::Link | Kind::Hard | Kind::Touch) { "dest" } else { "path" };
    fields.insert(name.into(), Value::from(path.as_str()));
    if let (Kind::Link | Kind::Hard, Some(src)) = (kind, links::source_text(args, before)) {
        fields.insert("src".into(), Value::from(src));
    }
    let state = if follows { seen.subject(true) } else { seen.link.as_ref() };
    let dangles = seen.is_link()
        && match seen.followed {
            true => seen.target.is_none(),
            false => kind == Kind::Link && seen.has_no_source() && args.src.is_some(),
        };
    match state {
        Some(state) if !dangles => fields.extend(facts(state)),
        None if kind == Kind::Absent => drop(fields.insert("state".into(), "absent".into())),
        _ => {}
    }
    if kind == Kind::Absent && after.is_none() && !plan.has_work() {
        fields.insert("state".into(), "absent".into());
    }
    fields
}
