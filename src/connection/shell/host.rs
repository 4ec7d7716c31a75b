//! [`Host`] over one identity's shell.

use super::apply::{self, Step, Surroundings};
use super::driver::{self, Base, changes};
use super::limits::{Counts, Limits};
use super::link::Link;
use super::platform;
use super::request::{Data, Function, Kind, Request, StopOnDrop, Waiting};
use super::session::Session;
use super::writer::Item;
use super::{command, fetch, guard, pipe};
use crate::base::quote;
use crate::connection::r#become::Identity;
use crate::connection::transport::Transport;
use crate::spec::{
    Answer, Applied, BoxFuture, Change, Command, Content, Host, HostError, Pipe, Platform, Probe,
    Program,
};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// Opens an identity's shell over a connection that is there.
pub async fn open(
    transport: Arc<dyn Transport>,
    who: &Identity,
    limits: &Limits,
) -> Result<Arc<ShellHost>, HostError> {
    open_on(Arc::new(Link::fixed(transport)), who, limits).await
}

/// Opens an identity's shell over a connection that others share and that can be made anew.
pub async fn open_on(
    link: Arc<Link>,
    who: &Identity,
    limits: &Limits,
) -> Result<Arc<ShellHost>, HostError> {
    let base = Base::new(link, who.clone(), limits);
    let first = Session::start(&base).await?;
    base.set_platform(first.platform.clone());
    let (queue, work) = mpsc::unbounded_channel();
    tokio::spawn(driver::drive(Arc::clone(&base), first, work));
    Ok(Arc::new(ShellHost { base, queue, functions: Arc::default(), parts: Arc::default() }))
}

/// One identity on one host. Its shell ends when all clones are dropped.
#[derive(Clone)]
pub struct ShellHost {
    base: Arc<Base>,
    queue: mpsc::UnboundedSender<Vec<Item>>,
    /// Functions by name and body.
    functions: Arc<Mutex<HashMap<(&'static str, &'static str), Function>>>,
    parts: Arc<AtomicU32>,
}

/// The call of a probe's function.
pub fn probe_call(probe: &Probe, function: &str) -> (Kind, String, Data) {
    let call = quote::words([function].into_iter().chain(probe.words.iter().map(String::as_str)));
    let data = probe.input.clone().map_or(Data::None, Data::Bytes);
    match (probe.isolated, &data) {
        (true, _) => (Kind::Apart, call, data),
        (false, Data::None) => (Kind::Plain, call, data),
        (false, _) => (Kind::Plain, format!("tk_piped {call}"), data),
    }
}

impl ShellHost {
    /// What it has done so far.
    pub fn counts(&self) -> Arc<Counts> {
        Arc::clone(&self.base.common.counts)
    }

    /// Who it is.
    pub fn identity(&self) -> &Identity {
        &self.base.who
    }

    /// Its limits.
    pub fn limits(&self) -> &Limits {
        &self.base.limits
    }

    /// Its connection.
    pub(super) fn link(&self) -> &Link {
        &self.base.link
    }

    /// A shell that is gone takes no requests: their replies say so.
    pub(super) fn send(&self, requests: Vec<Request>) {
        let items = requests.into_iter().map(|r| Item::Request(Box::new(r))).collect();
        let _ = self.queue.send(items);
    }

    /// The function of a probe and its name.
    fn function(&self, probe: &Probe) -> (String, Function) {
        let mut known = self.functions.lock().unwrap_or_else(PoisonError::into_inner);
        let id = driver::CHANGES + 1 + known.len() as u32;
        let function = known.entry((probe.name, probe.script)).or_insert_with(|| {
            let name = function_name(probe.name, id);
            let text = format!("{name}() {{\n:\n{}\n}}", probe.script);
            Function { id, name: probe.name.into(), text: text.into() }
        });
        (function_name(probe.name, function.id), function.clone())
    }

