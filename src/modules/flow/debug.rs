//! `debug`: shows a message or a variable.

use crate::base::{Diagnostic, Kind, Map, Value};
use crate::spec::args::{Expression, Raw};
use crate::spec::{
    BoxFuture, Control, ControlOutcome, Doc, Example, Failure, PlayContext, Rule, Support,
};

crate::args! {
    /// What to show.
    pub struct Args {
        /// The message; may be any value.
        msg: Option<Raw> => [],
        /// An expression; its value is shown under its own text.
        var: Option<Expression> => [],
        /// Number of `-v` from which on it is shown.
        verbosity: i64 => [default("0")],
    }
    rules [Rule::MutuallyExclusive(&["msg", "var"])]
}

static DOC: Doc = Doc {
    name: "debug",
    full_names: &["ansible.builtin.debug", "ansible.legacy.debug"],
    short: "Show a message or a variable.",
    args: <Args as crate::spec::ArgStruct>::TABLE,
    check: Support::Full,
    diff: Support::NotApplicable,
    examples: &[
        Example {
            title: "Show a message",
            yaml: "debug: {msg: \"{{ inventory_hostname }} is up\"}",
        },
        Example { title: "Show a variable", yaml: "debug: {var: inventory_hostname}" },
    ],
    returns: &[("msg", "the message"), ("<the expression>", "its value")],
};

/// The module.
pub struct Debug;

impl Control for Debug {
    type Args = Args;

    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn control<'a>(
        &'a self,
        args: &'a Args,
        context: &'a dyn PlayContext,
    ) -> BoxFuture<'a, Result<ControlOutcome, Failure>> {
        Box::pin(std::future::ready(run(args, context)))
    }
}

fn run(args: &Args, context: &dyn PlayContext) -> Result<ControlOutcome, Failure> {
    let mut fields = Map::new();
    if i64::from(context.verbosity()) < args.verbosity {
        fields.insert("skipped".into(), Value::from(true));
        fields.insert("skipped_reason".into(), Value::from("Verbosity threshold not met."));
        return Ok(ControlOutcome { fields, ..ControlOutcome::default() });
    }
    match (&args.msg, &args.var) {
        (_, Some(var)) => {
            let (name, value) = variable(&var.0, context)?;
            fields.insert(name.into(), value);
        }
        (Some(msg), None) => drop(fields.insert("msg".into(), msg.0.clone())),
        (None, None) => drop(fields.insert("msg".into(), Value::from("Hello world!"))),
    }
    Ok(ControlOutcome { fields, verbose_always: true, ..ControlOutcome::default() })
}

/// The text and value of an expression. One that is undefined is shown as an error, and is none (S-36).
fn variable(raw: &Value, context: &dyn PlayContext) -> Result<(String, Value), Failure> {
    let fail = |error: Diagnostic| Failure::new(error.chain());
    let expression = match &raw.kind {
        Kind::Str(text) if text.contains("{{") => context.render(raw).map_err(fail)?,
        _ => raw.clone(),
    };
    if expression.as_str().is_none() {
        return Ok((raw.text(), expression));
    }
    let name = expression.text();
    match context.expression(&expression) {
        Ok(value) if !value.is_undefined() => Ok((name, value)),
        Ok(value) => Ok((
            name.clone(),
            shown_error(&Diagnostic::new(undefined_text(&value, &name)), raw, context),
        )),
        Err(error) => Ok((name, shown_error(&error, raw, context))),
    }
}

fn undefined_text(value: &Value, name: &str) -> String {
    match &value.kind {
        Kind::Undefined(why) => why.message.clone(),
        _ => format!("'{name}' is undefined"),
    }
}

fn shown_error(error: &Diagnostic, raw: &Value, context: &dyn PlayContext) -> Value {
    let text = error.chain();
    let warning = Diagnostic::new(format!("Encountered 1 template error.\nerror 1 - {text}"));
    context.scope().warn(warning.at(raw.origin()));
    Value::from(format!("<< error 1 - {text} >>"))
}
