//! On a node that keeps what it is told, and on settings alone.

use super::*;
use crate::base::{Map, Source, yaml};
use crate::modules::pve::tests::{calls, machine, node};
use crate::spec::{ArgStruct, Inputs, Platform, Risk, World};
use std::collections::BTreeMap;

const NEW: &str = "{name: trade-worker, cores: 2, memory: 4096, scsihw: virtio-scsi-single, scsi: {scsi0: 'local-lvm:32,iothread=1'}, net: {net0: 'virtio,bridge=vmbr0'}, ide: {ide2: 'local-lvm:cloudinit'}, ciuser: ops, sshkeys: 'ssh-ed25519 AAAA+b me', ipconfig: {ipconfig0: 'ip=10.20.0.11/24,gw=10.20.0.1'}, onboot: true, tags: [trade, tank]}";

#[tokio::test]
async fn a_machine_is_made_once_and_changed_by_what_differs() {
    for shell in ["dash", "bash", "busybox", "mksh"] {
        let desk = &mut node(shell).await;
        let said = desk.check("proxmox_vm", NEW).await;
        assert!(said.changed && said.text("vmid") == "103", "{shell} {said:?}");
        assert_eq!(calls(desk), "", "{shell}");
        desk.world = World::default();
        desk.settles("proxmox_vm", NEW).await;
        let made = calls(desk);
        assert!(
            made.starts_with("qm create 103 --ciuser ops --cores 2 --ide2 local-lvm:cloudinit "),
            "{made}"
        );
        assert!(made.contains("--name trade-worker --net0 virtio,bridge=vmbr0 --onboot 1 --scsi0 local-lvm:32,iothread=1"), "{made}");
        assert!(made.contains("--tags trade;tank --sshkeys /"), "{made}");
        let mac = String::from_utf8(desk.read("bin/pve/vm/103")).unwrap();
        assert!(
            mac.contains("net0\tvirtio=BC:24:11:00:00:00,bridge=vmbr0") && mac.contains("AAAA%2Bb"),
            "{mac}"
        );
        // The address is kept, the disk grows and stays the same volume, the lost setting goes.
        let other = NEW
            .replace("virtio,bridge=vmbr0", "virtio,bridge=vmbr1,tag=7")
            .replace("local-lvm:32,iothread=1", "local-lvm:40,iothread=1,ssd=1")
            .replace("onboot: true, ", "delete: [onboot], ");
        desk.settles("proxmox_vm", &other).await;
        let did = calls(desk);
        let words = "qm set 103 --net0 virtio=BC:24:11:00:00:00,bridge=vmbr1,tag=7 --scsi0 local-lvm:vm-103-disk-0,iothread=1,ssd=1 --delete onboot --digest ";
        assert!(did.starts_with(words), "{did}");
        assert!(did.ends_with("\nqm resize 103 scsi0 41943040K\n"), "{did}");
        let smaller = desk.run("proxmox_vm", NEW).await.failed.unwrap();
        assert!(smaller.contains("is never made smaller"), "{smaller}");
        assert_eq!(calls(desk), "");
    }
}

