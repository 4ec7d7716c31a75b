//! `kvm_vm`: a virtual machine of libvirt, described by its parts.

mod describe;
mod devices;
mod guards;
mod planning;
mod seed;
mod seen;
#[cfg(test)]
mod tests;

pub use seen::{others, sources};

use super::domain::{self, Power};
use crate::base::Value;
use crate::spec::args::Dict;
use crate::spec::{
    Answer, Change, Ctx, Doc, Example, Failure, Fields, Look, Plan, Probe, Ran, State, Support,
};
use describe::Wish;
use seen::Seen;

crate::choices! {
    /// What is wanted of a machine.
    pub enum Wanted {
        Absent = "absent",
        PoweredOff = "poweredoff",
        Present = "present",
        Restarted = "restarted",
        Running = "running",
        Stopped = "stopped",
    }
}

crate::args! {
    /// The machine that is wanted. What is not given is left as it is.
    pub struct Args {
        /// Its name.
        name: String => [required()],
        /// Whether it is there, and whether it runs. `stopped` asks its guest to shut down, `poweredoff` turns it off;
        /// `absent` leaves its disks.
        state: Wanted => [default("present")],
        /// Where libvirt is.
        uri: String => [default("qemu:///system")],
        /// How it runs; kvm for a new one.
        kind as "type": Option<String> => [choices(&["kvm", "qemu"])],
        /// Its hardware; q35 for a new one. A version of it that is there is kept.
        machine: Option<String> => [],
        /// Number of its processors.
        cpus: Option<i64> => [],
        /// What its processors look like; host-passthrough for a new one of kvm.
        cpu_mode: Option<String> => [choices(&["host-passthrough", "host-model", "maximum"])],
        /// Its memory, such as 8G; a new one needs it.
        memory: Option<String> => [],
        /// Size of the huge pages that hold its memory, such as 2M or 1G; `none`: pages as all others.
        hugepages: Option<String> => [],
        /// What boots it. It is chosen when the machine is made.
        firmware: Option<String> => [choices(&["bios", "uefi"])],
        /// Whether UEFI boots what is signed only; for a new one.
        secure_boot: Option<bool> => [],
        /// Whether the guest is not told of its hypervisor: old drivers of graphics cards want that.
        hide_kvm: Option<bool> => [],
        /// Its disks, all of them: others are taken off it (their contents stay). Each has path, target, bus, format,
        /// device, size, backing_file, backing_format, cache, discard, boot, readonly and serial.
        disks: Option<Vec<Dict>> => [],
        /// Its interfaces, all of them. Each has one of bridge, network and user, and target, mac, model, boot,
        /// isolated and mtu.
        networks: Option<Vec<Dict>> => [],
        /// Addresses of the host's PCI devices that it gets, all of them: each is in one machine only.
        hostdevs: Option<Vec<String>> => [],
        /// Its screen, which listens on the host itself only.
        graphics: Option<String> => [choices(&["none", "vnc", "spice"])],
        /// What its first boot reads (cloud-init): instance_id, hostname, user_data, network_config, meta_data,
        /// vendor_data, path and target. It is a disc of its own beside the disks.
        seed: Option<Dict> => [],
        /// Whether the host starts it.
        autostart: Option<bool> => [],
        /// Seconds that its guest has for shutting down.
        wait_timeout: i64 => [default("120")],
        /// Whether the firmware's variables of one that goes are kept.
        keep_nvram: bool => [default("false")],
    }
    rules []
}

static DOC: Doc = Doc {
    name: "kvm_vm",
    full_names: &[],
    short: "Manage virtual machines of KVM by their parts.",
    args: <Args as crate::spec::ArgStruct>::TABLE,
    check: Support::Full,
    diff: Support::Full,
    examples: &[
        Example {
            title: "A machine on a zvol, with a named interface and a first boot",
            yaml: "kvm_vm: {name: trade-worker, state: running, cpus: 4, memory: 8G, firmware: uefi, disks: [{path: /dev/zvol/tank/vm/trade-worker, discard: unmap}], networks: [{bridge: br0, target: vmtrade}], seed: {hostname: trade-worker, user_data: {ssh_pwauth: false}}, autostart: true}",
        },
        Example {
            title: "A graphics card, whole, and memory that does not move",
            yaml: "kvm_vm: {name: ai-modeler, memory: 32G, hugepages: 1G, hostdevs: [\"0000:01:00.0\", \"0000:01:00.1\"]}",
        },
    ],
    returns: &[
        ("state", "`absent`, `running`, `paused`, `shutdown` or `crashed`"),
        ("differences", "what differed from what was asked for"),
        ("restart_required", "whether it runs as it was described before"),
        ("uuid", "its UUID, which is kept"),
        ("macs", "addresses of its interfaces, which are kept"),
    ],
};

