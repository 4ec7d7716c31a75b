//! What a host answered when it was asked for everything that replication needs (`run/replicate/survey.sh`).

use super::capability::{Capability, Release, letters};
use super::legs::Tools;
use super::listing::{Listing, ListingError};
use super::message;
use super::name::Dataset;
use super::replication::rights::User;
use std::collections::{BTreeMap, BTreeSet};

/// Properties that are asked for, for releases with encryption; our own come behind them.
pub const NEW: &str = "type,guid,createtxg,creation,used,userrefs,origin,clones,written,receive_resume_token,readonly,\
encryption,encryptionroot,keystatus,recordsize,volblocksize,volsize,available,referenced,canmount,mounted,compression";
/// For releases with features, but without encryption.
pub const MIDDLE: &str = "type,guid,createtxg,creation,used,userrefs,origin,clones,written,readonly,recordsize,\
volblocksize,volsize,available,referenced,canmount,mounted,compression";
/// For pools of numbered versions.
pub const OLD: &str = "type,guid,createtxg,creation,used,userrefs,origin,readonly,recordsize,volblocksize,volsize,\
available,referenced,canmount,mounted";

/// A pool.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pool {
    /// Its properties.
    pub properties: BTreeMap<String, String>,
}

impl Pool {
    /// A property.
    #[must_use]
    pub fn property(&self, name: &str) -> Option<&str> {
        self.properties.get(name).map(String::as_str)
    }

    fn features(&self) -> Vec<String> {
        let on = self
            .properties
            .iter()
            .filter(|(_, value)| matches!(value.as_str(), "enabled" | "active"));
        on.filter_map(|(name, _)| Some(name.strip_prefix("feature@")?.to_owned())).collect()
    }
}

/// What one host has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Survey {
    /// Its clock, seconds since 1970.
    pub now: i64,
    /// The user's number.
    pub uid: u32,
    /// The user's names.
    pub user: User,
    /// All datasets that were asked for and those above them.
    pub listing: Listing,
    /// Datasets that were asked for and are not there.
    pub missing: BTreeSet<Dataset>,
    /// Tags of holds by full name of the snapshot.
    pub holds: BTreeMap<String, Vec<String>>,
    /// Since when, by full name of the snapshot and tag, where that could be told. Read from a clock's face it may be off
    /// by the hour that summer time makes.
    pub held_since: BTreeMap<(String, String), i64>,
    /// How far its clock's face is ahead of UTC, in seconds.
    pub zone: Option<i64>,
    /// What `zfs allow` prints, by dataset; empty for root.
    pub allowed: BTreeMap<Dataset, String>,
    /// Its pools.
    pub pools: BTreeMap<String, Pool>,
    /// Its programs, without any pool's features.
    pub programs: Capability,
    /// What it has for streams.
    pub tools: Tools,
    /// Whether it has an ssh to call other hosts with.
    pub ssh: bool,
    /// Whether the operator's agent is forwarded to it.
    pub agent: bool,
}

impl Survey {
    /// What the host can do in the pool of a dataset.
    #[must_use]
    pub fn capability(&self, dataset: &Dataset) -> Capability {
        let features = self.pools.get(dataset.pool()).map(Pool::features).unwrap_or_default();
        Capability { features, ..self.programs.clone() }
    }

    /// Whether it says of a dataset if that is there, in a pool that is.
    #[must_use]
    pub fn was_asked(&self, dataset: &Dataset) -> bool {
        let listed = &self.listing.datasets;
        let pool = listed.keys().any(|one| one.pool() == dataset.pool());
        pool && (listed.contains_key(dataset) || self.missing.contains(dataset))
    }
}

/// One section: its words, its text.
struct Section<'a> {
    name: &'a str,
    words: &'a str,
    text: String,
}

/// Reads an answer.
///
/// # Errors
/// An answer that is not whole, a listing that failed for another reason than that the dataset is not there.
pub fn read(answer: &str) -> Result<Survey, String> {
    let sections = sections(answer);
    if sections.last().is_none_or(|last| last.name != "done") {
        return Err("the answer is not whole".to_owned());
    }
    let mut survey = Survey::default();
    let mut rows = String::new();
    let mut ends = sections.iter().filter(|section| section.name == "end");
    for section in &sections {
        match section.name {
            "root" | "above" => {
                let end = ends.next().ok_or("a listing has no end")?;
                let name = Dataset::new(section.words)
                    .map_err(|error| format!("{}: {error}", section.words))?;
                if listed(section, end)? {
                    rows.push_str(&section.text);
                } else if section.name == "root" {
                    survey.missing.insert(name);
                }
            }
            _ => survey.take(section)?,
        }
    }
    survey.listing = Listing::parse(&rows).map_err(|error: ListingError| error.to_string())?;
    let origins = sections.iter().filter(|section| section.name == "origins");
    origins.for_each(|section| survey.take_clones(&section.text));
    Ok(survey)
}

