//! Tests of vaulted data.

use super::{builtin, impure, undefinable};
use crate::base::{Kind, Value};
use crate::template::filters::bind::{Bound, because, defined, os_error, shown, text_of};
use crate::template::table::{Args, Env, Stop, Test};
use crate::vault::is_vault;

pub(super) const TESTS: &[Test] = &[
    undefinable(builtin(
        "vault_encrypted",
        "ansible.builtin.vault_encrypted",
        "Whether it is an inline vault that was not opened yet.",
        vault_encrypted,
        &[("'x' is vault_encrypted", "false")],
    )),
    impure(builtin(
        "vaulted_file",
        "ansible.builtin.vaulted_file",
        "Whether a file on the controller is vaulted.",
        vaulted_file,
        &[("'/etc/passwd' is vaulted_file", "false")],
    )),
];

fn vault_encrypted(_: &dyn Env, value: &Value, args: &Args) -> Result<bool, Stop> {
    Bound::of("vault_encrypted", args, &[], 0)?;
    // Text that merely looks like a vault is text.
    Ok(matches!(defined(value)?.kind, Kind::Vault(_)))
}

fn vaulted_file(_: &dyn Env, value: &Value, args: &Args) -> Result<bool, Stop> {
    Bound::of("vaulted_file", args, &[], 0)?;
    let head = std::fs::read(&*text_of(value)).map_err(|e| {
        let message = format!("Cannot test if the file {} is a vault.", shown(value));
        because(message, os_error(&e, Some(&text_of(value))).replacen(": '", ": b'", 1))
    })?;
    Ok(is_vault(&head))
}
