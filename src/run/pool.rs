//! Open hosts: one shell per identity, started at first use and shared from then on.

use crate::base::Value;
use crate::spec::{BoxFuture, Host, HostError};
use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{OnceCell, Semaphore};

/// Which other user tasks run as, and how.
#[derive(Clone, Debug, PartialEq)]
pub struct Become {
    /// `sudo`, `doas`, `su`.
    pub method: String,
    /// The user; empty means root.
    pub user: String,
    /// Program to use instead of the method's own.
    pub exe: Option<String>,
    /// Options instead of the method's own.
    pub flags: Option<String>,
    /// Its password, marked secret.
    pub password: Option<Value>,
}

/// A way to one identity on one host: what of the variables decides how to get there.
#[derive(Clone, Debug, PartialEq)]
pub struct Route {
    /// Inventory name.
    pub host: Arc<str>,
    /// `ssh`, `openssh`, `local`, `jail`.
    pub connection: String,
    /// Rendered connection variables, keywords and command line values, by the name of the variable
    /// that has the highest precedence for it (`ansible_host`, `ansible_port`, `ansible_user`, ...).
    pub vars: BTreeMap<&'static str, Value>,
    /// Another user.
    pub r#become: Option<Become>,
    /// Of a `jail`: which, and where.
    pub jail: Option<Box<Jail>>,
}

/// The jail that a route leads into.
#[derive(Clone, Debug, PartialEq)]
pub struct Jail {
    /// Its whole name.
    pub name: String,
    /// A user of the jail; None: root.
    pub user: Option<String>,
    /// The way to its host; its `become` tells how root is become there if the login user is another.
    pub via: Route,
}

impl Route {
    /// What tells this identity from another. Holds no secret in the clear: passwords are hashed.
    pub fn key(&self) -> String {
        let mut key = format!("{}|{}", self.host, self.connection);
        for (name, value) in &self.vars {
            let _ = write!(key, "|{name}={}", fingerprint(value));
        }
        if let Some(jail) = &self.jail {
            let _ = write!(key, "|jail={}", digest(&jail.key()));
        }
        if let Some(other) = &self.r#become {
            let password = other.password.as_ref().map(fingerprint).unwrap_or_default();
            let (exe, flags) = (&other.exe, &other.flags);
            let _ = write!(key, "|{}:{}:{exe:?}:{flags:?}:{password}", other.method, other.user);
        }
        key
    }
}

impl Jail {
    fn key(&self) -> String {
        format!("{:?} {:?} {}", self.name, self.user, self.via.key())
    }
}

fn fingerprint(value: &Value) -> String {
    if value.has_secret() { digest(&value.text()) } else { value.text() }
}

fn digest(text: &str) -> String {
    use sha2::{Digest, Sha256};
    crate::spec::input::hex(&Sha256::digest(text.as_bytes()))
}

/// Opens identities; the real one speaks ssh, tests have their own.
pub trait Connector: Send + Sync {
    /// Connects, logs in, becomes the other user and starts the shell.
    fn open(&self, route: Route) -> BoxFuture<'static, Result<Arc<dyn Host>, HostError>>;
    /// Returns when the shells that nobody uses any more have ended, and closes all connections.
    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }
}

type Slot = Arc<OnceCell<Arc<dyn Host>>>;

/// All identities of a run.
pub struct Pool {
    connector: Arc<dyn Connector>,
    slots: Mutex<HashMap<String, Slot>>,
    /// How many connect at once.
    connecting: Semaphore,
}

impl Pool {
    /// An empty pool.
    pub fn new(connector: Arc<dyn Connector>) -> Self {
        Self { connector, slots: Mutex::default(), connecting: Semaphore::new(64) }
    }

    /// The identity of a route, opened when it is not yet. A failure is not kept: the next task tries
    /// again.
    pub async fn host(&self, route: &Route) -> Result<Arc<dyn Host>, HostError> {
        let slot = self.slot(&route.key());
        let open = || async {
            let _turn = self.connecting.acquire().await;
            self.connector.open(route.clone()).await
        };
        slot.get_or_try_init(open).await.map(Arc::clone)
    }

    /// The identity of a route if it is open already.
    pub fn opened(&self, route: &Route) -> Option<Arc<dyn Host>> {
        self.slot(&route.key()).get().map(Arc::clone)
    }

    /// Forgets every identity of a host, or only those of other users (after changes to accounts).
    pub fn forget(&self, host: &str, only_become: bool) {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        let prefix = format!("{host}|");
        slots.retain(|key, _| {
            !key.starts_with(&prefix)
                || (only_become && !key.rsplit('|').next().is_some_and(|l| l.contains(':')))
        });
    }

    /// Lets go of all hosts and closes their connections: programs that were stopped end before.
    pub async fn close(&self) {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.connector.close().await;
    }

    fn slot(&self, key: &str) -> Slot {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(slots.entry(key.to_string()).or_default())
    }
}
