//! A decision as commands, and what came of them.

use super::preview::{COMMAND_BYTES, PER_COMMAND, batches};
use crate::zfs::listing::Snapshot;
use crate::zfs::name::Dataset;

/// The script that destroys one group of snapshots; its words are those of [`words`].
pub const DESTROY: &str = include_str!("destroy.sh");

/// What became of the snapshots of a group: their names behind the `@`, and why.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// They are gone by this run.
    pub destroyed: Vec<String>,
    /// They were gone before, or another snapshot has their name.
    pub elsewhere: Vec<(String, String)>,
    /// They stay: held or cloned since they were looked at.
    pub kept: Vec<(String, String)>,
    /// They could not be destroyed.
    pub failed: Vec<(String, String)>,
}

impl Outcome {
    /// Reads what the script said. A line that is none of its own is a failure of nobody's.
    pub fn read(&mut self, text: &str) {
        for line in text.lines() {
            let mut fields = line.splitn(3, '\t');
            let word = fields.next().unwrap_or_default();
            let name = fields.next().unwrap_or_default().to_owned();
            let why = fields.next().unwrap_or_default().trim().to_owned();
            match word {
                "destroyed" => self.destroyed.push(name),
                "gone" => self.elsewhere.push((name, "it is gone already".to_owned())),
                "other" => {
                    self.elsewhere.push((name, format!("another snapshot has its name: {why}")));
                }
                "kept" => self.kept.push((name, why)),
                "failed" => self.failed.push((name, why)),
                _ => self.failed.push((String::new(), line.to_owned())),
            }
        }
    }
}

/// Snapshots in groups that one command may destroy, in their order.
#[must_use]
pub fn groups<'a>(dataset: &Dataset, going: &[&'a Snapshot]) -> Vec<Vec<&'a Snapshot>> {
    let names: Vec<&str> = going.iter().map(|one| one.name.as_str()).collect();
    let mut left = going.iter().copied();
    batches(dataset, &names, PER_COMMAND, COMMAND_BYTES)
        .iter()
        .map(|group| left.by_ref().take(group.len()).collect())
        .collect()
}

/// The words of [`DESTROY`]: the dataset, then each name and guid.
#[must_use]
pub fn words(dataset: &Dataset, group: &[&Snapshot]) -> Vec<String> {
    let pairs = group.iter().flat_map(|one| [one.name.clone(), one.guid.0.to_string()]);
    std::iter::once(dataset.to_string()).chain(pairs).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::zfs::replication::tests::snap;

    #[test]
    fn what_came_of_it_is_read() {
        let mut found = Outcome::default();
        found.read("destroyed\ta b:c\t\ngone\td\t\nother\te\tits guid is 5\n");
        found.read("kept\tf\tcannot destroy: dataset is busy \nfailed\tg\tno\nwhat\n");
        assert_eq!(found.destroyed, ["a b:c"]);
        assert_eq!(found.elsewhere[1].1, "another snapshot has its name: its guid is 5");
        assert_eq!(found.kept, [("f".to_owned(), "cannot destroy: dataset is busy".to_owned())]);
        assert_eq!(found.failed[1], (String::new(), "what".to_owned()));
    }

    #[test]
    fn s50_groups_keep_the_order() {
        let all: Vec<_> = (1..=130).map(|n| snap(&format!("s{n}"), n)).collect();
        let dataset = Dataset::new("pa/d").unwrap();
        let groups = groups(&dataset, &all.iter().collect::<Vec<_>>());
        assert_eq!(groups.iter().map(Vec::len).collect::<Vec<_>>(), [64, 64, 2]);
        assert_eq!(words(&dataset, &groups[2]), ["pa/d", "s129", "129", "s130", "130"]);
    }
}
