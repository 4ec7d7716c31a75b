//! What is there of a unit.

use super::super::foretold::{Foretold, may_come};
use super::args::{Args, check_name};
use super::show::Show;
use crate::modules::told::Told;
use crate::spec::{Answer, Ctx, Failure};

/// Words of `is-enabled` that name a unit file that is there.
const STATES: [&str; 11] = [
    "enabled",
    "enabled-runtime",
    "linked",
    "linked-runtime",
    "masked",
    "masked-runtime",
    "static",
    "indirect",
    "disabled",
    "generated",
    "transient",
];

/// What is there.
pub struct Seen {
    /// Path of systemctl.
    pub tool: String,
    /// The unit's properties; empty when systemd does not tell.
    pub show: Show,
    /// Whether there is such a unit.
    pub found: bool,
    /// The init script of that name, and whether a runlevel starts it.
    pub script: Option<(String, bool)>,
    /// Why it may be there later although it is not; for check runs.
    pub later: Option<String>,
    /// Whether this is a chroot, or systemd is told to stay offline.
    pub offline: bool,
    /// What systemctl said instead of an answer, where nobody listens to it.
    pub deaf: Option<String>,
    /// Code and first word of `is-enabled`.
    file: Option<(i32, String)>,
    /// What earlier tasks of a check run did to it.
    pub known: Foretold,
}

/// Whether a unit starts with the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Enabled {
    /// It does.
    Yes,
    /// It does not.
    No,
    /// It has nothing that could be enabled or disabled; others pull it in.
    Fixed,
    /// Only enabling it tells: it may be done through other units.
    Unclear,
}

impl Seen {
    /// Reads the probe's answer.
    pub fn read(args: &Args, answers: &[Answer], ctx: Ctx<'_>) -> Result<Self, Failure> {
        let told = Told::read(answers)?;
        let name = args.name.as_deref().unwrap_or_default();
        check_name(name)?;
        let mut seen = Self {
            tool: told.tool("systemctl")?,
            show: Show::default(),
            found: false,
            script: told.of("script").map(|said| (said.text.clone(), said.rc == 0)),
            later: None,
            offline: told.has("offline"),
            deaf: None,
            file: told.of("enabled").map(|said| (said.rc, first_word(&said.text))),
            known: Foretold::default(),
        };
        if args.name.is_none() {
            return Ok(seen);
        }
        let said = told.of("show").filter(|said| said.rc == 0 && said.text.contains('='));
        if let Some(said) = said {
            seen.show = Show::parse(&said.text);
            seen.found = seen.show.find("LoadState").is_some_and(|state| state != "not-found");
        } else {
            // systemd is not asked in a chroot; its files are.
            let text = told.text("show");
            seen.offline |= text.contains("ignoring");
            seen.deaf = Some(text.trim_end().to_string()).filter(|text| text.contains("bus:"));
            let file = seen.file.as_ref().is_some_and(|(_, word)| STATES.contains(&word.as_str()));
            seen.found = file || told.of("files").is_some_and(|said| said.rc == 0);
        }
        seen.known = Foretold::of(ctx, name);
        if !seen.is_there() {
            seen.later = may_come(ctx, &files(args));
        }
        Ok(seen)
    }

    /// Whether there is a unit or an init script.
    pub fn is_there(&self) -> bool {
        self.found || self.script.is_some()
    }

    /// Why systemd could not load it.
    pub fn load_error(&self) -> Option<&str> {
        let masked = self.show.get("LoadState") == "masked";
        self.show.find("LoadError").filter(|error| self.found && !masked && !error.is_empty())
    }

    /// Whether it is masked.
    pub fn masked(&self) -> bool {
        let word = self.file.as_ref().map(|(_, word)| word.as_str());
        self.known.masked.unwrap_or(word == Some("masked"))
    }

    /// Whether it starts with the machine.
    pub fn enabled(&self, system: bool) -> Enabled {
        let plain = |on| if on { Enabled::Yes } else { Enabled::No };
        if let Some(on) = self.known.enabled {
            return plain(on);
        }
        let Some((rc, word)) = &self.file else { return Enabled::No };
        if *rc == 1 && system && !word.ends_with("disabled") {
            return plain(self.script.as_ref().is_some_and(|(_, on)| *on));
        }
        // What an alias stands for says whether it is enabled.
        let word = if word == "alias" { self.show.get("UnitFileState") } else { word.as_str() };
        match word {
            "indirect" => Enabled::Unclear,
            "static" | "generated" | "transient" => Enabled::Fixed,
            "enabled-runtime" => Enabled::No,
            _ => plain(*rc == 0),
        }
    }

    /// Whether it runs; None: systemd does not tell.
    pub fn runs(&self) -> Option<bool> {
        let told = self.show.find("ActiveState").map(|_| self.show.runs());
        let coming = self.later.as_ref().map(|_| false);
        self.known.running.or(told).or(coming)
    }
}

fn first_word(text: &str) -> String {
    text.split_ascii_whitespace().next().unwrap_or_default().to_string()
}

/// Files that would make such a unit.
fn files(args: &Args) -> Vec<String> {
    let name = args.unit();
    let template = match (name.split_once('@'), name.rsplit_once('.')) {
        (Some((base, _)), Some((_, suffix))) => format!("{base}@.{suffix}"),
        _ => name.clone(),
    };
    let dirs = [
        "/etc/systemd/system",
        "/run/systemd/system",
        "/usr/local/lib/systemd/system",
        "/usr/lib/systemd/system",
        "/lib/systemd/system",
        "/etc/systemd/user",
        "/usr/lib/systemd/user",
    ];
    let mut files: Vec<String> = dirs.iter().map(|dir| format!("{dir}/{name}")).collect();
    files.extend(dirs.iter().map(|dir| format!("{dir}/{template}")));
    files.push(format!("/etc/init.d/{}", name.trim_end_matches(".service")));
    files
}
