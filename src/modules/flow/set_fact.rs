//! `set_fact`: sets variables of a host.

use crate::base::{Map, Value};
use crate::spec::args::{ArgError, ArgTable, ArgType};
use crate::spec::{
    Arg, ArgStruct, BoxFuture, Control, ControlOutcome, Doc, Example, Failure, FromArg,
    PlayContext, PlayEffect, Support,
};

/// Any names and values beside `cacheable`.
#[derive(Clone, Debug)]
pub struct Args {
    /// Whether they are kept as facts too (S-9).
    pub cacheable: bool,
    /// What is set.
    pub facts: Map,
}

const CACHEABLE: Arg =
    Arg::of::<bool>("cacheable", "Whether the variables become facts too.").default("no");
const ANY: Arg = Arg {
    kind: ArgType::Raw,
    ..Arg::of::<String>("*", "Any other name is a variable to set, with its value.")
};

impl ArgStruct for Args {
    const TABLE: &'static ArgTable = &ArgTable { args: &[CACHEABLE, ANY], rules: &[] };

    fn from_map(args: &Map) -> Result<Self, ArgError> {
        let mut facts = args.clone();
        let given = facts.shift_remove(&crate::base::Key::from("cacheable"));
        let cacheable = given.map(|value| bool::from_value(&CACHEABLE, &value)).transpose()?;
        for key in facts.keys() {
            check_name(key.as_str().unwrap_or_default())?;
        }
        Ok(Self { cacheable: cacheable.unwrap_or(false), facts })
    }
}

/// Names must be Python identifiers (S-15).
pub fn is_name(name: &str) -> bool {
    let first = name.chars().next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
    first && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

fn check_name(name: &str) -> Result<(), ArgError> {
    if is_name(name) {
        return Ok(());
    }
    Err(ArgError::other(&ANY, format!("Invalid variable name {:?}.", Value::from(name))))
}

static DOC: Doc = Doc {
    name: "set_fact",
    full_names: &["ansible.builtin.set_fact", "ansible.legacy.set_fact"],
    short: "Set variables of a host.",
    args: Args::TABLE,
    check: Support::Full,
    diff: Support::NotApplicable,
    examples: &[Example {
        title: "Set a variable",
        yaml: "set_fact: {greeting: \"hello {{ inventory_hostname }}\"}",
    }],
    returns: &[("ansible_facts", "the variables that were set")],
};

/// The module.
pub struct SetFact;

impl Control for SetFact {
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
    if args.facts.is_empty() {
        return Err(Failure::new(
            "No key/value pairs provided, at least one is required for this action to succeed",
        ));
    }
    let mut fields = Map::new();
    fields.insert("changed".into(), Value::from(false));
    fields.insert("ansible_facts".into(), Value::map(args.facts.clone()));
    let effects = vec![PlayEffect::SetFact(args.facts.clone(), args.cacheable)];
    Ok(ControlOutcome { fields, effects, verbose_always: false })
}
