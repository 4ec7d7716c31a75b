//! On what nft 1.0.6 (Debian 12) showed of the rules that are made here.

use super::args::{Args, Established};
use super::listing::Listing;
use super::wish::{Proto, Wish};
use super::*;
use crate::base::{Map, Source, yaml};
use crate::modules::tests::replay::Replay;
use crate::spec::{ArgStruct, Effect};

/// Rules of a guest on a bridge, and of a routed one with names and IPv6; and what nft showed of each.
const BRIDGED: &str = include_str!("../../../../tests/fixtures/probe/nft_egress/bridged.nft");
const BRIDGED_SHOWN: &str = include_str!("../../../../tests/fixtures/probe/nft_egress/bridged.txt");
const ROUTED: &str = include_str!("../../../../tests/fixtures/probe/nft_egress/routed.nft");
const ROUTED_SHOWN: &str = include_str!("../../../../tests/fixtures/probe/nft_egress/routed.txt");

const A: &str = "name: trade-worker, interface: tank-tap0, mac: ['52:54:00:00:00:0A'], addresses: [10.9.0.2], dns: [10.9.0.1], dhcp: true, established: none, inbound: [{from: [10.9.0.1, 10.9.1.0/24], ports: [22]}, {from: 10.9.0.1, proto: udp, ports: [161]}], allow: [{to: [198.51.100.0/24, 203.0.113.7, '2001:db8::1'], ports: [443, 8000-8010]}, {to: 10.9.0.1, proto: udp, ports: [123]}, {to: 10.9.0.1, proto: icmp}], log: true, persist: false";
const R: &str = "name: browser, mode: routed, interface: tank-tap1, mac: ['52:54:00:00:00:0e'], addresses: [10.8.0.2, 'fd08::2'], dns: [10.8.0.1], established: reply, default: reject, deny: [10.0.0.0/8, 'fc00::/7'], allow: [{to: [good.example, other.example, 5.6.7.8], ports: [443]}, {to: any, proto: all}]";

fn args(text: &str) -> Args {
    let loaded = yaml::load(&format!("{{{text}}}"), &Source::described("test")).unwrap();
    let map: Map = loaded.value.as_map().unwrap().clone();
    Args::from_map(&map).unwrap()
}

fn rules_of(text: &str) -> String {
    let args = args(text);
    rules::text(&Wish::of(&args).unwrap(), &args)
}

#[test]
fn the_rules_are_these() {
    assert_eq!(rules_of(A), BRIDGED);
    assert_eq!(rules_of(R), ROUTED);
}

#[test]
fn a_listing_is_a_frame_and_sets() {
    let listing = Listing::of(ROUTED_SHOWN);
    assert_eq!(listing.sets["deny_4"], ["10.0.0.0/8".to_string()].into());
    assert!(listing.sets["names0_4"].is_empty() && !listing.frame.contains("10.0.0.0/8"));
    assert!(listing.frame.contains("iifname \"tank-tap1\" jump guest"), "{}", listing.frame);
    // nft breaks long lists.
    let text = "table inet t {\n\tset s {\n\t\ttype ipv4_addr\n\t\telements = { 10.0.0.1, 10.0.0.2,\n\t\t\t     10.0.0.9 }\n\t}\n\tchain c {\n\t\ttcp dport { 1, 2 } accept\n\t}\n}\n";
    let broken = Listing::of(text);
    assert_eq!(broken.sets["s"].len(), 3);
    assert!(
        broken.frame.ends_with("type ipv4_addr\n}\nchain c {\ntcp dport { 1, 2 } accept\n}\n}\n")
    );
}