/// The module.
pub struct KvmVm;

impl Args {
    /// Whether it says how the machine is made.
    fn describes(&self) -> bool {
        let scalars = [
            self.kind.is_some(),
            self.machine.is_some(),
            self.cpus.is_some(),
            self.cpu_mode.is_some(),
            self.memory.is_some(),
            self.hugepages.is_some(),
            self.firmware.is_some(),
            self.hide_kvm.is_some(),
            self.graphics.is_some(),
        ];
        let lists = [self.disks.is_some(), self.networks.is_some(), self.hostdevs.is_some()];
        scalars.contains(&true) || lists.contains(&true) || self.seed.is_some()
    }

    fn check(&self) -> Result<(), Failure> {
        super::check_name("virtual machine", &self.name)?;
        super::check_uri(&self.uri)?;
        if self.cpus.is_some_and(|cpus| !(1..=4096).contains(&cpus)) {
            return Err(Failure::new("cpus is a number from 1 to 4096"));
        }
        if self.wait_timeout < 1 {
            return Err(Failure::new("wait_timeout is a number above 0"));
        }
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        if self.machine.as_ref().is_some_and(|name| name.is_empty() || !name.chars().all(plain)) {
            return Err(Failure::new("machine is a name such as q35"));
        }
        if self.secure_boot.is_some() && self.firmware.as_deref() != Some("uefi") {
            return Err(Failure::new("secure_boot is for the firmware uefi"));
        }
        Wish::read(self).map(drop)
    }
}

impl State for KvmVm {
    type Args = Args;
    type Seen = Seen;

    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn probe(&self, args: &Args, ctx: Ctx<'_>) -> Result<Probe, Failure> {
        super::only_linux("kvm_vm", ctx.platform)?;
        args.check()?;
        Ok(domain::probe(&args.uri, &args.name, "others"))
    }

    fn read(&self, args: &Args, answers: &[Answer], ctx: Ctx<'_>) -> Result<Look<Seen>, Failure> {
        let mut seen = Seen::read(args, answers, ctx)?;
        let wish = Wish::read(args)?;
        let words = seen.words(args, &wish);
        if words.is_empty() {
            return Ok(Look::Seen(seen));
        }
        let Some(answer) = answers.get(1) else {
            let script = concat!(
                include_str!("../../told/ask.sh"),
                include_str!("../ask.sh"),
                include_str!("look.sh")
            );
            let probe = Probe::new("kvm_look", script).words([&args.uri]).words(words);
            return Ok(Look::Ask(probe.secret()));
        };
        seen.details(&wish, answer, ctx)?;
        Ok(Look::Seen(seen))
    }

    fn plan(&self, args: &Args, seen: &Seen, ctx: Ctx<'_>) -> Result<Plan, Failure> {
        planning::plan(args, &Wish::read(args)?, seen, ctx)
    }

    fn verify(&self, args: &Args, change: &Change, after: &Seen, _: Ctx<'_>) -> Result<(), String> {
        let wish = Wish::read(args).map_err(|failure| failure.msg)?;
        planning::verify(args, &wish, change, after)
    }

    fn explain(&self, _: &Args, ran: &Ran) -> Option<Failure> {
        super::explain(ran)
    }

    fn result(
        &self,
        args: &Args,
        before: &Seen,
        after: Option<&Seen>,
        plan: &Plan,
        _: &[Ran],
    ) -> Fields {
        let now = after.unwrap_or(before).base.domain.as_ref();
        let was_up = before.base.domain.as_ref().is_some_and(|domain| domain.power.is_up());
        let defined = plan
            .changes()
            .any(|change| super::words(change).first().is_some_and(|word| word == "define"));
        let goes_on = was_up && defined && args.state != Wanted::Restarted;
        let up = now.is_some_and(|domain| domain.power.is_up());
        let state = now.map_or("absent", |domain| domain.power.word());
        let uuid = now.and_then(|domain| domain.xml.text_at("uuid")).unwrap_or_default();
        let devices = now.and_then(|domain| domain.xml.find("devices"));
        let macs = devices.into_iter().flat_map(|devices| devices.all("interface"));
        let macs: Vec<&str> = macs.filter_map(|node| node.at("mac", "address")).collect();
        [
            ("state", Value::from(state)),
            ("restart_required", Value::from(goes_on && up)),
            ("uuid", uuid.into()),
            ("macs", super::thing::list(macs)),
        ]
        .into_iter()
        .map(|(key, value)| (key.into(), value))
        .collect()
    }
}

/// Whether a machine in this state is started by what is wanted.
fn starts(args: &Args, power: Option<Power>) -> bool {
    match args.state {
        Wanted::Restarted => true,
        Wanted::Running => power.is_none_or(|power| !power.is_up()),
        _ => false,
    }
}
