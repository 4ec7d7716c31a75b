//! Which jail a host is, and the way to the host that it is on.

use super::batch::Batch;
use super::connect::{becoming, delegate_scope, is_local_name, options, plugin, variable};
use super::keywords::Reader;
use super::outcome::Outcome;
use super::play::BecomeDefaults;
use super::pool::{Become, Jail, Route};
use super::task::TaskRun;
use crate::base::{Diagnostic, Map, Value};
use crate::spec::event::Status;
use crate::spec::{Entry, Scope};
use crate::template::table::Stop;
use crate::vars::TaskScope;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The jail that `name` is by its variables: see [`Given::who`].
pub fn of(
    batch: &Batch<'_>,
    reader: Option<&Reader<'_>>,
    vars: &TaskScope,
    name: &Arc<str>,
) -> Result<Jail, Stop> {
    let text = |names: &[&str]| Ok::<_, Stop>(variable(vars, names)?.map(|value| value.text()));
    let given = Given {
        name: text(&["ansible_jail_name"])?,
        jail: text(&["ansible_jail_host"])?,
        address: text(&["ansible_host"])?,
        via: text(&["ansible_jail_via"])?,
    };
    let hosts = batch.session.store.topology().hosts();
    let other = |host: &str| host != &**name && hosts.iter().any(|known| &**known == host);
    let (jail, via) = given.who(name, other);
    check(&jail, &via, name).map_err(Stop::Fault)?;
    let user = text(&["ansible_jail_user"])?.filter(|user| !user.is_empty());
    let via = host(batch, reader, vars, &Arc::from(via))?;
    Ok(Jail { name: jail, user, via })
}

/// Variables that tell a jail and its host.
#[derive(Default)]
struct Given {
    /// `ansible_jail_name`: `ansible_host` is the jail's host then.
    name: Option<String>,
    /// `ansible_jail_host`: the jail, as Ansible's own plugin has it.
    jail: Option<String>,
    /// `ansible_host`: the jail's host if it is another host of the inventory, else the jail, as Ansible's plugin has it.
    address: Option<String>,
    /// `ansible_jail_via`: the jail's host.
    via: Option<String>,
}

impl Given {
    /// Jail and host. A jail that nothing names is called as the inventory has it; a name `JAIL@HOST` tells both, as with
    /// the plugin sshjail. Without a host the jail is one of this machine, as with Ansible's own plugin.
    fn who(self, name: &str, is_other: impl Fn(&str) -> bool) -> (String, String) {
        let address = self.address.filter(|address| !address.is_empty());
        let leads = |address: &String| self.name.is_some() || is_other(address);
        let jail = self.name.clone().or(self.jail);
        match (self.via, address) {
            (None, Some(host)) if leads(&host) => (jail.unwrap_or_else(|| name.to_string()), host),
            (via, address) => split(jail.or(address).as_deref().unwrap_or(name), via),
        }
    }
}

/// Jail and host.
fn split(named: &str, via: Option<String>) -> (String, String) {
    match (via, named.split_once('@')) {
        (Some(via), _) => (named.to_string(), via),
        (None, Some((jail, host))) => (jail.to_string(), host.to_string()),
        (None, None) => (named.to_string(), "localhost".to_string()),
    }
}

fn check(jail: &str, via: &str, host: &str) -> Result<(), Diagnostic> {
    if jail.is_empty() || jail.chars().any(|c| c.is_control() || c == '/') {
        let text = format!("{host}: '{jail}' cannot be the name of a jail");
        return Err(Diagnostic::new(text).hint("It is given by ansible_jail_host."));
    }
    if via.is_empty() || via == host {
        let text = format!("{host}: '{via}' cannot be the host of the jail {jail}");
        return Err(
            Diagnostic::new(text).hint("ansible_jail_via names another host of the inventory.")
        );
    }
    Ok(())
}

