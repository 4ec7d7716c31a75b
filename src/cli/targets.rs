//! The hosts of plays, before anything connects.
//!
//! Ansible warns of a pattern that names nobody and ends with code 0. Here it is an error, since it is nearly always a
//! typing error, unless the program is called by Ansible's name or the setting `host_pattern_mismatch` is given.

use super::prepare::Ground;
use crate::base::diagnostic::nearest;
use crate::base::{Diagnostic, Kind, Value};
use crate::inventory::Notices;
use crate::play::{Playbook, check};
use crate::settings::From;

/// Refuses a play whose pattern has a term that matches no host and no group, as long as no play before it can have
/// brought any.
pub fn check(ground: &Ground, playbooks: &[Playbook]) -> Result<(), Diagnostic> {
    let given = ground.settings.get("HOST_PATTERN_MISMATCH");
    if given.is_some_and(|setting| !matches!(setting.from, From::Default)) {
        return Ok(());
    }
    for play in playbooks.iter().flat_map(|playbook| &playbook.plays) {
        let mut known = true;
        for pattern in patterns(&ground.render_early(play, &play.hosts)) {
            known &= check_pattern(ground, &pattern)
                .map_err(|error| error.at(pattern.origin().or(play.hosts.origin())))?;
        }
        if !known || check::names_hosts_later(play) {
            break;
        }
    }
    Ok(())
}

fn patterns(hosts: &Value) -> Vec<Value> {
    match &hosts.kind {
        Kind::List(items) => items.iter().cloned().collect(),
        _ => vec![hosts.clone()],
    }
}

/// Whether it could be looked at: false for what is known only later.
fn check_pattern(ground: &Ground, pattern: &Value) -> Result<bool, Diagnostic> {
    let Some(text) = pattern.as_str().filter(|text| !text.contains("{{")) else { return Ok(false) };
    let mut notices = Notices::default();
    // What is wrong with the pattern itself is told by the run.
    if ground.inventory.select(text, &mut notices).is_err() {
        return Ok(false);
    }
    // To leave out whom there is not is no error.
    let unknown =
        notices.take_unmatched().into_iter().find(|term| !text.contains(&format!("!{term}")));
    unknown.map_or(Ok(true), |term| Err(refusal(ground, &term)))
}

fn refusal(ground: &Ground, term: &str) -> Diagnostic {
    let (hosts, groups) = (ground.inventory.hosts(), ground.inventory.groups());
    let names = hosts.keys().chain(groups.keys()).map(|name| &**name);
    let error = Diagnostic::new(format!("No host or group of the inventory matches '{term}'."));
    match nearest(term, names).first() {
        Some(name) => error.hint(format!("Did you mean '{name}'?")),
        None => error.hint("`tank inventory --graph` shows the inventory."),
    }
}
