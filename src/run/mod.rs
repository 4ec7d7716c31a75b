//! The engine: plays, batches, hosts, tasks. Everything that happens goes through here.

mod action;
mod ahead;
mod args;
mod argspec;
mod batch;
mod batch_meta;
mod connect;
mod control;
mod failures;
mod gather;
mod handlers;
mod host;
mod include;
mod inputs;
mod iterator;
mod keywords;
mod linear;
mod looping;
mod module;
mod outcome;
mod play;
mod pool;
mod rendering;
mod scope;
mod serial;
mod settle;
mod sources;
mod task;
mod total;
mod varsfiles;
mod verdict;

pub use ahead::{AheadRule, AheadRules, Changes};
pub use module::Locks;
pub use play::{BecomeDefaults, Interrupt, Options, Session, run};
pub use pool::{Become, Connector, Pool, Route};
