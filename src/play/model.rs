//! The typed form of what is written. Values are raw: texts in them are templates until a task runs.

use crate::base::{Map, Origin, Value};
use crate::spec;
use std::path::PathBuf;
use std::sync::Arc;

/// A playbook file, its imports expanded in place.
#[derive(Clone, Debug)]
pub struct Playbook {
    /// Its path as it was given.
    pub path: String,
    /// In order.
    pub plays: Vec<Arc<Play>>,
}

/// Keywords that plays, roles, blocks and tasks share. None: not given here, so inherited.
#[derive(Clone, Debug, Default)]
pub struct Keywords {
    /// `name:`.
    pub name: Option<Value>,
    /// `become:`.
    pub r#become: Option<Value>,
    /// `become_user:`.
    pub become_user: Option<Value>,
    /// `become_method:`.
    pub become_method: Option<Value>,
    /// `become_flags:`.
    pub become_flags: Option<Value>,
    /// `become_exe:`.
    pub become_exe: Option<Value>,
    /// `connection:`.
    pub connection: Option<Value>,
    /// `remote_user:`.
    pub remote_user: Option<Value>,
    /// `port:`.
    pub port: Option<Value>,
    /// `environment:`: dicts or texts, in order; parents' come first.
    pub environment: Vec<Value>,
    /// `check_mode:`.
    pub check_mode: Option<Value>,
    /// `diff:`.
    pub diff: Option<Value>,
    /// `ignore_errors:`.
    pub ignore_errors: Option<Value>,
    /// `ignore_unreachable:`.
    pub ignore_unreachable: Option<Value>,
    /// `no_log:`.
    pub no_log: Option<Value>,
    /// `run_once:`.
    pub run_once: Option<Value>,
    /// `any_errors_fatal:`.
    pub any_errors_fatal: Option<Value>,
    /// `throttle:`.
    pub throttle: Option<Value>,
    /// `timeout:`.
    pub timeout: Option<Value>,
    /// `debugger:`.
    pub debugger: Option<Value>,
    /// `module_defaults:`: dicts, in order.
    pub module_defaults: Vec<Value>,
    /// `collections:`.
    pub collections: Vec<String>,
    /// `delegate_to:`.
    pub delegate_to: Option<Value>,
    /// `delegate_facts:`.
    pub delegate_facts: Option<Value>,
    /// `when:` conditions, all must hold; parents' come first.
    pub when: Vec<Value>,
    /// `tags:`, each one tag (texts with commas are split already).
    pub tags: Vec<Value>,
    /// `vars:`.
    pub vars: Arc<Map>,
    /// `notify:`.
    pub notify: Vec<Value>,
}

/// What kind of thing a parent of a task is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParentKind {
    /// The play.
    Play,
    /// A role's entry in `roles:`, a dependency, `import_role` or `include_role`.
    Role,
    /// A block.
    Block,
    /// An `import_tasks` (its keywords hold for each task) or the `apply:` of an include.
    Import,
    /// An `include_tasks` or `include_role` itself: only its vars hold for what it brings in.
    Include,
}

/// One step of the chain from a task up to its play.
#[derive(Clone, Debug)]
pub struct Parent {
    /// What it is.
    pub kind: ParentKind,
    /// Its keywords.
    pub keywords: Keywords,
    /// The role whose tasks these are, when it is one.
    pub role: Option<Arc<Role>>,
    /// Whether `keywords.vars` are role params or include params (levels 20, 21) and not block vars.
    pub params: bool,
    /// The file that holds what is below, when it is another than above: for search paths.
    pub file: Option<Arc<PathBuf>>,
    /// Next step; None for the play.
    pub up: Option<Arc<Parent>>,
}

/// A question asked before a play.
#[derive(Clone, Debug)]
pub struct VarsPrompt {
    /// Variable it sets.
    pub name: String,
    /// Text.
    pub prompt: Value,
    /// Default answer.
    pub default: Option<Value>,
    /// Whether the answer is hidden.
    pub private: bool,
    /// Whether it is asked twice.
    pub confirm: bool,
    /// Scheme of `password_hash` applied to the answer.
    pub encrypt: Option<String>,
    /// Salt, or its size, for `encrypt`.
    pub salt: Option<String>,
    /// Length of a random salt.
    pub salt_size: Option<i64>,
    /// Whether the answer is data, never a template.
    pub r#unsafe: bool,
}