#[tokio::test]
async fn machines_start_stop_and_go() {
    let desk = &mut node("dash").await;
    desk.settles("proxmox_vm", "{name: web, state: started}").await;
    assert_eq!(calls(desk), "qm start 100 --timeout 120\n");
    let said = desk.run("proxmox_vm", "{vmid: 100, memory: 4096}").await;
    assert!(said.changed && said.text("restart_required") == "True", "{said:?}");
    let said = desk.run("proxmox_vm", "{vmid: 100, memory: 4096}").await;
    assert!(
        !said.changed && said.warnings == ["memory wait(s) for a restart of the machine 100"],
        "{said:?}"
    );
    calls(desk);
    let said = desk.run("proxmox_vm", "{vmid: 100, state: restarted}").await;
    assert!(said.changed && said.text("restart_required") == "False", "{said:?}");
    assert_eq!(calls(desk), "qm reboot 100 --timeout 120\n");
    let gone = "{vmid: 100, name: web, state: absent}";
    let said = desk.run("proxmox_vm", gone).await.failed.unwrap();
    assert!(said.contains("the machine 100 runs"), "{said}");
    desk.write("bin/pve/deaf", "");
    let said = desk.run("proxmox_vm", "{vmid: 100, state: stopped}").await.failed.unwrap();
    assert!(said.contains("got timeout"), "{said}");
    desk.settles("proxmox_vm", "{vmid: 100, state: stopped, force: true, timeout: 5}").await;
    assert!(calls(desk).ends_with("qm shutdown 100 --timeout 5 --forceStop 1\n"));
    desk.write("bin/pve/nostart", "");
    let said = desk.run("proxmox_vm", "{vmid: 100, state: started}").await.failed.unwrap();
    assert_eq!(said, "start the machine 100: start failed: QEMU exited with code 1");
    calls(desk);
    let said =
        desk.run("proxmox_vm", "{vmid: 100, name: other, state: absent}").await.failed.unwrap();
    assert_eq!(said, "the machine 100 is called 'web': it is not removed");
    desk.settles("proxmox_vm", gone).await;
    assert_eq!(calls(desk), "qm destroy 100 --purge 0 --destroy-unreferenced-disks 0\n");
}

#[tokio::test]
async fn copies_are_full_or_of_templates() {
    let desk = &mut node("dash").await;
    let copy = "{name: browser, clone: web, memory: 8192}";
    desk.settles("proxmox_vm", copy).await;
    let did = calls(desk);
    assert!(
        did.starts_with(
            "qm clone 100 103 --name browser --full 1\nqm set 103 --memory 8192 --digest "
        ),
        "{did}"
    );
    let linked = "{vmid: 105, name: linked, clone: '100', full: false}";
    let said = desk.run("proxmox_vm", linked).await.failed.unwrap();
    assert!(said.contains("needs a template"), "{said}");
    desk.settles("proxmox_vm", "{vmid: 100, state: template}").await;
    desk.settles("proxmox_vm", linked).await;
    let said = desk.run("proxmox_vm", "{vmid: 100, state: started}").await.failed.unwrap();
    assert_eq!(said, "100 is a template: it cannot be started");
    let said = desk.run("proxmox_vm", "{name: new, clone: nobody}").await.failed.unwrap();
    assert_eq!(said, "there is no machine nobody to copy");
}

#[tokio::test]
async fn what_is_in_the_way_is_told_and_nothing_is_done() {
    let desk = &mut node("dash").await;
    machine(desk, 101, "twin", "stopped");
    machine(desk, 102, "twin", "stopped");
    desk.write("bin/pve/vm/110", "name\tbox\nlxc\t1\n");
    desk.write("bin/pve/vm/110.status", "running\n");
    desk.write("bin/pve/vm/111", "name\tfar\nnode\tpve2\n");
    desk.write("bin/pve/vm/111.status", "running\n");
    for (args, why) in [
        ("{name: twin, cores: 4}", "2 machines have the name twin"),
        ("{vmid: 110, cores: 4}", "110 is a container"),
        ("{name: far, cores: 4}", "on the node pve2"),
        (
            "{vmid: 100, net: {net0: 'virtio,bridge=vmbr9'}}",
            "there is no bridge vmbr9 on the node pve",
        ),
        ("{vmid: 100, scsi: {scsi1: 'nowhere:8'}}", "does not reach a storage nowhere"),
        ("{vmid: 100, scsi: {scsi0: 'nas:32'}}", "it is not replaced"),
        ("{vmid: 99}", "no number of a guest"),
        ("{name: 'a b'}", "invalid name of a machine"),
        ("{name: 'a;b'}", "invalid name of a machine"),
        ("{name: under_score}", "invalid name of a machine"),
        ("{vmid: 300}", "a new machine needs a name"),
        ("{vmid: 100, scsi: {disk0: 'local-lvm:1'}}", "scsi has names such as scsi0"),
        ("{vmid: 100, delete: [unused0]}", "would destroy the volume"),
        ("{vmid: 100, delete: [nosuch]}", "is no setting of a machine"),
        ("{vmid: 100, cores: 2, delete: [cores]}", "both wanted and deleted"),
        ("{vmid: 100, machine: pc, hostpci: {hostpci0: '01:00,pcie=1'}}", "needs machine q35"),
        ("{vmid: 100, cpu: \"host\\nx\"}", "cpu is one line"),
        ("{}", "one of the following is required: vmid, name"),
    ] {
        let said = desk.run("proxmox_vm", args).await.failed.unwrap_or_default();
        assert!(said.contains(why), "{args}: {said}");
    }
    desk.write("bin/pve/vm/100.lock", "backup\n");
    let said = desk.run("proxmox_vm", "{vmid: 100, cores: 4}").await.failed.unwrap();
    assert!(said.contains("the machine 100 is locked (backup)"), "{said}");
    assert!(!desk.run("proxmox_vm", "{vmid: 100, cores: 2}").await.changed);
    assert_eq!(calls(desk), "");
}

