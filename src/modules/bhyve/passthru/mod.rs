//! `bhyve_passthru`: PCI functions that the host leaves to its virtual machines, from its next boot.

mod devices;
#[cfg(test)]
mod tests;

use crate::base::Value;
use crate::modules::accounts::Presence;
use crate::modules::freebsd::{loader, only_freebsd};
use crate::modules::told::{Kept, Told};
use crate::spec::args::PathText;
use crate::spec::{
    Answer, Change, Ctx, Doc, Example, Failure, Fields, Look, Plan, Probe, Ran, Risk, State,
    Support,
};
use devices::{Address, Function, Host};

crate::args! {
    /// Which functions.
    pub struct Args {
        /// Bus, slot and function in decimal, as `1/0/0`; with `=10de:2204` behind it only if it is this device.
        devices: Vec<String> => [required()],
        /// Whether virtual machines get them.
        state: Presence => [default("present")],
        /// Whether the processor is AMD's, whose IOMMU has to be turned on.
        amd: bool => [default("no")],
        /// Whether controllers of disks and networks may be taken as well. One that is in use never is.
        allow_storage_and_network: bool => [default("no")],
        /// The loader's file.
        path: PathText => [default("/boot/loader.conf")],
        /// Whether the old file is kept beside it.
        backup: bool => [default("yes")],
    }
    rules []
}

static DOC: Doc = Doc {
    name: "bhyve_passthru",
    full_names: &[],
    short: "Reserve PCI functions for virtual machines (FreeBSD).",
    args: <Args as crate::spec::ArgStruct>::TABLE,
    check: Support::Full,
    diff: Support::Full,
    examples: &[Example {
        title: "A card with both its functions",
        yaml: "bhyve_passthru: {devices: [\"1/0/0=10de:2204\", 1/0/1]}",
    }],
    returns: &[
        ("devices", "all reserved functions: address, driver now, whether it is reserved already"),
        ("reboot_required", "whether the running kernel has them otherwise"),
        ("backup_file", "where the old file is kept"),
    ],
};

/// Names of the loader's variables.
fn variable(at: usize) -> String {
    if at == 0 { "pptdevs".to_string() } else { format!("pptdevs{}", at + 1) }
}

/// At most so many of them.
const VARIABLES: usize = 16;

/// The module.
pub struct BhyvePassthru;

/// What is there.
pub struct Seen {
    file: Kept,
    host: Host,
}

impl Args {
    /// The wanted functions and what they should be.
    fn wanted(&self) -> Result<Vec<(Address, Option<String>)>, Failure> {
        let each = self.devices.iter().map(|text| {
            let (address, ids) =
                text.split_once('=').map_or((text.as_str(), None), |(a, i)| (a, Some(i)));
            let address = Address::parse(address.trim()).map_err(Failure::new)?;
            Ok((address, ids.map(|ids| ids.trim().to_lowercase())))
        });
        let all: Vec<(Address, Option<String>)> = each.collect::<Result<_, Failure>>()?;
        if all.is_empty() {
            return Err(Failure::new("devices: no function is named"));
        }
        Ok(all)
    }
}

impl Seen {
    /// The functions that the file reserves, in its order.
    fn reserved(&self) -> Vec<Address> {
        let text = self.file.text();
        let values = (0..VARIABLES).filter_map(|at| loader::values(&text, &variable(at)).pop());
        let mut all = Vec::new();
        for value in values {
            all.extend(value.split_whitespace().filter_map(|word| Address::parse(word).ok()));
        }
        let mut seen = std::collections::HashSet::new();
        all.retain(|address| seen.insert(*address));
        all
    }

    /// Refuses functions that cannot or must not be taken.
    fn check(&self, args: &Args, new: &[(Address, Option<String>)]) -> Result<(), Failure> {
        for (address, ids) in new {
            let none = || Failure::new(format!("there is no PCI function {address} on this host"));
            let function = self.host.function(*address).ok_or_else(none)?;
            let has = function.ids();
            if let Some(ids) = ids.as_ref().filter(|ids| **ids != has) {
                return Err(Failure::new(format!(
                    "{address} is {has}, not {ids}: the card has moved"
                )));
            }
            self.take(args, function)?;
        }
        Ok(())
    }

    fn take(&self, args: &Args, function: &Function) -> Result<(), Failure> {
        let address = function.address;
        if function.header != 0 {
            let text = format!(
                "{address} ({}) is a bridge: only endpoints can be passed on",
                function.driver
            );
            return Err(Failure::new(text));
        }
        if function.is_reserved() {
            return Ok(());
        }
        if let Some(why) = self.host.in_use(function) {
            return Err(Failure::new(format!("{address} ({}) is in use: {why}", function.driver)));
        }
        let risky = matches!(function.class >> 16, 1 | 2);
        if risky && !args.allow_storage_and_network {
            let kind = if function.class >> 16 == 1 { "storage" } else { "network" };
            let text = format!(
                "{address} ({}) is a {kind} controller: allow_storage_and_network says that it may be taken",
                function.driver
            );
            return Err(Failure::new(text));
        }
        Ok(())
    }

