//! The steps that lead a machine from what is to what is wanted.

use super::{Domain, Power, Seen, WORLD, key};
use crate::modules::kvm;
use crate::modules::kvm::xml::Node;
use crate::spec::{Change, ChangeKind, Effect, Failure, Op, Plan, Probe, Risk};

/// How a machine is undefined.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Undefine {
    /// Words of virsh's, such as `--nvram`.
    pub flags: Vec<String>,
}

/// The steps from what is to what is wanted: each one changes what the next one sees.
pub struct Course<'a> {
    /// Where.
    pub uri: &'a str,
    /// Which.
    pub name: &'a str,
    /// What is there, by now.
    pub now: Option<Domain>,
    /// The steps, and what is said of them.
    pub plan: Plan,
    changes: Vec<Change>,
}

impl<'a> Course<'a> {
    /// From what was seen.
    pub fn new(uri: &'a str, name: &'a str, seen: &Seen) -> Self {
        let plan = Plan { uncertain: seen.uncertain.clone(), ..Plan::ok() };
        Self { uri, name, now: seen.domain.clone(), plan, changes: Vec::new() }
    }

    /// The whole plan.
    pub fn done(mut self) -> Plan {
        self.plan.parts = Plan::of(self.changes).parts;
        self.plan
    }

    /// The machine.
    ///
    /// # Errors
    /// It is not there.
    pub fn there(&self) -> Result<&Domain, Failure> {
        let text = || format!("virtual machine {} not found", self.name);
        self.now.as_ref().ok_or_else(|| Failure::new(text()).missing())
    }

    /// A step that is already made, with what is there behind it.
    pub fn push(&mut self, change: Change) {
        let value = self.now.as_ref().map(Domain::value);
        let effect = Effect::Thing(WORLD, key(self.uri, self.name), value);
        self.changes.push(change.effect(effect));
    }

    #[allow(dead_code)] // for machines described in parts
    /// A step of something else than the machine.
    pub fn beside(&mut self, change: Change) {
        self.changes.push(change);
    }

    fn power(&mut self, verb: &str, after: Power, limit: i64, risk: Risk) {
        let Some(domain) = &mut self.now else { return };
        domain.power = after;
        if after == Power::Off && !domain.persistent {
            self.now = None;
        }
        let words = [self.uri, verb, self.name];
        let probe = Probe::new("kvm_power", include_str!("../power.sh")).words(words);
        let probe = probe.words([limit.to_string()]);
        let why = format!("{verb} the machine {}", self.name);
        let change = Change::new(Op::Script(probe), why).risk(risk);
        // Without a limit it is asked and nobody waits.
        let asked = verb == "shutdown" && limit == 0;
        self.push(if asked { change.kind(ChangeKind::Act) } else { change });
    }

    /// Runs.
    ///
    /// # Errors
    /// It is not there.
    pub fn run(&mut self) -> Result<(), Failure> {
        let domain = self.there()?;
        match domain.power {
            Power::Running => {}
            Power::Paused => self.power("resume", Power::Running, 0, Risk::Low),
            Power::Off | Power::Crashed => {
                if domain.saved {
                    let text = "the machine {} goes on from its saved state, with the hardware that it had then";
                    self.plan.warnings.push(text.replace("{}", self.name));
                }
                self.power("start", Power::Running, 0, Risk::Low);
            }
            Power::Other => {
                let text = format!("the machine {} neither runs nor is it off", self.name);
                return Err(Failure::new(text));
            }
        }
        Ok(())
    }

    /// Is shut down by its guest.
    ///
    /// # Errors
    /// It is not there.
    pub fn shut_down(&mut self, limit: i64) -> Result<(), Failure> {
        if self.there()?.power.is_up() {
            self.power("shutdown", Power::Off, limit, Risk::Medium);
        }
        Ok(())
    }

    /// Is turned off, as by its plug.
    ///
    /// # Errors
    /// It is not there.
    pub fn turn_off(&mut self) -> Result<(), Failure> {
        if self.there()?.power.is_up() {
            self.power("destroy", Power::Off, 0, Risk::High);
        }
        Ok(())
    }

