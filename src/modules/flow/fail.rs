//! `fail`: fails with a message.

use crate::spec::{
    BoxFuture, Control, ControlOutcome, Doc, Example, Failure, PlayContext, Support,
};

crate::args! {
    /// What to say.
    pub struct Args {
        /// The message.
        msg: String => [default("Failed as requested from task")],
    }
}

static DOC: Doc = Doc {
    name: "fail",
    full_names: &["ansible.builtin.fail", "ansible.legacy.fail"],
    short: "Fail with a message.",
    args: <Args as crate::spec::ArgStruct>::TABLE,
    check: Support::Full,
    diff: Support::NotApplicable,
    examples: &[Example {
        title: "Refuse an unknown system",
        yaml: "fail: {msg: only FreeBSD and Linux}\nwhen: false",
    }],
    returns: &[("msg", "the message")],
};

/// The module.
pub struct Fail;

impl Control for Fail {
    type Args = Args;

    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn control<'a>(
        &'a self,
        args: &'a Args,
        _: &'a dyn PlayContext,
    ) -> BoxFuture<'a, Result<ControlOutcome, Failure>> {
        Box::pin(std::future::ready(Err(Failure::new(args.msg.as_str()))))
    }
}
