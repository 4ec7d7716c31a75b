//! Files of jail(8): blocks of parameters, changed without touching the rest.

/// One `NAME { ... }`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Block {
    /// Where the block begins and where it ends in its text.
    span: (usize, usize),
    /// Where its closing brace is.
    close: usize,
    statements: Vec<Statement>,
}

/// `NAME;`, `NAME = VALUE, VALUE;` or `NAME += VALUE;`.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Statement {
    name: String,
    /// None: it stands alone.
    values: Option<Vec<String>>,
    span: (usize, usize),
}

/// What is read at a time.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Word(String),
    Sign(char),
    Append,
}

/// A token and where it stands.
type Found = (Token, (usize, usize));

/// Why a text is none of jail(8)'s.
type Wrong = String;

fn wrong(text: &str, at: usize, what: &str) -> Wrong {
    let line = text[..at.min(text.len())].matches('\n').count() + 1;
    format!("line {line}: {what}")
}

/// Reads all tokens.
fn tokens(text: &str) -> Result<Vec<Found>, Wrong> {
    let (bytes, mut at, mut all) = (text.as_bytes(), 0, Vec::new());
    while at < bytes.len() {
        let rest = &text[at..];
        if bytes[at].is_ascii_whitespace() {
            at += 1;
        } else if bytes[at] == b'#' || rest.starts_with("//") {
            at += rest.find('\n').unwrap_or(rest.len());
        } else if rest.starts_with("/*") {
            let end = rest.find("*/").ok_or_else(|| wrong(text, at, "unexpected EOF"))?;
            at += end + 2;
        } else if rest.starts_with("+=") {
            all.push((Token::Append, (at, at + 2)));
            at += 2;
        } else if b"{}=,;".contains(&bytes[at]) {
            all.push((Token::Sign(char::from(bytes[at])), (at, at + 1)));
            at += 1;
        } else {
            let (word, end) = word(text, at)?;
            all.push((Token::Word(word), (at, end)));
            at = end;
        }
    }
    Ok(all)
}

/// A word: plain and quoted pieces without anything between them.
fn word(text: &str, start: usize) -> Result<(String, usize), Wrong> {
    let (mut word, mut quote) = (String::new(), None::<char>);
    let mut chars = text[start..].char_indices();
    while let Some((offset, c)) = chars.next() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (_, '\\') => word.extend(chars.next().map(|(_, c)| c)),
            (Some(_), c) => word.push(c),
            (None, '"' | '\'') => quote = Some(c),
            (None, c) if c.is_ascii_whitespace() || "{}=,;#".contains(c) => {
                return Ok((word, start + offset));
            }
            (None, '+') if text[start + offset..].starts_with("+=") => {
                return Ok((word, start + offset));
            }
            (None, c) => word.push(c),
        }
    }
    match quote {
        Some(_) => Err(wrong(text, start, "unterminated quoted string")),
        None => Ok((word, text.len())),
    }
}

impl Statement {
    /// Reads one behind `tokens[at]`, and tells where the next begins.
    fn read(text: &str, tokens: &[Found], at: usize) -> Result<(Self, usize), Wrong> {
        let end_of = |token: Option<&Found>| token.map_or(text.len(), |(_, span)| span.0);
        let syntax = |at: usize| Err(wrong(text, end_of(tokens.get(at)), "syntax error"));
        let Some((Token::Word(name), (start, _))) = tokens.get(at) else { return syntax(at) };
        let (name, start, mut at) = (name.clone(), *start, at + 1);
        let mut values = None::<Vec<String>>;
        if matches!(tokens.get(at), Some((Token::Sign('=') | Token::Append, _))) {
            let mut all = Vec::new();
            loop {
                let Some((Token::Word(value), _)) = tokens.get(at + 1) else {
                    return syntax(at + 1);
                };
                all.push(value.clone());
                at += 2;
                if !matches!(tokens.get(at), Some((Token::Sign(','), _))) {
                    break;
                }
            }
            values = Some(all);
        }
        match tokens.get(at) {
            Some((Token::Sign(';'), (_, end))) => {
                Ok((Self { name, values, span: (start, *end) }, at + 1))
            }
            _ => syntax(at),
        }
    }
}

