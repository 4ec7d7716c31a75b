//! What hosts were recorded to say, and odd lines, in all shells.

use super::ListenCheck;
use crate::base::{Key, Value};
use crate::modules::tests::replay::Replay;

const LINUX: &str = include_str!("../../../../tests/fixtures/probe/listen_check/linux.txt");
const FREEBSD: &str = include_str!("../../../../tests/fixtures/probe/listen_check/freebsd.txt");

fn linux(recorded: &str) -> Replay {
    let host = Replay::linux(&["ss", "nft", "iptables-save", "ip6tables-save"], recorded);
    host.tool("uname", "#!/bin/sh\necho Linux\n");
    host
}

#[test]
fn wide_sockets_are_named_with_their_process() {
    let host = linux(LINUX);
    let failure = host.plan(&ListenCheck, "{}").unwrap_err();
    let text = &failure.msg;
    assert!(text.starts_with("reachable from everywhere: "), "{text}");
    for part in [
        "sshd (801) on tcp 0.0.0.0:22",
        "pveproxy worker (1204), pveproxy (1203) on tcp *:8006",
        "a process that is not told on udp 0.0.0.0:111",
        "qemu-system-x86 (2211) on tcp 203.0.113.7:5901",
        "tcp port 3389 is redirected: nft rule ip nat prerouting handle 5",
        "tcp port 5902 is redirected: -A PREROUTING -p tcp -m tcp --dport 5902 -j DNAT --to-destination 10.0.0.5:5900",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    for part in ["5900", "10.1.2.3", "fe80", "127.0.0.53", "100.64"] {
        assert!(!text.replace("10.0.0.5:5900", "").contains(part), "{part}\n{text}");
    }
    let rows = failure.fields[&Key::from("violations")].clone();
    let ssh = |row: &&Value| row.get("port").map(Value::text).as_deref() == Some("22");
    let first = rows.as_list().unwrap().iter().find(ssh).unwrap();
    let of = |name: &str| first.get(name).map(Value::text).unwrap_or_default();
    assert_eq!(
        (of("proto"), of("address"), of("port"), of("process")),
        ("tcp".into(), "0.0.0.0".into(), "22".into(), "sshd (801)".into())
    );
}

#[test]
fn what_is_allowed_is_exact() {
    let host = linux(LINUX);
    let ssh = "{ports: [\"22\"], allowed: [{proto: tcp, port: 22, process: sshd}]}";
    let (_, fields) = host.plan(&ListenCheck, ssh).unwrap();
    assert_eq!(fields[&Key::from("checked")].text(), "2");
    for no in [
        "{proto: udp, port: 22}",
        "{port: 22, process: dropbear}",
        "{port: 22, address: 192.0.2.1}",
        "{port: 23}",
    ] {
        let text = host.refusal(&ListenCheck, &format!("{{ports: [22], allowed: [{no}]}}"));
        assert!(text.contains("sshd (801)"), "{no}: {text}");
    }
    let vnc = "{ports: [5901], allowed: [{port: 5900-5999, address: 203.0.113.0/24}]}";
    assert!(host.plan(&ListenCheck, vnc).is_ok());
    let narrow = "{ports: [5900], private: [192.168.0.0/16]}";
    assert!(host.refusal(&ListenCheck, narrow).contains("10.1.2.3:5900"));
    for bad in [
        "{ports: [x]}",
        "{ports: [9-1]}",
        "{ports: [70000]}",
        "{allowed: [{proto: tcp}]}",
        "{allowed: [{port: 1, proto: sctp}]}",
        "{allowed: [{port: 1, interface: eth0}]}",
        "{private: [x]}",
    ] {
        assert!(host.plan(&ListenCheck, bad).is_err(), "{bad}");
    }
    let all = host.refusal(&ListenCheck, "{ports: [all]}");
    assert!(all.contains("dnsmasq (900) on udp [::]:53"), "{all}");
}

#[test]
fn what_cannot_be_seen_is_no_pass() {
    let none = Replay::linux(&[], "");
    none.tool("uname", "#!/bin/sh\necho Linux\n");
    none.tool(
        "ss",
        "#!/bin/sh\necho 'Cannot open netlink socket: Protocol not supported' >&2\nexit 1\n",
    );
    let text = none.refusal(&ListenCheck, "{}");
    assert_eq!(
        text,
        "what listens on this host cannot be seen: Cannot open netlink socket: Protocol not supported"
    );
    let blind = linux(
        "$ ss -H -tulnpO\n--rc 0--\n$ nft -j list ruleset\n--stderr--\nOperation not permitted (you must be root)\n--rc 1--\n$ iptables-save -t nat\n--rc 0--\n$ ip6tables-save -t nat\n--rc 0--\n",
    );
    let (plan, _) = blind.plan(&ListenCheck, "{}").unwrap();
    assert_eq!(
        plan.warnings,
        ["redirections cannot be seen: nft: Operation not permitted (you must be root)"]
    );
}

#[test]
fn freebsd_tells_sockets_and_redirections() {
    let host = Replay::freebsd(&["sockstat", "pfctl"], FREEBSD);
    let text = host.refusal(&ListenCheck, "{ports: [all]}");
    for part in [
        "sshd (793) on tcp *:22",
        "bhyve: web (1201) on tcp *:5900",
        "syslogd (640) on udp *:514",
        "tcp port 3389 is redirected: rdr pass on vtnet0 inet proto tcp from any to any port = 3389 -> 10.17.89.10 port 3389",
        "tcp port 8080 is redirected",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    assert!(!text.contains("127.0.0.1") && !text.contains("::1:"), "{text}");
    let fine = "{ports: [22], allowed: [{port: 22}]}";
    assert!(host.plan(&ListenCheck, fine).is_ok());
}
