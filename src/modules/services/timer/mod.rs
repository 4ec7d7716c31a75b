//! `systemd_timer`: a command at certain times, by a timer and a service of its own.

#[cfg(test)]
mod tests;
mod units;

use crate::base::{Map, Value};
use crate::modules::accounts::Presence;
use crate::modules::told::{Kept, Told};
use crate::spec::args::Dict;
use crate::spec::{
    Answer, Change, ChangeKind, Command, Ctx, Doc, Effect, Example, Failure, Fields, Look, Op, Os,
    Plan, Probe, Ran, Risk, Rule, State, Support,
};

crate::args! {
    /// What is run, and when.
    pub struct Args {
        /// Name of both units, without a suffix.
        name: String => [required()],
        /// The command, as systemd's `ExecStart=` has it: the program by its whole path.
        command: Option<String> => [],
        /// Whether there is such a timer; `absent` stops it and takes both files away.
        state: Presence => [default("present")],
        /// Times, as `*-*-* 02:30:00` or `Mon..Fri 08:00`.
        on_calendar: Vec<String> => [],
        /// Time after the host has booted, as `5min`.
        on_boot: Option<String> => [],
        /// Time after it was last started.
        on_unit_active: Option<String> => [],
        /// Whether it is run at once where the host was off at its time.
        persistent: bool => [default("no")],
        /// At most so long it waits, each time anew.
        randomized_delay: Option<String> => [],
        /// How exact it is; systemd's own is a minute.
        accuracy: Option<String> => [],
        /// Who runs it.
        user: Option<String> => [],
        /// Where it is run.
        chdir: Option<String> => [],
        /// Variables that it gets.
        environment: Dict => [default("{}")],
        /// How long it may take.
        timeout: Option<String> => [],
        /// What it is for.
        description: Option<String> => [],
    }
    rules [
        Rule::RequiredIf("state", "present", &["command"]),
        Rule::RequiredIfAny("state", "present", &["on_calendar", "on_boot", "on_unit_active"]),
    ]
}

static DOC: Doc = Doc {
    name: "systemd_timer",
    full_names: &[],
    short: "Run a command at certain times (systemd).",
    args: <Args as crate::spec::ArgStruct>::TABLE,
    check: Support::Full,
    diff: Support::Full,
    examples: &[Example {
        title: "Each night",
        yaml: "systemd_timer: {name: backup, command: /usr/local/sbin/backup --all, on_calendar: [\"*-*-* 02:30:00\"], persistent: true}",
    }],
    returns: &[
        ("timer", "what systemd says of the timer"),
        ("service", "what systemd says of the service, with the result of its last run"),
        ("calendar", "each calendar text in systemd's own form, with its next time"),
    ],
};

const KIND: &str = "systemd_timer";
const DIR: &str = "/etc/systemd/system";

/// The module.
pub struct SystemdTimer;

/// What is there.
pub struct Seen {
    timer: Kept,
    service: Kept,
    /// What systemd says of both.
    shows: [Vec<(String, String)>; 2],
    calendar: Vec<(String, String)>,
    foreign: Option<String>,
    /// What a check run would have made of it.
    known: Option<bool>,
}

impl Args {
    /// Texts that systemd has to understand, with the word it is asked by.
    fn texts(&self) -> Vec<(&'static str, &str)> {
        let mut all: Vec<(&str, &str)> =
            self.on_calendar.iter().map(|spec| ("calendar", spec.as_str())).collect();
        let spans = [
            &self.on_boot,
            &self.on_unit_active,
            &self.randomized_delay,
            &self.accuracy,
            &self.timeout,
        ];
        all.extend(spans.into_iter().flatten().map(|span| ("timespan", span.as_str())));
        all
    }

    fn check(&self) -> Result<(), Failure> {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | ':');
        let name = self.name.as_str();
        let suffix = [".timer", ".service"].iter().any(|end| name.ends_with(end));
        if name.is_empty()
            || name.starts_with(['-', '.'])
            || name.len() > 200
            || suffix
            || !name.chars().all(plain)
        {
            return Err(Failure::new(format!("invalid name of a timer: '{name}'")));
        }
        for (what, text) in self.texts() {
            units::line(what, text)?;
        }
        let lines = [
            ("command", &self.command),
            ("user", &self.user),
            ("chdir", &self.chdir),
            ("description", &self.description),
        ];
        for (what, text) in lines {
            text.as_ref().map_or(Ok(()), |text| units::line(what, text))?;
        }
        units::service(name, self).map(drop)
    }

    fn path(&self, suffix: &str) -> String {
        format!("{DIR}/{}.{suffix}", self.name)
    }
}

impl Seen {
    fn show(&self, which: usize, key: &str) -> &str {
        let found = self.shows[which].iter().find(|(name, _)| name == key);
        found.map_or("", |(_, value)| value.as_str())
    }

