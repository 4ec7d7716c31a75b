//! What runs in the background and what starts with the machine.

mod foretold;
mod service;
mod sysrc;
mod unit;

use crate::spec::{Answer, Entry, Failure, Risk};

/// The family's part of the table.
pub static FAMILY: &[Entry] = &[
    Entry::state(&service::Service),
    Entry::state(&sysrc::Sysrc),
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

/// What one command of a probe said.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Said {
    /// Which one.
    what: String,
    /// Its code.
    rc: i32,
    /// Its output, both streams.
    text: String,
}

/// Everything that a probe was told, in its order.
struct Told(Vec<Said>);

impl Told {
    /// Reads an answer made of blocks: what, code, text.
    fn read(answers: &[Answer]) -> Result<Self, Failure> {
        let answer = super::files::first(answers)?;
        let unreadable = || Failure::new("the host's answer about the service cannot be read");
        let blocks = answer.blocks().ok_or_else(unreadable)?;
        let text = |at: usize| {
            let block = blocks.get(at).and_then(Option::as_ref);
            block.map(|bytes| String::from_utf8_lossy(bytes).into_owned())
        };
        let mut told = Vec::new();
        for at in (0..blocks.len()).step_by(3) {
            let (Some(what), Some(rc), Some(said)) = (text(at), text(at + 1), text(at + 2)) else {
                return Err(unreadable());
            };
            told.push(Said { what, rc: rc.parse().map_err(|_| unreadable())?, text: said });
        }
        Ok(Self(told))
    }

    /// What one of them said.
    fn of(&self, what: &str) -> Option<&Said> {
        self.0.iter().find(|said| said.what == what)
    }

    /// The text of one of them; empty when it was not asked.
    fn text(&self, what: &str) -> &str {
        self.of(what).map_or("", |said| said.text.as_str())
    }

    /// Whether it was there at all.
    fn has(&self, what: &str) -> bool {
        self.of(what).is_some()
    }

    /// The path of a tool, else the failure that it is missing.
    fn tool(&self, name: &str) -> Result<String, Failure> {
        match self.of("tool") {
            Some(said) if said.rc == 0 => Ok(said.text.trim().to_string()),
            said => {
                let paths = said.map_or("", |said| said.text.as_str());
                let text =
                    format!("Failed to find required executable \"{name}\" in paths: {paths}");
                Err(Failure::new(text))
            }
        }
    }
}

#[cfg(test)]
mod tests;
