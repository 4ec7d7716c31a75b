//! What is refused, and what is warned of, before functions are given away.

use super::super::cmdline::key;
use super::super::pci::Function;
use super::files::ids;
use super::{Args, Method, Seen};
use crate::spec::Failure;

/// The driver's module, as the list of built-in ones has it.
fn module(driver: &str) -> String {
    let name = if driver == "xhci_hcd" { "xhci_pci" } else { driver };
    name.replace('-', "_")
}

impl Seen {
    fn is_builtin(&self, driver: &str) -> bool {
        self.builtin.contains(&module(driver))
    }

    /// Refuses functions that cannot or must not be given away.
    pub fn check(&self, args: &Args) -> Result<(), Failure> {
        let wanted = self.wanted(args)?;
        for function in &wanted {
            take(args, function)?;
        }
        self.groups(&wanted)?;
        match args.method {
            Method::DriverOverride if !self.init_top => Err(Failure::new(
                "driver_override needs /etc/initramfs-tools/scripts/init-top: it is not on this host",
            )),
            Method::DriverOverride => Ok(()),
            _ => self.ids(args, &wanted),
        }
    }

    /// What stands in the way of binding by ids.
    fn ids(&self, args: &Args, wanted: &[&Function]) -> Result<(), Failure> {
        for function in wanted {
            let mut equal = self.pci.functions.iter().filter(|other| other.id == function.id);
            let other = equal.find(|other| !wanted.iter().any(|one| one.address == other.address));
            if let Some(other) = other {
                return Err(Failure::new(format!(
                    "{} has the same id as {}, which stays with the host: bind by address, with method driver_override",
                    function.told(),
                    other.told()
                )));
            }
        }
        for function in wanted {
            if let Some(driver) = function.driver.as_ref().filter(|driver| self.is_builtin(driver))
            {
                return Err(Failure::new(format!(
                    "{driver} is built into this kernel and has {} before vfio-pci is loaded: use method driver_override",
                    function.address
                )));
            }
        }
        if args.method == Method::Cmdline {
            return Ok(());
        }
        if self.is_builtin("vfio_pci") {
            let text = "vfio-pci is built into this kernel: it reads nothing of /etc/modprobe.d, use method cmdline or driver_override";
            return Err(Failure::new(text));
        }
        let other = self
            .others
            .lines()
            .find(|line| !line.starts_with(super::files::OPTIONS) && line.contains("ids="));
        if let Some(line) = other {
            let text = format!(
                "another file gives vfio-pci ids as well, and only one of them counts: {line}"
            );
            return Err(Failure::new(text));
        }
        self.command_line(&ids(wanted))
    }

    /// Ids of the command line win over those of files.
    fn command_line(&self, ids: &[String]) -> Result<(), Failure> {
        let files = self.boot.iter().flat_map(|boot| boot.files()).map(|(_, words)| words);
        for words in files.chain([self.running.clone()]) {
            let Some(word) = words.iter().rfind(|word| key(word) == "vfio_pci.ids") else {
                continue;
            };
            let value = word.split_once('=').map_or("", |(_, value)| value);
            if !ids.iter().all(|id| value.split(',').any(|known| known == id)) {
                return Err(Failure::new(format!(
                    "{word} on the kernel's command line wins over /etc/modprobe.d: use method cmdline, or take it away by kernel_cmdline"
                )));
            }
        }
        Ok(())
    }

    /// Refuses groups of which something stays with the host.
    fn groups(&self, wanted: &[&Function]) -> Result<(), Failure> {
        let addresses: Vec<String> =
            wanted.iter().map(|function| function.address.clone()).collect();
        // What has no driver now may stay beside them: nothing of the host is lost.
        let idle: Vec<String> = self.pci.functions.iter().map(|f| f.address.clone()).collect();
        for function in wanted {
            let Some(group) = function.group else { continue };
            let dirt = self.pci.dirt(group, &addresses, &idle);
            if !dirt.is_empty() {
                let members: Vec<String> = dirt.iter().map(|function| function.told()).collect();
                return Err(Failure::new(format!(
                    "IOMMU group {group} of {} also has {}: all of a group goes together (include_group), or none of it",
                    function.address,
                    members.join(", ")
                )));
            }
        }
        Ok(())
    }

    /// What the operator should know.
    pub fn warnings(&self, args: &Args) -> Result<Vec<String>, Failure> {
        let wanted = self.wanted(args)?;
        let mut warnings = Vec::new();
        if !self.pci.has_iommu() {
            warnings.push("the IOMMU is off: whether groups are clean cannot be seen, and nothing can be given to a virtual machine yet".to_string());
        }
        let displays = self.pci.functions.iter().filter(|function| function.is_display());
        let left = displays
            .filter(|function| !wanted.iter().any(|one| one.address == function.address))
            .count();
        for function in wanted.iter().filter(|function| function.is_display()) {
            if function.boot_vga {
                warnings.push(format!(
                    "{} is what the firmware shows its console on (boot_vga): from the next boot the host shows nothing there; keep another way in, and \
                     see to initcall_blacklist=sysfb_init if its memory cannot be reserved",
                    function.address
                ));
            }
            if left == 0 {
                warnings.push(format!(
                    "{} is among the only displays of this host: its console goes with them",
                    function.address
                ));
            }
        }
        for function in &wanted {
            let driver = function.driver.as_ref().filter(|driver| *driver != "vfio-pci");
            let Some(driver) = driver.filter(|_| args.method != Method::DriverOverride) else {
                continue;
            };
            let named = args
                .softdep
                .iter()
                .chain(&args.blacklist)
                .any(|name| module(name) == module(driver));
            if !named {
                warnings.push(format!(
                    "{driver} has {} now and may have it again before vfio-pci: name it in softdep",
                    function.address
                ));
            }
        }
        let acs = self.running.iter().find(|word| key(word) == "pcie_acs_override");
        warnings
            .extend(acs.map(|word| format!("{word}: IOMMU groups are not what they look like")));
        Ok(warnings)
    }
}

fn take(args: &Args, function: &Function) -> Result<(), Failure> {
    if matches!(function.class >> 8, 0x0600 | 0x0601 | 0x0604) {
        return Err(Failure::new(format!(
            "{} is a bridge: it stays with the host",
            function.told()
        )));
    }
    if function.is_reserved() {
        return Ok(());
    }
    if !function.uses.is_empty() {
        return Err(Failure::new(format!("{} is in use", function.told())));
    }
    let kind = match function.class >> 16 {
        1 => "storage",
        2 => "network",
        _ => return Ok(()),
    };
    if args.allow_storage_and_network {
        return Ok(());
    }
    Err(Failure::new(format!(
        "{} is a {kind} controller: allow_storage_and_network says that it may be taken",
        function.told()
    )))
}
