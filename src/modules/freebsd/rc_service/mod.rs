//! `rc_service`: a script of FreeBSD's rc.d, whether it runs at boot, and whether it runs now.

#[cfg(test)]
mod tests;

use super::only_freebsd;
use super::rcconf::{FILES, RcConf};
use crate::base::{Key, Value};
use crate::modules::services::foretold::Foretold;
use crate::modules::services::service::{self, Daemon, Tools};
use crate::modules::services::{Wanted, rc_missing};
use crate::modules::told::{Kept, Told};
use crate::spec::args::{FileMode, MarkedText, Mode, PathText, Src};
use crate::spec::file::WriteFile;
use crate::spec::{
    Answer, Change, Content, Ctx, Diff, Doc, Effect, Example, Failure, Fields, Input, Look, Op,
    PathAttrs, PathKind, Plan, Probe, Ran, Rule, State, Support,
};

crate::args! {
    /// Which service.
    pub struct Args {
        /// Name of the service.
        name: String => [required()],
        /// The script, a file of the operator's machine.
        src: Option<Src> => [],
        /// The script itself.
        content: Option<MarkedText> => [],
        /// Where it is; else in /usr/local/etc/rc.d under its name.
        path: Option<PathText> => [],
        /// Permission bits of the script.
        mode: FileMode => [default("0555")],
        /// Whether it runs at boot: yes, no or AUTO. The variable has exactly this value then.
        enabled: Option<String> => [],
        /// The variable that enables it; else that of its name.
        rcvar: Option<String> => [],
        /// Whether it runs; `restarted` and `reloaded` act each time, and start what does not run.
        state: Option<Wanted> => [],
    }
    rules [
        Rule::MutuallyExclusive(&["src", "content"]),
        Rule::RequiredOneOf(&["src", "content", "enabled", "state"]),
    ]
}

static DOC: Doc = Doc {
    name: "rc_service",
    full_names: &[],
    short: "Install, enable and start services of FreeBSD's rc.d.",
    args: <Args as crate::spec::ArgStruct>::TABLE,
    check: Support::Full,
    diff: Support::Full,
    examples: &[
        Example {
            title: "A daemon of one's own",
            yaml: "rc_service: {name: app, content: \"#!/bin/sh\\n# PROVIDE: app\\n. /etc/rc.subr\\nname=app\\nrcvar=app_enable\\ncommand=/usr/local/bin/app\\nload_rc_config $name\\nrun_rc_command \\\"$1\\\"\\n\", enabled: true, state: started}",
        },
        Example {
            title: "One that decides itself whether it runs",
            yaml: "rc_service: {name: app, enabled: AUTO}",
        },
    ],
    returns: &[
        ("script_changed", "whether the script has become another: what runs may be the old one"),
        ("enabled", "the value of its variable before anything was done"),
        (
            "running",
            "whether it ran before anything was done, where `state` is given and its script can tell",
        ),
    ],
};

/// The module.
pub struct RcService;

/// What is there.
pub struct Seen {
    script: Kept,
    rc: RcConf,
    /// The service; None: its state was not asked.
    daemon: Option<Daemon>,
}

/// The probe.
const LOOK: &str = concat!(
    include_str!("../../told/ask.sh"),
    include_str!("../../services/seen.sh"),
    include_str!("look.sh"),
    include_str!("../../services/service/rc.sh"),
);

impl Args {
    fn script(&self, ctx: Ctx<'_>) -> Result<String, Failure> {
        match &self.path {
            Some(path) => crate::modules::files::absolute(ctx.platform, path.as_str()),
            None => Ok(format!("/usr/local/etc/rc.d/{}", self.name)),
        }
    }

    /// The script that should be there.
    fn input(&self, ctx: Ctx<'_>) -> Option<Input> {
        match &self.content {
            Some(text) => {
                let input = Input::bytes(text.as_str().as_bytes().to_vec());
                Some(Input { secret: text.is_secret(), ..input })
            }
            None => ctx.inputs.files.get("src").cloned(),
        }
    }

    fn bits(&self) -> Result<u32, Failure> {
        match self.mode {
            Some(Mode::Bits(bits)) => Ok(bits),
            _ => Err(Failure::new("mode of a script is given in octal")),
        }
    }

    fn variable(&self) -> String {
        self.rcvar.clone().unwrap_or_else(|| format!("{}_enable", self.name.replace('-', "_")))
    }

