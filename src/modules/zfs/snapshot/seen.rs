//! What a host says of snapshots and their datasets.

use super::{Args, Wanted};
use crate::base::Value;
use crate::modules::zfs::predicted::{self, DATASET, SNAPSHOT};
use crate::modules::zfs::told::Told;
use crate::modules::zfs::{Tags, clones};
use crate::spec::{Answer, Ctx, Failure};
use crate::zfs::rows::{self, Properties};
use std::collections::{BTreeMap, BTreeSet};

/// A snapshot or a bookmark that is there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snap {
    /// Full name.
    pub name: String,
    /// Identity; empty where only the predicted world has it.
    pub guid: String,
    /// The order within its pool.
    pub createtxg: u64,
    /// Number of holds.
    pub holds: u64,
    /// Its clones.
    pub clones: Vec<String>,
    /// All that was asked.
    pub properties: Properties,
}

/// What is there.
#[derive(Default)]
pub struct Seen {
    /// The target datasets that are there.
    pub datasets: BTreeMap<String, Properties>,
    /// All snapshots that are meant, by target.
    pub wanted: Vec<(String, Vec<String>)>,
    /// Those of them that are there.
    pub snaps: BTreeMap<String, Snap>,
    /// What each dataset has that is newer than the snapshot, the newest first.
    pub newer: BTreeMap<String, Vec<Snap>>,
    /// Bytes written since the newest snapshot, where the host can tell.
    pub written: BTreeMap<String, u64>,
    /// Tags of the held ones.
    pub tags: Tags,
    /// Whether one command takes several snapshots.
    pub several: bool,
}

impl Snap {
    fn read(name: &str, properties: Properties) -> Self {
        let text = |key: &str| properties.get(key).map_or("", |(value, _)| value.as_str());
        let number = |key: &str| text(key).parse().unwrap_or(0);
        Self {
            name: name.to_string(),
            guid: text("guid").to_string(),
            createtxg: number("createtxg"),
            holds: number("userrefs"),
            clones: Vec::new(),
            properties,
        }
    }

    /// As it is returned.
    pub fn to_value(&self) -> Value {
        let number = |name: &str| {
            let text = self.properties.get(name).map_or("", |(value, _)| value.as_str());
            text.parse::<i64>().map_or(Value::NULL, Value::from)
        };
        [
            ("name", Value::from(self.name.as_str())),
            ("guid", Value::from(self.guid.as_str())),
            ("createtxg", number("createtxg")),
            ("creation", number("creation")),
        ]
        .into_iter()
        .collect()
    }
}

impl Seen {
    /// Reads an answer and lays the predicted world over it.
    pub fn read(args: &Args, answer: &Answer, ctx: Ctx<'_>) -> Result<Self, Failure> {
        let told = Told::read(answer)?;
        let mut seen = Self::default();
        let mut all = told.properties_of_all("dataset")?;
        seen.several = all.values().any(|known| known.contains_key("createtxg"));
        for (dataset, short) in args.targets()? {
            let known = predicted::overlay(DATASET, &dataset, all.remove(&dataset), ctx);
            seen.datasets.extend(known.map(|known| (dataset.clone(), known)));
            let names = names(args, &dataset, &told, ctx)?;
            let full = names.into_iter().map(|name| format!("{name}@{short}")).collect();
            seen.wanted.push((dataset, full));
        }
        let mut found = match told.of("snapshots") {
            Some(_) => told.properties("snapshots")?,
            None => BTreeMap::new(),
        };
        let origins = origins(&told, ctx)?;
        for name in seen.wanted.iter().flat_map(|(_, names)| names) {
            let known = predicted::overlay(SNAPSHOT, name, found.remove(name), ctx);
            let Some(known) = known else { continue };
            let mut snap = Snap::read(name, known);
            snap.clones = origins.get(name).cloned().unwrap_or_default();
            seen.snaps.insert(name.clone(), snap);
        }
        if args.state == Wanted::RolledBack {
            seen.read_newer(args, &told, &origins, ctx)?;
        }
        Ok(seen)
    }

