//! A fail-over in lines for people.

use super::Takeover;
use crate::zfs::name::Dataset;
use crate::zfs::replication::edge::Edge;

fn names<'a>(all: impl IntoIterator<Item = &'a Dataset>) -> String {
    all.into_iter().map(Dataset::as_str).collect::<Vec<_>>().join(", ")
}

fn snapshots(all: &[(Dataset, String)]) -> String {
    all.iter().map(|(name, one)| format!("{name}@{one}")).collect::<Vec<_>>().join(", ")
}

impl Takeover {
    /// What is to be done, step by step.
    #[must_use]
    pub fn lines(&self, edge: &Edge) -> Vec<String> {
        let (from, to) = (&edge.source.host, &edge.target.host);
        let mut lines = Vec::new();
        if !self.fence.is_empty() {
            lines.push(format!("{from}: readonly=on for {}", names(&self.fence)));
        }
        if let Some((name, all)) = &self.snapshot {
            lines.push(format!("{from}: last snapshot @{name} of {}", names(all)));
        }
        if !self.copy.is_empty() {
            lines.push("copy what the target lacks:".to_owned());
            lines.extend(self.copy.iter().map(|one| format!("  {one}")));
        }
        if self.snapshot.is_some() || !self.copy.is_empty() {
            lines.push(format!("{from}, {to}: hold the last common snapshots"));
        }
        for (host, all) in [(from, &self.hold_source), (to, &self.hold_target)] {
            if !all.is_empty() {
                lines.push(format!("{host}: hold {}", snapshots(all)));
            }
        }
        if self.standby {
            lines.push(format!("{from}: {} is marked as left", edge.source.dataset));
        }
        self.opening(to, &mut lines);
        if self.active {
            lines.push(format!("{to}: {} is marked as in use", edge.target.dataset));
        }
        lines.extend(self.notes.iter().cloned());
        lines
    }

    fn opening(&self, to: &str, lines: &mut Vec<String>) {
        if !self.restore.is_empty() {
            let all = self.restore.iter().map(|(name, was)| format!("{name} ({})", was.word()));
            lines.push(format!("{to}: readonly as it was: {}", all.collect::<Vec<_>>().join(", ")));
        }
        if let Some((name, place)) = &self.mountpoint {
            lines.push(format!("{to}: mountpoint={place} for {name}"));
        }
        for (name, value) in &self.canmount {
            lines.push(format!("{to}: canmount={value} for {name}"));
        }
        if !self.mount.is_empty() {
            lines.push(format!("{to}: mount {}", names(&self.mount)));
        }
    }
}
