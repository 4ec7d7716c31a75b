//! ZFS without a host: names, listings, values, retention, the replication planner. Everything here is a pure function of
//! what the programs `zfs` and `zpool` printed.

pub mod allow;
pub mod capability;
pub mod listing;
pub mod message;
pub mod name;
pub mod pool_status;
pub mod property;
pub mod rate;
pub mod replication;
pub mod rows;
pub mod survey;
pub mod topology;
pub mod value;
