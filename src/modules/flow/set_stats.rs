//! `set_stats`: numbers for the end of the run.

use super::set_fact::is_name;
use crate::base::{Map, Value};
use crate::spec::args::Raw;
use crate::spec::{
    BoxFuture, Control, ControlOutcome, Doc, Example, Failure, PlayContext, PlayEffect, Support,
};

crate::args! {
    /// Which statistics.
    pub struct Args {
        /// Names and values.
        data: Raw => [required()],
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
        Box::pin(std::future::ready(run(args)))
    }
}

fn run(args: &Args) -> Result<ControlOutcome, Failure> {
    let Some(data) = args.data.0.as_map() else {
        return Err(Failure::new("The 'data' option needs to be a dictionary/hash"));
    };
    if let Some(name) = data.keys().find(|name| !name.as_str().is_some_and(is_name)) {
        return Err(Failure::new(format!("Invalid variable name '{}'.", name.value().text())));
    }
    let stats: Value = [
        ("data", Value::map(data.clone())),
        ("per_host", Value::from(args.per_host)),
        ("aggregate", Value::from(args.aggregate)),
    ]
    .into_iter()
    .collect();
    let mut fields = Map::new();
    fields.insert("changed".into(), Value::from(false));
    fields.insert("ansible_stats".into(), stats);
    let effects = vec![PlayEffect::Stats {
        data: data.clone(),
        per_host: args.per_host,
        aggregate: args.aggregate,
    }];
    Ok(ControlOutcome { fields, effects, verbose_always: false })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_kind_are_checked() {
        let told = |data: Value| {
            let args = Args { data: Raw(data), per_host: false, aggregate: true };
            run(&args).map(|_| ()).map_err(|failure| failure.msg)
        };
        assert_eq!(told([("count", Value::from(1))].into_iter().collect()), Ok(()));
        let text = "Invalid variable name 'a b'.".to_string();
        assert_eq!(told([("a b", Value::from(1))].into_iter().collect()), Err(text));
        let text = "The 'data' option needs to be a dictionary/hash".to_string();
        assert_eq!(told(Value::from("count=1")), Err(text));
    }
}
