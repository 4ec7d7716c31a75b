//! Whole answers against what Ansible returned on the same systems, and the probe in every shell.

use super::{FAMILIES, Family, SCRIPT, read};
use crate::base::value::from_json;
use crate::base::{Key, Map, Value};
use std::io::Write;
use std::process::{Command, Stdio};

fn fixture(name: &str) -> String {
    std::fs::read_to_string(format!("tests/fixtures/probe/setup/{name}")).unwrap()
}

fn recorded(name: &str) -> Map {
    from_json(&fixture(name)).unwrap().as_map().unwrap().clone()
}

fn told(name: &str) -> Map {
    let all: Vec<&Family> = FAMILIES.iter().collect();
    read(&all, &fixture(name)).facts
}

/// Facts that differ, but those that are left out here.
fn differences(ours: &Map, theirs: &Map, without: &[&str]) -> Vec<String> {
    let keys = theirs.keys().filter(|key| !without.iter().any(|w| key.as_str() == Some(*w)));
    let differs = keys.filter(|key| ours.get(*key) != theirs.get(*key));
    let shown = |map: &Map, key: &Key| format!("{:?}", map.get(key));
    differs
        .map(|key| format!("{key:?}\n  {}\n  {}\n", shown(ours, key), shown(theirs, key)))
        .collect()
}

#[test]
fn freebsd_facts_are_ansibles() {
    let (mut ours, mut theirs) = (told("freebsd/ufs.txt"), recorded("freebsd/ufs.json"));
    // The digits of FreeBSD's date end at seconds; the environments are of two sessions.
    for map in [&mut ours, &mut theirs] {
        let key = Key::from("ansible_date_time");
        let mut date = map[&key].as_map().unwrap().clone();
        date.shift_remove(&Key::from("iso8601_micro"));
        date.shift_remove(&Key::from("iso8601_basic"));
        map.insert(key, Value::map(date));
    }
    let without = [
        "ansible_python",
        "ansible_python_version",
        "ansible_loadavg",
        "ansible_env",
        "gather_subset",
        "module_setup",
    ];
    let differing = differences(&ours, &theirs, &without);
    assert!(differing.is_empty(), "{}", differing.join("\n"));
    let extra: Vec<&Key> = ours.keys().filter(|key| !theirs.contains_key(*key)).collect();
    assert!(extra.is_empty(), "{extra:?}");
    assert_eq!(ours[&Key::from("ansible_env")].get("SHELL"), Some(&Value::from("/bin/csh")));
    assert_eq!(ours[&Key::from("ansible_loadavg")].get("1m"), Some(&Value::from(0.5)));
}

#[test]
fn types_are_ansibles_too() {
    for (ours, theirs) in [
        (told("freebsd/ufs.txt"), recorded("freebsd/ufs.json")),
        (told("linux/debian.txt"), recorded("linux/debian.json")),
    ] {
        let both = ours.iter().filter_map(|(key, value)| Some((key, value, theirs.get(key)?)));
        let wrong: Vec<&Key> =
            both.filter(|(_, a, b)| a.type_name() != b.type_name()).map(|(key, ..)| key).collect();
        assert!(wrong.is_empty(), "{wrong:?}");
    }
}

#[test]
fn bridges_of_freebsd_are_ansibles() {
    let (ours, theirs) = (told("freebsd/zfs.txt"), recorded("freebsd/zfs.json"));
    for name in ["ansible_warden0", "ansible_vtnet0bridge"] {
        assert_eq!(ours.get(&Key::from(name)), theirs.get(&Key::from(name)), "{name}");
    }
    let ipv6 = |map: &Map| map[&Key::from("ansible_bastille0")].get("ipv6").cloned();
    assert_eq!(ipv6(&ours), ipv6(&theirs));
    assert_eq!(
        ours.get(&Key::from("ansible_all_ipv6_addresses")),
        theirs.get(&Key::from("ansible_all_ipv6_addresses"))
    );
}

#[test]
fn linux_facts_are_ansibles() {
    let differing = differences(&told("linux/debian.txt"), &recorded("linux/debian.json"), &[]);
    assert!(differing.is_empty(), "{}", differing.join("\n"));
}

fn named(os_release: &str, more: &str) -> [String; 5] {
    let lines: String =
        os_release.lines().map(|line| format!("/etc/os-release:{line}\n")).collect();
    let all: Vec<&Family> = FAMILIES.iter().filter(|f| f.name == "distribution").collect();
    let facts = read(&all, &format!("uname:Linux h 6.1 #1 x86_64\n{lines}{more}")).facts;
    [
        "distribution",
        "distribution_version",
        "distribution_major_version",
        "distribution_release",
        "os_family",
    ]
    .map(|name| {
        facts.get(&Key::from(format!("ansible_{name}"))).map(Value::text).unwrap_or_default()
    })
}

