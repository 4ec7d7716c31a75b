//! `hostname`: the name of the running system and the one it starts with.

#[cfg(test)]
mod tests;
mod way;

use crate::base::{Key, Value};
use crate::spec::file::WriteFile;
use crate::spec::path::unescape;
use crate::spec::world::Text;
use crate::spec::{
    Answer, Change, ChangeKind, Command, Ctx, Diff, Doc, Effect, Example, Failure, Fields, Input,
    Look, Op, PathState, Plan, Probe, Ran, State, Support,
};
use way::{Use, Way};

crate::args! {
    /// The name that is wanted.
    pub struct Args {
        /// The name.
        name: String => [required()],
        /// Which system's way is taken; without it the host's own.
        strategy as "use": Option<Use> => [],
    }
    rules []
}

static DOC: Doc = Doc {
    name: "hostname",
    full_names: &["ansible.builtin.hostname", "ansible.legacy.hostname"],
    short: "Manage the host name.",
    args: <Args as crate::spec::ArgStruct>::TABLE,
    check: Support::Full,
    diff: Support::Full,
    examples: &[Example { title: "A name", yaml: "hostname: {name: web1.example.org}" }],
    returns: &[
        ("name", "the argument"),
        ("ansible_facts", "ansible_hostname, ansible_nodename, ansible_fqdn, ansible_domain"),
    ],
};

/// The module.
pub struct Hostname;

/// What is there.
pub struct Seen {
    way: Way,
    /// Name of the running system; None: this way leaves it alone.
    live: Option<String>,
    /// Name it starts with.
    kept: String,
    /// What the resolver calls it.
    fqdn: String,
    /// The file that keeps it.
    file: Option<PathState>,
    /// Its text.
    text: String,
}

impl State for Hostname {
    type Args = Args;
    type Seen = Seen;

    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn probe(&self, args: &Args, ctx: Ctx<'_>) -> Result<Probe, Failure> {
        let way = Way::of(args.strategy, ctx.platform)?;
        way.check(&args.name)?;
        let words = match way {
            Way::Systemd => ["systemd", ""],
            Way::File { path, .. } => ["-", path],
        };
        // The resolver may take its time.
        Ok(Probe::new("hostname", include_str!("look.sh")).words(words).heavy())
    }

    fn read(&self, args: &Args, answers: &[Answer], ctx: Ctx<'_>) -> Result<Look<Seen>, Failure> {
        let text = crate::modules::files::first(answers)?.text();
        let mut lines = text.splitn(6, '\n');
        let mut next = || lines.next().unwrap_or("");
        let now = unescape(next());
        let fqdn = full_name(&now, &unescape(next()));
        let (fixed, transient) = (unescape(next()), unescape(next()));
        let state = PathState::parse(next());
        let block = next();
        let mut seen = match Way::of(args.strategy, ctx.platform)? {
            Way::Systemd => Seen {
                way: Way::Systemd,
                live: Some(told(&transient)?),
                kept: told(&fixed)?,
                fqdn,
                file: None,
                text: String::new(),
            },
            way @ Way::File { path, form, live } => {
                let text = content(block, path, ctx);
                let file = PathState::overlay(path, state, ctx.world);
                let (live, kept) = (live.then_some(now), form.read(&text));
                Seen { way, live, kept, fqdn, file, text }
            }
        };
        let known = |which: &str| {
            let thing = ctx.world.thing("hostname", which).flatten();
            thing.and_then(Value::as_str).map(str::to_string)
        };
        seen.live = known("live").filter(|_| seen.live.is_some()).or(seen.live);
        seen.kept = known("static").unwrap_or(seen.kept);
        Ok(Look::Seen(seen))
    }

    fn plan(&self, args: &Args, seen: &Seen, _: Ctx<'_>) -> Result<Plan, Failure> {
        let name = args.name.as_str();
        let live = seen.live.as_deref().is_some_and(|live| live != name);
        let kept = seen.kept != name;
        if !live && !kept {
            return Ok(Plan::ok());
        }
        // The kept name comes first: NetworkManager objects to the other order.
        let mut changes = Vec::new();
        if kept {
            changes.extend(keep(seen, name));
        }
        if live {
            let command = match seen.way {
                Way::Systemd => Command::new(["hostnamectl", "--transient", "set-hostname", name]),
                Way::File { .. } => Command::new(["hostname", name]),
            };
            changes.push(run(command, "live", name));
        }
        let before = seen.live.as_deref().filter(|live| *live != name).unwrap_or(&seen.kept);
        let side = |name: &str| Some(Value::from(format!("hostname = {name}\n")));
        let diff = Diff { before: side(before), after: side(name), ..Diff::default() };
        Ok(Plan::of(changes).diff(diff))
    }

