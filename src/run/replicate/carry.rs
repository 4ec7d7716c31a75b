//! Carries one dataset's plan out.

use super::edge::Way;
use super::marks::{self, change, changing};
use super::transfer::{self, Trouble};
use super::{PartEnd, Told, passage};
use crate::zfs::listing::{Bookmark, Listed, Snapshot};
use crate::zfs::replication::crypt;
use crate::zfs::replication::keeping::{Holds, Keeping, keeping};
use crate::zfs::replication::plan::{Copying, Preparation, Step};
use crate::zfs::replication::whole::Part;
use crate::zfs::replication::{marks as names, whole};

/// Does what is planned for one dataset; tries again, with a new plan, when a stream is cut.
pub async fn part(way: &mut Way<'_>, part: &Part) -> PartEnd {
    let mut end = PartEnd {
        target: part.target.to_string(),
        changed: false,
        streams: 0,
        bytes: 0,
        error: None,
    };
    let mut part = part.clone();
    let mut left = way.job.retries;
    loop {
        let copying = match &part.copying {
            Ok(copying) => copying.clone(),
            Err(refusal) => {
                end.error = Some((refusal.to_string(), refusal.hint()));
                return end;
            }
        };
        let Err(trouble) = once(way, &part, &copying, &mut end).await else { return end };
        if left == 0 || !trouble.failure.is_passing() {
            end.error = Some((trouble.text, None));
            return end;
        }
        left -= 1;
        (way.job.tell)(Told::Line(format!("{}: {}; looking again", part.target, trouble.text)));
        match way.again(&part).await {
            Ok(next) => part = next,
            Err(text) => {
                end.error = Some((text, None));
                return end;
            }
        }
    }
}

async fn once(
    way: &Way<'_>,
    part: &Part,
    copying: &Copying,
    end: &mut PartEnd,
) -> Result<(), Trouble> {
    prepare(way, part, copying, &mut end.changed).await.map_err(Trouble::of)?;
    if copying.steps.is_empty() {
        return repair(way, part, copying, &mut end.changed).await.map_err(Trouble::of);
    }
    let listed = way.source().survey.listing.datasets.get(&part.source);
    let listed = listed.ok_or_else(|| Trouble::of("the source is gone"))?;
    let last = last(listed, copying).ok_or_else(|| Trouble::of("the source's snapshot is gone"))?;
    let held = to_hold(listed, copying);
    let tag = names::hold(&way.link.edge);
    let source = way.source().host.as_ref();
    let bookmark = bookmark(way, part, &last);
    let mark = bookmark.as_ref().map(|mark| (last.name.clone(), mark.name.clone()));
    marks::protect(source, &tag, &part.source, mark.as_ref(), held.clone(), &mut end.changed)
        .await
        .map_err(Trouble::of)?;
    stream(way, copying, end).await?;
    let changed = &mut end.changed;
    properties(way, part, copying, changed).await?;
    let kept = settling(way, part, copying, &last, bookmark, &held);
    let arrived = Some((last.name.as_str(), last.guid));
    let target = way.target().host.as_ref();
    marks::settle_target(target, &tag, &part.target, arrived, &kept, changed)
        .await
        .map_err(Trouble::of)?;
    marks::settle_source(source, &tag, &part.source, &kept, changed).await.map_err(Trouble::of)
}

/// Nothing is to be sent: puts properties and marks right.
async fn repair(
    way: &Way<'_>,
    part: &Part,
    copying: &Copying,
    changed: &mut bool,
) -> Result<(), String> {
    let target = way.target().host.as_ref();
    marks::set(target, &part.target, &copying.flags.set_later, changed).await?;
    let tag = names::hold(&way.link.edge);
    let source = (way.source().host.as_ref(), &part.source);
    marks::repair(source, (target, &part.target), &tag, &part.repair, changed).await
}

/// The bookmark that the last snapshot gets, where the source's pool has bookmarks.
fn bookmark(way: &Way<'_>, part: &Part, last: &Snapshot) -> Option<Bookmark> {
    way.source().survey.capability(&part.source).marks().then(|| Bookmark {
        name: names::bookmark(&way.link.edge, part.source.as_str(), last.guid),
        guid: last.guid,
        createtxg: last.createtxg,
        creation: last.creation,
    })
}

/// What is held and let go of once the last snapshot is there: as both sides are now.
fn settling(
    way: &Way<'_>,
    part: &Part,
    copying: &Copying,
    last: &Snapshot,
    bookmark: Option<Bookmark>,
    held: &[String],
) -> Keeping {
    let (here, there) = (&way.source().survey, &way.target().survey);
    let Some(listed) = here.listing.datasets.get(&part.source) else { return Keeping::default() };
    let mut holds: Holds = here.holds.clone();
    for name in held {
        let tags = holds.entry(format!("{}@{name}", part.source)).or_default();
        tags.push(names::hold(&way.link.edge));
    }
    let mut marked = listed.clone();
    marked.bookmarks.extend(bookmark);
    let after = whole::after(listed, there.listing.datasets.get(&part.target), copying);
    let can = here.capability(&part.source);
    let sides = ((&marked, &holds), (&after, &there.holds));
    keeping(&way.link.edge, sides.0, sides.1, last.guid, &can, true)
}

