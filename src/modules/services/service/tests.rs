//! What managers said, and what is made of it. FreeBSD's words were recorded on 13.2; those of OpenRC and of
//! init scripts are assembled from their sources.

use super::super::tests::{answer, done};
use super::*;
use crate::base::Key;
use crate::modules::services::tests::arguments;
use crate::spec::{
    ArgStruct, ChangeKind, Effect, Inputs, Os, PathAttrs, PathKind, Platform, World,
};

type Said<'a> = &'a [(&'a str, i32, &'a str)];

fn host(services: ServiceManager) -> Platform {
    Platform { os: Os::FreeBsd, services: Some(services), ..Platform::default() }
}

fn look(
    services: ServiceManager,
    world: &World,
    yaml: &str,
    said: Said<'_>,
) -> Result<(Args, Seen, Plan), Failure> {
    let args = Args::from_map(&arguments(yaml)).unwrap();
    let (platform, inputs) = (host(services), Inputs::default());
    let ctx = Ctx { platform: &platform, inputs: &inputs, world, diff: false };
    Service.probe(&args, ctx)?;
    let Look::Seen(seen) = Service.read(&args, &[answer(said)], ctx)? else { panic!("asks") };
    let plan = Service.plan(&args, &seen, ctx)?;
    Ok((args, seen, plan))
}

fn rc(yaml: &str, said: Said<'_>) -> Result<Plan, Failure> {
    let mut all = vec![("tool", 0, "/usr/sbin/service\n"), ("sysrc", 0, "/usr/sbin/sysrc\n")];
    all.extend(said);
    look(ServiceManager::Rc, &World::default(), yaml, &all).map(|(_, _, plan)| plan)
}

const SSHD: &str = "# sshd : Secure Shell Daemon\n#\nsshd_enable=\"YES\"\n#   (default: \"\")\n\n";
const POWERD: &str = "# powerd : Modify the power profile based on AC line state\n#\npowerd_enable=\"NO\"\n#   (default: \"\")\n\n";
const HOSTNAME: &str = "# hostname : Set the system's hostname\n#\n\n";
const NO_STATUS: &str = "/etc/rc.d/netif: unknown directive 'onestatus'.\nUsage: /etc/rc.d/netif [fast|force|one|quiet](start|stop|restart|rcvar|enable|disable|delete|enabled|describe|extracommands|cloneup|clonedown|clear|vnetup|vnetdown)\n";

#[test]
fn f26_freebsd_as_recorded() {
    let running = ("status", 0, "sshd is running as pid 703.\n");
    let stopped = ("status", 1, "powerd is not running.\n");
    let ok = rc("{name: sshd, state: started, enabled: true}", &[("rcvar", 0, SSHD), running]);
    assert!(!ok.unwrap().has_work());
    let plan =
        rc("{name: powerd, state: started, enabled: true}", &[("rcvar", 0, POWERD), stopped]);
    let wanted = [
        "Plain: service powerd enable 1 sysrc powerd_enable=YES",
        "Plain: service powerd onestart || exit; sleep 1",
    ];
    let said = done(&plan.unwrap());
    assert!(said[0].starts_with("Plain: ") && said[0].ends_with(&wanted[0][7..]), "{}", said[0]);
    assert_eq!(said[1], wanted[1]);
    let plan = rc("{name: sshd, state: restarted, sleep: 3}", &[running]).unwrap();
    assert_eq!(done(&plan), ["Act: service sshd onerestart || exit; sleep 3"]);
    assert_eq!(plan.changes().next().unwrap().risk, crate::spec::Risk::High);
    let plan = rc("{name: sshd, state: stopped, args: '-j web'}", &[running]).unwrap();
    assert_eq!(done(&plan), ["Plain: service -j web sshd onestop || exit"]);
    let error = rc("{name: hostname, enabled: true}", &[("rcvar", 0, HOSTNAME)]).unwrap_err();
    assert_eq!(error.msg, "unable to determine rcvar");
    assert_eq!(error.fields[&Key::from("stdout")].text(), HOSTNAME);
}

