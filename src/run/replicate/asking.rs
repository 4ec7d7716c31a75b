//! Questions behind the survey: what tokens say, and what streams would weigh.

use crate::spec::{Host, Probe};
use crate::zfs::capability::Capability;
use crate::zfs::name::Dataset;
use crate::zfs::replication::edge::Edge;
use crate::zfs::replication::plan::{Copying, Step};
use crate::zfs::replication::token::{self, TokenAnswer};
use crate::zfs::replication::whole::EdgePlan;
use crate::zfs::survey::Survey;
use std::collections::BTreeMap;

/// Asks the source about the tokens of an edge's copies.
pub async fn tokens(
    edge: &Edge,
    source: &dyn Host,
    target: &Survey,
) -> Result<BTreeMap<Dataset, TokenAnswer>, String> {
    let copies =
        target.listing.datasets.values().filter(|one| edge.target.dataset.contains(&one.name));
    let found: Vec<(&Dataset, &str)> =
        copies.filter_map(|one| Some((&one.name, one.property("receive_resume_token")?))).collect();
    if found.is_empty() {
        return Ok(BTreeMap::new());
    }
    let probe = Probe::new("replicate_tokens", include_str!("tokens.sh"))
        .words(found.iter().map(|(_, token)| *token));
    let answer = source.probe(probe.heavy().isolated()).await.map_err(|error| error.to_string())?;
    let text = answer.text();
    let mut answers = Vec::new();
    let mut open = String::new();
    for line in text.lines() {
        match line.strip_prefix("=token ") {
            Some(code) => {
                answers.push(token::read(&std::mem::take(&mut open), code.parse().unwrap_or(1)))
            }
            None => {
                open.push_str(line);
                open.push('\n');
            }
        }
    }
    if answers.len() != found.len() {
        return Err("the source did not say what the tokens are".to_owned());
    }
    Ok(found.into_iter().map(|(name, _)| name.clone()).zip(answers).collect())
}

/// Asks the source what the streams of a plan would weigh, by dataset of the target and step. Nothing for hosts that can't
/// say.
pub async fn sizes(
    source: &dyn Host,
    can: &Capability,
    plan: &EdgePlan,
) -> Result<BTreeMap<String, Vec<Option<u64>>>, String> {
    let copies: Vec<&Copying> =
        plan.parts.iter().filter_map(|part| part.copying.as_ref().ok()).collect();
    let words: Vec<String> =
        copies.iter().flat_map(|one| one.steps.iter().flat_map(|step| words(one, step))).collect();
    if words.is_empty() || !(can.sends('n') && can.sends('P')) {
        return Ok(BTreeMap::new());
    }
    let probe = Probe::new("replicate_estimate", include_str!("estimate.sh")).words(words);
    let answer = source.probe(probe.heavy().isolated()).await.map_err(|error| error.to_string())?;
    let text = answer.text();
    // An estimate may be off by anything, and on a resumed stream wrap around below zero.
    let sane = |size: &u64| *size < 1 << 62;
    let mut sizes = text
        .lines()
        .map(|line| line.strip_prefix("size ").and_then(|size| size.parse().ok()).filter(sane));
    let mut all = BTreeMap::new();
    for copying in copies {
        let of = |step: &Step| match step {
            Step::Resume(token) => token.remaining.filter(sane),
            _ => sizes.next().flatten(),
        };
        all.insert(copying.target.to_string(), copying.steps.iter().map(of).collect());
    }
    Ok(all)
}

fn words(copying: &Copying, step: &Step) -> Vec<String> {
    let name = |suffix: String| format!("{}{suffix}", copying.source);
    let four = |kind: &str, base: String, to: &str| {
        vec![kind.to_owned(), copying.flags.send.clone(), base, name(format!("@{to}"))]
    };
    match step {
        Step::Resume(_) => Vec::new(),
        Step::Full(to) => four("full", String::new(), &to.name),
        Step::Clone { origin, to, .. } => four("from", origin.clone(), &to.name),
        Step::Increment { from, to } => four("from", name(from.suffix()), &to.name),
        Step::Package { from, to, .. } => four("all", name(format!("@{}", from.name)), &to.name),
    }
}
