//! What boots a host: its loader, the files and entries it takes a command line from, and the one it runs with.

use super::detect::{detect, kinds, mkconfig};
use super::entries::{self, Entry};
use super::grub::{DIRECTORY, DROP_IN, Grub};
use super::words::{Wish, has_root, split};
use crate::modules::told::{Kept, Told};
use crate::spec::{
    Change, ChangeKind, Command, Ctx, Effect, Failure, Op, PathAttrs, PathKind, Plan, Probe, Risk,
};

crate::choices! {
    /// What boots the host.
    pub enum Loader {
        Auto = "auto",
        Grub = "grub",
        Proxmox = "proxmox-boot-tool",
        Systemd = "systemd-boot",
        Grubby = "grubby",
    }
}

/// Kind of the predicted world's entries.
const KIND: &str = "boot_entries";
const LINE: &str = "/etc/kernel/cmdline";

/// A file of one line with the whole command line.
pub struct Line {
    /// The file.
    pub file: Kept,
    /// Its words, or those that stand for it where it is not there.
    pub words: Vec<String>,
}

/// What was seen.
pub struct Boot {
    /// What boots it.
    pub loader: Loader,
    /// GRUB's defaults, where it takes part.
    pub grub: Option<Grub>,
    /// The file of one line, where something reads it.
    pub line: Option<Line>,
    /// What would be booted.
    pub entries: Vec<Entry>,
    /// Why some entries cannot be seen.
    pub blind: Vec<String>,
    /// What the host runs with.
    pub running: Vec<String>,
    mkconfig: Option<String>,
}

impl Boot {
    /// Reads the answers.
    ///
    /// # Errors
    /// The loader is not known, or its files cannot be read.
    pub fn read(told: &Told, asked: Loader, ctx: Ctx<'_>) -> Result<Self, Failure> {
        let loader = detect(told, asked)?;
        let (grub, line) = match loader {
            Loader::Proxmox => kinds(told),
            Loader::Systemd => (false, true),
            Loader::Grub => (true, false),
            Loader::Auto | Loader::Grubby => (false, false),
        };
        let running = split(told.text("running"));
        let mut boot = Self {
            loader,
            grub: if grub { Some(Grub::read(told, ctx)?) } else { None },
            line: if line { Some(Line::read(told, &running, ctx)?) } else { None },
            entries: Vec::new(),
            blind: Vec::new(),
            running,
            mkconfig: mkconfig(told),
        };
        boot.look_at_entries(told);
        if let Some(Some(value)) = ctx.world.thing(KIND, loader.word()) {
            let words = split(&value.text());
            boot.entries = vec![Entry { name: "as predicted".to_string(), words }];
            boot.blind.clear();
        }
        Ok(boot)
    }

    fn look_at_entries(&mut self, told: &Told) {
        match self.loader {
            Loader::Grub => {
                let files = told.all().filter(|said| said.what.starts_with("cfg "));
                self.entries = files.flat_map(|said| entries::grub(&said.text)).collect();
            }
            Loader::Systemd => self.entries = entries::told(told),
            Loader::Grubby => self.entries = entries::grubby(told.text("grubby")),
            Loader::Proxmox | Loader::Auto => {
                for said in told.all().filter(|said| said.what.starts_with("esp ")) {
                    if said.rc == 0 {
                        self.entries.extend(entries::partition(&said.text));
                    } else {
                        self.blind.push(format!("{}: {}", said.what, said.text.trim()));
                    }
                }
            }
        }
    }

    /// What is said of partitions that cannot be seen, and of those that the tool skips.
    pub fn warnings(&self, told: &Told) -> Vec<String> {
        let blind = self.blind.iter();
        let mut all: Vec<String> =
            blind.map(|why| format!("entries cannot be seen: {why}")).collect();
        let status = told.text("status").lines().filter(|line| line.starts_with("WARN"));
        all.extend(status.map(String::from));
        all
    }

    /// Words that the next entries get, by where they come from.
    pub fn files(&self) -> Vec<(String, Vec<String>)> {
        let grub = self.grub.iter().map(|grub| ("/etc/default/grub".to_string(), grub.words()));
        let line = self.line.iter().map(|line| (line.file.path.clone(), line.words.clone()));
        grub.chain(line).collect()
    }

    /// Whether the host has to boot before it runs with it.
    pub fn waits(&self, wish: &Wish) -> bool {
        !wish.holds(&self.running)
    }