fn sections(answer: &str) -> Vec<Section<'_>> {
    let mut all: Vec<Section<'_>> = Vec::new();
    for line in answer.lines() {
        if let Some(head) = line.strip_prefix('=') {
            let (name, words) = head.split_once(' ').unwrap_or((head, ""));
            all.push(Section { name, words, text: String::new() });
        } else if let Some(last) = all.last_mut() {
            last.text.push_str(line);
            last.text.push('\n');
        }
    }
    all
}

/// Whether a listing is whole: false for what is not there.
fn listed(section: &Section<'_>, end: &Section<'_>) -> Result<bool, String> {
    let (code, error) = end.words.split_once(' ').unwrap_or((end.words, ""));
    match code {
        "0" => Ok(true),
        _ if message::is_missing(error) => Ok(false),
        _ => Err(format!("{} could not be listed: {} (rc {code})", section.words, error.trim())),
    }
}

impl Survey {
    fn take(&mut self, section: &Section<'_>) -> Result<(), String> {
        match section.name {
            "host" => {
                let (now, uid) = section.words.split_once(' ').ok_or("no clock")?;
                self.now = now.parse().map_err(|_| format!("the clock says '{now}'"))?;
                self.uid = uid.parse().map_err(|_| format!("the user is '{uid}'"))?;
            }
            "zone" => self.zone = zone(section.words),
            "user" => section.words.clone_into(&mut self.user.name),
            "groups" => self.user.groups = section.words.split(' ').map(str::to_owned).collect(),
            "version" => self.programs.release = Release::read(&section.text),
            "send" => self.programs.send = letters(&section.text),
            "receive" => self.programs.receive = letters(&section.text),
            "bookmark" => self.programs.bookmarks = !section.text.contains("unrecognized command"),
            "tools" => {
                let has = |name: &str| section.text.lines().any(|line| line == name);
                self.tools = Tools { mbuffer: has("mbuffer"), zstd: has("zstd") };
                (self.ssh, self.agent) = (has("ssh"), has("agent"));
            }
            "holds" => self.take_holds(&section.text),
            "pool" => drop(
                self.pools.insert(section.words.to_owned(), pool(section.words, &section.text)),
            ),
            "allow" => {
                if let Ok(name) = Dataset::new(section.words) {
                    self.allowed.insert(name, section.text.clone());
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// `name<tab>origin` of all datasets of a pool whose release has no property `clones`.
    fn take_clones(&mut self, text: &str) {
        for (clone, origin) in text.lines().filter_map(|line| line.split_once('\t')) {
            let (dataset, mark) = super::name::split(origin);
            let owner =
                Dataset::new(dataset).ok().and_then(|one| self.listing.datasets.get_mut(&one));
            let (Some(owner), Some((_, short))) = (owner, mark) else { continue };
            for one in owner.snapshots.iter_mut().filter(|one| one.name == short) {
                if !one.clones.iter().any(|known| known == clone) {
                    one.clones.push(clone.to_owned());
                }
            }
        }
    }

    fn take_holds(&mut self, text: &str) {
        for line in text.lines() {
            let mut fields = line.split('\t');
            if let (Some(name), Some(tag)) = (fields.next(), fields.next()) {
                self.holds.entry(name.to_owned()).or_default().push(tag.to_owned());
                let since = fields.next().and_then(|time| held_since(time, self.zone));
                if let Some(since) = since {
                    self.held_since.insert((name.to_owned(), tag.to_owned()), since);
                }
            }
        }
    }
}

/// `+0130` in seconds.
fn zone(text: &str) -> Option<i64> {
    let (sign, digits) = match text.as_bytes().first()? {
        b'+' => (1, text.get(1..)?),
        b'-' => (-1, text.get(1..)?),
        _ => return None,
    };
    if digits.len() != 4 || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let number: i64 = digits.parse().ok()?;
    Some(sign * (number / 100 * 3_600 + number % 100 * 60))
}

/// Seconds since 1970, or what a clock shows: `Mon Nov 23 12:04 2026`.
fn held_since(text: &str, zone: Option<i64>) -> Option<i64> {
    let text = text.trim();
    if let Ok(seconds) = text.parse() {
        return Some(seconds);
    }
    let shown = jiff::civil::DateTime::strptime("%a %b %d %H:%M %Y", text).ok()?;
    let shown = jiff::tz::TimeZone::UTC.to_timestamp(shown).ok()?.as_second();
    Some(shown - zone?)
}

/// `property<tab>value`, or the table of old releases: pool, property, value, source.
fn pool(name: &str, text: &str) -> Pool {
    let line = |line: &str| match line.split_once('\t') {
        Some((property, value)) => Some((property.to_owned(), value.to_owned())),
        None => {
            let mut words = line.strip_prefix(name)?.split_whitespace();
            Some((words.next()?.to_owned(), words.next()?.to_owned()))
        }
    };
    Pool { properties: text.lines().filter_map(line).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Recorded from zfs-fuse by the script itself.
    const FUSE: &str = include_str!("../../tests/fixtures/zfs/survey/zfs-fuse");

    #[test]
    fn an_old_pool() {
        let survey = read(FUSE).unwrap();
        assert!(survey.now > 1_700_000_000 && survey.uid == 0);
        assert_eq!(
            (survey.user.name.as_str(), survey.user.groups.as_slice()),
            ("root", &["root".to_owned()][..])
        );
        let name = |text: &str| Dataset::new(text).unwrap();
        let capability = survey.capability(&name("qa/d"));
        assert_eq!(capability.release, Release(0, 0, 0));
        assert!(!capability.marks() && !capability.resumes() && capability.sends('I'));
        let d = &survey.listing.datasets[&name("qa/d")];
        assert_eq!(d.snapshots.len(), 3);
        assert_eq!(d.snapshots[0].holds, 1);
        assert_eq!(d.snapshots[0].written, None);
        assert_eq!(survey.missing, [name("qa/none/x")].into());
        assert_eq!(survey.listing.above(&name("qa/none/x")).unwrap().name, name("qa"));
        assert_eq!(survey.pools["qa"].property("health"), Some("ONLINE"));
    }

    #[test]
    fn what_a_host_has_for_streams() {
        let tools = |words: &str| {
            let survey = read(&format!("=host 5 0\n=tools\n{words}=done\n")).unwrap();
            (survey.tools, survey.ssh, survey.agent)
        };
        let zstd = Tools { zstd: true, mbuffer: false };
        assert_eq!(tools("ssh\nzstd\n"), (zstd, true, false));
        assert_eq!(tools("agent\n"), (Tools::default(), false, true));
    }

    #[test]
    fn since_when_snapshots_are_held() {
        let texts = [
            ("1795435499", Some(1_795_435_499)),
            ("Mon Nov 23 12:04 2026", Some(1_795_435_440 - 5_400)),
            ("Sun Nov  1 02:03 2026", Some(1_793_498_580 - 5_400)),
            ("yesterday", None),
        ];
        for (text, since) in texts {
            assert_eq!(held_since(text, zone("+0130")), since, "{text}");
        }
        assert_eq!(zone("-0330"), Some(-12_600));
        for bad in ["", "UTC", "+1", "0130", "+01x0", "+é0"] {
            assert_eq!(zone(bad), None, "{bad}");
        }
        assert_eq!(held_since("Mon Nov 23 12:04 2026", None), None);
        let survey = read(
            "=host 5 0\n=zone +0000\n=holds p\np@a\tt u\t7\np@b\tt\tMon Nov 23 12:04 2026\n=done\n",
        )
        .unwrap();
        assert_eq!(survey.holds["p@a"], ["t u"]);
        let since: Vec<i64> = survey.held_since.values().copied().collect();
        assert_eq!(since, [7, 1_795_435_440]);
    }

    #[test]
    fn clones_elsewhere_in_an_old_pool() {
        let last = "=done\n";
        let more =
            FUSE.replace(last, "=origins qa\nqa\t-\nqa/c\tqa/d@LAST\nqa/x\tqa/gone@s\n=done\n");
        let name = Dataset::new("qa/d").unwrap();
        let short = read(FUSE).unwrap().listing.datasets[&name].snapshots[1].name.clone();
        let survey = read(&more.replace("LAST", &short)).unwrap();
        assert_eq!(survey.listing.datasets[&name].snapshots[1].clones, ["qa/c"]);
    }

    #[test]
    fn half_an_answer_is_none() {
        let cut = &FUSE[..FUSE.len() - 6];
        assert_eq!(read(cut), Err("the answer is not whole".to_owned()));
        let failed = FUSE.replace(
            "=end 0 ",
            "=end 1 cannot open: Please make sure that the zfs-fuse daemon is running.",
        );
        assert!(read(&failed).unwrap_err().contains("could not be listed"));
    }
}
