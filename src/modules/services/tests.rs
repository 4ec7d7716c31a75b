//! The modules at work through real shells, on managers that answer as they were recorded.

use crate::base::{Map, Source, yaml};
use crate::modules::tests::desk::{Desk, Told};
use crate::spec::{Answer, Change, Op, Plan};
use std::future::Future;

/// Arguments as a playbook has them.
pub fn arguments(text: &str) -> Map {
    let loaded = yaml::load(text, &Source::described("test")).unwrap();
    loaded.value.as_map().unwrap().clone()
}

/// The answer of a probe that was told these: what, code, text.
pub fn answer(told: &[(&str, i32, &str)]) -> Answer {
    let block = |text: &str| format!("{}\n{text}\n", text.len());
    let one =
        |(what, rc, text): &(&str, i32, &str)| block(what) + &block(&rc.to_string()) + &block(text);
    Answer::ok(told.iter().map(one).collect::<String>())
}

/// What a plan does: commands without the paths of their programs, marked as they count.
pub fn done(plan: &Plan) -> Vec<String> {
    let text = |change: &Change| match &change.op {
        Op::Run(command) => {
            let words = command.shell.clone().unwrap_or_else(|| command.argv.join(" "));
            let words = words.rsplit("tank ").next().unwrap_or_default().to_string();
            format!("{:?}: {}", change.kind, words.replace("/usr/sbin/", "").replace('\n', "; "))
        }
        other => panic!("{other:?}"),
    };
    plan.changes().map(text).collect()
}

const SHELLS: [&str; 5] = ["dash", "bash", "mksh", "busybox", "alpine"];

const TOOLS: &[(&str, &str)] = &[
    ("service", include_str!("../../../tests/fixtures/tools/freebsd-service.sh")),
    ("sysrc", include_str!("../../../tests/fixtures/tools/freebsd-sysrc.sh")),
    ("systemctl", include_str!("../../../tests/fixtures/tools/systemctl.sh")),
    ("jexec", include_str!("../../../tests/fixtures/tools/freebsd-jexec.sh")),
    ("rc-service", include_str!("../../../tests/fixtures/tools/rc-service.sh")),
    ("rc-update", include_str!("../../../tests/fixtures/tools/rc-update.sh")),
];

async fn desk(shell: &str) -> Desk {
    let desk = Desk::with_tools(shell, TOOLS).await;
    for dir in ["rc", "systemd", "openrc"] {
        std::fs::create_dir(desk.path(dir)).unwrap();
    }
    desk
}

/// The same in all shells at once.
async fn in_all_shells<F: Future<Output = ()> + Send + 'static>(test: fn(Desk) -> F) {
    let mut all = Vec::new();
    for shell in SHELLS {
        all.push(tokio::spawn(async move { test(desk(shell).await).await }));
    }
    for one in all {
        one.await.unwrap();
    }
}

fn text(desk: &Desk, name: &str) -> String {
    String::from_utf8(desk.read(name)).unwrap()
}

fn outcome(told: &Told) -> (Option<&str>, bool) {
    (told.failed.as_deref(), told.changed)
}

async fn rc_d(mut desk: Desk) {
    desk.lenient = true;
    desk.write("rc/tksvc.sh", "");
    desk.write("rc/rc.conf", "hostname=\"h\"\n");
    let told =
        desk.settles("service", "{name: tksvc, use: bsdinit, state: started, enabled: true}").await;
    assert_eq!((told.text("state"), told.text("enabled")), ("started".into(), "True".into()));
    assert_eq!(text(&desk, "rc/rc.conf"), "hostname=\"h\"\ntksvc_enable=\"YES\"\n");
    let pid = text(&desk, "rc/tksvc.pid");
    let told = desk.run("service", "{name: tksvc, use: bsdinit, state: restarted}").await;
    assert_eq!((outcome(&told), told.text("state")), ((None, true), "started".into()));
    assert_ne!(text(&desk, "rc/tksvc.pid"), pid, "another process");
    let told = desk.run("service", "{name: tksvc, use: bsdinit, state: reloaded}").await;
    let failed = told.failed.clone().unwrap();
    assert!(failed.contains("unknown directive 'onereload'."), "{failed}");
    desk.write("rc/tksvc.reloads", "");
    let told = desk.run("service", "{name: tksvc, use: bsdinit, state: reloaded}").await;
    assert_eq!(outcome(&told), (None, true));
    // A restart that leaves the process alone is none.
    desk.write("rc/tksvc.stays", "");
    let told = desk.run("service", "{name: tksvc, use: bsdinit, state: restarted}").await;
    assert_eq!(outcome(&told), (Some("the same process runs as before"), false));
    let stop = "{name: tksvc, use: bsdinit, state: stopped, enabled: false}";
    desk.settles("service", stop).await;
    assert_eq!(text(&desk, "rc/rc.conf"), "hostname=\"h\"\ntksvc_enable=\"NO\"\n");
}

