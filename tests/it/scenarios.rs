//! The table of scenarios names tests that are there.

use std::fs;
use std::path::Path;

use fancy_regex::Regex;

/// How many there are.
const SCENARIOS: usize = 56;

#[test]
fn every_scenario_has_a_test() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let table = fs::read_to_string(root.join("docs/scenarios.md")).unwrap();
    let rows: Vec<&str> = table.lines().filter(|line| line.starts_with("| ")).skip(1).collect();
    assert_eq!(rows.len(), SCENARIOS);
    let place = Regex::new("`([^`]+)` (s[0-9]{2}[a-z0-9_]*|[a-z_]{8,})").unwrap();
    for (at, row) in rows.iter().enumerate() {
        assert!(row.starts_with(&format!("| {} |", at + 1)), "out of order: {row}");
        let places: Vec<_> = place.captures_iter(row).map(Result::unwrap).collect();
        assert!(!places.is_empty(), "no test: {row}");
        for found in places {
            let part = |number| found.get(number).unwrap().as_str();
            let (file, word) = (part(1), part(2));
            let text =
                fs::read_to_string(root.join(file)).unwrap_or_else(|_| panic!("{row}: {file}"));
            let test = Regex::new(&format!(r"(fn |_|'| ){word}(_| |\()")).unwrap();
            assert!(test.is_match(&text).unwrap(), "{row}: nothing of {word} in {file}");
        }
    }
}