/// One play.
#[derive(Clone, Debug)]
pub struct Play {
    /// Where it was written.
    pub origin: Option<Origin>,
    /// `hosts:`.
    pub hosts: Value,
    /// Shared keywords; `vars` among them.
    pub keywords: Keywords,
    /// `vars_files:`; an entry may be a list of candidates.
    pub vars_files: Vec<Value>,
    /// `vars_prompt:`.
    pub vars_prompt: Vec<VarsPrompt>,
    /// `gather_facts:`.
    pub gather_facts: Option<Value>,
    /// `gather_subset:`.
    pub gather_subset: Option<Value>,
    /// `gather_timeout:`.
    pub gather_timeout: Option<Value>,
    /// `fact_path:`.
    pub fact_path: Option<Value>,
    /// `serial:`.
    pub serial: Option<Value>,
    /// `strategy:`.
    pub strategy: Option<Value>,
    /// `order:`.
    pub order: Option<Value>,
    /// `max_fail_percentage:`.
    pub max_fail_percentage: Option<Value>,
    /// `force_handlers:`.
    pub force_handlers: Option<Value>,
    /// `pre_tasks:`.
    pub pre_tasks: Vec<Entry>,
    /// `roles:` with their dependencies, in the order in which they run.
    pub roles: Vec<Arc<Role>>,
    /// Tasks of `roles:`, in order, with the same index as `roles`.
    pub role_tasks: Vec<Vec<Entry>>,
    /// `tasks:`.
    pub tasks: Vec<Entry>,
    /// `post_tasks:`.
    pub post_tasks: Vec<Entry>,
    /// `handlers:` of the play.
    pub handlers: Vec<Entry>,
    /// `validate_argspec:`.
    pub validate_argspec: Option<Value>,
    /// Roles that `import_role` brings in anywhere in the play, dependencies first: their defaults,
    /// vars (when `public`) and handlers are there from the start (S-11).
    pub imported: Vec<Arc<Role>>,
    /// Directory of the playbook that holds it.
    pub playbook_dir: Arc<PathBuf>,
    /// The top of the parents' chain of its tasks.
    pub parent: Arc<Parent>,
}

/// A role as it is used once, with its files loaded.
#[derive(Clone, Debug)]
pub struct Role {
    /// Short name.
    pub name: String,
    /// Full name with collection; equal to `name` for plain roles.
    pub full_name: String,
    /// Its directory.
    pub path: Arc<PathBuf>,
    /// `defaults/`.
    pub defaults: Arc<Map>,
    /// `vars/`.
    pub vars: Arc<Map>,
    /// Params of its entry (level 20).
    pub params: Arc<Map>,
    /// `handlers/`.
    pub handlers: Vec<Entry>,
    /// Roles it depends on, in order; they run before it.
    pub dependencies: Vec<Arc<Role>>,
    /// Whether it may run again with the same params (S-117).
    pub allow_duplicates: bool,
    /// `argument_specs` by entry point; null when there are none.
    pub argument_specs: Value,
    /// Whether its defaults and vars are seen by the whole play (`public`).
    pub public: bool,
    /// What tells one use from another: name, params, tags, when.
    pub identity: String,
    /// Names of the roles that included or imported it, nearest first; a dependency has none (S-123).
    pub parents: Vec<String>,
    /// Their directories.
    pub parent_paths: Vec<Arc<PathBuf>>,
}

/// A task or a block.
#[derive(Clone, Debug)]
pub enum Entry {
    /// A task.
    Task(Arc<Task>),
    /// A block.
    Block(Arc<Block>),
}

/// A block.
#[derive(Clone, Debug)]
pub struct Block {
    /// Where it was written.
    pub origin: Option<Origin>,
    /// `block:`.
    pub block: Vec<Entry>,
    /// `rescue:`.
    pub rescue: Vec<Entry>,
    /// `always:`.
    pub always: Vec<Entry>,
    /// Its own step in the chain: its keywords.
    pub parent: Arc<Parent>,
}

