//! What a host says of the datasets that are pruned.

use super::Args;
use crate::modules::zfs::predicted::{self, DATASET, SNAPSHOT};
use crate::modules::zfs::told::Told;
use crate::modules::zfs::{Tags, clones};
use crate::spec::{Answer, Ctx, Failure};
use crate::zfs::listing::{Guid, Listed, Listing, Snapshot};
use crate::zfs::name::{self, Dataset};
use crate::zfs::replication::marks;
use crate::zfs::rows::Properties;
use std::collections::BTreeMap;

/// What is there.
#[derive(Default)]
pub struct Seen {
    /// The host's clock.
    pub now: i64,
    /// The datasets that are meant, by name.
    pub datasets: Vec<Listed>,
    /// Tags of the held snapshots; None: the host can't tell them.
    pub tags: Option<BTreeMap<Guid, Vec<String>>>,
}

/// The properties that are asked for: by new releases, by old ones.
pub fn properties() -> [String; 2] {
    let own = format!("{},{}", marks::SOURCE, marks::SUSPECT);
    [format!("{},clones,{own}", Listing::NEEDED), format!("{},{own}", Listing::NEEDED)]
}

impl Seen {
    /// Reads an answer and lays the predicted world over it.
    pub fn read(args: &Args, answer: &Answer, ctx: Ctx<'_>) -> Result<Self, Failure> {
        let told = Told::read(answer)?;
        let clock = told.text("clock")?.trim();
        let now = clock.parse();
        let now = now.map_err(|_| Failure::new(format!("the host's clock says '{clock}'")))?;
        let mut seen = Self { now, datasets: Vec::new(), tags: Some(BTreeMap::new()) };
        let list = told.of("list_old").map_or_else(|| told.must("list"), Ok)?;
        if list.rc != 0 {
            return match list.only_missing() {
                true if predicted::is_made(DATASET, &args.name, ctx) => Ok(seen),
                true => Err(list.failure().missing()),
                false => Err(list.failure()),
            };
        }
        let listing = Listing::parse(&list.text)
            .map_err(|error| Failure::new(format!("the answer of zfs get: {error}")))?;
        let meant = |one: &Listed| args.recursive || one.name.as_str() == args.name;
        seen.datasets = listing.datasets.into_values().filter(meant).collect();
        if told.of("origins").is_some() {
            seen.add_clones(&clones(told.text("origins")?));
        }
        seen.predict(ctx);
        Ok(seen)
    }

    fn add_clones(&mut self, origins: &BTreeMap<String, Vec<String>>) {
        for listed in &mut self.datasets {
            for one in &mut listed.snapshots {
                let found = origins.get(&format!("{}@{}", listed.name, one.name));
                one.clones.extend(found.into_iter().flatten().cloned());
                one.clones.sort_unstable();
                one.clones.dedup();
            }
        }
    }

    /// What earlier tasks of a check run would have made of it.
    fn predict(&mut self, ctx: Ctx<'_>) {
        let now = self.now;
        self.datasets
            .retain(|one| !matches!(ctx.world.thing(DATASET, one.name.as_str()), Some(None)));
        for (full, _) in ctx.world.things(SNAPSHOT) {
            let (dataset, mark) = name::split(full);
            let owner = self.datasets.iter_mut().find(|one| one.name.as_str() == dataset);
            let (Some(owner), Some(('@', short))) = (owner, mark) else { continue };
            let known = predicted::overlay(SNAPSHOT, full, Some(Properties::new()), ctx);
            if known.is_none() || predicted::is_made(SNAPSHOT, full, ctx) {
                owner.snapshots.retain(|one| one.name != short);
            }
            let Some(known) = known else { continue };
            let holds = known.get("userrefs").and_then(|(value, _)| value.parse().ok());
            match owner.snapshots.iter_mut().find(|one| one.name == short) {
                Some(one) => one.holds = holds.unwrap_or(one.holds),
                None => owner.snapshots.push(made(short, now, holds.unwrap_or(0))),
            }
        }
    }

    /// Full names of the held snapshots.
    pub fn held(&self) -> Vec<String> {
        let held = |listed: &Listed| -> Vec<String> {
            let held = listed.snapshots.iter().filter(|one| one.holds > 0 && one.guid != Guid(0));
            held.map(|one| format!("{}@{}", listed.name, one.name)).collect()
        };
        self.datasets.iter().flat_map(held).collect()
    }

    /// Takes the tags of the held ones.
    pub fn take_tags(&mut self, tags: Tags) {
        self.tags = tags.map(|tags| {
            let all = self.datasets.iter().flat_map(|listed| {
                listed
                    .snapshots
                    .iter()
                    .map(move |one| (format!("{}@{}", listed.name, one.name), one))
            });
            all.filter_map(|(full, one)| Some((one.guid, tags.get(&full)?.clone()))).collect()
        });
    }

    /// The snapshot of this identity in a dataset.
    pub fn snapshot(&self, dataset: &Dataset, guid: Guid) -> Option<&Snapshot> {
        self.datasets.iter().find(|one| one.name == *dataset)?.snapshot(guid)
    }
}

/// A snapshot that an earlier task of a check run would take.
fn made(name: &str, now: i64, holds: u32) -> Snapshot {
    Snapshot {
        name: name.to_owned(),
        guid: Guid(0),
        createtxg: u64::MAX,
        creation: now,
        holds,
        used: 0,
        written: None,
        clones: Vec::new(),
    }
}
