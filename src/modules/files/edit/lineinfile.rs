//! `lineinfile`: a line of a text file: there, in which form, or not.

use super::lines::{self, Edited, Wish};
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

crate::choices! {
    /// Whether the line should be there.
    pub enum Presence {
        Absent = "absent",
        Present = "present",
    }
}

crate::args! {
    /// Which line of which file.
    pub struct Args {
        /// The file.
        path: PathText => [required(), aliases(&["dest", "destfile", "name"])],
        /// Whether the line should be there.
        state: Presence => [default("present")],
        /// The line; with `backrefs` it may hold groups of `regexp`.
        line: Option<MarkedText> => [aliases(&["value"])],
        /// Expression for the line that is replaced, the last one, or for those that are removed.
        regexp: Option<String> => [aliases(&["regex"])],
        /// The same as a text that the line holds.
        search_string: Option<String> => [],
        /// Behind which line a new one goes: an expression, `EOF` or `BOF`.
        insertafter: Option<String> => [],
        /// In front of which line a new one goes: an expression or `BOF`.
        insertbefore: Option<String> => [],
        /// Whether `line` takes groups of `regexp`; without a match nothing is done.
        backrefs: bool => [default("no")],
        /// Whether the first match counts, not the last.
        firstmatch: bool => [default("no")],
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
    rules [
        Rule::MutuallyExclusive(&["insertbefore", "insertafter"]),
        Rule::MutuallyExclusive(&["regexp", "search_string"]),
        Rule::MutuallyExclusive(&["backrefs", "search_string"]),
    ]
}

static DOC: Doc = Doc {
    name: "lineinfile",
    full_names: &["ansible.builtin.lineinfile", "ansible.legacy.lineinfile"],
    short: "Manage lines of text files.",
    args: <Args as crate::spec::ArgStruct>::TABLE,
    check: Support::Full,
    diff: Support::Full,
    examples: &[Example {
        title: "A setting",
        yaml: "lineinfile: {path: /etc/rc.conf, regexp: \"^sshd_enable=\", line: sshd_enable=YES}",
    }],
    returns: &[
        ("msg", "what was done"),
        ("found", "how many lines were removed"),
        ("backup", "where the old file is kept"),
    ],
};

/// The module.
pub struct LineInFile;

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
            secret: self.line.as_ref().is_some_and(MarkedText::is_secret),
        }
    }

    fn wish(&self) -> Wish<'_> {
        let (after, before) = (self.insertafter.as_deref(), self.insertbefore.as_deref());
        Wish {
            line: self.line.as_ref().map(MarkedText::as_str),
            regexp: self.regexp.as_deref(),
            search: self.search_string.as_deref(),
            after: after.or(if before.is_none() { Some("EOF") } else { None }),
            before,
            backrefs: self.backrefs,
            first: self.firstmatch,
        }
    }

    /// Whether the arguments fit together.
    fn check(&self) -> Result<(), Failure> {
        let nothing = self.regexp.is_none() && self.search_string.is_none() && self.line.is_none();
        let text = match self.state {
            Presence::Present if self.backrefs && self.regexp.is_none() => {
                "regexp is required with backrefs=true"
            }
            Presence::Present if self.line.is_none() => "line is required with state=present",
            Presence::Absent if nothing => {
                "one of line, search_string, or regexp is required with state=absent"
            }
            _ => return Ok(()),
        };
        Err(Failure::new(text))
    }

    /// What is said about an expression that matches all lines.
    fn warnings(&self) -> Vec<String> {
        const ALL: &str = "is an empty string, which will match every line in the file. This may have unintended consequences, such as replacing the last line in the file rather than appending.";
        const CARET: &str =
            "If this is desired, use '^' to match every line in the file and avoid this warning.";
        if self.regexp.as_deref() == Some("") {
            return vec![format!("The regular expression {ALL} {CARET}")];
        }
        if self.search_string.as_deref() == Some("") {
            return vec![format!("The search string {ALL}")];
        }
        Vec::new()
    }

    fn edit(&self, text: &str) -> Result<Edited, Failure> {
        let edited = match self.state {
            Presence::Present => lines::present(text, &self.wish()),
            Presence::Absent => lines::absent(text, &self.wish()),
        };
        edited.map_err(Failure::raised)
    }
}

impl State for LineInFile {
    type Args = Args;
    type Seen = Place;

    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn probe(&self, args: &Args, ctx: Ctx<'_>) -> Result<Probe, Failure> {
        args.check()?;
        args.file().probe(ctx)
    }

    fn read(&self, args: &Args, answers: &[Answer], ctx: Ctx<'_>) -> Result<Look<Place>, Failure> {
        args.file().read(answers, ctx)
    }

    fn plan(&self, args: &Args, seen: &Place, ctx: Ctx<'_>) -> Result<Plan, Failure> {
        let file = args.file();
        let before = match file.held(seen)? {
            Held::Text(text) => Some(lines::universal(&text)),
            Held::Unknown => return Ok(file.unknown(seen)),
            Held::Nothing if args.state == Presence::Absent => {
                let mut plan = Plan::ok();
                plan.fields.insert("msg".into(), Value::from("file not present"));
                return Ok(plan);
            }
            Held::Nothing if !args.create => {
                let text = format!("Destination {} does not exist !", args.path.as_str());
                return Err(Failure::new(text).missing().with("rc", 257));
            }
            Held::Nothing => None,
        };
        let edited = args.edit(before.as_deref().unwrap_or_default())?;
        let mut plan = file.plan(seen, before.as_deref(), &edited, ctx)?;
        if let Some(found) = edited.found {
            plan.fields.insert("found".into(), Value::from(found as u64));
        }
        plan.fields.insert("backup".into(), Value::from(""));
        plan.warnings = args.warnings();
        Ok(plan)
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
        backup(ran).map(|path| ("backup".into(), path)).into_iter().collect()
    }
}
