//! The connection that the shells of one host share.

use crate::connection::transport::Transport;
use crate::spec::{BoxFuture, HostError};
use std::fmt;
use std::sync::Arc;
use tokio::sync::Mutex;

/// Opens a new connection.
pub type Connect =
    Arc<dyn Fn() -> BoxFuture<'static, Result<Arc<dyn Transport>, HostError>> + Send + Sync>;

/// One host's connection: opened at first use and again when it was lost or closed.
pub struct Link {
    current: Mutex<Option<Arc<dyn Transport>>>,
    connect: Option<Connect>,
    /// Makes one that stands beside the first; None: as the first is made.
    fresh: Option<Connect>,
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Link")
    }
}

impl Link {
    /// Over a connection that cannot be opened again.
    pub fn fixed(transport: Arc<dyn Transport>) -> Self {
        Self { current: Mutex::new(Some(transport)), connect: None, fresh: None }
    }

    /// Over connections made as needed.
    pub fn new(connect: Connect) -> Self {
        Self { current: Mutex::new(None), connect: Some(connect), fresh: None }
    }

    /// Over another host's connection: `fresh` makes a new one of that host's, which `connect` does not.
    pub fn through(connect: Connect, fresh: Connect) -> Self {
        Self { fresh: Some(fresh), ..Self::new(connect) }
    }

    /// The connection, a new one when there is none that stands.
    pub async fn get(&self) -> Result<Arc<dyn Transport>, HostError> {
        let mut current = self.current.lock().await;
        if let Some(transport) = current.as_ref().filter(|t| t.is_open()) {
            return Ok(Arc::clone(transport));
        }
        let Some(connect) = &self.connect else {
            return Err(HostError::Unreachable("the connection is closed".into()));
        };
        let transport = connect().await?;
        *current = Some(Arc::clone(&transport));
        Ok(transport)
    }

    /// Closes the connection if there is one.
    pub async fn close(&self) {
        let old = self.current.lock().await.take();
        if let Some(old) = old {
            old.close().await;
        }
    }

    /// Whether a new connection can be opened.
    pub fn can_renew(&self) -> bool {
        self.connect.is_some()
    }

    /// A connection beside the one that stands.
    pub async fn fresh(&self) -> Result<Arc<dyn Transport>, HostError> {
        match self.fresh.as_ref().or(self.connect.as_ref()) {
            Some(connect) => connect().await,
            None => Err(HostError::Unreachable("no second connection can be opened".into())),
        }
    }

    /// Closes the connection and opens a new one; every shell on it is lost and opened again at its next
    /// request. A connection that cannot be opened again stays.
    pub async fn renew(&self) -> Result<Arc<dyn Transport>, HostError> {
        if self.connect.is_some() {
            let old = self.current.lock().await.take();
            if let Some(old) = old {
                old.close().await;
            }
        }
        self.get().await
    }
}
