//! What brings the rules of a guest to those that are wanted.

use super::args::{Args, Resolve, SafeApply};
use super::files::{self, DIR, Places, STATE, Wanted};
use super::listing::Listing;
use super::rules::{is_filled, names_set};
use super::seen::{Link, Seen, Unit, families};
use super::wish::Wish;
use super::{KIND, UNIT};
use crate::base::quote;
use crate::spec::{Change, ChangeKind, Command, Ctx, Effect, Failure, Op, Plan, Risk};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

/// Elements by set.
pub type Elements = BTreeMap<String, Vec<String>>;

/// A guest with its list, and what is on its host.
pub struct Planning<'a> {
    /// The arguments.
    pub args: &'a Args,
    /// The same, checked.
    pub wish: &'a Wish,
    /// What is there.
    pub seen: &'a Seen,
    /// The wanted rules.
    pub rules: &'a str,
    /// The wanted table as nft shows it.
    pub wanted: &'a Listing,
    /// The context.
    pub ctx: Ctx<'a>,
}

/// A shell text in nft's own locale.
fn shell(text: String) -> Command {
    let env = vec![("LC_ALL".to_string(), "C".to_string())];
    Command { env, ..Command::shell(text) }
}

fn run(text: impl Into<String>, why: &str) -> Change {
    Change::new(Op::Run(shell(text.into())), why)
}

