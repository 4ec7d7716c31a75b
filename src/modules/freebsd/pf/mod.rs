//! `pf`: rules of FreeBSD's packet filter, applied so that a rule that locks us out undoes itself.

mod planning;
mod rules;
mod tables;
#[cfg(test)]
mod tests;

use super::only_freebsd;
use crate::base::{Key, Value};
use crate::modules::told::{Kept, Told};
use crate::spec::args::{Dict, MarkedText, PathText, Src, Template};
use crate::spec::{
    Answer, Change, Content, Ctx, Doc, Effect, Example, Failure, Fields, Input, Look, Op, Plan,
    Probe, Ran, Risk, Rule, State, Support,
};
use planning::{difference, filled, guarded, homeless, run, table_holds};
use std::collections::BTreeSet;
use tables::Table;

crate::args! {
    /// Which rules, and where.
    pub struct Args {
        /// The file of rules.
        path: PathText => [default("/etc/pf.conf")],
        /// The rules.
        content: Option<MarkedText> => [],
        /// The rules, a file of the operator's machine.
        src: Option<Src> => [],
        /// The rules, a template.
        template: Option<Template> => [],
        /// The anchor that they are loaded into; else they are the main rules. The main rules must have a point
        /// for it, and load it at boot if it should be there then.
        anchor: Option<String> => [],
        /// Tables with all their addresses, as they should be in the kernel.
        tables: Option<Dict> => [],
        /// Whether pf is enabled now; else it is left as it is.
        enable: Option<bool> => [],
        /// Seconds until the host takes the old rules back, unless a new connection came through the new ones.
        rollback_timeout: i64 => [default("60")],
        /// Whether the old file is kept beside it.
        backup: bool => [default("no")],
    }
    rules [
        Rule::MutuallyExclusive(&["content", "src", "template"]),
        Rule::RequiredOneOf(&["content", "src", "template", "tables", "enable"]),
    ]
}

static DOC: Doc = Doc {
    name: "pf",
    full_names: &[],
    short: "Manage rules, anchors and tables of FreeBSD's packet filter.",
    args: <Args as crate::spec::ArgStruct>::TABLE,
    check: Support::Full,
    diff: Support::Full,
    examples: &[
        Example {
            title: "Rules; the old ones come back by themselves if the new ones lock us out",
            yaml: "pf: {template: pf.conf.j2, enable: true, rollback_timeout: 30}",
        },
        Example {
            title: "Addresses of a table",
            yaml: "pf: {tables: {trusted: [192.0.2.1, 198.51.100.0/24]}}",
        },
    ],
    returns: &[
        ("enabled", "whether pf was enabled before anything was done"),
        ("loaded", "whether rules were loaded"),
        ("rolled_back", "of a failure: whether the old rules are back"),
        ("line", "of rules that pf refuses: the first line that it names"),
        ("backup_file", "where the old file is kept"),
    ],
};

/// The module.
pub struct Pf;

/// Kinds in the predicted world: rules by anchor, with their digest; tables by anchor and name; pf itself.
const RULES: &str = "pf_rules";
const TABLE: &str = "pf_table";
const STATUS: &str = "pf";

/// What is there.
pub struct Seen {
    pfctl: String,
    file: Kept,
    /// Why the wanted rules are no rules.
    refused: Option<String>,
    /// Whether pf is enabled; None: its module is not loaded.
    enabled: Option<bool>,
    /// Digest of the rules that are loaded, if they are those of the record.
    loaded: Option<String>,
    /// Whether any are loaded.
    any: bool,
    /// Anchors that have rules.
    anchors: Vec<String>,
    /// What each table holds, in the order of the arguments; None: there is no such table.
    tables: Vec<Option<BTreeSet<String>>>,
}

impl Args {
    /// The wanted rules.
    fn input(&self, ctx: Ctx<'_>) -> Option<Input> {
        match &self.content {
            Some(text) => {
                let input = Input::bytes(text.as_str().as_bytes().to_vec());
                Some(Input { secret: text.is_secret(), ..input })
            }
            None => {
                let name = if self.src.is_some() { "src" } else { "template" };
                ctx.inputs.files.get(name).cloned()
            }
        }
    }

    fn tables(&self) -> Result<Vec<Table>, Failure> {
        tables::wanted(self.tables.as_ref().map(|tables| &tables.0))
    }

    fn path(&self, ctx: Ctx<'_>) -> Result<String, Failure> {
        crate::modules::files::absolute(ctx.platform, self.path.as_str())
    }

