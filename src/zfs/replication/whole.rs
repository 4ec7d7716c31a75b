//! The plan of a whole edge, and of edges that meet on a host.

use super::edge::{Edge, Place};
use super::keeping::{Keeping, keeping};
use super::plan::{Copying, Pair, Preparation, Step, plan};
use super::refusal::Refusal;
use super::token::TokenAnswer;
use super::tree::{self, Tree};
use crate::zfs::listing::{Guid, Listed, Listing, Snapshot};
use crate::zfs::name::Dataset;
use crate::zfs::survey::Survey;
use std::collections::{BTreeMap, BTreeSet};

/// One dataset of an edge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// On the source.
    pub source: Dataset,
    /// On the target.
    pub target: Dataset,
    /// Its copy has another name: it is renamed first.
    pub rename: Option<Dataset>,
    /// Datasets above the target that have to be made, topmost first.
    pub parents: Vec<Dataset>,
    /// What is copied, or why nothing is.
    pub copying: Result<Copying, Refusal>,
    /// Marks that a run before did not come to, where nothing is to be sent.
    pub repair: Keeping,
}

impl Part {
    /// Whether there is anything to do.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        let nothing = |one: &Copying| {
            one.steps.is_empty() && one.before.is_empty() && one.flags.set_later.is_empty()
        };
        self.copying.as_ref().is_ok_and(nothing) && self.repair.is_empty() && self.rename.is_none()
    }
}

/// An edge's plan.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EdgePlan {
    /// Its datasets in the order in which they are copied.
    pub parts: Vec<Part>,
    /// What the operator should know.
    pub warnings: Vec<String>,
}

/// What is known beside the two surveys.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// What the source said of tokens, by dataset of the target.
    pub tokens: BTreeMap<Dataset, TokenAnswer>,
    /// Snapshots that other edges start from, by dataset of the target.
    pub needed: BTreeMap<Dataset, BTreeSet<Guid>>,
    /// The day: `20261123`.
    pub day: String,
}

/// Plans an edge.
#[must_use]
pub fn plan_edge(edge: &Edge, source: &Survey, target: &Survey, known: &Known) -> EdgePlan {
    let tree = tree::tree(edge, &source.listing, &target.listing);
    let mut planner =
        Planner { edge, source, target, known, tree: &tree, predicted: target.listing.clone() };
    let mut whole = EdgePlan::default();
    if !source.listing.datasets.contains_key(&edge.source.dataset) {
        whole.parts.push(planner.absent());
        return whole;
    }
    for (from, to) in &tree.pairs {
        whole.parts.extend(planner.part(from, to));
    }
    for (from, to) in &tree.pairs {
        let copy = tree.copy(&target.listing, to);
        if let Some(why) = copy.and_then(|copy| copy.property(super::marks::SUSPECT)) {
            let text = "it is not what it was made of";
            whole.warnings.push(format!("the copy of {from} is marked as suspect ({why}): {text}"));
        }
    }
    for (name, why) in &tree.unnameable {
        whole.warnings.push(format!("{name} is left out: {why}"));
    }
    for name in &tree.vanished {
        whole.warnings.push(format!("{name} is kept: its source is gone"));
    }
    whole
}

struct Planner<'a> {
    edge: &'a Edge,
    source: &'a Survey,
    target: &'a Survey,
    known: &'a Known,
    tree: &'a Tree,
    /// The target as it will be behind the parts so far.
    predicted: Listing,
}

