//! The recap (S-178 to S-180).

use super::out::{Out, Palette};
use crate::spec::event::HostCounts;
use std::collections::BTreeMap;

/// Prints the recap's lines.
pub fn print(out: &mut Out, counts: &BTreeMap<String, HostCounts>) {
    for (host, counts) in counts {
        let color = match counts {
            c if c.failed > 0 || c.unreachable > 0 => Palette::Error,
            c if c.changed > 0 => Palette::Changed,
            _ => Palette::Ok,
        };
        let host = if out.color {
            format!("{:<37}", out.paint(host, color))
        } else {
            format!("{host:<26}")
        };
        let field = |name: &str, count: u32, color: Palette| {
            let text = format!("{name}={count:<4}");
            if count > 0 { out.paint(&text, color) } else { text }
        };
        let line = [
            field("ok", counts.ok, Palette::Ok),
            field("changed", counts.changed, Palette::Changed),
            field("unreachable", counts.unreachable, Palette::Unreachable),
            field("failed", counts.failed, Palette::Error),
            field("skipped", counts.skipped, Palette::Skip),
            field("rescued", counts.rescued, Palette::Ok),
            field("ignored", counts.ignored, Palette::Warn),
        ]
        .join(" ");
        out.line(&format!("{host} : {line}"), Palette::Plain);
    }
}
