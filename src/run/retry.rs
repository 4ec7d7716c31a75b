//! The file that names the hosts to try again (`RETRY_FILES_ENABLED`).

use super::host::HostLedger;
use super::play::Session;
use crate::base::Diagnostic;
use crate::play::Playbook;
use crate::spec::Event;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Writes `PLAYBOOK.retry` with the hosts that failed or were not reached, a name a line.
pub fn write(session: &Session, playbook: &Playbook, ledger: &HashMap<Arc<str>, HostLedger>) {
    let Some(dir) = &session.options.retry else { return };
    let lost = ledger.iter().filter(|(_, entry)| entry.failed);
    let mut names: Vec<&str> = lost.map(|(name, _)| name.as_ref()).collect();
    if names.is_empty() {
        return;
    }
    names.sort_unstable();
    let file = path(dir.as_deref(), &playbook.path);
    let lines: String = names.iter().map(|name| format!("{name}\n")).collect();
    let written = file.parent().map_or(Ok(()), std::fs::create_dir_all);
    match written.and_then(|()| std::fs::write(&file, lines)) {
        Ok(()) => session.emit(Event::RetryFile(file.display().to_string())),
        Err(error) => {
            let text = format!("Could not create retry file '{}': {error}", file.display());
            session.emit(Event::Warning(Diagnostic::new(text)));
        }
    }
}

fn path(dir: Option<&Path>, playbook: &str) -> PathBuf {
    let playbook = std::path::absolute(playbook).unwrap_or_else(|_| PathBuf::from(playbook));
    let name = playbook.with_extension("retry");
    match (dir, name.file_name()) {
        (Some(dir), Some(file)) => dir.join(file),
        _ => name,
    }
}
