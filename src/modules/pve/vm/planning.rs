//! From what is there of a machine to what is wanted.

use super::args::{Args, Wanted, is_disk};
use super::edits::{Edits, Settings};
use super::property::{Disk, Family, devices, overlap};
use super::seen::{KIND, Seen};
use crate::modules::pve::api;
use crate::spec::{Change, ChangeKind, Ctx, Diff, Effect, Failure, Op, Plan, Risk, Then};

/// One call of qm.
fn qm(id: i64, verb: &str, more: &[String], why: String) -> Change {
    let mut words = vec!["qm".to_string(), verb.to_string(), id.to_string()];
    words.extend(more.iter().cloned());
    api::run(&words, why).lock("pve")
}

/// The same with keys: they are read from a file.
fn with_keys(change: Change, keys: Option<&String>) -> Change {
    let (Op::Run(command), Some(keys)) = (&change.op, keys) else { return change };
    let words = api::quoted(&command.argv);
    let text = format!(
        "f=$(mktemp) || exit 1\ncat >\"$f\"\n{words} --sshkeys \"$f\"\nrc=$?\nrm -f \"$f\"\nexit \"$rc\"\n"
    );
    let mut new = api::shell(text, change.why.clone());
    if let Op::Run(command) = &mut new.op {
        command.stdin = Some(format!("{}\n", keys.trim_end()).into());
    }
    Change { op: new.op, ..change }
}

fn words(settings: &Settings) -> Vec<String> {
    let all = settings.iter().filter(|(name, _)| *name != "sshkeys");
    all.flat_map(|(name, value)| [format!("--{name}"), value.clone()]).collect()
}

fn becomes(id: i64, state: &str) -> Effect {
    Effect::Thing(KIND, id.to_string(), Some(state.into()))
}

/// The plan.
///
/// # Errors
/// What is in the way.
pub fn plan(args: &Args, seen: &Seen, _: Ctx<'_>) -> Result<Plan, Failure> {
    if args.state == Wanted::Absent {
        return absent(args, seen);
    }
    let wanted = args.settings()?;
    around(args, &wanted, seen)?;
    if !seen.there {
        return new(args, &wanted, seen);
    }
    let mut plan = Plan::ok();
    let mut changes = Vec::new();
    let edits = match args.update && !seen.predicted {
        true => Edits::of(args, &wanted, &seen.config)?,
        false => Edits::default(),
    };
    if !edits.is_empty() {
        free(seen)?;
        plan.diff.push(difference(seen, &edits));
        changes.extend(edited(&edits, seen));
    }
    changes.extend(run(args, seen, &edits)?);
    plan.parts = Plan::of(changes).parts;
    if seen.predicted {
        plan.uncertain = Some(format!("the machine {} is only predicted", seen.id));
    }
    if !seen.pending.is_empty() && args.state != Wanted::Restarted {
        let text =
            format!("{} wait(s) for a restart of the machine {}", seen.pending.join(", "), seen.id);
        plan.warnings.push(text);
    }
    Ok(plan)
}

/// What must be around it: bridges, and devices that nobody else has.
fn around(args: &Args, wanted: &Settings, seen: &Seen) -> Result<(), Failure> {
    if let Some(bridge) = seen.missing.first() {
        return Err(Failure::new(format!(
            "there is no bridge {bridge} on the node {}",
            seen.cluster.node
        )));
    }
    let own = wanted.iter().filter(|(name, _)| Family::of(name) == Family::Pci);
    for (name, text) in own {
        for device in devices(text) {
            let other = seen.taken.iter().find(|(_, taken)| overlap(&device, taken));
            if let Some((machine, _)) = other {
                let text = format!("{name}: the machine {machine} has {device} too");
                return Err(Failure::new(text));
            }
        }
    }
    let disks = wanted.iter().filter(|(name, _)| is_disk(name));
    for (name, text) in disks.filter(|(name, _)| !seen.config.contains_key(*name)) {
        let disk = Disk::of(text);
        let Some((storage, _)) = disk.volume.split_once(':') else { continue };
        if !storage.starts_with('/') && !seen.storages.iter().any(|one| one == storage) {
            let text = format!(
                "{name}: the node {} does not reach a storage {storage}",
                seen.cluster.node
            );
            return Err(Failure::new(text));
        }
    }
    if let Some(storage) =
        args.storage.as_ref().filter(|one| !seen.there && !seen.storages.contains(one))
    {
        let text = format!("the node {} does not reach a storage {storage}", seen.cluster.node);
        return Err(Failure::new(text));
    }
    Ok(())
}

fn free(seen: &Seen) -> Result<(), Failure> {
    match seen.lock.is_empty() {
        true => Ok(()),
        false => Err(Failure::new(format!(
            "the machine {} is locked ({}): another task works on it, or one ended badly",
            seen.id, seen.lock
        ))),
    }
}

