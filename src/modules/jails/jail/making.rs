//! A jail that is not there yet: what is refused before bastille runs, and its words.

use super::super::bastille::{Bastille, check_name};
use super::super::conf::bare;
use super::seen::Seen;
use super::{Args, Make, Vnet, Wanted, act, again};
use crate::spec::{Change, Ctx, Failure, Plan, Risk};
use std::net::IpAddr;

/// Words that stand for an address.
const ASKED: [&str; 2] = ["DHCP", "SYNCDHCP"];
/// Parameters that have arguments of their own, or that Bastille needs as they are.
const OWN: [&str; 9] = [
    "ip4.addr",
    "ip6.addr",
    "jid",
    "mount.fstab",
    "name",
    "path",
    "vnet",
    "vnet.interface",
    "exec.consolelog",
];

/// Refuses what could not be meant, before anything is asked.
pub fn check(args: &Args) -> Result<(), Failure> {
    check_name(&args.name)?;
    let vnet = args.vnet.is_some_and(|vnet| vnet != Vnet::None);
    if vnet && args.name.contains(['-', '_']) {
        let text =
            format!("'{}': a jail with a network of its own has no - or _ in its name", args.name);
        return Err(Failure::new(text));
    }
    args.ip.iter().try_for_each(|ip| address(ip, vnet))?;
    if vnet && args.ip.len() > 1 {
        return Err(Failure::new("a jail with a network of its own is made with one address"));
    }
    let only_vnet = [
        ("gateway", args.gateway.is_some()),
        ("static_mac", args.static_mac),
        ("vlan", args.vlan.is_some()),
    ];
    if let Some((name, _)) = only_vnet.iter().find(|(_, given)| *given && !vnet) {
        return Err(Failure::new(format!(
            "{name} is for a jail with a network of its own: set vnet"
        )));
    }
    words(args)?;
    for name in args.properties.0.keys().map(ToString::to_string) {
        let letter = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_');
        if OWN.contains(&name.as_str()) || name.is_empty() || !name.chars().all(letter) {
            return Err(Failure::new(format!("'{name}' cannot be set by properties")));
        }
    }
    Ok(())
}

/// Refuses words that would be other words to bastille, or other lines of its files.
fn words(args: &Args) -> Result<(), Failure> {
    let letter = |c: char| c.is_ascii_alphanumeric() || "._:-".contains(c);
    let odd = |word: &&str| word.is_empty() || word.starts_with('-') || !word.chars().all(letter);
    let one = |name: &'static str, value: &Option<String>| value.clone().map(|value| (name, value));
    let list = |name: &'static str, items: &[String]| {
        items.iter().map(|item| (name, item.clone())).collect::<Vec<_>>()
    };
    let mut all = list("nameserver", &args.nameserver);
    all.extend(list("tags", args.tags.as_deref().unwrap_or_default()));
    all.extend(one("release", &args.release));
    all.extend(one("interface", &args.interface));
    all.extend(one("gateway", &args.gateway));
    if let Some((name, value)) = all.iter().find(|(_, value)| odd(&value.as_str())) {
        return Err(Failure::new(format!("invalid value of {name}: '{value}'")));
    }
    let jails = args.depend.iter().flatten().chain(&args.clone_from);
    jails.into_iter().try_for_each(|jail| check_name(jail))
}

/// An address with or without a prefix length: bastille takes `/40` and drops it (F-68).
fn address(text: &str, vnet: bool) -> Result<(), Failure> {
    if vnet && ASKED.contains(&text) {
        return Ok(());
    }
    let (address, prefix) = text.split_once('/').map_or((text, None), |(a, p)| (a, Some(p)));
    let wrong = || Failure::new(format!("invalid address: '{text}'"));
    let address: IpAddr = address.parse().map_err(|_| wrong())?;
    let most = if address.is_ipv4() { 32 } else { 128 };
    match prefix.map(str::parse::<u8>) {
        None => Ok(()),
        Some(Ok(prefix)) if prefix <= most => Ok(()),
        _ => Err(Failure::new(format!("invalid prefix length: '{text}'"))),
    }
}

/// What is to be done.
pub fn plan(args: &Args, seen: &Seen, ctx: Ctx<'_>) -> Result<Plan, Failure> {
    if !seen.all.there {
        return Err(Failure::new("bastille is not installed").missing());
    }
    refuse(args, seen)?;
    let (words, uncertain) = match &args.clone_from {
        Some(source) => copied(args, seen, source)?,
        None => made(args, seen, ctx)?,
    };
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let empty = args.make == Some(Make::Empty);
    if empty && matches!(args.state, Wanted::Started | Wanted::Restarted) {
        return Err(Failure::new(
            "an empty jail cannot be started before something is in it: set state to present",
        ));
    }
    let comes_up = !empty && args.clone_from.is_none();
    let mut changes = vec![act(args, seen, "free", if comes_up { "up" } else { "made" }, &words)];
    let stop = || act(args, seen, "there", "down", &["stop", &args.name]);
    let quiet = args.ip.len() > 1 || !args.properties.0.is_empty();
    let wanted_up = matches!(args.state, Wanted::Started | Wanted::Restarted) && !empty;
    if comes_up && (args.state == Wanted::Stopped || quiet && wanted_up) {
        // That it came up is seen by what makes it: the second look finds it stopped.
        let down = stop();
        changes.iter_mut().for_each(|change| change.effects.clone_from(&down.effects));
        changes.push(down);
    }
    let settings = args.boot.is_some()
        || args.priority.is_some()
        || args.depend.is_some()
        || args.tags.is_some();
    let more = quiet || settings || wanted_up && !comes_up;
    let plan = if more { again(changes) } else { Plan::of(changes) };
    Ok(Plan { uncertain, ..plan })
}

