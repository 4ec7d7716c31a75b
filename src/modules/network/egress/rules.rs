//! The rules as text for nft.

use super::args::{Args, Established, Otherwise};
use super::wish::{Entry, Proto, Wish, table};
use crate::modules::network::nets::{self, Net};
use std::fmt::Write as _;
use std::net::IpAddr;

/// Name of the set that holds the addresses of an entry's names.
pub fn names_set(at: usize, v6: bool) -> String {
    format!("names{at}_{}", if v6 { 6 } else { 4 })
}

/// Whether a set is filled while the guest runs, so that a look at the rules says nothing of its addresses.
pub fn is_filled(set: &str) -> bool {
    set.starts_with("names")
}

/// What makes the table this one, whatever it was: all or nothing.
pub fn text(wish: &Wish, args: &Args) -> String {
    let (family, table) = (wish.family(), table(&wish.name));
    let mut text = format!(
        "table {family} {table}\ndelete table {family} {table}\ntable {family} {table} {{\n"
    );
    let rules = Rules { wish, args, sets: String::new(), lines: Vec::new() };
    text += &rules.body();
    text + "}\n"
}

struct Rules<'a> {
    wish: &'a Wish,
    args: &'a Args,
    sets: String,
    lines: Vec<String>,
}

/// One family of addresses.
const BOTH: [bool; 2] = [false, true];

