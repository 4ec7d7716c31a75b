//! What a backup needs, and what a good one is.

use super::{Args, Seen, Wanted};
use crate::modules::pve::api;
use crate::modules::pve::entry::on;
use crate::spec::Failure;

/// Whether archives can go there.
pub fn target(args: &Args, seen: &Seen) -> Result<(), Failure> {
    let Some(name) = &args.storage else { return Ok(()) };
    let fail = |text: &str| Err(Failure::new(format!("the storage {name} {text}")));
    let Some(storage) = &seen.storage else { return fail("is not there on this node") };
    if !api::text(storage, "content").split(',').any(|part| part.trim() == "backup") {
        return fail("does not take backups: its content lacks 'backup'");
    }
    if !on(&api::text(storage, "enabled")) {
        return fail("is disabled");
    }
    if !on(&api::text(storage, "active")) {
        return fail("cannot be reached by this node");
    }
    if args.state == Wanted::Now && api::number(storage, "avail") == Some(0) {
        return fail("is full");
    }
    Ok(())
}

/// Whether the guests are there, and free.
pub fn guests(args: &Args, seen: &Seen) -> Result<(), Failure> {
    for id in args.guests() {
        let found = seen.guests.iter().find(|guest| api::number(guest, "vmid") == Some(*id));
        let Some(guest) = found else {
            return Err(Failure::new(format!("there is no guest {id}")));
        };
        if args.state != Wanted::Now {
            continue;
        }
        let (node, lock) = (api::text(guest, "node"), api::text(guest, "lock"));
        if node != seen.node {
            return Err(Failure::new(format!(
                "guest {id} is on the node {node}: it is backed up there"
            )));
        }
        if !lock.is_empty() {
            return Err(Failure::new(format!(
                "guest {id} is locked ({lock}): another task works on it"
            )));
        }
    }
    Ok(())
}

/// Whether each guest has a good archive.
pub fn checked(args: &Args, seen: &Seen) -> Result<(), Failure> {
    let mut faults = Vec::new();
    for id in args.guests() {
        let Some(archive) = seen.newest.get(id) else {
            faults.push(format!("guest {id} has no archive"));
            continue;
        };
        let volume = api::text(archive, "volid");
        let age = seen.now - api::number(archive, "ctime").unwrap_or(0);
        if age > args.max_age * 3600 {
            faults.push(format!("{volume} is {} hours old", age / 3600));
        }
        if api::number(archive, "size").unwrap_or(0) == 0 {
            faults.push(format!("{volume} is empty"));
        }
        let state = archive.get("verification").map(|found| api::text(found, "state"));
        if state.is_some_and(|state| state == "failed") {
            faults.push(format!("{volume} was found bad by its server"));
        }
    }
    faults.extend(seen.bad.iter().map(|text| format!("its configuration cannot be read: {text}")));
    match faults.is_empty() {
        true => Ok(()),
        false => Err(Failure::new(faults.join("; "))),
    }
}
