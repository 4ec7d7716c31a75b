//! Strategy linear: all hosts of a batch finish a task before any starts the next (S-92).

use super::ahead::Queue;
use super::batch::{Batch, Chosen, peek};
use super::handlers;
use super::host::HostRun;
use super::iterator::{Node, Position, Step, Way, nodes};
use super::outcome::Outcome;
use super::play::End;
use super::task::TaskRun;
use super::{gather, include, settle};
use crate::base::{Diagnostic, Value};
use crate::play::{Action, MetaAction, Task};
use crate::spec::event::{Status, TaskInfo, TaskResult};
use crate::spec::{Event, World};
use crate::template::Templar;
use futures_util::stream::{self, Stream, StreamExt};
use std::pin::Pin;
use std::sync::Arc;

/// A host's place in the batch, what it gives back, and what came of the task.
type Ended = (usize, Queue, World, Outcome);

/// The hosts of a batch and what they run.
pub struct Runner<'a, 'b> {
    /// The batch.
    pub batch: &'b Batch<'a>,
    /// Its hosts, in order.
    pub hosts: Vec<HostRun>,
    /// Hosts it started with: for percentages.
    pub size: usize,
    /// Whether the run ends after this batch.
    pub stop: bool,
    /// Whether this is a list of handlers.
    pub in_handlers: bool,
    /// Whether the play ends with this batch.
    pub end_play: bool,
}

/// What a task without a name is called: its action, and the role as it was written.
fn unnamed(task: &Task) -> String {
    match (&task.action, task.arg("name").or_else(|| task.arg("role"))) {
        (Action::IncludeRole, Some(role)) => format!("{} : {}", task.written, role.text()),
        _ => task.written.clone(),
    }
}

/// What is said about a text that stands for a value that is not there (S-36).
fn placeholder_warning(number: usize, error: Diagnostic) -> Diagnostic {
    let text = format!("Encountered 1 template error.\nerror {number} - {}", error.chain());
    Diagnostic::new(text).at(error.origin.as_ref())
}

/// Runs one batch through its play.
pub async fn run_batch(batch: &Batch<'_>, members: &[Arc<str>]) -> Result<End, Diagnostic> {
    let list: Arc<[Node]> = play_nodes(batch)?.into();
    handlers::collect(batch)?;
    let hosts = members.iter().map(|name| new_host(name, &list)).collect();
    let size = members.len();
    let mut runner =
        Runner { batch, hosts, size, stop: false, in_handlers: false, end_play: false };
    runner.load_vars_files()?;
    runner.enter_at_start()?;
    runner.walk().await?;
    runner.forced_handlers().await?;
    let lost = runner.hosts.iter().filter(|host| host.failed || host.unreachable).count();
    Ok(match runner.end_play {
        _ if runner.stop || lost == runner.size => End::Stop,
        true => End::Play,
        false => End::GoOn,
    })
}

fn new_host(name: &Arc<str>, list: &Arc<[Node]>) -> HostRun {
    HostRun {
        name: Arc::clone(name),
        way: Way::new(Arc::clone(list)),
        notified: Vec::new(),
        roles: std::collections::HashSet::new(),
        failed: false,
        unreachable: false,
        ended: false,
        files: Arc::default(),
        queue: super::ahead::Queue::default(),
    }
}

/// The play's list in its order (S-116).
fn play_nodes(batch: &Batch<'_>) -> Result<Vec<Node>, Diagnostic> {
    let play = batch.play;
    let mut list: Vec<Node> = gather::task(batch)?.map(Node::Task).into_iter().collect();
    list.extend(nodes(&play.pre_tasks));
    list.push(Node::Flush);
    for (role, tasks) in play.roles.iter().zip(&play.role_tasks) {
        list.extend(role_nodes(role, tasks));
    }
    list.extend(nodes(&play.tasks));
    list.push(Node::Flush);
    list.extend(nodes(&play.post_tasks));
    list.push(Node::Flush);
    Ok(list)
}

fn role_nodes(role: &Arc<crate::play::Role>, tasks: &[crate::play::Entry]) -> Vec<Node> {
    vec![Node::Role(Arc::clone(role), nodes(tasks).into())]
}

impl<'a, 'b> Runner<'a, 'b> {
    /// Walks all hosts to the end of their lists.
    pub async fn walk(&mut self) -> Result<(), Diagnostic> {
        while let Some((group, step)) = self.next_step() {
            if self.batch.session.interrupt.is_pressed() {
                return Ok(());
            }
            match step {
                Step::Flush => {
                    for at in &group {
                        self.hosts[*at].way.advance();
                    }
                    Box::pin(handlers::flush(self, &group)).await?;
                }
                Step::Task(task) => self.step(&group, &task).await?,
            }
            self.batch.session.problem()?;
            if self.stop {
                return Ok(());
            }
        }
        Ok(())
    }

