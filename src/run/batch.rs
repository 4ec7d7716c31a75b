//! The hosts that go through a play together.

use super::host::HostRun;
use super::iterator::Choice;
use super::play::Session;
use crate::play::{Play, Role, Task};
use crate::vars::PlayFrame;
use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

/// One batch of a play.
pub struct Batch<'a> {
    /// The run.
    pub session: &'a Session,
    /// The play.
    pub play: &'a Arc<Play>,
    /// What its tasks see of the play; replaced when a host fails.
    frame: RwLock<Arc<PlayFrame>>,
    /// Handlers that can be notified, list by list: roles' before the play's; includes add theirs.
    handlers: Mutex<Vec<Vec<Arc<Task>>>>,
}

impl<'a> Batch<'a> {
    /// A batch without handlers yet.
    pub fn new(session: &'a Session, play: &'a Arc<Play>, frame: PlayFrame) -> Self {
        Self { session, play, frame: RwLock::new(Arc::new(frame)), handlers: Mutex::default() }
    }

    /// Lists of handlers, in the order in which they were loaded.
    pub fn handler_blocks(&self) -> MutexGuard<'_, Vec<Vec<Arc<Task>>>> {
        self.handlers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What tasks see of the play now.
    pub fn frame(&self) -> Arc<PlayFrame> {
        Arc::clone(&self.frame.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Replaces what tasks see of the play.
    pub fn change_frame(&self, change: impl FnOnce(&mut PlayFrame)) {
        let mut frame = (*self.frame()).clone();
        change(&mut frame);
        *self.frame.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(frame);
    }

    /// Takes failed and ended hosts out of `ansible_play_hosts` and `ansible_play_batch`.
    pub fn drop_host(&self, name: &Arc<str>) {
        self.change_frame(|frame| {
            frame.hosts.retain(|host| host != name);
            frame.batch.retain(|host| host != name);
        });
    }
}

/// How a host chooses its way: tags of the run, roles it ran.
pub struct Chosen<'a> {
    /// The run.
    pub session: &'a Session,
    /// Roles the host ran already.
    pub roles: &'a HashSet<String>,
    /// Handlers are not chosen by tags (S-104).
    pub handlers: bool,
}

impl Choice for Chosen<'_> {
    fn selected(&self, task: &Task) -> bool {
        self.handlers || self.session.is_selected(task)
    }

    fn done(&self, role: &Role) -> bool {
        !role.allow_duplicates && self.roles.contains(&role.identity)
    }
}

/// The place of a host's next step.
pub fn peek(
    session: &Session,
    host: &mut HostRun,
    handlers: bool,
) -> Option<(super::iterator::Position, super::iterator::Step)> {
    let chosen = Chosen { session, roles: &host.roles, handlers };
    host.way.peek(&chosen)
}
