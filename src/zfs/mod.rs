//! ZFS without a host: names, listings, values, the replication planner, retention, snapshot schedules, freshness.
//! Everything here is a pure function of what the programs `zfs` and `zpool` printed, and of a time that is given.

pub mod allow;
pub mod calendar;
pub mod capability;
pub mod direct;
pub mod freshness;
pub mod legs;
pub mod listing;
pub mod message;
pub mod name;
pub mod pool_status;
pub mod property;
pub mod rate;
pub mod replication;
pub mod retention;
pub mod rows;
pub mod schedule;
pub mod span;
pub mod survey;
pub mod topology;
pub mod value;
pub mod verify;
