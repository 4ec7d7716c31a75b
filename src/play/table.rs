//! Which keyword belongs to which object, and of what type it is.

/// What a keyword is written on. The words are those of error messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Object {
    /// A play.
    Play,
    /// An entry of `roles:` or of a role's dependencies.
    Role,
    /// A block, or the `apply:` of an include.
    Block,
    /// A task.
    Task,
    /// A handler.
    Handler,
    /// `import_tasks`.
    ImportTasks,
    /// `import_role`.
    ImportRole,
    /// `include_tasks`.
    IncludeTasks,
    /// `include_tasks` as a handler.
    IncludeHandler,
    /// `include_role`.
    IncludeRole,
    /// `import_playbook`.
    ImportPlaybook,
}

impl Object {
    /// Its name in messages.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Play => "Play",
            Self::Role => "RoleInclude",
            Self::Block => "Block",
            Self::Task => "Task",
            Self::Handler => "Handler",
            Self::ImportTasks | Self::IncludeTasks => "TaskInclude",
            Self::ImportRole | Self::IncludeRole => "IncludeRole",
            Self::IncludeHandler => "HandlerTaskInclude",
            Self::ImportPlaybook => "PlaybookInclude",
        }
    }

    const fn bit(self) -> u16 {
        match self {
            Self::Play => PLAY,
            Self::Role => ROLE,
            Self::Block => BLOCK,
            Self::Task | Self::ImportTasks | Self::ImportRole => TASK,
            Self::Handler => HANDLER,
            Self::IncludeTasks | Self::IncludeRole => INCLUDE,
            Self::IncludeHandler => INCLUDE_HANDLER,
            Self::ImportPlaybook => PLAYBOOK,
        }
    }
}

const PLAY: u16 = 1;
const ROLE: u16 = 2;
const BLOCK: u16 = 4;
const TASK: u16 = 8;
const HANDLER: u16 = 16;
const INCLUDE: u16 = 32;
const INCLUDE_HANDLER: u16 = 64;
const PLAYBOOK: u16 = 128;
const INCLUDES: u16 = INCLUDE | INCLUDE_HANDLER;
const TASKS: u16 = TASK | HANDLER;
/// Inherited through play, role, block and task.
const BASE: u16 = PLAY | ROLE | BLOCK | TASKS | PLAYBOOK;

/// Type of a keyword's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// Anything, or checked where it is used.
    Any,
    /// Text, no list or dict.
    Str,
    /// A boolean in any spelling.
    Bool,
    /// An integer.
    Int,
    /// A number.
    Float,
    /// A number, maybe with `%`.
    Percent,
    /// A condition or a list of them.
    Conditions,
    /// `on_failed`, `always`...
    Debugger,
}

/// One keyword.
pub struct Keyword {
    /// As it is written.
    pub name: &'static str,
    /// What its value is.
    pub kind: Type,
    objects: u16,
}

const fn keyword(name: &'static str, kind: Type, objects: u16) -> Keyword {
    Keyword { name, kind, objects }
}