impl Planning<'_> {
    /// Everything that is to be done.
    pub fn plan(&self) -> Result<Plan, Failure> {
        let places = Places::of(&self.args.name);
        let dnsmasq = Places::dnsmasq(self.args.dnsmasq_dir.as_str(), &self.args.name);
        let mut plan = Plan::ok();
        let first = files::first(self.args, self.wish, &places);
        let then = files::then(self.args, self.wish, &places, self.rules, &dnsmasq);
        let mut changes = self.units(&places, false);
        changes.extend(self.written(&first, &mut plan)?);
        let reloads = changes.iter().any(|change| change.why.contains("/systemd/"));
        let load = self.load();
        let loads = load.is_some();
        changes.extend(load);
        let behind = self.written(&then, &mut plan)?;
        let renamed = behind.iter().any(|change| change.why.contains(".names"));
        let asked = behind.iter().any(|change| change.why.ends_with(&dnsmasq));
        changes.extend(behind);
        if !changes.is_empty() && self.args.persist {
            let dirs = run(format!("umask 077; mkdir -p {DIR} {STATE}"), "make directories");
            changes.insert(0, dirs.kind(ChangeKind::Prelude));
        }
        if reloads {
            let reload = run("exec systemctl daemon-reload", "tell systemd of its units");
            changes.push(reload.kind(ChangeKind::Quiet));
        }
        changes.extend(self.refreshed(&places, loads || renamed));
        changes.extend(self.units(&places, true));
        if asked || (loads && self.args.resolve == Resolve::Dnsmasq && self.wish.has_names()) {
            let restart = run("exec systemctl restart dnsmasq.service", "restart dnsmasq");
            changes.push(restart.kind(ChangeKind::Act).risk(Risk::Medium));
        }
        plan.uncertain = self.seen.files.iter().find_map(|file| file.uncertain.clone());
        plan.parts = Plan::of(changes).parts;
        Ok(plan)
    }

    fn written(&self, wanted: &[Wanted], plan: &mut Plan) -> Result<Vec<Change>, Failure> {
        let mut changes = Vec::new();
        for file in wanted {
            let kept = self.seen.file(&file.path)?;
            let Some(text) = &file.text else {
                changes.extend(kept.there().then(|| removed(&file.path)));
                continue;
            };
            if kept.there() && kept.text() == *text {
                continue;
            }
            if file.path.ends_with(".nft") {
                plan.diff.push(kept.diff(text, self.ctx));
            }
            let change = kept.write(text.clone(), file.mode, format!("write {}", file.path));
            changes.push(change.risk(Risk::Medium));
        }
        Ok(changes)
    }

    /// Addresses of names as elements of sets.
    fn named(&self) -> Elements {
        let mut elements = Elements::new();
        if !files::looked_up(self.args, self.wish) {
            return elements;
        }
        for (at, entry) in self.wish.allow.iter().enumerate() {
            let all = entry.names.iter().filter_map(|name| self.seen.names.get(name)).flatten();
            for addr in all {
                let set = names_set(at, addr.is_ipv6());
                if self.wanted.sets.contains_key(&set) {
                    elements.entry(set).or_default().push(addr.to_string());
                }
            }
        }
        elements
    }

    /// Those of them that are not in their sets.
    fn absent(&self) -> Elements {
        let mut absent = self.named();
        if self.seen.predicted.is_some() {
            return Elements::new();
        }
        let now = self.seen.now.as_ref();
        for (set, elements) in &mut absent {
            elements.retain(|element| !now.is_some_and(|now| now.holds(set, element)));
        }
        absent.retain(|_, elements| !elements.is_empty());
        absent
    }

    /// What is given to nft; None: the table is as it should be.
    fn transaction(&self) -> Option<(String, &'static str)> {
        let (family, other, table) = families(Some(self.wish), &self.args.name);
        let mut text = String::new();
        if self.seen.other.is_some() {
            let _ = writeln!(text, "delete table {other} {table}");
        }
        let now = self.seen.now.as_ref().filter(|_| self.seen.predicted.is_none());
        if self.seen.predicted.as_deref() == Some(self.rules) {
            return None;
        }
        let Some(now) = now.filter(|now| now.frame == self.wanted.frame) else {
            text += self.rules;
            add(&mut text, (family, &table), &self.named());
            return Some((text, "load the rules"));
        };
        for (set, elements) in now.differing(self.wanted, is_filled) {
            let _ = writeln!(text, "flush set {family} {table} {set}");
            let elements = elements.iter().cloned().collect();
            add(&mut text, (family, &table), &Elements::from([(set.to_string(), elements)]));
        }
        if !self.args.persist {
            add(&mut text, (family, &table), &self.absent());
        }
        (!text.is_empty()).then_some((text, "change addresses of the rules"))
    }

    fn load(&self) -> Option<Change> {
        let (text, why) = self.transaction()?;
        let apply = Command { stdin: Some(text.into()), ..shell("exec nft -f -".to_string()) };
        let (family, _, table) = families(Some(self.wish), &self.args.name);
        let op = if self.is_guarded() {
            let deadline = Duration::from_secs(self.args.rollback_timeout.unsigned_abs());
            let confirm =
                shell(format!("exec nft list table {family} {} >/dev/null", quote::sh(&table)));
            Op::Guarded { apply, rollback: shell(self.rollback()), confirm, deadline }
        } else {
            Op::Run(apply)
        };
        let risk = if self.is_guarded() { Risk::High } else { Risk::Medium };
        let effect = Effect::Thing(KIND, self.args.name.clone(), Some(self.rules.into()));
        Some(Change::new(op, why).risk(risk).lock("nft").effect(effect))
    }

    /// Whether the way in may lead through these rules.
    pub fn is_guarded(&self) -> bool {
        let leads = |name: &String| self.seen.management.contains(name);
        let through = match &self.seen.link {
            Link::Port(bridge) => leads(bridge),
            _ => self.args.bridge.as_ref().is_some_and(leads),
        };
        match self.args.safe_apply {
            SafeApply::Always => true,
            SafeApply::Never => false,
            SafeApply::Auto => through || leads(&self.wish.interface),
        }
    }

    /// Puts the tables back as they are shown now.
    fn rollback(&self) -> String {
        let (family, other, table) = families(Some(self.wish), &self.args.name);
        let mut text = format!("table {family} {table}\ndelete table {family} {table}\n");
        text += self.seen.now.as_ref().map_or("", |now| now.text.as_str());
        if let Some(old) = &self.seen.other {
            let _ = write!(text, "\ntable {other} {table}\ndelete table {other} {table}\n{old}");
        }
        format!("nft -f - <<'TANK_EGRESS'\n{}\nTANK_EGRESS\n", text.trim_end())
    }

    /// What puts addresses of names into their sets, and remembers them for the next boot.
    fn refreshed(&self, places: &Places, anew: bool) -> Option<Change> {
        if !self.args.persist || !files::looked_up(self.args, self.wish) {
            return None;
        }
        let missing = !self.absent().is_empty();
        let why = "look up names";
        let change = run(format!("exec {} refresh", quote::sh(&places.program)), why);
        match (missing, anew) {
            (true, false) => Some(change.risk(Risk::Medium)),
            // The rules came with them.
            (_, true) => Some(change.kind(ChangeKind::Quiet)),
            _ => None,
        }
    }

    /// Switches units on or off.
    fn units(&self, places: &Places, on: bool) -> Vec<Change> {
        let timed = self.wish.has_names() && self.args.resolve == Resolve::Refresh;
        let wanted =
            [(&places.service, self.args.persist), (&places.timer, self.args.persist && timed)];
        let now = |unit| self.seen.units.get(unit).copied().unwrap_or_default();
        let these = wanted.into_iter().filter(|(_, wanted)| *wanted == on);
        these.filter_map(|(unit, _)| switched(unit, now(unit), on)).collect()
    }
}

