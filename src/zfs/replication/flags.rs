//! The options of a stream: what both sides can, and what must not change on the way.

use super::crypt::is_encrypted;
use super::edge::{Encryption, Policy};
use super::marks;
use super::refusal::Refusal;
use crate::zfs::capability::{Capability, Release};
use crate::zfs::listing::Listed;
use crate::zfs::value;

/// Blocks above this need the pool feature `large_blocks` and `send -L`.
const LARGE: u64 = 128 << 10;

/// Options of one dataset's streams.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Flags {
    /// Letters of `send`, without `-i` and the like: `Lcw`.
    pub send: String,
    /// Letters of `receive`: `su`.
    pub receive: String,
    /// Properties of a first receive (`-o`).
    pub set: Vec<(String, String)>,
    /// Properties that are set behind the streams: all of a first receive where `receive` has no `-o`, and those that a copy
    /// has lost, or never got because a right was missing.
    pub set_later: Vec<(String, String)>,
}

/// Chooses the options. `target`: the dataset, once it is there.
pub fn choose(
    source: &Listed,
    target: Option<&Listed>,
    policy: &Policy,
    from: &Capability,
    to: &Capability,
) -> Result<Flags, Refusal> {
    let mut flags = Flags { send: send(source, target, policy, from, to)?, ..Flags::default() };
    // Every release takes it; zfs-fuse does not tell so in its usage.
    flags.receive.push('u');
    if policy.resume && to.resumes() {
        flags.receive.push('s');
    }
    let wanted = wanted_properties(source, policy, &flags.send);
    match target {
        Some(copy) => {
            flags.set_later = drifted(copy, wanted).filter(|one| !is_told(copy, one)).collect()
        }
        None if to.receives('o') => flags.set = wanted,
        None => flags.set_later = wanted,
    }
    Ok(flags)
}

/// What the operator should know of a copy whose properties are not what they were to be, and are left so: that it may be
/// written to and is mounted by itself is what somebody wanted who has put it into service.
#[must_use]
pub fn in_service(source: &Listed, copy: &Listed, policy: &Policy, flags: &Flags) -> Vec<String> {
    let drifted = drifted(copy, wanted_properties(source, policy, &flags.send));
    let told = drifted.filter(|one| is_told(copy, one)).map(|(name, value)| {
        let is = copy.property(&name).unwrap_or("-");
        format!("{name} is {is}, wanted {value}: it may be in service, so it stays")
    });
    told.collect()
}

fn drifted(
    copy: &Listed,
    wanted: Vec<(String, String)>,
) -> impl Iterator<Item = (String, String)> + use<'_> {
    let is = |(name, value): &(String, String)| {
        copy.property(name).is_some_and(|is| value::same(name, value, is))
    };
    wanted.into_iter().filter(move |one| !is(one))
}

fn is_told(copy: &Listed, (name, _): &(String, String)) -> bool {
    let used = copy.volume || copy.property("mounted") == Some("yes");
    used && matches!(name.as_str(), "readonly" | "canmount")
}

fn send(
    source: &Listed,
    target: Option<&Listed>,
    policy: &Policy,
    from: &Capability,
    to: &Capability,
) -> Result<String, Refusal> {
    let mut letters = String::new();
    let raw = policy.encryption == Encryption::Raw && is_encrypted(source);
    if raw {
        if !from.sends('w') || !to.has("encryption") {
            return Err(Refusal::Lacks(
                "raw streams need OpenZFS 0.8 and the feature encryption on both sides".to_owned(),
            ));
        }
        letters.push('w');
    }
    let begun = target.and_then(|target| target.property(marks::FLAGS)).unwrap_or_default();
    let came = source.property(marks::FLAGS).unwrap_or_default();
    let large = has_large_blocks(source) || came.contains('L');
    let can = from.sends('L') && to.has("large_blocks") && from.release >= Release(2, 0, 0);
    if raw && large && !to.has("large_blocks") {
        return Err(Refusal::Lacks("the target's pool lacks the feature large_blocks, which a raw stream of these blocks needs".to_owned()));
    }
    if begun.contains('L') && !can {
        return Err(Refusal::Lacks(
            "the copy was begun with -L, which the source or the target cannot any more".to_owned(),
        ));
    }
    // Once with it, always with it; and never suddenly with it: blocks would be cut otherwise than before.
    // A target that is no copy of ours is the way back behind a fail-over: its blocks are as they were at first.
    let home =
        target.is_some_and(|to| to.property(marks::SOURCE).is_none() && has_large_blocks(to));
    if begun.contains('L') || ((target.is_none() || home) && large && can) {
        letters.push('L');
    }
    if from.sends('c') && to.has("lz4_compress") {
        letters.push('c');
    }
    let encrypted_target = raw || policy.encryption == Encryption::PlainToEncrypted;
    if from.sends('e') && to.has("embedded_data") && from.has("embedded_data") && !encrypted_target
    {
        letters.push('e');
    }
    Ok(letters)
}

fn has_large_blocks(source: &Listed) -> bool {
    let size = source.property("recordsize").or(source.property("volblocksize"));
    size.and_then(|size| size.parse::<u64>().ok()).is_some_and(|size| size > LARGE)
}

/// What a copy has as its own: it is not written to, not mounted, and says where it came from.
fn wanted_properties(source: &Listed, policy: &Policy, send: &str) -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> = Vec::new();
    let mut put = |name: &str, value: &str| {
        all.retain(|(there, _)| there != name);
        all.push((name.to_owned(), value.to_owned()));
    };
    for name in &policy.properties {
        if let Some(value) = source.property(name).filter(|_| fits(name, source.volume)) {
            put(name, value);
        }
    }
    put("readonly", "on");
    if !source.volume {
        put("canmount", "noauto");
    }
    if let Some(guid) = source.property("guid") {
        put(marks::SOURCE, guid);
    }
    put(marks::MODE, policy.encryption.word());
    if send.contains('L') {
        put(marks::FLAGS, "L");
    }
    all
}

/// Whether a property can be given to a volume or a file system: the other kind's make `receive` fail.
fn fits(name: &str, volume: bool) -> bool {
    let files = [
        "mountpoint",
        "canmount",
        "recordsize",
        "atime",
        "relatime",
        "xattr",
        "acltype",
        "aclinherit",
        "aclmode",
        "quota",
        "refquota",
        "snapdir",
        "exec",
        "setuid",
        "devices",
        "sharenfs",
        "sharesmb",
        "overlay",
        "special_small_blocks",
    ];
    let volumes = ["volsize", "volblocksize", "volmode", "snapdev", "refreservation"];
    let other: &[&str] = if volume { &files } else { &volumes };
    !other.contains(&name) && settable(name)
}

/// Whether `receive -o` takes a property at all; a volume's size is in the stream.
#[must_use]
pub fn settable(name: &str) -> bool {
    let never = ["volsize", "volblocksize", "casesensitivity", "encryption", "keylocation"];
    !never.contains(&name)
}
