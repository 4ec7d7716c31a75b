//! What `zpool status` prints: a pool's state and the tree of its devices.

use std::fmt;

/// A device, or a group of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vdev {
    /// `mirror-0`, a path, or a guid where the device is missing.
    pub name: String,
    /// `ONLINE`, `DEGRADED`, `OFFLINE`, `AVAIL`, ...; empty for the head of a role.
    pub state: String,
    /// What stands behind the counters: `was /dev/sdb1`, `(resilvering)`.
    pub note: String,
    /// What it is made of.
    pub children: Vec<Vdev>,
}

/// A pool as `zpool status` shows it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PoolStatus {
    /// Its name.
    pub pool: String,
    /// `ONLINE`, `DEGRADED`, `FAULTED`, `SUSPENDED`, ...
    pub state: String,
    /// The line behind `status:`, joined.
    pub status: String,
    /// The line behind `scan:` (`scrub:` in old versions), joined.
    pub scan: String,
    /// The line behind `errors:`.
    pub errors: String,
    /// The devices that hold data.
    pub data: Vec<Vdev>,
    /// Devices with a role of their own: `log`, `cache`, `spare`, `special`, `dedup`.
    pub others: Vec<(&'static str, Vec<Vdev>)>,
}

/// One group of a layout with all that matters for comparing it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Branch {
    /// `log`, `cache`, `spare`, `special`, `dedup`; empty: data.
    pub role: String,
    /// `stripe` (of one disk), `mirror`, `raidz1`, ...
    pub kind: String,
    /// Its places; each with the names of what may be there (more than one while a disk is replaced).
    pub places: Vec<Vec<String>>,
}

impl fmt::Display for Branch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let places: Vec<String> = self.places.iter().map(|names| names.join("|")).collect();
        let role = if self.role.is_empty() { String::new() } else { format!("{} ", self.role) };
        match self.kind.as_str() {
            "stripe" => write!(f, "{role}{}", places.join(" ")),
            kind => write!(f, "{role}{kind} ({})", places.join(" ")),
        }
    }
}

/// A text that is no answer of `zpool status`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusError(pub String);

impl fmt::Display for StatusError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "zpool status: {}", self.0)
    }
}

impl std::error::Error for StatusError {}

/// Reads all pools of an answer.
///
/// # Errors
/// A pool without a tree of devices.
pub fn parse(text: &str) -> Result<Vec<PoolStatus>, StatusError> {
    let mut pools: Vec<PoolStatus> = Vec::new();
    let mut field = String::new();
    let mut config: Vec<&str> = Vec::new();
    for line in text.lines() {
        if let Some((name, rest)) = head(line) {
            finish(&mut pools, &mut config)?;
            if name == "pool" {
                pools.push(PoolStatus { pool: rest.to_owned(), ..PoolStatus::default() });
            }
            field = name.to_owned();
            set(&mut pools, &field, rest);
        } else if field == "config" {
            config.push(line);
        } else if !line.trim().is_empty() {
            set(&mut pools, &field, line.trim());
        }
    }
    finish(&mut pools, &mut config)?;
    match pools.iter().find(|pool| pool.data.is_empty()) {
        Some(pool) => Err(StatusError(format!("no devices of {}", pool.pool))),
        None => Ok(pools),
    }
}

/// ` state: ONLINE` as name and text.
fn head(line: &str) -> Option<(&str, &str)> {
    let (name, rest) = line.split_once(':')?;
    let name = name.trim_start_matches(' ');
    let known = ["pool", "id", "state", "status", "action", "see", "scan", "scrub", "remove"];
    let more = ["checkpoint", "config", "errors", "dedup", "comment", "expand"];
    let is_one = known.contains(&name) || more.contains(&name);
    (is_one && !line.starts_with('\t')).then(|| (name, rest.trim()))
}

fn set(pools: &mut [PoolStatus], field: &str, text: &str) {
    let Some(pool) = pools.last_mut() else { return };
    let place = match field {
        "state" => &mut pool.state,
        "status" => &mut pool.status,
        "scan" | "scrub" => &mut pool.scan,
        "errors" => &mut pool.errors,
        _ => return,
    };
    if !place.is_empty() {
        place.push(' ');
    }
    place.push_str(text);
}

