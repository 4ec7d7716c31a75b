//! Names under which the host reaches storage over a network.

use crate::base::Value;
use crate::facts::Gathered;
use crate::facts::told::{Told, assigned};

/// `iscsi_iqn`, empty without one.
pub fn iscsi(told: &Told, found: &mut Gathered) {
    let lines = told.lines("/etc/iscsi/initiatorname.iscsi");
    found.put("iscsi_iqn", assigned(lines, "InitiatorName").unwrap_or_default());
}

/// `hostnqn`, empty without one.
pub fn nvme(told: &Told, found: &mut Gathered) {
    let lines = told.lines("/etc/nvme/hostnqn").iter();
    let name = lines.map(|line| line.trim()).rfind(|line| line.starts_with("nqn."));
    found.put("hostnqn", name.unwrap_or_default());
}

/// `fibre_channel_wwn`: port names without 0x.
pub fn fibre_channel(told: &Told, found: &mut Gathered) {
    let ports = told.keys().filter(|key| key.starts_with("/sys/class/fc_host/"));
    let names = ports.filter_map(|key| told.first(key)).map(|name| name.trim_start_matches("0x"));
    found.put("fibre_channel_wwn", names.map(Value::from).collect::<Vec<_>>());
}
