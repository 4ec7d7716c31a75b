//! What a module is: the contract between modules, engine, connections and reports.
//!
//! A module is data and pure steps; the engine owns every effect.

pub mod args;
pub mod change;
pub mod context;
pub mod doc;
pub mod entry;
pub mod event;
pub mod failure;
pub mod file;
pub mod host;
pub mod input;
pub mod module;
pub mod path;
pub mod pipe;
pub mod platform;
pub mod probe;
pub mod scope;
pub mod world;

pub use args::{Arg, ArgError, ArgStruct, ArgTable, ArgType, FromArg, Rule};
pub use change::{Change, ChangeKind, Diff, Op, Part, Plan, Ran, Risk, Then};
pub use context::{ControlOutcome, PlayContext, PlayEffect};
pub use doc::{Doc, Example, Support};
pub use entry::{Entry, Run, Traits};
pub use event::Event;
pub use failure::{Failure, Fields};
pub use host::{Applied, BoxFuture, Command, Host, HostError};
pub use input::{Content, Input, Inputs, Tree, TreeEntry, TreeKind};
pub use module::{Action, ActionContext, Control, Ctx, Foretold, Look, State};
pub use path::{PathKind, PathState};
pub use pipe::{End, Ended, Pipe, Program};
pub use platform::{Os, PackageManager, Platform, ServiceManager};
pub use probe::{Answer, PathAsked, Probe};
pub use scope::{Lookup, Scope};
pub use world::{Effect, PathAttrs, Text, World};
