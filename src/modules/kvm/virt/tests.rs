//! Documents, and the machines that they meet.

use super::*;
use crate::base::{Map, Source, yaml};
use crate::modules::kvm::xml::Node;
use crate::modules::kvm::{compare, words};
use crate::spec::{ArgStruct, Inputs, Op, Platform, Risk, World};

/// Recorded with libvirt 9.0; its path is shortened and the password of its console is made up.
const FOUND: &str = include_str!("../../../../tests/fixtures/probe/virt/web.xml");
const GIVEN: &str = include_str!("../../../../tests/fixtures/probe/virt/web-given.xml");

fn said(what: &str, text: &str) -> String {
    let block = |text: &str| format!("{}\n{text}\n", text.len());
    block(what) + &block("0") + &block(text)
}

/// The answer of a host with the machine web in a state.
fn answer(state: &str, lists: [&str; 3]) -> Answer {
    let [autostart, transient, saved] = lists;
    let text = said("tool", "/usr/bin/virsh\n")
        + &said("names", "web \n")
        + &said("autostart", autostart)
        + &said("transient", transient)
        + &said("saved", saved)
        + &said("state web", state)
        + &said("xml web", FOUND);
    Answer::ok(text)
}

fn plan(answer: &Answer, args: &str, xml: Option<&str>) -> Result<(Plan, Fields), Failure> {
    let loaded = yaml::load(args, &Source::described("test")).unwrap();
    let mut map: Map = loaded.value.as_map().unwrap().clone();
    map.extend(xml.map(|xml| (Key::from("xml"), Value::from(xml))));
    let args = Args::from_map(&map).map_err(|error| Failure::new(error.to_string()))?;
    let (platform, inputs, world) = (Platform::default(), Inputs::default(), World::default());
    let ctx = Ctx { platform: &platform, inputs: &inputs, world: &world, diff: true };
    Virt.probe(&args, ctx)?;
    let Look::Seen(seen) = Virt.read(&args, std::slice::from_ref(answer), ctx)? else {
        panic!("asks")
    };
    let plan = Virt.plan(&args, &seen, ctx)?;
    let fields = Virt.result(&args, &seen, None, &plan, &[]);
    Ok((plan, fields))
}

fn todo(answer: &Answer, args: &str) -> Vec<String> {
    let (plan, _) = plan(answer, args, None).unwrap();
    plan.changes().map(|change| words(change)[..2].join(" ")).collect()
}

/// What is sent to libvirt.
fn document(plan: &Plan) -> Node {
    let change = plan.changes().next().unwrap();
    let Op::Script(probe) = &change.op else { panic!("{change:?}") };
    assert!(probe.secret && !format!("{:?}", probe.words).contains("sesam"));
    Node::parse(std::str::from_utf8(probe.input.as_ref().unwrap()).unwrap()).unwrap()
}

#[test]
fn states_lead_to_each_other() {
    let off = answer("shut off\n", ["", "", ""]);
    let runs = answer("running\n", ["web\n", "", ""]);
    let paused = answer("paused\n", ["", "", ""]);
    for (host, args, wanted) in [
        (&off, "state: running", vec!["start web"]),
        (&off, "state: shutdown", vec![]),
        (&off, "state: destroyed", vec![]),
        (&off, "command: undefine", vec!["undefine web"]),
        (&off, "state: running, autostart: true", vec!["start web", "autostart web"]),
        (&runs, "state: running, autostart: true", vec![]),
        (&runs, "state: shutdown", vec!["shutdown web"]),
        (&runs, "state: destroyed", vec!["destroy web"]),
        (&runs, "state: paused", vec!["suspend web"]),
        (&runs, "command: start", vec![]),
        (&runs, "autostart: false", vec!["autostart web"]),
        (&paused, "state: running", vec!["resume web"]),
        (&paused, "command: unpause", vec!["resume web"]),
        (&paused, "state: shutdown", vec!["shutdown web"]),
    ] {
        assert_eq!(todo(host, &format!("{{name: web, {args}}}")), wanted, "{args}");
    }
    for (host, args) in [
        (&runs, "command: undefine"),
        (&paused, "command: undefine"),
        (&off, "state: paused"),
        (&answer("pmsuspended\n", ["", "", ""]), "state: running"),
    ] {
        assert!(plan(host, &format!("{{name: web, {args}}}"), None).is_err(), "{args}");
    }
}