    /// Name of a table in the predicted world.
    fn table(&self, name: &str) -> String {
        format!("{}/{name}", self.anchor.as_deref().unwrap_or_default())
    }
}

/// The bytes of rules.
fn text(input: &Input) -> Result<&bytes::Bytes, Failure> {
    match &input.content {
        Content::Bytes(bytes) => Ok(bytes),
        Content::File(path) => {
            let text = format!("{} is too large for rules of pf", path.display());
            Err(Failure::new(text))
        }
    }
}

impl State for Pf {
    type Args = Args;
    type Seen = Seen;

    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn probe(&self, args: &Args, ctx: Ctx<'_>) -> Result<Probe, Failure> {
        only_freebsd("pf", ctx)?;
        check(args)?;
        let (path, anchor) = (args.path(ctx)?, args.anchor.as_deref());
        let input = args.input(ctx);
        let check = if input.is_some() { "1" } else { "" };
        let script = concat!(include_str!("../../told/ask.sh"), include_str!("look.sh"));
        let words = [check, anchor.unwrap_or_default(), &path, &rules::record(anchor)];
        let probe = Probe::new("pf", script).words(words);
        let probe = probe.words(args.tables()?.into_iter().map(|table| table.name));
        Ok(match input {
            Some(input) => probe.input(text(&input)?.clone()).heavy(),
            None => probe,
        })
    }

    fn read(&self, args: &Args, answers: &[Answer], ctx: Ctx<'_>) -> Result<Look<Seen>, Failure> {
        let told = Told::read(answers)?;
        let pfctl = told.tool("pfctl")?;
        let file = Kept::of(&told, &args.path(ctx)?, ctx)?;
        let record = Kept::of(&told, &rules::record(args.anchor.as_deref()), ctx)?;
        let record = record.text();
        let (sha1, shown) = record.split_once('\n').unwrap_or_default();
        let now = told.text("loaded");
        let same = !sha1.is_empty() && shown.trim_end() == now.trim_end();
        let key = args.anchor.clone().unwrap_or_default();
        let predicted = ctx.world.thing(RULES, &key).flatten().map(Value::text);
        let refused = told.of("check").filter(|said| said.rc != 0).map(|said| said.text.clone());
        let anchors = told.text("anchors").lines().map(|line| line.trim().to_string());
        let mut tables = Vec::new();
        for table in args.tables()? {
            tables.push(held(args, &told, &table.name, ctx)?);
        }
        Ok(Look::Seen(Seen {
            pfctl,
            file,
            refused,
            enabled: enabled(&told, ctx)?,
            loaded: predicted.or_else(|| same.then(|| sha1.to_string())),
            any: !now.trim().is_empty(),
            anchors: anchors.filter(|name| !name.is_empty()).collect(),
            tables,
        }))
    }

    fn plan(&self, args: &Args, seen: &Seen, ctx: Ctx<'_>) -> Result<Plan, Failure> {
        let input = args.input(ctx);
        if let (Some(input), Some(said)) = (&input, &seen.refused) {
            let own = String::from_utf8_lossy(text(input)?);
            return Err(rules::refusal(said, &seen.file.path, &own));
        }
        let mut plan = Plan::ok();
        let mut changes = filled(args, seen)?;
        if !seen.anchors.is_empty() && args.anchor.is_none() {
            plan.warnings.extend(input.as_ref().and_then(|input| homeless(seen, input)));
        }
        changes.extend(guarded(args, seen, input.as_ref())?);
        if args.enable == Some(false) && seen.enabled == Some(true) {
            let off = Effect::Thing(STATUS, "enabled".to_string(), Some(false.into()));
            let change = run(&seen.pfctl, &["-d"], "disable pf");
            changes.push(change.effect(off).risk(Risk::Medium));
        }
        let other = |input: &&Input| {
            seen.file.state.as_ref().and_then(|s| s.sha1.as_deref()) != Some(input.sha1.as_str())
        };
        if let Some(input) = input.as_ref().filter(other) {
            plan.diff.extend(difference(seen, input, ctx));
            let mut file = seen.file.file(text(input)?.clone(), 0o600);
            file.backup = args.backup && seen.file.there();
            // Behind the rules: until they are proved, a boot takes the old ones.
            changes.push(file.change(format!("write {}", seen.file.path)).risk(Risk::High));
        }
        if seen.enabled.is_none() && !changes.is_empty() {
            return Err(Failure::new("pf.ko is not loaded: kld loads it").missing());
        }
        plan.parts = Plan::of(changes).parts;
        plan.uncertain.clone_from(&seen.file.uncertain);
        Ok(plan)
    }