    /// The hosts at the lowest position, and what they do next.
    fn next_step(&mut self) -> Option<(Vec<usize>, Step)> {
        let session = self.batch.session;
        let in_handlers = self.in_handlers;
        let mut lowest: Option<(Position, Step)> = None;
        let mut group = Vec::new();
        let mut lost = Vec::new();
        for (at, host) in self.hosts.iter_mut().enumerate() {
            if !host.is_active() {
                continue;
            }
            let next = peek(session, host, in_handlers);
            let finished = host.way.take_finished();
            host.roles.extend(finished.iter().map(|role| role.identity.clone()));
            if host.way.is_lost() {
                lost.push(at);
            }
            let Some((position, step)) = next else { continue };
            match &lowest {
                Some((best, _)) if *best < position => {}
                Some((best, _)) if *best == position => group.push(at),
                _ => {
                    group = vec![at];
                    lowest = Some((position, step));
                }
            }
        }
        lost.into_iter().for_each(|at| self.mark_failed(at));
        lowest.map(|(_, step)| (group, step))
    }

    async fn step(&mut self, group: &[usize], task: &Arc<Task>) -> Result<(), Diagnostic> {
        if let Action::Meta(meta) = task.action {
            return self.meta(group, task, meta).await;
        }
        self.run_task(group, task).await
    }

    /// Runs a task on the hosts of a group and records what came of it.
    pub async fn run_task(&mut self, group: &[usize], task: &Arc<Task>) -> Result<(), Diagnostic> {
        let once = self.runs_once(group, task)?;
        let runners: Vec<usize> = if once { group[..1].to_vec() } else { group.to_vec() };
        let info = self.info(task, runners[0]);
        self.batch.session.emit(Event::Task(Arc::clone(&info)));
        let mut includes = Vec::new();
        let mut failed = Vec::new();
        let limit = self.throttle(runners[0], task)?;
        let mut running = self.start(&runners, task, &info, limit);
        while let Some((at, queue, world, outcome)) = running.next().await {
            self.hosts[at].queue = queue;
            let name = Arc::clone(&self.hosts[at].name);
            self.batch.session.ledger().entry(name).or_default().world = world;
            let sharing: &[usize] = if once { group } else { &[at] };
            let settled = settle::settle(self, at, sharing, task, &info, outcome)?;
            includes.extend(settled.includes.into_iter().map(|request| (at, request)));
            if settled.fatal {
                failed.push(at);
            }
        }
        drop(running);
        for at in group {
            if !failed.contains(at) {
                self.hosts[*at].way.advance();
            }
        }
        self.rename_vars_files(group)?;
        include::enter(self, task, &info, group, once, includes).await?;
        self.after_failures(group, task, once, &failed)
    }

    /// Whether the task runs on the first host only: `run_once`, or a module that does so by itself.
    fn runs_once(&self, group: &[usize], task: &Task) -> Result<bool, Diagnostic> {
        if let Action::Module(entry) = &task.action
            && entry.traits.once
        {
            return Ok(true);
        }
        let scope = super::scope::of_task(self.batch, &self.hosts[group[0]], task);
        let templar = Templar::new(&scope);
        let reader = super::keywords::Reader { task, templar: &templar };
        match reader.flag("run_once", |k| k.run_once.as_ref()) {
            Ok(once) => Ok(once.unwrap_or(false)),
            Err(stop) => {
                Err(stop.into_diagnostic().unwrap_or_else(|| Diagnostic::new("suspended")))
            }
        }
    }

    /// How the task is named in banners.
    pub fn info(&self, task: &Task, at: usize) -> Arc<TaskInfo> {
        let scope = super::scope::of_task(self.batch, &self.hosts[at], task);
        let templar = Templar::new(&scope).with_placeholders();
        let name = task.keywords.name.as_ref();
        let name = name.and_then(|raw| templar.render(raw).ok()).map(|name| name.text());
        for (number, error) in templar.take_errors().into_iter().enumerate() {
            self.batch.session.warnings.push(placeholder_warning(number + 1, error));
        }
        let name = name.filter(|name| !name.is_empty()).unwrap_or_else(|| unnamed(task));
        let name = match task.role().filter(|_| !task.implicit) {
            Some(role) => format!("{} : {name}", role.name),
            None => name,
        };
        let no_log = task.inherited(|k| k.no_log.as_ref()).is_some_and(|raw| {
            templar
                .render(raw)
                .is_ok_and(|value| value.is_true() && value.as_str() != Some("false"))
        });
        Arc::new(TaskInfo {
            id: self.batch.session.new_id(),
            name,
            action: task.written.clone(),
            origin: task.origin.clone(),
            handler: self.in_handlers,
            no_log,
        })
    }