#[test]
fn distributions_are_told_apart() {
    let ubuntu = "NAME=\"Ubuntu\"\nVERSION_ID=\"22.04\"\nID=ubuntu\nVERSION_CODENAME=jammy\n";
    assert_eq!(named(ubuntu, ""), ["Ubuntu", "22.04", "22", "jammy", "Debian"]);
    let rocky =
        "NAME=\"Rocky Linux\"\nID=\"rocky\"\nVERSION_ID=\"9.3\"\nVERSION=\"9.3 (Blue Onyx)\"\n";
    let file = "/etc/redhat-release:Rocky Linux release 9.3 (Blue Onyx)\n";
    assert_eq!(named(rocky, file), ["Rocky", "9.3", "9", "Blue Onyx", "RedHat"]);
    let rhel = "NAME=\"Red Hat Enterprise Linux\"\nID=\"rhel\"\nVERSION_ID=\"9.2\"\n";
    let file = "/etc/redhat-release:Red Hat Enterprise Linux release 9.2 (Plow)\n";
    assert_eq!(named(rhel, file), ["RedHat", "9.2", "9", "Plow", "RedHat"]);
    let alpine = "NAME=\"Alpine Linux\"\nID=alpine\nVERSION_ID=3.19.1\n";
    let file = "/etc/alpine-release:3.19.1\n";
    assert_eq!(named(alpine, file), ["Alpine", "3.19.1", "3", "NA", "Alpine"]);
    let leap =
        "NAME=\"openSUSE Leap\"\nVERSION=\"15.5\"\nID=\"opensuse-leap\"\nVERSION_ID=\"15.5\"\n";
    assert_eq!(named(leap, ""), ["openSUSE Leap", "15.5", "15", "5", "Suse"]);
    let arch = "NAME=\"Arch Linux\"\nID=arch\nBUILD_ID=rolling\n";
    assert_eq!(
        named(arch, "there:/etc/arch-release\n"),
        ["Archlinux", "NA", "NA", "NA", "Archlinux"]
    );
    let amazon = "NAME=\"Amazon Linux\"\nVERSION=\"2023\"\nID=\"amzn\"\nVERSION_ID=\"2023\"\n";
    assert_eq!(named(amazon, ""), ["Amazon", "2023", "2023", "NA", "RedHat"]);
    let other = "NAME=\"Void\"\nID=\"void\"\n";
    assert_eq!(named(other, ""), ["Void", "NA", "NA", "NA", "Void"]);
}

/// The probe in a shell of its own, with the shell's part of the protocol that it needs.
fn answer(shell: &[&str], dir: &str) -> String {
    let prelude = include_str!("../connection/shell/prelude.sh");
    let names: Vec<&str> = FAMILIES.iter().map(|family| family.name).collect();
    let text = format!(
        "tk_tab='\t' tk_cr='\r' tk_u=x tk_path0=$PATH\n{prelude}\ntk_login() {{ PATH=$tk_path0; unset LC_ALL; }}\n\
         export LC_ALL=C\nsetup() {{\n:\n{SCRIPT}\n}}\n(setup '{}' 10 '{dir}')\n[ -z \"$tk_dir\" ] || rm -rf \"$tk_dir\"\n",
        names.join(" ")
    );
    let mut child = Command::new(shell[0])
        .args(&shell[1..])
        .env("TWO_LINES", "a\nb:c")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    String::from_utf8_lossy(&child.wait_with_output().unwrap().stdout).into_owned()
}

#[test]
fn every_shell_gives_the_same_facts() {
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str, mode: u32| {
        use std::os::unix::fs::PermissionsExt;
        let path = dir.path().join(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    write("plain.fact", "[s]\nk=v\n", 0o644);
    write("run.fact", "#!/bin/sh\nprintf '{\"x\": \"%s\"}' \"$TWO_LINES\" | tr '\\n' ' '\n", 0o755);
    write("bad.fact", "#!/bin/sh\necho no >&2\nexit 3\n", 0o755);
    let all: Vec<&Family> = FAMILIES.iter().collect();
    let path = dir.path().to_str().unwrap();
    let mut first: Option<Vec<Key>> = None;
    for shell in [&["dash"][..], &["mksh"], &["bash", "--posix"]] {
        let gathered = read(&all, &answer(shell, path));
        let facts = gathered.facts;
        let of = |name: &str| facts.get(&Key::from(name)).cloned().unwrap_or_default();
        assert_eq!(of("ansible_system"), Value::from("Linux"), "{shell:?}");
        assert_eq!(of("ansible_env").get("TWO_LINES"), Some(&Value::from("a\nb:c")), "{shell:?}");
        let local = from_json(&format!(
            r#"{{"plain": {{"s": {{"k": "v"}}}}, "run": {{"x": "a b:c"}},
                "bad": "Failure executing fact script ({path}/bad.fact), rc: 3, err: no\n"}}"#
        ));
        assert_eq!(Some(of("ansible_local")), local.ok(), "{shell:?}");
        assert!(of("ansible_memtotal_mb").is_true(), "{shell:?}");
        assert!(of("ansible_date_time").get("year").is_some(), "{shell:?}");
        let mut keys: Vec<Key> = facts.keys().cloned().collect();
        keys.sort_by_key(|key| key.as_str().map(str::to_string));
        assert_eq!(*first.get_or_insert_with(|| keys.clone()), keys, "{shell:?}");
    }
}
