//! One host's way through a list of tasks, blocks and roles.
//!
//! Positions compare: hosts of a batch run the task at the lowest position first, so that all of them
//! finish a task before any starts the next, whatever each went through (rescue, includes).

use crate::play::{Block, Entry, Role, Task};
use std::sync::Arc;

/// One thing in a list.
#[derive(Clone, Debug)]
pub enum Node {
    /// A task.
    Task(Arc<Task>),
    /// A block with its rescue and always.
    Block(Arc<Block>),
    /// A role of `roles:`: skipped by hosts that ran it already.
    Role(Arc<Role>, Arc<[Node]>),
    /// A point where notified handlers run.
    Flush,
}

/// Nodes of entries.
pub fn nodes(entries: &[Entry]) -> Vec<Node> {
    entries
        .iter()
        .map(|entry| match entry {
            Entry::Task(task) => Node::Task(Arc::clone(task)),
            Entry::Block(block) => Node::Block(Arc::clone(block)),
        })
        .collect()
}

/// Where in the list: indices and sections from the outside in.
pub type Position = Vec<u32>;

/// What is next for a host.
#[derive(Clone, Debug)]
pub enum Step {
    /// Run this task.
    Task(Arc<Task>),
    /// Run notified handlers.
    Flush,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Section {
    Plain,
    Block,
    Rescue,
    Always,
}

#[derive(Clone, Debug)]
struct Frame {
    nodes: Arc<[Node]>,
    next: usize,
    /// Position of this list, without the index.
    at: Position,
    section: Section,
    block: Option<Arc<Block>>,
    role: Option<Arc<Role>>,
    /// Whether a failure goes on when this block's always is done.
    failing: bool,
}

/// Whether a task is selected by `--tags` and a role may run: what the way depends on beside results.
pub trait Choice {
    /// Whether the task's tags are selected.
    fn selected(&self, task: &Task) -> bool;
    /// Whether the role ran already for this host and must not run again.
    fn done(&self, role: &Role) -> bool;
}

/// One host's place.
#[derive(Clone, Debug)]
pub struct Way {
    frames: Vec<Frame>,
    /// Roles whose tasks have all been passed, since last asked.
    finished: Vec<Arc<Role>>,
    /// Whether an always has ended behind a failure that nothing catches.
    lost: bool,
}

impl Way {
    /// The start of a list.
    pub fn new(nodes: impl Into<Arc<[Node]>>) -> Self {
        let frame = Frame {
            nodes: nodes.into(),
            next: 0,
            at: Position::new(),
            section: Section::Plain,
            block: None,
            role: None,
            failing: false,
        };
        Self { frames: vec![frame], finished: Vec::new(), lost: false }
    }

    /// The next step and its position; passes over what is not selected. None: nothing is left.
    pub fn peek(&mut self, choice: &dyn Choice) -> Option<(Position, Step)> {
        loop {
            let frame = self.frames.last()?;
            let Some(node) = frame.nodes.get(frame.next).cloned() else {
                if !self.leave() {
                    return None;
                }
                continue;
            };
            let mut at = frame.at.clone();
            at.push(frame.next as u32);
            match node {
                Node::Task(task) if choice.selected(&task) => return Some((at, Step::Task(task))),
                Node::Flush => return Some((at, Step::Flush)),
                Node::Task(_) => self.advance(),
                Node::Block(block) => self.enter_block(at, &block),
                Node::Role(role, nodes) => self.enter_role(at, role, nodes, choice),
            }
        }
    }

    /// Goes past the current step.
    pub fn advance(&mut self) {
        if let Some(frame) = self.frames.last_mut() {
            frame.next += 1;
        }
    }

    /// Goes past an include and into what it brought.
    pub fn enter_include(&mut self, nodes: Arc<[Node]>, number: u32, role: Option<Arc<Role>>) {
        let Some(frame) = self.frames.last_mut() else { return };
        let mut at = frame.at.clone();
        // The include itself was just passed: its index is one back.
        at.push((frame.next as u32).saturating_sub(1));
        at.push(number + 1);
        self.frames.push(Frame {
            nodes,
            next: 0,
            at,
            section: Section::Plain,
            block: None,
            role,
            failing: false,
        });
    }

