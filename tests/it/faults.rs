//! Bad input on the wire: keys, logins, connections that end, full disks, interruptions, bulk.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use rustix::process::Signal;

use crate::delay::{Proxy, Shape};
use crate::process::{self, until};
use crate::project::{LIMIT, Project, TANK};
use crate::sshd::{self, Sshd};
use crate::terminal::Terminal;
use crate::tree::Tree;

/// One file on each host.
const PLAYBOOK: &str = "- hosts: all
  gather_facts: false
  tasks:
    - copy: {content: \"here\\n\", dest: \"{{ dest }}/{{ inventory_hostname }}\"}
    - command: echo after
";

/// A project whose inventory is these lines; `dest` is its target directory.
fn project(lines: &[String]) -> Project {
    let project = Project::new().file("play.yml", PLAYBOOK);
    let vars = format!("[all:vars]\ndest={}\n", project.target().display());
    project
        .file("hosts", &format!("{}\n{vars}", lines.join("\n")))
        .file("ansible.cfg", "[defaults]\ninventory = hosts\n")
}

fn fingerprint(file: &Path) -> String {
    let mut command = Command::new("ssh-keygen");
    command.arg("-lf").arg(file);
    let line = process::run(&mut command, LIMIT).expect_code(0).stdout;
    line.split(' ').nth(1).unwrap().to_owned()
}

/// Names in a directory.
fn names(dir: &Path) -> Vec<String> {
    let name = |entry: std::io::Result<fs::DirEntry>| entry.unwrap().file_name();
    let mut names: Vec<String> =
        fs::read_dir(dir).unwrap().map(|e| name(e).to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn a_changed_host_key_is_refused_with_both_fingerprints() {
    let (bad, good) = (Sshd::start(), Sshd::start());
    let other = bad.key().with_file_name("other");
    sshd::make_key(&other, "ed25519", "");
    let key = fs::read_to_string(other.with_extension("pub")).unwrap();
    fs::write(bad.known_hosts(), format!("[127.0.0.1]:{} {key}", bad.port())).unwrap();
    let project = project(&[bad.inventory_line("bad"), good.inventory_line("good")]);
    for words in [
        &["playbook", "play.yml"][..],
        &["playbook", "play.yml", "-e", "ansible_host_key_checking=false"],
    ] {
        let run = project.tank(words).expect_code(4);
        run.out_has(&[
            "fatal: [bad]: UNREACHABLE! => ",
            &fingerprint(&bad.host_key()),
            &fingerprint(&other.with_extension("pub")),
            "unreachable=1",
        ]);
    }
    assert!(!bad.log().contains("Accepted"), "{}", bad.log());
    assert_eq!(names(&project.target()), ["good"]);
}

#[test]
fn refused_and_unreachable_hosts_do_not_stop_the_others() {
    let (refusing, good) = (Sshd::start(), Sshd::start());
    fs::write(refusing.authorized_keys(), "").unwrap();
    let closed = sshd::line("closed", sshd::free_port(), &good.key(), &good.known_hosts());
    let lines = [refusing.inventory_line("refusing"), closed, good.inventory_line("good")];
    let project = project(&lines);
    let run = project.tank(&["playbook", "play.yml"]).expect_code(4);
    run.out_has(&[
        "fatal: [refusing]: UNREACHABLE! => ",
        "Permission denied (publickey)",
        "fatal: [closed]: UNREACHABLE! => ",
        "Connection refused",
        "ok=2    changed=2    unreachable=0",
    ]);
    assert_eq!(names(&project.target()), ["good"]);
}

#[test]
fn a_connection_that_ends_in_mid_copy_leaves_the_old_file() {
    let (cut, good) = (Sshd::start(), Sshd::start());
    let shape = Shape { round_trip: Duration::from_millis(40), ..Shape::default() };
    let proxy = Proxy::start(cut.port(), shape);
    let project = project(&[cut.inventory_line_through("cut", proxy.port()), good.inventory_line("good")])
        .file("big.yml", "- hosts: all\n  gather_facts: false\n  tasks:\n    - copy: {src: big, dest: \"{{ dest }}/{{ inventory_hostname }}/file\"}\n    - command: echo after\n");
    fs::write(project.path().join("big"), vec![b'x'; 256 << 20]).unwrap();
    for host in ["cut", "good"] {
        fs::create_dir(project.target().join(host)).unwrap();
        fs::write(project.target().join(host).join("file"), "old\n").unwrap();
    }
    let dir = project.target().join("cut");
    let run = process::start(project.command(Path::new(TANK)).args(["playbook", "big.yml"]));
    until("the new file is being written", || names(&dir).len() > 1);
    cut.cut_connections();
    let run = run.end(LIMIT).expect_code(4);
    run.out_has(&[
        "fatal: [cut]: UNREACHABLE! => ",
        "changed: [good]",
        "ok=0    changed=0    unreachable=1    failed=0",
        "ok=2    changed=2    unreachable=0",
    ]);
    until("the host cleans up", || names(&dir) == ["file"]);
    let left = fs::read(dir.join("file")).unwrap();
    assert!(left == b"old\n", "{} bytes are there", left.len());
    assert_eq!(fs::metadata(project.target().join("good/file")).unwrap().len(), 256 << 20);
}

#[test]
fn a_connection_that_ends_in_a_command_makes_the_host_unreachable() {
    let (cut, good) = (Sshd::start(), Sshd::start());
    let project = project(&[cut.inventory_line("cut"), good.inventory_line("good")])
        .file("slow.yml", "- hosts: all\n  gather_facts: false\n  tasks:\n    - shell: touch {{ dest }}/{{ inventory_hostname }}; sleep 3\n    - command: echo after\n      ignore_unreachable: true\n");
    let file = project.target().join("cut");
    let run = process::start(project.command(Path::new(TANK)).args(["playbook", "slow.yml"]));
    until("the command runs", || file.exists());
    cut.cut_connections();
    run.end(LIMIT).expect_code(4).out_has(&[
        "fatal: [cut]: UNREACHABLE! => ",
        "connection lost during",
        "ok=0    changed=0    unreachable=1    failed=0",
        "ok=2    changed=2    unreachable=0",
    ]);
}

#[test]
fn a_full_disk_leaves_the_old_file() {
    let tree = Tree::start();
    let play = "- hosts: all
  gather_facts: false
  tasks:
    - command: mount -t tmpfs -o size=256k tmpfs /mnt
    - copy: {content: \"old\\n\", dest: /mnt/file}
    - block:
        - copy: {src: \"{{ item }}\", dest: /mnt/file}
          loop: [small, big]
      rescue:
        - command: ls -A /mnt
          register: left
        - slurp: {src: /mnt/file}
          register: old
        - debug: msg=\"left {{ left.stdout_lines | join(',') }} with {{ old.content | b64decode | trim }}\"
";
    let project = project(&[tree.inventory_line("debian")]).file("full.yml", play);
    fs::write(project.path().join("small"), vec![b's'; 300 << 10]).unwrap();
    fs::write(project.path().join("big"), vec![b'b'; 5 << 20]).unwrap();
    let run = project.tank(&["playbook", "full.yml"]).expect_code(0);
    run.out_has(&[
        "failed: [debian] (item=small) => ",
        "failed: [debian] (item=big) => ",
        "No space left on device",
        "left file with old",
        "rescued=1",
    ]);
}

#[test]
fn a_module_that_fails_half_way_leaves_nothing_half_written() {
    let sshd = Sshd::start();
    let task = |rest: &str| {
        format!(
            "    - copy: {{src: new, dest: \"{{{{ dest }}}}/file\", {rest}}}\n      ignore_errors: true\n"
        )
    };
    let tasks = [
        task("validate: 'grep -q wanted %s'"),
        task("owner: nobody-of-this-name"),
        task("mode: '0600', group: no-such-group"),
    ];
    let text = format!("- hosts: all\n  gather_facts: false\n  tasks:\n{}", tasks.concat());
    let project = project(&[sshd.inventory_line("target")])
        .file("new", "something else\n")
        .file("fail.yml", &text);
    fs::write(project.target().join("file"), "old\n").unwrap();
    project.tank(&["playbook", "fail.yml"]).expect_code(0).out_has(&["ignored=3", "changed=0"]);
    assert_eq!(names(&project.target()), ["file"]);
    assert_eq!(fs::read_to_string(project.target().join("file")).unwrap(), "old\n");
}

/// A task that takes a while, and one behind it.
const SLOW: &str = "- hosts: all
  gather_facts: false
  tasks:
    - shell: touch {{ dest }}/started; sleep {{ seconds }}; touch {{ dest }}/finished
    - command: touch {{ dest }}/second
";

/// An sshd whose sessions make their temporary files in a directory of their own.
fn with_scratch(scratch: &Path) -> Sshd {
    Sshd::builder().option(&format!("SetEnv TMPDIR={}", scratch.display())).start()
}

#[test]
fn ctrl_c_once_finishes_what_runs() {
    let scratch = tempfile::tempdir().unwrap();
    let sshd = with_scratch(scratch.path());
    let project = project(&[sshd.inventory_line("target")]).file("slow.yml", SLOW);
    let started = project.target().join("started");
    let words = ["playbook", "slow.yml", "-e", "seconds=2"];
    let run = process::start(project.command(Path::new(TANK)).args(words));
    until("the command runs", || started.exists());
    process::signal(run.pid(), Signal::INT);
    let run = run.end(LIMIT).expect_code(99);
    run.err_has(&["Interrupted"]).out_has(&["PLAY RECAP", "ok=1    changed=1 "]);
    assert_eq!(names(&project.target()), ["finished", "started"]);
    until("the host is left", || !sshd.has_sessions());
    until("the shell cleans up", || names(scratch.path()).is_empty());
}

#[test]
fn ctrl_c_twice_ends_now_and_leaves_nothing_running() {
    let scratch = tempfile::tempdir().unwrap();
    let sshd = with_scratch(scratch.path());
    let project = project(&[sshd.inventory_line("target")]).file("slow.yml", SLOW);
    let started = project.target().join("started");
    let words = ["playbook", "slow.yml", "-e", "seconds=1000"];
    let run = process::start(project.command(Path::new(TANK)).args(words));
    until("the command runs", || started.exists());
    process::signal(run.pid(), Signal::INT);
    std::thread::sleep(Duration::from_millis(300));
    process::signal(run.pid(), Signal::INT);
    let run = run.end(Duration::from_secs(30)).expect_code(99);
    run.err_has(&["User interrupted execution"]);
    assert_eq!(names(&project.target()), ["started"]);
    until("the host is left", || !sshd.has_sessions());
    until("the shell cleans up", || names(scratch.path()).is_empty());
}

#[test]
fn ctrl_c_on_a_terminal_does_not_reach_local_programs() {
    let project = project(&["here ansible_connection=local".to_owned()])
        .file("slow.yml", SLOW)
        .env("TERM", "xterm");
    let mut terminal = Terminal::tank(&project, &["playbook", "slow.yml", "-e", "seconds=2"]);
    let started = project.target().join("started");
    until("the command runs", || started.exists());
    terminal.type_in("\x03");
    let (raw, code) = terminal.end();
    assert_eq!(code, 99, "{raw}");
    assert!(raw.contains("Interrupted") && raw.contains("changed=1"), "{raw}");
    assert_eq!(names(&project.target()), ["finished", "started"]);
}

#[test]
fn ctrl_c_at_a_prompt_ends_the_run() {
    let play = |private: bool| {
        format!(
            "- hosts: all\n  gather_facts: false\n  vars_prompt: [{{name: word, prompt: Say it, private: {private}}}]\n  tasks: [debug: {{var: word}}]\n"
        )
    };
    let project = project(&["here ansible_connection=local".to_owned()])
        .file("secret.yml", &play(true))
        .file("open.yml", &play(false))
        .env("TERM", "xterm");
    let mut terminal = Terminal::tank(&project, &["playbook", "secret.yml"]);
    terminal.expect("Say it: ");
    terminal.type_in("\x03");
    let (raw, code) = terminal.end();
    assert!(code == 99 && !raw.contains("ok: ["), "{code} {raw}");
    let mut terminal = Terminal::tank(&project, &["playbook", "open.yml"]);
    terminal.expect("Say it: ");
    for said in ["Interrupted", "User interrupted execution"] {
        terminal.type_in("\x03");
        terminal.expect(said);
    }
    terminal.type_in("\x03");
    let (raw, code) = terminal.end();
    assert!(code == 99 && !raw.contains("ok: ["), "{code} {raw}");
}

/// Peak memory of a process in KiB; nothing once it is gone.
fn peak(pid: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches(" kB").parse().ok()
}

#[test]
fn bulk_data_takes_bounded_memory() {
    const SIZE: u64 = 200 << 20;
    let sshd = Sshd::start();
    let shape = Shape { round_trip: Duration::from_millis(50), ..Shape::default() };
    let proxy = Proxy::start(sshd.port(), shape);
    let project = project(&[sshd.inventory_line_through("far", proxy.port())])
        .file("bulk.yml", "- hosts: all\n  gather_facts: false\n  tasks:\n    - copy: {src: big, dest: \"{{ dest }}/big\"}\n");
    let big = project.path().join("big");
    let mut command = Command::new("sh");
    command.args(["-c", "head -c $1 /dev/urandom >\"$2\"", "sh", &SIZE.to_string()]).arg(&big);
    process::run(&mut command, LIMIT).expect_code(0);
    let mut run = process::start(project.command(Path::new(TANK)).args(["playbook", "bulk.yml"]));
    let mut most = 0;
    while run.is_running() {
        most = most.max(peak(run.pid()).unwrap_or(0));
        std::thread::sleep(Duration::from_millis(5));
    }
    run.end(LIMIT).expect_code(0).out_has(&["changed=1 "]);
    let same = process::run(Command::new("cmp").arg(&big).arg(project.target().join("big")), LIMIT);
    same.expect_code(0);
    println!("200 MiB through 50 ms: peak memory {} MiB", most >> 10);
    assert!(most > 0 && most < 100 << 10, "peak memory {most} KiB");
}
