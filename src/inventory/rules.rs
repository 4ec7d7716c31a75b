//! The settings that this room obeys, read once.

use super::layers::Level;
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
            yaml_extensions: words(".yml .yaml .json"),
            file_vars: FileVars::Demand,
            vaulted_is_secret: false,
            script_stderr: true,
            constructed_extra_vars: false,
        }
    }
}
