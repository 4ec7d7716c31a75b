//! Files, directories, links and what is in them.

mod attributes;
mod copy;
mod deploy;
mod edit;
mod file;
mod onhost;
mod template;
mod tree;

use crate::spec::{Answer, Entry, Failure, Platform};

/// The family's part of the table.
pub static FAMILY: &[Entry] = &[
    Entry::state(&copy::Copy),
    Entry::state(&file::File),
    Entry::state(&template::RenderTemplate),
];

/// A path of the host, absolute: `~` expanded, relative ones below the user's home as a login has it.
pub(super) fn absolute(platform: &Platform, path: &str) -> String {
    let path = platform.expand(path);
    let path = if path.starts_with('/') {
        path
    } else {
        format!("{}/{path}", platform.home.trim_end_matches('/'))
    };
    let trimmed = path.trim_end_matches('/');
    if trimmed.is_empty() { "/".to_string() } else { trimmed.to_string() }
}

/// The text of the first answer; a probe that failed is the module's failure.
pub(super) fn answer_text(answers: &[Answer]) -> Result<String, Failure> {
    let Some(answer) = answers.first() else { return Err(Failure::new("the host did not answer")) };
    if answer.rc != 0 {
        return Err(Failure::new(format!(
            "could not look at the host: {}",
            answer.error_text().trim()
        )));
    }
    Ok(answer.text())
}

/// A line that the prelude's `tk_esc` wrote, as it was.
pub(super) fn unescape(line: &str) -> String {
    let mut text = String::new();
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            text.push(c);
            continue;
        }
        text.push(match chars.next() {
            Some('n') => '\n',
            Some('t') => '\t',
            Some('r') => '\r',
            Some(other) => other,
            None => '\\',
        });
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_absolute() {
        let platform = Platform { home: "/home/bob".into(), ..Platform::default() };
        assert_eq!(absolute(&platform, "~/a/"), "/home/bob/a");
        assert_eq!(absolute(&platform, "a"), "/home/bob/a");
        assert_eq!(absolute(&platform, "/"), "/");
    }

    #[test]
    fn escapes_are_undone() {
        assert_eq!(unescape(r"a\nb\\n\tc"), "a\nb\\n\tc");
    }
}