impl Planner<'_> {
    fn absent(&self) -> Part {
        Part {
            source: self.edge.source.dataset.clone(),
            target: self.edge.target.dataset.clone(),
            rename: None,
            parents: Vec::new(),
            copying: Err(Refusal::NoSource),
            repair: Keeping::default(),
        }
    }

    fn part(&mut self, from: &Dataset, to: &Dataset) -> Option<Part> {
        let source = self.source.listing.datasets.get(from)?;
        let was = self.tree.renamed.iter().find(|(_, now)| now == to).map(|(was, _)| was.clone());
        if let Some(was) = &was {
            if !self.edge.policy.follow_renames {
                return Some(Part {
                    copying: Err(Refusal::Renamed { was: was.clone() }),
                    ..self.empty(from, to)
                });
            }
            self.rename(was, to);
        }
        let none = BTreeSet::new();
        let origin =
            tree::origin_copy(source, &self.tree.pairs, &self.source.listing, &self.predicted);
        let above = self.predicted.above(to).cloned();
        let target = self.predicted.datasets.get(to).cloned();
        let pair = Pair {
            source,
            name: to,
            target: target.as_ref(),
            above: above.as_ref(),
            token: self.known.tokens.get(to),
            origin: origin.as_deref(),
            needed: self.known.needed.get(to).unwrap_or(&none),
            day: &self.known.day,
        };
        let (can_send, can_receive) = (self.source.capability(from), self.target.capability(to));
        let copying = plan(self.edge, pair, &can_send, &can_receive);
        let mut part = Part { rename: was, copying, ..self.empty(from, to) };
        if let Ok(copying) = &part.copying {
            part.parents =
                tree::missing_parents(to, &|name| self.predicted.datasets.contains_key(name));
            part.repair = self.repair(source, target.as_ref(), copying, &part);
            self.predict(source, target, copying, &part.parents);
        }
        // A file system without snapshots is nothing to copy, but what lies below it may be.
        let nothing = matches!(part.copying, Err(Refusal::NothingSelected))
            && *from != self.edge.source.dataset;
        (!nothing).then_some(part)
    }

    fn empty(&self, from: &Dataset, to: &Dataset) -> Part {
        Part { source: from.clone(), target: to.clone(), ..self.absent() }
    }

    fn repair(
        &self,
        source: &Listed,
        target: Option<&Listed>,
        copying: &Copying,
        part: &Part,
    ) -> Keeping {
        let (Some(target), Some(base)) = (target, &copying.base) else { return Keeping::default() };
        if !copying.steps.is_empty() || part.rename.is_some() {
            return Keeping::default();
        }
        let can = self.source.capability(&source.name);
        let (here, there) = ((source, &self.source.holds), (target, &self.target.holds));
        keeping(self.edge, here, there, base.on_target.guid, &can, false)
    }

    fn rename(&mut self, was: &Dataset, now: &Dataset) {
        let moved: Vec<Dataset> =
            self.predicted.datasets.keys().filter(|name| was.contains(name)).cloned().collect();
        for name in moved {
            let to = was.below(&name).and_then(|below| now.join(below).ok());
            if let (Some(to), Some(mut one)) = (to, self.predicted.datasets.remove(&name)) {
                one.name = to.clone();
                self.predicted.datasets.insert(to, one);
            }
        }
    }

    /// Lays a plan on the predicted target.
    fn predict(
        &mut self,
        source: &Listed,
        target: Option<Listed>,
        copying: &Copying,
        parents: &[Dataset],
    ) {
        for parent in parents {
            let mut made =
                self.predicted.above(parent).cloned().unwrap_or_else(|| bare(source, parent));
            made.name = parent.clone();
            made.snapshots.clear();
            self.predicted.datasets.insert(parent.clone(), made);
        }
        let after = after(source, target.as_ref(), copying);
        self.predicted.datasets.insert(copying.target.clone(), after);
    }
}

fn bare(source: &Listed, name: &Dataset) -> Listed {
    Listed { name: name.clone(), snapshots: Vec::new(), bookmarks: Vec::new(), ..source.clone() }
}

/// The target as it will be once a plan is carried out.
#[must_use]
pub fn after(source: &Listed, target: Option<&Listed>, copying: &Copying) -> Listed {
    let gone = copying
        .before
        .iter()
        .any(|one| matches!(one, Preparation::SetAside(_) | Preparation::Recreate(_)));
    let mut after =
        target.filter(|_| !gone).cloned().unwrap_or_else(|| bare(source, &copying.target));
    after.name = copying.target.clone();
    for one in &copying.before {
        if let Preparation::Rollback { destroys, .. } = one {
            after.snapshots.retain(|there| !destroys.iter().any(|gone| gone.guid == there.guid));
        }
    }
    after.snapshots.extend(arriving(source, copying).cloned().map(|one| Snapshot {
        holds: 0,
        clones: Vec::new(),
        ..one
    }));
    after
}

/// The snapshots that a plan brings to the target.
fn arriving<'a>(source: &'a Listed, copying: &'a Copying) -> impl Iterator<Item = &'a Snapshot> {
    let brings = |step: &'a Step| -> Vec<&'a Snapshot> {
        match step {
            Step::Resume(token) => {
                token.toguid.and_then(|guid| source.snapshot(guid)).into_iter().collect()
            }
            Step::Package { from, to, .. } => {
                let within = |one: &&Snapshot| {
                    one.createtxg > from.createtxg && one.createtxg <= to.createtxg
                };
                source.snapshots.iter().filter(within).collect()
            }
            step => step.to().into_iter().collect(),
        }
    };
    copying.steps.iter().flat_map(brings)
}

