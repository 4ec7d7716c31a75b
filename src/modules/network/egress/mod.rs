//! `nft_egress`: what a guest may reach, by a table of nftables of its own.

mod args;
mod files;
mod listing;
mod planning;
mod rules;
mod seen;
#[cfg(test)]
mod tests;
mod wish;

use crate::base::{Key, Value};
use crate::modules::accounts::Presence;
use crate::modules::told::Told;
use crate::spec::{
    Answer, Change, Ctx, Doc, Example, Failure, Fields, Look, Op, Os, Plan, Probe, Ran,
    ServiceManager, State, Support,
};
use args::{Args, Established, Otherwise, Resolve};
use files::Places;
use planning::Planning;
use seen::{Link, Seen, families};
use wish::Wish;

static DOC: Doc = Doc {
    name: "nft_egress",
    full_names: &[],
    short: "Hold a guest to the addresses and names that it may reach.",
    args: <Args as crate::spec::ArgStruct>::TABLE,
    check: Support::Full,
    diff: Support::Full,
    examples: &[
        Example {
            title: "A guest on a bridge that reaches a registry and a clock",
            yaml: "nft_egress:\n  name: code-worker\n  interface: tap102i0\n  bridge: vmbr0\n  mac: ['52:54:00:00:00:12']\n  addresses: [10.20.0.12]\n  dns: [10.20.0.1]\n  allow:\n    - {to: [registry.example.org, git.example.org], ports: [443]}\n    - {to: [10.20.0.1], proto: udp, ports: [123]}",
        },
        Example {
            title: "The web, and nothing private",
            yaml: "nft_egress: {name: browser, mode: routed, interface: tap-browser, addresses: [10.20.3.2], dns: [10.20.0.1], allow: [{to: any, ports: [80, 443]}]}",
        },
    ],
    returns: &[
        ("table", "the table"),
        ("family", "its family"),
        ("names", "addresses of each name, as they were looked up"),
        ("guarded", "whether the host would have taken the old rules back"),
        ("rolled_back", "of a failure: whether the old rules are back"),
    ],
};

/// The module.
pub struct NftEgress;

/// Kinds in the predicted world: rules by guest, units by name.
const KIND: &str = "nft_egress";
const UNIT: &str = "nft_egress_unit";

/// The list of a guest; None: it shall have none.
fn wished(args: &Args) -> Result<Option<Wish>, Failure> {
    wish::guest(&args.name)?;
    match args.state {
        Presence::Present => Wish::of(args).map(Some),
        Presence::Absent => Ok(None),
    }
}

impl State for NftEgress {
    type Args = Args;
    type Seen = Seen;

    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn probe(&self, args: &Args, ctx: Ctx<'_>) -> Result<Probe, Failure> {
        if ctx.platform.os != Os::Linux {
            return Err(Failure::new("nft_egress is for Linux: FreeBSD has pf"));
        }
        let wish = wished(args)?;
        let systemd = ctx.platform.services == Some(ServiceManager::Systemd);
        if wish.is_some() && args.persist && !systemd {
            return Err(Failure::new(
                "the rules cannot outlive a boot without systemd: persist: false",
            ));
        }
        let places = Places::of(&args.name);
        let (family, other, table) = families(wish.as_ref(), &args.name);
        let link = wish.as_ref().map_or("", |wish| wish.interface.as_str());
        let asks =
            wish.as_ref().is_some_and(|wish| wish.has_names() && args.resolve == Resolve::Dnsmasq);
        let bridge = args.bridge.as_deref().unwrap_or_default();
        let script = concat!(include_str!("../../told/ask.sh"), include_str!("look.sh"));
        let words = [family, &table, other, link, bridge, if asks { "1" } else { "" }];
        let units = [places.service.clone(), places.timer.clone()];
        let units = if systemd { units.to_vec() } else { Vec::new() };
        let looks = wish.as_ref().filter(|wish| files::looked_up(args, wish));
        let names = looks.map_or_else(Vec::new, Wish::names);
        let dnsmasq = Places::dnsmasq(args.dnsmasq_dir.as_str(), &args.name);
        let probe = Probe::new("nft_egress", script).words(words);
        let probe = probe.words([units.len().to_string()]).words(units);
        let probe = probe.words([names.len().to_string()]).words(names);
        let probe = probe.words(places.all(&dnsmasq)).heavy();
        Ok(match &wish {
            Some(wish) => probe.input(rules::text(wish, args).into_bytes()),
            None => probe,
        })
    }

