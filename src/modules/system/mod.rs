//! The machine itself.

mod hostname;
mod modprobe;
mod mount;
mod sysctl;

use crate::spec::Entry;

/// The family's part of the table.
pub static FAMILY: &[Entry] = &[
    Entry::state(&hostname::Hostname),
    Entry::state(&modprobe::MODPROBE),
    Entry::state(&mount::Mount),
    Entry::state(&sysctl::Sysctl),
];
