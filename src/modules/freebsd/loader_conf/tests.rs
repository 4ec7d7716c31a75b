//! Answers of kenv as they were recorded, files of a real host.

use super::*;
use crate::modules::tests::replay::Replay;

const RECORDED: &str = include_str!("../../../../tests/fixtures/probe/loader_conf/freebsd.txt");

/// Recorded.
const CONF: &str = "autoboot_delay=\"1\"\nconsole=\"comconsole\"\nboot_serial=\"YES\"\nkern.racct.enable=1\nzfs_load=\"YES\"\nbeastie_disable=\"YES\"\n";

fn host() -> Replay {
    let host = Replay::freebsd(&["kenv"], RECORDED);
    host.write("loader.conf", CONF);
    host
}

#[test]
fn the_file_is_compared_and_the_running_kernel_told() {
    let host = host();
    let plan =
        |args: &str| host.plan(&LoaderConf, &format!("{{path: @/loader.conf, {args}}}")).unwrap();
    let (same, fields) = plan("name: kern.racct.enable, value: 1");
    assert!(!same.has_work(), "unquoted is the same");
    let of = |fields: &Fields, name: &str| fields[&Key::from(name)].text();
    assert_eq!(
        (of(&fields, "running"), of(&fields, "reboot_required")),
        ("1".into(), "False".into())
    );
    let (other, fields) = plan("name: kern.racct.enable, value: 0");
    let after = other.diff[0].to_value().get("after").unwrap().text();
    assert_eq!(after, CONF.replace("kern.racct.enable=1", "kern.racct.enable=\"0\""));
    assert_eq!(of(&fields, "reboot_required"), "True");
    let (load, fields) = plan("name: zfs_load, value: true");
    assert!(!load.has_work());
    assert_eq!(
        of(&fields, "reboot_required"),
        "False",
        "the loader's own names are nowhere to be asked"
    );
    let (gone, _) = plan("name: nosuch, state: absent");
    assert!(!gone.has_work());
    let (gone, _) = plan("name: console, state: absent");
    assert!(gone.has_work());
}

#[test]
fn f25_doubles_and_broken_lines_are_warned_of() {
    let host = host();
    host.write("loader.conf", "console=\"vidconsole\"\nconsole=\"comconsole\"\nbroken\n");
    let (plan, _) =
        host.plan(&LoaderConf, "{path: @/loader.conf, name: console, value: comconsole}").unwrap();
    assert!(!plan.has_work(), "the last line counts");
    let path = host.path("loader.conf");
    let wanted = [
        format!("{path} sets console 2 times: the last line counts"),
        format!("{path}: the loader cannot read line 3"),
    ];
    assert_eq!(plan.warnings, wanted);
}

#[test]
fn what_the_loader_cannot_read_is_refused() {
    let host = host();
    for value in ["a\\\"b", "$x", "`x`", "a\\\\b", "a\\nb"] {
        let args = format!("{{path: @/loader.conf, name: console, value: \"{value}\"}}");
        assert!(host.refusal(&LoaderConf, &args).contains("cannot read"), "{value}");
    }
    let long = format!("{{path: @/loader.conf, name: pptdevs, value: {}}}", "1/0/0".repeat(26));
    assert!(host.refusal(&LoaderConf, &long).contains("128 characters"));
    assert!(host.refusal(&LoaderConf, "{name: 'a b', value: x}").starts_with("invalid name"));
    let linux = Replay::linux(&[], "");
    assert!(linux.refusal(&LoaderConf, "{name: a, value: x}").contains("is for FreeBSD"));
}

#[test]
fn a_check_run_remembers() {
    let mut host = host();
    for args in [
        "{path: @/loader.conf, name: vmm_load, value: true}",
        "{path: @/new.conf, name: a, value: b}",
    ] {
        assert_eq!(host.todo(&LoaderConf, args).len(), 1);
        host.predict(&LoaderConf, args);
        assert_eq!(host.todo(&LoaderConf, args), [""; 0]);
    }
}
