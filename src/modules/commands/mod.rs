//! Commands, scripts, and whether a host answers.

mod args;
mod command;
mod creates;
mod outcome;
mod ping;
mod raw;
mod script;
mod shell;
mod wait_for;
mod wait_for_connection;

use crate::spec::{Entry, Traits};

const FREE: Traits = Traits { free_form: true, ..Traits::NONE };

/// The family's part of the table.
pub static FAMILY: &[Entry] = &[
    Entry::action(&command::Command).with(FREE),
    Entry::state(&ping::Ping),
    Entry::action(&raw::Raw).with(FREE),
    Entry::action(&script::Script).with(FREE),
    Entry::action(&shell::Shell).with(FREE),
    Entry::action(&wait_for::WaitFor),
    Entry::action(&wait_for_connection::WaitForConnection),
];
