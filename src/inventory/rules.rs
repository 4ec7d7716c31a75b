//! The settings that this room obeys, read once.

use super::layers::Level;
use crate::base::Diagnostic;
use crate::settings::Settings;
use fancy_regex::Regex;

/// What happens to characters of group names that no variable name could have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupChars {
    /// They stay, with a warning.
    Never,
    /// They stay in silence.
    Ignore,
    /// They become underscores, with a warning.
    Always,
    /// They become underscores in silence.
    Silently,
}

/// What a pattern that selects nothing gives rise to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mismatch {
    /// A warning.
    Warning,
    /// An error.
    Error,
    /// Nothing.
    Ignore,
}

/// When `group_vars` and `host_vars` beside inventory sources are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileVars {
    /// When a host's variables are asked for, on levels of their own.
    Demand,
    /// With the inventory: they count as its own variables; those beside playbooks are not read.
    Start,
    /// Never (`VARIABLE_PLUGINS_ENABLED` without `host_group_vars`).
    Never,
}

/// Settings of the inventory.
#[derive(Clone, Debug)]
#[allow(clippy::struct_excessive_bools)] // one per setting
pub struct Rules {
    /// Names of the formats to try, in order.
    pub enabled: Vec<String>,
    /// Names in an inventory directory that are passed over, as regular expressions to search for.
    pub ignore_patterns: Vec<Regex>,
    /// Endings of names in an inventory directory that are passed over.
    pub ignore_extensions: Vec<String>,
    /// Whether one source that cannot be parsed is an error.
    pub any_unparsed_fails: bool,
    /// Whether it is an error when no source could be parsed.
    pub unparsed_fails: bool,
    /// Whether there is a warning when no source could be parsed.
    pub unparsed_warns: bool,
    /// What happens to odd group names.
    pub group_chars: GroupChars,
    /// What happens when a pattern selects nothing.
    pub mismatch: Mismatch,
    /// Whether dicts of the same name are merged (`hash_behaviour = merge`).
    pub merge: bool,
    /// Order of the group levels, lowest first.
    pub precedence: Vec<Level>,
    /// Words of `VARIABLE_PRECEDENCE` that mean nothing; loading warns of them.
    pub unknown_levels: Vec<String>,
    /// Endings of variable files, with their dot.
    pub yaml_extensions: Vec<String>,
    /// When variable files are read.
    pub file_vars: FileVars,
    /// Whether values of wholly vaulted variable files are secret.
    pub vaulted_is_secret: bool,
    /// Whether a script's stderr is shown although it succeeded.
    pub script_stderr: bool,
    /// Whether extra vars count in constructed expressions that say nothing about it.
    pub constructed_extra_vars: bool,
}

impl Default for Rules {
    /// The defaults of Ansible.
    fn default() -> Self {
        let words = |text: &str| text.split(' ').map(str::to_string).collect();
        Self {
            enabled: words("host_list script auto yaml ini toml"),
            ignore_patterns: Vec::new(),
            ignore_extensions: words(".pyc .pyo .swp .bak ~ .rpm .md .txt .rst .orig .cfg .retry"),
            any_unparsed_fails: false,
            unparsed_fails: false,
            unparsed_warns: true,
            group_chars: GroupChars::Never,
            mismatch: Mismatch::Warning,
            merge: false,
            precedence: Level::GROUPS.to_vec(),
            unknown_levels: Vec::new(),
            yaml_extensions: words(".yml .yaml .json"),
            file_vars: FileVars::Demand,
            vaulted_is_secret: false,
            script_stderr: true,
            constructed_extra_vars: false,
        }
    }
}

impl Rules {
    /// What the settings say.
    pub fn of_settings(settings: &Settings) -> Result<Self, Diagnostic> {
        let (precedence, unknown_levels) = precedence(settings);
        let words = |name: &str| settings.list(name).into_iter().map(str::to_string).collect();
        Ok(Self {
            enabled: words("INVENTORY_ENABLED"),
            ignore_patterns: patterns(settings)?,
            ignore_extensions: words("INVENTORY_IGNORE_EXTS"),
            any_unparsed_fails: settings.bool("INVENTORY_ANY_UNPARSED_IS_FAILED"),
            unparsed_fails: settings.bool("INVENTORY_UNPARSED_IS_FAILED"),
            unparsed_warns: settings.bool("INVENTORY_UNPARSED_WARNING"),
            group_chars: match settings.text("TRANSFORM_INVALID_GROUP_CHARS") {
                Some("always") => GroupChars::Always,
                Some("ignore") => GroupChars::Ignore,
                Some("silently") => GroupChars::Silently,
                _ => GroupChars::Never,
            },
            mismatch: match settings.text("HOST_PATTERN_MISMATCH") {
                Some("error") => Mismatch::Error,
                Some("ignore") => Mismatch::Ignore,
                _ => Mismatch::Warning,
            },
            merge: settings.text("DEFAULT_HASH_BEHAVIOUR") == Some("merge"),
            precedence,
            unknown_levels,
            yaml_extensions: words("YAML_FILENAME_EXTENSIONS"),
            file_vars: file_vars(settings)?,
            vaulted_is_secret: settings.text("TANK_MASK") == Some("all-vault"),
            script_stderr: settings.bool("inventory.script.always_show_stderr"),
            constructed_extra_vars: settings.bool("inventory.constructed.use_extra_vars"),
        })
    }
}

fn patterns(settings: &Settings) -> Result<Vec<Regex>, Diagnostic> {
    let compile = |pattern: &str| {
        Regex::new(pattern).map_err(|error| {
            let text = format!("Invalid INVENTORY_IGNORE_PATTERNS '{pattern}': {error}");
            Diagnostic::new(text).code(5)
        })
    };
    settings.list("INVENTORY_IGNORE_PATTERNS").into_iter().map(compile).collect()
}

fn precedence(settings: &Settings) -> (Vec<Level>, Vec<String>) {
    let (mut levels, mut unknown) = (Vec::new(), Vec::new());
    for word in settings.list("VARIABLE_PRECEDENCE") {
        match Level::of_setting(word) {
            Some(level) => levels.push(level),
            None => unknown.push(word.to_string()),
        }
    }
    (levels, unknown)
}

fn file_vars(settings: &Settings) -> Result<FileVars, Diagnostic> {
    let mut plugins = settings.list("VARIABLE_PLUGINS_ENABLED");
    let count = plugins.len();
    plugins.retain(|name| !matches!(*name, "host_group_vars" | "ansible.builtin.host_group_vars"));
    if let Some(other) = plugins.first() {
        let text = format!("The vars plugin '{other}' is not built in; only host_group_vars is.");
        return Err(Diagnostic::new(text).code(5));
    }
    Ok(match settings.text("RUN_VARS_PLUGINS") {
        _ if count == 0 => FileVars::Never,
        Some("start") => FileVars::Start,
        _ => FileVars::Demand,
    })
}
