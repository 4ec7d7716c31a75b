//! `package`: packages by whatever package manager the host has.

use super::{apt, pkgng};
use crate::base::{Key, Map};
use crate::spec::args::{ArgError, ArgTable, canonical};
use crate::spec::{
    Answer, Arg, ArgStruct, Change, Ctx, Doc, Example, Failure, Fields, Look, Op, PackageManager,
    Plan, Probe, Ran, State, Support,
};

/// Everything that is given, and whose module gets it.
#[derive(Clone, Debug)]
pub struct Args {
    /// The package manager that is wanted; None: the host's own.
    manager: Option<String>,
    /// Arguments of its module.
    map: Map,
}

const APT: &[Arg] = <apt::Args as ArgStruct>::TABLE.args;
const PKGNG: &[Arg] = <pkgng::Args as ArgStruct>::TABLE.args;
const OWN: [Arg; 3] = [
    Arg::of::<Vec<String>>("name", "Names, as the package manager knows them.")
        .aliases(&["pkg", "package"]),
    Arg::of::<Option<String>>(
        "state",
        "What is wanted of them: one of the chosen module's states.",
    ),
    Arg::of::<Option<String>>("use", "Package manager: `apt`, `pkgng` or `auto`.").default("auto"),
];
const COUNT: usize = OWN.len() + new_ones(APT, &OWN) + PKGNG.len() - shared();
const ALL: [Arg; COUNT] = all();

/// How many of these have names that are not known yet.
const fn new_ones(args: &[Arg], known: &[Arg]) -> usize {
    let (mut at, mut count) = (0, 0);
    while at < args.len() {
        if !has(known, args[at].name) {
            count += 1;
        }
        at += 1;
    }
    count
}

/// How many of pkgng's arguments come from elsewhere.
const fn shared() -> usize {
    let (mut at, mut count) = (0, 0);
    while at < PKGNG.len() {
        if has(&OWN, PKGNG[at].name) || has(APT, PKGNG[at].name) {
            count += 1;
        }
        at += 1;
    }
    count
}

const fn has(args: &[Arg], name: &str) -> bool {
    let mut at = 0;
    while at < args.len() {
        if same(args[at].name, name) || any(args[at].aliases, name) {
            return true;
        }
        at += 1;
    }
    false
}

const fn any(names: &[&str], name: &str) -> bool {
    let mut at = 0;
    while at < names.len() {
        if same(names[at], name) {
            return true;
        }
        at += 1;
    }
    false
}

const fn same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let mut at = 0;
    while at < a.len() && at < b.len() {
        if a[at] != b[at] {
            return false;
        }
        at += 1;
    }
    a.len() == b.len()
}

/// Our own arguments, then those of the modules, each name once.
const fn all() -> [Arg; COUNT] {
    let mut all = [OWN[2]; COUNT];
    let (mut at, mut next) = (0, 0);
    while at < OWN.len() {
        all[next] = OWN[at];
        (at, next) = (at + 1, next + 1);
    }
    at = 0;
    while at < APT.len() {
        if !has(&OWN, APT[at].name) {
            all[next] = APT[at];
            next += 1;
        }
        at += 1;
    }
    at = 0;
    while at < PKGNG.len() {
        if !has(&OWN, PKGNG[at].name) && !has(APT, PKGNG[at].name) {
            all[next] = PKGNG[at];
            next += 1;
        }
        at += 1;
    }
    all
}

impl ArgStruct for Args {
    const TABLE: &'static ArgTable = &ArgTable { args: &ALL, rules: &[] };

    fn from_map(args: &Map) -> Result<Self, ArgError> {
        let known = canonical(Self::TABLE, args)?;
        let manager = known.read::<Option<String>>("use")?.filter(|name| name != "auto");
        let mut map = args.clone();
        map.shift_remove(&Key::from("use"));
        Ok(Self { manager, map })
    }
}

static DOC: Doc = Doc {
    name: "package",
    full_names: &["ansible.builtin.package", "ansible.legacy.package"],
    short: "Manage packages by the host's own package manager.",
    args: Args::TABLE,
    check: Support::Full,
    diff: Support::Partial("as the package manager's module"),
    examples: &[
        Example { title: "A package", yaml: "package: {name: rsync, state: present}" },
        Example {
            title: "By a named one",
            yaml: "package: {name: rsync, state: latest, use: apt}",
        },
    ],
    returns: &[("stdout", "as the package manager's module returns it")],
};

