//! What a guest may reach, as it is told.

use crate::modules::accounts::Presence;
use crate::spec::Rule;
use crate::spec::args::{Dict, PathText};

crate::choices! {
    /// Where its packets are seen.
    pub enum Mode {
        Bridged = "bridged",
        Routed = "routed",
    }
}

crate::choices! {
    /// What answers of connections are let out.
    pub enum Established {
        Keep = "keep",
        Reply = "reply",
        None = "none",
    }
}

crate::choices! {
    /// What becomes of a packet that is not listed.
    pub enum Otherwise {
        Drop = "drop",
        Reject = "reject",
    }
}

crate::choices! {
    /// Who keeps the addresses of names.
    pub enum Resolve {
        Refresh = "refresh",
        Static = "static",
        Dnsmasq = "dnsmasq",
    }
}

crate::choices! {
    /// Whether the host takes the old rules back when nobody comes through the new ones.
    pub enum SafeApply {
        Auto = "auto",
        Always = "always",
        Never = "never",
    }
}

crate::args! {
    /// Whose packets, and what passes.
    pub struct Args {
        /// Name of the guest; the table is `tank_egress_NAME`.
        name: String => [required(), aliases(&["vm"])],
        /// Whether the guest is held to its list. Without it everything passes that nothing else stops.
        state: Presence => [default("present")],
        /// `bridged`: the interface is a port of a bridge, and frames are seen as they come in by it, those to
        /// other guests and to the host too. `routed`: an interface that is no port, whose packets the host routes.
        mode: Mode => [default("bridged")],
        /// Interface on the host by which the guest's packets come in. It need not be there yet.
        interface: Option<String> => [],
        /// The bridge that the interface is a port of. It must be there.
        bridge: Option<String> => [],
        /// The guest's MAC addresses; packets from others are dropped. `bridged` needs them.
        mac: Option<Vec<String>> => [],
        /// The guest's addresses, or networks; packets from others are dropped. IPv6 is closed unless one is of IPv6.
        addresses: Option<Vec<String>> => [],
        /// What it may reach. Each has `to` (addresses, networks, names, or `any`), `proto` (`tcp`, `udp`, `icmp` for
        /// echo requests, or `all`; `tcp` unless told) and, of tcp and udp, `ports` (numbers and ranges). Entries of
        /// IPv6 say nothing while IPv6 is closed.
        allow: Option<Vec<Dict>> => [],
        /// Networks that names and `any` do not open: an address of them must be listed itself. Unless told: private,
        /// local and special ones.
        deny: Option<Vec<String>> => [],
        /// Resolvers that it may ask. Ports 53 and 853 of all others are closed, whatever `allow` says.
        dns: Option<Vec<String>> => [],
        /// Whether it may ask for an address by DHCP (broadcasts only).
        dhcp: bool => [default("no")],
        /// `keep`: what was connected stays connected when the list changes. `reply`: only answers to connections from
        /// outside; its own are held to the list with each packet. `none`: no state is kept, which a kernel without
        /// connection tracking of bridges needs; `inbound` says what is answered.
        established: Established => [default("keep")],
        /// With `established: none`: services of the guest that may answer. Each has `from` (addresses and networks),
        /// `proto` (`tcp` or `udp`) and `ports`.
        inbound: Option<Vec<Dict>> => [],
        /// What becomes of all else.
        default: Otherwise => [default("drop")],
        /// Whether it is logged by the kernel, ten times a minute at most.
        log: bool => [default("no")],
        /// `refresh`: a systemd timer looks names up again and again. `static`: they are looked up by this task only.
        /// `dnsmasq`: the host's dnsmasq (the guest's only resolver) fills the sets as it answers.
        resolve: Resolve => [default("refresh")],
        /// Seconds between two refreshes.
        refresh_interval: i64 => [default("120")],
        /// Seconds that an address of a name stays after the name's last answer with it.
        keep_addresses: i64 => [default("86400")],
        /// Directory of dnsmasq's settings.
        dnsmasq_dir: PathText => [default("/etc/dnsmasq.d")],
        /// Whether a unit of systemd loads the rules at boot, before guests start.
        persist: bool => [default("yes")],
        /// `auto`: when the interface, or the bridge that it is a port of, is one that leads to us.
        safe_apply: SafeApply => [default("auto")],
        /// Seconds until the host takes the old rules back, unless a new connection came through the new ones.
        rollback_timeout: i64 => [default("60")],
    }
    rules [
        Rule::RequiredIf("state", "present", &["interface", "addresses"]),
    ]
}
