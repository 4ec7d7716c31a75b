//! `vm_clone`: a virtual machine made of another one, with disks and addresses of its own.

mod document;
#[cfg(test)]
mod tests;

use super::domain::{self, Course};
use super::xml::Node;
use crate::base::Value;
use crate::modules::told::Told;
use crate::spec::args::Dict;
use crate::spec::{
    Answer, Change, ChangeKind, Ctx, Doc, Effect, Example, Failure, Fields, Look, Op, PathAttrs,
    PathKind, PathState, Plan, Probe, Ran, Risk, State, Support,
};
use document::Copied;
use std::collections::BTreeMap;

crate::args! {
    /// The clone.
    pub struct Args {
        /// The machine that it is made of; it does not run.
        source: String => [required()],
        /// The clone's name. One that is there is left as it is.
        name: String => [required()],
        /// Where libvirt is.
        uri: String => [default("qemu:///system")],
        /// Where its disks are, by what the guest's bus calls them: `{vda: /srv/vms/b.qcow2}`. Images are copied, by
        /// default to the name of the clone beside the source's; a device is there already, such as a clone of its
        /// dataset.
        disks: Dict => [default("{}")],
        /// Addresses of its interfaces, in their order; libvirt makes up those that are missing.
        macs: Vec<String> => [],
    }
    rules []
}

static DOC: Doc = Doc {
    name: "vm_clone",
    full_names: &[],
    short: "Make a virtual machine of libvirt's of another one.",
    args: <Args as crate::spec::ArgStruct>::TABLE,
    check: Support::Full,
    diff: Support::Full,
    examples: &[Example {
        title: "A second one, on a clone of the first one's zvol",
        yaml: "vm_clone: {source: base, name: web, disks: {vda: /dev/zvol/tank/vm/web}}",
    }],
    returns: &[
        ("uuid", "the clone's UUID"),
        ("macs", "addresses of its interfaces"),
        ("disks", "paths of its disks by their names"),
    ],
};

/// The module.
pub struct VmClone;

/// What is there.
pub struct Seen {
    /// The clone.
    base: domain::Seen,
    /// All other machines.
    others: Vec<(String, Node)>,
    source: Option<domain::Domain>,
    paths: BTreeMap<String, Option<PathState>>,
    real: BTreeMap<String, String>,
}

impl Args {
    fn check(&self) -> Result<(), Failure> {
        super::check_name("virtual machine", &self.name)?;
        super::check_name("virtual machine", &self.source)?;
        super::check_uri(&self.uri)?;
        if self.name == self.source {
            return Err(Failure::new("a machine is no clone of itself"));
        }
        for (target, path) in &self.disks.0 {
            let path = path.text();
            let odd = path.contains(char::is_control) || path.split('/').any(|part| part == "..");
            if !path.starts_with('/') || path.ends_with('/') || odd {
                let target = target.json_text();
                return Err(Failure::new(format!("disks: {target}: {path:?} is no absolute path")));
            }
        }
        document::check_macs(&self.macs)
    }
}

impl State for VmClone {
    type Args = Args;
    type Seen = Seen;

    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn probe(&self, args: &Args, ctx: Ctx<'_>) -> Result<Probe, Failure> {
        super::only_linux("vm_clone", ctx.platform)?;
        args.check()?;
        Ok(domain::probe(&args.uri, &args.name, "others"))
    }

    fn read(&self, args: &Args, answers: &[Answer], ctx: Ctx<'_>) -> Result<Look<Seen>, Failure> {
        let first = Told::read(answers)?;
        let base = domain::Seen::read(&args.uri, &args.name, first, ctx)?;
        let others = super::vm::others(&base.told, &args.uri, &args.name, ctx)?;
        let (paths, real) = (BTreeMap::new(), BTreeMap::new());
        let mut seen = Seen { base, others, source: None, paths, real };
        if seen.base.domain.is_some() {
            return Ok(Look::Seen(seen));
        }
        let Some(answer) = answers.get(1) else {
            return Ok(Look::Ask(domain::probe(&args.uri, &args.source, "")));
        };
        let told = Told::read(std::slice::from_ref(answer))?;
        seen.source = domain::Seen::read(&args.uri, &args.source, told, ctx)?.domain;
        let Some(source) = &seen.source else { return Ok(Look::Seen(seen)) };
        let copied = document::copies(args, &source.xml)?;
        let Some(answer) = answers.get(2) else {
            let script = concat!(
                include_str!("../../told/ask.sh"),
                include_str!("../ask.sh"),
                include_str!("look.sh")
            );
            let mine = copied.iter().map(|copy| copy.to.as_str());
            let theirs = super::vm::sources(&seen.others).map(|(_, path, _)| path);
            let words: Vec<&str> = mine.chain(theirs).collect();
            return Ok(Look::Ask(Probe::new("kvm_clone", script).words(words)));
        };
        seen.look(answer, ctx)?;
        Ok(Look::Seen(seen))
    }

