//! Files, directories, links and what is in them.

mod assemble;
mod attributes;
mod copy;
mod deploy;
mod edit;
mod file;
mod geturl;
mod look;
mod names;
mod onhost;
mod ontree;
mod place;
mod tempfile;
mod template;
mod tree;
mod unarchive;
mod walk;
mod write;

use crate::spec::{Answer, Entry, Failure, Platform};

/// The family's part of the table.
pub static FAMILY: &[Entry] = &[
    Entry::state(&assemble::Assemble),
    Entry::state(&copy::Copy),
    Entry::state(&edit::BlockInFile),
    Entry::state(&edit::HostsBlock),
    Entry::state(&edit::LineInFile),
    Entry::state(&edit::Replace),
    Entry::state(&file::File),
    Entry::action(&geturl::GetUrl),
    Entry::state(&look::Find),
    Entry::state(&look::Slurp),
    Entry::state(&look::Stat),
    Entry::action(&look::Fetch),
    Entry::action(&tempfile::TempFile),
    Entry::state(&template::RenderTemplate),
    Entry::action(&unarchive::Unarchive),
];

/// A path of the host, absolute: `~` expanded, relative ones below the user's home as a login has it.
///
/// # Errors
/// An empty path, which must never come to mean the home directory, and one that no system has.
pub(super) fn absolute(platform: &Platform, path: &str) -> Result<String, Failure> {
    if path.is_empty() {
        return Err(Failure::new("the path is empty"));
    }
    if path.contains('\0') {
        return Err(Failure::new("embedded null byte"));
    }
    let mut path = platform.expand(path);
    if !path.starts_with('/') {
        path = format!("{}/{path}", platform.home.trim_end_matches('/'));
    }
    while path.contains("//") {
        path = path.replace("//", "/");
    }
    let trimmed = path.trim_end_matches('/');
    Ok(if trimmed.is_empty() { "/".to_string() } else { trimmed.to_string() })
}

/// A probe that failed is the module's failure.
pub(super) fn check(answer: &Answer) -> Result<(), Failure> {
    if answer.rc == 0 {
        return Ok(());
    }
    let text = answer.error_text();
    Err(Failure::new(format!("could not look at the host: {}", text.trim())))
}

/// The first answer.
pub(super) fn first(answers: &[Answer]) -> Result<&Answer, Failure> {
    let answer = answers.first().ok_or_else(|| Failure::new("the host did not answer"))?;
    check(answer).map(|()| answer)
}

#[cfg(test)]
mod tests;

#[cfg(test)]
mod paths {
    use super::*;

    #[test]
    fn paths_become_absolute() {
        let platform = Platform { home: "/home/bob".into(), ..Platform::default() };
        let path = |text: &str| absolute(&platform, text).unwrap();
        assert_eq!(path("~/a/"), "/home/bob/a");
        assert_eq!(path("a"), "/home/bob/a");
        assert_eq!(path("/"), "/");
        assert_eq!(path("/a//b///c"), "/a/b/c");
        assert!(absolute(&platform, "").is_err(), "never the home directory");
        assert!(absolute(&platform, "a\0b").is_err());
    }
}
