//! Recorded answers of dpkg-query and apt-get, and what is made of them.

use super::*;
use crate::base::{Key, Value};
use crate::modules::packages::tests::arguments;
use crate::spec::{ArgStruct, Inputs, Platform, World};

const LOOK: &str = include_str!("../../../../tests/fixtures/probe/apt/linux/look.txt");
const NAMES: &str = include_str!("../../../../tests/fixtures/probe/apt/linux/look-names.txt");
const DEBS: &str = include_str!("../../../../tests/fixtures/probe/apt/linux/look-debs.txt");
const SIMULATIONS: &str =
    include_str!("../../../../tests/fixtures/probe/apt/linux/simulations.txt");
const FIXED: &str = "-y -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold \
                     -o DPkg::Lock::Timeout=60 -o APT::Cmd::Pattern-Only=true ";

/// A recorded host and what was predicted for it.
struct Case {
    look: String,
    world: World,
    diff: bool,
}

/// What a task comes to.
#[derive(Debug)]
struct Came {
    plan: Plan,
    fields: Fields,
    seen_due: bool,
}

fn case(look: &str) -> Case {
    Case { look: look.to_string(), world: World::default(), diff: false }
}

/// What apt-get said to these words, as recorded.
fn recorded(words: &[String]) -> Answer {
    let line = words.join(" ");
    let key = line.strip_prefix(FIXED).unwrap_or_else(|| panic!("other options: {line}"));
    let start =
        SIMULATIONS.find(&format!("$ {key}\n")).unwrap_or_else(|| panic!("not recorded: {key}"));
    let text = &SIMULATIONS[start + key.len() + 3..];
    let (text, rest) = text.split_once("--rc ").unwrap();
    let rc = rest.split("--").next().unwrap().parse().unwrap();
    let (out, err) = text.split_once("--stderr--\n").unwrap_or((text, ""));
    Answer { rc, stdout: out.to_string().into(), stderr: err.to_string().into() }
}

impl Case {
    fn seen(&self, args: &Args, ctx: Ctx<'_>) -> Result<Seen, Failure> {
        let mut answers = vec![Answer::ok(self.look.clone().into_bytes())];
        for _ in 0..5 {
            match State::read(&Apt, args, &answers, ctx)? {
                Read::Seen(seen) => return Ok(seen),
                Read::Ask(probe) => answers.push(recorded(&probe.words)),
            }
        }
        panic!("asks without end")
    }

    fn run(&self, yaml: &str) -> Result<Came, String> {
        let args = Args::from_map(&arguments(yaml)).map_err(|e| e.message)?;
        let platform = Platform { packages: Some(PackageManager::Apt), ..Platform::default() };
        let inputs = Inputs::default();
        let ctx = Ctx { platform: &platform, inputs: &inputs, world: &self.world, diff: self.diff };
        let come = || {
            State::probe(&Apt, &args, ctx)?;
            let seen = self.seen(&args, ctx)?;
            let plan = State::plan(&Apt, &args, &seen, ctx)?;
            let fields = State::result(&Apt, &args, &seen, None, &plan, &[]);
            Ok(Came { plan, fields, seen_due: seen.due })
        };
        come().map_err(|failure: Failure| failure.msg)
    }

    /// The commands of a task, without what all have; a prelude is marked by `+`.
    fn does(&self, yaml: &str) -> Vec<String> {
        match self.run(yaml) {
            Ok(came) => came.plan.changes().map(said).collect(),
            Err(text) => vec![format!("! {}", text.lines().next().unwrap_or_default())],
        }
    }

    /// Does in a check run what the task would do.
    fn predict(&mut self, yaml: &str) {
        let plan = self.run(yaml).unwrap().plan;
        for effect in plan.changes().flat_map(|change| change.effects.clone()) {
            self.world.add(effect);
        }
    }
}

fn said(change: &Change) -> String {
    let Op::Run(command) = &change.op else { panic!("{change:?}") };
    let words: Vec<&str> = command.argv.iter().map(String::as_str).collect();
    let text = match words.as_slice() {
        ["sh", "-c", _, "sh", rest @ ..] => rest.join(" "),
        words => words.join(" "),
    };
    let mark = if is_counted(change) { "" } else { "+" };
    mark.to_string() + &text.replace(FIXED, "")
}