    fn read(&self, args: &Args, answers: &[Answer], ctx: Ctx<'_>) -> Result<Look<Seen>, Failure> {
        let (told, wish) = (Told::read(answers)?, wished(args)?);
        Ok(Look::Seen(Seen::of(args, wish.as_ref(), &told, ctx)?))
    }

    fn plan(&self, args: &Args, seen: &Seen, ctx: Ctx<'_>) -> Result<Plan, Failure> {
        let Some(wish) = wished(args)? else { return Ok(planning::absent(args, seen)) };
        linked(args, &wish, seen)?;
        let wanted = seen.tried.as_ref().map_err(|said| refusal(args, said))?;
        resolvable(args, &wish, seen)?;
        let rules = rules::text(&wish, args);
        let planning = Planning { args, wish: &wish, seen, rules: &rules, wanted, ctx };
        let mut plan = planning.plan()?;
        plan.warnings = warnings(args, &wish, seen);
        plan.fields.insert(Key::from("guarded"), Value::from(planning.is_guarded()));
        Ok(plan)
    }

    fn verify(&self, args: &Args, change: &Change, after: &Seen, _: Ctx<'_>) -> Result<(), String> {
        match &change.op {
            Op::WriteFile(file) => {
                let kept = after.file(&file.path).map_err(|failure| failure.msg)?;
                return kept.wrote(change);
            }
            Op::Remove { path, .. } => {
                let there = after.file(path).is_ok_and(|file| file.there());
                return if there { Err(format!("{path} is still there")) } else { Ok(()) };
            }
            _ => {}
        }
        for effect in &change.effects {
            let crate::spec::Effect::Thing(kind, name, on) = effect else { continue };
            match (*kind, on) {
                (KIND, Some(_)) => loaded(after)?,
                (KIND, None) if after.now.is_some() || after.other.is_some() => {
                    return Err("the table is still there".to_string());
                }
                (UNIT, on) => {
                    let unit = after.units.get(name).copied().unwrap_or_default();
                    if (unit.active && unit.enabled) != on.is_some() {
                        let not = if on.is_some() { "not " } else { "still " };
                        return Err(format!("{name} is {not}active"));
                    }
                }
                _ => {}
            }
        }
        filled(args, change, after)
    }

    fn explain(&self, args: &Args, ran: &Ran) -> Option<Failure> {
        let said = ran.answer.error_text() + &ran.answer.text();
        let said = said.trim_end();
        let text = match (&ran.change.op, ran.answer.rc) {
            (Op::Guarded { .. }, Ran::UNCONFIRMED) => {
                format!("no new connection came through the new rules: {said}")
            }
            (Op::Guarded { .. }, _) => {
                format!("the rules of {} were not loaded: {said}", args.name)
            }
            (Op::Run(_), _) => {
                return Some(Failure::new(format!("{} failed: {said}", ran.change.why)));
            }
            _ => return None,
        };
        Some(Failure::new(text).with("rolled_back", said.ends_with("it was rolled back")))
    }

    fn result(&self, args: &Args, before: &Seen, _: Option<&Seen>, _: &Plan, _: &[Ran]) -> Fields {
        let mut fields = Fields::new();
        let Ok(wish) = wished(args) else { return fields };
        let (family, _, table) = families(wish.as_ref(), &args.name);
        fields.insert(Key::from("table"), Value::from(table));
        if wish.is_none() {
            return fields;
        }
        fields.insert(Key::from("family"), Value::from(family));
        let list = |all: &Vec<std::net::IpAddr>| {
            Value::list(all.iter().map(|addr| Value::from(addr.to_string())).collect())
        };
        let names = before.names.iter().map(|(name, all)| (name.as_str(), list(all)));
        fields.insert(Key::from("names"), names.collect());
        fields
    }
}

