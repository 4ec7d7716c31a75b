//! `freebsd_bridge`: bridges and other interfaces that are made by name, now and at boot.

mod boot;
mod live;
mod steps;
#[cfg(test)]
mod tests;
mod wish;

use super::only_freebsd;
use super::rcconf::{self, RcConf};
use crate::base::{Key, Value};
use crate::modules::accounts::Presence;
use crate::modules::told::Told;
use crate::spec::{
    Answer, Change, Command, Ctx, Doc, Effect, Example, Failure, Fields, Look, Op, Plan, Probe,
    Ran, Risk, State, Support,
};
use boot::Boot;
use live::Interface;
use std::net::IpAddr;
use std::time::Duration;
use steps::{Ifconfig, Step};
use wish::Wish;

crate::choices! {
    /// What an interface is made of.
    pub enum Kind {
        Bridge = "bridge",
        Epair = "epair",
        Lo = "lo",
        Tap = "tap",
        Vlan = "vlan",
    }
}

crate::args! {
    /// Which interface.
    pub struct Args {
        /// Its name; of an epair that of both ends without their letter.
        name: String => [required(), aliases(&["interface"])],
        /// What it is made of.
        kind as "type": Kind => [default("bridge")],
        /// Whether it is there.
        state: Presence => [default("present")],
        /// Addresses with their masks, as 10.0.0.1/24.
        addresses: Vec<String> => [],
        /// Members of a bridge.
        members: Vec<String> => [],
        /// Its MTU.
        mtu: Option<i64> => [],
        /// Number of a vlan.
        vlan: Option<i64> => [],
        /// The interface that a vlan is on.
        parent: Option<String> => [aliases(&["vlandev"])],
        /// Whether rc.conf, and what came from it, loses addresses and members that are not listed; what jails and
        /// guests added by themselves stays.
        exclusive: bool => [default("no")],
        /// Whether it is so now.
        live: bool => [default("yes")],
        /// Whether rc.conf makes it so at boot.
        persistent: bool => [default("yes")],
        /// Whether the interface that leads to the host may be changed, or become a member: the host undoes it unless
        /// a new connection proves it.
        management: bool => [default("no")],
        /// Seconds until then.
        rollback_timeout: i64 => [default("60")],
    }
    rules []
}

static DOC: Doc = Doc {
    name: "freebsd_bridge",
    full_names: &[],
    short: "Manage bridges, epairs, taps, vlans and loopbacks of FreeBSD, now and at boot.",
    args: <Args as crate::spec::ArgStruct>::TABLE,
    check: Support::Full,
    diff: Support::Full,
    examples: &[
        Example {
            title: "A bridge for jails, without any interface of the outside",
            yaml: "freebsd_bridge: {name: warden0, addresses: [10.0.0.1/24]}",
        },
        Example {
            title: "Loopback for jails",
            yaml: "freebsd_bridge: {name: bastille0, type: lo}",
        },
    ],
    returns: &[
        ("live_changed", "whether the interface itself differed"),
        ("persistent_changed", "whether rc.conf differed"),
        ("members", "of a bridge: its members before anything was done"),
    ],
};

/// The module.
pub struct FreeBsdBridge;

/// Kind of an interface in the predicted world: what ifconfig would tell of it.
const KIND: &str = "interface";

/// What is there.
pub struct Seen {
    ifconfig: String,
    all: Vec<Interface>,
    /// Names of interfaces that lead to us.
    ours: Vec<String>,
    /// Whether a member of a bridge must not have addresses.
    bare: bool,
    rc: RcConf,
}

impl State for FreeBsdBridge {
    type Args = Args;
    type Seen = Seen;

    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn probe(&self, args: &Args, ctx: Ctx<'_>) -> Result<Probe, Failure> {
        only_freebsd("freebsd_bridge", ctx)?;
        Wish::of(args)?;
        if !(5..=3600).contains(&args.rollback_timeout) {
            return Err(Failure::new("rollback_timeout is 5 to 3600 seconds"));
        }
        let script = concat!(include_str!("../../told/ask.sh"), include_str!("look.sh"));
        Ok(Probe::new("freebsd_bridge", script).words(rcconf::FILES))
    }