fn new(args: &Args, wanted: &Settings, seen: &Seen) -> Result<Plan, Failure> {
    let name = args.name.clone().ok_or_else(|| Failure::new("a new machine needs a name"))?;
    let Some(source) = &args.clone else {
        let why = format!("make the machine {}", seen.id);
        let change = qm(seen.id, "create", &words(wanted), why);
        let change = with_keys(change, wanted.get("sshkeys"));
        let change = change.risk(Risk::Medium).effect(becomes(seen.id, "stopped"));
        let mut changes = vec![change];
        let made = Seen { there: true, ..seen.clone() };
        changes.extend(run(args, &made, &Edits::default())?);
        let edits = Edits { set: wanted.clone(), ..Edits::default() };
        return Ok(Plan::of(changes).diff(difference(seen, &edits)));
    };
    let found = seen.cluster.named(source);
    let found =
        found.ok_or_else(|| Failure::new(format!("there is no machine {source} to copy")))?;
    let template = api::number(found, "template") == Some(1);
    if !args.full && !template {
        return Err(Failure::new(format!(
            "a linked copy needs a template, and {source} is none: full: true"
        )));
    }
    if !api::text(found, "lock").is_empty() {
        return Err(Failure::new(format!(
            "the machine {source} is locked ({})",
            api::text(found, "lock")
        )));
    }
    let id = api::text(found, "vmid");
    let mut words =
        vec!["qm".into(), "clone".into(), id.clone(), seen.id.to_string(), "--name".into(), name];
    words.extend(["--full".to_string(), if args.full { "1" } else { "0" }.to_string()]);
    for (option, value) in [("--storage", &args.storage), ("--snapname", &args.snapname)] {
        words.extend(value.iter().flat_map(|value| [option.to_string(), value.clone()]));
    }
    let why = format!("copy the machine {id} to {}", seen.id);
    let change = api::run(&words, why).lock("pve").risk(Risk::Medium);
    let mut plan = Plan::of(vec![change.effect(becomes(seen.id, "stopped"))]);
    let devices: Vec<&str> =
        seen.taken.iter().filter(|(one, _)| *one == id).map(|(_, dev)| dev.as_str()).collect();
    if !devices.is_empty() && !wanted.keys().any(|name| name.starts_with("hostpci")) {
        plan.warnings
            .push(format!("the copy has {} of {id} too: delete or replace it", devices.join(", ")));
    }
    plan.then = Then::LookAgain;
    Ok(plan)
}

fn edited(edits: &Edits, seen: &Seen) -> Vec<Change> {
    let mut changes = Vec::new();
    let mut more = words(&edits.set);
    if !edits.delete.is_empty() {
        more.extend(["--delete".to_string(), edits.delete.join(",")]);
    }
    let keys = edits.set.get("sshkeys");
    if !more.is_empty() || keys.is_some() {
        if let Some(digest) = seen.config.get("digest") {
            more.extend(["--digest".to_string(), digest.clone()]);
        }
        let change = qm(seen.id, "set", &more, format!("set up the machine {}", seen.id));
        changes.push(with_keys(change, keys).risk(edits.risk()));
    }
    for (disk, size) in &edits.grow {
        // KiB, so that no digit is lost.
        let words = [disk.clone(), format!("{}K", size / 1024)];
        let change =
            qm(seen.id, "resize", &words, format!("grow {disk} of the machine {}", seen.id));
        changes.push(change.risk(Risk::Medium));
    }
    changes
}

fn difference(seen: &Seen, edits: &Edits) -> Diff {
    let names = edits.set.keys().chain(edits.grow.keys()).chain(&edits.delete);
    let names: std::collections::BTreeSet<&String> = names.collect();
    let mut before = String::new();
    let mut after = String::new();
    for name in names {
        if let Some(now) = seen.config.get(name) {
            before += &format!("{name}: {now}\n");
        }
        if let Some(text) = edits.set.get(name) {
            after += &format!("{name}: {}\n", text.trim_end());
        }
        if let Some(size) = edits.grow.get(name) {
            after += &format!("{name}: {size} bytes\n");
        }
    }
    let header = Some(format!("machine {}", seen.id));
    Diff {
        before: Some(before.into()),
        after: Some(after.into()),
        before_header: header.clone(),
        after_header: header,
        ..Diff::default()
    }
}

