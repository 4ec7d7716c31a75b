//! What is to be done to a unit, in order.

use super::super::foretold::Foretold;
use super::super::{AND_WAIT, Wanted, risk};
use super::args::{Args, Reach};
use super::seen::{Enabled, Seen};
use crate::base::Value;
use crate::spec::{Change, ChangeKind, Command, Failure, Op, Plan, Ran, Then};

/// Ansible's words for a unit that is not there.
pub fn missing(name: &str) -> String {
    format!("Could not find the requested service {name}: host")
}

/// The state that a result names.
pub fn reached(state: Wanted) -> &'static str {
    match state {
        Wanted::Stopped => "stopped",
        _ => "started",
    }
}

/// How long a program is watched that systemd takes for running as soon as it is forked.
const MOMENT: &str = "0.5";
/// Goes on when systemd does not listen; prints the code then.
const ANYWAY: &str = "\"$@\" || echo \"tank: code $?\"";

/// Compares a unit with what is wanted.
pub fn plan(args: &Args, seen: &Seen) -> Result<Plan, Failure> {
    let mut steps =
        Steps { args, seen, plan: Plan::default(), changes: Vec::new(), known: seen.known };
    steps.reload();
    let wants = args.enabled.is_some() || args.state.is_some();
    if let Some(name) = &args.name {
        if let Some(error) = seen.load_error().filter(|_| !args.daemon_reload) {
            return Err(Failure::new(format!("Error loading unit file '{name}': {error}")));
        }
        if wants {
            steps.find(name)?;
        }
        let unmasks = steps.mask();
        if unmasks && wants {
            // Whether it is enabled, and what its files say, is known only when they are heard again.
            steps.plan.then = Then::LookAgain;
        } else {
            steps.enable();
            steps.state()?;
        }
    }
    Ok(steps.done())
}

struct Steps<'a> {
    args: &'a Args,
    seen: &'a Seen,
    plan: Plan,
    changes: Vec<Change>,
    /// What a check run knows after the changes so far.
    known: Foretold,
}

