//! What dpkg and apt know of the packages a task names.

use crate::base::{Key, Value};
use crate::modules::packages::glob;
use crate::spec::path::unescape;
use crate::spec::{PathState, World};

use super::wish::Wish;

/// How far a package is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Installed and configured.
    Installed,
    /// Unpacked, half configured, waiting for triggers, broken.
    Partly,
    /// Removed but for its configuration files.
    Files,
}

/// One package as dpkg has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Package {
    /// Its name.
    pub name: String,
    /// Its architecture; `all` for any.
    pub arch: String,
    /// How far it is there.
    pub status: Status,
    /// Its version; empty when only the predicted world has it and does not know.
    pub version: String,
}

/// A package file on the host.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Deb {
    /// Its path.
    pub path: String,
    /// Package in it.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its architecture.
    pub arch: String,
    /// Why it cannot be read.
    pub error: Option<String>,
}

/// The answer of the first question.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Look {
    /// When the package lists were fetched, in seconds since 1970; 0: not known.
    pub lists_time: i64,
    /// The host's time, when it was asked for.
    pub now: Option<i64>,
    /// The host's own architecture.
    pub native: String,
    /// Packages that are there in some way.
    pub packages: Vec<Package>,
    /// Names that installed packages provide.
    pub provided: Vec<String>,
    /// `name:architecture` of packages that came as dependencies.
    pub auto: Vec<String>,
    /// Names that apt knows, where patterns were asked for.
    pub names: Vec<String>,
    /// Package files.
    pub debs: Vec<Deb>,
    /// Whether there are fetched package files.
    pub archives: bool,
}

impl Look {
    /// Reads the answer of `look.sh`, laying the predicted world over it.
    pub fn parse(text: &str, world: &World) -> Option<Self> {
        let mut lines = text.lines();
        let stamps: Vec<_> = lines.by_ref().take(2).map(PathState::parse).collect();
        let time = stamps.into_iter().flatten().map(|state| state.mtime as i64).next();
        let mut look = Self {
            lists_time: time.unwrap_or(0),
            now: lines.next()?.parse().ok(),
            ..Self::default()
        };
        let mut section = "";
        for line in lines.filter(|line| !line.is_empty()) {
            match line.strip_prefix('@') {
                Some(name) => section = name,
                None => look.line(section, line),
            }
            look.archives |= section == "archives";
        }
        look.native = look.find("dpkg", None).map(|found| found.arch.clone())?;
        look.predict(world);
        Some(look)
    }

    fn line(&mut self, section: &str, line: &str) {
        match section {
            "names" => self.names.push(line.to_string()),
            "debs" => self.deb(line),
            "packages" => self.packages.extend(Package::parse(line)),
            "provides" => self.provided.extend(provides(line)),
            "auto" => self.auto.push(line.to_string()),
            _ => {}
        }
    }

    fn deb(&mut self, line: &str) {
        if let Some(path) = line.strip_prefix("file ") {
            self.debs.push(Deb { path: unescape(path), ..Deb::default() });
            return;
        }
        let Some(deb) = self.debs.last_mut() else { return };
        if let Some(error) = line.strip_prefix("error ") {
            deb.error = Some(unescape(error));
        }
        match line.split_once(": ") {
            Some(("Package", text)) => deb.name = text.to_string(),
            Some(("Version", text)) => deb.version = text.to_string(),
            Some(("Architecture", text)) => deb.arch = text.to_string(),
            _ => {}
        }
    }

    /// The package of that name and architecture; without one the host's own or `all`.
    pub fn find(&self, name: &str, arch: Option<&str>) -> Option<&Package> {
        let native = arch.is_none_or(|arch| arch == self.native || arch == "native");
        self.packages.iter().find(|package| {
            let own =
                package.arch == "all" || package.arch == self.native || self.native.is_empty();
            package.name == name && if native { own } else { Some(package.arch.as_str()) == arch }
        })
    }

    /// What a wish without pattern means here.
    pub fn of(&self, wish: &Wish) -> Option<&Package> {
        self.find(&wish.name, wish.arch.as_deref())
    }

    /// What the world calls a package: its name, with the architecture where it is a foreign one.
    pub fn key(&self, name: &str, arch: Option<&str>) -> String {
        match arch {
            Some(arch) if arch != self.native && arch != "all" && arch != "native" => {
                format!("{name}:{arch}")
            }
            _ => name.to_string(),
        }
    }

