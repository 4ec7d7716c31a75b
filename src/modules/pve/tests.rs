//! On a node that keeps what it is told (`pve.sh`).

use crate::modules::tests::desk::Desk;

const PVE: &str = include_str!("../../../tests/fixtures/tools/pve.sh");

/// A node with two storages and a machine, 100.
pub async fn node(shell: &str) -> Desk {
    let names = ["pvesh", "qm", "vzdump", "pvesm", "hostname", "ip"];
    let desk = Desk::with_tools(shell, &names.map(|name| (name, PVE))).await;
    for dir in ["vm", "storage", "states", "backup", "replication"] {
        std::fs::create_dir_all(desk.path(&format!("bin/pve/{dir}"))).unwrap();
    }
    let state = |content: &str| {
        format!("type\tdir\nactive\t1\nenabled\t1\navail\t1000\ncontent\t{content}\n")
    };
    desk.write("bin/pve/states/local-lvm", state("images,rootdir"));
    desk.write("bin/pve/states/nas", state("backup,iso"));
    machine(&desk, 100, "web", "stopped");
    desk
}

/// A machine.
pub fn machine(desk: &Desk, id: i64, name: &str, status: &str) {
    let text = format!(
        "name\t{name}\ncores\t2\nmemory\t2048\nscsi0\tlocal-lvm:vm-{id}-disk-0,size=32G\nnet0\tvirtio=BC:24:11:AA:00:01,bridge=vmbr0\n"
    );
    desk.write(&format!("bin/pve/vm/{id}"), text);
    desk.write(&format!("bin/pve/vm/{id}.status"), format!("{status}\n"));
}

/// What was called that changes something.
pub fn calls(desk: &Desk) -> String {
    let path = desk.path("bin/pve/calls");
    let text = std::fs::read_to_string(&path).unwrap_or_default();
    let _ = std::fs::remove_file(path);
    text
}

const SHELLS: [&str; 4] = ["dash", "bash", "busybox", "mksh"];

#[tokio::test]
async fn a_storage_is_made_changed_and_forgotten() {
    for shell in SHELLS {
        let desk = &mut node(shell).await;
        let thin = "{name: vm-thin, type: lvmthin, lvmthin_options: {vgname: vmdata, thinpool: pool}, content: [images, rootdir]}";
        assert!(desk.check("proxmox_storage", thin).await.changed, "{shell}");
        assert_eq!(calls(desk), "", "{shell}");
        desk.world = crate::spec::World::default();
        desk.settles("proxmox_storage", thin).await;
        assert_eq!(
            calls(desk),
            "pvesh create /storage --storage vm-thin --type lvmthin --vgname vmdata --thinpool pool --content images,rootdir\n"
        );
        let other = thin.replace("[images, rootdir]", "[rootdir, images]");
        assert!(!desk.run("proxmox_storage", &other).await.changed);
        let nodes = thin.replace(
            "content: [images, rootdir]",
            "content: [images], nodes: [pve], disable: false",
        );
        desk.settles("proxmox_storage", &nodes).await;
        assert_eq!(calls(desk), "pvesh set /storage/vm-thin --content images --nodes pve\n");
        desk.settles("proxmox_storage", &nodes.replace("[pve]", "[]")).await;
        assert_eq!(calls(desk), "pvesh set /storage/vm-thin --delete nodes\n");
        for (args, why) in [
            (thin.replace("pool}", "data}"), "cannot be changed to 'data'"),
            (
                thin.replace("content: [images, rootdir]", "nodes: [pve9]"),
                "the cluster has no node pve9",
            ),
        ] {
            let said = desk.run("proxmox_storage", &args).await.failed.unwrap();
            assert!(said.contains(why), "{said}");
        }
        desk.settles("proxmox_storage", "{name: vm-thin, state: absent}").await;
        assert_eq!(calls(desk), "pvesh delete /storage/vm-thin \n");
        desk.write("bin/pve/noquorum", "");
        let said = desk.run("proxmox_storage", thin).await.failed.unwrap();
        assert!(said.contains("the cluster has no quorum"), "{said}");
    }
}

