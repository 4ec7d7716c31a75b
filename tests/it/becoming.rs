//! Becoming other users on a real Debian: sudo, su and doas, with and without password, and what refusals say.

use crate::process::Outcome;
use crate::project::Project;
use crate::terminal::Terminal;
use crate::tree::{ADMIN_PASSWORD, Tree};

const ROOT_PASSWORD: &str = "the root's word";
const PLAIN_PASSWORD: &str = "plain word";

const PLAYBOOK: &str = "- hosts: all
  gather_facts: false
  tasks:
    - command: id -un
      register: who
    - debug: msg=\"now {{ who.stdout }} in {{ inventory_hostname }}\"
    - copy: {content: \"{{ who.stdout }}\\n\", dest: \"/tmp/of-{{ who.stdout }}\", mode: '0600'}
    - command: rm /tmp/of-{{ who.stdout }}
";

fn tree() -> Tree {
    let tree = Tree::start();
    tree.shell("useradd --create-home --shell /bin/sh plain").expect_code(0);
    for (user, word) in [("root", ROOT_PASSWORD), ("plain", PLAIN_PASSWORD)] {
        tree.shell(&format!("echo \"{user}:{word}\" | chpasswd")).expect_code(0);
    }
    tree
}

fn project(tree: &Tree) -> Project {
    Project::new()
        .file("hosts", &format!("{}\n", tree.admin_inventory_line("debian")))
        .file("admin-word", &format!("{ADMIN_PASSWORD}\n"))
        .file("root-word", ROOT_PASSWORD)
        .file("plain-word", PLAIN_PASSWORD)
        .file("wrong-word", "not this one\n")
        .file("play.yml", PLAYBOOK)
}

fn play(project: &Project, words: &[&str]) -> Outcome {
    let mut all = vec!["playbook", "-i", "hosts", "play.yml"];
    all.extend(words);
    project.tank(&all)
}

/// With these options the tasks run as that user.
#[track_caller]
fn becomes(project: &Project, user: &str, words: &[&str]) {
    let run = play(project, &[&["-b", "--become-user", user], words].concat()).expect_code(0);
    let run = run.out_has(&[&format!("now {user} in debian"), "ok=4 ", "changed=3 "]);
    for word in [ADMIN_PASSWORD, ROOT_PASSWORD, PLAIN_PASSWORD] {
        assert!(!run.stdout.contains(word) && !run.stderr.contains(word), "{run:?}");
    }
}

/// With these options the first task fails with that message.
#[track_caller]
fn refuses(project: &Project, text: &str, words: &[&str]) {
    let run = play(project, &[&["-b"], words].concat()).expect_code(2);
    let wanted = format!(
        "fatal: [debian]: FAILED! => {{\"changed\": false, \"msg\": \"Task failed: {text}\"}}"
    );
    run.out_has(&[&wanted, "failed=1 "]).nowhere("not this one");
}

#[test]
fn by_sudo() {
    let tree = tree();
    let project = project(&tree);
    refuses(&project, "Missing sudo password", &[]);
    refuses(&project, "Incorrect sudo password", &["--become-password-file", "wrong-word"]);
    for user in ["root", "plain"] {
        becomes(&project, user, &["--become-password-file", "admin-word"]);
        let variable = format!("{{\"ansible_become_password\": \"{ADMIN_PASSWORD}\"}}");
        becomes(&project, user, &["-e", &variable]);
    }
    // Whoever it is already is not become, as Ansible has it.
    let none = ["-e", "ansible_become_exe=/nosuch"];
    becomes(&project, "admin", &none);
    let project = project.env("ANSIBLE_BECOME_ALLOW_SAME_USER", "true");
    let run = play(&project, &[&["-b", "--become-user", "admin"], &none[..]].concat());
    assert!(run.code != 0 && run.stdout.contains("/nosuch"), "{run:?}");
    tree.shell("echo 'admin ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/admin").expect_code(0);
    becomes(&project, "root", &[]);
    becomes(&project, "plain", &["--become-password-file", "wrong-word"]);
    tree.shell("echo 'Defaults requiretty' >/etc/sudoers.d/tty").expect_code(0);
    becomes(&project, "plain", &[]);
}

#[test]
fn by_sudo_asked_on_the_terminal() {
    let tree = tree();
    let project = project(&tree).env("TERM", "xterm");
    let words = ["playbook", "-i", "hosts", "play.yml", "-b", "-K"];
    let mut terminal = Terminal::tank(&project, &words);
    terminal.expect("BECOME password: ");
    terminal.type_in(&format!("{ADMIN_PASSWORD}\n"));
    let (raw, code) = terminal.end();
    assert_eq!(code, 0, "{raw}");
    assert!(raw.contains("now root in debian") && !raw.contains(ADMIN_PASSWORD), "{raw}");
}

#[test]
fn by_su() {
    let tree = tree();
    let project = project(&tree);
    let su = ["--become-method", "su"];
    refuses(&project, "Missing su password", &su);
    let with = |word: &'static str| [&su[..], &["--become-password-file", word]].concat();
    refuses(&project, "Incorrect su password", &with("wrong-word"));
    becomes(&project, "root", &with("root-word"));
    becomes(&project, "plain", &with("plain-word"));
}

#[test]
fn by_doas() {
    let tree = tree();
    let project = project(&tree);
    let rule = |text: &str| {
        let line = format!("echo '{text}' >/etc/doas.conf; chmod 600 /etc/doas.conf");
        tree.shell(&line).expect_code(0);
    };
    let doas = ["--become-method", "doas"];
    let with = |word: &'static str| [&doas[..], &["--become-password-file", word]].concat();
    rule("permit admin");
    refuses(&project, "Missing doas password", &doas);
    refuses(&project, "Incorrect doas password", &with("wrong-word"));
    becomes(&project, "root", &with("admin-word"));
    becomes(&project, "plain", &with("admin-word"));
    rule("permit nopass admin");
    becomes(&project, "root", &doas);
    becomes(&project, "plain", &doas);
}

#[test]
fn a_prompt_that_hangs_is_not_a_wrong_password() {
    let tree = tree();
    let slow =
        "printf '#!/bin/sh\\nsleep 30\\n' >/usr/local/bin/slow; chmod 755 /usr/local/bin/slow";
    tree.shell(slow).expect_code(0);
    let project = project(&tree);
    let words = ["-b", "-e", "ansible_become_exe=/usr/local/bin/slow", "-T", "1"];
    let run = play(&project, &[&words[..], &["--become-password-file", "admin-word"]].concat());
    let text = "Timeout (3s) waiting for privilege escalation prompt: ";
    run.expect_code(4).out_has(&["fatal: [debian]: UNREACHABLE! => ", text, "unreachable=1"]);
    let run = play(&project, &["-b", "--become-method", "pbrun"]).expect_code(2);
    run.out_has(&["Invalid become method specified, could not find matching plugin: 'pbrun'."]);
}
