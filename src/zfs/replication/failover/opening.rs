//! What makes the target usable: writable, in its place, mounted.

use super::{Ends, Fence, Pair, Takeover, Was, Wish};
use crate::zfs::listing::Listed;
use crate::zfs::replication::edge::Edge;
use crate::zfs::replication::marks;
use crate::zfs::survey::Survey;

/// What the target still lacks to be used.
pub(super) fn settle(edge: &Edge, ends: &Ends<'_>, wish: &Wish, plan: &mut Takeover) {
    let pairs = ends.pairs(edge);
    let copy = |to: &&Listed| to.property(marks::SOURCE).is_some();
    let copies = pairs.iter().filter_map(|pair| pair.target).filter(copy);
    plan.forget = copies.map(|to| to.name.clone()).collect();
    for pair in &pairs {
        let Some(to) = pair.target.filter(|to| !to.snapshots.is_empty()) else { continue };
        if let Some(was) = restored(pair, to) {
            plan.restore.push((to.name.clone(), was));
        }
    }
    if !wish.mount {
        return;
    }
    if let Some(wanted) = &wish.mountpoint {
        let top = ends.target.listing.datasets.get(&edge.target.dataset);
        let other = |top: &&Listed| top.property("mountpoint") != Some(wanted) && !top.volume;
        plan.mountpoint = top.filter(other).map(|top| (top.name.clone(), wanted.clone()));
    }
    for pair in &pairs {
        let Some(to) = pair.target.filter(|to| !to.volume && !to.snapshots.is_empty()) else {
            continue;
        };
        let wanted = can_mount(pair, to);
        if to.property("canmount") != Some(wanted) {
            plan.canmount.push((to.name.clone(), wanted.to_owned()));
        }
        if wanted == "on" && to.property("mounted") == Some("no") {
            mounted(ends.target, pair, to, plan);
        }
    }
}

/// How a dataset of the target becomes as writable as its source was.
fn restored(pair: &Pair<'_>, to: &Listed) -> Option<Was> {
    if let Some(fence) = Fence::of(to) {
        return Some(fence.was);
    }
    let meant = pair.source.is_some_and(|source| match Fence::of(source) {
        Some(fence) => fence.was == Was::On,
        None => source.property("readonly") == Some("on"),
    });
    (to.property("readonly") == Some("on") && !meant).then_some(Was::Off)
}

fn can_mount<'a>(pair: &Pair<'a>, to: &'a Listed) -> &'a str {
    let own = to.property("canmount").unwrap_or("on");
    match pair.source.and_then(|source| source.property("canmount")) {
        Some(source) => source,
        // A copy was told not to be mounted by itself; what it was before nobody knows.
        None if own == "noauto" && to.property(marks::SOURCE).is_some() => "on",
        None => own,
    }
}

fn mounted(target: &Survey, pair: &Pair<'_>, to: &Listed, plan: &mut Takeover) {
    let name = &to.name;
    let place = match &plan.mountpoint {
        Some((top, place)) if top == name => Some(place.as_str()),
        _ => to.property("mountpoint"),
    };
    let was = pair.source.and_then(|source| source.property("mountpoint"));
    let was = was.map(|was| format!(" (its source: {was})")).unwrap_or_default();
    match place {
        Some(place) if !place.starts_with('/') => {
            plan.notes.push(format!("{name} is not mounted: its mountpoint is {place}{was}"));
        }
        _ if to.property("keystatus") == Some("unavailable") => {
            plan.notes.push(format!("{name} is not mounted: its key is not loaded"));
        }
        _ if target.uid != 0 => {
            plan.notes.push(format!("{name} is not mounted: only root can (zfs mount {name})"));
        }
        _ => plan.mount.push(name.clone()),
    }
}
