//! Words of the shell and what they come to.

use std::collections::HashMap;

/// One word as it stands.
pub struct Word {
    /// Where the next begins.
    pub end: usize,
    /// The name in front of `=`, if it is an assignment.
    name: Option<String>,
    /// What stands behind `=`; None: the shell computes it.
    value: Option<Vec<u8>>,
}

/// A text as a value in double quotes that comes to that very text.
pub fn quoted(value: &str) -> String {
    let mut text = String::from("\"");
    for c in value.chars() {
        if matches!(c, '"' | '\\' | '$' | '`') {
            text.push('\\');
        }
        text.push(c);
    }
    text.push('"');
    text
}

type Known = HashMap<String, Option<String>>;

struct Reader<'a> {
    text: &'a [u8],
    at: usize,
    known: &'a Known,
    /// None once the shell must compute it.
    value: Option<Vec<u8>>,
}

impl Word {
    /// Reads the word that begins here.
    ///
    /// # Errors
    /// A quote that is not closed.
    pub fn read(text: &[u8], start: usize, known: &Known) -> Result<Self, String> {
        let rest = &text[start..];
        let letters = rest.iter().take_while(|byte| is_name(**byte)).count();
        let named = letters > 0 && !rest[0].is_ascii_digit() && rest.get(letters) == Some(&b'=');
        let name = named.then(|| String::from_utf8_lossy(&rest[..letters]).into_owned());
        let at = if named { start + letters + 1 } else { start };
        let mut reader = Reader { text, at, known, value: Some(Vec::new()) };
        reader.word()?;
        Ok(Self { end: reader.at, name, value: reader.value })
    }

    /// The variable and its value, if it is an assignment.
    pub fn assignment(self) -> Option<(String, Option<String>)> {
        let value = self.value.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        Some((self.name?, value))
    }
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

const UNCLOSED: &str = "Syntax error: Unterminated quoted string";

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        Some(byte)
    }

    fn push(&mut self, bytes: &[u8]) {
        if let Some(value) = &mut self.value {
            value.extend(bytes);
        }
    }

    fn word(&mut self) -> Result<(), String> {
        while let Some(byte) = self.peek() {
            if matches!(byte, b' ' | b'\t' | b'\n' | b';' | b'&' | b'|' | b'(' | b')' | b'<' | b'>')
            {
                return Ok(());
            }
            self.at += 1;
            match byte {
                b'\'' => self.single()?,
                b'"' => self.double()?,
                b'\\' => match self.next() {
                    None | Some(b'\n') => {}
                    Some(byte) => self.push(&[byte]),
                },
                b'$' => self.dollar()?,
                b'`' => self.backtick()?,
                byte => self.push(&[byte]),
            }
        }
        Ok(())
    }

    fn single(&mut self) -> Result<(), String> {
        let rest = &self.text[self.at..];
        let length = rest.iter().position(|byte| *byte == b'\'').ok_or(UNCLOSED)?;
        let inside = rest[..length].to_vec();
        self.push(&inside);
        self.at += length + 1;
        Ok(())
    }

    fn double(&mut self) -> Result<(), String> {
        loop {
            match self.next().ok_or(UNCLOSED)? {
                b'"' => return Ok(()),
                b'\\' => match self.next().ok_or(UNCLOSED)? {
                    b'\n' => {}
                    byte @ (b'$' | b'`' | b'"' | b'\\') => self.push(&[byte]),
                    byte => self.push(&[b'\\', byte]),
                },
                b'$' => self.dollar()?,
                b'`' => self.backtick()?,
                byte => self.push(&[byte]),
            }
        }
    }

    fn backtick(&mut self) -> Result<(), String> {
        self.value = None;
        loop {
            match self.next().ok_or(UNCLOSED)? {
                b'`' => return Ok(()),
                b'\\' => drop(self.next()),
                _ => {}
            }
        }
    }

    /// What stands behind a dollar sign.
    fn dollar(&mut self) -> Result<(), String> {
        match self.peek() {
            Some(b'{') => {
                self.at += 1;
                let name = self.name();
                if self.peek() == Some(b'}') {
                    self.at += 1;
                    self.expand(&name);
                    return Ok(());
                }
                self.closed(b'{', b'}')
            }
            Some(b'(') => {
                self.at += 1;
                self.closed(b'(', b')')
            }
            Some(byte) if is_name(byte) && !byte.is_ascii_digit() => {
                let name = self.name();
                self.expand(&name);
                Ok(())
            }
            Some(byte) if byte.is_ascii_digit() || b"$#@*?!-".contains(&byte) => {
                self.at += 1;
                self.value = None;
                Ok(())
            }
            _ => {
                self.push(b"$");
                Ok(())
            }
        }
    }

    fn name(&mut self) -> String {
        let rest = &self.text[self.at..];
        let length = rest.iter().take_while(|byte| is_name(**byte)).count();
        self.at += length;
        String::from_utf8_lossy(&rest[..length]).into_owned()
    }

    fn expand(&mut self, name: &str) {
        match self.known.get(name) {
            Some(Some(value)) => self.push(value.clone().as_bytes()),
            _ => self.value = None,
        }
    }

    /// Skips to the end of an expansion that only the shell can compute.
    fn closed(&mut self, open: u8, close: u8) -> Result<(), String> {
        self.value = None;
        let mut depth = 1;
        while depth > 0 {
            match self.next().ok_or(UNCLOSED)? {
                b'\'' => self.single()?,
                b'"' => self.double()?,
                b'\\' => drop(self.next()),
                byte if byte == open => depth += 1,
                byte if byte == close => depth -= 1,
                _ => {}
            }
        }
        Ok(())
    }
}
