//! `apt`: Debian's packages.

mod act;
pub mod args;
mod command;
mod look;
mod planning;
mod report;
mod simulate;
mod version;
mod wish;

#[cfg(test)]
mod tests;

use crate::modules::files;
use crate::spec::{
    Answer, Change, ChangeKind, Ctx, Doc, Example, Failure, Fields, Look as Read, Op,
    PackageManager, Plan, Probe, Ran, State, Support,
};
use act::{Act, Intent};
pub use args::Args;
use args::Wanted;
use look::Look;
use simulate::Simulation;
use wish::Wish;

static DOC: Doc = Doc {
    name: "apt",
    full_names: &["ansible.builtin.apt", "ansible.legacy.apt"],
    short: "Manage Debian packages.",
    args: <Args as crate::spec::ArgStruct>::TABLE,
    check: Support::Full,
    diff: Support::Full,
    examples: &[
        Example { title: "Packages", yaml: "apt: {name: [nginx, curl], update_cache: true}" },
        Example { title: "Gone", yaml: "apt: {name: telnetd, state: absent, purge: true}" },
        Example { title: "All up to date", yaml: "apt: {upgrade: dist, update_cache: true}" },
        Example { title: "A file", yaml: "apt: {deb: /root/agent_1.2_amd64.deb}" },
    ],
    returns: &[
        ("stdout", "what apt-get said, or would say in check mode"),
        ("stderr", "its errors and warnings"),
        ("cache_updated", "whether the package lists were fetched"),
        ("cache_update_time", "when they were, in seconds since 1970"),
    ],
};

/// The module.
pub struct Apt;

/// What is there, and what is to be done about it.
pub struct Seen {
    look: Look,
    intent: Intent,
    /// Whether the lists are to be fetched.
    due: bool,
    /// Whether they were: by this task, or by an earlier one of a check run.
    fetched: bool,
    /// Whether apt looks at other lists than it would.
    stale: bool,
    /// Whether something comes first, and all else is decided after it.
    first: bool,
    /// What apt-get says to the act.
    main: Option<Simulation>,
    /// What it says to `autoclean` and `autoremove`.
    tidy: Vec<(&'static str, Simulation)>,
}

impl State for Apt {
    type Args = Args;
    type Seen = Seen;

    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn probe(&self, args: &Args, ctx: Ctx<'_>) -> Result<Probe, Failure> {
        if ctx.platform.packages != Some(PackageManager::Apt) && !ctx.platform.has("apt-get") {
            return Err(Failure::new("Failed to find required executable \"apt-get\""));
        }
        let wishes = act::wishes(args)?;
        let mut words = vec![flags(args)];
        let patterns = wishes.iter().filter(|wish| wish.is_pattern());
        let starts: Vec<String> = patterns
            .map(|wish| crate::modules::packages::glob::literal_start(&wish.name).to_string())
            .collect();
        let slow = !starts.is_empty();
        words.extend(starts);
        words.push("--".to_string());
        for path in args.debs() {
            if path.contains("://") {
                let text = format!("deb: {path} is not on the host; fetch it with get_url first");
                return Err(Failure::new(text));
            }
            words.push(files::absolute(ctx.platform, path)?);
        }
        words.push("--".to_string());
        words.extend(wishes.iter().map(Wish::full));
        let probe = Probe::new("apt", include_str!("look.sh")).words(words);
        Ok(if slow { probe.heavy() } else { probe })
    }

    fn read(&self, args: &Args, answers: &[Answer], ctx: Ctx<'_>) -> Result<Read<Seen>, Failure> {
        let text = files::first(answers)?.text();
        let look = Look::parse(&text, ctx.world);
        let look = look.ok_or_else(|| Failure::new("dpkg-query did not answer"))?;
        let mut seen = decide(args, look, ctx)?;
        if seen.first {
            return Ok(Read::Seen(seen));
        }
        let mut known = answers.iter().skip(1);
        if let Some(words) = command::words(args, &seen.intent.act) {
            match known.next() {
                Some(answer) => seen.main = Some(Simulation::read(answer, ctx.world)),
                None => return Ok(Read::Ask(ask(words))),
            }
        }
        for verb in tidies(args) {
            match known.next() {
                Some(answer) => seen.tidy.push((verb, Simulation::read(answer, ctx.world))),
                None => return Ok(Read::Ask(ask(command::tidy(args, verb)))),
            }
        }
        Ok(Read::Seen(seen))
    }

