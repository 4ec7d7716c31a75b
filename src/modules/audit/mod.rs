//! What is looked at and judged, and never changed.

mod listen;

use crate::spec::Entry;

/// The family's part of the table.
pub static FAMILY: &[Entry] = &[Entry::state(&listen::ListenCheck)];
