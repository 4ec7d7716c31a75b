//! Where a value was written.

use std::fmt;
use std::sync::Arc;

/// A text that positions point into: a file, or something said on the command line.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct Source {
    /// The absolute path of a file, or a description such as `<CLI option '-e'>`.
    pub name: String,
    /// Whether `name` is a file whose lines can be shown.
    pub is_file: bool,
    /// What is shown where it is no file: what was said.
    pub text: Option<String>,
}

impl Source {
    /// A file on the operator's machine.
    pub fn file(path: impl Into<String>) -> Arc<Self> {
        Arc::new(Self { name: path.into(), is_file: true, text: None })
    }

    /// Something that is no file, in angle brackets as Ansible prints it.
    pub fn described(name: impl Into<String>) -> Arc<Self> {
        Arc::new(Self { name: name.into(), is_file: false, text: None })
    }

    /// The same with what was said there.
    pub fn said(name: impl Into<String>, text: impl Into<String>) -> Arc<Self> {
        Arc::new(Self { name: name.into(), is_file: false, text: Some(text.into()) })
    }
}

/// One place in a source. Lines and columns count from 1; 0 means unknown.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Origin {
    /// The text it points into.
    pub source: Arc<Source>,
    /// Line, from 1; 0 when only the source is known.
    pub line: u32,
    /// Column in characters, from 1; 0 when unknown.
    pub column: u32,
}

impl Origin {
    /// The place `line:column` of `source`.
    pub fn new(source: &Arc<Source>, line: u32, column: u32) -> Self {
        Self { source: Arc::clone(source), line, column }
    }

    /// The source as a whole.
    pub fn whole(source: &Arc<Source>) -> Self {
        Self::new(source, 0, 0)
    }
}

impl fmt::Display for Origin {
    /// `file:line:column`, leaving out what is not known.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.source.name)?;
        if self.line > 0 {
            write!(f, ":{}", self.line)?;
            if self.column > 0 {
                write!(f, ":{}", self.column)?;
            }
        }
        Ok(())
    }
}
