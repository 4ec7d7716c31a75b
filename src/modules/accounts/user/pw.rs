//! Users by FreeBSD's pw(8).

use super::args::Args;
use super::edit::Edit;
use super::shadow::{option, pair};
use crate::spec::{Command, Failure};

/// Refuses what pw cannot do.
///
/// # Errors
/// An argument that pw knows nothing of.
pub fn check(args: &Args) -> Result<(), Failure> {
    let days = [
        ("password_expire_max", args.password_expire_max),
        ("password_expire_min", args.password_expire_min),
        ("password_expire_warn", args.password_expire_warn),
        ("password_expire_account_disable", args.password_expire_account_disable),
        ("uid_min", args.uid_min),
        ("uid_max", args.uid_max),
    ];
    match days.into_iter().find(|(_, value)| value.is_some()) {
        Some((name, _)) => Err(Failure::new(format!("{name} is not known to pw(8)"))),
        None => mode(args).map(|_| ()),
    }
}

/// What is asked for and makes no difference here.
pub fn warnings(args: &Args, creates: bool) -> Vec<String> {
    let mut warnings = Vec::new();
    if creates && args.system {
        warnings.push(format!("pw(8) knows no system users: {} is an ordinary one", args.name));
    }
    if args.force {
        warnings
            .push("pw(8) knows no force: it removes users who are logged in anyway".to_string());
    }
    warnings
}

/// The mode of a new home directory that `umask` leaves.
fn mode(args: &Args) -> Result<Option<String>, Failure> {
    let Some(mask) = &args.umask else { return Ok(None) };
    match u32::from_str_radix(mask, 8) {
        Ok(bits) if bits <= 0o777 => Ok(Some(format!("{:04o}", 0o777 & !bits))),
        _ => Err(Failure::new(format!("umask must be octal, got: {mask}"))),
    }
}

fn start(verb: &str, args: &Args) -> Vec<String> {
    ["pw", verb, "-n", args.name.as_str()].map(str::to_string).into()
}

/// `pw useradd`.
///
/// # Errors
/// A umask that is none.
pub fn create(args: &Args, edit: &Edit) -> Result<Command, Failure> {
    let mut argv = start("useradd", args);
    account(&mut argv, args, edit);
    if args.create_home {
        argv.push("-m".to_string());
        option(&mut argv, "-k", args.skeleton.as_ref());
        option(&mut argv, "-M", mode(args)?.as_ref());
    }
    Ok(Command::new(argv))
}

/// `pw usermod` for all that differs but password and lock.
pub fn modify(args: &Args, edit: &Edit) -> Command {
    let mut argv = start("usermod", args);
    account(&mut argv, args, edit);
    Command::new(argv)
}

fn account(argv: &mut Vec<String>, args: &Args, edit: &Edit) {
    if let Some(uid) = edit.uid {
        pair(argv, "-u", &uid.to_string());
        argv.extend(args.non_unique.then(|| "-o".to_string()));
    }
    option(argv, "-c", edit.comment.as_ref());
    option(argv, "-d", edit.home.as_ref());
    option(argv, "-g", edit.group.as_ref());
    option(argv, "-G", edit.groups.as_ref().map(|groups| groups.join(",")).as_ref());
    option(argv, "-s", edit.shell.as_ref());
    option(argv, "-L", edit.class.as_ref());
    option(argv, "-e", edit.expires.map(|at| at.unwrap_or(0).to_string()).as_ref());
}

/// The hash goes over stdin.
pub fn password(args: &Args, hash: &str) -> Command {
    let mut argv = start("usermod", args);
    pair(&mut argv, "-H", "0");
    let mut command = Command::new(argv);
    command.stdin = Some(format!("{hash}\n").into());
    command.secret = true;
    command
}

/// `pw lock` or `pw unlock`.
pub fn lock(args: &Args, lock: bool) -> Command {
    Command::new(["pw", if lock { "lock" } else { "unlock" }, args.name.as_str()])
}

/// `pw userdel`.
pub fn remove(args: &Args) -> Command {
    let mut argv = start("userdel", args);
    argv.extend(args.remove.then(|| "-r".to_string()));
    Command::new(argv)
}
