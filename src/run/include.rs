//! Dynamic includes: files and roles brought in while running (S-108 to S-113, S-118, S-119).

use super::handlers;
use super::iterator::{Node, nodes};
use super::linear::Runner;
use super::outcome::{IncludeRequest, Outcome};
use crate::base::{Diagnostic, Key, Kind, Map, Value};
use crate::play::{Action, Keywords, Parent, ParentKind, Role, RoleRequest, Task};
use crate::spec::Event;
use crate::spec::event::{Status, TaskInfo, TaskResult};
use std::path::PathBuf;
use std::sync::Arc;

/// Hosts that ask for the same thing with the same variables are one inclusion (S-110).
struct Inclusion {
    request: IncludeRequest,
    hosts: Vec<usize>,
}

/// What an inclusion brings.
struct Brought {
    name: String,
    nodes: Arc<[Node]>,
    role: Option<Arc<Role>>,
}

/// Brings in what the hosts of a group ask for.
pub async fn enter(
    runner: &mut Runner<'_, '_>,
    task: &Arc<Task>,
    info: &Arc<TaskInfo>,
    group: &[usize],
    once: bool,
    requests: Vec<(usize, IncludeRequest)>,
) -> Result<(), Diagnostic> {
    let inclusions = inclusions(requests, group, once);
    let mut entered: Vec<(usize, Arc<[Node]>, Option<Arc<Role>>, u32)> = Vec::new();
    for (number, inclusion) in inclusions.into_iter().enumerate() {
        match bring(runner, task, &inclusion.request, inclusion.hosts[0]) {
            Ok(brought) => {
                show(runner, &inclusion, &brought);
                for at in &inclusion.hosts {
                    let number = number as u32;
                    entered.push((*at, Arc::clone(&brought.nodes), brought.role.clone(), number));
                }
            }
            Err(error) if error.code == 1 => fail(runner, info, &inclusion.hosts, &error),
            Err(error) => return Err(error),
        }
    }
    // The last one entered runs first: a host's inclusions are entered back to front.
    for (at, nodes, role, number) in entered.into_iter().rev() {
        if runner.hosts[at].is_active() {
            runner.hosts[at].way.enter_include(nodes, number, role);
        }
    }
    Ok(())
}

fn inclusions(
    requests: Vec<(usize, IncludeRequest)>,
    group: &[usize],
    once: bool,
) -> Vec<Inclusion> {
    let mut all: Vec<Inclusion> = Vec::new();
    for (at, request) in requests {
        let hosts = if once { group.to_vec() } else { vec![at] };
        let same =
            all.iter_mut().find(|known| known.request == request && !known.hosts.contains(&at));
        match same {
            Some(known) => known.hosts.extend(hosts),
            None => all.push(Inclusion { request, hosts }),
        }
    }
    all
}

fn show(runner: &Runner<'_, '_>, inclusion: &Inclusion, brought: &Brought) {
    let names: Vec<Arc<str>> =
        inclusion.hosts.iter().map(|at| Arc::clone(&runner.hosts[*at].name)).collect();
    for name in &names {
        runner.batch.session.count(name, |counts| counts.ok += 1);
    }
    runner.batch.session.emit(Event::Included {
        file: brought.name.clone(),
        hosts: names,
        item: inclusion.request.item.clone(),
    });
}

fn bring(
    runner: &Runner<'_, '_>,
    task: &Arc<Task>,
    request: &IncludeRequest,
    at: usize,
) -> Result<Brought, Diagnostic> {
    match task.action {
        Action::IncludeRole => bring_role(runner, task, request),
        _ => bring_file(runner, task, request, at),
    }
}

/// The step of the chain that carries an include's variables, below it its `apply:`.
fn parent(task: &Task, request: &IncludeRequest, apply: Option<Keywords>) -> Arc<Parent> {
    let keywords = Keywords { vars: Arc::new(request.vars.clone()), ..Keywords::default() };
    let include = Arc::new(Parent {
        kind: ParentKind::Include,
        keywords,
        role: None,
        params: true,
        file: None,
        up: Some(Arc::clone(&task.parent)),
    });
    match apply {
        None => include,
        Some(keywords) => Arc::new(Parent {
            kind: ParentKind::Import,
            keywords,
            role: None,
            params: false,
            file: None,
            up: Some(include),
        }),
    }
}

fn text(args: &Map, names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| args.get(&Key::from(*name))).map(Value::text)
}

