//! A file of the host, streamed into a file here.

use super::meter::Meter;
use super::request::{Kind, Request, Waiting};
use super::writer::Item;
use crate::base::quote;
use crate::spec::HostError;
use crate::spec::input::hex;
use bytes::Bytes;
use sha1::{Digest, Sha1};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use tokio::io::AsyncWriteExt;
use tokio::sync::mpsc;

/// Fetches one file.
pub struct Fetcher {
    queue: mpsc::UnboundedSender<Vec<Item>>,
    path: String,
    to: PathBuf,
    meter: Meter,
}

/// What was asked for: content, digest, and where the content comes.
pub struct Asked {
    content: Waiting,
    digest: Waiting,
    stream: mpsc::Receiver<Bytes>,
}

impl Fetcher {
    /// Of this path into that file.
    pub fn new(
        queue: mpsc::UnboundedSender<Vec<Item>>,
        path: &str,
        to: PathBuf,
        meter: &Meter,
    ) -> Self {
        Self { queue, path: path.to_string(), to, meter: meter.clone() }
    }

    /// Queues the requests.
    pub fn ask(&self) -> Asked {
        let (send, stream) = mpsc::channel(4);
        let word = quote::sh(&self.path);
        let what = format!("fetching {}", self.path);
        let (mut request, content) = Request::new(Kind::Plain, format!("tk_fetch {word}"), &*what);
        request.stream = Some(send);
        let (second, digest) = Request::new(Kind::Plain, format!("tk_sha1 {word}"), what);
        let items = [request, second].map(|r| Item::Request(Box::new(r)));
        // A shell that is gone takes no requests: their replies say so.
        let _ = self.queue.send(items.into());
        Asked { content, digest, stream }
    }

    /// Takes the answers; asks once more when the shell was lost or the file changed meanwhile.
    pub async fn run(self, first: Asked) -> Result<String, HostError> {
        match self.once(first).await {
            Err(HostError::Lost(_)) | Ok(None) => {}
            Ok(Some(digest)) => return Ok(digest),
            Err(error) => return Err(error),
        }
        let again = self.ask();
        let changed = format!("{} changes while it is fetched", self.path);
        self.once(again).await?.ok_or(HostError::Local(changed))
    }

    /// None: what came is not what the host has now.
    async fn once(&self, asked: Asked) -> Result<Option<String>, HostError> {
        let sink = receive(asked.stream, self.to.clone(), &self.meter).await;
        let answer = asked.content.reply().await?.answer()?;
        if answer.rc != 0 {
            return Err(HostError::Local(answer.error_text().trim_end().to_string()));
        }
        let digest = asked.digest.reply().await?.answer()?.text();
        let sink = sink?;
        match digest.trim() {
            "-" => Err(HostError::Local(format!("no SHA-1 of {} on the host", self.path))),
            digest if digest == sink.digest() => sink.keep().map(Some),
            _ => Ok(None),
        }
    }
}

/// Where a stream goes until it is known to be whole.
struct Sink {
    temp: tempfile::NamedTempFile,
    to: PathBuf,
    digest: String,
}

/// Writes what comes to a new file beside `to`.
async fn receive(
    mut stream: mpsc::Receiver<Bytes>,
    to: PathBuf,
    meter: &Meter,
) -> Result<Sink, HostError> {
    let failed = |e: std::io::Error| HostError::Local(format!("{}: {e}", to.display()));
    let beside = to.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // The kernel takes the umask off, as for any new file.
    let plain = std::fs::Permissions::from_mode(0o666);
    let temp = tempfile::Builder::new().prefix(".tank.").permissions(plain).tempfile_in(beside);
    let temp = match temp.map_err(failed) {
        Ok(temp) => temp,
        Err(error) => {
            // The host sends it all the same.
            while stream.recv().await.is_some() {}
            return Err(error);
        }
    };
    let mut file = tokio::fs::File::from_std(temp.reopen().map_err(failed)?);
    let mut digest = Sha1::new();
    let (mut outcome, mut done) = (Ok(()), 0);
    while let Some(bytes) = stream.recv().await {
        digest.update(&bytes);
        done += bytes.len() as u64;
        meter.passed(done, None);
        if outcome.is_ok() {
            outcome = file.write_all(&bytes).await;
        }
    }
    outcome.map_err(failed)?;
    file.flush().await.map_err(failed)?;
    Ok(Sink { temp, digest: hex(&digest.finalize()), to })
}

impl Sink {
    /// SHA-1 of what came.
    fn digest(&self) -> &str {
        &self.digest
    }

    /// Gives it its name, and the mode of what it replaces.
    fn keep(self) -> Result<String, HostError> {
        let failed = |e: std::io::Error| HostError::Local(format!("{}: {e}", self.to.display()));
        if let Ok(old) = std::fs::metadata(&self.to) {
            self.temp.as_file().set_permissions(old.permissions()).map_err(failed)?;
        }
        self.temp.persist(&self.to).map_err(|e| failed(e.error))?;
        Ok(self.digest)
    }
}
