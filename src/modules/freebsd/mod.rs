//! What only a FreeBSD host has: its loader, modules of its kernel, boot environments, rc scripts, interfaces.

mod bectl;
mod bridge;
mod kld;
pub(in crate::modules) mod loader;
mod loader_conf;
mod pf;
mod rc_service;
pub(in crate::modules) mod rcconf;
mod update;

use crate::spec::{Ctx, Entry, Failure, Os};

/// The family's part of the table.
pub static FAMILY: &[Entry] = &[
    Entry::state(&bectl::Bectl),
    Entry::state(&bridge::FreeBsdBridge),
    Entry::state(&update::FreeBsdUpdate),
    Entry::state(&kld::Kld),
    Entry::state(&loader_conf::LoaderConf),
    Entry::state(&pf::Pf),
    Entry::state(&rc_service::RcService),
];

/// Refuses other systems.
pub(in crate::modules) fn only_freebsd(module: &str, ctx: Ctx<'_>) -> Result<(), Failure> {
    if ctx.platform.os == Os::FreeBsd {
        return Ok(());
    }
    Err(Failure::new(format!("{module} is for FreeBSD: this host is {}", ctx.platform.system)))
}
