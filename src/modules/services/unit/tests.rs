//! What systemctl said, and what is made of it. The answers of a machine that systemd does not run were
//! recorded with systemd 252; the others are assembled from its manual and source.

use super::super::tests::{answer, done};
use super::*;
use crate::modules::services::tests::arguments;
use crate::spec::{ArgStruct, Effect, Inputs, PathAttrs, PathKind, Platform, Then, World};

type Said<'a> = &'a [(&'a str, i32, &'a str)];

fn args(yaml: &str) -> Args {
    Args::from_map(&arguments(yaml)).unwrap()
}

fn look(yaml: &str, said: Said<'_>, world: &World) -> Result<(Seen, Plan), Failure> {
    let mut all = vec![("tool", 0, "/usr/bin/systemctl\n")];
    all.extend(said);
    let (platform, inputs, args) = (Platform::default(), Inputs::default(), args(yaml));
    let ctx = Ctx { platform: &platform, inputs: &inputs, world, diff: false };
    SYSTEMD.probe(&args, ctx)?;
    let Look::Seen(seen) = SYSTEMD.read(&args, &[answer(&all)], ctx)? else { panic!("asks") };
    let plan = SYSTEMD.plan(&args, &seen, ctx)?;
    Ok((seen, plan))
}

fn plan(yaml: &str, said: Said<'_>) -> Result<Plan, Failure> {
    look(yaml, said, &World::default()).map(|(_, plan)| plan)
}

fn does(yaml: &str, said: Said<'_>) -> Vec<String> {
    let said = done(&plan(yaml, said).unwrap());
    said.iter().map(|text| text.replace("/usr/bin/", "")).collect()
}

/// A unit's properties: LoadState, ActiveState, SubState, UnitFileState, Type, invocation.
fn show(load: &str, active: &str, sub: &str, file: &str, kind: &str, started: u32) -> String {
    let id = if started == 0 { String::new() } else { format!("{started:032x}") };
    format!(
        "Type={kind}\nMainPID={started}\nResult=success\nExecStart={{ path=/bin/x ; argv[]=/bin/x a\nb ; pid=0 }}\n\
         Id=x.service\nDescription=left = {{ open\nLoadState={load}\nActiveState={active}\nSubState={sub}\n\
         UnitFileState={file}\nInactiveExitTimestampMonotonic={started}\nInvocationID={id}\n"
    )
}

#[test]
fn properties_with_lines_and_braces() {
    let text = show("loaded", "active", "running", "enabled", "notify", 7);
    let show = show::Show::parse(&text);
    assert_eq!(show.get("ExecStart"), "{ path=/bin/x ; argv[]=/bin/x a\nb ; pid=0 }");
    assert_eq!((show.get("Description"), show.get("LoadState")), ("left = { open", "loaded"));
    assert!(show.runs() && show.fault().is_none() && !show.proof().is_empty());
    assert_eq!(show.to_value().get("SubState").unwrap().text(), "running");
}

#[test]
fn units_of_all_kinds() {
    let up = show("loaded", "active", "running", "enabled", "notify", 7);
    let down = show("loaded", "inactive", "dead", "disabled", "notify", 0);
    let (on, off) = (("enabled", 0, "enabled\n"), ("enabled", 1, "disabled\n"));
    assert!(
        !plan("{name: x, state: started, enabled: yes}", &[on, ("show", 0, &up)])
            .unwrap()
            .has_work()
    );
    let both = does("{name: x, state: started, enabled: yes}", &[off, ("show", 0, &down)]);
    assert_eq!(both, ["Plain: systemctl enable x", "Plain: systemctl start x"]);
    let options = "{name: x, state: restarted, no_block: true, force: true, scope: global, daemon_reload: true}";
    assert_eq!(
        does(options, &[("show", 0, &up)]),
        [
            "Quiet: systemctl --global --no-block --force daemon-reload",
            "Act: systemctl --global --no-block --force restart x",
        ]
    );
    let simple = show("loaded", "active", "running", "enabled", "simple", 7);
    assert_eq!(
        does("{name: a@b.service, state: restarted}", &[("show", 0, &simple)]),
        ["Act: 0.5 systemctl restart a@b.service"]
    );
    for (rc, word, wanted, changes) in [
        (0, "static", true, 0),
        (0, "static", false, 0),
        (0, "generated", true, 0),
        (0, "transient", false, 0),
        (0, "enabled-runtime", true, 1),
        (0, "enabled-runtime", false, 0),
        (1, "linked", true, 1),
        (1, "disabled", false, 0),
        (1, "masked", false, 0),
        (0, "indirect", true, 1),
        (0, "indirect", false, 0),
        (0, "alias", true, 0),
    ] {
        let yaml = format!("{{name: x, enabled: {wanted}}}");
        let said = [("enabled", rc, word), ("show", 0, up.as_str())];
        assert_eq!(does(&yaml, &said).len(), changes, "{word} {wanted}");
    }
    let ending = show("loaded", "deactivating", "stop-sigterm", "enabled", "notify", 7);
    assert_eq!(
        does("{name: x, state: stopped}", &[("show", 0, &ending)]),
        ["Plain: systemctl stop x"]
    );
}

