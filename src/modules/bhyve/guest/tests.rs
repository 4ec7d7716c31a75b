//! vm-bhyve as recorded (freebsd-transcripts/vm.txt), its script in all shells.

use super::*;
use crate::base::{Key, Map, Source, yaml};
use crate::connection::shell::tests::SHELLS;
use crate::modules::tests::desk::Desk;
use crate::spec::{ArgStruct, Content, Host, Inputs, Os, Platform, World};

fn block(text: &str) -> String {
    format!("{}\n{text}\n", text.len())
}

fn file(path: &str, text: Option<&str>) -> String {
    match text {
        None => block(&format!("file {path}")) + &block("-") + "-\n",
        Some(text) => {
            let line = "f|644|0|0|root|wheel|1|1|1|1|7|8|1|-";
            block(&format!("file {path}")) + &block(line) + &block(text)
        }
    }
}

fn said(what: &str, rc: i32, text: &str) -> String {
    block(what) + &block(&rc.to_string()) + &block(text)
}

const RC: &str = "vm_enable=\"YES\"\nvm_dir=\"zfs:tank/vm\"\nvm_list=\"t9 t2\"\n";
/// Recorded: vm.txt, `cat /vm/t1/t1.conf`.
const T1: &str = "loader=\"bhyveload\"\ncpu=1\nmemory=256M\nnetwork0_type=\"virtio-net\"\nnetwork0_switch=\"public\"\ndisk0_type=\"virtio-blk\"\ndisk0_name=\"disk0.img\"\nuuid=\"79bfcb13-e6f7-11f1-81f7-589cfc00245c\"\nnetwork0_mac=\"58:9c:fc:0c:7b:57\"\n";
/// Recorded: vm.txt, `cat /vm/.templates/default.conf`.
const DEFAULT: &str = "loader=\"bhyveload\"\ncpu=1\nmemory=256M\nnetwork0_type=\"virtio-net\"\nnetwork0_switch=\"public\"\ndisk0_type=\"virtio-blk\"\ndisk0_name=\"disk0.img\"\n";

/// A host with or without the machine t1.
struct Seen1 {
    rc: &'static str,
    conf: Option<&'static str>,
    runs: bool,
    device: &'static str,
    lock: Option<&'static str>,
    world: World,
}

impl Default for Seen1 {
    fn default() -> Self {
        Self { rc: RC, conf: Some(T1), runs: false, device: "no", lock: None, world: World::default() }
    }
}

impl Seen1 {
    fn answers(&self) -> [Answer; 2] {
        let first = file("/etc/rc.conf", Some(self.rc))
            + &file("/etc/rc.conf.local", None)
            + &said("vm", 0, "/usr/local/sbin/vm");
        let mut second = said("dir", 0, "/vm\n")
            + &file("/vm/t1/t1.conf", self.conf)
            + &file("/vm/.templates/default.conf", Some(DEFAULT));
        if let Some(host) = self.lock {
            second += &said("lock", 0, host);
        }
        second += &said("host", 0, "h1\n");
        second += &said("device", 0, self.device);
        second += &said("process", i32::from(!self.runs), if self.runs { "812\n" } else { "" });
        [Answer::ok(first), Answer::ok(second)]
    }

    fn plan(&self, args: &str) -> Result<(Plan, Fields), Failure> {
        let loaded = yaml::load(args, &Source::described("test")).unwrap();
        let map: Map = loaded.value.as_map().unwrap().clone();
        let args = Args::from_map(&map).map_err(|error| Failure::new(error.to_string()))?;
        let platform = Platform { os: Os::FreeBsd, system: "FreeBSD".into(), ..Platform::default() };
        let inputs = Inputs::default();
        let ctx = Ctx { platform: &platform, inputs: &inputs, world: &self.world, diff: true };
        VmBhyve.probe(&args, ctx)?;
        let answers = self.answers();
        let Look::Ask(_) = VmBhyve.read(&args, &answers[..1], ctx)? else { panic!("no question") };
        let Look::Seen(seen) = VmBhyve.read(&args, &answers, ctx)? else { panic!("asks") };
        let plan = VmBhyve.plan(&args, &seen, ctx)?;
        let fields = VmBhyve.result(&args, &seen, None, &plan, &[]);
        Ok((plan, fields))
    }

    fn todo(&self, args: &str) -> Vec<String> {
        let (plan, _) = self.plan(args).unwrap();
        let text = |change: &Change| match &change.op {
            Op::Run(command) => command.argv.join(" "),
            Op::Script(probe) => probe.words[..3].join(" "),
            Op::WriteFile(_) => change.why.clone(),
            other => panic!("{other:?}"),
        };
        plan.changes().map(text).collect()
    }

    fn refusal(&self, args: &str) -> String {
        self.plan(args).map(|(plan, _)| format!("{plan:?}")).unwrap_err().msg
    }
}

