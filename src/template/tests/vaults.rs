//! Tests of vaulted data.

use super::{builtin, impure};
use crate::base::{Kind, Value};
use crate::template::filters::bind::{Bound, shown, text_of};
use crate::template::table::{Args, Env, Stop, Test};
use crate::vault::is_vault;

pub(super) const TESTS: &[Test] = &[
    builtin(
        "vault_encrypted",
        "ansible.builtin.vault_encrypted",
        "Whether it is vaulted text.",
        vault_encrypted,
        &[("'x' is vault_encrypted", "false")],
    ),
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
    Ok(match &value.kind {
        Kind::Vault(_) => true,
        Kind::Str(text) => is_vault(text.as_bytes()),
        _ => false,
    })
}

fn vaulted_file(_: &dyn Env, value: &Value, args: &Args) -> Result<bool, Stop> {
    Bound::of("vaulted_file", args, &[], 0)?;
    let head = std::fs::read(&*text_of(value)).map_err(|_| {
        Stop::fault(format!("Cannot test if the file {} is a vault.", shown(value)))
    })?;
    Ok(is_vault(&head))
}
