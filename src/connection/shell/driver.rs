//! Keeps one identity's shell going: serves it, opens it again when it was lost.

use super::flight::{Common, Flight};
use super::limits::Limits;
use super::link::Link;
use super::request::{Function, Kind, Request};
use super::scripts;
use super::session::{Ended, Session};
use super::writer::{Item, Work};
use crate::base::quote;
use crate::connection::r#become::Identity;
use crate::spec::{HostError, Platform};
use std::collections::VecDeque;
use std::sync::{Arc, PoisonError, RwLock, Weak};
use tokio::sync::mpsc;

/// Number of the function that holds all of `changes.sh`.
pub const CHANGES: u32 = 0;

/// What the shells of one identity have in common.
pub struct Base {
    /// The connection.
    pub link: Arc<Link>,
    /// Who.
    pub who: Identity,
    /// Limits.
    pub limits: Limits,
    /// Counters and wake-ups.
    pub common: Common,
    /// What the host is, as of the last look.
    pub platform: RwLock<Arc<Platform>>,
    /// Itself, for tasks that outlive a call.
    pub this: Weak<Base>,
}

impl Base {
    /// For this identity over this connection.
    pub fn new(link: Arc<Link>, who: Identity, limits: &Limits) -> Arc<Self> {
        Arc::new_cyclic(|this| Self {
            link,
            who,
            limits: limits.clone(),
            common: Common::new(limits),
            platform: RwLock::default(),
            this: this.clone(),
        })
    }

    /// What the host is.
    pub fn platform(&self) -> Arc<Platform> {
        Arc::clone(&self.platform.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Another look came.
    pub fn set_platform(&self, platform: Platform) {
        *self.platform.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(platform);
    }
}

/// What changes a host.
pub fn changes() -> Function {
    Function { id: CHANGES, name: "changes.sh".into(), text: scripts::changes().into() }
}

/// Serves the queue until nobody can send any more.
pub async fn drive(base: Arc<Base>, first: Session, queue: mpsc::UnboundedReceiver<Vec<Item>>) {
    let mut driver = Driver {
        base,
        work: Work { backlog: VecDeque::new(), queue: Some(queue) },
        litter: Vec::new(),
    };
    let mut session = Some(first);
    loop {
        session = match session {
            Some(live) => match driver.serve(live).await {
                Some(next) => next,
                None => return,
            },
            None if !driver.work.backlog.is_empty() || driver.work.wait().await => {
                driver.restart().await
            }
            None => return,
        };
    }
}

struct Driver {
    base: Arc<Base>,
    work: Work,
    /// Lost sessions' names and files that were being written.
    litter: Vec<(String, Vec<String>)>,
}

impl Driver {
    /// Serves one shell; None: it is all over.
    async fn serve(&mut self, mut live: Session) -> Option<Option<Session>> {
        let flight = Flight::new(self.base.common.clone());
        match live.serve(&mut self.work, &flight, &self.base).await {
            Ended::Done => {
                live.quit().await;
                None
            }
            Ended::Lost => {
                self.litter.push((live.name.clone(), flight.targets()));
                let again = flight.lost();
                for request in again.into_iter().rev() {
                    self.work.backlog.push_front(Item::Request(Box::new(request)));
                }
                Some(None)
            }
            Ended::Reconnect(done) => {
                live.quit().await;
                let next = self.reconnect().await;
                let (session, outcome) = match next {
                    Ok(session) => (Some(session), Ok(())),
                    Err(error) => (None, Err(error)),
                };
                let _ = done.send(outcome);
                Some(session)
            }
        }
    }

    async fn reconnect(&self) -> Result<Session, HostError> {
        self.base.link.renew().await?;
        let session = Session::start(&self.base).await?;
        self.base.set_platform(session.platform.clone());
        Ok(session)
    }

    /// Starts a new shell for what waits; on failure all of that gets the error.
    async fn restart(&mut self) -> Option<Session> {
        if let Some(Item::Reconnect(_)) = self.work.backlog.front() {
            let Some(Item::Reconnect(done)) = self.work.backlog.pop_front() else { return None };
            let next = self.reconnect().await;
            let outcome = next.as_ref().map(|_| ()).map_err(Clone::clone);
            let _ = done.send(outcome);
            return next.ok();
        }
        match Session::start(&self.base).await {
            Ok(session) => {
                self.base.set_platform(session.platform.clone());
                self.sweep();
                Some(session)
            }
            Err(error) => {
                for item in self.work.backlog.drain(..) {
                    let _ = match item {
                        Item::Request(request) => request.done.send(Err(error.clone())).is_ok(),
                        Item::Reconnect(done) => done.send(Err(error.clone())).is_ok(),
                    };
                }
                None
            }
        }
    }

    /// First of all, what lost shells left behind is removed.
    fn sweep(&mut self) {
        for (name, paths) in self.litter.drain(..) {
            let words = std::iter::once(name).chain(paths);
            let text = format!("tk_sweep {}", quote::words(words));
            let (mut request, _waiting) = Request::new(Kind::Plain, text, "cleaning up");
            request.pure = true;
            request.limit = Some(self.base.limits.probe);
            request.needs.push(changes());
            self.work.backlog.push_front(Item::Request(Box::new(request)));
        }
    }
}
