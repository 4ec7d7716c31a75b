//! What differs between the settings that are wanted and those that are there.

use super::args::{Args, is_disk};
use super::property::{Disk, Family, Net, same};
use crate::spec::{Failure, Risk};
use std::collections::BTreeMap;

/// Settings by name.
pub type Settings = BTreeMap<String, String>;

/// What is to be set, which disks grow, and what goes.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Edits {
    /// Settings with their new text.
    pub set: Settings,
    /// Disks with their new size in bytes.
    pub grow: BTreeMap<String, u64>,
    /// Settings that go.
    pub delete: Vec<String>,
}

impl Edits {
    /// Between what is wanted and what is there.
    ///
    /// # Errors
    /// A disk would lose data or move.
    pub fn of(args: &Args, wanted: &Settings, found: &Settings) -> Result<Self, Failure> {
        let mut edits = Self::default();
        for (name, text) in wanted {
            match found.get(name) {
                None if is_off(name, text) => {}
                None => {
                    edits.set.insert(name.clone(), text.clone());
                }
                Some(now) if is_disk(name) => edits.disk(name, text, now)?,
                Some(now) if same(name, text, now) => {}
                Some(now) => {
                    edits.set.insert(name.clone(), kept(name, text, now));
                }
            }
        }
        let gone = args.delete.iter().flatten().filter(|name| found.contains_key(*name));
        edits.delete = gone.cloned().collect();
        Ok(edits)
    }

    fn disk(&mut self, name: &str, text: &str, now: &str) -> Result<(), Failure> {
        let (wanted, found) = (Disk::of(text), Disk::of(now));
        let mut want = wanted.clone();
        // How it was made says nothing of what it is.
        want.options.remove("import-from");
        want.options.remove("format");
        let mut have = found.clone();
        have.options.remove("format");
        let own = found.volume.split(':').next().unwrap_or_default();
        if wanted.volume.ends_with(":cloudinit") {
            let there = found.volume.contains("cloudinit");
            return if there { Ok(()) } else { Err(moved(name, text, now)) };
        }
        let state = Family::of(name) == Family::StateDisk;
        match wanted.new_size() {
            Some((storage, size)) => {
                if storage != own {
                    return Err(moved(name, text, now));
                }
                if let Some(there) = found.size.filter(|_| !state && size > 0) {
                    self.size(name, size, there)?;
                }
                if !state && want.options != have.options {
                    self.set.insert(name.to_string(), want.with(&found.volume));
                }
            }
            None if wanted.volume == found.volume => {
                if let Some((size, there)) = wanted.size.zip(found.size) {
                    self.size(name, size, there)?;
                }
                if want.options != have.options {
                    self.set.insert(name.to_string(), want.with(&found.volume));
                }
            }
            // Another medium in a drive loses nothing.
            None if found.options.get("media").is_some_and(|kind| kind == "cdrom") => {
                self.set.insert(name.to_string(), text.to_string());
            }
            None => return Err(moved(name, text, now)),
        }
        Ok(())
    }

    fn size(&mut self, name: &str, wanted: u64, there: u64) -> Result<(), Failure> {
        if wanted < there {
            let text = format!(
                "{name} has {there} bytes and is never made smaller: {wanted} were asked for"
            );
            return Err(Failure::new(text));
        }
        if wanted > there {
            self.grow.insert(name.to_string(), wanted);
        }
        Ok(())
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.set.is_empty() && self.grow.is_empty() && self.delete.is_empty()
    }

    /// How risky they are.
    pub fn risk(&self) -> Risk {
        const LOW: [&str; 6] = ["description", "name", "onboot", "protection", "startup", "tags"];
        let names = || self.set.keys().chain(&self.delete).map(String::as_str);
        if names().any(|name| name.starts_with("hostpci") || name == "args") {
            return Risk::High;
        }
        let low = self.grow.is_empty() && names().all(|name| LOW.contains(&name));
        if low { Risk::Low } else { Risk::Medium }
    }
}

/// What a machine without the setting has anyway.
fn is_off(name: &str, text: &str) -> bool {
    match name {
        "onboot" | "protection" | "numa" | "agent" => text == "0",
        "acpi" | "kvm" | "tablet" => text == "1",
        _ => text.is_empty(),
    }
}

/// The new text of a setting: an address that was not named stays.
fn kept(name: &str, text: &str, now: &str) -> String {
    if Family::of(name) != Family::Net {
        return text.to_string();
    }
    let (mut wanted, found) = (Net::of(text), Net::of(now));
    if wanted.mac.is_none() {
        wanted.mac = found.mac;
    }
    wanted.text()
}

fn moved(name: &str, wanted: &str, now: &str) -> Failure {
    Failure::new(format!(
        "{name} is {now}: it is not replaced by {wanted} (move or detach it by hand)"
    ))
}
