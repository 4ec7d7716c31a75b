//! Answers in the form of pkg(8), and what is made of them.

use super::*;
use crate::base::{Key, Value};
use crate::modules::packages::tests::arguments;
use crate::spec::{ArgStruct, ChangeKind, Inputs, Op, Platform, Then, World};

const LOOK: &str = include_str!("../../../../tests/fixtures/probe/pkgng/assembled/look.txt");
const MISSING: &str = include_str!("../../../../tests/fixtures/probe/pkgng/assembled/missing.txt");
const UPGRADE: &str = include_str!("../../../../tests/fixtures/probe/pkgng/assembled/upgrade.txt");
const UP_TO_DATE: &str =
    include_str!("../../../../tests/fixtures/probe/pkgng/assembled/uptodate.txt");
const ORPHANS: &str =
    include_str!("../../../../tests/fixtures/probe/pkgng/assembled/autoremove.txt");
const NOTHING: &str = include_str!("../../../../tests/fixtures/probe/pkgng/assembled/nothing.txt");

/// A host: its packages, what `pkg upgrade` and `pkg autoremove` would do, what was predicted.
struct Case {
    look: String,
    upgrade: &'static str,
    orphans: &'static str,
    world: World,
    asked: std::cell::RefCell<Vec<String>>,
}

fn case(look: &str) -> Case {
    let asked = std::cell::RefCell::default();
    Case {
        look: look.to_string(),
        upgrade: UP_TO_DATE,
        orphans: NOTHING,
        world: World::default(),
        asked,
    }
}

impl Case {
    fn seen(&self, args: &Args, ctx: Ctx<'_>) -> Result<Seen, Failure> {
        let mut answers = vec![Answer::ok(self.look.clone().into_bytes())];
        for _ in 0..4 {
            match State::read(&Pkgng, args, &answers, ctx)? {
                Read::Seen(seen) => return Ok(seen),
                Read::Ask(probe) => {
                    let words = probe.words.join(" ");
                    let text =
                        if words.contains("autoremove") { self.orphans } else { self.upgrade };
                    self.asked.borrow_mut().push(words);
                    answers.push(Answer::ok(text.as_bytes().to_vec()));
                }
            }
        }
        panic!("asks without end")
    }

    fn run(&self, yaml: &str) -> Result<(Plan, Fields), String> {
        let args = Args::from_map(&arguments(yaml)).map_err(|e| e.message)?;
        let platform = Platform { os: Os::FreeBsd, ..Platform::default() };
        let inputs = Inputs::default();
        let ctx = Ctx { platform: &platform, inputs: &inputs, world: &self.world, diff: false };
        let come = || {
            State::probe(&Pkgng, &args, ctx)?;
            let seen = self.seen(&args, ctx)?;
            let plan = State::plan(&Pkgng, &args, &seen, ctx)?;
            let fields = State::result(&Pkgng, &args, &seen, None, &plan, &[]);
            Ok((plan, fields))
        };
        come().map_err(|failure: Failure| failure.msg)
    }

    fn does(&self, yaml: &str) -> Vec<String> {
        self.run(yaml).unwrap().0.changes().map(said).collect()
    }

    fn msg(&self, yaml: &str) -> String {
        self.run(yaml).unwrap().1.get(&Key::from("msg")).map_or("-".to_string(), Value::text)
    }

    fn predict(&mut self, yaml: &str) {
        let plan = self.run(yaml).unwrap().0;
        for effect in plan.changes().flat_map(|change| change.effects.clone()) {
            self.world.add(effect);
        }
    }
}

/// The words of a change, `+` before a prelude, `< text` for what goes over stdin.
fn said(change: &Change) -> String {
    let Op::Run(command) = &change.op else { panic!("{change:?}") };
    let mark = if change.kind == ChangeKind::Prelude { "+" } else { "" };
    let stdin = command.stdin.as_ref().map(|text| String::from_utf8_lossy(text).into_owned());
    let stdin = stdin.map_or(String::new(), |text| format!(" < {text}"));
    format!("{mark}{}{stdin}", command.argv.join(" "))
}

