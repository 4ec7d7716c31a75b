//! Files of shell assignments.

use super::conf::Conf;
use super::list;
use super::*;
use crate::modules::services::tests::arguments;
use crate::spec::Content;
use crate::spec::{ArgStruct, Inputs, Platform, World};

fn value(text: &str, name: &str) -> Option<Option<String>> {
    Conf::parse(text.as_bytes()).unwrap().value(name)
}

fn known(text: &str, name: &str) -> String {
    value(text, name).unwrap().unwrap()
}

#[test]
fn f20_values_are_what_a_shell_makes_of_them() {
    for (text, wanted) in [
        ("v=\"a b\"", "a b"),
        ("v=a\\ b # c", "a b"),
        ("v='a \"q\" $x'", "a \"q\" $x"),
        ("v=\"a\\\"b\\$c\\`d\\\\e\\f\"", "a\"b$c`d\\e\\f"),
        ("v=\"a \"quoted\" b\"", "a quoted b"),
        ("v=\"one \\\ntwo\"", "one two"),
        ("v=\"line1\nline2\"", "line1\nline2"),
        ("  v=1;v=2", "2"),
        ("export v=\"5\"", "5"),
        ("b=x\nv=\"$b/${b}y\"", "x/xy"),
        ("v=a\nv=b prog\n", "a"),
        ("v=a\n#v=b", "a"),
        ("v=", ""),
        ("v=\"a\"'b'c", "abc"),
        ("v=100$", "100$"),
        ("kern.x=1\na-b=2\nv=1", "1"),
    ] {
        let ran = std::process::Command::new("dash")
            .args(["-c", &format!("{text}\nprintf %s \"$v\"")])
            .output()
            .unwrap();
        assert_eq!(known(text, "v"), wanted, "{text}");
        if !text.contains("prog") {
            assert_eq!(String::from_utf8_lossy(&ran.stdout), wanted, "{text}: the shell");
        }
    }
    for text in [
        "v=$unknown",
        "v=`date`",
        "v=$(date \"+%s )\")",
        "v=${x:-1}",
        "if a; then v=1; fi",
        "a && v=1",
    ] {
        assert_eq!(value(text, "v"), Some(None), "{text}");
    }
    assert_eq!(value("w=1", "v"), None);
    // What we write reads back as it was given.
    for given in ["a \"quoted\" b", "$HOME `id` $(id)", "it's \\ # ; & < > * |", ""] {
        let text = String::from_utf8(Conf::parse(b"w=1\n").unwrap().set("v", given)).unwrap();
        assert_eq!(known(&text, "v"), given, "{text}");
        let ran = std::process::Command::new("dash")
            .args(["-c", &format!("{text}\nprintf %s \"$v\"")])
            .output()
            .unwrap();
        assert_eq!(String::from_utf8_lossy(&ran.stdout), given, "{text}: the shell");
    }
    assert!(Conf::parse(b"v=\"a").is_err() && Conf::parse(b"v='a").is_err());
    assert!(Conf::parse(b"cat <<E\nv=1\nE\n").is_err());
}

#[test]
fn f22_only_what_is_meant_is_changed() {
    let set = |text: &str, name: &str, value: &str| {
        String::from_utf8(Conf::parse(text.as_bytes()).unwrap().set(name, value)).unwrap()
    };
    assert_eq!(set("x=\"1\"", "y", "2"), "x=\"1\"\ny=\"2\"\n");
    assert_eq!(set("", "y", ""), "y=\"\"\n");
    assert_eq!(set("y=1 # why\nz=2\n", "y", "3"), "y=\"3\" # why\nz=2\n");
    assert_eq!(set("y=\"a \\\nb\"\nz=2\n", "y", "3"), "y=\"3\"\nz=2\n");
    assert_eq!(set("if a; then y=1; fi\n", "y", "3"), "if a; then y=1; fi\ny=\"3\"\n");
    assert_eq!(set("f() {\n y=1\n}\n", "y", "3"), "f() {\n y=1\n}\ny=\"3\"\n");
    assert_eq!(
        set("case $a in\nb) y=1 ;;\nesac\ny=2\n", "y", "3"),
        "case $a in\nb) y=1 ;;\nesac\ny=\"3\"\n"
    );
    let remove = |text: &str| Conf::parse(text.as_bytes()).unwrap().remove("y");
    let text = |text: &str| String::from_utf8(remove(text).unwrap()).unwrap();
    assert_eq!(text("a=1\ny=1 # b\n  y=\"2\n3\"\nexport y=4\nz=1"), "a=1\nz=1");
    assert_eq!(text("y=1; z=2\na=1; y=3\n"), "z=2\na=1; \n");
    assert!(remove("[ -f /x ] && y=1\n").is_err());
}

