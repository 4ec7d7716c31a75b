//! The three kinds of modules and the table entry that erases their types.

use super::args::{ArgError, ArgStruct};
use super::change::{Change, Plan, Ran};
use super::context::{ControlOutcome, PlayContext};
use super::doc::Doc;
use super::failure::{Failure, Fields};
use super::host::{BoxFuture, Host};
use super::input::Inputs;
use super::platform::Platform;
use super::probe::{Answer, Probe};
use super::world::{Effect, World};
use crate::base::Map;
use std::any::Any;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// What pure steps may look at beside their arguments. It does not tell check mode from a run:
/// both are one path.
#[derive(Clone, Copy)]
pub struct Ctx<'a> {
    /// The host's kernel, user and tools.
    pub platform: &'a Platform,
    /// Controller files and rendered templates of this task.
    pub inputs: &'a Inputs,
    /// What earlier tasks of a check run would have left.
    pub world: &'a World,
    /// Whether differences will be shown: old content is asked for only then.
    pub diff: bool,
}

/// What `read` made of the answers.
#[derive(Debug)]
pub enum Look<S> {
    /// Enough is known.
    Seen(S),
    /// One more question; at most four for a task.
    Ask(Probe),
}

/// A module that brings something to a wanted state: probe, read, plan, result are pure.
pub trait State: Send + Sync + 'static {
    /// Its typed arguments.
    type Args: ArgStruct;
    /// What it saw on the host.
    type Seen: Send + Sync + 'static;
    /// Its documentation.
    fn doc(&self) -> &'static Doc;
    /// The first question.
    fn probe(&self, args: &Self::Args, ctx: Ctx<'_>) -> Result<Probe, Failure>;
    /// Reads the answers so far (the first to the latest question), with the predicted world over them.
    fn read(
        &self,
        args: &Self::Args,
        answers: &[Answer],
        ctx: Ctx<'_>,
    ) -> Result<Look<Self::Seen>, Failure>;
    /// Compares what is with what is wanted.
    fn plan(&self, args: &Self::Args, seen: &Self::Seen, ctx: Ctx<'_>) -> Result<Plan, Failure>;
    /// Whether the second look shows this change's own outcome; else what is wrong.
    fn verify(
        &self,
        args: &Self::Args,
        change: &Change,
        after: &Self::Seen,
        ctx: Ctx<'_>,
    ) -> Result<(), String>;
    /// What the module calls a change that failed (code not 0); None: the engine's own words.
    fn explain(&self, _args: &Self::Args, _ran: &Ran) -> Option<Failure> {
        None
    }
    /// What Ansible's module of that name returns. `after` is None in check mode and when nothing was
    /// applied. `changed`, `failed` and `diff` are set by the engine.
    fn result(
        &self,
        args: &Self::Args,
        before: &Self::Seen,
        after: Option<&Self::Seen>,
        plan: &Plan,
        ran: &[Ran],
    ) -> Fields;
}

/// What a check run's action says of what it would do.
#[derive(Debug, Default)]
pub struct Foretold {
    /// What it would leave behind.
    pub effects: Vec<Effect>,
    /// Why that is not certain.
    pub uncertain: Option<String>,
}

/// Surroundings of an action.
#[derive(Clone)]
pub struct ActionContext<'a> {
    /// The host it acts on.
    pub host: &'a dyn Host,
    /// Controller files of this task.
    pub inputs: &'a Inputs,
    /// `environment:` of the task.
    pub env: &'a [(String, String)],
    /// Whether this is a check run: the action looks (creates, removes) and does nothing.
    pub check: bool,
    /// Whether a diff is wanted.
    pub diff: bool,
    /// The predicted world of a check run.
    pub world: &'a World,
    /// What a check run would leave behind, for the tasks that follow.
    pub foretold: &'a Mutex<Foretold>,
    /// Number of `-v`.
    pub verbosity: u8,
    /// Directory of the playbook: what relative paths of the operator's machine are below.
    pub base: &'a Path,
    /// Inventory name of the host that the task belongs to, also where it is delegated.
    pub inventory_name: &'a str,
}

impl ActionContext<'_> {
    /// In a check run: tells what would be left behind.
    pub fn foretell(&self, effects: impl IntoIterator<Item = Effect>) {
        if self.check {
            self.told().effects.extend(effects);
        }
    }

    /// In a check run: tells why what it says is not certain.
    pub fn uncertain(&self, why: impl Into<String>) {
        if self.check {
            self.told().uncertain = Some(why.into());
        }
    }

    fn told(&self) -> std::sync::MutexGuard<'_, Foretold> {
        self.foretold.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A module that is an action, also when it reports ok.
