//! What is there of a machine, of what it is made of, and of the others.

use super::describe::Wish;
use super::{Args, seed};
use crate::modules::kvm::domain;
use crate::modules::kvm::xml::Node;
use crate::modules::told::Told;
use crate::spec::{Answer, Ctx, Failure, PathState};
use std::collections::BTreeMap;

/// What was seen.
pub struct Seen {
    /// The machine.
    pub base: domain::Seen,
    /// Documents of all others: what they start with next, and what they run with.
    pub others: Vec<(String, Node)>,
    /// What was told of disks, bridges and devices.
    pub details: Told,
    /// What is at the paths of disks.
    pub paths: BTreeMap<String, Option<PathState>>,
    /// The seed.
    pub seed: Option<seed::Seen>,
    /// Networks that the predicted world has.
    pub networks: Vec<String>,
}

impl Seen {
    /// Reads the first answer.
    ///
    /// # Errors
    /// libvirt does not answer, or says what can't be read.
    pub fn read(args: &Args, answers: &[Answer], ctx: Ctx<'_>) -> Result<Self, Failure> {
        let told = Told::read(answers)?;
        let base = domain::Seen::read(&args.uri, &args.name, told, ctx)?;
        let others = others(&base.told, &args.uri, &args.name, ctx)?;
        let prefix = domain::key(&args.uri, "");
        let networks = ctx.world.things("libvirt_network");
        let networks = networks.iter().filter(|(_, state)| state.is_some());
        let networks = networks.filter_map(|(key, _)| key.strip_prefix(&prefix));
        let networks = networks.map(str::to_string).collect();
        let (details, paths, seed) = (Told::default(), BTreeMap::new(), None);
        Ok(Self { base, others, details, paths, seed, networks })
    }

    /// What else is to be looked at; empty: nothing.
    pub fn words(&self, args: &Args, wish: &Wish) -> Vec<String> {
        let mut words = Vec::new();
        let disks = wish.disks.iter().flatten();
        for path in disks.flat_map(|disk| [Some(&disk.path), disk.backing_file.as_ref()]).flatten()
        {
            words.push(format!("disk {path}"));
        }
        if !words.is_empty() {
            words.extend(sources(&self.others).map(|(_, path, _)| format!("real {path}")));
        }
        for network in wish.networks.iter().flatten() {
            words.extend(network.bridge.as_ref().map(|bridge| format!("bridge {bridge}")));
            words.extend(network.network.as_ref().map(|_| "networks".to_string()));
        }
        words.extend(wish.hostdevs.iter().flatten().map(|pci| format!("pci {pci}")));
        words.extend(wish.seed.as_ref().map(|seed| format!("seed {}", seed.path)));
        let document = self.base.domain.as_ref().map(|domain| &domain.xml);
        let kept = document.and_then(|xml| wish.pinned(xml)).map(|(_, page)| page);
        let page = wish.pages.or(kept).filter(|page| *page > 0);
        let power = self.base.domain.as_ref().map(|domain| domain.power);
        if super::starts(args, power) {
            words.extend(page.map(|page| format!("pages {page}")));
        }
        words.sort();
        words.dedup();
        words
    }

    /// Reads the second answer.
    ///
    /// # Errors
    /// It can't be read.
    pub fn details(&mut self, wish: &Wish, answer: &Answer, ctx: Ctx<'_>) -> Result<(), Failure> {
        let told = Told::read(std::slice::from_ref(answer))?;
        for said in told.all() {
            if let Some(path) = said.what.strip_prefix("stat ") {
                let state = PathState::parse(said.text.trim_end());
                let state = PathState::overlay(path, state, ctx.world);
                self.paths.insert(path.to_string(), state);
            }
        }
        let seed = wish.seed.as_ref().map(|seed| seed::Seen::read(seed, &told, ctx));
        self.seed = seed.transpose()?;
        self.details = told;
        Ok(())
    }

    /// What a path really is.
    pub fn real(&self, path: &str) -> String {
        let told = self.details.text(&format!("real {path}")).trim();
        if told.is_empty() { path.to_string() } else { told.to_string() }
    }

    /// What QEMU says of an image: its format and its size in bytes.
    pub fn image(&self, path: &str) -> Option<(String, u64)> {
        let said = self.details.of(&format!("image {path}")).filter(|said| said.rc == 0)?;
        let json: serde_json::Value = serde_json::from_str(&said.text).ok()?;
        let format = json.get("format")?.as_str()?.to_string();
        Some((format, json.get("virtual-size")?.as_u64()?))
    }
}

/// Disks of machines: whose, which path, and whether it is read only or meant for many.
pub fn sources(others: &[(String, Node)]) -> impl Iterator<Item = (&str, &str, bool)> {
    others.iter().flat_map(|(name, node)| {
        let disks = node.find("devices").into_iter().flat_map(|devices| devices.all("disk"));
        disks.filter_map(move |disk| {
            let source = disk.find("source")?;
            let path = source.get("file").or_else(|| source.get("dev"))?;
            let shared = disk.find("readonly").is_some() || disk.find("shareable").is_some();
            Some((name.as_str(), path, shared))
        })
    })
}

/// Documents of all machines but one: what they start with next, and what they run with.
///
/// # Errors
/// One can't be read.
pub fn others(
    told: &Told,
    uri: &str,
    name: &str,
    ctx: Ctx<'_>,
) -> Result<Vec<(String, Node)>, Failure> {
    let mut others = Vec::new();
    for said in told.all() {
        let other = said.what.strip_prefix("other ").or_else(|| said.what.strip_prefix("live "));
        let Some(other) = other.filter(|other| *other != name && said.rc == 0) else { continue };
        let node = Node::parse(&said.text)
            .map_err(|error| Failure::new(format!("cannot read the domain {other}: {error}")))?;
        others.push((other.to_string(), node));
    }
    let prefix = domain::key(uri, "");
    for (key, state) in ctx.world.things(domain::WORLD) {
        let Some(other) = key.strip_prefix(&prefix).filter(|other| *other != name) else {
            continue;
        };
        others.retain(|(known, _)| known != other);
        let domain = state.and_then(domain::Domain::predicted);
        others.extend(domain.map(|domain| (other.to_string(), domain.xml)));
    }
    Ok(others)
}
