//! Public keys of the host's ssh server.

use super::Gathered;
use super::told::Told;

/// Facts that stand for the family.
pub const IDS: &[&str] = &[
    "ssh_host_pub_keys",
    "ssh_host_key_dsa_public",
    "ssh_host_key_rsa_public",
    "ssh_host_key_ecdsa_public",
    "ssh_host_key_ed25519_public",
];

/// `ssh_host_key_*_public` of the first directory that has keys.
pub fn read(told: &Told, found: &mut Gathered) {
    for dir in ["/etc/ssh", "/etc/openssh", "/etc"] {
        let mut any = false;
        for kind in ["dsa", "rsa", "ecdsa", "ed25519"] {
            let line = told.first(&format!("{dir}/ssh_host_{kind}_key.pub")).unwrap_or_default();
            let mut words = line.split_whitespace();
            if let (Some(keytype), Some(key)) = (words.next(), words.next()) {
                found.put(&format!("ssh_host_key_{kind}_public"), key);
                found.put(&format!("ssh_host_key_{kind}_public_keytype"), keytype);
                any = true;
            }
        }
        if any {
            return;
        }
    }
}
