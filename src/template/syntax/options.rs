//! What a template's text may override: delimiters, whitespace, newlines.

use crate::base::{Diagnostic, Value};
use minijinja::syntax::SyntaxConfig;

/// Delimiters and whitespace control of one template (S-38, S-199). The default is Ansible's.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TemplateOptions {
    /// Opens a statement.
    pub block_start: String,
    /// Closes a statement.
    pub block_end: String,
    /// Opens an expression.
    pub variable_start: String,
    /// Closes an expression.
    pub variable_end: String,
    /// Opens a comment.
    pub comment_start: String,
    /// Closes a comment.
    pub comment_end: String,
    /// A line that starts with it is a statement; None for no such lines.
    pub line_statement_prefix: Option<String>,
    /// The rest of a line behind it is a comment; None for no such comments.
    pub line_comment_prefix: Option<String>,
    /// Whether the newline behind a statement is dropped.
    pub trim_blocks: bool,
    /// Whether blanks before a statement are dropped.
    pub lstrip_blocks: bool,
    /// What each newline of the text becomes: `\n`, `\r\n` or `\r`.
    pub newline_sequence: String,
    /// Whether the last newline is part of the template.
    pub keep_trailing_newline: bool,
}

impl Default for TemplateOptions {
    fn default() -> Self {
        Self {
            block_start: "{%".into(),
            block_end: "%}".into(),
            variable_start: "{{".into(),
            variable_end: "}}".into(),
            comment_start: "{#".into(),
            comment_end: "#}".into(),
            line_statement_prefix: None,
            line_comment_prefix: None,
            trim_blocks: true,
            lstrip_blocks: false,
            newline_sequence: "\n".into(),
            keep_trailing_newline: false,
        }
    }
}

/// The first words of a line that overrides options.
const HEADER: &str = "#jinja2:";

/// Names of the header, as Ansible spells them.
const KEYS: &[&str] = &[
    "block_start_string",
    "block_end_string",
    "variable_start_string",
    "variable_end_string",
    "comment_start_string",
    "comment_end_string",
    "line_statement_prefix",
    "line_comment_prefix",
    "trim_blocks",
    "lstrip_blocks",
    "newline_sequence",
    "keep_trailing_newline",
];

impl TemplateOptions {
    /// Whether a text has a header or an opening delimiter.
    pub fn is_template(&self, text: &str) -> bool {
        text.starts_with(HEADER)
            || [&self.block_start, &self.variable_start, &self.comment_start]
                .iter()
                .any(|mark| text.contains(mark.as_str()))
    }

    /// Whether a text starts and ends with delimiters (or has a header).
    pub fn is_all_template(&self, text: &str) -> bool {
        text.starts_with(HEADER)
            || ([&self.block_start, &self.variable_start, &self.comment_start]
                .iter()
                .any(|mark| text.starts_with(mark.as_str()))
                && [&self.block_end, &self.variable_end, &self.comment_end]
                    .iter()
                    .any(|mark| text.ends_with(mark.as_str())))
    }

    /// The options after a header line, and where the text behind it starts.
    pub fn with_header(&self, text: &str) -> Result<Option<(Self, usize)>, Diagnostic> {
        let Some(rest) = text.strip_prefix(HEADER) else { return Ok(None) };
        let Some(end) = rest.find('\n') else {
            return Err(Diagnostic::new(format!("Missing newline after '{HEADER}' override.")));
        };
        let mut options = self.clone();
        for pair in rest[..end].split(',') {
            options.apply(pair)?;
        }
        options.checked()?;
        Ok(Some((options, HEADER.len() + end + 1)))
    }

    fn apply(&mut self, pair: &str) -> Result<(), Diagnostic> {
        if pair.trim().is_empty() {
            let text = format!("Empty '{HEADER}' override pair not allowed.");
            return Err(Diagnostic::new(text));
        }
        let Some((key, value)) = pair.split_once(':') else {
            return Err(Diagnostic::new(format!(
                "Missing key-value separator `:` in '{HEADER}' override pair {}.",
                Value::from(pair).repr()
            )));
        };
        let key = key.trim();
        if !KEYS.contains(&key) {
            let text = format!("Invalid '{HEADER}' override key '{key}'.");
            let near = crate::base::diagnostic::nearest(key, KEYS.iter().copied()).join(", ");
            let error = Diagnostic::new(text);
            return Err(if near.is_empty() {
                error
            } else {
                error.hint(format!("Did you mean: {near}?"))
            });
        }
        self.set(key, literal(value)?)
    }