    /// Whether it is enabled and waits for its time.
    fn waits(&self) -> bool {
        let told =
            self.show(0, "ActiveState") == "active" && self.show(0, "UnitFileState") == "enabled";
        self.known.unwrap_or(told)
    }

    fn stale(&self) -> bool {
        self.known.is_none() && (0..2).any(|which| self.show(which, "NeedDaemonReload") == "yes")
    }

    fn foreign(&self) -> Result<(), Failure> {
        if let Some(path) = &self.foreign {
            return Err(Failure::new(format!("{path} is there already: choose another name")));
        }
        for file in [&self.timer, &self.service] {
            if file.there() && !file.text().starts_with(units::HEAD) {
                let text = format!(
                    "{} is there already, and not of systemd_timer: choose another name",
                    file.path
                );
                return Err(Failure::new(text));
            }
        }
        Ok(())
    }

    fn present(&self, args: &Args, ctx: Ctx<'_>, plan: &mut Plan) -> Result<Vec<Change>, Failure> {
        let mut changes = Vec::new();
        let texts = [
            (&self.service, units::service(&args.name, args)?),
            (&self.timer, units::timer(&args.name, args)),
        ];
        let mut anew = false;
        for (file, text) in texts {
            if file.there() && text == file.text() {
                continue;
            }
            anew |= file.path == self.timer.path && file.there();
            plan.diff.push(file.diff(&text, ctx));
            changes
                .push(file.write(text, 0o644, format!("write {}", file.path)).risk(Risk::Medium));
        }
        let wrote = !changes.is_empty();
        if !wrote && self.waits() && !self.stale() {
            return Ok(changes);
        }
        let both = [self.timer.path.as_str(), self.service.path.as_str()];
        let verify = run(["systemd-analyze", "verify", "--man=no"].into_iter().chain(both));
        changes.push(Change::new(verify, "have systemd read both").kind(ChangeKind::Quiet));
        changes.push(
            Change::new(run(["systemctl", "daemon-reload"]), "daemon-reload")
                .kind(ChangeKind::Quiet),
        );
        let unit = format!("{}.timer", args.name);
        let thing = Effect::Thing(KIND, args.name.clone(), Some(true.into()));
        if !self.waits() {
            let start = run(["systemctl", "enable", "--now", &unit]);
            let change = Change::new(start, format!("enable and start {unit}")).risk(Risk::Medium);
            changes.push(change.effect(thing));
        } else if anew {
            // Times that have changed count from its next start.
            let restart = run(["systemctl", "restart", &unit]);
            changes.push(
                Change::new(restart, format!("restart {unit}")).risk(Risk::Medium).effect(thing),
            );
        }
        Ok(changes)
    }

    fn absent(&self, args: &Args) -> Vec<Change> {
        let mut changes = Vec::new();
        let unit = format!("{}.timer", args.name);
        let gone = Effect::Thing(KIND, args.name.clone(), Some(false.into()));
        let on = self.waits()
            || self.show(0, "ActiveState") == "active"
            || self.show(0, "UnitFileState") == "enabled";
        if self.timer.there() && on && self.known != Some(false) {
            let stop = run(["systemctl", "disable", "--now", &unit]);
            let change = Change::new(stop, format!("stop and disable {unit}")).risk(Risk::Medium);
            changes.push(change.effect(gone));
        }
        for file in [&self.timer, &self.service].into_iter().filter(|file| file.there()) {
            let remove = Op::Remove { path: file.path.clone(), recursive: false };
            let change = Change::new(remove, format!("remove {}", file.path)).risk(Risk::Medium);
            changes.push(change.effect(Effect::Path(file.path.clone(), None)));
        }
        if !changes.is_empty() {
            changes.push(
                Change::new(run(["systemctl", "daemon-reload"]), "daemon-reload")
                    .kind(ChangeKind::Quiet),
            );
            let service = format!("{}.service", args.name);
            let text = format!("systemctl reset-failed {unit} {service} 2>/dev/null || :");
            let forget = Op::Run(Command::shell(text));
            changes.push(Change::new(forget, "forget how it went").kind(ChangeKind::Quiet));
        }
        changes
    }

    fn warnings(&self, args: &Args) -> Vec<String> {
        let result = self.show(1, "Result");
        let failed =
            !result.is_empty() && result != "success" && self.show(1, "LoadState") == "loaded";
        let text = format!(
            "the last run of {}.service failed: {result}, status {}",
            args.name,
            self.show(1, "ExecMainStatus")
        );
        if failed && args.state == Presence::Present { vec![text] } else { Vec::new() }
    }
}

fn run<'a>(words: impl IntoIterator<Item = &'a str>) -> Op {
    let env = vec![("LC_ALL".to_string(), "C".to_string())];
    Op::Run(Command { env, ..Command::new(words) })
}

/// `Key=value` lines.
fn shown(text: &str) -> Vec<(String, String)> {
    let pairs = text.lines().filter_map(|line| line.split_once('='));
    pairs.map(|(key, value)| (key.to_string(), value.to_string())).collect()
}

