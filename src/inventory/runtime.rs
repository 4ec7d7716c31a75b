//! Hosts and groups that a run adds: `add_host` and `group_by`.

use super::build::Build;
use super::data::Inventory;
use super::notice::Notices;
use crate::base::{Diagnostic, Map};
use std::sync::Arc;

impl Inventory {
    fn build<'a>(&'a mut self, notices: &'a mut Notices) -> Build<'a> {
        Build { inventory: self, notices, source: None, dir: None }
    }

    /// Adds a host or gives it more variables, and puts it into groups, which are made when missing.
    /// Whether anything changed.
    pub fn add_host(
        &mut self,
        name: &str,
        groups: &[String],
        vars: &Map,
        notices: &mut Notices,
    ) -> Result<bool, Diagnostic> {
        let mut build = self.build(notices);
        let mut changed = !build.has_host(name);
        if changed {
            build.add_host(name, Some("all"), None)?;
        }
        changed |= build.add_vars(name, vars);
        let mut touched = Vec::new();
        for group in groups {
            let known = build.has_group(group);
            let group = build.add_group(group)?;
            changed |= !known;
            changed |= build.join(&group, name);
            touched.push(group);
        }
        build.settle(&touched, name)?;
        Ok(changed)
    }

    /// Puts a host into a group, and the group under others; all are made when missing. Whether
    /// anything changed.
    pub fn group_by(
        &mut self,
        host: &str,
        group: &str,
        parents: &[String],
        notices: &mut Notices,
    ) -> Result<bool, Diagnostic> {
        if self.host(host).is_none() {
            return Err(Diagnostic::new(format!("{host} cannot be matched in inventory")));
        }
        let mut build = self.build(notices);
        let mut changed = false;
        let group = build.add_group(group)?;
        let mut touched = vec![Arc::clone(&group)];
        for parent in parents {
            changed |= !build.has_group(parent);
            let parent = build.add_group(parent)?;
            changed |= build.add_child(&parent, &group)?;
            touched.push(parent);
        }
        let member = build.inventory.members(&group).iter().any(|name| &**name == host);
        if !member {
            changed |= build.join(&group, host);
        }
        build.settle(&touched, host)?;
        Ok(changed)
    }
}

impl Build<'_> {
    fn add_vars(&mut self, host: &str, vars: &Map) -> bool {
        let Some(known) = self.inventory.hosts.get(host) else { return false };
        let both = self.inventory.combine(&known.vars, vars);
        if both == *known.vars {
            return false;
        }
        if let Some(host) = Arc::make_mut(&mut self.inventory.hosts).get_mut(host) {
            Arc::make_mut(host).vars = Arc::new(both);
        }
        true
    }

    /// The rules of every inventory, for what was touched.
    fn settle(&mut self, groups: &[Arc<str>], host: &str) -> Result<(), Diagnostic> {
        for group in groups {
            self.reconcile_group(group)?;
        }
        let name = self.inventory.hosts.get_key_value(host).map(|(name, _)| Arc::clone(name));
        if let Some(name) = name {
            self.reconcile_host(&name);
        }
        Ok(())
    }
}
