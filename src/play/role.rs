//! Roles: as entries of `roles:`, as dependencies, imported and included.

use super::argspec::{self, Owner};
use super::keywords;
use super::literal::fault;
use super::loader::{Loader, Place};
use super::model::{Block, Entry, Keywords, Parent, ParentKind, Role};
use super::names;
use super::role_files::{Found, Meta, bare};
use super::table::{self, Object};
use crate::base::value::{Layout, mark_secrets, to_json};
use crate::base::{Diagnostic, Key, Kind, Map, Origin, Value};
use std::sync::Arc;

/// Files other than `main` that a use of a role asks for.
#[derive(Clone, Debug, Default)]
pub(super) struct From {
    pub tasks: Option<String>,
    pub vars: Option<String>,
    pub defaults: Option<String>,
    pub handlers: Option<String>,
}

/// One use of a role.
#[derive(Debug)]
pub(super) struct RoleUse {
    /// Its name; may be a template.
    pub name: Value,
    /// Where the use was written.
    pub origin: Option<Origin>,
    /// Its keywords, without vars.
    pub keywords: Keywords,
    /// Its params: `vars:` and other keys of its entry, vars of an import.
    pub params: Arc<Map>,
    pub from: From,
    /// None: as the role's meta says.
    pub allow_duplicates: Option<bool>,
    pub public: bool,
    /// Whether its argument specification is checked.
    pub validate: bool,
    /// Whether it is an import or include: the roles around it are its parents then.
    pub inside: bool,
}

/// A role with its tasks, its dependencies before it.
pub(super) struct Loaded {
    pub dependencies: Vec<Loaded>,
    pub role: Arc<Role>,
    pub entries: Vec<Entry>,
    pub parent: Arc<Parent>,
}

impl Loaded {
    /// The role and its dependencies in the order in which they run.
    pub(super) fn flat(self) -> Vec<(Arc<Role>, Arc<Parent>, Vec<Entry>)> {
        let mut all: Vec<_> = self.dependencies.into_iter().flat_map(Self::flat).collect();
        all.push((self.role, self.parent, self.entries));
        all
    }
}

/// A role as one block of its own, so that its end can be told.
pub(super) fn as_block((_, parent, block): (Arc<Role>, Arc<Parent>, Vec<Entry>)) -> Entry {
    Entry::Block(Arc::new(Block {
        origin: None,
        block,
        rescue: Vec::new(),
        always: Vec::new(),
        parent,
    }))
}

impl Loader {
    /// An entry of `roles:` or of a role's dependencies.
    pub(super) fn role_entry(&self, value: &Value) -> Result<RoleUse, Diagnostic> {
        let map = match &value.kind {
            Kind::Str(text) if text.contains(',') && !super::literal::is_template(value) => {
                let text = format!("Invalid old style role requirement: {text}");
                return Err(Diagnostic::new(text).at(value.origin()));
            }
            Kind::Str(_) => Arc::new(Map::from_iter([(Key::from("role"), value.clone())])),
            Kind::Map(map) => Arc::clone(map),
            _ => return Err(fault("Invalid role definition.", value)),
        };
        let name = ["role", "name"].iter().find_map(|key| map.get(&Key::from(*key)));
        let Some(name) = name.filter(|name| name.as_str().is_some_and(|text| !text.is_empty()))
        else {
            return Err(fault("role definitions must contain a role name", value).code(1));
        };
        let mut keywords = keywords::read(Object::Role, &map)?;
        let mut params = (*std::mem::take(&mut keywords.vars)).clone();
        let is_param =
            |key: &Key| key.as_str().is_none_or(|k| table::find(Object::Role, k).is_none());
        params.extend(map.iter().filter(|(k, _)| is_param(k)).map(|(k, v)| (k.clone(), v.clone())));
        self.warn_all(names::reserved(&params));
        keywords.name = None;
        Ok(RoleUse {
            name: name.clone(),
            origin: value.origin().cloned(),
            keywords,
            params: Arc::new(params),
            from: From::default(),
            allow_duplicates: None,
            public: true,
            validate: true,
            inside: false,
        })
    }

