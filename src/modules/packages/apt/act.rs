//! What is to be done, decided from what is there: nothing of it asks or changes the host.

use super::args::{Args, Upgrade, Wanted};
use super::look::{Look, Status};
use super::version;
use super::wish::{Version, Wish, missing};
use crate::spec::{Failure, World};
use std::cmp::Ordering;

/// One call of apt-get about packages.
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    /// Nothing about packages is asked for, or all is as it should be.
    Nothing,
    /// These are installed or brought up to date.
    Install(Vec<Wish>),
    /// These files are installed.
    InstallFiles(Vec<String>),
    /// What the sources of these need is installed.
    BuildDep(Vec<String>),
    /// These are removed.
    Remove(Vec<Wish>),
    /// All are brought up to date; whether others may be removed for it.
    Upgrade {
        /// Whether packages may be removed.
        full: bool,
    },
}

/// What a task's names mean on a host, and what there is to do.
#[derive(Clone, Debug, PartialEq)]
pub struct Intent {
    /// The packages, patterns replaced by names.
    pub wishes: Vec<Wish>,
    /// What is to be done.
    pub act: Act,
    /// Whether only apt itself can say if there is anything to do.
    pub open: bool,
    /// Packages that are there as dependencies and are now wanted for their own sake.
    pub mark: Vec<String>,
}

impl Intent {
    /// What cannot be said yet.
    pub fn unknown() -> Self {
        Self { wishes: Vec::new(), act: Act::Nothing, open: true, mark: Vec::new() }
    }

    /// Decides.
    ///
    /// # Errors
    /// A pattern that matches nothing, a file that is no package.
    pub fn of(args: &Args, look: &mut Look, world: &World) -> Result<Self, Failure> {
        let wishes = expand(&wishes(args)?, look)?;
        look.add_predicted(&wishes, world);
        let (act, open) = act(args, &wishes, look)?;
        let mark = mark(args, &wishes, look);
        Ok(Self { wishes, act, open, mark })
    }
}

/// The packages that are named; `*` alone stands for all and is none of them.
pub fn wishes(args: &Args) -> Result<Vec<Wish>, Failure> {
    let named: Vec<&String> = args.package.iter().filter(|name| *name != "*").collect();
    if named.len() < args.package.len() && args.state == Wanted::Latest && !named.is_empty() {
        let text = "unable to install additional packages when upgrading all installed packages";
        return Err(Failure::new(text));
    }
    named.into_iter().map(|name| Wish::parse(name)).collect()
}

fn expand(wishes: &[Wish], look: &Look) -> Result<Vec<Wish>, Failure> {
    let mut all: Vec<Wish> = Vec::new();
    for wish in wishes {
        if !wish.is_pattern() {
            all.push(wish.clone());
            continue;
        }
        let names = look.expand(&wish.name);
        if names.is_empty() {
            let text = format!("No package(s) matching '{}' available", wish.full());
            return Err(Failure::new(text));
        }
        // As Ansible: a version behind a pattern is not looked at.
        let one = |name| Wish { name, arch: wish.arch.clone(), version: Version::Any };
        all.extend(names.into_iter().map(one));
    }
    Ok(all)
}

fn act(args: &Args, wishes: &[Wish], look: &Look) -> Result<(Act, bool), Failure> {
    if let Some(upgrade) = args.upgrades() {
        let full = matches!(upgrade, Upgrade::Dist | Upgrade::Full);
        return Ok((Act::Upgrade { full }, true));
    }
    if !args.debs().is_empty() {
        let paths = files(args, look)?;
        let act = if paths.is_empty() { Act::Nothing } else { Act::InstallFiles(paths) };
        return Ok((act, false));
    }
    Ok(match args.state {
        _ if wishes.is_empty() => (Act::Nothing, false),
        Wanted::Absent => (remove(args, wishes, look), false),
        Wanted::BuildDep => (Act::BuildDep(wishes.iter().map(Wish::full).collect()), true),
        Wanted::Latest => (install(latest(args, wishes, look)), true),
        Wanted::Present | Wanted::Fixed => (install(lacking(args, wishes, look)), false),
    })
}