/// Where an edge's lock is kept: above its target, so that it outlives what happens to the target itself.
#[must_use]
pub fn lock_place(target: &Place, survey: &Survey) -> Dataset {
    match survey.listing.above(&target.dataset) {
        Some(above) => above.name.clone(),
        None => target.dataset.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::zfs::replication::tests::{dataset, edge, modern, words};

    fn survey(all: &[(&str, &str)]) -> Survey {
        let listed = all.iter().map(|(name, words)| dataset(name, words));
        let listing = Listing { datasets: listed.map(|one| (one.name.clone(), one)).collect() };
        Survey { listing, ..Survey::default() }
    }

    fn shown(plan: &EdgePlan) -> Vec<String> {
        let part = |part: &Part| {
            let parents: Vec<&str> = part.parents.iter().map(Dataset::as_str).collect();
            let what = match &part.copying {
                Ok(copying) => words(copying),
                Err(refusal) => format!("refused: {refusal}"),
            };
            format!("{} [{}] {what}", part.target, parents.join(","))
        };
        plan.parts.iter().map(part).collect()
    }

    fn recursive() -> Edge {
        Edge { recursive: true, ..edge("pa/d", "pb/x/d") }
    }

    #[test]
    fn s40_each_dataset_has_its_own_plan() {
        let source = survey(&[
            ("pa/d", "a:1"),
            ("pa/d/c", "a:2 b:3"),
            ("pa/d/none", ""),
            ("pa/d/none/deep", "a:4"),
        ]);
        let target = survey(&[
            ("pb", ""),
            ("pb/x", ""),
            ("pb/x/d", "a:1"),
            ("pb/x/d/gone", "org.tank:source=9"),
        ]);
        let plan = plan_edge(&recursive(), &source, &target, &Known::default());
        assert_eq!(
            shown(&plan),
            ["pb/x/d [] ", "pb/x/d/c [] full a; @a..b", "pb/x/d/none/deep [pb/x/d/none] full a"]
        );
        assert_eq!(plan.warnings, ["pb/x/d/gone is kept: its source is gone"]);
    }

    #[test]
    fn s39_a_clone_of_what_this_run_brings_keeps_its_origin() {
        let source =
            survey(&[("pa/d", "a:1"), ("pa/d/a", "y:3 origin=pa/d/z@x"), ("pa/d/z", "x:2")]);
        let target = Survey { programs: modern(), ..survey(&[("pb", "")]) };
        let plan = plan_edge(&recursive(), &source, &target, &Known::default());
        assert_eq!(
            shown(&plan),
            [
                "pb/x/d [pb/x] full a",
                "pb/x/d/z [] full x",
                "pb/x/d/a [] clone pa/d/z@x as pb/x/d/z@x y"
            ]
        );
    }

    #[test]
    fn s06_a_renamed_dataset_is_not_sent_again() {
        let source = survey(&[
            ("pa/d", "a:1"),
            ("pa/d/new", "guid=7 a:2 b:3"),
            ("pa/d/new/c", "guid=8 a:5"),
        ]);
        let there = [
            ("pb/x/d", "a:1"),
            ("pb/x/d/old", "org.tank:source=7 a:2"),
            ("pb/x/d/old/c", "org.tank:source=8 a:5"),
        ];
        let plan = plan_edge(&recursive(), &source, &survey(&there), &Known::default());
        assert!(
            shown(&plan)[1].contains("refused: the dataset was renamed: its copy is pb/x/d/old")
        );
        let mut edge = recursive();
        edge.policy.follow_renames = true;
        let plan = plan_edge(&edge, &source, &survey(&there), &Known::default());
        assert_eq!(shown(&plan)[1..], ["pb/x/d/new [] @a..b", "pb/x/d/new/c [] "]);
        assert_eq!(plan.parts[1].rename, Some(Dataset::new("pb/x/d/old").unwrap()));
    }

    #[test]
    fn s46_a_chain_goes_on_without_its_middle() {
        let edge = edge("pa/d", "pc/d");
        let plan = plan_edge(
            &edge,
            &survey(&[("pa/d", "a:1 b:2")]),
            &survey(&[("pc", ""), ("pc/d", "a:1")]),
            &Known::default(),
        );
        assert_eq!(shown(&plan), ["pc/d [] @a..b"]);
    }

    #[test]
    fn a_source_that_is_not_there() {
        let plan = plan_edge(
            &edge("pa/d", "pb/d"),
            &survey(&[]),
            &survey(&[("pb", "")]),
            &Known::default(),
        );
        assert_eq!(shown(&plan), ["pb/d [] refused: the source is not there"]);
    }
}
