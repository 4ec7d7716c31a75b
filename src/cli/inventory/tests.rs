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
