//! The five ways to write a scalar, folded as libyaml folds.

use super::analysis::{is_break, is_printable};
use super::emit::Emitter;
use std::fmt::Write as _;

impl Emitter {
    pub(super) fn put(&mut self, c: char) {
        self.out.push(c);
        self.column += 1;
    }

    fn put_break(&mut self, c: char) {
        self.out.push(c);
        self.column = 0;
    }

    /// Goes to the indentation, on a new line if this one is used.
    pub(super) fn write_indent(&mut self) {
        let indent = usize::try_from(self.indent).unwrap_or(0);
        if !self.indention || self.column > indent || (self.column == indent && !self.whitespace) {
            self.put_break('\n');
        }
        while self.column < indent {
            self.put(' ');
        }
        self.whitespace = true;
        self.indention = true;
    }

    /// Writes a mark of the syntax, after a blank if it needs one.
    pub(super) fn indicator(
        &mut self,
        text: &str,
        spaced: bool,
        whitespace: bool,
        indention: bool,
    ) {
        if spaced && !self.whitespace {
            self.put(' ');
        }
        self.out.push_str(text);
        self.column += text.chars().count();
        self.whitespace = whitespace;
        self.indention = self.indention && indention;
    }

    pub(super) fn plain(&mut self, text: &str, fold: bool, in_flow: bool) {
        if !self.whitespace && (!text.is_empty() || in_flow) {
            self.put(' ');
        }
        self.folding(text, fold, false);
        self.whitespace = false;
        self.indention = false;
    }

    pub(super) fn single_quoted(&mut self, text: &str, fold: bool) {
        self.indicator("'", true, false, false);
        if self.folding(text, fold, true) {
            self.write_indent();
        }
        self.indicator("'", false, false, false);
        self.whitespace = false;
        self.indention = false;
    }

    /// Plain or single quoted text: a newline is written twice, a blank may become one. Whether the
    /// text ended with a newline.
    fn folding(&mut self, text: &str, fold: bool, quoted: bool) -> bool {
        let (mut spaces, mut breaks) = (false, false);
        let mut letters = text.chars().peekable();
        let mut first = true;
        while let Some(c) = letters.next() {
            let next = letters.peek().copied();
            if c == ' ' {
                let edge = quoted && (first || next.is_none());
                let folds = fold && !spaces && self.column > self.width && !edge;
                if folds && next != Some(' ') {
                    self.write_indent();
                } else {
                    self.put(c);
                }
                spaces = true;
            } else if is_break(c) {
                if !breaks && c == '\n' {
                    self.put_break('\n');
                }
                self.put_break(c);
                self.indention = true;
                breaks = true;
            } else {
                if breaks {
                    self.write_indent();
                }
                if quoted && c == '\'' {
                    self.put(c);
                }
                self.put(c);
                self.indention = false;
                (spaces, breaks) = (false, false);
            }
            first = false;
        }
        breaks
    }

    pub(super) fn double_quoted(&mut self, text: &str, fold: bool) {
        self.indicator("\"", true, false, false);
        let mut spaces = false;
        let mut letters = text.chars().peekable();
        let mut first = true;
        while let Some(c) = letters.next() {
            let next = letters.peek().copied();
            if c == ' ' {
                let folds = fold && !spaces && self.column > self.width;
                if folds && !first && next.is_some() {
                    self.write_indent();
                    if next == Some(' ') {
                        self.put('\\');
                    }
                } else {
                    self.put(c);
                }
            } else if self.needs_escape(c) {
                self.escape(c);
            } else {
                self.put(c);
            }
            spaces = c == ' ';
            first = false;
        }
        self.indicator("\"", false, false, false);
        self.whitespace = false;
        self.indention = false;
    }

    fn needs_escape(&self, c: char) -> bool {
        let foreign = !self.options.allow_unicode && !c.is_ascii();
        foreign || !is_printable(c) || is_break(c) || matches!(c, '"' | '\\')
    }

    fn escape(&mut self, c: char) {
        let short = match c {
            '\0' => '0',
            '\u{7}' => 'a',
            '\u{8}' => 'b',
            '\t' => 't',
            '\n' => 'n',
            '\u{b}' => 'v',
            '\u{c}' => 'f',
            '\r' => 'r',
            '\u{1b}' => 'e',
            '"' | '\\' => c,
            '\u{85}' => 'N',
            '\u{a0}' => '_',
            '\u{2028}' => 'L',
            '\u{2029}' => 'P',
            _ => return self.escape_code(c as u32),
        };
        self.put('\\');
        self.put(short);
    }

    fn escape_code(&mut self, code: u32) {
        let before = self.out.len();
        let written = match code {
            0..=0xff => write!(self.out, "\\x{code:02X}"),
            0x100..=0xffff => write!(self.out, "\\u{code:04X}"),
            _ => write!(self.out, "\\U{code:08X}"),
        };
        debug_assert!(written.is_ok(), "a String takes all text");
        self.column += self.out.len() - before;
    }

    fn block_header(&mut self, sign: &str, text: &str) {
        self.indicator(sign, true, false, false);
        if text.starts_with(|c: char| c == ' ' || is_break(c)) {
            self.indicator(&self.step.to_string(), false, false, false);
        }
        self.open_ended = false;
        let mut ends = text.chars().rev();
        match (ends.next(), ends.next()) {
            (Some(last), before) if is_break(last) => {
                if before.is_none_or(is_break) {
                    self.indicator("+", false, false, false);
                    self.open_ended = true;
                }
            }
            _ => self.indicator("-", false, false, false),
        }
        self.put_break('\n');
        self.indention = true;
        self.whitespace = true;
    }

    pub(super) fn literal(&mut self, text: &str) {
        self.block_header("|", text);
        let mut breaks = true;
        for c in text.chars() {
            if is_break(c) {
                self.put_break(c);
                self.indention = true;
                breaks = true;
                continue;
            }
            if breaks {
                self.write_indent();
            }
            self.put(c);
            self.indention = false;
            breaks = false;
        }
    }

    pub(super) fn folded(&mut self, text: &str) {
        self.block_header(">", text);
        let (mut breaks, mut leading_spaces) = (true, true);
        for (at, c) in text.char_indices() {
            let rest = &text[at + c.len_utf8()..];
            if is_break(c) {
                if !breaks && !leading_spaces && c == '\n' && !blank_follows(rest) {
                    self.put_break('\n');
                }
                self.put_break(c);
                self.indention = true;
                breaks = true;
                continue;
            }
            if breaks {
                self.write_indent();
                leading_spaces = matches!(c, ' ' | '\t');
            }
            let folds = !breaks && c == ' ' && !rest.starts_with(' ') && self.column > self.width;
            if folds {
                self.write_indent();
            } else {
                self.put(c);
            }
            self.indention = false;
            breaks = false;
        }
    }
}

/// Whether a blank or the end comes behind the newlines.
fn blank_follows(rest: &str) -> bool {
    let rest = rest.trim_start_matches(is_break);
    rest.is_empty() || rest.starts_with([' ', '\t'])
}
