//! `replace`: all places in a text file that an expression finds.

use super::lines;
use super::places::{self, Fault, Wish};
use super::text::{Held, TextFile};
use crate::base::Value;
use crate::modules::files::attributes::Wanted;
use crate::modules::files::place::Place;
use crate::modules::files::write::{Refusal, backup, explain};
use crate::spec::args::{FileMode, MarkedText, PathText};
use crate::spec::{
    Answer, Change, Ctx, Diff, Doc, Example, Failure, Fields, Look, Plan, Probe, Ran, State,
    Support,
};

crate::args! {
    /// What becomes what in which file.
    pub struct Args {
        /// The file.
        path: PathText => [required(), aliases(&["dest", "destfile", "name"])],
        /// The expression; `^` and `$` are at lines.
        regexp: String => [required()],
        /// What its matches become; `\1` and `\g<name>` are groups.
        replace: Option<MarkedText> => [default("")],
        /// Only what is behind this expression is looked at.
        after: Option<String> => [],
        /// Only what is in front of this expression is looked at.
        before: Option<String> => [],
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
}

static DOC: Doc = Doc {
    name: "replace",
    full_names: &["ansible.builtin.replace", "ansible.legacy.replace"],
    short: "Replace all that an expression finds in a text file.",
    args: <Args as crate::spec::ArgStruct>::TABLE,
    check: Support::Full,
    diff: Support::Full,
    examples: &[Example {
        title: "A port",
        yaml: "replace: {path: /etc/app.conf, regexp: \"port = \\\\d+\", replace: port = 8080}",
    }],
    returns: &[("msg", "what was done"), ("backup_file", "where the old file is kept")],
};

/// The module.
pub struct Replace;

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
            secret: self.replace.as_ref().is_some_and(MarkedText::is_secret),
        }
    }

    fn wish(&self) -> Wish<'_> {
        Wish {
            regexp: &self.regexp,
            replace: self.replace.as_ref().map(MarkedText::as_str).unwrap_or_default(),
            after: self.after.as_deref(),
            before: self.before.as_deref(),
        }
    }

    /// The one difference that this module shows, under the plain path.
    fn diff(&self, before: &str, after: &str, ctx: Ctx<'_>) -> Diff {
        let path = Some(self.path.as_str().to_string());
        let shown = self.file().content_diff(before, after, ctx);
        Diff { before_header: path.clone(), after_header: path, ..shown }
    }
}

impl State for Replace {
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
            Held::Text(text) => lines::universal(&text),
            Held::Unknown => return Ok(file.unknown(seen)),
            Held::Nothing => {
                let text = format!("Path {} does not exist !", args.path.as_str());
                return Err(Failure::new(text).missing().with("rc", 257));
            }
        };
        let edited = places::edit(&before, &args.wish()).map_err(|fault| match fault {
            Fault::Expression(text) => Failure::raised(text),
            Fault::Replacement(text) => {
                Failure::new(format!("Unable to process replace due to error: {text}"))
            }
        })?;
        let mut plan = match edited.found {
            Some(_) => file.plan(seen, Some(&before), &edited, ctx)?,
            None => {
                let mut plan = Plan::ok();
                plan.fields.insert("msg".into(), Value::from(edited.msg.as_str()));
                plan
            }
        };
        plan.diff.clear();
        if edited.changed && ctx.diff {
            plan.diff.push(args.diff(&before, &edited.text, ctx));
        }
        plan.fields.insert("rc".into(), Value::from(0));
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
        backup(ran).map(|path| ("backup_file".into(), path)).into_iter().collect()
    }
}
