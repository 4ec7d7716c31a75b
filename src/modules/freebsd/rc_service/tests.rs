//! Answers of service(8) as they were recorded.

use super::*;
use crate::modules::tests::replay::Replay;

const RECORDED: &str = include_str!("../../../../tests/fixtures/probe/rc_service/freebsd.txt");
const SCRIPT: &str = "#!/bin/sh\\n. /etc/rc.subr\\nname=nosuch\\n";

fn host() -> Replay {
    Replay::freebsd(&["service"], RECORDED)
}

#[test]
fn a_script_that_comes_with_the_task_is_started() {
    let mut host = host();
    let args = format!(
        "{{name: nosuch, path: @/nosuch, content: \"{SCRIPT}\", enabled: AUTO, state: started}}"
    );
    let todo = host.todo(&RcService, &args);
    assert_eq!(todo.len(), 3, "{todo:?}");
    assert!(todo[0].ends_with("/nosuch"), "{todo:?}");
    assert_eq!(todo[1], "write: set nosuch_enable=AUTO in /etc/rc.conf");
    assert!(todo[2].contains("service nosuch onestart || exit"), "{todo:?}");
    let (plan, _) = host.plan(&RcService, &args).unwrap();
    let Op::WriteFile(file) = &plan.changes().next().unwrap().op else { panic!() };
    assert_eq!((file.mode, file.validate.as_deref()), (Some(0o555), Some("/bin/sh -n %s")));
    assert!(plan.diff[1].after.as_ref().unwrap().text().ends_with("nosuch_enable=\"AUTO\"\n"));
    host.predict(&RcService, &args);
    assert_eq!(host.todo(&RcService, &args), [""; 0], "a check run remembers");
}

#[test]
fn f26_f30_only_what_onestatus_says_counts() {
    let host = host();
    let todo = |args: &str| host.todo(&RcService, args);
    assert_eq!(todo("{name: sshd, state: started}"), [""; 0]);
    let start = todo("{name: powerd, state: started}");
    assert!(start[0].contains("powerd onestart"), "not gated by its variable: {start:?}");
    let missing = host.refusal(&RcService, "{name: nosuch, state: started}");
    assert!(missing.starts_with("nosuch does not exist in /etc/rc.d"), "{missing}");
    // The code of a start says nothing: the second look does.
    let (plan, _) = host.plan(&RcService, "{name: powerd, state: started}").unwrap();
    let start = plan.changes().next().unwrap();
    let dead = host.proves(&RcService, "{name: powerd, state: started}", start);
    assert_eq!(dead.unwrap_err(), "it does not run");
}

#[test]
fn content_and_mode_are_compared() {
    let host = host();
    host.write("app", "#!/bin/sh\n. /etc/rc.subr\nname=nosuch\n");
    let args =
        |mode: &str| format!("{{name: app, path: @/app, content: \"{SCRIPT}\", mode: '{mode}'}}");
    let (plan, fields) = host.plan(&RcService, &args("0555")).unwrap();
    let ops: Vec<_> =
        plan.changes().map(|change| matches!(change.op, Op::SetMode { mode: 0o555, .. })).collect();
    assert_eq!(ops, [true]);
    assert_eq!(
        (plan.fields[&Key::from("script_changed")].text(), fields[&Key::from("enabled")].text()),
        ("False".into(), "None".into())
    );
    let mode = format!(
        "{:04o}",
        std::os::unix::fs::PermissionsExt::mode(
            &std::fs::metadata(host.path("app")).unwrap().permissions()
        ) & 0o777
    );
    assert!(!host.plan(&RcService, &args(&mode)).unwrap().0.has_work());
}

#[test]
fn f31_what_cannot_work_is_refused() {
    let host = host();
    let refusal = |args: &str| host.refusal(&RcService, args);
    assert_eq!(
        refusal("{name: a, content: \"#!/bin/sh\\r\\n\"}"),
        "the script has CR at the end of lines"
    );
    assert_eq!(refusal("{name: a, content: \"echo\\n\"}"), "the script does not begin with #!");
    assert_eq!(refusal("{name: a, enabled: maybe}"), "enabled is yes, no or AUTO, not maybe");
    assert!(refusal("{name: a.b, enabled: true}").contains("give rcvar"));
    for name in ["''", "../x", "-x", "'a b'"] {
        assert!(
            refusal(&format!("{{name: {name}, enabled: true}}"))
                .starts_with("invalid service name")
        );
    }
}
