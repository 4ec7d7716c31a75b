//! Plays.

use super::keywords::{self, items};
use super::literal::{self, class, fault};
use super::loader::{Gathered, Loader, Place};
use super::model::{Entry, Keywords, Parent, ParentKind, Play, Role};
use super::table::Object;
use crate::base::{Diagnostic, Key, Kind, Map, Value};
use std::path::{Path, PathBuf};
use std::sync::Arc;

const STRATEGIES: [&str; 4] = ["linear", "free", "host_pinned", "debug"];
const ORDERS: [&str; 5] = ["inventory", "reverse_inventory", "sorted", "reverse_sorted", "shuffle"];

impl Loader {
    /// Reads one play of a playbook file. `around` are the keywords of the imports that brought it in:
    /// conditions, tags and variables (S-124).
    pub(super) fn play(
        &self,
        value: &Value,
        file: &Arc<PathBuf>,
        around: &Keywords,
    ) -> Result<Play, Diagnostic> {
        let map = with_alias(value)?;
        keywords::refuse_unknown(Object::Play, &map)?;
        let mut keywords = keywords::read(Object::Play, &map)?;
        join(&mut keywords, around);
        check_hosts(value, &map)?;
        check_choices(value, &map)?;
        let vars_files = vars_files(map.get(&Key::from("vars_files")).unwrap_or(&Value::NULL))?;
        let gathered = Gathered::default();
        let first = Place::new(&top(keywords.clone(), file), false, &gathered);
        gathered.vars.borrow_mut().unread.clone_from(&vars_files);
        self.settle(&mut keywords, &first)?;
        let parent = top(keywords.clone(), file);
        let lists = self.lists(&map, file, &Place::new(&parent, false, &gathered))?;
        self.remember(&parent, &gathered);
        let play = plain(value, &map, keywords, parent)?;
        Ok(Play {
            vars_files,
            pre_tasks: lists.pre_tasks,
            roles: lists.roles,
            role_tasks: lists.role_tasks,
            tasks: lists.tasks,
            post_tasks: lists.post_tasks,
            handlers: lists.handlers,
            imported: gathered.imported.into_inner(),
            ..play
        })
    }

    /// Roles, tasks and handlers of a play.
    fn lists(&self, map: &Map, file: &Path, place: &Place<'_>) -> Result<Lists, Diagnostic> {
        let null = Value::NULL;
        let get = |name: &str| map.get(&Key::from(name)).unwrap_or(&null);
        let (roles, role_tasks) = self.roles(get("roles"), place)?;
        let tasks = |name: &str| self.entries(name, get(name), place);
        let (mut pre_tasks, tasks, post_tasks) =
            (tasks("pre_tasks")?, tasks("tasks")?, tasks("post_tasks")?);
        let handlers = Place { handlers: true, ..place.clone() };
        let handlers = self.entries("handlers", get("handlers"), &handlers)?;
        let wanted = get("validate_argspec");
        if !wanted.is_null() {
            let name = map.get(&Key::from("name")).unwrap_or_else(|| get("hosts"));
            let name = self.render(name, place, &Arc::default())?;
            let check = self.play_argspec(wanted, &name.text(), file, place)?;
            pre_tasks.splice(0..0, check);
        }
        Ok(Lists { pre_tasks, roles, role_tasks, tasks, post_tasks, handlers })
    }

    /// The entries of `roles:` with their dependencies.
    fn roles(
        &self,
        value: &Value,
        place: &Place<'_>,
    ) -> Result<(Vec<Arc<Role>>, Vec<Vec<Entry>>), Diagnostic> {
        let entries = match &value.kind {
            Kind::Null => &[][..],
            Kind::List(entries) => entries,
            _ => {
                let class = class(value);
                let cause = format!("ds ({}) should be a list but was a {class}", value.text());
                let text = "A malformed role declaration was encountered.";
                return Err(fault(text, value).caused_by(fault(cause, value)));
            }
        };
        let (mut roles, mut tasks) = (Vec::new(), Vec::new());
        for entry in entries {
            let wanted = self.role_entry(entry)?;
            for (role, _, entries) in self.role(wanted, place)?.flat() {
                roles.push(role);
                tasks.push(entries);
            }
        }
        Ok((roles, tasks))
    }