fn field(fields: &Fields, name: &str) -> String {
    fields.get(&Key::from(name)).map_or("-".to_string(), Value::text)
}

#[test]
fn nothing_differs() {
    for yaml in [
        "{name: tk-a}",
        "{name: [tk-a, tk-b], state: present}",
        "{name: tk-a=1.0}",
        "{name: tk-a=1.*}",
        "{name: tk-a>=0.9}",
        "{name: \"tk-i:i386\"}",
        "{name: tk-i}",
        "{name: tk-virtual}",
        "{name: tk-multi}",
        "{name: awk}",
        "{name: tk-c}",
        "{name: nosuch, only_upgrade: true}",
        "{name: tk-b, state: latest}",
        "{name: nosuch, state: absent}",
        "{name: tk-rc, state: absent}",
        "{name: tk-a=9, state: absent}",
        "{name: tk-virtual, state: absent}",
        "{name: tk-a, update_cache: true}",
        "{name: tk-a, autoremove: true}",
        "{autoclean: true}",
        "{autoremove: true}",
        "{name: [], update_cache: false}",
    ] {
        assert_eq!(case(LOOK).does(yaml), [""; 0], "{yaml}");
    }
}

#[test]
fn commands() {
    let table = [
        ("{name: tk-d}", "apt-get install -- tk-d"),
        ("{name: [tk-a, tk-d]}", "apt-get install -- tk-d"),
        ("{name: tk-a, state: latest}", "apt-get install -- tk-a"),
        ("{name: [tk-a, tk-b], state: latest}", "apt-get install -- tk-a tk-b"),
        ("{name: tk-a=1.1}", "apt-get install -- tk-a=1.1"),
        ("{name: tk-a>=1.1}", "apt-get install -- tk-a"),
        (
            "{name: [tk-a, nosuch], state: latest, only_upgrade: true}",
            "apt-get --only-upgrade install -- tk-a",
        ),
        ("{name: tk-bad}", "apt-get install -- tk-bad"),
        ("{name: tk-rc}", "apt-get install -- tk-rc"),
        ("{name: tk-d, state: fixed}", "apt-get --fix-broken install -- tk-d"),
        ("{name: tk-ess}", "apt-get install -- tk-ess"),
        ("{name: tk-b, state: absent}", "apt-get remove -- tk-b"),
        ("{name: tk-bad, state: absent}", "apt-get remove -- tk-bad"),
        ("{name: tk-a, state: absent, autoremove: true}", "apt-get --auto-remove remove -- tk-a"),
        (
            "{name: [tk-b, tk-rc], state: absent, purge: true}",
            "apt-get --purge remove -- tk-b tk-rc",
        ),
        (
            "{name: tk-c, state: absent, allow_change_held_packages: true}",
            "apt-get --allow-change-held-packages remove -- tk-c",
        ),
        ("{upgrade: dist}", "apt-get dist-upgrade"),
        ("{upgrade: full, autoremove: true}", "apt-get --auto-remove dist-upgrade"),
        ("{upgrade: safe}", "apt-get --with-new-pkgs upgrade"),
        ("{name: \"*\", state: latest}", "apt-get --with-new-pkgs upgrade"),
        ("{name: tk-dep}", "+apt-mark -o DPkg::Lock::Timeout=60 manual tk-dep:amd64"),
    ];
    for (yaml, wanted) in table {
        assert_eq!(case(LOOK).does(yaml), [wanted], "{yaml}");
    }
    let both = case(LOOK).does("{name: [tk-dep, tk-d]}");
    let mark = "+apt-mark -o DPkg::Lock::Timeout=60 manual tk-dep:amd64";
    assert_eq!(both, [mark, "apt-get install -- tk-d"]);
    assert_eq!(case(LOOK).does("{name: tk-d, policy_rc_d: 101}"), ["101 apt-get install -- tk-d"]);
}

