//! What is there of a machine.

use super::Args;
use super::running::Running;
use crate::modules::freebsd::rcconf::RcConf;
use crate::modules::told::{Kept, Told};
use crate::spec::{Answer, Ctx, Failure};

/// What was seen.
pub struct Seen {
    /// rc.conf.
    pub rc: RcConf,
    /// Where the machines are.
    pub dir: String,
    /// The machine's file.
    pub file: Kept,
    /// The template's file.
    pub template: Kept,
    /// Whether it runs.
    pub running: Running,
    /// Another host that holds its lock.
    pub locked: Option<String>,
}

impl Seen {
    /// Reads the second answer, with the predicted world over it.
    ///
    /// # Errors
    /// The directory of the machines is not there.
    pub fn read(args: &Args, rc: RcConf, answer: &Answer, ctx: Ctx<'_>) -> Result<Self, Failure> {
        let told = Told::read(std::slice::from_ref(answer))?;
        let dir = told.text("dir").trim().to_string();
        if !told.worked("dir") || !dir.starts_with('/') {
            let text = format!("vm_dir: the dataset has no directory: {dir}");
            return Err(Failure::new(text).missing());
        }
        let path = |name: &str| format!("{dir}/{name}");
        let file = Kept::of(&told, &path(&format!("{0}/{0}.conf", args.name)), ctx)?;
        let template = Kept::of(&told, &path(&format!(".templates/{}.conf", args.template)), ctx)?;
        let mut running = Running::of(&told);
        if let Some(told) = ctx.world.thing("vm_running", &args.name) {
            running = if told.is_some() { Running::Yes } else { Running::No };
        }
        let host = told.text("host").trim();
        let lock = told.text("lock").trim();
        let locked = Some(lock).filter(|lock| !lock.is_empty() && *lock != host);
        let locked = locked.map(str::to_string);
        Ok(Self { rc, dir, file, template, running, locked })
    }

    /// Whether the machine is there.
    pub fn there(&self) -> bool {
        self.file.there()
    }
}
