//! Python's version numbers, PEP 440.

use crate::base::regex::{Found, python};
use std::cmp::Ordering;

const PATTERN: &str = r"\s*v?(?:(?P<epoch>[0-9]+)!)?(?P<release>[0-9]+(?:\.[0-9]+)*)(?:[-_\.]?(?P<pre>alpha|a|beta|b|preview|pre|c|rc)[-_\.]?(?P<pre_n>[0-9]+)?)?(?P<post>-(?P<post_n1>[0-9]+)|[-_\.]?(?:post|rev|r)[-_\.]?(?P<post_n2>[0-9]+)?)?(?P<dev>[-_\.]?dev[-_\.]?(?P<dev_n>[0-9]+)?)?(?:\+(?P<local>[a-z0-9]+(?:[-_\.][a-z0-9]+)*))?\s*";

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Local {
    Text(String),
    Number(u64),
}

/// What versions are ordered by, in this order.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Version {
    epoch: u64,
    release: Vec<u64>,
    /// 0 for a mere development release, 1 with its letter for a pre-release, 2 for a release.
    stage: (u8, char, u64),
    /// 0 for none.
    post: u64,
    dev: u64,
    local: Vec<Local>,
}

fn read(text: &str) -> Result<Version, String> {
    let regex = python(PATTERN, "i")?;
    let found = regex.match_whole(text)?.ok_or_else(|| format!("Invalid version: '{text}'"))?;
    let number = |name: &str| found.named(name).and_then(|n| n.parse::<u64>().ok());
    let release = found.named("release").unwrap_or_default();
    let mut release: Vec<u64> = release.split('.').map(|n| n.parse().unwrap_or(u64::MAX)).collect();
    while release.len() > 1 && release.last() == Some(&0) {
        release.pop();
    }
    let post = found.named("post").map(|_| number("post_n1").or(number("post_n2")).unwrap_or(0));
    let dev = found.named("dev").map(|_| number("dev_n").unwrap_or(0));
    Ok(Version {
        epoch: number("epoch").unwrap_or(0),
        release,
        stage: stage(&found, number("pre_n").unwrap_or(0), post, dev),
        post: post.map_or(0, |n| n.saturating_add(1)),
        dev: dev.unwrap_or(u64::MAX),
        local: local(found.named("local")),
    })
}

fn stage(found: &Found, number: u64, post: Option<u64>, dev: Option<u64>) -> (u8, char, u64) {
    match found.named("pre").map(str::to_lowercase).as_deref() {
        Some("a" | "alpha") => (1, 'a', number),
        Some("b" | "beta") => (1, 'b', number),
        Some(_) => (1, 'c', number),
        None if post.is_none() && dev.is_some() => (0, ' ', 0),
        None => (2, ' ', 0),
    }
}

fn local(text: Option<&str>) -> Vec<Local> {
    let part = |part: &str| match part.parse() {
        Ok(number) => Local::Number(number),
        Err(_) => Local::Text(part.to_lowercase()),
    };
    text.map(|text| text.split(['-', '_', '.']).map(part).collect()).unwrap_or_default()
}

/// How two versions compare.
pub fn compare(a: &str, b: &str) -> Result<Ordering, String> {
    Ok(read(a)?.cmp(&read(b)?))
}
