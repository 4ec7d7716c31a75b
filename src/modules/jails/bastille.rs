//! What Bastille keeps on a host and what runs there, as `look.sh` tells it.

use super::conf::Block;
use crate::base::Value;
use crate::base::value::from_json;
use crate::modules::told::Told;
use crate::spec::path::unescape;
use crate::spec::{Ctx, Failure, Os};
use std::collections::BTreeMap;

/// Where its configuration is.
pub const CONF: &str = "/usr/local/etc/bastille/bastille.conf";
/// The lock of everything that runs bastille or changes what it keeps.
pub const LOCK: crate::spec::Traits =
    crate::spec::Traits { lock: Some("bastille"), ..crate::spec::Traits::NONE };
/// Kind of a release in the predicted world.
pub const RELEASE: &str = "bastille_release";
/// Kind of a jail in the predicted world; its value is `up` or `down`.
pub const JAIL: &str = "jail";

/// A jail that runs, or that is stuck on its way out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Running {
    /// Its number.
    pub jid: String,
    /// Its whole name.
    pub name: String,
    /// Its root.
    pub path: String,
    /// Its addresses.
    pub addresses: Vec<String>,
    /// Whether it was removed and something still holds it.
    pub dying: bool,
}

/// A jail that Bastille keeps.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    /// Its whole name.
    pub name: String,
    /// Its jail.conf.
    pub conf: Block,
    /// Its fstab.
    pub fstab: String,
    /// Its tags.
    pub tags: Vec<String>,
    settings: BTreeMap<String, String>,
    rdr: String,
}

/// All of it.
#[derive(Clone, Debug, Default)]
pub struct Bastille {
    /// Whether bastille is there.
    pub there: bool,
    /// Its jails.
    pub jails: Vec<Kept>,
    /// All jails of the kernel.
    pub running: Vec<Running>,
    /// Directories among the jails' that are none.
    pub half: Vec<String>,
    values: BTreeMap<String, String>,
}

/// Refuses other systems.
pub fn only_freebsd(module: &str, ctx: Ctx<'_>) -> Result<(), Failure> {
    if ctx.platform.os == Os::FreeBsd {
        return Ok(());
    }
    Err(Failure::new(format!("{module} is for FreeBSD: this host is {}", ctx.platform.system)))
}

/// A jail's name: whole, and such that bastille takes it for nothing else.
pub fn check_name(name: &str) -> Result<(), Failure> {
    let why = |why: &str| Failure::new(format!("'{name}' cannot be the name of a jail: {why}"));
    let letter = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if name.is_empty() || !name.chars().all(letter) {
        return Err(why("it consists of letters, digits, - and _"));
    }
    if name.starts_with(['-', '_']) {
        return Err(why("it begins with a letter or a digit"));
    }
    if name.chars().all(|c| c.is_ascii_digit()) {
        return Err(why("it does not only consist of digits"));
    }
    if name.eq_ignore_ascii_case("all") || name == "convert" {
        return Err(why("the word means something to bastille"));
    }
    if name.len() > 63 {
        return Err(why("it is longer than 63 characters"));
    }
    Ok(())
}

impl Bastille {
    /// Reads what the probe was told.
    ///
    /// # Errors
    /// The host does not know its jails, or Bastille's configuration cannot be read.
    pub fn read(told: &Told, ctx: Ctx<'_>) -> Result<Self, Failure> {
        let conf = told.of("conf").ok_or_else(|| Failure::new("the host did not answer"))?;
        if conf.rc != 0 {
            return Err(Failure::new(format!("{CONF} cannot be read by the shell")));
        }
        let values = conf.text.lines().filter_map(|line| line.split_once('='));
        let mut all = Self {
            there: told.worked("bastille") || foreseen(ctx),
            running: running(told)?,
            values: values.map(|(name, value)| (name.to_string(), unescape(value))).collect(),
            ..Self::default()
        };
        for said in told.all() {
            let Some((what, name)) = said.what.split_once(' ') else { continue };
            if what == "half" {
                all.half.push(name.to_string());
            }
            all.jail(what, name, &said.text);
        }
        Ok(all)
    }

