//! The options of `ansible-inventory`.

use std::fmt::Write as _;

/// What was asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools)] // one per switch
pub(super) struct Options {
    pub verbosity: u8,
    pub inventory: Vec<String>,
    pub limit: Option<String>,
    pub flush_cache: bool,
    pub vault_ids: Vec<String>,
    pub ask_vault_password: bool,
    pub vault_password_files: Vec<String>,
    pub playbook_dir: Option<String>,
    pub extra_vars: Vec<String>,
    pub list: bool,
    pub host: Option<String>,
    pub graph: bool,
    pub yaml: bool,
    pub toml: bool,
    pub vars: bool,
    pub export: bool,
    pub output: Option<String>,
    pub group: Option<String>,
}

/// What the words come to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Request {
    Run(Box<Options>),
    Help,
    Version,
}

/// How an option takes its value.
enum Take {
    Switch(fn(&mut Options)),
    Value(&'static str, fn(&mut Options, String)),
    Ends(fn() -> Request),
    /// Known only to be refused.
    Unknown,
}

struct Opt {
    flags: &'static [&'static str],
    take: Take,
    help: &'static str,
}

const TABLE: &[Opt] = &[
    Opt {
        flags: &["-h", "--help"],
        take: Take::Ends(|| Request::Help),
        help: "show this help and exit",
    },
    Opt {
        flags: &["--version"],
        take: Take::Ends(|| Request::Version),
        help: "show the version and the configuration file and exit",
    },
    Opt {
        flags: &["-v", "--verbose"],
        take: Take::Switch(|o| o.verbosity = o.verbosity.saturating_add(1)),
        help: "say more; up to -vvvvvv",
    },
    Opt {
        flags: &["-i", "--inventory", "--inventory-file"],
        take: Take::Value("INVENTORY", |o, value| o.inventory.push(value)),
        help: "a file, directory, script or comma separated host list; may be repeated",
    },
    Opt {
        flags: &["-l", "--limit"],
        take: Take::Value("SUBSET", |o, value| o.limit = Some(value)),
        help: "only hosts that this pattern selects, too",
    },
    Opt {
        flags: &["--flush-cache"],
        take: Take::Switch(|o| o.flush_cache = true),
        help: "forget cached facts of every host",
    },
    Opt {
        flags: &["--vault-id"],
        take: Take::Value("VAULT_IDS", |o, value| o.vault_ids.push(value)),
        help: "a vault identity and its password source; may be repeated",
    },
    Opt {
        flags: &["-J", "--ask-vault-password", "--ask-vault-pass"],
        take: Take::Switch(|o| o.ask_vault_password = true),
        help: "ask for the vault password",
    },
    Opt {
        flags: &["--vault-password-file", "--vault-pass-file"],
        take: Take::Value("VAULT_PASSWORD_FILES", |o, value| o.vault_password_files.push(value)),
        help: "a file with the vault password, or a program that prints it",
    },
    Opt {
        flags: &["--playbook-dir"],
        take: Take::Value("BASEDIR", |o, value| o.playbook_dir = Some(value)),
        help: "read group_vars and host_vars of this directory as those of a playbook",
    },
    Opt {
        flags: &["-e", "--extra-vars"],
        take: Take::Value("EXTRA_VARS", |o, value| o.extra_vars.push(value)),
        help: "variables over all others: key=value, YAML, JSON or @file; may be repeated",
    },
    Opt { flags: &["--list-hosts"], take: Take::Unknown, help: "" },
    Opt {
        flags: &["--list"],
        take: Take::Switch(|o| o.list = true),
        help: "all hosts and groups, in the form that inventory scripts give",
    },
    Opt {
        flags: &["--host"],
        take: Take::Value("HOST", |o, value| o.host = Some(value)),
        help: "the variables of one host; ignores --limit",
    },
    Opt {
        flags: &["--graph"],
        take: Take::Switch(|o| o.graph = true),
        help: "groups and hosts as a tree, of the named group or of all; ignores --limit",
    },
    Opt {
        flags: &["-y", "--yaml"],
        take: Take::Switch(|o| o.yaml = true),
        help: "YAML instead of JSON; not with --graph",
    },
    Opt {
        flags: &["--toml"],
        take: Take::Switch(|o| o.toml = true),
        help: "TOML instead of JSON (not supported)",
    },
    Opt {
        flags: &["--vars"],
        take: Take::Switch(|o| o.vars = true),
        help: "variables in the tree of --graph",
    },
    Opt {
        flags: &["--export"],
        take: Take::Switch(|o| o.export = true),
        help: "with --list: leave variables with the groups that have them",
    },
    Opt {
        flags: &["--output"],
        take: Take::Value("OUTPUT_FILE", |o, value| o.output = Some(value)),
        help: "write to this file instead",
    },
];

