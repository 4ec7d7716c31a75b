//! `k=v` argument texts (S-43): shell-like words; quotes and template blocks keep words together.

use crate::base::{Diagnostic, Key, Map, Value};

/// Options that are taken out of a free-form text; everything else stays in it.
const FREE_FORM_OPTIONS: [&str; 8] = [
    "creates",
    "removes",
    "chdir",
    "executable",
    "warn",
    "stdin",
    "stdin_add_newline",
    "strip_empty_ends",
];

/// The key under which free-form text is kept.
pub const RAW: &str = "_raw_params";

/// A word and the white space before it.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Word<'a> {
    space: &'a str,
    text: &'a str,
}

/// The arguments that `text` stands for; what is no `k=v` is kept under `_raw_params`. Each value is
/// a template exactly if the text is one. With `free_form`, unknown `k=v` words stay in the free text.
pub fn parse(text: &Value, free_form: bool) -> Result<Map, Diagnostic> {
    let source = text.as_str().unwrap_or_default();
    let words = split(source).ok_or_else(|| unbalanced(source).at(text.origin()))?;
    let mut args = Map::new();
    let mut free = FreeText::default();
    for word in &words {
        match option(word.text, free_form) {
            Some((key, value)) => {
                args.insert(Key::from(key), Value::str(value).marked_as(text));
                free.skip(*word);
            }
            None => free.keep(*word, free_form),
        }
    }
    if let Some(rest) = free.finish() {
        args.insert(Key::from(RAW), Value::str(rest).marked_as(text));
    }
    Ok(args)
}

/// The first word of a text and what follows it.
pub fn first_word(text: &str) -> (&str, &str) {
    let Some(words) = split(text) else { return (text, "") };
    let Some(first) = words.first() else { return ("", "") };
    let end = first.space.len() + first.text.len();
    (first.text, text.get(end..).unwrap_or_default().trim_start_matches(' '))
}

fn unbalanced(text: &str) -> Diagnostic {
    Diagnostic::new(format!(
        "Error loading tasks: failed at splitting arguments, either an unbalanced jinja2 block or quotes: {text}"
    ))
    .code(4)
}

/// Free-form text without the options that were taken out of it.
#[derive(Default)]
struct FreeText<'a> {
    text: String,
    /// White space before the options that were just left out; the next word stands behind it.
    gap: Option<&'a str>,
    any: bool,
}

impl<'a> FreeText<'a> {
    fn skip(&mut self, word: Word<'a>) {
        self.gap.get_or_insert(word.space);
    }

    fn keep(&mut self, word: Word<'a>, free_form: bool) {
        if word.text.is_empty() && !free_form {
            return;
        }
        let space = self.gap.take().unwrap_or(word.space);
        if self.any {
            self.text.push_str(space);
        }
        self.text.push_str(word.text);
        self.any |= !word.text.is_empty();
    }

    fn finish(mut self) -> Option<String> {
        if let (true, Some(gap)) = (self.any, self.gap) {
            self.text.push_str(gap.get(1..).unwrap_or_default());
        }
        self.any.then_some(self.text)
    }
}

/// Key and value of a word that is an option.
fn option(word: &str, free_form: bool) -> Option<(String, String)> {
    let plain = unescape(word);
    let at = equals(&plain)?;
    let key = plain[..at].trim();
    if free_form && !FREE_FORM_OPTIONS.contains(&key) {
        return None;
    }
    Some((key.to_string(), unquote(plain[at + 1..].trim()).to_string()))
}

/// The first `=` that is neither first nor behind a backslash.
fn equals(word: &str) -> Option<usize> {
    word.match_indices('=').map(|(at, _)| at).find(|&at| at > 0 && !word[..at].ends_with('\\'))
}

/// The text without one pair of quotes around it.
fn unquote(text: &str) -> &str {
    for quote in ['"', '\''] {
        let inner = text.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
        match inner {
            Some(inner) if !inner.ends_with('\\') => return inner,
            _ => {}
        }
    }
    text
}