fn finish(pools: &mut [PoolStatus], config: &mut Vec<&str>) -> Result<(), StatusError> {
    let lines = std::mem::take(config);
    let (Some(pool), false) = (pools.last_mut(), lines.is_empty()) else { return Ok(()) };
    let mut rows = lines.into_iter().filter(|line| !line.trim().is_empty());
    let title = rows.next().unwrap_or_default();
    let column = title.find("STATE").ok_or_else(|| StatusError(format!("{title:?}")))?;
    let entries: Vec<(usize, Vdev)> = rows.filter_map(|line| entry(line, column)).collect();
    for top in grow(&mut entries.into_iter().peekable(), 0) {
        match role(&top.name) {
            Some(role) => pool.others.push((role, top.children)),
            None if pool.data.is_empty() => pool.data = top.children,
            None => return Err(StatusError(format!("{} is below nothing", top.name))),
        }
    }
    Ok(())
}

fn role(name: &str) -> Option<&'static str> {
    match name {
        "logs" => Some("log"),
        "cache" => Some("cache"),
        "spares" => Some("spare"),
        "special" => Some("special"),
        "dedup" => Some("dedup"),
        _ => None,
    }
}

/// One line of the tree and how deep it stands. Names may hold blanks: the column of the states tells their end.
fn entry(line: &str, column: usize) -> Option<(usize, Vdev)> {
    let line = line.strip_prefix('\t')?;
    let column = column.saturating_sub(1);
    let depth = (line.len() - line.trim_start_matches(' ').len()) / 2;
    let name = line.get(..column).unwrap_or(line).trim().to_owned();
    let rest = line.get(column..).unwrap_or_default();
    let mut words = rest.split_whitespace();
    let state = words.next().unwrap_or_default().to_owned();
    let words: Vec<&str> = words.collect();
    let counters = words.iter().take(3).take_while(|word| is_counter(word)).count();
    let note = words[counters..].join(" ");
    Some((depth, Vdev { name, state, note, children: Vec::new() }))
}

fn is_counter(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_digit()) || word == "-"
}

type Entries = std::iter::Peekable<std::vec::IntoIter<(usize, Vdev)>>;

fn grow(entries: &mut Entries, depth: usize) -> Vec<Vdev> {
    let mut found = Vec::new();
    while let Some((_, mut vdev)) = entries.next_if(|(at, _)| *at >= depth) {
        vdev.children = grow(entries, depth + 1);
        found.push(vdev);
    }
    found
}

impl PoolStatus {
    /// The layout as a list of groups, sorted; striped disks one by one.
    #[must_use]
    pub fn layout(&self) -> Vec<Branch> {
        let data = self.data.iter().map(|vdev| ("", vdev));
        let others =
            self.others.iter().flat_map(|(role, all)| all.iter().map(move |vdev| (*role, vdev)));
        let mut branches: Vec<Branch> =
            data.chain(others).filter_map(|(role, vdev)| branch(role, vdev)).collect();
        branches.sort();
        branches
    }

    /// All devices at the ends of the tree.
    #[must_use]
    pub fn devices(&self) -> Vec<&str> {
        fn ends<'a>(vdev: &'a Vdev, found: &mut Vec<&'a str>) {
            match vdev.children.as_slice() {
                [] => {
                    found.push(&vdev.name);
                    found.extend(vdev.note.strip_prefix("was "));
                }
                children => children.iter().for_each(|child| ends(child, found)),
            }
        }
        let mut found = Vec::new();
        let others = self.others.iter().flat_map(|(_, all)| all);
        self.data.iter().chain(others).for_each(|vdev| ends(vdev, &mut found));
        found
    }
}

/// A top-level device; None for what was removed and left only its table behind.
fn branch(role: &str, vdev: &Vdev) -> Option<Branch> {
    let kind = vdev.name.rsplit_once('-').map_or("", |(kind, _)| kind);
    if kind == "indirect" {
        return None;
    }
    let group = !vdev.children.is_empty() && !is_stand_in(kind);
    let places = if group { vdev.children.iter().map(place).collect() } else { vec![place(vdev)] };
    let kind = if group { kind } else { "stripe" };
    let mut branch = Branch { role: role.to_owned(), kind: kind.to_owned(), places };
    branch.places.sort();
    Some(branch)
}

fn is_stand_in(kind: &str) -> bool {
    matches!(kind, "spare" | "replacing")
}

