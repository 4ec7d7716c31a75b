//! What a host's listing says: datasets with their properties, snapshots and bookmarks.

use std::collections::BTreeMap;

use super::name::{self, Dataset};
use super::rows::{self, Properties, Source};

/// A snapshot's identity. It survives sending and renaming; a snapshot that is taken again under the same name has another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Guid(pub u64);

/// A snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// What stands behind the `@`.
    pub name: String,
    /// Its identity on every host.
    pub guid: Guid,
    /// The transaction group it was taken in: the order within one pool, and nothing between pools.
    pub createtxg: u64,
    /// Seconds since 1970 on the clock of the host that took it; survives a receive.
    pub creation: i64,
    /// How many holds it has (0 where the host cannot say).
    pub holds: u32,
    /// Bytes that only this snapshot keeps.
    pub used: u64,
    /// Bytes written between the snapshot before it and this one; none where the host cannot say.
    pub written: Option<u64>,
    /// The clones made of it.
    pub clones: Vec<String>,
}

/// A bookmark: the identity of a snapshot that may be gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bookmark {
    /// What stands behind the `#`.
    pub name: String,
    /// The snapshot's.
    pub guid: Guid,
    /// The snapshot's.
    pub createtxg: u64,
    /// The snapshot's.
    pub creation: i64,
}

/// A dataset with what belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its name.
    pub name: Dataset,
    /// `filesystem` or `volume`.
    pub volume: bool,
    /// Its properties as `-p` prints them; only those that were asked for and that it has.
    pub properties: BTreeMap<String, String>,
    /// Its snapshots by `createtxg`.
    pub snapshots: Vec<Snapshot>,
    /// Its bookmarks by `createtxg`.
    pub bookmarks: Vec<Bookmark>,
}

/// The datasets of a host below some root, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listing {
    /// In the order of their names.
    pub datasets: BTreeMap<Dataset, Listed>,
}

/// A line that is not what was asked for. An incomplete listing must never pass for a short one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListingError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub why: String,
}

impl Listed {
    /// A property's value, if it has one (`-` is none).
    #[must_use]
    pub fn property(&self, name: &str) -> Option<&str> {
        self.properties.get(name).map(String::as_str).filter(|value| *value != "-")
    }

    /// The snapshot of this identity.
    #[must_use]
    pub fn snapshot(&self, guid: Guid) -> Option<&Snapshot> {
        self.snapshots.iter().find(|snapshot| snapshot.guid == guid)
    }
}

impl std::fmt::Display for ListingError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {}: {}", self.line, self.why)
    }
}

impl std::error::Error for ListingError {}

impl Listing {
    /// The properties that [`Listing::parse`] needs of everything; every version of ZFS knows them.
    pub const NEEDED: &'static str = "type,guid,createtxg,creation,used,userrefs,origin";

    /// The nearest dataset above one that is there.
    #[must_use]
    pub fn above(&self, dataset: &Dataset) -> Option<&Listed> {
        let mut above = dataset.parent();
        while let Some(one) = above {
            if let Some(found) = self.datasets.get(&one) {
                return Some(found);
            }
            above = one.parent();
        }
        None
    }

    /// Reads `zfs get -rHp -o name,property,value,source` of at least [`Listing::NEEDED`]. Clones are known by their
    /// origins, where they lie in the listing themselves, and by the property `clones` where it was asked for.
    ///
    /// # Errors
    /// A line that is none, a name that ZFS would not take, a property that is missing or no number.
    pub fn parse(text: &str) -> Result<Self, ListingError> {
        let mut listing = Self::default();
        let mut marks = Vec::new();
        for (full, properties) in rows::by_name(rows::parse(text)?) {
            let (dataset, mark) = name::split(&full);
            let wrong = |why: String| ListingError { line: 0, why: format!("{full}: {why}") };
            let dataset = Dataset::new(dataset).map_err(|error| wrong(error.to_string()))?;
            match mark {
                None => drop(listing.datasets.insert(dataset.clone(), listed(dataset, properties))),
                Some((mark, short)) => marks.push((dataset, mark, short.to_owned(), properties)),
            }
        }
        let origins = listing.origins();
        for (dataset, mark, short, properties) in marks {
            let full = format!("{dataset}{mark}{short}");
            let wrong = |why: &str| ListingError { line: 0, why: format!("{full}: {why}") };
            let owner = listing.datasets.get_mut(&dataset);
            let owner = owner.ok_or_else(|| wrong("its dataset is not in the listing"))?;
            if mark == '#' {
                owner.bookmarks.push(bookmark(short, &properties).map_err(|why| wrong(&why))?);
                continue;
            }
            let mut found = snapshot(short, &properties).map_err(|why| wrong(&why))?;
            found.clones.extend(origins.get(&full).into_iter().flatten().cloned());
            found.clones.sort_unstable();
            found.clones.dedup();
            owner.snapshots.push(found);
        }
        for owner in listing.datasets.values_mut() {
            owner.snapshots.sort_by_key(|snapshot| snapshot.createtxg);
            owner.bookmarks.sort_by_key(|bookmark| bookmark.createtxg);
        }
        Ok(listing)
    }

