//! Splitting a line as a POSIX shell would, without expanding anything.

/// The words of a line: quotes are removed, `#` outside of quotes ends it (also within a word).
pub(super) fn split(line: &str) -> Result<Vec<String>, &'static str> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match c {
            '#' => break,
            ' ' | '\t' | '\r' | '\n' => words.extend(word.take()),
            '\\' => {
                let next = chars.next().ok_or("No escaped character")?;
                word.get_or_insert_default().push(next);
            }
            '\'' | '"' => quoted(&mut chars, c, word.get_or_insert_default())?,
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    Ok(words)
}

fn quoted(
    chars: &mut std::str::Chars<'_>,
    quote: char,
    word: &mut String,
) -> Result<(), &'static str> {
    while let Some(c) = chars.next() {
        if c == quote {
            return Ok(());
        }
        if c != '\\' || quote == '\'' {
            word.push(c);
            continue;
        }
        let next = chars.next().ok_or("No escaped character")?;
        if next != '\\' && next != quote {
            word.push('\\');
        }
        word.push(next);
    }
    Err("No closing quotation")
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn splits_as_a_shell_does() {
        let cases: [(&str, &[&str]); 7] = [
            ("a b=1  c", &["a", "b=1", "c"]),
            ("a x='1 2' y=\"q\\\"r\\n\"", &["a", "x=1 2", "y=q\"r\\n"]),
            ("a h=a#b c", &["a", "h=a"]),
            ("a '#' b", &["a", "#", "b"]),
            ("a\\ b '' \"\"x", &["a b", "", "x"]),
            ("d='{\"a\": 1}'", &["d={\"a\": 1}"]),
            ("# all", &[]),
        ];
        for (line, words) in cases {
            assert_eq!(split(line).unwrap(), words, "{line}");
        }
        assert_eq!(split("a 'b"), Err("No closing quotation"));
        assert_eq!(split("a b\\"), Err("No escaped character"));
        assert_eq!(split("a \"b\\"), Err("No escaped character"));
    }
}
