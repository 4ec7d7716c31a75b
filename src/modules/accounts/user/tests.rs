//! Answers of both systems, and what is made of them: recorded on Linux, assembled from transcripts for FreeBSD.

use super::*;
use crate::base::{Key, Map};
use crate::modules::accounts::tests::arguments;
use crate::spec::{ArgStruct, Inputs, Op, Platform, World};

const LINUX: &str = include_str!("../../../../tests/fixtures/probe/user/linux/bob.txt");
const NOBODY: &str =
    include_str!("../../../../tests/fixtures/probe/user/linux/nobody-of-that-name.txt");
const FREEBSD: &str = include_str!("../../../../tests/fixtures/probe/user/assembled/tester.txt");
const HASH: &str = "$6$abcdefgh$yVfUwsw5T.JApa8POvClA1pQ5peiq97DUNyXCZN5IrF.BMSkiaLSQmkhcsgBFjKVqtbvMIjd6i8W1/zk7mHhB/";

struct Case {
    platform: Platform,
    world: World,
    answer: String,
}

fn linux(answer: &str) -> Case {
    let tools = vec!["useradd".to_string(), "usermod".to_string()];
    let platform = Platform { os: Os::Linux, tools, ..Platform::default() };
    Case { platform, world: World::default(), answer: answer.to_string() }
}

fn freebsd() -> Case {
    let platform = Platform { os: Os::FreeBsd, ..Platform::default() };
    Case { platform, world: World::default(), answer: FREEBSD.to_string() }
}

fn args(yaml: &str) -> Args {
    Args::from_map(&arguments(yaml)).unwrap()
}

impl Case {
    fn ctx<'a>(&'a self, inputs: &'a Inputs) -> Ctx<'a> {
        Ctx { platform: &self.platform, inputs, world: &self.world, diff: false }
    }

    fn seen(&self, args: &Args) -> Seen {
        let inputs = Inputs::default();
        let answers = [Answer::ok(self.answer.clone().into_bytes())];
        match State::read(&User, args, &answers, self.ctx(&inputs)).unwrap() {
            Look::Seen(seen) => seen,
            Look::Ask(_) => panic!("asks"),
        }
    }

    fn try_plan(&self, yaml: &str) -> Result<Plan, Failure> {
        let (args, inputs) = (args(yaml), Inputs::default());
        State::probe(&User, &args, self.ctx(&inputs))?;
        State::plan(&User, &args, &self.seen(&args), self.ctx(&inputs))
    }

    fn plan(&self, yaml: &str) -> Plan {
        self.try_plan(yaml).unwrap()
    }

    /// The commands of a plan; `< text` stands for what goes over stdin.
    fn does(&self, yaml: &str) -> Vec<String> {
        self.plan(yaml).changes().map(said).collect()
    }

    fn result(&self, yaml: &str) -> Fields {
        let args = args(yaml);
        State::result(&User, &args, &self.seen(&args), None, &self.plan(yaml), &[])
    }
}

fn said(change: &Change) -> String {
    match &change.op {
        Op::Run(command) => {
            let words: Vec<String> = command
                .argv
                .iter()
                .map(|word| if word.is_empty() { "''".to_string() } else { word.clone() })
                .collect();
            let text =
                command.stdin.as_ref().map(|text| String::from_utf8_lossy(text).into_owned());
            words.join(" ") + &text.map_or(String::new(), |text| format!(" < {}", text.trim_end()))
        }
        Op::Script(script) => format!("{} {}", script.name, script.words.join(" ")),
        other => panic!("{other:?}"),
    }
}

fn text(fields: &Fields, name: &str) -> String {
    fields.get(&Key::from(name)).map_or("-".to_string(), Value::text)
}

#[test]
fn nothing_differs() {
    for yaml in [
        "{name: bob}",
        "{name: bob, uid: 7801, group: bob, comment: Bob, shell: /bin/bash, home: /home/bob}",
        "{name: bob, group: 7801, groups: adm}",
        "{name: bob, groups: [adm], append: true}",
        "{name: bob, expires: 1893456000, password_expire_max: 99999, password_lock: false}",
        &format!("{{name: bob, password: \"{HASH}\"}}"),
        "{name: bob, password: \"$6$other\", update_password: on_create}",
    ] {
        assert_eq!(linux(LINUX).does(yaml), [""; 0], "{yaml}");
    }
    for yaml in [
        "{name: tester, groups: [wheel, tgrp], password: \"*\", password_lock: true}",
        "{name: tester, groups: [wheel, tgrp, tester], expires: -1}",
        "{name: tester, group: 1001, login_class: \"\", comment: New Name}",
    ] {
        assert_eq!(freebsd().does(yaml), [""; 0], "{yaml}");
    }
}

