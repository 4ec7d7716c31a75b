//! Proxmox VE: virtual machines, storages, backups and replication, by pvesh and qm on the node as root.
//!
//! `pvesh get` answers in JSON, which is compared; what changes goes through `qm` where it waits for its worker, else
//! through pvesh. `qm set` says that it updated whatever it is told, so nothing is taken from its words.

mod api;
mod backup;
mod entry;
mod replication;
mod storage;
#[cfg(test)]
mod tests;
mod vm;

use crate::spec::Entry;

/// The family's part of the table.
pub static FAMILY: &[Entry] = &[
    Entry::state(&backup::ProxmoxBackup),
    Entry::state(&replication::ProxmoxReplication),
    Entry::state(&storage::ProxmoxStorage),
    Entry::state(&vm::PROXMOX_VM),
];