#[test]
fn nothing_differs() {
    let table = [
        ("{name: curl}", "package(s) already present"),
        ("{name: \"curl,git-lite\"}", "package(s) already present"),
        ("{name: [CURL, devel/git, \"nginx-1.26.2_9,3\"]}", "package(s) already present"),
        ("{name: \"cur?\"}", "package(s) already present"),
        ("{name: curl, state: latest, cached: true}", "package(s) already latest"),
        ("{name: vim, state: absent}", "package(s) already absent"),
        ("{name: \"*\", state: absent}", ""),
        (
            "{name: curl, autoremove: true}",
            "package(s) already present, no package(s) to autoremove",
        ),
        (
            "{name: curl, annotation: [+team=web, -none]}",
            "package(s) already present, changed no annotations",
        ),
        ("{name: \"*\", state: latest, cached: true}", "no packages need upgrades"),
    ];
    for (yaml, msg) in table {
        assert_eq!(case(LOOK).does(yaml), [""; 0], "{yaml}");
        assert_eq!(case(LOOK).msg(yaml), msg, "{yaml}");
    }
}

#[test]
fn commands() {
    let table: [(&str, &[&str], &str); 10] = [
        ("{name: vim}", &["+pkg update", "pkg install -g -y vim"], "installed 1 package"),
        (
            "{name: [vim, curl, zsh], cached: true, use_globs: false}",
            &["pkg install -U -y vim zsh"],
            "installed 2 packages",
        ),
        (
            "{name: vim, jail: web, pkgsite: own}",
            &[
                "+pkg --jail=web update --repository=own",
                "pkg --jail=web install --repository=own -g -y vim",
            ],
            "installed 1 package",
        ),
        (
            "{name: \"curl git-lite\", state: absent}",
            &["pkg delete -y curl git-lite"],
            "removed 2 package(s)",
        ),
        (
            "{name: \"*l*\", state: absent, rootdir: /r}",
            &["pkg --rootdir=/r delete -y curl git-lite"],
            "removed 1 package(s)",
        ),
        (
            "{name: curl, annotation: \":team=db, +new=1\"}",
            &["pkg annotate -y -M curl team < db", "pkg annotate -y -A curl new < 1"],
            "package(s) already present, added 2 annotations.",
        ),
        (
            "{name: curl, annotation: [-team]}",
            &["pkg annotate -y -D curl team"],
            "package(s) already present, added 1 annotations.",
        ),
        ("{name: curl, state: latest}", &["+pkg update"], "-"),
        ("{name: \"*\", state: latest}", &["+pkg update"], "-"),
        (
            "{name: [vim, git-lite], state: absent, chroot: /c}",
            &["pkg --chroot=/c delete -y git-lite"],
            "removed 1 package(s)",
        ),
    ];
    for (yaml, wanted, msg) in table {
        assert_eq!(case(LOOK).does(yaml), wanted, "{yaml}");
        assert_eq!(case(LOOK).msg(yaml), msg, "{yaml}");
    }
}

#[test]
fn newer_versions() {
    let host = Case { upgrade: UPGRADE, ..case(LOOK) };
    let yaml = "{name: [curl, nginx, vim], state: latest, cached: true}";
    assert_eq!(host.does(yaml), ["pkg install -g -U -y vim", "pkg upgrade -g -U -y curl"]);
    assert_eq!(host.msg(yaml), "installed 1 package; upgraded 1 package");
    assert_eq!(host.asked.borrow()[0], " upgrade -g -U -n curl nginx");
    let (plan, _) = host.run("{name: \"*\", state: latest, cached: true}").unwrap();
    assert_eq!(plan.changes().map(said).collect::<Vec<_>>(), ["pkg upgrade -U -y"]);
    assert_eq!(host.msg("{name: \"*\", state: latest, cached: true}"), "updated 4 package(s)");
    let left = |name: &str| {
        let mut world = World::default();
        plan.changes().flat_map(|c| c.effects.clone()).for_each(|effect| world.add(effect));
        world.thing("package", name).map(|state| state.map(|s| s.get("version").unwrap().text()))
    };
    assert_eq!(left("curl"), Some(Some("8.19.0_1".to_string())));
    assert_eq!(left("pcre2"), Some(Some("10.44".to_string())));
    assert_eq!(left("git-lite"), Some(Some("2.43.0_1".to_string())));
    assert_eq!(left("libssh2"), Some(Some("1.11.1,3".to_string())));
    assert_eq!(
        (left("oldlib"), left("luajit-devel"), left("nginx")),
        (Some(None), Some(None), None)
    );
    let ignoring =
        host.run("{name: curl, state: latest, cached: true, ignore_osver: true}").unwrap().0;
    let Op::Run(command) = &ignoring.changes().next().unwrap().op else { panic!() };
    assert!(command.env.contains(&("IGNORE_OSVERSION".to_string(), "yes".to_string())));
    assert!(host.asked.borrow().last().unwrap().starts_with("1 upgrade"));
}

