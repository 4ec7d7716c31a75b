//! `command`: runs a program, without a shell reading its words.

use super::args::{NOT_FOUND, exec_text, lock};
use super::creates::{Gate, Verdict};
use super::outcome::{self, Clock};
use crate::base::Value;
use crate::spec::args::PathText;
use crate::spec::{
    Action, ActionContext, BoxFuture, Command as Run, Doc, Example, Failure, Fields, Platform,
    Probe, Rule, Support,
};

crate::args! {
    /// What to run.
    pub struct Args {
        /// The command as one text; words are split as a shell would.
        free_form as "_raw_params": Option<String> => [],
        /// The same, as an argument.
        cmd: Option<String> => [],
        /// The command as a list of words.
        argv: Vec<String> => [],
        /// Directory to run in.
        chdir: Option<PathText> => [],
        /// It does not run when this (a pattern) is there.
        creates: Option<PathText> => [],
        /// It does not run when this (a pattern) is not there.
        removes: Option<PathText> => [],
        /// Text for its stdin.
        stdin: Option<String> => [],
        /// Whether that text gets a final newline.
        stdin_add_newline: bool => [default("yes")],
        /// Whether final newlines of its output are cut off.
        strip_empty_ends: bool => [default("yes")],
        /// Whether `$NAME` in words stands for variables of the login.
        expand_argument_vars: bool => [default("yes")],
    }
    rules [
        Rule::MutuallyExclusive(&["_raw_params", "cmd", "argv"]),
        Rule::RequiredOneOf(&["_raw_params", "cmd", "argv"]),
    ]
}

static DOC: Doc = Doc {
    name: "command",
    full_names: &["ansible.builtin.command", "ansible.legacy.command"],
    short: "Run a program.",
    args: <Args as crate::spec::ArgStruct>::TABLE,
    check: Support::Partial("with creates or removes"),
    diff: Support::None,
    examples: &[Example {
        title: "Once",
        yaml: "command: {cmd: mkdir /tmp/tank-once, creates: /tmp/tank-once}",
    }],
    returns: &[
        ("rc", "exit code"),
        ("stdout", "standard output without final newlines"),
        ("stderr", "standard error"),
        ("cmd", "the words that ran"),
        ("delta", "time it took"),
    ],
};

/// The module.
pub struct Command;

impl Args {
    fn gate(&self) -> Gate<'_> {
        Gate::of(self.chdir.as_ref(), self.creates.as_ref(), self.removes.as_ref())
    }

    fn words(&self) -> Result<Vec<String>, Failure> {
        if !self.argv.is_empty() {
            return Ok(self.argv.clone());
        }
        let text =
            self.free_form.as_ref().or(self.cmd.as_ref()).map(|t| t.trim()).unwrap_or_default();
        if text.is_empty() {
            return Err(Failure::new("no command given").with("rc", 256));
        }
        shlex::split(text).ok_or_else(|| Failure::new("No closing quotation"))
    }
}

impl Action for Command {
    type Args = Args;

    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn first(&self, args: &Args, platform: &Platform) -> Option<Probe> {
        args.gate().first(platform)
    }

    fn lock(&self, args: &Args) -> Option<&'static str> {
        args.words().ok()?.first().and_then(|program| lock(program))
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
    let words = args.words()?;
    let cmd = Value::from(words.clone());
    let gate = args.gate();
    let passed = match gate.ask(&ctx, &cmd).await? {
        Verdict::Closed(stdout, msg) => return Ok(outcome::closed(cmd, &stdout, &msg)),
        verdict => verdict == Verdict::Passed,
    };
    if ctx.check {
        return Ok(outcome::checked(cmd, passed));
    }
    let mut command = Run::shell(exec_text(&words, args.expand_argument_vars));
    command.chdir = gate.chdir.map(|dir| ctx.host.platform().expand(dir));
    command.env = ctx.env.to_vec();
    command.stdin = stdin(args.stdin.as_deref(), args.stdin_add_newline);
    let clock = Clock::start();
    let answer = ctx.host.run(command).await.map_err(Failure::from)?;
    if answer.rc == 127 && answer.error_text().contains(NOT_FOUND) {
        return Ok(outcome::not_found(&words.join(" ")));
    }
    Ok(outcome::ran(cmd, &answer, &clock, args.strip_empty_ends))
}

/// The bytes for a command's stdin.
pub fn stdin(text: Option<&str>, newline: bool) -> Option<bytes::Bytes> {
    text.map(|text| {
        let mut text = text.to_string();
        if newline {
            text.push('\n');
        }
        text.into_bytes().into()
    })
}
