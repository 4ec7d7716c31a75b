//! Sources, each tried with every format in turn (S-142, S-144).

use super::build::Build;
use super::data::Inventory;
use super::files::Files;
use super::notice::Notices;
use super::reach::Reaching;
use super::rules::Rules;
use super::{constructed, host_list, ini, jails, script, yaml};
use crate::base::yaml::Loaded;
use crate::base::{Diagnostic, Map, Origin, Source, Value};
use crate::settings::Surroundings;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What loading needs beside the sources.
#[derive(Clone, Debug, Default)]
pub struct LoadOptions {
    /// The settings.
    pub rules: Arc<Rules>,
    /// How files are read and vaults opened.
    pub files: Files,
    /// What relative sources are relative to.
    pub cwd: PathBuf,
    /// Extra vars, for constructed expressions that ask for them.
    pub extra_vars: Arc<Map>,
    /// The interpreter that an implicit localhost is said to have.
    pub python: Option<Arc<str>>,
    /// How sources that list what is on a host ask it.
    pub reach: Reaching,
}

/// Loads all sources in order. Sources that cannot be parsed give warnings.
pub fn load(
    sources: &[String],
    options: &LoadOptions,
    notices: &mut Notices,
) -> Result<Inventory, Diagnostic> {
    for word in &options.rules.unknown_levels {
        notices.warn(format!("Ignoring unknown variable precedence entry: {word}"));
    }
    let formats = enabled(&options.rules, notices)?;
    let inventory = Inventory::new(Arc::clone(&options.rules), options.python.clone());
    let mut loader = Loader { options, notices, inventory, formats, parsed: Vec::new() };
    let mut any = false;
    for source in sources.iter().filter(|source| !source.is_empty()) {
        let source = absolute(source, &options.cwd)?;
        loader.inventory.sources.push(source.as_str().into());
        any |= loader.source(&source)?;
    }
    if any {
        loader.build(None).reconcile()?;
        return Ok(loader.inventory);
    }
    if options.rules.unparsed_fails {
        let text = "No inventory was parsed, please check your configuration and options.";
        return Err(Diagnostic::new(text));
    }
    if options.rules.unparsed_warns {
        loader.notices.warn("No inventory was parsed, only implicit localhost is available");
    }
    Ok(loader.inventory)
}

/// The ways to read a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    HostList,
    AdvancedHostList,
    Script,
    Auto,
    Yaml,
    Ini,
    Toml,
    Constructed,
    BastilleJails,
}

impl Format {
    fn of_name(name: &str) -> Option<Self> {
        Some(match name.strip_prefix("ansible.builtin.").unwrap_or(name) {
            "host_list" => Self::HostList,
            "advanced_host_list" => Self::AdvancedHostList,
            "script" => Self::Script,
            "auto" => Self::Auto,
            "yaml" => Self::Yaml,
            "ini" => Self::Ini,
            "toml" => Self::Toml,
            "constructed" => Self::Constructed,
            "bastille_jails" => Self::BastilleJails,
            _ => return None,
        })
    }

    fn name(self) -> &'static str {
        match self {
            Self::HostList => "host_list",
            Self::AdvancedHostList => "advanced_host_list",
            Self::Script => "script",
            Self::Auto => "auto",
            Self::Yaml => "yaml",
            Self::Ini => "ini",
            Self::Toml => "toml",
            Self::Constructed => "constructed",
            Self::BastilleJails => "bastille_jails",
        }
    }

    /// Whether this format would try the source.
    fn wants(self, source: &Item<'_>, rules: &Rules) -> bool {
        use rustix::fs::{Access, access};
        let path = source.path;
        if matches!(self, Self::HostList | Self::AdvancedHostList) {
            return source.name.contains(',') && !path.exists();
        }
        if !path.exists() || access(path, Access::READ_OK).is_err() {
            return false;
        }
        let ending = path.extension().map(|ending| format!(".{}", ending.to_string_lossy()));
        let yaml = ending.as_ref().is_none_or(|ending| rules.yaml_extensions.contains(ending));
        match self {
            Self::Script => access(path, Access::EXEC_OK).is_ok(),
            Self::Auto => matches!(ending.as_deref(), Some(".yml" | ".yaml")),
            Self::Yaml => yaml,
            Self::Constructed => yaml || ending.as_deref() == Some(".config"),
            Self::BastilleJails => jails::is_named(source.name),
            Self::Toml => ending.as_deref() == Some(".toml"),
            _ => ending.as_deref() != Some(".toml"),
        }
    }
}

