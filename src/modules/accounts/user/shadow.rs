//! Users by the tools of Linux's shadow suite.

use super::args::Args;
use super::edit::Edit;
use super::seen::Seen;
use crate::modules::accounts::records::Group;
use crate::spec::{Change, Command, Ctx, Failure, Op};

/// Refuses what these tools cannot do.
///
/// # Errors
/// A missing tool, or an argument of another system.
pub fn check(args: &Args, ctx: Ctx<'_>) -> Result<(), Failure> {
    if !ctx.platform.has("useradd") {
        return Err(Failure::new("Failed to find required executable \"useradd\""));
    }
    if args.login_class.is_some() {
        return Err(Failure::new("login_class is known to FreeBSD only"));
    }
    Ok(())
}

/// `useradd`.
pub fn create(args: &Args, edit: &Edit, seen: &Seen) -> Command {
    let mut argv = vec!["useradd".to_string()];
    number(&mut argv, args, edit);
    match &edit.group {
        Some(group) => pair(&mut argv, "-g", group),
        None if Group::find(&seen.groups, &args.name).is_some() => argv.push("-N".to_string()),
        None => {}
    }
    if let Some(groups) = &edit.groups {
        pair(&mut argv, "-G", &groups.join(","));
    }
    texts(&mut argv, edit);
    if args.create_home {
        argv.push("-m".to_string());
        option(&mut argv, "-k", args.skeleton.as_ref());
        option(&mut argv, "-K", args.umask.as_ref().map(|mask| format!("UMASK={mask}")).as_ref());
    } else {
        argv.push("-M".to_string());
    }
    argv.extend(args.system.then(|| "-r".to_string()));
    for (key, value) in [("UID_MIN", args.uid_min), ("UID_MAX", args.uid_max)] {
        option(&mut argv, "-K", value.map(|n| format!("{key}={n}")).as_ref());
    }
    argv.push(args.name.clone());
    Command::new(argv)
}

/// `usermod` for all that differs but password and lock.
pub fn modify(args: &Args, edit: &Edit) -> Command {
    let mut argv = vec!["usermod".to_string()];
    number(&mut argv, args, edit);
    option(&mut argv, "-g", edit.group.as_ref());
    if let Some(groups) = &edit.groups {
        argv.extend(args.append.then(|| "-a".to_string()));
        pair(&mut argv, "-G", &groups.join(","));
    }
    texts(&mut argv, edit);
    argv.extend((args.move_home && edit.home.is_some()).then(|| "-m".to_string()));
    argv.push(args.name.clone());
    Command::new(argv)
}

/// The hash goes over stdin.
pub fn password(args: &Args, hash: &str) -> Command {
    let mut command = Command::new(["chpasswd", "-e"]);
    command.stdin = Some(format!("{}:{hash}\n", args.name).into());
    command.secret = true;
    command
}

/// `usermod -L` or `-U`.
pub fn lock(args: &Args, lock: bool) -> Command {
    Command::new(["usermod", if lock { "-L" } else { "-U" }, args.name.as_str()])
}

/// `chage`.
pub fn aging(args: &Args, edit: &Edit) -> Change {
    let mut argv = vec!["chage".to_string()];
    for (letter, days) in ["-m", "-M", "-W"].into_iter().zip(edit.aging) {
        option(&mut argv, letter, days.map(|days| days.to_string()).as_ref());
    }
    argv.push(args.name.clone());
    Change::new(Op::Run(Command::new(argv)), format!("set password ages of {}", args.name))
}

/// `userdel`.
pub fn remove(args: &Args) -> Command {
    let mut argv = vec!["userdel".to_string()];
    argv.extend(args.force.then(|| "-f".to_string()));
    argv.extend(args.remove.then(|| "-r".to_string()));
    argv.push(args.name.clone());
    Command::new(argv)
}

fn number(argv: &mut Vec<String>, args: &Args, edit: &Edit) {
    if let Some(uid) = edit.uid {
        pair(argv, "-u", &uid.to_string());
        argv.extend(args.non_unique.then(|| "-o".to_string()));
    }
}

fn texts(argv: &mut Vec<String>, edit: &Edit) {
    option(argv, "-c", edit.comment.as_ref());
    option(argv, "-d", edit.home.as_ref());
    option(argv, "-s", edit.shell.as_ref());
    option(argv, "-e", edit.expires.map(|at| at.map_or(String::new(), date)).as_ref());
    option(argv, "-f", edit.inactive.map(|days| days.to_string()).as_ref());
}

/// The day of a moment, as `2030-01-01`.
fn date(at: i64) -> String {
    let at = jiff::Timestamp::from_second(at).unwrap_or_default();
    at.strftime("%Y-%m-%d").to_string()
}

/// Adds an option with its word.
pub fn pair(argv: &mut Vec<String>, letter: &str, word: &str) {
    argv.extend([letter.to_string(), word.to_string()]);
}

/// Adds an option with its word, if there is one.
pub fn option(argv: &mut Vec<String>, letter: &str, word: Option<&String>) {
    if let Some(word) = word {
        pair(argv, letter, word);
    }
}