    /// Runs the task on several hosts; results come in the order of completion, one after the other in
    /// inventory order with `forks` 1.
    fn start<'t>(
        &mut self,
        group: &[usize],
        task: &'t Arc<Task>,
        info: &Arc<TaskInfo>,
        limit: Option<usize>,
    ) -> Pin<Box<dyn Stream<Item = Ended> + 't>>
    where
        'b: 't,
        'a: 't,
    {
        let batch = self.batch;
        let mut hosts = Vec::new();
        for at in group.iter().copied() {
            let coming = self.upcoming(at);
            let mut run = TaskRun::new(batch, &mut self.hosts[at], task, info, coming);
            let start = Event::HostStart { task: Arc::clone(info), host: Arc::clone(&run.host) };
            hosts.push(async move {
                batch.session.emit(start);
                let outcome = run.run().await;
                (at, run.queue, run.world, outcome)
            });
        }
        let at_once = if batch.session.options.forks == 1 { 1 } else { hosts.len().max(1) };
        let at_once = limit.map_or(at_once, |limit| limit.min(at_once));
        Box::pin(stream::iter(hosts).buffer_unordered(at_once))
    }

    /// How many hosts may run the task at once, with `throttle` (S-91).
    fn throttle(&self, at: usize, task: &Task) -> Result<Option<usize>, Diagnostic> {
        let scope = super::scope::of_task(self.batch, &self.hosts[at], task);
        let templar = Templar::new(&scope);
        let reader = super::keywords::Reader { task, templar: &templar };
        let limit = reader.int("throttle", |k| k.throttle.as_ref());
        let limit = limit.map_err(|stop| {
            stop.into_diagnostic().unwrap_or_else(|| Diagnostic::new("suspended"))
        })?;
        Ok(limit.and_then(|n| usize::try_from(n).ok()).filter(|n| *n > 0))
    }

    /// The tasks that follow on a host if nothing fails, as far as its window reaches.
    /// With each: whether handlers are flushed before it.
    fn upcoming(&mut self, at: usize) -> Vec<(Arc<Task>, bool)> {
        let session = self.batch.session;
        if session.options.look_ahead.is_none() {
            return Vec::new();
        }
        let host = &self.hosts[at];
        let chosen = Chosen { session, roles: &host.roles, handlers: self.in_handlers };
        let mut way = host.way.clone();
        let mut tasks = Vec::new();
        let mut behind_flush = false;
        way.advance();
        while tasks.len() < host.queue.window() {
            match way.peek(&chosen) {
                Some((_, Step::Task(task))) => tasks.push((task, behind_flush)),
                Some((_, Step::Flush)) => behind_flush = true,
                _ => break,
            }
            way.advance();
        }
        tasks
    }

    /// Runs pending handlers of hosts that failed, where that is asked for (S-103).
    async fn forced_handlers(&mut self) -> Result<(), Diagnostic> {
        if !handlers::forced(self.batch)? {
            return Ok(());
        }
        let waiting: Vec<usize> = (0..self.hosts.len())
            .filter(|at| self.hosts[*at].failed && !self.hosts[*at].notified.is_empty())
            .collect();
        if waiting.is_empty() {
            return Ok(());
        }
        handlers::flush(self, &waiting).await
    }

    /// Shows that a meta task was skipped on a host; it is not counted.
    pub fn show_skipped(&self, at: usize, info: &Arc<TaskInfo>, condition: &Value) {
        let outcome = super::outcome::Outcome::skipped(Some(condition));
        self.batch.session.emit(Event::Result(TaskResult {
            task: Arc::clone(info),
            host: Arc::clone(&self.hosts[at].name),
            delegated: None,
            status: Status::Skipped,
            result: outcome.registered(),
            item: None,
            looped: false,
            ignored: false,
            verbose_always: false,
            show_diff: false,
            check: self.batch.session.options.check,
            uncertain: None,
            error: None,
        }));
    }

    async fn meta(
        &mut self,
        group: &[usize],
        task: &Arc<Task>,
        meta: MetaAction,
    ) -> Result<(), Diagnostic> {
        super::batch_meta::run(self, group, task, meta).await
    }
}