    /// Whether all entries have it; None: they cannot be seen.
    pub fn generated(&self, wish: &Wish) -> Option<bool> {
        if self.entries.iter().any(|entry| !wish.holds(&entry.words)) {
            return Some(false);
        }
        (self.blind.is_empty() && !self.entries.is_empty()).then_some(true)
    }

    /// What has to be done.
    ///
    /// # Errors
    /// It cannot be done, or the host would not boot afterwards.
    pub fn plan(&self, wish: &Wish, backup: bool, ctx: Ctx<'_>) -> Result<Plan, Failure> {
        let mut plan = Plan::ok();
        let mut changes = Vec::new();
        if let Some(grub) = &self.grub {
            grub_changes(grub, wish, backup, ctx, (&mut plan, &mut changes))?;
        }
        if let Some(line) = &self.line
            && let Some(text) = line.edit(wish, &self.running)?
        {
            plan.diff.push(line.file.diff(&text, ctx));
            let mut file = line.file.file(text, 0o644);
            file.backup = backup && line.file.there();
            changes.push(file.change(format!("write {}", line.file.path)).risk(Risk::High));
        }
        for entry in &self.entries {
            wish.check(&entry.words)?;
        }
        if !changes.is_empty() || self.generated(wish) == Some(false) {
            changes.extend(self.refresh(wish)?);
        }
        plan.parts = Plan::of(changes).parts;
        plan.uncertain = self.uncertain();
        Ok(plan)
    }

    fn uncertain(&self) -> Option<String> {
        let grub = self.grub.as_ref().map(|grub| &grub.file);
        let files = grub.into_iter().chain(self.line.as_ref().map(|line| &line.file));
        files.filter_map(|file| file.uncertain.clone()).next()
    }

    /// What makes the entries anew.
    fn refresh(&self, wish: &Wish) -> Result<Vec<Change>, Failure> {
        let mut all = Vec::new();
        if self.grub.is_some() {
            let text = self.mkconfig.clone();
            all.push(self.run(&text.ok_or_else(|| missing("update-grub"))?, wish));
        }
        match self.loader {
            Loader::Proxmox if self.line.is_some() => {
                all.push(self.run("proxmox-boot-tool refresh", wish));
            }
            Loader::Systemd => {
                let script = Probe::new("kernel_cmdline_entries", include_str!("install.sh"));
                let change = Change::new(Op::Script(script), "write the boot loader's entries");
                all.push(self.told(change, wish));
            }
            Loader::Grubby => all.push(self.grubby(wish)),
            _ => {}
        }
        Ok(all)
    }

    fn run(&self, text: &str, wish: &Wish) -> Change {
        let env = vec![("LC_ALL".to_string(), "C".to_string())];
        let command = Command { env, ..Command::new(text.split(' ')) };
        self.told(Change::new(Op::Run(command), text), wish)
    }

    fn told(&self, change: Change, wish: &Wish) -> Change {
        let words = self.entries.first().map_or(&self.running, |entry| &entry.words);
        let text = wish.apply(words).join(" ");
        let effect = Effect::Thing(KIND, self.loader.word().to_string(), Some(text.into()));
        change.effect(effect).risk(Risk::High).kind(ChangeKind::Plain)
    }

    /// grubby changes all entries alike, and what later kernels get: first goes, then comes.
    fn grubby(&self, wish: &Wish) -> Change {
        let (mut less, mut more) = (Vec::new(), Vec::new());
        for entry in &self.entries {
            let wanted = wish.apply(&entry.words);
            for word in wanted.iter().filter(|word| wish.concerns(word)) {
                if !more.contains(word) {
                    more.push(word.clone());
                }
            }
            let old = entry.words.iter().filter(|word| wish.concerns(word));
            less.extend(old.map(|word| word.split('=').next().unwrap_or(word).to_string()));
        }
        less.sort();
        less.dedup();
        let mut words = vec!["grubby".to_string(), "--update-kernel=ALL".to_string()];
        if !less.is_empty() {
            words.push(format!("--remove-args={}", less.join(" ")));
        }
        if !more.is_empty() {
            words.push(format!("--args={}", more.join(" ")));
        }
        let env = vec![("LC_ALL".to_string(), "C".to_string())];
        let why = words.join(" ");
        self.told(Change::new(Op::Run(Command { env, ..Command::new(words) }), why), wish)
    }

