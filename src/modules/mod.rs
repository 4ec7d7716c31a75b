//! Task types by family. One module is one file and one line in its family's table.

pub mod accounts;
pub mod bhyve;
pub mod boot;
pub mod commands;
pub mod databases;
pub mod facts;
pub mod files;
pub mod flow;
pub mod freebsd;
pub mod jails;
pub mod kvm;
pub mod network;
pub mod packages;
pub mod pve;
pub mod services;
pub mod sources;
pub mod system;
mod told;
pub mod zfs;

use crate::spec::Entry;

/// All modules.
pub static MODULES: &[&[Entry]] = &[
    accounts::FAMILY,
    bhyve::FAMILY,
    boot::FAMILY,
    commands::FAMILY,
    databases::FAMILY,
    facts::FAMILY,
    files::FAMILY,
    flow::FAMILY,
    freebsd::FAMILY,
    jails::FAMILY,
    kvm::FAMILY,
    network::FAMILY,
    services::FAMILY,
    sources::FAMILY,
    packages::FAMILY,
    pve::FAMILY,
    system::FAMILY,
    zfs::FAMILY,
];

/// The module of a short or full name.
pub fn find(name: &str) -> Option<&'static Entry> {
    all().find(|entry| entry.doc().name == name || entry.doc().full_names.contains(&name))
}

/// All modules in the order of the table.
pub fn all() -> impl Iterator<Item = &'static Entry> {
    MODULES.iter().flat_map(|family| family.iter())
}

#[cfg(test)]
pub mod tests;
