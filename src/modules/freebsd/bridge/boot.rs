//! The same interfaces as rc.conf has them.

use super::Kind;
use super::live::family;
use super::wish::Wish;
use crate::modules::freebsd::rcconf::RcConf;
use crate::modules::services::sysrc::list;
use crate::spec::Failure;
use ipnet::{IpNet, Ipv4Net};
use std::net::{IpAddr, Ipv4Addr};

const CLONED: &str = "cloned_interfaces";
/// ifconfig's words that are followed by a bridge's member.
const MEMBERS: [&str; 7] = ["addm", "stp", "-stp", "private", "-private", "edge", "-edge"];

/// An interface's name as part of a variable's.
fn variable(name: &str) -> String {
    name.replace(['.', '-', '/', '+'], "_")
}

/// What ifconfig is told of one interface: its words in groups, such as `inet 10.0.0.1/24`, `addm tap0`, `up`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Words(Vec<Vec<String>>);

impl Words {
    fn read(value: &str) -> Self {
        let mut groups: Vec<Vec<String>> = Vec::new();
        let mut words = value.split_whitespace().map(str::to_string).peekable();
        while let Some(word) = words.next() {
            let takes = matches!(word.as_str(), "inet" | "inet6" | "mtu" | "vhid");
            let takes = takes || MEMBERS.contains(&word.as_str());
            let mut group = vec![word];
            group.extend(words.next_if(|_| takes));
            if words.peek().is_some_and(|next| next == "netmask" || next == "prefixlen") {
                group.extend([words.next(), words.next()].into_iter().flatten());
            }
            groups.push(group);
        }
        Self(groups)
    }

    fn text(&self) -> String {
        self.0.iter().map(|group| group.join(" ")).collect::<Vec<_>>().join(" ")
    }

    fn nets(&self) -> Vec<IpNet> {
        self.0.iter().filter_map(|group| net(group)).collect()
    }

    fn members(&self) -> Vec<String> {
        let member = |group: &Vec<String>| match &group[..] {
            [word, name] if word == "addm" => Some(name.clone()),
            _ => None,
        };
        self.0.iter().filter_map(member).collect()
    }

    /// Adds a group in front of `up`.
    fn add(&mut self, group: Vec<String>) {
        let up = self.0.iter().position(|group| group[0] == "up").unwrap_or(self.0.len());
        self.0.insert(up, group);
    }
}

/// The address of a group of words.
fn net(group: &[String]) -> Option<IpNet> {
    match group {
        [word, net] if word == "inet" || word == "inet6" => {
            net.parse().ok().or_else(|| Some(IpNet::from(net.parse::<IpAddr>().ok()?)))
        }
        [_, address, word, mask] if word == "prefixlen" => {
            IpNet::new(address.parse().ok()?, mask.parse().ok()?).ok()
        }
        [_, address, word, mask] if word == "netmask" => {
            let hex = mask.strip_prefix("0x").map(|hex| u32::from_str_radix(hex, 16));
            let mask =
                hex.and_then(Result::ok).map(Ipv4Addr::from).or_else(|| mask.parse().ok())?;
            Some(Ipv4Net::with_netmask(address.parse().ok()?, mask).ok()?.into())
        }
        _ => None,
    }
}

fn group(net: &IpNet) -> Vec<String> {
    vec![family(net).to_string(), net.to_string()]
}

/// The addresses and members that rc.conf gives an interface.
#[derive(Clone, Debug, Default)]
pub struct Boot {
    /// Addresses, in the order of the variables.
    pub addresses: Vec<IpNet>,
    /// Members.
    pub members: Vec<String>,
}

/// Reads them.
///
/// # Errors
/// The shell computes a value.
pub fn read(rc: &RcConf, name: &str) -> Result<Boot, Failure> {
    let main = Words::read(&rc.value(&main(name))?.unwrap_or_default());
    let mut addresses = main.nets();
    let ipv6 = rc.value(&ipv6(name))?.unwrap_or_default();
    addresses.extend(Words::read(&ipv6).nets());
    for at in 0.. {
        let Some(value) = rc.value(&alias(name, at))? else { break };
        addresses.extend(Words::read(&value).nets());
    }
    Ok(Boot { addresses, members: main.members() })
}

fn main(name: &str) -> String {
    format!("ifconfig_{}", variable(name))
}

fn ipv6(name: &str) -> String {
    format!("ifconfig_{}_ipv6", variable(name))
}

fn alias(name: &str, at: usize) -> String {
    format!("ifconfig_{}_alias{at}", variable(name))
}

/// The name under which rc.conf makes it, if it does.
fn unit(rc: &RcConf, wish: &Wish) -> Result<Option<String>, Failure> {
    let cloned = list::items(&rc.value(CLONED)?.unwrap_or_default(), " ");
    for one in &cloned {
        let renamed = rc.value(&format!("ifconfig_{}_name", variable(one)))?;
        if renamed.as_deref().unwrap_or(one) == wish.name {
            return Ok(Some(one.clone()));
        }
    }
    Ok(None)
}