    fn read(&self, _: &Args, answers: &[Answer], ctx: Ctx<'_>) -> Result<Look<Seen>, Failure> {
        let told = Told::read(answers)?;
        let ifconfig = told.tool("ifconfig")?;
        if !told.worked("all") {
            return Err(Failure::new(told.text("all").trim_end()));
        }
        let mut all = live::read(told.text("all"));
        let ours = ours(&told, &all);
        for (name, state) in ctx.world.things(KIND) {
            all.retain(|one| one.name != name);
            all.extend(state.map(Value::text).into_iter().flat_map(|text| live::read(&text)));
        }
        let bare = told.worked("members") && told.text("members").trim() == "0";
        let rc = RcConf::read(&told, &rcconf::FILES, ctx)?;
        Ok(Look::Seen(Seen { ifconfig, all, ours, bare, rc }))
    }

    fn plan(&self, args: &Args, seen: &Seen, ctx: Ctx<'_>) -> Result<Plan, Failure> {
        let wish = Wish::of(args)?;
        let mut changes = Vec::new();
        if args.live {
            changes.extend(match args.state {
                Presence::Present => present(args, &wish, seen)?,
                Presence::Absent => absent(&wish, seen)?,
            });
        }
        let mut plan = Plan::ok();
        plan.fields.insert(Key::from("live_changed"), Value::from(!changes.is_empty()));
        let mut rc = seen.rc.clone();
        if args.persistent {
            match args.state {
                Presence::Present => boot::write(&mut rc, &wish, args.exclusive)?,
                Presence::Absent => boot::remove(&mut rc, &wish)?,
            }
        }
        // Behind what is proved: a boot takes the old ones until then.
        let (writes, diff) = rc.changes(&format!("set {}", wish.name), ctx);
        plan.fields.insert(Key::from("persistent_changed"), Value::from(!writes.is_empty()));
        changes.extend(writes.into_iter().map(|change| change.risk(Risk::Medium)));
        plan.diff = diff;
        plan.parts = Plan::of(changes).parts;
        plan.uncertain = seen.rc.uncertain();
        Ok(plan)
    }

    fn verify(&self, args: &Args, change: &Change, after: &Seen, _: Ctx<'_>) -> Result<(), String> {
        if let Op::WriteFile(file) = &change.op {
            return after.rc.wrote(&file.path, change);
        }
        let wish = Wish::of(args).map_err(|failure| failure.msg)?;
        for end in wish.ends() {
            let found = after.of(&end);
            match (args.state, found) {
                (Presence::Present, None) => return Err(format!("{end} is not there")),
                (Presence::Absent, Some(_)) => return Err(format!("{end} is still there")),
                (Presence::Absent, None) => {}
                (Presence::Present, Some(found)) => {
                    let left = Ifconfig(&after.ifconfig).configure(&wish, found, &Boot::default());
                    if let (Some(step), true) = (left.first(), last(change)) {
                        return Err(format!("it is left to {}", step.why));
                    }
                }
            }
        }
        Ok(())
    }

    fn explain(&self, _: &Args, ran: &Ran) -> Option<Failure> {
        let said = ran.answer.error_text() + &ran.answer.text();
        let said = said.trim_end();
        match ran.change.op {
            Op::Run(_) => Some(Failure::new(format!("{} failed: {said}", ran.change.why))),
            Op::Guarded { .. } => {
                let back = said.ends_with("it was rolled back");
                let failure = Failure::new(format!("{} failed: {said}", ran.change.why));
                Some(failure.with("rolled_back", back))
            }
            _ => None,
        }
    }

