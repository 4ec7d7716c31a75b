//! Scripts in /etc/init.d.

use super::super::foretold::{Foretold, may_come};
use super::Args;
use super::daemon::{Daemon, Enabler, Tools, undetermined};
use crate::modules::told::Told;
use crate::spec::{Ctx, Failure};

/// The probe.
pub const LOOK: &str =
    concat!(include_str!("../../told/ask.sh"), include_str!("../seen.sh"), include_str!("sysv.sh"));

/// Reads its answer.
pub fn read(args: &Args, told: &Told, ctx: Ctx<'_>) -> Result<Daemon, Failure> {
    let known = Foretold::of(ctx, &args.name);
    let Some(script) = told.of("script") else {
        return match may_come(ctx, &[format!("/etc/init.d/{}", args.name)]) {
            Some(later) => Ok(Daemon::coming(later, known)),
            None => Err(Failure::new(super::unit::missing(&args.name))),
        };
    };
    let path = |what: &str| told.of(what).map(|said| said.text.trim().to_string());
    let linked = told.of("links").is_some_and(|said| said.rc == 0);
    let enabler = path("update-rc.d")
        .map(|path| Enabler::UpdateRc(path, linked))
        .or(path("chkconfig").map(Enabler::ChkConfig));
    let service = match path("tool") {
        Some(tool) => vec![tool, args.name.clone()],
        None => vec![script.text.clone()],
    };
    let mut daemon = Daemon {
        tools: Tools::SysV { service, enabler },
        enabled: told.of("enabled").map(|said| said.rc == 0),
        proof: told.text("pids").trim().to_string(),
        ..Daemon::default()
    };
    if let Some(said) = told.of("processes") {
        daemon.running = Some(said.rc == 0);
    }
    if let Some(said) = told.of("status") {
        daemon.running = running(&args.name, said.rc, &said.text)?;
        daemon.unknown = said.text.lines().next().unwrap_or_default().to_string();
    }
    Ok(daemon.with(known))
}

/// Whether it runs, by the LSB's codes of `status`; scripts that know no `status` print their usage, and
/// that is no answer.
fn running(name: &str, rc: i32, text: &str) -> Result<Option<bool>, Failure> {
    let lower = text.to_lowercase().replace(&name.to_lowercase(), "");
    if lower.contains("usage:") {
        return Ok(None);
    }
    match rc {
        0 if lower.lines().count() <= 1
            && (lower.contains("stop") || lower.contains("not running")) =>
        {
            Ok(Some(false))
        }
        0 => Ok(Some(true)),
        1..=3 | 69 => Ok(Some(false)),
        4 => Ok(None),
        _ => Err(undetermined(text)),
    }
}
