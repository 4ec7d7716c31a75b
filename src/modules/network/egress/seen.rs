//! What the host told.

use super::args::Args;
use super::files::Places;
use super::listing::Listing;
use super::wish::{Wish, table};
use super::{KIND, UNIT};
use crate::base::Value;
use crate::modules::told::{Kept, Told};
use crate::spec::{Ctx, Failure};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// What an interface is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Link {
    /// It is not there.
    None,
    /// A port of this bridge.
    Port(String),
    /// A bridge with these ports.
    Bridge(Vec<String>),
    /// Any other.
    Plain,
}

/// A unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unit {
    /// Whether it is active.
    pub active: bool,
    /// Whether it starts at boot.
    pub enabled: bool,
}

/// What is there.
pub struct Seen {
    /// The wanted table as nft would show it, or why it is none.
    pub tried: Result<Listing, String>,
    /// The table that is loaded.
    pub now: Option<Listing>,
    /// The text of a table of our name in the other family.
    pub other: Option<String>,
    /// Whether a check run has loaded exactly the wanted rules.
    pub predicted: Option<String>,
    /// The interface.
    pub link: Link,
    /// The bridge that was named.
    pub bridge: Option<Link>,
    /// Interfaces by which we come.
    pub management: BTreeSet<String>,
    /// Whether the host's own nftables throws away all tables.
    pub flushes: bool,
    /// What dnsmasq says of itself, when it was asked.
    pub dnsmasq: Option<String>,
    /// Addresses of names.
    pub names: BTreeMap<String, Vec<IpAddr>>,
    /// All files of the guest.
    pub files: Vec<Kept>,
    /// Its units.
    pub units: BTreeMap<String, Unit>,
}

impl Seen {
    /// Of the answer.
    ///
    /// # Errors
    /// nft is missing or may not be used.
    pub fn of(
        args: &Args,
        wish: Option<&Wish>,
        told: &Told,
        ctx: Ctx<'_>,
    ) -> Result<Self, Failure> {
        told.tool("nft")?;
        let tried = told.of("tried").map_or(Ok(Listing::default()), |said| match said.rc {
            0 => Ok(Listing::of(&said.text)),
            _ => Err(said.text.trim().to_string()),
        });
        let known = ctx.world.thing(KIND, &args.name);
        let gone = matches!(known, Some(None));
        let bridge = wish.and(args.bridge.as_deref()).map(|_| link(told, "bridge"));
        Ok(Self {
            tried,
            now: listed(told, "now")?.filter(|_| !gone).map(|text| Listing::of(&text)),
            other: listed(told, "other")?.filter(|_| known.is_none()),
            predicted: known.flatten().map(Value::text),
            link: link(told, "link"),
            bridge,
            management: told.text("management").lines().filter_map(device).collect(),
            flushes: told.worked("flushes"),
            dnsmasq: told.of("dnsmasq").map(|said| said.text.clone()),
            names: wish.map_or_else(BTreeMap::new, |wish| named(wish, told)),
            files: told.paths().map(|path| Kept::of(told, path, ctx)).collect::<Result<_, _>>()?,
            units: units(args, told, ctx),
        })
    }

    /// One of the files.
    ///
    /// # Errors
    /// It was not looked at.
    pub fn file(&self, path: &str) -> Result<&Kept, Failure> {
        let found = self.files.iter().find(|file| file.path == path);
        found.ok_or_else(|| Failure::new(format!("{path} was not looked at")))
    }

    /// Names without any address.
    pub fn unresolved(&self) -> Vec<&str> {
        let none = self.names.iter().filter(|(_, addresses)| addresses.is_empty());
        none.map(|(name, _)| name.as_str()).collect()
    }
}

/// A table; None: there is none.
fn listed(told: &Told, what: &str) -> Result<Option<String>, Failure> {
    let said = told.of(what).ok_or_else(|| Failure::new("the host did not answer"))?;
    match said.rc {
        0 => Ok(Some(said.text.clone())),
        _ if said.text.contains("No such file or directory") => Ok(None),
        _ if said.text.contains("not permitted") => Err(Failure::new("nft needs root")),
        _ => Err(Failure::new(format!("nft does not show its tables: {}", said.text.trim()))),
    }
}

fn link(told: &Told, what: &str) -> Link {
    if !told.worked(what) {
        return Link::None;
    }
    let text = told.text(what).trim();
    if let Some(path) = text.strip_prefix("port ") {
        return Link::Port(path.rsplit('/').next().unwrap_or(path).to_string());
    }
    match text.strip_prefix("bridge") {
        Some(ports) => Link::Bridge(ports.split_whitespace().map(str::to_string).collect()),
        None => Link::Plain,
    }
}

/// The device of a line of `ip route`.
fn device(line: &str) -> Option<String> {
    let mut words = line.split_whitespace();
    words.find(|word| *word == "dev")?;
    words.next().map(str::to_string)
}

fn named(wish: &Wish, told: &Told) -> BTreeMap<String, Vec<IpAddr>> {
    let of = |what: &str, name: &str| {
        let said = told.of(&format!("{what} {name}")).filter(|said| said.rc == 0);
        let lines = said.map_or("", |said| said.text.as_str()).lines();
        let first = lines.filter_map(|line| line.split_whitespace().next()?.parse::<IpAddr>().ok());
        first.collect::<BTreeSet<_>>()
    };
    let mapped = |addr: &IpAddr| matches!(addr, IpAddr::V6(six) if six.to_ipv4_mapped().is_none());
    let one = |name: String| {
        let four = of("v4", &name).into_iter().filter(IpAddr::is_ipv4);
        let all = four.chain(of("v6", &name).into_iter().filter(mapped)).collect();
        (name, all)
    };
    wish.names().into_iter().map(one).collect()
}

fn units(args: &Args, told: &Told, ctx: Ctx<'_>) -> BTreeMap<String, Unit> {
    let places = Places::of(&args.name);
    let one = |unit: String| {
        let yes = |what: &str| told.worked(&format!("{what} {unit}"));
        let now = Unit { active: yes("active"), enabled: yes("enabled") };
        let known = ctx
            .world
            .thing(UNIT, &unit)
            .map(|on| Unit { active: on.is_some(), enabled: on.is_some() });
        (unit, known.unwrap_or(now))
    };
    [places.service, places.timer].into_iter().map(one).collect()
}

/// Name of the table in both families.
pub fn families(wish: Option<&Wish>, name: &str) -> (&'static str, &'static str, String) {
    let family = wish.map_or("bridge", Wish::family);
    (family, if family == "bridge" { "inet" } else { "bridge" }, table(name))
}