    /// Variables of `vars_files` as names of static imports see them: what is not there or not known
    /// yet is left out here, the run looks again (S-16).
    pub(super) fn read_vars_files(
        &self,
        entries: &[Value],
        place: &Place<'_>,
    ) -> Result<(), Diagnostic> {
        let dir = place.parent.playbook_dir().map(Path::to_path_buf).unwrap_or_default();
        for entry in entries {
            let one = std::slice::from_ref(entry);
            let candidates = entry.as_list().unwrap_or(one);
            let known = candidates.iter().filter_map(|name| {
                self.render(name, place, &Arc::default()).ok().map(|name| name.text())
            });
            let paths = known.flat_map(|name| {
                let name = super::file::expand_home(Path::new(&name));
                [dir.join("vars").join(&name), dir.join(name)]
            });
            if let Some(path) = paths.into_iter().find(|path| path.is_file()) {
                let vars = self.read_vars(&path)?;
                place.gathered.vars.borrow_mut().files.insert(0, vars);
            }
        }
        Ok(())
    }
}

/// The lists of a play.
struct Lists {
    pre_tasks: Vec<Entry>,
    roles: Vec<Arc<Role>>,
    role_tasks: Vec<Vec<Entry>>,
    tasks: Vec<Entry>,
    post_tasks: Vec<Entry>,
    handlers: Vec<Entry>,
}

/// The top of the chain of a play's tasks.
pub(super) fn top(keywords: Keywords, file: &Arc<PathBuf>) -> Arc<Parent> {
    let file = Some(Arc::clone(file));
    let kind = ParentKind::Play;
    Arc::new(Parent { kind, keywords, role: None, params: false, file, up: None })
}

/// A play without its lists.
pub(super) fn plain(
    value: &Value,
    map: &Map,
    keywords: Keywords,
    parent: Arc<Parent>,
) -> Result<Play, Diagnostic> {
    let given = |name: &str| map.get(&Key::from(name)).filter(|v| !v.is_null()).cloned();
    let dir = parent.playbook_dir().map(Path::to_path_buf).unwrap_or_default();
    Ok(Play {
        origin: value.origin().cloned(),
        hosts: given("hosts").unwrap_or_default(),
        keywords,
        vars_files: Vec::new(),
        vars_prompt: super::prompts::read(&given("vars_prompt").unwrap_or_default())?,
        gather_facts: given("gather_facts"),
        gather_subset: given("gather_subset"),
        gather_timeout: given("gather_timeout"),
        fact_path: given("fact_path"),
        serial: given("serial"),
        strategy: given("strategy"),
        order: given("order"),
        max_fail_percentage: given("max_fail_percentage"),
        force_handlers: given("force_handlers"),
        pre_tasks: Vec::new(),
        roles: Vec::new(),
        role_tasks: Vec::new(),
        tasks: Vec::new(),
        post_tasks: Vec::new(),
        handlers: Vec::new(),
        validate_argspec: given("validate_argspec"),
        imported: Vec::new(),
        playbook_dir: Arc::new(dir),
        parent,
    })
}

/// The map of a play with `user` under its present name.
fn with_alias(value: &Value) -> Result<Map, Diagnostic> {
    let message = "playbook entries must be either valid plays or 'import_playbook' statements";
    let mut map = keywords::dict(value, message)?.clone();
    if let Some(user) = map.shift_remove(&Key::from("user")) {
        if map.contains_key(&Key::from("remote_user")) {
            return Err(fault(
                "both 'user' and 'remote_user' are set for this play. The use of 'user' is deprecated, and should be removed",
                value,
            ));
        }
        map.insert(Key::from("remote_user"), user);
    }
    Ok(map)
}

