use super::super::tests::Bench;
use super::*;

const RDR: &BastilleRdr = &BastilleRdr;
/// Recorded (bastille.txt), but for the lines of `pfctl -sn` and `-sr`: those of pf.conf there.
const RECORDED: &str = "$ pfctl -sn\nnat on vtnet0 from <jails> to any -> (vtnet0:0)\nrdr-anchor \"rdr/*\" all\n--rc 0--\n\n\
    $ pfctl -sr\nanchor \"bastille/*\" all\npass in all flags S/SA keep state\n--rc 0--\n\n\
    $ pfctl -a rdr/web -Psn\nrdr on vtnet0 inet proto tcp from any to any port = 8080 -> 10.17.89.10 port 80\n\
    rdr log on vtnet0 inet proto udp from any to any port = 5353 -> 10.17.89.10 port 53\n--rc 0--\n\n\
    $ pfctl -a bastille/web -Psr\npass in on vtnet0 inet proto tcp from any to 10.17.89.10 port = 80 flags S/SA keep state\n\
    --rc 0--\n\n\
    $ pfctl -a rdr/web2 -Psn\n--stderr--\npfctl: DIOCGETRULES: Invalid argument\n--rc 0--\n\n\
    $ pfctl -a bastille/web2 -Psr\n--stderr--\npfctl: DIOCGETRULES: Invalid argument\n--rc 0--\n";

fn host(recorded: &str) -> Bench {
    let bench = Bench::new(&["pfctl"], recorded);
    bench.jail("web", "10.17.89.10");
    bench.jail("web2", "10.17.89.12");
    bench.run(&[(2, "web", "10.17.89.10", false), (4, "web2", "10.17.89.12", false)]);
    let lines = "dual vtnet0 any any tcp 8080 80\ndual vtnet0 any any udp 5353 53 log\ndual vtnet0 any any tcp junk 85\n";
    bench.write("web", "rdr.conf", lines);
    bench
}

const DIR: &str = "bastille_rdr_act @/b/jails";

#[test]
fn f47_file_and_pf_are_compared() {
    let host = host(RECORDED);
    let todo = |args: &str| host.todo(RDR, args);
    assert_eq!(todo("{name: web, host_port: 8080, jail_port: 80}"), [""; 0]);
    assert_eq!(todo("{name: web, host_port: 8080, jail_port: 80, interface: vtnet0}"), [""; 0]);
    assert_eq!(todo("{name: web, proto: udp, host_port: 5353, jail_port: 53, log: true}"), [""; 0]);
    // `bastille rdr` says: Ports already in use on this interface.
    let other = todo("{name: web, host_port: 8080, jail_port: 81}");
    assert_eq!(other, [format!("{DIR} web tcp 8080 80 rdr web tcp 8080 81")]);
    let new = todo("{name: web2, host_port: 443, source: 192.0.2.0/24, log: true}");
    assert_eq!(new, [format!("{DIR} web2 tcp 443  rdr -s 192.0.2.0/24 web2 tcp 443 443 log")]);
    let gone = todo("{name: web, host_port: 8080, state: absent}");
    assert_eq!(gone, [format!("{DIR} web tcp 8080 80")]);
    assert_eq!(todo("{name: web2, host_port: 8080, state: absent}"), [""; 0]);
    // What pf lost comes back although the file has it.
    host.write("web", "rdr.conf", "dual vtnet0 any any tcp 9090 90\n");
    assert_eq!(todo("{name: web, host_port: 9090, jail_port: 90}").len(), 1);
}

#[test]
fn the_file_without_one_port_goes_along() {
    let host = host(RECORDED);
    let (plan, _) = host.plan(RDR, "{name: web, host_port: 8080, state: absent}").unwrap();
    let Op::Script(script) = &plan.changes().next().unwrap().op else { panic!() };
    let input = String::from_utf8(script.input.clone().unwrap().to_vec()).unwrap();
    assert_eq!(input, "dual vtnet0 any any udp 5353 53 log\ndual vtnet0 any any tcp junk 85\n");
}

#[test]
fn f42_what_pf_lacks_is_told_and_nothing_is_written() {
    let lacks = |from: &str| {
        let host = host(&RECORDED.replace(from, "# none"));
        host.refusal(RDR, "{name: web2, host_port: 443}")
    };
    assert_eq!(lacks("rdr-anchor \"rdr/*\" all"), "pf's rules lack the line: rdr-anchor \"rdr/*\"");
    assert_eq!(
        lacks("anchor \"bastille/*\" all"),
        "pf's rules lack the line: anchor \"bastille/*\""
    );
    // F-42.
    let none = RECORDED.replacen(
        "nat on vtnet0 from <jails> to any -> (vtnet0:0)\nrdr-anchor \"rdr/*\" all\n--rc 0--",
        "--stderr--\npfctl: /dev/pf: No such file or directory\n--rc 1--",
        1,
    );
    let refusal = host(&none).refusal(RDR, "{name: web2, host_port: 443}");
    assert_eq!(refusal, "pf is not there: pfctl: /dev/pf: No such file or directory");
}

#[test]
fn a_stopped_jail_has_its_file_only() {
    let host = host(RECORDED);
    host.run(&[(2, "web", "10.17.89.10", false)]);
    assert!(host.refusal(RDR, "{name: web2, host_port: 443}").contains("interface must be given"));
    let text = host.text(RDR, "{name: web2, host_port: 443, interface: vtnet0}");
    assert_eq!(text, "dual vtnet0 any any tcp 443 443\n");
}

#[test]
fn ports_of_others_and_jails_with_a_network_of_their_own_are_refused() {
    let host = host(RECORDED);
    let taken = host.refusal(RDR, "{name: web2, host_port: 8080}");
    assert_eq!(taken, "tcp port 8080 leads to the jail web");
    host.write("web2", "jail.conf", "web2 {\n  vnet;\n}\n");
    assert!(host.refusal(RDR, "{name: web2, host_port: 443}").contains("has a network of its own"));
    for bad in [
        "host_port: 0",
        "host_port: 65536",
        "host_port: 80, jail_port: -1",
        "host_port: 80, source: 'a b'",
        "host_port: junk",
    ] {
        assert!(host.plan(RDR, &format!("{{name: web, {bad}}}")).is_err(), "{bad}");
    }
}