/// What a `meta` task does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // Ansible's words
pub enum MetaAction {
    FlushHandlers,
    RefreshInventory,
    Noop,
    ClearFacts,
    ClearHostErrors,
    EndPlay,
    EndHost,
    EndBatch,
    EndRole,
    ResetConnection,
}

/// What a task does.
#[derive(Clone)]
pub enum Action {
    /// A module of the table.
    Module(&'static spec::Entry),
    /// `meta`.
    Meta(MetaAction),
    /// `include_tasks`.
    IncludeTasks,
    /// `include_role`.
    IncludeRole,
    /// A role's argument check (`validate_argument_spec`).
    ValidateArgs,
    /// An action whose name is a template, resolved when it runs.
    Template(Value),
}

impl std::fmt::Debug for Action {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Module(entry) => write!(f, "Module({})", entry.doc().name),
            Self::Meta(meta) => write!(f, "Meta({meta:?})"),
            Self::IncludeTasks => f.write_str("IncludeTasks"),
            Self::IncludeRole => f.write_str("IncludeRole"),
            Self::ValidateArgs => f.write_str("ValidateArgs"),
            Self::Template(value) => write!(f, "Template({value:?})"),
        }
    }
}

/// What a task is repeated over.
#[derive(Clone, Debug)]
pub enum Loop {
    /// `loop:`.
    Items(Value),
    /// `with_X:`: the lookup's name and its terms.
    With(String, Value),
}

/// `loop_control:`.
#[derive(Clone, Debug, Default)]
pub struct LoopControl {
    /// Name of the item's variable; None: `item`.
    pub loop_var: Option<String>,
    /// Name of the index' variable.
    pub index_var: Option<String>,
    /// Text shown for an item.
    pub label: Option<Value>,
    /// Seconds between items.
    pub pause: Option<Value>,
    /// Whether `ansible_loop` is set.
    pub extended: Option<Value>,
    /// Whether `ansible_loop.allitems` is set.
    pub extended_allitems: Option<Value>,
    /// Conditions that end the loop.
    pub break_when: Vec<Value>,
}

/// `register:`.
#[derive(Clone, Debug)]
pub enum Register {
    /// The whole result under one name.
    Name(String),
    /// Expressions over the result, by name (S-64).
    Projections(Vec<(String, Value)>),
}

/// One task or handler.
#[derive(Clone, Debug)]
pub struct Task {
    /// Where it was written.
    pub origin: Option<Origin>,
    /// Its keywords; inherited ones are found through `parent`.
    pub keywords: Keywords,
    /// What it does.
    pub action: Action,
    /// Where the action itself was written.
    pub action_origin: Option<Origin>,
    /// The action as it was written, for banners.
    pub written: String,
    /// Its arguments, raw; free form text under `_raw_params`.
    pub args: Arc<Map>,
    /// Arguments that come as one template (`args: "{{ dict }}"`), under the explicit ones.
    pub args_template: Option<Value>,
    /// What it is repeated over.
    pub looping: Option<Loop>,
    /// `loop_control:`.
    pub loop_control: LoopControl,
    /// `register:`.
    pub register: Option<Register>,
    /// `until:` conditions.
    pub until: Vec<Value>,
    /// `retries:`.
    pub retries: Option<Value>,
    /// `delay:`.
    pub delay: Option<Value>,
    /// `changed_when:`; None: not given.
    pub changed_when: Option<Vec<Value>>,
    /// `failed_when:`; None: not given.
    pub failed_when: Option<Vec<Value>>,
    /// `async:`.
    pub r#async: Option<Value>,
    /// `poll:`.
    pub poll: Option<Value>,
    /// Topics a handler listens to.
    pub listen: Vec<String>,
    /// Whether it was made by the engine (fact gathering, flush points): no banner of its own file.
    pub implicit: bool,
    /// The step above it.
    pub parent: Arc<Parent>,
}
