//! On recorded answers of ifconfig.

use super::*;
use crate::modules::tests::replay::Replay;

/// warden0 with tap0 and tap5, bastille0, vlan0 on vtnet0, which leads to us.
const RECORDED: &str = include_str!("../../../../tests/fixtures/probe/freebsd_bridge/freebsd.txt");

fn host() -> Replay {
    Replay::freebsd(&["ifconfig", "sysctl", "route"], RECORDED)
}

/// The commands, without ifconfig's path.
fn live(host: &Replay, args: &str) -> Vec<String> {
    let args = format!("{{persistent: false, {args}}}");
    let todo = host.todo(&FreeBsdBridge, &args);
    todo.into_iter().map(|text| text.replace("@/bin/ifconfig", "ifconfig")).collect()
}

/// rc.conf as it would be, of an empty one.
fn boot(host: &Replay, args: &str) -> String {
    let args = format!("{{live: false, {args}}}");
    let (plan, _) = host.plan(&FreeBsdBridge, &args).unwrap();
    let after = plan.diff.first().and_then(|diff| diff.after.as_ref());
    after.map(Value::text).unwrap_or_default()
}

#[test]
fn f37_what_is_there_is_left_and_what_lacks_is_added() {
    let host = host();
    assert_eq!(live(&host, "name: warden0, addresses: [10.77.0.1/24], members: [tap0]"), [""; 0]);
    let more = "name: warden0, addresses: [10.77.0.1/24, 10.78.0.1/24, 'fd00:78::1/64'], mtu: 1400";
    let added = [
        "ifconfig warden0 mtu 1400",
        "ifconfig warden0 inet 10.78.0.1/24 alias",
        "ifconfig warden0 inet6 fd00:78::1/64 alias",
    ];
    assert_eq!(live(&host, more), added);
    assert_eq!(live(&host, "name: tap0, type: tap"), ["ifconfig tap0 up"]);
    assert_eq!(live(&host, "name: bastille0, type: lo"), [""; 0]);
    assert_eq!(live(&host, "name: tap9, type: tap"), ["ifconfig tap9 create", "ifconfig tap9 up"]);
    let pair = ["ifconfig epair2 create", "ifconfig epair2a up", "ifconfig epair2b up"];
    assert_eq!(live(&host, "name: epair2, type: epair"), pair);
}

#[test]
fn f34_an_unnamed_bridge_is_not_left_behind() {
    let host = host();
    let todo = live(&host, "name: lan0, addresses: [10.0.0.1/24]");
    assert_eq!(
        todo[0],
        "(made=$(ifconfig bridge create name lan0) && exit\nrc=$?\n\
         case $made in '' | lan0) ;; *) ifconfig \"$made\" destroy ;; esac\nexit \"$rc\")"
    );
    assert_eq!(todo[1..], ["ifconfig lan0 inet 10.0.0.1/24 alias", "ifconfig lan0 up"]);
    let text = host.refusal(&FreeBsdBridge, "{name: bastille0}");
    assert_eq!(text, "there is an interface bastille0 already, and it is no bridge");
}

#[test]
fn f36_names_that_the_scripts_cannot_take() {
    let host = host();
    for bad in
        ["''", "'bad name'", "bad/name", "0abc", "averylongname123", "a-b", "\"a\\nb\"", "'$x'"]
    {
        assert!(host.plan(&FreeBsdBridge, &format!("{{name: {bad}}}")).is_err(), "{bad}");
    }
    assert!(host.plan(&FreeBsdBridge, "{name: averylongname12}").is_ok());
    for bad in [
        "name: w, type: tap, members: [tap0]",
        "name: w, members: [w]",
        "name: w, type: epair",
        "name: epair1, type: epair, addresses: [10.0.0.1/24]",
        "name: w, vlan: 1, parent: vtnet0",
        "name: w, type: vlan",
        "name: w, type: vlan, vlan: 5000, parent: vtnet0",
        "name: w, addresses: [10.0.0.1/40]",
        "name: w, addresses: [10.0.0.1]",
        "name: w, addresses: [300.1.1.1/24]",
        "name: w, mtu: 1",
    ] {
        assert!(host.plan(&FreeBsdBridge, &format!("{{{bad}}}")).is_err(), "{bad}");
    }
}

#[test]
fn f38_members_one_by_one_and_vlans_by_way_of_nothing() {
    let host = host();
    let text = host.refusal(&FreeBsdBridge, "{name: lan0, members: [tap0]}");
    assert_eq!(text, "tap0 is a member of warden0 already");
    let text = host.refusal(&FreeBsdBridge, "{name: lan0, members: [tap8]}");
    assert_eq!(text, "there is no interface tap8 to be a member of lan0");
    let text = host.refusal(&FreeBsdBridge, "{name: lan0, members: [lo0]}");
    assert_eq!(text, "lo0 is a loopback: it cannot be a member");
    let tagged = live(&host, "name: vlan0, type: vlan, vlan: 11, parent: vtnet0");
    let wanted =
        ["ifconfig vlan0 -vlandev", "ifconfig vlan0 vlan 11 vlandev vtnet0", "ifconfig vlan0 up"];
    assert_eq!(tagged, wanted);
    let new = live(&host, "name: vtnet0.20, type: vlan, vlan: 20, parent: vtnet0");
    assert_eq!(new, ["ifconfig vtnet0.20 create", "ifconfig vtnet0.20 up"]);
}