impl State for SystemdTimer {
    type Args = Args;
    type Seen = Seen;

    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn probe(&self, args: &Args, ctx: Ctx<'_>) -> Result<Probe, Failure> {
        if ctx.platform.os != Os::Linux {
            return Err(Failure::new(format!(
                "systemd_timer is for Linux: this host is {}",
                ctx.platform.system
            )));
        }
        args.check()?;
        const SCRIPT: &str = concat!(include_str!("../../told/ask.sh"), include_str!("look.sh"));
        let texts = args.texts().into_iter().flat_map(|(what, text)| [what, text]);
        Ok(Probe::new("systemd_timer", SCRIPT).words([args.name.as_str()]).words(texts))
    }

    fn read(&self, args: &Args, answers: &[Answer], ctx: Ctx<'_>) -> Result<Look<Seen>, Failure> {
        let told = Told::read(answers)?;
        told.tool("systemctl")?;
        let mut calendar = Vec::new();
        for (what, text) in args.texts() {
            let said = told.of(&format!("{what} {text}"));
            let said = said.ok_or_else(|| Failure::new(format!("{text} was not looked at")))?;
            if said.rc != 0 {
                return Err(Failure::new(format!("{text:?}: {}", said.text.trim())));
            }
            if what == "calendar" {
                calendar.push((text.to_string(), said.text.clone()));
            }
        }
        Ok(Look::Seen(Seen {
            timer: Kept::of(&told, &args.path("timer"), ctx)?,
            service: Kept::of(&told, &args.path("service"), ctx)?,
            shows: [shown(told.text("timer")), shown(told.text("service"))],
            calendar,
            foreign: told.of("foreign").map(|said| said.text.clone()),
            known: ctx.world.thing(KIND, &args.name).flatten().map(Value::is_true),
        }))
    }

    fn plan(&self, args: &Args, seen: &Seen, ctx: Ctx<'_>) -> Result<Plan, Failure> {
        seen.foreign()?;
        let mut plan = Plan { warnings: seen.warnings(args), ..Plan::ok() };
        let changes = match args.state {
            Presence::Present => seen.present(args, ctx, &mut plan)?,
            Presence::Absent => seen.absent(args),
        };
        plan.parts = Plan::of(changes).parts;
        plan.uncertain = seen.timer.uncertain.clone().or_else(|| seen.service.uncertain.clone());
        Ok(plan)
    }

    fn verify(&self, args: &Args, change: &Change, after: &Seen, _: Ctx<'_>) -> Result<(), String> {
        match &change.op {
            Op::WriteFile(file) if file.path == after.timer.path => after.timer.wrote(change),
            Op::WriteFile(_) => after.service.wrote(change),
            Op::Remove { path, .. } => {
                let file = if *path == after.timer.path { &after.timer } else { &after.service };
                if file.there() { Err(format!("{path} is still there")) } else { Ok(()) }
            }
            _ if change.effects.is_empty() => Ok(()),
            _ => match (args.state, after.waits()) {
                (Presence::Present, false) => Err(format!(
                    "it is {}, {}",
                    after.show(0, "ActiveState"),
                    after.show(0, "UnitFileState")
                )),
                (Presence::Absent, _) if after.show(0, "ActiveState") == "active" => {
                    Err("it is still active".to_string())
                }
                _ => Ok(()),
            },
        }
    }

    fn explain(&self, _: &Args, ran: &Ran) -> Option<Failure> {
        let Op::Run(_) = &ran.change.op else { return None };
        let (rc, out, err) = (ran.answer.rc, ran.answer.text(), ran.answer.error_text());
        let failure = Failure::new(format!("{} failed: {}", ran.change.why, err.trim()));
        let failure = failure.with("rc", i64::from(rc)).with("stdout", out).with("stderr", err);
        (rc != 0).then_some(failure)
    }

    fn result(&self, _: &Args, before: &Seen, after: Option<&Seen>, _: &Plan, _: &[Ran]) -> Fields {
        let seen = after.unwrap_or(before);
        let map = |pairs: &[(String, String)]| -> Value {
            let one = |(key, value): &(String, String)| {
                (crate::base::Key::from(key.as_str()), Value::from(value.as_str()))
            };
            Value::map(pairs.iter().map(one).collect::<Map>())
        };
        let calendar = seen.calendar.iter().map(|(_, said)| {
            let of = |name: &str| -> Value {
                let line = said.lines().find_map(|line| line.trim().strip_prefix(name));
                line.map_or(Value::NULL, |text| Value::from(text.trim()))
            };
            [("normalized", of("Normalized form:")), ("next", of("Next elapse:"))]
                .into_iter()
                .collect()
        });
        let calendar = Value::list(calendar.collect());
        let mut fields = Fields::new();
        fields.insert("timer".into(), map(&seen.shows[0]));
        fields.insert("service".into(), map(&seen.shows[1]));
        fields.insert("calendar".into(), calendar);
        fields
    }
}
