//! `template`: a rendered template on a host.

use super::attributes::Wanted;
use super::deploy::{Deploy, Place};
use crate::base::Value;
use crate::spec::args::{FileMode, Mode, PathText, Template};
use crate::spec::{
    Answer, Change, Ctx, Doc, Failure, Fields, Input, Look, Plan, Probe, Ran, State, Support,
};

crate::args! {
    /// What to render where.
    pub struct Args {
        /// The template; `.tera` files are rendered with Tera.
        src: Template => [required()],
        /// Where on the host; a directory gets the template's own name.
        dest: PathText => [required()],
        /// Permission bits, symbolic changes, or `preserve`.
        mode: FileMode => [],
        /// Owner by name or number.
        owner: Option<String> => [],
        /// Group by name or number.
        group: Option<String> => [],
        /// Whether the old file is kept beside it.
        backup: bool => [default("no")],
        /// Whether other content is replaced.
        force: bool => [default("yes")],
        /// Whether a link at the destination is followed.
        follow: bool => [default("no")],
        /// Command that must accept the new file; `%s` is its path.
        validate: Option<String> => [],
        /// End of lines in the result.
        newline_sequence: Option<String> => [choices(&["\\n", "\\r", "\\r\\n", "\n", "\r", "\r\n"])],
        /// What begins a block.
        block_start_string: Option<String> => [],
        /// What ends a block.
        block_end_string: Option<String> => [],
        /// What begins an expression.
        variable_start_string: Option<String> => [],
        /// What ends an expression.
        variable_end_string: Option<String> => [],
        /// What begins a comment.
        comment_start_string: Option<String> => [],
        /// What ends a comment.
        comment_end_string: Option<String> => [],
        /// Whether the newline behind a block goes.
        trim_blocks: bool => [default("yes")],
        /// Whether blanks before a block go.
        lstrip_blocks: bool => [default("no")],
        /// Encoding of the result; UTF-8 only.
        output_encoding: String => [default("utf-8"), choices(&["utf-8", "UTF-8", "utf8"])],
        /// Whether the file may be overwritten in place where renaming is impossible.
        unsafe_writes: bool => [default("no")],
    }
}

static DOC: Doc = Doc {
    name: "template",
    full_names: &["ansible.builtin.template", "ansible.legacy.template"],
    short: "Render a template to a host.",
    args: <Args as crate::spec::ArgStruct>::TABLE,
    check: Support::Full,
    diff: Support::Full,
    examples: &[],
    returns: &[
        ("dest", "the file that was written"),
        ("checksum", "its SHA-1"),
        ("backup_file", "where the old file is kept"),
    ],
};

/// The module.
pub struct RenderTemplate;

impl Args {
    fn input<'a>(&self, ctx: Ctx<'a>) -> Result<&'a Input, Failure> {
        let found = ctx.inputs.files.get("src");
        found.ok_or_else(|| Failure::new("internal: the template was not rendered"))
    }

    fn deploy<'a>(&'a self, input: &'a Input) -> Deploy<'a> {
        let mode = match &self.mode {
            Some(Mode::Preserve) => Some(Mode::Bits(input.mode)),
            mode => mode.clone(),
        };
        let name = self.src.as_str().rsplit('/').next().unwrap_or_default();
        Deploy {
            dest: self.dest.as_str(),
            name: name.to_string(),
            input,
            wanted: Wanted {
                mode,
                owner: self.owner.clone(),
                group: self.group.clone(),
                follow: true,
            },
            force: self.force,
            backup: self.backup,
            validate: self.validate.as_deref(),
            follow: self.follow,
            unsafe_writes: self.unsafe_writes,
        }
    }
}

impl State for RenderTemplate {
    type Args = Args;
    type Seen = Place;

    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn probe(&self, args: &Args, ctx: Ctx<'_>) -> Result<Probe, Failure> {
        Ok(args.deploy(args.input(ctx)?).probe(ctx))
    }

    fn read(&self, args: &Args, answers: &[Answer], ctx: Ctx<'_>) -> Result<Look<Place>, Failure> {
        args.deploy(args.input(ctx)?).read(answers, ctx)
    }

    fn plan(&self, args: &Args, seen: &Place, ctx: Ctx<'_>) -> Result<Plan, Failure> {
        args.deploy(args.input(ctx)?).plan(seen, ctx)
    }

    fn verify(
        &self,
        args: &Args,
        change: &Change,
        after: &Place,
        ctx: Ctx<'_>,
    ) -> Result<(), String> {
        let input = args.input(ctx).map_err(|failure| failure.msg)?;
        args.deploy(input).verify(change, after, ctx)
    }

    fn result(
        &self,
        _: &Args,
        before: &Place,
        after: Option<&Place>,
        _: &Plan,
        ran: &[Ran],
    ) -> Fields {
        let place = after.unwrap_or(before);
        let mut fields = Fields::new();
        fields.insert("dest".into(), Value::from(place.path.as_str()));
        if let Some(state) = &place.state {
            fields.extend(super::attributes::facts(state));
            if let Some(sha1) = &state.sha1 {
                fields.insert("checksum".into(), Value::from(sha1.as_str()));
            }
        }
        if after.is_none() {
            fields.insert("path".into(), Value::from(place.path.as_str()));
        }
        if let Some(backup) = ran.iter().find_map(|ran| ran.backup.clone()) {
            fields.insert("backup_file".into(), Value::from(backup));
        }
        fields
    }
}
