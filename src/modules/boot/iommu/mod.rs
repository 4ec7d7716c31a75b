//! `iommu_check`: that functions can be given to a virtual machine without giving away anything else.

#[cfg(test)]
mod tests;

use super::cmdline::{key, split};
use super::only_linux;
use super::pci::{Asked, Pci, pci_script};
use crate::base::Value;
use crate::modules::told::Told;
use crate::spec::args::Raw;
use crate::spec::{
    Answer, Change, Ctx, Doc, Example, Failure, Fields, Look, Plan, Probe, Ran, State, Support,
};

crate::args! {
    /// Which functions.
    pub struct Args {
        /// Functions that one virtual machine shall get: addresses (`0000:01:00.0`, with `=10de:2204` behind it only if it
        /// is this device), ids (`10de:2204`), or dicts with `address` and `expect_id`, or `id`.
        devices: Vec<Raw> => [],
        /// Addresses of other members of their groups that may go with them: without a driver, or already reserved.
        allowed: Vec<Raw> => [],
        /// Whether groups are believed although the kernel was told to make them look separate.
        accept_acs_override: bool => [default("no")],
    }
    rules []
}

static DOC: Doc = Doc {
    name: "iommu_check",
    full_names: &[],
    short: "Fail unless PCI functions are alone in their IOMMU groups (Linux).",
    args: <Args as crate::spec::ArgStruct>::TABLE,
    check: Support::Full,
    diff: Support::None,
    examples: &[Example {
        title: "A card with its sound",
        yaml: "iommu_check: {devices: [\"0000:01:00.0=10de:2204\", \"0000:01:00.1\"]}",
    }],
    returns: &[
        ("status", "clean, or overridden"),
        ("iommus", "names of the IOMMUs"),
        ("interrupt_remapping", "whether the kernel says that it is on"),
        ("acs_override", "the word of the command line that makes groups look separate"),
        (
            "groups",
            "the groups of the functions (of all, where none is named), each with its members",
        ),
    ],
};

/// The module.
pub struct IommuCheck;

/// What is there.
pub struct Seen {
    pci: Pci,
    remapping: bool,
    acs_override: Option<String>,
}

fn asked(all: &[Raw]) -> Result<Vec<Asked>, Failure> {
    all.iter().map(Asked::read).collect()
}

fn addresses(all: &[Raw], pci: &Pci) -> Result<Vec<String>, Failure> {
    let mut found = Vec::new();
    for asked in asked(all)? {
        found.extend(asked.find(pci)?.into_iter().map(|function| function.address.clone()));
    }
    Ok(found)
}

impl Seen {
    fn groups(&self, args: &Args) -> Value {
        let wanted = addresses(&args.devices, &self.pci).unwrap_or_default();
        let allowed = addresses(&args.allowed, &self.pci).unwrap_or_default();
        let groups = self.pci.groups.iter().filter(|group| {
            let mut members = self.pci.members(group.number);
            wanted.is_empty() || members.any(|function| wanted.contains(&function.address))
        });
        let row = |group: &super::pci::Group| -> Value {
            let members = self.pci.members(group.number);
            let mut row = vec![
                ("group", Value::from(i64::from(group.number))),
                ("type", Value::from(group.kind.as_str())),
                ("members", Value::list(members.map(|function| function.to_value()).collect())),
            ];
            if !wanted.is_empty() {
                let dirt = self.pci.dirt(group.number, &wanted, &allowed);
                row.push(("clean", Value::from(dirt.is_empty() && self.acs_override.is_none())));
            }
            row.into_iter().collect()
        };
        Value::list(groups.map(row).collect())
    }

    fn fields(&self, args: &Args, status: &str) -> Fields {
        let names = self.pci.iommus.iter().map(|name| Value::from(name.as_str())).collect();
        let word = self.acs_override.as_deref().map_or(Value::NULL, Value::from);
        let mut fields = Fields::new();
        fields.insert("status".into(), Value::from(status));
        fields.insert("iommus".into(), Value::list(names));
        fields.insert("interrupt_remapping".into(), Value::from(self.remapping));
        fields.insert("acs_override".into(), word);
        fields.insert("groups".into(), self.groups(args));
        fields
    }

