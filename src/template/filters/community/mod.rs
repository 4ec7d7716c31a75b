//! Filters of the collection community.general.

pub mod dicts;
mod durations;
mod json_query;
mod keys;
mod lists;
mod misc;
mod tables;

use crate::template::table::Filter;

const FAMILIES: &[&[Filter]] = &[
    dicts::FILTERS,
    durations::FILTERS,
    json_query::FILTERS,
    keys::FILTERS,
    lists::FILTERS,
    misc::FILTERS,
    tables::FILTERS,
];

/// All entries.
pub fn all() -> impl Iterator<Item = &'static Filter> {
    FAMILIES.iter().copied().flatten()
}
