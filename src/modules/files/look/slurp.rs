//! `slurp`: what a file of the host holds.

use crate::base::Value;
use crate::spec::args::PathText;
use crate::spec::{
    Answer, Change, Ctx, Doc, Example, Failure, Fields, Look, PathKind, Plan, Probe, Ran, State,
    Support, Text,
};
use base64::Engine as _;
use bytes::Bytes;

crate::args! {
    /// Which file.
    pub struct Args {
        /// The file on the host.
        src: PathText => [required(), aliases(&["path"])],
        /// Whether the content comes as base64; else as the text that it is.
        armor: bool => [default("yes")],
    }
}

static DOC: Doc = Doc {
    name: "slurp",
    full_names: &["ansible.builtin.slurp", "ansible.legacy.slurp"],
    short: "Read a file of a host.",
    args: <Args as crate::spec::ArgStruct>::TABLE,
    check: Support::Full,
    diff: Support::NotApplicable,
    examples: &[Example { title: "The name of the host", yaml: "slurp: {src: /etc/hostname}" }],
    returns: &[
        ("content", "the content"),
        ("encoding", "`base64`, or `utf-8` without armor"),
        ("source", "the path"),
    ],
};

/// The module.
pub struct Slurp;

/// The content; None: an earlier task of a check run would write it, and what is not known.
pub struct Seen(Option<Bytes>);

/// A file that cannot be had, with the system's error in Python's words behind the message.
fn refused(what: &str, errno: i32, source: &str) -> Failure {
    let why = match errno {
        2 => "No such file or directory",
        13 => "Permission denied",
        _ => "Is a directory",
    };
    let detail = format!("[Errno {errno}] {why}: {}", Value::from(source).repr());
    Failure::new(format!("{what}: {source}")).with("_error_detail", detail)
}

impl State for Slurp {
    type Args = Args;
    type Seen = Seen;

    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn probe(&self, args: &Args, ctx: Ctx<'_>) -> Result<Probe, Failure> {
        let path = crate::modules::files::absolute(ctx.platform, args.src.as_str())?;
        Ok(Probe::new("slurp", include_str!("slurp.sh")).words([path]))
    }

    fn read(&self, args: &Args, answers: &[Answer], ctx: Ctx<'_>) -> Result<Look<Seen>, Failure> {
        let answer = crate::modules::files::first(answers)?;
        let path = crate::modules::files::absolute(ctx.platform, args.src.as_str())?;
        let source = args.src.as_str();
        let mut kind = answer.stdout.first().copied().unwrap_or(b'-');
        let content = match ctx.world.path(&path) {
            None => Some(answer.stdout.slice(answer.stdout.len().min(2)..)),
            Some(None) => {
                kind = b'-';
                None
            }
            Some(Some(attrs)) => {
                kind = if attrs.kind == PathKind::Dir { b'd' } else { b'+' };
                match &attrs.content {
                    Some(Text::Known { bytes, .. }) => bytes.clone(),
                    Some(Text::Unknown) => None,
                    None => Some(answer.stdout.slice(answer.stdout.len().min(2)..)),
                }
            }
        };
        match kind {
            b'+' => Ok(Look::Seen(Seen(content))),
            b'd' => Err(refused("Source is a directory and must be a file", 21, source)),
            b'!' => Err(refused("File is not readable", 13, source)),
            _ => Err(refused("File not found", 2, source)),
        }
    }

    fn plan(&self, args: &Args, seen: &Seen, _: Ctx<'_>) -> Result<Plan, Failure> {
        let mut plan = Plan::ok();
        let source = args.src.as_str();
        let content = seen.0.clone().unwrap_or_default();
        if seen.0.is_none() {
            plan.uncertain = Some(format!("the content of {source} is not known"));
        }
        let (encoding, text) = if args.armor {
            ("base64", base64::engine::general_purpose::STANDARD.encode(&content))
        } else {
            let text = String::from_utf8(content.to_vec());
            ("utf-8", text.map_err(|_| Failure::new(format!("{source} is no UTF-8 text")))?)
        };
        plan.fields.insert("content".into(), Value::from(text));
        plan.fields.insert("encoding".into(), Value::from(encoding));
        plan.fields.insert("source".into(), Value::from(source));
        Ok(plan)
    }

    fn verify(&self, _: &Args, _: &Change, _: &Seen, _: Ctx<'_>) -> Result<(), String> {
        Ok(())
    }

    fn result(&self, _: &Args, _: &Seen, _: Option<&Seen>, _: &Plan, _: &[Ran]) -> Fields {
        Fields::new()
    }
}
