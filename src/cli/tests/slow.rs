//! Hosts of this machine that take their time: every identity answers in order, after delays of its own.

use crate::connection::shell::tests::host;
use crate::run::{Connector, Route};
use crate::spec::{
    Answer, Applied, BoxFuture, Change, Command, Content, Host, HostError, Pipe, Platform, Probe,
    Program,
};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// What was asked, by whom: identity, function, words.
pub type Question = (String, String, bool);

/// What all hosts keep of a run.
#[derive(Default)]
pub struct Log {
    /// Questions of look-ahead and of turns; second looks are not among them.
    pub asked: Mutex<Vec<Question>>,
    /// Requests that met an idle host: round trips.
    pub trips: AtomicUsize,
}

/// Opens such hosts; each stands for one identity.
pub struct Slow {
    /// Where questions go.
    pub log: Arc<Log>,
    /// Chooses the delays; 0: none.
    pub seed: u64,
}

impl Connector for Slow {
    fn open(&self, route: Route) -> BoxFuture<'static, Result<Arc<dyn Host>, HostError>> {
        let user = route.r#become.as_ref().map(|other| format!("|{}", other.user));
        let name = format!("{}{}", route.host, user.unwrap_or_default());
        let (log, seed) = (Arc::clone(&self.log), self.seed);
        Box::pin(async move {
            let inner: Arc<dyn Host> = host("dash").await;
            let (queue, mut work) = mpsc::unbounded_channel::<Work>();
            let waiting = Arc::new(AtomicUsize::new(0));
            let busy = Arc::clone(&waiting);
            let mut state = name
                .bytes()
                .fold(seed, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(byte)));
            let own = name.clone();
            tokio::spawn(async move {
                while let Some(next) = work.recv().await {
                    state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(seed);
                    tokio::time::sleep(delay(&own, seed, state)).await;
                    next().await;
                    busy.fetch_sub(1, Ordering::SeqCst);
                }
            });
            Ok(Arc::new(SlowHost { name, inner, queue, waiting, log }) as Arc<dyn Host>)
        })
    }
}

/// This seed makes `b` slow and the others quick.
pub const SLOW_B: u64 = u64::MAX;

fn delay(name: &str, seed: u64, state: u64) -> Duration {
    Duration::from_millis(match seed {
        0 => 0,
        SLOW_B => 60 * u64::from(name == "b"),
        _ => [0, 1, 3, 9][(state >> 61) as usize % 4],
    })
}

type Work = Box<dyn FnOnce() -> BoxFuture<'static, ()> + Send>;

struct SlowHost {
    name: String,
    inner: Arc<dyn Host>,
    queue: mpsc::UnboundedSender<Work>,
    /// Requests without an answer yet.
    waiting: Arc<AtomicUsize>,
    log: Arc<Log>,
}

impl SlowHost {
    fn send<T: Send + 'static>(
        &self,
        ask: impl FnOnce(Arc<dyn Host>) -> BoxFuture<'static, Result<T, HostError>> + Send + 'static,
    ) -> BoxFuture<'static, Result<T, HostError>> {
        if self.waiting.fetch_add(1, Ordering::SeqCst) == 0 {
            self.log.trips.fetch_add(1, Ordering::SeqCst);
        }
        let (tell, told) = oneshot::channel();
        let inner = Arc::clone(&self.inner);
        let work: Work = Box::new(move || {
            Box::pin(async move {
                let _ = tell.send(ask(inner).await);
            })
        });
        self.queue.send(work).ok().unwrap();
        Box::pin(async move { told.await.unwrap() })
    }
}

impl Host for SlowHost {
    fn name(&self) -> &str {
        &self.name
    }

    fn platform(&self) -> Arc<Platform> {
        self.inner.platform()
    }

    fn probe(&self, probe: Probe) -> BoxFuture<'static, Result<Answer, HostError>> {
        let words = format!("{} {}", probe.name, probe.words.join(" "));
        self.log.asked.lock().unwrap().push((self.name.clone(), words, probe.heavy));
        self.send(move |host| host.probe(probe))
    }

    fn apply(
        &self,
        parts: Vec<Vec<Change>>,
        env: Vec<(String, String)>,
        then: Option<Probe>,
    ) -> BoxFuture<'static, Result<Applied, HostError>> {
        self.send(move |host| host.apply(parts, env, then))
    }

    fn run(&self, command: Command) -> BoxFuture<'static, Result<Answer, HostError>> {
        self.send(move |host| host.run(command))
    }

    fn put_temp(
        &self,
        name: &str,
        content: Content,
    ) -> BoxFuture<'static, Result<String, HostError>> {
        let name = name.to_string();
        self.send(move |host| host.put_temp(&name, content))
    }

    fn fetch(&self, path: &str, to: PathBuf) -> BoxFuture<'static, Result<String, HostError>> {
        let path = path.to_string();
        self.send(move |host| host.fetch(&path, to))
    }

    fn pipe(&self, program: &Program) -> BoxFuture<'static, Result<Pipe, HostError>> {
        let program = program.clone();
        self.send(move |host| host.pipe(&program))
    }

    fn server_key(&self) -> BoxFuture<'static, Result<Option<String>, HostError>> {
        self.send(|host| host.server_key())
    }

    fn reaches(
        &self,
        host: &str,
        port: u16,
        limit: Duration,
    ) -> BoxFuture<'static, Result<bool, HostError>> {
        let name = host.to_string();
        self.send(move |host| host.reaches(&name, port, limit))
    }

    fn reconnect(&self) -> BoxFuture<'static, Result<(), HostError>> {
        self.send(|host| host.reconnect())
    }
}
