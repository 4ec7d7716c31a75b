//! What a Linux host lets pass: rules of nftables, a table of our own for each guest.

mod egress;
mod nets;

use crate::spec::Entry;

/// The family's part of the table.
pub static FAMILY: &[Entry] = &[Entry::state(&egress::NftEgress)];