/// All blocks of a file, with their names.
pub fn blocks(text: &str) -> Result<Vec<(String, Block)>, Wrong> {
    let tokens = tokens(text)?;
    let (mut at, mut all) = (0, Vec::new());
    while let Some((token, (start, _))) = tokens.get(at) {
        let opens = matches!(tokens.get(at + 1), Some((Token::Sign('{'), _)));
        let Token::Word(name) = token else { return Err(wrong(text, *start, "syntax error")) };
        if !opens {
            at = Statement::read(text, &tokens, at)?.1;
            continue;
        }
        let mut block = Block { span: (*start, *start), ..Block::default() };
        at += 2;
        loop {
            match tokens.get(at) {
                None => return Err(wrong(text, text.len(), "unexpected EOF")),
                Some((Token::Sign('}'), (close, end))) => {
                    (block.close, block.span.1) = (*close, *end);
                    break;
                }
                Some(_) => {}
            }
            let (statement, next) = Statement::read(text, &tokens, at)?;
            block.statements.push(statement);
            at = next;
        }
        at += 1;
        all.push((name.clone(), block));
    }
    Ok(all)
}

impl Block {
    /// The block of a jail; None: there is none, or the text cannot be read.
    pub fn of(text: &str, name: &str) -> Option<Self> {
        let all = blocks(text).ok()?;
        all.into_iter().find(|(known, _)| known == name).map(|(_, block)| block)
    }

    /// All values of a parameter; None: it is not there, an empty list: it stands alone.
    pub fn values(&self, name: &str) -> Option<Vec<String>> {
        let mut mine = self.statements.iter().filter(|one| one.name == name).peekable();
        mine.peek()?;
        Some(mine.flat_map(|one| one.values.clone().unwrap_or_default()).collect())
    }

    /// A parameter's only value.
    pub fn value(&self, name: &str) -> Option<String> {
        self.values(name)?.into_iter().last()
    }

    /// Its addresses without interface and prefix length.
    pub fn addresses(&self) -> Vec<String> {
        let all = ["ip4.addr", "ip6.addr"].into_iter().filter_map(|name| self.values(name));
        all.flatten().map(|item| bare(&item).to_string()).collect()
    }

    /// Whether it has a network of its own.
    pub fn is_vnet(&self) -> bool {
        self.statements.iter().any(|one| one.name == "vnet")
    }
}

/// An address without its interface and prefix length.
pub fn bare(item: &str) -> &str {
    let address = item.rsplit('|').next().unwrap_or_default();
    address.split('/').next().unwrap_or_default()
}

/// The text with this parameter of a jail: None: without it, an empty list: it stands alone.
///
/// # Errors
/// The text cannot be read or has no such jail.
pub fn with(
    text: &str,
    jail: &str,
    name: &str,
    values: Option<&[String]>,
) -> Result<String, Wrong> {
    let none = || format!("there is no block of {jail}");
    let all = blocks(text)?;
    let block = all.into_iter().find(|(known, _)| known == jail).ok_or_else(none)?.1;
    let mut new = text.to_string();
    let line = values.map(|values| statement(name, values));
    let mine: Vec<(usize, usize)> =
        block.statements.iter().filter(|one| one.name == name).map(|one| one.span).collect();
    if let (true, Some(line)) = (mine.is_empty(), &line) {
        let (at, lead) = place(&new, block.close);
        new.insert_str(at, &format!("{lead}  {line}\n"));
        return Ok(new);
    }
    for (count, span) in mine.iter().enumerate().rev() {
        match (count, &line) {
            (0, Some(line)) => new.replace_range(span.0..span.1, line),
            _ => new.replace_range(whole_line(&new, *span), ""),
        }
    }
    Ok(new)
}

/// Where a new line of a block goes, and what must stand before it.
fn place(text: &str, close: usize) -> (usize, &'static str) {
    let line = text[..close].rfind('\n').map_or(0, |at| at + 1);
    if line > 0 && text[line..close].trim().is_empty() { (line, "") } else { (close, "\n") }
}

/// The line of a statement if it is alone there, else the statement.
fn whole_line(text: &str, (start, end): (usize, usize)) -> std::ops::Range<usize> {
    let line = text[..start].rfind('\n').map_or(0, |at| at + 1);
    let behind = text[end..].find('\n').map_or(text.len(), |at| end + at + 1);
    let alone = text[line..start].trim().is_empty() && text[end..behind].trim().is_empty();
    if alone { line..behind } else { start..end }
}

/// The text without a jail's block.
///
/// # Errors
/// The text cannot be read.
pub fn without(text: &str, jail: &str) -> Result<String, Wrong> {
    let mut new = text.to_string();
    for (_, block) in blocks(text)?.iter().rev().filter(|(name, _)| name == jail) {
        new.replace_range(whole_line(&new, block.span), "");
    }
    Ok(new)
}

/// A statement as it is written.
pub fn statement(name: &str, values: &[String]) -> String {
    if values.is_empty() {
        return format!("{name};");
    }
    let values: Vec<String> = values.iter().map(|value| quoted(value)).collect();
    format!("{name} = {};", values.join(", "))
}

