//! virt, virt_net and virt_pool with a real libvirt: machines of QEMU's own emulation that start and stop.

use std::fs;

use crate::libvirt::Libvirt;
use crate::process::Outcome;
use crate::project::Project;

/// A project whose only host is this one, with the variables `uri` and `images`.
fn project(libvirt: &Libvirt) -> Project {
    let line = format!(
        "here ansible_connection=local uri='{}' images={}\n",
        libvirt.uri(),
        libvirt.images().display()
    );
    Project::new().file("hosts", &line).file("ansible.cfg", "[defaults]\ninventory = hosts\n")
}

/// Runs tasks.
#[track_caller]
fn play(project: Project, tasks: &str, words: &[&str]) -> (Project, Outcome) {
    let text = format!("- hosts: all\n  gather_facts: false\n  tasks:\n{tasks}");
    let project = project.file("play.yml", &text);
    let outcome = project.playbook(&[&["play.yml"], words].concat());
    (project, outcome)
}

/// Runs tasks that must change this many things, and then none.
#[track_caller]
fn settles(project: Project, tasks: &str, changed: usize) -> Project {
    let foretold = format!("changed={changed} ");
    let (project, outcome) = play(project, tasks, &["--check", "--diff"]);
    outcome.expect_code(0).out_has(&[&foretold]);
    let (project, outcome) = play(project, tasks, &["--diff"]);
    outcome.expect_code(0).out_has(&[&foretold]);
    let (project, outcome) = play(project, tasks, &[]);
    outcome.expect_code(0).out_has(&["changed=0 "]);
    project
}

#[track_caller]
fn fails(project: Project, tasks: &str, text: &str) -> Project {
    let (project, outcome) = play(project, tasks, &[]);
    outcome.expect_code(2).out_has(&[text]);
    project
}

const WEB: &str = "
    - virt:
        uri: '{{ uri }}'
        command: define
        autostart: true
        xml: |
          <domain type='qemu'>
            <name>web</name>
            <memory unit='MiB'>MEMORY</memory>
            <vcpu>1</vcpu>
            <os><type arch='x86_64' machine='q35'>hvm</type></os>
            <devices>
              <serial type='null'/>
              <interface type='user'><model type='virtio'/></interface>
              <graphics type='vnc' passwd='sesam12'/>
            </devices>
          </domain>
";

fn web(memory: u32) -> String {
    WEB.replace("MEMORY", &memory.to_string())
}

#[test]
fn a_machine_is_defined_changed_run_and_undefined() {
    let libvirt = Libvirt::start();
    let project = settles(project(&libvirt), &web(64), 1);
    let first = libvirt.said(&["dumpxml", "web", "--security-info"]);
    let made_up = |text: &str| -> Vec<String> {
        let lines = text.lines().map(str::trim);
        let mine = |line: &&str| line.starts_with("<uuid>") || line.starts_with("<mac ");
        lines.filter(mine).map(str::to_string).collect()
    };
    assert_eq!(made_up(&first).len(), 2, "{first}");
    assert!(libvirt.said(&["dominfo", "web"]).contains("Autostart:      enable"));
    // Running, it is defined anew with its address, its UUID and its password, and goes on as it was.
    let run = "    - virt: {uri: '{{ uri }}', name: web, state: running}\n";
    let project = settles(project, run, 1);
    let tasks = web(96)
        + "      register: told\n    - debug: {var: told.restart_required}\n    - debug: {var: told.differences}\n";
    let (project, outcome) = play(project, &tasks, &["--diff"]);
    outcome
        .expect_code(0)
        .out_has(&["changed=1 ", "told.restart_required\": true", "memory: 64 MiB -> 96 MiB"])
        .err_has(&["counts once it was stopped and started"])
        .nowhere("sesam12");
    let project = settles(project, "    - debug: {msg: same}\n", 0);
    let second = libvirt.said(&["dumpxml", "web", "--inactive", "--security-info"]);
    assert_eq!(made_up(&second), made_up(&first));
    assert!(second.contains("passwd='sesam12'") && second.contains(">98304<"), "{second}");
    assert!(libvirt.said(&["dumpxml", "web"]).contains(">65536<"));
    let undefine = "    - virt: {uri: '{{ uri }}', name: web, command: undefine}\n";
    let project = fails(project, undefine, "the machine web runs: it is stopped first");
    assert!(libvirt.said(&["dominfo", "web"]).contains("Persistent:     yes"));
    // There is no guest that could hear.
    let ask = "    - virt: {uri: '{{ uri }}', name: web, state: shutdown, wait_timeout: 2}\n";
    let project = fails(project, ask, "the guest did not shut down");
    let project = settles(project, "    - virt: {uri: '{{ uri }}', name: web, state: paused}\n", 1);
    assert_eq!(libvirt.said(&["domstate", "web"]).trim(), "paused");
    let project = settles(project, run, 1);
    let off = "    - virt: {uri: '{{ uri }}', name: web, state: destroyed}\n";
    let project = settles(project, off, 1);
    let broken = web(96).replace("<vcpu>1</vcpu>", "<vcpu>1</vcpu><nope/>");
    let project = fails(project, &broken, "extra content: nope");
    settles(project, undefine, 1);
    assert_eq!(libvirt.said(&["list", "--all", "--name"]).trim(), "");
}

