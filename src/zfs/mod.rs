//! ZFS without a host: names, listings, values, retention, the replication planner. Everything here is a pure function of
//! what the programs `zfs` and `zpool` printed.

pub mod calendar;
pub mod freshness;
pub mod listing;
pub mod name;
pub mod retention;
pub mod schedule;
pub mod span;
