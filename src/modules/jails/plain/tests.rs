use super::super::tests::Bench;
use super::*;
use crate::spec::ArgStruct;

const PLAIN: &JailConf = &JailConf;
/// Recorded (jail.txt).
const FILE: &str = "# global\nexec.start = \"/bin/sh -c 'echo starting'\";\nexec.stop = \"/bin/sh -c 'echo stopping'\";\n\
    exec.clean;\nmount.devfs;\npersist;\npath = \"/jails/$name\";\nhost.hostname = \"$name.example\";\n\n\
    web { ip4.addr = \"lo0|127.0.1.1/32\"; $x = \"val\"; exec.prestart = \"echo pre $x > /tmp/pre\"; }\n\
    web2 { ip4 = inherit; depend = web; }\n\
    db { ip4 = disable; allow.raw_sockets; devfs_ruleset = 4; exec.poststop += \"echo 'post one'\"; exec.poststop += \"echo 'post two'\"; }\n";

fn host() -> Bench {
    let bench = Bench::new(&["jail"], "");
    bench.host.write("jail.conf", FILE);
    bench.run(&[(12, "web", "127.0.1.1", false)]);
    bench
}

#[test]
fn blocks_are_changed_and_others_stay() {
    let host = host();
    let args = |rest: &str| format!("{{path: @/jail.conf, {rest}}}").replace("@/", "@");
    let same = "name: db, params: {allow.raw_sockets: true, devfs_ruleset: 4, exec.poststop: [\"echo 'post one'\", \"echo 'post two'\"]}";
    assert_eq!(host.todo(PLAIN, &args(same)), [""; 0]);
    let text =
        host.text(PLAIN, &args("name: db, params: {devfs_ruleset: 5, allow.raw_sockets: null}"));
    assert_eq!(
        text,
        FILE.replace("devfs_ruleset = 4", "devfs_ruleset = 5").replace(" allow.raw_sockets;", " ")
    );
    let new = "name: git, state: started, params: {ip4: inherit, persist: true}";
    let text = host.text(PLAIN, &args(new));
    assert_eq!(text, format!("{FILE}git {{\n  ip4 = inherit;\n  persist;\n}}\n"));
    assert_eq!(host.todo(PLAIN, &args(new))[1], "jail_conf_act @/jail.conf git up");
    let gone = host.todo(PLAIN, &args("name: web, state: absent"));
    assert_eq!(gone, ["jail_conf_act @/jail.conf web down", "write @/jail.conf"]);
    assert_eq!(host.todo(PLAIN, &args("name: we, state: absent")), [""; 0]);
    let none = host.refusal(PLAIN, &args("name: we"));
    assert_eq!(none, "there is no jail we in @/jail.conf, and no params to make one");
}

#[test]
fn f64_what_runs_is_what_jls_shows() {
    let host = host();
    let args =
        |name: &str, state: &str| format!("{{path: @jail.conf, name: {name}, state: {state}}}");
    assert_eq!(host.todo(PLAIN, &args("web", "started")), [""; 0]);
    assert_eq!(host.todo(PLAIN, &args("web2", "started")), ["jail_conf_act @/jail.conf web2 up"]);
    assert_eq!(host.todo(PLAIN, &args("web2", "stopped")), [""; 0]);
    host.run(&[(12, "web", "127.0.1.1", true)]);
    let (plan, _) = host.plan(PLAIN, &args("web", "started")).unwrap();
    assert_eq!(plan.changes().count(), 1);
    assert_eq!(plan.warnings, ["web is dying: something still holds it"]);
}

#[test]
fn f63_what_jail_says_beside_its_code_counts() {
    let host = host();
    let args = "{path: @jail.conf, name: web, params: {mount.fdescfs: true}}";
    let (plan, _) = host.plan(PLAIN, args).unwrap();
    let Op::WriteFile(file) = &plan.changes().next().unwrap().op else { panic!() };
    let command = file.validate.clone().unwrap();
    // Recorded (jail.txt): the second has a variable that nobody sets, the third lacks a semicolon.
    let recorded = "$ jail -f /1 -e ,\nname=web,path=/jails/web,nosuchparam=1,persist\n--rc 0--\n\n\
        $ jail -f /2 -e ,\nname=web,path=/x,persist\n--stderr--\njail: web: path: variable \"undef\" not found\n--rc 0--\n\n\
        $ jail -f /3 -e ,\n--stderr--\njail: /3 line 2: syntax error at or near \"persist\"\n--rc 1--\n";
    let tools = crate::modules::tests::replay::Replay::freebsd(&["jail"], recorded);
    for shell in ["dash", "bash", "mksh", "busybox"] {
        for (file, said) in
            [("/1", ""), ("/2", "variable \"undef\" not found"), ("/3", "syntax error")]
        {
            let text = command.replace("%%", "\0").replace("%s", file).replace('\0', "%");
            let words = if shell == "busybox" { vec!["sh", "-c"] } else { vec!["-c"] };
            let ran = std::process::Command::new(shell)
                .args(words)
                .arg(&text)
                .env("PATH", format!("{}:/usr/bin:/bin", tools.path("bin")))
                .output()
                .unwrap();
            let told = String::from_utf8_lossy(&ran.stderr).into_owned();
            assert_eq!(ran.status.success(), said.is_empty(), "{shell} {file}: {told}");
            assert!(told.contains(said), "{shell} {file}: {told}");
        }
    }
    // Whether it runs is what jls shows afterwards, whatever `jail -c` returned.
    let start = "{path: '@jail.conf', name: web2, state: started}";
    let (plan, _) = host.plan(PLAIN, start).unwrap();
    let change = plan.changes().next().unwrap();
    let args = Args::from_map(&crate::modules::services::tests::arguments(start)).unwrap();
    let seen = Seen { file: Kept::default(), block: None, runs: None, dying: false };
    let inputs = crate::spec::Inputs::default();
    let ctx = Ctx {
        platform: &host.host.platform,
        inputs: &inputs,
        world: &host.host.world,
        diff: false,
    };
    let proof = PLAIN.verify(&args, change, &seen, ctx);
    assert_eq!(proof, Err("web2 does not run".to_string()));
}

#[test]
fn f61_a_file_that_jail_cannot_read_is_told_with_its_line() {
    let host = host();
    host.host.write("jail.conf", "web {\n  path = \"/jails/web\"\n  persist;\n}\n");
    let refusal = host.refusal(PLAIN, "{path: @jail.conf, name: web, params: {persist: true}}");
    assert_eq!(refusal, "@/jail.conf: line 3: syntax error");
    host.host.write("jail.conf", "web { persist; }\nweb { host.hostname = second; }\n");
    let two = host.refusal(PLAIN, "{path: @jail.conf, name: web, params: {persist: true}}");
    assert_eq!(two, "@/jail.conf has two blocks of web");
    for name in ["a.b", "'123'", "'-'", "'a b'", "''", "'$x'"] {
        assert!(
            host.plan(PLAIN, &format!("{{path: @jail.conf, name: {name}, state: absent}}"))
                .is_err(),
            "{name}"
        );
    }
}
