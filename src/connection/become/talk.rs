//! The conversation until the shell is there: passwords are sent once, and only when asked for.

use super::{Identity, Method, prompts};
use crate::spec::HostError;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use zeroize::Zeroizing;

/// The streams of a program that is starting.
pub struct Streams<'a> {
    /// Its stdin.
    pub input: &'a mut (dyn AsyncWrite + Send + Unpin),
    /// Its stdout.
    pub output: &'a mut (dyn AsyncRead + Send + Unpin),
    /// Its stderr.
    pub errors: &'a mut (dyn AsyncRead + Send + Unpin),
}

/// Why the shell did not come.
pub enum Refused {
    /// It may come on a terminal.
    NeedsTty,
    /// It does not.
    Error(HostError),
}

impl From<HostError> for Refused {
    fn from(error: HostError) -> Self {
        Self::Error(error)
    }
}

/// Waits for the line `hello` on stdout, answers what asks for a password, and returns the bytes behind it.
/// `prompt` is what sudo was told to ask with.
pub async fn until_hello(
    streams: Streams<'_>,
    who: &Identity,
    prompt: &str,
    hello: &str,
    limit: Duration,
) -> Result<Vec<u8>, Refused> {
    Ok(listen(streams, who, prompt, (hello, false), limit).await?.0)
}

/// The same for a program that prints the line on stderr as well, in front of anything that its successor writes there:
/// the bytes behind it on stdout and on stderr.
pub async fn until_both(
    streams: Streams<'_>,
    who: &Identity,
    prompt: &str,
    hello: &str,
    limit: Duration,
) -> Result<(Vec<u8>, Vec<u8>), Refused> {
    listen(streams, who, prompt, (hello, true), limit).await
}

async fn listen(
    streams: Streams<'_>,
    who: &Identity,
    prompt: &str,
    hello: (&str, bool),
    limit: Duration,
) -> Result<(Vec<u8>, Vec<u8>), Refused> {
    let mut talk = Talk { who, prompt, heard: Heard::default(), answered: false };
    match tokio::time::timeout(limit, talk.run(streams, hello)).await {
        Ok(outcome) => outcome,
        Err(_) => Err(Refused::Error(talk.late(limit))),
    }
}

struct Talk<'a> {
    who: &'a Identity,
    prompt: &'a str,
    heard: Heard,
    answered: bool,
}

/// What was said so far.
#[derive(Default)]
struct Heard {
    out: Vec<u8>,
    err: Vec<u8>,
    /// How much of each was answered.
    seen: (usize, usize),
}

impl Heard {
    fn fresh(&self) -> [String; 2] {
        let text = |bytes: &[u8], from: usize| {
            String::from_utf8_lossy(bytes.get(from..).unwrap_or_default()).into_owned()
        };
        [text(&self.out, self.seen.0), text(&self.err, self.seen.1)]
    }

    fn all(&self, prompt: &str) -> String {
        let text = format!(
            "{}\n{}",
            String::from_utf8_lossy(&self.err),
            String::from_utf8_lossy(&self.out)
        );
        text.replace(prompt, "").trim().to_string()
    }
}

