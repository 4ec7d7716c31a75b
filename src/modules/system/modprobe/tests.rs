//! A modprobe that keeps what it loaded, and files of a directory of ours.

use super::*;
use crate::modules::tests::replay::Replay;

fn host() -> (Replay, Modprobe) {
    let host = Replay::linux(&[], "");
    host.tool("modprobe", "#!/bin/sh\nexit 0\n");
    let dir = |name: &str| {
        std::fs::create_dir(host.path(name)).unwrap();
        &*Box::leak(host.path(name).into_boxed_str())
    };
    let module = Modprobe { load: dir("load"), options: dir("options") };
    (host, module)
}

#[test]
fn a_module_is_loaded_with_its_parameters() {
    let (mut host, module) = host();
    let args = "{name: tank-none, params: \"a=1 'b=2 3'\"}";
    assert_eq!(host.todo(&module, args), ["modprobe tank-none a=1 b=2 3"]);
    host.predict(&module, args);
    assert_eq!(host.todo(&module, args), [""; 0]);
    assert_eq!(host.todo(&module, "{name: tank-none, state: absent}"), ["modprobe -r tank-none"]);
    let (_, fields) = host.plan(&module, args).unwrap();
    let of = |name: &str| fields[&Key::from(name)].text();
    assert_eq!(
        (of("name"), of("params"), of("state")),
        ("tank-none".into(), "a=1 'b=2 3'".into(), "present".into())
    );
    for name in ["''", "a/b", "-r", "'a b'"] {
        assert!(host.plan(&module, &format!("{{name: {name}}}")).is_err());
    }
    assert!(host.plan(&module, "{name: a, params: \"'x\"}").is_err());
}

/// What the files would hold.
fn files(host: &Replay, module: &Modprobe, args: &str) -> Vec<(String, String)> {
    let (plan, _) = host.plan(module, args).unwrap();
    let told = |diff: &crate::spec::Diff| {
        let path = diff.after_header.clone().unwrap_or_default().replace(&host.path(""), "");
        (path, diff.after.as_ref().map(Value::text).unwrap_or_default())
    };
    plan.diff.iter().map(told).collect()
}

#[test]
fn it_is_loaded_at_boot_as_ansibles_module_has_it() {
    let (mut host, module) = host();
    let own = |pairs: &[(&str, &str)]| {
        pairs.iter().map(|(path, text)| (path.to_string(), text.to_string())).collect::<Vec<_>>()
    };
    let args = "{name: dummy, state: absent, params: a=1 b=2, persistent: present}";
    let new = [
        ("load/dummy.conf", "dummy\n"),
        ("options/dummy.conf", "options dummy a=1\noptions dummy b=2\n"),
    ];
    assert_eq!(files(&host, &module, args), own(&new));
    host.write("load/all.conf", "loop\ndummy # ours\n");
    host.write("options/x.conf", "options dummy a=1\noptions loop c=1\n");
    let new = [("options/x.conf", "#options dummy a=1\noptions loop c=1\n"), new[1]];
    assert_eq!(files(&host, &module, args), own(&new));
    let absent = "{name: dummy, state: absent, persistent: absent}";
    let gone = [
        ("load/all.conf", "loop\n#dummy # ours\n"),
        ("options/x.conf", "#options dummy a=1\noptions loop c=1\n"),
    ];
    assert_eq!(files(&host, &module, absent), own(&gone));
    host.predict(&module, args);
    assert_eq!(files(&host, &module, args), own(&[]), "a check run remembers");
    let left = "{name: dummy, state: absent}";
    assert_eq!(files(&host, &module, left), own(&[]));
}
