//! `shell`: runs a text through a shell.

use super::args::lock;
use super::command::stdin;
use super::creates::{Gate, Verdict};
use super::outcome::{self, Clock};
use crate::base::Value;
use crate::spec::args::PathText;
use crate::spec::{
    Action, ActionContext, BoxFuture, Command, Doc, Example, Failure, Fields, Platform, Probe,
    Rule, Support,
};

crate::args! {
    /// What to run.
    pub struct Args {
        /// The text.
        free_form as "_raw_params": Option<String> => [],
        /// The same, as an argument.
        cmd: Option<String> => [],
        /// Directory to run in.
        chdir: Option<PathText> => [],
        /// It does not run when this (a pattern) is there.
        creates: Option<PathText> => [],
        /// It does not run when this (a pattern) is not there.
        removes: Option<PathText> => [],
        /// The shell that reads the text; /bin/sh without it.
        executable: Option<PathText> => [],
        /// Text for its stdin.
        stdin: Option<String> => [],
        /// Whether that text gets a final newline.
        stdin_add_newline: bool => [default("yes")],
        /// Whether final newlines of its output are cut off.
        strip_empty_ends: bool => [default("yes")],
    }
    rules [Rule::MutuallyExclusive(&["_raw_params", "cmd"])]
}

static DOC: Doc = Doc {
    name: "shell",
    full_names: &["ansible.builtin.shell", "ansible.legacy.shell"],
    short: "Run a text through a shell.",
    args: <Args as crate::spec::ArgStruct>::TABLE,
    check: Support::Partial("with creates or removes"),
    diff: Support::None,
    examples: &[Example { title: "A pipe", yaml: "shell: echo hello | tr a-z A-Z" }],
    returns: &[
        ("rc", "exit code"),
        ("stdout", "standard output without final newlines"),
        ("stderr", "standard error"),
        ("cmd", "the text that ran"),
        ("delta", "time it took"),
    ],
};

/// The module.
pub struct Shell;

impl Args {
    fn gate(&self) -> Gate<'_> {
        Gate::of(self.chdir.as_ref(), self.creates.as_ref(), self.removes.as_ref())
    }
}

impl Action for Shell {
    type Args = Args;

    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn first(&self, args: &Args, platform: &Platform) -> Option<Probe> {
        args.gate().first(platform)
    }

    fn lock(&self, args: &Args) -> Option<&'static str> {
        let text = args.free_form.as_ref().or(args.cmd.as_ref())?;
        text.split_whitespace().next().and_then(lock)
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
    let text = args.free_form.as_ref().or(args.cmd.as_ref()).cloned().unwrap_or_default();
    if text.trim().is_empty() {
        return Err(Failure::new("no command given").with("rc", 256));
    }
    let cmd = Value::from(text.as_str());
    let gate = args.gate();
    let passed = match gate.ask(&ctx, &cmd).await? {
        Verdict::Closed(stdout, msg) => return Ok(outcome::closed(cmd, &stdout, &msg)),
        verdict => verdict == Verdict::Passed,
    };
    if ctx.check {
        return Ok(outcome::checked(cmd, passed));
    }
    let mut command = Command::shell(text);
    command.executable = args.executable.as_ref().map(|path| path.0.clone());
    command.chdir = gate.chdir.map(|dir| ctx.host.platform().expand(dir));
    command.env = ctx.env.to_vec();
    command.stdin = stdin(args.stdin.as_deref(), args.stdin_add_newline);
    let clock = Clock::start();
    let answer = ctx.host.run(command).await.map_err(Failure::from)?;
    Ok(outcome::ran(cmd, &answer, &clock, args.strip_empty_ends))
}
