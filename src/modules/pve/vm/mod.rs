//! `proxmox_vm`, also called `proxmox_kvm`: a virtual machine of Proxmox VE.

mod args;
mod edits;
mod planning;
mod property;
mod seen;
#[cfg(test)]
mod tests;

use super::api;
use crate::base::{Key, Value};
use crate::modules::told::Told;
use crate::spec::{
    Answer, Change, Ctx, Doc, Example, Failure, Fields, Look, Op, Plan, Probe, Ran, State, Support,
};
pub use args::Args;
use seen::{Cluster, Seen};

static DOC: Doc = Doc {
    name: "proxmox_vm",
    full_names: &["proxmox_kvm", "community.general.proxmox_kvm", "community.proxmox.proxmox_kvm"],
    short: "Manage virtual machines of Proxmox VE, on their node as root.",
    args: <Args as crate::spec::ArgStruct>::TABLE,
    check: Support::Full,
    diff: Support::Full,
    examples: &[
        Example {
            title: "A machine with a GPU, not started",
            yaml: "proxmox_vm:\n  vmid: 104\n  name: ai-modeler\n  machine: q35\n  bios: ovmf\n  efidisk0: {storage: local-zfs, efitype: 4m, pre_enrolled_keys: false}\n  cores: 8\n  memory: 32768\n  balloon: 0\n  scsihw: virtio-scsi-single\n  scsi: {scsi0: 'local-zfs:64,iothread=1,discard=on'}\n  net: {net0: 'virtio,bridge=vmbr1'}\n  hostpci: {hostpci0: '0000:01:00,pcie=1'}",
        },
        Example {
            title: "A copy of a template with cloud-init",
            yaml: "proxmox_vm: {name: browser, clone: debian-13, ide: {ide2: 'local-zfs:cloudinit'}, ciuser: ops, ipconfig: {ipconfig0: 'ip=10.20.0.13/24,gw=10.20.0.1'}, state: started}",
        },
    ],
    returns: &[
        ("vmid", "its number"),
        ("state", "`absent`, `stopped` or `running`"),
        ("pending", "settings that wait for a restart"),
        ("restart_required", "whether there are any"),
    ],
};

/// The module, and where configurations are.
pub struct ProxmoxVm {
    configs: &'static str,
}

/// As Proxmox has it.
pub static PROXMOX_VM: ProxmoxVm = ProxmoxVm { configs: "/etc/pve/qemu-server" };

impl State for ProxmoxVm {
    type Args = Args;
    type Seen = Seen;

    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn probe(&self, args: &Args, ctx: Ctx<'_>) -> Result<Probe, Failure> {
        api::only_linux("proxmox_vm", ctx)?;
        args.check()?;
        let script = concat!(
            include_str!("../../told/ask.sh"),
            include_str!("../ask.sh"),
            include_str!("look.sh")
        );
        Ok(Probe::new("proxmox_vm", script).heavy())
    }

    fn read(&self, args: &Args, answers: &[Answer], ctx: Ctx<'_>) -> Result<Look<Seen>, Failure> {
        let cluster = Cluster::of(&Told::read(answers)?)?;
        match answers.get(1) {
            None => {
                let id = seen::number(args, &cluster)?.to_string();
                let there = cluster.find(args)?.is_some();
                let bridges = seen::bridges(&args.settings()?);
                let script = concat!(
                    include_str!("../../told/ask.sh"),
                    include_str!("../ask.sh"),
                    include_str!("config.sh")
                );
                let words = [cluster.node.as_str(), if there { &id } else { "" }, self.configs]
                    .map(str::to_string);
                Ok(Look::Ask(
                    Probe::new("proxmox_vm_config", script).words(words).words(bridges).heavy(),
                ))
            }
            Some(answer) => {
                let told = Told::read(std::slice::from_ref(answer))?;
                Seen::of(args, cluster, &told, ctx).map(Look::Seen)
            }
        }
    }

    fn plan(&self, args: &Args, seen: &Seen, ctx: Ctx<'_>) -> Result<Plan, Failure> {
        planning::plan(args, seen, ctx)
    }

    fn verify(&self, args: &Args, change: &Change, after: &Seen, _: Ctx<'_>) -> Result<(), String> {
        planning::verify(args, change, after)
    }

    fn explain(&self, _: &Args, ran: &Ran) -> Option<Failure> {
        let Op::Run(_) = &ran.change.op else { return None };
        let said = ran.answer.error_text() + &ran.answer.text();
        Some(api::explained(&ran.change.why, ran.answer.rc, &said))
    }

    fn result(&self, _: &Args, before: &Seen, after: Option<&Seen>, _: &Plan, _: &[Ran]) -> Fields {
        let now = after.unwrap_or(before);
        let state = match (now.there, now.running) {
            (false, _) => "absent",
            (true, false) => "stopped",
            (true, true) => "running",
        };
        let pending: Vec<Value> =
            now.pending.iter().map(|name| Value::from(name.as_str())).collect();
        [
            ("vmid", Value::from(now.id)),
            ("state", Value::from(state)),
            ("restart_required", Value::from(!pending.is_empty())),
            ("pending", Value::list(pending)),
        ]
        .into_iter()
        .map(|(key, value)| (Key::from(key), value))
        .collect()
    }
}
