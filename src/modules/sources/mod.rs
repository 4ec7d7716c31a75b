//! Working copies of what version control keeps.

mod git;

use crate::spec::Entry;

/// The family's part of the table.
pub static FAMILY: &[Entry] = &[Entry::state(&git::Git)];
