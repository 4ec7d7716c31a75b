//! One Rust source as the rules look at it: no parser, but comments, strings and test modules are told apart.

use std::fs;
use std::path::{Path, PathBuf};

/// A source; its test modules are blank in both texts.
pub struct Source {
    /// From the top level, with `/`.
    pub path: String,
    /// Comments and the insides of strings are blank.
    code: String,
    /// Only the insides of strings are blank.
    text: String,
}

/// A function with a body.
pub struct Function {
    pub name: String,
    pub line: usize,
    /// From `fn` to the closing brace.
    pub lines: usize,
    /// Depth of if, match, for, while and loop in it.
    pub nesting: usize,
}

impl Source {
    /// Nothing for files that are test modules themselves.
    pub fn read(path: &Path) -> Option<Source> {
        let name = path.file_name()?.to_str()?;
        let inside = path.components().any(|part| part.as_os_str() == "tests");
        if name == "tests.rs" || inside {
            return None;
        }
        Some(Source::parse(&path.display().to_string(), &fs::read_to_string(path).unwrap()))
    }

    pub fn parse(path: &str, source: &str) -> Source {
        let (code, text) = blanked(source);
        let tests = test_modules(&code);
        Source { path: path.to_owned(), code: without(&code, &tests), text: without(&text, &tests) }
    }

    /// The directory or file below `src`; nothing for main.rs and lib.rs.
    pub fn room(&self) -> Option<String> {
        let rest = self.path.strip_prefix("src/")?;
        let room = rest.split('/').next()?.trim_end_matches(".rs");
        (room != "main" && room != "lib").then(|| room.to_owned())
    }

    /// Lines up to the last that is not blank once test modules are.
    pub fn lines(&self) -> usize {
        self.text.trim_end().lines().count()
    }

    /// Lines of code and comments with their numbers.
    pub fn words(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.lines().enumerate().map(|(n, line)| (n + 1, line))
    }

    /// The first names after `crate::`, with their lines; macros live at the root whatever room they are of.
    pub fn crate_paths(&self) -> Vec<(usize, String)> {
        let mut found = Vec::new();
        for (at, _) in self.code.match_indices("crate::") {
            let line = line_of(&self.code, at);
            let rest = &self.code[at + "crate::".len()..];
            let name = identifier(rest);
            if rest[name.len()..].starts_with('!') {
                continue;
            }
            let names = if rest.starts_with('{') { list_heads(rest) } else { vec![name] };
            found.extend(
                names.into_iter().filter(|n| n.starts_with(char::is_lowercase)).map(|n| (line, n)),
            );
        }
        found
    }

    pub fn functions(&self) -> Vec<Function> {
        let starts = self.code.match_indices("fn ").map(|(at, _)| at);
        let whole = starts.filter(|at| *at == 0 || !is_word(self.code.as_bytes()[at - 1]));
        whole.filter_map(|at| self.function(at)).collect()
    }

    fn function(&self, at: usize) -> Option<Function> {
        let name = identifier(&self.code[at + 3..]);
        let open = at + body_start(&self.code[at..])?;
        let close = open + closing(&self.code[open..])?;
        let lines = self.code[at..=close].lines().count();
        let nesting = nesting(&self.code[open + 1..close]);
        (!name.is_empty()).then(|| Function { name, line: line_of(&self.code, at), lines, nesting })
    }
}

/// Files that this one declares by `#[cfg(test)] mod name;`.
pub fn test_files(path: &Path) -> Vec<PathBuf> {
    let text = fs::read_to_string(path).unwrap();
    let own = path.file_stem().is_some_and(|stem| stem == "mod" || stem == "lib" || stem == "main");
    let dir = if own { path.parent().unwrap().to_owned() } else { path.with_extension("") };
    let after = text.split("#[cfg(test)]").skip(1).map(str::trim_start);
    let names =
        after.filter_map(|rest| rest.strip_prefix("mod ")?.split_once(';').map(|(name, _)| name));
    names
        .filter(|name| name.bytes().all(is_word))
        .map(|name| dir.join(format!("{name}.rs")))
        .collect()
}

fn is_word(byte: u8) -> bool {
    byte == b'_' || byte.is_ascii_alphanumeric()
}

fn identifier(text: &str) -> String {
    text.chars().take_while(|c| *c == '_' || c.is_alphanumeric()).collect()
}

fn line_of(text: &str, at: usize) -> usize {
    text[..at].matches('\n').count() + 1
}

/// First names of `{a, b::c, d::{e, f}}`.
fn list_heads(text: &str) -> Vec<String> {
    let end = closing(text).unwrap_or(text.len());
    let (mut depth, mut heads, mut fresh) = (0, Vec::new(), true);
    for (at, c) in text[1..end].char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => fresh = true,
            c if fresh && !c.is_whitespace() => {
                heads.push(identifier(&text[1 + at..]));
                fresh = false;
            }
            _ => {}
        }
    }
    heads
}

/// Where the body of a function that starts here opens; nothing for a declaration.
fn body_start(text: &str) -> Option<usize> {
    let mut depth = 0;
    for (at, c) in text.char_indices() {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth -= 1,
            '{' if depth == 0 => return Some(at),
            ';' if depth == 0 => return None,
            _ => {}
        }
    }
    None
}

/// The brace that closes the one this text starts with.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0;
    for (at, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(at);
        }
    }
    None
}

