//! Answers as they were recorded, and the probes in all shells.

use super::*;
use crate::base::{Map, Source, yaml};
use crate::connection::shell::tests::SHELLS;
use crate::modules::tests::desk::Desk;
use crate::spec::{ArgStruct, Change, Ctx, Fields, Inputs, Look, Op, Plan, Platform, State, World};

/// Recorded on FreeBSD 13.
pub const ALL: &str = include_str!("../../../tests/fixtures/probe/zfs/freebsd/get-all");
/// A volume on the same.
pub const VOLUME: &str = include_str!("../../../tests/fixtures/probe/zfs/freebsd/get-volume");
/// Properties of a pool on the same.
pub const POOL: &str = include_str!("../../../tests/fixtures/probe/zfs/freebsd/zpool-get");
/// Devices of three pools on the same.
pub const STATUS: &str = include_str!("../../../tests/fixtures/probe/zfs/freebsd/status");
/// Rights on the same.
pub const ALLOW: &str = include_str!("../../../tests/fixtures/probe/zfs/freebsd/allow");
/// Everything of a pool of zfs-fuse.
pub const LISTING: &str = include_str!("../../../tests/fixtures/probe/zfs/fuse/listing");

/// What stands on stderr of something that is not there.
pub fn missing(name: &str) -> String {
    format!("cannot open '{name}': dataset does not exist\n")
}

/// The answer of a probe that was told these: what, code, text, error.
pub fn answer(told: &[(&str, i32, &str, &str)]) -> Answer {
    let block = |text: &str| format!("{}\n{text}\n", text.len());
    let out =
        told.iter().map(|(what, rc, text, _)| block(what) + &block(&rc.to_string()) + &block(text));
    let errors: String =
        told.iter().map(|(what, _, _, error)| format!("@{what}\n{error}")).collect();
    Answer { stderr: errors.into(), ..Answer::ok(out.collect::<String>()) }
}

/// Looks and plans; further answers are asked for.
pub fn plan<M: State>(
    module: &M,
    arguments: &str,
    answers: &[Answer],
    world: &World,
) -> Result<(Plan, Fields), Failure> {
    let loaded = yaml::load(arguments, &Source::described("test")).unwrap();
    let map: Map = loaded.value.as_map().unwrap().clone();
    let args = M::Args::from_map(&map).map_err(|error| Failure::new(error.to_string()))?;
    let (platform, inputs) = (Platform::default(), Inputs::default());
    let ctx = Ctx { platform: &platform, inputs: &inputs, world, diff: true };
    module.probe(&args, ctx)?;
    let mut given = 1;
    let seen = loop {
        match module.read(&args, &answers[..given], ctx)? {
            Look::Seen(seen) => break seen,
            Look::Ask(_) => given += 1,
        }
    };
    assert_eq!(given, answers.len(), "answers that nobody asked for");
    let plan = module.plan(&args, &seen, ctx)?;
    let fields = module.result(&args, &seen, None, &plan, &[]);
    Ok((plan, fields))
}

/// The commands of a plan.
pub fn commands(plan: &Plan) -> Vec<String> {
    let text = |change: &Change| match &change.op {
        Op::Run(command) => command.argv.join(" "),
        Op::Script(probe) => format!("{} {}", probe.name, probe.words.join(" ")),
        other => panic!("{other:?}"),
    };
    plan.changes().map(text).collect()
}

#[test]
fn names_are_taken_apart() {
    assert!(snapshot_name("tank/a@b").is_ok());
    for bad in ["tank/a", "tank/a@", "tank/a@b@c", "tank/a#b", "tank/a@b%c", "@b", "-r@b"] {
        assert!(snapshot_name(bad).is_err(), "{bad}");
    }
    let many: Vec<String> = (0..25).map(|n| n.to_string()).collect();
    assert!(list(&many).ends_with("18, 19 and 5 more"));
}

#[test]
fn tags_and_clones_are_read() {
    let said = "t/a@s\tkeep\tSun Nov 22 05:17 2026\nt/a@s\tother\tSun Nov 22 05:18 2026\n";
    let tags = holds(&answer(&[("holds", 0, said, "")])).unwrap();
    assert_eq!(held("t/a@s", &tags), "t/a@s (keep, other)");
    let broken = holds(&answer(&[("holds", 255, "", "internal error\n")])).unwrap();
    assert_eq!((held("t/a@s", &broken).as_str(), broken), ("t/a@s", None));
    let origins = clones("t\t-\nt/c\tt/a@s\nt/d\tt/a@s\n");
    assert_eq!(origins["t/a@s"], ["t/c", "t/d"]);
}

