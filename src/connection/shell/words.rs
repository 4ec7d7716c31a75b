//! A command line as words, by the rules of quotes and backslashes alone: nothing is expanded.

/// The words; an unclosed quote ends with the text.
pub fn split(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            ' ' | '\t' | '\n' | '\r' => words.extend(word.take()),
            '\'' => single(&mut chars, word.get_or_insert_default()),
            '"' => double(&mut chars, word.get_or_insert_default()),
            '\\' => word.get_or_insert_default().extend(chars.next()),
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

fn single(chars: &mut impl Iterator<Item = char>, word: &mut String) {
    word.extend(chars.by_ref().take_while(|c| *c != '\''));
}

fn double(chars: &mut impl Iterator<Item = char>, word: &mut String) {
    while let Some(c) = chars.next() {
        match c {
            '"' => return,
            '\\' => match chars.next() {
                Some(next @ ('"' | '\\')) => word.push(next),
                Some(next) => word.extend(['\\', next]),
                None => word.push('\\'),
            },
            c => word.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_as_posix_shlex_does() {
        assert_eq!(split("visudo -cf %s"), ["visudo", "-cf", "%s"]);
        assert_eq!(split(r#"a 'b c'"d \"e\"" f\ g '' $x"#), ["a", "b cd \"e\"", "f g", "", "$x"]);
        assert_eq!(split("  "), Vec::<String>::new());
    }
}
