//! The filters `vault` and `unvault`.

use super::bind::{Bound, because, class_of, text_of};
use super::{builtin, impure};
use crate::base::{Kind, Value};
use crate::template::table::{Args, Env, Filter, Stop};
use crate::vault::{decrypt_by, encrypt_by, is_vault};

pub(super) const FILTERS: &[Filter] = &[
    impure(builtin(
        "vault",
        "ansible.builtin.vault",
        "Encrypts a text by a password, as ansible-vault does.",
        vault,
        &[("'abc' | vault('pw') | unvault('pw')", "'abc'")],
    )),
    builtin(
        "unvault",
        "ansible.builtin.unvault",
        "Decrypts a vaulted text by a password; other text stays.",
        unvault,
        &[("'abc' | unvault('pw')", "'abc'")],
    ),
];

fn vault(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    let bound = Bound::of("do_vault", args, &["secret", "salt", "vault_id", "wrap_object"], 1)?;
    let secret = secret(&bound, "a")?;
    let Kind::Str(text) = &value.kind else {
        let class = class_of(&value);
        return Err(Stop::fault(format!("Can only vault strings, instead we got {class}.")));
    };
    if bound.flag("wrap_object", false) {
        return Err(Stop::fault("vault: wrap_object is not supported"));
    }
    let salt = bound.some("salt").map(text_of);
    if salt.as_deref() == Some("") {
        let cause = "Empty or invalid salt passed to encrypt()";
        return Err(because("Unable to encrypt.", cause));
    }
    let id = bound.text("vault_id", "filter_default");
    let vault = encrypt_by(text.as_bytes(), secret.as_bytes(), salt.as_deref(), &id);
    vault.map(Value::from).map_err(|error| because("Unable to encrypt.", error.to_string()))
}

fn unvault(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    let bound = Bound::of("do_unvault", args, &["secret", "vault_id"], 1)?;
    let secret = secret(&bound, "as")?;
    let Kind::Str(text) = &value.kind else {
        let class = class_of(&value);
        let text = format!("Vault should be in the form of a string, instead we got {class}.");
        return Err(Stop::fault(text));
    };
    if !is_vault(text.as_bytes()) {
        return Ok(value);
    }
    let failed = |cause: String| because("Unable to decrypt.", cause);
    let plain = decrypt_by(text, secret.as_bytes()).map_err(|error| failed(error.to_string()))?;
    let plain = std::str::from_utf8(&plain);
    let plain = plain.map_err(|_| failed("the data is no UTF-8 text".into()))?;
    Ok(Value::from(plain).secret())
}

fn secret<'a>(bound: &Bound<'a>, article: &str) -> Result<&'a str, Stop> {
    let secret = bound.need("secret")?;
    secret.as_str().ok_or_else(|| {
        let class = class_of(secret);
        let text =
            format!("Secret passed is required to be {article} string, instead we got {class}.");
        Stop::fault(text)
    })
}