/// The new content of a file that a plan writes.
fn content(plan: &Plan, path: &str) -> String {
    let found = plan.changes().find_map(|change| match &change.op {
        Op::WriteFile(file) if file.path == path => Some(file.content.clone()),
        _ => None,
    });
    match found {
        Some(Content::Bytes(bytes)) => String::from_utf8_lossy(&bytes).into_owned(),
        other => panic!("{path}: {other:?}"),
    }
}

#[test]
fn settings_are_edited_and_others_kept() {
    let host = Seen1::default();
    assert_eq!(host.todo("{name: t1, cpu: 1, memory: 256M}"), [""; 0]);
    let args = "{name: t1, cpu: 2, config: {graphics: true, network0_switch: null}, autostart: true}";
    let (plan, fields) = host.plan(args).unwrap();
    let text = content(&plan, "/vm/t1/t1.conf");
    let wanted = T1.replace("cpu=1", "cpu=\"2\"").replace("network0_switch=\"public\"\n", "");
    assert_eq!(text, format!("{wanted}graphics=\"yes\"\n"));
    assert_eq!(content(&plan, "/etc/rc.conf"), RC.replace("t9 t2", "t9 t2 t1"));
    assert_eq!(plan.warnings, ["its graphical console listens on all addresses: set graphics_listen"]);
    assert_eq!(fields[&Key::from("restart_required")].text(), "False");
    let runs = Seen1 { runs: true, device: "yes", ..Seen1::default() };
    let (plan, _) = runs.plan("{name: t1, cpu: 2}").unwrap();
    assert!(plan.warnings[0].contains("count once it has been stopped and started"));
    for bad in ["{name: t1, config: {a: 'x#y'}}", "{name: t1, config: {A: x}}", "{name: t1, config: {a: '$(id)'}}", "{name: t1, config: {a: \"b\\nc\"}}"] {
        assert!(host.plan(bad).is_err(), "{bad}");
    }
}

#[test]
fn states_lead_to_each_other() {
    let stopped = Seen1::default();
    let runs = Seen1 { runs: true, device: "yes", ..Seen1::default() };
    let left = Seen1 { device: "yes", ..Seen1::default() };
    let table = [
        (&stopped, "running", vec!["start vm t1"]),
        (&stopped, "stopped", vec![]),
        (&stopped, "restarted", vec!["start vm t1"]),
        (&stopped, "absent", vec!["vm destroy -f t1"]),
        (&runs, "running", vec![]),
        (&runs, "stopped", vec!["stop vm t1"]),
        (&runs, "poweredoff", vec!["poweroff vm t1"]),
        (&runs, "restarted", vec!["stop vm t1", "start vm t1"]),
        (&left, "running", vec!["start vm t1"]),
        (&left, "stopped", vec!["stop vm t1"]),
    ];
    for (host, state, wanted) in table {
        assert_eq!(host.todo(&format!("{{name: t1, state: {state}}}")), wanted, "{state}");
    }
    assert!(runs.refusal("{name: t1, state: absent}").starts_with("t1 runs: it is stopped first"));
    let locked = Seen1 { lock: Some("other\n"), ..Seen1::default() };
    assert_eq!(locked.refusal("{name: t1, state: running}"), "t1 is locked by other");
    let own = Seen1 { lock: Some("h1\n"), ..Seen1::default() };
    assert_eq!(own.todo("{name: t1}"), [""; 0]);
}

#[test]
fn a_new_machine_is_made_and_then_set_up() {
    let mut host = Seen1 { conf: None, ..Seen1::default() };
    let args = "{name: t1, size: 20G, cpu: 2, state: running}";
    let (plan, _) = host.plan(args).unwrap();
    assert_eq!(plan.then, crate::spec::Then::LookAgain);
    assert_eq!(host.todo(args), ["vm create -t default -s 20G t1"]);
    let effects: Vec<_> = plan.changes().flat_map(|change| change.effects.clone()).collect();
    effects.into_iter().for_each(|effect| host.world.add(effect));
    assert_eq!(host.todo(args), ["set up the machine t1", "start vm t1"], "foretold of the template");
    assert_eq!(host.todo("{name: t1, state: absent}").len(), 1);
    let host = Seen1 { conf: None, ..Seen1::default() };
    assert_eq!(host.todo("{name: t1, state: absent}"), [""; 0]);
    let runs = Seen1 { conf: None, runs: true, ..Seen1::default() };
    assert!(runs.refusal("{name: t1}").contains("that vm-bhyve knows nothing of"));
}

