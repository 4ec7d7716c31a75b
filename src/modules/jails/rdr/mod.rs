//! `bastille_rdr`: a port of the host that leads to a port of a jail.

mod line;
#[cfg(test)]
mod tests;

use super::bastille::{Bastille, CONF, check_name, only_freebsd};
use crate::base::{Key, Value};
use crate::modules::accounts::Presence;
use crate::modules::told::{Kept, Told};
use crate::spec::{
    Answer, Change, Ctx, Doc, Example, Failure, Fields, Look, Op, Plan, Probe, Ran, Risk, State,
    Support,
};
use line::{Line, Live};

crate::choices! {
    /// A protocol with ports.
    pub enum Proto {
        Tcp = "tcp",
        Udp = "udp",
    }
}

crate::args! {
    /// Which port leads where.
    pub struct Args {
        /// The jail's whole name; it has no network of its own.
        name: String => [required(), aliases(&["jail"])],
        /// The protocol.
        proto: Proto => [default("tcp")],
        /// Port of the host.
        host_port: i64 => [required()],
        /// Port of the jail; the same without it.
        jail_port: Option<i64> => [],
        /// Interface of the host; without it the one that pf.conf names as the outer one.
        interface: Option<String> => [],
        /// Who may come in: an address, a network, a table as `<name>`.
        source: String => [default("any")],
        /// Which of the host's addresses.
        destination: String => [default("any")],
        /// Whether pf logs it.
        log: bool => [default("no")],
        /// Whether it leads there; absent: whatever this port of the host led to.
        state: Presence => [default("present")],
    }
    rules []
}

static DOC: Doc = Doc {
    name: "bastille_rdr",
    full_names: &[],
    short: "Manage ports of the host that lead to a jail of Bastille: now, if it runs, and whenever it starts.",
    args: <Args as crate::spec::ArgStruct>::TABLE,
    check: Support::Full,
    diff: Support::Full,
    examples: &[
        Example { title: "A web server", yaml: "bastille_rdr: {name: web, host_port: 80}" },
        Example {
            title: "From one network only, to another port",
            yaml: "bastille_rdr: {name: git, host_port: 2222, jail_port: 22, source: 192.0.2.0/24}",
        },
    ],
    returns: &[
        ("kept", "lines that its file had of this port"),
        ("live", "rules that pf had of this port"),
    ],
};

/// The module.
pub struct BastilleRdr;

/// What is there.
pub struct Seen {
    all: Bastille,
    file: Kept,
    lines: Vec<Line>,
    live: Vec<Live>,
    /// What is wrong with pf, if anything is.
    pf: Option<String>,
    coming: bool,
}

impl State for BastilleRdr {
    type Args = Args;
    type Seen = Seen;

    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn probe(&self, args: &Args, ctx: Ctx<'_>) -> Result<Probe, Failure> {
        only_freebsd("bastille_rdr", ctx)?;
        check(args)?;
        const SCRIPT: &str = concat!(
            include_str!("../../told/ask.sh"),
            include_str!("../look.sh"),
            include_str!("look.sh")
        );
        let probe = Probe::new("bastille_rdr", SCRIPT).words([CONF, &args.name]);
        Ok(probe.heavy().isolated())
    }

    fn read(&self, args: &Args, answers: &[Answer], ctx: Ctx<'_>) -> Result<Look<Seen>, Failure> {
        let told = Told::read(answers)?;
        let all = Bastille::read(&told, ctx)?;
        let file = Kept::of(&told, &all.file(&args.name, "rdr.conf"), ctx)?;
        let coming = match args.state {
            Presence::Present => all.coming(&args.name, ctx)?,
            Presence::Absent => false,
        };
        let lines = file.text().lines().filter_map(Line::parse).collect();
        let live = told.text("rdr").lines().filter_map(Live::parse).collect();
        Ok(Look::Seen(Seen { pf: pf(&told), lines, live, file, all, coming }))
    }