    fn jail(&mut self, what: &str, name: &str, text: &str) {
        if what == "conf" {
            let conf = Block::of(text, name).unwrap_or_default();
            self.jails.push(Kept { name: name.to_string(), conf, ..Kept::default() });
            return;
        }
        let Some(jail) = self.jails.last_mut().filter(|jail| jail.name == name) else { return };
        match what {
            "set" => jail.settings = settings(text),
            "fstab" => jail.fstab = text.to_string(),
            "tags" => jail.tags = tags(text),
            "rdr" => jail.rdr = text.to_string(),
            _ => {}
        }
    }

    /// A variable of its configuration; empty when it is not set.
    pub fn value(&self, name: &str) -> &str {
        self.values.get(name).map_or("", String::as_str)
    }

    fn dir(&self, name: &str, default: &str) -> String {
        let prefix = Some(self.value("bastille_prefix")).filter(|prefix| !prefix.is_empty());
        match self.value(name) {
            "" => format!("{}/{default}", prefix.unwrap_or("/usr/local/bastille")),
            dir => dir.to_string(),
        }
    }

    /// Where its jails are.
    pub fn jails_dir(&self) -> String {
        self.dir("bastille_jailsdir", "jails")
    }

    /// Where its releases are.
    pub fn releases_dir(&self) -> String {
        self.dir("bastille_releasesdir", "releases")
    }

    /// A file that belongs to a jail.
    pub fn file(&self, jail: &str, name: &str) -> String {
        format!("{}/{jail}/{name}", self.jails_dir())
    }

    /// Whether datasets are made for jails.
    pub fn on_zfs(&self) -> bool {
        self.value("bastille_zfs_enable").eq_ignore_ascii_case("yes")
    }

    /// A jail that Bastille keeps, by its whole name.
    pub fn jail_of(&self, name: &str) -> Option<&Kept> {
        self.jails.iter().find(|jail| jail.name == name)
    }

    /// A running jail, by its whole name.
    pub fn running_of(&self, name: &str) -> Option<&Running> {
        self.running.iter().find(|jail| jail.name == name && !jail.dying)
    }

    /// A jail of this name that was removed and is still held.
    pub fn dying_of(&self, name: &str) -> Option<&Running> {
        self.running.iter().find(|jail| jail.name == name && jail.dying)
    }

    /// Lines of all jails' rdr.conf, each with its jail.
    pub fn rdr(&self) -> impl Iterator<Item = (&str, &str)> {
        self.jails.iter().flat_map(|jail| jail.rdr.lines().map(|line| (jail.name.as_str(), line)))
    }

    /// Jails that Bastille stops with this one, since they depend on it.
    pub fn dependents(&self, name: &str) -> Vec<&str> {
        let depends = |jail: &&Kept| jail.depends().any(|other| other == name);
        self.jails.iter().filter(depends).map(|jail| jail.name.as_str()).collect()
    }

    /// The other jail that has an address, whether it runs or not.
    pub fn owner_of(&self, address: &str, besides: &str) -> Option<&str> {
        let kept = self.jails.iter().filter(|jail| jail.name != besides);
        let kept = kept.filter(|jail| jail.conf.addresses().iter().any(|known| known == address));
        let runs = self.running.iter().filter(|jail| jail.name != besides && !jail.dying);
        let runs = runs.filter(|jail| jail.addresses.iter().any(|known| known == address));
        kept.map(|jail| jail.name.as_str()).chain(runs.map(|jail| jail.name.as_str())).next()
    }