fn args(text: &str) -> Args {
    let loaded = yaml::load(text, &Source::described("test")).unwrap();
    let map: Map = loaded.value.as_map().unwrap().clone();
    Args::from_map(&map).unwrap()
}

fn planned(text: &str, seen: &Seen) -> Result<Plan, String> {
    let (platform, inputs, world) = (Platform::default(), Inputs::default(), World::default());
    let ctx = Ctx { platform: &platform, inputs: &inputs, world: &world, diff: true };
    planning::plan(&args(text), seen, ctx).map_err(|failure| failure.msg)
}

#[test]
fn a_gpu_is_in_one_machine() {
    let config: BTreeMap<String, String> =
        [("name", "ai")].map(|(k, v)| (k.to_string(), v.to_string())).into();
    let seen = Seen {
        id: 104,
        there: true,
        config,
        taken: vec![("101".into(), "0000:01:00".into())],
        ..Seen::default()
    };
    let gpu = "{vmid: 104, hostpci: {hostpci0: '01:00.0,pcie=1'}}";
    assert_eq!(planned(gpu, &seen).unwrap_err(), "hostpci0: the machine 101 has 0000:01:00.0 too");
    let other = planned(&gpu.replace("01:00.0", "02:00"), &seen).unwrap();
    assert_eq!(other.changes().map(|change| change.risk).collect::<Vec<_>>(), [Risk::High]);
    let running = Seen { running: true, ..seen };
    let said = planned(
        &gpu.replace("01:00.0", "02:00").replace("{vmid", "{state: restarted, vmid"),
        &running,
    );
    assert!(said.unwrap_err().contains("stop it before its devices change"));
}

#[test]
fn risks_are_those_of_what_is_lost() {
    let config = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
        pairs.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect()
    };
    let seen = Seen {
        id: 100,
        there: true,
        config: config(&[("name", "web"), ("cores", "2")]),
        ..Seen::default()
    };
    let risks = |text: &str, seen: &Seen| {
        planned(text, seen).unwrap().changes().map(|c| c.risk).collect::<Vec<_>>()
    };
    assert_eq!(risks("{vmid: 100, tags: [a]}", &seen), [Risk::Low]);
    assert_eq!(risks("{vmid: 100, cores: 4}", &seen), [Risk::Medium]);
    assert_eq!(risks("{vmid: 100, state: absent}", &seen), [Risk::Critical]);
    let held = Seen { managed: true, ..seen.clone() };
    assert!(planned("{vmid: 100, state: started}", &held).unwrap_err().contains("managed by HA"));
    let kept = Seen { config: config(&[("name", "web"), ("protection", "1")]), ..seen };
    assert!(planned("{vmid: 100, state: absent}", &kept).unwrap_err().contains("is protected"));
}