#[test]
fn the_way_to_us_is_not_touched_unless_it_can_come_back() {
    let host = host();
    let text = host.refusal(&FreeBsdBridge, "{name: lan0, members: [vtnet0]}");
    assert!(text.starts_with("vtnet0 leads to us"), "{text}");
    let args = "{name: lan0, members: [vtnet0], management: true, persistent: false}";
    let (plan, _) = host.plan(&FreeBsdBridge, args).unwrap();
    let ops: Vec<&Op> = plan.changes().map(|change| &change.op).collect();
    let [Op::Guarded { apply, rollback, deadline, .. }] = ops[..] else { panic!("{ops:?}") };
    let text = |command: &Command| command.shell.clone().unwrap().replace(&host.path("bin/"), "");
    assert!(text(apply).contains("ifconfig lan0 addm vtnet0 || exit\n"), "{apply:?}");
    let undone =
        "ifconfig lan0 down\nifconfig lan0 deletem vtnet0\nifconfig lan0 destroy\nexit 0\n";
    assert_eq!((text(rollback).as_str(), deadline.as_secs()), (undone, 60));
    let text = host.refusal(&FreeBsdBridge, "{name: vtnet0, state: absent}");
    assert!(text.contains("is no bridge"), "{text}");
}

#[test]
fn f39_a_pair_goes_by_one_of_its_halves() {
    // Recorded of ifconfig.txt.
    let half = |end: &str| {
        format!(
            "epair3{end}: flags=8862<BROADCAST,RUNNING,SIMPLEX,MULTICAST> metric 0 mtu 1500\n\tgroups: epair\n"
        )
    };
    let recorded = RECORDED.replacen("tap5: flags", &(half("a") + &half("b") + "tap5: flags"), 1);
    let host = Replay::freebsd(&["ifconfig", "sysctl", "route"], &recorded);
    let gone = live(&host, "name: epair3, type: epair, state: absent");
    assert_eq!(gone, ["ifconfig epair3a destroy"]);
}

#[test]
fn f41_a_host_without_a_way_out_has_no_interface_that_leads_to_us() {
    let (before, after) = RECORDED.split_once("$ route -n get default\n").unwrap();
    let after = after.split_once("--\n").map_or("", |(_, after)| after);
    let none = "$ route -n get default\n--stderr--\nroute: route has not been found\n--rc 255--\n";
    let host = Replay::freebsd(&["ifconfig", "sysctl", "route"], &format!("{before}{none}{after}"));
    let todo = live(&host, "name: lan0, members: [vtnet0]");
    assert!(todo.contains(&"ifconfig lan0 addm vtnet0".to_string()), "{todo:?}");
}

#[test]
fn f35_rc_conf_makes_it_under_a_number_of_its_own() {
    let host = host();
    let new = boot(
        &host,
        "name: warden0, addresses: [10.0.0.1/24, 10.1.0.1/24, 'fd00::1/64'], members: [tap0]",
    );
    let wanted = "cloned_interfaces=\"bridge0\"\nifconfig_bridge0_name=\"warden0\"\n\
        ifconfig_warden0=\"inet 10.0.0.1/24 addm tap0 up\"\nifconfig_warden0_alias0=\"inet 10.1.0.1/24\"\n\
        ifconfig_warden0_ipv6=\"inet6 fd00::1/64\"\n";
    assert_eq!(new, wanted);
    let new = boot(&host, "name: bastille0, type: lo");
    let wanted =
        "cloned_interfaces=\"lo1\"\nifconfig_lo1_name=\"bastille0\"\nifconfig_bastille0=\"up\"\n";
    assert_eq!(new, wanted);
    let new = boot(&host, "name: lan10, type: vlan, vlan: 10, parent: vtnet0");
    assert!(new.contains("create_args_vlan0=\"vlan 10 vlandev vtnet0\"\n"), "{new}");
    let new = boot(&host, "name: vtnet0.20, type: vlan, vlan: 20, parent: vtnet0");
    assert_eq!(new, "cloned_interfaces=\"vtnet0.20\"\nifconfig_vtnet0_20=\"up\"\n");
}

#[test]
fn a_check_run_remembers() {
    let mut host = host();
    let args = "{name: lan0, addresses: [10.0.0.1/24]}";
    host.predict(&FreeBsdBridge, args);
    assert_eq!(host.todo(&FreeBsdBridge, args), [""; 0]);
    let more = live(&host, "name: lan0, addresses: [10.0.0.1/24, 10.0.0.2/32]");
    assert_eq!(more, ["ifconfig lan0 inet 10.0.0.2/32 alias"]);
    assert_eq!(live(&host, "name: lan0, state: absent"), ["ifconfig lan0 destroy"]);
    host.predict(&FreeBsdBridge, "{name: lan0, state: absent}");
    assert_eq!(host.todo(&FreeBsdBridge, "{name: lan0, state: absent}"), [""; 0]);
}
