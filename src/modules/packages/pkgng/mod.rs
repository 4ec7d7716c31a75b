//! `pkgng`: FreeBSD's packages.

mod args;
mod notes;
mod planning;
mod report;
mod seen;

#[cfg(test)]
mod tests;

use crate::modules::files;
use crate::spec::{
    Answer, Change, Ctx, Doc, Example, Failure, Fields, Look as Read, Os, PackageManager, Plan,
    Probe, Ran, State, Support,
};
pub use args::Args;
use args::{Wanted, is_file};
use seen::{Dry, Look};

static DOC: Doc = Doc {
    name: "pkgng",
    full_names: &["community.general.pkgng"],
    short: "Manage FreeBSD packages; installs pkg itself where it is missing.",
    args: <Args as crate::spec::ArgStruct>::TABLE,
    check: Support::Full,
    diff: Support::None,
    examples: &[
        Example { title: "Packages", yaml: "community.general.pkgng: {name: [nginx, www/node]}" },
        Example {
            title: "All up to date",
            yaml: "community.general.pkgng: {name: \"*\", state: latest}",
        },
        Example {
            title: "In a jail",
            yaml: "community.general.pkgng: {name: curl, jail: web, cached: true}",
        },
    ],
    returns: &[
        ("msg", "what was done"),
        ("stdout", "what pkg said"),
        ("stderr", "its errors and warnings"),
    ],
};

/// The module.
pub struct Pkgng;

/// What is there, and what pkg would do.
pub struct Seen {
    look: Look,
    names: Vec<String>,
    /// Whether the catalogue was fetched: by this task, or by an earlier one of a check run.
    fetched: bool,
    /// Whether something comes first, and all else is decided after it.
    first: bool,
    /// What `pkg upgrade` would do.
    upgrade: Option<Dry>,
    /// What `pkg autoremove` would do.
    orphans: Option<Dry>,
}

impl State for Pkgng {
    type Args = Args;
    type Seen = Seen;

    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn probe(&self, args: &Args, ctx: Ctx<'_>) -> Result<Probe, Failure> {
        if ctx.platform.packages != Some(PackageManager::Pkgng) && ctx.platform.os != Os::FreeBsd {
            return Err(Failure::new("Failed to find required executable \"pkg\""));
        }
        let names = args.names()?;
        notes::parsed(args)?;
        let flags = match (args.use_globs, args.annotation.is_some()) {
            (true, true) => "globs annotations",
            (true, false) => "globs",
            (false, true) => "annotations",
            (false, false) => "",
        };
        let (packages, others): (Vec<String>, Vec<String>) =
            names.into_iter().partition(|name| is_file(name));
        let words = [flags.to_string(), args.root()].into_iter().chain(packages);
        let words = words.chain(["--".to_string()]).chain(others);
        Ok(Probe::new("pkgng", include_str!("look.sh")).words(words))
    }

    fn read(&self, args: &Args, answers: &[Answer], ctx: Ctx<'_>) -> Result<Read<Seen>, Failure> {
        let text = files::first(answers)?.text();
        let names = args.names()?;
        let look = Look::parse(&text, args, &names, ctx.world);
        let look = look.ok_or_else(|| Failure::new("pkg did not answer"))?;
        let fetched = ctx.world.thing("package lists", "pkg").is_some();
        let mut seen = Seen { look, names, fetched, first: false, upgrade: None, orphans: None };
        seen.first = planning::prepares(args, &seen);
        let mut known = answers.iter().skip(1);
        if seen.first || !seen.look.ready {
            return Ok(Read::Seen(seen));
        }
        if args.state == Wanted::Latest && (args.upgrades_all() || has_installed(args, &seen)) {
            match known.next() {
                Some(answer) => seen.upgrade = Some(Dry::read(answer, args, ctx.world)),
                None => return Ok(Read::Ask(dry(args, planning::upgrade(args, &seen, "-n")))),
            }
        }
        if args.autoremove {
            match known.next() {
                Some(answer) => seen.orphans = Some(Dry::read(answer, args, ctx.world)),
                None => return Ok(Read::Ask(dry(args, planning::autoremove(args, "-n")))),
            }
        }
        Ok(Read::Seen(seen))
    }

    fn plan(&self, args: &Args, seen: &Seen, _: Ctx<'_>) -> Result<Plan, Failure> {
        planning::plan(args, seen)
    }

    fn verify(&self, args: &Args, change: &Change, after: &Seen, _: Ctx<'_>) -> Result<(), String> {
        planning::verify(args, change, after)
    }

    fn explain(&self, args: &Args, ran: &Ran) -> Option<Failure> {
        report::explain(args, ran)
    }

    fn result(
        &self,
        args: &Args,
        before: &Seen,
        _: Option<&Seen>,
        plan: &Plan,
        ran: &[Ran],
    ) -> Fields {
        report::fields(args, before, plan, ran)
    }
}

fn has_installed(args: &Args, seen: &Seen) -> bool {
    seen.names.iter().any(|name| !seen.look.of(name, args).is_empty())
}

fn dry(args: &Args, words: Vec<String>) -> Probe {
    let system = if args.ignore_osver { "1" } else { "" };
    let probe = Probe::new("pkgng_dry", include_str!("dry.sh"));
    probe.words([system]).words(words.into_iter().skip(1)).heavy()
}
