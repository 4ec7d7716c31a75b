//! `bastille_mount`: what of the host is mounted in a jail.

#[cfg(test)]
mod tests;

use super::bastille::{Bastille, CONF, check_name, only_freebsd};
use crate::base::{Key, Value};
use crate::modules::accounts::Presence;
use crate::modules::told::{Kept, Told};
use crate::spec::args::PathText;
use crate::spec::{
    Answer, Change, Ctx, Doc, Example, Failure, Fields, Look, Op, Plan, Probe, Ran, Risk, Rule,
    State, Support,
};

crate::args! {
    /// What is mounted where.
    pub struct Args {
        /// The jail's whole name.
        name: String => [required(), aliases(&["jail"])],
        /// The place in the jail.
        path: PathText => [required()],
        /// What of the host: a directory or a file, which must be there.
        src: Option<PathText> => [],
        /// Type of the file system.
        fstype: String => [default("nullfs")],
        /// Its options.
        opts: String => [default("ro")],
        /// What dump(8) does with it.
        dump: i64 => [default("0")],
        /// When fsck(8) looks at it.
        passno: i64 => [default("0")],
        /// Whether it is mounted, now if the jail runs and whenever it starts.
        state: Presence => [default("present")],
    }
    rules [Rule::RequiredIf("state", "present", &["src"])]
}

static DOC: Doc = Doc {
    name: "bastille_mount",
    full_names: &[],
    short: "Manage what of the host is mounted in a jail of Bastille.",
    args: <Args as crate::spec::ArgStruct>::TABLE,
    check: Support::Full,
    diff: Support::Full,
    examples: &[
        Example {
            title: "Read only",
            yaml: "bastille_mount: {name: web, src: /srv/site, path: /usr/local/www/site}",
        },
        Example {
            title: "What the jail may write",
            yaml: "bastille_mount: {name: git, src: /srv/git, path: /srv/git, opts: rw}",
        },
    ],
    returns: &[("mounted", "what was mounted there before: source, type, options")],
};

/// The module.
pub struct BastilleMount;

/// What is mounted somewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Mount {
    src: String,
    fstype: String,
    opts: String,
}

/// What is there.
pub struct Seen {
    all: Bastille,
    fstab: Kept,
    /// What is mounted at the place.
    live: Option<Mount>,
    source: String,
    placed: bool,
    coming: bool,
}

impl State for BastilleMount {
    type Args = Args;
    type Seen = Seen;

    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn probe(&self, args: &Args, ctx: Ctx<'_>) -> Result<Probe, Failure> {
        only_freebsd("bastille_mount", ctx)?;
        check(args)?;
        const SCRIPT: &str = concat!(
            include_str!("../../told/ask.sh"),
            include_str!("../look.sh"),
            include_str!("look.sh")
        );
        let src = args.src.as_ref().map_or("", PathText::as_str);
        let probe = Probe::new("bastille_mount", SCRIPT);
        let probe = probe.words([CONF, &args.name, src, args.path.as_str()]);
        Ok(probe.heavy().isolated())
    }

    fn read(&self, args: &Args, answers: &[Answer], ctx: Ctx<'_>) -> Result<Look<Seen>, Failure> {
        let told = Told::read(answers)?;
        let all = Bastille::read(&told, ctx)?;
        let fstab = Kept::of(&told, &all.file(&args.name, "fstab"), ctx)?;
        let at = place(args, &all);
        let source = args.src.as_ref().and_then(|src| ctx.world.path(src.as_str()));
        let source = match source {
            Some(Some(attrs)) if attrs.kind == crate::spec::PathKind::Dir => {
                "directory".to_string()
            }
            Some(Some(_)) => "file".to_string(),
            Some(None) => "missing".to_string(),
            None => told.text("source").to_string(),
        };
        let coming = match args.state {
            Presence::Present => all.coming(&args.name, ctx)?,
            Presence::Absent => false,
        };
        Ok(Look::Seen(Seen {
            live: live(told.text("mounts"), &at),
            placed: told.text("target") == "there",
            fstab,
            source,
            coming,
            all,
        }))
    }

