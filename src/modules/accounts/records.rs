//! Lines of the account databases.

use crate::base::{Key, Map, Value};

/// One line of passwd: `name:password:uid:gid:comment:home:shell`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Passwd {
    /// Login name.
    pub name: String,
    /// Number.
    pub uid: i64,
    /// Number of the primary group.
    pub gid: i64,
    /// The comment (GECOS) field.
    pub comment: String,
    /// Home directory.
    pub home: String,
    /// Login shell.
    pub shell: String,
}

impl Passwd {
    /// Reads a line; None when it is none.
    pub fn parse(line: &str) -> Option<Self> {
        let f: Vec<&str> = line.split(':').collect();
        if f.len() < 7 {
            return None;
        }
        Some(Self {
            name: f[0].to_string(),
            uid: f[2].parse().ok()?,
            gid: f[3].parse().ok()?,
            comment: f[4].to_string(),
            home: f[5].to_string(),
            shell: f[6].to_string(),
        })
    }
}

/// One line of group: `name:password:gid:member,member`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Group {
    /// Its name.
    pub name: String,
    /// Its number; None when only the predicted world has it.
    pub gid: Option<i64>,
    /// Names of its members, without those whose primary group it is.
    pub members: Vec<String>,
}

impl Group {
    /// Reads a line; None when it is none (also for the `+` lines of NIS).
    pub fn parse(line: &str) -> Option<Self> {
        let f: Vec<&str> = line.split(':').collect();
        if f.len() < 3 || f[0].is_empty() {
            return None;
        }
        let members = f.get(3).unwrap_or(&"").split(',').map(str::trim);
        Some(Self {
            name: f[0].to_string(),
            gid: Some(f[2].parse().ok()?),
            members: members.filter(|m| !m.is_empty()).map(str::to_string).collect(),
        })
    }

    /// The group that a name or number means.
    pub fn find<'a>(groups: &'a [Self], text: &str) -> Option<&'a Self> {
        let number = text.parse::<i64>().ok();
        groups
            .iter()
            .find(|group| group.name == text)
            .or_else(|| groups.iter().find(|group| number.is_some() && group.gid == number))
    }
}

/// What only root can read: a line of Linux's shadow or of FreeBSD's master.passwd. Has no Debug: it
/// holds a password's hash.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Shadow {
    /// The password's hash with the marks of a lock.
    pub hash: String,
    /// Login class (FreeBSD).
    pub class: String,
    /// Seconds since 1970 at which the account ends; None: never.
    pub expires: Option<i64>,
    /// Days until a password may be changed (Linux).
    pub min: Option<i64>,
    /// Days until a password must be changed (Linux).
    pub max: Option<i64>,
    /// Days of warning before that (Linux).
    pub warn: Option<i64>,
    /// Days after that until the account is disabled (Linux).
    pub inactive: Option<i64>,
}

impl Shadow {
    /// Reads a line: 9 fields are Linux's shadow, 10 are FreeBSD's master.passwd.
    pub fn parse(line: &str) -> Option<Self> {
        let f: Vec<&str> = line.split(':').collect();
        let number = |at: usize| f.get(at).and_then(|text| text.parse::<i64>().ok());
        match f.len() {
            9 => Some(Self {
                hash: f[1].to_string(),
                class: String::new(),
                expires: number(7).filter(|days| *days >= 0).map(|days| days * 86_400),
                min: number(3),
                max: number(4),
                warn: number(5),
                inactive: number(6),
            }),
            10 => Some(Self {
                hash: f[1].to_string(),
                class: f[4].to_string(),
                expires: number(6).filter(|seconds| *seconds > 0),
                ..Self::default()
            }),
            _ => None,
        }
    }
}

/// An integer or null.
pub fn number(value: Option<i64>) -> Value {
    value.map_or(Value::NULL, Value::from)
}

/// The integer under a name.
pub fn number_of(map: &Map, name: &str) -> Option<i64> {
    map.get(&Key::from(name)).and_then(Value::as_int)
}

/// The text under a name; empty when there is none.
pub fn text_of(map: &Map, name: &str) -> String {
    map.get(&Key::from(name)).and_then(Value::as_str).unwrap_or_default().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_both_systems() {
        let line = "tester:*LOCKED**:1001:1001:staff:0:1893456000:New Name:/home/tester:/bin/csh";
        let shadow = Shadow::parse(line).unwrap();
        assert_eq!(shadow.hash, "*LOCKED**");
        assert_eq!((shadow.class.as_str(), shadow.expires), ("staff", Some(1_893_456_000)));
        let shadow = Shadow::parse("bob:!$6$a$b:20000:1:90:7:30:21915:").unwrap();
        assert_eq!((shadow.min, shadow.max, shadow.warn), (Some(1), Some(90), Some(7)));
        assert_eq!((shadow.inactive, shadow.expires), (Some(30), Some(1_893_456_000)));
        assert!(Shadow::parse("bob:x").is_none());
        assert_eq!(Passwd::parse("root::0:0:Charlie &:/root:/bin/csh").unwrap().home, "/root");
        assert!(Passwd::parse("+::::::").is_none());
    }

    #[test]
    fn groups_by_name_and_number() {
        let lines = ["wheel:*:0:root", "tgrp:*:1002:tester, bob", "1002:*:7:"];
        let groups: Vec<Group> = lines.iter().filter_map(|line| Group::parse(line)).collect();
        assert_eq!(groups[1].members, ["tester", "bob"]);
        assert_eq!(Group::find(&groups, "0").unwrap().name, "wheel");
        assert_eq!(Group::find(&groups, "1002").unwrap().name, "1002", "a name wins");
        assert!(Group::find(&groups, "nosuch").is_none());
    }
}
