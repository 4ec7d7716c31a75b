//! Which styles can hold a text, by the rules of libyaml.

/// How a scalar is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// As it is.
    Plain,
    /// In single quotes.
    Single,
    /// In double quotes, with escapes.
    Double,
    /// `|`: line by line.
    Literal,
    /// `>`: lines folded.
    Folded,
}

/// What a text allows.
#[derive(Debug)]
#[allow(clippy::struct_excessive_bools)] // one question each, as libyaml asks them
pub(super) struct Analysis {
    pub multiline: bool,
    pub flow_plain: bool,
    pub block_plain: bool,
    pub single: bool,
    pub block: bool,
}

pub(super) fn is_break(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

fn is_blankz(c: Option<char>) -> bool {
    c.is_none_or(|c| matches!(c, ' ' | '\t' | '\0') || is_break(c))
}

/// What libyaml writes without an escape; unlike YAML it has no letters beyond the first plane.
pub(super) fn is_printable(c: char) -> bool {
    matches!(c, '\n' | ' '..='~' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}')
        && c != '\u{feff}'
}

/// What is found while reading a text once.
#[derive(Default)]
#[allow(clippy::struct_excessive_bools)]
struct Found {
    flow_indicators: bool,
    block_indicators: bool,
    breaks: bool,
    special: bool,
    edge_break: bool,
    leading_space: bool,
    trailing_space: bool,
    break_space: bool,
    space_break: bool,
}

/// Looks at a text; with `unicode` letters beyond ASCII need no escape.
pub(super) fn analyze(text: &str, unicode: bool) -> Analysis {
    if text.is_empty() {
        let (multiline, block) = (false, false);
        return Analysis { multiline, flow_plain: false, block_plain: true, single: true, block };
    }
    let found = find(text, unicode);
    let edges = found.leading_space || found.trailing_space || found.edge_break;
    let plain = !(edges || found.break_space || found.space_break || found.special || found.breaks);
    Analysis {
        multiline: found.breaks,
        flow_plain: plain && !found.flow_indicators,
        block_plain: plain && !found.block_indicators,
        single: !(found.break_space || found.space_break || found.special),
        block: !(found.trailing_space || found.space_break || found.special),
    }
}

fn find(text: &str, unicode: bool) -> Found {
    let mut found = Found::default();
    if text.starts_with("---") || text.starts_with("...") {
        found.flow_indicators = true;
        found.block_indicators = true;
    }
    let mut before: Option<char> = None;
    let mut letters = text.chars().peekable();
    while let Some(c) = letters.next() {
        let next = letters.peek().copied();
        let (flow, block) = indicators(before, c, next);
        found.flow_indicators |= flow;
        found.block_indicators |= block;
        found.special |= !is_printable(c) || !(c.is_ascii() || unicode);
        found.breaks |= is_break(c);
        found.edge_break |= is_break(c) && (before.is_none() || next.is_none());
        found.leading_space |= c == ' ' && before.is_none();
        found.trailing_space |= c == ' ' && next.is_none();
        found.break_space |= c == ' ' && before.is_some_and(is_break);
        found.space_break |= is_break(c) && before == Some(' ');
        before = Some(c);
    }
    found
}

/// Whether a letter forbids plain text in flow and in block context.
fn indicators(before: Option<char>, c: char, next: Option<char>) -> (bool, bool) {
    let spaced = is_blankz(next);
    if before.is_none() {
        return match c {
            '#' | ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%'
            | '@' | '`' => (true, true),
            '?' | ':' => (true, spaced),
            '-' => (spaced, spaced),
            _ => (false, false),
        };
    }
    match c {
        ',' | '?' | '[' | ']' | '{' | '}' => (true, false),
        ':' => (true, spaced),
        '#' if is_blankz(before) => (true, true),
        _ => (false, false),
    }
}
