//! The words of the command line: one file a subcommand, its options, its few calls.

mod adhoc;
mod connector;
mod demo;
mod extra_vars;
pub mod inventory;
mod library;
mod options;
mod passwords;
mod playbook;
mod prepare;
mod process;
mod reach;
mod replicate;
mod reports;
mod signals;
mod targets;
mod ways;

#[cfg(test)]
mod tests;

use std::ffi::OsString;

/// Runs the program under the name it was called by; gives its exit code.
pub fn main(words: Vec<OsString>) -> u8 {
    let mut words = words.into_iter().map(|word| word.to_string_lossy().into_owned());
    let called = words.next().unwrap_or_default();
    let name = called.rsplit('/').next().unwrap_or_default().to_string();
    let words: Vec<String> = words.collect();
    match name.as_str() {
        "ansible-playbook" => playbook::main("ansible-playbook", &words),
        "ansible" => adhoc::main("ansible", &words),
        "ansible-inventory" => inventory::main(&words),
        other if other.starts_with("ansible-") => refuse(other),
        _ => tank(&words),
    }
}

fn tank(words: &[String]) -> u8 {
    let Some((command, rest)) = words.split_first() else {
        print_help();
        return 5;
    };
    match command.as_str() {
        "playbook" => playbook::main("tank playbook", rest),
        "adhoc" => adhoc::main("tank adhoc", rest),
        "inventory" => inventory::main(rest),
        "replicate" => replicate::main(rest),
        "demo" => demo::main(rest),
        "help" | "-h" | "--help" => {
            print_help();
            0
        }
        "-V" | "--version" | "version" => {
            options::say(&format!("tank {}", env!("CARGO_PKG_VERSION")));
            0
        }
        other => unknown(other),
    }
}

const COMMANDS: [(&str, &str); 5] = [
    ("playbook", "Run playbooks; also as ansible-playbook"),
    ("adhoc", "Run one module on hosts; also as ansible"),
    ("inventory", "Show the inventory; also as ansible-inventory"),
    ("replicate", "Copy ZFS datasets from host to host"),
    ("demo", "Converge a scratch host over real SSH, twice"),
];

fn print_help() {
    let mut text = String::from("Usage: tank COMMAND [OPTIONS]\n\nCommands:\n");
    for (name, about) in COMMANDS {
        text.push_str(&format!("  {name:<12}{about}\n"));
    }
    text.push_str("\nEach command has --help.");
    options::say(&text);
}

fn unknown(command: &str) -> u8 {
    let near = crate::base::diagnostic::nearest(command, COMMANDS.map(|(name, _)| name));
    let hint = near.first().map(|name| format!(" Did you mean '{name}'?")).unwrap_or_default();
    options::complain(&format!("[ERROR]: no such command: {command}.{hint}"));
    5
}

fn refuse(name: &str) -> u8 {
    options::complain(&format!("[ERROR]: {name} is not part of tank yet"));
    5
}