/// Deepest stack of braces that belong to control flow.
fn nesting(body: &str) -> usize {
    let (mut stack, mut deepest, mut head) = (Vec::new(), 0, 0);
    for (at, c) in body.char_indices() {
        match c {
            '{' => stack.push(is_control(&body[head..at])),
            '}' => drop(stack.pop()),
            ';' | ',' | '(' => {}
            _ => continue,
        }
        head = at + 1;
        deepest = deepest.max(stack.iter().filter(|control| **control).count());
    }
    deepest
}

/// Whether the text before a brace makes it a block of control flow, not a literal, closure or arm.
fn is_control(head: &str) -> bool {
    let head = head.rsplit("=>").next().unwrap_or(head);
    let words: Vec<&str> = head.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
    ["if", "else", "match", "for", "while", "loop"].iter().any(|word| words.contains(word))
}

/// Byte ranges of `#[cfg(test)] mod x { ... }`, and of single test-only items.
fn test_modules(code: &str) -> Vec<(usize, usize)> {
    let starts = code.match_indices("#[cfg(test)]").map(|(at, _)| at);
    starts.filter_map(|at| Some((at, at + item_end(&code[at..])?))).collect()
}

fn item_end(text: &str) -> Option<usize> {
    let open = text.find('{').unwrap_or(text.len());
    let semicolon = text.find(';').unwrap_or(text.len());
    if semicolon < open { Some(semicolon + 1) } else { Some(open + closing(&text[open..])? + 1) }
}

fn without(text: &str, ranges: &[(usize, usize)]) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for (from, to) in ranges {
        bytes[*from..*to].iter_mut().filter(|byte| **byte != b'\n').for_each(|byte| *byte = b' ');
    }
    String::from_utf8(bytes).unwrap()
}

/// The source with comments and strings blank, and with only strings blank; both as long as the source.
fn blanked(source: &str) -> (String, String) {
    let bytes = source.as_bytes();
    let (mut code, mut text) = (bytes.to_vec(), bytes.to_vec());
    let mut at = 0;
    while at < bytes.len() {
        let (end, comment) = match token(&bytes[at..]) {
            Token::Comment(n) => (at + n, true),
            Token::Text(n) => (at + n, false),
            Token::Other(n) => {
                at += n;
                continue;
            }
        };
        blank(&mut code[at..end]);
        if !comment {
            blank(&mut text[at..end]);
        } else {
            ascii(&mut text[at..end]);
        }
        at = end;
    }
    (String::from_utf8_lossy(&code).into_owned(), String::from_utf8_lossy(&text).into_owned())
}

fn blank(bytes: &mut [u8]) {
    bytes.iter_mut().filter(|b| **b != b'\n').for_each(|b| *b = b' ');
}

fn ascii(bytes: &mut [u8]) {
    bytes.iter_mut().filter(|b| !b.is_ascii()).for_each(|b| *b = b' ');
}

/// What starts here, and its length.
enum Token {
    Comment(usize),
    Text(usize),
    Other(usize),
}

fn token(rest: &[u8]) -> Token {
    match rest {
        [b'/', b'/', ..] => {
            Token::Comment(rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len()))
        }
        [b'/', b'*', ..] => Token::Comment(block_comment(rest)),
        [b'"', ..] => Token::Text(quoted(rest)),
        [b'r', b'"' | b'#', ..] => raw(rest, 1).map_or(Token::Other(1), Token::Text),
        [b'b', b'r', b'"' | b'#', ..] => raw(rest, 2).map_or(Token::Other(1), Token::Text),
        [b'\'', b'\\', _, ..] => {
            Token::Text(rest.iter().skip(3).position(|b| *b == b'\'').map_or(1, |n| n + 4))
        }
        [b'\'', b, b'\'', ..] if *b != b'\'' => Token::Text(3),
        [b'\'', b, ..] if !b.is_ascii() => {
            Token::Text(rest.iter().skip(1).position(|b| *b == b'\'').map_or(1, |n| n + 2))
        }
        [b, ..] if is_word(*b) => {
            Token::Other(rest.iter().position(|b| !is_word(*b)).unwrap_or(rest.len()))
        }
        _ => Token::Other(1),
    }
}

fn block_comment(rest: &[u8]) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at + 1 < rest.len() {
        match &rest[at..at + 2] {
            b"/*" => (depth, at) = (depth + 1, at + 2),
            b"*/" => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            return at;
        }
    }
    rest.len()
}

fn quoted(rest: &[u8]) -> usize {
    let mut at = 1;
    while at < rest.len() {
        match rest[at] {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    rest.len()
}

/// Length of a raw string whose quotes or hashes start after `prefix`; nothing for a raw identifier.
fn raw(rest: &[u8], prefix: usize) -> Option<usize> {
    let hashes = rest[prefix..].iter().take_while(|b| **b == b'#').count();
    if rest.get(prefix + hashes) != Some(&b'"') {
        return None;
    }
    let end: Vec<u8> = std::iter::once(b'"').chain(std::iter::repeat_n(b'#', hashes)).collect();
    let body = &rest[prefix + hashes + 1..];
    let at = body.windows(end.len()).position(|window| window == end)?;
    Some(prefix + hashes + 1 + at + end.len())
}

#[test]
fn comments_strings_and_characters_are_told_apart() {
    let source = "let a = \"x // y\"; // c\nlet b = r#\"\"q\"\"#; let c = '\"'; let d: &'static str = /* /* */ */ e;\n";
    let (code, text) = blanked(source);
    assert_eq!(code.len(), source.len());
    assert!(!code.contains('x') && !code.contains("// c") && !code.contains('q'), "{code}");
    assert!(code.contains("&'static str") && code.contains(" e;"), "{code}");
    assert!(text.contains("// c") && !text.contains('x'), "{text}");
}
