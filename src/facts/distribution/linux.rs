//! Distributions of Linux, by os-release and by files that they have of their own.

use super::Known;
use super::debian;
use crate::facts::told::{Told, assigned};

/// By os-release, then by the first of the files that a distribution has of its own.
pub fn read(told: &Told) -> Known {
    let os = os_release(told);
    let mut known = guess(told, os);
    for rule in RULES {
        let there = if rule.empty { told.there(rule.path) } else { told.knows(rule.path) };
        if there && (rule.read)(told, rule, &mut known) {
            known.file = Some((rule.path, rule.variety));
            known.parsed = !rule.empty;
            break;
        }
    }
    known
}

fn os_release<'t, 'a>(told: &'t Told<'a>) -> &'t [&'a str] {
    let etc = told.lines("/etc/os-release");
    if etc.is_empty() { told.lines("/usr/lib/os-release") } else { etc }
}

fn guess(told: &Told, os: &[&str]) -> Known {
    let id = assigned(os, "ID").unwrap_or_default();
    let mut name = String::new();
    for (index, c) in id.chars().enumerate() {
        name.extend(if index == 0 {
            c.to_uppercase().collect::<Vec<_>>()
        } else {
            c.to_lowercase().collect()
        });
    }
    let name = match name.as_str() {
        "Amzn" => "Amazon".to_string(),
        "Rhel" => "Redhat".to_string(),
        "" => "OtherLinux".to_string(),
        _ => name,
    };
    let version = assigned(os, "VERSION_ID").filter(|v| !v.is_empty());
    let version = best_version(told, &id, version).unwrap_or_else(|| "NA".into());
    let major = version.split('.').next().unwrap_or("NA").to_string();
    Known {
        name,
        version: Some(version),
        major: Some(major),
        release: Some(codename(told, os).unwrap_or_else(|| "NA".into())),
        ..Known::default()
    }
}

/// Debian and CentOS say their minor version only in a file of their own.
fn best_version(told: &Told, id: &str, version: Option<String>) -> Option<String> {
    let better = match id {
        "debian" => told.first("/etc/debian_version").map(str::to_string),
        "centos" => told.first("/etc/centos-release").and_then(|line| {
            let number =
                line.split_whitespace().find(|w| w.starts_with(|c: char| c.is_ascii_digit()))?;
            Some(number.split('.').take(2).collect::<Vec<_>>().join("."))
        }),
        _ => None,
    };
    let digits = |text: &String| text.starts_with(|c: char| c.is_ascii_digit());
    better.filter(digits).or(version)
}

/// `VERSION_CODENAME`, Ubuntu's, or the words in brackets of a release file.
fn codename(told: &Told, os: &[&str]) -> Option<String> {
    let named = assigned(os, "VERSION_CODENAME").or_else(|| assigned(os, "UBUNTU_CODENAME"));
    named.or_else(|| {
        let line = [
            "/etc/redhat-release",
            "/etc/centos-release",
            "/etc/oracle-release",
            "/etc/system-release",
        ]
        .iter()
        .find_map(|path| told.first(path))?;
        let (_, rest) = line.split_once('(')?;
        Some(rest.split(')').next()?.to_string())
    })
}

/// A file by which a distribution shows.
pub(super) struct Rule {
    pub path: &'static str,
    variety: &'static str,
    /// Whether it may be empty: then it tells by being there.
    empty: bool,
    read: fn(&Told, &Rule, &mut Known) -> bool,
}

const fn rule(
    path: &'static str,
    variety: &'static str,
    read: fn(&Told, &Rule, &mut Known) -> bool,
) -> Rule {
    Rule { path, variety, empty: false, read }
}

const fn marker(path: &'static str, variety: &'static str) -> Rule {
    Rule { path, variety, empty: true, read: named }
}

const OS: &str = "/etc/os-release";

const RULES: &[Rule] = &[
    rule("/etc/altlinux-release", "Altlinux", worded),
    rule("/etc/oracle-release", "OracleLinux", worded),
    rule("/etc/slackware-version", "Slackware", slackware),
    rule("/etc/centos-release", "CentOS", centos),
    rule("/etc/redhat-release", "RedHat", worded),
    marker("/etc/vmware-release", "VMwareESX"),
    rule("/etc/openwrt_release", "OpenWrt", openwrt),
    rule(OS, "Amazon", amazon),
    rule("/etc/system-release", "Amazon", amazon),
    rule("/etc/alpine-release", "Alpine", alpine),
    marker("/etc/arch-release", "Archlinux"),
    rule(OS, "Archlinux", arch),
    rule(OS, "SUSE", suse),
    rule("/etc/gentoo-release", "Gentoo", named),
    rule(OS, "Debian", debian::read),
    rule("/etc/lsb-release", "Debian", debian::read),
    rule(OS, "Flatcar", flatcar),
    rule(OS, "NA", plain),
];