    /// The jail of a task that needs one which is there.
    ///
    /// # Errors
    /// It is not there; names that begin alike are told.
    pub fn needs(&self, name: &str) -> Result<&Kept, Failure> {
        if let Some(jail) = self.jail_of(name) {
            return Ok(jail);
        }
        let near = self.jails.iter().map(|jail| jail.name.as_str());
        let near: Vec<&str> = near.filter(|other| other.starts_with(name)).collect();
        let text = format!("there is no jail {name} in {}", self.jails_dir());
        Err(Failure::new(match near.is_empty() {
            true => text,
            false => format!("{text}; {} is another one", near.join(", ")),
        })
        .missing())
    }
}

impl Kept {
    /// A setting of Bastille's: `boot`, `priority`, `depend`.
    pub fn setting(&self, name: &str) -> &str {
        self.settings.get(name).map_or("", String::as_str)
    }

    fn depends(&self) -> impl Iterator<Item = &str> {
        self.setting("depend").split([' ', ',']).filter(|word| !word.is_empty())
    }

    /// The release that a thin jail is mounted from.
    pub fn mounted_release(&self) -> Option<&str> {
        self.fstab.lines().find_map(|line| {
            let mut fields = line.split_whitespace();
            let (from, to) = (fields.next()?, fields.next()?);
            let (_, release) = from.rsplit_once("/releases/")?;
            to.ends_with("/root/.bastille").then_some(release)
        })
    }
}

/// Whether an earlier task of a check run would have installed it.
fn foreseen(ctx: Ctx<'_>) -> bool {
    let is_it =
        |name: &str| name.rsplit('/').next().is_some_and(|name| name.starts_with("bastille"));
    ctx.world.things("package").iter().any(|(name, state)| state.is_some() && is_it(name))
}

/// The jails of the kernel.
pub fn running(told: &Told) -> Result<Vec<Running>, Failure> {
    let said = told.of("jls").ok_or_else(|| Failure::new("the host did not answer"))?;
    let unread = || Failure::new(format!("jls cannot be read: {}", said.text.trim_end()));
    if said.rc != 0 {
        return Err(unread());
    }
    let value = from_json(said.text.trim_end()).map_err(|_| unread())?;
    let jails = value.get("jail-information").and_then(|info| info.get("jail"));
    let jails = jails.and_then(Value::as_list).ok_or_else(unread)?;
    jails.iter().map(|jail| running_one(jail).ok_or_else(unread)).collect()
}

/// Its values are texts, its addresses lists (F-59).
fn running_one(jail: &Value) -> Option<Running> {
    let text = |name: &str| jail.get(name).map(Value::text);
    let list = |name: &str| jail.get(name).and_then(Value::as_list).map(<[Value]>::to_vec);
    let addresses = ["ip4.addr", "ip6.addr"].into_iter().filter_map(list).flatten();
    Some(Running {
        jid: text("jid")?,
        name: text("name")?,
        path: text("path").unwrap_or_default(),
        addresses: addresses.map(|address| address.text()).collect(),
        dying: text("dying").is_some_and(|dying| dying == "true"),
    })
}

/// `NAME="value"` in each line.
fn settings(text: &str) -> BTreeMap<String, String> {
    let pairs = text.lines().filter_map(|line| line.trim().split_once('='));
    pairs
        .map(|(name, value)| (name.to_string(), value.trim().trim_matches('"').to_string()))
        .collect()
}

/// One in each line; older versions wrote several into one.
pub fn tags(text: &str) -> Vec<String> {
    let mut tags: Vec<String> = text
        .split([',', ' ', '\t', '\n'])
        .filter(|tag| !tag.is_empty())
        .map(str::to_string)
        .collect();
    tags.sort();
    tags.dedup();
    tags
}

impl Bastille {
    /// Whether a jail is only foreseen: an earlier task of a check run would have made it.
    ///
    /// # Errors
    /// It is neither there nor foreseen.
    pub fn coming(&self, name: &str, ctx: Ctx<'_>) -> Result<bool, Failure> {
        match ctx.world.thing(JAIL, name) {
            Some(Some(_)) => Ok(self.jail_of(name).is_none()),
            Some(None) => Err(Failure::new(format!("there is no jail {name} any more"))),
            None => self.needs(name).map(|_| false),
        }
    }
}
