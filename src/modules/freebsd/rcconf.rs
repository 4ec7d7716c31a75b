//! rc.conf and the files that are read with it, as one: what counts, and where it is changed.

use crate::modules::services::sysrc::Conf;
use crate::modules::told::{Kept, Told};
use crate::spec::{Change, Ctx, Diff, Failure};

/// The files of all scripts, in the order in which they are read.
pub const FILES: [&str; 2] = ["/etc/rc.conf", "/etc/rc.conf.local"];

/// One of them.
#[derive(Clone, Debug)]
struct File {
    kept: Kept,
    conf: Conf,
    /// Its text with what was set since.
    text: Vec<u8>,
}

/// All of them.
#[derive(Clone, Debug, Default)]
pub struct RcConf {
    files: Vec<File>,
}

impl RcConf {
    /// Reads what the probe told of these files; later ones count.
    ///
    /// # Errors
    /// A file that the shell could not read either.
    pub fn read(told: &Told, paths: &[&str], ctx: Ctx<'_>) -> Result<Self, Failure> {
        let file = |path: &&str| {
            let kept = Kept::of(told, path, ctx)?;
            let conf = parse(path, &kept.bytes)?;
            Ok(File { text: kept.bytes.to_vec(), kept, conf })
        };
        Ok(Self { files: paths.iter().map(file).collect::<Result<_, Failure>>()? })
    }

    /// The value that counts; None: nobody sets it.
    ///
    /// # Errors
    /// The shell computes it.
    pub fn value(&self, name: &str) -> Result<Option<String>, Failure> {
        let found = self.files.iter().rev().find_map(|file| Some((file, file.conf.value(name)?)));
        match found {
            None => Ok(None),
            Some((_, Some(value))) => Ok(Some(value)),
            Some((file, None)) => {
                let path = &file.kept.path;
                let text = format!("the shell computes the value of {name} in {path}");
                Err(Failure::new(text))
            }
        }
    }

    /// Sets a variable in the file that counts for it, the first one if none does.
    ///
    /// # Errors
    /// The new text cannot be read.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), Failure> {
        if self.value(name).ok().flatten().as_deref() == Some(value) {
            return Ok(());
        }
        let at = self.files.iter().rposition(|file| file.conf.value(name).is_some()).unwrap_or(0);
        let Some(file) = self.files.get_mut(at) else { return Ok(()) };
        let text = file.conf.set(name, value);
        file.put(text)
    }

    /// Removes a variable from all files.
    ///
    /// # Errors
    /// It is set under a condition.
    pub fn remove(&mut self, name: &str) -> Result<(), Failure> {
        for file in self.files.iter_mut().filter(|file| file.conf.value(name).is_some()) {
            let why = |why| Failure::new(format!("{}: {why}", file.kept.path));
            let text = file.conf.remove(name).map_err(why)?;
            file.put(text)?;
        }
        Ok(())
    }

    /// The changes that write what was set, and their differences.
    pub fn changes(&self, why: &str, ctx: Ctx<'_>) -> (Vec<Change>, Vec<Diff>) {
        let changed = self.files.iter().filter(|file| file.text != file.kept.bytes);
        let change = |file: &File| {
            let text = String::from_utf8_lossy(&file.text).into_owned();
            let why = format!("{why} in {}", file.kept.path);
            (file.kept.write(file.text.clone(), 0o644, why), file.kept.diff(&text, ctx))
        };
        changed.map(change).unzip()
    }

    /// Whether a file is what a change wrote.
    ///
    /// # Errors
    /// What is wrong.
    pub fn wrote(&self, path: &str, change: &Change) -> Result<(), String> {
        match self.files.iter().find(|file| file.kept.path == path) {
            Some(file) => file.kept.wrote(change),
            None => Err(format!("{path} was not looked at")),
        }
    }

    /// Why it is not certain what is in them.
    pub fn uncertain(&self) -> Option<String> {
        self.files.iter().find_map(|file| file.kept.uncertain.clone())
    }
}

impl File {
    fn put(&mut self, text: Vec<u8>) -> Result<(), Failure> {
        self.conf = parse(&self.kept.path, &text)?;
        self.text = text;
        Ok(())
    }
}

fn parse(path: &str, text: &[u8]) -> Result<Conf, Failure> {
    Conf::parse(text).map_err(|why| Failure::new(format!("{path}: {why}")))
}
