//! What `zfs allow DATASET` prints: who may do what.

use std::collections::{BTreeMap, BTreeSet};

/// Who is allowed something.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Who {
    /// A user by name, or by number where no name is known.
    User(String),
    /// A group.
    Group(String),
    /// Everyone.
    Everyone,
}

/// What one of them is allowed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rights {
    /// On the dataset itself.
    pub local: BTreeSet<String>,
    /// On everything below it.
    pub descendent: BTreeSet<String>,
}

/// Everything that is allowed on one dataset; permission sets and those of creators are left out.
pub type Grants = BTreeMap<Who, Rights>;

/// The heads of the blocks of one dataset: whether they are about it and about what is below it.
fn scope(line: &str) -> Option<(bool, bool)> {
    match line {
        "Local permissions:" => Some((true, false)),
        "Descendent permissions:" => Some((false, true)),
        "Local+Descendent permissions:" => Some((true, true)),
        _ => None,
    }
}

/// Reads what is said of this dataset; what its parents say stands in blocks of their own.
///
/// # Errors
/// A line about someone that has not its parts.
pub fn parse(dataset: &str, text: &str) -> Result<Grants, String> {
    let mut grants = Grants::new();
    let mut own = false;
    let mut current = None;
    for line in text.lines() {
        if let Some(head) = line.strip_prefix("---- Permissions on ") {
            own = head.trim_end_matches('-').strip_suffix(' ').unwrap_or(head) == dataset;
            current = None;
        } else if !line.starts_with('\t') {
            current = scope(line);
        } else if let (true, Some(scope)) = (own, current) {
            let (who, permissions) = entry(line).ok_or_else(|| line.trim().to_owned())?;
            let rights = grants.entry(who).or_default();
            let places = [(scope.0, &mut rights.local), (scope.1, &mut rights.descendent)];
            for (_, place) in places.into_iter().filter(|(on, _)| *on) {
                place.extend(permissions.iter().map(|word| (*word).to_owned()));
            }
        }
    }
    Ok(grants)
}

fn entry(line: &str) -> Option<(Who, Vec<&str>)> {
    let (what, permissions) = line.trim_end().rsplit_once(' ')?;
    let permissions = permissions.split(',').collect();
    let what = what.trim_start();
    if what == "everyone" {
        return Some((Who::Everyone, permissions));
    }
    let (kind, name) = what.split_once(' ')?;
    let name = name.strip_prefix("(unknown: ").and_then(|id| id.strip_suffix(')')).unwrap_or(name);
    match kind {
        "user" => Some((Who::User(name.to_owned()), permissions)),
        "group" => Some((Who::Group(name.to_owned()), permissions)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(words: &str) -> BTreeSet<String> {
        words.split(',').filter(|word| !word.is_empty()).map(str::to_owned).collect()
    }

    #[test]
    fn parents_are_not_mixed_in() {
        let text = include_str!("../../tests/fixtures/probe/zfs/freebsd/allow");
        let own = parse("tank/b", text).unwrap();
        assert_eq!(own.len(), 1);
        let rights = &own[&Who::User("operator".into())];
        assert_eq!(rights.local, set("create,mount,snapshot"));
        assert_eq!(rights.descendent, rights.local);
        let parent = parse("tank", text).unwrap();
        assert_eq!(parent[&Who::Everyone].descendent, set("send"));
        assert_eq!(parent[&Who::Everyone].local, set(""));
    }

    #[test]
    fn scopes_add_up_and_unknown_numbers_are_numbers() {
        let text = "---- Permissions on tank/a b ----------\n\
                    Permission sets:\n\t@basic create\n\
                    Create time permissions:\n\tcreate,destroy\n\
                    Local permissions:\n\tuser (unknown: 1234) hold\n\tgroup a-b @basic,send\n\
                    Local+Descendent permissions:\n\tuser (unknown: 1234) mount\n";
        let grants = parse("tank/a b", text).unwrap();
        let rights = &grants[&Who::User("1234".into())];
        assert_eq!(rights.local, set("hold,mount"));
        assert_eq!(rights.descendent, set("mount"));
        assert_eq!(grants[&Who::Group("a-b".into())].local, set("@basic,send"));
        assert_eq!(grants.len(), 2);
        assert!(parse("t", "").unwrap().is_empty());
    }

    #[test]
    fn all_kinds_as_openzfs_2_3_prints_them() {
        let text = include_str!("../../tests/fixtures/zfs/openzfs-2.3/allow-all-kinds.txt");
        let grants = parse("pa/rights", text).unwrap();
        assert_eq!(grants.len(), 4);
        let rights = &grants[&Who::User("zsend".into())];
        assert_eq!(rights.local, set("hold,mount,send,snapshot"));
        assert_eq!(rights.descendent, set("hold,send,snapshot"));
        let text = include_str!("../../tests/fixtures/zfs/openzfs-2.3/allow-deleted-user.txt");
        let grants = parse("pa/rights", text).unwrap();
        assert_eq!(grants[&Who::User("1003".into())].local, set("send"));
    }

    #[test]
    fn long_names_leave_no_dashes() {
        let name = format!("tank/{}", "x".repeat(80));
        let text = format!("---- Permissions on {name} -\nLocal permissions:\n\teveryone send\n");
        assert_eq!(parse(&name, &text).unwrap().len(), 1);
        assert!(parse("tank/x", &text).unwrap().is_empty());
        assert!(parse("t", "---- Permissions on t -\nLocal permissions:\n\trubbish\n").is_err());
    }
}
