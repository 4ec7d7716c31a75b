//! Ways to a host by their names, and options of ssh that are not done.

use crate::project::Project;
use crate::sshd::Sshd;

const PLAYBOOK: &str = "- hosts: all
  tasks:
    - copy:
        content: \"{{ ansible_connection | default('none') }}\\n\"
        dest: \"{{ dest }}/{{ inventory_hostname }}\"
    - command: echo $SHELL
    - file: {path: \"{{ dest }}/gone\", state: absent}
";

#[test]
fn the_systems_ssh_runs_the_same_playbook() {
    let sshd = Sshd::start();
    let project = Project::new().inventory(&sshd).file("play.yml", PLAYBOOK);
    let words = ["playbook", "play.yml", "-e", "ansible_connection=openssh"];
    project.tank(&words).expect_code(0).out_has(&["ok=4 ", "changed=2 "]);
    let written = std::fs::read_to_string(project.target().join("target")).unwrap();
    assert_eq!(written, "openssh\n");
    project.tank(&words).expect_code(0).out_has(&["changed=1 "]);
    let project = project.env("PATH", "/nowhere");
    project.tank(&words).expect_code(2).out_has(&["Unable to execute ssh command line"]);
}

#[test]
fn names_of_ssh_plugins_are_all_ssh() {
    let sshd = Sshd::start();
    let project = Project::new().inventory(&sshd).file("play.yml", PLAYBOOK);
    for name in ["ssh", "smart", "paramiko", "paramiko_ssh", "ansible.builtin.ssh", "libssh"] {
        let words = ["playbook", "play.yml", "-c", name];
        project.tank(&words).expect_code(0).out_has(&["ok=4 ", "unreachable=0"]);
    }
    let before = sshd.log();
    project.tank(&["playbook", "play.yml", "-c", "local"]).expect_code(0).out_has(&["ok=4 "]);
    assert_eq!(sshd.log(), before, "a local connection went to the server");
}

#[test]
fn an_unknown_plugin_is_refused_before_connecting() {
    let sshd = Sshd::start();
    let project = Project::new().inventory(&sshd).file("play.yml", PLAYBOOK);
    let before = sshd.log();
    for (name, wanted) in [
        ("opnessh", ["the connection plugin 'opnessh' was not found", "Did you mean 'openssh'"]),
        ("winrm", ["the connection plugin 'winrm' is not there yet", "openssh, local and jail"]),
        ("x.y.ssh", ["the connection plugin 'x.y.ssh' was not found", "openssh, local and jail"]),
    ] {
        let run = project.tank(&["playbook", "play.yml", "-c", name]).expect_code(2);
        run.out_has(&wanted).out_has(&["failed=1"]);
    }
    assert_eq!(sshd.log(), before);
}

#[test]
fn options_without_effect_warn_once_with_their_place() {
    let sshd = Sshd::start();
    let config = "Host *\n  ControlMaster auto\n  SendEnv FOO\n  LogLevel QUIET\n  IPQoS none\n";
    let project = Project::new().file("ssh_config", config).file("play.yml", PLAYBOOK);
    let file = project.path().join("ssh_config");
    let host = |name: &str| {
        let line = sshd.inventory_line(name);
        let line = line.replace("-F /dev/null", &format!("-F {}", file.display()));
        format!("{line} ansible_ssh_extra_args='-o RequestTTY=force -o ControlPath=none'\n")
    };
    let project = project.file("hosts", &format!("{}{}", host("one"), host("two")));
    let dest = format!("dest={}", project.target().display());
    let run = project.tank(&["playbook", "-i", "hosts", "play.yml", "-e", &dest]).expect_code(0);
    let wanted = format!(
        "[WARNING]: ansible_ssh_extra_args: requesttty is not supported and has no effect\n\
         [WARNING]: {}:3: sendenv is not supported and has no effect\n",
        file.display()
    );
    assert_eq!(run.stderr, wanted);
}