    fn plan(&self, args: &Args, seen: &Seen, ctx: Ctx<'_>) -> Result<Plan, Failure> {
        if seen.base.domain.is_some() {
            return Ok(Plan::ok());
        }
        let Some(source) = &seen.source else {
            let text = format!("virtual machine {} not found", args.source);
            return Err(Failure::new(text).missing());
        };
        if source.power.is_up() {
            let text =
                "the machine {} runs: a copy of its disks would be torn; it is stopped first";
            return Err(Failure::new(text.replace("{}", &args.source)));
        }
        let copied = document::copies(args, &source.xml)?;
        seen.guard(&copied, args)?;
        let mut course = Course::new(&args.uri, &args.name, &seen.base);
        for copy in copied.iter().filter(|copy| copy.copies) {
            course.beside(copy.change());
        }
        let (document, warnings) = document::document(args, &source.xml, &copied);
        course.plan.warnings = warnings;
        course.plan.diff.push(domain::diff(None, &document, false, &args.name, ctx));
        course.define(&document, ChangeKind::Plain, true);
        Ok(course.done())
    }

    fn verify(&self, args: &Args, change: &Change, after: &Seen, _: Ctx<'_>) -> Result<(), String> {
        // What was copied is seen by what it is for: libvirt takes any path, so the copy itself has told.
        domain::verify(&args.name, change, &after.base)
    }

    fn explain(&self, _: &Args, ran: &Ran) -> Option<Failure> {
        super::explain(ran)
    }

    fn result(&self, _: &Args, before: &Seen, after: Option<&Seen>, _: &Plan, _: &[Ran]) -> Fields {
        let now = after.unwrap_or(before).base.domain.as_ref();
        let uuid = now.and_then(|domain| domain.xml.text_at("uuid")).unwrap_or_default();
        let mut fields = super::thing::one("uuid", uuid);
        let devices = now.and_then(|domain| domain.xml.find("devices"));
        let all = |name: &'static str| devices.into_iter().flat_map(move |d| d.all(name));
        let macs = all("interface").filter_map(|node| node.at("mac", "address"));
        fields.insert("macs".into(), super::thing::list(macs));
        let disk = |node: &Node| {
            let source = node.find("source")?;
            let path = source.get("file").or_else(|| source.get("dev"))?;
            Some((node.at("target", "dev")?.into(), Value::from(path)))
        };
        fields.insert("disks".into(), Value::map(all("disk").filter_map(disk).collect()));
        fields
    }
}

impl Seen {
    fn look(&mut self, answer: &Answer, ctx: Ctx<'_>) -> Result<(), Failure> {
        let told = Told::read(std::slice::from_ref(answer))?;
        for said in told.all() {
            if let Some(path) = said.what.strip_prefix("stat ") {
                let state = PathState::parse(said.text.trim_end());
                let state = PathState::overlay(path, state, ctx.world);
                self.paths.insert(path.to_string(), state);
            } else if let Some(path) = said.what.strip_prefix("real ") {
                self.real.insert(path.to_string(), said.text.trim().to_string());
            }
        }
        Ok(())
    }

    /// Refuses disks that are there already, or somebody's.
    fn guard(&self, copied: &[Copied], args: &Args) -> Result<(), Failure> {
        let real = |path: &str| self.real.get(path).cloned().unwrap_or_else(|| path.to_string());
        for copy in copied {
            let to = &copy.to;
            let mut users = super::vm::sources(&self.others);
            if let Some((name, ..)) = users.find(|(_, path, _)| real(path) == real(to)) {
                return Err(Failure::new(format!("the disk {to} is used by the machine {name}")));
            }
            match (self.paths.get(to).and_then(Option::as_ref), copy.copies) {
                (Some(_), true) => {
                    let text = format!("{to} is there already: it is not overwritten");
                    return Err(Failure::new(text));
                }
                (None, false) => {
                    return Err(Failure::new(format!("the disk {to} is not there")).missing());
                }
                (Some(state), false) if state.kind != PathKind::Block => {
                    return Err(Failure::new(format!("{to} is no device")));
                }
                _ => {}
            }
        }
        for mac in &args.macs {
            let of = |(name, node): &(String, Node)| {
                let mut devices = node.find("devices")?.all("interface");
                let has = devices.any(|one| {
                    one.at("mac", "address").is_some_and(|at| at.eq_ignore_ascii_case(mac))
                });
                has.then(|| name.clone())
            };
            if let Some(name) = self.others.iter().find_map(of) {
                return Err(Failure::new(format!("the mac {mac} is the machine {name}'s")));
            }
        }
        Ok(())
    }
}

impl Copied {
    fn change(&self) -> Change {
        let kind = if self.is_disk { "disk" } else { "file" };
        let words = [kind, self.from.as_str(), &self.to, &self.format];
        let probe = Probe::new("kvm_copy", include_str!("copy.sh")).words(words);
        let change = Change::new(Op::Script(probe), format!("copy {} to {}", self.from, self.to));
        let attrs = PathAttrs { mode: Some(0o600), ..PathAttrs::new(PathKind::File) };
        change.risk(Risk::Low).effect(Effect::Path(self.to.clone(), Some(attrs)))
    }
}
