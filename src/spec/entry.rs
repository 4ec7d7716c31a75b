//! One line of the table of modules.

use super::args::ArgError;
use super::doc::Doc;
use super::module::{AnyAction, AnyArgs, AnyControl, AnyState};
use crate::base::Map;

/// Properties of a module that the engine decides by.
#[derive(Clone, Copy, Debug, Default)]
pub struct Traits {
    /// Control-side and without any effect outside of its own variables: may run ahead.
    pub pure: bool,
    /// Runs once for all hosts of a batch (add_host; S-94).
    pub once: bool,
    /// Unknown `k=v` words stay in the free-form text (S-43): command, shell, raw, script.
    pub free_form: bool,
    /// Changes accounts, groups, sudoers or login classes: all shells of other users are reopened.
    pub identity: bool,
    /// Name of a lock per machine that is held from its first question to its last look, because already its
    /// questions run a tool that bears no second one beside it (bastille).
    pub lock: Option<&'static str>,
}

/// How a module runs.
#[derive(Clone, Copy)]
pub enum Run {
    /// Probe, plan, apply, second look.
    State(&'static dyn AnyState),
    /// An action on a host.
    Action(&'static dyn AnyAction),
    /// No host at all.
    Control(&'static dyn AnyControl),
}

/// One line of the table of modules.
#[derive(Clone, Copy)]
pub struct Entry {
    /// How it runs.
    pub run: Run,
    /// What the engine decides by.
    pub traits: Traits,
}

impl Entry {
    /// A state module.
    pub const fn state(module: &'static dyn AnyState) -> Self {
        Self { run: Run::State(module), traits: Traits::NONE }
    }

    /// An action.
    pub const fn action(module: &'static dyn AnyAction) -> Self {
        Self { run: Run::Action(module), traits: Traits::NONE }
    }

    /// A control-side module.
    pub const fn control(module: &'static dyn AnyControl) -> Self {
        Self { run: Run::Control(module), traits: Traits::NONE }
    }

    /// The same with these traits.
    #[must_use]
    pub const fn with(mut self, traits: Traits) -> Self {
        self.traits = traits;
        self
    }

    /// Its documentation.
    pub fn doc(&self) -> &'static Doc {
        match self.run {
            Run::State(module) => module.doc(),
            Run::Action(module) => module.doc(),
            Run::Control(module) => module.doc(),
        }
    }

    /// Typed arguments from rendered ones.
    pub fn parse(&self, args: &Map) -> Result<AnyArgs, ArgError> {
        match self.run {
            Run::State(module) => module.parse(args),
            Run::Action(module) => module.parse(args),
            Run::Control(module) => module.parse(args),
        }
    }
}

impl Traits {
    /// None of them.
    pub const NONE: Self =
        Self { pure: false, once: false, free_form: false, identity: false, lock: None };
}
