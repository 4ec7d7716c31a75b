//! INI files as Python's configparser reads them for Ansible: `#` and `;` lines are comments, ` ;`
//! begins one behind a value, indented lines go on with the value before, `%` means nothing.

use crate::base::{Diagnostic, Origin, Source};
use indexmap::IndexMap;
use std::sync::Arc;

/// Its keys hold for every section that is there.
const COMMON: &str = "DEFAULT";

/// A value with its place.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub text: String,
    pub origin: Origin,
}

/// A section: its line and its entries under lower-case keys.
#[derive(Debug)]
pub(super) struct Section {
    pub origin: Origin,
    pub entries: IndexMap<String, Entry>,
}

/// The sections of a file, in order.
#[derive(Debug, Default)]
pub(super) struct Ini {
    pub sections: IndexMap<String, Section>,
}

impl Ini {
    /// The value of a key, also from `[DEFAULT]`.
    pub(super) fn get(&self, section: &str, key: &str) -> Option<&Entry> {
        let own = self.sections.get(section)?;
        let common = || self.sections.get(COMMON)?.entries.get(key);
        own.entries.get(key).or_else(common)
    }

    /// The sections but `[DEFAULT]`.
    pub(super) fn named(&self) -> impl Iterator<Item = (&str, &Section)> {
        self.sections.iter().filter(|(name, _)| *name != COMMON).map(|(n, s)| (n.as_str(), s))
    }

    /// Reads a text; the errors have Ansible's words and exit code.
    pub(super) fn parse(text: &str, source: &Arc<Source>) -> Result<Self, Diagnostic> {
        let mut reader =
            Reader { source, ini: Self::default(), section: None, key: None, indent: 0 };
        for (index, line) in text.lines().enumerate() {
            reader.line(index as u32 + 1, line)?;
        }
        Ok(reader.ini.trimmed())
    }

    fn trimmed(mut self) -> Self {
        for entry in self.sections.values_mut().flat_map(|section| section.entries.values_mut()) {
            entry.text.truncate(entry.text.trim_end().len());
        }
        self
    }
}

struct Reader<'a> {
    source: &'a Arc<Source>,
    ini: Ini,
    /// Names of what is being read.
    section: Option<String>,
    key: Option<String>,
    /// Where the key's line began: deeper lines go on with its value.
    indent: usize,
}

/// The text of a line before its comment, and whether there is one.
fn uncommented(line: &str) -> (&str, bool) {
    if line.trim_start().starts_with(['#', ';']) {
        return ("", true);
    }
    let mut before = ' ';
    for (at, c) in line.char_indices() {
        if c == ';' && before.is_whitespace() {
            return (line[..at].trim(), true);
        }
        before = c;
    }
    (line.trim(), false)
}

