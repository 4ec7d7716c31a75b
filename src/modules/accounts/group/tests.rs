//! Answers of both systems: recorded on Linux, assembled from transcripts for FreeBSD.

use super::*;
use crate::modules::accounts::tests::arguments;
use crate::spec::{ArgStruct, Inputs, Platform, World};

fn plan(os: Os, answer: &str, yaml: &str) -> Result<(Plan, Fields), Failure> {
    let args = Args::from_map(&arguments(yaml)).unwrap();
    let platform = Platform { os, tools: vec!["groupadd".into()], ..Platform::default() };
    let (inputs, world) = (Inputs::default(), World::default());
    let ctx = Ctx { platform: &platform, inputs: &inputs, world: &world, diff: false };
    State::probe(&GroupModule, &args, ctx)?;
    let answers = [Answer::ok(answer.as_bytes().to_vec())];
    let Look::Seen(seen) = State::read(&GroupModule, &args, &answers, ctx)? else { panic!("asks") };
    let plan = State::plan(&GroupModule, &args, &seen, ctx)?;
    let fields = State::result(&GroupModule, &args, &seen, None, &plan, &[]);
    Ok((plan, fields))
}

fn does(os: Os, answer: &str, yaml: &str) -> String {
    let plan = plan(os, answer, yaml).unwrap().0;
    let text = |change: &Change| match &change.op {
        Op::Run(command) => command.argv.join(" "),
        other => panic!("{other:?}"),
    };
    plan.changes().map(text).collect::<Vec<_>>().join("; ")
}

#[test]
fn commands_of_both_systems() {
    let (l, f) = (Os::Linux, Os::FreeBsd);
    let table = [
        (l, "", "{name: tg}", "groupadd tg"),
        (l, "", "{name: tg, gid: 7801, system: true}", "groupadd -g 7801 -r tg"),
        (l, "", "{name: tg, gid_min: 5, gid_max: 9}", "groupadd -K GID_MIN=5 -K GID_MAX=9 tg"),
        (l, "tg:x:7801:", "{name: tg}", ""),
        (l, "tg:x:7801:", "{name: tg, gid: 7801}", ""),
        (l, "tg:x:7801:", "{name: tg, gid: 0, non_unique: true}", "groupmod -g 0 -o tg"),
        (l, "tg:x:7801:", "{name: tg, state: absent, force: true}", "groupdel -f tg"),
        (l, "tg:x:7801:", "{name: 7801, state: absent}", ""),
        (f, "", "{name: tkg, gid: 7801}", "pw groupadd tkg -g 7801"),
        (f, "tkg:*:7801:", "{name: tkg, gid: 7801}", ""),
        (f, "tkg:*:7801:", "{name: tkg, gid: 5}", "pw groupmod tkg -g 5"),
        (f, "tkg:*:7801:", "{name: tkg, state: absent}", "pw groupdel tkg"),
        (f, "", "{name: tkg, state: absent}", ""),
    ];
    for (os, answer, yaml, wanted) in table {
        assert_eq!(does(os, answer, yaml), wanted, "{yaml}");
    }
    let error = plan(f, "tkg:*:7801:", "{name: tkg, state: absent, force: true}").unwrap_err();
    assert_eq!(error.msg, "The force option is not supported for group deletion on this platform.");
    assert!(plan(f, "", "{name: tkg, gid_min: 3}").is_err());
    assert!(plan(l, "", "{name: -r}").is_err());
}

#[test]
fn results_are_ansibles() {
    let (_, fields) = plan(Os::FreeBsd, "tkg:*:7801:", "{name: tkg, gid: 7801}").unwrap();
    let names: Vec<String> =
        fields.iter().map(|(k, v)| format!("{}={}", k.json_text(), v.text())).collect();
    assert_eq!(names, ["name=tkg", "state=present", "system=False", "gid=7801"]);
    assert!(plan(Os::Linux, "", "{name: tkg}").unwrap().1.is_empty(), "as Ansible in check mode");
    assert_eq!(plan(Os::Linux, "", "{name: tkg, state: absent}").unwrap().1.len(), 2);
}
