//! Against what the real command printed: `tests/fixtures/inventory/record.sh` records it.

use super::run;
use crate::settings::Surroundings;
use std::path::{Path, PathBuf};

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/inventory")
}

fn golden(name: &str) -> String {
    let path = fixtures().join("../../golden/inventory").join(format!("{name}.out"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Exit code, stdout and stderr of the command in the directory of the fixtures.
fn command(line: &str) -> (u8, String, String) {
    let place = Surroundings {
        env: [("ANSIBLE_CONFIG".to_string(), "empty.cfg".to_string())].into(),
        cwd: fixtures(),
        home: PathBuf::from("/nonexistent"),
        system: PathBuf::new(),
    };
    let words: Vec<String> = line.split_whitespace().map(str::to_string).collect();
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let code = run(&words, place, &mut out, &mut err);
    (code, String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
}

#[test]
fn prints_what_ansible_prints() {
    let cases = std::fs::read_to_string(fixtures().join("cases")).unwrap();
    let mut wrong = Vec::new();
    let mut count = 0;
    for line in cases.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        let (name, words) = line.split_once(": ").unwrap();
        let (code, out, err) = command(words);
        count += 1;
        let printed = format!("{out}exit: {code}\n");
        let wanted = golden(name);
        if printed != wanted {
            let diff = similar::TextDiff::from_lines(&wanted, &printed);
            wrong.push(format!("{name}: {words}\n{}{err}", diff.unified_diff().context_radius(2)));
        }
    }
    assert!(count > 40, "{count} cases");
    assert!(wrong.is_empty(), "{} of {count} differ\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn refusals_have_ansibles_codes() {
    let cases = [
        (
            "",
            5,
            "[ERROR]: No action selected, at least one of --host, --graph or --list needs to be specified.\n",
        ),
        (
            "--list --graph",
            5,
            "[ERROR]: Conflicting options used, only one of --host, --graph or --list can be used at the same time.\n",
        ),
        ("-i a, --list --toml", 5, "[ERROR]: TOML output is not supported; --yaml and JSON are.\n"),
        ("-i a, --graph b", 5, "[ERROR]: Pattern must be valid group name when using --graph\n"),
        ("-i a, --list --limit @none", 1, "[ERROR]: Unable to find limit file b'none'\n"),
        ("-i a,b --host *", 5, "[ERROR]: You must pass a single valid host to --host parameter\n"),
        (
            "-i a, --host b",
            5,
            "[WARNING]: Could not match supplied host pattern, ignoring: b\n[ERROR]: You must pass a single valid host to --host parameter\n",
        ),
    ];
    for (line, code, text) in cases {
        assert_eq!(command(line), (code, String::new(), text.to_string()), "{line}");
    }
    let (code, out, err) = command("--bogus");
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(
        err.starts_with("usage: ansible-inventory ")
            && err.ends_with("error: unrecognized arguments: --bogus\n")
    );
    let (code, out, err) = command("--help");
    assert_eq!((code, err.as_str()), (0, ""));
    assert!(out.contains("--playbook-dir BASEDIR"));
    let (code, out, _) = command("--version");
    assert_eq!(
        (code, out.lines().next().unwrap()),
        (0, concat!("ansible-inventory [tank ", env!("CARGO_PKG_VERSION"), "]"))
    );
}

#[test]
fn output_goes_to_a_file_on_demand() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("out.json");
    let (code, out, err) = command(&format!("-i a, --list --output {}", file.display()));
    assert_eq!((code, out.as_str(), err.as_str()), (0, "", ""));
    let (_, printed, _) = command("-i a, --list");
    assert_eq!(std::fs::read_to_string(file).unwrap() + "\n", printed);
    let (code, _, err) = command("-i a, --list --output /nonexistent/x");
    assert_eq!(code, 1);
    assert!(err.starts_with("[ERROR]: Unable to write to destination file '/nonexistent/x': "));
}

#[test]
fn verbosity_names_the_configuration() {
    let (_, out, _) = command("-i a, --host a -v");
    assert_eq!(
        out,
        format!("Using {} as config file\n{{}}\n", fixtures().join("empty.cfg").display())
    );
}
