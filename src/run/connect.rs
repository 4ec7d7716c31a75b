//! Which way leads to the identity that a task runs as (S-157 to S-163).

use super::batch::Batch;
use super::keywords::Reader;
use super::play::{BecomeDefaults, Session};
use super::pool::{Become, Jail, Route};
use super::task::TaskRun;
use crate::base::{Diagnostic, Kind, Value};
use crate::play::{Keywords, Task};
use crate::spec::{Lookup, Scope};
use crate::template::Templar;
use crate::template::table::Stop;
use crate::vars::TaskScope;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Variables that one connection option is read from; the first one that is set wins, so the spelling
/// with the highest precedence stands first (S-159). The option's name is that of the last one.
const OPTIONS: [(&str, &[&str]); 14] = [
    ("ansible_host", &["ansible_ssh_host", "ansible_host"]),
    ("ansible_port", &["ansible_ssh_port", "ansible_port"]),
    ("ansible_user", &["ansible_ssh_user", "ansible_user"]),
    ("ansible_password", &["ansible_ssh_password", "ansible_ssh_pass", "ansible_password"]),
    ("ansible_private_key_file", &["ansible_ssh_private_key_file", "ansible_private_key_file"]),
    (
        "ansible_private_key_passphrase",
        &["ansible_ssh_private_key_passphrase", "ansible_private_key_passphrase"],
    ),
    ("ansible_ssh_args", &["ansible_ssh_args"]),
    ("ansible_ssh_common_args", &["ansible_ssh_common_args"]),
    ("ansible_ssh_extra_args", &["ansible_ssh_extra_args"]),
    ("ansible_ssh_executable", &["ansible_ssh_executable"]),
    ("ansible_host_key_checking", &["ansible_ssh_host_key_checking", "ansible_host_key_checking"]),
    ("ansible_ssh_retries", &["ansible_ssh_retries"]),
    ("ansible_ssh_timeout", &["ansible_ssh_timeout", "ansible_timeout"]),
    ("ansible_shell_executable", &["ansible_shell_executable"]),
];

/// The way for a running task, and the name it is delegated to.
pub fn route(run: &TaskRun<'_>, scope: &TaskScope) -> Result<(Route, Option<Arc<str>>), Stop> {
    route_of(run.batch, run.task, scope, &run.host)
}