async fn rc_d_odd(mut desk: Desk) {
    desk.lenient = true;
    let missing = desk.run("service", "{name: nosuch, use: bsdinit, state: started}").await;
    let words = "nosuch does not exist in /etc/rc.d or the local startup\ndirectories (/usr/local/etc/rc.d), or is not executable\n";
    assert_eq!(outcome(&missing), (Some(words), false));
    let missing = desk.run("service", "{name: nosuch, use: bsdinit, enabled: true}").await;
    assert_eq!(
        (outcome(&missing), missing.text("stdout")),
        ((Some("unable to determine rcvar"), false), words.into())
    );
    // The script says it has started; its program has died at once.
    desk.write("rc/bad.sh", "");
    desk.write("rc/bad.dies", "");
    let told = desk.run("service", "{name: bad, use: bsdinit, state: started}").await;
    assert_eq!(outcome(&told), (Some("it does not run"), false));
    // An old script knows no `enable`: sysrc does it.
    desk.write("rc/bad.old", "");
    desk.write("rc/rc.conf", "");
    desk.settles("service", "{name: bad, use: bsdinit, enabled: true}").await;
    // One that cannot tell whether it runs.
    desk.write("rc/net.sh", "");
    desk.write("rc/net.mute", "");
    let told = desk.run("service", "{name: net, use: bsdinit, state: started}").await;
    assert_eq!((outcome(&told), told.warnings.len()), ((None, true), 1));
    let told = desk.run("service", "{name: net, use: bsdinit, state: stopped}").await;
    assert_eq!(outcome(&told), (Some("net cannot tell whether it runs"), false));
    // A stopped one is started by a restart.
    desk.write("rc/cold.sh", "");
    let told = desk.run("service", "{name: cold, use: bsdinit, state: restarted}").await;
    assert_eq!(outcome(&told), (None, true));
    assert!(!text(&desk, "rc/cold.pid").is_empty());
}

async fn systemd(mut desk: Desk) {
    desk.lenient = true;
    desk.write("systemd/app.service.unit", "Type=simple\n");
    let told = desk.settles("systemd", "{name: app, state: started, enabled: true}").await;
    let status = &told.fields[&crate::base::Key::from("status")];
    let of = |name: &str| status.get(name).unwrap().text();
    assert_eq!((of("ActiveState"), of("Description")), ("inactive".into(), "A = test {".into()));
    assert_eq!(text(&desk, "systemd/app.service.active"), "1\n");
    for state in ["restarted", "started"] {
        let told =
            desk.run("service", &format!("{{name: app, use: systemd, state: {state}}}")).await;
        assert_eq!(outcome(&told), (None, state == "restarted"), "{state}");
    }
    assert_eq!(text(&desk, "systemd/app.service.active"), "2\n");
    let told = desk.run("systemd", "{name: app, state: reloaded}").await;
    let words = "Unable to reload service app: Failed to reload app.service: Job type reload is not applicable for unit app.service.\n";
    assert_eq!(outcome(&told), (Some(words), false));
    desk.write("systemd/app.service.reloads", "");
    assert_eq!(outcome(&desk.run("systemd", "{name: app, state: reloaded}").await), (None, true));
    desk.write("systemd/app.service.unit", "Type=simple\nStays=1\n");
    let told = desk.run("systemd", "{name: app, state: restarted}").await;
    assert_eq!(outcome(&told), (Some("it still runs as it did before"), false));
    desk.settles("systemd", "{name: app, state: stopped, enabled: false, masked: true}").await;
    let told = desk.run("systemd", "{name: app, state: started}").await;
    assert!(told.failed.unwrap().ends_with("Unit app.service is masked.\n"));
    desk.settles("systemd", "{name: app, state: started, enabled: true, masked: false}").await;
    desk.write("systemd/app.service.unit", "Type=simple\nDies=1\n");
    let told = desk.run("systemd", "{name: app, state: restarted}").await;
    assert_eq!(outcome(&told), (Some("it is failed (failed), Result=exit-code"), false));
}