#[tokio::test]
async fn storages_that_are_none_are_refused() {
    let desk = &mut node("dash").await;
    let base = "name: s1, type: ";
    for (args, why) in [
        (format!("{base}dir"), "dir_options"),
        (format!("{base}dir, dir_options: {{}}"), "dir_options needs path"),
        (format!("{base}nfs, nfs_options: {{server: a}}"), "nfs_options needs export"),
        (format!("{base}dir, dir_options: {{path: /a, size: 1}}"), "dir_options has no size"),
        (
            format!("{base}dir, dir_options: {{path: /a}}, password: x"),
            "password is for cifs and pbs",
        ),
        (
            format!("{base}pbs, pbs_options: {{server: a, datastore: b}}, password: \"a\\nb\""),
            "password is one line",
        ),
        (
            format!("{base}dir, dir_options: {{path: /a}}, prune_backups: keep-dayly=7"),
            "keep-dayly=7",
        ),
        ("name: 'a b', type: dir, dir_options: {path: /a}".into(), "invalid name of a storage"),
        ("name: '--x', type: dir, dir_options: {path: /a}".into(), "invalid name of a storage"),
    ] {
        let said = desk.run("proxmox_storage", &format!("{{{args}}}")).await.failed.unwrap();
        assert!(said.contains(why), "{args}: {said}");
    }
    let bare = &mut Desk::new("dash").await;
    let said = bare.run("proxmox_storage", "{name: s1, type: dir, dir_options: {path: /a}}").await;
    assert!(said.failed.unwrap().contains("no node of Proxmox VE"));
}

#[tokio::test]
async fn a_password_is_no_word_of_a_command() {
    let desk = &mut node("dash").await;
    let args = "{name: pbs1, type: pbs, pbs_options: {server: 10.0.0.9, datastore: tank, username: t@pbs}, password: geheim-7, content: [backup]}";
    let entry = crate::modules::find("proxmox_storage").unwrap();
    assert!(entry.doc().args.find("password").is_some());
    // In check mode, since the file is Proxmox' own.
    let said = desk.check("proxmox_storage", args).await;
    assert!(said.changed && said.failed.is_none(), "{said:?}");
    assert!(!format!("{:?}{:?}", said.fields, said.diff).contains("geheim"), "{said:?}");
    let paths = desk.world.below("/etc/pve/priv/storage");
    let (path, attrs) = paths.first().unwrap();
    assert_eq!(
        (*path, attrs.as_ref().unwrap().mode),
        ("/etc/pve/priv/storage/pbs1.pw", Some(0o600))
    );
}

#[tokio::test]
async fn replication_is_a_job_of_a_guest() {
    for shell in SHELLS {
        let desk = &mut node(shell).await;
        let job = "{vmid: 100, target: pve2, schedule: '*/15', rate: 10}";
        desk.settles("proxmox_replication", job).await;
        let made = "pvesh create /cluster/replication --id 100-0 --type local --target pve2 --schedule */15 --rate 10\n";
        assert_eq!(calls(desk), made, "{shell}");
        let other = job.replace("rate: 10", "rate: 0, comment: a b");
        desk.settles("proxmox_replication", &other).await;
        assert_eq!(
            calls(desk),
            "pvesh set /cluster/replication/100-0 --comment a b --delete rate\n"
        );
        desk.write("bin/pve/replicated", "[{\"id\":\"100-0\",\"last_sync\":1764000000,\"fail_count\":2,\"error\":\"no route to host\\n\"}]\n");
        let said = desk.run("proxmox_replication", &other).await;
        assert_eq!(said.warnings, ["the job 100-0 failed 2 time(s): no route to host"]);
        assert_eq!(
            (said.text("last_sync"), said.text("fail_count")),
            ("1764000000".into(), "2".into())
        );
        for (args, why) in [
            (job.replace("pve2", "pve3"), "the cluster has no node pve3"),
            (job.replace("pve2", "pve"), "is the node that the guest is on"),
            (job.replace("100", "99"), "99 is no number of a guest"),
        ] {
            let said = desk.run("proxmox_replication", &args).await.failed.unwrap();
            assert!(said.contains(why), "{said}");
        }
        desk.settles("proxmox_replication", "{vmid: 100, state: absent}").await;
        assert_eq!(calls(desk), "pvesh delete /cluster/replication/100-0 \n");
        let said = desk.run("proxmox_replication", job).await.failed.unwrap();
        assert!(said.contains("waits to be removed"), "{said}");
    }
}

