//! What `apt-get -s` says it would do.

use crate::base::Value;
use crate::spec::{Answer, Effect, World};

/// What would become of one package.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// Installed, or replaced by another version.
    Install,
    /// Removed but for its configuration files.
    Remove,
    /// Removed with them.
    Purge,
}

/// One step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What.
    pub verb: Verb,
    /// The package, with `:architecture` where it is a foreign one.
    pub name: String,
    /// The new version; empty where there is none.
    pub version: String,
}

/// The whole answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Simulation {
    /// apt-get's code.
    pub rc: i32,
    /// All it printed.
    pub stdout: String,
    /// Its errors.
    pub stderr: String,
    /// Steps, in order.
    pub steps: Vec<Step>,
    /// Files that `autoclean` would remove.
    pub deletes: bool,
}

impl Simulation {
    /// Reads an answer; steps that the predicted world has already taken are left out.
    pub fn read(answer: &Answer, world: &World) -> Self {
        let stdout = answer.text();
        let taken = |step: &Step| match (world.thing("package", &step.name), step.verb) {
            (Some(Some(state)), Verb::Install) => {
                state.get("version").is_some_and(|version| version.text() == step.version)
            }
            (Some(None), Verb::Remove) => true,
            (Some(None), Verb::Purge) => world.thing("package files", &step.name) == Some(None),
            _ => false,
        };
        let steps = stdout.lines().filter_map(Step::parse).filter(|step| !taken(step)).collect();
        let deletes = stdout.lines().any(|line| line.starts_with("Del "));
        Self { rc: answer.rc, stderr: answer.error_text(), stdout, steps, deletes }
    }

    /// Whether nothing would be installed or removed.
    pub fn is_idle(&self) -> bool {
        self.steps.is_empty()
    }

    /// The version that a package would get.
    pub fn version_of(&self, name: &str) -> Option<&str> {
        let step = self.steps.iter().find(|step| step.verb == Verb::Install && step.name == name);
        step.map(|step| step.version.as_str())
    }

    /// Names of packages that would be removed.
    pub fn removed(&self) -> impl Iterator<Item = &str> {
        let gone = self.steps.iter().filter(|step| step.verb != Verb::Install);
        gone.map(|step| step.name.as_str())
    }

    /// What would be left behind.
    pub fn effects(&self) -> Vec<Effect> {
        self.steps.iter().flat_map(Step::effects).collect()
    }

    /// What a difference shows: the lines from behind `Reading state information...` to the counts.
    pub fn summary(&self) -> String {
        let lines: Vec<&str> = self.stdout.lines().collect();
        let start = lines.iter().position(|line| *line == "Reading state information...");
        let start = start.map_or(0, |at| at + 1);
        let end = lines.iter().position(|line| {
            let rest = line.trim_start_matches(|c: char| c.is_ascii_digit());
            rest.len() < line.len() && rest.starts_with(" upgraded")
        });
        let end = end.map_or(lines.len(), |at| at + 1);
        lines.get(start..end).unwrap_or_default().join("\n")
    }
}

impl Step {
    /// `Inst name [old] (new origin [arch])`, `Remv name [old]`, `Purg name [old]`.
    fn parse(line: &str) -> Option<Self> {
        let mut words = line.split(' ');
        let verb = match words.next()? {
            "Inst" => Verb::Install,
            "Remv" => Verb::Remove,
            "Purg" => Verb::Purge,
            _ => return None,
        };
        let name = words.next()?.to_string();
        let version = words.find_map(|word| word.strip_prefix('(')).unwrap_or("").to_string();
        Some(Self { verb, name, version })
    }

    fn effects(&self) -> Vec<Effect> {
        match self.verb {
            Verb::Install => vec![installed(&self.name, &self.version)],
            Verb::Remove => removed(&self.name, false),
            Verb::Purge => removed(&self.name, true),
        }
    }
}

/// A package would be there.
pub fn installed(key: &str, version: &str) -> Effect {
    let state = [("version", Value::from(version))].into_iter().collect();
    Effect::Thing("package", key.to_string(), Some(state))
}

/// A package would be gone, with or without its configuration files.
pub fn removed(key: &str, purged: bool) -> Vec<Effect> {
    let files = (!purged).then(|| Value::from(true));
    vec![
        Effect::Thing("package", key.to_string(), None),
        Effect::Thing("package files", key.to_string(), files),
    ]
}
