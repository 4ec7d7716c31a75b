//! Debian and what comes from it.

use super::Known;
use super::linux::Rule;
use crate::facts::told::{Told, assigned};

/// Derivatives by a word of their file, and how they are called.
const NAMES: [(&str, &str); 12] = [
    ("Ubuntu", "Ubuntu"),
    ("SteamOS", "SteamOS"),
    ("Kali", "Kali"),
    ("Parrot", "Parrot"),
    ("Devuan", "Devuan"),
    ("Cumulus", "Cumulus Linux"),
    ("Mint", "Linux Mint"),
    ("UOS", "Uos"),
    ("Uos", "Uos"),
    ("Deepin", "Deepin"),
    ("deepin", "Deepin"),
    ("LMDE", "Linux Mint Debian Edition"),
];

/// Reads os-release or lsb-release; false when it is of another family.
pub fn read(told: &Told, rule: &Rule, known: &mut Known) -> bool {
    let lines = told.lines(rule.path);
    let text = lines.join("\n");
    if text.contains("Debian") || text.contains("Raspbian") {
        known.name = "Debian".into();
        known.release = bracketed(lines).or(known.release.take());
        known.minor = minor(told);
        return true;
    }
    let Some((_, name)) = NAMES.iter().find(|(word, _)| text.contains(word)) else { return false };
    known.name = (*name).to_string();
    let version = assigned(lines, "VERSION_ID");
    let release = match *name {
        "Kali" | "Parrot" => assigned(lines, "DISTRIB_RELEASE"),
        "Devuan" => bracketed(lines),
        "Cumulus Linux" => assigned(lines, "VERSION"),
        "Uos" | "Deepin" => assigned(lines, "VERSION_CODENAME"),
        _ => None,
    };
    known.release = release.or(known.release.take());
    if let ("Devuan" | "Cumulus Linux" | "Linux Mint" | "Uos" | "Deepin", Some(version)) =
        (*name, version)
    {
        let major = version.split('.').next().unwrap_or_default();
        known.major = Some(if *name == "Devuan" { version.clone() } else { major.to_string() });
        known.version = Some(version);
    }
    true
}

/// `bookworm` of `PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"`.
fn bracketed(lines: &[&str]) -> Option<String> {
    let pretty = assigned(lines, "PRETTY_NAME")?;
    let (_, rest) = pretty.split_once('(')?;
    Some(rest.split(')').next()?.to_string())
}

/// `11` of `12.11` in /etc/debian_version.
fn minor(told: &Told) -> Option<String> {
    let (_, minor) = told.first("/etc/debian_version")?.split_once('.')?;
    let digits: String = minor.chars().take_while(char::is_ascii_digit).collect();
    (!digits.is_empty()).then_some(digits)
}