    fn read_newer(
        &mut self,
        args: &Args,
        told: &Told,
        origins: &BTreeMap<String, Vec<String>>,
        ctx: Ctx<'_>,
    ) -> Result<(), Failure> {
        let mut all = told.properties_of_all("newer")?;
        for (name, state) in ctx.world.things(SNAPSHOT) {
            if state.is_some() {
                all.entry(name.to_string()).or_default();
            }
        }
        for (name, known) in told.all("written").filter(|said| said.rc == 0).flat_map(rows_of) {
            let bytes = known.get("written").and_then(|(value, _)| value.parse().ok());
            self.written.extend(bytes.map(|bytes| (name, bytes)));
        }
        for (dataset, short) in args.targets()? {
            let Some(own) = self.snaps.get(&format!("{dataset}@{short}")) else { continue };
            let own = own.createtxg;
            let is_its = |name: &String| {
                let rest = name.strip_prefix(dataset.as_str());
                rest.is_some_and(|rest| rest.starts_with(['@', '#']))
            };
            let names: Vec<String> = all.keys().filter(|name| is_its(name)).cloned().collect();
            let mut newer = Vec::new();
            for name in names {
                let known = predicted::overlay(SNAPSHOT, &name, all.remove(&name), ctx);
                let Some(known) = known else { continue };
                let mut snap = Snap::read(&name, known);
                snap.clones = origins.get(&name).cloned().unwrap_or_default();
                newer.extend(Some(snap).filter(|snap| snap.createtxg > own));
            }
            newer.sort_by_key(|snap| std::cmp::Reverse(snap.createtxg));
            self.newer.insert(dataset, newer);
        }
        Ok(())
    }

    /// The snapshots that are there, in their order.
    pub fn there(&self) -> impl Iterator<Item = &Snap> {
        let wanted = self.wanted.iter().flat_map(|(_, names)| names);
        wanted.filter_map(|name| self.snaps.get(name))
    }

    /// Whether this is there.
    pub fn has(&self, name: &str) -> bool {
        self.there().chain(self.newer.values().flatten()).any(|snap| snap.name == name)
    }

    /// Full names of what is held.
    pub fn held(&self) -> Vec<String> {
        let newer = self.newer.values().flatten();
        let held = self.there().chain(newer).filter(|snap| snap.holds > 0);
        held.map(|snap| snap.name.clone()).collect()
    }

    /// The tags of a snapshot; None: it has some that this host can't tell.
    pub fn tags_of(&self, snap: &Snap) -> Option<Vec<String>> {
        if snap.holds == 0 {
            return Some(Vec::new());
        }
        let tags = self.tags.as_ref()?;
        tags.get(&snap.name).cloned()
    }

    /// Fails when a target is not there; without it there can be no snapshot.
    pub fn must_have_datasets(&self, args: &Args) -> Result<(), Failure> {
        if args.state == Wanted::Absent {
            return Ok(());
        }
        match self.wanted.iter().find(|(dataset, _)| !self.datasets.contains_key(dataset)) {
            Some((dataset, _)) => {
                let text = format!("cannot open '{dataset}': dataset does not exist");
                Err(Failure::new(text).missing())
            }
            None => Ok(()),
        }
    }
}

fn rows_of(said: &crate::modules::zfs::told::Said) -> BTreeMap<String, Properties> {
    rows::parse(&said.text).map(rows::by_name).unwrap_or_default()
}

/// The datasets whose snapshot is meant with a target, itself first.
fn names(args: &Args, dataset: &str, told: &Told, ctx: Ctx<'_>) -> Result<Vec<String>, Failure> {
    if !args.recursive {
        return Ok(vec![dataset.to_string()]);
    }
    let inside = |name: &str| {
        let rest = name.strip_prefix(dataset);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let mut names = BTreeSet::from([dataset.to_string()]);
    for said in told.all("below") {
        if said.rc != 0 && !said.only_missing() {
            return Err(said.failure());
        }
        names.extend(said.text.lines().filter(|name| inside(name)).map(str::to_string));
    }
    for (name, state) in ctx.world.things(DATASET).into_iter().filter(|(name, _)| inside(name)) {
        match state {
            Some(_) => drop(names.insert(name.to_string())),
            None if name != dataset => drop(names.remove(name)),
            None => {}
        }
    }
    Ok(names.into_iter().collect())
}

fn origins(told: &Told, ctx: Ctx<'_>) -> Result<BTreeMap<String, Vec<String>>, Failure> {
    let mut all = BTreeMap::new();
    for said in told.all("origins") {
        if said.rc != 0 && !said.only_missing() {
            return Err(said.failure());
        }
        all.extend(clones(&said.text));
    }
    for names in all.values_mut() {
        names.retain(|clone| !matches!(ctx.world.thing(DATASET, clone), Some(None)));
    }
    Ok(all)
}