#[test]
fn failures_are_ansibles() {
    let table = [
        ("{name: nosuch}", "No package matching 'nosuch' is available"),
        ("{name: tk-a=9*}", "no available installation candidate for tk-a=9*"),
        ("{name: tk-a>=2}", "no available installation candidate for tk-a>=2"),
        ("{name: a=1=2}", "invalid package spec: a=1=2"),
        ("{name: tk-b-, state: present}", "No package matching 'tk-b-' is available"),
        ("{name: [\"*\", tk-a], state: latest}", "unable to install additional packages when"),
        ("{deb: /x.deb, state: absent}", "deb only supports state=present"),
        (
            "{deb: \"https://example.org/x.deb\"}",
            "deb: https://example.org/x.deb is not on the host",
        ),
        ("{name: a, upgrade: dist}", "parameters are mutually exclusive: deb|package|upgrade"),
        ("{name: a, nosuch: 1}", "Unsupported parameters: nosuch."),
        ("{name: tk-ess, fail_on_autoremove: true}", "'apt-get -y "),
        ("{name: tk-d, default_release: nosuch}", "'apt-get -y "),
        ("{name: tk-a, state: build-dep}", "'apt-get -y "),
    ];
    for (yaml, text) in table {
        let error = case(LOOK).run(yaml).unwrap_err();
        assert!(error.starts_with(text), "{yaml}: {error}");
    }
    let virtual_name = LOOK.replace("hi |tk-multi", "");
    let error = case(&virtual_name).run("{name: tk-multi}").unwrap_err();
    assert_eq!(error, "no available installation candidate for tk-multi");
    let error = case(LOOK).run("{name: tk-c, state: absent}").unwrap_err();
    assert!(error.ends_with("without --allow-change-held-packages.\n"), "{error}");
    let error = case(LOOK).run("{name: tk-needs}").unwrap_err();
    assert!(error.contains("you have held broken packages"), "{error}");
}

#[test]
fn patterns_stand_for_names() {
    let does = |yaml: &str| case(NAMES).does(yaml);
    assert_eq!(does("{name: \"zz*\"}"), ["! No package(s) matching 'zz*' available"]);
    assert_eq!(does("{name: \"tk-[bd]\", state: absent}"), ["apt-get remove -- tk-b"]);
    assert_eq!(
        does("{name: \"nosuch*\", state: absent}"),
        ["! No package(s) matching 'nosuch*' available"]
    );
    assert_eq!(does("{name: \"tk-[ab]\"}"), [""; 0]);
}

#[test]
fn package_files() {
    let broken = case(DEBS).run("{deb: /srv/repo/tk-a_1.1_all.deb}").unwrap_err();
    assert!(broken.starts_with("Unable to install package: dpkg-deb: error: "), "{broken}");
    let good = DEBS.split("file /srv/repo/Packages").next().unwrap().to_string()
        + "@packages"
        + DEBS.split("@packages").nth(1).unwrap();
    let yaml = "{deb: \"/srv/repo/tk-b_1.0_amd64.deb, /srv/repo/tk-a_1.1_all.deb\"}";
    assert_eq!(case(&good).does(yaml), ["apt-get install -- /srv/repo/tk-a_1.1_all.deb"]);
    let there = good.replace("tk-a|all|1.0", "tk-a|all|1.1");
    assert_eq!(case(&there).does(yaml), [""; 0]);
}