#[test]
fn f18_f21_lists() {
    assert_eq!(list::with("", "lo1", " "), "lo1");
    assert_eq!(list::with("a  b", "c", " "), "a  b c");
    assert_eq!(list::with("a b", "b c", " "), "a b c");
    assert_eq!(list::with("e", "-v", " "), "e -v");
    assert_eq!(list::with("a,b", "c", ","), "a,b,c");
    assert_eq!(list::without("a b c b", "b", " "), "a c");
    assert_eq!(list::without("a  b", "x", " "), "a  b");
    assert_eq!(list::without("a", "a", " "), "");
}

fn plan(
    yaml: &str,
    file: Option<&str>,
    default: &str,
) -> Result<(Option<String>, Fields), Failure> {
    let args = Args::from_map(&arguments(yaml)).unwrap();
    let platform = Platform { os: Os::FreeBsd, ..Platform::default() };
    let (inputs, world) = (Inputs::default(), World::default());
    let ctx = Ctx { platform: &platform, inputs: &inputs, world: &world, diff: false };
    Sysrc.probe(&args, ctx)?;
    let block = |text: &str| format!("{}\n{text}\n", text.len());
    let stat = format!("f|644|0|0|root|wheel|1|1|1|1|7|8|1|{}", "a".repeat(40));
    let answer = match file {
        Some(text) => block(&stat) + &block(text) + &block(default),
        None => block("-") + "-\n" + &block(default),
    };
    let answers = [Answer::ok(answer)];
    let Look::Seen(seen) = Sysrc.read(&args, &answers, ctx)? else { panic!("asks") };
    let plan = Sysrc.plan(&args, &seen, ctx)?;
    let text = plan.changes().next().map(|change| match &change.op {
        Op::WriteFile(file) => match &file.content {
            Content::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
            Content::File(_) => panic!("a file"),
        },
        other => panic!("{other:?}"),
    });
    Ok((text, Sysrc.result(&args, &seen, None, &plan, &[])))
}

#[test]
fn states_and_results() {
    let text = |yaml: &str, file: &str| plan(yaml, Some(file), "").unwrap().0;
    assert_eq!(text("{name: a, value: 1}", "a=\"1\"\n"), None);
    assert_eq!(text("{name: a, state: absent}", "b=1\n"), None);
    assert_eq!(text("{name: a, value: x, state: value_absent}", "b=1\n"), None);
    assert_eq!(
        text("{name: a, value: x, state: value_absent}", "a=\"x y\"\n").unwrap(),
        "a=\"y\"\n"
    );
    assert_eq!(
        text("{name: a, value: x, state: value_present, delim: ','}", "a=y\n").unwrap(),
        "a=\"y,x\"\n"
    );
    let value =
        |yaml: &str, file: &str| plan(yaml, Some(file), "").unwrap().1[&Key::from("value")].text();
    assert_eq!(value("{name: a}", "a='b c'\n"), "b c");
    assert_eq!(value("{name: a, state: value_present}", "a='b c'\n"), "['b', 'c']");
    assert_eq!(value("{name: a, state: absent}", "a=1\n"), "None");
    // An item joins what the system has by default, as sysrc does it.
    let yaml = "{name: devfs_rulesets, value: /x, state: value_present}";
    let (made, _) =
        plan(yaml, None, "devfs_rulesets=\"/etc/defaults/devfs.rules\" # why\n").unwrap();
    assert_eq!(made.unwrap(), "devfs_rulesets=\"/etc/defaults/devfs.rules /x\"\n");
    // F-18, F-21: nothing would change, and nothing is made of a name that is not set.
    assert_eq!(text("{name: a, value: x, state: value_present}", "a=\"x y\"\n"), None);
    let computed = plan("{name: a, value: x, state: value_present}", Some("a=\"$b c\"\n"), "");
    assert!(computed.unwrap_err().msg.contains("computes"));
}

#[test]
fn f17_a_file_is_what_is_in_it() {
    let silent = "{name: cron_enable, path: /boot/loader.conf, value: \"YES\"}";
    let default = "cron_enable=\"YES\"\n";
    let (text, _) = plan(silent, Some("console=\"x\"\n"), default).unwrap();
    assert_eq!(text.unwrap(), "console=\"x\"\ncron_enable=\"YES\"\n");
}

#[test]
fn f23_a_file_that_no_shell_reads_is_left_alone() {
    let error = plan("{name: a, value: 1}", Some("a=\"1\nb=2\n"), "").unwrap_err();
    assert!(error.msg.starts_with("/etc/rc.conf: "), "{}", error.msg);
}

#[test]
fn f19_names_that_are_none() {
    for (yaml, text) in [
        ("{name: a-b, value: 1}", "Name may only contain alpha-numeric and underscore characters"),
        (
            "{name: kern.x, value: 1}",
            "Name may only contain alpha-numeric and underscore characters",
        ),
        ("{name: 1a, value: 1}", "Name must not begin with a digit: 1a"),
        ("{name: a, value: \"1\\n2\"}", "the value of a must be one line"),
    ] {
        assert_eq!(plan(yaml, None, "").unwrap_err().msg, text);
    }
}