/// A `zfs` and a `zpool` that answer as they did on FreeBSD.
fn recorded() -> Vec<(&'static str, String)> {
    let cat = |text: &str| format!("cat <<'END'\n{text}END\n");
    let pool = STATUS.split("  pool: ").nth(1).unwrap();
    let zfs = format!(
        "#!/bin/sh\ncase \"$*\" in\n\
         *'all tank/new tank')\n{}printf \"cannot open 'tank/new': dataset does not exist\\n\" >&2\nexit 1 ;;\n\
         *'all tank') {} ;;\n\
         *'-o name tank') echo tank ;;\n\
         'list -H -o name tank/none') printf \"cannot open 'tank/none': dataset does not exist\\n\" >&2; exit 1 ;;\n\
         'allow tank/b') {} ;;\n\
         'get -H -o name,property,value used tank') printf 'tank\\tused\\t1K\\n' ;;\n\
         'get '*'@s1') {} ;;\n\
         *) echo \"unexpected: $*\" >&2; exit 2 ;;\nesac\n",
        cat(ALL),
        cat(ALL),
        cat(ALLOW),
        cat(
            "tank@s1\ttype\tsnapshot\t-\ntank@s1\tguid\t77\t-\ntank@s1\tcreatetxg\t5\t-\ntank@s1\tcreation\t6\t-\ntank@s1\tused\t0\t-\ntank@s1\tuserrefs\t0\t-\n"
        ),
    );
    let zpool = format!(
        "#!/bin/sh\ncase \"$*\" in\n\
         'get -Hp '*' tank') {} ;;\n\
         'status -P tank') {} ;;\n\
         *) echo \"unexpected: $*\" >&2; exit 2 ;;\nesac\n",
        cat(POOL),
        cat(&format!("  pool: {pool}")),
    );
    vec![("zfs", zfs), ("zpool", zpool)]
}

#[tokio::test]
async fn probes_answer_alike_in_all_shells() {
    let tools = recorded();
    let tools: Vec<(&str, &str)> =
        tools.iter().map(|(name, text)| (*name, text.as_str())).collect();
    for shell in SHELLS {
        let mut desk = Desk::with_tools(shell, &tools).await;
        let told = desk.check("zfs", "{name: tank, state: present, extra_zfs_properties: {compression: lz4, quota: none}}").await;
        assert_eq!((told.failed, told.changed), (None, false), "{shell}");
        let told = desk.check("zfs_facts", "{name: tank, properties: used}").await;
        let facts = told.text("ansible_facts");
        assert!(facts.contains("'used': '1K'"), "{shell}: {facts} {:?}", told.failed);
        let told = desk.check("zfs_facts", "{name: tank/none}").await;
        assert_eq!(
            told.failed.as_deref(),
            Some("ZFS dataset tank/none does not exist!"),
            "{shell}"
        );
        let told =
            desk.check("zfs_snapshot", "{dataset: tank, snapshot: s1, recursive: true}").await;
        assert_eq!((told.failed, told.changed), (None, false), "{shell}");
        let told = desk.check("zfs", "{name: tank/new, state: present}").await;
        assert_eq!((told.failed, told.changed), (None, true), "{shell}");
        let told = desk
            .check(
                "zfs_delegate_admin",
                "{name: tank/b, users: [operator], permissions: [mount, create]}",
            )
            .await;
        assert_eq!((told.failed, told.changed), (None, false), "{shell}");
        let told = desk.check("zpool", "{name: tank, pool_properties: {autotrim: false}, vdevs: [{type: mirror, disks: [vtbd2, /dev/vtbd1]}, {role: log, disks: [vtbd3]}]}").await;
        assert_eq!((told.failed, told.changed), (None, false), "{shell}");
        let told = desk.check("zpool", "{name: tank, vdevs: [{disks: [vtbd2, /dev/vtbd1]}]}").await;
        assert!(
            told.failed.unwrap().contains("There: mirror (/dev/vtbd1 /dev/vtbd2), log /dev/vtbd3")
        );
    }
}

#[test]
fn a_host_without_zfs_is_named() {
    let told = answer(&[("tools", 1, "/bin:/usr/bin", "")]);
    let failure = Told::read(&told).err().unwrap();
    assert!(failure.msg.starts_with("Failed to find required executable \"zfs\" in paths: /bin"));
    assert!(failure.missing, "a package of an earlier task may bring it");
}
