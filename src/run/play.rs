//! A run: playbooks, plays, batches.

use super::ahead::{AheadRules, Changes};
use super::batch::Batch;
use super::choice;
use super::host::HostLedger;
use super::linear;
use super::locks::Locks;
use super::pool::Pool;
use super::stats::Stats;
use crate::base::{Diagnostic, Kind, Value};
use crate::play::{Loader, Play, Playbook, Task};
use crate::spec::Event;
use crate::spec::event::HostCounts;
use crate::template::Templar;
use crate::vars::{PlayFrame, Store, TaskScope, Warnings};
use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Semaphore;

/// What the command line and the settings say about a run.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Hosts with a change or action in flight at once.
    pub forks: usize,
    /// `--check`.
    pub check: bool,
    /// `--diff`.
    pub diff: bool,
    /// `--tags`.
    pub tags: Vec<String>,
    /// `--skip-tags`.
    pub skip_tags: Vec<String>,
    /// `--limit`, its hosts.
    pub limit: Option<Vec<Arc<str>>>,
    /// `--start-at-task`.
    pub start_at: Option<String>,
    /// `--force-handlers`.
    pub force_handlers: bool,
    /// Whether check mode keeps a predicted world.
    pub overlay: bool,
    /// The rules by which probes are asked ahead; None: none is.
    pub look_ahead: Option<AheadRules>,
    /// `gather_facts` of plays that do not say it: implicit, explicit, smart.
    pub gathering: String,
    /// The strategy of plays that do not say it.
    pub strategy: String,
    /// Whether hosts that failed are written to a file, and its directory if not the playbook's.
    pub retry: Option<Option<PathBuf>>,
    /// Whether an unknown handler ends the run.
    pub missing_handler_fails: bool,
    /// Values of connection options from command line, environment, ansible.cfg and defaults, by the
    /// name of their variable; the last resort behind variables and keywords.
    pub connection: BTreeMap<&'static str, Value>,
    /// Values that the command line itself gave (above keywords' defaults, below variables).
    pub r#become: BecomeDefaults,
}

/// Defaults of `become`, from command line, environment and ansible.cfg.
#[derive(Clone, Debug, Default)]
pub struct BecomeDefaults {
    /// Whether tasks become another user unless they say otherwise.
    pub on: bool,
    /// `sudo`, `doas`, `su`.
    pub method: String,
    /// User.
    pub user: String,
    /// Program.
    pub exe: Option<String>,
    /// Options.
    pub flags: Option<String>,
    /// Password that was asked for, marked secret.
    pub password: Option<Value>,
    /// Whether the login user is become as well (`become_allow_same_user`).
    pub same_user: bool,
}

/// How often the operator interrupted: once, finish what runs; twice, now.
#[derive(Debug, Default)]
pub struct Interrupt(AtomicU8);

impl Interrupt {
    /// One more interruption.
    pub fn press(&self) -> u8 {
        self.0.fetch_add(1, Ordering::SeqCst) + 1
    }

    /// A prompt was left by an interruption, which may not have been counted yet.
    pub fn at_prompt(&self) {
        self.0.fetch_max(1, Ordering::SeqCst);
    }

    /// Whether there was one.
    pub fn is_pressed(&self) -> bool {
        self.0.load(Ordering::SeqCst) > 0
    }
}

/// Everything that lasts for a run.
pub struct Session {
    /// Variables.
    pub store: Arc<Store>,
    /// Loads what is included while running.
    pub loader: Arc<Loader>,
    /// Open hosts.
    pub pool: Arc<Pool>,
    /// Takes events in the order in which they are shown.
    pub events: Arc<dyn Fn(Event) + Send + Sync>,
    /// Command line and settings.
    pub options: Options,
    /// Warnings of evaluations, shown before the next event.
    pub warnings: Warnings,
    /// Limits hosts with a change or action in flight.
    pub forks: Semaphore,
    /// Locks per machine.
    pub locks: Locks,
    /// Changes so far.
    pub changes: Changes,
    /// Interruptions.
    pub interrupt: Arc<Interrupt>,
    /// Per host: counters, predicted world.
    pub ledger: Mutex<HashMap<Arc<str>, HostLedger>>,
    /// What `set_stats` counted so far.
    pub stats: Mutex<Stats>,
    /// Asks the operator.
    pub prompt: Arc<dyn Fn(&crate::spec::context::Pause) -> Option<String> + Send + Sync>,
    /// Whether `--start-at-task` was reached.
    pub started: Mutex<bool>,
    /// Numbers of tasks.
    pub next_id: AtomicU64,
}