    fn failure(&self, args: &Args, status: &str, text: impl Into<String>) -> Failure {
        Failure { fields: self.fields(args, status), ..Failure::new(text) }
    }

    /// Fails with the first thing that is wrong.
    fn check(&self, args: &Args) -> Result<(), Failure> {
        if !self.pci.has_iommu() {
            let text = "the IOMMU is off: VT-d (Intel) or AMD-Vi (AMD, also called SVM or IOMMU) has to be turned on in \
                        the BIOS, and not be turned off on the kernel's command line (intel_iommu=on)";
            return Err(self.failure(args, "off", text));
        }
        let wanted = addresses(&args.devices, &self.pci)?;
        let allowed = addresses(&args.allowed, &self.pci)?;
        let mut faults = Vec::new();
        for group in &self.pci.groups {
            let mut members = self.pci.members(group.number);
            if !members.any(|function| wanted.contains(&function.address)) {
                continue;
            }
            let dirt: Vec<String> =
                self.pci.dirt(group.number, &wanted, &allowed).iter().map(|f| f.told()).collect();
            if !dirt.is_empty() {
                let text = format!("IOMMU group {} also has {}", group.number, dirt.join(", "));
                faults.push(text);
            }
        }
        for address in &wanted {
            if self.pci.function(address).is_some_and(|function| function.group.is_none()) {
                faults.push(format!("{address} is in no IOMMU group"));
            }
        }
        if !faults.is_empty() {
            return Err(self.failure(args, "dirty", format!("not clean: {}", faults.join("; "))));
        }
        match self.acs_override.as_ref().filter(|_| !args.accept_acs_override) {
            Some(word) => Err(self.failure(
                args,
                "overridden",
                format!(
                    "not clean: {word} makes IOMMU groups look separate that are not, so a virtual machine may reach the \
                     memory of others; accept_acs_override takes that on"
                ),
            )),
            None => Ok(()),
        }
    }
}

impl State for IommuCheck {
    type Args = Args;
    type Seen = Seen;

    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn probe(&self, args: &Args, ctx: Ctx<'_>) -> Result<Probe, Failure> {
        only_linux("iommu_check", ctx)?;
        asked(&args.devices)?;
        asked(&args.allowed)?;
        const SCRIPT: &str = pci_script!("look.sh");
        Ok(Probe::new("iommu_check", SCRIPT))
    }

    fn read(&self, _: &Args, answers: &[Answer], _: Ctx<'_>) -> Result<Look<Seen>, Failure> {
        let told = Told::read(answers)?;
        let words = split(told.text("running"));
        let acs_override = words.into_iter().find(|word| key(word) == "pcie_acs_override");
        let remapping = told.worked("remapping");
        Ok(Look::Seen(Seen { pci: Pci::read(&told)?, remapping, acs_override }))
    }

    fn plan(&self, args: &Args, seen: &Seen, _: Ctx<'_>) -> Result<Plan, Failure> {
        seen.check(args)?;
        let mut plan = Plan::ok();
        if !seen.remapping {
            let text = "nothing says that interrupts are remapped: without it the kernel refuses to give devices away, \
                        unless vfio_iommu_type1's allow_unsafe_interrupts is set, which lets a virtual machine send any interrupt";
            plan.warnings.push(text.to_string());
        }
        if let Some(word) = &seen.acs_override {
            plan.warnings.push(format!("{word}: the groups are not what they look like"));
        }
        Ok(plan)
    }

    fn verify(&self, _: &Args, _: &Change, _: &Seen, _: Ctx<'_>) -> Result<(), String> {
        Ok(())
    }

    fn result(&self, args: &Args, before: &Seen, _: Option<&Seen>, _: &Plan, _: &[Ran]) -> Fields {
        let status = if before.acs_override.is_some() { "overridden" } else { "clean" };
        before.fields(args, status)
    }
}
