//! The way to hosts for an inventory that asks them while it is read.

use super::connector::Connections;
use super::passwords::Passwords;
use super::ways;
use crate::base::{Diagnostic, Value};
use crate::inventory::{Asked, Reach, Reaching};
use crate::report::Line;
use crate::run::{BecomeDefaults, Route, root_route};
use crate::settings::Settings;
use crate::spec::{Answer, Event, Probe, Scope};
use clap::ArgMatches;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Connects as a run does, with the same defaults; the connections are closed once the answers are there, since the run's
/// own come later and from another runtime.
pub struct Reacher {
    /// Connection variables that all hosts have.
    pub connection: BTreeMap<&'static str, Value>,
    /// How root is become.
    pub r#become: BecomeDefaults,
    /// What questions push aside.
    pub line: Line,
}

impl Reacher {
    /// As a command line, if there is one, and settings say.
    pub fn of(
        settings: &Settings,
        matches: Option<&ArgMatches>,
        passwords: &Passwords,
        line: &Line,
    ) -> Reaching {
        Reaching(Some(Arc::new(Self {
            connection: ways::connection(settings, matches, passwords),
            r#become: ways::become_defaults(settings, matches, passwords),
            line: line.clone(),
        })))
    }
}

type Routes = Vec<Result<Route, Diagnostic>>;

impl Reach for Reacher {
    fn ask(&self, hosts: &[(Arc<str>, &dyn Scope)], probe: &Probe) -> Asked {
        let routes = hosts
            .iter()
            .map(|(name, scope)| root_route(name, *scope, &self.connection, &self.r#become));
        let (routes, line): (Routes, _) = (routes.collect(), self.line.clone());
        let count = routes.len();
        // A runtime of its own on a thread of its own: a run that reads its inventory again is inside of one.
        let asking = std::thread::scope(|threads| {
            threads.spawn(move || in_runtime(routes, line, probe)).join().ok().flatten()
        });
        asking.unwrap_or_else(|| {
            let lost = || Err(Diagnostic::new("it could not be asked: no runtime"));
            Asked { answers: (0..count).map(|_| lost()).collect(), warnings: Vec::new() }
        })
    }
}

fn in_runtime(routes: Routes, line: Line, probe: &Probe) -> Option<Asked> {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.ok().map(|runtime| runtime.block_on(all(routes, line, probe)))
}

async fn all(routes: Routes, line: Line, probe: &Probe) -> Asked {
    let told: Arc<Mutex<Vec<Diagnostic>>> = Arc::default();
    let warnings = Arc::clone(&told);
    let events = Arc::new(move |event| {
        if let Event::Warning(warning) = event {
            warnings.lock().unwrap_or_else(PoisonError::into_inner).push(warning);
        }
    });
    let connections = Arc::new(Connections::new(events, line));
    let mut asking = Vec::new();
    for route in routes {
        asking.push(tokio::spawn(one(Arc::clone(&connections), route, probe.clone())));
    }
    let mut answers = Vec::new();
    for answer in asking {
        let lost = |_| Err(Diagnostic::new("it could not be asked"));
        answers.push(answer.await.unwrap_or_else(lost));
    }
    crate::run::Connector::close(&*connections).await;
    let warnings = std::mem::take(&mut *told.lock().unwrap_or_else(PoisonError::into_inner));
    Asked { answers, warnings }
}

async fn one(
    connections: Arc<Connections>,
    route: Result<Route, Diagnostic>,
    probe: Probe,
) -> Result<Answer, Diagnostic> {
    let told = |error: crate::spec::HostError| Diagnostic::new(error.to_string());
    let host = connections.root(route?).await.map_err(told)?;
    host.probe(probe).await.map_err(told)
}