/// The last snapshot that the plan brings.
fn last(source: &Listed, copying: &Copying) -> Option<Snapshot> {
    match copying.steps.last()? {
        Step::Resume(token) => source.snapshot(token.toguid?).cloned(),
        step => step.to().cloned(),
    }
}

/// Names of the snapshots of the source that must not go while streams run.
fn to_hold(source: &Listed, copying: &Copying) -> Vec<String> {
    use crate::zfs::replication::base::From;
    let mut names: Vec<String> = Vec::new();
    if let Some(From::Snapshot(from)) = copying.base.as_ref().map(|base| &base.from) {
        names.push(from.name.clone());
    }
    for step in &copying.steps {
        let to = match step {
            Step::Resume(token) => token.toguid.and_then(|guid| source.snapshot(guid)),
            step => step.to(),
        };
        names.extend(to.map(|to| to.name.clone()));
    }
    names
}

async fn prepare(
    way: &Way<'_>,
    part: &Part,
    copying: &Copying,
    changed: &mut bool,
) -> Result<(), String> {
    let target = way.target().host.as_ref();
    let text = changing!("prepare.sh");
    let dataset = part.target.to_string();
    if let Some(was) = &part.rename {
        let words = vec!["rename".to_owned(), was.to_string(), dataset.clone()];
        change(target, text, words, changed).await?;
    }
    if !part.parents.is_empty() {
        let mut words = vec!["parents".to_owned(), names::PLACEHOLDER.to_owned()];
        words.extend(part.parents.iter().map(ToString::to_string));
        change(target, text, words, changed).await?;
    }
    let known = |one: &Snapshot| format!("{}:{}", one.name, one.guid.0);
    for one in &copying.before {
        let mut words = match one {
            Preparation::Abort(_) => vec!["abort".to_owned()],
            Preparation::Rollback { .. } => vec!["rollback".to_owned()],
            Preparation::SetAside(_) => vec!["rename".to_owned()],
            Preparation::Recreate(_) => vec!["recreate".to_owned()],
        };
        words.push(dataset.clone());
        match one {
            Preparation::Abort(_) => {}
            Preparation::Rollback { to, destroys, .. } => {
                words.push(known(to));
                words.extend(destroys.iter().rev().map(known));
            }
            Preparation::SetAside(name) => words.push(name.to_string()),
            Preparation::Recreate(all) => words.extend(all.iter().map(known)),
        }
        change(target, text, words, changed).await?;
    }
    Ok(())
}

async fn stream(way: &Way<'_>, copying: &Copying, end: &mut PartEnd) -> Result<(), Trouble> {
    let there = way.target().survey.listing.datasets.get(&copying.target);
    let token = there.and_then(|there| there.property("receive_resume_token"));
    let none = Vec::new();
    let sizes = way.sizes.get(copying.target.as_str()).unwrap_or(&none);
    for (at, step) in copying.steps.iter().enumerate() {
        let first = at == 0 && copying.base.is_none();
        let words = (
            transfer::send_words(copying, step, token),
            transfer::receive_words(copying, step, first),
        );
        let size = sizes.get(at).copied().flatten();
        end.bytes += passage::send(way, copying, words, size).await?;
        end.streams += 1;
        end.changed = true;
    }
    Ok(())
}

/// Sets what `receive` could not or what is not as it was to be; looks whether a new copy is all that it was to be.
async fn properties(
    way: &Way<'_>,
    part: &Part,
    copying: &Copying,
    changed: &mut bool,
) -> Result<(), Trouble> {
    let target = way.target().host.as_ref();
    let set = marks::set(target, &part.target, &copying.flags.set_later, changed).await;
    set.map_err(Trouble::of)?;
    match copying.base {
        None => check_first(way, part, copying).await,
        Some(_) => Ok(()),
    }
}

async fn check_first(way: &Way<'_>, part: &Part, copying: &Copying) -> Result<(), Trouble> {
    let (target, edge) = (way.target().host.as_ref(), &way.link.edge);
    let found = super::survey::ask(target, std::iter::once(&part.target), &[edge]).await;
    let found = found.map_err(Trouble::of)?;
    let listed = found.listing.datasets.get(&part.target);
    let listed = listed.ok_or_else(|| Trouble::of("the copy is not there"))?;
    let source = way.source().survey.listing.datasets.get(&part.source);
    let wrong = source
        .and_then(|source| crypt::after(source, listed, &edge.policy))
        .or_else(|| transfer::unset(copying, listed));
    wrong.map_or(Ok(()), |text| Err(Trouble { failure: crate::zfs::message::Failure::Other, text }))
}