    /// The clones that are datasets of this listing, by their origin.
    fn origins(&self) -> BTreeMap<String, Vec<String>> {
        let mut origins: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (name, listed) in &self.datasets {
            if let Some(origin) = listed.property("origin") {
                origins.entry(origin.to_owned()).or_default().push(name.to_string());
            }
        }
        origins
    }
}

fn listed(name: Dataset, properties: Properties) -> Listed {
    // A mark of ours says something of the very dataset that it was put on.
    let own = |name: &str, source: &Source| {
        !name.starts_with("org.tank:") || matches!(source, Source::Local | Source::Received)
    };
    let properties = properties.into_iter().filter(|(name, (_, source))| own(name, source));
    let properties: BTreeMap<String, String> =
        properties.map(|(name, (value, _))| (name, value)).collect();
    let volume = properties.get("type").is_some_and(|kind| kind == "volume");
    Listed { name, volume, properties, snapshots: Vec::new(), bookmarks: Vec::new() }
}

fn number<T: std::str::FromStr>(properties: &Properties, name: &str) -> Result<T, String> {
    let value = properties.get(name).map(|(value, _)| value.as_str());
    let number = value.and_then(|value| value.parse().ok());
    number.ok_or_else(|| format!("{name} is {}", value.unwrap_or("missing")))
}

fn snapshot(name: String, properties: &Properties) -> Result<Snapshot, String> {
    let clones = properties.get("clones").map_or("", |(value, _)| value.as_str());
    let clones = clones.split(',').filter(|name| !name.is_empty() && *name != "-");
    Ok(Snapshot {
        name,
        guid: Guid(number(properties, "guid")?),
        createtxg: number(properties, "createtxg")?,
        creation: number(properties, "creation")?,
        // `-` where it does not apply.
        holds: number(properties, "userrefs").unwrap_or(0),
        used: number(properties, "used")?,
        written: number(properties, "written").ok(),
        clones: clones.map(str::to_owned).collect(),
    })
}

fn bookmark(name: String, properties: &Properties) -> Result<Bookmark, String> {
    Ok(Bookmark {
        name,
        guid: Guid(number(properties, "guid")?),
        createtxg: number(properties, "createtxg")?,
        creation: number(properties, "creation")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Recorded from zfs-fuse, pool version 23.
    const FUSE: &str = include_str!("../../tests/fixtures/probe/zfs/fuse/listing");

    #[test]
    fn a_listing_of_an_old_pool() {
        let listing = Listing::parse(FUSE).unwrap();
        let names: Vec<&str> = listing.datasets.keys().map(Dataset::as_str).collect();
        assert_eq!(names, ["tk1", "tk1/a", "tk1/a/b", "tk1/c"]);
        let a = &listing.datasets[&Dataset::new("tk1/a").unwrap()];
        let snapshots: Vec<(&str, u32)> =
            a.snapshots.iter().map(|s| (s.name.as_str(), s.holds)).collect();
        assert_eq!(snapshots, [("s2", 0), ("s1", 1)], "by createtxg, not by name");
        assert_eq!(a.snapshots[0].clones, ["tk1/c"]);
        assert_eq!(a.snapshot(a.snapshots[1].guid).unwrap().name, "s1");
        assert!(!a.volume);
    }

    #[test]
    fn bookmarks_and_clones_that_lie_elsewhere() {
        let of = |name: &str, rest: &str| {
            let usual = "type\tx guid\t7 createtxg\t8 creation\t9 used\t0 userrefs\t- origin\t-";
            let both = format!("{usual} {rest}");
            let pairs = both.split(' ').filter(|pair| !pair.is_empty());
            pairs.map(|pair| format!("{name}\t{pair}\t-\n")).collect::<String>()
        };
        let text = of("t", "") + &of("t@s", "clones\tu/c,u/d") + &of("t#b", "");
        let listing = Listing::parse(&text).unwrap();
        let t = &listing.datasets[&Dataset::new("t").unwrap()];
        assert_eq!(t.snapshots[0].clones, ["u/c", "u/d"]);
        assert_eq!((t.bookmarks[0].name.as_str(), t.bookmarks[0].guid), ("b", Guid(7)));
    }

    #[test]
    fn an_incomplete_listing_is_none() {
        let cut = &FUSE[..FUSE.len() - 5];
        assert!(Listing::parse(cut).is_err());
        let orphan = "t@s\ttype\tsnapshot\t-\n";
        assert!(Listing::parse(orphan).unwrap_err().why.contains("not in the listing"));
        let nothing = "t\ttype\tfilesystem\t-\nt@s\ttype\tsnapshot\t-\n";
        assert!(Listing::parse(nothing).unwrap_err().why.contains("guid is missing"));
    }
}
