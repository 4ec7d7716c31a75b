//! Ctrl-C: once, what runs is finished; twice, now.

use crate::run::Interrupt;
use std::sync::Arc;

/// Watches for interruptions until the run ends. The second one ends the process at once.
pub async fn watch(interrupt: Arc<Interrupt>) {
    loop {
        if tokio::signal::ctrl_c().await.is_err() {
            return;
        }
        if interrupt.press() > 1 {
            super::options::complain("\n[ERROR]: User interrupted execution");
            std::process::exit(99);
        }
        super::options::complain(
            "\nInterrupted: running tasks are finished; once more to stop now.",
        );
    }
}
