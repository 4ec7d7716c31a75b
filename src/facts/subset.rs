//! `gather_subset`: which families a gathering has (S-166).

use super::{FAMILIES, Family};
use std::collections::BTreeSet;
use std::fmt;

/// A name in `gather_subset` that is no subset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadSubset(String);

impl fmt::Display for BadSubset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all: Vec<&str> = names().into_iter().collect();
        write!(
            f,
            "Bad subset '{}' given to Ansible. gather_subset options allowed: all, {}",
            self.0,
            all.join(", ")
        )
    }
}

/// Every name: families and the facts that stand for them.
fn names() -> BTreeSet<&'static str> {
    FAMILIES.iter().flat_map(|f| std::iter::once(f.name).chain(f.ids.iter().copied())).collect()
}

fn minimal() -> impl Iterator<Item = &'static str> {
    FAMILIES.iter().filter(|f| f.minimal).map(|f| f.name)
}

/// The families that these words choose, with those that they need, in the order of reading.
///
/// # Errors
/// A word that is no name; unknown names after `!` are not minded.
pub fn families(words: &[String]) -> Result<Vec<&'static Family>, BadSubset> {
    let known = names();
    let find = |word: &str| known.iter().copied().find(|name| *name == word);
    let mut wanted: BTreeSet<&'static str> = minimal().collect();
    let mut unwanted: BTreeSet<&'static str> = BTreeSet::new();
    let mut named: BTreeSet<&'static str> = BTreeSet::new();
    for word in words {
        match word.as_str() {
            "min" => wanted.extend(minimal()),
            "all" => wanted.extend(known.iter().copied()),
            "!min" => unwanted.extend(minimal()),
            "!all" => {
                unwanted.extend(known.iter().copied().filter(|n| minimal().all(|m| m != *n)));
            }
            word if word.starts_with('!') => {
                unwanted.extend(find(&word[1..]).map(with_ids).into_iter().flatten())
            }
            word => {
                named.insert(find(word).ok_or_else(|| BadSubset(word.to_string()))?);
            }
        }
    }
    if words.is_empty() {
        wanted.extend(known.iter().copied());
    }
    wanted.retain(|name| !unwanted.contains(name));
    wanted.extend(named);
    Ok(with_needs(&wanted))
}

/// A name, and the facts that stand for it if it is a family.
fn with_ids(name: &'static str) -> Vec<&'static str> {
    let ids = FAMILIES.iter().find(|f| f.name == name).map_or(&[][..], |f| f.ids);
    std::iter::once(name).chain(ids.iter().copied()).collect()
}

fn with_needs(wanted: &BTreeSet<&str>) -> Vec<&'static Family> {
    let chosen =
        |f: &&Family| wanted.contains(f.name) || f.ids.iter().any(|id| wanted.contains(id));
    let needed: BTreeSet<&str> =
        FAMILIES.iter().filter(chosen).flat_map(|f| f.needs.iter().copied()).collect();
    FAMILIES.iter().filter(|f| chosen(f) || needed.contains(f.name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(words: &[&str]) -> Vec<&'static str> {
        let words: Vec<String> = words.iter().map(|w| (*w).to_string()).collect();
        families(&words).unwrap().iter().map(|f| f.name).collect()
    }

    #[test]
    fn subsets_add_and_take_away() {
        assert_eq!(chosen(&["all"]).len(), FAMILIES.len());
        assert_eq!(chosen(&[]).len(), FAMILIES.len());
        assert_eq!(chosen(&["!all"]), chosen(&["min"]));
        assert!(!chosen(&["!all"]).contains(&"hardware"));
        assert!(chosen(&["!all", "hardware"]).contains(&"hardware"));
        assert!(chosen(&["!all"]).contains(&"env"));
        assert!(!chosen(&["!hardware"]).contains(&"hardware"));
        assert_eq!(
            chosen(&["!hardware"]),
            chosen(&["min"]),
            "taking away starts from the smallest set"
        );
        assert!(!chosen(&["all", "!network", "!virtual"]).contains(&"virtual"));
    }

    #[test]
    fn a_lone_family_brings_what_it_needs() {
        assert_eq!(chosen(&["!all", "!min"]), Vec::<&str>::new());
        assert_eq!(chosen(&["!all", "!min", "dns"]), ["dns"]);
        assert_eq!(chosen(&["!all", "!min", "pkg_mgr"]), ["distribution", "pkg_mgr"]);
        assert_eq!(
            chosen(&["!all", "!min", "interfaces"]),
            ["platform", "distribution", "network"]
        );
    }

    #[test]
    fn an_unknown_subset_is_named() {
        let error = families(&["bogus".to_string()]).err().unwrap().to_string();
        let start = "Bad subset 'bogus' given to Ansible. gather_subset options allowed: all, all_ipv4_addresses, \
            all_ipv6_addresses, apparmor, architecture, caps, chroot, cmdline, date_time, default_ipv4, default_ipv6, \
            devices, distribution, distribution_major_version, distribution_release, distribution_version, dns, \
            effective_group_ids, effective_user_id, env, facter, fibre_channel_wwn, fips, hardware, interfaces, \
            is_chroot, iscsi, kernel, kernel_version, loadavg, local, lsb, machine, machine_id, mounts, network, nvme, \
            ohai, os_family, pkg_mgr, platform, processor, processor_cores, processor_count, python, python_version, \
            real_user_id, selinux, service_mgr, ssh_host_key_dsa_public,";
        assert!(error.starts_with(start), "{error}");
        assert!(families(&["!bogus".to_string()]).is_ok());
    }
}
