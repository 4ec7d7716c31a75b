//! What is to be done to a service that no systemd manages.

use super::super::{Wanted, foretold, risk};
use super::Args;
use super::daemon::{Daemon, Enabler, Tools};
use crate::base::quote;
use crate::spec::{Change, ChangeKind, Command, Failure, Op, Plan, Ran};

/// Seconds after which a service that was started is looked at: daemon(8) and many scripts end well also
/// when their program dies at once.
const MOMENT: i64 = 1;

const ENABLE: &str = include_str!("enable.sh");

/// Compares a service with what is wanted.
pub fn plan(args: &Args, daemon: &Daemon) -> Result<Plan, Failure> {
    let mut known = daemon.known;
    let mut changes = Vec::new();
    let mut warnings = match daemon.tools {
        Tools::OpenRc { .. } | Tools::None => Vec::new(),
        Tools::Rc { .. } => unused(args, "bsdinit"),
        Tools::SysV { .. } => unused(args, "sysvinit"),
    };
    if let Some(wanted) = args.enabled.filter(|wanted| daemon.enabled != Some(*wanted)) {
        known.enabled = Some(wanted);
        changes.push(enable(args, daemon, wanted)?.effect(known.effect(&args.name, "")));
    }
    if let Some((verb, kind)) = action(args, daemon)? {
        known.running = Some(verb != "stop");
        if daemon.crashed && verb == "start" {
            let words = spoken(args, daemon, "zap")?;
            let change = Change::new(Op::Run(command(&words)), format!("zap {}", args.name));
            changes.push(change.kind(ChangeKind::Prelude));
        }
        let proof = if verb == "restart" { daemon.proof.as_str() } else { "" };
        let change = act(args, daemon, verb)?.kind(kind).risk(risk(&args.name, verb));
        changes.push(change.effect(known.effect(&args.name, proof)));
        if daemon.running.is_none() && verb == "start" {
            let name = &args.name;
            warnings
                .push(format!("{name} cannot tell whether it runs, so it is started each time"));
        }
    }
    let mut plan = Plan::of(changes);
    plan.warnings = warnings;
    let later = |why: &String| format!("there is no service {} yet: {why}", args.name);
    plan.uncertain = daemon.later.as_ref().map(later);
    Ok(plan)
}

/// Warnings about arguments that this manager has no use for.
pub fn unused(args: &Args, manager: &str) -> Vec<String> {
    let systemd = manager == "systemd";
    let given = [
        ("pattern", systemd && args.pattern.is_some()),
        ("runlevel", args.runlevel != "default"),
        ("sleep", systemd && args.sleep.is_some()),
        ("arguments", systemd && !args.arguments.is_empty()),
    ];
    let warn = |name: &str| format!("Ignoring \"{name}\" as it is not used in \"{manager}\"");
    given.iter().filter(|(_, on)| *on).map(|(name, _)| warn(name)).collect()
}

/// What to do so that it runs or not, and how that counts.
fn action(args: &Args, daemon: &Daemon) -> Result<Option<(&'static str, ChangeKind)>, Failure> {
    let Some(wanted) = args.state else { return Ok(None) };
    Ok(match (wanted, daemon.running) {
        (Wanted::Started, Some(true)) | (Wanted::Stopped, Some(false)) => None,
        (Wanted::Started | Wanted::Reloaded, Some(false)) => Some(("start", ChangeKind::Plain)),
        (Wanted::Started, None) => Some(("start", ChangeKind::Act)),
        (Wanted::Stopped, Some(true)) => Some(("stop", ChangeKind::Plain)),
        (Wanted::Stopped, None) => {
            let text = format!("{} cannot tell whether it runs", args.name);
            return Err(Failure::new(text).with("stdout", daemon.unknown.as_str()));
        }
        (Wanted::Restarted, _) => Some(("restart", ChangeKind::Act)),
        (Wanted::Reloaded, _) => Some(("reload", ChangeKind::Act)),
    })
}

fn command(words: &[String]) -> Command {
    shell(quote::words(words))
}

fn shell(text: String) -> Command {
    // What these tools say is read.
    let env = vec![("LC_ALL".to_string(), "C".to_string())];
    Command { env, ..Command::shell(text) }
}

/// The words that tell a service's manager to do this.
fn spoken(args: &Args, daemon: &Daemon, verb: &str) -> Result<Vec<String>, Failure> {
    let extra = words(&args.arguments)?;
    let (name, verb) = (args.name.clone(), verb.to_string());
    Ok(match &daemon.tools {
        Tools::Rc { service, .. } => {
            let mut words = vec![service.clone()];
            words.extend(extra);
            // Without `one` nothing is done where the service is not enabled, and the code is 0.
            words.extend([name, format!("one{verb}")]);
            words
        }
        Tools::SysV { service, .. } => service.iter().cloned().chain([verb]).chain(extra).collect(),
        Tools::OpenRc { service, .. } => {
            [service.clone(), name, verb].into_iter().chain(extra).collect()
        }
        Tools::None => vec!["service".to_string(), name, verb],
    })
}

