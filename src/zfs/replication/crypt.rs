//! Rules on encryption that have to hold before a byte is sent. ZFS itself lets three of the wrong ways through in silence.

use super::edge::{Encryption, Policy};
use super::marks;
use super::refusal::Refusal;
use crate::zfs::listing::Listed;

/// Whether a dataset is encrypted.
#[must_use]
pub fn is_encrypted(one: &Listed) -> bool {
    one.property("encryption").is_some_and(|value| value != "off")
}

/// Whether its data can be read: it is not encrypted, or its key is loaded.
fn is_readable(one: &Listed) -> bool {
    !is_encrypted(one) || one.property("keystatus") == Some("available")
}

/// Whether it was received as it lay on the source's disk, or made with a key of its own.
fn is_own_root(one: &Listed) -> bool {
    one.property("encryptionroot") == Some(one.name.as_str())
}

/// Checks one dataset. `above`: the nearest dataset over the target that is there.
pub fn check(
    source: &Listed,
    target: Option<&Listed>,
    above: Option<&Listed>,
    policy: &Policy,
) -> Result<(), Refusal> {
    let refuse = |text: String| Err(Refusal::Encryption(text));
    if let Some(mode) = target.and_then(|target| target.property(marks::MODE))
        && is_encrypted(source)
        && mode != policy.encryption.word()
    {
        let now = policy.encryption.word();
        return refuse(format!(
            "the copy was begun as {mode} and cannot go on as {now}: the keys of its blocks would not match"
        ));
    }
    match policy.encryption {
        Encryption::Raw => check_raw(source, target),
        _ if !is_readable(source) => {
            refuse(format!("the key of {} is not loaded; encryption: raw needs none", source.name))
        }
        Encryption::Plain => check_plain(source, target.or(above)),
        Encryption::PlainToEncrypted => check_inherited(target, above),
    }
}

fn check_raw(source: &Listed, target: Option<&Listed>) -> Result<(), Refusal> {
    let Some(target) = target.filter(|_| is_encrypted(source)) else { return Ok(()) };
    if !is_encrypted(target) {
        let text = format!("{} is not encrypted and cannot go on with a raw stream", target.name);
        return Err(Refusal::Encryption(text));
    }
    Ok(())
}

fn check_plain(source: &Listed, target: Option<&Listed>) -> Result<(), Refusal> {
    let Some(target) = target.filter(|target| is_encrypted(target)) else { return Ok(()) };
    let text = format!(
        "{} is encrypted, so the copy of {} would be: say encryption: plain_to_encrypted",
        target.name, source.name
    );
    Err(Refusal::Encryption(text))
}

fn check_inherited(target: Option<&Listed>, above: Option<&Listed>) -> Result<(), Refusal> {
    let refuse = |text: String| Err(Refusal::Encryption(text));
    let Some(place) = target.or(above) else {
        return refuse("the target has nothing above it that is encrypted".to_owned());
    };
    if !is_encrypted(place) {
        return refuse(format!(
            "{} is not encrypted: the copy would lie there in plain text",
            place.name
        ));
    }
    if target.is_some_and(|target| is_own_root(target) && !is_readable(target)) {
        return refuse(format!(
            "{} is a raw copy and cannot go on with a plain stream",
            place.name
        ));
    }
    if !is_readable(place) {
        return refuse(format!("the key of {} is not loaded on the target", place.name));
    }
    Ok(())
}

/// What is wrong with a dataset that has just been received for the first time.
#[must_use]
pub fn after(source: &Listed, target: &Listed, policy: &Policy) -> Option<String> {
    let (wanted, is) = match policy.encryption {
        Encryption::Raw => (is_encrypted(source), is_encrypted(target)),
        Encryption::PlainToEncrypted => (true, is_encrypted(target)),
        Encryption::Plain => (false, is_encrypted(target)),
    };
    let said = |on: bool| if on { "encrypted" } else { "not encrypted" };
    (wanted != is).then(|| format!("{} arrived {}, wanted {}", target.name, said(is), said(wanted)))
}