/// How a play or batch ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The next one follows.
    GoOn,
    /// The play is over, its further batches with it (`meta: end_play`).
    Play,
    /// The run is over.
    Stop,
}

impl Session {
    /// Shows an event, pending warnings first.
    pub fn emit(&self, event: Event) {
        for warning in self.warnings.take() {
            (self.events)(Event::Warning(warning));
        }
        (self.events)(event);
    }

    /// What `set_stats` counted.
    pub fn stats(&self) -> MutexGuard<'_, Stats> {
        self.stats.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The hosts' ledgers.
    pub fn ledger(&self) -> MutexGuard<'_, HashMap<Arc<str>, HostLedger>> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The first error met while reading variable files since last asked: it ends the run.
    pub fn problem(&self) -> Result<(), Diagnostic> {
        match self.store.topology().problems().into_iter().next() {
            Some(problem) => Err(problem),
            None => Ok(()),
        }
    }

    /// Changes a host's counters.
    pub fn count(&self, host: &Arc<str>, change: impl FnOnce(&mut HostCounts)) {
        let mut ledger = self.ledger();
        let entry = ledger.entry(Arc::clone(host)).or_default();
        entry.seen = true;
        change(&mut entry.counts);
    }

    /// Whether a task's tags are chosen; templates in tags see extra and play variables.
    pub fn is_selected(&self, task: &Task) -> bool {
        crate::play::tags::is_selected(task, &self.options.tags, &self.options.skip_tags)
    }

    /// A number for a task.
    pub fn new_id(&self) -> u64 {
        self.next_id.fetch_add(1, Ordering::Relaxed)
    }
}

/// Runs playbooks to their end, each with its recap; the first that fails is the last. The exit code
/// is Ansible's.
pub async fn run(session: &Session, playbooks: &[Playbook]) -> u8 {
    let mut code = 0;
    for playbook in playbooks {
        code = match run_playbook(session, playbook).await {
            Ok(()) => recap(session, playbook),
            Err(error) => {
                let code = error.code;
                session.emit(Event::Error(error));
                return code;
            }
        };
        if code != 0 {
            break;
        }
    }
    if let Some(wanted) = &session.options.start_at
        && !*session.started.lock().unwrap_or_else(PoisonError::into_inner)
    {
        let text = format!(
            "No matching task \"{wanted}\" found. Note: --start-at-task can only follow static includes."
        );
        session.emit(Event::Error(Diagnostic::new(text)));
    }
    code
}

async fn run_playbook(session: &Session, playbook: &Playbook) -> Result<(), Diagnostic> {
    let plays = playbook.plays.len();
    session.emit(Event::Playbook { path: playbook.path.clone(), plays });
    for play in &playbook.plays {
        let end = run_play(session, play).await?;
        if end == End::Stop || session.interrupt.is_pressed() {
            break;
        }
    }
    Ok(())
}

/// Shows what came of a playbook and gives its exit code.
fn recap(session: &Session, playbook: &Playbook) -> u8 {
    let ledger = session.ledger().clone();
    super::retry::write(session, playbook, &ledger);
    let seen = ledger.iter().filter(|(_, entry)| entry.seen);
    let counts: BTreeMap<String, HostCounts> =
        seen.map(|(name, entry)| (name.to_string(), entry.counts)).collect();
    let unreachable = counts.values().any(|c| c.unreachable > 0);
    let failed = counts.values().any(|c| c.failed > 0);
    let stats = session.stats().take();
    if !stats.is_empty() {
        session.emit(Event::CustomStats(stats));
    }
    session.emit(Event::Recap(counts));
    match (session.interrupt.is_pressed(), unreachable, failed) {
        (true, ..) => 99,
        (_, true, _) => 4,
        (_, _, true) => 2,
        _ => 0,
    }
}

