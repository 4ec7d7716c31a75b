//! What pkg knows, and what it would do.

use super::args::{Args, is_file};
use crate::base::Value;
use crate::modules::packages::glob;
use crate::spec::path::unescape;
use crate::spec::{Answer, Effect, World};

/// One installed package.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Package {
    /// Its name.
    pub name: String,
    /// Its version; empty when only the predicted world has it.
    pub version: String,
    /// Where it comes from: `www/nginx`.
    pub origin: String,
    /// Whether it is locked.
    pub locked: bool,
}

impl Package {
    fn parse(line: &str) -> Option<Self> {
        let fields: Vec<&str> = line.split('|').collect();
        let [name, version, origin, locked] = fields[..] else { return None };
        let text = str::to_string;
        let locked = locked == "1";
        Some(Self { name: text(name), version: text(version), origin: text(origin), locked })
    }

    /// Whether a name of a task means this package. pkg does not look at case.
    pub fn is(&self, name: &str, globs: bool) -> bool {
        let wanted = name.to_lowercase();
        let full = format!("{}-{}", self.name, self.version);
        [&self.name, &full, &self.origin].into_iter().any(|own| {
            let own = own.to_lowercase();
            own == wanted || (globs && glob::matches(&own, &wanted))
        })
    }
}

/// The answer of the first question.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Look {
    /// Whether pkg itself is there.
    pub ready: bool,
    /// Package files and the names of their packages; empty: they cannot be read.
    pub files: Vec<(String, String)>,
    /// Installed packages that were asked for.
    pub packages: Vec<Package>,
    /// Package, tag and value.
    pub annotations: Vec<(String, String, String)>,
}

impl Look {
    /// Reads the answer of `look.sh`, laying the predicted world over it.
    pub fn parse(text: &str, args: &Args, names: &[String], world: &World) -> Option<Self> {
        let mut lines = text.lines();
        let ready = match lines.next()? {
            "ready" => true,
            "missing" => world.thing("package manager", "pkg").is_some(),
            _ => return None,
        };
        let mut look = Self { ready, ..Self::default() };
        let mut paths = names.iter().filter(|name| is_file(name));
        let mut section = "";
        for line in lines {
            match (line.strip_prefix('@'), section) {
                (Some(name), _) => section = name,
                (None, "files") => {
                    let path = paths.next().cloned().unwrap_or_default();
                    look.files.push((path, unescape(line)));
                }
                (None, "packages") => look.packages.extend(Package::parse(line)),
                (None, _) => look.annotations.extend(annotation(line)),
            }
        }
        look.predict(args, names, world);
        Some(look)
    }

    fn predict(&mut self, args: &Args, names: &[String], world: &World) {
        self.packages.retain(|p| world.thing("package", &args.key(&p.name)) != Some(None));
        for name in names {
            let known = self.packages.iter().any(|p| p.is(name, args.use_globs));
            if !known && world.thing("package", &args.key(name)).flatten().is_some() {
                let name = name.clone();
                self.packages.push(Package { name, ..Package::default() });
            }
        }
        let thing = |name: &str, tag: &str| {
            world.thing("package annotation", &args.key(&format!("{name} {tag}")))
        };
        self.annotations.retain(|(name, tag, _)| thing(name, tag).is_none());
        let notes = super::notes::parsed(args).unwrap_or_default();
        for (package, note) in self.packages.iter().flat_map(|p| notes.iter().map(move |n| (p, n)))
        {
            if let Some(Some(value)) = thing(&package.name, &note.tag) {
                self.annotations.push((package.name.clone(), note.tag.clone(), value.text()));
            }
        }
    }

    /// The name by which a package is asked for: that of a file is in it.
    pub fn queried<'a>(&'a self, name: &'a str) -> &'a str {
        self.files.iter().find(|(path, _)| path == name).map_or(name, |(_, inner)| inner)
    }

