//! Interfaces as the kernel has them, in the words of ifconfig(8).

use ipnet::IpNet;
use std::fmt::Write as _;

/// One interface.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Interface {
    /// Its name now.
    pub name: String,
    /// Whether it is up.
    pub up: bool,
    /// Largest packet.
    pub mtu: i64,
    /// Its groups: what it is made of is one of them.
    pub groups: Vec<String>,
    /// Its addresses with their masks; those of its link alone are left out.
    pub addresses: Vec<IpNet>,
    /// A bridge's members.
    pub members: Vec<String>,
    /// A vlan's number and parent.
    pub vlan: Option<(i64, String)>,
}

/// Reads what `ifconfig -f inet:cidr,inet6:cidr -a` tells.
pub fn read(text: &str) -> Vec<Interface> {
    let mut all: Vec<Interface> = Vec::new();
    for line in text.lines() {
        if !line.starts_with(['\t', ' ']) {
            all.extend(head(line));
            continue;
        }
        if let Some(one) = all.last_mut() {
            one.line(line.trim());
        }
    }
    all
}

/// `bridge0: flags=8843<UP,...> metric 0 mtu 1500`; a name may hold blanks (F-36).
fn head(line: &str) -> Option<Interface> {
    let (name, rest) = line.split_once(": flags=")?;
    let flags = rest.split_once('<').and_then(|(_, rest)| rest.split_once('>'))?.0;
    let mtu = rest.split_whitespace().skip_while(|word| *word != "mtu").nth(1);
    let up = flags.split(',').any(|flag| flag == "UP");
    let mtu = mtu.and_then(|mtu| mtu.parse().ok()).unwrap_or(0);
    Some(Interface { name: name.to_string(), up, mtu, ..Interface::default() })
}

impl Interface {
    fn line(&mut self, line: &str) {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words[..] {
            ["inet" | "inet6", net, ..] => {
                let link = net.starts_with("fe80:");
                self.addresses.extend(net.parse::<IpNet>().ok().filter(|_| !link));
            }
            ["groups:", ref groups @ ..] => {
                self.groups = groups.iter().map(ToString::to_string).collect();
            }
            ["member:", name, ..] => self.members.push(name.to_string()),
            ["vlan:", tag, ..] => {
                let parent = line.split_once("parent interface: ").map(|(_, parent)| parent.trim());
                let parent = parent.filter(|parent| *parent != "<none>");
                self.vlan = tag.parse().ok().zip(parent.map(str::to_string));
            }
            _ => {}
        }
    }

    /// The same as ifconfig would tell it.
    pub fn told(&self) -> String {
        let flags = if self.up { "<UP>" } else { "<>" };
        let mut text = format!("{}: flags=0{flags} metric 0 mtu {}\n", self.name, self.mtu);
        for net in &self.addresses {
            let family = family(net);
            let _ = writeln!(text, "\t{family} {net}");
        }
        for member in &self.members {
            let _ = writeln!(text, "\tmember: {member}");
        }
        let _ = writeln!(text, "\tgroups: {}", self.groups.join(" "));
        if let Some((tag, parent)) = &self.vlan {
            let _ = writeln!(text, "\tvlan: {tag} parent interface: {parent}");
        }
        text
    }
}

/// ifconfig's word for an address' family.
pub fn family(net: &IpNet) -> &'static str {
    match net {
        IpNet::V4(_) => "inet",
        IpNet::V6(_) => "inet6",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f36_names_with_blanks_are_other_interfaces() {
        let text = "bad name: flags=8843<UP,BROADCAST> metric 0 mtu 1500\n\tether 58:9c:fc:00:24:5c\n\
            \tid 00:00:00:00:00:00 priority 32768 hellotime 2 fwddelay 15\n\tgroups: bridge\n\
            vlan0: flags=8842<BROADCAST,RUNNING> metric 0 mtu 1400\n\tgroups: vlan\n\
            \tvlan: 10 vlanproto: 802.1q vlanpcp: 0 parent interface: vtnet0\n\
            vlan1: flags=8002<BROADCAST> metric 0 mtu 1500\n\tgroups: vlan\n\
            \tvlan: 0 vlanproto: 0x0000 vlanpcp: 0 parent interface: <none>\n";
        let all = read(text);
        assert_eq!(all[0].name, "bad name");
        assert!(all[0].up && !all[1].up);
        assert_eq!((all[1].mtu, all[1].vlan.clone()), (1400, Some((10, "vtnet0".into()))));
        assert_eq!(all[2].vlan, None);
        assert_eq!(read(&all[1].told()), [all[1].clone()]);
    }
}
