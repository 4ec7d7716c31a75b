//! `tank demo`: converges a scratch host of its own over real SSH, twice.

use super::{options, playbook};
use crate::base::Diagnostic;
use crate::demo::DemoServer;
use std::fs;
use std::path::{Path, PathBuf};

/// The shipped project, as it stands in the program.
const PROJECT: [(&str, &str); 6] = [
    ("playbooks/demo.yml", include_str!("../../playbooks/demo.yml")),
    ("inventory/demo/hosts.yml", include_str!("../../inventory/demo/hosts.yml")),
    (
        "inventory/demo/group_vars/demo.yml",
        include_str!("../../inventory/demo/group_vars/demo.yml"),
    ),
    ("templates/pf.conf.j2", include_str!("../../templates/pf.conf.j2")),
    ("templates/rc.conf.j2", include_str!("../../templates/rc.conf.j2")),
    ("templates/vm.conf.j2", include_str!("../../templates/vm.conf.j2")),
];

/// Runs the demo; gives its exit code.
pub fn main(words: &[String]) -> u8 {
    if words.iter().any(|word| word == "-h" || word == "--help") {
        options::say(
            "Usage: tank demo\n\nStarts an SSH server of its own on loopback, converges a scratch directory over it,\nand runs again to show that nothing changes. Needs no root, no sshd and no network.",
        );
        return 0;
    }
    if let Some(word) = words.first() {
        options::complain(&format!("[ERROR]: tank demo takes no words: {word}"));
        return 5;
    }
    run().unwrap_or_else(|error| super::prepare::fail(&error))
}

fn run() -> Result<u8, Diagnostic> {
    let scratch = tempfile::Builder::new()
        .prefix("tank-demo.")
        .tempdir()
        .map_err(|error| Diagnostic::new(format!("no scratch directory: {error}")))?
        .keep();
    let project = scratch.join("project");
    for (name, text) in PROJECT {
        write(&project.join(name), text)?;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .map_err(|error| Diagnostic::new(format!("could not start: {error}")).code(250))?;
    let server = runtime.block_on(crate::demo::serve(&scratch.join("host"))).map_err(|error| {
        Diagnostic::new(format!("the demo's SSH server could not start: {error}"))
    })?;
    say_start(&server);
    let first = once(&project, &server, "First run: everything is new", true);
    if first != 0 {
        return Ok(first);
    }
    let second = once(&project, &server, "Second run: nothing changes", true);
    say_end(&project, &server);
    Ok(second)
}

fn write(path: &Path, text: &str) -> Result<(), Diagnostic> {
    let failed = |error: std::io::Error| {
        Diagnostic::new(format!("could not write {}: {error}", path.display()))
    };
    if let Some(dir) = path.parent() {
        fs::create_dir_all(dir).map_err(failed)?;
    }
    fs::write(path, text).map_err(failed)
}

fn say_start(server: &DemoServer) {
    options::say(&format!(
        "An SSH server of this program listens on 127.0.0.1:{} (host key {}).\nIts sessions run /bin/sh as you, in {}.",
        server.port,
        server.fingerprint,
        server.home.display()
    ));
}

fn once(project: &Path, server: &DemoServer, title: &str, diff: bool) -> u8 {
    options::say(&format!("\n== {title}"));
    let known = format!("-o UserKnownHostsFile={}", server.known_hosts.display());
    let vars = [
        ("ansible_host", "127.0.0.1".to_string()),
        ("ansible_port", server.port.to_string()),
        ("ansible_ssh_private_key_file", server.user_key.display().to_string()),
        ("ansible_ssh_common_args", format!("{known} -o IdentitiesOnly=yes -F /dev/null")),
        ("demo_root", server.home.display().to_string()),
    ];
    let mut words: Vec<String> = vec![project.join("playbooks/demo.yml").display().to_string()];
    words.extend(["-i".to_string(), project.join("inventory/demo").display().to_string()]);
    for (name, value) in vars {
        words.extend(["-e".to_string(), json(name, &value)]);
    }
    words.extend(diff.then(|| "--diff".to_string()));
    playbook::main("tank playbook", &words)
}

fn json(name: &str, value: &str) -> String {
    serde_json::json!({ name: value }).to_string()
}

fn say_end(project: &Path, server: &DemoServer) {
    let shown: Vec<PathBuf> = vec![server.home.join("etc"), server.home.join("vm")];
    let shown: Vec<String> = shown.iter().map(|path| format!("  {}", path.display())).collect();
    options::say(&format!(
        "Look at the host:\n{}\nand at the project that made it:\n  {}",
        shown.join("\n"),
        project.display()
    ));
}
