//! `freebsd_update`: binary updates of FreeBSD's base system.

#[cfg(test)]
mod tests;

use super::only_freebsd;
use crate::base::{Key, Value};
use crate::modules::told::Told;
use crate::spec::{
    Answer, Change, ChangeKind, Command, Ctx, Doc, Effect, Example, Failure, Fields, Look, Op,
    Plan, Probe, Ran, Risk, State, Support, Then,
};

crate::choices! {
    /// How far it goes.
    pub enum Wanted {
        Fetched = "fetched",
        Installed = "installed",
    }
}

crate::args! {
    /// Which updates.
    pub struct Args {
        /// Whether updates of this release are only fetched, or installed.
        state: Wanted => [default("installed")],
        /// Whether the server is asked; else only what was fetched before is installed.
        fetch: bool => [default("yes")],
        /// Another server.
        server: Option<String> => [],
    }
    rules []
}

static DOC: Doc = Doc {
    name: "freebsd_update",
    full_names: &[],
    short: "Fetch and install binary updates of FreeBSD's base system.",
    args: <Args as crate::spec::ArgStruct>::TABLE,
    check: Support::Full,
    diff: Support::None,
    examples: &[
        Example { title: "What the release has got since", yaml: "freebsd_update: {}" },
        Example { title: "What was fetched at night", yaml: "freebsd_update: {fetch: false}" },
    ],
    returns: &[
        ("ready", "whether fetched updates waited before anything was done"),
        ("kernel", "the installed kernel's version, before"),
        ("running", "the running kernel's version"),
        ("userland", "the version of all else, before"),
        ("reboot_required", "whether the installed kernel is another than the running one"),
        ("stdout", "what freebsd-update said"),
    ],
};

/// The module.
pub struct FreeBsdUpdate;

/// Kind in the predicted world: `fetched` once the server was asked, `ready` with whether updates wait.
const KIND: &str = "freebsd_update";

/// What is there.
pub struct Seen {
    tool: String,
    /// Whether fetched updates wait.
    ready: bool,
    /// Whether the server was asked by this task, or by an earlier one of a check run.
    fetched: bool,
    /// Versions: installed kernel, running kernel, userland.
    versions: [String; 3],
}

impl State for FreeBsdUpdate {
    type Args = Args;
    type Seen = Seen;

    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn probe(&self, args: &Args, ctx: Ctx<'_>) -> Result<Probe, Failure> {
        only_freebsd("freebsd_update", ctx)?;
        let letter = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':');
        let odd = |server: &&String| server.starts_with('-') || !server.chars().all(letter);
        if let Some(server) = args.server.as_ref().filter(odd) {
            return Err(Failure::new(format!("invalid name of a server: '{server}'")));
        }
        let script = concat!(include_str!("../../told/ask.sh"), include_str!("look.sh"));
        Ok(Probe::new("freebsd_update", script).heavy().isolated())
    }

    fn read(&self, _: &Args, answers: &[Answer], ctx: Ctx<'_>) -> Result<Look<Seen>, Failure> {
        let told = Told::read(answers)?;
        if told.worked("base") {
            let text = "the base system of this host is made of packages: pkgng updates it \
                        (FreeBSD-runtime and its like), not freebsd-update";
            return Err(Failure::new(text));
        }
        let tool = told.tool("freebsd-update")?;
        let said = told.of("ready").ok_or_else(|| Failure::new("the host did not answer"))?;
        // 2 is its code for none.
        if !matches!(said.rc, 0 | 2) {
            return Err(Failure::new(format!("freebsd-update updatesready: {}", said.text.trim())));
        }
        let known = |name: &str| ctx.world.thing(KIND, name).flatten().map(Value::is_true);
        let mut lines = told.text("version").lines().map(str::to_string);
        let mut version = || lines.next().unwrap_or_default();
        Ok(Look::Seen(Seen {
            tool,
            ready: known("ready").unwrap_or(said.rc == 0),
            fetched: known("fetched").unwrap_or(false),
            versions: [version(), version(), version()],
        }))
    }

    fn plan(&self, args: &Args, seen: &Seen, _: Ctx<'_>) -> Result<Plan, Failure> {
        if args.fetch && !seen.fetched {
            let mut words = vec!["fetch", "--not-running-from-cron"];
            if let Some(server) = &args.server {
                words.splice(0..0, ["-s", server]);
            }
            let asked = Effect::Thing(KIND, "fetched".to_string(), Some(true.into()));
            let change = run(seen, &words, "fetch updates").kind(ChangeKind::May).effect(asked);
            let uncertain = (!seen.ready).then(|| "only the server knows of updates".to_string());
            return Ok(Plan { then: Then::LookAgain, uncertain, ..Plan::of(vec![change]) });
        }
        if args.state == Wanted::Fetched || !seen.ready {
            return Ok(Plan::ok());
        }
        let done = Effect::Thing(KIND, "ready".to_string(), Some(false.into()));
        let change = run(seen, &["install"], "install updates").effect(done).risk(Risk::High);
        Ok(Plan::of(vec![change]))
    }

    fn verify(&self, _: &Args, change: &Change, after: &Seen, _: Ctx<'_>) -> Result<(), String> {
        match change.kind {
            ChangeKind::Plain if after.ready => {
                Err("there are still updates to install".to_string())
            }
            _ => Ok(()),
        }
    }

    fn explain(&self, _: &Args, ran: &Ran) -> Option<Failure> {
        let said = ran.answer.text() + &ran.answer.error_text();
        let bad = ["failed", "giving up", "cannot", "Cannot", "unsupported"];
        let about = |line: &&str| bad.iter().any(|word| line.contains(word));
        let lines: Vec<&str> = said.lines().map(str::trim).filter(about).take(2).collect();
        let text = if lines.is_empty() { said.trim().to_string() } else { lines.join(" ") };
        let failure = Failure::new(format!("could not {}: {text}", ran.change.why));
        Some(failure.with("stdout", said).with("rc", i64::from(ran.answer.rc)))
    }

    fn result(
        &self,
        _: &Args,
        before: &Seen,
        after: Option<&Seen>,
        _: &Plan,
        ran: &[Ran],
    ) -> Fields {
        let [kernel, running, userland] = &before.versions;
        let [new, now, _] = after.map_or(&before.versions, |after| &after.versions);
        let said: String = ran.iter().map(|ran| ran.answer.text()).collect();
        let fields = [
            ("ready", Value::from(before.ready)),
            ("kernel", kernel.as_str().into()),
            ("running", running.as_str().into()),
            ("userland", userland.as_str().into()),
            ("reboot_required", Value::from(new != now)),
            ("stdout", said.into()),
        ];
        fields.into_iter().map(|(name, value)| (Key::from(name), value)).collect()
    }
}

fn run(seen: &Seen, words: &[&str], why: &str) -> Change {
    // It shows lists in a pager.
    let env = [("LC_ALL", "C"), ("PAGER", "cat")];
    let env = env.map(|(name, value)| (name.to_string(), value.to_string())).to_vec();
    let command =
        Command { env, ..Command::new([seen.tool.as_str()].iter().chain(words).copied()) };
    Change::new(Op::Run(command), why).lock("freebsd-update")
}
