//! A service that no systemd manages, as it was seen.

use super::super::foretold::Foretold;
use crate::spec::Failure;

/// What is there of a service.
#[derive(Clone, Debug, Default)]
pub struct Daemon {
    /// How it is spoken to.
    pub tools: Tools,
    /// Whether it runs; None: its script cannot tell, for the reason in `unknown`.
    pub running: Option<bool>,
    /// Why it is not known whether it runs.
    pub unknown: String,
    /// Whether it fell over and must be reset first (OpenRC).
    pub crashed: bool,
    /// Whether it starts with the machine; None: not asked.
    pub enabled: Option<bool>,
    /// What a restart changes; empty: nothing tells.
    pub proof: String,
    /// Whether its work is done once its script has ended, so that nothing of it runs.
    pub passing: bool,
    /// Why it may be there later although it is not; for check runs.
    pub later: Option<String>,
    /// What earlier tasks of a check run did to it.
    pub known: Foretold,
}

/// Who is spoken to.
#[derive(Clone, Debug, Default)]
pub enum Tools {
    /// FreeBSD's rc.d.
    Rc {
        /// Path of service(8).
        service: String,
        /// Path of sysrc(8).
        sysrc: Option<String>,
        /// Name of the variable that enables it, and whether it is its only one.
        rcvar: Option<(String, bool)>,
    },
    /// OpenRC.
    OpenRc {
        /// Path of rc-service.
        service: String,
        /// Path of rc-update.
        update: Option<String>,
    },
    /// Init scripts.
    SysV {
        /// The script, or `service` and its name.
        service: Vec<String>,
        /// What makes runlevels start it.
        enabler: Option<Enabler>,
    },
    /// Nobody yet: it may come.
    #[default]
    None,
}

/// What makes runlevels start an init script.
#[derive(Clone, Debug)]
pub enum Enabler {
    /// Debian's update-rc.d, and whether it has links already.
    UpdateRc(String, bool),
    /// Red Hat's chkconfig.
    ChkConfig(String),
}

impl Daemon {
    /// One that is not there.
    pub fn coming(later: String, known: Foretold) -> Self {
        let running = Some(known.running.unwrap_or(false));
        let enabled = Some(known.enabled.unwrap_or(false));
        Self { running, enabled, later: Some(later), known, ..Self::default() }
    }

    /// The same with what a check run knows of it.
    #[must_use]
    pub fn with(mut self, known: Foretold) -> Self {
        self.running = known.running.or(self.running);
        self.enabled = known.enabled.or(self.enabled);
        self.known = known;
        self
    }
}

/// Ansible's words when a status says nothing.
pub fn undetermined(text: &str) -> Failure {
    let failure = Failure::new("failed determining service state, possible typo of service name?");
    failure.with("stdout", text)
}