async fn run_play(session: &Session, play: &Arc<Play>) -> Result<End, Diagnostic> {
    if let Some(topology) = session.store.topology().beside(&play.playbook_dir) {
        session.store.set_topology(topology);
    }
    let vars = play_vars(session, play);
    let scope = play_scope(session, &vars);
    let templar = Templar::new(&scope);
    let prompts = super::prompts::ask(session, play, &templar)?;
    let scope = TaskScope { middle: vec![Arc::clone(&prompts), Arc::clone(&vars.vars)], ..scope };
    let templar = Templar::new(&scope);
    check_strategy(session, play, &templar)?;
    let pattern = choice::pattern_text(&render(&templar, Some(&play.hosts))?.unwrap_or_default());
    let name = match render(&templar, play.keywords.name.as_ref())? {
        Some(name) => name.text(),
        None => pattern.clone(),
    };
    let matched = choice::choose_hosts(session, play, &templar, &pattern)?;
    let hosts = living(session, &matched);
    if hosts.is_empty() {
        return Ok(without_hosts(session, name, matched.is_empty()));
    }
    let serial = render(&templar, play.serial.as_ref())?;
    let batches = super::serial::batches(&hosts, serial.as_ref())?;
    let usable: Vec<Arc<str>> = living(session, &hosts);
    for members in batches {
        let members = living(session, &members);
        if members.is_empty() {
            continue;
        }
        let frame = PlayFrame {
            name: name.clone(),
            playbook_dir: play.playbook_dir.to_string_lossy().into_owned(),
            hosts_all: hosts.clone(),
            hosts: living(session, &usable),
            batch: members.clone(),
            prompts: Arc::clone(&prompts),
            ..vars.clone()
        };
        session.emit(Event::Play { name: name.clone(), hosts: members.clone() });
        choice::read_variables(session, &members)?;
        let batch = Batch::new(session, play, frame);
        match linear::run_batch(&batch, &members).await? {
            End::GoOn if !session.interrupt.is_pressed() => {}
            End::GoOn | End::Play => break,
            End::Stop => return Ok(End::Stop),
        }
    }
    Ok(End::GoOn)
}

/// A play that has nobody to run on; said where nobody matches its pattern.
fn without_hosts(session: &Session, name: String, nobody: bool) -> End {
    session.emit(Event::Play { name, hosts: Vec::new() });
    if nobody {
        session.emit(Event::NoHostsMatched);
    }
    End::GoOn
}

/// Refuses what a template makes of `strategy`, and what the settings say where a play says nothing;
/// what is written out is refused before anything runs.
fn check_strategy(session: &Session, play: &Play, templar: &Templar<'_>) -> Result<(), Diagnostic> {
    let name = render(templar, play.strategy.as_ref())?.map(|name| name.text());
    let name = name.as_deref().unwrap_or(&session.options.strategy);
    let error = crate::play::check::strategy(name).err();
    let at = play.strategy.as_ref().and_then(Value::origin).or(play.origin.as_ref());
    error.map_or(Ok(()), |error| Err(error.at(at)))
}

/// Hosts that did not fail in an earlier play or batch.
fn living(session: &Session, hosts: &[Arc<str>]) -> Vec<Arc<str>> {
    let ledger = session.ledger();
    let failed = |host: &Arc<str>| ledger.get(host).is_some_and(|entry| entry.failed);
    hosts.iter().filter(|host| !failed(host)).cloned().collect()
}

/// A rendered keyword of a play; null and omit count as not given.
pub fn render(templar: &Templar<'_>, raw: Option<&Value>) -> Result<Option<Value>, Diagnostic> {
    let Some(raw) = raw else { return Ok(None) };
    let value = templar.render(raw).map_err(|stop| {
        stop.into_diagnostic().unwrap_or_else(|| Diagnostic::new("evaluation was suspended"))
    })?;
    Ok(if matches!(value.kind, Kind::Null | Kind::Omit) { None } else { Some(value) })
}

/// The play's own levels: play vars, roles' defaults and vars.
fn play_vars(_: &Session, play: &Play) -> PlayFrame {
    let mut roles = Vec::new();
    let mut names = Vec::new();
    let mut dependents = Vec::new();
    for role in &play.roles {
        for dependency in super::scope::all_dependencies(role) {
            dependents.push(dependency.name.clone());
            roles.push(dependency);
        }
        names.push(role.name.clone());
        roles.push(Arc::clone(role));
    }
    let public: Vec<_> = roles.iter().filter(|role| role.public).collect();
    PlayFrame {
        role_names: names,
        dependent_role_names: dependents,
        vars: Arc::new(crate::vars::mark_secrets(&play.keywords.vars)),
        role_defaults: public.iter().map(|role| Arc::clone(&role.defaults)).collect(),
        role_vars: public.iter().map(|role| Arc::clone(&role.vars)).collect(),
        ..PlayFrame::default()
    }
}

/// What the play's own keywords see: extra and play variables, no host.
fn play_scope(session: &Session, vars: &PlayFrame) -> TaskScope {
    let none: Arc<str> = Arc::from("");
    let frame = Arc::new(vars.clone());
    let mut scope = TaskScope::of_host(&session.store, &frame, &none, &session.warnings);
    scope.middle = vec![Arc::clone(&vars.vars)];
    scope
}
