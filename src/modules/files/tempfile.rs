//! `tempfile`: a new file or directory with a name that nobody can guess.

use crate::base::Value;
use crate::spec::args::PathText;
use crate::spec::{
    Action, ActionContext, BoxFuture, Command, Doc, Example, Failure, Fields, PathState, Probe,
    Support,
};

crate::choices! {
    /// What is made.
    pub enum Kind {
        Directory = "directory",
        File = "file",
    }
}

crate::args! {
    /// What is made where.
    pub struct Args {
        /// A file or a directory.
        state: Kind => [default("file")],
        /// The directory it is made in; else the host's own for such files.
        path: Option<PathText> => [],
        /// How its name begins.
        prefix: String => [default("ansible.")],
        /// How its name ends.
        suffix: String => [default("")],
    }
}

static DOC: Doc = Doc {
    name: "tempfile",
    full_names: &["ansible.builtin.tempfile", "ansible.legacy.tempfile"],
    short: "Make a temporary file or directory.",
    args: <Args as crate::spec::ArgStruct>::TABLE,
    check: Support::None,
    diff: Support::NotApplicable,
    examples: &[Example {
        title: "A place to work",
        yaml: "tempfile: {state: directory, suffix: build}",
    }],
    returns: &[("path", "what was made"), ("mode", "its permission bits: only the user's own")],
};

/// The module.
pub struct TempFile;

impl Action for TempFile {
    type Args = Args;

    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn act<'a>(
        &'a self,
        args: &'a Args,
        ctx: ActionContext<'a>,
    ) -> BoxFuture<'a, Result<Fields, Failure>> {
        Box::pin(run(args, ctx))
    }
}

/// Names are tried so often.
const TRIES: usize = 16;
/// The script's code for a name that is taken.
const TAKEN: i32 = 17;

async fn run(args: &Args, ctx: ActionContext<'_>) -> Result<Fields, Failure> {
    for (name, text) in [("prefix", &args.prefix), ("suffix", &args.suffix)] {
        if text.contains('/') {
            let given = Value::from(text.as_str()).repr();
            let text = format!("{name} must be a valid file name component, got {given}");
            return Err(Failure::new(text));
        }
    }
    let mut fields = Fields::new();
    if ctx.check {
        let text = "remote module (tempfile) does not support check mode";
        fields.insert("skipped".into(), Value::from(true));
        fields.insert("msg".into(), Value::from(text));
        return Ok(fields);
    }
    let path = make(args, &ctx).await?;
    fields.insert("changed".into(), Value::from(true));
    fields.insert("path".into(), Value::from(path.as_str()));
    let probe = Probe::new("tempfile_look", "tk_stat \"$1\"").words([path.as_str()]);
    let look = ctx.host.probe(probe).await.map_err(Failure::from)?;
    match PathState::parse(look.text().trim_end()) {
        Some(state) => fields.extend(super::attributes::facts(&state)),
        None => return Err(Failure::new(format!("{path} was made and is not there"))),
    }
    Ok(fields)
}

async fn make(args: &Args, ctx: &ActionContext<'_>) -> Result<String, Failure> {
    let dir = args.path.as_ref().map(|path| super::absolute(&ctx.host.platform(), path.as_str()));
    let dir = dir.transpose()?.unwrap_or_default();
    for _ in 0..TRIES {
        let name = format!("{}{}{}", args.prefix, random()?, args.suffix);
        let kind = args.state.word();
        let script = include_str!("tempfile.sh");
        let mut command = Command::new(["/bin/sh", "-c", script, "tempfile", kind, &dir, &name]);
        command.env = ctx.env.to_vec();
        let answer = ctx.host.run(command).await.map_err(Failure::from)?;
        match answer.rc {
            0 => return Ok(answer.text()),
            TAKEN => {}
            2 => {
                let text = format!("[Errno 2] No such file or directory: '{}'", answer.text());
                return Err(Failure::new(text));
            }
            _ => return Err(Failure::new(answer.error_text().trim().to_string())),
        }
    }
    Err(Failure::new("[Errno 17] No usable temporary file name found"))
}

/// Eight characters of 36.
fn random() -> Result<String, Failure> {
    const LETTERS: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";
    let mut name = String::new();
    while name.len() < 8 {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).map_err(|e| Failure::new(format!("no random bytes: {e}")))?;
        // Only as many values as divide evenly.
        let even = bytes.iter().filter(|byte| **byte < 252);
        name.extend(even.map(|byte| char::from(LETTERS[usize::from(byte % 36)])));
    }
    name.truncate(8);
    Ok(name)
}
