//! Options of `ansible-playbook` and `ansible`, under Ansible's names.

use clap::{Arg, ArgAction, ArgMatches, Command};
use std::io::Write;

/// Writes a text and a newline to standard output.
pub fn say(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}

/// Writes a text and a newline to standard error.
pub fn complain(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// Parses words; help and version end with 0, faults with 2 as argparse does.
pub fn parse(command: Command, words: &[String]) -> Result<ArgMatches, u8> {
    let name = command.get_name().to_string();
    let words = std::iter::once(name).chain(words.iter().cloned());
    command.try_get_matches_from(words).map_err(|error| {
        let _ = error.print();
        if error.use_stderr() { 2 } else { 0 }
    })
}

fn value(name: &'static str, long: &'static str, help: &'static str) -> Arg {
    Arg::new(name)
        .long(long)
        .num_args(1)
        .help(help)
        .action(ArgAction::Set)
        .allow_hyphen_values(true)
}

fn many(name: &'static str, long: &'static str, help: &'static str) -> Arg {
    value(name, long, help).action(ArgAction::Append)
}

fn flag(name: &'static str, long: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(long).help(help).action(ArgAction::SetTrue)
}

/// Options that all commands on hosts have: how they are reached, and what is known of them.
pub fn hosts(command: Command) -> Command {
    connection(command)
        .arg(flag("check", "check", "Look only, change nothing").short('C'))
        .arg(
            many("extra_vars", "extra-vars", "Variables above all others: k=v, YAML, JSON, @file")
                .short('e'),
        )
        .arg(
            many("inventory", "inventory", "Inventory: a path, or names with commas")
                .short('i')
                .alias("inventory-file"),
        )
        .arg(many("vault_id", "vault-id", "Vault password: label@source"))
        .arg(
            flag("ask_vault", "ask-vault-password", "Ask for the vault password")
                .short('J')
                .alias("ask-vault-pass"),
        )
        .arg(
            many("vault_file", "vault-password-file", "File or program with the vault password")
                .alias("vault-pass-file"),
        )
}

/// Options that `ansible-playbook` and `ansible` have.
fn shared(command: Command) -> Command {
    hosts(command)
        .arg(
            Arg::new("verbose")
                .short('v')
                .long("verbose")
                .action(ArgAction::Count)
                .help("Say more; may be repeated"),
        )
        .arg(flag("diff", "diff", "Show differences").short('D'))
        .arg(value("limit", "limit", "Only these of the hosts; @file reads them").short('l'))
        .arg(flag("list_hosts", "list-hosts", "List hosts, run nothing"))
        .arg(value("forks", "forks", "Hosts that are changed at once").short('f'))
        .arg(value("output", "output", "Layout of the output").value_parser(["default", "json"]))
        .arg(flag("no_look_ahead", "no-look-ahead", "Ask nothing before its turn"))
        .arg(
            flag("flush_cache", "flush-cache", "Refused: facts are not cached between runs")
                .hide(true),
        )
        .arg(
            many("module_path", "module-path", "Refused: Python modules are not run")
                .short('M')
                .hide(true),
        )
}

fn connection(command: Command) -> Command {
    command
        .arg(value("private_key", "private-key", "Key to log in with").alias("key-file"))
        .arg(value("user", "user", "User to log in as").short('u'))
        .arg(value("connection", "connection", "ssh, openssh or local").short('c'))
        .arg(value("timeout", "timeout", "Seconds until a connection is given up").short('T'))
        .arg(value("ssh_common_args", "ssh-common-args", "Further options of ssh"))
        .arg(value("ssh_extra_args", "ssh-extra-args", "Further options of ssh"))
        .arg(value("sftp_extra_args", "sftp-extra-args", "Refused: sftp is not used"))
        .arg(value("scp_extra_args", "scp-extra-args", "Refused: scp is not used"))
        .arg(flag("ask_pass", "ask-pass", "Ask for the login password").short('k'))
        .arg(
            value("conn_file", "connection-password-file", "File with the login password")
                .alias("conn-pass-file")
                .conflicts_with("ask_pass"),
        )
        .arg(flag("become", "become", "Become another user").short('b'))
        .arg(value("become_method", "become-method", "sudo, doas or su"))
        .arg(value("become_user", "become-user", "The user to become"))
        .arg(flag("ask_become", "ask-become-pass", "Ask for the become password").short('K'))
        .arg(
            value("become_file", "become-password-file", "File with the become password")
                .alias("become-pass-file")
                .conflicts_with("ask_become"),
        )
}

/// `ansible-playbook`.
pub fn playbook(name: &'static str) -> Command {
    shared(Command::new(name))
        .about("Runs playbooks on hosts.")
        .disable_version_flag(true)
        .arg(flag("version", "version", "Show the version"))
        .arg(many("tags", "tags", "Only tasks with these tags").short('t'))
        .arg(many("skip_tags", "skip-tags", "No tasks with these tags"))
        .arg(flag("force_handlers", "force-handlers", "Run handlers of failed hosts too"))
        .arg(flag("syntax_check", "syntax-check", "Check the playbook, run nothing"))
        .arg(flag("list_tasks", "list-tasks", "List tasks, run nothing"))
        .arg(flag("list_tags", "list-tags", "List tags, run nothing"))
        .arg(value("start_at_task", "start-at-task", "Start at the task of this name"))
        .arg(flag("step", "step", "Refused: one-step mode is not there yet").hide(true))
        .arg(Arg::new("playbooks").num_args(1..).value_name("PLAYBOOK").help("Playbook files"))
}

/// `ansible`.
pub fn adhoc(name: &'static str) -> Command {
    shared(Command::new(name))
        .about("Runs one module on hosts.")
        .disable_version_flag(true)
        .arg(flag("version", "version", "Show the version"))
        .arg(value("module", "module-name", "Module to run").short('m').default_value("command"))
        .arg(value("args", "args", "Its arguments: k=v, or JSON").short('a').default_value(""))
        .arg(flag("one_line", "one-line", "One line a host").short('o'))
        .arg(value("playbook_dir", "playbook-dir", "Directory of relative files and group_vars"))
        .arg(value("task_timeout", "task-timeout", "Seconds until the task is given up"))
        .arg(
            value("tree", "tree", "Refused: results are not written to files")
                .short('t')
                .hide(true),
        )
        .arg(
            value("background", "background", "Refused: async is not there yet")
                .short('B')
                .hide(true),
        )
        .arg(value("poll", "poll", "Refused: async is not there yet").short('P').hide(true))
        .arg(Arg::new("pattern").num_args(1).value_name("PATTERN").help("Which hosts"))
}

/// The first option that was given and is not built; it is refused, never ignored.
pub fn unbuilt(matches: &ArgMatches) -> Option<&'static str> {
    let flags = [("step", "--step"), ("flush_cache", "--flush-cache")];
    let values = [
        ("tree", "--tree"),
        ("background", "--background"),
        ("poll", "--poll"),
        ("module_path", "--module-path"),
        ("sftp_extra_args", "--sftp-extra-args"),
        ("scp_extra_args", "--scp-extra-args"),
    ];
    let given = |name: &str| matches.try_contains_id(name).unwrap_or(false);
    let set = |name: &str| given(name) && matches.get_flag(name);
    flags
        .iter()
        .find(|(name, _)| set(name))
        .or_else(|| values.iter().find(|(name, _)| given(name) && matches.contains_id(name)))
        .map(|(_, option)| *option)
}