pub trait Action: Send + Sync + 'static {
    /// Its typed arguments.
    type Args: ArgStruct;
    /// Its documentation.
    fn doc(&self) -> &'static Doc;
    /// The question whose answer alone may show that there is nothing to do (`creates`, `removes`); it is asked before
    /// anything else, and may be asked ahead.
    fn first(&self, _args: &Self::Args, _platform: &Platform) -> Option<Probe> {
        None
    }
    /// The lock per machine that it holds while it works; see [`Traits::lock`](super::entry::Traits).
    fn lock(&self, _args: &Self::Args) -> Option<&'static str> {
        None
    }
    /// Acts, and returns the whole result: `changed`, `rc`, `stdout`...; `skipped` where Ansible skips.
    fn act<'a>(
        &'a self,
        args: &'a Self::Args,
        ctx: ActionContext<'a>,
    ) -> BoxFuture<'a, Result<Fields, Failure>>;
}

/// A module that touches no host.
pub trait Control: Send + Sync + 'static {
    /// Its typed arguments.
    type Args: ArgStruct;
    /// Its documentation.
    fn doc(&self) -> &'static Doc;
    /// Runs on the operator's machine.
    fn control<'a>(
        &'a self,
        args: &'a Self::Args,
        context: &'a dyn PlayContext,
    ) -> BoxFuture<'a, Result<ControlOutcome, Failure>>;
}

/// Arguments of any module.
pub type AnyArgs = Arc<dyn Any + Send + Sync>;
/// What any module saw.
pub type AnySeen = Box<dyn Any + Send + Sync>;

/// [`State`] without its types.
pub trait AnyState: Send + Sync {
    /// See [`State::doc`].
    fn doc(&self) -> &'static Doc;
    /// Typed arguments from rendered ones.
    fn parse(&self, args: &Map) -> Result<AnyArgs, ArgError>;
    /// See [`State::probe`].
    fn probe(&self, args: &AnyArgs, ctx: Ctx<'_>) -> Result<Probe, Failure>;
    /// See [`State::read`].
    fn read(
        &self,
        args: &AnyArgs,
        answers: &[Answer],
        ctx: Ctx<'_>,
    ) -> Result<Look<AnySeen>, Failure>;
    /// See [`State::plan`].
    fn plan(&self, args: &AnyArgs, seen: &AnySeen, ctx: Ctx<'_>) -> Result<Plan, Failure>;
    /// See [`State::verify`].
    fn verify(
        &self,
        args: &AnyArgs,
        change: &Change,
        after: &AnySeen,
        ctx: Ctx<'_>,
    ) -> Result<(), String>;
    /// See [`State::explain`].
    fn explain(&self, args: &AnyArgs, ran: &Ran) -> Option<Failure>;
    /// See [`State::result`].
    fn result(
        &self,
        args: &AnyArgs,
        before: &AnySeen,
        after: Option<&AnySeen>,
        plan: &Plan,
        ran: &[Ran],
    ) -> Fields;
}

/// [`Action`] without its types.
pub trait AnyAction: Send + Sync {
    /// See [`Action::doc`].
    fn doc(&self) -> &'static Doc;
    /// Typed arguments from rendered ones.
    fn parse(&self, args: &Map) -> Result<AnyArgs, ArgError>;
    /// See [`Action::first`].
    fn first(&self, args: &AnyArgs, platform: &Platform) -> Option<Probe>;
    /// See [`Action::lock`].
    fn lock(&self, args: &AnyArgs) -> Option<&'static str>;
    /// See [`Action::act`].
    fn act<'a>(
        &'a self,
        args: &'a AnyArgs,
        ctx: ActionContext<'a>,
    ) -> BoxFuture<'a, Result<Fields, Failure>>;
}

/// [`Control`] without its types.
pub trait AnyControl: Send + Sync {
    /// See [`Control::doc`].
    fn doc(&self) -> &'static Doc;
    /// Typed arguments from rendered ones.
    fn parse(&self, args: &Map) -> Result<AnyArgs, ArgError>;
    /// See [`Control::control`].
    fn control<'a>(
        &'a self,
        args: &'a AnyArgs,
        context: &'a dyn PlayContext,
    ) -> BoxFuture<'a, Result<ControlOutcome, Failure>>;
}

