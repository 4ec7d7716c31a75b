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
    /// Paths whose `tk_stat` line the script asks for: those of many probes are looked up at once.
    pub asks: Vec<PathAsked>,
}

/// A path and the flags of `tk_stat` that a script asks for it with.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PathAsked {
    /// Exactly as the script has it.
    pub path: String,
    /// Of what a link leads to.
    pub follow: bool,
    /// With the SHA-1.
    pub sum: bool,
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
            asks: Vec::new(),
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

    /// The same, telling that the script calls `tk_stat` with this path and these flags. It is no part of
    /// the question: the answer is the same without it.
    #[must_use]
    pub fn asks(mut self, path: impl Into<String>, follow: bool, sum: bool) -> Self {
        self.asks.push(PathAsked { path: path.into(), follow, sum });
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
    /// Code of a command whose directory (`chdir`) cannot be entered; stderr says why. Codes over 255
    /// are no program's own.
    pub const NO_DIRECTORY: i32 = 901;
    /// Code of an argv whose program was not found (`ENOENT`): it was not started.
    pub const NO_PROGRAM: i32 = 902;
    /// Code of an argv whose program may not be run (`EACCES`): it was not started.
    pub const NOT_EXECUTABLE: i32 = 903;

    /// Reads blocks as the prelude's `tk_read` and `tk_text` print them (length, newline, bytes, newline);
    /// a block `-` is None. None for the whole when the answer is not made of blocks, as when a file
    /// changed while it was read.
    pub fn blocks(&self) -> Option<Vec<Option<Bytes>>> {
        let mut rest = self.stdout.clone();
        let mut found = Vec::new();
        while !rest.is_empty() {
            let line = rest.iter().position(|b| *b == b'\n')?;
            let head = rest.split_to(line + 1);
            let head = std::str::from_utf8(&head[..line]).ok()?;
            if head == "-" {
                found.push(None);
                continue;
            }
            let size: usize = head.parse().ok()?;
            if rest.get(size) != Some(&b'\n') {
                return None;
            }
            found.push(Some(rest.split_to(size)));
            let _newline = rest.split_to(1);
        }
        Some(found)
    }

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_hold_any_bytes() {
        let answer = Answer::ok("3\na\nb\n-\n0\n\n");
        let blocks = answer.blocks().unwrap();
        assert_eq!(blocks, [Some(Bytes::from_static(b"a\nb")), None, Some(Bytes::new())]);
        assert_eq!(Answer::ok("5\nabc\n").blocks(), None);
        assert_eq!(Answer::ok("").blocks(), Some(Vec::new()));
    }
}
