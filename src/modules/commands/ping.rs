//! `ping`: whether a host can be logged in to and answers.

use crate::base::Value;
use crate::spec::{
    Answer, Change, Ctx, Doc, Example, Failure, Fields, Look, Plan, Probe, Ran, State, Support,
};

crate::args! {
    /// What comes back.
    pub struct Args {
        /// The word; `crash` fails.
        data: String => [default("pong")],
    }
}

static DOC: Doc = Doc {
    name: "ping",
    full_names: &["ansible.builtin.ping", "ansible.legacy.ping"],
    short: "See whether a host answers.",
    args: <Args as crate::spec::ArgStruct>::TABLE,
    check: Support::Full,
    diff: Support::None,
    examples: &[Example { title: "Answer", yaml: "ping:" }],
    returns: &[("ping", "the word")],
};

/// The module.
pub struct Ping;

impl State for Ping {
    type Args = Args;
    type Seen = ();

    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn probe(&self, _: &Args, _: Ctx<'_>) -> Result<Probe, Failure> {
        Ok(Probe::new("ping", "tk_line pong"))
    }

    fn read(&self, args: &Args, answers: &[Answer], _: Ctx<'_>) -> Result<Look<()>, Failure> {
        let pong = answers.first().is_some_and(|answer| answer.text() == "pong\n");
        match (pong, args.data.as_str()) {
            (false, _) => Err(Failure::new("the host's shell does not answer as it should")),
            (true, "crash") => Err(Failure::new("boom")),
            (true, _) => Ok(Look::Seen(())),
        }
    }

    fn plan(&self, _: &Args, (): &(), _: Ctx<'_>) -> Result<Plan, Failure> {
        Ok(Plan::ok())
    }

    fn verify(&self, _: &Args, _: &Change, (): &(), _: Ctx<'_>) -> Result<(), String> {
        Ok(())
    }

    fn result(&self, args: &Args, (): &(), _: Option<&()>, _: &Plan, _: &[Ran]) -> Fields {
        [("ping".into(), Value::from(args.data.as_str()))].into_iter().collect()
    }
}
