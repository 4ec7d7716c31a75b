//! The pass before the parser: bridges what minijinja's lexer and parser refuse and Jinja2 takes
//! (blanks beyond ASCII, unary plus, tuples without parentheses, integers of any size, escapes it
//! does not know, `do` with any expression), and notes the tags for the texts of syntax errors.

use super::TemplateOptions;
use super::markers::{Marker, Markers};

/// A statement's first word, in order.
pub(super) struct Tag {
    /// Where the word starts.
    pub at: usize,
    /// The word.
    pub word: String,
    /// For `set`: whether it has a body.
    pub bodied: bool,
}

/// A source as minijinja reads it, and the way back.
pub(super) struct Scanned {
    /// What the parser gets.
    pub text: String,
    /// The statements.
    pub tags: Vec<Tag>,
    /// Where a string starts that never ends.
    pub open_string: Option<usize>,
    /// Where an expression has more operators in a row than we follow.
    pub too_long: Option<usize>,
    /// Where the insides of expressions and statements start.
    pub starts: Vec<usize>,
    /// Offsets in `text` and in the source from which on they run in step.
    moves: Vec<(usize, usize)>,
}

impl Scanned {
    /// The offset in the source of an offset in `text`.
    pub fn back(&self, at: usize) -> usize {
        let index = self.moves.partition_point(|(new, _)| *new <= at);
        match index.checked_sub(1).and_then(|i| self.moves.get(i)) {
            Some((new, old)) => old + (at - new),
            None => at,
        }
    }
}

/// What ends the tag that is being read.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Variable,
    Block,
    Line,
}

/// The name under which `do` reaches the parser, as an assignment.
pub(super) const DO: &str = "_tank_do_";
/// How the stand-in of a long integer starts.
pub(super) const BIG: &str = "_big_";

struct Scanner<'s> {
    source: &'s str,
    options: &'s TemplateOptions,
    edits: Vec<(usize, usize, String)>,
    tags: Vec<Tag>,
    open_string: Option<usize>,
    starts: Vec<usize>,
    too_long: Option<usize>,
}

/// Operators, calls and brackets that an expression may have between two commas: the parser's tree
/// is as deep.
const LONGEST: usize = 1500;

/// Where one tag stands while it is read.
struct TagState {
    kind: Kind,
    word: Option<usize>,
    depth: usize,
    operand: bool,
    wrap: Option<usize>,
    comma: bool,
    assigned: bool,
    chain: usize,
}

/// Reads a whole template.
pub(super) fn template(source: &str, options: &TemplateOptions) -> Scanned {
    let mut scanner = Scanner::new(source, options);
    scanner.run();
    scanner.done()
}

/// Reads a bare expression.
pub(super) fn expression(source: &str, options: &TemplateOptions) -> Scanned {
    let mut scanner = Scanner::new(source, options);
    let mut state = TagState::new(Kind::Variable);
    let mut at = 0;
    while at < source.len() {
        at = scanner.token(at, &mut state);
    }
    scanner.done()
}

impl TagState {
    fn new(kind: Kind) -> Self {
        Self {
            kind,
            word: None,
            depth: 0,
            operand: false,
            wrap: None,
            comma: false,
            assigned: false,
            chain: 0,
        }
    }
}

impl<'s> Scanner<'s> {
    fn new(source: &'s str, options: &'s TemplateOptions) -> Self {
        Self {
            source,
            options,
            edits: Vec::new(),
            tags: Vec::new(),
            open_string: None,
            starts: Vec::new(),
            too_long: None,
        }
    }

    fn run(&mut self) {
        let mut markers = Markers::new(self.source, self.options);
        let mut at = 0;
        while let Some((start, length, marker)) = markers.next(at) {
            let inner = start + length;
            at = match marker {
                Marker::Comment => self.find(inner, &self.options.comment_end),
                Marker::LineComment => self.line_comment(start),
                Marker::Variable => self.tag(inner, Kind::Variable),
                Marker::Line => self.tag(inner, Kind::Line),
                Marker::Block => match self.basic_tag(inner, "raw") {
                    Some(behind) => self.raw(behind),
                    None => self.tag(inner, Kind::Block),
                },
            };
        }
    }

    /// The place behind the next `what`, or the end.
    fn find(&self, from: usize, what: &str) -> usize {
        let rest = self.source.get(from..).unwrap_or_default();
        rest.find(what).map_or(self.source.len(), |at| from + at + what.len())
    }