    fn verify(&self, args: &Args, change: &Change, after: &Seen, _: Ctx<'_>) -> Result<(), String> {
        let live = match &change.op {
            Op::Run(command) if command.argv.iter().any(|word| word == "mkdir") => return Ok(()),
            Op::Run(command) => !command.argv.iter().any(|word| word == "--static"),
            _ => false,
        };
        let now = if live { after.live.as_deref().unwrap_or_default() } else { &after.kept };
        if now != args.name { Err(format!("it is {now}")) } else { Ok(()) }
    }

    fn explain(&self, _: &Args, ran: &Ran) -> Option<Failure> {
        let Op::Run(_) = &ran.change.op else { return None };
        let (rc, out, err) = (ran.answer.rc, ran.answer.text(), ran.answer.error_text());
        (rc != 0).then(|| Failure::new(format!("Command failed rc={rc}, out={out}, err={err}")))
    }

    fn result(
        &self,
        args: &Args,
        before: &Seen,
        after: Option<&Seen>,
        _: &Plan,
        _: &[Ran],
    ) -> Fields {
        let fqdn = after.unwrap_or(before).fqdn.as_str();
        let name = args.name.as_str();
        let short = name.split('.').next().unwrap_or(name);
        let domain = fqdn.split_once('.').map_or("", |(_, domain)| domain);
        let facts: Value = [
            ("ansible_hostname", Value::from(short)),
            ("ansible_nodename", Value::from(name)),
            ("ansible_fqdn", Value::from(fqdn)),
            ("ansible_domain", Value::from(domain)),
        ]
        .into_iter()
        .collect();
        [(Key::from("name"), Value::from(name)), (Key::from("ansible_facts"), facts)]
            .into_iter()
            .collect()
    }
}

/// The first name with a dot that the resolver gives, else its first one, else the name itself.
fn full_name(name: &str, line: &str) -> String {
    let names: Vec<&str> = line.split_ascii_whitespace().skip(1).collect();
    let full = names.iter().find(|name| name.contains('.')).or(names.first());
    full.map_or(name, |name| name).to_string()
}

/// What hostnamectl said, behind its code.
fn told(line: &str) -> Result<String, Failure> {
    match line.split_once(' ') {
        Some(("0", text)) => Ok(text.trim().to_string()),
        Some((rc, text)) => Err(Failure::new(format!("Command failed rc={rc}, out=, err={text}"))),
        None => Err(Failure::new("hostnamectl did not answer")),
    }
}

/// The file's text, as read or as an earlier task of a check run would have left it.
fn content(block: &str, path: &str, ctx: Ctx<'_>) -> String {
    if let Some(Text::Known { bytes: Some(bytes), .. }) =
        ctx.world.path(path).flatten().and_then(|attrs| attrs.content.as_ref())
    {
        return String::from_utf8_lossy(bytes).into_owned();
    }
    let text = block.split_once('\n').map_or("", |(_, text)| text);
    text.strip_suffix('\n').unwrap_or(text).to_string()
}

fn run(command: Command, which: &str, name: &str) -> Change {
    let change = Change::new(Op::Run(command), format!("set the {which} host name"));
    change.effect(Effect::Thing("hostname", which.to_string(), Some(Value::from(name))))
}

/// Changes that make the system start with this name.
fn keep(seen: &Seen, name: &str) -> Vec<Change> {
    let Way::File { path, form, .. } = seen.way else {
        let words = ["hostnamectl", "--pretty", "--static", "set-hostname", name];
        return vec![run(Command::new(words), "static", name)];
    };
    let mut changes = Vec::new();
    if seen.file.is_none() {
        let dir = path.rsplit_once('/').map_or("/", |(dir, _)| dir);
        let command = Command::new(["mkdir", "-p", "--", dir]);
        let change = Change::new(Op::Run(command), format!("make the directory {dir}"));
        changes.push(change.kind(ChangeKind::Prelude));
    }
    changes.push(write(path, &form.write(&seen.text, name), seen.file.as_ref()));
    changes
}

fn write(path: &str, text: &str, old: Option<&PathState>) -> Change {
    let file = WriteFile {
        mode: if old.is_none() { Some(0o644) } else { None },
        seen_sha1: old.and_then(|state| state.sha1.clone()),
        unsafe_writes: true,
        ..WriteFile::new(path, Input::bytes(text.as_bytes().to_vec()))
    };
    file.change(format!("write {path}"))
}
