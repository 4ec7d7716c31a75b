//! Which hosts a play has.

use super::batch::Batch;
use super::play::{Session, render};
use crate::base::{Diagnostic, Value};
use crate::play::Play;
use crate::template::Templar;
use std::sync::Arc;

/// The hosts of a play's pattern within the limit, in the play's order.
pub fn choose_hosts(
    session: &Session,
    play: &Play,
    templar: &Templar<'_>,
    pattern: &str,
) -> Result<Vec<Arc<str>>, Diagnostic> {
    let mut hosts = session.store.topology().select(pattern).map_err(|error| {
        if error.origin.is_none() { error.at(play.hosts.origin()) } else { error }
    })?;
    if let Some(limit) = &session.options.limit {
        hosts.retain(|host| limit.contains(host));
    }
    let order = render(templar, play.order.as_ref())?.map(|order| order.text());
    match order.as_deref() {
        None | Some("inventory") => {}
        Some("reverse_inventory") => hosts.reverse(),
        Some("sorted") => hosts.sort(),
        Some("reverse_sorted") => {
            hosts.sort();
            hosts.reverse();
        }
        Some("shuffle") => shuffle(&mut hosts),
        Some(other) => {
            let text = format!("Invalid 'order' specified: {other}");
            return Err(Diagnostic::new(text).at(play.origin.as_ref()));
        }
    }
    Ok(hosts)
}

/// The hosts of a play's pattern as the inventory has them now: those that are new join
/// `ansible_play_hosts`, though not the batches that were made (`meta: refresh_inventory`).
pub fn join_play_hosts(batch: &Batch<'_>) -> Result<(), Diagnostic> {
    let session = batch.session;
    let pattern = pattern_text(&super::gather::keyword(batch, &batch.play.hosts)?);
    let mut found = session.store.topology().select(&pattern)?;
    if let Some(limit) = &session.options.limit {
        found.retain(|host| limit.contains(host));
    }
    batch.change_frame(|frame| {
        found.retain(|host| !frame.hosts_all.contains(host));
        frame.hosts.extend(found.iter().cloned());
        frame.hosts_all.extend(found);
    });
    Ok(())
}

fn shuffle(hosts: &mut [Arc<str>]) {
    for i in (1..hosts.len()).rev() {
        let mut bytes = [0_u8; 8];
        if getrandom::fill(&mut bytes).is_ok() {
            hosts.swap(i, (u64::from_le_bytes(bytes) % (i as u64 + 1)) as usize);
        }
    }
}

/// A pattern as one text: lists are joined.
pub fn pattern_text(hosts: &Value) -> String {
    match hosts.as_list() {
        Some(items) => items.iter().map(Value::text).collect::<Vec<_>>().join(","),
        None => hosts.text(),
    }
}

/// Reads the variables of hosts before anything connects; a file that cannot be read ends the run.
pub fn read_variables(session: &Session, hosts: &[Arc<str>]) -> Result<(), Diagnostic> {
    let topology = session.store.topology();
    for host in hosts {
        topology.layers(host);
    }
    session.problem()
}
