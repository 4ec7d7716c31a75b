//! What runs in the background and what starts with the machine.

pub(super) mod foretold;
pub(super) mod service;
pub(super) mod sysrc;
mod timer;
mod unit;

use crate::spec::{Entry, Risk};

/// The family's part of the table.
pub static FAMILY: &[Entry] = &[
    Entry::state(&service::Service),
    Entry::state(&sysrc::Sysrc),
    Entry::state(&timer::SystemdTimer),
    Entry::state(&unit::SYSTEMD),
    Entry::state(&unit::SYSTEMD_SERVICE),
];

crate::choices! {
    /// What is asked of a service.
    pub enum Wanted {
        Reloaded = "reloaded",
        Restarted = "restarted",
        Started = "started",
        Stopped = "stopped",
    }
}

/// Runs a program, and gives a service that came up a moment to fall over: $1 seconds. A program that
/// starts in the background is not known to live when its starter has ended.
const AND_WAIT: &str = "s=$1\nshift\n\"$@\" || exit\nsleep \"$s\" 2>/dev/null || sleep 1";

/// Whether service(8) said that it has no such script.
pub(super) fn rc_missing(told: &super::told::Told) -> bool {
    told.text("status").contains("does not exist in /etc/rc.d")
}

/// How risky it is to do this to a service: our own way in may lead through it.
fn risk(name: &str, verb: &str) -> Risk {
    const WAYS_IN: [&str; 14] = [
        "ssh",
        "sshd",
        "netif",
        "routing",
        "network",
        "networking",
        "NetworkManager",
        "systemd-networkd",
        "pf",
        "ipfw",
        "nftables",
        "firewalld",
        "iptables",
        "jail",
    ];
    let stops = verb.ends_with("stop") || verb.ends_with("restart");
    match stops {
        true if WAYS_IN.contains(&name.trim_end_matches(".service")) => Risk::High,
        true => Risk::Medium,
        false => Risk::Low,
    }
}

#[cfg(test)]
pub(super) mod tests;
