//! Answers of both systems: recorded on Linux, assembled from transcripts for FreeBSD.

use super::*;
use crate::base::Map;
use crate::spec::{ArgStruct, Inputs, Os, Platform, ServiceManager, World};

fn args(name: &str) -> Args {
    let map: Map = [(Key::from("name"), Value::from(name))].into_iter().collect();
    Args::from_map(&map).unwrap()
}

fn platform(os: Os, services: Option<ServiceManager>) -> Platform {
    Platform { os, services, distribution: "debian".into(), ..Platform::default() }
}

fn plan(
    name: &str,
    platform: &Platform,
    world: &World,
    answer: &str,
) -> Result<(Plan, Fields), Failure> {
    let inputs = Inputs::default();
    let ctx = Ctx { platform, inputs: &inputs, world, diff: true };
    let args = args(name);
    State::probe(&Hostname, &args, ctx)?;
    let answers = [Answer::ok(answer.as_bytes().to_vec())];
    let Look::Seen(seen) = State::read(&Hostname, &args, &answers, ctx)? else { panic!("asks") };
    let plan = State::plan(&Hostname, &args, &seen, ctx)?;
    let fields = State::result(&Hostname, &args, &seen, None, &plan, &[]);
    Ok((plan, fields))
}

fn commands(plan: &Plan) -> Vec<String> {
    let text = |change: &Change| match &change.op {
        Op::Run(command) => command.argv.join(" "),
        Op::WriteFile(file) => format!("write {}", file.path),
        other => panic!("{other:?}"),
    };
    plan.changes().map(text).collect()
}

const FREEBSD: &str = "facts2.example.org\n\n0 \n0 \n-\n-\n";

#[test]
fn freebsd_keeps_it_in_rc_conf_d() {
    let host = platform(Os::FreeBsd, None);
    let (made, fields) = plan("facts.example.org", &host, &World::default(), FREEBSD).unwrap();
    let wanted = [
        "mkdir -p -- /etc/rc.conf.d",
        "write /etc/rc.conf.d/hostname",
        "hostname facts.example.org",
    ];
    assert_eq!(commands(&made), wanted);
    let diff = made.diff[0].to_value();
    assert_eq!(diff.get("before").unwrap().text(), "hostname = facts2.example.org\n");
    let facts = fields.get(&Key::from("ansible_facts")).unwrap();
    let fact = |name: &str| facts.get(name).unwrap().text();
    assert_eq!(
        (fact("ansible_hostname"), fact("ansible_domain")),
        ("facts".into(), "example.org".into())
    );
    assert_eq!(fact("ansible_fqdn"), "facts2.example.org");
    let mut world = World::default();
    for effect in made.changes().flat_map(|change| change.effects.clone()) {
        world.add(effect);
    }
    let (again, _) = plan("facts.example.org", &host, &world, FREEBSD).unwrap();
    assert!(!again.has_work(), "a check run remembers");
}

#[test]
fn live_and_kept_name_are_compared_separately() {
    let host = platform(Os::Linux, Some(ServiceManager::Systemd));
    let plan = |answer: &str| plan("box", &host, &World::default(), answer);
    assert!(!plan("box\n\n0 box\n0 box\n-\n").unwrap().0.has_work());
    let (only_live, _) = plan("old\n\n0 box\n0 old\n-\n").unwrap();
    assert_eq!(commands(&only_live), ["hostnamectl --transient set-hostname box"]);
    let (only_kept, _) = plan("box\n\n0 \n0 box\n-\n").unwrap();
    assert_eq!(commands(&only_kept), ["hostnamectl --pretty --static set-hostname box"]);
    let error = plan("box\n\n1 Failed to connect to bus: Host is down\n0 box\n-\n").unwrap_err();
    assert!(error.msg.starts_with("Command failed rc=1"), "{}", error.msg);
}

#[test]
fn debian_without_systemd_has_a_file() {
    let host = platform(Os::Linux, None);
    let stat = format!("f|644|0|0|root|root|4|1|1|1|7|8|1|{}", "a".repeat(40));
    let answer = format!("live\n10.0.0.1 box box.example.org\n0 \n0 \n{stat}\n4\nbox\n\n");
    let (same, fields) = plan("box", &host, &World::default(), &answer).unwrap();
    assert!(!same.has_work(), "the live name is left alone");
    let fqdn = fields.get(&Key::from("ansible_facts")).unwrap().get("ansible_fqdn").unwrap().text();
    assert_eq!(fqdn, "box.example.org");
    assert_eq!(full_name("vm", "127.0.0.1 localhost vm"), "localhost");
    assert_eq!(full_name("vm", ""), "vm");
    let (other, _) = plan("new", &host, &World::default(), &answer).unwrap();
    assert_eq!(commands(&other), ["write /etc/hostname"]);
}
