//! From what is there of a machine to what is wanted.

use super::running::{self, Running};
use super::{Args, Seen, Wanted, conf};
use crate::base::Value;
use crate::modules::freebsd::rcconf::FILES;
use crate::spec::world::Text;
use crate::spec::{
    Change, ChangeKind, Command, Ctx, Effect, Failure, Input, Op, PathAttrs, PathKind, Plan, Risk,
    Then,
};

/// The plan.
pub fn plan(args: &Args, seen: &Seen, ctx: Ctx<'_>) -> Result<Plan, Failure> {
    if let Some(host) = &seen.locked {
        return Err(Failure::new(format!("{} is locked by {host}", args.name)));
    }
    if args.state == Wanted::Absent {
        return absent(args, seen, ctx);
    }
    if !seen.there() {
        return create(args, seen);
    }
    let mut plan = Plan::ok();
    let mut changes = Vec::new();
    let text = edited(args, seen.file.editable()?)?;
    if text != seen.file.text() {
        plan = plan.diff(seen.file.diff(&text, ctx));
        let why = format!("set up the machine {}", args.name);
        changes.push(seen.file.write(text.clone(), 0o644, why).lock("vm"));
        if seen.running == Running::Yes && args.state != Wanted::Restarted {
            let text = "{} runs: its new settings count once it has been stopped and started";
            plan.warnings.push(text.replace("{}", &args.name));
        }
    }
    let (more, diff) = autostart(args, seen, args.autostart, ctx)?;
    changes.extend(more);
    plan.diff.extend(diff);
    changes.extend(run(args, seen));
    if let Some(warning) = exposed(&text) {
        plan.warnings.push(warning);
    }
    plan.parts = Plan::of(changes).parts;
    plan.uncertain = seen.file.uncertain.clone().or_else(|| seen.rc.uncertain());
    Ok(plan)
}

/// A graphical console listens everywhere unless it is told otherwise.
fn exposed(text: &str) -> Option<String> {
    let on = conf::value(text, "graphics").is_some_and(|value| value.to_lowercase() == "yes");
    let open = conf::value(text, "graphics_listen").is_none_or(|at| at == "0.0.0.0");
    let told = "its graphical console listens on all addresses: set graphics_listen";
    (on && open).then(|| told.to_string())
}

fn edited(args: &Args, text: &str) -> Result<String, Failure> {
    let mut text = text.to_string();
    for (key, value) in args.settings()? {
        match value {
            Some(value) if conf::value(&text, &key).as_deref() != Some(&value) => {
                text = conf::with(&text, &key, &value);
            }
            None => text = conf::without(&text, &key),
            Some(_) => {}
        }
    }
    Ok(text)
}

fn create(args: &Args, seen: &Seen) -> Result<Plan, Failure> {
    if !seen.template.there() {
        let path = &seen.template.path;
        return Err(Failure::new(format!("unable to find template {path}")).missing());
    }
    if seen.running != Running::No {
        let text = "a machine of the name {} runs that vm-bhyve knows nothing of";
        return Err(Failure::new(text.replace("{}", &args.name)));
    }
    let mut words = ["vm", "create", "-t", &args.template].map(str::to_string).to_vec();
    words.extend(args.size.iter().flat_map(|size| ["-s".to_string(), size.clone()]));
    words.push(args.name.clone());
    let op = Op::Run(Command::new(words));
    // Its file is the template's; the settings follow once it is there.
    let input = Input::bytes(seen.template.bytes.clone());
    let attrs = PathAttrs {
        mode: Some(0o644),
        content: Some(Text::of(&input.content, &input.sha1, input.size)),
        ..PathAttrs::new(PathKind::File)
    };
    let change = Change::new(op, format!("make the machine {}", args.name)).lock("vm");
    let change = change.effect(Effect::Path(seen.file.path.clone(), Some(attrs)));
    Ok(Plan { then: Then::LookAgain, ..Plan::of(vec![change]) })
}