/// The way to a jail's host: by that host's own variables if the inventory has it, else it is an address and the jail's
/// variables tell the rest. `remote_user` and `port` of a play are those of the connection, so of the host.
fn host(
    batch: &Batch<'_>,
    reader: Option<&Reader<'_>>,
    jail: &TaskScope,
    via: &Arc<str>,
) -> Result<Route, Stop> {
    let options = &batch.session.options;
    let defaults = (&options.connection, &options.r#become);
    let known = batch.session.store.topology().hosts().iter().any(|host| host == via);
    if known {
        return way(via, &delegate_scope(batch, jail, via), Whose::Host, reader, defaults);
    }
    way(via, jail, Whose::Jail, reader, defaults)
}

/// The way to root on a host, outside of any play.
pub fn root_route(
    name: &Arc<str>,
    vars: &dyn Scope,
    connection: &Options,
    r#become: &BecomeDefaults,
) -> Result<Route, Diagnostic> {
    let suspended = || Diagnostic::new("its variables are not known yet");
    let address = variable(vars, &["ansible_host", "ansible_port"]).ok().flatten();
    let whose = if address.is_some() { Whose::Host } else { Whose::Unknown };
    way(name, vars, whose, None, (connection, r#become))
        .map_err(|stop| stop.into_diagnostic().unwrap_or_else(suspended))
}

/// What a task comes to in a jail that only an earlier task of the check run would have made or started: what it would
/// find there is not known.
pub fn foreseen(run: &TaskRun<'_>, entry: &Entry, route: &Route, check: bool) -> Option<Outcome> {
    let jail = route.jail.as_ref().filter(|_| check)?;
    let state = {
        let ledger = run.batch.session.ledger();
        let world = &ledger.get(&*jail.via.host)?.world;
        world.thing("jail", &jail.name).flatten()?.text()
    };
    if state != "up" {
        return None;
    }
    let looks = matches!(entry.doc().name, "setup" | "gather_facts");
    let mut outcome = Outcome::new(if looks { Status::Ok } else { Status::Changed }, Map::new());
    outcome.set("changed", !looks);
    outcome.uncertain = Some(format!("the jail {} is not there yet", jail.name));
    Some(outcome)
}

type Options = BTreeMap<&'static str, Value>;

/// Whose variables lead to a host.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Whose {
    /// Its own.
    Host,
    /// Its own, if there are any.
    Unknown,
    /// Those of a jail on it.
    Jail,
}

/// The way to root on a host.
fn way(
    name: &Arc<str>,
    vars: &dyn Scope,
    whose: Whose,
    reader: Option<&Reader<'_>>,
    (defaults, becoming_defaults): (&Options, &BecomeDefaults),
) -> Result<Route, Stop> {
    let given = match whose {
        Whose::Jail => None,
        Whose::Host | Whose::Unknown => variable(vars, &["ansible_connection"])?,
    };
    let mut options = options(defaults, reader, vars)?;
    let local = is_local_name(name) && whose != Whose::Host;
    let connection = connection(name, given.as_ref(), local, defaults).map_err(Stop::Fault)?;
    if whose == Whose::Jail {
        options.insert("ansible_host", Value::str(name.as_ref()));
    }
    let root = Become { user: "root".to_string(), ..becoming(becoming_defaults, None, vars)? };
    Ok(Route {
        host: Arc::clone(name),
        connection,
        vars: options,
        r#become: Some(root),
        jail: None,
    })
}

/// How a jail's host is reached: never by the play's `connection`, which is the jail's.
fn connection(
    host: &str,
    given: Option<&Value>,
    local: bool,
    defaults: &Options,
) -> Result<String, Diagnostic> {
    if let Some(given) = given {
        let way = plugin(&given.text())?;
        if way != "jail" {
            return Ok(way);
        }
        let text = format!(
            "{host} is a jail itself: a jail is entered from the host that has its own kernel"
        );
        return Err(Diagnostic::new(text).hint(
            "ansible_jail_via names that host; a jail within a jail is called 'outer.inner' there.",
        ));
    }
    if local {
        return Ok("local".to_string());
    }
    let default =
        defaults.get("ansible_connection").map(|name| plugin(&name.text())).transpose()?;
    Ok(default.filter(|name| name != "jail").unwrap_or_else(|| "ssh".to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_tells_its_host_or_a_variable_does() {
        let pair = |jail: &str, via: &str| (jail.to_string(), via.to_string());
        assert_eq!(split("web@host1", None), pair("web", "host1"));
        assert_eq!(split("web", Some("host1".into())), pair("web", "host1"));
        assert_eq!(split("a@b", Some("host1".into())), pair("a@b", "host1"));
        assert_eq!(split("web", None), pair("web", "localhost"));
    }

    #[test]
    fn the_host_is_told_by_ansible_host_where_that_is_one() {
        let who = |name: &str, jail: &str, address: &str, via: &str| {
            let text = |text: &str| (!text.is_empty()).then(|| text.to_string());
            let (name, jail) = (text(name), text(jail));
            let given = Given { name, jail, address: text(address), via: text(via) };
            let (jail, via) = given.who("web", |host| host == "host1");
            format!("{jail} on {via}")
        };
        assert_eq!(who("", "", "host1", ""), "web on host1");
        assert_eq!(who("shop", "", "host1", ""), "shop on host1");
        assert_eq!(who("shop", "", "192.0.2.1", ""), "shop on 192.0.2.1");
        assert_eq!(who("", "shop", "host1", ""), "shop on host1");
        assert_eq!(who("", "", "shop", ""), "shop on localhost");
        assert_eq!(who("", "", "shop@host1", ""), "shop on host1");
        assert_eq!(who("", "", "shop", "host1"), "shop on host1");
        assert_eq!(who("shop", "", "", "host1"), "shop on host1");
        assert_eq!(who("", "", "host1", "host1"), "host1 on host1");
        assert_eq!(who("", "", "", ""), "web on localhost");
    }

    #[test]
    fn names_that_no_jail_has_are_refused() {
        for (jail, via) in [("", "h"), ("a\nb", "h"), ("../x", "h"), ("web", ""), ("web", "w")] {
            assert!(check(jail, via, "w").is_err(), "{jail} {via}");
        }
        assert!(check("web.inner", "h", "w").is_ok());
        assert!(check("web", "h", "web").is_ok());
    }
}