#[test]
fn f27_f50_freebsd_scripts_that_say_other_things() {
    let none = ("status", 1, NO_STATUS);
    let plan = rc("{name: netif, state: started}", &[none]).unwrap();
    assert_eq!(done(&plan), ["Act: service netif onestart || exit; sleep 1"]);
    assert_eq!(plan.warnings, ["netif cannot tell whether it runs, so it is started each time"]);
    assert!(rc("{name: netif, state: stopped}", &[none]).is_err());
    let pf = |text: &'static str| rc("{name: pf, state: started}", &[("status", 0, text)]).unwrap();
    assert!(pf("Status: Disabled                              Debug: Urgent\n").has_work());
    assert!(!pf("Status: Enabled for 0 days 00:00:07           Debug: Urgent\n").has_work());
    assert!(
        rc("{name: pf, state: started}", &[("status", 1, "pf.ko is not loaded\n")])
            .unwrap()
            .has_work()
    );
    let broken = "/etc/rc.conf: 9: Syntax error: Unterminated quoted string\n";
    let error = rc("{name: cron, state: started}", &[("status", 1, broken)]).unwrap_err();
    assert_eq!(error.msg, "failed determining service state, possible typo of service name?");
    assert!(
        !rc("{name: x, state: started, pattern: sleep}", &[("processes", 0, "")])
            .unwrap()
            .has_work()
    );
    assert!(
        rc("{name: x, state: started, pattern: sleep}", &[("processes", 1, "")])
            .unwrap()
            .has_work()
    );
    // Its work is done when its script has ended.
    let script = ("script", 0, "start_cmd=\"sysctl_start\"\n");
    let yaml = "{name: sysctl, state: restarted}";
    let said = [("tool", 0, "service"), ("status", 1, "sysctl is not running.\n"), script];
    let (args, seen, plan) = look(ServiceManager::Rc, &World::default(), yaml, &said).unwrap();
    let Seen::Daemon(daemon) = &seen else { panic!("systemd") };
    assert_eq!(steps::verify(&args, plan.changes().next().unwrap(), daemon), Ok(()));
}

#[test]
fn f28_several_variables_and_words_for_yes() {
    for (value, enabled) in
        [("TRUE", true), ("on", true), ("1", true), ("maybe", false), ("NONE", false)]
    {
        let text = format!("# x\n{{\"noise\": 1}}\nx_enable=\"{value}\"\n#\n");
        let plan = rc("{name: x, enabled: true}", &[("rcvar", 0, &text)]).unwrap();
        assert_eq!(!plan.has_work(), enabled, "{value}");
    }
    let two = "sendmail_enable=\"NO\"\nsendmail_submit_enable=\"YES\"\n";
    let plan = rc("{name: sendmail, enabled: true}", &[("rcvar", 0, two)]).unwrap();
    assert!(done(&plan)[0].ends_with("sendmail enable 0 sysrc sendmail_enable=YES"));
    assert_eq!(steps::words("-j 'a b' \"c\\\"d\" e\\ f").unwrap(), ["-j", "a b", "c\"d", "e f"]);
    assert!(steps::words("'x").is_err());
}

#[test]
fn a_service_that_would_come_is_uncertain() {
    let missing = "app does not exist in /etc/rc.d or the local startup\ndirectories (/usr/local/etc/rc.d), or is not executable\n";
    let said = [("tool", 0, "service"), ("rcvar", 1, missing), ("status", 1, missing)];
    let yaml = "{name: app, state: started, enabled: true}";
    let plan =
        |world: &World| look(ServiceManager::Rc, world, yaml, &said).map(|(_, _, plan)| plan);
    assert_eq!(plan(&World::default()).unwrap_err().msg, "unable to determine rcvar");
    let file = PathAttrs::new(PathKind::File);
    for effect in [
        Effect::Path("/usr/local/etc/rc.d/app".into(), Some(file)),
        Effect::Thing("package", "app".into(), Some(Value::from("latest"))),
    ] {
        let mut world = World::default();
        world.add(effect);
        let first = plan(&world).unwrap();
        assert!(first.has_work() && first.uncertain.is_some(), "{:?}", first.uncertain);
        first.changes().flat_map(|change| change.effects.clone()).for_each(|e| world.add(e));
        assert!(!plan(&world).unwrap().has_work(), "a check run remembers");
    }
}