    fn plan(&self, args: &Args, seen: &Seen, ctx: Ctx<'_>) -> Result<Plan, Failure> {
        let at = place(args, &seen.all);
        let wanted = (args.state == Presence::Present).then(|| line(args, &at));
        if wanted.is_some() && seen.source == "missing" {
            let src = args.src.as_ref().map_or("", PathText::as_str);
            return Err(Failure::new(format!("{src} is not there")).missing());
        }
        let text = seen.fstab.editable()?;
        let new = with(text, &at, wanted.as_deref());
        let mut changes: Vec<Change> = live_change(args, seen).into_iter().collect();
        let mut plan = Plan::default();
        if new != text {
            plan = plan.diff(seen.fstab.diff(&new, ctx));
            changes.push(seen.fstab.write(new, 0o644, format!("change {}", seen.fstab.path)));
        }
        plan.parts = Plan::of(changes).parts;
        plan.uncertain.clone_from(&seen.fstab.uncertain);
        if seen.coming {
            plan.uncertain = Some(format!("the jail {} is not there yet", args.name));
        }
        Ok(plan)
    }

    fn verify(&self, args: &Args, change: &Change, after: &Seen, _: Ctx<'_>) -> Result<(), String> {
        if let Op::WriteFile(_) = change.op {
            return after.fstab.wrote(change);
        }
        let runs = after.all.running_of(&args.name).is_some();
        match (args.state, &after.live) {
            (Presence::Absent, Some(_)) => Err(format!("{} is still mounted", args.path.as_str())),
            (Presence::Present, live)
                if runs && !live.as_ref().is_some_and(|live| same(args, live)) =>
            {
                Err(format!("{} is not mounted so", args.path.as_str()))
            }
            (Presence::Present, _) if !after.placed => {
                Err(format!("{} is not there", args.path.as_str()))
            }
            _ => Ok(()),
        }
    }

    fn explain(&self, _: &Args, ran: &Ran) -> Option<Failure> {
        super::explain(ran)
    }

    fn result(&self, _: &Args, before: &Seen, _: Option<&Seen>, _: &Plan, _: &[Ran]) -> Fields {
        let mounted = before.live.as_ref().map_or(Value::NULL, |live| {
            let fields = [("src", &live.src), ("fstype", &live.fstype), ("opts", &live.opts)];
            fields.into_iter().map(|(name, value)| (name, Value::from(value.as_str()))).collect()
        });
        [(Key::from("mounted"), mounted)].into_iter().collect()
    }
}

/// Absolute paths that say where they lead, and words that are one field of fstab(5).
fn check(args: &Args) -> Result<(), Failure> {
    check_name(&args.name)?;
    let paths = [Some(&args.path), args.src.as_ref()];
    for path in paths.into_iter().flatten().map(PathText::as_str) {
        let odd =
            path.split('/').skip(1).any(|part| part.is_empty() || part == "." || part == "..");
        if !path.starts_with('/') || odd || path.chars().any(char::is_control) {
            return Err(Failure::new(format!(
                "'{path}' must be an absolute path without . and .."
            )));
        }
    }
    let letter = |c: char| c.is_ascii_alphanumeric() || "._=/:,-".contains(c);
    for (name, value) in [("fstype", &args.fstype), ("opts", &args.opts)] {
        if value.is_empty() || value.starts_with('-') || !value.chars().all(letter) {
            return Err(Failure::new(format!("invalid value of {name}: '{value}'")));
        }
    }
    Ok(())
}

/// The place as the host sees it.
fn place(args: &Args, all: &Bastille) -> String {
    format!("{}{}", all.file(&args.name, "root"), args.path.as_str())
}

/// A field of fstab(5).
fn escaped(text: &str) -> String {
    let mut field = String::new();
    for c in text.chars() {
        match c {
            ' ' | '\\' | '#' => field.push_str(&format!("\\{:03o}", u32::from(c))),
            c => field.push(c),
        }
    }
    field
}