    /// Goes through these nodes before it goes on where it is.
    pub fn go_first(&mut self, nodes: impl Into<Arc<[Node]>>) {
        self.frames.push(Frame {
            nodes: nodes.into(),
            next: 0,
            at: Position::new(),
            section: Section::Plain,
            block: None,
            role: None,
            failing: false,
        });
    }

    /// The current step failed: goes to the nearest rescue or always; false: failed for good.
    pub fn fail(&mut self) -> bool {
        while let Some(frame) = self.frames.last_mut() {
            let Some(block) = frame.block.clone() else {
                self.frames.pop();
                continue;
            };
            let to_rescue = frame.section == Section::Block && !block.rescue.is_empty();
            if to_rescue {
                Self::turn(frame, Section::Rescue, &block.rescue);
                return true;
            }
            let in_always = frame.section == Section::Always;
            if !in_always && !block.always.is_empty() {
                frame.failing = true;
                Self::turn(frame, Section::Always, &block.always);
                return true;
            }
            self.frames.pop();
        }
        false
    }

    /// Whether a failure would be caught by a rescue that is still ahead.
    pub fn has_rescue(&self) -> bool {
        self.frames.iter().any(|frame| {
            frame.section == Section::Block
                && frame.block.as_ref().is_some_and(|block| !block.rescue.is_empty())
        })
    }

    /// Whether it ended behind an always with a failure that went on from there.
    pub fn is_lost(&self) -> bool {
        self.lost
    }

    /// Ends the innermost role (`meta: end_role`).
    pub fn end_role(&mut self) {
        while let Some(frame) = self.frames.pop() {
            if let Some(role) = frame.role {
                self.finished.push(role);
                return;
            }
        }
    }

    /// Roles passed to their end since the last call.
    pub fn take_finished(&mut self) -> Vec<Arc<Role>> {
        std::mem::take(&mut self.finished)
    }

    fn turn(frame: &mut Frame, section: Section, entries: &[Entry]) {
        frame.nodes = nodes(entries).into();
        frame.next = 0;
        frame.section = section;
        if let Some(last) = frame.at.last_mut() {
            *last =
                u32::from(section == Section::Rescue) + 2 * u32::from(section == Section::Always);
        }
    }

    /// At the end of a list: into the block's always, or out. False: nothing is left.
    fn leave(&mut self) -> bool {
        let Some(frame) = self.frames.last_mut() else { return false };
        let always = frame.block.as_ref().filter(|block| {
            matches!(frame.section, Section::Block | Section::Rescue) && !block.always.is_empty()
        });
        if let Some(block) = always.cloned() {
            Self::turn(frame, Section::Always, &block.always);
            return true;
        }
        let failing = frame.failing;
        let role = frame.role.clone();
        self.frames.pop();
        self.finished.extend(role);
        if failing {
            self.lost = !self.fail();
            return !self.lost;
        }
        !self.frames.is_empty()
    }

    fn enter_block(&mut self, mut at: Position, block: &Arc<Block>) {
        self.advance();
        at.push(0);
        self.frames.push(Frame {
            nodes: nodes(&block.block).into(),
            next: 0,
            at,
            section: Section::Block,
            block: Some(Arc::clone(block)),
            role: None,
            failing: false,
        });
    }

    fn enter_role(
        &mut self,
        mut at: Position,
        role: Arc<Role>,
        nodes: Arc<[Node]>,
        choice: &dyn Choice,
    ) {
        self.advance();
        if choice.done(&role) {
            return;
        }
        at.push(0);
        self.frames.push(Frame {
            nodes,
            next: 0,
            at,
            section: Section::Plain,
            block: None,
            role: Some(role),
            failing: false,
        });
    }
}
