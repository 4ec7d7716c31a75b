//! russh's configuration for one connection: ciphers, key types by what is known, windows, keep-alive.

use super::config::{Settings, pattern};
use super::known_hosts::{Entry, Marker};
use russh::keys::{Algorithm, EcdsaCurve, HashAlg};
use russh::{Preferred, cipher, client, compression, kex, mac};
use std::borrow::Cow;
use std::time::Duration;

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Many short exchanges.
    Shell,
    /// One long stream.
    Bulk,
}

const CIPHERS: [cipher::Name; 6] = [
    cipher::AES_256_GCM,
    cipher::AES_128_GCM,
    cipher::CHACHA20_POLY1305,
    cipher::AES_256_CTR,
    cipher::AES_192_CTR,
    cipher::AES_128_CTR,
];

const MACS: [mac::Name; 4] =
    [mac::HMAC_SHA256_ETM, mac::HMAC_SHA512_ETM, mac::HMAC_SHA256, mac::HMAC_SHA512];

const EXCHANGES: [kex::Name; 12] = [
    kex::MLKEM768X25519_SHA256,
    kex::CURVE25519,
    kex::CURVE25519_PRE_RFC_8731,
    kex::ECDH_SHA2_NISTP256,
    kex::ECDH_SHA2_NISTP384,
    kex::ECDH_SHA2_NISTP521,
    kex::DH_GEX_SHA256,
    kex::DH_G16_SHA512,
    kex::DH_G18_SHA512,
    kex::DH_G17_SHA512,
    kex::DH_G15_SHA512,
    kex::DH_G14_SHA256,
];

/// Not key exchanges, but told in their list: extensions, and the guard against cut-off prefixes.
const EXTENSIONS: [kex::Name; 4] = [
    kex::EXTENSION_SUPPORT_AS_CLIENT,
    kex::EXTENSION_SUPPORT_AS_SERVER,
    kex::EXTENSION_OPENSSH_STRICT_KEX_AS_CLIENT,
    kex::EXTENSION_OPENSSH_STRICT_KEX_AS_SERVER,
];

/// Key types that are accepted of hosts, best first; RSA with SHA-1 is not among them.
const KEY_TYPES: [Algorithm; 6] = [
    Algorithm::Ed25519,
    Algorithm::Ecdsa { curve: EcdsaCurve::NistP256 },
    Algorithm::Ecdsa { curve: EcdsaCurve::NistP384 },
    Algorithm::Ecdsa { curve: EcdsaCurve::NistP521 },
    Algorithm::Rsa { hash: Some(HashAlg::Sha512) },
    Algorithm::Rsa { hash: Some(HashAlg::Sha256) },
];

const CERTIFICATE: &str = "-cert-v01@openssh.com";

/// The configuration for a host of which `known` is known. An error is a sentence.
pub(super) fn config(
    settings: &Settings,
    known: &[Entry],
    purpose: Purpose,
) -> Result<client::Config, String> {
    let (window_size, maximum_packet_size) = match purpose {
        Purpose::Shell => (2 << 20, 32 * 1024),
        // More is worse where the way is short: over loopback a stream took two to five times as long with
        // 16 MiB as with 2 or 4.
        Purpose::Bulk => (4 << 20, 65535),
    };
    let (keepalive_interval, keepalive_max) = keepalive(settings);
    Ok(client::Config {
        window_size,
        maximum_packet_size,
        preferred: preferred(settings, known)?,
        keepalive_interval,
        keepalive_max,
        nodelay: true,
        ..client::Config::default()
    })
}

/// Dead hosts are found after 45 seconds unless told otherwise; `ServerAliveInterval 0` switches it off.
fn keepalive(settings: &Settings) -> (Option<Duration>, usize) {
    let interval = settings.time("serveraliveinterval").unwrap_or(Duration::from_secs(15));
    let count = settings.number("serveralivecountmax").unwrap_or(3) as usize;
    (Some(interval).filter(|interval| !interval.is_zero()), count)
}