#[test]
fn masked_units() {
    let masked = show("masked", "inactive", "dead", "masked", "", 0);
    let word = ("enabled", 1, "masked\n");
    let said = [word, ("show", 0, masked.as_str())];
    let made = plan("{name: x, masked: false, enabled: true, state: started}", &said).unwrap();
    assert_eq!(
        (done(&made), made.then),
        (vec!["Plain: /usr/bin/systemctl unmask x".into()], Then::LookAgain)
    );
    assert!(!plan("{name: x, masked: true}", &said).unwrap().has_work());
    let up = show("loaded", "active", "running", "enabled", "notify", 7);
    let all = does(
        "{name: x, masked: true, enabled: false, state: stopped}",
        &[("enabled", 0, "enabled\n"), ("show", 0, &up)],
    );
    assert_eq!(all, ["Plain: systemctl mask x", "Plain: systemctl stop x"]);
    // One that is not there can be masked.
    let none = "LoadState=not-found\nActiveState=inactive\nLoadError=org.freedesktop.systemd1.NoSuchUnit \"Unit x.service not found.\"\n";
    let said = [("enabled", 1, ""), ("show", 1, NO_BUS), ("files", 1, "")];
    assert_eq!(plan("{name: x, state: started}", &said).unwrap_err().msg, NO_BUS.trim_end());
    let gone = [
        ("enabled", 1, "Failed to get unit file state for x.service: No such file or directory\n"),
        ("show", 0, none),
    ];
    assert_eq!(does("{name: x, masked: true}", &gone), ["Plain: systemctl mask x"]);
    let error = plan("{name: x, enabled: true}", &gone).unwrap_err();
    assert_eq!(error.msg, "Could not find the requested service x: host");
}

#[test]
fn a_broken_unit_and_a_broken_name() {
    let bad = "LoadState=bad-setting\nActiveState=inactive\nLoadError=org.freedesktop.systemd1.BadUnitSetting \"Unit x.service has a bad unit file setting.\"\n";
    let error = plan("{name: x, state: started}", &[("show", 0, bad)]).unwrap_err();
    assert!(error.msg.starts_with("Error loading unit file 'x': org.freedesktop"), "{}", error.msg);
    assert!(plan("{name: x, state: started, daemon_reload: true}", &[("show", 0, bad)]).is_ok());
    let error = plan("{name: 'x*', state: started}", &[]).unwrap_err();
    assert_eq!(
        error.msg,
        "This module does not currently support using glob patterns, found '*' in service name: x*"
    );
    assert!(plan("{name: --force, state: started}", &[]).is_err());
    let none: Said<'_> = &[];
    let missing = Args::from_map(&arguments("{state: started}")).unwrap_err().to_string();
    assert_eq!(missing, "missing parameter(s) required by 'state': name");
    assert!(plan("{daemon_reexec: true}", none).unwrap().has_work());
}

const OFFLINE: &str = "Running in chroot, ignoring command 'show'\n";
const NO_BUS: &str = "System has not been booted with systemd as init system (PID 1). Can't operate.\nFailed to connect to bus: Host is down\n";