async fn systemd_odd(mut desk: Desk) {
    let told = desk.run("systemd", "{name: nosuch, state: started}").await;
    assert_eq!(outcome(&told), (Some("Could not find the requested service nosuch: host"), false));
    let told = desk.run("systemd", "{daemon_reload: true}").await;
    assert_eq!((outcome(&told), told.text("name")), ((None, false), "None".into()));
    assert_eq!(text(&desk, "systemd/calls").lines().last(), Some("daemon-reload"), "it is done");
    // Known only when systemd has read its files again.
    desk.write("systemd/new.service.new", "Type=oneshot\n");
    desk.settles("systemd", "{name: new, state: started, enabled: true, daemon_reload: true}")
        .await;
    let told = desk.run("systemd", "{name: gone, state: started, daemon_reload: true}").await;
    assert_eq!(outcome(&told), (Some("Could not find the requested service gone: host"), false));
    // Nothing of it can be enabled, or all of it is done through others.
    for (word, wanted) in [("static", "true"), ("static", "false"), ("indirect", "true")] {
        desk.write("systemd/odd.service.unit", "Type=simple\n");
        desk.write("systemd/odd.service.enabled", format!("{word}\n"));
        let told = desk.run("systemd", &format!("{{name: odd, enabled: {wanted}}}")).await;
        assert_eq!(outcome(&told), (None, false), "{word} {wanted}");
    }
    desk.write("systemd/odd.service.also", "");
    desk.settles("systemd", "{name: odd, enabled: true}").await;
    let calls = text(&desk, "systemd/calls");
    let told = desk.check("systemd", "{name: odd, state: started, enabled: false}").await;
    assert_eq!(outcome(&told), (None, true));
    let told = desk.check("systemd", "{name: odd.service, state: started, enabled: false}").await;
    assert_eq!(outcome(&told), (None, false), "a check run remembers");
    let asked = text(&desk, "systemd/calls").replacen(&calls, "", 1);
    assert!(
        asked.lines().all(|line| line.starts_with("show") || line.starts_with("is-enabled")),
        "{asked}"
    );
}

async fn openrc(mut desk: Desk) {
    let told = desk.run("service", "{name: nosuch, use: openrc, state: started}").await;
    assert_eq!(outcome(&told), (Some("Could not find the requested service nosuch: host"), false));
    desk.write("openrc/sshd", "");
    desk.write("openrc/levels", "                 acpid | boot default\n");
    desk.settles("service", "{name: sshd, use: openrc, state: started, enabled: true}").await;
    assert!(text(&desk, "openrc/levels").contains("sshd | default"));
    desk.settles("service", "{name: sshd, use: openrc, enabled: true, runlevel: boot}").await;
    let told = desk.run("service", "{name: sshd, use: openrc, state: restarted}").await;
    assert_eq!(outcome(&told), (None, true));
    desk.settles("service", "{name: sshd, use: openrc, state: stopped, enabled: false}").await;
    desk.write("openrc/sshd.crashed", "");
    desk.settles("service", "{name: sshd, use: openrc, state: started}").await;
    assert!(text(&desk, "openrc/calls").contains("sshd zap\n"));
}