/// The first name of its kind that rc.conf does not use.
fn free(rc: &RcConf, wish: &Wish) -> Result<String, Failure> {
    if wish.is_native() {
        return Ok(wish.name.clone());
    }
    let cloned = list::items(&rc.value(CLONED)?.unwrap_or_default(), " ");
    let first = if wish.kind == Kind::Lo { 1 } else { 0 };
    let name = |unit: u32| format!("{}{unit}", wish.kind.word());
    Ok((first..).map(name).find(|name| !cloned.contains(name)).unwrap_or_default())
}

/// Makes rc.conf have it at boot; `exclusive`: nothing but what is wished.
///
/// # Errors
/// The shell computes a value.
pub fn write(rc: &mut RcConf, wish: &Wish, exclusive: bool) -> Result<(), Failure> {
    let unit = match unit(rc, wish)? {
        Some(unit) => unit,
        None => free(rc, wish)?,
    };
    let cloned = rc.value(CLONED)?.unwrap_or_default();
    rc.set(CLONED, &list::with(&cloned, &unit, " "))?;
    if unit != wish.name {
        rc.set(&format!("ifconfig_{}_name", variable(&unit)), &wish.name)?;
    }
    if let Some((tag, parent)) = wish.vlan.as_ref().filter(|_| !wish.name.contains('.')) {
        let value = format!("vlan {tag} vlandev {parent}");
        rc.set(&format!("create_args_{}", variable(&unit)), &value)?;
    }
    for end in wish.ends() {
        let mut words = Words::read(&rc.value(&main(&end))?.unwrap_or_default());
        words = configure(words, wish, exclusive);
        rc.set(&main(&end), &words.text())?;
    }
    addresses(rc, wish, exclusive)
}

/// Members, MTU and `up`.
fn configure(mut words: Words, wish: &Wish, exclusive: bool) -> Words {
    if exclusive {
        let keeps = |group: &Vec<String>| match &group[..] {
            [word, name] if MEMBERS.contains(&word.as_str()) => wish.members.contains(name),
            _ => true,
        };
        words.0.retain(keeps);
    }
    if !words.0.iter().any(|group| group[0] == "up") {
        words.0.push(vec!["up".to_string()]);
    }
    let there = words.members();
    for member in wish.members.iter().filter(|member| !there.contains(member)) {
        words.add(vec!["addm".to_string(), member.clone()]);
    }
    if let Some(mtu) = wish.mtu {
        let group = vec!["mtu".to_string(), mtu.to_string()];
        match words.0.iter_mut().find(|group| group[0] == "mtu") {
            Some(old) => *old = group,
            None => words.add(group),
        }
    }
    words
}

/// The first IPv4 address is in the interface's own variable, the first IPv6 one in that for IPv6, others are aliases,
/// numbered without a gap.
fn addresses(rc: &mut RcConf, wish: &Wish, exclusive: bool) -> Result<(), Failure> {
    let name = &wish.name;
    let there = read(rc, name)?.addresses;
    let same = wish.addresses.iter().all(|net| there.contains(net));
    let extra = there.iter().any(|net| !wish.addresses.contains(net));
    if same && !(exclusive && extra) {
        return Ok(());
    }
    if exclusive {
        return rebuild(rc, wish);
    }
    for net in wish.addresses.iter().filter(|net| !there.contains(net)) {
        add(rc, name, net)?;
    }
    Ok(())
}

/// Adds an address where the first free place is; the others stay as they are written.
fn add(rc: &mut RcConf, name: &str, net: &IpNet) -> Result<(), Failure> {
    let mut words = Words::read(&rc.value(&main(name))?.unwrap_or_default());
    let place = match net {
        IpNet::V4(_) if !words.0.iter().any(|group| group[0] == "inet") => {
            words.0.insert(0, group(net));
            return rc.set(&main(name), &words.text());
        }
        IpNet::V6(_) if rc.value(&ipv6(name))?.is_none() => ipv6(name),
        _ => {
            let mut at = 0;
            while rc.value(&alias(name, at))?.is_some() {
                at += 1;
            }
            alias(name, at)
        }
    };
    rc.set(&place, &group(net).join(" "))
}

/// Gives it exactly the wished addresses.
fn rebuild(rc: &mut RcConf, wish: &Wish) -> Result<(), Failure> {
    let name = &wish.name;
    let mut words = Words::read(&rc.value(&main(name))?.unwrap_or_default());
    words.0.retain(|group| !matches!(group[0].as_str(), "inet" | "inet6"));
    rc.set(&main(name), &words.text())?;
    rc.remove(&ipv6(name))?;
    aliases_from(rc, name, 0)?;
    for net in &wish.addresses {
        add(rc, name, net)?;
    }
    Ok(())
}

/// Removes the aliases from this number on.
fn aliases_from(rc: &mut RcConf, name: &str, first: usize) -> Result<(), Failure> {
    for at in first.. {
        if rc.value(&alias(name, at))?.is_none() {
            break;
        }
        rc.remove(&alias(name, at))?;
    }
    Ok(())
}