    fn result(&self, args: &Args, before: &Seen, _: Option<&Seen>, _: &Plan, _: &[Ran]) -> Fields {
        let mut fields = vec![("name", Value::from(args.name.as_str()))];
        if args.kind == Kind::Bridge {
            let members = before.of(&args.name).map(|bridge| bridge.members.clone());
            fields.push(("members", Value::from(members.unwrap_or_default()).untrusted()));
        }
        fields.into_iter().map(|(name, value)| (Key::from(name), value)).collect()
    }
}

impl Seen {
    fn of(&self, name: &str) -> Option<&Interface> {
        self.all.iter().find(|one| one.name == name)
    }
}

/// Whether it is the one behind which the interface is as wished.
fn last(change: &Change) -> bool {
    change.effects.iter().any(|effect| matches!(effect, Effect::Thing(KIND, ..)))
}

/// The interfaces of the default route and of the address that our connection came to.
fn ours(told: &Told, all: &[Interface]) -> Vec<String> {
    let route =
        told.text("route").lines().filter_map(|line| line.trim().strip_prefix("interface:"));
    let mut ours: Vec<String> = route.map(|name| name.trim().to_string()).collect();
    let address =
        told.text("ssh").split_whitespace().nth(2).and_then(|ip| ip.parse::<IpAddr>().ok());
    let has = |one: &&Interface| one.addresses.iter().any(|net| Some(net.addr()) == address);
    ours.extend(all.iter().filter(has).map(|one| one.name.clone()));
    ours
}

/// What makes it so now.
fn present(args: &Args, wish: &Wish, seen: &Seen) -> Result<Vec<Change>, Failure> {
    let gone = match args.exclusive {
        true => gone(wish, &boot::read(&seen.rc, &wish.name)?),
        false => Boot::default(),
    };
    let ifconfig = Ifconfig(&seen.ifconfig);
    let mut steps = Vec::new();
    let mut effects = Vec::new();
    if wish.ends().iter().all(|end| seen.of(end).is_none()) {
        steps.push(ifconfig.create(wish));
    }
    for end in wish.ends() {
        let found = seen.of(&end);
        check(wish, found, seen)?;
        let fresh = steps::after(&fresh(wish), &end, None, &gone);
        let fresh = Interface { up: false, ..fresh };
        let own = ifconfig.configure(wish, found.unwrap_or(&fresh), &gone);
        if found.is_none() || !own.is_empty() {
            let after = steps::after(wish, &end, found, &gone).told();
            effects.push(Effect::Thing(KIND, end.clone(), Some(after.into())));
        }
        steps.extend(own);
    }
    let guarded = touches(args, wish, seen, &gone)?;
    Ok(changes(args, wish, guarded, &steps, effects))
}

/// An interface that was just made: nothing but what it is.
fn fresh(wish: &Wish) -> Wish {
    Wish { addresses: Vec::new(), members: Vec::new(), mtu: None, ..wish.clone() }
}

/// What rc.conf has and should have no more.
fn gone(wish: &Wish, old: &Boot) -> Boot {
    let addresses = old.addresses.iter().filter(|net| !wish.addresses.contains(net));
    let members = old.members.iter().filter(|name| !wish.members.contains(name));
    Boot { addresses: addresses.copied().collect(), members: members.cloned().collect() }
}

