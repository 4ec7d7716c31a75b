//! What a Linux host boots with: its kernel's command line, PCI functions for virtual machines, its IOMMU.

mod cmdline;
mod iommu;
#[cfg(test)]
mod lab;
mod pci;
mod vfio;

use crate::spec::{Ctx, Entry, Failure, Os};

/// The family's part of the table.
pub static FAMILY: &[Entry] = &[
    Entry::state(&cmdline::KernelCmdline),
    Entry::state(&iommu::IommuCheck),
    Entry::state(&vfio::Vfio),
];

/// Refuses other systems.
fn only_linux(module: &str, ctx: Ctx<'_>) -> Result<(), Failure> {
    if ctx.platform.os == Os::Linux {
        return Ok(());
    }
    Err(Failure::new(format!("{module} is for Linux: this host is {}", ctx.platform.system)))
}
