//! `script`: a script of the operator's machine, run on a host.

use super::creates::{Gate, Verdict};
use super::outcome::streams;
use crate::base::{Value, quote};
use crate::spec::args::{PathText, Src};
use crate::spec::{
    Action, ActionContext, BoxFuture, Command, Doc, Example, Failure, Fields, Platform, Probe,
    Rule, Support,
};

crate::args! {
    /// What to run.
    #[expect(dead_code, reason = "decrypt is for who reads the script: the engine")]
    pub struct Args {
        /// The script and its words.
        free_form as "_raw_params": Option<Src> => [],
        /// The same, as an argument.
        cmd: Option<Src> => [],
        /// Directory to run in.
        chdir: Option<PathText> => [],
        /// It does not run when this (a pattern) is there.
        creates: Option<PathText> => [],
        /// It does not run when this (a pattern) is not there.
        removes: Option<PathText> => [],
        /// Program that runs the script instead of its first line's.
        executable: Option<String> => [],
        /// Whether a vaulted script is decrypted; read where the script is.
        decrypt: bool => [default("yes")],
    }
    rules [
        Rule::MutuallyExclusive(&["_raw_params", "cmd"]),
        Rule::RequiredOneOf(&["_raw_params", "cmd"]),
    ]
}

static DOC: Doc = Doc {
    name: "script",
    full_names: &["ansible.builtin.script", "ansible.legacy.script"],
    short: "Run a script of the operator's machine on a host.",
    args: <Args as crate::spec::ArgStruct>::TABLE,
    check: Support::Partial("with creates or removes"),
    diff: Support::None,
    examples: &[Example {
        title: "A program of the operator's, run on the host",
        yaml: "script: {cmd: files/upgrade.sh --quick, creates: /var/db/upgraded}",
    }],
    returns: &[("rc", "exit code"), ("stdout", "standard output"), ("stderr", "standard error")],
};

/// The module.
pub struct Script;

impl Args {
    fn gate(&self) -> Gate<'_> {
        Gate::of(self.chdir.as_ref(), self.creates.as_ref(), self.removes.as_ref())
    }
}

impl Action for Script {
    type Args = Args;

    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn first(&self, args: &Args, platform: &Platform) -> Option<Probe> {
        args.gate().first(platform)
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
    let gate = args.gate();
    let mut fields = Fields::new();
    let verdict = gate.ask(&ctx, &Value::NULL).await?;
    if let Verdict::Closed(reason, _) = &verdict {
        fields.insert("skipped".into(), Value::from(true));
        fields.insert("msg".into(), Value::from(reason.replace("skipped, since ", "").as_str()));
        return Ok(fields);
    }
    if ctx.check {
        let passed = verdict == Verdict::Passed;
        fields.insert(if passed { "changed" } else { "skipped" }.into(), Value::from(true));
        return Ok(fields);
    }
    let (name, text) = match (&args.free_form, &args.cmd) {
        (Some(text), _) => ("_raw_params", text.as_str()),
        (None, cmd) => ("cmd", cmd.as_ref().map(|c| c.as_str()).unwrap_or_default()),
    };
    let words = shlex::split(text).ok_or_else(|| Failure::new("No closing quotation"))?;
    let input =
        ctx.inputs.files.get(name).ok_or_else(|| Failure::new("the script was not found"))?;
    let lost = Failure::from;
    let file = input.path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let place = ctx.host.put_temp(&file, input.content.clone()).await.map_err(lost)?;
    let rest = quote::words(&words[1..]);
    let quoted = quote::sh(&place);
    let call = match &args.executable {
        Some(program) => format!("{program} {quoted} {rest}"),
        None => format!("chmod u+x {quoted} && {quoted} {rest}"),
    };
    let mut command = Command::shell(format!("{call}; r=$?; rm -f {quoted}; exit $r"));
    command.chdir = gate.chdir.map(|dir| ctx.host.platform().expand(dir));
    command.env = ctx.env.to_vec();
    let answer = ctx.host.run(command).await.map_err(lost)?;
    fields.insert("changed".into(), Value::from(true));
    fields.insert("rc".into(), Value::from(answer.rc));
    streams(&mut fields, &answer.text(), &answer.error_text());
    if answer.rc != 0 {
        fields.insert("failed".into(), Value::from(true));
        fields.insert("msg".into(), Value::from("non-zero return code"));
    }
    Ok(fields)
}
