//! What has to change about a user.

use super::args::{Args, Update};
use super::password;
use super::seen::{Person, Seen};
use crate::modules::accounts::records::Group;
use crate::spec::{Failure, Os};

/// Home directories that nobody makes.
const PLACEHOLDERS: [&str; 3] = ["/nonexistent", "/dev/null", "/var/empty"];

/// What differs; None: nothing to do about it. Has no Debug: it holds a password's hash.
#[derive(Clone, Default, PartialEq)]
pub struct Edit {
    /// Number.
    pub uid: Option<i64>,
    /// Primary group as it was given.
    pub group: Option<String>,
    /// Names for `-G`: all of them, or with `append` those to add (Linux) or to end with (FreeBSD).
    pub groups: Option<Vec<String>>,
    /// The comment.
    pub comment: Option<String>,
    /// Home directory.
    pub home: Option<String>,
    /// Login shell.
    pub shell: Option<String>,
    /// Login class.
    pub class: Option<String>,
    /// Seconds at which the account ends; an inner None: never.
    pub expires: Option<Option<i64>>,
    /// Days until the account is disabled.
    pub inactive: Option<i64>,
    /// The hash as it is sent, with the mark of a lock where the system has it so.
    pub password: Option<String>,
    /// Whether the password gets locked or unlocked.
    pub lock: Option<bool>,
    /// Days: least, most, warning.
    pub aging: [Option<i64>; 3],
    /// Whether the home directory is made.
    pub make_home: bool,
}

impl Edit {
    /// Everything that is asked for a new user.
    ///
    /// # Errors
    /// A group that is not there.
    pub fn create(args: &Args, seen: &Seen, os: Os) -> Result<Self, Failure> {
        let groups = wanted_groups(args, seen)?;
        let groups = groups.map(names).filter(|names| !names.is_empty());
        Ok(Self {
            uid: args.uid,
            group: primary(args, seen)?.map(|(given, _)| given),
            groups,
            comment: args.comment.clone(),
            home: args.home.as_ref().map(|home| home.0.clone()),
            shell: args.shell.as_ref().map(|shell| shell.0.clone()),
            class: args.login_class.clone(),
            expires: args.expires.map(|at| moment(at, os)),
            inactive: args.password_expire_account_disable,
            password: sent_password(args, os),
            lock: args.password_lock.filter(|lock| *lock && os == Os::FreeBsd),
            aging: [args.password_expire_min, args.password_expire_max, args.password_expire_warn],
            make_home: args.create_home,
        })
    }

    /// What differs from a user that is there.
    ///
    /// # Errors
    /// A group that is not there.
    pub fn compare(args: &Args, seen: &Seen, user: &Person, os: Os) -> Result<Self, Failure> {
        let primary = primary(args, seen)?.filter(|(_, group)| !user.has_primary(group));
        let differs = |wanted: &Option<String>, now: &str| wanted.clone().filter(|w| w != now);
        let shadow = &user.shadow;
        let path = |path: &Option<crate::spec::args::PathText>| path.as_ref().map(|p| p.0.clone());
        let days = |wanted: Option<i64>, now: Option<i64>| wanted.filter(|_| wanted != now);
        let password = sent_password(args, os)
            .filter(|_| args.update_password == Update::Always && !same_password(args, user, os));
        Ok(Self {
            uid: args.uid.filter(|_| args.uid != user.uid),
            group: primary.map(|(given, _)| given),
            groups: groups_to_set(args, seen, user, os)?,
            comment: differs(&args.comment, &user.comment),
            home: differs(&path(&args.home), &user.home),
            shell: differs(&path(&args.shell), &user.shell),
            class: differs(&args.login_class, &shadow.class),
            expires: expiry(args, user, os),
            inactive: days(args.password_expire_account_disable, shadow.inactive),
            lock: lock(args, user, os, password.is_some()),
            password,
            aging: [
                days(args.password_expire_min, shadow.min),
                days(args.password_expire_max, shadow.max),
                days(args.password_expire_warn, shadow.warn),
            ],
            make_home: misses_home(args, seen, user, os),
        })
    }

    /// Whether anything that one call of usermod sets differs.
    pub fn has_account(&self) -> bool {
        self.first_of_account().is_some()
    }

    /// The first thing of the account itself that differs, for messages.
    pub fn first_of_account(&self) -> Option<&'static str> {
        let all = [
            (self.uid.is_some(), "number"),
            (self.group.is_some(), "primary group"),
            (self.groups.is_some(), "groups"),
            (self.comment.is_some(), "comment"),
            (self.home.is_some(), "home directory"),
            (self.shell.is_some(), "shell"),
            (self.class.is_some(), "login class"),
            (self.expires.is_some(), "time of expiry"),
            (self.inactive.is_some(), "time until it is disabled"),
        ];
        all.into_iter().find(|(differs, _)| *differs).map(|(_, name)| name)
    }
}