/// Words of a text; None when a quote or a template block is left open. White space at the end is a
/// last word without text.
fn split(text: &str) -> Option<Vec<Word<'_>>> {
    let mut words = Vec::new();
    let mut state = Open::default();
    let (mut space, mut start, mut piece) = (0, 0, 0);
    for end in text.match_indices([' ', '\n']).map(|(at, _)| at).chain([text.len()]) {
        let part = &text[piece..end];
        let (from, next) = (piece, end + 1);
        piece = next;
        if part.is_empty() {
            continue;
        }
        if part == "\\" && !state.is_open() {
            space = next.min(text.len());
            continue;
        }
        if !state.is_open() {
            start = from;
        }
        state.read(part);
        if !state.is_open() {
            words.push(Word { space: &text[space..start], text: &text[start..end] });
            space = end;
        }
    }
    if space < text.len() {
        words.push(Word { space: &text[space..], text: "" });
    }
    (!state.is_open()).then_some(words)
}

/// What is open behind a piece of text.
#[derive(Default)]
struct Open {
    quote: Option<char>,
    blocks: [usize; 3],
}

impl Open {
    fn is_open(&self) -> bool {
        self.quote.is_some() || self.blocks.iter().any(|depth| *depth > 0)
    }

    fn read(&mut self, part: &str) {
        let mut before = ' ';
        for c in part.chars() {
            if matches!(c, '"' | '\'') && before != '\\' {
                self.quote = match self.quote {
                    None => Some(c),
                    Some(open) if open == c => None,
                    open => open,
                };
            }
            before = c;
        }
        for (depth, (open, close)) in
            self.blocks.iter_mut().zip([("{{", "}}"), ("{%", "%}"), ("{#", "#}")])
        {
            *depth =
                (*depth + part.matches(open).count()).saturating_sub(part.matches(close).count());
        }
    }
}

/// Python's escapes in a text: `\n`, `\x41`, `\u0042`, `\"`, octal ones.
fn unescape(text: &str) -> String {
    if !text.contains('\\') {
        return text.to_string();
    }
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        let (c, length) = escape(&rest[at + 1..]);
        match c {
            Some(c) => out.push(c),
            None => out.push('\\'),
        }
        rest = &rest[at + 1 + length..];
    }
    out + rest
}

/// The character that an escape stands for, and the length of what follows its backslash.
fn escape(rest: &str) -> (Option<char>, usize) {
    let hex = |digits: usize| {
        let code = rest.get(1..=digits).and_then(|text| u32::from_str_radix(text, 16).ok());
        match code.and_then(char::from_u32) {
            Some(c) => (Some(c), digits + 1),
            None => (None, 0),
        }
    };
    let simple = |c: char| (Some(c), 1);
    match rest.chars().next() {
        Some('x') => hex(2),
        Some('u') => hex(4),
        Some('U') => hex(8),
        Some(c @ ('\\' | '\'' | '"')) => simple(c),
        Some('n') => simple('\n'),
        Some('t') => simple('\t'),
        Some('r') => simple('\r'),
        Some('a') => simple('\u{7}'),
        Some('b') => simple('\u{8}'),
        Some('f') => simple('\u{c}'),
        Some('v') => simple('\u{b}'),
        Some('0'..='7') => octal(rest),
        _ => (None, 0),
    }
}

