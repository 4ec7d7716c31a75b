//! Where a host's variables come from, one layer per group, host or file (S-1 to S-5).

use super::data::Inventory;
use super::merge::merged_maps;
use super::notice::Notices;
use super::rules::FileVars;
use super::vars_files::{Entity, Place, VarsFiles};
use crate::base::{Diagnostic, Map};
use std::sync::Arc;

/// The levels of inventory variables. The group levels stand in their default order (S-2), which the
/// setting `VARIABLE_PRECEDENCE` changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Level {
    /// The group `all` in inventory sources.
    AllInventory,
    /// Other groups in inventory sources.
    GroupsInventory,
    /// `group_vars/all` beside inventory sources.
    AllFilesInventory,
    /// `group_vars/all` beside the playbook.
    AllFilesPlay,
    /// Other `group_vars` beside inventory sources.
    GroupsFilesInventory,
    /// Other `group_vars` beside the playbook.
    GroupsFilesPlay,
    /// The host in inventory sources.
    HostInventory,
    /// `host_vars` beside inventory sources.
    HostFilesInventory,
    /// `host_vars` beside the playbook.
    HostFilesPlay,
}

impl Level {
    /// The levels of groups in their default order.
    pub const GROUPS: [Self; 6] = [
        Self::AllInventory,
        Self::GroupsInventory,
        Self::AllFilesInventory,
        Self::AllFilesPlay,
        Self::GroupsFilesInventory,
        Self::GroupsFilesPlay,
    ];
    const HOST: [Self; 3] = [Self::HostInventory, Self::HostFilesInventory, Self::HostFilesPlay];

    /// The level that `VARIABLE_PRECEDENCE` names so.
    pub fn of_setting(word: &str) -> Option<Self> {
        Some(match word {
            "all_inventory" => Self::AllInventory,
            "groups_inventory" => Self::GroupsInventory,
            "all_plugins_inventory" => Self::AllFilesInventory,
            "all_plugins_play" => Self::AllFilesPlay,
            "groups_plugins_inventory" => Self::GroupsFilesInventory,
            "groups_plugins_play" => Self::GroupsFilesPlay,
            _ => return None,
        })
    }

    /// What a person calls it.
    pub fn title(self) -> &'static str {
        match self {
            Self::AllInventory => "inventory, group all",
            Self::GroupsInventory => "inventory, groups",
            Self::AllFilesInventory => "group_vars/all beside the inventory",
            Self::AllFilesPlay => "group_vars/all beside the playbook",
            Self::GroupsFilesInventory => "group_vars beside the inventory",
            Self::GroupsFilesPlay => "group_vars beside the playbook",
            Self::HostInventory => "inventory, host",
            Self::HostFilesInventory => "host_vars beside the inventory",
            Self::HostFilesPlay => "host_vars beside the playbook",
        }
    }
}

/// Variables of one source on one level.
#[derive(Clone, Debug)]
pub struct Layer {
    /// The level.
    pub level: Level,
    /// `group NAME`, `host NAME`, or the path of a file.
    pub source: Arc<str>,
    /// The raw variables, each with its origin.
    pub vars: Arc<Map>,
}

impl Inventory {
    /// The layers of a host's variables, lowest first; empty ones are left out. No layer for a host
    /// that is not there.
    pub fn layers(
        &self,
        host: &str,
        files: &VarsFiles,
        notices: &mut Notices,
    ) -> Result<Vec<Layer>, Diagnostic> {
        let Some(name) = self.host(host).map(|host| Arc::clone(&host.name)) else {
            return Ok(Vec::new());
        };
        let groups: Vec<Arc<str>> =
            self.groups_of(&name).into_iter().map(|group| Arc::clone(&group.name)).collect();
        let mut stack = Stack { inventory: self, files, notices, layers: Vec::new() };
        for level in self.rules.precedence.iter().chain(&Level::HOST) {
            stack.push_level(*level, &name, &groups)?;
        }
        Ok(stack.layers)
    }

