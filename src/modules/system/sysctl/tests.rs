//! Answers of FreeBSD as they were recorded, and of Linux as procps gives them.

use super::*;
use crate::modules::tests::desk::Desk;
use crate::modules::tests::replay::Replay;

const RECORDED: &str = include_str!("../../../../tests/fixtures/probe/sysctl/freebsd.txt");

fn freebsd() -> Replay {
    let host = Replay::freebsd(&["sysctl"], RECORDED);
    host.write("s.conf", "# c\nnet.inet.ip.forwarding=0\n");
    host
}

#[test]
fn file_and_live_value_are_compared_apart() {
    let host = freebsd();
    let args = |more: &str| {
        format!("{{name: net.inet.ip.forwarding, value: 'yes', sysctl_file: @/s.conf{more}}}")
    };
    let written = "write: set net.inet.ip.forwarding in ";
    let all = host.todo(&Sysctl, &args(", sysctl_set: true"));
    let set = "sysctl net.inet.ip.forwarding=1";
    assert!(all[0].starts_with(written) && all[1..] == [set, "sysctl -f @/s.conf"], "{all:?}");
    assert_eq!(host.todo(&Sysctl, &args(", reload: false")).len(), 1);
    host.write("s.conf", "net.inet.ip.forwarding = \"1\" # on\n");
    assert_eq!(host.todo(&Sysctl, &args("")), [""; 0], "the file is right, the rest is not asked");
    assert_eq!(host.todo(&Sysctl, &args(", sysctl_set: true")), [set]);
    let gone =
        "{name: net.inet.ip.forwarding, state: absent, sysctl_file: @/s.conf, reload: false}";
    assert_eq!(host.todo(&Sysctl, gone).len(), 1);
}

#[test]
fn f32_what_the_kernel_does_not_take_is_told_before_anything_is_written() {
    let host = freebsd();
    let refusal = |args: &str| host.refusal(&Sysctl, args);
    let unknown = "name: nosuch.oid, value: 1, sysctl_file: @/s.conf";
    let words = "Failed to reload sysctl: sysctl: unknown oid 'nosuch.oid'";
    assert_eq!(refusal(&format!("{{{unknown}}}")), words);
    let words = "setting nosuch.oid failed: sysctl: unknown oid 'nosuch.oid'";
    assert_eq!(refusal(&format!("{{{unknown}, sysctl_set: true}}")), words);
    let all = host.todo(&Sysctl, &format!("{{{unknown}, ignoreerrors: true}}"));
    assert_eq!(all[1..], ["sysctl -i -f @/s.conf"]);
    assert_eq!(host.todo(&Sysctl, &format!("{{{unknown}, reload: false}}")).len(), 1);
    let readonly = "{name: kern.ostype, value: Linux, sysctl_file: @/s.conf}";
    assert_eq!(refusal(readonly), "kern.ostype is read only");
    let tunable = "name: kern.racct.enable, value: 0, sysctl_file";
    assert!(refusal(&format!("{{{tunable}: @/s.conf}}")).contains("only the loader sets it"));
    assert!(
        refusal(&format!("{{{tunable}: /boot/tank-none.conf}}")).contains("set reload to false")
    );
}

#[test]
fn a_tunable_waits_for_the_next_boot() {
    let host = freebsd();
    let args = |value: u8| {
        format!(
            "{{name: kern.racct.enable, value: {value}, sysctl_file: /boot/tank-none.conf, reload: false}}"
        )
    };
    for (value, waits) in [(0, "True"), (1, "False")] {
        let (plan, fields) = host.plan(&Sysctl, &args(value)).unwrap();
        assert_eq!(plan.changes().count(), 1);
        let of = |name: &str| fields[&Key::from(name)].text();
        assert_eq!((of("live").as_str(), of("reboot_required").as_str()), ("1", waits));
    }
}

#[test]
fn f32_a_value_that_the_kernel_cut_is_no_success() {
    let host = freebsd();
    let args = "{name: net.inet.ip.forwarding, value: 99999999999999, sysctl_file: @/s.conf, sysctl_set: true, reload: false}";
    let cut =
        RECORDED.replace("-n net.inet.ip.forwarding\n0", "-n net.inet.ip.forwarding\n276447231");
    let after = Replay::freebsd(&["sysctl"], &cut);
    // The file is another host's: only the kernel is asked about.
    let (plan, _) = host.plan(&Sysctl, args).unwrap();
    let set = plan.changes().nth(1).unwrap().clone();
    after.write("s.conf", "");
    let wrong = after.proves(&Sysctl, args, &set).unwrap_err();
    assert_eq!(wrong, "the kernel has 276447231 for net.inet.ip.forwarding");
}

