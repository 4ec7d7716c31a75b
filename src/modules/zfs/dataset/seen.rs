//! What a host says of a dataset, what stands above it and what lies in it.

use super::Args;
use crate::modules::zfs::predicted::{self, DATASET, SNAPSHOT};
use crate::modules::zfs::told::Told;
use crate::modules::zfs::{Tags, clones};
use crate::spec::{Answer, Ctx, Failure};
use crate::zfs::listing::Listing;
use crate::zfs::rows::Properties;
use std::collections::BTreeMap;

/// Something that would be destroyed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Victim {
    /// Full name.
    pub name: String,
    /// Whether it has holds.
    pub held: bool,
    /// Its clones.
    pub clones: Vec<String>,
    /// Directory that it is mounted on.
    pub mounted: Option<String>,
}

/// What is there.
pub struct Seen {
    /// Its properties; None: there is nothing of this name.
    pub own: Option<Properties>,
    /// The datasets above it that are there.
    pub above: BTreeMap<String, Properties>,
    /// What mount points of the pool are below while it is imported so.
    pub altroot: Option<String>,
    /// All that would be destroyed with it, itself first.
    pub victims: Vec<Victim>,
    /// Tags of the held ones.
    pub tags: Tags,
    /// Whether several properties can be set at once.
    pub several: bool,
}

impl Seen {
    /// Reads an answer and lays the predicted world over it.
    pub fn read(args: &Args, answer: &Answer, ctx: Ctx<'_>) -> Result<Self, Failure> {
        let told = Told::read(answer)?;
        let mut all = told.properties("all")?;
        if told.of("more").is_some() {
            for (name, more) in told.properties("more")? {
                all.entry(name).or_default().extend(more);
            }
        }
        let kind = if args.is_snapshot() { SNAPSHOT } else { DATASET };
        let own = predicted::overlay(kind, &args.name, all.remove(&args.name), ctx);
        let several = all.values().chain(&own).any(|known| known.contains_key("createtxg"));
        let mut above = BTreeMap::new();
        for name in super::above(args) {
            let known = predicted::overlay(DATASET, &name, all.remove(&name), ctx);
            above.extend(known.map(|known| (name, known)));
        }
        let altroot = told.of("altroot").filter(|said| said.rc == 0);
        let altroot = altroot.map(|said| said.text.trim().to_string());
        let altroot = altroot.filter(|root| !root.is_empty() && root != "-");
        let victims = if own.is_some() { victims(args, &told, ctx)? } else { Vec::new() };
        Ok(Self { own, above, altroot, victims, tags: None, several })
    }

    /// Whether this would be destroyed.
    pub fn has(&self, name: &str) -> bool {
        self.victims.iter().any(|victim| victim.name == name)
    }

    /// Full names of what is held.
    pub fn held(&self) -> Vec<String> {
        let held = self.victims.iter().filter(|victim| victim.held);
        held.map(|victim| victim.name.clone()).collect()
    }
}

fn victims(args: &Args, told: &Told, ctx: Ctx<'_>) -> Result<Vec<Victim>, Failure> {
    let mut found = Vec::new();
    let Some(said) = told.of("tree") else { return Ok(found) };
    if said.rc == 0 {
        let origins = clones(told.text("origins")?);
        found = listed(args, &said.text, &origins)?;
    } else if !said.only_missing() {
        return Err(said.failure());
    }
    predict(args, &mut found, ctx);
    found.sort_by(|a, b| a.name.cmp(&b.name));
    let own = found.iter().position(|victim| victim.name == args.name);
    if let Some(at) = own.filter(|at| *at > 0) {
        let own = found.remove(at);
        found.insert(0, own);
    }
    Ok(found)
}

fn listed(
    args: &Args,
    text: &str,
    origins: &BTreeMap<String, Vec<String>>,
) -> Result<Vec<Victim>, Failure> {
    let of = |name: &str| origins.get(name).cloned().unwrap_or_default();
    if args.is_snapshot() {
        let rows = crate::zfs::rows::parse(text);
        let rows = rows.map_err(|error| Failure::new(format!("the answer of zfs get: {error}")))?;
        let holds = rows.iter().find(|row| row.name == args.name && row.property == "userrefs");
        let held = holds.is_some_and(|row| !matches!(row.value.as_str(), "0" | "-"));
        let name = args.name.clone();
        return Ok(vec![Victim { clones: of(&name), name, held, mounted: None }]);
    }
    let listing = Listing::parse(text);
    let listing =
        listing.map_err(|error| Failure::new(format!("the answer of zfs get: {error}")))?;
    let mut found = Vec::new();
    for (name, dataset) in &listing.datasets {
        let mounted = dataset.property("mounted") == Some("yes");
        let path = dataset.property("mountpoint").filter(|_| mounted).map(str::to_string);
        let name = name.to_string();
        for snapshot in &dataset.snapshots {
            let name = format!("{name}@{}", snapshot.name);
            let held = snapshot.holds > 0;
            found.push(Victim { clones: of(&name), name, held, mounted: None });
        }
        for bookmark in &dataset.bookmarks {
            let name = format!("{name}#{}", bookmark.name);
            found.push(Victim { name, held: false, clones: Vec::new(), mounted: None });
        }
        found.push(Victim { name, held: false, clones: Vec::new(), mounted: path });
    }
    Ok(found)
}

/// Takes away what earlier tasks would have destroyed, and adds what they would have made.
fn predict(args: &Args, found: &mut Vec<Victim>, ctx: Ctx<'_>) {
    let inside = |name: &str| {
        let rest = name.strip_prefix(args.name.as_str());
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '@', '#']))
    };
    for kind in [DATASET, SNAPSHOT] {
        for (name, state) in ctx.world.things(kind).into_iter().filter(|(name, _)| inside(name)) {
            if state.is_none() {
                found.retain(|victim| victim.name != name);
            } else if !found.iter().any(|victim| victim.name == name) {
                let name = name.to_string();
                found.push(Victim { name, held: false, clones: Vec::new(), mounted: None });
            }
        }
    }
    for victim in found {
        victim.clones.retain(|clone| !matches!(ctx.world.thing(DATASET, clone), Some(None)));
    }
}
