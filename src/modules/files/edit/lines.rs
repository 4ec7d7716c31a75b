//! Lines of a text: what `lineinfile` does, without any file.

use crate::base::regex::{Regex, Template, python};

/// What a text should have, or have no more.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wish<'a> {
    /// The line.
    pub line: Option<&'a str>,
    /// Lines that it replaces.
    pub regexp: Option<&'a str>,
    /// The same by a text within.
    pub search: Option<&'a str>,
    /// Where it goes when nothing is replaced: `EOF`, `BOF` or an expression.
    pub after: Option<&'a str>,
    /// The same, in front of it: `BOF` or an expression.
    pub before: Option<&'a str>,
    /// Whether the line takes groups of what `regexp` found.
    pub backrefs: bool,
    /// Whether the first match counts, not the last.
    pub first: bool,
}

/// A text after an edit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edited {
    /// The text.
    pub text: String,
    /// Whether something changed.
    pub changed: bool,
    /// Ansible's word for it; empty when nothing changed.
    pub msg: String,
    /// How many lines or places were found, where that is told.
    pub found: Option<usize>,
}

/// All line ends as a newline, as Python reads a text file.
pub fn universal(text: &str) -> String {
    if text.contains('\r') {
        text.replace("\r\n", "\n").replace('\r', "\n")
    } else {
        text.to_string()
    }
}

/// Lines with their newline.
fn split(text: &str) -> Vec<String> {
    text.split_inclusive('\n').map(str::to_string).collect()
}

/// The expressions of a wish.
struct Expressions {
    regexp: Option<Regex>,
    place: Option<Regex>,
}

impl Wish<'_> {
    fn compile(&self) -> Result<Expressions, String> {
        let place = match (self.after, self.before) {
            (Some(after), _) if !matches!(after, "BOF" | "EOF") => Some(python(after, "")?),
            (_, Some(before)) if before != "BOF" => Some(python(before, "")?),
            _ => None,
        };
        let regexp = self.regexp.map(|pattern| python(pattern, "")).transpose()?;
        Ok(Expressions { regexp, place })
    }

    /// Whether a line is one of those that are replaced or removed.
    fn takes(&self, expressions: &Expressions, line: &str) -> Result<bool, String> {
        match (&expressions.regexp, self.search) {
            (Some(regexp), _) => regexp.is_match(line),
            (None, Some(search)) => Ok(line.contains(search)),
            (None, None) => Ok(false),
        }
    }
}

/// The text with the line in it.
///
/// # Errors
/// An expression or a template that is none, in Python's words.
pub fn present(text: &str, wish: &Wish<'_>) -> Result<Edited, String> {
    let expressions = wish.compile()?;
    let mut lines = split(&universal(text));
    let line = wish.line.unwrap_or_default();
    let mut replaced = find(&lines, wish, &expressions)?;
    let matched = replaced.is_some();
    let mut place = None;
    if !matched {
        (replaced, place) = look_around(&lines, wish, &expressions, line)?;
    }
    let msg = match replaced {
        Some(at) => {
            let line = wanted(&lines[at], wish, &expressions, line, matched)?;
            replace(&mut lines, at, &line)
        }
        None if wish.backrefs => "",
        None => insert(&mut lines, wish, line, place),
    };
    let changed = !msg.is_empty();
    Ok(Edited { text: lines.concat(), changed, msg: msg.to_string(), found: None })
}

/// The line that `regexp` or `search` finds.
fn find(
    lines: &[String],
    wish: &Wish<'_>,
    expressions: &Expressions,
) -> Result<Option<usize>, String> {
    let mut found = None;
    for (at, line) in lines.iter().enumerate() {
        if wish.takes(expressions, line)? {
            found = Some(at);
            if wish.first {
                break;
            }
        }
    }
    Ok(found)
}

/// The line itself if it is there, and the place that `after` or `before` names.
fn look_around(
    lines: &[String],
    wish: &Wish<'_>,
    expressions: &Expressions,
    line: &str,
) -> Result<(Option<usize>, Option<usize>), String> {
    let (mut exact, mut place) = (None, None);
    // An empty expression is compiled, and then counts as none.
    let after = wish.after.is_some_and(|text| !text.is_empty());
    let before = wish.before.is_some_and(|text| !text.is_empty());
    for (at, current) in lines.iter().enumerate() {
        if line == current.trim_end_matches('\n') {
            exact = Some(at);
            continue;
        }
        let Some(expression) = &expressions.place else { continue };
        if !(after || before) || !expression.is_match(current)? {
            continue;
        }
        place = Some(if after { at + 1 } else { at });
        if wish.first {
            break;
        }
    }
    Ok((exact, place))
}

/// The line that is wanted in the place of one that was found.
fn wanted(
    current: &str,
    wish: &Wish<'_>,
    expressions: &Expressions,
    line: &str,
    matched: bool,
) -> Result<String, String> {
    let mut text = line.to_string();
    if let (true, true, Some(regexp)) = (wish.backrefs, matched, &expressions.regexp) {
        let template = Template::of(line, regexp)?;
        if let Some(found) = regexp.search(current)? {
            text.clear();
            template.fill(&found, &mut text);
        }
    }
    if !text.ends_with('\n') {
        text.push('\n');
    }
    Ok(text)
}

fn replace(lines: &mut [String], at: usize, line: &str) -> &'static str {
    if lines[at] == line {
        return "";
    }
    lines[at] = line.to_string();
    "line replaced"
}

fn insert(
    lines: &mut Vec<String>,
    wish: &Wish<'_>,
    line: &str,
    place: Option<usize>,
) -> &'static str {
    let new = format!("{line}\n");
    let bof = wish.before == Some("BOF") || wish.after == Some("BOF");
    let at = match place {
        _ if bof => 0,
        None => lines.len(),
        Some(at) => at,
    };
    // Behind an expression's line nothing is added that is there already; in front of it, it is.
    let behind = place.is_some() && wish.after.is_some();
    let there = if at == lines.len() { lines.last() } else { lines.get(at) };
    if behind && there.is_some_and(|there| there.trim_end_matches('\n') == line) {
        return "";
    }
    if at == lines.len()
        && let Some(last) = lines.last_mut().filter(|last| !last.ends_with('\n'))
    {
        last.push('\n');
    }
    lines.insert(at, new);
    "line added"
}

/// The text without the lines.
///
/// # Errors
/// As [`present`].
pub fn absent(text: &str, wish: &Wish<'_>) -> Result<Edited, String> {
    let expressions = Wish { after: None, before: None, ..*wish }.compile()?;
    let exact = wish.line.filter(|_| wish.regexp.is_none() && wish.search.is_none());
    let (mut kept, mut found) = (String::with_capacity(text.len()), 0);
    for line in universal(text).split_inclusive('\n') {
        let takes = match exact {
            Some(exact) => line.trim_end_matches('\n') == exact,
            None => wish.takes(&expressions, line)?,
        };
        if takes {
            found += 1;
        } else {
            kept.push_str(line);
        }
    }
    let msg = if found == 0 { String::new() } else { format!("{found} line(s) removed") };
    Ok(Edited { text: kept, changed: found > 0, msg, found: Some(found) })
}