    /// Sets one option by Ansible's name for it.
    pub fn set(&mut self, key: &str, value: Value) -> Result<(), Diagnostic> {
        let wrong = |wanted: &str| {
            Diagnostic::new(format!("{key} must be {wanted} instead of '{}'", value.type_name()))
        };
        let flag = || value.as_bool().ok_or_else(|| wrong("'bool'"));
        let text = || value.as_str().map(str::to_string).ok_or_else(|| wrong("'str'"));
        let prefix = || if value.is_null() { Ok(None) } else { text().map(Some) };
        match key {
            "block_start_string" => self.block_start = text()?,
            "block_end_string" => self.block_end = text()?,
            "variable_start_string" => self.variable_start = text()?,
            "variable_end_string" => self.variable_end = text()?,
            "comment_start_string" => self.comment_start = text()?,
            "comment_end_string" => self.comment_end = text()?,
            "line_statement_prefix" => self.line_statement_prefix = prefix()?,
            "line_comment_prefix" => self.line_comment_prefix = prefix()?,
            "trim_blocks" => self.trim_blocks = flag()?,
            "lstrip_blocks" => self.lstrip_blocks = flag()?,
            "newline_sequence" => self.newline_sequence = text()?,
            _ => self.keep_trailing_newline = flag()?,
        }
        Ok(())
    }

    fn checked(&self) -> Result<(), Diagnostic> {
        if !["\n", "\r\n", "\r"].contains(&self.newline_sequence.as_str()) {
            return Err(Diagnostic::new(
                "newline_sequence must be one of '\\n', '\\r\\n', '\\r'".to_string(),
            ));
        }
        if self.block_start == self.variable_start
            || self.variable_start == self.comment_start
            || self.comment_start == self.block_start
        {
            return Err(Diagnostic::new(
                "Block, variable and comment start strings must be different.",
            ));
        }
        Ok(())
    }

    /// The same for minijinja's lexer, which never sees comments of lines.
    pub(super) fn config(&self) -> Result<SyntaxConfig, minijinja::Error> {
        let mut builder = SyntaxConfig::builder();
        builder
            .block_delimiters(self.block_start.clone(), self.block_end.clone())
            .variable_delimiters(self.variable_start.clone(), self.variable_end.clone())
            .comment_delimiters(self.comment_start.clone(), self.comment_end.clone())
            .trim_blocks(self.trim_blocks)
            .lstrip_blocks(self.lstrip_blocks)
            .keep_trailing_newline(self.keep_trailing_newline);
        if let Some(prefix) = &self.line_statement_prefix {
            builder.line_statement_prefix(prefix.clone());
        }
        builder.build()
    }
}

/// A value of the header line: a Python string, `True`, `False` or `None`.
fn literal(text: &str) -> Result<Value, Diagnostic> {
    let text = text.trim();
    match text {
        "True" => return Ok(Value::from(true)),
        "False" => return Ok(Value::from(false)),
        "None" => return Ok(Value::NULL),
        _ => {}
    }
    if let Ok(number) = text.parse::<i64>() {
        return Ok(Value::from(number));
    }
    let quoted = text.len() >= 2
        && ['\'', '"'].iter().any(|quote| text.starts_with(*quote) && text.ends_with(*quote));
    if !quoted {
        return Err(Diagnostic::new(format!("malformed value in '{HEADER}' override: {text}")));
    }
    let decoded = super::literal::unescape(&text[1..text.len() - 1]);
    decoded.map(Value::from).map_err(Diagnostic::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_overrides_and_is_dropped() {
        let text = "#jinja2: lstrip_blocks: True, variable_start_string: '[%'\nx";
        let (options, start) = TemplateOptions::default().with_header(text).unwrap().unwrap();
        assert!(options.lstrip_blocks);
        assert_eq!(options.variable_start, "[%");
        assert_eq!(&text[start..], "x");
    }

    #[test]
    fn a_wrong_header_is_refused() {
        for text in ["#jinja2: a: 1\n", "#jinja2:\n", "#jinja2: trim_blocks\n", "#jinja2: x"] {
            assert!(TemplateOptions::default().with_header(text).is_err(), "{text}");
        }
        let same = "#jinja2: variable_start_string: '{%'\n";
        assert!(TemplateOptions::default().with_header(same).is_err());
    }
}