#[test]
fn what_is_wrong_is_refused_before_anything_is_asked() {
    let host = Replay::linux(&[], "");
    for (bad, why) in [
        (A.replace("trade-worker", "a b"), "invalid name of a guest"),
        (A.replace("trade-worker", "'a;b'"), "invalid name of a guest"),
        (A.replace("tank-tap0", "'tap*'"), "invalid name of an interface"),
        (A.replace("tank-tap0", "sixteen-letters-x"), "invalid name of an interface"),
        (A.replace("0A'", "0A:11'"), "no MAC address"),
        (A.replace("mac: ['52:54:00:00:00:0A'], ", ""), "mode bridged needs the guest's mac"),
        (A.replace("addresses: [10.9.0.2]", "addresses: []"), "the guest needs one"),
        (A.replace("8000-8010", "8010-8000"), "no port"),
        (A.replace("8000-8010", "53"), "opened by 'dns'"),
        (A.replace("8000-8010", "0"), "no port"),
        (A.replace(", ports: [443, 8000-8010]", ""), "needs ports"),
        (A.replace("proto: icmp", "proto: icmp, ports: [1]"), "has no ports"),
        (A.replace("proto: icmp", "proto: gre"), "proto is tcp"),
        (A.replace("proto: icmp", "prot: icmp"), "an entry has to, proto and ports"),
        (A.replace("203.0.113.7", "203.0.113"), "no name"),
        (A.replace("203.0.113.7", "0.0.0.0/0"), "say 'any'"),
        (A.replace("203.0.113.7", "'good.example; drop'"), "no name"),
        (A.replace("dns: [10.9.0.1]", "dns: [10.9.0.0/24]"), "addresses of resolvers"),
        (A.replace("established: none", "established: keep"), "inbound goes with"),
        (A.replace("from: 10.9.0.1, proto: udp", "from: x.example, proto: udp"), "inbound has"),
        (format!("{A}, rollback_timeout: 1"), "rollback_timeout"),
        (format!("{A}, refresh_interval: 1"), "refresh_interval"),
        (format!("{R}, persist: false"), "persist: true"),
        (R.to_string(), "without systemd"),
    ] {
        let said = host.plan(&NftEgress, &format!("{{{bad}}}")).map(|_| ()).unwrap_err().msg;
        assert!(said.contains(why), "{bad}\n{said}");
    }
}

/// A host whose table is as recorded, or not there.
fn host(now: Option<&str>, tried: Result<&str, &str>) -> Replay {
    let missing = "--stderr--\nError: No such file or directory\nlist table inet tank_egress_trade-worker\n--rc 1--\n";
    let now = now.map_or(missing.to_string(), |text| format!("{text}--rc 0--\n"));
    let recorded = format!(
        "$ nft -s list table bridge tank_egress_trade-worker\n{now}\n$ nft -s list table inet tank_egress_trade-worker\n{missing}\n$ ip -o route show default\ndefault via 10.9.0.254 dev vmbr0 proto static\n--rc 0--\n$ ip -o -6 route show default\n--rc 0--\n"
    );
    let host = Replay::linux(&["nft", "ip"], &recorded);
    let (text, rc) = match tried {
        Ok(text) => (text, 0),
        Err(text) => (text, 1),
    };
    host.write("tried", text);
    host.tool(
        "unshare",
        &format!("#!/bin/sh\ncat >/dev/null\ncat \"${{0%/*}}/../tried\"\nexit {rc}\n"),
    );
    host
}

fn told(host: &Replay, args: &str) -> (Vec<String>, String) {
    let (plan, _) = host.plan(&NftEgress, &format!("{{{args}}}")).unwrap();
    let input = plan.changes().find_map(|change| match &change.op {
        Op::Run(command) | Op::Guarded { apply: command, .. } => command.stdin.clone(),
        _ => None,
    });
    let text = String::from_utf8(input.unwrap_or_default().to_vec()).unwrap();
    (plan.changes().map(|change| change.why.clone()).collect(), text)
}

#[test]
fn rules_are_loaded_whole_and_addresses_alone() {
    let fresh = host(None, Ok(BRIDGED_SHOWN));
    assert_eq!(told(&fresh, A), (vec!["load the rules".to_string()], BRIDGED.to_string()));
    let mut same = host(Some(BRIDGED_SHOWN), Ok(BRIDGED_SHOWN));
    assert_eq!(told(&same, A), (vec![], String::new()));
    let other = BRIDGED_SHOWN.replace("203.0.113.7", "203.0.113.9");
    let (why, text) = told(&host(Some(&other), Ok(BRIDGED_SHOWN)), A);
    assert_eq!(why, ["change addresses of the rules"]);
    let set = "bridge tank_egress_trade-worker allow0_4";
    assert_eq!(
        text,
        format!("flush set {set}\nadd element {set} {{ 198.51.100.0/24, 203.0.113.7 }}\n")
    );
    // Somebody opened it.
    let other = BRIDGED_SHOWN.replace("counter drop comment \"not listed\"", "accept");
    assert_eq!(told(&host(Some(&other), Ok(BRIDGED_SHOWN)), A).0, ["load the rules"]);
    let gone = told(&same, "name: trade-worker, state: absent, persist: false");
    assert_eq!(
        gone,
        (
            vec!["delete the table tank_egress_trade-worker".into()],
            "delete table bridge tank_egress_trade-worker\n".into()
        )
    );
    // A check run remembers.
    same.predict(&NftEgress, "{name: trade-worker, state: absent}");
    assert_eq!(told(&same, A).0, ["load the rules"]);
    same.predict(&NftEgress, &format!("{{{A}}}"));
    assert_eq!(told(&same, A).0, [""; 0]);
}

