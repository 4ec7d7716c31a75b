//! Pools, datasets, snapshots and who may do what with them.

mod dataset;
mod delegate;
mod facts;
mod pool;
mod predicted;
mod prune;
mod replication;
mod snapshot;
mod told;
mod verify;
mod wish;

use crate::base::Value;
use crate::spec::entry::Traits;
use crate::spec::{Answer, Entry, Failure, Fields, Plan, Probe};
use crate::zfs::name::{self, Dataset};
use std::collections::BTreeMap;
use told::Told;

/// Runs once for a batch: its edges name their hosts.
const ONCE: Traits = Traits { once: true, ..Traits::NONE };

/// The family's part of the table.
pub static FAMILY: &[Entry] = &[
    Entry::state(&dataset::Zfs),
    Entry::state(&delegate::ZfsDelegateAdmin),
    Entry::state(&facts::ZfsFacts),
    Entry::state(&prune::ZfsPrune),
    Entry::control(&replication::ZfsReplication).with(ONCE),
    Entry::state(&snapshot::ZfsSnapshot),
    Entry::control(&verify::ZfsVerify).with(ONCE),
    Entry::state(&pool::Zpool),
    Entry::state(&facts::ZpoolFacts),
];

crate::choices! {
    /// Whether something is there.
    pub enum Presence { Absent = "absent", Present = "present" }
}

/// A checked name of a dataset.
fn dataset_name(text: &str) -> Result<Dataset, Failure> {
    Dataset::new(text)
        .map_err(|why| Failure::new(format!("{text:?} is no name of a dataset: {why}")))
}

/// A checked name of a snapshot, taken apart.
fn snapshot_name(text: &str) -> Result<(Dataset, String), Failure> {
    let (dataset, mark) = name::split(text);
    let Some(('@', short)) = mark else {
        return Err(Failure::new(format!("{text:?} is no name of a snapshot: dataset@snapshot")));
    };
    let wrong = |why| Failure::new(format!("{text:?} is no name of a snapshot: {why}"));
    name::check_part(short).map_err(wrong)?;
    if text.len() > name::LONGEST {
        return Err(wrong(name::NameError::TooLong(text.len())));
    }
    Ok((dataset_name(dataset)?, short.to_string()))
}

/// A plan whose differences bear the name of what is wanted.
fn titled(mut plan: Plan, name: &str) -> Plan {
    for diff in &mut plan.diff {
        diff.before_header = Some(name.to_string());
        diff.after_header = Some(name.to_string());
    }
    plan
}

/// The results that say what was wanted.
fn wanted(name: &str, state: Presence) -> Fields {
    let fields = [("name".into(), Value::from(name)), ("state".into(), Value::from(state.word()))];
    fields.into_iter().collect()
}

/// Some names for people: not more than a screen of them.
fn list(names: &[String]) -> String {
    const SHOWN: usize = 20;
    match names.len() {
        0..=SHOWN => names.join(", "),
        n => format!("{} and {} more", names[..SHOWN].join(", "), n - SHOWN),
    }
}

/// Asks for the tags of these snapshots.
fn ask_holds(names: Vec<String>) -> Probe {
    let script = concat!(include_str!("ask.sh"), include_str!("holds.sh"));
    Probe::new("zfs_holds", script).words(names)
}

/// Tags by snapshot; None: this host can't tell them.
type Tags = Option<BTreeMap<String, Vec<String>>>;

/// Reads the answer to [`ask_holds`].
fn holds(answer: &Answer) -> Result<Tags, Failure> {
    let told = Told::read(answer)?;
    let Some(said) = told.of("holds").filter(|said| said.rc == 0) else { return Ok(None) };
    let mut tags: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in said.text.lines() {
        let mut fields = line.split('\t');
        if let (Some(name), Some(tag)) = (fields.next(), fields.next()) {
            tags.entry(name.to_string()).or_default().push(tag.to_string());
        }
    }
    Ok(Some(tags))
}

/// `tank/a@s (keep, other)`: a held snapshot with its tags, where they are known.
fn held(name: &str, tags: &Tags) -> String {
    match tags.as_ref().and_then(|tags| tags.get(name)) {
        Some(tags) => format!("{name} ({})", tags.join(", ")),
        None => name.to_string(),
    }
}

/// Clones by their origin, from `zfs list -H -o name,origin`.
fn clones(text: &str) -> BTreeMap<String, Vec<String>> {
    let mut clones: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, origin) in text.lines().filter_map(|line| line.split_once('\t')) {
        if origin != "-" {
            clones.entry(origin.to_string()).or_default().push(name.to_string());
        }
    }
    clones
}

#[cfg(test)]
mod tests;