fn enabled(rules: &Rules, notices: &mut Notices) -> Result<Vec<Format>, Diagnostic> {
    let mut formats = Vec::new();
    for name in &rules.enabled {
        match Format::of_name(name) {
            Some(format) => formats.push(format),
            None => notices.warn(format!("Failed to load inventory plugin, skipping {name}")),
        }
    }
    if formats.is_empty() {
        return Err(Diagnostic::new(
            "No inventory plugins available to generate inventory, make sure you have at least one enabled.",
        ));
    }
    Ok(formats)
}

/// One source that is no directory.
struct Item<'a> {
    name: &'a str,
    path: &'a Path,
}

struct Loader<'a> {
    options: &'a LoadOptions,
    notices: &'a mut Notices,
    inventory: Inventory,
    formats: Vec<Format>,
    /// Files and lists that were parsed so far: where constructed groups look for variable files.
    parsed: Vec<Arc<str>>,
}

impl Loader<'_> {
    fn build(&mut self, source: Option<&str>) -> Build<'_> {
        let dir = source.map(|source| {
            let path = Path::new(source);
            let dir = Some(path).filter(|path| path.is_file()).and_then(Path::parent);
            dir.map_or("None".into(), |dir| dir.display().to_string().into())
        });
        Build {
            inventory: &mut self.inventory,
            notices: self.notices,
            source: source.map(Arc::from),
            dir,
        }
    }

    /// Whether anything of the source could be parsed.
    fn source(&mut self, source: &str) -> Result<bool, Diagnostic> {
        let path = self.options.cwd.join(source);
        if !path.is_dir() {
            return self.file(source, &path);
        }
        let mut parsed = false;
        for name in listing(&path)? {
            if !self.is_ignored(&name) {
                parsed |= self.source(&path.join(&name).display().to_string())?;
            }
        }
        Ok(parsed)
    }

    fn is_ignored(&self, name: &str) -> bool {
        let rules = &self.options.rules;
        name.starts_with('.')
            || matches!(name, "host_vars" | "group_vars" | "vars_plugins")
            || rules.ignore_extensions.iter().any(|ending| name.ends_with(ending.as_str()))
            || rules.ignore_patterns.iter().any(|regex| regex.is_match(name).unwrap_or(false))
    }

    fn file(&mut self, name: &str, path: &Path) -> Result<bool, Diagnostic> {
        let source = Item { name, path };
        let mut failures = Vec::new();
        let mut document = None;
        for format in self.formats.clone() {
            if !format.wants(&source, &self.options.rules) {
                continue;
            }
            match self.parse(format, &source, &mut document) {
                Ok(()) => {
                    self.parsed.push(name.into());
                    return Ok(true);
                }
                Err(error) => failures.push(failure(format, name, error)),
            }
        }
        self.report(name, path, failures)?;
        Ok(false)
    }

    fn report(
        &mut self,
        name: &str,
        path: &Path,
        failures: Vec<Diagnostic>,
    ) -> Result<(), Diagnostic> {
        if name == "/etc/ansible/hosts" && !path.exists() {
            return Ok(());
        }
        for failure in failures {
            self.notices.warning(failure);
        }
        if self.options.rules.any_unparsed_fails {
            let text = format!("Completely failed to parse inventory source {name}");
            return Err(Diagnostic::new(text));
        }
        self.notices.warn(format!("Unable to parse {name} as an inventory source"));
        Ok(())
    }

    fn parse(
        &mut self,
        format: Format,
        source: &Item<'_>,
        document: &mut Option<Result<Value, Diagnostic>>,
    ) -> Result<(), Diagnostic> {
        match format {
            Format::HostList => {
                host_list::parse(&mut self.build(Some(source.name)), source.name, false)
            }
            Format::AdvancedHostList => {
                host_list::parse(&mut self.build(Some(source.name)), source.name, true)
            }
            Format::Script => script::parse(&mut self.build(Some(source.name)), source.name),
            Format::Ini => self.ini(source),
            Format::Toml => Err(Diagnostic::new("TOML inventories are not supported.")
                .hint("Write it as YAML: the groups, hosts and vars are the same there.")),
            Format::Auto => {
                let config = self.document(source, document)?;
                self.plugin(source, &config)
            }
            Format::Yaml => {
                let value = self.document(source, document)?;
                yaml::parse(&mut self.build(Some(source.name)), &value)
            }
            Format::Constructed => {
                let config = self.document(source, document)?;
                self.constructed(source, &config)
            }
            Format::BastilleJails => {
                let config = self.document(source, document)?;
                self.jails(source, &config)
            }
        }
    }

    /// The YAML document of a source, read once for all formats that want it.
    fn document(
        &mut self,
        source: &Item<'_>,
        document: &mut Option<Result<Value, Diagnostic>>,
    ) -> Result<Value, Diagnostic> {
        let loaded = document.get_or_insert_with(|| {
            let (Loaded { value, warnings }, _) = self.options.files.load(source.path)?;
            for warning in warnings {
                self.notices.warning(warning);
            }
            Ok(value)
        });
        loaded.clone()
    }

    fn ini(&mut self, source: &Item<'_>) -> Result<(), Diagnostic> {
        let bytes = self.options.files.read(source.path)?.text;
        let text = ini::decode(&bytes)?;
        let place = Source::file(source.name);
        ini::parse(&mut self.build(Some(source.name)), &text, &place)
    }

    /// A YAML file that names a plugin.
    fn plugin(&mut self, source: &Item<'_>, config: &Value) -> Result<(), Diagnostic> {
        let name = source.name;
        let Some(plugin) = config.get("plugin").filter(|plugin| plugin.is_true()) else {
            return Err(Diagnostic::new(format!(
                "no root 'plugin' key found, '{name}' is not a valid YAML inventory plugin config file"
            )));
        };
        match plugin.as_str() {
            Some("bastille_jails") if jails::is_named(name) => self.jails(source, config),
            Some("bastille_jails") => Err(Diagnostic::new(format!(
                "inventory source '{name}' could not be verified by inventory plugin 'bastille_jails'"
            ))
            .hint("The name of its file ends in bastille_jails.yml or bastille_jails.yaml.")),
            Some("constructed" | "ansible.builtin.constructed") => self.constructed(source, config),
            _ => Err(Diagnostic::new(format!(
                "inventory config '{name}' specifies unknown plugin '{}'",
                plugin.text()
            ))
            .at(plugin.origin())
            .hint("Of the inventory plugins `constructed` and `bastille_jails` are built in; a script can give what another one gave.")),
        }
    }

    fn jails(&mut self, source: &Item<'_>, config: &Value) -> Result<(), Diagnostic> {
        let parsed: Vec<Arc<str>> =
            self.parsed.iter().cloned().chain([Arc::from(source.name)]).collect();
        let options = self.options;
        jails::parse(&mut self.build(Some(source.name)), config, &parsed, options)
    }

    fn constructed(&mut self, source: &Item<'_>, config: &Value) -> Result<(), Diagnostic> {
        let parsed = self.parsed.clone();
        let options = self.options;
        constructed::parse(
            &mut self.build(Some(source.name)),
            config,
            source.name,
            &parsed,
            options,
        )
    }
}

