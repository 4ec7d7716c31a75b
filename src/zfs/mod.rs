//! ZFS without a host: names, listings, values, retention, the replication planner. Everything here is a pure function of
//! what the programs `zfs` and `zpool` printed.

pub mod direct;
pub mod legs;
pub mod listing;
pub mod name;
pub mod rate;
