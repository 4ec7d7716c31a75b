//! Ctrl-C: once, what runs is finished; twice, now.

use crate::report::Line;
use crate::run::{Interrupt, Session};
use std::time::Duration;

/// Exit code of an interrupted run.
pub const INTERRUPTED: u8 = 99;

/// Time that hosts have to end what was stopped.
const GRACE: Duration = Duration::from_secs(5);

/// Takes note of the first interruption; returns at the second.
pub async fn watch(interrupt: &Interrupt, line: &Line) {
    while tokio::signal::ctrl_c().await.is_ok() {
        let _aside = line.aside();
        if interrupt.press() > 1 {
            return super::options::complain("\n[ERROR]: User interrupted execution");
        }
        super::options::complain(
            "\nInterrupted: running tasks are finished; once more to stop now.",
        );
    }
    // Without signals there is nothing to wait for.
    std::future::pending().await
}

/// Stops what runs on the hosts and lets go of them; a third interruption does not even wait for that.
pub async fn stop(session: &Session) {
    tokio::select! {
        _ = tokio::time::timeout(GRACE, session.pool.close()) => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}