    /// Installed packages that a name of a task means.
    pub fn of(&self, name: &str, args: &Args) -> Vec<&Package> {
        let name = self.queried(name);
        self.packages.iter().filter(|package| package.is(name, args.use_globs)).collect()
    }
}

fn annotation(line: &str) -> Option<(String, String, String)> {
    let mut fields = line.splitn(3, '|').map(str::to_string);
    Some((fields.next()?, fields.next()?, fields.next()?))
}

/// What pkg says it would do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dry {
    /// Names of packages that would be installed or replaced, with their new versions.
    pub installed: Vec<(String, String)>,
    /// Of these: how many are there already.
    pub replaced: usize,
    /// Names of packages that would be removed.
    pub removed: Vec<String>,
    /// Why it failed.
    pub error: Option<String>,
}

impl Dry {
    /// Reads the answer of `pkg upgrade -n` or `pkg autoremove -n`; what the predicted world has done
    /// already is left out.
    pub fn read(answer: &Answer, args: &Args, world: &World) -> Self {
        let mut dry = Self::default();
        let mut section = "";
        for line in answer.text().lines() {
            match line.strip_prefix('\t') {
                Some(item) => dry.item(section, item, args, world),
                None => section = heading(line),
            }
        }
        let error = answer.error_text();
        if !error.trim().is_empty() && dry.is_idle() && answer.rc > 0 {
            dry.error = Some(error.trim().to_string());
        }
        dry
    }

    /// `name: version`, `name: old -> new` or `name-version`; behind it ` [repository]` and ` (why)`.
    fn item(&mut self, section: &str, item: &str, args: &Args, world: &World) {
        let (name, version) = match item.split_once(": ") {
            Some((name, rest)) if !name.contains(' ') => {
                let rest = rest.split(['[', '(']).next().unwrap_or(rest).trim_end();
                (name, rest.rsplit(' ').next().unwrap_or(rest))
            }
            _ => {
                item.split(' ').next().and_then(|full| full.rsplit_once('-')).unwrap_or((item, ""))
            }
        };
        let known = world.thing("package", &args.key(name));
        let same = |state: &Value| state.get("version").is_some_and(|v| v.text() == version);
        match (section, known) {
            ("REMOVED", Some(None)) => {}
            ("REMOVED", _) => self.removed.push(name.to_string()),
            ("INSTALLED" | "UPGRADED", Some(Some(state))) if same(state) => {}
            ("INSTALLED" | "UPGRADED", _) => {
                self.replaced += usize::from(section == "UPGRADED");
                self.installed.push((name.to_string(), version.to_string()));
            }
            _ => {}
        }
    }

    /// Whether there is nothing to do.
    pub fn is_idle(&self) -> bool {
        self.installed.is_empty() && self.removed.is_empty()
    }

    /// What would be left behind.
    pub fn effects(&self, args: &Args) -> Vec<Effect> {
        let new = self.installed.iter().map(|(name, version)| installed(args, name, version));
        let gone = self.removed.iter().map(|name| removed(args, name));
        new.chain(gone).collect()
    }
}

/// What becomes of the packages below a line; empty: nothing is listed below it.
fn heading(line: &str) -> &'static str {
    if line.starts_with("Deinstallation has been requested for") {
        return "REMOVED";
    }
    match line.rsplit_once(" to be ").map(|(_, word)| word.trim_end_matches(':')) {
        Some("INSTALLED") => "INSTALLED",
        Some("UPGRADED" | "REINSTALLED" | "DOWNGRADED") => "UPGRADED",
        Some("REMOVED") => "REMOVED",
        _ => "",
    }
}

/// A package would be there.
pub fn installed(args: &Args, name: &str, version: &str) -> Effect {
    let state = [("version", Value::from(version))].into_iter().collect();
    Effect::Thing("package", args.key(name), Some(state))
}

/// A package would be gone.
pub fn removed(args: &Args, name: &str) -> Effect {
    Effect::Thing("package", args.key(name), None)
}