/// The way for a task with a scope.
pub fn route_of(
    batch: &Batch<'_>,
    task: &Task,
    scope: &TaskScope,
    host: &Arc<str>,
) -> Result<(Route, Option<Arc<str>>), Stop> {
    let templar = Templar::new(scope);
    let reader = Reader { task, templar: &templar };
    let target = delegate(&reader, task)?;
    let other = target.as_ref().map(|name| delegate_scope(batch, scope, name));
    let vars = other.as_ref().unwrap_or(scope);
    let name = target.clone().unwrap_or_else(|| Arc::clone(host));
    let session = batch.session;
    let connection = connection(session, &reader, vars, &name, target.is_some())?;
    // Connection keywords are those of the play's host (S-87).
    let keywords = target.is_none().then_some(&reader);
    let options = options(&session.options.connection, keywords, vars)?;
    let jail = match connection.as_str() {
        "jail" => Some(Box::new(super::jail::of(batch, keywords, vars, &name)?)),
        _ => None,
    };
    let login = login(&connection, &options, jail.as_deref());
    let other =
        |to: &Become| session.options.r#become.same_user || login.as_ref() != Some(&to.user);
    let other_user = other_user(session, &reader, vars)?.filter(other);
    Ok((Route { host: name, connection, vars: options, r#become: other_user, jail }, target))
}

/// The login user, where it is known before connecting: nobody becomes it.
fn login(
    connection: &str,
    options: &BTreeMap<&'static str, Value>,
    jail: Option<&Jail>,
) -> Option<String> {
    let root = || "root".to_string();
    match (connection, jail) {
        (_, Some(jail)) => Some(jail.user.clone().unwrap_or_else(root)),
        ("local", None) => rustix::process::geteuid().is_root().then(root),
        _ => options.get("ansible_user").map(Value::text),
    }
}

fn delegate(reader: &Reader<'_>, task: &Task) -> Result<Option<Arc<str>>, Stop> {
    if task.inherited(|k| k.delegate_to.as_ref()).is_none() {
        return Ok(None);
    }
    let Some(value) = reader.value("delegate_to", |k| k.delegate_to.as_ref())? else {
        return Ok(None);
    };
    let name = value.text();
    if name.trim().is_empty() {
        return Err(Stop::Fault(
            Diagnostic::new("Empty hostname produced from delegate_to").at(task.origin.as_ref()),
        ));
    }
    Ok(Some(Arc::from(name)))
}

/// Connection variables of a delegated task come from its target alone (S-87).
pub fn delegate_scope(batch: &Batch<'_>, scope: &TaskScope, name: &Arc<str>) -> TaskScope {
    let mut other =
        TaskScope::of_host(&batch.session.store, &batch.frame(), name, &batch.session.warnings);
    other.ahead.clone_from(&scope.ahead);
    other
}

/// How reports name a delegation.
pub fn label(route: &Route, host: &str) -> Option<String> {
    let name = route.host.as_ref();
    if name == host {
        return None;
    }
    let address = route.vars.get("ansible_host").map(Value::text);
    Some(match address.filter(|address| address != name) {
        Some(address) => format!("{name}({address})"),
        None => name.to_string(),
    })
}

/// A variable's rendered value; null and omit count as not set.
pub fn variable(scope: &dyn Scope, names: &[&str]) -> Result<Option<Value>, Stop> {
    for name in names {
        let raw = match scope.variable(name) {
            Lookup::Missing => continue,
            Lookup::Pending => return Err(Stop::Suspended),
            Lookup::Found(raw) => raw,
        };
        let value = Templar::new(scope).render(&raw)?;
        if !matches!(value.kind, Kind::Null | Kind::Omit) {
            return Ok(Some(value));
        }
    }
    Ok(None)
}

fn connection(
    session: &Session,
    reader: &Reader<'_>,
    vars: &TaskScope,
    host: &str,
    delegated: bool,
) -> Result<String, Stop> {
    let own = variable(vars, &["ansible_connection"])?.map(|value| value.text());
    let implicit = is_local_name(host)
        && !session.store.topology().hosts().iter().any(|known| known.as_ref() == host);
    let keyword = if delegated && implicit {
        None
    } else {
        reader.text("connection", |k| k.connection.as_ref())?
    };
    let default = session.options.connection.get("ansible_connection").map(Value::text);
    let implicit = implicit.then(|| "local".to_string());
    let name = own.or(keyword).or(implicit).or(default).unwrap_or_else(|| "ssh".to_string());
    plugin(&name).map_err(Stop::Fault)
}

/// Our way for a connection plugin's name: all that speak SSH are one.
pub fn plugin(name: &str) -> Result<String, Diagnostic> {
    const OWN: [&str; 5] =
        ["ansible.builtin.", "ansible.legacy.", "ansible.netcommon.", "community.general.", ""];
    let short = OWN.iter().find_map(|prefix| name.strip_prefix(prefix)).unwrap_or(name);
    match short {
        "smart" | "ssh" | "paramiko" | "paramiko_ssh" | "libssh" => Ok("ssh".to_string()),
        "openssh" | "local" => Ok(short.to_string()),
        "jail" | "bastille" | "sshjail" => Ok("jail".to_string()),
        "docker" | "podman" | "lxc" | "chroot" | "winrm" | "psrp" => {
            let text = format!("the connection plugin '{name}' is not there yet");
            Err(Diagnostic::new(text).hint("There are ssh, openssh, local and jail."))
        }
        _ => {
            let known = ["ssh", "openssh", "local", "jail", "bastille", "smart", "paramiko"];
            let near = crate::base::diagnostic::nearest(short, known);
            let hint = match near.is_empty() {
                true => "There are ssh, openssh, local and jail.".to_string(),
                false => format!("Did you mean '{}'?", near.join("' or '")),
            };
            let text = format!("the connection plugin '{name}' was not found");
            Err(Diagnostic::new(text).hint(hint))
        }
    }
}

pub fn is_local_name(host: &str) -> bool {
    matches!(host, "localhost" | "127.0.0.1" | "::1")
}

/// Connection variables of a host: its own, then keywords (where a reader of them is given), then defaults.
pub fn options(
    defaults: &BTreeMap<&'static str, Value>,
    reader: Option<&Reader<'_>>,
    vars: &dyn Scope,
) -> Result<BTreeMap<&'static str, Value>, Stop> {
    let mut found = BTreeMap::new();
    for (name, spellings) in OPTIONS {
        let keyword = match (name, reader) {
            ("ansible_port", Some(reader)) => reader.value("port", |k| k.port.as_ref())?,
            ("ansible_user", Some(reader)) => {
                reader.value("remote_user", |k| k.remote_user.as_ref())?
            }
            _ => None,
        };
        let value = variable(vars, spellings)?.or(keyword);
        if let Some(value) = value.or_else(|| defaults.get(name).cloned()) {
            found.insert(name, value);
        }
    }
    Ok(found)
}

fn other_user(
    session: &Session,
    reader: &Reader<'_>,
    vars: &TaskScope,
) -> Result<Option<Become>, Stop> {
    let on = match variable(vars, &["ansible_become"])? {
        Some(value) => truth(&value),
        None => {
            let keyword = reader.flag("become", |k| k.r#become.as_ref())?;
            keyword.unwrap_or(session.options.r#become.on)
        }
    };
    if !on {
        return Ok(None);
    }
    becoming(&session.options.r#become, Some(reader), vars).map(Some)
}

/// How another user is become, if one is: by variables, keywords (where a reader of them is given) and options.
pub fn becoming(
    defaults: &BecomeDefaults,
    reader: Option<&Reader<'_>>,
    vars: &dyn Scope,
) -> Result<Become, Stop> {
    let text = |names: &[&str], name: &str, pick: fn(&Keywords) -> Option<&Value>| {
        let own = variable(vars, names)?.map(|value| value.text());
        Ok::<_, Stop>(match own {
            Some(own) => Some(own),
            None => reader.map(|reader| reader.text(name, pick)).transpose()?.flatten(),
        })
    };
    let method = text(&["ansible_become_method"], "become_method", |k| k.become_method.as_ref())?
        .unwrap_or_else(|| defaults.method.clone());
    let method = method.rsplit('.').next().unwrap_or_default().to_string();
    let of_method = |what: &str| format!("ansible_{method}_{what}");
    let (user, exe, flags, pass) =
        (of_method("user"), of_method("exe"), of_method("flags"), of_method("pass"));
    let user = text(&[&user, "ansible_become_user"], "become_user", |k| k.become_user.as_ref())?
        .unwrap_or_else(|| defaults.user.clone());
    let password = variable(vars, &[&pass, "ansible_become_pass", "ansible_become_password"])?;
    let exe = text(&[&exe, "ansible_become_exe"], "become_exe", |k| k.become_exe.as_ref())?;
    let flags =
        text(&[&flags, "ansible_become_flags"], "become_flags", |k| k.become_flags.as_ref())?;
    Ok(Become {
        method,
        user: if user.is_empty() { "root".to_string() } else { user },
        exe: exe.or_else(|| defaults.exe.clone()),
        flags: flags.or_else(|| defaults.flags.clone()),
        password: password.map(|value| value.secret()).or_else(|| defaults.password.clone()),
    })
}

fn truth(value: &Value) -> bool {
    match value.as_str() {
        Some(text) => {
            matches!(text.to_ascii_lowercase().as_str(), "yes" | "true" | "on" | "1" | "y" | "t")
        }
        None => value.is_true(),
    }
}
