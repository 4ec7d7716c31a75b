//! `assert`: fails unless conditions hold (S-52).

use crate::base::{Kind, Map, Value};
use crate::spec::args::{Condition, Raw};
use crate::spec::{
    BoxFuture, Control, ControlOutcome, Doc, Example, Failure, PlayContext, Support,
};

crate::args! {
    /// What must hold.
    pub struct Args {
        /// One condition or a list of them, as in `when`.
        that: Condition => [required()],
        /// Message when one does not hold; a text or list of texts.
        fail_msg: Option<Raw> => [aliases(&["msg"])],
        /// Message when all hold.
        success_msg: Option<Raw> => [],
        /// Whether nothing is shown on success.
        quiet: bool => [default("no")],
    }
}

static DOC: Doc = Doc {
    name: "assert",
    full_names: &["ansible.builtin.assert", "ansible.legacy.assert"],
    short: "Fail unless conditions hold.",
    args: <Args as crate::spec::ArgStruct>::TABLE,
    check: Support::Full,
    diff: Support::NotApplicable,
    examples: &[Example {
        title: "Check a name",
        yaml: "assert:\n  that: inventory_hostname | length > 0\n  fail_msg: a host needs a name",
    }],
    returns: &[
        ("assertion", "the condition that did not hold"),
        ("evaluated_to", "what it evaluated to"),
        ("msg", "the message"),
    ],
};

/// The module.
pub struct Assert;

impl Control for Assert {
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
    let conditions = match &args.that.0.kind {
        Kind::List(items) => items.to_vec(),
        _ => vec![args.that.0.clone()],
    };
    let verbose_always = !args.quiet;
    for condition in &conditions {
        let holds = context.condition(condition).map_err(|error| Failure::new(error.chain()))?;
        if holds {
            continue;
        }
        let msg = message(args.fail_msg.as_ref(), "Assertion failed");
        let mut fields = Map::new();
        fields.insert("changed".into(), Value::from(false));
        fields.insert("failed".into(), Value::from(true));
        fields.insert("evaluated_to".into(), Value::from(false));
        fields.insert("assertion".into(), condition.untrusted());
        fields.insert("msg".into(), msg);
        return Ok(ControlOutcome { fields, verbose_always, ..ControlOutcome::default() });
    }
    let mut fields = Map::new();
    fields.insert("changed".into(), Value::from(false));
    fields.insert("msg".into(), message(args.success_msg.as_ref(), "All assertions passed"));
    Ok(ControlOutcome { fields, verbose_always, ..ControlOutcome::default() })
}

fn message(given: Option<&Raw>, default: &str) -> Value {
    given.map_or_else(|| Value::from(default), |raw| raw.0.clone())
}