#[test]
fn init_scripts_by_their_codes() {
    let plan = |yaml: &str, said: Said<'_>| {
        let mut all = vec![("script", 0, "/etc/init.d/ssh"), ("tool", 0, "/usr/sbin/service")];
        all.extend(said);
        look(ServiceManager::SysV, &World::default(), yaml, &all)
    };
    let start = "{name: ssh, state: started}";
    for (rc, text, runs) in [
        (0, "sshd is running.\n", true),
        (3, "sshd is not running ... failed!\n", false),
        (1, "", false),
        (0, "ssh stopped\n", false),
    ] {
        let (.., made) = plan(start, &[("status", rc, text)]).unwrap();
        assert_eq!(!made.has_work(), runs, "{text}");
    }
    let usage = ("status", 1, "Usage: /etc/init.d/x {start|stop|restart}\n");
    let (.., made) = plan(start, &[usage]).unwrap();
    assert_eq!(made.changes().next().unwrap().kind, ChangeKind::Act, "it cannot tell");
    assert!(plan(start, &[("status", 150, "?")]).is_err());
    let up = ("status", 0, "sshd is running.\n");
    let (args, _, made) = plan("{name: ssh, state: restarted}", &[up, ("pids", 0, " 7")]).unwrap();
    assert_eq!(
        done(&made),
        ["Act: service ssh stop || :; sleep 0; service ssh start || exit; sleep 1"]
    );
    let change = made.changes().next().unwrap();
    for (pid, proved) in [(" 7", false), (" 8", true)] {
        let (_, after, _) = plan("{name: ssh, state: started}", &[up, ("pids", 0, pid)]).unwrap();
        let Seen::Daemon(after) = after else { panic!("systemd") };
        assert_eq!(steps::verify(&args, change, &after).is_ok(), proved, "{pid}");
    }
    let tool = ("update-rc.d", 0, "/usr/sbin/update-rc.d");
    let (.., made) =
        plan("{name: ssh, enabled: true}", &[tool, ("links", 1, ""), ("enabled", 1, "")]).unwrap();
    assert!(done(&made)[0].ends_with("update-rc.d ssh enable"), "{:?}", done(&made));
    assert!(plan("{name: ssh, enabled: true}", &[("links", 1, ""), ("enabled", 1, "")]).is_err());
    let missing =
        look(ServiceManager::SysV, &World::default(), start, &[]).map(|(_, _, plan)| plan);
    assert_eq!(missing.unwrap_err().msg, "Could not find the requested service ssh: host");
}

#[test]
fn who_manages_and_what_is_refused() {
    let args = |yaml: &str| Args::from_map(&arguments(yaml)).map_err(|e| e.to_string());
    assert_eq!(args("{name: x}").unwrap_err(), "one of the following is required: state, enabled");
    assert!(args("{name: x, state: started, use: upstart}").is_err());
    let inputs = Inputs::default();
    let platform = Platform::default();
    let world = World::default();
    let ctx = Ctx { platform: &platform, inputs: &inputs, world: &world, diff: false };
    let probe = |yaml: &str| Service.probe(&args(yaml).unwrap(), ctx);
    assert!(probe("{name: x, state: started}").unwrap_err().msg.starts_with("Could not detect"));
    assert_eq!(probe("{name: x, state: started, use: systemd}").unwrap().name, "systemd_service");
    assert!(probe("{name: ../x, state: started, use: sysvinit}").is_err());
    assert!(probe("{name: -x, state: started, use: openrc}").is_err());
    let warned =
        steps::unused(&args("{name: x, state: started, sleep: 1, args: a}").unwrap(), "systemd");
    assert_eq!(
        warned,
        [
            "Ignoring \"sleep\" as it is not used in \"systemd\"",
            "Ignoring \"arguments\" as it is not used in \"systemd\"",
        ]
    );
}
