//! How far long transfers are, for whoever shows it.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Smaller transfers are not worth a word.
const LARGE: u64 = 1 << 20;
/// Time between two words.
const PAUSE: Duration = Duration::from_millis(100);

/// Takes bytes so far and bytes in all, when these are known.
pub type Tell = Arc<dyn Fn(u64, Option<u64>) + Send + Sync>;

/// Tells now and then how far the transfers of one shell are.
#[derive(Clone, Default)]
pub struct Meter {
    tell: Option<Tell>,
    last: Arc<Mutex<Option<Instant>>>,
}

impl fmt::Debug for Meter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Meter")
    }
}

impl Meter {
    /// Tells this one.
    pub fn new(tell: Tell) -> Self {
        Self { tell: Some(tell), last: Arc::default() }
    }

    /// So many bytes went or came.
    pub fn passed(&self, done: u64, total: Option<u64>) {
        let Some(tell) = &self.tell else { return };
        if total.unwrap_or(done) < LARGE {
            return;
        }
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.is_some_and(|last| last.elapsed() < PAUSE) {
            return;
        }
        *last = Some(Instant::now());
        drop(last);
        tell(done, total);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_long_transfers_are_told_and_not_too_often() {
        let heard = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&heard);
        let meter =
            Meter::new(Arc::new(move |done, total| sink.lock().unwrap().push((done, total))));
        meter.passed(5, Some(10));
        meter.passed(LARGE - 1, None);
        assert!(heard.lock().unwrap().is_empty());
        meter.passed(5, Some(LARGE));
        meter.passed(6, Some(LARGE));
        assert_eq!(*heard.lock().unwrap(), [(5, Some(LARGE))]);
        std::thread::sleep(PAUSE);
        meter.passed(LARGE, None);
        assert_eq!(heard.lock().unwrap().len(), 2);
    }
}
