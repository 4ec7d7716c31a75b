//! `bastille_release`: a release that jails are made of.

#[cfg(test)]
mod tests;

use super::bastille::{Bastille, CONF, RELEASE, only_freebsd};
use crate::base::{Key, Value};
use crate::modules::told::Told;
use crate::spec::{
    Answer, Change, ChangeKind, Ctx, Doc, Effect, Example, Failure, Fields, Look, Op, Plan, Probe,
    Ran, Risk, State, Support,
};

crate::choices! {
    /// What is wanted of a release.
    pub enum Wanted {
        Absent = "absent",
        Latest = "latest",
        Present = "present",
    }
}

crate::args! {
    /// Which release.
    pub struct Args {
        /// Its name, such as `14.3-RELEASE`, without a patch level.
        release: String => [required(), aliases(&["name"])],
        /// Whether it is there; `latest`: with the newest patches, too.
        state: Wanted => [default("present")],
        /// Whether it is made of packages of the base system, which exist from 15.0 on.
        pkgbase: bool => [default("no")],
        /// Where releases are fetched from instead of Bastille's own setting; old ones are in the archive.
        url: Option<String> => [],
    }
    rules []
}

static DOC: Doc = Doc {
    name: "bastille_release",
    full_names: &[],
    short: "Manage a release that Bastille makes jails of.",
    args: <Args as crate::spec::ArgStruct>::TABLE,
    check: Support::Full,
    diff: Support::None,
    examples: &[
        Example { title: "Fetched once", yaml: "bastille_release: {release: 14.3-RELEASE}" },
        Example {
            title: "An old one",
            yaml: "bastille_release: {release: 13.2-RELEASE, url: \"https://archive.example.org/releases/\"}",
        },
    ],
    returns: &[
        (
            "version",
            "version of its userland before, such as `14.3-RELEASE-p2`; empty when it was not there",
        ),
        ("jails", "jails that are made of it"),
    ],
};

/// The module.
pub struct BastilleRelease;

/// What is there.
pub struct Seen {
    all: Bastille,
    there: bool,
    half: bool,
    version: String,
    users: Vec<String>,
}

impl State for BastilleRelease {
    type Args = Args;
    type Seen = Seen;

    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn probe(&self, args: &Args, ctx: Ctx<'_>) -> Result<Probe, Failure> {
        only_freebsd("bastille_release", ctx)?;
        check(args)?;
        const SCRIPT: &str = concat!(
            include_str!("../../told/ask.sh"),
            include_str!("../look.sh"),
            include_str!("look.sh")
        );
        let probe = Probe::new("bastille_release", SCRIPT).words([CONF, &args.release]);
        Ok(probe.heavy().isolated())
    }

    fn read(&self, args: &Args, answers: &[Answer], ctx: Ctx<'_>) -> Result<Look<Seen>, Failure> {
        let told = Told::read(answers)?;
        let all = Bastille::read(&told, ctx)?;
        let said = told.text("release");
        let version = said.strip_prefix("there").map(|version| version.trim().to_string());
        let coming = ctx.world.thing(RELEASE, &args.release).map(|state| state.is_some());
        Ok(Look::Seen(Seen {
            there: coming.unwrap_or(version.is_some()),
            half: coming.is_none() && said == "half",
            version: version.unwrap_or_default(),
            users: users(&all, &told, &args.release),
            all,
        }))
    }

    fn plan(&self, args: &Args, seen: &Seen, ctx: Ctx<'_>) -> Result<Plan, Failure> {
        let release = args.release.as_str();
        let wanted = args.state != Wanted::Absent;
        if wanted {
            newer(release, &ctx.platform.release)?;
        }
        let verbs: &[&str] = match (args.state, seen.there) {
            (Wanted::Present, false) => &["bootstrap"],
            (Wanted::Latest, false) => &["bootstrap", "update"],
            (Wanted::Latest, true) => &["update"],
            (Wanted::Absent, there) if there || seen.half => &["destroy"],
            (Wanted::Present, true) | (Wanted::Absent, _) => return Ok(Plan::ok()),
        };
        if !seen.all.there {
            return Err(Failure::new("bastille is not installed").missing());
        }
        if !wanted && !seen.users.is_empty() {
            let text = format!("jails are made of {release}: {}", seen.users.join(", "));
            return Err(Failure::new(text));
        }
        Ok(Plan::of(verbs.iter().map(|verb| act(args, seen, verb)).collect()))
    }