    /// The file's new text with exactly these functions.
    fn text(&self, args: &Args, all: &[Address]) -> Result<String, Failure> {
        let mut text = self.file.editable()?.to_string();
        let values = spill(all)?;
        for at in 0..VARIABLES {
            let name = variable(at);
            match values.get(at) {
                Some(value) if loader::values(&text, &name).last() != Some(value) => {
                    text = loader::with(&text, &name, value);
                }
                Some(_) => {}
                None => text = loader::without(&text, &name),
            }
        }
        let mut on = |name: &str, value: &str| {
            if loader::values(&text, name).last().map(String::as_str) != Some(value) {
                text = loader::with(&text, name, value);
            }
        };
        if args.state == Presence::Present {
            on("vmm_load", "YES");
            if args.amd {
                on("hw.vmm.amdvi.enable", "1");
            }
        }
        Ok(text)
    }

    /// The functions that the file should reserve.
    fn goal(&self, args: &Args) -> Result<Vec<Address>, Failure> {
        let wanted: Vec<Address> = args.wanted()?.into_iter().map(|(address, _)| address).collect();
        let mut all = self.reserved();
        match args.state {
            Presence::Absent => all.retain(|address| !wanted.contains(address)),
            Presence::Present => {
                for address in wanted {
                    if !all.contains(&address) {
                        all.push(address);
                    }
                }
            }
        }
        Ok(all)
    }

    /// Functions of the same cards that stay with the host.
    fn warnings(&self, goal: &[Address]) -> Vec<String> {
        let mut warnings = Vec::new();
        for function in &self.host.functions {
            let address = function.address;
            let beside = goal.iter().any(|other| other.card() == address.card());
            if beside && !goal.contains(&address) && function.header == 0 {
                let text =
                    "{} ({}) is of a card that is reserved: its functions should go together";
                let text = text.replacen("{}", &address.to_string(), 1);
                warnings.push(text.replacen("{}", &function.driver, 1));
            }
        }
        warnings
    }
}

/// The values of the variables: the loader takes 128 characters each.
fn spill(all: &[Address]) -> Result<Vec<String>, Failure> {
    let mut values: Vec<String> = Vec::new();
    for address in all {
        let word = address.to_string();
        match values.last_mut() {
            Some(value) if value.len() + 1 + word.len() <= loader::LONGEST => {
                value.push(' ');
                value.push_str(&word);
            }
            _ => values.push(word),
        }
    }
    match values.len() {
        0..=VARIABLES => Ok(values),
        n => Err(Failure::new(format!("{} functions would need {n} variables", all.len()))),
    }
}

impl State for BhyvePassthru {
    type Args = Args;
    type Seen = Seen;

    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn probe(&self, args: &Args, ctx: Ctx<'_>) -> Result<Probe, Failure> {
        only_freebsd("bhyve_passthru", ctx)?;
        args.wanted()?;
        let path = crate::modules::files::absolute(ctx.platform, args.path.as_str())?;
        let script = concat!(include_str!("../../told/ask.sh"), include_str!("look.sh"));
        Ok(Probe::new("bhyve_passthru", script).words([path]))
    }

    fn read(&self, args: &Args, answers: &[Answer], ctx: Ctx<'_>) -> Result<Look<Seen>, Failure> {
        let told = Told::read(answers)?;
        let path = crate::modules::files::absolute(ctx.platform, args.path.as_str())?;
        let file = Kept::of(&told, &path, ctx)?;
        Ok(Look::Seen(Seen { file, host: Host::read(&told)? }))
    }

    fn plan(&self, args: &Args, seen: &Seen, ctx: Ctx<'_>) -> Result<Plan, Failure> {
        if args.state == Presence::Present {
            seen.check(args, &args.wanted()?)?;
        }
        let goal = seen.goal(args)?;
        let text = seen.text(args, &goal)?;
        let mut plan = Plan::ok();
        if text != seen.file.text() {
            plan = plan.diff(seen.file.diff(&text, ctx));
            let mut file = seen.file.file(text, 0o644);
            file.backup = args.backup && seen.file.there();
            let change = file.change(format!("reserve PCI functions in {}", seen.file.path));
            plan.parts = Plan::of(vec![change.risk(Risk::High)]).parts;
        }
        plan.warnings = seen.warnings(&goal);
        plan.uncertain.clone_from(&seen.file.uncertain);
        Ok(plan)
    }

    fn verify(&self, _: &Args, change: &Change, after: &Seen, _: Ctx<'_>) -> Result<(), String> {
        after.file.wrote(change)
    }

    fn explain(&self, _: &Args, ran: &Ran) -> Option<Failure> {
        Kept::no_place(ran)
    }

    fn result(
        &self,
        args: &Args,
        before: &Seen,
        _: Option<&Seen>,
        _: &Plan,
        ran: &[Ran],
    ) -> Fields {
        let goal = before.goal(args).unwrap_or_default();
        let row = |address: &Address| -> Value {
            let function = before.host.function(*address);
            let driver = function.map_or("", |function| function.driver.as_str());
            [
                ("address", Value::from(address.to_string())),
                ("driver", Value::from(driver)),
                ("reserved", Value::from(function.is_some_and(Function::is_reserved))),
            ]
            .into_iter()
            .collect()
        };
        let has =
            |address: &Address| before.host.function(*address).is_some_and(Function::is_reserved);
        let mut waits = goal.iter().any(|address| !has(address));
        let taken = before.host.functions.iter().filter(|function| function.is_reserved());
        waits |= taken.into_iter().any(|function| !goal.contains(&function.address));
        let mut fields = Fields::new();
        fields.insert("devices".into(), Value::list(goal.iter().map(row).collect()));
        fields.insert("reboot_required".into(), Value::from(waits));
        fields.extend(Kept::backup(ran));
        fields
    }
}