fn octal(rest: &str) -> (Option<char>, usize) {
    let length = rest.bytes().take(3).take_while(|b| (b'0'..=b'7').contains(b)).count();
    let code = u32::from_str_radix(&rest[..length], 8).ok().and_then(char::from_u32);
    (code, if code.is_some() { length } else { 0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, free_form: bool) -> String {
        parse(&Value::template(text, None), free_form)
            .map_or_else(|e| e.message, |map| Value::map(map).text())
    }

    /// What real Ansible made of the same texts.
    #[test]
    fn pairs_are_read_as_ansible_reads_them() {
        let cases = [
            (r#"msg="a\nb""#, "{'msg': 'a\\nb'}"),
            (r"msg=a\nb", "{'msg': 'a\\nb'}"),
            (r#"msg="a b" var_=x"#, "{'msg': 'a b', 'var_': 'x'}"),
            (r#"msg="it's {{ v }}""#, "{'msg': \"it's {{ v }}\"}"),
            ("msg={{ v }}", "{'msg': '{{ v }}'}"),
            ("msg={{ w }}x", "{'msg': '{{ w }}x'}"),
            ("msg={{ {'a': 'b c'} }}", "{'msg': \"{{ {'a': 'b c'} }}\"}"),
            ("msg={# c #}x", "{'msg': '{# c #}x'}"),
            ("msg=a=b", "{'msg': 'a=b'}"),
            ("msg=\"a=b c\"", "{'msg': 'a=b c'}"),
            ("msg=a\"b c\"d", "{'msg': 'a\"b c\"d'}"),
            (r#"msg="say \"hi\"""#, "{'msg': 'say \"hi\"'}"),
            (r"msg=x\ty\\z\x41\u0042", "{'msg': 'x\\ty\\\\zAB'}"),
            ("msg=\"multi\n  line two\"\n", "{'msg': 'multi\\n  line two'}"),
            (r"msg=a\=b", "{'msg': 'a\\\\=b'}"),
            (r"msg\=x=b", "{'msg\\\\=x': 'b'}"),
            ("msg=''", "{'msg': ''}"),
            ("msg=", "{'msg': ''}"),
            ("msg = a", "{'_raw_params': 'msg = a'}"),
            ("hello world", "{'_raw_params': 'hello world'}"),
            ("", "{}"),
        ];
        for (text, expected) in cases {
            assert_eq!(read(text, false), expected, "{text}");
        }
    }

    #[test]
    fn free_form_text_keeps_all_but_its_options() {
        let cases = [
            ("echo a=\"b c\" 'd e' creates=/nope {{ v }}", "echo a=\"b c\" 'd e' {{ v }}"),
            (
                "echo a \\\n  b; echo \"x  y\"   z  chdir=/tmp\npwd\n",
                "echo a  b; echo \"x  y\"   z  pwd\n",
            ),
            ("echo \"chdir=/x\" 'creates=/tmp'", "echo \"chdir=/x\" 'creates=/tmp'"),
            ("creates=/tmp echo x", "echo x"),
            ("echo a= executable=/bin/bash", "echo a="),
            ("echo 'x\\ny' =z  == a=  executable=/bin/bash", "echo 'x\\ny' =z  == a= "),
            ("echo\tx\tchdir=/tmp  \n\n  pwd  ", "echo\tx\tchdir=/tmp  \n\n  pwd  "),
            ("echo hi   there # comment", "echo hi   there # comment"),
        ];
        for (text, expected) in cases {
            let args = parse(&Value::template(text, None), true).unwrap();
            assert_eq!(args.get(&Key::from(RAW)).and_then(Value::as_str), Some(expected));
        }
        assert!(read("cat stdin=\"hi there\"", true).contains("'stdin': 'hi there'"));
    }

    #[test]
    fn open_quotes_and_blocks_are_errors() {
        for text in ["msg='x", "msg={{ x", "echo 'unbalanced {{ v"] {
            assert!(read(text, false).contains("failed at splitting arguments"), "{text}");
        }
    }

    #[test]
    fn the_first_word_is_the_module() {
        assert_eq!(first_word("command echo hi"), ("command", "echo hi"));
        assert_eq!(first_word("{{ x }} msg=x"), ("{{ x }}", "msg=x"));
        assert_eq!(first_word("ping"), ("ping", ""));
    }
}