    /// Stands still.
    ///
    /// # Errors
    /// It is not there, or does not run.
    pub fn pause(&mut self) -> Result<(), Failure> {
        match self.there()?.power {
            Power::Running => self.power("suspend", Power::Paused, 0, Risk::Medium),
            Power::Paused => {}
            _ => {
                let text = format!("the machine {} does not run: it cannot be paused", self.name);
                return Err(Failure::new(text));
            }
        }
        Ok(())
    }

    /// Starts with the host, or not.
    ///
    /// # Errors
    /// It is not there, or ends with its stop.
    pub fn autostart(&mut self, wanted: bool) -> Result<(), Failure> {
        if self.there()?.autostart == wanted {
            return Ok(());
        }
        if let Some(domain) = &mut self.now {
            domain.autostart = wanted;
        }
        let mut words = vec!["autostart", self.name];
        words.extend((!wanted).then_some("--disable"));
        let why = format!("set autostart of the machine {}", self.name);
        self.push(kvm::virsh(self.uri, words, why));
        Ok(())
    }

    /// Is not there any more. Its disks are left alone.
    ///
    /// # Errors
    /// It runs: undefined, it would go on as one that nobody can start again.
    pub fn undefine(&mut self, how: &Undefine) -> Result<(), Failure> {
        let Some(domain) = &self.now else { return Ok(()) };
        if domain.power.is_up() {
            let text =
                "the machine {} runs: it is stopped first, by the state shutdown or destroyed";
            return Err(Failure::new(text.replace("{}", self.name)));
        }
        self.now = None;
        let nvram = how.flags.iter().any(|flag| flag == "--nvram");
        let mut words = vec!["undefine".to_string(), self.name.to_string()];
        words.extend(how.flags.iter().cloned());
        let change = kvm::virsh(self.uri, words, format!("undefine the machine {}", self.name));
        self.push(change.risk(if nvram { Risk::Critical } else { Risk::High }));
        Ok(())
    }

    /// Is as this document says; the caller has found differences. Running, it stays as it is until it is started anew.
    pub fn define(&mut self, document: &Node, kind: ChangeKind, validate: bool) {
        let why = format!("define the machine {}", self.name);
        let mut words = vec!["define"];
        words.extend(validate.then_some("validate"));
        let change = kvm::virsh_with(self.uri, words, document, why).kind(kind);
        let mut domain = self.now.clone().unwrap_or(Domain {
            power: Power::Off,
            autostart: false,
            persistent: true,
            saved: false,
            xml: Node::default(),
            text: String::new(),
        });
        let up = domain.power.is_up();
        if up {
            let text = "the machine {} runs: what changed counts once it was stopped and started";
            self.plan.warnings.push(text.replace("{}", self.name));
        }
        if domain.saved {
            let text = "the machine {} has a saved state: its next start goes on with its old hardware, unless that is removed (virsh managedsave-remove)";
            self.plan.warnings.push(text.replace("{}", self.name));
        }
        domain.persistent = true;
        domain.text = document.write();
        domain.xml = document.clone();
        self.now = Some(domain);
        self.push(change.risk(if up { Risk::Medium } else { Risk::Low }));
    }
}

/// Whether the second look shows what a change of the machine was to do.
///
/// # Errors
/// It does not.
pub fn verify(name: &str, change: &Change, after: &Seen) -> Result<(), String> {
    let words = kvm::words(change);
    let verb = words.first().map_or("", String::as_str);
    let not = |what: &str| Err(format!("the machine {name} {what}"));
    let Some(domain) = &after.domain else {
        return match verb {
            "start" | "resume" | "suspend" | "autostart" | "define" => not("is not there"),
            _ => Ok(()),
        };
    };
    match verb {
        "start" | "resume" if domain.power != Power::Running => not("does not run"),
        "suspend" if domain.power != Power::Paused => not("is not paused"),
        "shutdown" if domain.power.is_up() && change.kind != ChangeKind::Act => not("still runs"),
        "destroy" if domain.power.is_up() => not("still runs"),
        "undefine" => not("is still there"),
        "autostart" => {
            let wanted = !words.iter().any(|word| word == "--disable");
            if domain.autostart == wanted { Ok(()) } else { not("has another autostart") }
        }
        _ => Ok(()),
    }
}