/// Whether the user has the wanted password, locked or not.
pub fn same_password(args: &Args, user: &Person, os: Os) -> bool {
    args.password.as_ref().is_none_or(|wanted| {
        password::unlocked(os, &user.shadow.hash) == password::unlocked(os, wanted.as_str())
    })
}

/// The hash as it is sent: Linux locks by a mark in it, so that one call does both.
fn sent_password(args: &Args, os: Os) -> Option<String> {
    let hash = args.password.as_ref()?.as_str();
    let mark = args.password_lock == Some(true) && os != Os::FreeBsd && !hash.starts_with('!');
    Some(if mark { format!("!{hash}") } else { hash.to_string() })
}

/// A hash of nothing but a mark has nothing to unlock.
fn lock(args: &Args, user: &Person, os: Os, password: bool) -> Option<bool> {
    let wanted = args.password_lock?;
    let hash = &user.shadow.hash;
    if password {
        // A new hash comes unlocked; on Linux it brings its mark along.
        return (wanted && os == Os::FreeBsd).then_some(true);
    }
    let empty = os != Os::FreeBsd && password::unlocked(os, hash).is_empty();
    if password::is_locked(os, hash) == wanted || (!wanted && empty) {
        return None;
    }
    Some(wanted)
}

fn moment(at: f64, os: Os) -> Option<i64> {
    let never = if os == Os::FreeBsd { at <= 0.0 } else { at < 0.0 };
    (!never).then_some(at as i64)
}

/// Only days are compared, as shadow keeps no more.
fn expiry(args: &Args, user: &Person, os: Os) -> Option<Option<i64>> {
    let wanted = moment(args.expires?, os);
    let day = |at: Option<i64>| at.map(|at| at.div_euclid(86_400));
    (day(wanted) != day(user.shadow.expires)).then_some(wanted)
}

fn find<'s>(seen: &'s Seen, name: &str) -> Result<&'s Group, Failure> {
    Group::find(&seen.groups, name)
        .ok_or_else(|| Failure::new(format!("Group {name} does not exist")))
}

/// The primary group as it was given, and what it is.
fn primary<'s>(args: &Args, seen: &'s Seen) -> Result<Option<(String, &'s Group)>, Failure> {
    args.group.as_ref().map(|name| find(seen, name).map(|group| (name.clone(), group))).transpose()
}

fn wanted_groups<'s>(args: &Args, seen: &'s Seen) -> Result<Option<Vec<&'s Group>>, Failure> {
    let Some(names) = &args.groups else { return Ok(None) };
    let mut found: Vec<&Group> = Vec::new();
    for name in names.iter().flat_map(|text| text.split(',')).map(str::trim) {
        if name.is_empty() {
            continue;
        }
        let group = find(seen, name)?;
        if !found.contains(&group) {
            found.push(group);
        }
    }
    Ok(Some(found))
}

fn names(groups: Vec<&Group>) -> Vec<String> {
    groups.into_iter().map(|group| group.name.clone()).collect()
}

/// What `-G` is given; None: the user is in the right groups. FreeBSD's pw leaves the primary group out.
fn groups_to_set(
    args: &Args,
    seen: &Seen,
    user: &Person,
    os: Os,
) -> Result<Option<Vec<String>>, Failure> {
    let Some(wanted) = wanted_groups(args, seen)? else { return Ok(None) };
    let counts = |group: &Group| os != Os::FreeBsd || !user.has_primary(group);
    let wanted = names(wanted.into_iter().filter(|group| counts(group)).collect());
    let is_primary =
        |name: &String| Group::find(&seen.groups, name).is_some_and(|group| !counts(group));
    let current: Vec<&String> = user.groups.iter().filter(|name| !is_primary(name)).collect();
    let misses = wanted.iter().any(|name| !current.contains(&name));
    let exceeds = current.iter().any(|name| !wanted.contains(name));
    if !misses && (args.append || !exceeds) {
        return Ok(None);
    }
    if !args.append || os != Os::FreeBsd {
        return Ok(Some(wanted));
    }
    let mut all: Vec<String> = current.into_iter().cloned().collect();
    all.extend(wanted.into_iter().filter(|name| !user.groups.contains(name)));
    Ok(Some(all))
}

/// Whether the home directory must be made once the account is right.
fn misses_home(args: &Args, seen: &Seen, user: &Person, os: Os) -> bool {
    let (path, there) = &seen.home;
    let moved = args.move_home && seen.old_home && *path != user.home;
    if *there || PLACEHOLDERS.contains(&path.as_str()) || path.is_empty() {
        return false;
    }
    // usermod -m moves it; pw does not.
    if moved { os == Os::FreeBsd } else { args.create_home }
}