#[test]
fn only_what_may_lead_to_us_is_guarded() {
    let guarded = |args: &str| {
        let (plan, _) =
            host(None, Ok(BRIDGED_SHOWN)).plan(&NftEgress, &format!("{{{args}}}")).unwrap();
        let change = plan.changes().next().unwrap().clone();
        (matches!(change.op, Op::Guarded { .. }), change.risk)
    };
    use crate::spec::Risk;
    assert_eq!(guarded(A), (false, Risk::Medium));
    assert_eq!(guarded(&format!("{A}, safe_apply: always")), (true, Risk::High));
    // The default route leads over vmbr0.
    assert_eq!(guarded(&A.replace("tank-tap0", "vmbr0")), (true, Risk::High));
    let seen = host(Some(BRIDGED_SHOWN), Ok(BRIDGED))
        .plan(&NftEgress, &format!("{{{A}, safe_apply: always}}"));
    let Op::Guarded { rollback, deadline, .. } =
        seen.unwrap().0.changes().next().unwrap().op.clone()
    else {
        panic!("not guarded");
    };
    let back = rollback.shell.unwrap();
    assert!(
        back.starts_with(
            "nft -f - <<'TANK_EGRESS'\ntable bridge tank_egress_trade-worker\ndelete table"
        ),
        "{back}"
    );
    assert!(back.contains(BRIDGED_SHOWN.trim_end()) && deadline.as_secs() == 60, "{back}");
}

#[test]
fn what_nft_refuses_is_explained() {
    let why =
        |said: &str, args: &str| host(None, Err(said)).refusal(&NftEgress, &format!("{{{args}}}"));
    // Recorded on a kernel without NF_CONNTRACK_BRIDGE and NFT_BRIDGE_REJECT.
    let ct = "/dev/stdin:8:3-10: Error: Could not process rule: Protocol error\n  ct state established,related accept\n  ^^^^^^^^\n";
    let keep = A.replace("established: none, inbound: [{from: [10.9.0.1, 10.9.1.0/24], ports: [22]}, {from: 10.9.0.1, proto: udp, ports: [161]}], ", "");
    assert!(why(ct, &keep).contains("no connection tracking for bridges"));
    let reject = "/dev/stdin:4:14-19: Error: Could not process rule: No such file or directory\n iifname \"x\" reject\n             ^^^^^^\n";
    assert!(why(reject, &format!("{A}, default: reject")).contains("cannot reject on bridges"));
    assert!(why("unshare: unshare failed: Operation not permitted\n", A).contains("needs root"));
    let bare = Replay::linux(&[], "");
    bare.tool("nft", "#!/bin/sh\necho 'netlink: Error: cache initialization failed: Operation not permitted (you must be root)' >&2\nexit 1\n");
    assert_eq!(bare.refusal(&NftEgress, &format!("{{{A}}}")), "nft needs root");
}