#[test]
fn odd_words_are_refused() {
    let host = freebsd();
    for (name, value) in [
        ("", "1"),
        ("a b", "1"),
        ("-n", "1"),
        ("a=b", "1"),
        ("a", ""),
        ("a", "1\\n2"),
        ("a", "$(x)"),
        ("a", "`x`"),
        ("a", "'"),
    ] {
        let args = format!("{{name: \"{name}\", value: \"{value}\", sysctl_file: @/s.conf}}");
        assert!(host.plan(&Sysctl, &args).is_err(), "{args}");
    }
    assert_eq!(host.refusal(&Sysctl, "{name: '', value: 1}"), "name cannot be blank");
    assert_eq!(host.refusal(&Sysctl, "{name: a, value: ' '}"), "value cannot be blank");
    let words = "state is present but all of the following are missing: value";
    assert_eq!(host.refusal(&Sysctl, "{name: a}"), words);
}

#[test]
fn a_check_run_remembers_and_a_module_may_bring_a_name() {
    let mut host = freebsd();
    let args = "{name: net.inet.ip.forwarding, value: 1, sysctl_file: @/s.conf, sysctl_set: true}";
    host.predict(&Sysctl, args);
    assert_eq!(host.todo(&Sysctl, args), [""; 0]);
    let module = Effect::Thing("kernel_module", "vmm".into(), Some(true.into()));
    host.world.add(module);
    let (plan, _) =
        host.plan(&Sysctl, "{name: nosuch.oid, value: 1, sysctl_file: @/s.conf}").unwrap();
    assert!(plan.uncertain.unwrap().contains("may come with a module"));
}

/// A sysctl of Linux that keeps its values in files.
const LINUX: &str = r#"#!/bin/sh
dir=${0%/*}/../proc
case $1 in
-n)
  if [ -f "$dir/$2" ]; then cat "$dir/$2"; exit; fi
  echo "sysctl: cannot stat /proc/sys/$2: No such file or directory" >&2
  exit 255
  ;;
-w) echo "${2#*=}" >"$dir/${2%%=*}" ;;
-p)
  while IFS= read -r line; do
    case $line in
    '#'*) ;;
    *=*) echo "${line#*=}" >"$dir/${line%%=*}" ;;
    esac
  done <"$2"
  ;;
*) exit 64 ;;
esac
"#;

#[tokio::test]
async fn linux_converges_in_all_shells() {
    for shell in crate::connection::shell::tests::SHELLS {
        let mut desk = Desk::with_tools(shell, &[("sysctl", LINUX)]).await;
        std::fs::create_dir(desk.path("proc")).unwrap();
        desk.write("proc/net.ipv4.ip_forward", "0\n");
        desk.write("proc/net.ipv4.tcp_rmem", "4096\t131072\t6291456\n");
        desk.write("s.conf", "# kept\nkernel.x = 1");
        let args =
            "{name: net.ipv4.ip_forward, value: true, sysctl_file: @/s.conf, sysctl_set: true}";
        let told = desk.settles("sysctl", args).await;
        assert_eq!(told.text("live"), "0", "{shell}");
        assert_eq!(desk.read("s.conf"), b"# kept\nkernel.x = 1\nnet.ipv4.ip_forward=1\n");
        assert_eq!(desk.read("proc/net.ipv4.ip_forward"), b"1\n");
        let live = "{name: net.ipv4.tcp_rmem, value: 4096 131072 6291456, sysctl_file: @/new.conf, sysctl_set: true, reload: false}";
        desk.settles("sysctl", live).await;
        desk.settles("sysctl", "{name: net.ipv4.ip_forward, state: absent, sysctl_file: @/s.conf}")
            .await;
        let told = desk.run("sysctl", "{name: no.such, value: 1, sysctl_file: @/s.conf}").await;
        let words = "Failed to reload sysctl: sysctl: cannot stat /proc/sys/no.such: No such file or directory";
        assert_eq!(told.failed.as_deref(), Some(words));
    }
}