fn install(wishes: Vec<Wish>) -> Act {
    if wishes.is_empty() { Act::Nothing } else { Act::Install(wishes) }
}

fn is_installed(wish: &Wish, look: &Look) -> bool {
    look.of(wish).is_some_and(|found| found.status == Status::Installed)
}

fn lacking(args: &Args, wishes: &[Wish], look: &Look) -> Vec<Wish> {
    let wanted =
        |wish: &&Wish| !look.satisfies(wish) && (!args.only_upgrade || is_installed(wish, look));
    wishes.iter().filter(wanted).cloned().collect()
}

fn latest(args: &Args, wishes: &[Wish], look: &Look) -> Vec<Wish> {
    let wanted = |wish: &&Wish| !args.only_upgrade || is_installed(wish, look);
    wishes.iter().filter(wanted).cloned().collect()
}

fn remove(args: &Args, wishes: &[Wish], look: &Look) -> Act {
    let there = |wish: &&Wish| {
        look.of(wish).is_some_and(|found| match found.status {
            Status::Files => args.purge,
            // Half installed ones are there, too.
            Status::Installed | Status::Partly => args.purge || wish.fits(&found.version),
        })
    };
    let found: Vec<Wish> = wishes.iter().filter(there).cloned().collect();
    if found.is_empty() { Act::Nothing } else { Act::Remove(found) }
}

/// Files whose package is not there in this version.
fn files(args: &Args, look: &Look) -> Result<Vec<String>, Failure> {
    if args.state != Wanted::Present {
        return Err(Failure::new("deb only supports state=present"));
    }
    let mut paths = Vec::new();
    for deb in &look.debs {
        if let Some(error) = &deb.error {
            return Err(Failure::new(format!("Unable to install package: {error}")));
        }
        let found = look.find(&deb.name, Some(deb.arch.as_str()).filter(|arch| *arch != "all"));
        let same = found.is_some_and(|found| {
            found.status == Status::Installed
                && version::compare(&found.version, &deb.version) == Ordering::Equal
        });
        if !same {
            paths.push(deb.path.clone());
        }
    }
    Ok(paths)
}

/// What is asked for by name is no mere dependency any more.
fn mark(args: &Args, wishes: &[Wish], look: &Look) -> Vec<String> {
    if !matches!(args.state, Wanted::Present | Wanted::Latest | Wanted::Fixed) {
        return Vec::new();
    }
    let found = wishes.iter().filter_map(|wish| look.of(wish));
    let there = found.filter(|p| p.status == Status::Installed);
    there.filter_map(|p| look.auto_name(p)).collect()
}

/// What a package manager's failure means, where Ansible has a text of its own for it.
pub fn failure_of(stderr: &str, wishes: &[Wish]) -> Option<Failure> {
    for line in stderr.lines() {
        let Some(text) = line.strip_prefix("E: ") else { continue };
        if let Some(name) = text.strip_prefix("Unable to locate package ") {
            return Some(missing(name.trim()));
        }
        let quoted = |n: usize| text.split('\'').nth(n).unwrap_or_default();
        if text.starts_with("Version '") && text.ends_with("was not found") {
            return Some(no_candidate(quoted(3), wishes));
        }
        if text.ends_with("has no installation candidate") {
            return Some(no_candidate(quoted(1), wishes));
        }
    }
    None
}

/// A version that is nowhere to be had.
pub fn no_candidate(name: &str, wishes: &[Wish]) -> Failure {
    let wish = wishes.iter().find(|wish| wish.name == name || wish.full() == name);
    let name = wish.map_or(name.to_string(), Wish::written);
    Failure::new(format!("no available installation candidate for {name}"))
}