#[test]
fn orphans_go() {
    let host = Case { orphans: ORPHANS, ..case(LOOK) };
    let (plan, _) = host.run("{name: curl, autoremove: true}").unwrap();
    assert_eq!(plan.changes().map(said).collect::<Vec<_>>(), ["pkg autoremove -y"]);
    assert_eq!(plan.changes().next().unwrap().effects.len(), 2);
    let msg = host.msg("{name: curl, autoremove: true}");
    assert_eq!(msg, "package(s) already present, autoremoved 2 package(s)");
    let (plan, _) = case(LOOK).run("{name: curl, state: absent, autoremove: true}").unwrap();
    let kinds: Vec<ChangeKind> = plan.changes().map(|change| change.kind).collect();
    assert_eq!(kinds, [ChangeKind::Plain, ChangeKind::May], "what goes leaves more behind");
}

#[test]
fn failures() {
    let table = [
        (
            "{name: curl, annotation: team=1}",
            "failed to annotate curl, invalid annotate string: team=1",
        ),
        (
            "{name: curl, annotation: [+team]}",
            "failed to annotate curl, invalid annotate string: +team",
        ),
        (
            "{name: curl, annotation: [+team=db]}",
            "failed to annotate curl, because team is already set to web, but should be set to db",
        ),
        (
            "{name: curl, annotation: [\":none=1\"]}",
            "could not change annotation to curl: tag none does not exist",
        ),
        ("{name: nginx, state: absent}", "failed to remove nginx: it is locked"),
        (
            "{name: /x.pkg, state: latest}",
            "state=latest is not supported for local package files: /x.pkg",
        ),
        ("{name: -f, state: absent}", "invalid package name '-f'"),
        (
            "{name: a, jail: b, chroot: /c}",
            "parameters are mutually exclusive: rootdir|chroot|jail",
        ),
        ("{state: absent}", "missing required arguments: name"),
    ];
    for (yaml, text) in table {
        assert_eq!(case(LOOK).run(yaml).unwrap_err(), text, "{yaml}");
    }
    let file = |inner: &str| LOOK.replace("@files\n", &format!("@files\n{inner}\n"));
    let text = case(&file("")).run("{name: /tmp/x.pkg}").unwrap_err();
    assert_eq!(text, "failed to obtain package name from file /tmp/x.pkg");
    assert_eq!(case(&file("curl")).does("{name: /tmp/x.pkg}"), [""; 0]);
    let install = ["pkg install -g -U -y /tmp/x.pkg"];
    assert_eq!(case(&file("vim")).does("{name: /tmp/x.pkg, cached: true}"), install);
}

#[test]
fn pkg_itself_comes_first() {
    let mut host = case(MISSING);
    let (plan, fields) = host.run("{name: curl}").unwrap();
    assert_eq!(plan.changes().map(said).collect::<Vec<_>>(), ["+pkg bootstrap -y"]);
    assert!(plan.then == Then::LookAgain && plan.has_work() && plan.uncertain.is_some());
    assert!(fields.is_empty());
    let Op::Run(command) = &plan.changes().next().unwrap().op else { panic!() };
    assert!(command.env.contains(&("ASSUME_ALWAYS_YES".to_string(), "yes".to_string())));
    assert_eq!(host.does("{name: curl, state: absent}"), [""; 0], "nothing can be installed");
    host.predict("{name: curl}");
    assert_eq!(host.does("{name: curl}"), ["+pkg update", "pkg install -g -y curl"]);
    host.predict("{name: curl}");
    assert_eq!(host.does("{name: curl}"), [""; 0]);
}