    /// Whether a change is seen done.
    ///
    /// # Errors
    /// What is wrong.
    pub fn verify(&self, wish: &Wish, change: &Change) -> Result<(), String> {
        match &change.op {
            Op::WriteFile(file) if file.path == DROP_IN => {
                self.grub.as_ref().map_or(Ok(()), |grub| grub.file.wrote(change))
            }
            Op::WriteFile(_) => self.line.as_ref().map_or(Ok(()), |line| line.file.wrote(change)),
            Op::MakeDir { .. } => match self.grub.as_ref().is_some_and(|grub| grub.directory) {
                true => Ok(()),
                false => Err("it is not there".to_string()),
            },
            Op::Remove { path, .. } => {
                let there = self.grub.as_ref().is_some_and(|grub| grub.file.there());
                if there { Err(format!("{path} is still there")) } else { Ok(()) }
            }
            _ => self.entries_hold(wish),
        }
    }

    fn entries_hold(&self, wish: &Wish) -> Result<(), String> {
        if let Some(entry) = self.entries.iter().find(|entry| !wish.holds(&entry.words)) {
            let (less, more) = wish.faults(&entry.words);
            let words = if less.is_empty() { more } else { less };
            return Err(format!("the entry {:?} is as it was: {}", entry.name, words.join(" ")));
        }
        let rootless = self.entries.iter().find(|entry| !has_root(&entry.words));
        match rootless.filter(|_| has_root(&self.running)) {
            Some(entry) => {
                Err(format!("the entry {:?} names no root=: do not boot it", entry.name))
            }
            None => Ok(()),
        }
    }
}

impl Line {
    fn read(told: &Told, running: &[String], ctx: Ctx<'_>) -> Result<Self, Failure> {
        let file = Kept::of(told, LINE, ctx)?;
        let lines: Vec<&str> =
            file.editable()?.lines().filter(|line| !line.trim().is_empty()).collect();
        let words = match lines[..] {
            [line] => split(line),
            [] => {
                let vendor = Kept::of(told, "/usr/lib/kernel/cmdline", ctx)?.text();
                let vendor = split(&vendor);
                let loaders = |word: &&String| {
                    !word.starts_with("BOOT_IMAGE=") && !word.starts_with("initrd=")
                };
                let now = || running.iter().filter(loaders).cloned().collect();
                if vendor.is_empty() { now() } else { vendor }
            }
            _ => {
                let text = format!("{LINE} has {} lines: only one is read", lines.len());
                return Err(Failure::new(text));
            }
        };
        Ok(Self { file, words })
    }

    fn edit(&self, wish: &Wish, running: &[String]) -> Result<Option<String>, Failure> {
        wish.check(&self.words)?;
        let rootless = !has_root(&self.words) && has_root(running);
        if rootless {
            let text = format!("{LINE} names no root=: what is made of it would not boot");
            return Err(Failure::new(text));
        }
        if wish.holds(&self.words) {
            return Ok(None);
        }
        Ok(Some(format!("{}\n", wish.apply(&self.words).join(" "))))
    }
}

fn grub_changes(
    grub: &Grub,
    wish: &Wish,
    backup: bool,
    ctx: Ctx<'_>,
    (plan, changes): (&mut Plan, &mut Vec<Change>),
) -> Result<(), Failure> {
    let Some(text) = grub.edit(wish)? else { return Ok(()) };
    plan.diff.push(grub.file.diff(&text, ctx));
    if text.is_empty() {
        let remove = Op::Remove { path: DROP_IN.to_string(), recursive: false };
        let change = Change::new(remove, format!("remove {DROP_IN}"));
        changes.push(change.effect(Effect::Path(DROP_IN.to_string(), None)).risk(Risk::High));
        return Ok(());
    }
    if !grub.directory {
        let make = Op::MakeDir { path: DIRECTORY.to_string(), mode: Some(0o755) };
        let there = Effect::Path(DIRECTORY.to_string(), Some(PathAttrs::new(PathKind::Dir)));
        let change = Change::new(make, format!("make {DIRECTORY}")).kind(ChangeKind::Prelude);
        changes.push(change.effect(there));
    }
    let mut file = grub.file.file(text, 0o644);
    file.backup = backup && grub.file.there();
    changes.push(file.change(format!("write {DROP_IN}")).risk(Risk::High));
    Ok(())
}

fn missing(tool: &str) -> Failure {
    Failure::new(format!("{tool} is not on this host"))
}
