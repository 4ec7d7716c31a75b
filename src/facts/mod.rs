//! What a host is: one file per family of facts, with the part of the probe that asks and the parser of the answer.
//!
//! A gathering is one probe: [`SCRIPT`], called with the names of the families wanted. Names and forms of the
//! facts are Ansible's, in their `ansible_` spelling. Facts of Python are left out: there may be none.

mod cmdline;
mod date_time;
mod distribution;
mod dns;
mod env;
mod filter;
mod foreign;
mod hardware;
mod ini;
mod loadavg;
mod local;
mod lsb;
mod network;
mod pkg_mgr;
mod platform;
mod security;
mod service_mgr;
mod ssh_keys;
mod subset;
mod systemd;
#[cfg(test)]
mod tests;
mod told;
mod user;
mod virtualization;

pub use filter::filter;
pub use subset::{BadSubset, families};

use crate::base::{Key, Map, Value};
use told::Told;

/// One family of facts, as `gather_subset` names it.
pub struct Family {
    /// Its name.
    pub name: &'static str,
    /// Facts by whose names it can be asked for too.
    pub ids: &'static [&'static str],
    /// Whether it belongs to the smallest set (`min`).
    pub minimal: bool,
    /// Families whose facts it needs.
    pub needs: &'static [&'static str],
    read: fn(&Told, &mut Gathered),
}

/// What a gathering found.
#[derive(Debug, Default)]
pub struct Gathered {
    /// Facts by their full names.
    pub facts: Map,
    /// What could not be read.
    pub warnings: Vec<String>,
}

impl Gathered {
    /// Adds the fact `ansible_NAME`.
    fn put(&mut self, name: &str, value: impl Into<Value>) {
        self.facts.insert(Key::from(format!("ansible_{name}")), value.into());
    }

    /// The text of a fact that is there already.
    fn text(&self, name: &str) -> &str {
        let key = Key::from(format!("ansible_{name}"));
        self.facts.get(&key).and_then(Value::as_str).unwrap_or_default()
    }
}

const NEEDS_NAME: &[&str] = &["platform", "distribution"];

/// All families, in the order in which they are read.
pub static FAMILIES: &[Family] = &[
    family("platform", platform::IDS, true, &[], platform::read),
    family("distribution", distribution::IDS, true, &[], distribution::read),
    family("lsb", &[], true, &[], lsb::read),
    family("selinux", &[], true, &[], security::selinux),
    family("apparmor", &[], true, &[], security::apparmor),
    family("chroot", &["is_chroot"], false, &[], security::chroot),
    family("fips", &[], true, &[], security::fips),
    family("python", &["python_version"], true, &[], |_, _| ()),
    family("caps", security::CAPS, true, &[], security::caps),
    family("pkg_mgr", &[], true, &["distribution"], pkg_mgr::read),
    family("service_mgr", &[], true, NEEDS_NAME, service_mgr::read),
    family("cmdline", &[], true, &[], cmdline::read),
    family("date_time", &[], true, &[], date_time::read),
    family("env", &[], true, &[], env::read),
    family("loadavg", &[], false, &[], loadavg::read),
    family("ssh_pub_keys", ssh_keys::IDS, true, &[], ssh_keys::read),
    family("user", user::IDS, true, &[], user::read),
    family("systemd", &[], false, &[], systemd::read),
    family("virtual", virtualization::IDS, false, &[], virtualization::read),
    family("hardware", hardware::IDS, false, &["platform"], hardware::read),
    family("dns", &[], true, &[], dns::read),
    family("fibre_channel_wwn", &[], false, &[], network::fibre_channel),
    family("network", network::IDS, false, NEEDS_NAME, network::read),
    family("iscsi", &[], false, &[], network::iscsi),
    family("nvme", &[], false, &[], network::nvme),
    family("local", &[], true, &[], local::read),
    family("facter", &[], false, &[], foreign::facter),
    family("ohai", &[], false, &[], foreign::ohai),
];

const fn family(
    name: &'static str,
    ids: &'static [&'static str],
    minimal: bool,
    needs: &'static [&'static str],
    read: fn(&Told, &mut Gathered),
) -> Family {
    Family { name, ids, minimal, needs, read }
}

/// The probe of a gathering; its words: names of families between spaces, seconds for what may hang, the
/// directory of local facts. It must run isolated.
pub const SCRIPT: &str = concat!(
    include_str!("begin.sh"),
    include_str!("platform.sh"),
    include_str!("distribution/linux.sh"),
    include_str!("pkg_mgr.sh"),
    include_str!("service_mgr.sh"),
    include_str!("systemd.sh"),
    include_str!("lsb.sh"),
    include_str!("user.sh"),
    include_str!("env.sh"),
    include_str!("date_time.sh"),
    include_str!("dns.sh"),
    include_str!("ssh_keys.sh"),
    include_str!("cmdline.sh"),
    include_str!("loadavg.sh"),
    include_str!("security.sh"),
    include_str!("local.sh"),
    include_str!("foreign.sh"),
    include_str!("hardware/linux.sh"),
    include_str!("hardware/dmi.sh"),
    include_str!("hardware/freebsd.sh"),
    include_str!("network/linux.sh"),
    include_str!("network/bsd.sh"),
    include_str!("network/initiators.sh"),
    include_str!("virtualization.sh"),
    include_str!("end.sh"),
);

/// Reads the probe's answer for these families.
pub fn read(families: &[&'static Family], answer: &str) -> Gathered {
    let told = Told::parse(answer);
    let mut gathered = Gathered::default();
    for family in families {
        (family.read)(&told, &mut gathered);
    }
    gathered
}
