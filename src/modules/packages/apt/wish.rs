//! Packages as a task names them.

use crate::modules::packages::glob;
use crate::spec::Failure;
use std::cmp::Ordering;

use super::version;

/// How a version is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Version {
    /// Any.
    Any,
    /// This one, or one that matches the pattern.
    Like(String),
    /// This one or a later one.
    AtLeast(String),
}

/// One package of a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    /// Its name, without architecture; may be a pattern.
    pub name: String,
    /// Its architecture when one is named.
    pub arch: Option<String>,
    /// Its version.
    pub version: Version,
}

impl Wish {
    /// Reads `name`, `name:arch`, `name=version`, `name>=version`.
    ///
    /// # Errors
    /// What apt would read otherwise than it was meant: `name-` removes, `.` may start a search.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        let text = text.trim();
        if text.matches('=').count() > 1 {
            return Err(Failure::new(format!("invalid package spec: {text}")));
        }
        let (full, version) = match (text.split_once(">="), text.split_once('=')) {
            (Some((name, version)), _) => (name, Version::AtLeast(version.to_string())),
            (None, Some((name, version))) => (name, Version::Like(version.to_string())),
            (None, None) => (text, Version::Any),
        };
        let (name, arch) = match full.split_once(':') {
            Some((name, arch)) => (name, Some(arch.to_string())),
            None => (full, None),
        };
        let known = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
        let special = |c: char| matches!(c, '*' | '?' | '[' | ']' | '!');
        let starts = |c: char| c.is_ascii_alphanumeric() || special(c);
        let arch_good = arch.as_ref().is_none_or(|arch| {
            !arch.is_empty() && arch.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
        });
        let name_good = name.starts_with(starts)
            && name.chars().all(|c| known(c) || special(c))
            && !name.ends_with('-');
        if !name_good || !arch_good {
            return Err(missing(full));
        }
        let text_of = |v: &Version| match v {
            Version::Any => None,
            Version::Like(v) | Version::AtLeast(v) => Some(v.clone()),
        };
        let odd = |c: char| c.is_whitespace() || c.is_control() || c == '/';
        if text_of(&version).is_some_and(|v| v.is_empty() || v.contains(odd)) {
            return Err(Failure::new(format!("invalid package spec: {text}")));
        }
        Ok(Self { name: name.to_string(), arch, version })
    }

    /// Whether the name stands for several.
    pub fn is_pattern(&self) -> bool {
        glob::is_pattern(&self.name)
    }

    /// Name with architecture, as dpkg and apt take it.
    pub fn full(&self) -> String {
        self.arch.as_ref().map_or(self.name.clone(), |arch| format!("{}:{arch}", self.name))
    }

    /// What `apt-get install` is given for it.
    pub fn word(&self) -> String {
        match &self.version {
            Version::Like(version) => format!("{}={version}", self.full()),
            Version::Any | Version::AtLeast(_) => self.full(),
        }
    }

    /// The whole of it for people.
    pub fn written(&self) -> String {
        match &self.version {
            Version::AtLeast(version) => format!("{}>={version}", self.full()),
            _ => self.word(),
        }
    }

    /// Whether a version is what was asked for.
    pub fn fits(&self, found: &str) -> bool {
        match &self.version {
            Version::Any => true,
            Version::Like(pattern) => glob::matches(found, pattern),
            Version::AtLeast(least) => version::compare(found, least) != Ordering::Less,
        }
    }
}

/// No package of that name is known.
pub fn missing(name: &str) -> Failure {
    Failure::new(format!("No package matching '{name}' is available"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn specs_are_read_and_odd_ones_refused() {
        let wish = Wish::parse(" libc6:i386>=2.36-9 ").unwrap();
        assert_eq!((wish.full().as_str(), wish.word().as_str()), ("libc6:i386", "libc6:i386"));
        assert_eq!(wish.written(), "libc6:i386>=2.36-9");
        assert!(wish.fits("2.36-10") && !wish.fits("2.36-9~rc1"));
        let wish = Wish::parse("nginx=1.2*").unwrap();
        assert!(wish.fits("1.22") && !wish.fits("1.3") && wish.word() == "nginx=1.2*");
        assert!(Wish::parse("g++").is_ok() && Wish::parse("lib*-dev").unwrap().is_pattern());
        for odd in
            ["bash-", "-y", "", "a b", "nginx/stable", "?name(x)", "~ninst", "^a", "a:", "a$"]
        {
            let error = Wish::parse(odd).unwrap_err().msg;
            assert_eq!(error, format!("No package matching '{odd}' is available"));
        }
        for odd in ["a=1=2", "a=", "a>=", "a=1/2", "a=1 2"] {
            let error = Wish::parse(odd).unwrap_err().msg;
            assert_eq!(error, format!("invalid package spec: {odd}"));
        }
    }
}
