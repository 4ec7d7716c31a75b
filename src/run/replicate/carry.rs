//! Carries one dataset's plan out.

use super::edge::Way;
use super::marks::{self, script};
use super::transfer::{self, Trouble};
use super::{PartEnd, Told};
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
    if copying.steps.is_empty() && copying.before.is_empty() && part.rename.is_none() {
        return repair(way, part, end).await;
    }
    end.changed = true;
    prepare(way, part, copying).await.map_err(Trouble::of)?;
    let listed = way.source().survey.listing.datasets.get(&part.source);
    let listed = listed.ok_or_else(|| Trouble::of("the source is gone"))?;
    let Some(last) = last(listed, copying) else { return Ok(()) };
    let held = to_hold(listed, copying);
    let tag = names::hold(&way.link.edge);
    let source = way.source().host.as_ref();
    let bookmark = bookmark(way, part, &last);
    let mark = bookmark.as_ref().map(|mark| (last.name.clone(), mark.name.clone()));
    marks::protect(source, &tag, &part.source, mark.as_ref(), held.clone())
        .await
        .map_err(Trouble::of)?;
    stream(way, copying, end).await?;
    if part_is_new(way, part) {
        check_first(way, part, copying, listed).await?;
    }
    let kept = settling(way, part, copying, &last, bookmark, &held);
    let arrived = Some((last.name.as_str(), last.guid));
    let target = way.target().host.as_ref();
    marks::settle_target(target, &tag, &part.target, arrived, &kept).await.map_err(Trouble::of)?;
    marks::settle_source(source, &tag, &part.source, &kept).await.map_err(Trouble::of)
}

async fn repair(way: &Way<'_>, part: &Part, end: &mut PartEnd) -> Result<(), Trouble> {
    if part.repair.is_empty() {
        return Ok(());
    }
    end.changed = true;
    let tag = names::hold(&way.link.edge);
    let source = (way.source().host.as_ref(), &part.source);
    let target = (way.target().host.as_ref(), &part.target);
    marks::repair(source, target, &tag, &part.repair).await.map_err(Trouble::of)
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

fn part_is_new(way: &Way<'_>, part: &Part) -> bool {
    let there = way.target().survey.listing.datasets.get(&part.target);
    there.is_none_or(|there| there.snapshots.is_empty()) && part.rename.is_none()
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

async fn prepare(way: &Way<'_>, part: &Part, copying: &Copying) -> Result<(), String> {
    let target = way.target().host.as_ref();
    let text = include_str!("prepare.sh");
    let run = |words: Vec<String>| script(target, text, words);
    let dataset = part.target.to_string();
    if let Some(was) = &part.rename {
        run(vec!["rename".to_owned(), was.to_string(), dataset.clone()]).await?;
    }
    if !part.parents.is_empty() {
        let mut words = vec!["parents".to_owned(), names::PLACEHOLDER.to_owned()];
        words.extend(part.parents.iter().map(ToString::to_string));
        run(words).await?;
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
        run(words).await?;
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
        let sides = (way.source(), way.target());
        end.bytes +=
            transfer::send(way.job, &way.link.edge.id, sides, words, copying, size).await?;
        end.streams += 1;
    }
    Ok(())
}

/// A new copy: sets what `receive` could not, and looks whether all of it is as it was to be.
async fn check_first(
    way: &Way<'_>,
    part: &Part,
    copying: &Copying,
    source: &Listed,
) -> Result<(), Trouble> {
    let target = way.target().host.as_ref();
    if !copying.flags.set_later.is_empty() {
        let mut words = vec!["set".to_owned(), part.target.to_string()];
        words.extend(copying.flags.set_later.iter().map(|(name, value)| format!("{name}={value}")));
        script(target, include_str!("prepare.sh"), words).await.map_err(Trouble::of)?;
    }
    let found = super::survey::ask(target, std::iter::once(&part.target), &[&way.link.edge])
        .await
        .map_err(Trouble::of)?;
    let listed = found
        .listing
        .datasets
        .get(&part.target)
        .ok_or_else(|| Trouble::of("the copy is not there"))?;
    let wrong = crypt::after(source, listed, &way.link.edge.policy)
        .or_else(|| transfer::unset(copying, listed));
    wrong.map_or(Ok(()), |text| Err(Trouble { failure: crate::zfs::message::Failure::Other, text }))
}
