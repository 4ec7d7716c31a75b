//! Precedence and scopes: which value a name has for a task on a host.

mod hostvars;
mod magic;
mod scope;
mod store;
mod topology;

pub use crate::base::value::mark_secrets;
pub use magic::{PlayFrame, RoleFrame, RunFrame};
pub use scope::{Ahead, TaskScope, Warnings};
pub use store::{HostVars, Reader, Store, Topology};
pub use topology::{Landscape, Reload};
