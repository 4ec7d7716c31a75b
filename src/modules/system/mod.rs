//! The machine itself.

mod hostname;
mod sysctl;

use crate::spec::Entry;

/// The family's part of the table.
pub static FAMILY: &[Entry] = &[Entry::state(&hostname::Hostname), Entry::state(&sysctl::Sysctl)];
