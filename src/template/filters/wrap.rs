//! Line breaking as Python's textwrap does it, with blanks and tabs left as they are.

/// How lines are broken.
#[derive(Clone, Copy)]
pub struct Wrap {
    /// Most characters on a line; at least 1.
    pub width: usize,
    /// Whether words longer than a line are broken.
    pub long_words: bool,
    /// Whether a line may end behind a hyphen inside a word.
    pub hyphens: bool,
}

/// The lines of one paragraph.
pub fn wrap(text: &str, options: Wrap) -> Vec<String> {
    let mut chunks: Vec<String> = chunks(text, options.hyphens);
    chunks.reverse();
    let mut lines = Vec::new();
    while !chunks.is_empty() {
        if !lines.is_empty() && chunks.last().is_some_and(|c| is_blank(c)) {
            chunks.pop();
        }
        let line = next_line(&mut chunks, options);
        if !line.is_empty() {
            lines.push(line.concat());
        }
    }
    lines
}

/// Takes the chunks of one line from the end of `chunks`.
fn next_line(chunks: &mut Vec<String>, options: Wrap) -> Vec<String> {
    let mut line: Vec<String> = Vec::new();
    let mut used = 0;
    while let Some(chunk) = chunks.pop() {
        let width = chunk.chars().count();
        if used + width > options.width {
            chunks.push(chunk);
            break;
        }
        used += width;
        line.push(chunk);
    }
    if chunks.last().is_some_and(|c| c.chars().count() > options.width) {
        break_long(chunks, &mut line, used, options);
    }
    if line.last().is_some_and(|c| is_blank(c)) {
        line.pop();
    }
    line
}

/// Deals with a word that fits on no line.
fn break_long(chunks: &mut Vec<String>, line: &mut Vec<String>, used: usize, options: Wrap) {
    if !options.long_words {
        if line.is_empty() {
            line.extend(chunks.pop());
        }
        return;
    }
    let Some(chunk) = chunks.pop() else { return };
    let chars: Vec<char> = chunk.chars().collect();
    let mut room = options.width.saturating_sub(used).max(usize::from(used == 0));
    if options.hyphens && chars.len() > room {
        let hyphen = chars[..room].iter().rposition(|c| *c == '-');
        // A break behind the hyphen, unless all before it are hyphens.
        if let Some(at) = hyphen.filter(|&at| at > 0 && chars[..at].iter().any(|c| *c != '-')) {
            room = at + 1;
        }
    }
    line.push(chars[..room].iter().collect());
    chunks.push(chars[room..].iter().collect());
}

fn is_blank(chunk: &str) -> bool {
    chunk.chars().all(is_break)
}

fn is_break(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\x0b' | '\x0c' | '\r' | ' ')
}

/// Words and the blanks between them; with `hyphens`, compound words in parts.
fn chunks(text: &str, hyphens: bool) -> Vec<String> {
    let mut chunks: Vec<String> = Vec::new();
    let mut run = String::new();
    for c in text.chars() {
        if run.chars().next().is_some_and(|first| is_break(first) != is_break(c)) {
            push(&mut chunks, std::mem::take(&mut run), hyphens);
        }
        run.push(c);
    }
    push(&mut chunks, run, hyphens);
    chunks
}

fn push(chunks: &mut Vec<String>, run: String, hyphens: bool) {
    if run.is_empty() {
        return;
    }
    if !hyphens || is_blank(&run) {
        chunks.push(run);
        return;
    }
    chunks.extend(parts(&run));
}

/// A word cut behind its hyphens between letters and around its dashes.
fn parts(word: &str) -> Vec<String> {
    let chars: Vec<char> = word.chars().collect();
    let letter = |i: usize| chars.get(i).is_some_and(|c| c.is_alphabetic() || *c == '_');
    let mut parts = Vec::new();
    let mut start = 0;
    let mut i = 0;
    while i < chars.len() {
        let dashes = chars[i..].iter().take_while(|c| **c == '-').count();
        if dashes >= 2 && i > start && chars.get(i + dashes).is_some_and(|c| c.is_alphanumeric()) {
            parts.push(chars[start..i].iter().collect());
            parts.push(chars[i..i + dashes].iter().collect());
            start = i + dashes;
        } else if dashes == 1
            && i >= 2
            && i > start + 1
            && letter(i - 1)
            && letter(i - 2)
            && letter(i + 1)
            && (letter(i + 2) || chars.get(i + 2) == Some(&'-'))
        {
            parts.push(chars[start..=i].iter().collect());
            start = i + 1;
        }
        i += dashes.max(1);
    }
    if start < chars.len() {
        parts.push(chars[start..].iter().collect());
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str, width: usize) -> Vec<String> {
        wrap(text, Wrap { width, long_words: true, hyphens: true })
    }

    #[test]
    fn breaks_at_blanks_and_hyphens() {
        assert_eq!(lines("aa bb cc", 5), ["aa bb", "cc"]);
        assert_eq!(lines("well-known thing", 7), ["well-", "known", "thing"]);
        assert_eq!(lines("abcdefgh", 3), ["abc", "def", "gh"]);
        assert_eq!(lines("", 3), Vec::<String>::new());
    }
}
