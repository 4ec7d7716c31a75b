//! The words of apt-get.

use super::act::Act;
use super::args::{Args, Wanted};
use super::wish::Wish;
use crate::modules::packages::LOCK;
use crate::spec::{Change, Command, Op};

/// apt-get's words for an act, without `-s`; None: there is nothing to do.
pub fn words(args: &Args, act: &Act) -> Option<Vec<String>> {
    let mut words = options(args);
    let installs = matches!(act, Act::Install(_) | Act::InstallFiles(_));
    let (verb, names): (&[&str], Vec<String>) = match act {
        Act::Nothing => return None,
        Act::Install(wishes) => (&["install"], wishes.iter().map(Wish::word).collect()),
        Act::InstallFiles(paths) => (&["install"], paths.clone()),
        Act::BuildDep(names) => (&["build-dep"], names.clone()),
        Act::Remove(wishes) => (&["remove"], wishes.iter().map(Wish::full).collect()),
        Act::Upgrade { full: true } => (&["dist-upgrade"], Vec::new()),
        Act::Upgrade { full: false } => (&["--with-new-pkgs", "upgrade"], Vec::new()),
    };
    let removes = matches!(act, Act::Remove(_));
    let flags = [
        (args.only_upgrade && installs, "--only-upgrade"),
        (args.state == Wanted::Fixed && installs, "--fix-broken"),
        (args.autoremove && !matches!(act, Act::BuildDep(_)), "--auto-remove"),
        (args.fail_on_autoremove && !removes, "--no-remove"),
        (args.purge && (removes || args.autoremove), "--purge"),
    ];
    words.extend(flags.iter().filter(|(on, _)| *on).map(|(_, word)| (*word).to_string()));
    if let Some(release) = &args.default_release {
        words.extend(["-t".to_string(), release.clone()]);
    }
    if let Some(on) = args.install_recommends {
        let word = if on { "yes" } else { "no" };
        words.extend(["-o".to_string(), format!("APT::Install-Recommends={word}")]);
    }
    words.extend(verb.iter().map(|word| (*word).to_string()));
    if !names.is_empty() {
        words.push("--".to_string());
        words.extend(names);
    }
    Some(words)
}

/// Words for `autoremove` or `autoclean`.
pub fn tidy(args: &Args, verb: &str) -> Vec<String> {
    let mut words = options(args);
    if args.purge && verb == "autoremove" {
        words.push("--purge".to_string());
    }
    words.push(verb.to_string());
    words
}

/// What goes with every call. Names are names: apt's own patterns are switched off.
fn options(args: &Args) -> Vec<String> {
    let mut words = vec!["-y".to_string()];
    for option in args.dpkg_options.split(',').map(str::trim).filter(|o| !o.is_empty()) {
        words.extend(["-o".to_string(), format!("Dpkg::Options::=--{option}")]);
    }
    words.extend(["-o".to_string(), lock(args)]);
    words.extend(["-o".to_string(), "APT::Cmd::Pattern-Only=true".to_string()]);
    let flags = [
        (args.allow_unauthenticated || args.force, "--allow-unauthenticated"),
        (args.allow_downgrade || args.force, "--allow-downgrades"),
        (args.allow_change_held_packages || args.force, "--allow-change-held-packages"),
        (args.force, "--allow-remove-essential"),
    ];
    words.extend(flags.iter().filter(|(on, _)| *on).map(|(_, word)| (*word).to_string()));
    words
}

fn lock(args: &Args) -> String {
    format!("DPkg::Lock::Timeout={}", args.lock_timeout)
}

/// A call of apt-get as a change.
pub fn call(args: &Args, words: Vec<String>, why: impl Into<String>) -> Change {
    let mut argv = Vec::new();
    if let Some(code) = args.policy_rc_d {
        let script = include_str!("policy.sh").to_string();
        argv.extend([
            "sh".to_string(),
            "-c".to_string(),
            script,
            "sh".to_string(),
            code.to_string(),
        ]);
    }
    argv.push("apt-get".to_string());
    argv.extend(words);
    change(argv, why)
}

/// The package lists are fetched.
pub fn update(args: &Args) -> Change {
    let (tries, pause) = (args.update_cache_retries, args.update_cache_retry_max_delay);
    let head = ["sh", "-c", include_str!("update.sh"), "sh"].map(str::to_string);
    let mut argv = head.to_vec();
    argv.extend([tries.max(1).to_string(), pause.max(0).to_string()]);
    argv.extend(["-q", "-o", "APT::Update::Error-Mode=any", "-o"].map(str::to_string));
    argv.push(lock(args));
    change(argv, "fetch the package lists")
}

/// Packages are no mere dependencies any more.
pub fn mark(args: &Args, names: &[String]) -> Change {
    let mut argv = vec!["apt-mark".to_string(), "-o".to_string(), lock(args), "manual".to_string()];
    argv.extend(names.iter().cloned());
    change(argv, format!("mark as wanted: {}", names.join(" ")))
}

/// Fetched package files are removed.
pub fn clean() -> Change {
    change(vec!["apt-get".to_string(), "clean".to_string()], "remove fetched package files")
}

fn change(argv: Vec<String>, why: impl Into<String>) -> Change {
    let mut command = Command::new(argv);
    let frontend = [("DEBIAN_FRONTEND", "noninteractive"), ("DEBIAN_PRIORITY", "critical")];
    let locale = [("LC_ALL", "C.UTF-8"), ("LANGUAGE", "C")];
    let all = frontend.iter().chain(&locale);
    command.env = all.map(|(name, value)| ((*name).to_string(), (*value).to_string())).collect();
    Change::new(Op::Run(command), why).lock(LOCK)
}
