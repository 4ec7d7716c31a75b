//! A virtual machine as libvirt tells it, and the steps that lead it elsewhere.

mod course;
mod keep;

pub use course::{Course, Undefine, verify};
pub use keep::{diff, keep, keep_macs};

use crate::base::Value;
use crate::modules::kvm::xml::Node;
use crate::modules::told::Told;
use crate::spec::{Ctx, Failure, Probe};

/// Of the predicted world.
pub const WORLD: &str = "libvirt_domain";

/// Whether it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Power {
    /// It runs, or waits for something.
    Running,
    /// It stands still in memory.
    Paused,
    /// It does not run.
    Off,
    /// It ended by a fault.
    Crashed,
    /// Suspended by its guest, or what no version of ours knows.
    Other,
}

impl Power {
    /// Reads `virsh domstate`.
    pub fn read(text: &str) -> Self {
        match text.lines().next().unwrap_or_default().trim() {
            // A guest that is shutting down may still be up for long.
            "running" | "idle" | "no state" | "in shutdown" => Self::Running,
            "paused" => Self::Paused,
            "shut off" => Self::Off,
            "crashed" => Self::Crashed,
            _ => Self::Other,
        }
    }

    /// Ansible's word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Off => "shutdown",
            Self::Crashed => "crashed",
            Self::Other => "unknown",
        }
    }

    /// Whether it has a process: only then it can be destroyed.
    pub fn is_up(self) -> bool {
        !matches!(self, Self::Off | Self::Crashed)
    }
}

/// One machine.
#[derive(Clone, Debug, PartialEq)]
pub struct Domain {
    /// Whether it runs.
    pub power: Power,
    /// Whether it starts with the host.
    pub autostart: bool,
    /// Whether it is more than a running one that ends with its stop.
    pub persistent: bool,
    /// Whether its memory was saved, so that its next start goes on with the hardware that it had then.
    pub saved: bool,
    /// Its document, as it will be at its next start.
    pub xml: Node,
    /// The same as libvirt wrote it.
    pub text: String,
}

/// What is there.
#[derive(Debug)]
pub struct Seen {
    /// All names.
    pub names: Vec<String>,
    /// The machine that was asked for.
    pub domain: Option<Domain>,
    /// What else was told.
    pub told: Told,
    /// Why that is not certain.
    pub uncertain: Option<String>,
}

/// The question. What it answers may hold passwords of consoles.
pub fn probe(uri: &str, name: &str, more: &str) -> Probe {
    let script = concat!(
        include_str!("../../told/ask.sh"),
        include_str!("../ask.sh"),
        include_str!("../domain.sh")
    );
    Probe::new("kvm_domain", script).words([uri, name, more]).secret()
}

/// Its name in the predicted world.
pub fn key(uri: &str, name: &str) -> String {
    format!("{uri} {name}")
}

impl Domain {
    fn read(told: &Told, name: &str) -> Result<Self, Failure> {
        let cannot = |why: &str| Failure::new(format!("cannot read the domain {name}: {why}"));
        let said = told.of(&format!("xml {name}"));
        let said = said.ok_or_else(|| cannot("its document was not told"))?;
        let xml = Node::parse(&said.text).map_err(|error| cannot(&error.to_string()))?;
        let among =
            |list: &str| crate::modules::kvm::names(told, list).iter().any(|other| other == name);
        Ok(Self {
            power: Power::read(told.text(&format!("state {name}"))),
            autostart: among("autostart"),
            persistent: !among("transient"),
            saved: among("saved"),
            xml,
            text: said.text.clone(),
        })
    }

    /// As the predicted world keeps it.
    pub fn value(&self) -> Value {
        let fields = [
            ("power", Value::from(self.power.word())),
            ("autostart", self.autostart.into()),
            ("persistent", self.persistent.into()),
            ("saved", self.saved.into()),
            ("xml", Value::from(self.text.as_str())),
        ];
        fields.into_iter().collect()
    }

    /// From there.
    pub fn predicted(value: &Value) -> Option<Self> {
        let is = |name: &str| value.get(name).is_some_and(Value::is_true);
        let text = value.get("xml")?.text();
        let power = match value.get("power")?.text().as_str() {
            "running" => Power::Running,
            "paused" => Power::Paused,
            "shutdown" => Power::Off,
            "crashed" => Power::Crashed,
            _ => Power::Other,
        };
        Some(Self {
            power,
            autostart: is("autostart"),
            persistent: is("persistent"),
            saved: is("saved"),
            xml: Node::parse(&text).ok()?,
            text,
        })
    }
}

impl Seen {
    /// Reads the answer, with the predicted world over it.
    ///
    /// # Errors
    /// virsh is missing, libvirt does not answer, or says what can't be read.
    pub fn read(uri: &str, name: &str, told: Told, ctx: Ctx<'_>) -> Result<Self, Failure> {
        crate::modules::kvm::reached(&told, uri)?;
        let mut names = crate::modules::kvm::names(&told, "names");
        let mut domain = match names.iter().any(|other| other == name) {
            true => Some(Domain::read(&told, name)?),
            false => None,
        };
        let prefix = key(uri, "");
        for (key, state) in ctx.world.things(WORLD) {
            let Some(other) = key.strip_prefix(&prefix) else { continue };
            names.retain(|known| known != other);
            if state.is_some() {
                names.push(other.to_string());
            }
            if other == name {
                domain = state.and_then(Domain::predicted);
            }
        }
        Ok(Self { names, domain, told, uncertain: None })
    }
}