    /// Loads one use of a role, its dependencies before it.
    pub(super) fn role(
        &self,
        mut wanted: RoleUse,
        place: &Place<'_>,
    ) -> Result<Loaded, Diagnostic> {
        self.settle(&mut wanted.keywords, place)?;
        let found = self.locate(&wanted, place)?;
        refuse_circle(&found, &wanted, place)?;
        let meta = self.role_meta(&found.path, &found.name)?;
        let core = self.core(&wanted, &found, &meta, place)?;
        let step = |role: &Arc<Role>| {
            let mut keywords = wanted.keywords.clone();
            keywords.vars = Arc::clone(&wanted.params);
            if !meta.collections.is_empty() {
                keywords.collections.clone_from(&meta.collections);
            }
            let file = Some(Arc::new(found.path.join("tasks").join("main.yml")));
            let below = place.parent.below(ParentKind::Role, keywords);
            Arc::new(Parent { role: Some(Arc::clone(role)), params: true, file, ..below })
        };
        let inner = Place {
            stack: place.stack.iter().cloned().chain([Arc::clone(&found.path)]).collect(),
            ..place.under(step(&Arc::new(core.clone())))
        };
        let mut dependencies = Vec::new();
        for entry in &meta.dependencies {
            dependencies.push(self.role(self.role_entry(entry)?, &inner)?);
        }
        let handlers = self.role_handlers(&wanted, &found, &inner)?;
        let direct = dependencies.iter().map(|loaded| Arc::clone(&loaded.role)).collect();
        let role = Arc::new(Role { handlers, dependencies: direct, ..core });
        let parent = step(&role);
        let inner =
            Place { stack: Vec::new(), handlers: false, ..place.under(Arc::clone(&parent)) };
        let entries = self.role_tasks(&wanted, &found, &meta, &inner)?;
        self.gather(&role, place);
        Ok(Loaded { dependencies, role, entries, parent })
    }

    /// Vars and defaults of roles are seen by names of static imports behind them.
    fn gather(&self, role: &Role, place: &Place<'_>) {
        if role.public {
            let layers = (Arc::clone(&role.vars), Arc::clone(&role.defaults));
            place.gathered.vars.borrow_mut().roles.insert(0, layers);
        }
    }

    fn locate(&self, wanted: &RoleUse, place: &Place<'_>) -> Result<Found, Diagnostic> {
        let at = wanted.name.origin().or(wanted.origin.as_ref());
        let name = self
            .render(&wanted.name, place, &wanted.params)
            .map_err(|error| if error.origin.is_some() { error } else { error.at(at) })?;
        self.find_role(&name.text(), place).map_err(|error| error.at(at))
    }

    /// The role without its handlers and dependencies.
    fn core(
        &self,
        wanted: &RoleUse,
        found: &Found,
        meta: &Meta,
        place: &Place<'_>,
    ) -> Result<Role, Diagnostic> {
        let around = place.parent.role().filter(|_| wanted.inside);
        let before = |role: &Arc<Role>| (role.name.clone(), Arc::clone(&role.path));
        let (mut parents, mut parent_paths) = (Vec::new(), Vec::new());
        if let Some((name, path)) = around.map(before) {
            parents.push(name);
            parent_paths.push(path);
        }
        parents.extend(around.map(|role| role.parents.clone()).unwrap_or_default());
        parent_paths.extend(around.map(|role| role.parent_paths.clone()).unwrap_or_default());
        let files = |kind, from: &Option<String>| {
            let vars = self.role_vars(&found.path, &found.name, kind, from.as_deref());
            vars.map(|vars| Arc::new(mark_secrets(&vars)))
        };
        Ok(Role {
            name: found.name.clone(),
            full_name: found.full_name.clone(),
            path: Arc::clone(&found.path),
            defaults: files("defaults", &wanted.from.defaults)?,
            vars: files("vars", &wanted.from.vars)?,
            params: Arc::new(mark_secrets(&wanted.params)),
            handlers: Vec::new(),
            dependencies: Vec::new(),
            allow_duplicates: wanted.allow_duplicates.unwrap_or(meta.allow_duplicates),
            argument_specs: meta.argument_specs.clone(),
            public: wanted.public,
            identity: identity(found, wanted),
            parents,
            parent_paths,
        })
    }

