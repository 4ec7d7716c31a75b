//! What a host says of a user.

use super::args::Args;
use crate::base::{Key, Map, Value};
use crate::modules::accounts::records::{Group, Passwd, Shadow, number, number_of, text_of};
use crate::spec::path::unescape;
use crate::spec::{Answer, Ctx, Effect, PathAttrs, PathKind, PathState};

/// A user that is there, or will be. Numbers are None where only the predicted world has the user.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Person {
    /// Number.
    pub uid: Option<i64>,
    /// Number of the primary group.
    pub gid: Option<i64>,
    /// Name of the primary group as it was wanted, when only the predicted world has it.
    pub group: String,
    /// Further groups (those that list the user).
    pub groups: Vec<String>,
    /// The comment (GECOS) field.
    pub comment: String,
    /// Home directory.
    pub home: String,
    /// Login shell.
    pub shell: String,
    /// What only root can read.
    pub shadow: Shadow,
}

/// What is there.
#[derive(Default)]
pub struct Seen {
    /// The user; None: there is none.
    pub user: Option<Person>,
    /// Whether hashes can be read.
    pub readable: bool,
    /// All groups that the host lists, and those looked up.
    pub groups: Vec<Group>,
    /// The home directory that is wanted, else the user's, and whether it is there.
    pub home: (String, bool),
    /// Whether the user's present home directory is there.
    pub old_home: bool,
}

impl Seen {
    /// Reads an answer and lays the predicted world over it.
    pub fn read(args: &Args, answer: &Answer, ctx: Ctx<'_>) -> Self {
        let sections = crate::modules::accounts::sections(answer);
        let lines = |name: &str| {
            let found = sections.iter().find(|(section, _)| section == name);
            found.map_or(&[][..], |(_, lines)| lines.as_slice())
        };
        let groups = lines("groups").iter().filter_map(|line| Group::parse(line));
        let mut seen = Self {
            readable: lines("shadow").first().is_some_and(|line| line == "readable"),
            ..Self::default()
        };
        for group in groups {
            if !seen.groups.contains(&group) {
                seen.groups.push(group);
            }
        }
        let passwd = lines("passwd").iter().find_map(|line| Passwd::parse(line));
        let passwd = passwd.filter(|passwd| passwd.name == args.name);
        let shadow = lines("shadow").get(1).and_then(|line| Shadow::parse(line));
        seen.user =
            passwd.map(|passwd| seen.person(&args.name, passwd, shadow.unwrap_or_default()));
        seen.predict(args, ctx);
        seen.homes(lines("homes"), ctx);
        seen
    }

    fn person(&self, name: &str, passwd: Passwd, shadow: Shadow) -> Person {
        let listed = self.groups.iter().filter(|group| group.members.iter().any(|m| m == name));
        Person {
            uid: Some(passwd.uid),
            gid: Some(passwd.gid),
            group: String::new(),
            groups: listed.map(|group| group.name.clone()).collect(),
            comment: passwd.comment,
            home: passwd.home,
            shell: passwd.shell,
            shadow,
        }
    }

    fn homes(&mut self, lines: &[String], ctx: Ctx<'_>) {
        let place = |at: usize| {
            let path = unescape(lines.get(at).map_or("", String::as_str));
            let state = PathState::parse(lines.get(at + 1).map_or("-", String::as_str));
            let there = PathState::overlay(&path, state, ctx.world).is_some();
            (path, there)
        };
        self.home = place(0);
        self.old_home = place(2).1;
    }

    /// Groups and the user as earlier tasks of a check run would have left them.
    fn predict(&mut self, args: &Args, ctx: Ctx<'_>) {
        let own = [args.name.clone()];
        let names = args.groups.iter().flatten().chain(&args.group).chain(&own);
        for name in names {
            match ctx.world.thing("group", name) {
                None => {}
                Some(None) => self.groups.retain(|group| group.name != *name),
                Some(Some(value)) => self.predict_group(name, value),
            }
        }
        match ctx.world.thing("user", &args.name) {
            None => {}
            Some(None) => self.user = None,
            Some(Some(value)) => self.user = value.as_map().map(Person::of_map),
        }
    }

    fn predict_group(&mut self, name: &str, value: &Value) {
        let gid = value.as_map().and_then(|map| number_of(map, "gid"));
        match self.groups.iter_mut().find(|group| group.name == name) {
            Some(group) => group.gid = gid.or(group.gid),
            None => {
                let name = name.to_string();
                self.groups.push(Group { name, gid, members: Vec::new() });
            }
        }
    }
}

impl Person {
    /// Whether `group` is this user's primary group.
    pub fn has_primary(&self, group: &Group) -> bool {
        match (self.gid, group.gid) {
            (Some(mine), Some(other)) => mine == other,
            _ => self.group == group.name,
        }
    }

    /// What later tasks of a check run are told. The hash stays secret.
    pub fn effect(&self, name: &str) -> Effect {
        let groups = self.groups.iter().map(|group| Value::from(group.as_str())).collect();
        let text = |text: &String| Value::from(text.as_str());
        let value: Value = [
            ("uid", number(self.uid)),
            ("gid", number(self.gid)),
            ("group", text(&self.group)),
            ("groups", Value::list(groups)),
            ("comment", text(&self.comment)),
            ("home", text(&self.home)),
            ("shell", text(&self.shell)),
            ("hash", text(&self.shadow.hash).secret()),
            ("class", text(&self.shadow.class)),
            ("expires", number(self.shadow.expires)),
            ("min", number(self.shadow.min)),
            ("max", number(self.shadow.max)),
            ("warn", number(self.shadow.warn)),
            ("inactive", number(self.shadow.inactive)),
        ]
        .into_iter()
        .collect();
        Effect::Thing("user", name.to_string(), Some(value))
    }

    fn of_map(map: &Map) -> Self {
        let groups = map.get(&Key::from("groups")).and_then(Value::as_list).unwrap_or_default();
        Self {
            uid: number_of(map, "uid"),
            gid: number_of(map, "gid"),
            group: text_of(map, "group"),
            groups: groups.iter().map(Value::text).collect(),
            comment: text_of(map, "comment"),
            home: text_of(map, "home"),
            shell: text_of(map, "shell"),
            shadow: Shadow {
                hash: text_of(map, "hash"),
                class: text_of(map, "class"),
                expires: number_of(map, "expires"),
                min: number_of(map, "min"),
                max: number_of(map, "max"),
                warn: number_of(map, "warn"),
                inactive: number_of(map, "inactive"),
            },
        }
    }
}

/// The home directory that a change leaves.
pub fn home_effect(path: &str, owner: &str) -> Effect {
    let attrs = PathAttrs { owner: Some(owner.to_string()), ..PathAttrs::new(PathKind::Dir) };
    Effect::Path(path.to_string(), Some(attrs))
}