fn refuse(args: &Args, seen: &Seen) -> Result<(), Failure> {
    let (all, name) = (&seen.all, &args.name);
    if seen.half {
        let path = format!("{}/{name}", all.jails_dir());
        let text = format!(
            "{path} is there without a jail.conf: what is left of a jail must be removed first"
        );
        return Err(Failure::new(text));
    }
    let tagged = all.jails.iter().find(|jail| jail.tags.contains(name));
    if let Some(jail) = tagged {
        let text =
            format!("{} has the tag {name}: bastille would take the one for the other", jail.name);
        return Err(Failure::new(text));
    }
    if args.vnet.is_none_or(|vnet| vnet == Vnet::None) {
        args.ip.iter().try_for_each(|ip| free(args, seen, ip))?;
    }
    let both = ["bastille_network_loopback", "bastille_network_shared"];
    if both.iter().all(|name| !all.value(name).is_empty()) {
        let text =
            "Bastille's configuration sets a loopback and a shared interface: one must be empty";
        return Err(Failure::new(text));
    }
    Ok(())
}

/// That nobody has an address: bastille only warns, and the first of two jails to stop takes it from the other (F-62, F-68).
pub fn free(args: &Args, seen: &Seen, ip: &str) -> Result<(), Failure> {
    let address = bare(ip);
    if let Some(owner) = seen.all.owner_of(address, &args.name) {
        return Err(Failure::new(format!("{address} is the jail {owner}'s")));
    }
    let own = seen.all.running_of(&args.name);
    let mine = own.is_some_and(|jail| jail.addresses.iter().any(|known| known == address));
    if !mine && seen.addresses.iter().any(|known| known == address) {
        return Err(Failure::new(format!("{address} is the host's own")));
    }
    Ok(())
}

type Words = (Vec<String>, Option<String>);

/// Bastille's words for a new one, and why it is not certain.
fn made(args: &Args, seen: &Seen, ctx: Ctx<'_>) -> Result<Words, Failure> {
    let make = args.make.unwrap_or(Make::Thin);
    let mut words = vec!["create".to_string()];
    if make == Make::Empty {
        words.extend(["-E".to_string(), args.name.clone()]);
        return Ok((words, None));
    }
    let release = args.release.clone().unwrap_or_default();
    let uncertain = bootstrapped(args, seen, &release, ctx)?;
    if make == Make::Clone && !seen.all.on_zfs() {
        // F-68: it quietly makes a thick copy.
        return Err(Failure::new("a jail that is a clone needs bastille_zfs_enable=YES"));
    }
    let mut flag = |on: bool, flag: &str| words.extend(on.then(|| flag.to_string()));
    flag(make == Make::Thick, "-T");
    flag(make == Make::Clone, "-C");
    flag(args.vnet == Some(Vnet::Standard), "-V");
    flag(args.vnet == Some(Vnet::Bridge), "-B");
    flag(args.vnet == Some(Vnet::Passthrough), "-P");
    flag(args.static_mac, "-M");
    let mut pair = |flag: &str, value: Option<String>| {
        words.extend(value.into_iter().flat_map(|value| [flag.to_string(), value]));
    };
    pair("-g", args.gateway.clone());
    pair("-v", args.vlan.map(|vlan| vlan.to_string()));
    pair("-n", Some(args.nameserver.join(",")).filter(|servers| !servers.is_empty()));
    let ip = args.ip.first().ok_or_else(|| Failure::new("ip is needed to make a jail"))?;
    words.extend([args.name.clone(), release, ip.clone()]);
    words.extend(args.interface.clone());
    Ok((words, uncertain))
}

/// That the release is there; why it is not certain.
fn bootstrapped(
    args: &Args,
    seen: &Seen,
    release: &str,
    ctx: Ctx<'_>,
) -> Result<Option<String>, Failure> {
    if release.is_empty() {
        return Err(Failure::new(format!("release is needed to make the jail {}", args.name)));
    }
    let coming = ctx.world.thing(super::super::bastille::RELEASE, release);
    match (seen.release, coming) {
        (Some(true), None | Some(Some(_))) => Ok(None),
        (_, Some(Some(_))) => Ok(Some(format!("{release} is not bootstrapped yet"))),
        _ => Err(Failure::new(format!("{release} must be bootstrapped first")).missing()),
    }
}

/// Bastille's words for a copy.
fn copied(args: &Args, seen: &Seen, source: &str) -> Result<Words, Failure> {
    seen.all.needs(source)?;
    let runs = seen.all.running_of(source).is_some();
    if runs && !args.force {
        let text = format!("{source} runs: it is stopped while it is copied, with force");
        return Err(Failure::new(text));
    }
    let ip = args.ip.first().ok_or_else(|| Failure::new("ip is needed to copy a jail"))?;
    let auto = runs.then_some("-a");
    let words = ["clone"].into_iter().chain(auto).chain([source, &args.name, ip]);
    Ok((words.map(str::to_string).collect(), None))
}

/// Jails that would stop with this one.
pub fn stops_others(args: &Args, all: &Bastille) -> Result<(), Failure> {
    let others: Vec<&str> = all
        .dependents(&args.name)
        .into_iter()
        .filter(|name| all.running_of(name).is_some())
        .collect();
    if others.is_empty() || args.force {
        return Ok(());
    }
    let text =
        format!("{} depend on {} and would be stopped too: force", others.join(", "), args.name);
    Err(Failure::new(text))
}

/// The risk of a change that loses what is in the jail.
pub fn lost(change: Change) -> Change {
    change.risk(Risk::Critical)
}