    /// The place behind a tag that holds nothing but `word`.
    fn basic_tag(&self, from: usize, word: &str) -> Option<usize> {
        let rest = self.source.get(from..)?;
        let inner = rest.strip_prefix(['-', '+']).unwrap_or(rest).trim_start();
        let inner = inner.strip_prefix(word)?.trim_start();
        let inner = inner.strip_prefix(['-', '+']).unwrap_or(inner);
        let behind = inner.strip_prefix(self.options.block_end.as_str())?;
        Some(self.source.len() - behind.len())
    }

    /// Takes out a comment up to the end of its line, with the blanks before it: minijinja would take
    /// the newline too.
    fn line_comment(&mut self, start: usize) -> usize {
        let blanks = self.source[..start].trim_end_matches([' ', '\t']).len();
        let end = self.source[start..].find('\n').map_or(self.source.len(), |at| start + at);
        self.edits.push((blanks, end - blanks, String::new()));
        end
    }

    /// Passes over raw text. A newline behind `{% raw %}` is kept: minijinja gets one more to trim.
    fn raw(&mut self, behind: usize) -> usize {
        let tag = &self.source[..behind - self.options.block_end.len()];
        let plain = self.options.trim_blocks && !tag.ends_with(['-', '+']);
        if plain && self.source[behind..].starts_with('\n') {
            self.edits.push((behind, 0, "\n".to_string()));
        }
        self.raw_end(behind)
    }

    fn raw_end(&self, mut from: usize) -> usize {
        loop {
            from = self.find(from, &self.options.block_start);
            if from >= self.source.len() {
                return from;
            }
            if let Some(behind) = self.basic_tag(from, "endraw") {
                return behind;
            }
        }
    }

    /// Reads a tag from behind its opening delimiter to behind its closing one.
    fn tag(&mut self, inner: usize, kind: Kind) -> usize {
        let mut state = TagState::new(kind);
        let signed = kind != Kind::Line && self.source[inner..].starts_with(['-', '+']);
        let mut at = if signed { inner + 1 } else { inner };
        self.starts.push(at);
        state.wrap = (kind == Kind::Variable).then_some(at);
        while at < self.source.len() {
            if state.depth == 0
                && let Some(behind) = self.closes(at, kind)
            {
                self.finish(&mut state, at);
                return behind;
            }
            at = self.token(at, &mut state);
        }
        at
    }

    fn closes(&self, at: usize, kind: Kind) -> Option<usize> {
        let rest = &self.source[at..];
        let end = match kind {
            Kind::Line => return rest.starts_with('\n').then_some(at + 1),
            Kind::Variable => self.options.variable_end.as_str(),
            Kind::Block => self.options.block_end.as_str(),
        };
        let bare = rest.strip_prefix(['-', '+']).filter(|bare| bare.starts_with(end));
        let bare = bare.unwrap_or(rest);
        bare.starts_with(end).then(|| self.source.len() - bare.len() + end.len())
    }

    /// Ends what may be a tuple without parentheses, and the tag.
    fn finish(&mut self, state: &mut TagState, at: usize) {
        self.close_tuple(state, at);
        if let (Some(index), false) = (state.word, state.assigned) {
            self.tags[index].bodied = self.tags[index].word == "set";
        }
    }

    fn close_tuple(&mut self, state: &mut TagState, at: usize) {
        if let (Some(from), true) = (state.wrap.take(), state.comma) {
            self.edits.push((from, 0, "(".to_string()));
            self.edits.push((at, 0, ")".to_string()));
        }
    }

    /// Reads one token and gives the place behind it.
    fn token(&mut self, at: usize, state: &mut TagState) -> usize {
        let Some(c) = self.source[at..].chars().next() else { return self.source.len() };
        let next = at + c.len_utf8();
        match c {
            '\'' | '"' => {
                state.operand = true;
                return self.string(at, c);
            }
            '0'..='9' => {
                state.operand = true;
                return self.number(at);
            }
            c if c.is_alphabetic() || c == '_' => return self.word(at, state),
            c if c.is_whitespace() => {
                if !c.is_ascii() {
                    self.edits.push((at, c.len_utf8(), " ".repeat(c.len_utf8())));
                }
                return next;
            }
            '(' | '[' | '{' => state.depth += 1,
            ')' | ']' | '}' => {
                state.depth = state.depth.saturating_sub(1);
                state.operand = true;
                return next;
            }
            ',' if state.depth == 0 => state.comma = true,
            '=' if state.depth == 0 => state.assigned = true,
            '+' if !state.operand => self.edits.push((at, 1, " ".to_string())),
            _ => {}
        }
        state.operand = false;
        self.chained(at, state, c == ',');
        next
    }

    fn chained(&mut self, at: usize, state: &mut TagState, ends: bool) {
        state.chain = if ends { 0 } else { state.chain + 1 };
        if state.chain > LONGEST {
            self.too_long.get_or_insert(at);
        }
    }

