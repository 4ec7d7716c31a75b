//! A long program on a channel of its own.

use super::boot::{self, Words};
use super::driver::Base;
use super::request::{Kind, Request};
use super::writer::Item;
use super::{errors, scripts};
use crate::base::quote;
use crate::connection::r#become::talk::{self, Refused, Streams};
use crate::connection::r#become::{Method, command};
use crate::connection::transport::Process;
use crate::spec::pipe::{Running, Sink, Source};
use crate::spec::{BoxFuture, End, Ended, HostError, Pipe, Program};
use bytes::{Bytes, BytesMut};
use errors::Errors;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::mpsc;

/// Bytes taken at a time.
const CHUNK: usize = 256 << 10;
/// Time for a program to end by the end of its stdin alone.
const BRIEF: Duration = Duration::from_secs(1);
/// Time for one that was told to end; the host kills it after five seconds.
const LONG: Duration = Duration::from_secs(8);
/// Time for the last words of a program whose exit code has come by the channel.
const LAST: Duration = Duration::from_secs(2);

/// Starts one. `queue` is that of the identity's shell.
pub async fn open(
    base: Arc<Base>,
    queue: mpsc::UnboundedSender<Vec<Item>>,
    program: Program,
) -> Result<Pipe, HostError> {
    let words = Words::new()?;
    let line = line(&words, &program);
    let (process, first) = start(&base, &words).await.map_err(|refused| match refused {
        Refused::Error(error) => error,
        Refused::NeedsTty => no_tty(&base, &program),
    })?;
    let Process { mut input, output, errors, exit } = process;
    let sent = async {
        input.write_all(line.as_bytes()).await?;
        input.flush().await
    };
    sent.await.map_err(|_| HostError::Lost(format!("the start of {}", program.what)))?;
    let what: Arc<str> = program.what.as_str().into();
    let errors = Errors::start(errors, exit, words.nonce, program.lines);
    Ok(Pipe {
        output: Box::new(Output { stream: output, buffer: first, what: Arc::clone(&what) }),
        input: Box::new(Input { stream: Some(input), what }),
        running: Box::new(Started { errors, queue }),
    })
}

fn no_tty(base: &Base, program: &Program) -> HostError {
    let who =
        base.who.user.as_ref().map_or("becoming root on its host", |_| base.who.method.name());
    HostError::Become(format!(
        "{who} asks for its password on a terminal only, and no stream of bytes passes one: {} needs a rule without \
         password or without terminal",
        program.what
    ))
}

/// The line that the waiting shell evaluates.
fn line(words: &Words, program: &Program) -> String {
    let mut text = format!(
        "unset a\ntk_end={} tk_in={} tk_text={}\nset -- {}\n",
        words.nonce,
        u8::from(program.input),
        quote::sh(&program.script),
        quote::words(&program.words)
    );
    text.push_str(scripts::pipe());
    let mut line = String::with_capacity(text.len() + 256);
    boot::encode(&mut line, &text);
    line.push('\n');
    line
}

/// A shell of this identity that waits for its line, and what came behind its first word.
async fn start(base: &Base, words: &Words) -> Result<(Process, BytesMut), Refused> {
    let who = &base.who;
    if who.method == Method::Doas && who.user.is_some() && who.password.is_some() {
        return Err(Refused::NeedsTty);
    }
    let prompt = format!("[{}, key={}] password:", who.method.name(), words.name);
    let shell = who.shell.as_deref().unwrap_or("/bin/sh");
    let line = command::line(who, &boot::program(shell, words, false), &prompt, false);
    let transport = base.link.get().await?;
    let mut process = match transport.open_bulk(line).await {
        Err(_) if transport.wants_terminal() => return Err(Refused::NeedsTty),
        opened => opened?,
    };
    let limit = if who.user.is_some() { base.limits.becoming } else { base.limits.open };
    let Process { input, output, errors, .. } = &mut process;
    let streams = Streams { input: &mut **input, output: &mut **output, errors: &mut **errors };
    let rest = talk::until_hello(streams, who, &prompt, &words.hello, limit).await?;
    Ok((process, BytesMut::from(rest.as_slice())))
}

struct Output {
    stream: Box<dyn AsyncRead + Send + Unpin>,
    buffer: BytesMut,
    what: Arc<str>,
}

impl Source for Output {
    fn read(&mut self) -> BoxFuture<'_, Result<Bytes, HostError>> {
        Box::pin(async move {
            if self.buffer.is_empty() {
                self.buffer.reserve(CHUNK);
                let read = self.stream.read_buf(&mut self.buffer).await;
                read.map_err(|_| HostError::Lost(self.what.to_string()))?;
            }
            Ok(self.buffer.split().freeze())
        })
    }
}

struct Input {
    stream: Option<Box<dyn AsyncWrite + Send + Unpin>>,
    what: Arc<str>,
}

impl Sink for Input {
    fn write(&mut self, bytes: Bytes) -> BoxFuture<'_, Result<(), HostError>> {
        Box::pin(async move {
            let ended = || HostError::Local(format!("{} takes no more input", self.what));
            let Some(stream) = &mut self.stream else { return Err(ended()) };
            stream.write_all(&bytes).await.map_err(|_| ended())
        })
    }

    fn close(&mut self) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            if let Some(mut stream) = self.stream.take() {
                // One that is gone needs no end.
                let _ = stream.shutdown().await;
            }
        })
    }
}

struct Started {
    errors: Errors,
    queue: mpsc::UnboundedSender<Vec<Item>>,
}

impl Running for Started {
    fn wait(&mut self) -> BoxFuture<'_, Ended> {
        Box::pin(self.errors.ended(LAST))
    }

    fn stop(mut self: Box<Self>, output: Box<dyn Source>) -> BoxFuture<'static, Ended> {
        Box::pin(async move {
            let drain = tokio::spawn(drop_all(output));
            let mut ended = tokio::time::timeout(BRIEF, self.errors.ended(LAST)).await.ok();
            if ended.is_none() {
                self.end_by_shell();
                ended = tokio::time::timeout(LONG, self.errors.ended(LAST)).await.ok();
            }
            drain.abort();
            // Without its streams the host's own watch ends it.
            ended.unwrap_or_else(|| Ended { end: End::Lost, stderr: self.errors.text() })
        })
    }
}

impl Started {
    /// The identity's shell tells the one above the program to end it.
    fn end_by_shell(&self) {
        let Some(pid) = self.errors.pid() else { return };
        let text = format!("kill -s TERM {pid} 2>/dev/null");
        let (mut request, _waiting) = Request::new(Kind::Plain, text, "ending a program");
        request.limit = Some(LONG);
        // A shell that is gone takes no requests; the host's own watch is left.
        let _ = self.queue.send(vec![Item::Request(Box::new(request))]);
    }
}

async fn drop_all(mut output: Box<dyn Source>) {
    while output.read().await.is_ok_and(|bytes| !bytes.is_empty()) {}
}