/// What starts or stops it.
fn run(args: &Args, seen: &Seen, edits: &Edits) -> Result<Option<Change>, Failure> {
    let (id, seconds) = (seen.id, args.timeout.to_string());
    let template = seen.config.get("template").is_some_and(|value| value == "1");
    let limit = ["--timeout".to_string(), seconds];
    let change = match (args.state, seen.running) {
        (Wanted::Started, false) | (Wanted::Restarted, false) => {
            let change = qm(id, "start", &limit, format!("start the machine {id}"));
            change.effect(becomes(id, "running")).risk(Risk::Medium)
        }
        (Wanted::Restarted, true) => {
            let change = qm(id, "reboot", &limit, format!("restart the machine {id}"));
            change.kind(ChangeKind::Act).risk(Risk::High)
        }
        (Wanted::Stopped, true) => {
            let mut words = limit.to_vec();
            if args.force {
                words.extend(["--forceStop".to_string(), "1".to_string()]);
            }
            let change = qm(id, "shutdown", &words, format!("stop the machine {id}"));
            change.effect(becomes(id, "stopped")).risk(Risk::High)
        }
        (Wanted::Template, running) if !template => {
            if running {
                return Err(Failure::new(format!(
                    "the machine {id} runs: it cannot become a template"
                )));
            }
            qm(id, "template", &[], format!("make a template of the machine {id}")).risk(Risk::High)
        }
        _ => return Ok(None),
    };
    free(seen)?;
    if template {
        return Err(Failure::new(format!("{id} is a template: it cannot be started")));
    }
    if seen.managed && args.state != Wanted::Template {
        return Err(Failure::new(format!(
            "the machine {id} is managed by HA: ha-manager starts and stops it"
        )));
    }
    if edits.set.keys().any(|name| name.starts_with("hostpci")) && seen.running {
        return Err(Failure::new(format!(
            "the machine {id} runs: stop it before its devices change"
        )));
    }
    Ok(Some(change))
}

fn absent(args: &Args, seen: &Seen) -> Result<Plan, Failure> {
    if !seen.there {
        return Ok(Plan::ok());
    }
    let id = seen.id;
    let name = seen.config.get("name").map_or("", String::as_str);
    if args.name.as_deref().is_some_and(|wanted| wanted != name && !seen.predicted) {
        return Err(Failure::new(format!(
            "the machine {id} is called '{name}': it is not removed"
        )));
    }
    free(seen)?;
    if seen.config.get("protection").is_some_and(|value| value == "1") {
        return Err(Failure::new(format!("the machine {id} is protected: it is not removed")));
    }
    if seen.running && !args.force {
        return Err(Failure::new(format!(
            "the machine {id} runs: it is removed only when it is stopped, or by force"
        )));
    }
    let mut changes = Vec::new();
    if seen.running {
        let stop = qm(id, "stop", &[], format!("turn the machine {id} off"));
        changes.push(stop.risk(Risk::High).effect(becomes(id, "stopped")));
    }
    let mut words = Vec::new();
    for (option, on) in
        [("--purge", args.purge), ("--destroy-unreferenced-disks", args.destroy_unreferenced_disks)]
    {
        words.extend([option.to_string(), if on { "1" } else { "0" }.to_string()]);
    }
    let gone = Effect::Thing(KIND, id.to_string(), None);
    let change = qm(id, "destroy", &words, format!("destroy the machine {id} and its disks"));
    changes.push(change.risk(Risk::Critical).effect(gone));
    let disks: String = seen
        .config
        .iter()
        .filter(|(name, _)| is_disk(name))
        .map(|(k, v)| format!("{k}: {v}\n"))
        .collect();
    let diff = Diff {
        before: Some(format!("name: {name}\n{disks}").into()),
        after: Some("".into()),
        ..Diff::default()
    };
    Ok(Plan::of(changes).diff(diff))
}

/// Whether a change is seen done.
///
/// # Errors
/// What is wrong.
pub fn verify(args: &Args, change: &Change, after: &Seen) -> Result<(), String> {
    for effect in &change.effects {
        let Effect::Thing(KIND, _, state) = effect else { continue };
        match state.as_ref().map(|state| state.text()) {
            None if after.there => return Err("it is still there".to_string()),
            Some(_) if !after.there && args.state != Wanted::Absent => {
                return Err("it is not there".to_string());
            }
            Some(state) if state == "running" && !after.running => {
                return Err("it does not run".to_string());
            }
            _ => {}
        }
    }
    let Op::Run(command) = &change.op else { return Ok(()) };
    let verb = command.argv.get(1).map_or("", String::as_str);
    match verb {
        "shutdown" if after.running => Err("it still runs".to_string()),
        "template" if after.config.get("template").is_none_or(|value| value != "1") => {
            Err("it is no template".to_string())
        }
        "reboot" if !after.running => Err("it does not run".to_string()),
        "set" | "create" | "resize" | "" => settled(args, after),
        _ => Ok(()),
    }
}

fn settled(args: &Args, after: &Seen) -> Result<(), String> {
    let wanted = args.settings().map_err(|failure| failure.msg)?;
    let edits = Edits::of(args, &wanted, &after.config).map_err(|failure| failure.msg)?;
    let left: Vec<&String> =
        edits.set.keys().chain(edits.grow.keys()).chain(&edits.delete).collect();
    match left.first() {
        None => Ok(()),
        Some(name) => Err(format!("its {name} is not as it was set")),
    }
}