#[test]
fn a_check_run_remembers() {
    let mut host = case(LOOK);
    host.predict("{name: vim}");
    assert_eq!(host.does("{name: vim}"), [""; 0]);
    assert_eq!(host.does("{name: vim, jail: web}").len(), 2, "another root");
    host.predict("{name: vim, annotation: [+a=b]}");
    assert_eq!(host.does("{name: vim, annotation: [+a=b]}"), [""; 0]);
    host.predict("{name: vim, state: absent}");
    assert_eq!(host.does("{name: vim, state: absent}"), [""; 0]);
    host.predict("{name: curl, state: absent}");
    assert_eq!(host.does("{name: curl, state: absent}"), [""; 0]);
    host.predict("{name: git-lite, state: latest}");
    host.upgrade = UPGRADE;
    assert_eq!(
        host.does("{name: git-lite, state: latest}"),
        ["pkg upgrade -g -y git-lite"],
        "fetched"
    );
    host.predict("{name: git-lite, state: latest}");
    assert_eq!(host.does("{name: git-lite, state: latest}"), [""; 0]);
}

#[test]
fn every_change_is_proved() {
    let platform = Platform { os: Os::FreeBsd, ..Platform::default() };
    let (inputs, world) = (Inputs::default(), World::default());
    let ctx = Ctx { platform: &platform, inputs: &inputs, world: &world, diff: false };
    let host = |look: &str, upgrade, orphans| Case { upgrade, orphans, ..case(look) };
    let vim = LOOK.replace("@annotations", "vim|9.1|editors/vim|0\n@annotations");
    let bare = LOOK.replace("curl|8.17.0|ftp/curl|0\n", "");
    let noted = LOOK.replace("curl|team|web", "curl|team|db");
    let before = || host(LOOK, UPGRADE, ORPHANS);
    for (yaml, good) in [
        ("{name: vim, cached: true}", host(&vim, UPGRADE, NOTHING)),
        ("{name: curl, state: absent}", host(&bare, UPGRADE, NOTHING)),
        ("{name: curl, state: latest, cached: true}", host(LOOK, UP_TO_DATE, NOTHING)),
        ("{name: \"*\", state: latest, cached: true}", host(LOOK, UP_TO_DATE, NOTHING)),
        ("{name: curl, autoremove: true}", host(LOOK, UPGRADE, NOTHING)),
        ("{name: curl, annotation: [\":team=db\"]}", host(&noted, UPGRADE, NOTHING)),
    ] {
        let args = Args::from_map(&arguments(yaml)).unwrap();
        let plan = before().run(yaml).unwrap().0;
        assert!(plan.counts(), "{yaml}");
        for change in plan.changes() {
            let verify = |host: &Case| {
                let seen = host.seen(&args, ctx).unwrap();
                State::verify(&Pkgng, &args, change, &seen, ctx)
            };
            assert_eq!(verify(&good), Ok(()), "{yaml}");
            assert!(verify(&before()).is_err(), "{yaml}: nothing happened");
        }
    }
}

#[test]
fn a_failed_call_says_why() {
    let fails = |look: &str, yaml: &str, err: &str| {
        let change = case(look).run(yaml).unwrap().0.changes().next().unwrap().clone();
        let answer = Answer { rc: 1, stdout: "".into(), stderr: err.to_string().into() };
        let args = Args::from_map(&arguments(yaml)).unwrap();
        Pkgng.explain(&args, &Ran { change, answer, backup: None }).unwrap().msg
    };
    // Recorded on 13.2 without a way to the server.
    let err = "pkg: Error fetching http://pkg.example.org/FreeBSD:13:amd64/quarterly/Latest/pkg.txz: Host does not resolve\n\
        Address resolution failed for http://pkg.example.org/FreeBSD:13:amd64/quarterly.\n\
        Consider changing PACKAGESITE.\n";
    let told = fails(MISSING, "{name: curl}", err);
    assert!(told.starts_with("pkg could not be installed: pkg: Error fetching http"), "{told}");
    // Not recorded.
    let err = "pkg: Cannot get an advisory lock on a database, it is locked by another process\n";
    let told = fails(LOOK, "{name: vim, cached: true}", err);
    assert!(told.contains("another pkg is at work there (pkg: Cannot get an advisory"), "{told}");
}
