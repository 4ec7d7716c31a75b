//! The edge that leads back.

use crate::zfs::replication::crypt::is_encrypted;
use crate::zfs::replication::edge::{Edge, Encryption, Select};
use crate::zfs::survey::Survey;
use std::fmt::Write as _;

/// The reverse edge as an entry of replication.yml. `source`: the edge's own source, where it could be asked.
#[must_use]
pub fn reverse(edge: &Edge, source: Option<&Survey>) -> String {
    let id = match edge.id.strip_suffix("-back") {
        Some(id) if !id.is_empty() => id.to_owned(),
        _ => format!("{}-back", edge.id.chars().take(59).collect::<String>()),
    };
    let mut text = format!("  - id: {id}\n");
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    let _ = writeln!(text, "    source: {}", quoted(&edge.target.to_string()));
    let _ = writeln!(text, "    target: {}", quoted(&edge.source.to_string()));
    let _ = writeln!(text, "    encryption: {}", encryption(edge, source).word());
    if edge.recursive {
        text.push_str("    recursive: true\n");
    }
    if !edge.exclude.is_empty() {
        let all: Vec<String> = edge.exclude.iter().map(|one| quoted(one)).collect();
        let _ = writeln!(text, "    exclude: [{}]", all.join(", "));
    }
    match &edge.policy.select {
        Select::All => {}
        Select::Latest => text.push_str("    select: latest\n"),
        Select::Prefix(prefix) => {
            let _ = writeln!(text, "    prefix: {}", quoted(prefix));
        }
    }
    text
}

/// A raw copy goes back raw. Others go back as their first home is, where that is known.
fn encryption(edge: &Edge, source: Option<&Survey>) -> Encryption {
    let own = edge.policy.encryption;
    let home = source.and_then(|source| source.listing.datasets.get(&edge.source.dataset));
    match (own, home) {
        (Encryption::Raw, _) | (_, None) => own,
        (_, Some(home)) if is_encrypted(home) => Encryption::PlainToEncrypted,
        (_, Some(_)) => Encryption::Plain,
    }
}
