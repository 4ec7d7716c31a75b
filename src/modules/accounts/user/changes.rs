//! The changes that bring a user to what is wanted, and how each is proved.

use super::args::Args;
use super::edit::{Edit, same_password};
use super::seen::{Person, Seen, home_effect};
use super::{password, pw, shadow};
use crate::modules::accounts::records::Group;
use crate::spec::{Change, Command, Ctx, Effect, Failure, Op, Os, Probe, Risk};

/// What a change is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Facet {
    Removed,
    Account,
    Password,
    Lock,
    Aging,
    Home,
    /// A directory above the home.
    Above,
}

/// What a change of this module is about, told by its command.
fn facet(change: &Change) -> Facet {
    let Op::Run(command) = &change.op else { return Facet::Home };
    let words: Vec<&str> = command.argv.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["chpasswd", ..] => Facet::Password,
        ["pw", "usermod", .., "-H", "0"] => Facet::Password,
        ["pw", "lock" | "unlock", ..] | ["usermod", "-L" | "-U", ..] => Facet::Lock,
        ["chage", ..] => Facet::Aging,
        ["userdel", ..] | ["pw", "userdel", ..] => Facet::Removed,
        ["mkdir", ..] => Facet::Above,
        _ => Facet::Account,
    }
}

fn run(command: Command, why: String) -> Change {
    Change::new(Op::Run(command), why).lock("accounts")
}

/// All changes for a new user.
///
/// # Errors
/// A umask that is none.
pub fn create(args: &Args, edit: &Edit, seen: &Seen, ctx: Ctx<'_>) -> Result<Vec<Change>, Failure> {
    let os = ctx.platform.os;
    let name = &args.name;
    let mut changes = Vec::new();
    let parent = edit.home.as_deref().and_then(|home| home.trim_end_matches('/').rsplit_once('/'));
    if let Some((parent, _)) = parent.filter(|(parent, _)| args.create_home && !parent.is_empty()) {
        let command = Command::new(["mkdir", "-p", "--", parent]);
        let change = Change::new(Op::Run(command), format!("make the directory {parent}"));
        changes.push(change.kind(crate::spec::ChangeKind::Prelude));
    }
    let command = match os {
        Os::FreeBsd => pw::create(args, edit)?,
        _ => shadow::create(args, edit, seen),
    };
    let person = created(args, edit, seen, os);
    let mut change = run(command, format!("make the user {name}")).effect(person.effect(name));
    if args.create_home {
        change = change.effect(home_effect(&person.home, name));
    }
    if edit.group.is_none() && Group::find(&seen.groups, name).is_none() {
        let gid = [("gid", crate::base::Value::NULL)].into_iter().collect();
        change = change.effect(Effect::Thing("group", name.clone(), Some(gid)));
    }
    changes.push(change);
    changes.extend(secrets(args, edit, &person, os));
    Ok(changes)
}

/// All changes for a user that is there.
pub fn modify(args: &Args, edit: &Edit, seen: &Seen, old: &Person, ctx: Ctx<'_>) -> Vec<Change> {
    let os = ctx.platform.os;
    let name = &args.name;
    let person = edited(args, edit, seen, old.clone(), os);
    let mut changes = Vec::new();
    if edit.has_account() {
        let command = match os {
            Os::FreeBsd => pw::modify(args, edit),
            _ => shadow::modify(args, edit),
        };
        let mut change = run(command, format!("change the user {name}"));
        change = change.effect(person.effect(name));
        if args.move_home && edit.home.is_some() && os != Os::FreeBsd && seen.old_home {
            change = change.effect(Effect::Path(old.home.clone(), None));
            change = change.effect(home_effect(&person.home, name));
        }
        changes.push(change);
    }
    changes.extend(secrets(args, edit, &person, os));
    if edit.make_home {
        changes.push(home(args, seen, old, &person));
    }
    changes
}

/// Password, lock and ages: each has its own command.
fn secrets(args: &Args, edit: &Edit, person: &Person, os: Os) -> Vec<Change> {
    let name = &args.name;
    let mut changes = Vec::new();
    if let Some(hash) = &edit.password {
        let command = match os {
            Os::FreeBsd => pw::password(args, hash),
            _ => shadow::password(args, hash),
        };
        let change = run(command, format!("set the password of {name}"));
        changes.push(change.effect(person.effect(name)));
    }
    if let Some(wanted) = edit.lock {
        let command = match os {
            Os::FreeBsd => pw::lock(args, wanted),
            _ => shadow::lock(args, wanted),
        };
        let word = if wanted { "lock" } else { "unlock" };
        let change = run(command, format!("{word} the password of {name}"));
        changes.push(change.effect(person.effect(name)));
    }
    if edit.aging.iter().any(Option::is_some) {
        changes.push(shadow::aging(args, edit).lock("accounts").effect(person.effect(name)));
    }
    changes
}