#[test]
fn linux_is_changed_by_the_shadow_suite() {
    let table = [
        ("{name: bob, shell: /bin/sh, comment: B}", "usermod -c B -s /bin/sh bob"),
        ("{name: bob, uid: 7802, non_unique: true}", "usermod -u 7802 -o bob"),
        ("{name: bob, group: staff}", "usermod -g staff bob"),
        ("{name: bob, groups: [staff], append: true}", "usermod -a -G staff bob"),
        ("{name: bob, groups: [staff]}", "usermod -G staff bob"),
        ("{name: bob, groups: []}", "usermod -G '' bob"),
        ("{name: bob, groups: \"\"}", "usermod -G '' bob"),
        ("{name: bob, expires: -1}", "usermod -e '' bob"),
        ("{name: bob, expires: 1893542400}", "usermod -e 2030-01-02 bob"),
        ("{name: bob, password_lock: true}", "usermod -L bob"),
        ("{name: bob, password_expire_max: 90, password_expire_warn: 3}", "chage -M 90 -W 3 bob"),
        ("{name: bob, password: \"*\"}", "chpasswd -e < bob:*"),
        ("{name: bob, password: \"*\", password_lock: true}", "chpasswd -e < bob:!*"),
        ("{name: bob, state: absent}", "userdel bob"),
        ("{name: bob, state: absent, remove: true, force: true}", "userdel -f -r bob"),
    ];
    for (yaml, wanted) in table {
        assert_eq!(linux(LINUX).does(yaml), [wanted], "{yaml}");
    }
    let move_home = "{name: bob, home: /srv/bob, move_home: true}";
    let answer = LINUX.replacen(
        "/home/bob\nd|755|7801|7801|bob|bob|4096|1795405500.0|1795405500.0|1795405500.0|80|92|2|-",
        "/srv/bob\n-",
        1,
    );
    assert_eq!(linux(&answer).does(move_home), ["usermod -d /srv/bob -m bob"]);
    let create = linux(&answer).does("{name: bob, home: /srv/bob}");
    assert_eq!(create, ["usermod -d /srv/bob bob", "user_home /srv/bob bob   "]);
}

#[test]
fn new_users() {
    let case = linux(NOBODY);
    assert_eq!(case.does("{name: eve}"), ["useradd -m eve"]);
    assert_eq!(case.does("{name: staff, create_home: false}"), ["useradd -N -M staff"]);
    let yaml = "{name: eve, uid: 7900, group: staff, groups: [adm, staff], home: /srv/a/eve, \
                system: true, password: \"*\", uid_min: 5, skeleton: /x}";
    let wanted = [
        "mkdir -p -- /srv/a",
        "useradd -u 7900 -g staff -G adm,staff -d /srv/a/eve -m -k /x -r -K UID_MIN=5 eve",
        "chpasswd -e < eve:*",
    ];
    assert_eq!(case.does(yaml), wanted);
    assert_eq!(case.does("{name: eve, state: absent}"), [""; 0]);
    assert!(case.result("{name: eve}").is_empty(), "as Ansible in check mode");
    let error = case.try_plan("{name: eve, groups: [nosuch]}").unwrap_err();
    assert_eq!(error.msg, "Group nosuch does not exist");
}

#[test]
fn freebsd_is_changed_by_pw() {
    let table: [(&str, &[&str]); 9] = [
        ("{name: tester, shell: /bin/csh}", &["pw usermod -n tester -s /bin/csh"]),
        (
            "{name: tester, groups: operator, append: true}",
            &["pw usermod -n tester -G wheel,tgrp,operator"],
        ),
        ("{name: tester, groups: [], append: false}", &["pw usermod -n tester -G ''"]),
        ("{name: tester, expires: 1893456000}", &["pw usermod -n tester -e 1893456000"]),
        ("{name: tester, password_lock: false}", &["pw unlock tester"]),
        ("{name: tester, password: \"$1$a\"}", &["pw usermod -n tester -H 0 < $1$a"]),
        (
            "{name: tester, password: \"$1$a\", password_lock: true}",
            &["pw usermod -n tester -H 0 < $1$a", "pw lock tester"],
        ),
        ("{name: tester, login_class: staff}", &["pw usermod -n tester -L staff"]),
        ("{name: tester, state: absent, remove: true}", &["pw userdel -n tester -r"]),
    ];
    for (yaml, wanted) in table {
        assert_eq!(freebsd().does(yaml), wanted, "{yaml}");
    }
    let new = Case { answer: NOBODY.to_string(), ..freebsd() };
    let yaml = "{name: eve, groups: [staff], password: \"*\", password_lock: true, umask: \"077\"}";
    let wanted =
        ["pw useradd -n eve -G staff -m -M 0700", "pw usermod -n eve -H 0 < *", "pw lock eve"];
    assert_eq!(new.does(yaml), wanted);
    assert_eq!(new.plan("{name: eve, system: true}").warnings.len(), 1);
    for yaml in ["{name: eve, uid_min: 5}", "{name: eve, password_expire_max: 5}"] {
        assert!(new.try_plan(yaml).unwrap_err().msg.ends_with("is not known to pw(8)"), "{yaml}");
    }
}

