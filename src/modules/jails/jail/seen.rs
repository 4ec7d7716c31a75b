//! What is there of a jail.

use super::super::bastille::{Bastille, JAIL, Kept as Jail};
use super::super::conf::bare;
use super::{Args, Make, Vnet};
use crate::base::Value;
use crate::modules::told::{Kept, Told};
use crate::spec::{Answer, Ctx, Failure};

/// What is there.
pub struct Seen {
    /// All jails.
    pub all: Bastille,
    /// This one.
    pub jail: Option<Jail>,
    /// What an earlier task of a check run would have made of it: `up` or `down`.
    pub foretold: Option<String>,
    /// Whether there is a directory of this name without a jail.conf.
    pub half: bool,
    /// Its jail.conf, settings.conf and tags.
    pub files: Vec<Kept>,
    /// Whether the release is there; None: not asked.
    pub release: Option<bool>,
    /// Addresses of the host's interfaces.
    pub addresses: Vec<String>,
    /// Where something is mounted.
    pub mounts: Vec<String>,
    /// The snapshot that its root is a clone of.
    pub origin: Option<String>,
    /// Its datasets and snapshots.
    pub data: Vec<String>,
}

impl Seen {
    /// Reads the answer.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn read(args: &Args, answers: &[Answer], ctx: Ctx<'_>) -> Result<Self, Failure> {
        let told = Told::read(answers)?;
        let mut all = Bastille::read(&told, ctx)?;
        let world = ctx.world.thing(JAIL, &args.name);
        if world == Some(None) {
            all.jails.retain(|jail| jail.name != args.name);
            all.half.retain(|name| *name != args.name);
        }
        if let Some(state) = world {
            foresee(&mut all, &args.name, state.map(Value::text).as_deref());
        }
        let jail = all.jail_of(&args.name).cloned();
        let foretold = world.flatten().map(Value::text).filter(|_| jail.is_none());
        let paths: Vec<String> = told.paths().map(str::to_string).collect();
        let files = paths.iter().map(|path| Kept::of(&told, path, ctx));
        let origin = told.of("origin").filter(|said| said.rc == 0);
        let origin = origin.map(|said| said.text.trim().to_string()).filter(|text| text != "-");
        let data = told.of("data").filter(|said| said.rc == 0);
        Ok(Self {
            half: all.half.contains(&args.name),
            jail,
            foretold,
            files: files.collect::<Result<_, Failure>>()?,
            release: told.of("release").map(|said| said.text.starts_with("there")),
            addresses: host_addresses(told.text("ifconfig")),
            mounts: mounted(told.text("mounts")),
            origin,
            data: data
                .map_or_else(Vec::new, |said| said.text.lines().map(str::to_string).collect()),
            all,
        })
    }

    /// One of its files.
    pub fn file(&self, path: &str) -> Option<&Kept> {
        self.files.iter().find(|file| file.path == path)
    }

    /// The file of this name.
    ///
    /// # Errors
    /// It was not looked at.
    pub fn named(&self, jail: &str, name: &str) -> Result<&Kept, Failure> {
        let path = self.all.file(jail, name);
        self.file(&path).ok_or_else(|| Failure::new(format!("{path} was not looked at")))
    }

    /// Whether the running jail has other addresses than its file.
    pub fn waits(&self, args: &Args) -> bool {
        let (Some(jail), Some(runs)) = (&self.jail, self.all.running_of(&args.name)) else {
            return false;
        };
        if jail.conf.is_vnet() {
            return false;
        }
        let (mut file, mut live) = (jail.conf.addresses(), runs.addresses.clone());
        file.sort();
        live.sort();
        !file.is_empty() && file != live
    }

    /// What its system is made of.
    pub fn make(&self, jail: &Jail) -> Make {
        if jail.mounted_release().is_some() {
            return Make::Thin;
        }
        if self.origin.is_some() {
            return Make::Clone;
        }
        let empty =
            jail.conf.value("osrelease").is_none() && jail.conf.value("exec.start").is_none();
        if empty { Make::Empty } else { Make::Thick }
    }
}

/// How its network is connected.
pub fn vnet(jail: &Jail) -> Vnet {
    if !jail.conf.is_vnet() {
        return Vnet::None;
    }
    let commands = jail.conf.values("exec.prestart").unwrap_or_default();
    let any = |wanted: &dyn Fn(&str) -> bool| commands.iter().any(|command| wanted(command));
    if any(&|command| command.starts_with("jib addm ")) {
        return Vnet::Standard;
    }
    if any(&|command| command.contains(" addm e0a_") || command.contains(" addm ")) {
        return Vnet::Bridge;
    }
    Vnet::Passthrough
}

/// Its release without patch level.
pub fn release(jail: &Jail) -> Option<String> {
    let own = jail.conf.value("osrelease");
    let own = own.map(|text| text.split("-p").next().unwrap_or_default().to_string());
    jail.mounted_release().map(str::to_string).or(own)
}

/// What an earlier task of a check run would have made of a jail that is there.
fn foresee(all: &mut Bastille, name: &str, state: Option<&str>) {
    if all.jail_of(name).is_none() && state.is_some() {
        return;
    }
    match state {
        Some("up") if all.running_of(name).is_none() => {
            let addresses = all.jail_of(name).map(|jail| jail.conf.addresses()).unwrap_or_default();
            let name = name.to_string();
            all.running.push(super::super::bastille::Running {
                name,
                addresses,
                ..Default::default()
            });
        }
        Some("up") => {}
        _ => all.running.retain(|jail| jail.name != name),
    }
}

/// Addresses that `ifconfig -a` shows.
fn host_addresses(text: &str) -> Vec<String> {
    let address = |line: &str| {
        let mut words = line.split_whitespace();
        let family = words.next().is_some_and(|word| matches!(word, "inet" | "inet6"));
        let address = words.next()?.split('%').next()?;
        family.then(|| bare(address).to_string())
    };
    text.lines().filter_map(address).collect()
}

/// Mount points that `mount -p` shows.
fn mounted(text: &str) -> Vec<String> {
    let point = |line: &str| line.split_whitespace().nth(1).map(str::to_string);
    text.lines().filter_map(point).collect()
}