/// Removes it from rc.conf.
///
/// # Errors
/// The shell computes a value, or sets one under a condition.
pub fn remove(rc: &mut RcConf, wish: &Wish) -> Result<(), Failure> {
    if let Some(unit) = unit(rc, wish)? {
        let cloned = rc.value(CLONED)?.unwrap_or_default();
        match list::without(&cloned, &unit, " ") {
            left if left.is_empty() => rc.remove(CLONED)?,
            left => rc.set(CLONED, &left)?,
        }
        rc.remove(&format!("ifconfig_{}_name", variable(&unit)))?;
        rc.remove(&format!("create_args_{}", variable(&unit)))?;
    }
    for end in wish.ends() {
        rc.remove(&main(&end))?;
    }
    rc.remove(&ipv6(&wish.name))?;
    aliases_from(rc, &wish.name, 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modules::told::Told;
    use crate::spec::{Answer, Ctx, Input, Inputs, Platform, World};

    /// rc.conf behind a change, of this one.
    fn edited(text: &str, edit: impl Fn(&mut RcConf) -> Result<(), Failure>) -> String {
        let block = |text: &str| format!("{}\n{text}\n", text.len());
        let sum = Input::bytes(text.to_string()).sha1;
        let line = format!("f|644|0|0|root|wheel|{}|1|1|1|1|1|1|{sum}", text.len());
        let answer = block("file /etc/rc.conf") + &block(&line) + &block(text);
        let (platform, inputs, world) = (Platform::default(), Inputs::default(), World::default());
        let ctx = Ctx { platform: &platform, inputs: &inputs, world: &world, diff: true };
        let told = Told::read(&[Answer::ok(answer)]).unwrap();
        let mut rc = RcConf::read(&told, &["/etc/rc.conf"], ctx).unwrap();
        edit(&mut rc).unwrap();
        let (_, diff) = rc.changes("set", ctx);
        diff.first().and_then(|diff| diff.after.as_ref()).map_or(text.to_string(), |v| v.text())
    }

    fn wish(addresses: &[&str], members: &[&str]) -> Wish {
        Wish {
            name: "warden0".to_string(),
            kind: Kind::Bridge,
            addresses: addresses.iter().map(|net| net.parse().unwrap()).collect(),
            members: members.iter().map(ToString::to_string).collect(),
            mtu: None,
            vlan: None,
        }
    }

    const RC: &str = "sshd_enable=\"YES\"\ncloned_interfaces=\"bridge3 lo1\"\nifconfig_bridge3_name=\"warden0\"\n\
        ifconfig_warden0=\"inet 10.0.0.1/24 addm tap0 stp tap0 up\" # ours\n\
        ifconfig_warden0_alias0=\"inet 10.0.9.1/24 vhid 1\"\n";

    #[test]
    fn what_others_wrote_stays_unless_all_is_meant() {
        let own = edited(RC, |rc| write(rc, &wish(&["10.0.0.1/24"], &["tap0"]), false));
        assert_eq!(own, RC, "it is there, under the number that was given to it");
        // A second agent's base is a further alias.
        let second = edited(RC, |rc| write(rc, &wish(&["10.1.0.1/24"], &[]), false));
        assert_eq!(second, format!("{RC}ifconfig_warden0_alias1=\"inet 10.1.0.1/24\"\n"));
        let all = edited(RC, |rc| write(rc, &wish(&["10.2.0.1/24"], &["tap1"]), true));
        assert!(all.contains("\"inet 10.2.0.1/24 addm tap1 up\" # ours\n"), "{all}");
        assert!(!all.contains("alias0") && all.contains("ifconfig_bridge3_name"), "{all}");
    }

    #[test]
    fn all_of_it_goes_and_others_stay() {
        let gone = edited(RC, |rc| remove(rc, &wish(&[], &[])));
        assert_eq!(gone, "sshd_enable=\"YES\"\ncloned_interfaces=\"lo1\"\n");
        let alone = "cloned_interfaces=\"warden0\"\nifconfig_warden0=\"up\"\n";
        assert_eq!(edited(alone, |rc| remove(rc, &wish(&[], &[]))), "");
    }

    #[test]
    fn words_of_rc_conf_are_read_in_all_their_forms() {
        let text = "inet 10.0.0.1 netmask 255.255.255.0 addm tap0 stp tap0 mtu 1400 up";
        let words = Words::read(text);
        assert_eq!(words.text(), text);
        assert_eq!(words.nets(), ["10.0.0.1/24".parse::<IpNet>().unwrap()]);
        assert_eq!(words.members(), ["tap0"]);
        let net = |text: &str| Words::read(text).nets()[0].to_string();
        assert_eq!(net("inet 10.0.0.1 netmask 0xffffff00"), "10.0.0.1/24");
        assert_eq!(net("inet6 fd00::1 prefixlen 64"), "fd00::1/64");
        assert_eq!(net("inet 10.0.0.1/32"), "10.0.0.1/32");
        assert!(Words::read("SYNCDHCP").nets().is_empty());
    }
}
