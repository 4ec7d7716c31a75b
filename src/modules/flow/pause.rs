//! `pause`: waits, or asks the operator.

use crate::base::{Map, Value};
use crate::spec::context::Pause as Request;
use crate::spec::{
    BoxFuture, Control, ControlOutcome, Doc, Example, Failure, PlayContext, Rule, Support,
};
use std::time::Instant;

crate::args! {
    /// How long, or what to ask.
    pub struct Args {
        /// Seconds to wait.
        seconds: Option<f64> => [],
        /// Minutes to wait.
        minutes: Option<f64> => [],
        /// Text shown before the wait.
        prompt: Option<String> => [],
        /// Whether what is typed is shown.
        echo: bool => [default("yes")],
    }
    rules [Rule::MutuallyExclusive(&["minutes", "seconds"])]
}

static DOC: Doc = Doc {
    name: "pause",
    full_names: &["ansible.builtin.pause", "ansible.legacy.pause"],
    short: "Wait for some time, or for the operator.",
    args: <Args as crate::spec::ArgStruct>::TABLE,
    check: Support::Full,
    diff: Support::NotApplicable,
    examples: &[Example { title: "Wait a moment", yaml: "pause: {seconds: 1}" }],
    returns: &[
        ("delta", "seconds that passed"),
        ("user_input", "what was typed"),
        ("stdout", "what was waited for, in words"),
    ],
};

/// The module.
pub struct Pause;

impl Control for Pause {
    type Args = Args;

    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn control<'a>(
        &'a self,
        args: &'a Args,
        context: &'a dyn PlayContext,
    ) -> BoxFuture<'a, Result<ControlOutcome, Failure>> {
        Box::pin(run(args, context))
    }
}

async fn run(args: &Args, context: &dyn PlayContext) -> Result<ControlOutcome, Failure> {
    let seconds = args.minutes.map(|minutes| minutes * 60.0).or(args.seconds);
    let seconds = seconds.map(|seconds| seconds.max(1.0));
    let prompt = args
        .prompt
        .clone()
        .unwrap_or_else(|| "Press enter to continue, Ctrl+C to interrupt".to_string());
    let begun = (Instant::now(), stamp());
    let request = Request { prompt: Some(prompt), seconds, echo: args.echo };
    let typed = context.pause(request).await.map_err(|error| Failure::new(error.chain()))?;
    if seconds.is_none() && typed.is_none() {
        let text = "Not waiting for response to prompt as stdin is not interactive";
        context.scope().warn(crate::base::Diagnostic::new(text));
    }
    let passed = begun.0.elapsed().as_secs_f64();
    let (amount, unit) = match args.minutes {
        Some(_) => (passed / 60.0, "minutes"),
        None => (passed, "seconds"),
    };
    let rounded = (amount * 100.0).round() / 100.0;
    let mut fields = Map::new();
    fields.insert("changed".into(), Value::from(false));
    fields.insert("delta".into(), Value::from(passed as i64));
    fields.insert("echo".into(), Value::from(args.echo));
    fields.insert("rc".into(), Value::from(0));
    fields.insert("start".into(), Value::from(begun.1));
    fields.insert("stop".into(), Value::from(stamp()));
    fields.insert("stderr".into(), Value::from(""));
    fields.insert(
        "stdout".into(),
        Value::from(format!("Paused for {} {unit}", crate::base::value::float_text(rounded))),
    );
    fields.insert("user_input".into(), Value::from(typed.unwrap_or_default()));
    Ok(ControlOutcome { fields, ..ControlOutcome::default() })
}

/// Local time as Python's `str(datetime)` writes it.
fn stamp() -> String {
    jiff::Zoned::now().strftime("%Y-%m-%d %H:%M:%S.%6f").to_string()
}
