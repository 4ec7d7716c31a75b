//! A jail that is there: compared, and changed in its files where that can be.

use super::super::bastille::{Kept as Jail, tags};
use super::super::conf::{self, bare};
use super::super::params;
use super::making::{free, stops_others};
use super::seen::{Seen, release, vnet};
use super::{Args, Make, Wanted, act};
use crate::modules::services::sysrc::Conf;
use crate::spec::{Change, Ctx, Diff, Effect, Failure, Op, Plan};

/// What is to be done.
pub fn plan(args: &Args, seen: &Seen, jail: &Jail, ctx: Ctx<'_>) -> Result<Plan, Failure> {
    same(args, seen, jail)?;
    let (mut changes, diff) = files(args, seen, jail, ctx)?;
    let conf = seen.named(&args.name, "jail.conf")?;
    let live = changes.iter().any(|change| writes(change, &conf.path));
    changes.extend(state(args, seen, live)?);
    let mut plan = Plan::of(changes);
    plan.diff = diff;
    plan.uncertain = seen.files.iter().find_map(|file| file.uncertain.clone());
    Ok(plan)
}

/// Whether a plan changed what a running jail takes when it starts, and left it running.
pub fn waits(plan: &Plan, before: &Seen, after: &Seen, args: &Args) -> bool {
    let path = before.all.file(&args.name, "jail.conf");
    let jid = |seen: &Seen| seen.all.running_of(&args.name).map(|jail| jail.jid.clone());
    let same = jid(before).is_some() && jid(before) == jid(after);
    same && plan.changes().any(|change| writes(change, &path))
}

fn writes(change: &Change, path: &str) -> bool {
    matches!(&change.op, Op::WriteFile(file) if file.path == path)
}

/// Refuses what only a new jail could have.
fn same(args: &Args, seen: &Seen, jail: &Jail) -> Result<(), Failure> {
    let anew = |what: &str, has: &str, wanted: &str| {
        let name = &args.name;
        let text =
            format!("{name} must be made anew to be changed so: its {what} is {has}, not {wanted}");
        Err(Failure::new(text))
    };
    if let (Some(wanted), Some(has)) = (&args.release, release(jail))
        && *wanted != has
    {
        return anew("release", &has, wanted);
    }
    let make = seen.make(jail);
    if let Some(wanted) = args.make.filter(|wanted| *wanted != make && args.clone_from.is_none()) {
        // F-67: an empty jail that was filled looks like a thick one.
        if !(wanted == Make::Empty && make == Make::Thick) {
            return anew("type", make.word(), wanted.word());
        }
    }
    let vnet = vnet(jail);
    if let Some(wanted) = args.vnet.filter(|wanted| *wanted != vnet) {
        return anew("vnet", vnet.word(), wanted.word());
    }
    Ok(())
}

type Edits = (Vec<Change>, Vec<Diff>);

/// Changes of its files.
fn files(args: &Args, seen: &Seen, jail: &Jail, ctx: Ctx<'_>) -> Result<Edits, Failure> {
    let (mut changes, mut diff) = (Vec::new(), Vec::new());
    let mut write = |name: &str, new: Option<String>, mode: u32| -> Result<(), Failure> {
        let file = seen.named(&args.name, name)?;
        let Some(new) = new.filter(|new| *new != file.text()) else { return Ok(()) };
        diff.push(file.diff(&new, ctx));
        changes.push(file.write(new, mode, format!("change {}", file.path)));
        Ok(())
    };
    write("jail.conf", parameters(args, seen, jail)?, 0o644)?;
    write("settings.conf", settings(args, seen)?, 0o644)?;
    match args.tags.as_ref().map(|wanted| tags(&wanted.join("\n"))) {
        Some(wanted) if wanted == jail.tags => {}
        Some(wanted) if wanted.is_empty() => {
            let file = seen.named(&args.name, "tags")?;
            let op = Op::Remove { path: file.path.clone(), recursive: false };
            let change = Change::new(op, format!("remove {}", file.path));
            changes.push(change.effect(Effect::Path(file.path.clone(), None)));
        }
        Some(wanted) => {
            let file = seen.named(&args.name, "tags")?;
            let new = wanted.join("\n") + "\n";
            diff.push(file.diff(&new, ctx));
            changes.push(file.write(new, 0o644, format!("change {}", file.path)));
        }
        None => {}
    }
    Ok((changes, diff))
}

