//! The machine that is wanted.

use super::property::{Family, known};
use crate::modules::pve::api;
use crate::spec::Failure;
use crate::spec::args::Dict;
use std::collections::BTreeMap;

crate::choices! {
    /// What is wanted of a machine.
    pub enum Wanted {
        Present = "present",
        Absent = "absent",
        Started = "started",
        Stopped = "stopped",
        Restarted = "restarted",
        Template = "template",
    }
}

crate::args! {
    /// Which machine, and how it is.
    pub struct Args {
        /// Its number. Without it the machine is found by its name, and a new one gets the next free number.
        vmid: Option<i64> => [],
        /// Its name.
        name: Option<String> => [],
        /// Whether it is there, runs, or is a template (which can't be undone).
        state: Wanted => [default("present")],
        /// Whether the configuration of one that is there is changed.
        update: bool => [default("yes")],
        /// Number or name of the machine or template that a new one is a copy of.
        clone: Option<String> => [],
        /// Whether a copy has disks of its own; a linked one needs a template.
        full: bool => [default("yes")],
        /// Where a full copy's disks go.
        storage: Option<String> => [],
        /// The snapshot that is copied.
        snapname: Option<String> => [],
        /// Settings that it shall not have. A disk among them stays as an unused one.
        delete: Option<Vec<String>> => [],
        /// With `absent`: a running one is turned off first. With `stopped`: one that does not shut down is.
        force: bool => [default("no")],
        /// With `absent`: it is taken out of backup and replication jobs too.
        purge: bool => [default("no")],
        /// With `absent`: disks that its configuration does not name are destroyed too.
        destroy_unreferenced_disks: bool => [default("no")],
        /// Seconds that starting or stopping may take.
        timeout: i64 => [default("120")],
        /// Cores of each socket.
        cores: Option<i64> => [],
        /// Sockets.
        sockets: Option<i64> => [],
        /// Processors that are plugged in at start.
        vcpus: Option<i64> => [],
        /// Kind of processor, such as `host`.
        cpu: Option<String> => [],
        /// Limit of processor time, in processors.
        cpulimit: Option<i64> => [],
        /// Weight of processor time.
        cpuunits: Option<i64> => [],
        /// Memory in MiB.
        memory: Option<i64> => [],
        /// Least memory in MiB; 0: no ballooning.
        balloon: Option<i64> => [],
        /// Size of huge pages.
        hugepages: Option<String> => [choices(&["any", "2", "1024"])],
        /// Whether it has NUMA.
        numa_enabled: Option<bool> => [],
        /// Its firmware.
        bios: Option<String> => [choices(&["seabios", "ovmf"])],
        /// Kind of machine, such as `q35`.
        machine: Option<String> => [],
        /// Kind of system.
        ostype: Option<String> => [],
        /// SCSI controller.
        scsihw: Option<String> => [],
        /// Order of boot, such as `order=scsi0;net0`.
        boot: Option<String> => [],
        /// QEMU's guest agent, such as `1` or `enabled=1,fstrim_cloned_disks=1`.
        agent: Option<String> => [],
        /// Display.
        vga: Option<String> => [],
        /// Words for QEMU itself.
        args: Option<String> => [],
        /// What is plugged in while it runs.
        hotplug: Option<String> => [],
        /// Whether it starts with its node.
        onboot: Option<bool> => [],
        /// Order of starting, such as `order=2,up=30`.
        startup: Option<String> => [],
        /// Whether it, and its disks, can't be removed.
        protection: Option<bool> => [],
        /// Its tags.
        tags: Option<Vec<String>> => [],
        /// Notes.
        description: Option<String> => [],
        /// Whether it has ACPI.
        acpi: Option<bool> => [],
        /// Whether it uses KVM.
        kvm: Option<bool> => [],
        /// Whether it has a tablet.
        tablet: Option<bool> => [],
        /// Where UEFI's settings are: `storage`, `efitype`, `pre_enrolled_keys`, `format`.
        efidisk0: Option<Dict> => [],
        /// Where the TPM's state is: `storage`, `version`.
        tpmstate0: Option<Dict> => [],
        /// Disks by their names, such as `scsi0: 'local-lvm:32,ssd=1'` (GiB). A disk that is there grows, and is never
        /// replaced or made smaller.
        scsi: Option<Dict> => [],
        /// The same.
        virtio: Option<Dict> => [],
        /// The same.
        sata: Option<Dict> => [],
        /// The same; also `ide2: 'local-lvm:cloudinit'`.
        ide: Option<Dict> => [],
        /// Network interfaces by their names, such as `net0: 'virtio,bridge=vmbr0'`. The address is kept where none is
        /// named. The bridge must be there.
        net: Option<Dict> => [],
        /// Devices of the host by their names, such as `hostpci0: '0000:01:00,pcie=1'`. No other machine may have them.
        hostpci: Option<Dict> => [],
        /// USB devices.
        usb: Option<Dict> => [],
        /// Serial ports.
        serial: Option<Dict> => [],
        /// Cells of NUMA.
        numa: Option<Dict> => [],
        /// Addresses that cloud-init sets, such as `ipconfig0: 'ip=10.20.0.11/24,gw=10.20.0.1'`.
        ipconfig: Option<Dict> => [],
        /// User of cloud-init.
        ciuser: Option<String> => [],
        /// Public keys of that user, one a line.
        sshkeys: Option<String> => [],
        /// Whether cloud-init upgrades packages.
        ciupgrade: Option<bool> => [],
        /// Files of cloud-init, such as `user=local:snippets/web.yml`.
        cicustom: Option<String> => [],
        /// Kind of cloud-init's disk.
        citype: Option<String> => [choices(&["nocloud", "configdrive2", "opennebula"])],
        /// Resolvers.
        nameservers: Option<Vec<String>> => [],
        /// Domains.
        searchdomains: Option<Vec<String>> => [],
    }
    rules [
        crate::spec::Rule::RequiredOneOf(&["vmid", "name"]),
    ]
}

