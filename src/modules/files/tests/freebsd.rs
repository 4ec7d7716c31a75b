//! Answers of a FreeBSD 13.2, and what real Ansible returned of the same files there.

use crate::base::{Map, Value};
use crate::modules;
use crate::spec::module::AnyState;
use crate::spec::{Answer, Ctx, Inputs, Look, Os, Platform, Run, World};

fn state(module: &str) -> &'static dyn AnyState {
    match modules::find(module).unwrap().run {
        Run::State(state) => state,
        _ => panic!("{module} is an action"),
    }
}

/// What a task returns of one answer, and what it would do.
fn told(module: &str, args: &[(&str, &str)], answer: &str) -> (Map, Vec<String>) {
    let args: Map = args.iter().map(|(k, v)| ((*k).into(), Value::from(*v))).collect();
    let state = state(module);
    let args = state.parse(&args).unwrap();
    let platform =
        Platform { os: Os::FreeBsd, user: "root".into(), umask: 0o022, ..Platform::default() };
    let (inputs, world) = (Inputs::default(), World::default());
    let ctx = Ctx { platform: &platform, inputs: &inputs, world: &world, diff: false };
    state.probe(&args, ctx).unwrap();
    let Look::Seen(seen) = state.read(&args, &[Answer::ok(answer.to_string())], ctx).unwrap()
    else {
        panic!("it asks more")
    };
    let plan = state.plan(&args, &seen, ctx).unwrap();
    let mut fields = plan.fields.clone();
    fields.extend(state.result(&args, &seen, None, &plan, &[]));
    (fields, plan.changes().map(|change| change.why.clone()).collect())
}

#[test]
fn stat_tells_what_only_freebsd_has() {
    let answer = "81a0|0640|7801|0|tku|wheel|8|1795409420.981471800|1795409424.266200000|1795409420.982442000|80866|45|1|8|32768|168430|0|3721181220|1795409391.477126000\nrw\n-\n-\n38ffd0b05376325c933e89ff8f0c2ccf1de05a01\n text/plain; charset=us-ascii\n\n";
    let (fields, _) = told("stat", &[("path", "/var/db/tk/f")], answer);
    let stat = &fields[&crate::base::Key::from("stat")];
    let wanted = [
        ("mode", "0640"),
        ("pw_name", "tku"),
        ("gr_name", "wheel"),
        ("birthtime", "1795409391.477126"),
        ("mtime", "1795409420.9814718"),
        ("atime", "1795409424.2662"),
        ("block_size", "32768"),
        ("blocks", "8"),
        ("disk_usage_bytes", "4096"),
        ("device_type", "168430"),
        ("flags", "0"),
        ("generation", "3721181220"),
        ("dev", "45"),
        ("checksum", "38ffd0b05376325c933e89ff8f0c2ccf1de05a01"),
        ("mimetype", "text/plain"),
        ("charset", "us-ascii"),
        ("attr_flags", ""),
        ("attributes", "[]"),
        ("version", "None"),
        ("readable", "True"),
        ("writeable", "True"),
        ("executable", "False"),
    ];
    for (name, value) in wanted {
        assert_eq!(stat.get(name).map(Value::text).as_deref(), Some(value), "{name}");
    }
}

#[test]
fn links_have_a_mode_of_their_own() {
    let answer = "/var/db/tk/l\nl|0755|0|7801|root|tkg|1|1795404040.7|1795404040.7|1795404040.7|3240|45|1|-|f\n/var/db/tk/l\n=\n/var/db/tk\n+\n-\n-\n-\n";
    let args = [("path", "/var/db/tk/l"), ("src", "f"), ("state", "link")];
    let (fields, changes) = told("file", &args, answer);
    assert_eq!(
        (
            fields[&crate::base::Key::from("mode")].text(),
            fields[&crate::base::Key::from("state")].text()
        ),
        ("0755".into(), "link".into())
    );
    assert!(changes.is_empty());
    let (_, changes) =
        told("file", &[args.as_slice(), &[("mode", "0700"), ("follow", "no")]].concat(), answer);
    assert_eq!(changes, ["set the mode of /var/db/tk/l"]);
}

#[test]
fn nobody_by_name_is_a_number() {
    let answer =
        "/t/h\n=\n/t/h\nf|600|12345|54321|(12345)|(54321)|6|1.0|1.0|1.0|9|45|1|-\n/t\n+\nx\n";
    let args = [("path", "/t/h"), ("line", "x"), ("owner", "12345"), ("group", "54321")];
    let (fields, changes) = told("lineinfile", &args, answer);
    assert_eq!((fields[&crate::base::Key::from("msg")].text(), changes.len()), (String::new(), 0));
}