    fn plan(&self, args: &Args, seen: &Seen, ctx: Ctx<'_>) -> Result<Plan, Failure> {
        planning::plan(args, seen, ctx)
    }

    fn verify(
        &self,
        args: &Args,
        change: &Change,
        after: &Seen,
        ctx: Ctx<'_>,
    ) -> Result<(), String> {
        planning::verify(args, change, after, ctx)
    }

    fn explain(&self, args: &Args, ran: &Ran) -> Option<Failure> {
        report::explain(args, ran)
    }

    fn result(
        &self,
        args: &Args,
        before: &Seen,
        after: Option<&Seen>,
        plan: &Plan,
        ran: &[Ran],
    ) -> Fields {
        report::fields(args, before, after, plan, ran)
    }
}

/// What the first question asks beside states.
fn flags(args: &Args) -> String {
    let installs = matches!(args.state, Wanted::Present | Wanted::Latest | Wanted::Fixed);
    let named = installs && !args.package.is_empty();
    let all = [
        (args.cache_valid_time > 0, "now"),
        (named, "provides"),
        (named, "auto"),
        (args.clean, "archives"),
    ];
    let on: Vec<&str> = all.iter().filter(|(on, _)| *on).map(|(_, word)| *word).collect();
    on.join(" ")
}

fn ask(words: Vec<String>) -> Probe {
    Probe::new("apt_simulate", include_str!("simulate.sh")).words(words).heavy()
}

/// What is tidied up. As Ansible, `autoremove` beside packages is part of their own call.
fn tidies(args: &Args) -> Vec<&'static str> {
    let packages = args.package.iter().any(|name| name != "*");
    let other = packages || args.upgrades().is_some() || !args.debs().is_empty();
    let all = [(args.autoclean, "autoclean"), (args.autoremove && !other, "autoremove")];
    all.iter().filter(|(on, _)| *on).map(|(_, verb)| *verb).collect()
}

/// Decides what can be decided from the first answer.
fn decide(args: &Args, mut look: Look, ctx: Ctx<'_>) -> Result<Seen, Failure> {
    let fetched = ctx.world.thing("package lists", "apt").is_some();
    let fresh = look.now.is_some_and(|now| look.lists_time + args.cache_valid_time >= now);
    let due = args.wants_lists() && !fresh && !fetched;
    let stale = fetched || !ctx.world.below("/etc/apt").is_empty();
    let intent = match Intent::of(args, &mut look, ctx.world) {
        // The fetched lists, or other packages by then, may know the names.
        Err(_) if due || stale => Intent::unknown(),
        other => other?,
    };
    let work = intent.open || intent.act != Act::Nothing || !tidies(args).is_empty();
    let cleans = args.clean && look.archives && (work || args.about_packages());
    let first = (due && work) || cleans;
    Ok(Seen { look, intent, due, fetched, stale, first, main: None, tidy: Vec::new() })
}

/// What a change of this module is about, told by its words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Facet {
    Lists,
    Clean,
    Mark,
    Tidy(&'static str),
    Main,
}

fn facet(change: &Change) -> Facet {
    let Op::Run(command) = &change.op else { return Facet::Main };
    let last = command.argv.last().map_or("", String::as_str);
    match last {
        "autoclean" => return Facet::Tidy("autoclean"),
        "autoremove" => return Facet::Tidy("autoremove"),
        "clean" => return Facet::Clean,
        _ => {}
    }
    if command.argv.first().is_some_and(|word| word == "apt-mark") {
        return Facet::Mark;
    }
    let about = |kind| {
        change.effects.iter().any(|e| matches!(e, crate::spec::Effect::Thing(k, ..) if *k == kind))
    };
    if about("package lists") { Facet::Lists } else { Facet::Main }
}

fn is_counted(change: &Change) -> bool {
    change.kind != ChangeKind::Prelude
}
