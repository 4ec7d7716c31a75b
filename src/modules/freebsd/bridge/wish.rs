//! What an interface should be.

use super::{Args, Kind};
use crate::spec::Failure;
use ipnet::IpNet;

/// An interface as it is wanted.
#[derive(Clone, Debug)]
pub struct Wish {
    /// Its name; of an epair without the letter of its ends.
    pub name: String,
    /// What it is made of.
    pub kind: Kind,
    /// Addresses that it has.
    pub addresses: Vec<IpNet>,
    /// Members that it has.
    pub members: Vec<String>,
    /// Its MTU.
    pub mtu: Option<i64>,
    /// Number and parent of a vlan.
    pub vlan: Option<(i64, String)>,
}

/// Whether the rc scripts and ifconfig can take a name as it is (F-36).
fn is_name(name: &str) -> bool {
    let letter = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.');
    name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.len() <= 15
        && name.chars().all(letter)
}

impl Wish {
    /// Reads the arguments.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn of(args: &Args) -> Result<Self, Failure> {
        let (name, kind) = (args.name.clone(), args.kind);
        if let Some(odd) = [&name].into_iter().chain(&args.members).find(|name| !is_name(name)) {
            let text = format!(
                "invalid name of an interface: '{odd}'; at most 15 letters, digits, '_' and '.', a letter first"
            );
            return Err(Failure::new(text));
        }
        let address = |text: &String| {
            let net = text.parse::<IpNet>().ok();
            net.ok_or_else(|| {
                Failure::new(format!("{text} is no address with a mask, as 10.0.0.1/24"))
            })
        };
        let addresses = args.addresses.iter().map(address).collect::<Result<_, Failure>>()?;
        let vlan = args.vlan.zip(args.parent.clone());
        let wish =
            Self { name, kind, addresses, members: args.members.clone(), mtu: args.mtu, vlan };
        match wish.odd(args) {
            Some(text) => Err(Failure::new(text)),
            None => Ok(wish),
        }
    }

    /// What does not fit together.
    fn odd(&self, args: &Args) -> Option<String> {
        let word = self.kind.word();
        if self.kind != Kind::Bridge && !self.members.is_empty() {
            return Some(format!("only a bridge has members, not a {word}"));
        }
        if self.members.contains(&self.name) {
            return Some("a bridge is no member of itself".to_string());
        }
        if self.kind == Kind::Epair && (!self.is_native() || !self.addresses.is_empty()) {
            let text = "an epair is called epair and a number, and has no addresses of its own";
            return Some(text.to_string());
        }
        let vlan = args.vlan.is_some() || args.parent.is_some();
        if self.kind != Kind::Vlan && vlan {
            return Some(format!("vlan and parent are for a vlan, not for a {word}"));
        }
        match &self.vlan {
            None if self.kind == Kind::Vlan && args.state == super::Presence::Present => {
                return Some("a vlan needs vlan and parent".to_string());
            }
            Some((tag, _)) if !(1..=4094).contains(tag) => {
                return Some(format!("{tag} is no number of a vlan: 1 to 4094"));
            }
            _ => {}
        }
        let mtu = self.mtu.filter(|mtu| !(72..=65535).contains(mtu));
        mtu.map(|mtu| format!("{mtu} is no MTU"))
    }

    /// Whether its name is one that the kernel gives itself: no renaming is needed.
    pub fn is_native(&self) -> bool {
        self.unit().is_some() || (self.kind == Kind::Vlan && self.name.contains('.'))
    }

    /// Its number, of such a name.
    pub fn unit(&self) -> Option<u32> {
        let number = self.name.strip_prefix(self.kind.word())?;
        number.parse().ok().filter(|unit: &u32| unit.to_string() == number)
    }

    /// The names under which ifconfig knows it.
    pub fn ends(&self) -> Vec<String> {
        match self.kind {
            Kind::Epair => ["a", "b"].map(|end| format!("{}{end}", self.name)).to_vec(),
            _ => vec![self.name.clone()],
        }
    }
}