impl Steps<'_> {
    fn done(self) -> Plan {
        let mut plan = Plan::of(self.changes);
        plan.then = self.plan.then;
        plan.uncertain = self.plan.uncertain;
        plan.warnings = self.plan.warnings;
        plan
    }

    fn name(&self) -> &str {
        self.args.name.as_deref().unwrap_or_default()
    }

    /// systemctl with this verb.
    fn words(&self, verb: &str) -> Vec<String> {
        let mut words = vec![self.seen.tool.clone()];
        if self.args.scope != Reach::System {
            words.push(format!("--{}", self.args.scope.word()));
        }
        let options =
            [("--no-block", self.args.no_block), ("--force", self.args.force == Some(true))];
        words.extend(options.iter().filter(|(_, on)| *on).map(|(word, _)| (*word).to_string()));
        words.push(verb.to_string());
        words
    }

    fn change(&self, before: &[&str], words: Vec<String>, why: String) -> Change {
        let mut command = Command::new(before.iter().map(|word| (*word).to_string()).chain(words));
        if self.args.scope == Reach::User {
            // A login without a session of its own is not told where its manager listens.
            let script =
                ": \"${XDG_RUNTIME_DIR:=/run/user/$(id -u)}\"\nexport XDG_RUNTIME_DIR\nexec \"$@\"";
            let argv = ["/bin/sh", "-c", script, "tank"].map(str::to_string);
            command.argv = argv.into_iter().chain(command.argv).collect();
        }
        Change::new(Op::Run(command), why)
    }

    fn on_unit(&self, verb: &str) -> Change {
        let mut words = self.words(verb);
        words.push(self.name().to_string());
        self.change(&[], words, format!("{verb} {}", self.name()))
    }

    fn reload(&mut self) {
        let wanted = [
            ("daemon-reload", self.args.daemon_reload),
            ("daemon-reexec", self.args.daemon_reexec),
        ];
        for (verb, _) in wanted.into_iter().filter(|(_, on)| *on) {
            let before: &[&str] =
                if self.seen.offline { &["/bin/sh", "-c", ANYWAY, "tank"] } else { &[] };
            let change = self.change(before, self.words(verb), verb.to_string());
            self.changes.push(change.kind(ChangeKind::Quiet));
        }
    }

    /// A unit that is not there is an error, unless it may be there by then.
    fn find(&mut self, name: &str) -> Result<(), Failure> {
        if let Some((script, _)) = self.seen.script.as_ref().filter(|_| !self.seen.found) {
            self.plan.warnings.push(format!(
                "The service ({name}) is actually an init script but the system is managed by systemd: {script}"
            ));
        }
        if self.seen.is_there() {
            return Ok(());
        }
        if let Some(why) = &self.seen.later {
            self.plan.uncertain = Some(format!("there is no service {name} yet: {why}"));
            return Ok(());
        }
        if let Some(text) = self.seen.deaf.as_ref().filter(|_| !self.seen.offline) {
            let failure = Failure::new(text.as_str()).with("cmd", self.seen.tool.as_str());
            let lines = Value::list(text.lines().map(Value::from).collect());
            let failure = failure.with("rc", 1).with("stderr", format!("{text}\n"));
            let failure = failure.with("stderr_lines", lines).with("stdout", "");
            return Err(failure.with("stdout_lines", Value::list(Vec::new())));
        }
        if !self.args.daemon_reload {
            return Err(Failure::new(missing(name)));
        }
        // systemd may know its files once it has read them again; then it is there, and stopped.
        self.plan.uncertain =
            Some(format!("there is no service {name} before systemd reads its files again"));
        let script = "\"$@\" | grep -q -v '=not-found$'";
        let before = ["/bin/sh", "-c", script, "tank"];
        let mut words = self.words("show");
        words.extend(["--property=LoadState", name].map(str::to_string));
        let change = self.change(&before, words, format!("look for {name}"));
        self.changes.push(change.kind(ChangeKind::Quiet));
        Ok(())
    }

    /// Whether the unit is unmasked.
    fn mask(&mut self) -> bool {
        let (Some(wanted), now) = (self.args.masked, self.seen.masked()) else { return false };
        if wanted == now {
            return false;
        }
        self.known.masked = Some(wanted);
        let change = self.on_unit(if wanted { "mask" } else { "unmask" });
        self.changes.push(change.effect(self.known.effect(self.name(), "")));
        !wanted
    }

    fn enable(&mut self) {
        let Some(wanted) = self.args.enabled else { return };
        let masks = self.args.masked == Some(true);
        let now = self.seen.enabled(self.args.scope == Reach::System);
        // A masked unit is not enabled, whatever it was.
        let now = if masks { Enabled::No } else { now };
        let kind = match (wanted, now) {
            (true, Enabled::No) | (false, Enabled::Yes) => ChangeKind::Plain,
            (true, Enabled::Unclear) => ChangeKind::May,
            (false, Enabled::Fixed) => {
                let text =
                    format!("{} has nothing that could be disabled; others start it", self.name());
                self.plan.warnings.push(text);
                return;
            }
            _ => return,
        };
        self.known.enabled = Some(wanted);
        let change = self.on_unit(if wanted { "enable" } else { "disable" }).kind(kind);
        self.changes.push(change.effect(self.known.effect(self.name(), "")));
    }

    fn state(&mut self) -> Result<(), Failure> {
        let Some(wanted) = self.args.state else { return Ok(()) };
        let comes = self.args.daemon_reload && !self.seen.is_there();
        let runs = match self.seen.runs() {
            Some(runs) => runs,
            None if comes => false,
            None if self.seen.offline => {
                self.plan.warnings.push(
                    "Target is a chroot or systemd is offline. This can lead to false positives or prevent the init system tools from working."
                        .to_string(),
                );
                return Ok(());
            }
            None => {
                let failure = Failure::new("Service is in unknown state");
                return Err(failure.with("status", self.seen.show.to_value()));
            }
        };
        let verb = match wanted {
            Wanted::Started if runs => return Ok(()),
            Wanted::Stopped if !runs && !self.seen.show.ends() => return Ok(()),
            Wanted::Stopped => "stop",
            Wanted::Restarted if runs => "restart",
            Wanted::Reloaded if runs => "reload",
            _ => "start",
        };
        self.act(verb);
        Ok(())
    }

    fn act(&mut self, verb: &str) {
        let mut change = self.on_unit(verb);
        let show = &self.seen.show;
        // Other types say themselves when they are ready, and systemctl waits for that.
        let forks = matches!(show.get("Type"), "simple" | "exec" | "idle" | "");
        if forks && !self.args.no_block && matches!(verb, "start" | "restart") {
            let mut words = self.words(verb);
            words.push(self.name().to_string());
            let before = ["/bin/sh", "-c", AND_WAIT, "tank", MOMENT];
            change = self.change(&before, words, format!("{verb} {}", self.name()));
        }
        if matches!(verb, "restart" | "reload") {
            // A reload leaves no mark that all versions and types of units share: its code is trusted.
            change = change.kind(ChangeKind::Act);
        }
        self.known.running = Some(verb != "stop");
        let proof = if verb == "restart" { show.proof() } else { String::new() };
        let effect = self.known.effect(self.name(), &proof);
        self.changes.push(change.effect(effect).risk(risk(self.name(), verb)));
    }
}

/// Warnings about reloads that systemd did not hear.
pub fn unheard(ran: &[Ran]) -> Vec<String> {
    let warn = |ran: &Ran| {
        let out = ran.answer.text();
        let rc = out.lines().last()?.strip_prefix("tank: code ")?;
        let (verb, err) = (&ran.change.why, ran.answer.error_text());
        Some(format!(
            "{verb} failed, but target is a chroot or systemd is offline. Continuing. Error was: {rc} / {err}"
        ))
    };
    ran.iter().filter_map(warn).collect()
}