impl Args {
    /// The wanted settings by the names of Proxmox' own file.
    ///
    /// # Errors
    /// One of them is none.
    pub fn settings(&self) -> Result<BTreeMap<String, String>, Failure> {
        let mut all = BTreeMap::new();
        let mut put = |name: &str, value: Option<String>| {
            if let Some(value) = value {
                all.insert(name.to_string(), value);
            }
        };
        self.numbers(&mut put);
        self.texts(&mut put);
        let joined = |list: &Option<Vec<String>>, by: &str| list.as_ref().map(|list| list.join(by));
        put("tags", joined(&self.tags, ";"));
        put("nameserver", joined(&self.nameservers, " "));
        put("searchdomain", joined(&self.searchdomains, " "));
        put("efidisk0", self.efidisk0.as_ref().map(state_disk).transpose()?);
        put("tpmstate0", self.tpmstate0.as_ref().map(state_disk).transpose()?);
        self.devices(&mut put)?;
        for (name, value) in &all {
            if value.contains(['\n', '\r']) && name != "description" && name != "sshkeys" {
                return Err(Failure::new(format!("{name} is one line")));
            }
        }
        Ok(all)
    }

    fn numbers(&self, put: &mut impl FnMut(&str, Option<String>)) {
        let numbers = [
            ("cores", self.cores),
            ("sockets", self.sockets),
            ("vcpus", self.vcpus),
            ("cpulimit", self.cpulimit),
            ("cpuunits", self.cpuunits),
            ("memory", self.memory),
            ("balloon", self.balloon),
        ];
        for (name, value) in numbers {
            put(name, value.map(|value| value.to_string()));
        }
        let bools = [
            ("numa", self.numa_enabled),
            ("onboot", self.onboot),
            ("protection", self.protection),
            ("acpi", self.acpi),
            ("kvm", self.kvm),
            ("tablet", self.tablet),
            ("ciupgrade", self.ciupgrade),
        ];
        for (name, value) in bools {
            put(name, value.map(|on| if on { "1" } else { "0" }.to_string()));
        }
    }

    fn texts(&self, put: &mut impl FnMut(&str, Option<String>)) {
        let texts = [
            ("name", &self.name),
            ("cpu", &self.cpu),
            ("hugepages", &self.hugepages),
            ("bios", &self.bios),
            ("machine", &self.machine),
            ("ostype", &self.ostype),
            ("scsihw", &self.scsihw),
            ("boot", &self.boot),
            ("agent", &self.agent),
            ("vga", &self.vga),
            ("args", &self.args),
            ("hotplug", &self.hotplug),
            ("startup", &self.startup),
            ("description", &self.description),
            ("ciuser", &self.ciuser),
            ("sshkeys", &self.sshkeys),
            ("cicustom", &self.cicustom),
            ("citype", &self.citype),
        ];
        for (name, value) in texts {
            put(name, value.clone());
        }
    }