    fn plan(&self, args: &Args, seen: &Seen, ctx: Ctx<'_>) -> Result<Plan, Failure> {
        let vnet = seen.all.jail_of(&args.name).is_some_and(|jail| jail.conf.is_vnet());
        if vnet {
            let text =
                format!("{} has a network of its own: no port can be led there by rdr", args.name);
            return Err(Failure::new(text));
        }
        let runs = seen.all.running_of(&args.name).is_some();
        let present = args.state == Presence::Present;
        let done = match present {
            true => seen.kept(args) && (!runs || seen.leads(args)),
            false => {
                !seen.lines.iter().any(|line| mine(args, line))
                    && !seen.live.iter().any(|rule| alive(args, rule))
            }
        };
        if done {
            return Ok(Plan::ok());
        }
        if present {
            other(args, seen)?;
        }
        let mut plan = match runs || seen.coming {
            true => running(args, seen, ctx)?,
            false => stopped(args, seen, ctx)?,
        };
        plan.uncertain.clone_from(&seen.file.uncertain);
        if seen.coming {
            plan.uncertain = Some(format!("the jail {} is not there yet", args.name));
        }
        Ok(plan)
    }

    fn verify(&self, args: &Args, change: &Change, after: &Seen, _: Ctx<'_>) -> Result<(), String> {
        if let Op::WriteFile(_) = change.op {
            return after.file.wrote(change);
        }
        let port = args.host_port;
        match args.state {
            Presence::Present if !after.kept(args) => Err(format!("{port} is not in its file")),
            Presence::Present if !after.leads(args) => {
                Err(format!("pf does not lead {port} there"))
            }
            Presence::Absent if after.lines.iter().any(|line| mine(args, line)) => {
                Err(format!("{port} is still in its file"))
            }
            Presence::Absent if after.live.iter().any(|rule| alive(args, rule)) => {
                Err(format!("pf still leads {port}"))
            }
            _ => Ok(()),
        }
    }

    fn explain(&self, _: &Args, ran: &Ran) -> Option<Failure> {
        super::explain(ran)
    }

    fn result(&self, args: &Args, before: &Seen, _: Option<&Seen>, _: &Plan, _: &[Ran]) -> Fields {
        let kept = before.lines.iter().filter(|line| mine(args, line)).map(Line::text);
        let live =
            before.live.iter().filter(|rule| alive(args, rule)).map(|rule| rule.text.clone());
        let fields = [("kept", kept.collect::<Vec<_>>()), ("live", live.collect::<Vec<_>>())];
        fields
            .into_iter()
            .map(|(name, texts)| (Key::from(name), Value::from(texts).untrusted()))
            .collect()
    }
}

fn check(args: &Args) -> Result<(), Failure> {
    check_name(&args.name)?;
    for port in [Some(args.host_port), args.jail_port].into_iter().flatten() {
        if !(1..=65535).contains(&port) {
            return Err(Failure::new(format!("{port} is no port")));
        }
    }
    let letter = |c: char| c.is_ascii_alphanumeric() || "._:/-<>".contains(c);
    let interface = args.interface.as_ref();
    for (name, value) in [
        ("source", Some(&args.source)),
        ("destination", Some(&args.destination)),
        ("interface", interface),
    ] {
        let Some(value) = value else { continue };
        if value.is_empty() || value.starts_with('-') || !value.chars().all(letter) {
            return Err(Failure::new(format!("invalid value of {name}: '{value}'")));
        }
    }
    Ok(())
}

/// What Bastille needs of pf: both anchors in the rules that are loaded.
fn pf(told: &Told) -> Option<String> {
    if !told.worked("nat") {
        return Some(format!("pf is not there: {}", told.text("nat").trim()));
    }
    let has = |what: &str, line: &str| {
        told.text(what).lines().any(|found| found.trim().starts_with(line))
    };
    if !has("nat", "rdr-anchor \"rdr/*\"") {
        return Some("pf's rules lack the line: rdr-anchor \"rdr/*\"".to_string());
    }
    if !has("rules", "anchor \"bastille/*\"") {
        return Some("pf's rules lack the line: anchor \"bastille/*\"".to_string());
    }
    None
}

fn to(args: &Args) -> i64 {
    args.jail_port.unwrap_or(args.host_port)
}

/// Whether a line of its file is about this port of the host.
fn mine(args: &Args, line: &Line) -> bool {
    let interface = args
        .interface
        .as_ref()
        .is_none_or(|name| line.interface.split(',').any(|known| known == name));
    line.proto == args.proto.word() && line.from == args.host_port.to_string() && interface
}

/// The same of a rule of pf.
fn alive(args: &Args, rule: &Live) -> bool {
    let interface = args.interface.as_ref().is_none_or(|name| rule.interface == *name);
    rule.proto == args.proto.word() && rule.from == args.host_port.to_string() && interface
}