/// What a field of fstab(5) stands for.
fn plain(field: &str) -> String {
    let (mut text, mut rest) = (String::new(), field);
    while let Some(at) = rest.find('\\') {
        text.push_str(&rest[..at]);
        let code = rest.get(at + 1..at + 4).and_then(|code| u8::from_str_radix(code, 8).ok());
        text.push(code.map_or('\\', char::from));
        rest = &rest[at + if code.is_some() { 4 } else { 1 }..];
    }
    text + rest
}

/// The line of fstab(5).
fn line(args: &Args, at: &str) -> String {
    let src = args.src.as_ref().map_or("", PathText::as_str);
    let fields = (escaped(src), escaped(at), &args.fstype, &args.opts, args.dump, args.passno);
    format!("{} {} {} {} {} {}", fields.0, fields.1, fields.2, fields.3, fields.4, fields.5)
}

/// The text with this line for the place: other spacing is no difference.
fn with(text: &str, at: &str, wanted: Option<&str>) -> String {
    let (mut new, mut wanted) = (String::new(), wanted.map(str::to_string));
    let fields = |line: &str| line.split_whitespace().map(str::to_string).collect::<Vec<_>>();
    for line in text.split_inclusive('\n') {
        let mine = fields(line).get(1).is_some_and(|point| plain(point) == at);
        if !mine || line.trim_start().starts_with('#') {
            new.push_str(line);
            continue;
        }
        match wanted.take() {
            Some(wanted) if fields(&wanted) == fields(line) => new.push_str(line),
            Some(wanted) => new.push_str(&(wanted + "\n")),
            None => {}
        }
    }
    if let Some(wanted) = wanted {
        if !new.is_empty() && !new.ends_with('\n') {
            new.push('\n');
        }
        new.push_str(&(wanted + "\n"));
    }
    new
}

/// What `mount -p` shows there: the last one is on top.
fn live(mounts: &str, at: &str) -> Option<Mount> {
    let mut all = mounts.lines().filter_map(|line| {
        let mut fields = line.split_whitespace();
        let (src, point) = (plain(fields.next()?), plain(fields.next()?));
        let (fstype, opts) = (fields.next()?.to_string(), fields.next()?.to_string());
        (point == at).then_some(Mount { src, fstype, opts })
    });
    all.next_back()
}

/// Whether it is the one that is meant: the kernel tells more options than were given, but whether it can be written.
fn same(args: &Args, live: &Mount) -> bool {
    let read_only = |opts: &str| opts.split(',').any(|word| matches!(word, "ro" | "rdonly"));
    let src = args.src.as_ref().map_or("", PathText::as_str);
    live.src == src && live.fstype == args.fstype && read_only(&live.opts) == read_only(&args.opts)
}

/// What mounts it now, or makes its place.
fn live_change(args: &Args, seen: &Seen) -> Option<Change> {
    let runs = seen.all.running_of(&args.name);
    let root = seen.all.file(&args.name, "root");
    let present = args.state == Presence::Present;
    let right = seen.live.as_ref().is_some_and(|live| same(args, live));
    let needed = match (present, runs) {
        (false, _) => seen.live.is_some(),
        (true, Some(_)) => !right,
        (true, None) => !seen.placed && !seen.coming,
    };
    if !needed {
        return None;
    }
    let anew = if seen.live.is_some() { "anew" } else { "" };
    let jid = runs.map_or("", |jail| jail.jid.as_str());
    let script = Probe::new("bastille_mount_act", include_str!("act.sh"));
    let mut script = script.words([jid, &root, args.path.as_str(), &seen.source, anew]);
    if present {
        let src = args.src.as_ref().map_or("", PathText::as_str);
        script = script.words([args.fstype.as_str(), &args.opts, src]);
    }
    let verb = match (present, runs) {
        (true, None) => "make the place of",
        (true, _) => "mount",
        _ => "unmount",
    };
    let writes = present && !args.opts.split(',').any(|word| word == "ro");
    let risk = if writes { Risk::Medium } else { Risk::Low };
    let why = format!("{verb} {} in {}", args.path.as_str(), args.name);
    Some(Change::new(Op::Script(script), why).risk(risk))
}