    fn devices(&self, put: &mut impl FnMut(&str, Option<String>)) -> Result<(), Failure> {
        let families = [
            ("scsi", &self.scsi),
            ("virtio", &self.virtio),
            ("sata", &self.sata),
            ("ide", &self.ide),
            ("net", &self.net),
            ("hostpci", &self.hostpci),
            ("usb", &self.usb),
            ("serial", &self.serial),
            ("numa", &self.numa),
            ("ipconfig", &self.ipconfig),
        ];
        for (family, dict) in families {
            for (key, value) in dict.iter().flat_map(|dict| &dict.0) {
                let name = key.json_text();
                let number = name.strip_prefix(family).unwrap_or_default();
                if number.is_empty()
                    || number.len() > 2
                    || !number.bytes().all(|b| b.is_ascii_digit())
                {
                    return Err(Failure::new(format!(
                        "{family} has names such as {family}0, not '{name}'"
                    )));
                }
                put(&name, Some(value.text()));
            }
        }
        Ok(())
    }

    /// What can be seen to be wrong without a host.
    ///
    /// # Errors
    /// It.
    pub fn check(&self) -> Result<(), Failure> {
        self.vmid.map_or(Ok(()), api::vmid)?;
        if let Some(name) = &self.name {
            api::name("name of a machine", name)?;
            // It is a name of the DNS.
            if name.contains('_') || name.len() > 63 {
                return Err(Failure::new(format!("invalid name of a machine: '{name}'")));
            }
        }
        if let Some(source) = &self.clone {
            api::name("machine to copy", source)?;
        }
        for (what, name) in
            [("name of a storage", &self.storage), ("name of a snapshot", &self.snapname)]
        {
            name.as_deref().map_or(Ok(()), |name| api::name(what, name))?;
        }
        if self.timeout < 1 {
            return Err(Failure::new("timeout is a number of seconds"));
        }
        for name in self.delete.iter().flatten() {
            if !known(name) {
                return Err(Failure::new(format!("delete: '{name}' is no setting of a machine")));
            }
            if name.starts_with("unused") {
                return Err(Failure::new(format!("delete: {name} would destroy the volume")));
            }
        }
        let settings = self.settings()?;
        let pcie = |(name, value): (&String, &String)| {
            name.starts_with("hostpci") && value.contains("pcie=1")
        };
        let machine = self.machine.as_deref().unwrap_or("q35");
        if settings.iter().any(pcie) && !machine.contains("q35") {
            return Err(Failure::new("hostpci with pcie=1 needs machine q35"));
        }
        let both = self.delete.iter().flatten().find(|name| settings.contains_key(*name));
        match both {
            Some(name) => Err(Failure::new(format!("{name} is both wanted and deleted"))),
            None => Ok(()),
        }
    }
}

/// `efidisk0` and `tpmstate0`: a storage and options; Proxmox knows their size.
fn state_disk(dict: &Dict) -> Result<String, Failure> {
    let mut text = String::new();
    let mut options = String::new();
    for (key, value) in &dict.0 {
        let value = match value.type_name() {
            "bool" => if value.is_true() { "1" } else { "0" }.to_string(),
            _ => value.text(),
        };
        match key.json_text().as_str() {
            "storage" => {
                api::name("name of a storage", &value)?;
                text = format!("{value}:1");
            }
            name @ ("efitype" | "version" | "format") => options += &format!(",{name}={value}"),
            "pre_enrolled_keys" => options += &format!(",pre-enrolled-keys={value}"),
            name => return Err(Failure::new(format!("such a disk has no {name}"))),
        }
    }
    match text.is_empty() {
        true => Err(Failure::new("such a disk needs its storage")),
        false => Ok(text + &options),
    }
}

/// Whether a setting is a disk.
pub fn is_disk(name: &str) -> bool {
    matches!(Family::of(name), Family::Disk | Family::StateDisk)
}
