//! Reports of LVM as they were recorded, devices as blkid and lsblk tell them, odd sizes and names.

use super::lvg::Lvg;
use super::lvol::Lvol;
use super::thin::LvmThin;
use crate::base::{Key, Map, Source, yaml};
use crate::modules::tests::replay::Replay;
use crate::spec::{
    Answer, ArgStruct, Change, Ctx, Failure, Fields, Inputs, Look, Op, Plan, Platform, Risk, State,
    World,
};

const REPORTS: &str = include_str!("../../../tests/fixtures/probe/lvm/debian.txt");

/// Devices: path, where it leads to (`-`: nowhere), code and text of blkid, text of lsblk.
type Devices<'a> = &'a [(&'a str, &'a str, i32, &'a str, &'a str)];

/// One report of the recorded ones.
fn report(text: &str, tool: &str) -> String {
    let start = text.find(&format!("$ {tool} ")).unwrap();
    let body = text[start..].split_once('\n').unwrap().1;
    body.split_once("--rc 0--").unwrap().0.to_string()
}

fn answer(text: &str, devices: Devices<'_>) -> Answer {
    let block = |text: &str| format!("{}\n{text}\n", text.len());
    let say =
        |what: &str, rc: i32, text: &str| block(what) + &block(&rc.to_string()) + &block(text);
    let mut out = say("tool", 0, "/sbin/lvs");
    for tool in ["vgs", "pvs", "lvs"] {
        out += &say(tool, 0, &report(text, tool));
    }
    for (path, real, rc, holds, tree) in devices {
        if *real == "-" {
            out += &say(&format!("device {path}"), 1, "");
            continue;
        }
        out += &say(&format!("device {path}"), 0, real);
        out += &say(&format!("blkid {path}"), *rc, holds);
        out += &say(&format!("tree {path}"), 0, tree);
    }
    Answer::ok(out)
}

fn args<M: State>(text: &str) -> Result<M::Args, Failure> {
    let loaded = yaml::load(text, &Source::described("test")).unwrap();
    let map: Map = loaded.value.as_map().unwrap().clone();
    M::Args::from_map(&map).map_err(|error| Failure::new(error.to_string()))
}

struct Host<'a> {
    reports: String,
    devices: Devices<'a>,
    world: World,
}

impl<'a> Host<'a> {
    fn new(devices: Devices<'a>) -> Self {
        Self { reports: REPORTS.to_string(), devices, world: World::default() }
    }

