//! `kernel_cmdline`: words of the kernel's command line, in the file, in the boot loader's entries, and as it runs.

mod boot;
mod detect;
mod entries;
mod grub;
#[cfg(test)]
pub mod tests;
mod words;

use super::only_linux;
use crate::base::{Map, Value};
use crate::modules::told::{Kept, Told};
use crate::spec::{
    Answer, Change, Ctx, Doc, Example, Failure, Fields, Look, Op, Plan, Probe, Ran, State, Support,
};
pub use boot::{Boot, Loader};
pub use words::{Multi, Wish, key, split};

crate::args! {
    /// Which words.
    pub struct Args {
        /// Words that shall be there, as `iommu=pt`; a key that has another value gets this one.
        args: Vec<String> => [],
        /// Words that shall not be there: `quiet` is all of that key, `console=tty0` that one.
        absent: Vec<String> => [],
        /// For keys that may stand there several times (console, hugepagesz, vfio-pci.ids): whether what is there is
        /// replaced or added to.
        multi: Option<Multi> => [],
        /// What boots the host; `auto` finds it out.
        bootloader: Loader => [default("auto")],
        /// Whether the old file is kept beside it.
        backup: bool => [default("yes")],
    }
    rules []
}

static EXAMPLES: &[Example] = &[
    Example {
        title: "Devices of the host through its IOMMU as they are",
        yaml: "kernel_cmdline: {args: [intel_iommu=on, iommu=pt], absent: [quiet]}",
    },
    Example {
        title: "One more console",
        yaml: "kernel_cmdline: {args: [\"console=ttyS0,115200\"], multi: append}",
    },
];

static DOC: Doc = Doc {
    name: "kernel_cmdline",
    full_names: &[],
    short: "Words of the kernel's command line (Linux).",
    args: <Args as crate::spec::ArgStruct>::TABLE,
    check: Support::Full,
    diff: Support::Full,
    examples: EXAMPLES,
    returns: &[
        ("bootloader", "what boots the host"),
        ("files", "the command line that next entries get, by file"),
        ("entries", "the command line of each entry"),
        ("running", "the command line that the host runs with"),
        ("generated", "whether all entries have it; null where some cannot be seen"),
        ("reboot_required", "whether the host runs without it"),
        ("backup_file", "where the old file is kept"),
    ],
};

/// The module.
pub struct KernelCmdline;

/// What is there.
pub struct Seen {
    boot: Boot,
    warnings: Vec<String>,
}

impl Args {
    fn wish(&self) -> Result<Wish, Failure> {
        Wish::new(&self.args, &self.absent, self.multi)
    }
}

impl State for KernelCmdline {
    type Args = Args;
    type Seen = Seen;

    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn probe(&self, args: &Args, ctx: Ctx<'_>) -> Result<Probe, Failure> {
        only_linux("kernel_cmdline", ctx)?;
        args.wish()?;
        const SCRIPT: &str = concat!(include_str!("../../told/ask.sh"), include_str!("look.sh"));
        Ok(Probe::new("kernel_cmdline", SCRIPT).heavy().isolated())
    }

    fn read(&self, args: &Args, answers: &[Answer], ctx: Ctx<'_>) -> Result<Look<Seen>, Failure> {
        let told = Told::read(answers)?;
        let boot = Boot::read(&told, args.bootloader, ctx)?;
        let warnings = boot.warnings(&told);
        Ok(Look::Seen(Seen { boot, warnings }))
    }

    fn plan(&self, args: &Args, seen: &Seen, ctx: Ctx<'_>) -> Result<Plan, Failure> {
        let mut plan = seen.boot.plan(&args.wish()?, args.backup, ctx)?;
        plan.warnings.clone_from(&seen.warnings);
        Ok(plan)
    }

    fn verify(&self, args: &Args, change: &Change, after: &Seen, _: Ctx<'_>) -> Result<(), String> {
        let wish = args.wish().map_err(|failure| failure.msg)?;
        after.boot.verify(&wish, change)
    }

    fn explain(&self, _: &Args, ran: &Ran) -> Option<Failure> {
        explain(ran)
    }

    fn result(
        &self,
        args: &Args,
        before: &Seen,
        after: Option<&Seen>,
        _: &Plan,
        ran: &[Ran],
    ) -> Fields {
        let Ok(wish) = args.wish() else { return Fields::new() };
        let mut fields = told(&after.unwrap_or(before).boot, &wish);
        fields.extend(Kept::backup(ran));
        fields
    }
}

/// A tool that failed, in its own words.
pub fn explain(ran: &Ran) -> Option<Failure> {
    let (Op::Run(_) | Op::Script(_)) = &ran.change.op else { return None };
    let (rc, out, err) = (ran.answer.rc, ran.answer.text(), ran.answer.error_text());
    let last = err.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let text = format!("{} failed: {}", ran.change.why, last.trim());
    let failure = Failure::new(text).with("rc", i64::from(rc));
    (rc != 0).then(|| failure.with("stdout", out).with("stderr", err))
}

fn told(boot: &Boot, wish: &Wish) -> Fields {
    let lines = |all: Vec<(String, Vec<String>)>| -> Map {
        let one = |(name, words): (String, Vec<String>)| {
            (crate::base::Key::from(name.as_str()), Value::from(words.join(" ")))
        };
        all.into_iter().map(one).collect()
    };
    let entry = |entry: &entries::Entry| -> Value {
        [("name", Value::from(entry.name.as_str())), ("cmdline", entry.words.join(" ").into())]
            .into_iter()
            .collect()
    };
    let mut fields = Fields::new();
    fields.insert("bootloader".into(), Value::from(boot.loader.word()));
    fields.insert("files".into(), Value::map(lines(boot.files())));
    fields.insert("entries".into(), Value::list(boot.entries.iter().map(entry).collect()));
    fields.insert("running".into(), Value::from(boot.running.join(" ")));
    fields.insert("generated".into(), boot.generated(wish).map_or(Value::NULL, Value::from));
    fields.insert("reboot_required".into(), Value::from(boot.waits(wish)));
    fields
}