    fn string(&mut self, at: usize, quote: char) -> usize {
        let mut escaped = false;
        let mut has_escape = false;
        for (offset, c) in self.source[at + 1..].char_indices() {
            if escaped {
                escaped = false;
            } else if c == '\\' {
                (escaped, has_escape) = (true, true);
            } else if c == quote {
                let length = offset + 2;
                if has_escape {
                    let blank = format!("{quote}{}{quote}", "_".repeat(length - 2));
                    self.edits.push((at, length, blank));
                }
                return at + length;
            }
        }
        self.open_string.get_or_insert(at);
        self.source.len()
    }

    fn number(&mut self, at: usize) -> usize {
        let bytes = self.source.as_bytes();
        let mut end = at;
        while let Some(b) = bytes.get(end) {
            let decimal = *b == b'.' && bytes.get(end + 1).is_some_and(u8::is_ascii_digit);
            if !(b.is_ascii_alphanumeric() || *b == b'_' || decimal) {
                break;
            }
            end += 1;
        }
        let text = &self.source[at..end];
        let digits = text.bytes().filter(u8::is_ascii_digit).count();
        if digits > 38 && text.bytes().all(|b| b.is_ascii_digit() || b == b'_') {
            let name = format!("{BIG}{}", "_".repeat(text.len() - BIG.len()));
            self.edits.push((at, text.len(), name));
        }
        end
    }

    fn word(&mut self, at: usize, state: &mut TagState) -> usize {
        let rest = &self.source[at..];
        let length = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
        let word = &rest[..length];
        let next = at + length;
        if state.kind != Kind::Variable && state.word.is_none() {
            state.word = Some(self.tags.len());
            self.tags.push(Tag { at, word: word.to_string(), bodied: false });
            if word == "do" {
                self.edits.push((at, length, format!("set {DO} =")));
                state.assigned = true;
            }
            state.operand = false;
            return next;
        }
        let in_for = state.word.is_some_and(|index| self.tags[index].word == "for");
        if in_for && state.depth == 0 {
            match word {
                "in" if state.wrap.is_none() && !state.assigned => {
                    (state.wrap, state.comma, state.assigned) = (Some(next), false, true);
                }
                "if" | "recursive" => self.close_tuple(state, at),
                _ => {}
            }
        }
        self.chained(at, state, false);
        state.operand =
            !matches!(word, "and" | "or" | "not" | "in" | "is" | "if" | "else" | "recursive");
        next
    }

    fn done(mut self) -> Scanned {
        self.edits.sort_by_key(|(at, _, _)| *at);
        let mut text = String::with_capacity(self.source.len() + 16);
        let mut moves = Vec::with_capacity(self.edits.len());
        let mut copied = 0;
        for (at, length, new) in &self.edits {
            text.push_str(&self.source[copied..*at]);
            moves.push((text.len(), *at));
            text.push_str(new);
            copied = at + length;
            moves.push((text.len(), copied));
        }
        text.push_str(&self.source[copied..]);
        Scanned {
            text,
            tags: self.tags,
            open_string: self.open_string,
            too_long: self.too_long,
            starts: self.starts,
            moves,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scanned(source: &str) -> String {
        template(source, &TemplateOptions::default()).text
    }

    #[test]
    fn bridges_keep_everything_else() {
        let cases = [
            ("{{ a\u{a0}}}", "{{ a  }}"),
            ("{{ +1 + -x }}", "{{  1 + -x }}"),
            ("{{+ x }}", "{{+ x }}"),
            ("{{ '\\d' }}", "{{ '__' }}"),
            ("{{ 1, 2 }}", "{{( 1, 2 )}}"),
            ("{% for x in \"a\", \"b\" %}", "{% for x in( \"a\", \"b\" )%}"),
            ("{% for a, b in x if y %}", "{% for a, b in x if y %}"),
            ("{% raw %}{{ 1, 2 }}{% endraw %}", "{% raw %}{{ 1, 2 }}{% endraw %}"),
            ("{# {{ 1, 2 }} #}", "{# {{ 1, 2 }} #}"),
            ("{% do x %}", "{% set _tank_do_ = x %}"),
            ("{{ {'a': {'b': 1}} }}", "{{ {'a': {'b': 1}} }}"),
        ];
        for (source, text) in cases {
            assert_eq!(scanned(source), text);
        }
    }

    #[test]
    fn offsets_lead_back() {
        let source = "{% do x %}{{ y }}";
        let scanned = template(source, &TemplateOptions::default());
        let at = scanned.text.find("y }}").unwrap();
        assert_eq!(scanned.back(at), source.find("y }}").unwrap());
        assert_eq!(scanned.back(0), 0);
    }
}