    fn verify(&self, args: &Args, change: &Change, after: &Seen, _: Ctx<'_>) -> Result<(), String> {
        if let Op::WriteFile(_) = change.op {
            return after.file.wrote(change);
        }
        for effect in &change.effects {
            let Effect::Thing(kind, name, Some(value)) = effect else { continue };
            match *kind {
                RULES if after.loaded.as_deref() != Some(value.text().as_str()) => {
                    return Err("pf shows other rules than were loaded".to_string());
                }
                STATUS if after.enabled != Some(value.is_true()) => {
                    return Err(format!(
                        "pf is{} enabled",
                        if value.is_true() { " not" } else { "" }
                    ));
                }
                TABLE => table_holds(args, after, name)?,
                _ => {}
            }
        }
        Ok(())
    }

    fn explain(&self, args: &Args, ran: &Ran) -> Option<Failure> {
        let said = ran.answer.error_text() + &ran.answer.text();
        let said = said.trim_end();
        if !matches!(ran.change.op, Op::Guarded { .. }) {
            return match ran.change.op {
                Op::Run(_) => Some(Failure::new(format!("{} failed: {said}", ran.change.why))),
                _ => None,
            };
        }
        let back = said.ends_with("it was rolled back");
        let text = match ran.answer.rc {
            Ran::UNCONFIRMED => {
                format!("no new connection came through the new rules of pf: {said}")
            }
            _ => format!("the rules of {} were not loaded: {said}", args.path.as_str()),
        };
        Some(Failure::new(text).with("rolled_back", back))
    }

    fn result(&self, _: &Args, before: &Seen, _: Option<&Seen>, _: &Plan, ran: &[Ran]) -> Fields {
        let loads = |ran: &&Ran| matches!(ran.change.op, Op::Guarded { .. }) && ran.answer.rc == 0;
        let mut fields = Fields::new();
        fields.insert(Key::from("enabled"), Value::from(before.enabled == Some(true)));
        fields.insert(Key::from("loaded"), Value::from(ran.iter().any(|one| loads(&one))));
        fields.extend(Kept::backup(ran));
        fields
    }
}

fn check(args: &Args) -> Result<(), Failure> {
    if !(5..=3600).contains(&args.rollback_timeout) {
        return Err(Failure::new("rollback_timeout is 5 to 3600 seconds"));
    }
    let Some(anchor) = &args.anchor else { return Ok(()) };
    let letter = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/');
    let part = |part: &str| !part.is_empty() && !part.starts_with('-') && part != "..";
    if !anchor.chars().all(letter) || !anchor.split('/').all(part) {
        return Err(Failure::new(format!("invalid name of an anchor: '{anchor}'")));
    }
    let rules = args.content.is_some() || args.src.is_some() || args.template.is_some();
    if args.path.as_str() == "/etc/pf.conf" && rules {
        return Err(Failure::new(
            "/etc/pf.conf has the main rules: an anchor needs a path of its own",
        ));
    }
    Ok(())
}

/// Whether pf is enabled; None: its module is not loaded.
fn enabled(told: &Told, ctx: Ctx<'_>) -> Result<Option<bool>, Failure> {
    if let Some(Some(value)) = ctx.world.thing(STATUS, "enabled") {
        return Ok(Some(value.is_true()));
    }
    let said = told.of("running").ok_or_else(|| Failure::new("the host did not answer"))?;
    match (said.rc, said.text.trim()) {
        (0, _) => Ok(Some(true)),
        (_, "Disabled") => Ok(Some(false)),
        (_, text) if text.contains("/dev/pf: No such file") => {
            let coming = ctx.world.thing("kernel_module", "pf").flatten().is_some();
            Ok(coming.then_some(false))
        }
        (_, text) => Err(Failure::new(text)),
    }
}

fn held(
    args: &Args,
    told: &Told,
    name: &str,
    ctx: Ctx<'_>,
) -> Result<Option<BTreeSet<String>>, Failure> {
    if let Some(Some(known)) = ctx.world.thing(TABLE, &args.table(name)) {
        let items = known.as_list().unwrap_or_default();
        return Ok(Some(items.iter().map(Value::text).collect()));
    }
    let said = told.of(&format!("table {name}"));
    let said = said.ok_or_else(|| Failure::new("the host did not answer"))?;
    if said.text.contains("/dev/pf: No such file") {
        return Ok(None);
    }
    tables::held(said)
}
