//! What a host is.

mod gather_facts;
mod setup;

use crate::spec::Entry;

/// The family's part of the table.
pub static FAMILY: &[Entry] =
    &[Entry::state(&setup::SETUP), Entry::state(&gather_facts::GATHER_FACTS)];
