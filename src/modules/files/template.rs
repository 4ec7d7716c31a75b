//! `template`: a rendered template on a host.

use super::attributes::Wanted;
use super::deploy::{self, Deploy, Told};
use super::edit::Encoding;
use super::place::Place;
use super::write::{Refusal, explain};
use crate::spec::args::{FileMode, Mode, PathText, Refuser, Template};
use crate::spec::{
    Answer, Change, Content, Ctx, Doc, Example, Failure, Fields, Input, Look, Plan, Probe, Ran,
    Rule, State, Support,
};

crate::args! {
    /// What to render where.
    #[expect(dead_code, reason = "how the source is read is for who renders it: the engine")]
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
        /// Encoding of the result: utf-8, latin-1 or ascii.
        output_encoding: String => [default("utf-8")],
        /// Whether the file may be overwritten in place where renaming is impossible.
        unsafe_writes: bool => [default("no")],
    }
    rules [Rule::Action(Refuser::Raised, |args| {
        let both = args.has("src") && args.has("dest");
        (!both).then_some("src and dest are required")
    })]
}

static DOC: Doc = Doc {
    name: "template",
    full_names: &["ansible.builtin.template", "ansible.legacy.template"],
    short: "Render a template to a host.",
    args: <Args as crate::spec::ArgStruct>::TABLE,
    check: Support::Full,
    diff: Support::Full,
    examples: &[Example {
        title: "A configuration file",
        yaml: "template: {src: app.conf.j2, dest: /etc/app.conf, mode: \"0644\"}",
    }],
    returns: &[
        ("dest", "the file that was written"),
        ("checksum", "its SHA-1"),
        ("backup_file", "where the old file is kept"),
    ],
};

/// The module.
pub struct RenderTemplate;

impl Args {
    /// The rendered text in the encoding that is wanted.
    fn input(&self, ctx: Ctx<'_>) -> Result<Input, Failure> {
        let found = ctx.inputs.files.get("src");
        let found = found.ok_or_else(|| Failure::new("internal: the template was not rendered"))?;
        let encoding = Encoding::named(&self.output_encoding).map_err(Failure::new)?;
        match (&found.content, encoding) {
            (_, Encoding::Utf8) | (Content::File(_), _) => Ok(found.clone()),
            (Content::Bytes(text), encoding) => {
                let bytes = encoding.encode(&Encoding::Utf8.decode(text)).map_err(Failure::new)?;
                let Input { path, mode, secret, .. } = found.clone();
                Ok(Input { path, mode, secret, ..Input::bytes(bytes) })
            }
        }
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
            directory_mode: None,
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
        args.deploy(&args.input(ctx)?).probe(ctx)
    }

    fn read(&self, args: &Args, answers: &[Answer], ctx: Ctx<'_>) -> Result<Look<Place>, Failure> {
        args.deploy(&args.input(ctx)?).read(answers, ctx)
    }

    fn plan(&self, args: &Args, seen: &Place, ctx: Ctx<'_>) -> Result<Plan, Failure> {
        args.deploy(&args.input(ctx)?).plan(seen, ctx)
    }

    fn verify(
        &self,
        args: &Args,
        change: &Change,
        after: &Place,
        ctx: Ctx<'_>,
    ) -> Result<(), String> {
        let input = args.input(ctx).map_err(|failure| failure.msg)?;
        args.deploy(&input).verify(change, after)
    }

    fn explain(&self, _: &Args, ran: &Ran) -> Option<Failure> {
        explain(ran, Refusal::Keys)
    }

    fn result(
        &self,
        args: &Args,
        before: &Place,
        after: Option<&Place>,
        plan: &Plan,
        ran: &[Ran],
    ) -> Fields {
        let told = Told {
            src: Some(args.src.as_str()),
            force: args.force,
            follow: args.follow,
            action: true,
        };
        deploy::result(&told, before, after, plan, ran)
    }
}
