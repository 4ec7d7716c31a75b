//! The rules of a policy.

use std::collections::BTreeMap;

use super::keep::Keep;
use super::reason::{Reason, Warning};
use super::{is_ours, stays};
use crate::zfs::calendar::Period;
use crate::zfs::listing::Snapshot;
use crate::zfs::span::{SKEW, Span};

/// What the policy says of each snapshot (they are ordered), and what the owner should hear.
pub(super) fn judge(
    keep: &Keep,
    ordered: &[&Snapshot],
    now: i64,
) -> (Vec<Vec<Reason>>, Vec<Warning>) {
    let mut found: Vec<Vec<Reason>> =
        ordered.iter().map(|snapshot| standing(keep, snapshot, now)).collect();
    let mut warnings = Vec::new();
    // The places of those the rules count, the newest first. One from the future must not use up a bucket.
    let counted: Vec<usize> = (0..ordered.len()).rev().filter(|at| found[*at].is_empty()).collect();
    let ours = found.iter().rposition(|reasons| is_ours(reasons));
    for (snapshot, reasons) in ordered.iter().zip(&found) {
        if is_ours(reasons) && !reasons.is_empty() {
            let seconds = snapshot.creation.saturating_sub(now);
            warnings.push(Warning::Future { name: snapshot.name.clone(), seconds });
        }
    }
    let newest = [ours, counted.first().copied()];
    let reference = reference(keep, ordered, &counted, now);
    if reference < now && (keep.within.is_some() || keep.min_age.is_some()) {
        warnings.push(Warning::Behind { reference });
    }
    count(keep, &counted, &mut found);
    for period in Period::ALL {
        buckets(keep, period, ordered, &counted, &mut found);
    }
    for at in &counted {
        let age = reference.saturating_sub(ordered[*at].creation);
        found[*at].extend(by_age_and_name(keep, ordered[*at], age));
    }
    mark_newest(newest, &mut found);
    (found, warnings)
}

/// The newest of ours, and the newest of those that are not from the future.
fn mark_newest(newest: [Option<usize>; 2], found: &mut [Vec<Reason>]) {
    for at in newest.into_iter().flatten() {
        if !found[at].contains(&Reason::Newest) {
            found[at].insert(0, Reason::Newest);
        }
    }
}

/// What takes a snapshot out of the count before any rule.
fn standing(keep: &Keep, snapshot: &Snapshot, now: i64) -> Vec<Reason> {
    match keep.scope.holds(&snapshot.name) {
        Err(why) => vec![Reason::Foreign, Reason::Unclear(why)],
        Ok(false) => vec![Reason::Foreign],
        Ok(true) if snapshot.creation > now.saturating_add(SKEW) => vec![Reason::Future],
        Ok(true) => Vec::new(),
    }
}

/// The time ages count from: not further ahead of the newest snapshot than a period, so that a clock that jumped ahead or a
/// machine that was off ages nothing.
fn reference(keep: &Keep, ordered: &[&Snapshot], counted: &[usize], now: i64) -> i64 {
    let newest = counted.iter().map(|at| ordered[*at].creation).max();
    newest.map_or(now, |newest| now.min(newest.saturating_add(keep.period())))
}

fn count(keep: &Keep, counted: &[usize], found: &mut [Vec<Reason>]) {
    for (place, at) in (1..=keep.last).zip(counted) {
        found[*at].push(Reason::Last { place, of: keep.last });
    }
}

fn buckets(
    keep: &Keep,
    period: Period,
    ordered: &[&Snapshot],
    counted: &[usize],
    found: &mut [Vec<Reason>],
) {
    let of = keep.count(period);
    if of == 0 {
        return;
    }
    let mut newest = BTreeMap::new();
    for at in counted {
        newest.entry(period.bucket(&keep.zone, ordered[*at].creation)).or_insert(*at);
    }
    for (place, at) in (1..=of).zip(newest.values().rev()) {
        found[*at].push(Reason::Bucket { period, place, of });
    }
}

fn by_age_and_name(keep: &Keep, snapshot: &Snapshot, age: i64) -> Vec<Reason> {
    let young = |span: &Span| !span.is_zero() && age <= span.seconds();
    let mut found = Vec::new();
    found.extend(keep.within.filter(young).map(Reason::Within));
    if let Some(pattern) = &keep.regex {
        match pattern.matches(&snapshot.name) {
            Ok(true) => found.push(Reason::Matches(pattern.as_str().to_owned())),
            Ok(false) => {}
            Err(why) => found.push(Reason::Unclear(why)),
        }
    }
    let guid = snapshot.guid.0.to_string();
    if keep.bases.iter().any(|base| *base == snapshot.name || *base == guid) {
        found.push(Reason::Base);
    }
    found.extend(keep.min_age.filter(young).map(Reason::MinAge));
    found
}

/// Fills up to `min_count` with the newest of those that would go. One from the future does not count as left.
pub(super) fn fill(keep: &Keep, found: &mut [Vec<Reason>]) {
    let counts = |reasons: &Vec<Reason>| {
        is_ours(reasons) && stays(reasons) && !reasons.contains(&Reason::Future)
    };
    let left = found.iter().filter(|reasons| counts(reasons)).count();
    let missing = (keep.min_count as usize).saturating_sub(left);
    let going = found.iter_mut().rev().filter(|reasons| !stays(reasons));
    for reasons in going.take(missing) {
        reasons.push(Reason::MinCount(keep.min_count));
    }
}