/// The names of all that may be in one place.
fn place(vdev: &Vdev) -> Vec<String> {
    if vdev.children.is_empty() {
        let was = vdev.note.strip_prefix("was ").map(str::to_owned);
        return [vdev.name.clone()].into_iter().chain(was).collect();
    }
    vdev.children.iter().flat_map(place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(status: &PoolStatus) -> Vec<String> {
        status.layout().iter().map(Branch::to_string).collect()
    }

    fn only(text: &str) -> PoolStatus {
        let mut all = parse(text).unwrap();
        assert_eq!(all.len(), 1);
        all.remove(0)
    }

    #[test]
    fn an_old_pool_that_lacks_a_disk() {
        let status = only(include_str!("../../tests/fixtures/probe/zfs/fuse/status"));
        assert_eq!((status.pool.as_str(), status.state.as_str()), ("tk1", "DEGRADED"));
        assert!(status.status.starts_with("One or more devices has been taken offline"));
        assert!(status.status.ends_with("degraded state."));
        assert_eq!(status.scan, "none requested");
        assert_eq!(status.errors, "No known data errors");
        let wanted =
            ["mirror (/tmp/zfexp/d1 /tmp/zfexp/d2)", "log /tmp/zfexp/d4", "spare /tmp/zfexp/d3"];
        assert_eq!(texts(&status), wanted);
        assert_eq!(status.data[0].children[1].state, "OFFLINE");
        assert_eq!(status.devices().len(), 4);
    }

    #[test]
    fn all_pools_of_a_freebsd_host() {
        let pools = parse(include_str!("../../tests/fixtures/probe/zfs/freebsd/status")).unwrap();
        let names: Vec<&str> = pools.iter().map(|pool| pool.pool.as_str()).collect();
        assert_eq!(names, ["tank", "tank", "tank"]);
        assert_eq!(texts(&pools[0]), ["mirror (/dev/vtbd1 /dev/vtbd2)", "log /dev/vtbd3"]);
        assert_eq!(texts(&pools[1]), ["raidz1 (vtbd1 vtbd2)"]);
        assert_eq!(texts(&pools[2]), ["vtbd1"]);
        assert!(pools[2].scan.starts_with("scrub repaired 0B in 00:00:01"));
        assert!(pools[2].data[0].note.starts_with("(19% initialized"));
    }

    #[test]
    fn a_disk_that_is_being_replaced_is_any_of_them() {
        let status = only(
            "  pool: a b\n state: DEGRADED\n  scan: resilver in progress\nconfig:\n\n\
             \tNAME              STATE     READ WRITE CKSUM\n\
             \ta b               DEGRADED     0     0     0\n\
             \t  raidz2-0        DEGRADED     0     0     0\n\
             \t    /dev/sda1     ONLINE       0     0     0\n\
             \t    replacing-1   DEGRADED     0     0 1.2K\n\
             \t      1234567890  UNAVAIL      0     0     0  was /dev/sdb1\n\
             \t      /dev/sdd1   ONLINE       0     0     0  (resilvering)\n\
             \t    /dev/sdc1     ONLINE       0     0     0\n\
             \t  indirect-1      ONLINE       0     0     0\n\
             \tspecial\t\n\
             \t  mirror-2        ONLINE       0     0     0\n\
             \t    /dev/sde1     ONLINE       0     0     0\n\
             \t    /dev/sdf1     ONLINE       0     0     0\n\
             \nerrors: 5 data errors, use '-v' for a list\n",
        );
        assert_eq!(
            texts(&status),
            [
                "raidz2 (/dev/sda1 /dev/sdc1 1234567890|/dev/sdb1|/dev/sdd1)",
                "special mirror (/dev/sde1 /dev/sdf1)",
            ]
        );
        assert_eq!(status.pool, "a b");
        assert_eq!(status.errors, "5 data errors, use '-v' for a list");
    }

    #[test]
    fn pools_of_openzfs_2_3() {
        let text =
            include_str!("../../tests/fixtures/zfs/openzfs-2.3/zpool-status-missing-device.txt");
        assert_eq!(texts(&only(text)), ["mirror (/var/tmp/v1 12921669997928593696|/var/tmp/v2)"]);
        let text =
            include_str!("../../tests/fixtures/zfs/openzfs-2.3/zpool-status-log-cache-spare.txt");
        let disk = |n: &str| format!("/dev/disk/by-id/virtio-DISK{n}");
        let wanted = [
            format!("mirror ({} {})", disk("3-part1"), disk("4-part1")),
            format!("cache {}", disk("6-part2")),
            format!("log {}", disk("6-part1")),
            format!("spare {}", disk("5-part1")),
        ];
        assert_eq!(texts(parse(text).unwrap().last().unwrap()), wanted);
    }

    #[test]
    fn what_is_no_status_is_refused() {
        assert!(parse("").unwrap().is_empty());
        assert!(parse("no pools available\n").unwrap().is_empty());
        assert!(parse("  pool: x\n state: ONLINE\n").is_err());
        assert!(parse("  pool: x\nconfig:\n\n\trubbish\n").is_err());
    }
}