#[test]
fn undefine_says_what_goes_with_it() {
    let off = answer("shut off\n", ["", "", ""]);
    let of = |args: &str| {
        let (plan, _) =
            plan(&off, &format!("{{name: web, command: undefine, {args}}}"), None).unwrap();
        let change = plan.changes().next().unwrap().clone();
        (words(&change)[2..].join(" "), change.risk, plan.warnings.len())
    };
    assert_eq!(of(""), (String::new(), Risk::High, 0));
    assert_eq!(of("flags: [keep_nvram]"), ("--keep-nvram".to_string(), Risk::High, 0));
    let all = "--managed-save --snapshots-metadata --nvram --checkpoints-metadata".to_string();
    assert_eq!(of("force: true"), (all, Risk::Critical, 0));
    assert_eq!(of("force: true, flags: [nvram]"), ("--nvram".to_string(), Risk::Critical, 1));
}

#[test]
fn what_libvirt_made_up_is_kept() {
    let off = answer("shut off\n", ["", "", ""]);
    let define = "{command: define}";
    let (same, fields) = plan(&off, define, Some(GIVEN)).unwrap();
    assert!(!same.has_work());
    assert_eq!(fields[&Key::from("restart_required")].text(), "False");
    let more = GIVEN.replace("<vcpu>1<", "<vcpu>2<");
    let (changed, _) = plan(&off, define, Some(&more)).unwrap();
    let sent = document(&changed);
    assert_eq!(sent.text_at("uuid"), Some("fa56eb69-8f4f-467a-9250-beb155e0a86d"));
    assert_eq!(sent.at("devices/interface/mac", "address"), Some("52:54:00:8c:ab:11"));
    assert_eq!(sent.at("os/type", "machine"), Some("pc-q35-7.2"));
    let found = Node::parse(FOUND).unwrap();
    assert_eq!(compare::differences(&sent, &found, compare::DOMAIN), ["vcpu: 1 -> 2"]);
    let shown = format!("{:?}", changed.diff);
    assert!(shown.contains("<vcpu>2</vcpu>") && !shown.contains("sesam"), "{shown}");
    let (plain, _) = plan(&off, "{command: define, mutate_flags: []}", Some(&more)).unwrap();
    assert_eq!(document(&plain).text_at("uuid"), None);
}

#[test]
fn a_machine_that_runs_or_was_saved_is_told_of() {
    let more = GIVEN.replace("<vcpu>1<", "<vcpu>2<");
    let runs = answer("running\n", ["", "", ""]);
    let (changed, fields) = plan(&runs, "{command: define}", Some(&more)).unwrap();
    assert_eq!(changed.warnings.len(), 1);
    assert_eq!(changed.changes().next().unwrap().risk, Risk::Medium);
    assert_eq!(fields[&Key::from("restart_required")].text(), "True");
    let saved = answer("shut off\n", ["", "", "web\n"]);
    let (changed, _) = plan(&saved, "{command: define}", Some(&more)).unwrap();
    assert!(changed.warnings[0].contains("has a saved state"));
    let (start, _) = plan(&saved, "{name: web, state: running}", None).unwrap();
    assert!(start.warnings[0].contains("goes on from its saved state"));
}

#[test]
fn what_only_a_running_machine_has_is_not_compared() {
    let off = answer("shut off\n", ["", "", ""]);
    let live = GIVEN
        .replace("<domain type='qemu'>", "<domain type='qemu' id='4'>")
        .replace("<source bridge='br0'/>", "<source bridge='br0' portid='x'/><alias name='net0'/>")
        .replace("</devices>", "</devices><seclabel type='dynamic'><label>a</label></seclabel>");
    assert!(!plan(&off, "{command: define}", Some(&live)).unwrap().0.has_work());
}

#[test]
fn torn_answers_are_failures() {
    let torn = Answer::ok(said("tool", "/usr/bin/virsh\n") + &said("names", "web\n"));
    assert!(plan(&torn, "{name: web, state: running}", None).is_err());
    let none = Answer::ok("4\ntool\n1\n1\n8\n/usr/bin\n");
    let failure = plan(&none, "{name: web, state: running}", None).unwrap_err();
    assert!(
        failure.missing && failure.msg.contains("required executable \"virsh\""),
        "{failure:?}"
    );
}