#[test]
fn f70_a_wrapper_that_is_off_is_told_before_anything() {
    for rc in ["", "vm_enable=\"NO\"\nvm_dir=/vm\n", "vm_dir=/vm\n"] {
        let host = Seen1 { rc, ..Seen1::default() };
        let text = host.refusal("{name: t1, state: running}");
        assert_eq!(text, "vm_enable is not set in /etc/rc.conf: vm-bhyve refuses every command");
    }
    let host = Seen1 { rc: "vm_enable=YES\n", ..Seen1::default() };
    assert_eq!(host.refusal("{name: t1}"), "vm_dir is not set in /etc/rc.conf");
    // Recorded: its words without usable VMX or SVM.
    let said = "/usr/local/sbin/vm: ERROR: virtualization is not supported or is disabled\n";
    let answer = Answer { rc: 1, stderr: said.into(), ..Answer::default() };
    let change = Change::new(Op::Run(crate::spec::Command::default()), "make the machine t1");
    let ran = Ran { change, answer, backup: None };
    let map: Map = [("name".into(), Value::from("t1"))].into_iter().collect();
    let failure = VmBhyve.explain(&Args::from_map(&map).unwrap(), &ran).unwrap();
    assert_eq!(failure.msg, "make the machine t1: virtualization is not supported or is disabled");
}

#[test]
fn f73_what_would_leave_half_a_machine_is_refused() {
    let host = Seen1 { conf: None, ..Seen1::default() };
    for args in [
        "{name: t1, size: junk}",
        "{name: x}",
        "{name: 'bad name'}",
        "{name: 't1;id'}",
        "{name: -t1}",
        "{name: t1-}",
        "{name: t1, template: ../x}",
        "{name: t1, memory: lots}",
        "{name: t1, cpu: 0}",
    ] {
        assert!(host.plan(args).is_err(), "{args}");
    }
}

/// vm, pgrep and their kin with their state in files beside them; what they print and return is recorded (vm.txt).
const VM: &str = r#"#!/bin/sh
d=${0%/*}
echo "$*" >>"$d/calls"
case $1 in
start)
  echo "Starting $2"
  echo "  * found guest in /vm/$2"
  echo "  * booting..."
  if [ -e "$d/broken" ]; then
    echo "2026-11-23T04:37:32+00:00: fatal; loader returned error 1" >>"$d/log"
  elif [ -e "$d/brief" ]; then
    echo 1 >"$d/runs"
  else
    echo 9 >"$d/runs"
  fi
  ;;
stop)
  if [ -e "$d/runs" ]; then
    [ -e "$d/deaf" ] || rm "$d/runs"
  else
    echo "/usr/local/sbin/vm: WARNING: $2 doesn't appear to be a running virtual machine" >&2
  fi
  ;;
poweroff) rm "$d/runs" ;;
esac
exit 0
"#;
const PGREP: &str = r#"#!/bin/sh
d=${0%/*}
[ "$1 $2" = '-fx bhyve: t1( .bhyve.)?' ] || exit 2
[ -e "$d/runs" ] || exit 1
n=$(cat "$d/runs")
if [ "$n" = 0 ]; then rm "$d/runs"; exit 1; fi
if [ "$n" -lt 9 ]; then echo $((n - 1)) >"$d/runs"; fi
echo 812
"#;

async fn change(desk: &Desk, verb: &str) -> (i32, String) {
    let log = desk.path("bin/log");
    let change = running::change([verb, "vm", "t1", &log, "5"], "t".to_string());
    let applied = desk.host.apply(vec![vec![change]], Vec::new(), None).await.unwrap();
    let answer = &applied.ran[0].answer;
    (answer.rc, answer.error_text())
}

#[tokio::test]
async fn f71_f72_only_the_process_tells_whether_it_runs() {
    for shell in SHELLS {
        let tools = [("vm", VM), ("pgrep", PGREP), ("sleep", "#!/bin/sh\n"), ("bhyvectl", "#!/bin/sh\nexit 1\n")];
        let desk = &Desk::with_tools(shell, &tools).await;
        desk.write("bin/log", "old: fatal; of another time\n");
        let (rc, error) = change(desk, "start").await;
        assert_eq!(rc, 0, "{shell} {error}");
        assert_eq!(change(desk, "stop").await.0, 0, "{shell}");
        assert_eq!(change(desk, "stop").await.0, 0, "{shell}: a warning and code 0, as it is so already");
        desk.write("bin/broken", "");
        let (rc, error) = change(desk, "start").await;
        assert!(rc == 1 && error.contains("fatal; loader returned error 1") && !error.contains("another time"), "{shell} {error}");
        std::fs::remove_file(desk.path("bin/broken")).unwrap();
        desk.write("bin/brief", "");
        let (rc, error) = change(desk, "start").await;
        assert!(rc == 1 && error.contains("after 5 second(s) it is not so"), "{shell} {error}");
        std::fs::remove_file(desk.path("bin/brief")).unwrap();
        assert_eq!(change(desk, "start").await.0, 0, "{shell}");
        desk.write("bin/deaf", "");
        assert_eq!(change(desk, "stop").await.0, 1, "{shell}: it does not shut down");
        assert_eq!(change(desk, "poweroff").await.0, 0, "{shell}");
        let calls = String::from_utf8(desk.read("bin/calls")).unwrap();
        assert!(calls.ends_with("stop t1\npoweroff -f t1\n"), "{calls}");
    }
}
