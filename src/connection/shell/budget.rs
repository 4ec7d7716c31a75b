//! A cap on bytes that were received and that nobody took yet.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::Notify;

/// Bytes held for all hosts. A host that holds answers nobody took stops reading while the cap is
/// exceeded; one that holds none always reads on, so that nobody waits for himself.
#[derive(Debug)]
pub struct Budget {
    cap: usize,
    held: AtomicUsize,
    freed: Notify,
}

impl Budget {
    /// With this many bytes.
    pub fn new(cap: usize) -> Self {
        Self { cap, held: AtomicUsize::new(0), freed: Notify::new() }
    }

    /// Bytes held now.
    pub fn held(&self) -> usize {
        self.held.load(Ordering::Acquire)
    }

    /// Counts an answer until the returned value is dropped; `mine` counts this host's answers.
    pub(super) fn hold(self: &Arc<Self>, bytes: usize, mine: &Arc<AtomicUsize>) -> Held {
        self.held.fetch_add(bytes, Ordering::AcqRel);
        mine.fetch_add(1, Ordering::AcqRel);
        Held { budget: Arc::clone(self), bytes, mine: Arc::clone(mine) }
    }

    /// Returns when a host that holds `mine` answers may read on.
    pub(super) async fn room(&self, mine: &AtomicUsize) {
        loop {
            let freed = self.freed.notified();
            let mut freed = std::pin::pin!(freed);
            freed.as_mut().enable();
            if mine.load(Ordering::Acquire) == 0 || self.held() <= self.cap {
                return;
            }
            freed.await;
        }
    }
}

/// An answer's share.
#[derive(Debug)]
pub(super) struct Held {
    budget: Arc<Budget>,
    bytes: usize,
    mine: Arc<AtomicUsize>,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.budget.held.fetch_sub(self.bytes, Ordering::AcqRel);
        self.mine.fetch_sub(1, Ordering::AcqRel);
        self.budget.freed.notify_waiters();
    }
}
