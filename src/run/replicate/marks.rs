//! Holds and bookmarks, in the order that never leaves a base unprotected.

use crate::spec::{Command, Host};
use crate::zfs::listing::Guid;
use crate::zfs::name::Dataset;
use crate::zfs::replication::keeping::Keeping;

/// A script with what all that change something have in common.
macro_rules! changing {
    ($name:literal) => {
        concat!(include_str!("attempt.sh"), include_str!($name))
    };
}
pub(super) use changing;

/// Runs one of our scripts; its stderr is the error. `changed` is set when it did anything, also where it failed behind that.
pub async fn change(
    host: &dyn Host,
    text: &str,
    words: Vec<String>,
    changed: &mut bool,
) -> Result<(), String> {
    let head = ["sh", "-c", text, "tank"].map(str::to_owned);
    let answer = host
        .run(Command::new(head.into_iter().chain(words)))
        .await
        .map_err(|error| error.to_string())?;
    *changed |= answer.text().lines().any(|line| line == "did");
    if answer.rc == 0 {
        return Ok(());
    }
    Err(match answer.error_text().trim() {
        "" => format!("exit code {}", answer.rc),
        said => said.to_owned(),
    })
}

/// Holds snapshots of the source and bookmarks one.
pub async fn protect(
    host: &dyn Host,
    tag: &str,
    dataset: &Dataset,
    bookmark: Option<&(String, String)>,
    holds: Vec<String>,
    changed: &mut bool,
) -> Result<(), String> {
    let (snapshot, mark) = bookmark.cloned().unwrap_or_default();
    let mut words = vec![tag.to_owned(), dataset.to_string(), snapshot, mark];
    words.extend(holds);
    change(host, changing!("protect.sh"), words, changed).await
}

/// Sees that a snapshot arrived, holds it, and lets go of older ones on the target.
pub async fn settle_target(
    host: &dyn Host,
    tag: &str,
    dataset: &Dataset,
    arrived: Option<(&str, Guid)>,
    keeping: &Keeping,
    changed: &mut bool,
) -> Result<(), String> {
    let (name, guid) =
        arrived.map(|(name, guid)| (name.to_owned(), guid.0.to_string())).unwrap_or_default();
    let hold = keeping.hold_target.clone().unwrap_or_default();
    let mut words = vec![tag.to_owned(), dataset.to_string(), name, guid, hold];
    words.extend(keeping.release_target.iter().cloned());
    change(host, changing!("settle.sh"), words, changed).await
}

/// Lets go of older holds and bookmarks on the source.
pub async fn settle_source(
    host: &dyn Host,
    tag: &str,
    dataset: &Dataset,
    keeping: &Keeping,
    changed: &mut bool,
) -> Result<(), String> {
    let hold = keeping.hold_source.clone().unwrap_or_default();
    let mut words = vec![tag.to_owned(), dataset.to_string(), String::new(), String::new(), hold];
    words.extend(keeping.release_source.iter().cloned());
    words.push("#".to_owned());
    words.extend(keeping.forget.iter().cloned());
    change(host, changing!("settle.sh"), words, changed).await
}

/// Sets properties of the target, if there are any.
pub async fn set(
    host: &dyn Host,
    dataset: &Dataset,
    properties: &[(String, String)],
    changed: &mut bool,
) -> Result<(), String> {
    if properties.is_empty() {
        return Ok(());
    }
    let mut words = vec!["set".to_owned(), dataset.to_string()];
    words.extend(properties.iter().map(|(name, value)| format!("{name}={value}")));
    change(host, changing!("prepare.sh"), words, changed).await
}

/// Makes right what an earlier run did not come to.
pub async fn repair(
    (source, from): (&dyn Host, &Dataset),
    (target, to): (&dyn Host, &Dataset),
    tag: &str,
    keeping: &Keeping,
    changed: &mut bool,
) -> Result<(), String> {
    if keeping.bookmark.is_some() {
        protect(source, tag, from, keeping.bookmark.as_ref(), Vec::new(), changed).await?;
    }
    if keeping.hold_target.is_some() || !keeping.release_target.is_empty() {
        settle_target(target, tag, to, None, keeping, changed).await?;
    }
    if keeping.hold_source.is_some()
        || !keeping.release_source.is_empty()
        || !keeping.forget.is_empty()
    {
        settle_source(source, tag, from, keeping, changed).await?;
    }
    Ok(())
}
