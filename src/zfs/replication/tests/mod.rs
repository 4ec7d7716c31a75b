//! The planner on histories that are written out, and on random ones.

mod histories;
mod scenarios;

use super::edge::{Edge, Place, Policy};
use super::plan::{Copying, Pair, plan};
use super::refusal::Refusal;
use super::token::TokenAnswer;
use crate::zfs::capability::{Capability, Release};
use crate::zfs::listing::{Bookmark, Guid, Listed, Snapshot};
use crate::zfs::name::Dataset;
use std::collections::BTreeSet;

/// An edge of whole datasets.
pub fn edge(source: &str, target: &str) -> Edge {
    let place = |host: &str, name: &str| Place {
        host: host.to_owned(),
        dataset: Dataset::new(name).unwrap(),
    };
    Edge {
        id: "e1".to_owned(),
        source: place("a", source),
        target: place("b", target),
        recursive: false,
        exclude: Vec::new(),
        policy: Policy::default(),
    }
}

/// OpenZFS 2.3 with all features.
pub fn modern() -> Capability {
    let features = [
        "extensible_dataset",
        "large_blocks",
        "embedded_data",
        "lz4_compress",
        "encryption",
        "bookmarks",
    ];
    Capability {
        release: Release(2, 3, 2),
        send: "DLPbcehnpsVvwiIRXt".to_owned(),
        receive: "vMnsFhudeoxA".to_owned(),
        features: features.map(str::to_owned).to_vec(),
        bookmarks: true,
    }
}

/// zfs-fuse with a pool of version 23.
pub fn ancient() -> Capability {
    Capability { send: "Ri".to_owned(), receive: "vnFu".to_owned(), ..Capability::default() }
}

/// A snapshot whose identity is its number, taken then.
pub fn snap(name: &str, guid: u64) -> Snapshot {
    Snapshot {
        name: name.to_owned(),
        guid: Guid(guid),
        createtxg: guid,
        creation: 1_700_000_000 + i64::try_from(guid).unwrap(),
        holds: 0,
        used: 0,
        written: Some(1000),
        clones: Vec::new(),
    }
}

/// A dataset with snapshots `name:guid`, bookmarks `#name:guid` and properties `name=value`, in words.
pub fn dataset(name: &str, words: &str) -> Listed {
    let mut listed = Listed {
        name: Dataset::new(name).unwrap(),
        volume: false,
        properties: [("written".to_owned(), "0".to_owned())].into(),
        snapshots: Vec::new(),
        bookmarks: Vec::new(),
    };
    for word in words.split_whitespace() {
        if let Some((key, value)) = word.split_once('=') {
            listed.properties.insert(key.to_owned(), value.to_owned());
        } else {
            let (name, guid) = word.split_once(':').unwrap();
            let guid: u64 = guid.parse().unwrap();
            match name.strip_prefix('#') {
                Some(name) => listed.bookmarks.push(Bookmark {
                    name: name.to_owned(),
                    guid: Guid(guid),
                    createtxg: guid,
                    creation: 1_700_000_000,
                }),
                None => listed.snapshots.push(snap(name, guid)),
            }
        }
    }
    listed
}

/// A pair to plan, with what is usual.
pub struct Case {
    pub edge: Edge,
    pub source: Listed,
    pub target: Option<Listed>,
    pub above: Option<Listed>,
    pub token: Option<TokenAnswer>,
    pub origin: Option<String>,
    pub needed: BTreeSet<Guid>,
    pub from: Capability,
    pub to: Capability,
}

impl Case {
    pub fn new(source: &str, target: &str) -> Self {
        Self {
            edge: edge("pa/d", "pb/d"),
            source: dataset("pa/d", source),
            target: (target != "-").then(|| dataset("pb/d", target)),
            above: Some(dataset("pb", "")),
            token: None,
            origin: None,
            needed: BTreeSet::new(),
            from: modern(),
            to: modern(),
        }
    }

    pub fn policy(mut self, change: impl FnOnce(&mut Policy)) -> Self {
        change(&mut self.edge.policy);
        self
    }

    pub fn plan(&self) -> Result<Copying, Refusal> {
        let pair = Pair {
            source: &self.source,
            name: &self.edge.target.dataset,
            target: self.target.as_ref(),
            above: self.above.as_ref(),
            token: self.token.as_ref(),
            origin: self.origin.as_deref(),
            needed: &self.needed,
            day: "20261123",
        };
        plan(&self.edge, pair, &self.from, &self.to)
    }

    /// The plan in words.
    pub fn words(&self) -> String {
        match self.plan() {
            Ok(copying) => words(&copying),
            Err(refusal) => format!("refused: {refusal}"),
        }
    }
}

pub fn words(copying: &Copying) -> String {
    use super::plan::{Preparation, Step};
    let names =
        |all: &[Snapshot]| all.iter().map(|one| one.name.as_str()).collect::<Vec<_>>().join(",");
    let before = copying.before.iter().map(|one| match one {
        Preparation::Abort(stale) => format!("abort ({stale})"),
        Preparation::Rollback { to, destroys, loses } => {
            format!("rollback to {} -[{}] losing {loses}", to.name, names(destroys))
        }
        Preparation::SetAside(name) => format!("aside {name}"),
        Preparation::Recreate(all) => format!("recreate -[{}]", names(all)),
    });
    let steps = copying.steps.iter().map(|step| match step {
        Step::Resume(token) => format!("resume {}", token.toname),
        Step::Full(to) => format!("full {}", to.name),
        Step::Clone { origin, copy, to } => format!("clone {origin} as {copy} {}", to.name),
        Step::Increment { from, to } => format!("{}..{}", from.suffix(), to.name),
        Step::Package { from, to, count } => format!("@{}..{} ({count})", from.name, to.name),
    });
    before.chain(steps).collect::<Vec<_>>().join("; ")
}
