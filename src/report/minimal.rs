//! The callback `minimal`: what ad-hoc commands print (S-183).

use super::out::{Out, Palette};
use super::{Report, diagnostics, dump};
use crate::base::{Diagnostic, Value};
use crate::spec::Event;
use crate::spec::event::{Status, TaskResult};
use std::collections::HashSet;

/// Modules whose output is shown as text.
const RAW: [&str; 4] = ["command", "shell", "raw", "script"];

/// The minimal report.
pub struct Minimal {
    out: Out,
    verbosity: u8,
    one_line: bool,
    shown: HashSet<String>,
}

impl Minimal {
    /// A report on these streams; `one_line` is the callback `oneline`.
    pub fn new(out: Out, verbosity: u8, one_line: bool) -> Self {
        Self { out, verbosity, one_line, shown: HashSet::new() }
    }

    fn note(&mut self, prefix: &str, error: &Diagnostic, color: Palette) {
        let text = diagnostics::render(prefix, error);
        if self.shown.insert(text.clone()) {
            self.out.error_line(&text, color);
        }
    }

    fn result(&mut self, one: &TaskResult) {
        if let Some(error) = &one.error {
            let text = diagnostics::render("[ERROR]: ", error);
            if self.shown.insert(text.clone()) {
                self.out.line(&text, Palette::Error);
            }
        }
        let action = one.task.action.rsplit('.').next().unwrap_or_default().to_string();
        let (word, color) = match one.status {
            Status::Ok => ("SUCCESS", Palette::Ok),
            Status::Changed => ("CHANGED", Palette::Changed),
            Status::Skipped => {
                let text = format!("{} | SKIPPED", one.host);
                return self.out.line(&text, Palette::Skip);
            }
            Status::Failed => ("FAILED", Palette::Error),
            Status::Unreachable => {
                let text = format!("{} | UNREACHABLE! => {}", one.host, self.dump(one));
                return self.out.line(&text, Palette::Unreachable);
            }
        };
        let raw = RAW.contains(&action.as_str()) && one.result.get("rc").is_some();
        let text = match (raw && !one.task.no_log, one.status) {
            (true, _) if self.one_line => raw_line(one, word),
            (true, _) => raw_text(one, word),
            (false, Status::Failed) => format!("{} | {word}! => {}", one.host, self.dump(one)),
            (false, _) => format!("{} | {word} => {}", one.host, self.dump(one)),
        };
        self.out.line(&text, color);
    }

    fn dump(&self, one: &TaskResult) -> String {
        let shown = if one.task.no_log { dump::censored(&one.result) } else { one.result.clone() };
        let shape = dump::Shape::default();
        dump::result(&shown, &one.task.action, self.verbosity, !self.one_line, shape)
    }
}

fn field(one: &TaskResult, name: &str) -> String {
    one.result.get(name).map(Value::masked).map(|value| value.text()).unwrap_or_default()
}

fn raw_text(one: &TaskResult, word: &str) -> String {
    let mut text = format!("{} | {word} | rc={} >>\n", one.host, field(one, "rc"));
    for name in ["stdout", "stderr", "msg"] {
        text.push_str(&field(one, name));
    }
    text
}

fn raw_line(one: &TaskResult, word: &str) -> String {
    let stdout = field(one, "stdout").replace('\n', "\\n").replace('\r', "\\r");
    let stderr = field(one, "stderr").replace('\n', "\\n").replace('\r', "\\r");
    let tail = if stderr.is_empty() { String::new() } else { format!(" (stderr) {stderr}") };
    format!("{} | {word} | rc={} | (stdout) {stdout}{tail}", one.host, field(one, "rc"))
}

impl Report for Minimal {
    fn event(&mut self, event: &Event) {
        match event {
            Event::Result(one) => {
                if one.show_diff
                    && let Some(diff) = one.result.get("diff")
                {
                    let text =
                        crate::base::diff::render(&diff.masked(), crate::base::diff::CONTEXT);
                    let text = text.concat();
                    self.out.line(text.strip_suffix('\n').unwrap_or(&text), Palette::Plain);
                }
                self.result(one);
            }
            Event::Warning(warning) => self.note("[WARNING]: ", warning, Palette::Warn),
            Event::Deprecated(warning) => {
                self.note("[DEPRECATION WARNING]: ", warning, Palette::Deprecate);
            }
            Event::Error(error) => self.note("[ERROR]: ", error, Palette::Error),
            Event::NoHostsMatched => {
                self.note(
                    "[WARNING]: ",
                    &Diagnostic::new("No hosts matched, nothing to do"),
                    Palette::Warn,
                );
            }
            _ => {}
        }
    }
}