    /// The value that its variable should have.
    fn value(&self) -> Result<Option<&str>, Failure> {
        let Some(given) = &self.enabled else { return Ok(None) };
        match given.to_lowercase().as_str() {
            "true" | "yes" | "on" | "1" => Ok(Some("YES")),
            "false" | "no" | "off" | "0" => Ok(Some("NO")),
            "auto" => Ok(Some("AUTO")),
            _ => Err(Failure::new(format!("enabled is yes, no or AUTO, not {given}"))),
        }
    }

    /// The same service to the module that knows how to start and stop one.
    fn service(&self) -> service::Args {
        service::Args::rc(&self.name, self.state)
    }

    fn files(&self) -> Vec<String> {
        let own = ["/etc/rc.conf.d", "/usr/local/etc/rc.conf.d"];
        let own = own.iter().map(|dir| format!("{dir}/{}", self.name));
        FILES.iter().map(ToString::to_string).chain(own).collect()
    }
}

impl State for RcService {
    type Args = Args;
    type Seen = Seen;

    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn probe(&self, args: &Args, ctx: Ctx<'_>) -> Result<Probe, Failure> {
        only_freebsd("rc_service", ctx)?;
        check(args)?;
        if let Some(input) = args.input(ctx) {
            check_script(&input)?;
        }
        let state = if args.state.is_some() { "1" } else { "0" };
        let words = [args.script(ctx)?.as_str(), &args.name, "0", state, ""].map(str::to_string);
        // It runs the script.
        Ok(Probe::new("rc_service", LOOK).words(words).isolated().heavy())
    }

    fn read(&self, args: &Args, answers: &[Answer], ctx: Ctx<'_>) -> Result<Look<Seen>, Failure> {
        let told = Told::read(answers)?;
        let script = Kept::of(&told, &args.script(ctx)?, ctx)?;
        let files = args.files();
        let paths: Vec<&str> = files.iter().map(String::as_str).collect();
        let rc = RcConf::read(&told, &paths, ctx)?;
        let mut daemon = None;
        if args.state.is_some() {
            daemon = Some(self.daemon(args, &told, ctx)?);
        }
        Ok(Look::Seen(Seen { script, rc, daemon }))
    }

    fn plan(&self, args: &Args, seen: &Seen, ctx: Ctx<'_>) -> Result<Plan, Failure> {
        let mut plan = Plan::ok();
        let mut changes = Vec::new();
        if let Some(input) = args.input(ctx) {
            changes.extend(write(args, seen, &input)?);
            plan.diff.extend(difference(seen, &input, ctx));
        }
        let written = changes.iter().any(|change| matches!(change.op, Op::WriteFile(_)));
        plan.fields.insert(Key::from("script_changed"), Value::from(written));
        let mut known = Foretold::of(ctx, &args.name);
        if let Some(value) = args.value()? {
            let mut rc = seen.rc.clone();
            rc.set(&args.variable(), value)?;
            let (enable, diff) = rc.changes(&format!("set {}={value}", args.variable()), ctx);
            known.enabled = Some(value == "YES");
            let effect = known.effect(&args.name, "");
            changes.extend(enable.into_iter().map(|change| change.effect(effect.clone())));
            plan.diff.extend(diff);
        }
        if let Some(daemon) = &seen.daemon {
            let mut daemon = daemon.clone();
            daemon.known.enabled = known.enabled.or(daemon.known.enabled);
            let run = service::steps::plan(&args.service(), &daemon)?;
            changes.extend(run.changes().cloned());
            plan.warnings = run.warnings;
            plan.uncertain = run.uncertain;
        }
        plan.parts = Plan::of(changes).parts;
        plan.uncertain = plan.uncertain.or_else(|| seen.rc.uncertain());
        Ok(plan)
    }

    fn verify(&self, args: &Args, change: &Change, after: &Seen, _: Ctx<'_>) -> Result<(), String> {
        match &change.op {
            Op::WriteFile(file) if file.path == after.script.path => after.script.wrote(change),
            Op::WriteFile(file) => after.rc.wrote(&file.path, change),
            Op::SetMode { mode, .. } => match after.script.state.as_ref() {
                Some(state) if state.mode == *mode => Ok(()),
                _ => Err("its mode is another".to_string()),
            },
            _ => match &after.daemon {
                Some(daemon) => service::steps::verify(&args.service(), change, daemon),
                None => Err("it was not looked at".to_string()),
            },
        }
    }