/// Adds what the imports around a play give it: their conditions first, their variables on top.
fn join(keywords: &mut Keywords, around: &Keywords) {
    keywords.when = around.when.clone();
    keywords.tags.extend(around.tags.iter().cloned());
    if !around.vars.is_empty() {
        let mut vars = (*keywords.vars).clone();
        vars.extend(around.vars.iter().map(|(key, value)| (key.clone(), value.clone())));
        keywords.vars = Arc::new(vars);
    }
}

fn check_hosts(play: &Value, map: &Map) -> Result<(), Diagnostic> {
    let Some(hosts) = map.get(&Key::from("hosts")) else {
        return Err(fault("The field 'hosts' is required but was not set.", play));
    };
    let at = |text: String| {
        let error = fault(text, hosts);
        if error.origin.is_some() {
            error
        } else {
            error.at(hosts.meta().key_origin().as_ref().or(play.origin()))
        }
    };
    let empty = || at("Hosts list cannot be empty. Please check your playbook".to_string());
    match &hosts.kind {
        Kind::Null => Err(empty()),
        Kind::Str(text) if text.is_empty() => Err(empty()),
        Kind::Str(_) | Kind::Vault(_) => Ok(()),
        Kind::List(items) if items.is_empty() => Err(empty()),
        Kind::List(items) => items.iter().try_for_each(|item| match &item.kind {
            Kind::Null => {
                Err(at("Hosts list cannot contain values of 'None'. Please check your playbook"
                    .to_string()))
            }
            Kind::List(_) | Kind::Map(_) => {
                Err(at(format!("Hosts list contains an invalid host value: '{}'", item.text())))
            }
            _ => Ok(()),
        }),
        _ => Err(at(
            "Hosts list must be a sequence or string. Please check your playbook.".to_string()
        )),
    }
}

/// Keywords whose words are known.
fn check_choices(play: &Value, map: &Map) -> Result<(), Diagnostic> {
    let plain = |name: &str| {
        map.get(&Key::from(name)).filter(|v| v.as_str().is_some() && !literal::is_template(v))
    };
    if let Some(strategy) = plain("strategy") {
        let word = strategy.text();
        if !STRATEGIES.contains(&super::action::short(&word)) {
            let text = format!("Invalid play strategy specified: {word}");
            return Err(fault(text, play)
                .code(1)
                .hint(format!("Known are {}.", STRATEGIES.join(", "))));
        }
    }
    if let Some(order) = plain("order") {
        let word = order.text();
        if !ORDERS.contains(&word.as_str()) {
            let text = format!("Invalid 'order' specified for inventory hosts: {word}");
            return Err(fault(text, order)
                .code(5)
                .hint(format!("Known are {}.", ORDERS.join(", "))));
        }
    }
    if let Some(serial) = map.get(&Key::from("serial")) {
        items(serial).iter().try_for_each(check_serial)?;
    }
    Ok(())
}

fn check_serial(item: &Value) -> Result<(), Diagnostic> {
    let known = match item.as_str() {
        Some(text) => text.trim().trim_end_matches('%').parse::<f64>().is_ok(),
        None => item.as_int().is_some() || matches!(item.kind, Kind::Float(_)),
    };
    if known || literal::is_dynamic(item) {
        return Ok(());
    }
    let cause = format!("The value {} is neither a number of hosts nor a percentage.", item.repr());
    Err(fault("Error processing keyword 'serial'.", item).caused_by(fault(cause, item)))
}

/// The entries of `vars_files`: names, or lists of candidates.
fn vars_files(value: &Value) -> Result<Vec<Value>, Diagnostic> {
    if value.as_map().is_none() {
        return Ok(items(value));
    }
    let text = format!("Invalid `vars_files` value of type '{}'.", value.type_name());
    Err(fault(text, value)
        .hint("A `vars_files` value should either be a string or list of strings."))
}
