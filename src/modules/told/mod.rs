//! Answers in blocks of three, as `ask.sh` prints them: what was asked, its code, its text; and files.

mod kept;

pub use kept::Kept;

use crate::spec::{Answer, Failure};
use bytes::Bytes;

/// What one command of a probe said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// Which one.
    pub what: String,
    /// Its code.
    pub rc: i32,
    /// Its output, both streams.
    pub text: String,
}

/// A file as a probe told it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct File {
    path: String,
    line: String,
    content: Option<Bytes>,
}

/// Everything that a probe was told, in its order.
#[derive(Clone, Debug, Default)]
pub struct Told {
    said: Vec<Said>,
    files: Vec<File>,
}

impl Told {
    /// Reads an answer made of blocks.
    ///
    /// # Errors
    /// The probe failed, or its answer is torn.
    pub fn read(answers: &[Answer]) -> Result<Self, Failure> {
        let answer = super::files::first(answers)?;
        let torn = || Failure::new("the host's answer cannot be read");
        let blocks = answer.blocks().ok_or_else(torn)?;
        let text = |block: &Option<Bytes>| {
            block.as_ref().map(|bytes| String::from_utf8_lossy(bytes).into_owned())
        };
        let mut told = Self::default();
        for three in blocks.chunks(3) {
            let [what, second, third] = three else { return Err(torn()) };
            let (what, second) = (text(what).ok_or_else(torn)?, text(second).ok_or_else(torn)?);
            if let Some(path) = what.strip_prefix("file ") {
                let (path, content) = (path.to_string(), third.clone());
                told.files.push(File { path, line: second, content });
                continue;
            }
            let (rc, text) = (second.parse().map_err(|_| torn())?, text(third).ok_or_else(torn)?);
            told.said.push(Said { what, rc, text });
        }
        Ok(told)
    }

    /// All that was said.
    pub fn all(&self) -> impl Iterator<Item = &Said> {
        self.said.iter()
    }

    /// What one of them said.
    pub fn of(&self, what: &str) -> Option<&Said> {
        self.said.iter().find(|said| said.what == what)
    }

    /// The text of one of them; empty when it was not asked.
    pub fn text(&self, what: &str) -> &str {
        self.of(what).map_or("", |said| said.text.as_str())
    }

    /// Whether it was there at all.
    pub fn has(&self, what: &str) -> bool {
        self.of(what).is_some()
    }

    /// Whether one was asked and ended with 0.
    pub fn worked(&self, what: &str) -> bool {
        self.of(what).is_some_and(|said| said.rc == 0)
    }

    /// The path of a tool, else the failure that it is missing.
    ///
    /// # Errors
    /// Ansible's text.
    pub fn tool(&self, name: &str) -> Result<String, Failure> {
        match self.of("tool") {
            Some(said) if said.rc == 0 => Ok(said.text.trim().to_string()),
            said => {
                let paths = said.map_or("", |said| said.text.as_str());
                let text =
                    format!("Failed to find required executable \"{name}\" in paths: {paths}");
                Err(Failure::new(text))
            }
        }
    }

    /// The paths of files that were told, in their order.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.files.iter().map(|file| file.path.as_str())
    }
}