fn bring_file(
    runner: &Runner<'_, '_>,
    task: &Arc<Task>,
    request: &IncludeRequest,
    _: usize,
) -> Result<Brought, Diagnostic> {
    let loader = &runner.batch.session.loader;
    let name = text(&request.args, &["file", "_raw_params"]).ok_or_else(|| {
        Diagnostic::new("No file specified for include_tasks").at(task.origin.as_ref())
    })?;
    let path: PathBuf = loader.include_path(&name, task, runner.batch.play)?;
    let apply = apply(runner, request)?;
    let parent = parent(task, request, apply);
    let entries = loader.tasks_file(&path, &parent, runner.in_handlers)?;
    crate::play::check::unbuilt_tasks(&entries)?;
    let list: Arc<[Node]> = nodes(&entries).into();
    Ok(Brought { name: path.display().to_string(), nodes: list, role: None })
}

fn apply(
    runner: &Runner<'_, '_>,
    request: &IncludeRequest,
) -> Result<Option<Keywords>, Diagnostic> {
    match request.args.get(&Key::from("apply")) {
        None => Ok(None),
        Some(value) if matches!(value.kind, Kind::Null) => Ok(None),
        Some(value) => runner.batch.session.loader.keywords(value).map(Some),
    }
}

fn bring_role(
    runner: &Runner<'_, '_>,
    task: &Arc<Task>,
    request: &IncludeRequest,
) -> Result<Brought, Diagnostic> {
    let session = runner.batch.session;
    let args = &request.args;
    let name = text(args, &["name", "role"]).ok_or_else(|| {
        Diagnostic::new("'name' is a required field for include_role.").at(task.origin.as_ref())
    })?;
    let flag = |key: &str, default: bool| {
        args.get(&Key::from(key)).map_or(default, |v| match v.as_str() {
            Some(text) => matches!(text.to_ascii_lowercase().as_str(), "yes" | "true" | "on" | "1"),
            None => v.is_true(),
        })
    };
    let role_request = RoleRequest {
        name: name.clone(),
        tasks_from: text(args, &["tasks_from"]),
        vars_from: text(args, &["vars_from"]),
        defaults_from: text(args, &["defaults_from"]),
        handlers_from: text(args, &["handlers_from"]),
        allow_duplicates: flag("allow_duplicates", true),
        public: flag("public", false),
        validate: flag("rolespec_validate", true),
        parent: parent(task, request, apply(runner, request)?),
    };
    let (role, entries) = session.loader.include_role(&role_request)?;
    crate::play::check::unbuilt_tasks(&entries)?;
    crate::play::check::unbuilt_tasks(&role.handlers)?;
    handlers::add(runner.batch, &role.handlers);
    if role.public {
        let (defaults, vars) = (Arc::clone(&role.defaults), Arc::clone(&role.vars));
        runner.batch.change_frame(|frame| {
            frame.role_defaults.push(defaults);
            frame.role_vars.push(vars);
        });
    }
    let inner: Arc<[Node]> = nodes(&entries).into();
    let list: Arc<[Node]> = Arc::from([Node::Role(Arc::clone(&role), inner)]);
    Ok(Brought { name, nodes: list, role: None })
}

/// The error as Ansible shows it: without a place, with advice.
fn shown(error: &Diagnostic) -> Diagnostic {
    let advice = "If you are using a module and expect the file to exist on the remote, see the remote_src option.";
    Diagnostic::new(format!("{} {advice}", error.chain()))
}

/// A file that cannot be had fails its hosts; a rescue may take it (S-111).
fn fail(runner: &mut Runner<'_, '_>, info: &Arc<TaskInfo>, hosts: &[usize], error: &Diagnostic) {
    let mut fields = Map::new();
    fields.insert("changed".into(), Value::from(false));
    fields.insert("msg".into(), Value::from(error.chain()));
    let outcome = Outcome::new(Status::Failed, fields);
    for at in hosts.iter().copied() {
        let host = &mut runner.hosts[at];
        let name = Arc::clone(&host.name);
        let rescued = host.way.has_rescue();
        runner
            .batch
            .session
            .count(&name, |counts| if rescued { counts.rescued += 1 } else { counts.failed += 1 });
        runner.batch.session.emit(Event::Result(TaskResult {
            task: Arc::clone(info),
            host: name,
            delegated: None,
            status: Status::Failed,
            result: Value::map(outcome.fields.clone()),
            item: None,
            looped: false,
            ignored: false,
            verbose_always: false,
            show_diff: false,
            check: runner.batch.session.options.check,
            uncertain: None,
            error: Some(shown(error)),
        }));
        runner.fail(at);
    }
}