/// What switches a unit on or off.
pub fn switched(unit: &str, now: Unit, on: bool) -> Option<Change> {
    let name = quote::sh(unit);
    let (text, why, state) = match (on, now) {
        (true, Unit { active: true, enabled: true })
        | (false, Unit { active: false, enabled: false }) => {
            return None;
        }
        (true, _) => (format!("exec systemctl enable --now {name}"), "start", Some(true.into())),
        (false, _) => (format!("exec systemctl disable --now {name}"), "stop", None),
    };
    let risk = if on { Risk::Low } else { Risk::Medium };
    Some(run(text, &format!("{why} {unit}")).risk(risk).effect(Effect::Thing(
        UNIT,
        unit.to_string(),
        state,
    )))
}

/// Removes a file.
fn removed(path: &str) -> Change {
    let op = Op::Remove { path: path.to_string(), recursive: false };
    Change::new(op, format!("remove {path}"))
        .risk(Risk::Medium)
        .effect(Effect::Path(path.to_string(), None))
}

fn add(text: &mut String, (family, table): (&str, &str), elements: &Elements) {
    for (set, elements) in elements.iter().filter(|(_, elements)| !elements.is_empty()) {
        let _ = writeln!(text, "add element {family} {table} {set} {{ {} }}", elements.join(", "));
    }
}

/// Takes everything of a guest away.
pub fn absent(args: &Args, seen: &Seen) -> Plan {
    let places = Places::of(&args.name);
    let (family, other, table) = families(None, &args.name);
    let mut changes = Vec::new();
    for unit in [&places.timer, &places.service] {
        let now = seen.units.get(unit).copied().unwrap_or_default();
        changes.extend(switched(unit, now, false));
    }
    let there =
        [(family, seen.now.is_some() || seen.predicted.is_some()), (other, seen.other.is_some())];
    let text: String = there
        .iter()
        .filter(|(_, there)| *there)
        .map(|(family, _)| format!("delete table {family} {table}\n"))
        .collect();
    if !text.is_empty() {
        let command = Command { stdin: Some(text.into()), ..shell("exec nft -f -".to_string()) };
        let change = Change::new(Op::Run(command), format!("delete the table {table}"));
        let gone = Effect::Thing(KIND, args.name.clone(), None);
        changes.push(change.risk(Risk::High).lock("nft").effect(gone));
    }
    let files = seen.files.iter().filter(|file| file.there());
    let files: Vec<Change> = files.map(|file| removed(&file.path)).collect();
    let units = files.iter().any(|change| change.why.contains("/systemd/"));
    changes.extend(files);
    if units {
        changes.push(
            run("exec systemctl daemon-reload", "tell systemd of its units")
                .kind(ChangeKind::Quiet),
        );
    }
    Plan::of(changes)
}
