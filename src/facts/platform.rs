//! Kernel, architecture, names of the host.

use super::Gathered;
use super::told::Told;

/// Facts that stand for the family.
pub const IDS: &[&str] = &[
    "system",
    "kernel",
    "kernel_version",
    "machine",
    "python_version",
    "architecture",
    "machine_id",
];

/// `system`, `kernel`, `machine`, `nodename`, `fqdn`, ...
pub fn read(told: &Told, found: &mut Gathered) {
    let uname = told.first("uname").unwrap_or_default();
    let (rest, machine) = uname.rsplit_once(' ').unwrap_or((uname, ""));
    let mut words = rest.splitn(4, ' ');
    let mut word = || words.next().unwrap_or_default();
    let (system, node, kernel, version) = (word(), word(), word(), word());
    found.put("system", system);
    found.put("kernel", kernel);
    found.put("kernel_version", version.trim());
    found.put("machine", machine);
    let fqdn = fqdn(told, node);
    found.put("domain", fqdn.split_once('.').map_or("", |(_, domain)| domain));
    found.put("fqdn", fqdn);
    found.put("hostname", node.split('.').next().unwrap_or_default());
    found.put("nodename", node);
    let bits = told.first("bits").unwrap_or(if machine.ends_with("64") { "64" } else { "32" });
    found.put("userspace_bits", bits);
    put_architecture(machine, bits, found);
    let id = ["/var/lib/dbus/machine-id", "/etc/machine-id"].iter().find_map(|f| told.first(f));
    if let Some(id) = id {
        found.put("machine_id", id);
    }
}

/// The first name with a dot that the resolver has for the host's address, else its first name.
fn fqdn<'a>(told: &Told<'a>, node: &'a str) -> &'a str {
    let names = told.first("names").unwrap_or_default();
    let names: Vec<&str> = names.split_whitespace().skip(1).collect();
    let dotted = names.iter().copied().find(|name| name.contains('.'));
    dotted.or(names.first().copied()).unwrap_or(node)
}

fn put_architecture(machine: &str, bits: &str, found: &mut Gathered) {
    let old = ["i386", "i486", "i586", "i686", "i86pc"].iter().any(|name| machine.contains(name));
    found.put("architecture", if old { "i386" } else { machine });
    if old || machine == "x86_64" {
        found.put("userspace_architecture", if bits == "64" { "x86_64" } else { "i386" });
    }
}
