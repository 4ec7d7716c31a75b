//! Replication: from two listings to a list of steps. Nothing here talks to a host.
//!
//! A base is found by identity (guid), never by name. `receive -F` and `send -R` are never used: they destroy what they do
//! not name. What has to be destroyed is listed, snapshot by snapshot, and only done where the policy says so.

pub mod base;
pub mod crypt;
pub mod edge;
pub mod failover;
pub mod flags;
pub mod keeping;
pub mod marks;
pub mod needed;
pub mod plan;
pub mod pruning;
pub mod refusal;
pub mod rights;
pub mod token;
pub mod tree;
pub mod whole;

#[cfg(test)]
pub(in crate::zfs) mod tests;