    fn with<T, M: State>(
        &self,
        module: &M,
        text: &str,
        work: impl Fn(&M::Args, &M::Seen, Ctx<'_>) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let args = args::<M>(text)?;
        let (platform, inputs) = (Platform::default(), Inputs::default());
        let ctx = Ctx { platform: &platform, inputs: &inputs, world: &self.world, diff: true };
        module.probe(&args, ctx)?;
        match module.read(&args, &[answer(&self.reports, self.devices)], ctx)? {
            Look::Seen(seen) => work(&args, &seen, ctx),
            Look::Ask(probe) => panic!("{probe:?}"),
        }
    }

    fn plan<M: State>(&self, module: &M, text: &str) -> Result<(Plan, Fields), Failure> {
        self.with(module, text, |args, seen, ctx| {
            let plan = module.plan(args, seen, ctx)?;
            let fields = module.result(args, seen, None, &plan, &[]);
            Ok((plan, fields))
        })
    }

    fn todo<M: State>(&self, module: &M, text: &str) -> Vec<String> {
        let (plan, _) = self.plan(module, text).unwrap();
        let line = |change: &Change| match &change.op {
            Op::Run(command) => command.argv.join(" "),
            other => panic!("{other:?}"),
        };
        plan.changes().map(line).collect()
    }

    fn why<M: State>(&self, module: &M, text: &str) -> String {
        self.plan(module, text).map(|(plan, _)| format!("{plan:?}")).unwrap_err().msg
    }

    fn predict<M: State>(&mut self, module: &M, text: &str) {
        let (plan, _) = self.plan(module, text).unwrap();
        let effects: Vec<_> = plan.changes().flat_map(|change| change.effects.clone()).collect();
        effects.into_iter().for_each(|effect| self.world.add(effect));
    }

    /// Whether the first change of a plan is seen done on this host.
    fn proves<M: State>(&self, module: &M, text: &str, change: &Change) -> Result<(), String> {
        let seen =
            self.with(module, text, |args, seen, ctx| Ok(module.verify(args, change, seen, ctx)));
        seen.unwrap()
    }
}

const DISK: &str = "/dev/disk/by-id/ata-A";
const EMPTY: (&str, &str, i32, &str, &str) = (DISK, "/dev/sda", 2, "", "/dev/sda disk \n");

#[test]
fn sizes_are_compared_within_an_extent() {
    let host = Host::new(&[]);
    for size in ["32", "32m", "0.03125g", "33554432b", "31m", "30%FREE"] {
        let text = format!("{{vg: tank, lv: data, size: '{size}'}}");
        assert_eq!(host.todo(&Lvol, &text), [""; 0], "{size}");
    }
    assert_eq!(
        host.todo(&Lvol, "{vg: tank, lv: data, size: 64m}"),
        ["lvextend -L 67108864b tank/data"]
    );
    assert_eq!(
        host.todo(&Lvol, "{vg: tank, lv: data, size: +8m, resizefs: true}"),
        ["lvextend --resizefs -L +8388608b tank/data"]
    );
    assert_eq!(
        host.todo(&Lvol, "{vg: tank, lv: data, size: +50%FREE}"),
        ["lvextend -l +50%FREE tank/data"]
    );
    let text = host.why(&Lvol, "{vg: tank, lv: data, size: 1g}");
    assert!(text.contains("could not be extended. Not enough free space left (1040187392b required / 96468992b available)"), "{text}");
    let (plan, fields) = host.plan(&Lvol, "{vg: tank, lv: data, size: 32m}").unwrap();
    assert!(
        plan.warnings[0].contains("metadata of the thin pool tank/vms is 95.1 % full"),
        "{:?}",
        plan.warnings
    );
    assert_eq!(fields[&Key::from("size")].text(), "33554432");
}

#[test]
fn nothing_is_shrunk_or_removed_without_being_asked_for() {
    let host = Host::new(&[]);
    let text = host.why(&Lvol, "{vg: tank, lv: data, size: 16m}");
    assert!(text.contains("shrink says whether"), "{text}");
    assert!(
        host.why(&Lvol, "{vg: tank, lv: data, size: 16m, force: true}")
            .contains("shrink says whether")
    );
    assert_eq!(host.todo(&Lvol, "{vg: tank, lv: data, size: 16m, shrink: false}"), [""; 0]);
    let text = host.why(&Lvol, "{vg: tank, lv: data, size: 16m, shrink: true}");
    assert_eq!(text, "Sorry, no shrinking of data without force=true");
    let both = "{vg: tank, lv: data, size: 16m, shrink: true, force: true, resizefs: true}";
    assert_eq!(host.todo(&Lvol, both), ["lvreduce --force --resizefs -L 16777216b tank/data"]);
    let (plan, _) = host.plan(&Lvol, both).unwrap();
    assert!(plan.changes().all(|change| change.risk == Risk::Critical));
    let text = host.why(&Lvol, "{vg: tank, lv: data, state: absent}");
    assert_eq!(text, "Sorry, no removal of logical volume data without force=true.");
    assert!(
        host.why(&Lvol, "{vg: tank, lv: busy, state: absent, force: true}").contains("is in use")
    );
    assert_eq!(
        host.todo(&Lvol, "{vg: tank, lv: data, state: absent, force: true}"),
        ["lvremove -f tank/data"]
    );
    assert_eq!(host.todo(&Lvol, "{vg: none, lv: data, state: absent}"), [""; 0]);
    let thin = "{vg: tank, pool: vms, size: 32m}";
    assert!(host.why(&LvmThin, thin).contains("it is never shrunk"));
    let volume = "{vg: tank, pool: vms, size: 64m, volumes: [{name: web, size: 50m}]}";
    assert!(host.why(&LvmThin, volume).contains("tank/web has 104857600 bytes"));
}

#[test]
fn volumes_are_made_as_ansibles_module_makes_them() {
    let host = Host::new(&[]);
    let todo = |text: &str| host.todo(&Lvol, text).join(" | ");
    assert_eq!(
        todo("{vg: tank, lv: new, size: 10m, opts: '--wipesignatures n', pvs: [/dev/sdb]}"),
        "lvcreate -y -n new -L 10485760b --wipesignatures n tank /dev/sdb"
    );
    assert_eq!(todo("{vg: tank, lv: new, size: 100%FREE}"), "lvcreate -y -n new -l 100%FREE tank");
    assert_eq!(
        todo("{vg: tank, thinpool: new, size: 10m}"),
        "lvcreate -y -L 10485760b -T tank/new"
    );
    assert_eq!(
        todo("{vg: tank, lv: new, thinpool: vms, size: 1g}"),
        "lvcreate -y -n new -V 1073741824b -T tank/vms"
    );
    assert_eq!(
        todo("{vg: tank, lv: data, snapshot: s, size: 8m}"),
        "lvcreate -y -L 8388608b -s -n s tank/data"
    );
    assert_eq!(todo("{vg: tank, lv: web, snapshot: s}"), "lvcreate -y -s -n s tank/web");
    assert_eq!(todo("{vg: tank, lv: data, active: false}"), "lvchange -an tank/data");
    assert_eq!(host.why(&Lvol, "{vg: none, lv: a, size: 1g}"), "Volume group none does not exist.");
    assert_eq!(host.why(&Lvol, "{vg: tank, lv: a}"), "No size given.");
    assert_eq!(
        host.why(&Lvol, "{vg: tank, lv: a, thinpool: none, size: 1g}"),
        "Thin pool LV none does not exist in volume group tank."
    );
    assert_eq!(
        host.why(&Lvol, "{vg: tank, lv: none, snapshot: s, size: 1g}"),
        "Snapshot origin LV none does not exist in volume group tank."
    );
    assert_eq!(
        host.why(&Lvol, "{vg: tank, lv: vms, snapshot: s, size: 1g}"),
        "Snapshots of thin pool LVs are not supported."
    );
    assert_eq!(
        host.why(&Lvol, "{vg: tank, lv: a, thinpool: vms, size: 10%VG}"),
        "Thin volume sizing with percentage not supported."
    );
    for bad in [
        "{vg: tank, lv: 'a/b', size: 1g}",
        "{vg: -f, lv: a, size: 1g}",
        "{vg: tank, lv: a, size: +1g}",
        "{vg: tank, size: 1g}",
        "{vg: tank, lv: a, size: 1x}",
        "{vg: tank, lv: a, size: 1g, pvs: [sdb]}",
    ] {
        assert!(host.plan(&Lvol, bad).is_err(), "{bad}");
    }
}

#[test]
fn what_was_asked_for_must_be_there_afterwards() {
    let host = Host::new(&[]);
    let text = "{vg: tank, lv: data, size: 64m}";
    let (plan, _) = host.plan(&Lvol, text).unwrap();
    let change = plan.changes().next().unwrap();
    assert_eq!(host.proves(&Lvol, text, change).unwrap_err(), "tank/data has 33554432 bytes");
    let mut after = Host::new(&[]);
    after.reports = REPORTS.replacen("\"lv_size\":\"33554432\"", "\"lv_size\":\"67108864\"", 1);
    assert_eq!(after.proves(&Lvol, text, change), Ok(()));
    let gone = "{vg: tank, lv: data, state: absent, force: true}";
    let (plan, _) = host.plan(&Lvol, gone).unwrap();
    assert_eq!(
        host.proves(&Lvol, gone, plan.changes().next().unwrap()).unwrap_err(),
        "tank/data is still there"
    );
    let off = "{vg: tank, lv: data, active: false}";
    let (plan, _) = host.plan(&Lvol, off).unwrap();
    assert_eq!(
        host.proves(&Lvol, off, plan.changes().next().unwrap()).unwrap_err(),
        "tank/data is active"
    );
}

#[test]
fn a_device_that_holds_something_is_not_taken() {
    let group = |device: (&'static str, &'static str, i32, &'static str, &'static str)| {
        let devices: &[_] = &[device];
        Host::new(devices)
            .plan(&Lvg, &format!("{{vg: new, pvs: [{}]}}", device.0))
            .map(drop)
            .map_err(|failure| failure.msg)
    };
    assert_eq!(group(EMPTY), Ok(()));
    let with = |rc, holds, tree| group((DISK, "/dev/sda", rc, holds, tree));
    let plain = "/dev/sda disk \n";
    let refused = |what: &str| Err(format!("{DISK} holds {what}: it is not taken"));
    assert_eq!(with(0, "DEVNAME=/dev/sda\nTYPE=ext4\n", plain), refused("ext4"));
    assert_eq!(with(0, "DEVNAME=/dev/sda\nTYPE=zfs_member\n", plain), refused("zfs_member"));
    assert_eq!(with(0, "PTUUID=1\nPTTYPE=gpt\n", plain), refused("a partition table (gpt)"));
    assert_eq!(with(8, "", plain), refused("several signatures"));
    assert_eq!(
        with(127, "sh: blkid: not found", plain),
        refused("what cannot be seen: blkid ended with 127")
    );
    assert_eq!(with(2, "", "/dev/sda disk \n/dev/sda1 part \n"), refused("/dev/sda1"));
    assert_eq!(with(2, "", "/dev/sda disk /srv\n"), refused("what is mounted at /srv"));
    assert_eq!(group((DISK, "-", 0, "", "")), Err(format!("Device {DISK} not found.")));
    let other = ("/dev/disk/by-id/b", "/dev/loop7", 0, "TYPE=LVM2_member\n", "/dev/loop7 loop \n");
    assert_eq!(
        group(other),
        Err("Device /dev/disk/by-id/b is already in other volume group.".to_string())
    );
    let orphan = ("/dev/disk/by-id/c", "/dev/loop8", 0, "TYPE=LVM2_member\n", "/dev/loop8 loop \n");
    assert_eq!(group(orphan), Ok(()));
}

#[test]
fn groups_grow_and_go() {
    let mine = (DISK, "/dev/loop0", 0, "TYPE=LVM2_member\n", "/dev/loop0 loop \n");
    let more = ("/dev/sdb", "/dev/sdb", 2, "", "/dev/sdb disk \n");
    let devices = [mine, more];
    let host = Host::new(&devices);
    let text = format!("{{vg: tank, pvs: [{DISK}, /dev/sdb]}}");
    assert_eq!(host.todo(&Lvg, &text), ["pvcreate /dev/sdb", "vgextend tank /dev/sdb"]);
    let (plan, fields) = host.plan(&Lvg, &text).unwrap();
    assert!(plan.changes().all(|change| change.risk == Risk::Critical));
    assert!(
        plan.warnings[0].starts_with("/dev/sdb: names such as this one may change"),
        "{:?}",
        plan.warnings
    );
    assert_eq!(fields[&Key::from("pvs")].text(), "['/dev/loop0']");
    let change = plan.changes().last().unwrap();
    assert_eq!(host.proves(&Lvg, &text, change).unwrap_err(), "/dev/sdb is not in tank");
    let only = [more];
    let other = Host::new(&only);
    assert_eq!(
        other.todo(&Lvg, "{vg: tank, pvs: [/dev/sdb]}").last().unwrap(),
        "vgreduce tank /dev/loop0"
    );
    assert_eq!(other.todo(&Lvg, "{vg: tank, pvs: [/dev/sdb], remove_extra_pvs: false}").len(), 2);
    let mut new = Host::new(&only);
    let made = "{vg: new, pvs: [/dev/sdb], pesize: 8, vg_options: '--autobackup n'}";
    assert_eq!(
        new.todo(&Lvg, made),
        ["pvcreate /dev/sdb", "vgcreate -s 8388608b --autobackup n new /dev/sdb"]
    );
    new.predict(&Lvg, made);
    assert_eq!(new.todo(&Lvg, made), [""; 0]);
    assert_eq!(new.todo(&Lvol, "{vg: new, lv: a, size: 1g}").len(), 1);
    let none = Host::new(&[]);
    assert_eq!(none.why(&Lvg, "{vg: new}"), "No physical volumes given.");
    let text = none.why(&Lvg, "{vg: tank, state: absent}");
    assert_eq!(text, "Refuse to remove non-empty volume group tank without force=true");
    assert_eq!(none.why(&Lvg, "{vg: tank, state: absent, force: true}"), "tank/busy is in use");
    assert_eq!(none.todo(&Lvg, "{vg: other2, state: absent}"), [""; 0]);
    let mut grown = Host::new(&devices[..1]);
    grown.reports = REPORTS.replacen("\"dev_size\":\"268435456\"", "\"dev_size\":\"536870912\"", 1);
    assert_eq!(
        grown.todo(&Lvg, &format!("{{vg: tank, pvs: [{DISK}], pvresize: true}}")),
        ["pvresize /dev/loop0"]
    );
    assert!(none.why(&Lvg, "{vg: tank, reset_vg_uuid: true}").contains("reset_vg_uuid"));
}

#[test]
fn a_thin_pool_with_its_volumes() {
    let devices = [EMPTY];
    let mut host = Host::new(&devices);
    let text = format!(
        "{{vg: new, pvs: [{DISK}], pool: vms, size: 100m, metadata_size: 8m, volumes: [{{name: a, size: 1g}}, {{name: b, size: 1024m}}]}}"
    );
    assert_eq!(
        host.todo(&LvmThin, &text),
        [
            format!("pvcreate {DISK}"),
            format!("vgcreate new {DISK}"),
            "lvcreate -y -L 104857600b --poolmetadatasize 8388608b -T new/vms".to_string(),
            "lvcreate -y -V 1073741824b -T new/vms -n a".to_string(),
            "lvcreate -y -V 1073741824b -T new/vms -n b".to_string(),
        ]
    );
    host.predict(&LvmThin, &text);
    assert_eq!(host.todo(&LvmThin, &text), [""; 0]);
    let there = Host::new(&[]);
    let same = "{vg: tank, pool: vms, size: 64m, volumes: [{name: web, size: 100m}]}";
    let (plan, fields) = there.plan(&LvmThin, same).unwrap();
    assert!(!plan.has_work());
    assert_eq!(plan.warnings.len(), 1, "{:?}", plan.warnings);
    let pool = fields[&Key::from("pool")].text();
    assert!(
        pool.contains("'metadata_percent': 95.1") && pool.contains("'promised': 104857600"),
        "{pool}"
    );
    let more =
        "{vg: tank, pool: vms, size: 96m, metadata_size: 12m, volumes: [{name: web, size: 1g}]}";
    assert_eq!(
        there.todo(&LvmThin, more),
        [
            "lvextend -L 100663296b tank/vms",
            "lvextend --poolmetadatasize +8388608b tank/vms",
            "lvextend -L 1073741824b tank/web"
        ]
    );
    assert!(there.why(&LvmThin, "{vg: tank, pool: vms, size: 1g}").contains("has 96468992 free"));
    assert!(there.why(&LvmThin, "{vg: tank, pool: data, size: 32m}").contains("is no thin pool"));
    assert!(
        there
            .why(&LvmThin, "{vg: tank, pool: vms, size: 64m, volumes: [{name: data, size: 32m}]}")
            .contains("not of the thin pool")
    );
    for bad in [
        "{vg: tank, pvs: [/dev/sda], pool: vms, size: 1g}",
        "{vg: tank, pool: vms, size: 1g, volumes: [{name: vms, size: 1g}]}",
        "{vg: tank, pool: vms, size: 1g, volumes: [{name: a}]}",
        "{vg: tank, pool: vms, size: 1g, volumes: [{name: a, size: 1g, shrink: true}]}",
        "{vg: none, pool: vms, size: 1g}",
    ] {
        assert!(there.plan(&LvmThin, bad).is_err(), "{bad}");
    }
}

#[test]
fn all_shells_ask_alike() {
    let host = Replay::linux(&["vgs", "pvs", "lvs"], REPORTS);
    assert_eq!(
        host.todo(&Lvol, "{vg: tank, lv: data, size: 64m}"),
        ["lvextend -L 67108864b tank/data"]
    );
    assert_eq!(
        host.refusal(&Lvg, "{vg: new, pvs: [/dev/tank-none]}"),
        "Device /dev/tank-none not found."
    );
    let broken = Replay::linux(&["vgs", "pvs", "lvs"], "$ vgs\n--rc 0--\n");
    assert!(
        broken
            .refusal(&Lvol, "{vg: tank, lv: data, size: 64m}")
            .starts_with("vgs failed: vgs: nothing was recorded")
    );
    let odd = Replay::linux(&["vgs", "pvs", "lvs"], &REPORTS.replace("\"report\"", "\"other\""));
    assert_eq!(
        odd.refusal(&Lvol, "{vg: tank, lv: data, size: 64m}"),
        "vgs answered something else than a report"
    );
}