impl Rules<'_> {
    fn body(mut self) -> String {
        self.spoofed();
        self.state();
        self.resolvers();
        self.listed();
        self.open();
        self.rest();
        let mut text = self.sets;
        text += "\tchain guest {\n";
        for line in &self.lines {
            let _ = writeln!(text, "\t\t{line}");
        }
        text += "\t}\n";
        let hooks: &[(&str, i32)] = if self.wish.bridged {
            &[("prerouting", -150)]
        } else {
            &[("forward", -10), ("input", -10)]
        };
        for (hook, priority) in hooks {
            let _ = write!(
                text,
                "\tchain {hook} {{\n\t\ttype filter hook {hook} priority {priority}; policy accept;\n\t\tiifname \"{}\" jump guest\n\t}}\n",
                self.wish.interface
            );
        }
        text
    }

    fn line(&mut self, text: impl Into<String>) {
        self.lines.push(text.into());
    }

    /// Which families are open.
    fn families(&self) -> impl Iterator<Item = bool> + use<> {
        let wish = self.wish;
        let (v4, v6) = (wish.source.iter().any(|net| !net.is_v6()), wish.v6());
        BOTH.into_iter().filter(move |six| if *six { v6 } else { v4 })
    }

    /// A set of networks; None: there are none of this family.
    fn set(&mut self, name: &str, nets: &[Net], six: bool) -> Option<String> {
        let of: Vec<String> =
            nets.iter().filter(|net| net.is_v6() == six).map(ToString::to_string).collect();
        if of.is_empty() {
            return None;
        }
        let name = format!("{name}_{}", if six { 6 } else { 4 });
        let kind = if six { "ipv6_addr" } else { "ipv4_addr" };
        let _ = write!(
            self.sets,
            "\tset {name} {{\n\t\ttype {kind}\n\t\tflags interval\n\t\tauto-merge\n\t\telements = {{ {} }}\n\t}}\n",
            of.join(", ")
        );
        Some(name)
    }

    /// A set that is filled later.
    fn filled(&mut self, name: &str, six: bool) {
        let kind = if six { "ipv6_addr" } else { "ipv4_addr" };
        let _ = write!(self.sets, "\tset {name} {{\n\t\ttype {kind}\n\t}}\n");
    }

    /// Nobody else's addresses.
    fn spoofed(&mut self) {
        let macs = self.wish.macs.join(", ");
        if !macs.is_empty() {
            self.line(format!(
                "ether saddr != {{ {macs} }} counter drop comment \"not its MAC address\""
            ));
        }
        if self.wish.bridged {
            self.line("ether type { 8021q, 8021ad } counter drop comment \"tagged\"");
        }
        let mut source = self.wish.source.clone();
        source.extend(self.wish.macs.iter().filter_map(|mac| nets::link_local(mac)).map(Net::host));
        if let Some(set) = self.set("source", &source, false) {
            if self.wish.bridged {
                self.arp(&set, &macs);
            }
            if self.args.dhcp {
                self.line("ip saddr 0.0.0.0 ip daddr 255.255.255.255 udp sport 68 udp dport 67 counter accept");
            }
            self.line(format!("ip saddr != @{set} counter drop comment \"not its address\""));
        }
        if !self.wish.v6() {
            self.line("meta protocol ip6 counter drop comment \"IPv6 is closed\"");
        } else if let Some(set) = self.set("source", &source, true) {
            self.neighbours(&set, &source);
        }
    }

    fn arp(&mut self, set: &str, macs: &str) {
        self.line(format!(
            "arp saddr ether != {{ {macs} }} counter drop comment \"not its MAC address\""
        ));
        self.line(format!(
            "arp saddr ip != @{set} arp saddr ip != 0.0.0.0 counter drop comment \"not its address\""
        ));
        self.line("ether type arp accept");
    }

    fn neighbours(&mut self, set: &str, source: &[Net]) {
        self.line("ip6 saddr :: ip6 hoplimit 255 icmpv6 type nd-neighbor-solicit accept");
        self.line(
            "icmpv6 type { nd-router-advert, nd-redirect } counter drop comment \"no router\"",
        );
        self.line(format!("ip6 saddr != @{set} counter drop comment \"not its address\""));
        let six: Vec<&Net> = source.iter().filter(|net| net.is_v6()).collect();
        if six.iter().all(|net| net.is_host()) {
            let hex = |net: &&Net| match net.addr {
                IpAddr::V6(addr) => format!("0x{:032x}", addr.to_bits()),
                IpAddr::V4(_) => String::new(),
            };
            let own: Vec<String> = six.iter().map(hex).collect();
            let own = own.join(", ");
            self.line(format!(
                "icmpv6 type nd-neighbor-advert @th,64,128 != {{ {own} }} counter drop comment \"not its address\""
            ));
        }
        self.line(
            "ip6 hoplimit 255 icmpv6 type { nd-router-solicit, nd-neighbor-solicit, nd-neighbor-advert } accept",
        );
        self.line(
            "ip6 hoplimit 1 icmpv6 type { mld-listener-report, mld2-listener-report } accept",
        );
    }

    fn state(&mut self) {
        match self.args.established {
            Established::Keep => self.line("ct state established,related accept"),
            Established::Reply => {
                self.line("ct state established,related ct direction reply accept")
            }
            Established::None => self.answers(),
        }
    }

    fn answers(&mut self) {
        for (at, entry) in self.wish.inbound.iter().enumerate() {
            let Proto::Ports(proto, ports) = &entry.proto else { continue };
            for six in self.families() {
                let Some(set) = self.set(&format!("inbound{at}"), &entry.nets, six) else {
                    continue;
                };
                let new = if *proto == "tcp" { " tcp flags & (syn | ack) != syn" } else { "" };
                let ip = ip(six);
                let ports = ports.join(", ");
                self.line(format!(
                    "{ip} daddr @{set} {proto} sport {{ {ports} }}{new} counter accept"
                ));
            }
        }
    }

    fn resolvers(&mut self) {
        for six in self.families() {
            let Some(set) = self.set("dns", &self.wish.dns, six) else { continue };
            let ip = ip(six);
            self.line(format!("{ip} daddr @{set} udp dport 53 counter accept"));
            self.line(format!("{ip} daddr @{set} tcp dport {{ 53, 853 }} counter accept"));
        }
        self.line("meta l4proto { tcp, udp } th dport { 53, 853 } counter drop comment \"other resolvers\"");
    }

    /// Addresses that are listed themselves.
    fn listed(&mut self) {
        for (at, entry) in self.wish.allow.iter().enumerate() {
            for six in self.families() {
                if let Some(set) = self.set(&format!("allow{at}"), &entry.nets, six) {
                    self.accept(&format!("{} daddr @{set}", ip(six)), entry, six);
                }
            }
        }
    }

    /// Names and `any`, which do not open what is denied.
    fn open(&mut self) {
        let opens = |entry: &Entry| entry.any || !entry.names.is_empty();
        if !self.wish.allow.iter().any(opens) {
            return;
        }
        for six in self.families() {
            if let Some(set) = self.set("deny", &self.wish.deny, six) {
                let ip = ip(six);
                self.line(format!("{ip} daddr @{set} counter drop comment \"denied network\""));
            }
        }
        for (at, entry) in self.wish.allow.iter().enumerate() {
            for six in self.families() {
                if !entry.names.is_empty() {
                    let set = names_set(at, six);
                    self.filled(&set, six);
                    self.accept(&format!("{} daddr @{set}", ip(six)), entry, six);
                }
                if entry.any {
                    self.accept(&format!("meta protocol {}", ip(six)), entry, six);
                }
            }
        }
    }

    fn accept(&mut self, whom: &str, entry: &Entry, six: bool) {
        let what = match &entry.proto {
            Proto::Ports(proto, ports) => format!(" {proto} dport {{ {} }}", ports.join(", ")),
            Proto::Icmp if six => " icmpv6 type echo-request".to_string(),
            Proto::Icmp => " icmp type echo-request".to_string(),
            Proto::All => String::new(),
        };
        self.line(format!("{whom}{what} counter accept"));
    }

    fn rest(&mut self) {
        if self.args.log {
            self.line(format!(
                "limit rate 10/minute burst 5 packets log prefix \"tank-egress {}: \"",
                self.wish.name
            ));
        }
        let word = if self.args.default == Otherwise::Drop { "drop" } else { "reject" };
        self.line(format!("counter {word} comment \"not listed\""));
    }
}

fn ip(six: bool) -> &'static str {
    if six { "ip6" } else { "ip" }
}