#[test]
fn results_are_ansibles() {
    let fields = freebsd().result("{name: tester, password: \"*\"}");
    let wanted = [
        ("name", "tester"),
        ("state", "present"),
        ("uid", "1001"),
        ("group", "1001"),
        ("groups", "wheel,tgrp"),
        ("comment", "New Name"),
        ("home", "/home/tester"),
        ("shell", "/bin/sh"),
        ("append", "False"),
        ("move_home", "False"),
        ("password", "NOT_LOGGING_PASSWORD"),
    ];
    for (name, value) in wanted {
        assert_eq!(text(&fields, name), value, "{name}");
    }
    assert_eq!(fields.len(), wanted.len());
    let gone = linux(NOBODY).result("{name: eve, state: absent}");
    assert_eq!(gone.len(), 2, "name and state");
}

#[test]
fn no_password_is_ever_a_word() {
    let yaml = format!("{{name: eve, password: \"{HASH}\"}}");
    for case in [linux(NOBODY), Case { answer: NOBODY.to_string(), ..freebsd() }] {
        for change in case.plan(&yaml).changes() {
            let Op::Run(command) = &change.op else { continue };
            assert!(!command.argv.iter().any(|word| word.contains("$6$")), "{:?}", command.argv);
            assert_eq!(command.secret, command.stdin.is_some());
            assert!(!format!("{:?}", change.effects).contains("$6$"));
        }
    }
    for yaml in ["{name: eve, password: \"x\\nroot:y\"}", "{name: -r}", "{name: \"a:b\"}"] {
        assert!(linux(NOBODY).try_plan(yaml).is_err(), "{yaml}");
    }
}

#[test]
fn a_check_run_remembers() {
    let mut case = linux(NOBODY);
    let yaml = "{name: eve, groups: [adm], shell: /bin/sh, password: \"*\", password_lock: true}";
    for effect in case.plan(yaml).changes().flat_map(|change| change.effects.clone()) {
        case.world.add(effect);
    }
    assert_eq!(case.does(yaml), [""; 0]);
    assert_eq!(
        case.does("{name: eve, groups: [staff], append: true}"),
        ["usermod -a -G staff eve"]
    );
    assert!(case.world.path("/home/eve").flatten().is_some());
    for effect in case.plan("{name: eve, state: absent}").changes().flat_map(|c| c.effects.clone())
    {
        case.world.add(effect);
    }
    assert_eq!(case.does("{name: eve}"), ["useradd -N -m eve"]);
    case.world.add(crate::spec::Effect::Thing("group", "new".into(), Some(Value::map(Map::new()))));
    assert_eq!(case.does("{name: eve, groups: new}"), ["useradd -N -G new -m eve"]);
}

#[test]
fn every_change_is_proved() {
    let case = linux(LINUX);
    let inputs = Inputs::default();
    for (yaml, good) in [
        ("{name: bob, shell: /bin/sh}", LINUX.replace("/bin/bash", "/bin/sh")),
        ("{name: bob, password: \"*\"}", LINUX.replace(HASH, "*")),
        ("{name: bob, password_lock: true}", LINUX.replace(HASH, &format!("!{HASH}"))),
        ("{name: bob, password_expire_max: 90}", LINUX.replace("99999", "90")),
        ("{name: bob, groups: []}", LINUX.replace("adm:x:4:bob", "adm:x:4:")),
        ("{name: bob, state: absent}", NOBODY.to_string()),
    ] {
        let args = args(yaml);
        let plan = case.plan(yaml);
        for change in plan.changes() {
            let verify = |answer: &str| {
                let seen = linux(answer).seen(&args);
                State::verify(&User, &args, change, &seen, case.ctx(&inputs))
            };
            assert_eq!(verify(&good), Ok(()), "{yaml}");
            assert!(verify(LINUX).is_err(), "{yaml}: nothing happened");
        }
    }
}
