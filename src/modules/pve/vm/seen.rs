//! What is there of a machine.

use super::args::Args;
use super::property::{Net, devices};
use crate::base::Value;
use crate::modules::pve::api;
use crate::modules::told::Told;
use crate::spec::{Ctx, Failure};
use std::collections::BTreeMap;

/// Kind in the predicted world: machines by number, `stopped` or `running`.
pub const KIND: &str = "proxmox_vm";

/// The cluster.
#[derive(Clone, Debug, Default)]
pub struct Cluster {
    /// This node.
    pub node: String,
    /// All guests.
    pub guests: Vec<Value>,
    /// The next free number.
    pub next: Option<i64>,
}

/// The machine.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// The cluster.
    pub cluster: Cluster,
    /// Its number: of the one that is there, or the one that a new one gets.
    pub id: i64,
    /// Whether it is there.
    pub there: bool,
    /// Whether it is only predicted.
    pub predicted: bool,
    /// Its settings, with those that wait for a restart.
    pub config: BTreeMap<String, String>,
    /// Settings that wait.
    pub pending: Vec<String>,
    /// Whether it runs.
    pub running: bool,
    /// Why nobody else may touch it.
    pub lock: String,
    /// Whether the cluster's HA has it.
    pub managed: bool,
    /// Devices of the host that other machines have: machine, address.
    pub taken: Vec<(String, String)>,
    /// Storages that this node reaches.
    pub storages: Vec<String>,
    /// Bridges that are not there.
    pub missing: Vec<String>,
}

impl Cluster {
    /// Of the first answer.
    ///
    /// # Errors
    /// There is no Proxmox, or it refuses.
    pub fn of(told: &Told) -> Result<Self, Failure> {
        api::is_there(told)?;
        let next = api::got(told, "/cluster/nextid").ok().flatten();
        let said = told.text("get /cluster/nextid").trim().trim_matches('"').parse().ok();
        Ok(Self {
            node: told.text("node").trim().to_string(),
            guests: api::list(told, "/cluster/resources")?,
            next: next.and_then(|value| value.as_int()).or(said),
        })
    }

    /// The guest that is meant.
    ///
    /// # Errors
    /// Several have that name, it is a container, or on another node.
    pub fn find(&self, args: &Args) -> Result<Option<&Value>, Failure> {
        let name = args.name.as_deref().unwrap_or_default();
        let found: Vec<&Value> = match args.vmid {
            Some(id) => {
                self.guests.iter().filter(|one| api::number(one, "vmid") == Some(id)).collect()
            }
            None => self
                .guests
                .iter()
                .filter(|one| is_vm(one) && api::text(one, "name") == name)
                .collect(),
        };
        if found.len() > 1 {
            return Err(Failure::new(format!(
                "{} machines have the name {name}: say which by vmid",
                found.len()
            )));
        }
        let Some(one) = found.first() else { return Ok(None) };
        let (id, node) = (api::text(one, "vmid"), api::text(one, "node"));
        if !is_vm(one) {
            return Err(Failure::new(format!("{id} is a container, no machine")));
        }
        if node != self.node {
            return Err(Failure::new(format!(
                "the machine {id} is on the node {node}: the task must run there"
            )));
        }
        Ok(Some(one))
    }

    /// The machine of this number or name.
    pub fn named(&self, text: &str) -> Option<&Value> {
        let one = |one: &&Value| {
            is_vm(one) && (api::text(one, "vmid") == text || api::text(one, "name") == text)
        };
        self.guests.iter().find(one)
    }
}

fn is_vm(guest: &Value) -> bool {
    api::text(guest, "type") == "qemu"
}

impl Seen {
    /// Of both answers.
    ///
    /// # Errors
    /// Proxmox refuses.
    pub fn of(args: &Args, cluster: Cluster, told: &Told, ctx: Ctx<'_>) -> Result<Self, Failure> {
        let id = number(args, &cluster)?;
        let there = cluster.find(args)?.is_some();
        let mut seen = Self { id, there, ..Self::default() };
        if there {
            let base = format!("/nodes/{}/qemu/{id}", cluster.node);
            seen.config = settings(api::got(told, &format!("{base}/config"))?);
            let pending = api::list(told, &format!("{base}/pending"))?;
            let waits = |one: &&Value| one.get("pending").is_some() || one.get("delete").is_some();
            seen.pending = pending.iter().filter(waits).map(|one| api::text(one, "key")).collect();
            let status = api::got(told, &format!("{base}/status/current"))?.unwrap_or(Value::NULL);
            seen.running = api::text(&status, "status") == "running";
            seen.lock = api::text(&status, "lock");
            seen.managed = status.get("ha").is_some_and(|ha| api::number(ha, "managed") == Some(1));
        }
        match ctx.world.thing(KIND, &id.to_string()) {
            Some(Some(state)) => {
                seen.predicted = !seen.there;
                seen.there = true;
                seen.running = state.text() == "running";
            }
            Some(None) => seen = Self { id, ..Self::default() },
            None => {}
        }
        let own = format!("{id}.conf ");
        let lines = told.text("devices").lines().filter(|line| !line.starts_with(&own));
        seen.taken = lines.flat_map(taken).collect();
        let storages = api::list(told, &format!("/nodes/{}/storage", cluster.node))?;
        let active = storages.iter().filter(|one| api::number(one, "active") == Some(1));
        seen.storages = active.map(|one| api::text(one, "storage")).collect();
        let bridges = told.all().filter(|said| said.rc != 0);
        let missing = bridges.filter_map(|said| said.what.strip_prefix("bridge "));
        seen.missing = missing.map(str::to_string).collect();
        seen.cluster = cluster;
        Ok(seen)
    }
}

/// The number of the machine that is there, or that a new one gets.
pub fn number(args: &Args, cluster: &Cluster) -> Result<i64, Failure> {
    let found = cluster.find(args)?.and_then(|one| api::number(one, "vmid"));
    let none = || Failure::new("the cluster says no free number: name one by vmid");
    found.or(args.vmid).or(cluster.next).ok_or_else(none)
}

fn settings(config: Option<Value>) -> BTreeMap<String, String> {
    let map = config.as_ref().and_then(Value::as_map).cloned().unwrap_or_default();
    map.iter().map(|(key, value)| (key.json_text(), value.text())).collect()
}

/// Devices of one line of what other machines have.
fn taken(line: &str) -> Vec<(String, String)> {
    let Some((file, rest)) = line.split_once(' ') else { return Vec::new() };
    let machine = file.trim_end_matches(".conf").to_string();
    let value = rest.split_once(':').map_or("", |(_, value)| value.trim());
    devices(value).into_iter().map(|address| (machine.clone(), address)).collect()
}

/// Bridges that wanted interfaces are on.
pub fn bridges(settings: &BTreeMap<String, String>) -> Vec<String> {
    let nets = settings
        .iter()
        .filter(|(name, _)| super::property::Family::of(name) == super::property::Family::Net);
    let mut all: Vec<String> =
        nets.filter_map(|(_, text)| Net::of(text).options.get("bridge").cloned()).collect();
    all.sort();
    all.dedup();
    all
}
