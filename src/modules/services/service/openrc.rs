//! OpenRC.

use super::super::foretold::{Foretold, may_come};
use super::Args;
use super::daemon::{Daemon, Tools};
use crate::modules::told::Told;
use crate::spec::{Ctx, Failure};

/// The probe.
pub const LOOK: &str = concat!(
    include_str!("../../told/ask.sh"),
    include_str!("../seen.sh"),
    include_str!("openrc.sh")
);

/// Reads its answer.
pub fn read(args: &Args, told: &Told, ctx: Ctx<'_>) -> Result<Daemon, Failure> {
    let service = told.tool("rc-service")?;
    let known = Foretold::of(ctx, &args.name);
    if told.of("exists").is_some_and(|said| said.rc != 0) {
        return match may_come(ctx, &[format!("/etc/init.d/{}", args.name)]) {
            Some(later) => Ok(Daemon::coming(later, known)),
            None => Err(Failure::new(super::unit::missing(&args.name))),
        };
    }
    let update = told.of("update").map(|said| said.text.trim().to_string());
    let mut daemon = Daemon {
        tools: Tools::OpenRc { service, update },
        enabled: args.enabled.map(|_| in_level(told.text("levels"), &args.name, &args.runlevel)),
        proof: told.text("mark").trim().trim_matches('-').to_string(),
        ..Daemon::default()
    };
    if let Some(said) = told.of("processes") {
        daemon.running = Some(said.rc == 0);
    }
    if let Some(said) = told.of("status") {
        daemon.running = Some(said.text.contains("started"));
        daemon.crashed = said.text.contains("crashed");
    }
    Ok(daemon.with(known))
}

/// Whether `rc-update show` has the service in a runlevel: ` sshd | default nonetwork`.
fn in_level(text: &str, name: &str, level: &str) -> bool {
    let lines = text.lines().filter_map(|line| line.split_once('|'));
    let mut levels = lines.filter(|(service, _)| service.trim() == name);
    levels.any(|(_, levels)| levels.split_ascii_whitespace().any(|one| one == level))
}
