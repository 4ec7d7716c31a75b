//! The criteria of `Match` lines.

use super::super::env::Operator;
use super::{Tokens, pattern};
use std::process::{Command, Stdio};

/// The connection as a `Match` line sees it.
pub(super) struct View<'a> {
    pub given: &'a str,
    pub host: &'a str,
    pub user: &'a str,
    pub tag: &'a str,
    /// Whether this is the pass that `Match final` asked for.
    pub last: bool,
    pub operator: &'a Operator,
    pub tokens: Tokens,
}

/// What came of a `Match` line.
pub(super) struct Verdict {
    pub matched: bool,
    /// It says `final`, so the files are to be read again.
    pub wants_last: bool,
}

/// Tokens that `Match exec` knows.
const EXEC_TOKENS: &str = "CdhijkLlnpru";

/// Judges the words of a `Match` line.
pub(super) fn judge(words: &[String], view: &View<'_>) -> Result<Verdict, String> {
    let mut verdict = Verdict { matched: true, wants_last: false };
    let mut words = words.iter();
    let mut seen = 0;
    while let Some(word) = words.next() {
        let (negated, name) =
            word.strip_prefix('!').map_or((false, word.as_str()), |name| (true, name));
        let name = name.to_ascii_lowercase();
        seen += 1;
        let holds = match name.as_str() {
            "all" => {
                lone(&words, seen, view.last || verdict.wants_last)?;
                true
            }
            "canonical" => view.last,
            "final" => {
                verdict.wants_last |= !view.last;
                view.last
            }
            _ => {
                let list = words.next().ok_or_else(|| format!("missing argument for '{name}'"))?;
                holds(&name, list, view, verdict.matched)?
            }
        };
        verdict.matched &= holds != negated;
    }
    if seen == 0 {
        return Err("missing argument.".to_owned());
    }
    Ok(verdict)
}

/// `all` stands alone, or behind `canonical` or `final`.
fn lone(rest: &std::slice::Iter<'_, String>, seen: usize, after_final: bool) -> Result<(), String> {
    if rest.len() > 0 || (seen > 1 && !after_final) {
        return Err("'all' cannot be combined with other Match attributes".to_owned());
    }
    Ok(())
}

fn holds(name: &str, list: &str, view: &View<'_>, so_far: bool) -> Result<bool, String> {
    Ok(match name {
        "host" => pattern::matches_list(view.host, list),
        "originalhost" => pattern::matches_list(view.given, list),
        "user" => pattern::matches_list(view.user, list),
        "localuser" => pattern::matches_list(&view.operator.user, list),
        "tagged" => pattern::matches_list(view.tag, list),
        "sessiontype" => pattern::matches_list("exec", list),
        "exec" => so_far && succeeds(list, view)?,
        other => return Err(format!("Unsupported Match attribute {other}")),
    })
}

fn succeeds(command: &str, view: &View<'_>) -> Result<bool, String> {
    let command = view.tokens.expand(command, EXEC_TOKENS)?;
    let mut child = Command::new(&view.operator.shell);
    child.arg("-c").arg(&command).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let status = child.status().map_err(|error| format!("exec '{command}': {error}"))?;
    Ok(status.success())
}