/// A value that stands for itself: nothing in it is read by jail(8).
fn quoted(value: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._:/|@-".contains(c);
    if !value.is_empty() && value.chars().all(plain) && !value.starts_with("//") {
        return value.to_string();
    }
    let mut text = String::from("\"");
    for c in value.chars() {
        if matches!(c, '"' | '\\' | '$') {
            text.push('\\');
        }
        text.push(c);
    }
    text + "\""
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Recorded (bastille2.txt), but for the last line of parameters.
    const VNET: &str = "vj2 {\n  enforce_statfs = 2;\n  exec.clean;\n  exec.start = '/bin/sh /etc/rc';\n  \
        path = /usr/local/bastille/jails/vj2/root;\n  osrelease = \"13.2-RELEASE\";\n\n  vnet;\n  \
        vnet.interface = e0b_vj2;\n  exec.prestart += \"epair0=\\$(ifconfig epair create) && ifconfig \\${epair0} up\";\n  \
        exec.prestart += \"ifconfig warden0 addm e0a_vj2\";\n  # kept; vnet = no\n  exec.poststop += \"ifconfig e0a_vj2 destroy\";\n}\n";

    fn texts(items: &[&str]) -> Vec<String> {
        items.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn parameters_are_read_as_jail_reads_them() {
        let block = Block::of(VNET, "vj2").unwrap();
        assert!(block.is_vnet() && block.addresses().is_empty());
        assert_eq!(block.value("exec.start").as_deref(), Some("/bin/sh /etc/rc"));
        assert_eq!(block.value("osrelease").as_deref(), Some("13.2-RELEASE"));
        assert_eq!(block.values("exec.clean"), Some(Vec::new()));
        let first = "epair0=$(ifconfig epair create) && ifconfig ${epair0} up";
        assert_eq!(
            block.values("exec.prestart"),
            Some(texts(&[first, "ifconfig warden0 addm e0a_vj2"]))
        );
        assert_eq!(Block::of(VNET, "vj"), None);
        let two = "web { ip4.addr = bastille0|10.17.89.10/24, em0|10.0.0.2;\nip6.addr = lo0|fd00::1/64; }\n";
        let block = Block::of(two, "web").unwrap();
        assert_eq!(block.addresses(), ["10.17.89.10", "10.0.0.2", "fd00::1"]);
        let many = "exec.clean; /* { */ path = \"/jails/$name\"; // }\nweb { persist; } web2 { depend = web; }";
        let names: Vec<String> = blocks(many).unwrap().into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["web", "web2"]);
    }

    #[test]
    fn what_jail_refuses_is_refused() {
        // The first two are recorded (jail.txt).
        for (text, why) in [
            ("web {\n  path = \"/jails/web\"\n  persist;\n}\n", "line 3: syntax error"),
            ("web { path = \"/jails/web\"; persist; \n", "line 2: unexpected EOF"),
            ("web { path = \"/x; }", "line 1: unterminated quoted string"),
            ("web { = 1; }", "line 1: syntax error"),
            ("}", "line 1: syntax error"),
        ] {
            assert_eq!(blocks(text).unwrap_err(), why, "{text}");
        }
    }

    #[test]
    fn one_parameter_is_changed_and_the_rest_stays() {
        let set =
            |name: &str, values: &[&str]| with(VNET, "vj2", name, Some(&texts(values))).unwrap();
        assert_eq!(set("enforce_statfs", &["1"]), VNET.replace("statfs = 2", "statfs = 1"));
        assert_eq!(
            set("allow.raw_sockets", &[]),
            VNET.replace("\n}\n", "\n  allow.raw_sockets;\n}\n")
        );
        let gone = with(VNET, "vj2", "vnet", None).unwrap();
        assert_eq!(gone, VNET.replace("  vnet;\n", ""), "vnet.interface and the comment stay");
        let one = set("exec.prestart", &["echo \"$x\" `id` it's \\"]);
        let block = Block::of(&one, "vj2").unwrap();
        assert_eq!(block.values("exec.prestart"), Some(texts(&["echo \"$x\" `id` it's \\"])));
        assert_eq!(
            with("a { b; }", "a", "c", Some(&texts(&["1"]))).unwrap(),
            "a { b; \n  c = 1;\n}"
        );
        assert!(with(VNET, "vj", "vnet", None).is_err());
    }

    #[test]
    fn a_block_goes_as_a_whole() {
        let text = "# all\nexec.clean;\nweb { persist; }\nweb2 {\n  persist;\n}\n";
        assert_eq!(without(text, "web").unwrap(), "# all\nexec.clean;\nweb2 {\n  persist;\n}\n");
        assert_eq!(without(text, "web2").unwrap(), "# all\nexec.clean;\nweb { persist; }\n");
        assert_eq!(without(text, "we").unwrap(), text);
    }
}