#[test]
fn snapshots_and_saved_states_are_no_surprise() {
    let libvirt = Libvirt::start();
    libvirt.image("d.qcow2", &["-f", "qcow2"]);
    let disk = "<disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='{{ images }}/d.qcow2'/><target dev='vda' bus='virtio'/></disk>\n              <serial type='null'/>";
    let tasks = web(64).replace("<serial type='null'/>", disk);
    let project = settles(project(&libvirt), &tasks, 1);
    libvirt.said(&["snapshot-create-as", "web", "one"]);
    let undefine = "    - virt: {uri: '{{ uri }}', name: web, command: undefine}\n";
    let project = fails(project, undefine, "cannot delete inactive domain with 1 snapshots");
    libvirt.said(&["start", "web"]);
    libvirt.said(&["managedsave", "web"]);
    let more = tasks.replace(">64<", ">96<");
    let (project, outcome) = play(project, &more, &[]);
    outcome
        .expect_code(0)
        .err_has(&["has a saved state: its next start goes on with its old hardware"]);
    let run = "    - virt: {uri: '{{ uri }}', name: web, state: running}\n";
    let (project, outcome) = play(project, run, &["--check"]);
    outcome.expect_code(0).err_has(&["goes on from its saved state"]);
    settles(project, &undefine.replace("undefine}", "undefine, force: true}"), 1);
}

const NET: &str = "
    - virt_net:
        uri: '{{ uri }}'
        name: inner
        state: present
        autostart: true
        xml: |
          <network>
            <bridge name='tank9'/>
            <ip address='10.99.0.1' netmask='255.255.255.0'>
              <dhcp><range start='10.99.0.10' end='10.99.0.99'/></dhcp>
            </ip>
          </network>
";

#[test]
fn a_network_is_defined_changed_and_removed() {
    let libvirt = Libvirt::start();
    let project = settles(project(&libvirt), NET, 1);
    let first = libvirt.said(&["net-dumpxml", "inner"]);
    let project = settles(project, &NET.replace(".99'/>", ".50'/>"), 1);
    let second = libvirt.said(&["net-dumpxml", "inner"]);
    assert_eq!(second, first.replace("10.99.0.99", "10.99.0.50"), "UUID and address are kept");
    let host = "    - virt_net: {uri: '{{ uri }}', name: inner, command: modify, xml: \"<host mac='52:54:00:00:00:01' name='web' ip='10.99.0.20'/>\"}\n";
    let project = settles(project, host, 1);
    let project = settles(project, &host.replace(".20", ".21"), 1);
    assert!(libvirt.said(&["net-dumpxml", "inner"]).contains("ip='10.99.0.21'"));
    let project =
        settles(project, "    - virt_net: {uri: '{{ uri }}', name: inner, autostart: false}\n", 1);
    let broken = NET.replace("<bridge name='tank9'/>", "<bridge name='tank9'/><nope/>");
    let project = fails(project, &broken, "nope");
    settles(project, "    - virt_net: {uri: '{{ uri }}', name: inner, state: absent}\n", 1);
    assert_eq!(libvirt.said(&["net-list", "--all", "--name"]).trim(), "");
}

#[test]
fn a_pool_is_built_started_and_deleted() {
    let libvirt = Libvirt::start();
    let define = "
    - virt_pool:
        uri: '{{ uri }}'
        name: vms
        state: present
        xml: <pool type='dir'><target><path>{{ images }}/vms/</path></target></pool>
";
    let project = settles(project(&libvirt), define, 1);
    let command =
        |word: &str| format!("    - virt_pool: {{uri: '{{{{ uri }}}}', name: vms, {word}}}\n");
    let (project, outcome) = play(project, &command("command: build"), &[]);
    outcome.expect_code(0).out_has(&["changed=1 "]);
    assert!(libvirt.images().join("vms").is_dir());
    let project = settles(project, &command("state: active, autostart: true"), 1);
    libvirt.said(&["vol-create-as", "vms", "one.img", "1M"]);
    let info = "    - virt_pool: {uri: '{{ uri }}', command: info}\n      register: told\n    - debug: {var: told.pools.vms.volumes}\n";
    let (project, outcome) = play(project, info, &[]);
    outcome.expect_code(0).out_has(&["one.img", "changed=0 "]);
    let project = fails(project, &command("command: delete"), "is active: it is stopped first");
    let project = settles(project, &command("state: inactive"), 1);
    fs::remove_file(libvirt.images().join("vms/one.img")).unwrap();
    settles(project, &command("state: deleted"), 1);
    assert!(!libvirt.images().join("vms").exists());
}
