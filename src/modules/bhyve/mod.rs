//! Virtual machines of FreeBSD's hypervisor, and the devices they get.

mod conf;
mod guest;
mod passthru;
mod plain;
mod running;

use crate::spec::{Entry, Failure};

/// The family's part of the table.
pub static FAMILY: &[Entry] = &[
    Entry::state(&passthru::BhyvePassthru),
    Entry::state(&plain::BhyveVm),
    Entry::state(&guest::VmBhyve),
];

/// Refuses what is no name of a virtual machine, as vm-bhyve has them.
fn check_name(name: &str) -> Result<(), Failure> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    let edges = edge(name.chars().next()) && edge(name.chars().last());
    if (2..=64).contains(&name.len()) && edges && name.chars().all(plain) {
        return Ok(());
    }
    Err(Failure::new(format!("invalid virtual machine name - '{name}'")))
}