    /// The layers of one group alone, as `ansible-inventory` shows them.
    pub fn group_layers(
        &self,
        group: &str,
        files: &VarsFiles,
        notices: &mut Notices,
    ) -> Result<Vec<Layer>, Diagnostic> {
        let mut stack = Stack { inventory: self, files, notices, layers: Vec::new() };
        let (own, beside, play) = match group {
            "all" => (Level::AllInventory, Level::AllFilesInventory, Level::AllFilesPlay),
            _ => (Level::GroupsInventory, Level::GroupsFilesInventory, Level::GroupsFilesPlay),
        };
        stack.push_own(own, Entity::Group(group))?;
        stack.push_files(beside, Place::Inventory, &[Entity::Group(group)])?;
        stack.push_files(play, Place::Play, &[Entity::Group(group)])?;
        Ok(stack.layers)
    }

    /// The layers of one host alone, without its groups.
    pub fn host_layers(
        &self,
        host: &str,
        files: &VarsFiles,
        notices: &mut Notices,
    ) -> Result<Vec<Layer>, Diagnostic> {
        let mut stack = Stack { inventory: self, files, notices, layers: Vec::new() };
        for level in Level::HOST {
            stack.push_level(level, host, &[])?;
        }
        Ok(stack.layers)
    }

    /// All layers as one dict, by the rule for dicts of one name (S-7).
    pub fn flatten(&self, layers: &[Layer]) -> Map {
        layers.iter().fold(Map::new(), |vars, layer| self.combine(&vars, &layer.vars))
    }

    /// One set of variables laid over another by the same rule.
    pub fn combine(&self, under: &Map, over: &Map) -> Map {
        if self.rules.merge {
            return merged_maps(under, over);
        }
        let mut both = under.clone();
        both.extend(over.iter().map(|(name, value)| (name.clone(), value.clone())));
        both
    }
}

struct Stack<'a> {
    inventory: &'a Inventory,
    files: &'a VarsFiles,
    notices: &'a mut Notices,
    layers: Vec<Layer>,
}

impl Stack<'_> {
    fn push_level(
        &mut self,
        level: Level,
        host: &str,
        groups: &[Arc<str>],
    ) -> Result<(), Diagnostic> {
        let all = [Entity::Group("all")];
        let others: Vec<Entity<'_>> = groups
            .iter()
            .filter(|name| &***name != "all")
            .map(|name| Entity::Group(name))
            .collect();
        match level {
            Level::AllInventory => self.push_own(level, Entity::Group("all")),
            Level::GroupsInventory => {
                others.iter().try_for_each(|group| self.push_own(level, *group))
            }
            Level::AllFilesInventory => self.push_files(level, Place::Inventory, &all),
            Level::AllFilesPlay => self.push_files(level, Place::Play, &all),
            Level::GroupsFilesInventory => self.push_files(level, Place::Inventory, &others),
            Level::GroupsFilesPlay => self.push_files(level, Place::Play, &others),
            Level::HostInventory => self.push_own(level, Entity::Host(host)),
            Level::HostFilesInventory => {
                self.push_files(level, Place::Inventory, &[Entity::Host(host)])
            }
            Level::HostFilesPlay => self.push_files(level, Place::Play, &[Entity::Host(host)]),
        }
    }

    /// What sources say of a group or host; and its files if they are read with the inventory.
    fn push_own(&mut self, level: Level, entity: Entity<'_>) -> Result<(), Diagnostic> {
        let (vars, source) = match entity {
            Entity::Group(name) => {
                (self.inventory.group(name).map(|group| &group.vars), format!("group {name}"))
            }
            Entity::Host(name) => {
                (self.inventory.host(name).map(|host| &host.vars), format!("host {name}"))
            }
        };
        if let Some(vars) = vars.filter(|vars| !vars.is_empty()) {
            self.layers.push(Layer { level, source: source.into(), vars: Arc::clone(vars) });
        }
        if self.inventory.rules.file_vars == FileVars::Start {
            let found = self.files.find(Place::Inventory, &[entity], self.notices)?;
            self.layers.extend(found.into_iter().map(|file| file.layer(level)));
        }
        Ok(())
    }

    fn push_files(
        &mut self,
        level: Level,
        place: Place,
        entities: &[Entity<'_>],
    ) -> Result<(), Diagnostic> {
        if self.inventory.rules.file_vars == FileVars::Demand {
            let found = self.files.find(place, entities, self.notices)?;
            self.layers.extend(found.into_iter().map(|file| file.layer(level)));
        }
        Ok(())
    }
}
