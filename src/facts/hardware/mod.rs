//! Processors, memory, disks, mounts, firmware.

mod cpu;
mod devices;
mod dmi;
mod freebsd;
mod lvm;
mod memory;
mod mounts;
mod size;

use super::Gathered;
use super::told::Told;

/// Facts that stand for the family.
pub const IDS: &[&str] = &["processor", "processor_cores", "processor_count", "mounts", "devices"];

/// `processor*`, `mem*`, `swap*`, `mounts`, `devices`, `bios_*`, `product_*`, ... as each system has them.
pub fn read(told: &Told, found: &mut Gathered) {
    match told.system() {
        "Linux" => {
            cpu::read(told, found);
            memory::read(told, found);
            dmi::read(told, found);
            devices::read(told, found);
            lvm::read(told, found);
            mounts::read(told, found);
        }
        "FreeBSD" => {
            freebsd::read(told, found);
            dmi::read(told, found);
        }
        _ => {}
    }
}