fn absent(args: &Args, seen: &Seen, ctx: Ctx<'_>) -> Result<Plan, Failure> {
    let (changes, diff) = autostart(args, seen, Some(false), ctx)?;
    let mut plan = Plan { diff, ..Plan::of(changes) };
    if seen.running == Running::Yes {
        let text = "{} runs: it is stopped first, by the state stopped or poweredoff";
        return Err(Failure::new(text.replace("{}", &args.name)));
    }
    if seen.there() {
        let op = Op::Run(Command::new(["vm", "destroy", "-f", &args.name]));
        let change = Change::new(op, format!("destroy the machine {}", args.name));
        let change = change.lock("vm").risk(Risk::Critical);
        let change = change.effect(Effect::Path(format!("{}/{}", seen.dir, args.name), None));
        plan.parts[0].changes.push(change);
    }
    Ok(plan)
}

/// Whether the host starts it: its place in vm_list.
fn autostart(
    args: &Args,
    seen: &Seen,
    wanted: Option<bool>,
    ctx: Ctx<'_>,
) -> Result<(Vec<Change>, Vec<crate::spec::Diff>), Failure> {
    let list = seen.rc.value("vm_list")?.unwrap_or_default();
    let mut names: Vec<&str> = list.split_whitespace().collect();
    let has = names.contains(&args.name.as_str());
    match wanted {
        Some(true) if !has => names.push(&args.name),
        Some(false) if has => names.retain(|name| *name != args.name),
        _ => return Ok((Vec::new(), Vec::new())),
    }
    let mut rc = seen.rc.clone();
    rc.set("vm_list", &names.join(" "))?;
    Ok(rc.changes("set vm_list", ctx))
}

/// Starts and stops it.
fn run(args: &Args, seen: &Seen) -> Vec<Change> {
    let log = format!("{}/{}/vm-bhyve.log", seen.dir, args.name);
    let limit = args.timeout.to_string();
    let change = |verb: &str, runs: bool, risk: Risk| {
        let words = [verb, "vm", &args.name, &log, &limit];
        let change = running::change(words, format!("{verb} the machine {}", args.name));
        let left = runs.then(|| Value::from(true));
        change.risk(risk).effect(Effect::Thing("vm_running", args.name.clone(), left))
    };
    let start = |kind| change("start", true, Risk::Low).kind(kind);
    match (args.state, seen.running) {
        (Wanted::Running, Running::No | Running::Left) => vec![start(ChangeKind::Plain)],
        (Wanted::Stopped, Running::Yes | Running::Left) => {
            vec![change("stop", false, Risk::Medium)]
        }
        (Wanted::PoweredOff, Running::Yes | Running::Left) => {
            vec![change("poweroff", false, Risk::High)]
        }
        (Wanted::Restarted, Running::Yes) => {
            vec![change("stop", false, Risk::Medium), start(ChangeKind::Act)]
        }
        (Wanted::Restarted, _) => vec![start(ChangeKind::Act)],
        _ => Vec::new(),
    }
}

/// Whether a change is one of the machine's own file.
pub fn edits(change: &Change, seen: &Seen) -> bool {
    matches!(&change.op, Op::WriteFile(file) if !FILES.contains(&file.path.as_str()) && file.path == seen.file.path)
}

/// Whether a command's outcome is there; none of them tells by its code.
pub fn verify(args: &Args, change: &Change, after: &Seen) -> Result<(), String> {
    match &change.op {
        Op::Run(command) if command.argv.get(1).is_some_and(|verb| verb == "create") => {
            match after.there() {
                true => Ok(()),
                false => Err(format!("{} is not there", after.file.path)),
            }
        }
        Op::Run(_) if after.there() => Err("the machine is still there".to_string()),
        Op::Script(_) => match (args.state, after.running) {
            (Wanted::Running | Wanted::Restarted, Running::Yes) => Ok(()),
            (Wanted::Running | Wanted::Restarted, _) => Err("it does not run".to_string()),
            (_, Running::No) => Ok(()),
            _ => Err("it still runs".to_string()),
        },
        _ => Ok(()),
    }
}
