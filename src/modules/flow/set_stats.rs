//! `set_stats`: numbers for the end of the run.

use crate::base::{Map, Value};
use crate::spec::args::Dict;
use crate::spec::{
    BoxFuture, Control, ControlOutcome, Doc, Example, Failure, PlayContext, PlayEffect, Support,
};

crate::args! {
    /// Which statistics.
    pub struct Args {
        /// Names and values.
        data: Dict => [required()],
        /// Whether they belong to this host.
        per_host: bool => [default("no")],
        /// Whether a value is added to what is there.
        aggregate: bool => [default("yes")],
    }
}

static DOC: Doc = Doc {
    name: "set_stats",
    full_names: &["ansible.builtin.set_stats", "ansible.legacy.set_stats"],
    short: "Set statistics that are shown at the end of the run.",
    args: <Args as crate::spec::ArgStruct>::TABLE,
    check: Support::Full,
    diff: Support::NotApplicable,
    examples: &[Example { title: "Count something", yaml: "set_stats: {data: {seen: 1}}" }],
    returns: &[("ansible_stats", "what was set")],
};

/// The module.
pub struct SetStats;

impl Control for SetStats {
    type Args = Args;

    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn control<'a>(
        &'a self,
        args: &'a Args,
        _: &'a dyn PlayContext,
    ) -> BoxFuture<'a, Result<ControlOutcome, Failure>> {
        let stats: Value = [
            ("data", Value::map(args.data.0.clone())),
            ("per_host", Value::from(args.per_host)),
            ("aggregate", Value::from(args.aggregate)),
        ]
        .into_iter()
        .collect();
        let mut fields = Map::new();
        fields.insert("changed".into(), Value::from(false));
        fields.insert("ansible_stats".into(), stats);
        let effects = vec![PlayEffect::Stats {
            data: args.data.0.clone(),
            per_host: args.per_host,
            aggregate: args.aggregate,
        }];
        let outcome = ControlOutcome { fields, effects, verbose_always: false };
        Box::pin(std::future::ready(Ok(outcome)))
    }
}