/// The text of an option.
pub fn text<'a>(matches: &'a ArgMatches, name: &str) -> Option<&'a str> {
    matches.try_get_one::<String>(name).ok().flatten().map(String::as_str)
}

/// All texts of an option that may be repeated.
pub fn texts(matches: &ArgMatches, name: &str) -> Vec<String> {
    matches.try_get_many::<String>(name).ok().flatten().into_iter().flatten().cloned().collect()
}

/// Whether a flag was given.
pub fn is_set(matches: &ArgMatches, name: &str) -> bool {
    matches.try_get_one::<bool>(name).ok().flatten().copied().unwrap_or(false)
}

/// How often `-v` was given.
pub fn verbosity(matches: &ArgMatches) -> u8 {
    matches.try_get_one::<u8>("verbose").ok().flatten().copied().unwrap_or(0)
}

/// `--tags`; all without it.
pub fn tags(matches: &ArgMatches) -> Vec<String> {
    let tags = split(&texts(matches, "tags"));
    if tags.is_empty() { vec!["all".to_string()] } else { tags }
}

/// `--skip-tags`.
pub fn skip_tags(matches: &ArgMatches) -> Vec<String> {
    split(&texts(matches, "skip_tags"))
}

/// `--tags a,b` may be repeated.
fn split(words: &[String]) -> Vec<String> {
    let parts = words.iter().flat_map(|word| word.split(','));
    parts.map(str::trim).filter(|part| !part.is_empty()).map(str::to_string).collect()
}