/// The module.
pub struct Package;

/// What the chosen module saw.
pub enum Seen {
    /// Debian's.
    Apt(Box<(apt::Args, apt::Seen)>),
    /// FreeBSD's.
    Pkgng(Box<(pkgng::Args, pkgng::Seen)>),
}

#[derive(Clone, Copy)]
enum Chosen {
    Apt,
    Pkgng,
}

impl Args {
    fn choose(&self, ctx: Ctx<'_>) -> Result<Chosen, Failure> {
        if let Some(name) = &self.manager {
            return named(name);
        }
        match ctx.platform.packages {
            Some(PackageManager::Apt) => Ok(Chosen::Apt),
            Some(PackageManager::Pkgng) => Ok(Chosen::Pkgng),
            Some(other) => Err(unsupported(&format!("{other:?}").to_lowercase())),
            None => Err(Failure::new(
                "Could not detect a package manager. Try using the \"use\" option.",
            )),
        }
    }

    fn typed<A: ArgStruct>(&self) -> Result<A, Failure> {
        let mut map = self.map.clone();
        let name = |text: &str| Key::from(text);
        // Each module knows its list by two of the three names.
        if !["name", "pkg"].iter().any(|key| map.contains_key(&name(key)))
            && A::TABLE.find("package").is_none()
            && let Some(value) = map.shift_remove(&name("package"))
        {
            map.insert(name("name"), value);
        }
        A::from_map(&map).map_err(|error| Failure::new(error.message))
    }
}

fn named(name: &str) -> Result<Chosen, Failure> {
    let known = |entry: &Doc| entry.name == name || entry.full_names.contains(&name);
    if known(State::doc(&apt::Apt)) {
        return Ok(Chosen::Apt);
    }
    if known(State::doc(&pkgng::Pkgng)) {
        return Ok(Chosen::Pkgng);
    }
    const OTHERS: [&str; 12] = [
        "apk", "apt_rpm", "dnf", "dnf5", "homebrew", "macports", "opkg", "pacman", "portage",
        "yum", "zypper", "xbps",
    ];
    let short = name.rsplit('.').next().unwrap_or(name);
    if OTHERS.contains(&short) {
        return Err(unsupported(short));
    }
    let text = format!("Could not find a matching action for the \"{name}\" package manager.");
    Err(Failure::new(text))
}

fn unsupported(name: &str) -> Failure {
    Failure::new(format!(
        "the package manager '{name}' is not supported in this version; supported are apt and pkgng"
    ))
}

impl State for Package {
    type Args = Args;
    type Seen = Seen;

    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn probe(&self, args: &Args, ctx: Ctx<'_>) -> Result<Probe, Failure> {
        match args.choose(ctx)? {
            Chosen::Apt => apt::Apt.probe(&args.typed()?, ctx),
            Chosen::Pkgng => pkgng::Pkgng.probe(&args.typed()?, ctx),
        }
    }

    fn read(&self, args: &Args, answers: &[Answer], ctx: Ctx<'_>) -> Result<Look<Seen>, Failure> {
        match args.choose(ctx)? {
            Chosen::Apt => {
                let own: apt::Args = args.typed()?;
                let look = apt::Apt.read(&own, answers, ctx)?;
                Ok(with(look, |seen| Seen::Apt(Box::new((own, seen)))))
            }
            Chosen::Pkgng => {
                let own: pkgng::Args = args.typed()?;
                let look = pkgng::Pkgng.read(&own, answers, ctx)?;
                Ok(with(look, |seen| Seen::Pkgng(Box::new((own, seen)))))
            }
        }
    }

    fn plan(&self, _: &Args, seen: &Seen, ctx: Ctx<'_>) -> Result<Plan, Failure> {
        match seen {
            Seen::Apt(own) => apt::Apt.plan(&own.0, &own.1, ctx),
            Seen::Pkgng(own) => pkgng::Pkgng.plan(&own.0, &own.1, ctx),
        }
    }

    fn verify(&self, _: &Args, change: &Change, after: &Seen, ctx: Ctx<'_>) -> Result<(), String> {
        match after {
            Seen::Apt(own) => apt::Apt.verify(&own.0, change, &own.1, ctx),
            Seen::Pkgng(own) => pkgng::Pkgng.verify(&own.0, change, &own.1, ctx),
        }
    }

