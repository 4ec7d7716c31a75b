//! ZFS without a host: names, listings, values, the replication planner, retention, snapshot schedules, freshness.
//! Everything here is a pure function of what the programs `zfs` and `zpool` printed, and of a time that is given.

pub mod calendar;
pub mod capability;
pub mod freshness;
pub mod listing;
pub mod name;
pub mod replication;
pub mod retention;
pub mod schedule;
pub mod span;