fn preferred(settings: &Settings, known: &[Entry]) -> Result<Preferred, String> {
    let ciphers = choose(settings, "ciphers", &CIPHERS, |name| cipher::Name::try_from(name).ok())?;
    let macs = choose(settings, "macs", &MACS, |name| mac::Name::try_from(name).ok())?;
    let mut exchanges =
        choose(settings, "kexalgorithms", &EXCHANGES, |name| kex::Name::try_from(name).ok())?;
    exchanges.retain(|name| name.as_ref() != "none");
    exchanges.extend(EXTENSIONS);
    let (key, certificates) = key_types(settings, known)?;
    let compression: &[compression::Name] = if settings.flag("compression", false) {
        &[compression::ZLIB_LEGACY, compression::NONE]
    } else {
        &[compression::NONE]
    };
    Ok(Preferred {
        kex: Cow::Owned(exchanges),
        key: Cow::Owned(key),
        host_key_certificates: Cow::Owned(certificates),
        cipher: Cow::Owned(ciphers),
        mac: Cow::Owned(macs),
        compression: Cow::Owned(compression.to_vec()),
    })
}

/// A list of algorithms as `ssh_config` words it: `+` adds, `-` takes away, `^` puts first. What we do not
/// have is left out; it is an error if nothing is left.
fn choose<N: AsRef<str> + Clone>(
    settings: &Settings,
    keyword: &str,
    ours: &[N],
    find: impl Fn(&str) -> Option<N>,
) -> Result<Vec<N>, String> {
    let Some(text) = settings.word(keyword) else { return Ok(ours.to_vec()) };
    let listed = |list: &str| list.split(',').filter_map(&find).collect::<Vec<N>>();
    let names: Vec<N> = match text.split_at_checked(1) {
        Some(("+", list)) => [ours.to_vec(), listed(list)].concat(),
        Some(("^", list)) => [listed(list), ours.to_vec()].concat(),
        Some(("-", list)) => ours
            .iter()
            .filter(|name| !pattern::matches_list(name.as_ref(), list))
            .cloned()
            .collect(),
        _ => listed(text),
    };
    let names = names.into_iter().fold(Vec::new(), |mut list: Vec<N>, name| {
        if !list.iter().any(|other| other.as_ref() == name.as_ref()) {
            list.push(name);
        }
        list
    });
    if names.is_empty() {
        return Err(format!("none of the {keyword} \"{text}\" is supported"));
    }
    Ok(names)
}

/// A key type, or its certificate form.
#[derive(Clone)]
struct KeyType(String);

impl AsRef<str> for KeyType {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

/// Key types and certificate types to ask a host for.
fn key_types(
    settings: &Settings,
    known: &[Entry],
) -> Result<(Vec<Algorithm>, Vec<Algorithm>), String> {
    if settings.word("hostkeyalgorithms").is_none() {
        let authority = known.iter().any(|entry| entry.marker == Marker::Authority);
        let certificates = if authority { KEY_TYPES.to_vec() } else { Vec::new() };
        return Ok((known_first(known), certificates));
    }
    let certificates =
        KEY_TYPES.iter().map(|key| KeyType(format!("{}{CERTIFICATE}", key.as_str())));
    let plain = KEY_TYPES.iter().map(|key| KeyType(key.as_str().to_owned()));
    let ours: Vec<KeyType> = certificates.chain(plain).collect();
    let find = |name: &str| Some(KeyType(name.to_owned())).filter(|_| algorithm(name).is_some());
    let names = choose(settings, "hostkeyalgorithms", &ours, find)?;
    let (certificates, plain): (Vec<_>, Vec<_>) =
        names.iter().partition(|name| name.0.ends_with(CERTIFICATE));
    let algorithms =
        |names: Vec<&KeyType>| names.iter().filter_map(|name| algorithm(&name.0)).collect();
    Ok((algorithms(plain), algorithms(certificates)))
}

fn algorithm(name: &str) -> Option<Algorithm> {
    let name = name.strip_suffix(CERTIFICATE).unwrap_or(name);
    Algorithm::new(name).ok().filter(|algorithm| !matches!(algorithm, Algorithm::Other(_)))
}

/// The types of keys that are known for the host, then the others: the host is to show a key we can check.
fn known_first(known: &[Entry]) -> Vec<Algorithm> {
    let same = |key: &Algorithm, kind: &Algorithm| match (key, kind) {
        (Algorithm::Rsa { .. }, Algorithm::Rsa { .. }) => true,
        (key, kind) => key == kind,
    };
    let plain: Vec<Algorithm> = known
        .iter()
        .filter(|entry| entry.marker == Marker::Plain)
        .map(|entry| entry.key.algorithm())
        .collect();
    let is_known = |kind: &Algorithm| plain.iter().any(|key| same(key, kind));
    if plain.is_empty() || is_known(&KEY_TYPES[0]) {
        return KEY_TYPES.to_vec();
    }
    let (first, others): (Vec<_>, Vec<_>) = KEY_TYPES.iter().cloned().partition(is_known);
    [first, others].concat()
}
