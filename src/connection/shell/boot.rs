//! How a shell is started: a command line that any login shell reads, then one line of ours.

use super::frame::SIGN;
use super::scripts;
use crate::base::quote;
use crate::spec::HostError;
use crate::spec::input::hex;
use std::fmt::Write as _;

/// The random words of one session.
#[derive(Clone)]
pub struct Words {
    /// Ends answers. Never in an argument or the environment.
    pub nonce: String,
    /// Begins requests.
    pub key: String,
    /// Part of the names of temporary files.
    pub name: String,
    /// Said by the shell when it is there; public.
    pub hello: String,
}

impl Words {
    /// New ones.
    pub fn new() -> Result<Self, HostError> {
        let word = |bytes: usize| {
            let mut random = vec![0; bytes];
            let made = getrandom::fill(&mut random);
            made.map(|()| hex(&random))
                .map_err(|e| HostError::Local(format!("no random bytes: {e}")))
        };
        Ok(Self {
            nonce: word(16)?,
            key: word(4)?,
            name: word(8)?,
            hello: format!("tank-{}", word(8)?),
        })
    }
}

/// The program that a shell is started with: says hello, reads one line and evaluates it.
pub fn program(shell: &str, words: &Words, pty: bool) -> String {
    let raw = if pty { "stty raw -echo 2>/dev/null; " } else { "" };
    let hello = &words.hello;
    let text = format!("{raw}echo {hello}; IFS= read -r a; eval \"$(printf %b \"$a\")\"");
    format!("{} -c {}", quote::sh(shell), quote::sh(&text))
}

/// The line that the program waits for.
pub fn line(words: &Words, pty: bool) -> String {
    let mut line = String::with_capacity(24 << 10);
    let sign = char::from(SIGN);
    let (nonce, key, name) = (&words.nonce, &words.key, &words.name);
    let tty = u8::from(pty);
    let first = format!(
        "unset a\ntk_m='{sign}{nonce}' tk_k={key} tk_u={name} tk_tty={tty} tk_tab='\t' tk_cr='\r'\n"
    );
    encode(&mut line, &first);
    encode(&mut line, scripts::runtime());
    line.push('\n');
    line
}

/// Adds a text as `printf %b` reads it.
pub fn encode(line: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '\n' => line.push_str("\\n"),
            '\\' => line.push_str("\\0134"),
            c if c.is_control() => {
                let _ = write!(line, "\\0{:03o}", u32::from(c));
            }
            c => line.push(c),
        }
    }
}
