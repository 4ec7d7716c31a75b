//! What makes a live interface the wanted one: commands, each with the one that undoes it.

use super::Kind;
use super::live::{Interface, family};
use super::wish::Wish;
use crate::base::quote;
use ipnet::IpNet;

/// One command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What it does, for people.
    pub why: String,
    /// As a shell text.
    pub text: String,
    /// The text that undoes it.
    pub undo: String,
}

/// The commands of one program.
pub struct Ifconfig<'a>(pub &'a str);

impl Ifconfig<'_> {
    fn text(&self, words: &[&str]) -> String {
        quote::words([self.0].iter().chain(words))
    }

    fn step(&self, why: String, words: &[&str], undo: &[&str]) -> Step {
        let undo = if undo.is_empty() { String::new() } else { self.text(undo) };
        Step { why, text: self.text(words), undo }
    }

    /// Makes it.
    pub fn create(&self, wish: &Wish) -> Step {
        let name = wish.name.as_str();
        let tag = wish.vlan.as_ref().map(|(tag, parent)| (tag.to_string(), parent));
        let mut words = vec![name, "create"];
        if !wish.is_native() {
            words[0] = wish.kind.word();
        }
        if let Some((tag, parent)) = tag.as_ref().filter(|_| !name.contains('.')) {
            words.extend(["vlan", tag, "vlandev", parent]);
        }
        let first = &wish.ends()[0];
        let step = self.step(format!("create {name}"), &words, &[first, "destroy"]);
        if wish.is_native() {
            return step;
        }
        words.extend(["name", name]);
        // F-34: when the name is taken the new one stays, under a name of its own that it tells.
        let text = format!(
            "made=$({}) && exit\nrc=$?\ncase $made in '' | {}) ;; *) {} \"$made\" destroy ;; esac\nexit \"$rc\"",
            self.text(&words),
            quote::sh(name),
            quote::sh(self.0)
        );
        Step { text: format!("({text})"), ..step }
    }

    /// Gives a vlan another number or parent: one that has a parent is not given another (F-38).
    fn retag(&self, name: &str, old: Option<&(i64, String)>, new: &(i64, String)) -> Vec<Step> {
        let mut steps = Vec::new();
        let (tag, parent) = (new.0.to_string(), new.1.as_str());
        let mut undo = vec![name.to_string(), "-vlandev".to_string()];
        if let Some((tag, parent)) = old {
            steps.push(self.step(format!("take {name} from its parent"), &[name, "-vlandev"], &[]));
            let back = format!("{name} vlan {tag} vlandev {parent}");
            undo = back.split(' ').map(str::to_string).collect();
        }
        let mut step = self.step(
            format!("make {name} number {tag} of {parent}"),
            &[name, "vlan", &tag, "vlandev", parent],
            &[],
        );
        let undo: Vec<&str> = undo.iter().map(String::as_str).collect();
        step.undo = match old {
            Some(_) => format!("{}; {}", self.text(&[name, "-vlandev"]), self.text(&undo)),
            None => self.text(&undo),
        };
        steps.push(step);
        steps
    }

    fn address(&self, name: &str, net: &IpNet) -> Step {
        let (family, with, bare) = (family(net), net.to_string(), net.addr().to_string());
        self.step(
            format!("add {net} to {name}"),
            &[name, family, &with, "alias"],
            &[name, family, &bare, "-alias"],
        )
    }

    /// The address comes first, else inet6 does not find it (F-37).
    fn no_address(&self, name: &str, net: &IpNet) -> Step {
        let Step { text, undo, .. } = self.address(name, net);
        Step { why: format!("remove {net} from {name}"), text: undo, undo: text }
    }

    /// Everything that lacks; `gone`: what rc.conf had and should have no more.
    pub fn configure(&self, wish: &Wish, now: &Interface, gone: &super::boot::Boot) -> Vec<Step> {
        let name = now.name.as_str();
        let mut steps = Vec::new();
        if let Some(new) = wish.vlan.as_ref().filter(|new| now.vlan.as_ref() != Some(new)) {
            steps.extend(self.retag(name, now.vlan.as_ref(), new));
        }
        if let Some(mtu) = wish.mtu.filter(|mtu| *mtu != now.mtu) {
            let (new, old) = (mtu.to_string(), now.mtu.to_string());
            let why = format!("set the MTU of {name} to {mtu}");
            steps.push(self.step(why, &[name, "mtu", &new], &[name, "mtu", &old]));
        }
        let old = gone.addresses.iter().filter(|net| now.addresses.contains(net));
        steps.extend(old.map(|net| self.no_address(name, net)));
        let new = wish.addresses.iter().filter(|net| !now.addresses.contains(net));
        steps.extend(new.map(|net| self.address(name, net)));
        for member in gone.members.iter().filter(|member| now.members.contains(member)) {
            let why = format!("take {member} out of {name}");
            steps.push(self.step(why, &[name, "deletem", member], &[name, "addm", member]));
        }
        // One by one: several at once are not all or nothing (F-38).
        for member in wish.members.iter().filter(|member| !now.members.contains(member)) {
            let why = format!("add {member} to {name}");
            steps.push(self.step(why, &[name, "addm", member], &[name, "deletem", member]));
        }
        if !now.up {
            steps.push(self.step(format!("bring {name} up"), &[name, "up"], &[name, "down"]));
        }
        steps
    }

    /// Removes it; of an epair both ends go.
    pub fn destroy(&self, wish: &Wish) -> Step {
        let first = &wish.ends()[0];
        self.step(format!("destroy {}", wish.name), &[first, "destroy"], &[])
    }
}

/// The interface once it is as wished.
pub fn after(
    wish: &Wish,
    name: &str,
    now: Option<&Interface>,
    gone: &super::boot::Boot,
) -> Interface {
    let mut new = now.cloned().unwrap_or_else(|| Interface {
        mtu: if wish.kind == Kind::Lo { 16384 } else { 1500 },
        groups: vec![wish.kind.word().to_string()],
        ..Interface::default()
    });
    new.name = name.to_string();
    new.up = true;
    new.mtu = wish.mtu.unwrap_or(new.mtu);
    new.addresses.retain(|net| !gone.addresses.contains(net));
    new.members.retain(|member| !gone.members.contains(member));
    let addresses = wish.addresses.iter().filter(|net| !new.addresses.contains(net)).copied();
    let addresses: Vec<IpNet> = addresses.collect();
    new.addresses.extend(addresses);
    for member in &wish.members {
        if !new.members.contains(member) {
            new.members.push(member.clone());
        }
    }
    new.vlan = wish.vlan.clone().or(new.vlan);
    new
}