#[test]
fn lists_are_fetched_before_what_depends_on_them() {
    let fetch = "5 12 -q -o APT::Update::Error-Mode=any -o DPkg::Lock::Timeout=60";
    for yaml in [
        "{name: tk-d, update_cache: true}",
        "{name: nosuch, update_cache: true}",
        "{name: tk-b, state: latest, update_cache: true}",
        "{upgrade: dist, cache_valid_time: 5}",
    ] {
        let came = case(LOOK).run(yaml).unwrap();
        assert_eq!(
            came.plan.changes().map(said).collect::<Vec<_>>(),
            [format!("+{fetch}")],
            "{yaml}"
        );
        assert_eq!(came.plan.then, crate::spec::Then::LookAgain, "{yaml}");
        assert!(came.plan.has_work() && !came.plan.counts() && came.plan.uncertain.is_some());
        assert_eq!(field(&came.plan.fields, "cache_updated"), "True");
    }
    let alone = case(LOOK).run("{update_cache: true}").unwrap();
    assert_eq!(alone.plan.changes().map(said).collect::<Vec<_>>(), [fetch]);
    assert!(alone.plan.changes().all(|change| change.kind == ChangeKind::May));
    assert_eq!(field(&alone.fields, "cache_updated"), "True");
    assert_eq!(field(&alone.fields, "cache_update_time"), "1795423965");
    // Fetched 3 seconds ago.
    assert!(!case(NAMES).run("{cache_valid_time: 3600}").unwrap().seen_due);
    assert!(case(NAMES).run("{cache_valid_time: 2}").unwrap().seen_due);
    let mut fetched = case(LOOK);
    fetched.predict("{update_cache: true}");
    assert_eq!(fetched.does("{update_cache: true}"), [""; 0]);
    let came = fetched.run("{name: tk-d, update_cache: true}").unwrap();
    assert_eq!(came.plan.changes().map(said).collect::<Vec<_>>(), ["apt-get install -- tk-d"]);
    assert!(came.plan.uncertain.is_some());
    assert_eq!(field(&came.fields, "cache_updated"), "True");
    let unknown = fetched.does("{name: nosuch, update_cache: true}");
    assert_eq!(unknown, ["apt-get install -- nosuch"], "new lists may know it");
}

#[test]
fn fetched_files_are_cleaned() {
    let came = case(NAMES).run("{clean: true}").unwrap();
    assert_eq!(came.plan.changes().map(said).collect::<Vec<_>>(), ["apt-get clean"]);
    assert_eq!(field(&came.fields, "msg"), "");
    assert_eq!(case(LOOK).does("{clean: true}"), [""; 0]);
    let beside = case(NAMES).run("{clean: true, name: tk-a}").unwrap().plan;
    assert_eq!(beside.changes().map(said).collect::<Vec<_>>(), ["+apt-get clean"]);
    let mut cleaned = case(NAMES);
    cleaned.predict("{clean: true, name: tk-a}");
    assert_eq!(cleaned.does("{clean: true, name: tk-a}"), [""; 0]);
}

#[test]
fn a_check_run_remembers() {
    let mut host = case(LOOK);
    host.predict("{name: tk-d}");
    assert_eq!(host.does("{name: tk-d}"), [""; 0]);
    host.predict("{name: tk-a, state: latest}");
    assert_eq!(host.does("{name: tk-a, state: latest}"), [""; 0]);
    assert_eq!(host.does("{name: tk-a=1.1}"), [""; 0]);
    host.predict("{name: tk-ess}");
    assert_eq!(
        host.does("{name: tk-b, state: absent}"),
        [""; 0],
        "it went with the other's coming"
    );
    assert_eq!(
        host.does("{name: tk-b}"),
        ["apt-get install -- tk-b"],
        "apt itself thinks it is there"
    );
    host.predict("{name: tk-rc, state: absent, purge: true}");
    assert_eq!(host.does("{name: tk-rc, state: absent, purge: true}"), [""; 0]);
    host.predict("{name: tk-dep}");
    assert_eq!(host.does("{name: tk-dep}"), [""; 0]);
    host.predict("{name: tk-bad, state: absent}");
    assert_eq!(host.does("{name: tk-bad, state: absent}"), [""; 0]);
}