impl Seen {
    /// Whether its file leads the port as it is wanted, and nowhere else.
    fn kept(&self, args: &Args) -> bool {
        let mut lines = self.lines.iter().filter(|line| mine(args, line)).peekable();
        let right = |line: &Line| {
            (
                line.source == args.source,
                line.destination == args.destination,
                line.log == args.log,
                line.to.as_str(),
            ) == (true, true, true, to(args).to_string().as_str())
        };
        lines.peek().is_some() && lines.all(right)
    }

    /// Whether pf does.
    fn leads(&self, args: &Args) -> bool {
        let mut rules = self.live.iter().filter(|rule| alive(args, rule)).peekable();
        let right = |rule: &Live| rule.to == to(args).to_string() && rule.log == args.log;
        rules.peek().is_some() && rules.all(right)
    }

    /// Its file without the port.
    fn without(&self, args: &Args) -> String {
        let text = self.file.text();
        let other = |line: &&str| !Line::parse(line).is_some_and(|line| mine(args, &line));
        text.split_inclusive('\n').filter(other).collect()
    }
}

/// Refuses a port that another jail has.
fn other(args: &Args, seen: &Seen) -> Result<(), Failure> {
    let taken = seen.all.rdr().find(|(jail, line)| {
        *jail != args.name && Line::parse(line).is_some_and(|line| mine(args, &line))
    });
    match taken {
        Some((jail, _)) => {
            let text =
                format!("{} port {} leads to the jail {jail}", args.proto.word(), args.host_port);
            Err(Failure::new(text))
        }
        None => Ok(()),
    }
}

/// A jail that runs: bastille, and pf.
fn running(args: &Args, seen: &Seen, _: Ctx<'_>) -> Result<Plan, Failure> {
    if let Some(wrong) = seen.pf.as_ref().filter(|_| !seen.coming) {
        return Err(Failure::new(wrong.clone()).missing());
    }
    let present = args.state == Presence::Present;
    let rest = seen.without(args);
    let (from, port) = (args.host_port.to_string(), to(args).to_string());
    let old: Vec<&Live> = seen.live.iter().filter(|rule| alive(args, rule)).collect();
    let drops = old.first().map_or("", |rule| rule.to.as_str());
    let shared = rest.lines().filter_map(Line::parse).any(|line| line.to == drops);
    let script = Probe::new("bastille_rdr_act", include_str!("act.sh")).input(rest);
    let dir = seen.all.jails_dir();
    let words =
        [dir.as_str(), &args.name, args.proto.word(), &from, if shared { "" } else { drops }];
    let mut script = script.words(words);
    if present {
        script = script.words(["rdr"]);
        for (flag, value) in [
            ("-i", args.interface.as_deref()),
            ("-s", given(&args.source)),
            ("-d", given(&args.destination)),
        ] {
            script = script.words(value.into_iter().flat_map(|value| [flag, value]));
        }
        script = script.words([args.name.as_str(), args.proto.word(), &from, &port]);
        script = script.words(args.log.then_some("log"));
    }
    let verb = if present { "lead" } else { "do not lead" };
    let why = format!("{verb} {} port {from} to {}", args.proto.word(), args.name);
    let risk = if present { Risk::Medium } else { Risk::Low };
    Ok(Plan::of(vec![Change::new(Op::Script(script), why).risk(risk)]))
}

fn given(value: &str) -> Option<&str> {
    Some(value).filter(|value| *value != "any")
}

/// One that does not: its file, which Bastille reads when it starts.
fn stopped(args: &Args, seen: &Seen, ctx: Ctx<'_>) -> Result<Plan, Failure> {
    let mut text = seen.without(args);
    if args.state == Presence::Present {
        let Some(interface) = &args.interface else {
            let text = format!("{} does not run: interface must be given", args.name);
            return Err(Failure::new(text));
        };
        let line = Line {
            interface: interface.clone(),
            source: args.source.clone(),
            destination: args.destination.clone(),
            proto: args.proto.word().to_string(),
            from: args.host_port.to_string(),
            to: to(args).to_string(),
            log: args.log,
        };
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        text += &format!("{}\n", line.text());
    }
    let diff = seen.file.diff(&text, ctx);
    let change = seen.file.write(text, 0o644, format!("change {}", seen.file.path));
    Ok(Plan::of(vec![change]).diff(diff))
}
