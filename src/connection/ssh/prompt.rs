//! Questions to the operator: passwords, passphrases, unknown host keys.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Write};
use zeroize::Zeroizing;

/// Someone who can be asked. Calls may block; they are made one at a time and away from the runtime's threads.
pub trait Prompter: Send + Sync {
    /// Asks for a secret without echo; None: no answer.
    fn secret(&self, prompt: &str) -> Option<Zeroizing<String>>;
    /// Asks a question that is answered by a line; None: no answer.
    fn confirm(&self, prompt: &str) -> Option<String>;
}

/// The terminal this process was started on, whatever stdin and stdout are.
#[derive(Clone, Copy, Debug)]
pub struct Terminal;

impl Terminal {
    /// The terminal, if there is one.
    pub fn open() -> Option<Self> {
        tty().ok().map(|_| Self)
    }

    fn ask(prompt: &str) -> io::Result<String> {
        let mut terminal = tty()?;
        terminal.write_all(prompt.as_bytes())?;
        terminal.flush()?;
        let mut line = String::new();
        let read = BufReader::new(terminal).read_line(&mut line)?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(line.trim_end_matches(['\r', '\n']).to_owned())
    }
}

fn tty() -> io::Result<File> {
    OpenOptions::new().read(true).write(true).open("/dev/tty")
}

impl Prompter for Terminal {
    fn secret(&self, prompt: &str) -> Option<Zeroizing<String>> {
        rpassword::prompt_password(prompt).ok().map(Zeroizing::new)
    }

    fn confirm(&self, prompt: &str) -> Option<String> {
        Self::ask(prompt).ok()
    }
}
