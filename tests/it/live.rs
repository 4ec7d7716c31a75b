//! The live status line: seen on a terminal while something runs, gone at the end, and nowhere else.

use crate::delay::{Proxy, Shape};
use crate::project::Project;
use crate::sshd::Sshd;
use crate::terminal::{Terminal, screen};
use std::time::Duration;

const PLAYBOOK: &str = "- hosts: all
  gather_facts: false
  tasks:
    - name: a quick one
      command: echo hello
    - name: something slow
      command: sleep 1
    - name: words
      debug:
        msg: [one, two]
    - name: another slow one
      shell: sleep 0.5; exit 3
      ignore_errors: true
";

fn project(sshd: &Sshd) -> Project {
    Project::new().inventory(sshd).file("play.yml", PLAYBOOK).env("TERM", "xterm")
}

/// Lines without colours and without what differs from run to run.
fn plain(text: &str) -> Vec<String> {
    let masked = |line: &String| line.split(" => {").next().unwrap().trim_end().to_owned();
    screen(text).iter().map(masked).collect()
}

#[test]
fn a_terminal_shows_what_runs_and_keeps_only_ansibles_lines() {
    let sshd = Sshd::start();
    let project = project(&sshd);
    let piped = project.tank(&["playbook", "play.yml"]).expect_code(0);
    assert!(!piped.stdout.contains('\x1b') && !piped.stdout.contains("1 of 1 hosts"));
    assert!(!piped.stderr.contains('\x1b') && !piped.stderr.contains("1 of 1 hosts"));
    let (raw, code) = Terminal::tank(&project, &["playbook", "play.yml"]).end();
    assert_eq!(code, 0, "{raw}");
    assert!(raw.contains("something slow | 1 of 1 hosts: target"), "{raw:?}");
    assert!(raw.contains("00:00:01"), "{raw:?}");
    assert_eq!(plain(&raw), plain(&piped.stdout.replace('\n', "\r\n")), "{raw:?}");
}

#[test]
fn no_line_without_a_terminal_that_can_and_wants_it() {
    let sshd = Sshd::start();
    let dumb = project(&sshd).env("TERM", "dumb");
    let (raw, code) = Terminal::tank(&dumb, &["playbook", "play.yml"]).end();
    assert!(code == 0 && !raw.contains("of 1 hosts"), "{raw}");
    let able = project(&sshd);
    let (raw, code) = Terminal::tank(&able, &["playbook", "play.yml", "--output", "json"]).end();
    assert!(code == 0 && !raw.contains("of 1 hosts"), "{raw}");
}

#[test]
fn transfers_show_their_bytes() {
    let sshd = Sshd::start();
    let shape = Shape { round_trip: Duration::from_millis(30), ..Shape::default() };
    let proxy = Proxy::start(sshd.port(), shape);
    let project = Project::new()
        .file("hosts", &format!("{}\n", sshd.inventory_line_through("far", proxy.port())))
        .file("play.yml", "- hosts: all\n  gather_facts: false\n  tasks:\n    - copy: {src: big, dest: '{{ dest }}/big'}\n    - fetch: {src: '{{ dest }}/big', dest: back, flat: true}\n")
        .env("TERM", "xterm");
    let big = vec![b'x'; 48 << 20];
    std::fs::write(project.path().join("big"), &big).unwrap();
    let dest = format!("dest={}", project.target().display());
    let words = ["playbook", "-i", "hosts", "play.yml", "-e", &dest];
    let (raw, code) = Terminal::tank(&project, &words).end();
    assert_eq!(code, 0, "{raw}");
    assert!(raw.contains("copy | 1 of 1 hosts: far") && raw.contains("/48.00 MiB"), "{raw:?}");
    assert!(raw.contains("fetch | 1 of 1 hosts: far ") && raw.contains(" MiB"), "{raw:?}");
    assert_eq!(std::fs::read(project.path().join("back")).unwrap(), big);
}