/// Its jail.conf as it should be.
fn parameters(args: &Args, seen: &Seen, jail: &Jail) -> Result<Option<String>, Failure> {
    let file = seen.named(&args.name, "jail.conf")?;
    let mut text = file.editable()?.to_string();
    let wrong = |why: String| Failure::new(format!("{}: {why}", file.path));
    if !args.ip.is_empty() && !jail.conf.is_vnet() {
        for (name, values) in addresses(args, seen, jail)? {
            text = conf::with(&text, &args.name, name, Some(&values)).map_err(wrong)?;
        }
    }
    text = params::applied(&text, &args.name, &args.properties.0).map_err(wrong)?;
    Ok(Some(text))
}

/// The addresses that differ, by parameter.
fn addresses(
    args: &Args,
    seen: &Seen,
    jail: &Jail,
) -> Result<Vec<(&'static str, Vec<String>)>, Failure> {
    let mut all = Vec::new();
    for (name, v4) in [("ip4.addr", true), ("ip6.addr", false)] {
        let wanted = args.ip.iter().filter(|ip| bare(ip).contains('.') == v4);
        let has = jail.conf.values(name).unwrap_or_default();
        let interface = args.interface.clone().or_else(|| {
            let first = has.first().and_then(|item| item.split_once('|'));
            first.map(|(interface, _)| interface.to_string())
        });
        let lead = interface.map(|interface| interface + "|").unwrap_or_default();
        let new: Vec<String> = wanted.map(|ip| format!("{lead}{ip}")).collect();
        if sorted(&new) == sorted(&has) || plain(args, &new, &has) {
            continue;
        }
        if new.is_empty()
            || has.is_empty() && jail.conf.value(&name[..3]).as_deref() == Some("disable")
        {
            let text = format!(
                "{} must be made anew to have other kinds of addresses ({name})",
                args.name
            );
            return Err(Failure::new(text));
        }
        args.ip.iter().try_for_each(|ip| free(args, seen, ip))?;
        all.push((name, new));
    }
    Ok(all)
}

/// Whether both are the same as far as is asked: without an interface or a prefix length any will do.
fn plain(args: &Args, new: &[String], has: &[String]) -> bool {
    let strip = |items: &[String]| {
        let item = |item: &String| {
            let address = item.rsplit('|').next().unwrap_or_default().to_string();
            let lead = item.split_once('|').filter(|_| args.interface.is_some());
            lead.map(|(lead, _)| format!("{lead}|")).unwrap_or_default() + &address
        };
        items.iter().map(item).collect::<Vec<_>>()
    };
    let whole = |item: &String| item.trim_end_matches("/32").trim_end_matches("/128").to_string();
    let norm = |items: &[String]| sorted(&strip(items).iter().map(whole).collect::<Vec<_>>());
    norm(new) == norm(has)
}

fn sorted(items: &[String]) -> Vec<String> {
    let mut items = items.to_vec();
    items.sort();
    items
}

/// Its settings.conf as it should be.
fn settings(args: &Args, seen: &Seen) -> Result<Option<String>, Failure> {
    let file = seen.named(&args.name, "settings.conf")?;
    let wanted = [
        ("boot", args.boot.map(|boot| if boot { "on" } else { "off" }.to_string())),
        ("priority", args.priority.map(|priority| priority.to_string())),
        ("depend", args.depend.as_ref().map(|jails| jails.join(" "))),
    ];
    let mut text = file.editable()?.as_bytes().to_vec();
    for (name, value) in wanted {
        let Some(value) = value else { continue };
        let wrong = |why: String| Failure::new(format!("{}: {why}", file.path));
        let conf = Conf::parse(&text).map_err(wrong)?;
        if conf.value(name).flatten().as_deref() != Some(value.as_str()) {
            text = conf.set(name, &value);
        }
    }
    Ok(Some(String::from_utf8_lossy(&text).into_owned()))
}

/// Starts, stops or restarts it; `live`: what it takes when it starts was changed.
fn state(args: &Args, seen: &Seen, live: bool) -> Result<Option<Change>, Failure> {
    let name = args.name.as_str();
    let runs = seen.all.running_of(name).is_some();
    let stop_is_meant = || stops_others(args, &seen.all);
    let (then, verb) = match args.state {
        Wanted::Started | Wanted::Restarted if !runs => ("up", "start"),
        Wanted::Restarted => ("anew", "restart"),
        Wanted::Started | Wanted::Present if runs && live && args.restart => ("anew", "restart"),
        Wanted::Stopped if runs => ("down", "stop"),
        _ => return Ok(None),
    };
    if !seen.all.there {
        return Err(Failure::new("bastille is not installed").missing());
    }
    if verb != "start" {
        stop_is_meant()?;
    }
    Ok(Some(act(args, seen, "there", then, &[verb, name])))
}
