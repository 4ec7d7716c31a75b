//! systemd's own judgement of times and units, and a systemctl that keeps what it was told, in a tree.

use super::SystemdTimer;
use crate::base::{Key, Value};
use crate::modules::tests::replay::Replay;

const SYSTEMCTL: &str = include_str!("../../../../tests/fixtures/tools/timer-systemctl.sh");

fn host() -> Replay {
    let host = Replay::linux(&[], "").in_tree();
    host.tool("systemctl", SYSTEMCTL);
    host.place("/etc/systemd/system/.keep", "");
    host.place("/run/systemd/.keep", "");
    host.place("/state/loaded", "");
    // The units that systemd reads with every timer.
    host.place("/tmp/.keep", "");
    host
}

const NIGHTLY: &str = "{name: backup, command: /bin/true --all, on_calendar: ['*-*-* 02:30'], persistent: true, randomized_delay: 5min, user: root, environment: {A: 'x \"y\" 5%', B: 1}, timeout: 1h}";

#[test]
fn a_timer_is_made_and_runs() {
    let host = host();
    let (plan, fields) = host.settles(&SystemdTimer, NIGHTLY, "dash");
    let todo: Vec<&str> = plan.changes().map(|change| change.why.as_str()).collect();
    assert_eq!(
        todo,
        [
            "write /etc/systemd/system/backup.service",
            "write /etc/systemd/system/backup.timer",
            "have systemd read both",
            "daemon-reload",
            "enable and start backup.timer"
        ]
    );
    let service = host.placed("/etc/systemd/system/backup.service");
    assert!(
        service.contains(
            "Environment=\"A=x \\\"y\\\" 5%%\"\nEnvironment=\"B=1\"\nExecStart=/bin/true --all\n"
        ),
        "{service}"
    );
    let timer = host.placed("/etc/systemd/system/backup.timer");
    assert!(
        timer.contains(
            "[Timer]\nOnCalendar=*-*-* 02:30\nRandomizedDelaySec=5min\nPersistent=true\n"
        ),
        "{timer}"
    );
    let calendar = fields[&Key::from("calendar")].clone();
    let form = calendar.as_list().unwrap()[0].get("normalized").map(Value::text);
    assert_eq!(form.as_deref(), Some("*-*-* 02:30:00"));
    // Another time: it starts to wait anew.
    let later = NIGHTLY.replace("02:30", "03:30");
    assert!(
        host.todo(&SystemdTimer, &later).contains(&"systemctl restart backup.timer".to_string())
    );
    host.settles(&SystemdTimer, &later, "dash");
    // Stopped by hand.
    std::fs::remove_file(host.path("tree/state/backup.timer.active")).unwrap();
    host.settles(&SystemdTimer, &later, "dash");
    host.place("/state/result", "exit-code\n");
    let (plan, _) = host.plan(&SystemdTimer, &later).unwrap();
    assert_eq!(plan.warnings, ["the last run of backup.service failed: exit-code, status 0"]);
    host.settles(&SystemdTimer, "{name: backup, state: absent}", "dash");
    assert!(!std::path::Path::new(&host.path("tree/etc/systemd/system/backup.timer")).exists());
    assert!(!std::path::Path::new(&host.path("tree/state/backup.timer.enabled")).exists());
}

#[test]
fn systemd_refuses_what_it_cannot_read() {
    let host = host();
    let why = |args: &str| host.refusal(&SystemdTimer, args);
    let text = why("{name: a, command: /bin/true, on_calendar: ['02:30', 'bogus']}");
    assert_eq!(text, "\"bogus\": Failed to parse calendar specification 'bogus': Invalid argument");
    let text = why("{name: a, command: /bin/true, on_boot: 5 parsecs}");
    assert!(text.contains("Failed to parse time span"), "{text}");
    for args in [
        "{name: a/b, command: /bin/true, on_boot: 5min}",
        "{name: a.timer, command: /bin/true, on_boot: 5min}",
        "{name: -a, command: /bin/true, on_boot: 5min}",
        "{name: a, command: \"x\\ny\", on_boot: 5min}",
        "{name: a, command: /bin/true}",
        "{name: a, on_boot: 5min}",
        "{name: a, command: /bin/true, on_boot: 5min, environment: {a-b: 1}}",
        "{name: a, command: /bin/true, on_calendar: [\"daily\\nExecStart=x\"]}",
    ] {
        assert!(host.plan(&SystemdTimer, args).is_err(), "{args}");
    }
    // What the unit's reader says ends the task before anything is started.
    let args = "{name: a, command: no/such/program, on_boot: 5min}";
    let (plan, _) = host.plan(&SystemdTimer, args).unwrap();
    let mut codes = Vec::new();
    for change in plan.changes().take(3) {
        codes.push(host.carry_out(&change.op, "dash").rc);
    }
    assert_eq!(codes[..2], [0, 0]);
    assert_ne!(codes[2], 0, "systemd-analyze verify took it");
}

#[test]
fn units_of_others_are_left_alone() {
    let host = host();
    host.place("/etc/systemd/system/web.service", "[Service]\nExecStart=/bin/true\n");
    let text = host.refusal(&SystemdTimer, "{name: web, command: /bin/true, on_boot: 5min}");
    assert!(text.contains("/etc/systemd/system/web.service is there already"), "{text}");
    assert!(host.plan(&SystemdTimer, "{name: web, state: absent}").is_err());
    let (plan, _) = host.plan(&SystemdTimer, "{name: none, state: absent}").unwrap();
    assert!(!plan.has_work());
    host.place("/lib/systemd/system/fstrim.timer", "[Timer]\n");
    let text = host.refusal(&SystemdTimer, "{name: fstrim, command: /bin/true, on_boot: 5min}");
    assert!(text.contains("/systemd/system/fstrim.timer is there already"), "{text}");
}

#[test]
fn a_check_run_predicts_a_timer() {
    let mut host = host();
    host.predict(&SystemdTimer, NIGHTLY);
    assert_eq!(host.todo(&SystemdTimer, NIGHTLY), [""; 0]);
    let gone = host.todo(&SystemdTimer, "{name: backup, state: absent}");
    assert_eq!(gone[..1], ["systemctl disable --now backup.timer"]);
}
