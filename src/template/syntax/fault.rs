//! Syntax errors in Jinja2's words.

use super::scan::{Scanned, Tag};
use super::{Mode, TemplateOptions};
use std::fmt::Write as _;

/// Why a text is no template.
#[derive(Clone, Debug)]
pub struct SyntaxFault {
    /// Jinja2's text.
    pub message: String,
    /// The offset in the source.
    pub at: usize,
    /// What to do about it.
    pub hint: Option<String>,
}

impl SyntaxFault {
    pub(super) fn new(message: impl Into<String>, at: usize) -> Self {
        Self { message: message.into(), at, hint: None }
    }
}

/// Everything that a text is made from.
pub(super) struct Teller<'s> {
    pub source: &'s str,
    pub scanned: &'s Scanned,
    pub options: &'s TemplateOptions,
    pub mode: Mode,
}

impl Teller<'_> {
    /// The error of minijinja's parser in Jinja2's words.
    pub fn tell(&self, error: &minijinja::Error) -> SyntaxFault {
        let detail = error.detail().unwrap_or_default();
        let at = error.range().map_or(0, |range| self.scanned.back(range.start));
        let at = (0..=at.min(self.source.len())).rev().find(|i| self.source.is_char_boundary(*i));
        let at = at.unwrap_or(0);
        if let Some(open) = self.scanned.open_string {
            return SyntaxFault::new(self.unexpected_char(open), open);
        }
        SyntaxFault::new(self.message(detail, at), at)
    }

    fn message(&self, detail: &str, at: usize) -> String {
        match detail {
            "unexpected character" => return self.unexpected_char(at),
            "unexpected end of comment" => return "Missing end of comment tag".to_string(),
            "unexpected end of raw block" => return "Missing end of raw directive".to_string(),
            "unexpected input after expression" => {
                let got = self.token(at, false);
                let closes = matches!(got.as_str(), ")" | "]" | "}");
                let stray = closes && self.open_brackets(at).is_empty();
                return if stray {
                    format!("unexpected '{got}'")
                } else {
                    "chunk after expression".to_string()
                };
            }
            "non-keyword arg after keyword arg" => {
                return "invalid syntax for function call expression".to_string();
            }
            "expected a filter" => {
                return "expected token 'name', got 'end of statement block'".to_string();
            }
            "'break' must be placed inside a loop" => return self.unknown_tag("break", at),
            "'continue' must be placed inside a loop" => return self.unknown_tag("continue", at),
            _ => {}
        }
        if let Some(word) = detail.strip_prefix("unknown statement ") {
            return self.unknown_tag(word, at);
        }
        if detail.starts_with("unknown ") && detail.ends_with("expected statement") {
            return "tag name expected".to_string();
        }
        if detail.starts_with("expected call expression") {
            return "expected call".to_string();
        }
        if let Some(names) = detail.strip_prefix("mismatching name on block. Got `") {
            let got = names.split('`').next().unwrap_or_default();
            return format!("expected token 'end of statement block', got '{got}'");
        }
        let Some(rest) = detail.strip_prefix("unexpected ") else { return detail.to_string() };
        let (got, expected) = match rest.split_once(", expected ") {
            Some((got, expected)) => (got, Some(expected)),
            None => (rest, None),
        };
        if got == "end of input" {
            return self.ended(expected.unwrap_or("expression"));
        }
        self.unexpected(expected, at)
    }

    fn unexpected_char(&self, at: usize) -> String {
        let c = self.source[at..].chars().next().unwrap_or(' ').to_string();
        if c == ";" {
            let kind = if self.in_statement(at) { "statement block" } else { "print statement" };
            return format!("expected token 'end of {kind}', got ';'");
        }
        let position = self.source[..at].chars().count();
        format!("unexpected char {} at {position}", crate::base::Value::from(c).repr())
    }

    fn unexpected(&self, expected: Option<&str>, at: usize) -> String {
        let open = self.open_brackets(at);
        let got = self.token(at, !open.is_empty());
        if matches!(got.as_str(), ")" | "]" | "}") {
            match open.last() {
                Some(expected) if *expected == got => {}
                Some(expected) => return format!("unexpected '{got}', expected '{expected}'"),
                None => return format!("unexpected '{got}'"),
            }
        }
        let before = self.tag_text(at).trim();
        let word = if self.in_statement(at) { before.split(' ').next() } else { None };
        let bare = word.map_or(before.is_empty(), |word| word == before);
        let wants_value =
            word.is_some() && (before.ends_with(" in") || before.ends_with('=')) || bare;
        match (word, expected) {
            (Some("macro" | "filter" | "block"), _) if bare => {
                return format!("expected token 'name', got '{got}'");
            }
            (Some("call" | "include" | "extends" | "import" | "from"), _) if bare => {}
            (Some("with"), Some("assignment operator")) => {
                return format!("expected token '=', got '{got}'");
            }
            (Some("for" | "set"), Some("identifier"))
                if matches!(got.as_str(), "integer" | "float" | "string") =>
            {
                return "can't assign to 'const'".to_string();
            }
            _ if got.starts_with("end of ") && wants_value => {
                return format!("Expected an expression, got '{got}'");
            }
            _ => {}
        }
        match expected {
            None | Some("expression") => format!("unexpected '{got}'"),
            _ if bare => format!("unexpected '{got}'"),
            Some("identifier or integer") => "expected name or number".to_string(),
            Some(expected) => format!("expected token '{}', got '{got}'", token_name(expected)),
        }
    }

    /// What must close the brackets that are open at a place, innermost last. One that closes
    /// nothing is found by Jinja2's lexer, before any parser.
    fn open_brackets(&self, at: usize) -> Vec<&'static str> {
        let mut open = Vec::new();
        for c in self.tag_text(at).chars() {
            match c {
                '(' => open.push(")"),
                '[' => open.push("]"),
                '{' => open.push("}"),
                ')' | ']' | '}' => {
                    open.pop();
                }
                _ => {}
            }
        }
        open
    }

    /// The text of the tag around a place, up to it.
    fn tag_text(&self, at: usize) -> &str {
        let start = self.scanned.starts.iter().rev().find(|start| **start <= at);
        &self.source[start.copied().unwrap_or(0)..at]
    }

    fn in_statement(&self, at: usize) -> bool {
        let start = self.scanned.starts.iter().rev().find(|start| **start <= at);
        let before = self.source[..start.copied().unwrap_or(0)].trim_end_matches(['-', '+']);
        !self.mode.expression && before.ends_with(self.options.block_start.as_str())
    }

    /// What stands at a place, as Jinja2 names tokens.
    fn token(&self, at: usize, in_brackets: bool) -> String {
        let rest = &self.source[at..];
        let signless = rest.strip_prefix(['-', '+']).unwrap_or(rest);
        if !self.mode.expression && !in_brackets {
            for (end, name) in [
                (&self.options.variable_end, "end of print statement"),
                (&self.options.block_end, "end of statement block"),
            ] {
                if rest.starts_with(end.as_str()) || signless.starts_with(end.as_str()) {
                    return name.to_string();
                }
            }
        }
        let first = rest.chars().next().unwrap_or(' ');
        let word: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        match first {
            '0'..='9' if rest[word.len()..].starts_with('.') => "float".to_string(),
            '0'..='9' => "integer".to_string(),
            '\'' | '"' => "string".to_string(),
            _ if !word.is_empty() => word,
            _ => {
                let two = rest.get(..2).unwrap_or_default();
                let pair = matches!(two, "//" | "**" | "==" | "!=" | ">=" | "<=");
                if pair { two.to_string() } else { first.to_string() }
            }
        }
    }

    fn ended(&self, expected: &str) -> String {
        if expected == "identifier or integer" {
            return "expected name or number".to_string();
        }
        if self.mode.expression {
            return match expected {
                "expression" => "unexpected 'end of template'".to_string(),
                other => format!("unexpected end of template, expected '{}'.", token_name(other)),
            };
        }
        let open = self.open_tags();
        let text = self.source.trim_end();
        let closed =
            [&self.options.block_end, &self.options.variable_end, &self.options.comment_end]
                .iter()
                .any(|end| text.ends_with(end.as_str()));
        if open.is_empty() || (!closed && self.tag_is_open()) {
            return format!("unexpected end of template, expected '{}'.", token_name(expected));
        }
        if self.scanned.tags.last().is_some_and(|tag| self.is_bare_set(tag)) {
            return "Expected an expression, got 'end of statement block'".to_string();
        }
        let mut message = "Unexpected end of template.".to_string();
        looking_for(&mut message, &open);
        message
    }

    /// `{% set %}`
    fn is_bare_set(&self, tag: &Tag) -> bool {
        let behind = self.source.get(tag.at + tag.word.len()..).unwrap_or_default();
        tag.bodied && behind.trim_start().starts_with(self.options.block_end.as_str())
    }

    fn tag_is_open(&self) -> bool {
        let o = self.options;
        let last = |text: &str| self.source.rfind(text);
        last(&o.block_start).max(last(&o.variable_start))
            > last(&o.block_end).max(last(&o.variable_end))
    }

    pub fn unknown_tag(&self, word: &str, at: usize) -> String {
        let mut message = format!("Encountered unknown tag '{word}'.");
        let before: Vec<&Tag> = self.scanned.tags.iter().filter(|tag| tag.at < at).collect();
        let open = stack(before.into_iter());
        let outer = open.iter().rev().skip(1).any(|tag| closers(tag).contains(&word.to_string()));
        match (outer, open.last()) {
            (true, Some(inner)) => {
                let wanted = closers(inner).join("' or '");
                let _ = write!(
                    message,
                    " You probably made a nesting mistake. Jinja is expecting this tag, but \
                     currently looking for '{wanted}'. The innermost block that needs to be closed \
                     is '{}'.",
                    inner.0
                );
            }
            _ => looking_for(&mut message, &open),
        }
        message
    }

    fn open_tags(&self) -> Vec<(String, bool)> {
        stack(self.scanned.tags.iter())
    }
}

