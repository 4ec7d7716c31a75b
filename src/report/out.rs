//! Where text goes, and its colours.

use std::io::{self, Write};

/// Colours of Ansible's default output (S-180).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Palette {
    /// Green.
    Ok,
    /// Yellow.
    Changed,
    /// Cyan.
    Skip,
    /// Red.
    Error,
    /// Bright red.
    Unreachable,
    /// Bright magenta.
    Warn,
    /// Magenta.
    Deprecate,
    /// Blue.
    Verbose,
    /// Dark grey.
    Debug,
    /// Green of added lines.
    DiffAdd,
    /// Red of removed lines.
    DiffRemove,
    /// Cyan of positions.
    DiffLines,
    /// None.
    Plain,
}

impl Palette {
    fn code(self) -> &'static str {
        match self {
            Self::Ok | Self::DiffAdd => "0;32",
            Self::Changed => "0;33",
            Self::Skip | Self::DiffLines => "0;36",
            Self::Error | Self::DiffRemove => "0;31",
            Self::Unreachable => "1;31",
            Self::Warn => "1;35",
            Self::Deprecate => "0;35",
            Self::Verbose => "0;34",
            Self::Debug => "1;30",
            Self::Plain => "",
        }
    }
}

/// The streams of a report.
pub struct Out {
    /// Standard output.
    pub stdout: Box<dyn Write + Send>,
    /// Standard error.
    pub stderr: Box<dyn Write + Send>,
    /// Whether colours are used.
    pub color: bool,
    /// Width that banners fill.
    pub width: usize,
}

impl Out {
    /// The process's own streams; colours and width as the terminal has them.
    pub fn process(force_color: bool, no_color: bool) -> Self {
        let term = console::Term::stdout();
        let color = !no_color && (force_color || term.is_term());
        let width = if term.is_term() { usize::from(term.size().1).max(80) - 1 } else { 79 };
        Self { stdout: Box::new(io::stdout()), stderr: Box::new(io::stderr()), color, width }
    }

    /// The text in a colour, each line wrapped by itself.
    pub fn paint(&self, text: &str, color: Palette) -> String {
        if !self.color || color == Palette::Plain {
            return text.to_string();
        }
        let paint = |line: &str| format!("\x1b[{}m{line}\x1b[0m", color.code());
        text.split('\n').map(paint).collect::<Vec<_>>().join("\n")
    }

    /// One line (or several) on standard output. A closed pipe ends nothing: the run goes on.
    pub fn line(&mut self, text: &str, color: Palette) {
        let text = self.paint(text, color);
        let _ = writeln!(self.stdout, "{text}");
        let _ = self.stdout.flush();
    }

    /// One line (or several) on standard error.
    pub fn error_line(&mut self, text: &str, color: Palette) {
        let text = self.paint(text, color);
        let _ = self.stdout.flush();
        let _ = writeln!(self.stderr, "{text}");
        let _ = self.stderr.flush();
    }
}
