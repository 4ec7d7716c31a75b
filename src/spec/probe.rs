//! A question to a host that never changes it.

use bytes::Bytes;

/// One question: a shell function of ours, sent once per shell, and the words it is called with.
///
/// The script is the *body* of the function: it sees its words as `$1`..., may use the functions of the
/// shell's prelude, must not `exit`, and answers on stdout. A probe never changes the host.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Probe {
    /// Name of the function: the module's name, with a suffix when a module has several.
    pub name: &'static str,
    /// Body of the function, POSIX sh; from a `.sh` file beside the module.
    pub script: &'static str,
    /// The words it is called with. No secrets: use `input`.
    pub words: Vec<String>,
    /// Data on its standard input; for long lists and secrets.
    pub input: Option<Bytes>,
    /// Whether it takes over 50 ms, reads much or goes to the network: never sent ahead.
    pub heavy: bool,
    /// Whether the answer holds secrets: never logged.
    pub secret: bool,
    /// Whether it runs foreign scripts (rc.d, facts.d): in a subshell of its own.
    pub isolated: bool,
}

impl Probe {
    /// A light probe.
    pub fn new(name: &'static str, script: &'static str) -> Self {
        Self {
            name,
            script,
            words: Vec::new(),
            input: None,
            heavy: false,
            secret: false,
            isolated: false,
        }
    }

    /// The same with these words appended.
    #[must_use]
    pub fn words<S: Into<String>>(mut self, words: impl IntoIterator<Item = S>) -> Self {
        self.words.extend(words.into_iter().map(Into::into));
        self
    }

    /// The same with data on stdin.
    #[must_use]
    pub fn input(mut self, input: impl Into<Bytes>) -> Self {
        self.input = Some(input.into());
        self
    }

    /// The same, marked as slow.
    #[must_use]
    pub fn heavy(mut self) -> Self {
        self.heavy = true;
        self
    }

    /// The same, its answer marked as secret.
    #[must_use]
    pub fn secret(mut self) -> Self {
        self.secret = true;
        self
    }

    /// The same, in a subshell of its own.
    #[must_use]
    pub fn isolated(mut self) -> Self {
        self.isolated = true;
        self
    }
}

/// What a probe or a command gave back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// Exit code; 128 + n for signal n, as shells say it.
    pub rc: i32,
    /// Standard output, every byte of it.
    pub stdout: Bytes,
    /// Standard error.
    pub stderr: Bytes,
}

impl Answer {
    /// An answer with this output and code 0; for tests.
    pub fn ok(stdout: impl Into<Bytes>) -> Self {
        Self { rc: 0, stdout: stdout.into(), stderr: Bytes::new() }
    }

    /// Standard output as text; bytes that are no UTF-8 are replaced.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    /// Standard error as text.
    pub fn error_text(&self) -> String {
        String::from_utf8_lossy(&self.stderr).into_owned()
    }
}