/// Open statements, outermost first, each with whether its `else` was seen.
fn stack<'t>(tags: impl Iterator<Item = &'t Tag>) -> Vec<(String, bool)> {
    let mut open: Vec<(String, bool)> = Vec::new();
    for tag in tags {
        match tag.word.as_str() {
            "if" | "for" | "macro" | "call" | "filter" | "block" | "with" | "autoescape" => {
                open.push((tag.word.clone(), false));
            }
            "set" if tag.bodied => open.push((tag.word.clone(), false)),
            "else" => {
                if let Some(last) = open.last_mut() {
                    last.1 = true;
                }
            }
            word => {
                let opener = word.strip_prefix("end");
                if opener.is_some() && open.last().map(|o| o.0.as_str()) == opener {
                    open.pop();
                }
            }
        }
    }
    open
}

fn looking_for(message: &mut String, open: &[(String, bool)]) {
    let Some(tag) = open.last() else { return };
    let tags = closers(tag).join("' or '");
    let _ = write!(
        message,
        " Jinja was looking for the following tags: '{tags}'. The innermost block that needs to be \
         closed is '{}'.",
        tag.0
    );
}

/// The tags that may follow in an open statement.
fn closers((word, has_else): &(String, bool)) -> Vec<String> {
    match (word.as_str(), has_else) {
        ("if", false) => vec!["elif".into(), "else".into(), "endif".into()],
        ("for", false) => vec!["endfor".into(), "else".into()],
        (word, _) => vec![format!("end{word}")],
    }
}

/// Jinja2's name of what minijinja's parser expected.
fn token_name(expected: &str) -> &str {
    match expected {
        "end of variable block" => "end of print statement",
        "end of block" | "assignment operator" => "end of statement block",
        "identifier" => "name",
        "comma" => ",",
        other => other.trim_matches('`'),
    }
}
