//! Answers of kldstat as they were recorded.

use super::*;
use crate::modules::tests::replay::Replay;
use crate::spec::World;

const RECORDED: &str = include_str!("../../../../tests/fixtures/probe/kld/freebsd.txt");

fn host(recorded: &str) -> Replay {
    let host = Replay::freebsd(&["kldstat", "dmesg", "sysctl"], recorded);
    std::fs::create_dir(host.path("kernel")).unwrap();
    host.write("kernel/fdescfs.ko", "");
    let path = format!("$ sysctl -n kern.module_path\n{};/nosuch\n--rc 0--\n", host.path("kernel"));
    host.write("bin/recorded", &format!("{recorded}\n{path}"));
    host
}

#[test]
fn files_and_modules_of_the_kernel_are_told_apart() {
    let host = host(RECORDED);
    for (name, loaded) in
        [("nmdm", "file"), ("if_tuntap", "kernel"), ("coretemp", "kernel"), ("fdescfs", "")]
    {
        let (plan, fields) = host.plan(&Kld, &format!("{{name: {name}}}")).unwrap();
        assert_eq!(fields[&Key::from("loaded")].text(), loaded, "{name}");
        assert_eq!(plan.has_work(), loaded.is_empty(), "{name}");
    }
    assert_eq!(host.todo(&Kld, "{name: fdescfs}"), ["kldload -n fdescfs"]);
    assert_eq!(host.todo(&Kld, "{name: nmdm, state: absent}"), ["kldunload nmdm"]);
    let kernel = host.refusal(&Kld, "{name: if_tuntap, state: absent}");
    assert_eq!(kernel, "if_tuntap is part of the kernel: it cannot be unloaded");
    let missing = host.refusal(&Kld, "{name: nosuch}");
    assert_eq!(missing, "kldload: can't load nosuch: No such file or directory");
}

#[test]
fn f33_what_kldload_and_kldunload_say_is_not_taken_for_truth() {
    let host = host(RECORDED);
    assert_eq!(
        host.refusal(&Kld, "{name: kernel, state: absent}"),
        "the kernel cannot be unloaded"
    );
    let (plan, _) = host.plan(&Kld, "{name: vmm}").unwrap();
    assert!(
        plan.warnings[0].ends_with("MOD_LOAD (vmm, 0xffffffff82004300, 0) error 6"),
        "{plan:?}"
    );
    // Before it was loaded the kernel had not said so.
    let before = RECORDED.replace(
        "$ kldstat -q -n vmm\n--rc 0--",
        "$ kldstat -q -n vmm\n--rc 1--\n\n$ kldstat -q -m vmm\n--rc 1--",
    );
    let before =
        before.lines().filter(|line| !line.contains("MOD_LOAD")).collect::<Vec<_>>().join("\n");
    let fresh = self::host(&before);
    fresh.write("kernel/vmm.ko", "");
    let (plan, _) = fresh.plan(&Kld, "{name: vmm}").unwrap();
    let load = plan.changes().next().unwrap();
    let wrong = host.proves(&Kld, "{name: vmm}", load).unwrap_err();
    assert!(wrong.starts_with("it is loaded and does not work: "), "{wrong}");
    let wrong = fresh.proves(&Kld, "{name: vmm}", load).unwrap_err();
    assert_eq!(wrong, "it is not loaded");
}

/// A plan on files of these contents: rc.conf, rc.conf.local, loader.conf.
fn boot(args: &str, files: [&str; 3]) -> Result<Vec<(String, String)>, Failure> {
    let block = |text: &str| format!("{}\n{text}\n", text.len());
    let mut answer = String::new();
    for (what, text) in [("tool", "/sbin/kldstat"), ("file", ""), ("errors", "")] {
        answer += &(block(what) + &block("0") + &block(text));
    }
    let all = ["/etc/rc.conf", "/etc/rc.conf.local", LOADER];
    for (path, text) in all.iter().zip(files) {
        let sum = crate::spec::Input::bytes(text.to_string()).sha1;
        let line = format!("f|644|0|0|root|wheel|{}|1|1|1|1|1|1|{sum}", text.len());
        answer += &(block(&format!("file {path}")) + &block(&line) + &block(text));
    }
    let host = Replay::freebsd(&[], "");
    let map = crate::modules::services::tests::arguments(args);
    let args = <Args as crate::spec::ArgStruct>::from_map(&map).unwrap();
    let inputs = crate::spec::Inputs::default();
    let ctx =
        Ctx { platform: &host.platform, inputs: &inputs, world: &World::default(), diff: true };
    let Look::Seen(seen) = Kld.read(&args, &[Answer::ok(answer)], ctx)? else { panic!() };
    let plan = Kld.plan(&args, &seen, ctx)?;
    let told = |diff: &crate::spec::Diff| {
        let text = |value: &Option<Value>| value.as_ref().map(Value::text).unwrap_or_default();
        (diff.after_header.clone().unwrap_or_default(), text(&diff.after))
    };
    assert_eq!(plan.changes().count(), plan.diff.len());
    Ok(plan.diff.iter().map(told).collect())
}

#[test]
fn it_is_loaded_at_boot_by_rc_conf_or_the_loader() {
    let list = "{name: nmdm, persistent: kld_list}";
    let at = |path: &str, text: &str| vec![(path.to_string(), text.to_string())];
    let none = Vec::<(String, String)>::new();
    let rc = "kld_list=\"if_bridge /boot/modules/nmdm.ko\" # c\n";
    assert_eq!(boot(list, ["", "", ""]).unwrap(), at("/etc/rc.conf", "kld_list=\"nmdm\"\n"));
    assert_eq!(boot(list, [rc, "", ""]).unwrap(), none, "its file is listed");
    let local = boot(list, [rc, "kld_list=\"vmm\"\n", ""]).unwrap();
    assert_eq!(local, at("/etc/rc.conf.local", "kld_list=\"vmm nmdm\"\n"), "the file that counts");
    let loader = "{name: nmdm, persistent: loader}";
    assert_eq!(boot(loader, ["", "", "a=1\n"]).unwrap(), at(LOADER, "a=1\nnmdm_load=\"YES\"\n"));
    assert_eq!(boot(loader, ["", "", "nmdm_load=YES\n"]).unwrap(), none);
    let absent = "{name: nmdm, persistent: absent}";
    let both = boot(absent, [rc, "", "nmdm_load=\"YES\"\nb=1\n"]).unwrap();
    let wanted = [("/etc/rc.conf", "kld_list=\"if_bridge\" # c\n"), (LOADER, "b=1\n")];
    assert_eq!(both, wanted.map(|(path, text)| (path.to_string(), text.to_string())));
    assert_eq!(boot(absent, ["kld_list=nmdm\n", "", ""]).unwrap(), at("/etc/rc.conf", ""));
    assert!(boot(list, ["kld_list=\"$x\"\n", "", ""]).is_err(), "the shell computes it");
}

#[test]
fn names_are_those_of_files() {
    let host = host(RECORDED);
    for name in ["''", "nmdm.ko", "/boot/kernel/nmdm", "-n", "'a b'", "a;b"] {
        assert!(host.plan(&Kld, &format!("{{name: {name}}}")).is_err(), "{name}");
    }
}

#[test]
fn a_check_run_remembers() {
    let mut host = host(RECORDED);
    host.predict(&Kld, "{name: fdescfs}");
    assert_eq!(host.todo(&Kld, "{name: fdescfs}"), [""; 0]);
    host.predict(&Kld, "{name: nmdm, state: absent}");
    assert_eq!(host.todo(&Kld, "{name: nmdm, state: absent}"), [""; 0]);
}