impl Talk<'_> {
    async fn run(
        &mut self,
        streams: Streams<'_>,
        (hello, both): (&str, bool),
    ) -> Result<(Vec<u8>, Vec<u8>), Refused> {
        let Streams { input, output, errors } = streams;
        let (mut out, mut err) = ([0; 4096], [0; 4096]);
        let (mut output_open, mut errors_open) = (true, true);
        while output_open || errors_open {
            let greeted = both && behind(&self.heard.out, hello).is_some();
            tokio::select! {
                n = output.read(&mut out), if output_open => match n.unwrap_or(0) {
                    // It said no, and its other stream is still under way.
                    0 if greeted => output_open = false,
                    0 => return Err(self.ended(errors, errors_open).await),
                    n => self.heard.out.extend_from_slice(&out[..n]),
                },
                n = errors.read(&mut err), if errors_open => match n.unwrap_or(0) {
                    0 => errors_open = false,
                    n => self.heard.err.extend_from_slice(&err[..n]),
                },
            }
            let out = behind(&self.heard.out, hello);
            let err = if both { behind(&self.heard.err, hello) } else { None };
            let there = out.is_some() || err.is_some();
            match (out, err) {
                (Some(out), Some(err)) => return Ok((out, err)),
                (Some(out), None) if !both => return Ok((out, Vec::new())),
                _ => {}
            }
            if !there && self.who.user.is_some() && self.asked() {
                self.answer(input).await?;
            }
        }
        Err(self.ended(errors, false).await)
    }

    fn asked(&self) -> bool {
        let fresh = self.heard.fresh();
        match self.who.method {
            Method::Sudo => fresh.iter().any(|text| text.contains(self.prompt)),
            _ => fresh.iter().any(|text| prompts::asks(text, &self.who.prompts)),
        }
    }

    async fn answer(&mut self, input: &mut (dyn AsyncWrite + Send + Unpin)) -> Result<(), Refused> {
        if self.answered {
            return Err(self.incorrect().into());
        }
        let Some(password) = &self.who.password else { return Err(self.missing().into()) };
        let line = Zeroizing::new(format!("{}\n", password.as_str()));
        let sent = async {
            input.write_all(line.as_bytes()).await?;
            input.flush().await
        };
        // A program that went away says why; that is read next.
        let _ = sent.await;
        self.answered = true;
        self.heard.seen = (self.heard.out.len(), self.heard.err.len());
        Ok(())
    }

    fn incorrect(&self) -> HostError {
        HostError::Become(format!("Incorrect {} password", self.who.method.name()))
    }

    fn missing(&self) -> HostError {
        HostError::Become(format!("Missing {} password", self.who.method.name()))
    }

    /// It ended: its last words tell why.
    async fn ended(&mut self, errors: &mut (dyn AsyncRead + Send + Unpin), open: bool) -> Refused {
        let mut rest = Vec::new();
        if open {
            let read = errors.take(64 << 10).read_to_end(&mut rest).await;
            rest.truncate(read.unwrap_or(0));
        }
        self.heard.err.extend_from_slice(&rest);
        let text = self.heard.all(self.prompt);
        if self.who.user.is_none() {
            let why = if text.is_empty() { "the login shell ended at once".into() } else { text };
            return Refused::Error(HostError::Unreachable(why));
        }
        self.refusal(&text)
    }

    fn refusal(&self, text: &str) -> Refused {
        const TTY: [&str; 5] = [
            "have a tty",
            "no tty present",
            "terminal is required",
            "from a terminal",
            "tty is required",
        ];
        const WRONG: [&str; 5] = [
            "try again",
            "incorrect password",
            "Authentication fail",
            "Authorization fail",
            "Sorry",
        ];
        const NEEDED: [&str; 3] =
            ["password is required", "Authorization required", "Authentication required"];
        let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
        if says(&TTY) {
            return Refused::NeedsTty;
        }
        if self.answered {
            let wrong = says(&WRONG) || text.is_empty();
            return if wrong { self.incorrect().into() } else { told(text) };
        }
        if self.who.password.is_none() && (says(&NEEDED) || says(&WRONG)) {
            return self.missing().into();
        }
        // Some su and doas do not even ask without a terminal.
        if self.who.password.is_some() && self.who.method != Method::Sudo && says(&WRONG) {
            return Refused::NeedsTty;
        }
        told(text)
    }

    fn late(&self, limit: Duration) -> HostError {
        let (seconds, text) = (limit.as_secs(), self.heard.all(self.prompt));
        if self.who.user.is_none() {
            return HostError::Unreachable(format!(
                "the login shell did not answer within {seconds} seconds"
            ));
        }
        HostError::Unreachable(format!(
            "Timeout ({seconds}s) waiting for privilege escalation prompt: {text}"
        ))
    }
}

fn told(text: &str) -> Refused {
    let text = if text.is_empty() { "the other user's shell ended at once" } else { text };
    Refused::Error(HostError::Become(text.to_string()))
}

/// The bytes behind the line that ends in `hello`.
fn behind(heard: &[u8], hello: &str) -> Option<Vec<u8>> {
    let at = heard.windows(hello.len()).position(|w| w == hello.as_bytes())?;
    let rest = &heard[at + hello.len()..];
    let end = rest.iter().position(|b| *b == b'\n')?;
    Some(rest[end + 1..].to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hello_is_found_behind_a_greeting() {
        assert_eq!(behind(b"Welcome\ntank-1\r\nrest", "tank-1"), Some(b"rest".to_vec()));
        assert_eq!(behind(b"tank-1", "tank-1"), None);
    }

    #[test]
    fn refusals_are_told_apart() {
        let text = |who: &Identity, answered: bool, text: &str| {
            let talk = Talk { who, prompt: "ask", heard: Heard::default(), answered };
            match talk.refusal(text) {
                Refused::NeedsTty => "tty".to_string(),
                Refused::Error(error) => error.to_string(),
            }
        };
        let sudo = Identity::user("h", "root", Method::Sudo);
        assert_eq!(text(&sudo, false, "sudo: a password is required"), "Missing sudo password");
        assert_eq!(text(&sudo, false, "sudo: sorry, you must have a tty to run sudo"), "tty");
        let rule = "bob is not in the sudoers file.";
        assert_eq!(text(&sudo, false, rule), rule);
        let su = Identity::user("h", "root", Method::Su).password("x");
        assert_eq!(text(&su, true, "su: Authentication failure"), "Incorrect su password");
        assert_eq!(text(&su, false, "su: Sorry"), "tty");
    }
}