fn failure(format: Format, source: &str, error: Diagnostic) -> Diagnostic {
    let place =
        Source::described(format!("<inventory plugin '{}' with source '{source}'>", format.name()));
    let place = Origin::whole(&place);
    let origin = error.origin.clone().or(Some(place));
    Diagnostic::new(format!("Failed to parse inventory with '{}' plugin.", format.name()))
        .caused_by(Diagnostic { origin, ..error })
}

fn listing(dir: &Path) -> Result<Vec<String>, Diagnostic> {
    let entries = std::fs::read_dir(dir).map_err(|error| {
        Diagnostic::new(format!("Unable to list inventory directory {}: {error}", dir.display()))
    })?;
    let mut names: Vec<String> =
        entries.flatten().filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort();
    Ok(names)
}

/// A source as an absolute path without `~`, variables, `.` and `..`; a host list stays as it is.
fn absolute(source: &str, cwd: &Path) -> Result<String, Diagnostic> {
    if source.contains(',') {
        return Ok(source.to_string());
    }
    let place = Surroundings::of_process()
        .map_err(|error| Diagnostic::new(format!("no working directory: {error}")))?;
    let place = Surroundings { cwd: cwd.to_path_buf(), ..place };
    Ok(place.path(source, None).display().to_string())
}
