//! Playbooks, roles and tasks as typed values with file, line and column.

pub mod model;

pub use model::{
    Action, Block, Entry, Keywords, Loop, LoopControl, MetaAction, Parent, ParentKind, Play,
    Playbook, Register, Role, Task, VarsPrompt,
};
