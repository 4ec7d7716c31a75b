//! The real way to hosts: russh, the system's ssh, this machine.

use crate::base::Value;
use crate::connection::r#become::{Identity, Method};
use crate::connection::local::LocalTransport;
use crate::connection::shell::{self, Connect, Limits, Link};
use crate::connection::ssh::{
    self, ConnectEnv, ConnectionVars, Password, Prompter, Target, Terminal,
};
use crate::connection::transport::Transport;
use crate::run::{Connector, Route};
use crate::settings::Settings;
use crate::spec::{BoxFuture, Event, Host, HostError};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use zeroize::Zeroizing;

/// Opens identities; those of one host share a connection.
pub struct Connections {
    env: ConnectEnv,
    limits: Limits,
    links: Mutex<HashMap<String, Arc<Link>>>,
    events: Arc<dyn Fn(Event) + Send + Sync>,
}

impl Connections {
    /// Connections with these settings; warnings of connections go to `events`.
    pub fn new(settings: &Settings, events: Arc<dyn Fn(Event) + Send + Sync>) -> Self {
        let prompter = Terminal::open().map(|terminal| Arc::new(terminal) as Arc<dyn Prompter>);
        let mut limits = Limits::default();
        if let Some(seconds) = settings.int("BECOME_TIMEOUT").and_then(|n| u64::try_from(n).ok()) {
            limits.becoming = Duration::from_secs(seconds);
        }
        Self { env: ConnectEnv::of_process(prompter), limits, links: Mutex::default(), events }
    }

    /// The connection of a route, shared by all its identities.
    fn link(&self, route: &Route) -> Result<Arc<Link>, HostError> {
        let key = Route { r#become: None, ..route.clone() }.key();
        let mut links = self.links.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(link) = links.get(&key) {
            return Ok(Arc::clone(link));
        }
        let link = Arc::new(Link::new(self.connect(route)?));
        links.insert(key, Arc::clone(&link));
        Ok(link)
    }

    fn connect(&self, route: &Route) -> Result<Connect, HostError> {
        match route.connection.as_str() {
            "local" => Ok(Arc::new(|| {
                Box::pin(std::future::ready(Ok(LocalTransport::new() as Arc<dyn Transport>)))
            })),
            "ssh" => Ok(self.russh(variables(route)?)),
            other => {
                Err(HostError::Local(format!("the connection plugin '{other}' was not found")))
            }
        }
    }

    fn russh(&self, vars: ConnectionVars) -> Connect {
        let (env, events) = (self.env.clone(), Arc::clone(&self.events));
        Arc::new(move || {
            let (env, events, vars) = (env.clone(), Arc::clone(&events), vars.clone());
            Box::pin(async move {
                let target = Target::resolve(&vars, &env)?;
                let transport = ssh::connect(&target, &env).await?;
                for warning in transport.warnings() {
                    events(Event::Warning(crate::base::Diagnostic::new(warning)));
                }
                Ok(transport as Arc<dyn Transport>)
            })
        })
    }
}

/// Connection variables as the ssh room wants them.
fn variables(route: &Route) -> Result<ConnectionVars, HostError> {
    let text = |name: &str| route.vars.get(name).map(Value::text).filter(|text| !text.is_empty());
    let mut vars =
        ConnectionVars::new(text("ansible_host").unwrap_or_else(|| route.host.to_string()));
    vars.port = number(route, "ansible_port")?;
    vars.user = text("ansible_user");
    vars.password = text("ansible_password").map(Password::new);
    vars.private_key_file = text("ansible_private_key_file");
    vars.private_key_passphrase = text("ansible_private_key_passphrase").map(Password::new);
    vars.ssh_args = text("ansible_ssh_args");
    vars.common_args = text("ansible_ssh_common_args");
    vars.extra_args = text("ansible_ssh_extra_args");
    vars.ssh_executable = text("ansible_ssh_executable");
    vars.host_key_checking = route.vars.get("ansible_host_key_checking").map(truth);
    vars.timeout = number::<u64>(route, "ansible_ssh_timeout")?.map(Duration::from_secs);
    vars.retries = number(route, "ansible_ssh_retries")?.unwrap_or(0);
    Ok(vars)
}

fn number<T: std::str::FromStr>(route: &Route, name: &str) -> Result<Option<T>, HostError> {
    let Some(value) = route.vars.get(name) else { return Ok(None) };
    let text = value.text();
    text.trim().parse().map(Some).map_err(|_| {
        HostError::Local(format!("{name} of {} is not a valid number: {text}", route.host))
    })
}

fn truth(value: &Value) -> bool {
    match value.as_str() {
        Some(text) => !matches!(
            text.to_ascii_lowercase().as_str(),
            "no" | "false" | "off" | "0" | "n" | "f" | ""
        ),
        None => value.is_true(),
    }
}

fn identity(route: &Route) -> Result<Identity, HostError> {
    let mut who = Identity::login(route.host.as_ref());
    who.shell = route.vars.get("ansible_shell_executable").map(Value::text);
    let Some(other) = &route.r#become else { return Ok(who) };
    who.user = Some(other.user.clone());
    who.method = Method::parse(&other.method)?;
    who.exe.clone_from(&other.exe);
    who.flags.clone_from(&other.flags);
    who.password = other.password.as_ref().map(|value| Zeroizing::new(value.text()));
    Ok(who)
}

impl Connector for Connections {
    fn open(&self, route: Route) -> BoxFuture<'static, Result<Arc<dyn Host>, HostError>> {
        let prepared = identity(&route).and_then(|who| Ok((who, self.link(&route)?)));
        let limits = self.limits.clone();
        Box::pin(async move {
            let (who, link) = prepared?;
            let host = shell::open_on(link, &who, &limits).await?;
            Ok(host as Arc<dyn Host>)
        })
    }
}