fn content(told: &Told, rule: &Rule) -> String {
    told.text(rule.path).unwrap_or_default()
}

/// The distribution is called as its file is.
fn named(_: &Told, rule: &Rule, known: &mut Known) -> bool {
    known.name = rule.variety.to_string();
    true
}

/// By the words that the file must have; else its first word is the name.
fn worded(told: &Told, rule: &Rule, known: &mut Known) -> bool {
    let text = content(told, rule);
    let words = match rule.variety {
        "OracleLinux" => "Oracle Linux",
        "RedHat" => "Red Hat",
        _ => "ALT",
    };
    if text.contains(words) {
        known.name = rule.variety.to_string();
        known.search = Some(words);
    } else {
        known.name = text.split_whitespace().next().unwrap_or_default().to_string();
    }
    true
}

fn slackware(told: &Told, rule: &Rule, known: &mut Known) -> bool {
    let text = content(told, rule);
    let version = text.split_whitespace().find(|w| w.contains('.')).map(str::to_string);
    known.version = version.or(known.version.take());
    text.contains("Slackware") && named(told, rule, known)
}

fn centos(told: &Told, rule: &Rule, known: &mut Known) -> bool {
    let text = content(told, rule);
    if text.contains("CentOS Stream") {
        known.release = Some("Stream".into());
        return named(told, rule, known);
    }
    if text.contains("TencentOS Server") {
        known.name = "TencentOS".into();
        return true;
    }
    false
}

fn openwrt(told: &Told, rule: &Rule, known: &mut Known) -> bool {
    let lines = told.lines(rule.path);
    known.version = assigned(lines, "DISTRIB_RELEASE").or(known.version.take());
    known.release = assigned(lines, "DISTRIB_CODENAME").or(known.release.take());
    content(told, rule).contains("OpenWrt") && named(told, rule, known)
}

fn amazon(told: &Told, rule: &Rule, known: &mut Known) -> bool {
    if !content(told, rule).contains("Amazon") {
        return false;
    }
    if let Some(version) = assigned(told.lines(rule.path), "VERSION_ID") {
        let (major, minor) = version.split_once('.').unwrap_or((&version, "NA"));
        known.major = Some(major.to_string());
        known.minor = Some(minor.to_string());
        known.version = Some(version);
    }
    named(told, rule, known)
}

fn alpine(told: &Told, rule: &Rule, known: &mut Known) -> bool {
    known.version = Some(content(told, rule));
    named(told, rule, known)
}

fn arch(told: &Told, rule: &Rule, known: &mut Known) -> bool {
    content(told, rule).contains("Arch Linux") && named(told, rule, known)
}

/// openSUSE and SLES number their releases after the point.
fn suse(told: &Told, rule: &Rule, known: &mut Known) -> bool {
    let text = content(told, rule).to_lowercase();
    if !text.contains("suse") {
        return false;
    }
    let lines = told.lines(rule.path);
    known.name = assigned(lines, "NAME").unwrap_or_else(|| rule.variety.into());
    if let Some(version) = assigned(lines, "VERSION_ID") {
        let (major, minor) = version.split_once('.').unwrap_or((&version, ""));
        known.major = Some(major.to_string());
        let enterprise = !text.contains("open") && text.contains("enterprise");
        let release = if minor.is_empty() && enterprise { "0" } else { minor };
        known.release = Some(release.to_string());
        known.version = Some(version);
    }
    let product = told.first("product").unwrap_or_default();
    match assigned(lines, "VARIANT_ID").as_deref() {
        Some("server-sap" | "sles-sap") => known.name = "SLES_SAP".into(),
        Some("transactional") => known.name = "SL-Micro".into(),
        None if product.ends_with("SLES_SAP.prod") => known.name = "SLES_SAP".into(),
        None if product.ends_with("SL-Micro.prod") => known.name = "SL-Micro".into(),
        _ => {}
    }
    true
}

fn flatcar(told: &Told, rule: &Rule, known: &mut Known) -> bool {
    if known.name != "Flatcar" {
        return false;
    }
    if let Some(version) = assigned(told.lines(rule.path), "VERSION") {
        known.major = version.split('.').next().map(str::to_string);
        known.version = Some(version);
    }
    true
}

/// Nothing particular: what os-release says.
fn plain(told: &Told, rule: &Rule, known: &mut Known) -> bool {
    let lines = told.lines(rule.path);
    known.name = assigned(lines, "NAME").unwrap_or_else(|| rule.variety.into());
    if known.version.as_deref() == Some("NA") {
        known.version = assigned(lines, "VERSION").or(known.version.take());
    }
    true
}
