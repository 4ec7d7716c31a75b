//! The machine itself.

mod hostname;

use crate::spec::Entry;

/// The family's part of the table.
pub static FAMILY: &[Entry] = &[Entry::state(&hostname::Hostname)];