#[tokio::test]
async fn backups_are_jobs() {
    for shell in SHELLS {
        let desk = &mut node(shell).await;
        let job = "{id: nightly, vmids: [100], storage: nas, schedule: '02:30', backup_mode: snapshot, compress: zstd, retention: 'keep-daily=7,keep-weekly=4'}";
        desk.settles("proxmox_backup", job).await;
        let made = "pvesh create /cluster/backup --id nightly --storage nas --schedule 02:30 --vmid 100 --mode snapshot --compress zstd --prune-backups keep-daily=7,keep-weekly=4\n";
        assert_eq!(calls(desk), made, "{shell}");
        let other = job.replace("keep-daily=7,keep-weekly=4", "keep-weekly=4,keep-daily=7");
        assert!(!desk.run("proxmox_backup", &other).await.changed);
        desk.settles("proxmox_backup", &job.replace("02:30", "mon..fri 03:00")).await;
        assert_eq!(calls(desk), "pvesh set /cluster/backup/nightly --schedule mon..fri 03:00\n");
        for (args, why) in [
            (job.replace("nas", "nowhere"), "the storage nowhere is not there on this node"),
            (job.replace("nas", "local-lvm"), "does not take backups"),
            (job.replace("keep-daily", "keep-dayly"), "'keep-dayly=7' is none of"),
            (job.replace("[100]", "[777]"), "there is no guest 777"),
            (job.replace("nightly", "'a b'"), "invalid name of a job"),
        ] {
            let said = desk.run("proxmox_backup", &args).await.failed.unwrap();
            assert!(said.contains(why), "{said}");
        }
        desk.settles("proxmox_backup", "{id: nightly, state: absent}").await;
    }
}

#[tokio::test]
async fn a_backup_now_is_seen_and_checked() {
    let desk = &mut node("dash").await;
    let now = "{state: now, vmids: [100], storage: nas, compress: zstd, protected: true}";
    let checked = "{state: checked, vmids: [100], storage: nas, max_age: 1}";
    let said = desk.run("proxmox_backup", checked).await.failed.unwrap();
    assert_eq!(said, "guest 100 has no archive");
    desk.write("bin/date", "#!/bin/sh\nread -r t <\"${0%/*}/pve/clock\"\necho \"$t\"\n");
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(desk.path("bin/date"), mode).unwrap();
    assert!(desk.check("proxmox_backup", now).await.changed);
    assert_eq!(calls(desk), "");
    desk.world = crate::spec::World::default();
    let said = desk.run("proxmox_backup", now).await;
    assert!(said.changed && said.failed.is_none(), "{said:?}");
    assert_eq!(calls(desk), "vzdump 100 --storage nas --compress zstd --protected 1\n");
    let said = desk.run("proxmox_backup", checked).await;
    assert!(!said.changed && said.failed.is_none(), "{said:?}");
    assert!(calls(desk).starts_with("pvesm extractconfig nas:backup/vzdump-qemu-100-"));
    desk.write("bin/pve/clock", "1764009000\n");
    let said = desk.run("proxmox_backup", checked).await.failed.unwrap();
    assert!(said.ends_with("hours old"), "{said}");
    desk.write(
        "bin/pve/archives",
        "volid\tnas:backup/bad.vma.zst\nvmid\t100\nctime\t1764009000\nsize\t0\n\n",
    );
    let said = desk.run("proxmox_backup", checked).await.failed.unwrap();
    assert!(
        said.contains("is empty") && said.contains("its configuration cannot be read"),
        "{said}"
    );
    desk.write("bin/pve/broken", "");
    let said = desk.run("proxmox_backup", now).await.failed.unwrap();
    assert!(
        said.contains("No space left on device") && said.contains("the storage is full"),
        "{said}"
    );
    desk.write("bin/pve/vm/100.lock", "backup\n");
    let said = desk.run("proxmox_backup", now).await.failed.unwrap();
    assert!(said.contains("guest 100 is locked (backup)"), "{said}");
    for (state, why) in [
        ("enabled\t1\nactive\t0", "cannot be reached"),
        ("enabled\t0\nactive\t0", "is disabled"),
        ("enabled\t1\nactive\t1\navail\t0", "is full"),
    ] {
        desk.write("bin/pve/states/nas", format!("content\tbackup\n{state}\n"));
        let said = desk.run("proxmox_backup", now).await.failed.unwrap();
        assert!(said.contains(why), "{said}");
    }
}