async fn sysrc(mut desk: Desk) {
    desk.write("rc.conf", "a=\"1\" # one\n#b=\"2\"\nc=3\n  d=\"4\"\nexport e=\"5\"\na=\"6\"\n");
    desk.settles("sysrc", "{path: @/rc.conf, name: a, value: '7'}").await;
    desk.settles("sysrc", "{path: @/rc.conf, name: c, value: '8'}").await;
    desk.settles("sysrc", "{path: @/rc.conf, name: d, value: x, state: value_present}").await;
    let text_now = "a=\"1\" # one\n#b=\"2\"\nc=\"8\"\n  d=\"4 x\"\nexport e=\"5\"\na=\"7\"\n";
    assert_eq!(text(&desk, "rc.conf"), text_now);
    desk.settles("sysrc", "{path: @/rc.conf, name: a, state: absent}").await;
    // What the real one changes on every run.
    let odd = "a \"q\" $x `y` 'z' \\ #;&";
    let args = format!("{{path: @/rc.conf, name: odd, value: '{}'}}", odd.replace('\'', "''"));
    let told = desk.settles("sysrc", &args).await;
    assert_eq!(told.text("value"), odd);
    let said = std::process::Command::new("dash")
        .args(["-c", &format!(". {}; printf %s \"$odd\"", desk.path("rc.conf"))])
        .output()
        .unwrap();
    assert_eq!(String::from_utf8(said.stdout).unwrap(), odd, "a shell reads the same");
    let told = desk.run("sysrc", "{path: @/rc.conf, name: odd}").await;
    assert_eq!((outcome(&told), told.text("value")), ((None, false), odd.into()));
    // A link stays one, and a file is made with the mode of such files.
    std::os::unix::fs::symlink("rc.conf", desk.path("link")).unwrap();
    desk.settles("sysrc", "{path: @/link, name: z, value: ''}").await;
    assert!(std::fs::symlink_metadata(desk.path("link")).unwrap().is_symlink());
    desk.check("sysrc", "{path: @/new, name: n, value: a, state: value_present}").await;
    let told = desk.check("sysrc", "{path: @/new, name: n, value: a, state: value_present}").await;
    assert_eq!(outcome(&told), (None, false), "a check run remembers");
    assert!(!std::path::Path::new(&desk.path("new")).exists());
    desk.settles("sysrc", "{path: @/new, name: n, value: a}").await;
    let mode = std::fs::metadata(desk.path("new")).unwrap();
    assert_eq!(std::os::unix::fs::PermissionsExt::mode(&mode.permissions()) & 0o777, 0o644);
    desk.write("bad", "a=\"unclosed\n");
    let told = desk.run("sysrc", "{path: @/bad, name: a, value: b}").await;
    assert!(told.failed.unwrap().ends_with("Syntax error: Unterminated quoted string"));
}

async fn jail(mut desk: Desk) {
    let jail = "{path: /etc/rc.conf, name: sshd_enable, value: 'YES \"q\"', jail: web}";
    let told = desk.run("sysrc", &jail.replace("web", "nosuch")).await;
    assert_eq!(outcome(&told), (Some("jexec: jail \"nosuch\" not found"), false));
    std::fs::create_dir(desk.path("web")).unwrap();
    desk.write("web/rc.conf", "a=1");
    let set = jail.replace("/etc/", "@/web/");
    desk.settles("sysrc", &set).await;
    assert_eq!(text(&desk, "web/rc.conf"), "a=1\nsshd_enable=\"YES \\\"q\\\"\"\n");
    let told = desk.check("sysrc", &set.replace("YES", "NO")).await;
    assert_eq!(outcome(&told), (None, true));
    let told = desk.check("sysrc", &set.replace("YES", "NO")).await;
    assert_eq!(outcome(&told), (None, false), "a check run remembers");
    desk.settles("sysrc", &set.replace("rc.conf", "new.conf")).await;
    let left = std::fs::read_dir(desk.path("web")).unwrap().count();
    assert_eq!(left, 2, "nothing is left behind");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn variables_in_a_jail() {
    in_all_shells(jail).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn freebsd_services_are_started_proved_and_stopped() {
    in_all_shells(rc_d).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn f29_f30_freebsd_services_that_are_odd() {
    in_all_shells(rc_d_odd).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn units_are_started_proved_and_stopped() {
    in_all_shells(systemd).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn units_that_are_odd() {
    in_all_shells(systemd_odd).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn openrc_services() {
    in_all_shells(openrc).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn variables_of_rc_conf() {
    in_all_shells(sysrc).await;
}
