//! `setup`: facts of a host. One probe for all families that were asked for; nothing is ever changed.

use crate::base::{Key, Value};
use crate::facts::{self, Family, Gathered};
use crate::spec::args::PathText;
use crate::spec::{
    Answer, Change, Ctx, Doc, Example, Failure, Fields, Look, Plan, Probe, Ran, State, Support,
};

crate::args! {
    /// Which facts.
    pub struct Args {
        /// Which families: `all`, `min`, `hardware`, `network`, `virtual`, ... or a fact's name; `!` takes away.
        gather_subset: Vec<String> => [default("all")],
        /// Names of the facts to return, as shell patterns; none: all.
        filter: Vec<String> => [],
        /// Seconds for what may hang: sizes of network file systems, questions to name servers.
        gather_timeout: i64 => [default("10")],
        /// Directory of the host's own facts (`*.fact`).
        fact_path: PathText => [default("/etc/ansible/facts.d")],
    }
}

static DOC: Doc = Doc {
    name: "setup",
    full_names: &["ansible.builtin.setup", "ansible.legacy.setup"],
    short: "Gather facts of a host.",
    args: <Args as crate::spec::ArgStruct>::TABLE,
    check: Support::Full,
    diff: Support::None,
    examples: &[
        Example { title: "All facts", yaml: "setup:" },
        Example {
            title: "Two facts of the smallest set",
            yaml: "setup:\n  gather_subset: ['!all']\n  filter: [ansible_kernel, ansible_arch*]",
        },
    ],
    returns: &[("ansible_facts", "the facts; what was asked for is in gather_subset")],
};

/// The module.
pub static SETUP: Setup = Setup { doc: &DOC };

/// Gathers facts; `setup` and `gather_facts` are this under two names.
pub struct Setup {
    /// The documentation of the name.
    pub doc: &'static Doc,
}

fn wanted(args: &Args) -> Result<Vec<&'static Family>, Failure> {
    facts::families(&args.gather_subset).map_err(|bad| Failure::new(bad.to_string()))
}

impl State for Setup {
    type Args = Args;
    type Seen = Gathered;

    fn doc(&self) -> &'static Doc {
        self.doc
    }

    fn probe(&self, args: &Args, ctx: Ctx<'_>) -> Result<Probe, Failure> {
        let names: Vec<&str> = wanted(args)?.iter().map(|family| family.name).collect();
        let limit = args.gather_timeout.max(1).to_string();
        let path = ctx.platform.expand(args.fact_path.as_str());
        let probe = Probe::new("setup", facts::SCRIPT).words([names.join(" "), limit, path]);
        Ok(probe.heavy().isolated())
    }

    fn read(&self, args: &Args, answers: &[Answer], _: Ctx<'_>) -> Result<Look<Gathered>, Failure> {
        let answer = answers.first().ok_or_else(|| Failure::new("the host did not answer"))?;
        let text = answer.text();
        if answer.rc != 0 || !text.contains("uname:") {
            let error = answer.error_text();
            return Err(Failure::new(format!("could not gather facts: {}", error.trim())));
        }
        let mut gathered = facts::read(&wanted(args)?, &text);
        let subset: Vec<Value> = args.gather_subset.iter().map(|s| s.as_str().into()).collect();
        gathered.facts.insert(Key::from("gather_subset"), Value::list(subset));
        gathered.facts.insert(Key::from("module_setup"), true.into());
        gathered.facts = facts::filter(gathered.facts, &args.filter);
        Ok(Look::Seen(gathered))
    }

    fn plan(&self, _: &Args, _: &Gathered, _: Ctx<'_>) -> Result<Plan, Failure> {
        Ok(Plan::ok())
    }

    fn verify(&self, _: &Args, _: &Change, _: &Gathered, _: Ctx<'_>) -> Result<(), String> {
        Ok(())
    }

    fn result(
        &self,
        _: &Args,
        before: &Gathered,
        _: Option<&Gathered>,
        _: &Plan,
        _: &[Ran],
    ) -> Fields {
        let mut fields = Fields::new();
        fields.insert("ansible_facts".into(), Value::map(before.facts.clone()));
        if !before.warnings.is_empty() {
            fields.insert("warnings".into(), before.warnings.clone().into());
        }
        fields
    }
}