    fn probe_request(&self, probe: &Probe) -> (Request, Waiting) {
        let (name, function) = self.function(probe);
        let (kind, text, data) = probe_call(probe, &name);
        let (mut request, waiting) = Request::new(kind, text, format!("the probe {}", probe.name));
        let limits = &self.base.limits;
        request.limit = Some(if probe.heavy { limits.heavy } else { limits.probe });
        request.pure = true;
        let is_light = !probe.heavy && kind == Kind::Plain && matches!(data, Data::None);
        request.asks = is_light.then(|| probe.asks.clone());
        request.data = data;
        request.needs.push(function);
        (request, waiting)
    }

    /// Looks again what the host is, behind what may have changed it.
    fn platform_request(&self) -> (Request, Waiting) {
        let (mut request, waiting) = Request::new(Kind::Plain, "tk_platform", "a look at the host");
        request.pure = true;
        request.limit = Some(self.base.limits.probe);
        let base = Arc::clone(&self.base);
        request.hook = Some(Box::new(move |reply| {
            if reply.code == Some(0) {
                let text = String::from_utf8_lossy(&reply.stdout);
                base.set_platform(platform::parse(&base.platform(), &text));
            }
        }));
        (request, waiting)
    }

    fn steps(&self, parts: Vec<Vec<Change>>, env: &[(String, String)]) -> Vec<Step> {
        let gzip = self.base.platform().has("gzip");
        let function = |probe: &Probe| self.function(probe);
        let mut steps = Vec::new();
        for changes in parts {
            let part = 1 + self.parts.fetch_add(1, Ordering::Relaxed);
            let around = Surroundings { env, part, function: &function, gzip };
            steps.extend(changes.into_iter().map(|change| Step::new(change, &around)));
        }
        steps
    }
}

/// `tkp_stat_3`: its number tells functions of one name apart.
fn function_name(name: &str, id: u32) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    format!("tkp_{}_{id}", name.chars().map(plain).collect::<String>())
}

impl Host for ShellHost {
    fn name(&self) -> &str {
        &self.base.who.host
    }

    fn platform(&self) -> Arc<Platform> {
        self.base.platform()
    }