fn home(args: &Args, seen: &Seen, old: &Person, person: &Person) -> Change {
    let path = &seen.home.0;
    let moved = args.move_home && seen.old_home && *path != old.home;
    let words = [
        path.clone(),
        args.name.clone(),
        args.skeleton.clone().unwrap_or_default(),
        if moved { old.home.clone() } else { String::new() },
        args.umask.clone().unwrap_or_default(),
    ];
    let script = Probe::new("user_home", include_str!("home.sh")).words(words);
    let change = Change::new(Op::Script(script), format!("make the home directory {path}"));
    let change = change.effect(home_effect(path, &args.name)).effect(person.effect(&args.name));
    if moved { change.effect(Effect::Path(old.home.clone(), None)) } else { change }
}

/// The change that removes a user.
pub fn remove(args: &Args, user: &Person, os: Os) -> Change {
    let name = &args.name;
    let command = match os {
        Os::FreeBsd => pw::remove(args),
        _ => shadow::remove(args),
    };
    let change = run(command, format!("remove the user {name}"));
    let change = change.effect(Effect::Thing("user", name.clone(), None));
    if !args.remove {
        return change;
    }
    change.risk(Risk::High).effect(Effect::Path(user.home.clone(), None))
}

/// What a new user will be, as far as that is known.
fn created(args: &Args, edit: &Edit, seen: &Seen, os: Os) -> Person {
    let home = format!("/home/{}", args.name);
    let mut person = edited(args, edit, seen, Person { home, ..Person::default() }, os);
    if edit.group.is_none() {
        person.group.clone_from(&args.name);
        person.gid = Group::find(&seen.groups, &args.name).and_then(|group| group.gid);
    }
    if person.shadow.hash.is_empty() && edit.password.is_none() {
        person.shadow.hash = "!".to_string();
    }
    person
}

/// A user with everything that differs set.
fn edited(args: &Args, edit: &Edit, seen: &Seen, mut person: Person, os: Os) -> Person {
    let set = |field: &mut String, value: &Option<String>| {
        if let Some(value) = value {
            field.clone_from(value);
        }
    };
    person.uid = edit.uid.or(person.uid);
    if let Some(group) = edit.group.as_ref().and_then(|name| Group::find(&seen.groups, name)) {
        person.group.clone_from(&group.name);
        person.gid = group.gid;
    }
    if let Some(groups) = &edit.groups {
        let kept = if args.append { std::mem::take(&mut person.groups) } else { Vec::new() };
        person.groups = kept;
        for name in groups {
            if !person.groups.contains(name) {
                person.groups.push(name.clone());
            }
        }
    }
    set(&mut person.comment, &edit.comment);
    set(&mut person.home, &edit.home);
    set(&mut person.shell, &edit.shell);
    let shadow = &mut person.shadow;
    set(&mut shadow.class, &edit.class);
    set(&mut shadow.hash, &edit.password);
    if let Some(lock) = edit.lock {
        shadow.hash = with_lock(os, &shadow.hash, lock);
    }
    shadow.expires = edit.expires.unwrap_or(shadow.expires);
    shadow.inactive = edit.inactive.or(shadow.inactive);
    let [min, max, warn] = edit.aging;
    shadow.min = min.or(shadow.min);
    shadow.max = max.or(shadow.max);
    shadow.warn = warn.or(shadow.warn);
    person
}

/// A hash with its lock put on or taken off.
fn with_lock(os: Os, hash: &str, lock: bool) -> String {
    let mark = if os == Os::FreeBsd { "*LOCKED*" } else { "!" };
    let plain = password::unlocked(os, hash);
    if lock { format!("{mark}{plain}") } else { plain.to_string() }
}

/// Whether the host shows what a change was for.
///
/// # Errors
/// What is still otherwise.
pub fn verify(args: &Args, change: &Change, after: &Seen, ctx: Ctx<'_>) -> Result<(), String> {
    let os = ctx.platform.os;
    let facet = facet(change);
    let Some(user) = &after.user else {
        return match facet {
            Facet::Removed | Facet::Above => Ok(()),
            _ => Err("there is no such user".to_string()),
        };
    };
    let left = Edit::compare(args, after, user, os).map_err(|failure| failure.msg)?;
    let wrong = match facet {
        Facet::Removed => Some("user"),
        Facet::Account => left.first_of_account(),
        Facet::Password => (!same_password(args, user, os)).then_some("password"),
        Facet::Lock => left.lock.map(|_| "lock"),
        Facet::Aging => left.aging.iter().any(Option::is_some).then_some("age of the password"),
        Facet::Home => (!after.home.1).then_some("home directory"),
        Facet::Above => None,
    };
    match wrong {
        Some(what) => Err(format!("the {what} is not as it should be")),
        None => Ok(()),
    }
}
