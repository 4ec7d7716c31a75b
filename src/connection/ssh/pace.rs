//! Few handshakes at a time towards one address: sshd's `MaxStartups` drops connections beyond ten.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Logins under way towards one address at most.
const AT_ONCE: usize = 10;

/// The handshakes under way, by address.
#[derive(Default)]
pub(super) struct Pace(Mutex<HashMap<String, Arc<Semaphore>>>);

impl Pace {
    /// Waits for its turn; None only if the semaphore was closed, which nobody does.
    pub(super) async fn turn(&self, address: &str) -> Option<OwnedSemaphorePermit> {
        let gate = {
            let mut gates = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let gate = gates.entry(address.to_owned());
            Arc::clone(gate.or_insert_with(|| Arc::new(Semaphore::new(AT_ONCE))))
        };
        gate.acquire_owned().await.ok()
    }
}