fn parse_as<A: ArgStruct>(args: &Map) -> Result<AnyArgs, ArgError> {
    A::from_map(args).map(|typed| Arc::new(typed) as AnyArgs)
}

/// The typed form of what the same module's `parse` or `read` made. Mixing modules is a fault of the
/// engine; it is reported as the module's failure, not as a crash.
fn typed<T: 'static>(any: &(dyn Any + Send + Sync)) -> Result<&T, Failure> {
    any.downcast_ref::<T>().ok_or_else(|| Failure::new("internal: arguments of another module"))
}

impl<M: State> AnyState for M {
    fn doc(&self) -> &'static Doc {
        State::doc(self)
    }
    fn parse(&self, args: &Map) -> Result<AnyArgs, ArgError> {
        parse_as::<M::Args>(args)
    }
    fn probe(&self, args: &AnyArgs, ctx: Ctx<'_>) -> Result<Probe, Failure> {
        State::probe(self, typed(args.as_ref())?, ctx)
    }
    fn read(
        &self,
        args: &AnyArgs,
        answers: &[Answer],
        ctx: Ctx<'_>,
    ) -> Result<Look<AnySeen>, Failure> {
        Ok(match State::read(self, typed(args.as_ref())?, answers, ctx)? {
            Look::Seen(seen) => Look::Seen(Box::new(seen)),
            Look::Ask(probe) => Look::Ask(probe),
        })
    }
    fn plan(&self, args: &AnyArgs, seen: &AnySeen, ctx: Ctx<'_>) -> Result<Plan, Failure> {
        State::plan(self, typed(args.as_ref())?, typed(seen.as_ref())?, ctx)
    }
    fn verify(
        &self,
        args: &AnyArgs,
        change: &Change,
        after: &AnySeen,
        ctx: Ctx<'_>,
    ) -> Result<(), String> {
        let args = typed(args.as_ref()).map_err(|f| f.msg)?;
        let after = typed(after.as_ref()).map_err(|f| f.msg)?;
        State::verify(self, args, change, after, ctx)
    }
    fn explain(&self, args: &AnyArgs, ran: &Ran) -> Option<Failure> {
        State::explain(self, typed(args.as_ref()).ok()?, ran)
    }
    fn result(
        &self,
        args: &AnyArgs,
        before: &AnySeen,
        after: Option<&AnySeen>,
        plan: &Plan,
        ran: &[Ran],
    ) -> Fields {
        let (Ok(args), Ok(before)) = (typed(args.as_ref()), typed(before.as_ref())) else {
            return Fields::new();
        };
        let after = after.and_then(|seen| typed(seen.as_ref()).ok());
        State::result(self, args, before, after, plan, ran)
    }
}

impl<M: Action> AnyAction for M {
    fn doc(&self) -> &'static Doc {
        Action::doc(self)
    }
    fn parse(&self, args: &Map) -> Result<AnyArgs, ArgError> {
        parse_as::<M::Args>(args)
    }
    fn first(&self, args: &AnyArgs, platform: &Platform) -> Option<Probe> {
        typed(args.as_ref()).ok().and_then(|args| Action::first(self, args, platform))
    }
    fn lock(&self, args: &AnyArgs) -> Option<&'static str> {
        typed(args.as_ref()).ok().and_then(|args| Action::lock(self, args))
    }
    fn act<'a>(
        &'a self,
        args: &'a AnyArgs,
        ctx: ActionContext<'a>,
    ) -> BoxFuture<'a, Result<Fields, Failure>> {
        match typed(args.as_ref()) {
            Ok(args) => Action::act(self, args, ctx),
            Err(failure) => Box::pin(std::future::ready(Err(failure))),
        }
    }
}

impl<M: Control> AnyControl for M {
    fn doc(&self) -> &'static Doc {
        Control::doc(self)
    }
    fn parse(&self, args: &Map) -> Result<AnyArgs, ArgError> {
        parse_as::<M::Args>(args)
    }
    fn control<'a>(
        &'a self,
        args: &'a AnyArgs,
        context: &'a dyn PlayContext,
    ) -> BoxFuture<'a, Result<ControlOutcome, Failure>> {
        match typed(args.as_ref()) {
            Ok(args) => Control::control(self, args, context),
            Err(failure) => Box::pin(std::future::ready(Err(failure))),
        }
    }
}