impl Reader<'_> {
    fn line(&mut self, number: u32, line: &str) -> Result<(), Diagnostic> {
        let (text, commented) = uncommented(line);
        if text.is_empty() {
            if !commented {
                self.append("");
            }
            return Ok(());
        }
        let indent = line.chars().take_while(|c| c.is_whitespace()).count();
        if self.key.is_some() && indent > self.indent {
            self.append(text);
            return Ok(());
        }
        self.indent = indent;
        if let Some(name) = header(text) {
            return self.begin(number, name);
        }
        self.option(number, line, text)
    }

    fn append(&mut self, text: &str) {
        let (Some(section), Some(key)) = (&self.section, &self.key) else { return };
        let found = self.ini.sections.get_mut(section).and_then(|s| s.entries.get_mut(key));
        if let Some(entry) = found {
            entry.text.push('\n');
            entry.text.push_str(text);
        }
    }

    fn begin(&mut self, number: u32, name: &str) -> Result<(), Diagnostic> {
        let origin = Origin::new(self.source, number, 1);
        if name != COMMON && self.ini.sections.contains_key(name) {
            let what = format!("While reading line {number}: section '{name}' already exists");
            return Err(self.error(&what, number));
        }
        let section = Section { origin, entries: IndexMap::new() };
        self.ini.sections.entry(name.to_string()).or_insert(section);
        self.section = Some(name.to_string());
        self.key = None;
        Ok(())
    }

    fn option(&mut self, number: u32, line: &str, text: &str) -> Result<(), Diagnostic> {
        let Some(name) = self.section.clone() else {
            return Err(self.error("File contains no section headers.", number));
        };
        let split = text.split_once(['=', ':']).filter(|(key, _)| !key.trim().is_empty());
        let Some((key, value)) = split else {
            let what = format!("Source contains parsing errors: line {number}: {text:?}");
            return Err(self.error(&what, number));
        };
        let key = key.trim_end().to_lowercase();
        let column = line.chars().take_while(|c| c.is_whitespace()).count() as u32 + 1;
        let origin = Origin::new(self.source, number, column);
        let entry = Entry { text: value.trim().to_string(), origin };
        let section = self.ini.sections.get_mut(&name);
        if section.is_some_and(|s| s.entries.insert(key.clone(), entry).is_some()) {
            let what = format!(
                "While reading line {number}: option '{key}' in section '{name}' already exists"
            );
            return Err(self.error(&what, number));
        }
        self.key = Some(key);
        Ok(())
    }

    fn error(&self, what: &str, line: u32) -> Diagnostic {
        Diagnostic::new(format!("Error reading config file ({}): {what}", self.source.name))
            .at(Some(&Origin::new(self.source, line, 1)))
            .code(5)
    }
}

/// The name between `[` and the last `]`.
fn header(text: &str) -> Option<&str> {
    let inner = text.strip_prefix('[')?;
    let name = &inner[..inner.rfind(']')?];
    (!name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Ini, Diagnostic> {
        Ini::parse(text, &Source::file("/x/ansible.cfg"))
    }

    #[test]
    fn values_comments_and_continuations() {
        let text = "[defaults]\nForks : 7 ; seven\n# no\ninventory = a,\n  b ; two\n\n  c\n\nx=1;2 # 3\nempty=\n[a]b]\nk = %(v)s\n";
        let ini = parse(text).unwrap();
        let get = |key: &str| ini.get("defaults", key).unwrap().text.as_str();
        assert_eq!(get("forks"), "7");
        assert_eq!(get("inventory"), "a,\nb\n\nc");
        assert_eq!(get("x"), "1;2 # 3");
        assert_eq!(get("empty"), "");
        assert_eq!(ini.get("a]b", "k").unwrap().text, "%(v)s");
        assert_eq!(ini.get("defaults", "x").unwrap().origin.line, 9);
    }

    #[test]
    fn the_common_section_holds_for_those_that_are_there() {
        let ini = parse("[DEFAULT]\nforks=9\n[defaults]\n").unwrap();
        assert_eq!(ini.get("defaults", "forks").unwrap().text, "9");
        assert!(ini.get("other", "forks").is_none());
    }

    #[test]
    fn errors_have_ansibles_words() {
        let message = |text: &str| parse(text).unwrap_err().message;
        let start = "Error reading config file (/x/ansible.cfg): ";
        assert_eq!(message("forks = 1\n"), format!("{start}File contains no section headers."));
        let twice = "While reading line 3: option 'forks' in section 'defaults' already exists";
        assert_eq!(message("[defaults]\nforks=1\nforks=2\n"), format!("{start}{twice}"));
        let section = "While reading line 2: section 'a' already exists";
        assert_eq!(message("[a]\n[a]\n"), format!("{start}{section}"));
        let no_value = "Source contains parsing errors: line 2: \"forks\"";
        assert_eq!(message("[a]\nforks\n"), format!("{start}{no_value}"));
        assert_eq!(parse("[a]\nforks\n").unwrap_err().code, 5);
    }
}