    /// Whether an installed package provides it, or is it.
    pub fn satisfies(&self, wish: &Wish) -> bool {
        match self.of(wish) {
            Some(found) => {
                found.status == Status::Installed
                    && (found.version.is_empty() || wish.fits(&found.version))
            }
            None => {
                wish.version == super::wish::Version::Any
                    && wish.arch.is_none()
                    && self.provided.contains(&wish.name)
            }
        }
    }

    /// Names that match a pattern, among those apt knows and those dpkg has.
    pub fn expand(&self, pattern: &str) -> Vec<String> {
        let known = self.names.iter().map(String::as_str);
        let had = self.packages.iter().map(|package| package.name.as_str());
        let mut found: Vec<String> = known
            .chain(had)
            .filter(|name| glob::matches(name, pattern))
            .map(str::to_string)
            .collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    /// `name:architecture` of a package that came only as another one's dependency.
    pub fn auto_name(&self, package: &Package) -> Option<String> {
        let arch = if package.arch == "all" { &self.native } else { &package.arch };
        let name = format!("{}:{arch}", package.name);
        self.auto.contains(&name).then_some(name)
    }

    fn predict(&mut self, world: &World) {
        if world.is_empty() {
            return;
        }
        for (name, arch) in self.named() {
            let key = self.key(&name, Some(&arch));
            let files = world.thing("package files", &key).flatten().is_some();
            match world.thing("package", &key) {
                None => {}
                Some(None) => self.drop_package(&name, &arch, files),
                Some(Some(state)) => self.lay(name, arch, state),
            }
        }
        self.archives &= world.thing("package archives", "apt").is_none();
        let marked = |name: &String| world.thing("package mark", name).is_some();
        self.auto.retain(|name| !marked(name));
    }

    fn lay(&mut self, name: String, arch: String, state: &Value) {
        let text = |key: &str| {
            let value = state.as_map().and_then(|map| map.get(&Key::from(key)));
            value.and_then(Value::as_str).unwrap_or_default().to_string()
        };
        self.packages.retain(|p| p.name != name || p.arch != arch);
        let status = Status::Installed;
        self.packages.push(Package { name, arch, status, version: text("version") });
    }

    fn drop_package(&mut self, name: &str, arch: &str, files: bool) {
        let gone = |p: &Package| p.name == name && p.arch == arch;
        if files {
            let found = self.packages.iter_mut().find(|p| gone(p));
            found.into_iter().for_each(|p| p.status = Status::Files);
        } else {
            self.packages.retain(|p| !gone(p));
        }
    }

    fn named(&self) -> Vec<(String, String)> {
        self.packages.iter().map(|p| (p.name.clone(), p.arch.clone())).collect()
    }

    /// Lays what the predicted world knows of names that dpkg does not have.
    pub fn add_predicted(&mut self, wishes: &[Wish], world: &World) {
        for wish in wishes {
            let key = self.key(&wish.name, wish.arch.as_deref());
            let arch = || wish.arch.clone().unwrap_or_else(|| self.native.clone());
            if self.of(wish).is_some() {
                continue;
            }
            if let Some(Some(state)) = world.thing("package", &key) {
                self.lay(wish.name.clone(), arch(), state);
            } else if world.thing("package files", &key).flatten().is_some() {
                let (name, arch) = (wish.name.clone(), arch());
                let (status, version) = (Status::Files, String::new());
                self.packages.push(Package { name, arch, status, version });
            }
        }
    }
}

impl Package {
    /// A line `want, state, error|name|architecture|version` with one letter for each of the first three.
    fn parse(line: &str) -> Option<Self> {
        let fields: Vec<&str> = line.split('|').collect();
        let [letters, name, arch, version] = fields[..] else { return None };
        let status = match letters.chars().nth(1)? {
            'n' => return None,
            'c' => Status::Files,
            'i' if letters.chars().nth(2).is_none_or(|error| error == ' ') => Status::Installed,
            _ => Status::Partly,
        };
        let text = str::to_string;
        Some(Self { name: text(name), arch: text(arch), status, version: text(version) })
    }
}

/// Names in `ii |a, b (= 2)`.
fn provides(line: &str) -> Vec<String> {
    let (_, list) = line.split_once('|').unwrap_or(("", ""));
    let name = |item: &str| item.split([' ', ':', '(']).next().unwrap_or("").to_string();
    list.split(',').map(|item| name(item.trim())).filter(|name| !name.is_empty()).collect()
}
