//! Lines of `ssh_config`: keyword, then words with quotes and comments; and the words of an argument text.

/// What a line says: its keyword and the rest as written. None: blank or a comment.
pub(super) fn line(text: &str) -> Option<(&str, &str)> {
    let text =
        text.trim_end_matches([' ', '\t', '\r', '\n', '\x0c']).trim_start_matches([' ', '\t']);
    if text.is_empty() || text.starts_with('#') {
        return None;
    }
    let end = text.find([' ', '\t', '=', '"']).unwrap_or(text.len());
    let (keyword, rest) = text.split_at(end);
    let rest = rest.trim_start_matches([' ', '\t']);
    let rest = rest.strip_prefix('=').unwrap_or(rest);
    Some((keyword, rest.trim_start_matches([' ', '\t'])))
}

/// Words of a value: quotes of both kinds, backslash before a quote, a backslash or (outside of quotes)
/// a blank, and `#` at a word's start ends the line. None: a quote is not closed.
pub(super) fn words(text: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut chars = text.chars().peekable();
    loop {
        while chars.next_if(|c| matches!(c, ' ' | '\t')).is_some() {}
        match chars.peek() {
            None | Some('#') => return Some(words),
            Some(_) => words.push(word(&mut chars)?),
        }
    }
}

fn word(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Option<String> {
    let mut word = String::new();
    let mut quote: Option<char> = None;
    while let Some(c) = chars.next() {
        let escaped =
            |next: &char| matches!(next, '\'' | '"' | '\\') || (quote.is_none() && *next == ' ');
        match c {
            '\\' => word.push(chars.next_if(escaped).unwrap_or('\\')),
            ' ' | '\t' if quote.is_none() => return Some(word),
            '\'' | '"' if quote.is_none() => quote = Some(c),
            c if quote == Some(c) => quote = None,
            c => word.push(c),
        }
    }
    quote.is_none().then_some(word)
}

/// Words of `ansible_ssh_common_args` and its like, split as a POSIX shell would (S-158). None: a quote
/// is not closed or a backslash ends the text.
pub fn shell_words(text: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            c if c.is_whitespace() => words.extend(word.take()),
            '\\' => word.get_or_insert_default().push(chars.next()?),
            '\'' => single_quoted(&mut chars, word.get_or_insert_default())?,
            '"' => double_quoted(&mut chars, word.get_or_insert_default())?,
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    Some(words)
}

fn single_quoted(chars: &mut std::str::Chars<'_>, word: &mut String) -> Option<()> {
    loop {
        match chars.next()? {
            '\'' => return Some(()),
            c => word.push(c),
        }
    }
}

fn double_quoted(chars: &mut std::str::Chars<'_>, word: &mut String) -> Option<()> {
    loop {
        match chars.next()? {
            '"' => return Some(()),
            '\\' => match chars.next()? {
                c @ ('"' | '\\') => word.push(c),
                c => word.extend(['\\', c]),
            },
            c => word.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keyword_and_value_are_parted_by_blanks_or_one_equals_sign() {
        assert_eq!(line("  Host a b  # c \r\n"), Some(("Host", "a b  # c")));
        assert_eq!(line("Port = 22"), Some(("Port", "22")));
        assert_eq!(line("Port=22"), Some(("Port", "22")));
        assert_eq!(line("User==x"), Some(("User", "=x")));
        assert_eq!(line("  # Host a"), None);
    }

    #[test]
    fn words_know_quotes_escapes_and_comments() {
        assert_eq!(words(r#"a "b c" d\ e 'f"g' # h"#).unwrap(), ["a", "b c", "d e", "f\"g"]);
        assert_eq!(words(r"a\nb c#d").unwrap(), [r"a\nb", "c#d"]);
        assert_eq!(words("\"open"), None);
    }

    #[test]
    fn shell_words_are_split_as_by_a_shell() {
        let text = r#"-o "ProxyCommand=ssh -W %h:%p 'a b'" -i ~/k\ ey '' "#;
        let words = shell_words(text).unwrap();
        assert_eq!(words, ["-o", "ProxyCommand=ssh -W %h:%p 'a b'", "-i", "~/k ey", ""]);
        assert_eq!(shell_words("'open"), None);
    }
}