    fn explain(&self, args: &Args, ran: &Ran) -> Option<Failure> {
        let Op::Run(command) = &ran.change.op else { return None };
        if command.argv.first().is_some_and(|word| word == "pkg") {
            return pkgng::Pkgng.explain(&args.typed().ok()?, ran);
        }
        apt::Apt.explain(&args.typed().ok()?, ran)
    }

    fn result(
        &self,
        _: &Args,
        before: &Seen,
        after: Option<&Seen>,
        plan: &Plan,
        ran: &[Ran],
    ) -> Fields {
        match (before, after) {
            (Seen::Apt(own), Some(Seen::Apt(later))) => {
                apt::Apt.result(&own.0, &own.1, Some(&later.1), plan, ran)
            }
            (Seen::Apt(own), _) => apt::Apt.result(&own.0, &own.1, None, plan, ran),
            (Seen::Pkgng(own), Some(Seen::Pkgng(later))) => {
                pkgng::Pkgng.result(&own.0, &own.1, Some(&later.1), plan, ran)
            }
            (Seen::Pkgng(own), _) => pkgng::Pkgng.result(&own.0, &own.1, None, plan, ran),
        }
    }
}

fn with<A, B>(look: Look<A>, make: impl FnOnce(A) -> B) -> Look<B> {
    match look {
        Look::Seen(seen) => Look::Seen(make(seen)),
        Look::Ask(probe) => Look::Ask(probe),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modules::packages::tests::arguments;
    use crate::spec::{Inputs, Os, Platform, World};

    fn probe(manager: Option<PackageManager>, yaml: &str) -> Result<String, String> {
        let args = Args::from_map(&arguments(yaml)).map_err(|e| e.message)?;
        let os = if manager == Some(PackageManager::Pkgng) { Os::FreeBsd } else { Os::Linux };
        let platform = Platform { os, packages: manager, ..Platform::default() };
        let (inputs, world) = (Inputs::default(), World::default());
        let ctx = Ctx { platform: &platform, inputs: &inputs, world: &world, diff: false };
        let probe = State::probe(&Package, &args, ctx).map_err(|failure| failure.msg)?;
        Ok(format!("{} {}", probe.name, probe.words.join(" ")))
    }

    #[test]
    fn it_hands_over_to_the_hosts_own() {
        let (apt, pkgng) = (Some(PackageManager::Apt), Some(PackageManager::Pkgng));
        let yaml = "{name: [rsync, git], state: present}";
        assert_eq!(probe(apt, yaml).unwrap(), "apt provides auto -- -- rsync git");
        assert_eq!(probe(pkgng, yaml).unwrap(), "pkgng globs  -- rsync git");
        assert_eq!(probe(pkgng, "{package: git}").unwrap(), "pkgng globs  -- git");
        assert_eq!(probe(pkgng, "{name: git, use_globs: false}").unwrap(), "pkgng   -- git");
        assert_eq!(
            probe(apt, "{pkg: git, use: ansible.builtin.apt}").unwrap(),
            "apt provides auto -- -- git"
        );
        let refused = [
            (apt, "{name: git, jail: web}", "Unsupported parameters: jail."),
            (pkgng, "{name: git, purge: true}", "Unsupported parameters: purge."),
            (apt, "{name: git, state: gone}", "value of state must be one of: absent, build-dep,"),
            (apt, "{name: git, nosuch: 1}", "Unsupported parameters: nosuch."),
            (apt, "{name: git, use: dnf}", "the package manager 'dnf' is not supported"),
            (
                Some(PackageManager::Apk),
                "{name: git}",
                "the package manager 'apk' is not supported",
            ),
            (apt, "{name: git, use: x}", "Could not find a matching action for the \"x\" package"),
            (None, "{name: git}", "Could not detect a package manager."),
        ];
        for (manager, yaml, text) in refused {
            let error = probe(manager, yaml).unwrap_err();
            assert!(error.starts_with(text), "{yaml}: {error}");
        }
    }

    #[test]
    fn the_table_has_each_name_once() {
        let mut names: Vec<&str> = Args::TABLE.names().collect();
        assert_eq!(names.iter().filter(|name| **name == "autoremove").count(), 1);
        let (total, mut unique) = (names.len(), std::mem::take(&mut names));
        unique.sort_unstable();
        unique.dedup();
        assert_eq!(unique.len(), total);
        assert!(unique.contains(&"jail") && unique.contains(&"purge") && !unique.is_empty());
    }
}
