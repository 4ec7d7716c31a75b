//! A session's program: its process and the bytes between it and the channel.

use bytes::Bytes;
use russh::server::Msg;
use russh::{Channel, ChannelMsg, ChannelReadHalf, ChannelWriteHalf};
use rustix::process::{Pid, Signal, kill_process_group};
use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::mpsc;

/// Starts a command line by /bin/sh, in a process group of its own, with a small environment.
pub(super) fn child(home: &Path, command: &[u8]) -> io::Result<Child> {
    let path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    let user = std::env::var("USER").unwrap_or_else(|_| "root".to_owned());
    Command::new("/bin/sh")
        .arg("-c")
        .arg(OsStr::from_bytes(command))
        .current_dir(home)
        .env_clear()
        .env("PATH", path)
        .env("HOME", home)
        .env("SHELL", "/bin/sh")
        .env("USER", &user)
        .env("LOGNAME", &user)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
}

/// Ends a program's whole group when its channel ends before it does.
struct Group(Option<Pid>);

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(pid) = self.0 {
            let _ = kill_process_group(pid, Signal::KILL);
        }
    }
}

/// Carries bytes until the program has ended or the client closes the channel.
pub(super) async fn run(channel: Channel<Msg>, mut child: Child) {
    let mut group = Group(child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?)));
    let (read, write) = channel.split();
    let write = Arc::new(write);
    let (Some(input), Some(output), Some(errors)) =
        (child.stdin.take(), child.stdout.take(), child.stderr.take())
    else {
        return;
    };
    let outputs = {
        let write = Arc::clone(&write);
        async move { tokio::join!(give(&write, output, None), give(&write, errors, Some(1))) }
    };
    let mut outputs = tokio::spawn(outputs);
    let mut reading = tokio::spawn(feed(read, input));
    let status = tokio::select! {
        status = child.wait() => status,
        _ = &mut reading => {
            outputs.abort();
            return;
        }
    };
    group.0 = None;
    tell(&write, status).await;
    // Background children may hold the pipes: what they still write goes out until the client has enough.
    tokio::select! {
        _ = &mut outputs => {}
        _ = &mut reading => outputs.abort(),
    }
    let _ = write.eof().await;
    let _ = write.close().await;
    reading.abort();
}

/// Stdin from the client; ends when the channel is closed. The channel is emptied at once into a queue:
/// russh would stop reading the whole connection for one that is full, and never see the window grow that
/// the program's output waits for.
async fn feed(mut read: ChannelReadHalf, mut input: ChildStdin) {
    let (queue, mut queued) = mpsc::unbounded_channel::<Bytes>();
    let writing = tokio::spawn(async move {
        while let Some(data) = queued.recv().await {
            if input.write_all(&data).await.is_err() {
                return;
            }
        }
    });
    let mut queue = Some(queue);
    while let Some(message) = read.wait().await {
        match message {
            // A program that has closed its stdin wants no more.
            ChannelMsg::Data { data } => queue = queue.filter(|queue| queue.send(data).is_ok()),
            ChannelMsg::Eof => queue = None,
            ChannelMsg::Close => break,
            _ => {}
        }
    }
    writing.abort();
}

async fn give(write: &ChannelWriteHalf<Msg>, mut from: impl AsyncRead + Unpin, ext: Option<u32>) {
    let mut buffer = vec![0; 32 * 1024];
    while let Ok(count @ 1..) = from.read(&mut buffer).await {
        let bytes = Bytes::copy_from_slice(&buffer[..count]);
        let sent = match ext {
            Some(ext) => write.extended_data_bytes(ext, bytes).await,
            None => write.data_bytes(bytes).await,
        };
        if sent.is_err() {
            return;
        }
    }
}

async fn tell(write: &ChannelWriteHalf<Msg>, status: io::Result<ExitStatus>) {
    // A killed program has no exit code; the shell's way of counting stands for it.
    use std::os::unix::process::ExitStatusExt;
    let Ok(status) = status else { return };
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal));
    let _ = write.exit_status(code.and_then(|code| u32::try_from(code).ok()).unwrap_or(255)).await;
}
