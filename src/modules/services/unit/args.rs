//! What a task may ask of a unit.

use super::super::Wanted;
use crate::spec::{Failure, Rule};

crate::choices! {
    /// Whose service manager is meant.
    pub enum Reach {
        System = "system",
        User = "user",
        Global = "global",
    }
}

crate::args! {
    /// What is wanted of a unit.
    pub struct Args {
        /// Name of one unit; without a suffix `.service` is meant.
        name: Option<String> => [aliases(&["service", "unit"])],
        /// Whether it runs; `restarted` and `reloaded` act each time, and start what does not run.
        state: Option<Wanted> => [],
        /// Whether it starts with the machine.
        enabled: Option<bool> => [],
        /// Whether existing links are replaced.
        force: Option<bool> => [],
        /// Whether it cannot be started at all.
        masked: Option<bool> => [],
        /// Whether systemd reads all its files again before anything else.
        daemon_reload: bool => [default("no"), aliases(&["daemon-reload"])],
        /// Whether systemd starts itself again before anything else.
        daemon_reexec: bool => [default("no"), aliases(&["daemon-reexec"])],
        /// Whose service manager is meant.
        scope: Reach => [default("system")],
        /// Whether the end of the operation is not waited for; then it is not checked either.
        no_block: bool => [default("no")],
    }
    rules [
        Rule::RequiredOneOf(&["state", "enabled", "masked", "daemon_reload", "daemon_reexec"]),
        Rule::RequiredBy("state", &["name"]),
        Rule::RequiredBy("enabled", &["name"]),
        Rule::RequiredBy("masked", &["name"]),
    ]
}

impl Args {
    /// These of a service alone.
    pub fn of(name: &str, state: Option<Wanted>, enabled: Option<bool>) -> Self {
        Self {
            name: Some(name.to_string()),
            state,
            enabled,
            force: None,
            masked: None,
            daemon_reload: false,
            daemon_reexec: false,
            scope: Reach::System,
            no_block: false,
        }
    }

    /// The unit's full name.
    pub fn unit(&self) -> String {
        const SUFFIXES: [&str; 11] = [
            "service",
            "socket",
            "device",
            "mount",
            "automount",
            "swap",
            "target",
            "path",
            "timer",
            "slice",
            "scope",
        ];
        let name = self.name.as_deref().unwrap_or_default();
        match name.rsplit_once('.') {
            Some((_, suffix)) if SUFFIXES.contains(&suffix) => name.to_string(),
            _ => format!("{name}.service"),
        }
    }
}

/// Refuses what systemctl would take for a pattern or an option.
pub fn check_name(name: &str) -> Result<(), Failure> {
    if let Some(sign) = ["*", "?", "["].into_iter().find(|sign| name.contains(sign)) {
        return Err(Failure::new(format!(
            "This module does not currently support using glob patterns, found '{sign}' in service name: {name}"
        )));
    }
    if name.starts_with('-') || name.contains(char::is_control) {
        return Err(Failure::new(format!("invalid service name '{name}'")));
    }
    Ok(())
}
