//! What the commands of a probe said.

use crate::modules::files;
use crate::spec::{Answer, Failure};
use crate::zfs::rows::{self, Properties};
use std::collections::BTreeMap;

/// What one command said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// Which one.
    pub what: String,
    /// Its code.
    pub rc: i32,
    /// What it printed.
    pub text: String,
    /// What it said on stderr.
    pub error: String,
}

/// Everything that a probe was told, in its order.
pub struct Told(Vec<Said>);

impl Told {
    /// Reads an answer made of blocks: what, code, text; and the sections of its stderr.
    ///
    /// # Errors
    /// An answer that is none, and a host without ZFS.
    pub fn read(answer: &Answer) -> Result<Self, Failure> {
        files::check(answer)?;
        let unreadable = || Failure::new("the host's answer about ZFS cannot be read");
        let blocks = answer.blocks().ok_or_else(unreadable)?;
        let errors = sections(&answer.error_text());
        let mut told = Vec::new();
        for block in blocks.chunks(3) {
            let [Some(what), Some(rc), Some(text)] = block else { return Err(unreadable()) };
            let read = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            let what = read(what);
            let rc = read(rc).parse().map_err(|_| unreadable())?;
            let error = errors.get(&what).cloned().unwrap_or_default();
            told.push(Said { rc, text: read(text), error, what });
        }
        let told = Self(told);
        match told.of("tools") {
            Some(said) => {
                let text =
                    format!("Failed to find required executable \"zfs\" in paths: {}", said.text);
                Err(Failure::new(text).missing())
            }
            None => Ok(told),
        }
    }

    /// What one of them said.
    pub fn of(&self, what: &str) -> Option<&Said> {
        self.0.iter().find(|said| said.what == what)
    }

    /// All answers to a question that was asked of several.
    pub fn all<'t>(&'t self, what: &'t str) -> impl Iterator<Item = &'t Said> {
        self.0.iter().filter(move |said| said.what == what)
    }

    /// What one of them said, which must have been asked.
    ///
    /// # Errors
    /// It was not.
    pub fn must(&self, what: &str) -> Result<&Said, Failure> {
        self.of(what).ok_or_else(|| Failure::new(format!("the host did not answer about {what}")))
    }

    /// The text of a command that must have worked.
    ///
    /// # Errors
    /// It was not asked, or it failed.
    pub fn text(&self, what: &str) -> Result<&str, Failure> {
        let said = self.must(what)?;
        if said.rc == 0 { Ok(&said.text) } else { Err(said.failure()) }
    }

    /// Properties by name, where some of the names may not exist.
    ///
    /// # Errors
    /// A command that failed otherwise.
    pub fn properties(&self, what: &str) -> Result<BTreeMap<String, Properties>, Failure> {
        self.must(what)?.properties()
    }

    /// The same of a question that was asked of several.
    ///
    /// # Errors
    /// A command that failed otherwise.
    pub fn properties_of_all(&self, what: &str) -> Result<BTreeMap<String, Properties>, Failure> {
        let mut all = BTreeMap::new();
        for said in self.all(what) {
            all.extend(said.properties()?);
        }
        Ok(all)
    }
}

impl Said {
    fn properties(&self) -> Result<BTreeMap<String, Properties>, Failure> {
        if self.rc != 0 && !self.only_missing() {
            return Err(self.failure());
        }
        let unreadable = |error| Failure::new(format!("the answer of zfs get: {error}"));
        Ok(rows::by_name(rows::parse(&self.text).map_err(unreadable)?))
    }

    /// Whether all that failed is that something does not exist.
    pub fn only_missing(&self) -> bool {
        let mut lines = self.error.lines().filter(|line| !line.trim().is_empty()).peekable();
        let missing = |line: &str| {
            line.starts_with("cannot open '")
                && (line.ends_with("dataset does not exist") || line.ends_with("no such pool"))
        };
        lines.peek().is_some() && lines.all(missing)
    }

    /// The failure of this command.
    pub fn failure(&self) -> Failure {
        let text = match self.complaint() {
            "" => format!("the question about {} failed with code {}", self.what, self.rc),
            text => text.to_string(),
        };
        Failure::new(text).with("rc", i64::from(self.rc))
    }

    /// What it said about its failure; some say it on stdout.
    pub fn complaint(&self) -> &str {
        match self.error.trim() {
            "" => self.text.trim(),
            text => text,
        }
    }
}

fn sections(text: &str) -> BTreeMap<String, String> {
    let mut found: BTreeMap<String, String> = BTreeMap::new();
    let mut current = String::new();
    for line in text.lines() {
        if let Some(name) = line.strip_prefix('@') {
            current = name.to_string();
        } else {
            let section = found.entry(current.clone()).or_default();
            section.push_str(line);
            section.push('\n');
        }
    }
    found
}
