//! The real way to hosts: russh, the system's ssh, this machine.

use crate::base::Value;
use crate::connection::r#become::{Identity, Method};
use crate::connection::jail::{Jail, JailTransport};
use crate::connection::local::LocalTransport;
use crate::connection::openssh;
use crate::connection::shell::{self, Connect, Limits, Link, Meter};
use crate::connection::ssh::{
    self, ConnectEnv, ConnectionVars, Password, Prompter, Target, Terminal,
};
use crate::connection::transport::Transport;
use crate::report::Line;
use crate::run::{Connector, Route};
use crate::spec::{BoxFuture, Event, Host, HostError};
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use zeroize::Zeroizing;

/// Opens identities; those of one host share a connection.
pub struct Connections {
    env: ConnectEnv,
    limits: Limits,
    links: Mutex<HashMap<String, Arc<Link>>>,
    /// Of jails; each uses its host's, so that these are closed first.
    jails: Mutex<HashMap<String, Arc<Link>>>,
    events: Arc<dyn Fn(Event) + Send + Sync>,
    /// Warnings of connections that were shown.
    told: Arc<Mutex<HashSet<String>>>,
    line: Line,
}

/// Asks on the terminal, the live line out of the way.
struct Asking(Terminal, Line);

impl Prompter for Asking {
    fn secret(&self, prompt: &str) -> Option<Zeroizing<String>> {
        let _aside = self.1.aside();
        self.0.secret(prompt)
    }

    fn confirm(&self, prompt: &str) -> Option<String> {
        let _aside = self.1.aside();
        self.0.confirm(prompt)
    }
}

impl Connections {
    /// No connections yet; their warnings go to `events`, their questions push the line aside.
    pub fn new(events: Arc<dyn Fn(Event) + Send + Sync>, line: Line) -> Self {
        let prompter = Terminal::open()
            .map(|terminal| Arc::new(Asking(terminal, line.clone())) as Arc<dyn Prompter>);
        let env = ConnectEnv::of_process(prompter);
        Self {
            env,
            limits: Limits::default(),
            links: Mutex::default(),
            jails: Mutex::default(),
            events,
            told: Arc::default(),
            line,
        }
    }

    /// Root of a host, by its route's `become` if the login user is another.
    pub async fn root(&self, route: Route) -> Result<Arc<dyn Host>, HostError> {
        let who = Identity { unless_root: true, ..identity(&route)? };
        let host = shell::open_on(self.link(&route)?, &who, &self.limits(&route)?).await?;
        Ok(host as Arc<dyn Host>)
    }