/// Whether it can be what is wanted.
fn check(wish: &Wish, found: Option<&Interface>, seen: &Seen) -> Result<(), Failure> {
    let (name, word) = (&wish.name, wish.kind.word());
    if found.is_some_and(|found| !found.groups.iter().any(|group| group == word)) {
        return Err(Failure::new(format!(
            "there is an interface {name} already, and it is no {word}"
        )));
    }
    if let Some((_, parent)) = wish.vlan.as_ref().filter(|(_, parent)| seen.of(parent).is_none()) {
        return Err(Failure::new(format!("there is no interface {parent} for {name}")).missing());
    }
    for member in &wish.members {
        let Some(one) = seen.of(member) else {
            let text = format!("there is no interface {member} to be a member of {name}");
            return Err(Failure::new(text).missing());
        };
        let other = seen.all.iter().find(|one| one.name != *name && one.members.contains(member));
        if let Some(other) = other {
            return Err(Failure::new(format!("{member} is a member of {} already", other.name)));
        }
        if member.starts_with("lo") && one.groups.iter().any(|group| group == "lo") {
            return Err(Failure::new(format!("{member} is a loopback: it cannot be a member")));
        }
        let joins = !found.is_some_and(|found| found.members.contains(member));
        if joins && seen.bare && !one.addresses.is_empty() {
            let text = format!(
                "{member} has addresses, and members of a bridge may have none here (net.link.bridge.member_ifaddrs is 0): give them to {name}"
            );
            return Err(Failure::new(text));
        }
    }
    Ok(())
}

/// Whether it would change the way to us; refused unless that is allowed.
fn touches(args: &Args, wish: &Wish, seen: &Seen, gone: &Boot) -> Result<bool, Failure> {
    let joins = wish.members.iter().find(|member| {
        let there = seen.of(&wish.name).is_some_and(|found| found.members.contains(member));
        seen.ours.contains(member) && !there
    });
    let leaves = gone.members.iter().find(|member| seen.ours.contains(member));
    let own = seen.ours.contains(&wish.name);
    let own = own && (!gone.addresses.is_empty() || wish.vlan.is_some() || wish.mtu.is_some());
    let ours = joins.or(leaves).or(Some(&wish.name).filter(|_| own));
    match ours {
        None => Ok(false),
        Some(_) if args.management => Ok(true),
        Some(name) => Err(Failure::new(format!(
            "{name} leads to us: it is changed only with management, and comes back if we do not"
        ))),
    }
}

/// The steps as changes: each its own, or all of them under one guard.
fn changes(
    args: &Args,
    wish: &Wish,
    guarded: bool,
    steps: &[Step],
    effects: Vec<Effect>,
) -> Vec<Change> {
    let mut changes: Vec<Change> = if guarded && !steps.is_empty() {
        vec![guard(args, wish, steps)]
    } else {
        steps.iter().map(|step| Change::new(Op::Run(shell(&step.text)), &step.why)).collect()
    };
    if let Some(last) = changes.last_mut() {
        last.effects.extend(effects);
    }
    changes
}

fn guard(args: &Args, wish: &Wish, steps: &[Step]) -> Change {
    let apply: String = steps.iter().map(|step| format!("{} || exit\n", step.text)).collect();
    let undo = steps.iter().rev().filter(|step| !step.undo.is_empty());
    let undo: String = undo.map(|step| format!("{}\n", step.undo)).collect();
    let op = Op::Guarded {
        apply: shell(&apply),
        rollback: shell(&format!("{undo}exit 0\n")),
        confirm: shell(":"),
        deadline: Duration::from_secs(args.rollback_timeout.unsigned_abs()),
    };
    Change::new(op, format!("change {}", wish.name)).risk(Risk::High)
}

fn shell(text: &str) -> Command {
    let env = vec![("LC_ALL".to_string(), "C".to_string())];
    Command { env, ..Command::shell(text) }
}

/// What removes it.
fn absent(wish: &Wish, seen: &Seen) -> Result<Vec<Change>, Failure> {
    let Some(found) = wish.ends().iter().find_map(|end| seen.of(end)) else {
        return Ok(Vec::new());
    };
    check(&fresh(wish), Some(found), seen)?;
    if seen.ours.iter().any(|name| wish.ends().contains(name)) {
        return Err(Failure::new(format!("{} leads to us: it is not destroyed", wish.name)));
    }
    let step = Ifconfig(&seen.ifconfig).destroy(wish);
    let mut change = Change::new(Op::Run(shell(&step.text)), &step.why).risk(Risk::High);
    for end in wish.ends() {
        change = change.effect(Effect::Thing(KIND, end, None));
    }
    Ok(vec![change])
}