static KEYWORDS: &[Keyword] = &[
    keyword("action", Type::Any, TASKS | INCLUDES),
    keyword("always", Type::Any, BLOCK),
    keyword("any_errors_fatal", Type::Bool, BASE),
    keyword("args", Type::Any, TASKS | INCLUDES),
    keyword("async", Type::Int, TASKS),
    keyword("become", Type::Bool, BASE),
    keyword("become_exe", Type::Str, BASE),
    keyword("become_flags", Type::Str, BASE),
    keyword("become_method", Type::Str, BASE),
    keyword("become_user", Type::Str, BASE),
    keyword("block", Type::Any, BLOCK),
    keyword("changed_when", Type::Conditions, TASKS),
    keyword("check_mode", Type::Bool, BASE),
    keyword("collections", Type::Any, PLAY | ROLE | BLOCK | TASKS | INCLUDES),
    keyword("connection", Type::Str, BASE),
    keyword("debugger", Type::Debugger, BASE | INCLUDES),
    keyword("delay", Type::Float, TASKS),
    keyword("delegate_facts", Type::Bool, ROLE | BLOCK | TASKS),
    keyword("delegate_to", Type::Str, ROLE | BLOCK | TASKS),
    keyword("diff", Type::Bool, BASE),
    keyword("environment", Type::Any, BASE),
    keyword("fact_path", Type::Str, PLAY),
    keyword("failed_when", Type::Conditions, TASKS),
    keyword("force_handlers", Type::Bool, PLAY),
    keyword("gather_facts", Type::Bool, PLAY),
    keyword("gather_subset", Type::Any, PLAY),
    keyword("gather_timeout", Type::Int, PLAY),
    keyword("handlers", Type::Any, PLAY),
    keyword("hosts", Type::Any, PLAY),
    keyword("ignore_errors", Type::Bool, BASE | INCLUDES),
    keyword("ignore_unreachable", Type::Bool, BASE),
    keyword("import_playbook", Type::Str, PLAYBOOK),
    keyword("listen", Type::Any, HANDLER | INCLUDE_HANDLER),
    keyword("local_action", Type::Any, TASKS | INCLUDES),
    keyword("loop", Type::Any, TASKS | INCLUDES),
    keyword("loop_control", Type::Any, TASKS | INCLUDES),
    keyword("max_fail_percentage", Type::Percent, PLAY),
    keyword("module_defaults", Type::Any, BASE),
    keyword("name", Type::Str, BASE | INCLUDES),
    keyword("no_log", Type::Bool, BASE | INCLUDES),
    keyword("notify", Type::Any, BLOCK | TASKS),
    keyword("order", Type::Str, PLAY),
    keyword("poll", Type::Int, TASKS),
    keyword("port", Type::Int, BASE),
    keyword("post_tasks", Type::Any, PLAY),
    keyword("pre_tasks", Type::Any, PLAY),
    keyword("register", Type::Any, TASKS | INCLUDES),
    keyword("remote_user", Type::Str, BASE),
    keyword("rescue", Type::Any, BLOCK),
    keyword("retries", Type::Int, TASKS),
    keyword("role", Type::Any, ROLE),
    keyword("roles", Type::Any, PLAY),
    keyword("run_once", Type::Bool, BASE | INCLUDES),
    keyword("serial", Type::Any, PLAY),
    keyword("strategy", Type::Str, PLAY),
    keyword("tags", Type::Any, BASE | INCLUDES),
    keyword("tasks", Type::Any, PLAY),
    keyword("throttle", Type::Int, BASE),
    keyword("timeout", Type::Int, BASE | INCLUDES),
    keyword("until", Type::Conditions, TASKS),
    keyword("user", Type::Str, PLAY),
    keyword("validate_argspec", Type::Any, PLAY),
    keyword("vars", Type::Any, BASE | INCLUDES),
    keyword("vars_files", Type::Any, PLAY),
    keyword("vars_prompt", Type::Any, PLAY),
    keyword("when", Type::Conditions, ROLE | BLOCK | TASKS | INCLUDES | PLAYBOOK),
];

/// The keyword of this name, if this object has it.
pub fn find(object: Object, name: &str) -> Option<&'static Keyword> {
    KEYWORDS.iter().find(|keyword| keyword.name == name && keyword.objects & object.bit() != 0)
}

/// Names of an object's keywords.
pub fn names(object: Object) -> impl Iterator<Item = &'static str> {
    KEYWORDS.iter().filter(move |k| k.objects & object.bit() != 0).map(|keyword| keyword.name)
}

/// Whether a key of a task is a keyword of tasks or handlers, allowed there or not; else it is the
/// name of a module.
pub fn is_task_keyword(name: &str) -> bool {
    KEYWORDS.iter().any(|keyword| keyword.name == name && keyword.objects & TASKS != 0)
}

/// Whether a variable of this name is confusing.
pub fn is_reserved(name: &str) -> bool {
    const FREE: [&str; 3] = ["gather_subset", "import_playbook", "user"];
    !FREE.contains(&name) && KEYWORDS.iter().any(|keyword| keyword.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords_are_found_where_they_belong() {
        assert!(find(Object::Block, "loop").is_none());
        assert!(find(Object::Task, "loop").is_some());
        assert!(find(Object::IncludeTasks, "delegate_to").is_none());
        assert!(find(Object::ImportTasks, "delegate_to").is_some());
        assert!(find(Object::Task, "listen").is_none() && is_task_keyword("listen"));
        assert!(find(Object::Play, "when").is_none());
    }

    #[test]
    fn reserved_names_are_keywords() {
        assert!(is_reserved("port") && is_reserved("name") && !is_reserved("gather_subset"));
    }
}
