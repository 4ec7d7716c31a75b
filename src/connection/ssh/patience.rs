//! A limit in time that stands still while the operator is being asked.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// Counts the questions that hold up one connection.
#[derive(Clone, Debug, Default)]
pub(super) struct Patience(Arc<AtomicUsize>);

/// While it lives, the limit stands still.
pub(super) struct Pause(Arc<AtomicUsize>);

impl Patience {
    /// Stops the clock until the result is dropped.
    pub(super) fn pause(&self) -> Pause {
        self.0.fetch_add(1, Ordering::SeqCst);
        Pause(Arc::clone(&self.0))
    }

    /// The result of `work`, or None once it took longer than `limit` without the pauses.
    pub(super) async fn within<T>(
        &self,
        limit: Duration,
        work: impl Future<Output = T>,
    ) -> Option<T> {
        const TICK: Duration = Duration::from_millis(100);
        let mut work = std::pin::pin!(work);
        let mut left = limit;
        loop {
            let tick = left.min(TICK);
            match tokio::time::timeout(tick, work.as_mut()).await {
                Ok(done) => return Some(done),
                Err(_) if self.0.load(Ordering::SeqCst) > 0 => {}
                Err(_) => left = left.saturating_sub(tick),
            }
            if left.is_zero() {
                return None;
            }
        }
    }
}

impl Drop for Pause {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;

    #[tokio::test]
    async fn a_question_stops_the_clock() {
        let patience = Patience::default();
        let asked = patience.clone();
        let work = async move {
            let pause = asked.pause();
            tokio::time::sleep(Duration::from_millis(600)).await;
            drop(pause);
            7
        };
        assert_eq!(patience.within(Duration::from_millis(200), work).await, Some(7));
    }

    #[tokio::test]
    async fn the_limit_holds_without_a_question() {
        let start = Instant::now();
        let never = std::future::pending::<()>();
        assert_eq!(Patience::default().within(Duration::from_millis(200), never).await, None);
        assert!(start.elapsed() < Duration::from_secs(5));
    }
}
