//! Filters on network addresses: the collection ansible.utils.

pub mod address;

mod forms;
mod hardware;
mod ipaddr;
mod queries;
mod subnets;

use crate::template::table::Filter;

const FAMILIES: &[&[Filter]] =
    &[forms::FILTERS, hardware::FILTERS, ipaddr::FILTERS, subnets::FILTERS];

/// All entries.
pub fn all() -> impl Iterator<Item = &'static Filter> {
    FAMILIES.iter().copied().flatten()
}