    fn explain(&self, args: &Args, ran: &Ran) -> Option<Failure> {
        if let (Op::WriteFile(_), Some(_)) = (&ran.change.op, ran.invalid()) {
            let said = ran.answer.error_text();
            return Some(Failure::new(format!("the script of {}: {}", args.name, said.trim_end())));
        }
        match ran.change.op {
            Op::Run(_) => service::steps::explain(&args.service(), ran),
            _ => None,
        }
    }

    fn result(&self, args: &Args, before: &Seen, _: Option<&Seen>, _: &Plan, _: &[Ran]) -> Fields {
        let enabled = before.rc.value(&args.variable()).ok().flatten();
        let enabled = enabled.map_or(Value::NULL, Value::from);
        let mut fields = vec![("name", Value::from(args.name.as_str())), ("enabled", enabled)];
        if let Some(running) = before.daemon.as_ref().and_then(|daemon| daemon.running) {
            fields.push(("running", Value::from(running)));
        }
        fields.into_iter().map(|(name, value)| (Key::from(name), value)).collect()
    }
}

impl RcService {
    /// What runs. A script that this task brings, or makes executable, is not there yet.
    fn daemon(&self, args: &Args, told: &Told, ctx: Ctx<'_>) -> Result<Daemon, Failure> {
        let brought = args.content.is_some() || args.src.is_some();
        if !brought || !rc_missing(told) {
            return service::read_rc(&args.service(), told, ctx);
        }
        let known = Foretold::of(ctx, &args.name);
        let service = told.tool("service")?;
        let tools = Tools::Rc { service, sysrc: None, rcvar: None };
        let running = Some(known.running.unwrap_or(false));
        Ok(Daemon { tools, running, known, ..Daemon::default() })
    }
}

/// Names that are a file's, a word's and part of a variable's.
fn check(args: &Args) -> Result<(), Failure> {
    let name = &args.name;
    let letter = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '+');
    if name.is_empty() || name.starts_with(['-', '.']) || !name.chars().all(letter) {
        return Err(Failure::new(format!("invalid service name '{name}'")));
    }
    args.bits()?;
    args.value()?;
    let variable = args.variable();
    let letter = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if variable.starts_with(|c: char| c.is_ascii_digit()) || !variable.chars().all(letter) {
        return Err(Failure::new(format!("{variable} is no name of a variable: give rcvar")));
    }
    Ok(())
}

/// Refuses scripts that cannot be run: with CR at their lines' ends nobody finds the program of the first.
fn check_script(input: &Input) -> Result<(), Failure> {
    let Content::Bytes(bytes) = &input.content else { return Ok(()) };
    if !bytes.starts_with(b"#!") {
        return Err(Failure::new("the script does not begin with #!"));
    }
    match bytes.contains(&b'\r') {
        true => Err(Failure::new("the script has CR at the end of lines")),
        false => Ok(()),
    }
}

/// What makes the script the wanted one.
fn write(args: &Args, seen: &Seen, input: &Input) -> Result<Option<Change>, Failure> {
    let (script, mode) = (&seen.script, args.bits()?);
    let state = script.state.as_ref();
    if state.is_some_and(|state| state.sha1.as_deref() == Some(input.sha1.as_str())) {
        let path = script.path.clone();
        if state.is_some_and(|state| state.mode == mode) {
            return Ok(None);
        }
        let attrs = PathAttrs { mode: Some(mode), ..PathAttrs::new(PathKind::File) };
        let effect = Effect::Path(path.clone(), Some(attrs));
        let why = format!("set the mode of {path}");
        return Ok(Some(Change::new(Op::SetMode { path, mode, follow: true }, why).effect(effect)));
    }
    let file = WriteFile {
        mode: Some(mode),
        seen_sha1: state.and_then(|state| state.sha1.clone()),
        validate: Some("/bin/sh -n %s".to_string()),
        ..WriteFile::new(&script.path, input.clone())
    };
    Ok(Some(file.change(format!("write {}", script.path))))
}

fn difference(seen: &Seen, input: &Input, ctx: Ctx<'_>) -> Option<Diff> {
    let Content::Bytes(bytes) = &input.content else { return None };
    let text = String::from_utf8_lossy(bytes);
    (!input.secret && *bytes != seen.script.bytes).then(|| seen.script.diff(&text, ctx))
}
