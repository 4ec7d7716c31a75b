//! INI files as Python's configparser reads them.

use crate::template::filters::text::{is_space, lines};

/// The name of an option and its value.
pub type Entry = (String, Option<String>);

/// Sections in order; options as written, with their values.
#[derive(Debug, Default)]
pub struct Ini {
    sections: Vec<(String, Vec<Entry>)>,
}

/// How a file is read.
pub struct Reading<'a> {
    /// Whether option names keep their case.
    pub case_sensitive: bool,
    /// Whether an option may have no value.
    pub no_value: bool,
    /// What stands between name and value.
    pub delimiters: &'a [&'a str],
}

impl Ini {
    /// Reads a text.
    ///
    /// # Errors
    /// Lines outside of a section, lines that are neither option nor section, repeated options.
    pub fn read(text: &str, reading: &Reading) -> Result<Self, String> {
        let mut ini = Self::default();
        let mut indent = 0;
        for (number, line) in lines(text).into_iter().enumerate() {
            let bare = line.trim_matches(is_space);
            if bare.starts_with(['#', ';']) {
                continue;
            }
            let deep = line.len() - line.trim_start_matches(is_space).len();
            if bare.is_empty() || (deep > indent && ini.option().is_some()) {
                ini.continue_with(bare);
                continue;
            }
            indent = deep;
            ini.line(bare, number + 1, reading)?;
        }
        for (_, options) in &mut ini.sections {
            for (_, value) in options {
                *value = value.take().map(|text| text.trim_end().to_string());
            }
        }
        Ok(ini)
    }

    fn option(&mut self) -> Option<&mut Option<String>> {
        Some(&mut self.sections.last_mut()?.1.last_mut()?.1)
    }

    fn continue_with(&mut self, line: &str) {
        if let Some(Some(value)) = self.option() {
            value.push('\n');
            value.push_str(line);
        }
    }

    fn line(&mut self, line: &str, number: usize, reading: &Reading) -> Result<(), String> {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| Some(&rest[..rest.rfind(']')?]))
        {
            if self.section(name).is_none() {
                self.sections.push((name.to_string(), Vec::new()));
            } else if name != "DEFAULT" {
                return Err(format!("section '{name}' already exists (line {number})"));
            }
            return Ok(());
        }
        let place = reading.delimiters.iter().filter_map(|d| Some((line.find(d)?, d.len()))).min();
        let (name, value) = match place {
            Some((at, width)) => {
                (&line[..at], Some(line[at + width..].trim_matches(is_space).to_string()))
            }
            None if reading.no_value => (line, None),
            None => {
                return Err(format!("Source contains parsing errors: [line {number}]: '{line}'"));
            }
        };
        let name = name.trim_end_matches(is_space);
        let name = if reading.case_sensitive { name.to_string() } else { name.to_lowercase() };
        let Some((_, options)) = self.sections.last_mut() else {
            return Err(format!(
                "File contains no section headers.\nfile: '<???>', line: {number}\n'{line}'"
            ));
        };
        if options.iter().any(|(known, _)| *known == name) {
            return Err(format!("option '{name}' already exists (line {number})"));
        }
        options.push((name, value));
        Ok(())
    }

    /// The options of a section, without the defaults.
    pub fn section(&self, name: &str) -> Option<&[Entry]> {
        self.sections.iter().find(|(known, _)| known == name).map(|(_, options)| options.as_slice())
    }

    /// Names of the sections but the defaults, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.sections.iter().map(|(name, _)| name.as_str()).filter(|name| *name != "DEFAULT")
    }

    /// The options of a section with the defaults below them; None when there is no such section.
    pub fn options(&self, name: &str) -> Option<Vec<Entry>> {
        let own = self.section(name)?;
        let mut all = self.section("DEFAULT").unwrap_or_default().to_vec();
        if name == "DEFAULT" {
            return Some(all);
        }
        for (option, value) in own {
            match all.iter_mut().find(|(known, _)| known == option) {
                Some((_, before)) => before.clone_from(value),
                None => all.push((option.clone(), value.clone())),
            }
        }
        Some(all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_sections_defaults_and_continued_lines() {
        let text = "[DEFAULT]\nx = 0\n[a]\nKey: one\n  two\n; comment\n\nb=2\n";
        let reading = Reading { case_sensitive: false, no_value: false, delimiters: &["=", ":"] };
        let ini = Ini::read(text, &reading).unwrap();
        let options = ini.options("a").unwrap();
        assert_eq!(options[0], ("x".into(), Some("0".into())));
        assert_eq!(options[1], ("key".into(), Some("one\ntwo".into())));
        assert_eq!(options[2], ("b".into(), Some("2".into())));
        assert!(Ini::read("a=1", &reading).unwrap_err().contains("no section headers"));
    }
}