/// Reads the words behind the command's name; the error is what argparse would say.
pub(super) fn parse(words: &[String]) -> Result<Request, String> {
    let mut options = Options::default();
    let mut rest = words.iter();
    let mut surplus: Vec<&str> = Vec::new();
    let mut only_words = false;
    while let Some(word) = rest.next() {
        if only_words || word == "-" || !word.starts_with('-') {
            if options.group.is_none() {
                options.group = Some(word.clone());
            } else {
                surplus.push(word);
            }
        } else if word == "--" {
            only_words = true;
        } else if let Some(request) = option(&mut options, word, &mut rest, &mut surplus)? {
            return Ok(request);
        }
    }
    if options.ask_vault_password && !options.vault_password_files.is_empty() {
        return Err("argument --vault-password-file/--vault-pass-file: not allowed with argument -J/--ask-vault-password/--ask-vault-pass".to_string());
    }
    if !surplus.is_empty() {
        return Err(format!("unrecognized arguments: {}", surplus.join(" ")));
    }
    Ok(Request::Run(Box::new(options)))
}

fn option<'a>(
    options: &mut Options,
    word: &'a str,
    rest: &mut std::slice::Iter<'_, String>,
    surplus: &mut Vec<&'a str>,
) -> Result<Option<Request>, String> {
    if !word.starts_with("--") {
        return letters(options, word, rest, surplus);
    }
    let (name, value) = match word.split_once('=') {
        Some((name, value)) => (name, Some(value.to_string())),
        None => (word, None),
    };
    let Some(opt) = long(name)? else {
        surplus.push(word);
        return Ok(None);
    };
    match (&opt.take, value) {
        (Take::Unknown, _) => surplus.push(word),
        (Take::Switch(_) | Take::Ends(_), Some(value)) => {
            let (name, value) = (opt.flags.join("/"), crate::base::Value::from(value).repr());
            return Err(format!("argument {name}: ignored explicit argument {value}"));
        }
        (Take::Switch(set), None) => set(options),
        (Take::Ends(request), None) => return Ok(Some(request())),
        (Take::Value(_, set), Some(value)) => set(options, value),
        (Take::Value(_, set), None) => set(options, operand(opt, rest)?),
    }
    Ok(None)
}

/// A word of one-letter options, the last of which may have its value attached.
fn letters<'a>(
    options: &mut Options,
    word: &'a str,
    rest: &mut std::slice::Iter<'_, String>,
    surplus: &mut Vec<&'a str>,
) -> Result<Option<Request>, String> {
    for (at, letter) in word.char_indices().skip(1) {
        let flag = format!("-{letter}");
        let Some(opt) = TABLE.iter().find(|opt| opt.flags.contains(&flag.as_str())) else {
            surplus.push(word);
            return Ok(None);
        };
        let attached = &word[at + letter.len_utf8()..];
        match &opt.take {
            Take::Switch(set) => set(options),
            Take::Ends(request) => return Ok(Some(request())),
            Take::Value(_, set) if attached.is_empty() => set(options, operand(opt, rest)?),
            Take::Value(_, set) => {
                set(options, attached.strip_prefix('=').unwrap_or(attached).to_string());
            }
            Take::Unknown => surplus.push(word),
        }
        if matches!(opt.take, Take::Value(..)) {
            break;
        }
    }
    Ok(None)
}

fn operand(opt: &Opt, rest: &mut std::slice::Iter<'_, String>) -> Result<String, String> {
    let is_option = |word: &&String| word.len() > 1 && word.starts_with('-') && !is_number(word);
    match rest.as_slice().first() {
        Some(word) if !is_option(&word) => {
            rest.next();
            Ok(word.clone())
        }
        _ => Err(format!("argument {}: expected one argument", opt.flags.join("/"))),
    }
}