/// Whether packets of the guest are seen where its rules are.
fn linked(args: &Args, wish: &Wish, seen: &Seen) -> Result<(), Failure> {
    let name = &wish.interface;
    let fail = |text: String| Err(Failure::new(text));
    if let (Some(bridge), Some(found)) = (&args.bridge, &seen.bridge)
        && !matches!(found, Link::Bridge(_))
    {
        return fail(format!("there is no bridge {bridge} on this host"));
    }
    match (&seen.link, wish.bridged) {
        (Link::Port(bridge), false) => fail(format!(
            "{name} is a port of the bridge {bridge}: mode routed never sees its frames"
        )),
        (Link::Bridge(_), true) => {
            fail(format!("{name} is a bridge: mode bridged wants the guest's port of it"))
        }
        (Link::Plain, true) => {
            fail(format!("{name} is a port of no bridge: mode routed is for it"))
        }
        (Link::Port(bridge), true)
            if args.bridge.as_ref().is_some_and(|wanted| wanted != bridge) =>
        {
            fail(format!("{name} is a port of the bridge {bridge}"))
        }
        _ => Ok(()),
    }
}

/// What nft says of rules that it does not take.
fn refusal(args: &Args, said: &str) -> Failure {
    let mut text = format!("nft does not take these rules: {said}");
    if said.contains("unshare") && said.contains("not permitted") {
        text =
            "the rules are tried in a network namespace of their own, which needs root".to_string();
    } else if said.contains("ct state") && args.established != Established::None {
        text += "\nThis kernel has no connection tracking for bridges (nf_conntrack_bridge): 'established: none' needs none.";
    } else if said.contains("reject") && args.default == Otherwise::Reject {
        text += "\nThis kernel cannot reject on bridges: 'default: drop'.";
    }
    Failure::new(text)
}

/// Whether names can be put into sets.
fn resolvable(args: &Args, wish: &Wish, seen: &Seen) -> Result<(), Failure> {
    if let Some(said) = &seen.dnsmasq
        && !said.split_whitespace().any(|word| word == "nftset")
    {
        return Err(Failure::new(
            "resolve: dnsmasq needs one on the host that is built with nftset (2.87)",
        ));
    }
    let none = seen.unresolved();
    if !files::looked_up(args, wish) || none.is_empty() {
        return Ok(());
    }
    let text = format!("the host cannot resolve {}; its sets stay as they are", none.join(", "));
    Err(Failure::new(text))
}

fn warnings(args: &Args, wish: &Wish, seen: &Seen) -> Vec<String> {
    let mut warnings = Vec::new();
    if let Link::Bridge(ports) = &seen.link
        && ports.len() > 1
    {
        let name = &wish.interface;
        warnings.push(format!(
            "guests on the bridge {name} reach each other whatever these rules say: mode bridged holds each port"
        ));
    }
    if seen.flushes && !args.persist {
        warnings.push("/etc/nftables.conf begins with 'flush ruleset': its next reload takes these rules away".into());
    }
    for (name, addresses) in &seen.names {
        for addr in addresses.iter().filter(|addr| wish.denies(**addr)) {
            warnings.push(format!(
                "{name} is {addr}, which 'deny' keeps closed: list the address itself"
            ));
        }
    }
    warnings
}

/// Whether the table is the wanted one.
fn loaded(after: &Seen) -> Result<(), String> {
    let wanted = after.tried.as_ref().map_err(Clone::clone)?;
    let Some(now) = &after.now else { return Err("the table is not there".to_string()) };
    if after.other.is_some() {
        return Err("the table of the other family is still there".to_string());
    }
    if now.frame != wanted.frame || !now.differing(wanted, rules::is_filled).is_empty() {
        return Err("nft shows other rules than were loaded".to_string());
    }
    Ok(())
}

/// Whether a look-up of names brought all their addresses into the sets.
fn filled(args: &Args, change: &Change, after: &Seen) -> Result<(), String> {
    if change.why != "look up names" {
        return Ok(());
    }
    let Ok(Some(wish)) = wished(args) else { return Ok(()) };
    let now = after.now.as_ref().ok_or("the table is not there")?;
    for (at, entry) in wish.allow.iter().enumerate() {
        for addr in entry.names.iter().filter_map(|name| after.names.get(name)).flatten() {
            let set = rules::names_set(at, addr.is_ipv6());
            if now.sets.contains_key(&set) && !now.holds(&set, &addr.to_string()) {
                return Err(format!("{addr} is not in {set}"));
            }
        }
    }
    Ok(())
}
