//! What was found, for people and as JSON.

use super::{Copy, Level, Marking, State, Verdict, Verified};
use serde_json::{Value, json};
use std::fmt::Write as _;

/// The report of all edges.
#[must_use]
pub fn text(edges: &[Verified]) -> String {
    let mut out = String::new();
    for edge in edges {
        let _ = writeln!(out, "{}: {} -> {} ({})", edge.id, edge.source, edge.target, edge.level);
        if let Some((_, why)) = &edge.failed {
            let _ = writeln!(out, "  {why}");
        }
        for copy in &edge.copies {
            one(&mut out, copy);
        }
        for note in &edge.notes {
            let _ = writeln!(out, "  {note}");
        }
        let _ = writeln!(out, "  {}", headline(edge.state()));
    }
    if edges.is_empty() {
        out.push_str("there are no edges\n");
    }
    out
}

fn headline(state: State) -> &'static str {
    match state {
        State::Verified => "verified",
        State::Absent => "absent",
        State::Unknown => "NOT KNOWN",
        State::Unreachable => "UNREACHABLE",
        State::Differs => "DIFFERS",
    }
}

fn one(out: &mut String, copy: &Copy) {
    let _ = writeln!(out, "  {} -> {}", copy.source, copy.target);
    for (level, verdict) in &copy.levels {
        let level = level.word();
        match verdict {
            Verdict::Same(what) => drop(writeln!(out, "    {level:<7}  ok: {what}")),
            Verdict::Unknown(why) => drop(writeln!(out, "    {level:<7}  not known: {why}")),
            Verdict::Differs(all) => {
                let _ = writeln!(out, "    {level:<7}  DIFFERS");
                for text in all {
                    let _ = writeln!(out, "      {text}");
                }
            }
        }
    }
    for note in &copy.notes {
        let _ = writeln!(out, "    {note}");
    }
}

/// One object: `state`, `rc`, `edges`.
#[must_use]
pub fn json(edges: &[Verified]) -> Value {
    let worst = worst(edges);
    json!({
        "state": worst.word(),
        "rc": worst.rc(),
        "edges": edges.iter().map(edge_json).collect::<Vec<_>>(),
    })
}

/// The worst of all edges; none at all is not known.
#[must_use]
pub fn worst(edges: &[Verified]) -> State {
    edges.iter().map(Verified::state).max().unwrap_or(State::Unknown)
}

fn edge_json(edge: &Verified) -> Value {
    json!({
        "id": edge.id,
        "source": edge.source,
        "target": edge.target,
        "level": edge.level.word(),
        "state": edge.state().word(),
        "error": edge.failed.as_ref().map(|(_, why)| why),
        "datasets": edge.copies.iter().map(copy_json).collect::<Vec<_>>(),
        "notes": edge.notes,
    })
}

fn copy_json(copy: &Copy) -> Value {
    let levels = copy.levels.iter().map(|(level, verdict)| level_json(*level, verdict));
    json!({
        "source": copy.source.as_str(),
        "target": copy.target.as_str(),
        "state": if copy.levels.is_empty() { "none" } else { copy.state().word() },
        "levels": levels.collect::<Vec<_>>(),
        "notes": copy.notes,
    })
}

fn level_json(level: Level, verdict: &Verdict) -> Value {
    let (word, texts) = match verdict {
        Verdict::Same(what) => ("ok", vec![what.clone()]),
        Verdict::Unknown(why) => ("unknown", vec![why.clone()]),
        Verdict::Differs(all) => ("differs", all.clone()),
    };
    json!({"level": level.word(), "verdict": word, "texts": texts})
}

impl Marking {
    /// What the owner hears of it; `check`: nothing was done.
    #[must_use]
    pub fn note(&self, check: bool) -> Option<String> {
        let be = if check { "would be" } else { "is" };
        match self {
            Self::Keep => None,
            Self::Set(_) => {
                Some(format!("it {be} marked as suspect, and nothing of the edge pruned"))
            }
            Self::Clear => Some(format!("its mark as suspect {be} taken away")),
        }
    }
}