#[test]
fn names_come_from_the_host_and_rules_wait_for_them() {
    let four =
        |name: &str, addresses: &str| format!("$ getent ahostsv4 {name}\n{addresses}--rc 0--\n");
    let none = |kind: &str, name: &str| format!("$ getent ahosts{kind} {name}\n--rc 2--\n");
    let table = "tank_egress_browser";
    let missing = "--stderr--\nError: No such file or directory\n--rc 1--\n";
    let base = format!(
        "$ nft -s list table inet {table}\n{missing}$ nft -s list table bridge {table}\n{missing}$ ip -o route show default\n--rc 0--\n$ ip -o -6 route show default\n--rc 0--\n"
    );
    let units = ["tank-egress-rules-browser.service", "tank-egress-names-browser.timer"].map(|unit| {
        format!("$ systemctl is-active {unit}\ninactive\n--rc 3--\n$ systemctl is-enabled {unit}\n--rc 1--\n")
    });
    let good = four(
        "good.example",
        "5.6.7.8         STREAM good.example\n5.6.7.8         DGRAM  \n10.1.1.1        STREAM \n",
    ) + "$ getent ahostsv6 good.example\n2a0f::1         STREAM good.example\n::ffff:5.6.7.8  STREAM \n--rc 0--\n";
    let with = |other: String| {
        let mut host = Replay::linux(
            &["nft", "ip", "getent", "systemctl"],
            &format!("{base}{}{good}{other}", units.concat()),
        );
        host.platform.services = Some(ServiceManager::Systemd);
        host.write("tried", ROUTED_SHOWN);
        host.tool("unshare", "#!/bin/sh\ncat >/dev/null\ncat \"${0%/*}/../tried\"\n");
        host.tool("timeout", "#!/bin/sh\nshift\nexec \"$@\"\n");
        host
    };
    let down = with(none("v4", "other.example") + &none("v6", "other.example"));
    assert_eq!(
        down.refusal(&NftEgress, &format!("{{{R}}}")),
        "the host cannot resolve other.example; its sets stay as they are"
    );
    let host = with(four("other.example", "5.6.7.9 STREAM x\n") + &none("v6", "other.example"));
    let (why, text) = told(&host, R);
    assert!(text.starts_with(ROUTED), "{text}");
    let rest = &text[ROUTED.len()..];
    assert_eq!(
        rest,
        format!(
            "add element inet {table} names0_4 {{ 5.6.7.8, 10.1.1.1, 5.6.7.9 }}\nadd element inet {table} names0_6 {{ 2a0f::1 }}\n"
        )
    );
    let dir = "/etc/tank-egress";
    let systemd = "/etc/systemd/system";
    let wanted = [
        "make directories".to_string(),
        format!("write {dir}/browser.sh"),
        format!("write {systemd}/tank-egress-rules-browser.service"),
        format!("write {systemd}/tank-egress-names-browser.service"),
        format!("write {systemd}/tank-egress-names-browser.timer"),
        "load the rules".to_string(),
        format!("write {dir}/browser.nft"),
        format!("write {dir}/browser.names"),
        "tell systemd of its units".to_string(),
        "look up names".to_string(),
        "start tank-egress-rules-browser.service".to_string(),
        "start tank-egress-names-browser.timer".to_string(),
    ];
    assert_eq!(why, wanted);
    let (plan, fields) = host.plan(&NftEgress, &format!("{{{R}}}")).unwrap();
    assert_eq!(
        plan.warnings,
        ["good.example is 10.1.1.1, which 'deny' keeps closed: list the address itself"]
    );
    assert!(fields[&Key::from("names")].text().contains("5.6.7.9"));
    assert!(
        plan.changes()
            .any(|change| matches!(&change.effects[..], [Effect::Thing(KIND, _, Some(_))]))
    );
}

#[test]
fn dnsmasq_gets_one_line_for_each_name() {
    let text = R.replace("{to: any, proto: all}", "{to: good.example, ports: [22]}");
    let args = args(&format!("{text}, resolve: dnsmasq"));
    let wish = Wish::of(&args).unwrap();
    assert_eq!(wish.allow[1].proto, Proto::Ports("tcp", vec!["22".into()]));
    assert_eq!(args.established, Established::Reply);
    let files = files::then(&args, &wish, &Places::of("browser"), "", "/etc/dnsmasq.d/x.conf");
    let conf = files.iter().find(|file| file.path == "/etc/dnsmasq.d/x.conf").unwrap();
    let sets = |at: usize| {
        format!("4#inet#tank_egress_browser#names{at}_4,6#inet#tank_egress_browser#names{at}_6")
    };
    let wanted = format!(
        "# Egress of browser. Written by tank.\nnftset=/good.example/{},{}\nnftset=/other.example/{}\n",
        sets(0),
        sets(1),
        sets(0)
    );
    assert_eq!(conf.text.as_deref(), Some(wanted.as_str()));
}