/// Starts, stops, restarts or reloads it, and gives it a moment.
fn act(args: &Args, daemon: &Daemon, verb: &str) -> Result<Change, Failure> {
    let said = |verb: &str| spoken(args, daemon, verb).map(quote::words);
    let pause = args.sleep.unwrap_or(0).max(0);
    let rc = matches!(daemon.tools, Tools::Rc { .. });
    let apart = match daemon.tools {
        Tools::SysV { .. } => true, // not every script knows how to restart
        _ => !rc && args.sleep.is_some(),
    };
    let mut text = if verb == "restart" && apart {
        // A service that does not run cannot be stopped.
        format!("{} || :\nsleep {pause}\n{} || exit", said("stop")?, said("start")?)
    } else {
        format!("{} || exit", said(verb)?)
    };
    let comes = if matches!(verb, "start" | "restart") { MOMENT } else { 0 };
    let wait = if rc { comes.max(pause) } else { comes };
    if wait > 0 {
        text.push_str(&format!("\nsleep {wait}"));
    }
    Ok(Change::new(Op::Run(shell(text)), format!("{verb} {}", args.name)))
}

fn enable(args: &Args, daemon: &Daemon, wanted: bool) -> Result<Change, Failure> {
    let name = args.name.clone();
    let verb = if wanted { "enable" } else { "disable" };
    let words: Vec<String> = match &daemon.tools {
        Tools::Rc { service, sysrc, rcvar } => {
            let (variable, alone) = rcvar.clone().unwrap_or_default();
            let setting = format!("{variable}={}", if wanted { "YES" } else { "NO" });
            let alone = if alone { "1" } else { "0" };
            let sysrc = sysrc.clone().unwrap_or_default();
            let fixed =
                ["/bin/sh", "-c", ENABLE, "tank", service, &name, verb, alone, &sysrc, &setting];
            let extra = self::words(&args.arguments)?;
            fixed.map(str::to_string).into_iter().chain(extra).collect()
        }
        Tools::OpenRc { update: Some(update), .. } => {
            let verb = if wanted { "add" } else { "delete" };
            vec![update.clone(), verb.to_string(), name, args.runlevel.clone()]
        }
        Tools::SysV { enabler: Some(enabler), .. } => enabled_by(enabler, name, wanted),
        Tools::None => vec!["service".to_string(), name, verb.to_string()],
        Tools::OpenRc { .. } | Tools::SysV { .. } => {
            return Err(Failure::new(format!(
                "cannot detect command to enable service {name}, typo or init system potentially unknown"
            )));
        }
    };
    Ok(Change::new(Op::Run(command(&words)), format!("{verb} {}", args.name)))
}

fn enabled_by(enabler: &Enabler, name: String, wanted: bool) -> Vec<String> {
    let verb = if wanted { "enable" } else { "disable" }.to_string();
    match enabler {
        Enabler::ChkConfig(path) => {
            vec![path.clone(), name, if wanted { "on" } else { "off" }.to_string()]
        }
        Enabler::UpdateRc(path, true) => vec![path.clone(), name, verb],
        // Only a service that has links can be enabled or disabled.
        Enabler::UpdateRc(path, false) => {
            let script = "\"$1\" \"$2\" defaults && \"$1\" \"$2\" \"$3\"";
            let fixed = ["/bin/sh", "-c", script, "tank"].map(str::to_string);
            fixed.into_iter().chain([path.clone(), name, verb]).collect()
        }
    }
}

/// What a change does: the first word of its name.
fn verb(change: &Change) -> &str {
    change.why.split(' ').next().unwrap_or_default()
}

/// Whether the second look shows a change's outcome.
pub fn verify(args: &Args, change: &Change, after: &Daemon) -> Result<(), String> {
    let runs = after.running != Some(false) || after.passing;
    match verb(change) {
        "enable" | "disable" if after.enabled != args.enabled => {
            let what = matches!(after.tools, Tools::Rc { .. });
            let text = "unable to set rcvar: sysrc did not change value";
            Err(if what { text.to_string() } else { format!("it is not {}d", verb(change)) })
        }
        "start" | "restart" | "reload" if !runs => Err("it does not run".to_string()),
        "stop" if after.running == Some(true) => Err("it still runs".to_string()),
        "restart" => {
            let old = foretold::proof(change);
            // Where no process is named, the code of the script is all there is.
            let same = !old.is_empty() && old == after.proof;
            if same { Err("the same process runs as before".to_string()) } else { Ok(()) }
        }
        _ => Ok(()),
    }
}

/// Ansible's words for a command that failed: what it said.
pub fn explain(args: &Args, ran: &Ran) -> Option<Failure> {
    let (rc, out, err) = (ran.answer.rc, ran.answer.text(), ran.answer.error_text());
    if rc == 0 {
        return None;
    }
    let name = &args.name;
    match verb(&ran.change) {
        verb @ ("enable" | "disable") => Some(Failure::new(if err.trim().is_empty() {
            format!("Failure for {verb} {name}: rc={rc} {out}")
        } else {
            format!("Error when trying to {verb} {name}: rc={rc} {err}")
        })),
        _ if !err.trim().is_empty() => Some(Failure::new(err)),
        _ if !out.trim().is_empty() => Some(Failure::new(out)),
        _ => None,
    }
}

/// The words of a text as a shell splits them, without expansions.
pub fn words(text: &str) -> Result<Vec<String>, Failure> {
    let (mut words, mut word, mut open) = (Vec::new(), None::<String>, None::<char>);
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (open, c) {
            (Some(quote), c) if c == quote => open = None,
            (None, '\'' | '"') => {
                open = Some(c);
                word.get_or_insert_default();
            }
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            (None | Some('"'), '\\') => word.get_or_insert_default().extend(chars.next()),
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    if open.is_some() {
        return Err(Failure::new(format!("no closing quotation in the arguments: {text}")));
    }
    Ok(words)
}