fn is_number(word: &str) -> bool {
    word.parse::<f64>().is_ok()
}

/// The option of a long name or of the beginning of just one.
fn long(name: &str) -> Result<Option<&'static Opt>, String> {
    let exact = TABLE.iter().find(|opt| opt.flags.contains(&name));
    if exact.is_some() {
        return Ok(exact);
    }
    let mut found: Vec<(&str, &'static Opt)> = Vec::new();
    for opt in TABLE {
        found.extend(opt.flags.iter().filter(|f| f.starts_with(name)).map(|flag| (*flag, opt)));
    }
    match found[..] {
        [] => Ok(None),
        [(_, opt)] => Ok(Some(opt)),
        _ => {
            let names: Vec<&str> = found.iter().map(|(flag, _)| *flag).collect();
            Err(format!("ambiguous option: {name} could match {}", names.join(", ")))
        }
    }
}

/// The first line of help and of errors.
pub(super) const USAGE: &str =
    "usage: ansible-inventory [-h] [--version] [-v] [-i INVENTORY] [-l SUBSET]
                         [--flush-cache] [--vault-id VAULT_IDS] [-J |
                         --vault-password-file VAULT_PASSWORD_FILES]
                         [--playbook-dir BASEDIR] [-e EXTRA_VARS] [--list]
                         [--host HOST] [--graph] [-y] [--toml] [--vars]
                         [--export] [--output OUTPUT_FILE]
                         [group]
";

/// What `--help` prints.
pub(super) fn help() -> String {
    let mut text = format!(
        "{USAGE}\nShow the inventory as it was read: hosts, groups and their variables.\n\nOne of --list, --host and --graph is needed.\n\noptions:\n"
    );
    for opt in TABLE {
        let mut flags = opt.flags.join(", ");
        match opt.take {
            Take::Unknown => continue,
            Take::Value(name, _) => {
                let _ = write!(flags, " {name}");
            }
            _ => {}
        }
        if flags.len() > 22 {
            let _ = writeln!(text, "  {flags}\n{:26}{}", "", opt.help);
        } else {
            let _ = writeln!(text, "  {flags:<22}  {}", opt.help);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Request, String> {
        let words: Vec<String> = line.split_whitespace().map(str::to_string).collect();
        parse(&words)
    }

    fn options(line: &str) -> Options {
        match parsed(line) {
            Ok(Request::Run(options)) => *options,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn words_become_options() {
        let all = options("-vvi a, --inventory=b -lweb --host h -e x=1 --exp -yJ grp --out f");
        assert_eq!(all.verbosity, 2);
        assert_eq!(all.inventory, ["a,", "b"]);
        assert_eq!((all.limit.as_deref(), all.host.as_deref()), (Some("web"), Some("h")));
        assert!(all.export && all.yaml && all.ask_vault_password && !all.list);
        assert_eq!((all.group.as_deref(), all.output.as_deref()), (Some("grp"), Some("f")));
        assert_eq!(parsed("--list -h"), Ok(Request::Help));
        assert_eq!(parsed("--version"), Ok(Request::Version));
    }

    #[test]
    fn refusals_are_argparses() {
        let cases = [
            ("--lis", "ambiguous option: --lis could match --list-hosts, --list"),
            ("--host", "argument --host: expected one argument"),
            ("--host --list", "argument --host: expected one argument"),
            ("--list x y", "unrecognized arguments: y"),
            ("--list --bogus", "unrecognized arguments: --bogus"),
            ("--list-hosts", "unrecognized arguments: --list-hosts"),
            ("--list=5", "argument --list: ignored explicit argument '5'"),
            (
                "-J --vault-pass-file x",
                "argument --vault-password-file/--vault-pass-file: not allowed with argument -J/--ask-vault-password/--ask-vault-pass",
            ),
        ];
        for (line, refusal) in cases {
            assert_eq!(parsed(line), Err(refusal.to_string()), "{line}");
        }
    }

    #[test]
    fn help_names_every_option() {
        let text = help();
        for flag in TABLE.iter().filter(|o| !o.help.is_empty()).flat_map(|opt| opt.flags) {
            assert!(text.contains(flag), "{flag}");
        }
    }
}
