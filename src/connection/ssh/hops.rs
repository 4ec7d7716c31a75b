//! Jump hosts: one connection to each is shared by all targets behind it.

use super::algorithms::Purpose;
use super::connection::{Common, Connection};
use super::env::ConnectEnv;
use super::known_hosts::Notes;
use super::target::Target;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// The place for a hop's connection; whoever holds the lock makes it.
type Place = Arc<tokio::sync::Mutex<Weak<Connection>>>;

/// The connections to jump hosts, by their way.
#[derive(Default)]
pub(super) struct Hops(Mutex<HashMap<String, Place>>);

impl Hops {
    /// The connection to a hop, made if there is none. It lives as long as a target uses it.
    pub(super) async fn reach(
        &self,
        hop: &Target,
        env: &ConnectEnv,
        notes: &Notes,
    ) -> Result<Arc<Connection>, String> {
        let place = {
            let mut hops = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(hops.entry(hop.route()).or_default())
        };
        let mut known = place.lock().await;
        if let Some(connection) = known.upgrade().filter(|connection| connection.is_open()) {
            return Ok(connection);
        }
        let common =
            Common { target: Arc::new(hop.clone()), env: env.clone(), notes: Arc::clone(notes) };
        // Boxed: a hop may have a hop of its own.
        let connection = Box::pin(Connection::open(&common, Purpose::Shell)).await?;
        *known = Arc::downgrade(&connection);
        Ok(connection)
    }
}
