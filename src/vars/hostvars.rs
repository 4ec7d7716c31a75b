//! `hostvars`: other hosts' variables, rendered with that host as context (S-18), on demand.

use super::magic::PlayFrame;
use super::scope::{TaskScope, Warnings};
use super::store::Store;
use crate::base::{Diagnostic, Key, Kind, Object, Value};
use crate::spec::{Lookup, Scope};
use crate::template::Templar;
use std::any::Any;
use std::fmt;
use std::sync::Arc;

/// All hosts.
struct AllHosts {
    store: Arc<Store>,
    play: Arc<PlayFrame>,
    warnings: Warnings,
}

/// The variables of one scope.
struct OneScope(TaskScope);

/// The value of `hostvars`.
pub(super) fn all(store: &Arc<Store>, play: &Arc<PlayFrame>, warnings: &Warnings) -> Value {
    let (store, play) = (Arc::clone(store), Arc::clone(play));
    Value::new(Kind::Object(Arc::new(AllHosts { store, play, warnings: warnings.clone() })))
}

/// The value of `vars`.
pub(super) fn of_scope(scope: &TaskScope) -> Value {
    Value::new(Kind::Object(Arc::new(OneScope(scope.clone()))))
}

impl fmt::Debug for AllHosts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<HostVars>")
    }
}

impl fmt::Debug for OneScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<HostVarsVars of {}>", self.0.host)
    }
}

impl Object for AllHosts {
    fn type_name(&self) -> &'static str {
        "HostVars"
    }

    fn get(&self, key: &Key) -> Result<Option<Value>, Diagnostic> {
        let Some(name) = key.as_str() else { return Ok(None) };
        let hosts = self.store.topology().hosts();
        let known = hosts.iter().find(|host| host.as_ref() == name).cloned();
        // The implicit localhost is not among the hosts, but answers here too.
        let host = known.or_else(|| (name == "localhost").then(|| Arc::from(name)));
        let scope = host.map(|h| TaskScope::of_host(&self.store, &self.play, &h, &self.warnings));
        Ok(scope.map(|scope| Value::new(Kind::Object(Arc::new(OneScope(scope))))))
    }

    fn keys(&self) -> Option<Vec<Key>> {
        Some(self.store.topology().hosts().into_iter().map(Key::from).collect())
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl Object for OneScope {
    fn type_name(&self) -> &'static str {
        "HostVarsVars"
    }

    fn get(&self, key: &Key) -> Result<Option<Value>, Diagnostic> {
        let Some(name) = key.as_str() else { return Ok(None) };
        let Lookup::Found(value) = self.0.variable(name) else { return Ok(None) };
        let rendered = Templar::new(&self.0).render(&value);
        rendered.map(Some).map_err(|stop| {
            stop.into_diagnostic().unwrap_or_else(|| Diagnostic::new("evaluation was suspended"))
        })
    }

    fn keys(&self) -> Option<Vec<Key>> {
        Some(self.0.names().into_iter().map(Key::from).collect())
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
