//! What a host says of a pool.

use super::{Args, Vdev};
use crate::base::Value;
use crate::modules::zfs::predicted::{self, DATASET, POOL, SNAPSHOT};
use crate::modules::zfs::told::Told;
use crate::spec::{Answer, Ctx, Failure};
use crate::zfs::pool_status::{self, PoolStatus};
use crate::zfs::rows::{self, Properties};
use std::collections::BTreeMap;

/// Key of a predicted pool: its devices as they were wanted.
pub const VDEVS: &str = "_vdevs";

/// What is there.
#[derive(Default)]
pub struct Seen {
    /// The name under which it is imported.
    pub name: String,
    /// Its properties; None: there is no such pool.
    pub pool: Option<Properties>,
    /// Properties of its own dataset.
    pub root: Properties,
    /// Its devices.
    pub status: Option<PoolStatus>,
    /// The devices that an earlier task of a check run gives it.
    pub predicted: Option<String>,
    /// The devices that are wanted.
    pub wanted: Option<Vec<Vdev>>,
    /// What device names lead to.
    pub paths: BTreeMap<String, String>,
    /// What FreeBSD's labels stand for.
    pub labels: BTreeMap<String, String>,
    /// Paths of devices, and the file system or the table of partitions that is on them.
    pub holds: BTreeMap<String, String>,
    /// Pools that could be imported.
    pub importable: Vec<String>,
    /// Everything in it, with the number of its holds.
    pub tree: BTreeMap<String, u64>,
}

impl Seen {
    /// Reads the first answer and lays the predicted world over it.
    pub fn read(args: &Args, answer: &Answer, ctx: Ctx<'_>) -> Result<Self, Failure> {
        let told = Told::read(answer)?;
        let name = told.text("name")?.to_string();
        let pool = properties(&told, &name)?;
        let made = predicted::is_made(POOL, &name, ctx);
        let mut seen = Self { name, ..Self::default() };
        if let Some(said) = told.all("status").last().filter(|_| pool.is_some() && !made) {
            if said.rc != 0 {
                return Err(said.failure());
            }
            let all = pool_status::parse(&said.text);
            let all = all.map_err(|error| Failure::new(error.to_string()))?;
            seen.status = all.into_iter().find(|status| status.pool == seen.name);
        }
        let root = told.of("root").map(|_| told.properties("root")).transpose()?;
        let root = root.and_then(|mut all| all.remove(&seen.name));
        seen.root = predicted::overlay(DATASET, &seen.name, root, ctx).unwrap_or_default();
        seen.pool = predicted::overlay(POOL, &args.name, pool, ctx);
        let thing = ctx.world.thing(POOL, &args.name).flatten().filter(|_| made);
        seen.predicted = thing.and_then(|value| value.get(VDEVS)).map(Value::text);
        seen.read_tree(&told, ctx)?;
        Ok(seen)
    }

    fn read_tree(&mut self, told: &Told, ctx: Ctx<'_>) -> Result<(), Failure> {
        if told.of("tree").is_some() {
            for (name, known) in told.properties("tree")? {
                let holds = known.get("userrefs").and_then(|(value, _)| value.parse().ok());
                self.tree.insert(name, holds.unwrap_or(0));
            }
        }
        let inside = |name: &str| name.split(['/', '@']).next() == Some(self.name.as_str());
        for kind in [DATASET, SNAPSHOT] {
            for (name, state) in ctx.world.things(kind).into_iter().filter(|(n, _)| inside(n)) {
                match state {
                    Some(_) => drop(self.tree.entry(name.to_string()).or_default()),
                    None => drop(self.tree.remove(name)),
                }
            }
        }
        self.tree.remove(&self.name);
        Ok(())
    }

    /// Reads the answer about paths.
    pub fn read_paths(&mut self, answer: &Answer) -> Result<(), Failure> {
        let told = Told::read(answer)?;
        for (device, path) in told.all("device").zip(told.all("resolved")) {
            self.paths.insert(device.text.clone(), path.text.clone());
        }
        let labels = told.all("labels").filter(|said| said.rc == 0);
        for line in labels.flat_map(|said| said.text.lines()) {
            let mut words = line.split_whitespace();
            if let (Some(label), Some(component)) = (words.next(), words.nth(1)) {
                self.labels.insert(format!("/dev/{label}"), format!("/dev/{component}"));
            }
        }
        let holds = told.all("holds").filter_map(|said| said.text.split_once(": "));
        // What a pool holds is zpool's to judge.
        let holds = holds.filter(|(_, what)| !what.starts_with("zfs"));
        self.holds
            .extend(holds.map(|(path, what)| (path.to_string(), what.trim_end().to_string())));
        for line in told.all("import").flat_map(|said| said.text.lines()) {
            let name = line.trim_start().strip_prefix("pool: ");
            self.importable.extend(name.map(str::to_string));
        }
        Ok(())
    }

    /// What a device's name leads to.
    pub fn resolved(&self, device: &str) -> String {
        let path = self.paths.get(device).map_or(device, String::as_str);
        let path = if path.starts_with('/') { path.to_string() } else { format!("/dev/{path}") };
        self.labels.get(&path).cloned().unwrap_or(path)
    }
}

/// The pool's properties; None: there is no such pool.
fn properties(told: &Told, name: &str) -> Result<Option<Properties>, Failure> {
    let said = told.of("table").map_or_else(|| told.must("get"), Ok)?;
    if said.rc != 0 {
        return if said.only_missing() { Ok(None) } else { Err(said.failure()) };
    }
    let rows = match said.what.as_str() {
        "table" => rows::parse_table(name, &said.text),
        _ => rows::parse(&said.text),
    };
    let rows = rows.map_err(|error| Failure::new(format!("the answer of zpool get: {error}")))?;
    Ok(rows::by_name(rows).remove(name))
}