    fn role_handlers(
        &self,
        wanted: &RoleUse,
        found: &Found,
        place: &Place<'_>,
    ) -> Result<Vec<Entry>, Diagnostic> {
        let from = wanted.from.handlers.as_deref();
        let Some((path, data)) = self.role_file(&found.path, "handlers", from)? else {
            return Ok(Vec::new());
        };
        let step = Parent { file: Some(Arc::new(path)), ..(*place.parent).clone() };
        let place = Place { handlers: true, ..place.under(Arc::new(step)) };
        self.role_entries(&data, "handlers", found, &place)
    }

    fn role_tasks(
        &self,
        wanted: &RoleUse,
        found: &Found,
        meta: &Meta,
        place: &Place<'_>,
    ) -> Result<Vec<Entry>, Diagnostic> {
        let from = wanted.from.tasks.as_deref();
        let mut entries: Vec<Entry> = Vec::new();
        if wanted.validate {
            entries.extend(validation(wanted, found, meta, &place.parent));
        }
        if let Some((_, data)) = self.role_file(&found.path, "tasks", from)? {
            entries.extend(self.role_entries(&data, "tasks", found, place)?);
        }
        Ok(entries)
    }

    fn role_entries(
        &self,
        data: &Value,
        kind: &str,
        found: &Found,
        place: &Place<'_>,
    ) -> Result<Vec<Entry>, Diagnostic> {
        if data.is_null() || data.as_list().is_some() {
            return self.file_entries(data, "", place);
        }
        let class = super::literal::class(data);
        let cause = format!("{} should be a list or None but is {class}", data.text());
        let name = &found.name;
        let text =
            format!("The {kind}/main.yml file for role '{name}' must contain a list of tasks.");
        Err(fault(text, data).caused_by(fault(cause, data)))
    }
}

fn refuse_circle(found: &Found, wanted: &RoleUse, place: &Place<'_>) -> Result<(), Diagnostic> {
    if !place.stack.contains(&found.path) {
        return Ok(());
    }
    let cause = Diagnostic::new("maximum recursion depth exceeded");
    let text = "A recursion loop was detected with the roles specified. Make sure child roles do not have dependencies on parent roles";
    Err(Diagnostic::new(text).at(wanted.origin.as_ref()).caused_by(cause))
}

/// What tells one use of a role from another: its place, files, params, tags and conditions (S-117).
fn identity(found: &Found, wanted: &RoleUse) -> String {
    let list = |values: &[Value]| Value::list(values.to_vec());
    let from = &wanted.from;
    let files = [&from.tasks, &from.vars, &from.defaults, &from.handlers];
    let files: Vec<Value> = files.into_iter().map(|name| Value::from(name.clone())).collect();
    let parts = Value::list(vec![
        Value::from(found.path.to_string_lossy().as_ref()),
        Value::list(files),
        Value::map((*wanted.params).clone()),
        list(&wanted.keywords.tags),
        list(&wanted.keywords.when),
    ]);
    to_json(&parts, Layout::RESULT)
}

/// The implicit first task that checks a role's arguments (S-121).
fn validation(wanted: &RoleUse, found: &Found, meta: &Meta, parent: &Arc<Parent>) -> Option<Entry> {
    let entry = wanted.from.tasks.as_deref().map_or("main", bare);
    let spec = meta.argument_specs.get(entry)?;
    let short = spec.get("short_description").map(Value::text).filter(|text| !text.is_empty());
    let about = short.map(|text| format!(" - {text}")).unwrap_or_default();
    let name = format!("Validating arguments against arg spec '{entry}'{about}");
    let owner = Owner {
        kind: "role",
        name: &found.full_name,
        path: &found.path,
        entry,
        params: &wanted.params,
    };
    Some(Entry::Task(Arc::new(argspec::task(&owner, &name, spec, parent))))
}
