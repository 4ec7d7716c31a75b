//! Playbooks, roles and tasks as typed values with file, line and column.
//!
//! [`Loader`] reads them with all static imports, and refuses whatever can be refused without a host.

mod action;
mod adhoc;
mod argspec;
mod chain;
pub mod check;
mod entries;
mod file;
mod hint;
mod imports;
mod keywords;
pub mod kv;
pub mod listing;
pub mod literal;
mod loader;
mod loops;
pub mod model;
pub mod names;
#[allow(clippy::module_inception)] // the play's own file is named after it
mod play;
mod playbook;
mod prompts;
mod role;
mod role_files;
mod role_tasks;
mod scope;
pub mod search;
pub mod table;
pub mod tags;
mod task;

pub use adhoc::AdHoc;
pub use chain::{all_tasks, roles_of};
pub use loader::{Decrypt, Loader, LoaderOptions, ReadFile, Render};
pub use model::{
    Action, Block, Entry, Keywords, Loop, LoopControl, MetaAction, Parent, ParentKind, Play,
    Playbook, Register, Role, Task, VarsPrompt,
};
pub use role_tasks::RoleRequest;

#[cfg(test)]
mod tests;
