//! Annotations of packages.

use super::args::Args;
use super::seen::Look;
use crate::spec::Failure;

/// What is to become of one annotation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// Added where it is not there.
    Add,
    /// Removed.
    Delete,
    /// Given another value.
    Modify,
}

/// One annotation as a task writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// What becomes of it.
    pub verb: Verb,
    /// Its tag.
    pub tag: String,
    /// Its value.
    pub value: String,
}

impl Verb {
    /// pkg's option for it.
    pub fn option(self) -> &'static str {
        match self {
            Self::Add => "-A",
            Self::Delete => "-D",
            Self::Modify => "-M",
        }
    }
}

/// All annotations of a task.
pub fn parsed(args: &Args) -> Result<Vec<Note>, Failure> {
    let Some(texts) = &args.annotation else { return Ok(Vec::new()) };
    let texts: Vec<&str> = match texts.as_slice() {
        [one] => one.split(',').map(str::trim).collect(),
        all => all.iter().map(String::as_str).collect(),
    };
    texts.into_iter().map(|text| parse(text, args)).collect()
}

fn parse(text: &str, args: &Args) -> Result<Note, Failure> {
    let package = args.name.first().map_or("", String::as_str);
    let invalid =
        || Failure::new(format!("failed to annotate {package}, invalid annotate string: {text}"));
    let verb = match text.chars().next() {
        Some('+') => Verb::Add,
        Some('-') => Verb::Delete,
        Some(':') => Verb::Modify,
        _ => return Err(invalid()),
    };
    let (tag, value) = match text[1..].split_once('=') {
        Some((tag, value)) => (tag, Some(value)),
        None => (&text[1..], None),
    };
    if tag.is_empty()
        || tag.starts_with('-')
        || (verb != Verb::Delete && value.is_none_or(str::is_empty))
    {
        return Err(invalid());
    }
    Ok(Note { verb, tag: tag.to_string(), value: value.unwrap_or_default().to_string() })
}

/// The annotations that have to change, each with its package as the task names it.
///
/// # Errors
/// One that is to be added has another value; one that is to be changed is not there.
pub fn due(args: &Args, names: &[String], look: &Look) -> Result<Vec<(String, Note)>, Failure> {
    let mut all = Vec::new();
    for name in names {
        for note in parsed(args)? {
            let own = look.of(name, args);
            let value = look.annotations.iter().find_map(|(package, tag, value)| {
                let fits = own.iter().any(|p| p.name == *package) && *tag == note.tag;
                fits.then_some(value.as_str())
            });
            if changes(name, &note, value)? {
                all.push((name.clone(), note));
            }
        }
    }
    Ok(all)
}

fn changes(name: &str, note: &Note, value: Option<&str>) -> Result<bool, Failure> {
    let (tag, wanted) = (&note.tag, &note.value);
    match (note.verb, value) {
        (Verb::Add, None) => Ok(true),
        (Verb::Add | Verb::Modify, Some(value)) if value == wanted => Ok(false),
        (Verb::Add, Some(value)) => Err(Failure::new(format!(
            "failed to annotate {name}, because {tag} is already set to {value}, but should be set to {wanted}"
        ))),
        (Verb::Modify, Some(_)) => Ok(true),
        (Verb::Modify, None) => Err(Failure::new(format!(
            "could not change annotation to {name}: tag {tag} does not exist"
        ))),
        (Verb::Delete, value) => Ok(value.is_some()),
    }
}