    fn probe(&self, probe: Probe) -> BoxFuture<'static, Result<Answer, HostError>> {
        let (request, waiting) = self.probe_request(&probe);
        self.send(vec![request]);
        Box::pin(async move { waiting.reply().await?.answer() })
    }

    fn probes(&self, probes: Vec<Probe>) -> Vec<BoxFuture<'static, Result<Answer, HostError>>> {
        let asked = probes.iter().map(|probe| self.probe_request(probe));
        let (requests, replies): (Vec<_>, Vec<_>) = asked.unzip();
        self.send(requests);
        let answers = replies.into_iter().map(|waiting| -> BoxFuture<'static, _> {
            Box::pin(async move { waiting.reply().await?.answer() })
        });
        answers.collect()
    }

    fn apply(
        &self,
        parts: Vec<Vec<Change>>,
        env: Vec<(String, String)>,
        then: Option<Probe>,
    ) -> BoxFuture<'static, Result<Applied, HostError>> {
        if let Err(error) = apply::check(&parts) {
            return Box::pin(std::future::ready(Err(error)));
        }
        if guard::any(&parts) {
            return Box::pin(guard::apply_parts(self.clone(), parts, env, then));
        }
        let mut steps = self.steps(parts, &env);
        let mut requests: Vec<Request> =
            steps.iter_mut().flat_map(|step| step.requests.drain(..)).collect();
        let wake = &self.base.common.wake;
        let guards = requests.iter().map(|r| StopOnDrop::new(r, Arc::clone(wake))).collect();
        let (look_at_host, platform) = self.platform_request();
        requests.push(look_at_host);
        let look = then.map(|probe| self.probe_request(&probe)).map(|(request, waiting)| {
            requests.push(request);
            waiting
        });
        self.send(requests);
        Box::pin(async move {
            let mut guards: Vec<StopOnDrop> = guards;
            let applied = finish_apply(steps, platform, look).await;
            guards.iter_mut().for_each(StopOnDrop::disarm);
            applied
        })
    }

    fn run(&self, command: Command) -> BoxFuture<'static, Result<Answer, HostError>> {
        let (kind, text, data) = apply::run(&command, &[]);
        let (mut request, waiting) = Request::new(kind, text, command::label(&command));
        request.limit = command.timeout;
        request.data = data;
        let mut guard = StopOnDrop::new(&request, Arc::clone(&self.base.common.wake));
        let (look_at_host, platform) = self.platform_request();
        self.send(vec![request, look_at_host]);
        Box::pin(async move {
            let outcome = waiting.reply().await;
            guard.disarm();
            let answer = outcome?.answer()?;
            // Only what it changes of our picture; its own failure is no failure of the command.
            let _ = platform.reply().await;
            Ok(answer)
        })
    }

    fn put_temp(
        &self,
        name: &str,
        content: Content,
    ) -> BoxFuture<'static, Result<String, HostError>> {
        let (text, data) = apply::put_temp(name, content);
        let (mut request, waiting) = Request::new(Kind::Plain, text, format!("sending {name}"));
        request.data = data;
        request.needs.push(changes());
        self.send(vec![request]);
        Box::pin(async move {
            let answer = waiting.reply().await?.answer()?;
            if answer.rc == 0 {
                return Ok(answer.text());
            }
            Err(HostError::Local(answer.error_text().trim_end().to_string()))
        })
    }

    fn fetch(&self, path: &str, to: PathBuf) -> BoxFuture<'static, Result<String, HostError>> {
        let fetcher = fetch::Fetcher::new(self.queue.clone(), path, to, &self.base.limits.meter);
        let first = fetcher.ask();
        // The stream is taken whether or not anybody polls: it would hold up all behind it.
        let task = tokio::spawn(fetcher.run(first));
        Box::pin(async move {
            task.await.unwrap_or_else(|_| Err(HostError::Lost("fetching a file".into())))
        })
    }

    fn pipe(&self, program: &Program) -> BoxFuture<'static, Result<Pipe, HostError>> {
        Box::pin(pipe::open(Arc::clone(&self.base), self.queue.clone(), program.clone()))
    }

    fn server_key(&self) -> BoxFuture<'static, Result<Option<String>, HostError>> {
        let link = Arc::clone(&self.base.link);
        Box::pin(async move { Ok(link.get().await?.server_key()) })
    }

    fn reaches(
        &self,
        host: &str,
        port: u16,
        limit: Duration,
    ) -> BoxFuture<'static, Result<bool, HostError>> {
        let seconds = limit.as_secs().max(1);
        let text = quote::words(["tk_reach", host, &port.to_string(), &seconds.to_string()]);
        let (mut request, waiting) = Request::new(Kind::Plain, text, format!("reaching {host}"));
        request.pure = true;
        request.limit = Some(limit + self.base.limits.probe);
        request.needs.push(changes());
        self.send(vec![request]);
        let (link, host) = (Arc::clone(&self.base.link), host.to_string());
        Box::pin(async move {
            match waiting.reply().await?.answer()?.rc {
                0 => Ok(true),
                3 => through_connection(link, host, port, limit).await,
                _ => Ok(false),
            }
        })
    }

    fn reconnect(&self) -> BoxFuture<'static, Result<(), HostError>> {
        let (done, outcome) = oneshot::channel();
        let _ = self.queue.send(vec![Item::Reconnect(done)]);
        Box::pin(async move {
            outcome.await.unwrap_or_else(|_| Err(HostError::Lost("the new connection".into())))
        })
    }
}

/// The host has no tool to try with: its SSH server tries.
pub(super) async fn through_connection(
    link: Arc<Link>,
    host: String,
    port: u16,
    limit: Duration,
) -> Result<bool, HostError> {
    let transport = link.get().await?;
    match tokio::time::timeout(limit, transport.tcp(host, port)).await {
        Ok(Ok(_stream)) => Ok(true),
        Ok(Err(HostError::Unreachable(_))) | Err(_) => Ok(false),
        Ok(Err(error)) => Err(error),
    }
}

async fn finish_apply(
    steps: Vec<Step>,
    platform: Waiting,
    look: Option<Waiting>,
) -> Result<Applied, HostError> {
    let mut ran = Vec::with_capacity(steps.len());
    for step in steps {
        ran.extend(step.ran().await?);
    }
    platform.reply().await?;
    let look = match look {
        Some(look) => Some(look.reply().await?.answer()?),
        None => None,
    };
    Ok(Applied { ran, look })
}