    /// The connection of a route, shared by all its identities.
    fn link(&self, route: &Route) -> Result<Arc<Link>, HostError> {
        let key = Route { r#become: None, ..route.clone() }.key();
        let (links, new) = match &route.jail {
            Some(jail) => (&self.jails, self.jail(jail)?),
            None => (&self.links, Link::new(self.connect(route)?)),
        };
        let mut links = links.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(Arc::clone(links.entry(key).or_insert_with(|| Arc::new(new))))
    }

    /// A jail's, through that of its host.
    fn jail(&self, jail: &crate::run::Jail) -> Result<Link, HostError> {
        let host = self.link(&jail.via)?;
        let root = identity(&jail.via)?;
        let limit = self.limits(&jail.via)?.becoming;
        let inner = Jail { name: jail.name.clone(), user: jail.user.clone() };
        let through = move |link: Arc<Link>, own: bool| {
            let jail = JailTransport::new(link, own, inner.clone(), root.clone(), limit);
            Arc::new(jail) as Arc<dyn Transport>
        };
        let (beside, fresh) = (Arc::clone(&host), through.clone());
        let connect: Connect =
            Arc::new(move || Box::pin(std::future::ready(Ok(through(Arc::clone(&host), false)))));
        let fresh: Connect = Arc::new(move || {
            let (host, through) = (Arc::clone(&beside), fresh.clone());
            Box::pin(async move { Ok(through(Arc::new(Link::fixed(host.fresh().await?)), true)) })
        });
        Ok(Link::through(connect, fresh))
    }

    fn connect(&self, route: &Route) -> Result<Connect, HostError> {
        match route.connection.as_str() {
            "local" => Ok(Arc::new(|| {
                Box::pin(std::future::ready(Ok(LocalTransport::new() as Arc<dyn Transport>)))
            })),
            "openssh" => Ok(self.openssh(variables(route)?)),
            "ssh" => Ok(self.russh(variables(route)?)),
            other => {
                Err(HostError::Local(format!("the connection plugin '{other}' was not found")))
            }
        }
    }

    /// The system's ssh; it reads its own configuration and asks its own questions.
    fn openssh(&self, vars: ConnectionVars) -> Connect {
        let (env, line) = (self.env.clone(), self.line.clone());
        Arc::new(move || {
            let (env, vars, line) = (env.clone(), vars.clone(), line.clone());
            Box::pin(async move {
                let _aside = line.aside();
                let transport = openssh::connect(&vars, &env).await?;
                Ok(transport as Arc<dyn Transport>)
            })
        })
    }

    fn russh(&self, vars: ConnectionVars) -> Connect {
        let (env, warn) = (self.env.clone(), self.warner());
        Arc::new(move || {
            let (env, vars, warn) = (env.clone(), vars.clone(), Arc::clone(&warn));
            Box::pin(async move {
                let target = Target::resolve(&vars, &env)?;
                warn(target.warnings.clone());
                let transport = ssh::connect(&target, &env).await?;
                warn(transport.warnings());
                Ok(transport as Arc<dyn Transport>)
            })
        })
    }

    /// Shows warnings of connections, each text once in a run.
    fn warner(&self) -> Arc<dyn Fn(Vec<String>) + Send + Sync> {
        let (told, events) = (Arc::clone(&self.told), Arc::clone(&self.events));
        Arc::new(move |warnings| {
            for text in warnings {
                if told.lock().unwrap_or_else(PoisonError::into_inner).insert(text.clone()) {
                    events(Event::Warning(crate::base::Diagnostic::new(text)));
                }
            }
        })
    }

    /// Limits of a host's shells, with a meter that reports under its name.
    fn limits(&self, route: &Route) -> Result<Limits, HostError> {
        let (events, host) = (Arc::clone(&self.events), Arc::clone(&route.host));
        let tell = move |done, total| {
            events(Event::Progress { host: Arc::clone(&host), done, total });
        };
        let mut limits = Limits { meter: Meter::new(Arc::new(tell)), ..self.limits.clone() };
        if let Some(seconds) = number::<u64>(route, "ansible_ssh_timeout")? {
            // As Ansible: a little longer than a connection may take.
            limits.becoming = Duration::from_secs(seconds.saturating_add(2));
        }
        Ok(limits)
    }

    /// Waits for the shells that still use a connection, then closes it.
    async fn close_links(&self) {
        for links in [&self.jails, &self.links] {
            let links: Vec<Arc<Link>> = {
                let mut links = links.lock().unwrap_or_else(PoisonError::into_inner);
                links.drain().map(|(_, link)| link).collect()
            };
            for link in links {
                while Arc::strong_count(&link) > 1 {
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
                link.close().await;
            }
        }
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

/// Root of a jail's host is anybody in the jail without a further program there: `jexec` itself changes the user.
fn entered(mut route: Route) -> Route {
    let Some(jail) = &mut route.jail else { return route };
    if jail.user.as_deref().is_none_or(|user| user == "root")
        && let Some(other) = route.r#become.take()
    {
        jail.user = Some(other.user);
    }
    // Root under its name is the jail's own: one connection for both.
    jail.user.take_if(|user| user == "root");
    route
}

impl Connector for Connections {
    fn open(&self, route: Route) -> BoxFuture<'static, Result<Arc<dyn Host>, HostError>> {
        let becomes = route.r#become.is_some();
        let route = entered(route);
        let prepared = identity(&route).and_then(|who| Ok((who, self.link(&route)?)));
        let limits = self.limits(&route);
        Box::pin(async move {
            let (who, link) = prepared?;
            let limits = limits?;
            match shell::open_on(link, &who, &limits).await {
                Ok(host) => Ok(host as Arc<dyn Host>),
                // The jail is there: it is the user that is not.
                Err(HostError::Unreachable(text))
                    if becomes && text.ends_with(": no such user") =>
                {
                    Err(HostError::Become(text))
                }
                Err(error) => Err(error),
            }
        })
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(self.close_links())
    }
}
