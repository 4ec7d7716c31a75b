//! `blockinfile`: a block of lines of a text file, between two marker lines.

use super::blocks::{self, Wish};
use super::lineinfile::Presence;
use super::text::{Held, TextFile};
use crate::base::Value;
use crate::modules::files::attributes::Wanted;
use crate::modules::files::place::Place;
use crate::modules::files::write::{Refusal, backup, explain};
use crate::spec::args::{FileMode, MarkedText, PathText};
use crate::spec::{
    Answer, Change, Ctx, Doc, Example, Failure, Fields, Look, Plan, Probe, Ran, Rule, State,
    Support,
};

crate::args! {
    /// Which block of which file.
    pub struct Args {
        /// The file.
        path: PathText => [required(), aliases(&["dest", "destfile", "name"])],
        /// Whether the block should be there.
        state: Presence => [default("present")],
        /// The lines between the markers; empty: no block.
        block: Option<MarkedText> => [default(""), aliases(&["content"])],
        /// The line around the block, with `{mark}`.
        marker: String => [default("# {mark} ANSIBLE MANAGED BLOCK")],
        /// What `{mark}` is in front of the block.
        marker_begin: String => [default("BEGIN")],
        /// What `{mark}` is behind the block.
        marker_end: String => [default("END")],
        /// Behind which line a new block goes: an expression or `EOF`.
        insertafter: Option<String> => [],
        /// In front of which line a new block goes: an expression or `BOF`.
        insertbefore: Option<String> => [],
        /// Whether an empty line should be behind the block.
        append_newline: bool => [default("no")],
        /// Whether an empty line should be in front of the block.
        prepend_newline: bool => [default("no")],
        /// Whether a file that is not there is made.
        create: bool => [default("no")],
        /// Whether the old file is kept beside it.
        backup: bool => [default("no")],
        /// Command that must accept the new file; `%s` is its path.
        validate: Option<String> => [],
        /// Encoding of the file: utf-8, latin-1 or ascii.
        encoding: String => [default("utf-8")],
        /// Permission bits.
        mode: FileMode => [],
        /// Owner by name or number.
        owner: Option<String> => [],
        /// Group by name or number.
        group: Option<String> => [],
        /// Whether the file may be overwritten in place where renaming is impossible.
        unsafe_writes: bool => [default("no")],
    }
    rules [Rule::MutuallyExclusive(&["insertbefore", "insertafter"])]
}

static DOC: Doc = Doc {
    name: "blockinfile",
    full_names: &["ansible.builtin.blockinfile", "ansible.legacy.blockinfile"],
    short: "Manage a marked block of lines of a text file.",
    args: <Args as crate::spec::ArgStruct>::TABLE,
    check: Support::Full,
    diff: Support::Full,
    examples: &[Example {
        title: "Hosts",
        yaml: "blockinfile: {path: /etc/hosts, block: \"10.0.0.1 one\\n10.0.0.2 two\"}",
    }],
    returns: &[("msg", "what was done"), ("backup_file", "where the old file is kept")],
};

/// The module.
pub struct BlockInFile;

impl Args {
    fn file(&self) -> TextFile<'_> {
        TextFile {
            path: self.path.as_str(),
            encoding: &self.encoding,
            wanted: Wanted {
                mode: self.mode.clone(),
                owner: self.owner.clone(),
                group: self.group.clone(),
                follow: false,
            },
            backup: self.backup,
            validate: self.validate.as_deref(),
            unsafe_writes: self.unsafe_writes,
            secret: self.block.as_ref().is_some_and(MarkedText::is_secret),
        }
    }

    fn wish(&self) -> Wish<'_> {
        let (after, before) = (self.insertafter.as_deref(), self.insertbefore.as_deref());
        Wish {
            block: self.block.as_ref().map(MarkedText::as_str),
            marker: &self.marker,
            begin: &self.marker_begin,
            end: &self.marker_end,
            after: after.or(if before.is_none() { Some("EOF") } else { None }),
            before,
            prepend_newline: self.prepend_newline,
            append_newline: self.append_newline,
            present: self.state == Presence::Present,
        }
    }
}

impl State for BlockInFile {
    type Args = Args;
    type Seen = Place;

    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn probe(&self, args: &Args, ctx: Ctx<'_>) -> Result<Probe, Failure> {
        args.file().probe(ctx)
    }

    fn read(&self, args: &Args, answers: &[Answer], ctx: Ctx<'_>) -> Result<Look<Place>, Failure> {
        args.file().read(answers, ctx)
    }

    fn plan(&self, args: &Args, seen: &Place, ctx: Ctx<'_>) -> Result<Plan, Failure> {
        let file = args.file();
        let before = match file.held(seen)? {
            Held::Text(text) => Some(text),
            Held::Unknown => return Ok(file.unknown(seen)),
            Held::Nothing if !args.create => {
                let text = format!("Path {} does not exist !", args.path.as_str());
                return Err(Failure::new(text).missing().with("rc", 257));
            }
            Held::Nothing if args.state == Presence::Absent => {
                let mut plan = Plan::ok();
                let text = format!("File {} not present", args.path.as_str());
                plan.fields.insert("msg".into(), Value::from(text));
                return Ok(plan);
            }
            Held::Nothing => None,
        };
        let edited = blocks::edit(before.as_deref(), &args.wish()).map_err(Failure::raised)?;
        file.plan(seen, before.as_deref(), &edited, ctx)
    }

    fn verify(
        &self,
        args: &Args,
        change: &Change,
        after: &Place,
        _: Ctx<'_>,
    ) -> Result<(), String> {
        args.file().verify(change, after)
    }

    fn explain(&self, _: &Args, ran: &Ran) -> Option<Failure> {
        explain(ran, Refusal::Message)
    }

    fn result(&self, _: &Args, _: &Place, _: Option<&Place>, _: &Plan, ran: &[Ran]) -> Fields {
        backup(ran).map(|path| ("backup_file".into(), path)).into_iter().collect()
    }
}
