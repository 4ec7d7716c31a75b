//! Who runs the host's services.

use super::Gathered;
use super::told::{Told, base};

const CANARIES: [&str; 3] = ["/run/systemd/system/", "/dev/.run/systemd/", "/dev/.systemd/"];

/// `service_mgr`.
pub fn read(told: &Told, found: &mut Gathered) {
    let first = told.text("/proc/1/comm").or_else(|| told.text("init"));
    let first = first.as_deref().map(base).filter(|name| *name != "init" && !name.ends_with("sh"));
    let name = match first {
        Some("procd") => "openwrt_init",
        Some("runit-init") => "runit",
        Some("svscan") => "svc",
        Some("openrc-init") => "openrc",
        Some(name) => name,
        None => by_traces(told, found.text("distribution")),
    };
    found.put("service_mgr", name);
}

/// By what lies around, when process 1 does not tell.
fn by_traces(told: &Told, distribution: &str) -> &'static str {
    let system = told.system();
    if system.contains("BSD") || system == "DragonFly" {
        return "bsdinit";
    }
    match distribution {
        "OpenWrt" => return "openwrt_init",
        "SMGL" => return "simpleinit_msb",
        _ if system != "Linux" => return "service",
        _ => {}
    }
    let systemd = told.have("systemctl");
    if systemd && CANARIES.iter().any(|path| told.there(path)) {
        "systemd"
    } else if told.have("initctl") && told.there("/etc/init/") {
        "upstart"
    } else if told.there("/sbin/openrc") {
        "openrc"
    } else if systemd && told.first("init").is_some_and(|link| base(link) == "systemd") {
        "systemd"
    } else if told.there("/etc/init.d/") {
        "sysvinit"
    } else if told.there("/etc/dinit.d/") {
        "dinit"
    } else {
        "service"
    }
}