#[test]
fn where_systemd_does_not_run() {
    let files = (
        "files",
        0,
        "UNIT FILE     STATE   PRESET\nfstrim.timer disabled enabled\n\n1 unit files listed.\n",
    );
    let off = ("enabled", 1, "disabled\n");
    let said = [off, ("show", 0, OFFLINE), files];
    let made = plan("{name: fstrim.timer, state: started, enabled: true}", &said).unwrap();
    assert_eq!(done(&made), ["Plain: /usr/bin/systemctl enable fstrim.timer"]);
    assert!(
        made.warnings[0].starts_with("Target is a chroot or systemd is offline."),
        "{:?}",
        made.warnings
    );
    let said = [off, ("show", 1, NO_BUS), files];
    let error = plan("{name: fstrim.timer, state: started}", &said).unwrap_err();
    assert_eq!(error.msg, "Service is in unknown state");
    let gone = [
        (
            "enabled",
            1,
            "Failed to get unit file state for cron.service: No such file or directory\n",
        ),
        ("show", 0, OFFLINE),
        ("files", 1, "UNIT FILE STATE PRESET\n\n0 unit files listed.\n"),
    ];
    assert!(
        plan("{name: cron, enabled: true}", &gone).unwrap_err().msg.ends_with("service cron: host")
    );
    let script = [&gone[..], &[("script", 0, "/etc/init.d/cron")]].concat();
    let made = plan("{name: cron, enabled: false}", &script).unwrap();
    assert!(done(&made).len() == 1 && made.warnings[0].contains("is actually an init script"));
    // A reload that nobody hears is a warning.
    let made = plan("{daemon_reload: true}", &[("offline", 0, "")]).unwrap();
    let ran = Ran {
        change: made.changes().next().unwrap().clone(),
        answer: Answer { rc: 0, stdout: "tank: code 1\n".into(), stderr: "no bus".into() },
        backup: None,
    };
    assert_eq!(
        steps::unheard(&[ran]),
        [
            "daemon-reload failed, but target is a chroot or systemd is offline. Continuing. Error was: 1 / no bus"
        ]
    );
}

#[test]
fn outcomes_are_seen_in_the_second_look() {
    let up = show("loaded", "active", "running", "enabled", "notify", 7);
    let (_, restart) =
        look("{name: x, state: restarted}", &[("show", 0, &up)], &World::default()).unwrap();
    let verify = |change: &Change, yaml: &str, after: &str| {
        let said = [("show", 0, after), ("enabled", 0, "enabled")];
        let (seen, _) = look(yaml, &said, &World::default()).unwrap();
        let (platform, inputs, world) = (Platform::default(), Inputs::default(), World::default());
        let ctx = Ctx { platform: &platform, inputs: &inputs, world: &world, diff: false };
        SYSTEMD.verify(&args(yaml), change, &seen, ctx)
    };
    let change = restart.changes().next().unwrap();
    let yaml = "{name: x, state: restarted}";
    assert_eq!(verify(change, yaml, &up), Err("it still runs as it did before".to_string()));
    assert_eq!(
        verify(change, yaml, &show("loaded", "active", "running", "enabled", "notify", 8)),
        Ok(())
    );
    let crash = show("loaded", "activating", "auto-restart", "enabled", "simple", 8);
    assert!(verify(change, yaml, &crash).is_err(), "it falls over again and again");
    assert_eq!(verify(change, "{name: x, state: restarted, no_block: true}", &crash), Ok(()));
    let once = show("loaded", "inactive", "dead", "static", "oneshot", 9);
    assert_eq!(verify(change, yaml, &once), Ok(()), "its work is done");
    let gone = show("loaded", "inactive", "dead", "static", "simple", 9);
    assert!(verify(change, yaml, &gone).is_err());
    // Without marks of an invocation (before systemd 232) the process tells.
    assert_eq!(show::Show::parse("MainPID=12\nActiveState=active").proof(), "process 12");
}

#[test]
fn a_unit_that_would_come_is_uncertain() {
    let none = [("enabled", 1, ""), ("show", 0, "LoadState=not-found\nActiveState=inactive\n")];
    let yaml = "{name: app@1, state: started, enabled: true}";
    let mut world = World::default();
    assert!(look(yaml, &none, &world).is_err());
    let file = PathAttrs::new(PathKind::File);
    world.add(Effect::Path("/etc/systemd/system/app@.service".into(), Some(file)));
    let (_, first) = look(yaml, &none, &world).unwrap();
    assert!(first.counts() && first.uncertain.is_some());
    first.changes().flat_map(|change| change.effects.clone()).for_each(|e| world.add(e));
    assert!(!look(yaml, &none, &world).unwrap().1.counts(), "a check run remembers");
}
