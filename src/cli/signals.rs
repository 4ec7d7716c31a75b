//! Ctrl-C: once, what runs is finished; twice, now.

use crate::base::Diagnostic;
use crate::report::Line;
use crate::run::{Interrupt, Session};
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};
use std::sync::Arc;
use std::time::Duration;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::Notify;

/// Exit code of an interrupted run.
pub const INTERRUPTED: u8 = 99;

/// Time that hosts have to end what was stopped.
const GRACE: Duration = Duration::from_secs(5);

/// Works in a runtime of its own, to the end or until the operator stops it; nothing then.
pub fn guard<T>(
    session: &Session,
    line: &Line,
    work: impl Future<Output = T>,
) -> Result<Option<T>, Diagnostic> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Diagnostic::new(format!("could not start: {error}")).code(250))?;
    let stopped = watch(&session.interrupt, line);
    let done = runtime.block_on(async {
        tokio::select! {
            done = work => Some(done),
            () = stopped.notified() => {
                stop(session).await;
                None
            }
        }
    });
    // A prompt that nobody answers holds a thread that nothing ends.
    runtime.shutdown_background();
    Ok(done)
}

/// Counts interruptions in a thread of its own, for the run's may wait for an answer at a prompt; tells at the
/// second that the run is to end now.
fn watch(interrupt: &Arc<Interrupt>, line: &Line) -> Arc<Notify> {
    let now = Arc::new(Notify::new());
    let (interrupt, line, told) = (Arc::clone(interrupt), line.clone(), Arc::clone(&now));
    let terminal = tcgetattr(std::io::stdin()).ok();
    let (listening, heard) = std::sync::mpsc::channel::<()>();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        // Without a runtime Ctrl-C does what it does to any program.
        let Ok(runtime) = runtime else { return };
        runtime.block_on(async {
            let Ok(mut signals) = signal(SignalKind::interrupt()) else { return };
            drop(listening);
            listen(&mut signals, &interrupt, &line, &told).await;
            leave(terminal.as_ref());
        });
    });
    // Ends with its sender: before that an interruption would not be ours.
    let _ = heard.recv();
    now
}

/// Returns when the run did not end although it was told to, or the operator cannot wait.
async fn listen(signals: &mut Signal, interrupt: &Interrupt, line: &Line, now: &Notify) {
    let mut presses = 0;
    while presses < 2 && signals.recv().await.is_some() {
        presses = interrupt.press();
        let _aside = line.aside();
        super::options::complain(match presses {
            1 => "\nInterrupted: running tasks are finished; once more to stop now.",
            _ => "\n[ERROR]: User interrupted execution",
        });
    }
    if presses < 2 {
        return std::future::pending().await;
    }
    now.notify_one();
    tokio::select! {
        _ = signals.recv() => {}
        () = tokio::time::sleep(GRACE + Duration::from_secs(1)) => {}
    }
}

/// Ends the process; a terminal that a prompt has changed is as it was before.
fn leave(terminal: Option<&Termios>) {
    if let Some(terminal) = terminal {
        // It may be gone.
        let _ = tcsetattr(std::io::stdin(), OptionalActions::Now, terminal);
    }
    std::process::exit(i32::from(INTERRUPTED));
}

/// Stops what runs on the hosts and lets go of them.
async fn stop(session: &Session) {
    let _ = tokio::time::timeout(GRACE, session.pool.close()).await;
}
