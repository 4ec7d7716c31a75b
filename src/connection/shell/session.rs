//! One live shell: from its start to its end.

use super::boot::{self, Words};
use super::driver::Base;
use super::flight::{Common, Flight};
use super::platform;
use super::reader::Reader;
use super::request::{Kind, Request};
use super::writer::{Item, Work, Writer};
use crate::connection::r#become::talk::{self, Refused, Streams};
use crate::connection::r#become::{Identity, Method, command};
use crate::spec::{BoxFuture, HostError, Platform};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;

/// How serving a shell ended.
pub enum Ended {
    /// All is done, and there will be no more.
    Done,
    /// The shell is gone or stuck.
    Lost,
    /// A new connection is wanted.
    Reconnect(oneshot::Sender<Result<(), HostError>>),
}

/// A shell that answers.
pub struct Session {
    writer: Writer,
    reader: Reader,
    /// Part of the names of its temporary files.
    pub name: String,
    /// Its process number.
    pub pid: u32,
    /// What it said of its host.
    pub platform: Platform,
}

impl Session {
    /// Starts one; on a terminal when the become program insists on it.
    pub async fn start(base: &Base) -> Result<Self, HostError> {
        let pty = base.who.method == Method::Doas
            && base.who.user.is_some()
            && base.who.password.is_some();
        match Self::try_start(base, pty).await {
            Err(Refused::NeedsTty) if !pty => {}
            Err(refused) => return Err(no_tty(refused)),
            Ok(session) => return Ok(session),
        }
        Self::try_start(base, true).await.map_err(no_tty)
    }

    async fn try_start(base: &Base, pty: bool) -> Result<Self, Refused> {
        let who = &base.who;
        let words = Words::new()?;
        let prompt = format!("[{}, key={}] password:", who.method.name(), words.name);
        let shell = who.shell.as_deref().unwrap_or("/bin/sh");
        let program = boot::program(shell, &words, pty);
        let line = command::line(who, &program, &prompt, pty);
        let transport = base.link.get().await?;
        let process = match transport.open(line, pty).await {
            Err(_) if !pty && transport.wants_terminal() => return Err(Refused::NeedsTty),
            opened => opened?,
        };
        let (mut input, mut output, mut errors) = (process.input, process.output, process.errors);
        let first = boot::line(&words, pty);
        let eager = never_asks(who);
        if eager {
            send_line(&mut *input, &first).await;
        }
        let limit = if who.user.is_some() { base.limits.becoming } else { base.limits.open };
        let streams = Streams { input: &mut *input, output: &mut *output, errors: &mut *errors };
        let rest = talk::until_hello(streams, who, &prompt, &words.hello, limit).await?;
        if !eager {
            send_line(&mut *input, &first).await;
        }
        let mut session = Self {
            writer: Writer::new(input, words.key.clone()),
            reader: Reader::new(output, errors, &words.nonce),
            name: words.name,
            pid: 0,
            platform: Platform::default(),
        };
        session.reader.unread(&rest);
        session.hello(base).await?;
        if let Some(machine) = transport.machine() {
            session.platform.part_of = machine;
        }
        Ok(session)
    }

    /// Asks what cannot change while this shell lives.
    async fn hello(&mut self, base: &Base) -> Result<(), HostError> {
        let text = self.ask(base, "tk_hello", base.limits.open).await?;
        self.platform = platform::parse(&Platform::default(), &text);
        let pid = text.lines().find_map(|line| line.strip_prefix("pid="));
        self.pid = pid.and_then(|pid| pid.parse().ok()).unwrap_or(0);
        if self.platform.system.is_empty() || self.pid == 0 {
            return Err(HostError::Unreachable("the shell does not say what its host is".into()));
        }
        base.common.counts.shell();
        Ok(())
    }

    /// One question outside of the queue.
    pub async fn ask(
        &mut self,
        base: &Base,
        text: &str,
        limit: Duration,
    ) -> Result<String, HostError> {
        let (mut request, waiting) = Request::new(Kind::Plain, text, "the start of the shell");
        request.limit = Some(limit);
        if !text.starts_with("tk_hello") {
            request.needs.push(super::driver::changes());
        }
        let backlog = VecDeque::from([Item::Request(Box::new(request))]);
        let flight = Flight::new(Common::new(&base.limits));
        let ended = self.serve(&mut Work { backlog, queue: None }, &flight, base).await;
        if matches!(ended, Ended::Lost) {
            flight.lost();
        }
        match waiting.reply().await {
            Ok(reply) => Ok(String::from_utf8_lossy(&reply.stdout).into_owned()),
            Err(HostError::Timeout(limit, _)) => Err(HostError::Unreachable(format!(
                "the shell did not answer within {} seconds",
                limit.as_secs()
            ))),
            Err(error) => Err(HostError::Unreachable(error.to_string())),
        }
    }

    /// Sends what there is to do and reads the answers, until one of both ends.
    pub async fn serve(&mut self, work: &mut Work, flight: &Flight, base: &Base) -> Ended {
        let pid = self.pid;
        let stop = move || {
            if let Some(base) = base.this.upgrade() {
                tokio::spawn(stop_below(base, pid));
            }
        };
        let counts = &flight.counts();
        tokio::select! {
            ended = self.writer.run(work, flight, counts) => ended,
            ended = self.reader.run(flight, &stop) => ended,
        }
    }

    /// Ends the shell; its trap cleans up.
    pub async fn quit(mut self) {
        self.writer.quit().await;
        let gone = self.reader.until_end();
        // One that runs something in the foreground ends when that does.
        let _ = tokio::time::timeout(Duration::from_secs(2), gone).await;
    }
}

/// Whether the become program cannot read what we send: then the first line need not wait for hello.
fn never_asks(who: &Identity) -> bool {
    let flags = who.flags.as_deref().unwrap_or("-H -S -n");
    who.user.is_none()
        || (who.method == Method::Sudo
            && who.password.is_none()
            && flags.split(' ').any(|word| word == "-n"))
}

/// A program that went away says why on its other streams.
async fn send_line(input: &mut (dyn tokio::io::AsyncWrite + Send + Unpin), line: &str) {
    use tokio::io::AsyncWriteExt;
    if input.write_all(line.as_bytes()).await.is_ok() {
        let _ = input.flush().await;
    }
}

fn no_tty(refused: Refused) -> HostError {
    match refused {
        Refused::Error(error) => error,
        Refused::NeedsTty => {
            HostError::Become("a terminal is required to read the password".into())
        }
    }
}

/// Stops all that runs below a shell of this identity, from a second one: first asks, then kills what is left of it. The
/// shell may be at its next request by then.
fn stop_below(base: Arc<Base>, pid: u32) -> BoxFuture<'static, ()> {
    Box::pin(async move {
        let Ok(mut second) = Session::start(&base).await else { return };
        let limit = Duration::from_secs(10);
        let asked = second.ask(&base, &format!("tk_kill_below {pid} TERM"), limit).await;
        let asked = asked.unwrap_or_default();
        let numbers: Vec<&str> =
            asked.split_whitespace().filter(|word| word.parse::<u32>().is_ok()).collect();
        if !numbers.is_empty() {
            tokio::time::sleep(Duration::from_secs(2)).await;
            let text = format!("tk_kill_below {pid} KILL {}", numbers.join(" "));
            let _ = second.ask(&base, &text, limit).await;
        }
        second.quit().await;
    })
}
