//! What is written on the host: the rules, what keeps names up to date, and units.

use super::args::{Args, Resolve};
use super::rules::names_set;
use super::wish::{Wish, table};
use std::fmt::Write as _;

/// Directory of all rules.
pub const DIR: &str = "/etc/tank-egress";
/// Directory of what names answered.
pub const STATE: &str = "/var/lib/tank-egress";
const UNITS: &str = "/etc/systemd/system";
const PROGRAM: &str = include_str!("host.sh");

/// Names of what belongs to one guest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Places {
    /// Its rules.
    pub rules: String,
    /// Its names.
    pub names: String,
    /// The program.
    pub program: String,
    /// What names answered.
    pub held: String,
    /// The unit that loads the rules.
    pub service: String,
    /// The unit that looks names up.
    pub refresh: String,
    /// Its timer.
    pub timer: String,
}

impl Places {
    /// Of a guest.
    pub fn of(name: &str) -> Self {
        Self {
            rules: format!("{DIR}/{name}.nft"),
            names: format!("{DIR}/{name}.names"),
            program: format!("{DIR}/{name}.sh"),
            held: format!("{STATE}/{name}.addresses"),
            service: format!("tank-egress-rules-{name}.service"),
            refresh: format!("tank-egress-names-{name}.service"),
            timer: format!("tank-egress-names-{name}.timer"),
        }
    }

    /// Where a unit's file is.
    pub fn unit(unit: &str) -> String {
        format!("{UNITS}/{unit}")
    }

    /// Where dnsmasq's settings are.
    pub fn dnsmasq(dir: &str, name: &str) -> String {
        format!("{}/tank-egress-{name}.conf", dir.trim_end_matches('/'))
    }

    /// All files that may be there.
    pub fn all(&self, dnsmasq: &str) -> Vec<String> {
        let units = [&self.service, &self.refresh, &self.timer].map(|unit| Self::unit(unit));
        let own = [self.program.clone(), self.rules.clone(), self.names.clone(), self.held.clone()];
        own.into_iter().chain(units).chain([dnsmasq.to_string()]).collect()
    }
}

/// A file with its wanted text; None: it shall not be there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Where.
    pub path: String,
    /// Its text.
    pub text: Option<String>,
    /// Its mode when it is new.
    pub mode: u32,
}

impl Wanted {
    fn new(path: &str, text: Option<String>, mode: u32) -> Self {
        Self { path: path.to_string(), text, mode }
    }
}

/// Files that change nothing by themselves: the program and units.
pub fn first(args: &Args, wish: &Wish, places: &Places) -> Vec<Wanted> {
    let timed = wish.has_names() && args.resolve == Resolve::Refresh;
    let when = |yes: bool, text: String| (args.persist && yes).then_some(text);
    vec![
        Wanted::new(&places.program, when(true, PROGRAM.to_string()), 0o755),
        Wanted::new(&Places::unit(&places.service), when(true, service(args, wish, places)), 0o644),
        Wanted::new(&Places::unit(&places.refresh), when(timed, refresh(wish, places)), 0o644),
        Wanted::new(&Places::unit(&places.timer), when(timed, timer(args, wish)), 0o644),
    ]
}

/// Files that a boot reads, and dnsmasq's: they come behind the rules.
pub fn then(args: &Args, wish: &Wish, places: &Places, rules: &str, dnsmasq: &str) -> Vec<Wanted> {
    let rules = args.persist.then(|| rules.to_string());
    let names = (args.persist && looked_up(args, wish)).then(|| names(args, wish));
    let asked = wish.has_names() && args.resolve == Resolve::Dnsmasq;
    vec![
        Wanted::new(&places.rules, rules, 0o600),
        Wanted::new(&places.names, names, 0o600),
        Wanted::new(dnsmasq, asked.then(|| answered(wish)), 0o644),
    ]
}

/// Whether we look names up, and not dnsmasq.
pub fn looked_up(args: &Args, wish: &Wish) -> bool {
    wish.has_names() && args.resolve != Resolve::Dnsmasq
}

/// Which set takes which name.
fn names(args: &Args, wish: &Wish) -> String {
    let mut text =
        format!("table {} {}\nkeep {}\n", wish.family(), table(&wish.name), args.keep_addresses);
    let v4 = wish.source.iter().any(|net| !net.is_v6());
    for (at, entry) in wish.allow.iter().enumerate() {
        let set = |open: bool, six: bool| if open { names_set(at, six) } else { "-".to_string() };
        for name in &entry.names {
            let _ = writeln!(text, "name {} {} {name}", set(v4, false), set(wish.v6(), true));
        }
    }
    text
}

/// dnsmasq's settings: which of its answers go into which sets. It takes one line for each name, with all sets.
fn answered(wish: &Wish) -> String {
    let mut text = format!("# Egress of {}. Written by tank.\n", wish.name);
    let (family, table) = (wish.family(), table(&wish.name));
    let v4 = wish.source.iter().any(|net| !net.is_v6());
    for name in wish.names() {
        let mut sets = Vec::new();
        for (at, _) in
            wish.allow.iter().enumerate().filter(|(_, entry)| entry.names.contains(&name))
        {
            if v4 {
                sets.push(format!("4#{family}#{table}#{}", names_set(at, false)));
            }
            if wish.v6() {
                sets.push(format!("6#{family}#{table}#{}", names_set(at, true)));
            }
        }
        let _ = writeln!(text, "nftset=/{name}/{}", sets.join(","));
    }
    text
}

fn service(args: &Args, wish: &Wish, places: &Places) -> String {
    let (name, program) = (&wish.name, &places.program);
    let asked = wish.has_names() && args.resolve == Resolve::Dnsmasq;
    // What it answered from its memory would not come into the sets again.
    let post = if asked {
        "ExecStartPost=-systemctl --no-block try-restart dnsmasq.service\n"
    } else {
        ""
    };
    format!(
        "# Written by tank.
[Unit]
Description=Egress rules of {name}
DefaultDependencies=no
RequiresMountsFor={DIR} {STATE}
Wants=network-pre.target
After=systemd-modules-load.service nftables.service
Before=network-pre.target shutdown.target libvirtd.service virtqemud.service libvirt-guests.service pve-guests.service
Conflicts=shutdown.target
PartOf=nftables.service
ReloadPropagatedFrom=nftables.service

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart={program} load
ExecReload={program} load
{post}
[Install]
WantedBy=sysinit.target
"
    )
}

fn refresh(wish: &Wish, places: &Places) -> String {
    format!(
        "# Written by tank.
[Unit]
Description=Addresses of names that {} may reach
After={} network-online.target nss-lookup.target

[Service]
Type=oneshot
ExecStart={} refresh
",
        wish.name, places.service, places.program
    )
}

fn timer(args: &Args, wish: &Wish) -> String {
    format!(
        "# Written by tank.
[Unit]
Description=Looks up names that {} may reach

[Timer]
OnActiveSec=1s
OnUnitInactiveSec={}s
AccuracySec=5s

[Install]
WantedBy=timers.target
",
        wish.name, args.refresh_interval
    )
}
