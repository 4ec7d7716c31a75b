//! `raw`: a text given to the login's shell as it is.

use super::args::lock;
use super::outcome::streams;
use crate::base::Value;
use crate::spec::{
    Action, ActionContext, BoxFuture, Command, Doc, Example, Failure, Fields, Support,
};

crate::args! {
    /// What to run.
    pub struct Args {
        /// The text.
        free_form as "_raw_params": Option<String> => [required()],
        /// The shell that reads it; /bin/sh without it.
        executable: Option<String> => [],
    }
}

static DOC: Doc = Doc {
    name: "raw",
    full_names: &["ansible.builtin.raw", "ansible.legacy.raw"],
    short: "Run a text as it is.",
    args: <Args as crate::spec::ArgStruct>::TABLE,
    check: Support::None,
    diff: Support::None,
    examples: &[Example { title: "Anything", yaml: "raw: uname -s" }],
    returns: &[("rc", "exit code"), ("stdout", "standard output"), ("stderr", "standard error")],
};

/// The module.
pub struct Raw;

impl Action for Raw {
    type Args = Args;

    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn lock(&self, args: &Args) -> Option<&'static str> {
        args.free_form.as_deref()?.split_whitespace().next().and_then(lock)
    }

    fn act<'a>(
        &'a self,
        args: &'a Args,
        ctx: ActionContext<'a>,
    ) -> BoxFuture<'a, Result<Fields, Failure>> {
        Box::pin(run(args, ctx))
    }
}

async fn run(args: &Args, ctx: ActionContext<'_>) -> Result<Fields, Failure> {
    let mut fields = Fields::new();
    if ctx.check {
        fields.insert("skipped".into(), Value::from(true));
        return Ok(fields);
    }
    let mut command = Command::shell(args.free_form.clone().unwrap_or_default());
    command.executable.clone_from(&args.executable);
    command.env = ctx.env.to_vec();
    let answer = ctx.host.run(command).await.map_err(Failure::from)?;
    fields.insert("changed".into(), Value::from(true));
    fields.insert("rc".into(), Value::from(answer.rc));
    streams(&mut fields, &answer.text(), &answer.error_text());
    if answer.rc != 0 {
        fields.insert("failed".into(), Value::from(true));
        fields.insert("msg".into(), Value::from("non-zero return code"));
    }
    Ok(fields)
}
