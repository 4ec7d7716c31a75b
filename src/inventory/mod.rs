//! Hosts and groups with their raw variables: sources, patterns, `group_vars` and `host_vars`.

mod address;
mod build;
mod constructed;
mod data;
mod files;
mod glob;
mod graph;
mod host_list;
mod host_scope;
mod ini;
mod jails;
mod keyed;
mod layers;
mod literal;
mod load;
mod magic;
mod merge;
mod notice;
mod order;
mod pattern;
mod range;
mod reach;
mod rules;
mod runtime;
mod script;
mod vars_files;
mod words;
mod yaml;

#[cfg(test)]
mod tests;

pub use data::{Group, Host, Inventory, LOCALHOST};
pub use files::{Decrypt, Files};
pub use layers::{Layer, Level};
pub use load::{LoadOptions, load};
pub use merge::{merged, merged_maps};
pub use notice::Notices;
pub use order::arrange;
pub use pattern::{Limit, split};
pub use reach::{Asked, Reach, Reaching};
pub use rules::{FileVars, GroupChars, Mismatch, Rules};
pub use vars_files::{Entity, Place, VarsFile, VarsFiles};
