//! `fetch`: a file of the host, brought to the operator's machine.

use crate::base::Value;
use crate::spec::args::Refuser;
use crate::spec::input::hex;
use crate::spec::{
    Action, ActionContext, BoxFuture, Doc, Example, Failure, Fields, HostError, Probe, Rule,
    Support,
};
use md5::Md5;
use sha1::{Digest, Sha1};
use std::fs;
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

crate::args! {
    /// What comes where.
    pub struct Args {
        /// The file on the host.
        src: String => [required()],
        /// Where it goes: below this directory and the host's name; with `flat` to this very path.
        dest: String => [required()],
        /// Whether `dest` is the file itself, or with a trailing slash the directory that holds it.
        flat: bool => [default("no")],
        /// Whether it is an error when the file is not there.
        fail_on_missing: bool => [default("yes")],
        /// Whether a file that changes while it comes is an error.
        validate_checksum: bool => [default("yes")],
    }
    rules [Rule::Action(Refuser::Raised, |args| {
        let both = args.has("src") && args.has("dest");
        (!both).then_some("src and dest are required")
    })]
}

static DOC: Doc = Doc {
    name: "fetch",
    full_names: &["ansible.builtin.fetch", "ansible.legacy.fetch"],
    short: "Bring a file of a host to the operator's machine.",
    args: <Args as crate::spec::ArgStruct>::TABLE,
    check: Support::None,
    diff: Support::NotApplicable,
    examples: &[Example {
        title: "A key",
        yaml: "fetch: {src: /etc/app.pub, dest: keys/, flat: true}",
    }],
    returns: &[
        ("dest", "where it is now"),
        ("file", "where it came from"),
        ("checksum", "its SHA-1"),
        ("md5sum", "its MD5"),
    ],
};

/// The module.
pub struct Fetch;

impl Action for Fetch {
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

/// What the host said of the source.
enum Found {
    Sum(String),
    Not(Fields),
}

async fn run(args: &Args, ctx: ActionContext<'_>) -> Result<Fields, Failure> {
    if ctx.check {
        let text = "check mode not (yet) supported for this module";
        return Ok(fields([("skipped", true.into()), ("msg", text.into())]));
    }
    let source = crate::modules::files::absolute(&ctx.host.platform(), &args.src)?;
    let remote = match look(args, &source, &ctx).await? {
        Found::Sum(sum) => sum,
        Found::Not(fields) => return Ok(fields),
    };
    let dest = destination(args, &source, &ctx)?;
    let common = |sums: &Sums| {
        fields([
            ("file", source.as_str().into()),
            ("dest", dest.display().to_string().into()),
            ("checksum", sums.sha1.as_str().into()),
            ("md5sum", sums.md5.as_str().into()),
        ])
    };
    if let Ok(sums) = sums(&dest)
        && sums.sha1 == remote
    {
        return Ok(common(&sums));
    }
    let failed = |error: io::Error| Failure::new(format!("{}: {error}", dest.display()));
    if let Some(dir) = dest.parent() {
        fs::create_dir_all(dir).map_err(failed)?;
    }
    bring(args, &source, &dest, &ctx).await?;
    let mut told = common(&sums(&dest).map_err(failed)?);
    told.insert("changed".into(), true.into());
    told.insert("remote_checksum".into(), remote.into());
    told.insert("remote_md5sum".into(), Value::NULL);
    Ok(told)
}

fn fields<const N: usize>(entries: [(&str, Value); N]) -> Fields {
    entries.into_iter().map(|(name, value)| (name.into(), value)).collect()
}

fn host_failed(error: &HostError) -> Failure {
    Failure::from(error.clone())
}

/// Asks for the digest; what cannot be fetched is the result, or an error.
async fn look(args: &Args, source: &str, ctx: &ActionContext<'_>) -> Result<Found, Failure> {
    let probe = Probe::new("fetch", include_str!("fetch.sh")).words([source]);
    let answer = ctx.host.probe(probe).await.map_err(|error| host_failed(&error))?;
    crate::modules::files::check(&answer)?;
    let text = answer.text();
    let not = |text: &str| {
        let told = fields([("file", source.into()), ("msg", text.into())]);
        if args.fail_on_missing { Err(Failure::new(text)) } else { Ok(Found::Not(told)) }
    };
    match text.trim_end() {
        "-" => not("the remote file does not exist, not transferring, ignored"),
        "!" => not(&format!("File is not readable: {source}")),
        "d" if args.fail_on_missing => {
            not("remote file is a directory, fetch cannot work on directories")
        }
        "d" => not(
            "remote file is a directory, fetch cannot work on directories, not transferring, ignored",
        ),
        sum => Ok(Found::Sum(sum.to_string())),
    }
}

/// Where the file goes.
fn destination(args: &Args, source: &str, ctx: &ActionContext<'_>) -> Result<PathBuf, Failure> {
    let dest = local(&args.dest, ctx.base);
    let dest = std::path::absolute(&dest).unwrap_or(dest);
    if !args.flat {
        let below = format!("{}/{}", ctx.inventory_name, source.trim_start_matches('/'));
        return Ok(normal(&dest.join(below)));
    }
    if !args.dest.ends_with('/') {
        if dest.is_dir() {
            return Err(Failure::new(
                "dest is an existing directory, use a trailing slash if you want to fetch src into that directory",
            ));
        }
        return Ok(normal(&dest));
    }
    let dest = dest.join(source.rsplit('/').next().unwrap_or_default());
    if dest.is_dir() {
        return Err(Failure::new(format!(
            "calculated dest '{}' is an existing directory, use another path that does not point to an existing directory",
            dest.display()
        )));
    }
    Ok(normal(&dest))
}

/// A path of the operator's machine: relative ones are below the playbook's directory.
fn local(path: &str, base: &Path) -> PathBuf {
    let home = path
        .strip_prefix("~/")
        .and_then(|rest| std::env::var_os("HOME").map(|home| Path::new(&home).join(rest)));
    base.join(home.unwrap_or_else(|| PathBuf::from(path)))
}

/// Without `.` and `..`, as they are written.
fn normal(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => drop(plain.pop()),
            Component::CurDir => {}
            part => plain.push(part),
        }
    }
    plain
}

async fn bring(
    args: &Args,
    source: &str,
    dest: &Path,
    ctx: &ActionContext<'_>,
) -> Result<(), Failure> {
    if args.validate_checksum {
        let fetched = ctx.host.fetch(source, dest.to_path_buf()).await;
        return fetched.map(drop).map_err(|error| host_failed(&error));
    }
    // As it is in this moment, whether or not it changes meanwhile.
    let probe = Probe::new("fetch_content", "tk_read \"$1\"").words([source]).heavy();
    let answer = ctx.host.probe(probe).await.map_err(|error| host_failed(&error))?;
    let content = answer.blocks().and_then(|blocks| blocks.into_iter().next().flatten());
    let content =
        content.ok_or_else(|| Failure::new(format!("{source} changes while it is fetched")))?;
    fs::write(dest, content).map_err(|error| Failure::new(format!("{}: {error}", dest.display())))
}

/// Digests of a file of this machine.
struct Sums {
    sha1: String,
    md5: String,
}

fn sums(path: &Path) -> io::Result<Sums> {
    let mut file = fs::File::open(path)?;
    let (mut sha1, mut md5) = (Sha1::new(), Md5::new());
    let mut buffer = vec![0_u8; 1 << 18];
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            return Ok(Sums { sha1: hex(&sha1.finalize()), md5: hex(&md5.finalize()) });
        }
        sha1.update(&buffer[..read]);
        md5.update(&buffer[..read]);
    }
}