    fn verify(&self, args: &Args, change: &Change, after: &Seen, _: Ctx<'_>) -> Result<(), String> {
        let goes =
            change.effects.iter().any(|effect| matches!(effect, Effect::Thing(RELEASE, _, None)));
        match (goes, after.there || after.half) {
            (true, true) => Err(format!("{} is still there", args.release)),
            (false, _) if !after.there => Err(format!("{} is not there", args.release)),
            _ => Ok(()),
        }
    }

    fn explain(&self, _: &Args, ran: &Ran) -> Option<Failure> {
        super::explain(ran)
    }

    fn result(&self, _: &Args, before: &Seen, _: Option<&Seen>, _: &Plan, _: &[Ran]) -> Fields {
        let version = Value::from(before.version.as_str()).untrusted();
        let jails = Value::from(before.users.clone()).untrusted();
        [("version", version), ("jails", jails)]
            .into_iter()
            .map(|(name, value)| (Key::from(name), value))
            .collect()
    }
}

/// Number, and what it is: `14.3-RELEASE`, `15.0-BETA2`. Bastille takes no patch level and one digit behind the dot.
fn check(args: &Args) -> Result<(), Failure> {
    let name = args.release.as_str();
    let good = name.split_once('-').is_some_and(|(number, kind)| {
        let digits = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
        let number = number.split_once('.').is_some_and(|(major, minor)| {
            digits(major) && major.len() == 2 && digits(minor) && minor.len() == 1
        });
        let counted = ["RC", "BETA", "ALPHA"].iter().find_map(|word| kind.strip_prefix(word));
        let kind = matches!(kind, "RELEASE" | "STABLE" | "CURRENT") || counted.is_some_and(digits);
        number && kind
    });
    if !good {
        return Err(Failure::new(format!(
            "'{name}' is no release: such as 14.3-RELEASE, without a patch level"
        )));
    }
    if args.pkgbase && major(name) < Some(15) {
        return Err(Failure::new(format!(
            "{name} is not made of packages: pkgbase begins with 15.0"
        )));
    }
    let odd = |url: &&String| {
        let known =
            ["http://", "https://", "ftp://", "file://"].iter().any(|lead| url.starts_with(lead));
        !known || url.chars().any(|c| c.is_whitespace() || c.is_control() || "\"'`$\\".contains(c))
    };
    match args.url.as_ref().filter(odd) {
        Some(url) => Err(Failure::new(format!("invalid url: {url}"))),
        None => Ok(()),
    }
}

fn major(release: &str) -> Option<u32> {
    release.split('.').next()?.parse().ok()
}

/// A jail's programs need a kernel that is not older.
fn newer(release: &str, kernel: &str) -> Result<(), Failure> {
    match (major(release), major(kernel)) {
        (Some(wanted), Some(has)) if wanted > has => {
            Err(Failure::new(format!("{release} is newer than the host's kernel, {kernel}")))
        }
        _ => Ok(()),
    }
}

/// Jails that go wrong without it: mounted from it, or clones of it.
fn users(all: &Bastille, told: &Told, release: &str) -> Vec<String> {
    let thin = all.jails.iter().filter(|jail| jail.mounted_release() == Some(release));
    let mut users: Vec<String> = thin.map(|jail| jail.name.clone()).collect();
    let part = format!("/releases/{release}@");
    for line in told.text("clones").lines() {
        let Some((name, origin)) = line.split_once('\t') else { continue };
        let jail = name.rsplit_once("/jails/").map_or(name, |(_, below)| below);
        let jail = jail.split('/').next().unwrap_or_default().to_string();
        if origin.contains(&part) && !users.contains(&jail) {
            users.push(jail);
        }
    }
    users
}

fn act(args: &Args, seen: &Seen, verb: &str) -> Change {
    let goes = verb == "destroy";
    let flag = match verb {
        "bootstrap" if args.pkgbase => Some("-p"),
        "destroy" => Some("-y"),
        _ => None,
    };
    let words: Vec<&str> = [verb].into_iter().chain(flag).chain([args.release.as_str()]).collect();
    let dir = seen.all.releases_dir();
    let script = Probe::new("bastille_release_act", include_str!("act.sh"));
    let script = script.words([dir.as_str(), &args.release, if goes { "gone" } else { "there" }]);
    let script = script.words([args.url.clone().unwrap_or_default()]);
    let script = script.words(words.iter().copied());
    let state = (!goes).then(|| Value::from("there"));
    let change = Change::new(Op::Script(script), format!("bastille {}", words.join(" ")));
    let change = change.effect(Effect::Thing(RELEASE, args.release.clone(), state));
    match verb {
        "update" => change.kind(ChangeKind::May),
        "destroy" => change.risk(Risk::High),
        _ => change,
    }
}