#[test]
fn results_are_ansibles() {
    let keys = |fields: &Fields| fields.keys().map(Key::json_text).collect::<Vec<_>>().join(" ");
    let run = |yaml: &str| case(LOOK).run(yaml).unwrap().fields;
    let same = run("{name: tk-a}");
    assert_eq!(keys(&same), "cache_updated cache_update_time");
    assert_eq!(field(&same, "cache_updated"), "False");
    let outputs = "stdout stdout_lines stderr stderr_lines";
    assert_eq!(keys(&run("{name: tk-d}")), format!("{outputs} cache_updated cache_update_time"));
    assert!(field(&run("{name: tk-d}"), "stdout").contains("Inst tk-d (1.0 localhost [amd64])"));
    assert_eq!(keys(&run("{name: tk-b, state: absent}")), outputs);
    assert_eq!(keys(&run("{name: nosuch, state: absent}")), "");
    assert_eq!(keys(&run("{upgrade: safe}")), format!("msg {outputs}"));
    assert_eq!(keys(&run("{autoremove: true}")), outputs);
    let shown = Case { diff: true, ..case(LOOK) }.run("{name: tk-a, state: latest}").unwrap();
    let prepared = shown.plan.diff[0].prepared.as_deref().unwrap();
    assert!(
        prepared.starts_with("The following packages will be upgraded:\n  tk-a\n"),
        "{prepared}"
    );
    assert!(prepared.ends_with("1 upgraded, 0 newly installed, 0 to remove and 0 not upgraded."));
}

#[test]
fn every_change_is_proved() {
    let platform = Platform { packages: Some(PackageManager::Apt), ..Platform::default() };
    let (inputs, world) = (Inputs::default(), World::default());
    let ctx = Ctx { platform: &platform, inputs: &inputs, world: &world, diff: false };
    let row = |row: &str| LOOK.replace("@provides", &format!("{row}\n@provides"));
    for (yaml, good) in [
        ("{name: tk-d}", row("ii |tk-d|amd64|1.0")),
        ("{name: tk-a=1.1}", LOOK.replace("tk-a|all|1.0", "tk-a|all|1.1")),
        ("{name: tk-bad}", LOOK.replace("iF |tk-bad", "ii |tk-bad")),
        ("{name: tk-b, state: absent}", LOOK.replace("ii |tk-b|", "rc |tk-b|")),
        ("{name: tk-b, state: absent}", LOOK.replace("ii |tk-b|amd64|1.0\n", "")),
        ("{name: tk-dep}", LOOK.replace("tk-dep:amd64", "")),
    ] {
        let args = Args::from_map(&arguments(yaml)).unwrap();
        let plan = case(LOOK).run(yaml).unwrap().plan;
        assert!(plan.has_work(), "{yaml}");
        for change in plan.changes() {
            let verify = |look: &str| {
                let seen = case(look).seen(&args, ctx).unwrap();
                State::verify(&Apt, &args, change, &seen, ctx)
            };
            assert_eq!(verify(&good), Ok(()), "{yaml}");
            assert!(verify(LOOK).is_err(), "{yaml}: nothing happened");
        }
    }
}

#[test]
fn a_failed_call_is_told_as_ansible_does() {
    let yaml = "{name: tk-d}";
    let args = Args::from_map(&arguments(yaml)).unwrap();
    let change = case(LOOK).run(yaml).unwrap().plan.changes().next().unwrap().clone();
    let answer =
        |err: &str| Answer { rc: 100, stdout: "out\n".into(), stderr: err.to_string().into() };
    let told = |err: &str| {
        let ran = Ran { change: change.clone(), answer: answer(err), backup: None };
        State::explain(&Apt, &args, &ran).unwrap()
    };
    assert_eq!(
        told("E: Unable to locate package tk-d\n").msg,
        "No package matching 'tk-d' is available"
    );
    let failure = told("E: Sub-process /usr/bin/dpkg returned an error code (1)\n");
    assert!(failure.msg.starts_with("'apt-get -y -o "), "{}", failure.msg);
    assert!(
        failure
            .msg
            .ends_with("' failed: E: Sub-process /usr/bin/dpkg returned an error code (1)\n")
    );
    assert_eq!(field(&failure.fields, "rc"), "100");
    assert_eq!(field(&failure.fields, "stdout"), "out\n");
    let update =
        case(LOOK).run("{update_cache: true}").unwrap().plan.changes().next().unwrap().clone();
    let ran = Ran { change: update, answer: answer("E: no network\n"), backup: None };
    let args = Args::from_map(&arguments("{update_cache: true}")).unwrap();
    let text = State::explain(&Apt, &args, &ran).unwrap().msg;
    assert_eq!(text, "Failed to update apt cache after 5 retries: E: no network");
}
