//! CSV as Python's csv module reads it.

/// How a text is read.
#[derive(Clone, Copy, Debug)]
pub struct Dialect {
    /// Between fields.
    pub delimiter: char,
    /// Whether blanks behind a delimiter are dropped.
    pub skip_blanks: bool,
    /// Whether text behind a closing quote is an error.
    pub strict: bool,
}

impl Dialect {
    /// Commas, double quotes.
    pub const EXCEL: Self = Self { delimiter: ',', skip_blanks: false, strict: false };
}

/// The rows of a text; a quoted field may hold line ends.
pub fn rows(text: &str, dialect: Dialect) -> impl Iterator<Item = Result<Vec<String>, String>> {
    let mut chars = text.chars().peekable();
    std::iter::from_fn(move || {
        chars.peek()?;
        Some(row(&mut chars, dialect))
    })
}

type Chars<'a> = std::iter::Peekable<std::str::Chars<'a>>;

fn row(chars: &mut Chars, dialect: Dialect) -> Result<Vec<String>, String> {
    let mut fields = Vec::new();
    if line_end(chars) {
        return Ok(fields);
    }
    loop {
        if dialect.skip_blanks {
            while chars.next_if_eq(&' ').is_some() {}
        }
        let mut field = String::new();
        if chars.next_if_eq(&'"').is_some() {
            quoted(chars, &mut field, dialect)?;
        }
        let end = |c: char| c == dialect.delimiter || c == '\n' || c == '\r';
        while let Some(c) = chars.next_if(|c| !end(*c)) {
            field.push(c);
        }
        fields.push(field);
        if chars.next_if_eq(&dialect.delimiter).is_none() {
            line_end(chars);
            return Ok(fields);
        }
    }
}

/// Takes one line end, if there is one.
fn line_end(chars: &mut Chars) -> bool {
    if chars.next_if_eq(&'\r').is_some() {
        chars.next_if_eq(&'\n');
        return true;
    }
    chars.next_if_eq(&'\n').is_some()
}

/// The rest of a quoted field; two quotes stand for one.
fn quoted(chars: &mut Chars, field: &mut String, dialect: Dialect) -> Result<(), String> {
    loop {
        match chars.next() {
            None if dialect.strict => return Err("unexpected end of data".into()),
            None => return Ok(()),
            Some('"') if chars.next_if_eq(&'"').is_some() => field.push('"'),
            Some('"') => break,
            Some(c) => field.push(c),
        }
    }
    let ends = chars.peek().is_none_or(|c| *c == dialect.delimiter || *c == '\n' || *c == '\r');
    if dialect.strict && !ends {
        Err(format!("'{}' expected after '\"'", dialect.delimiter))
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_quotes_and_line_ends() {
        let text = "a,\"b \"\"x\"\",\n2\",c\r\n\nd,,\n";
        let rows: Vec<_> = rows(text, Dialect::EXCEL).map(Result::unwrap).collect();
        assert_eq!(rows, [vec!["a", "b \"x\",\n2", "c"], vec![], vec!["d", "", ""]]);
    }
}
