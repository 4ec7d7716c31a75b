//! What was found out on a real FreeBSD, by number: each finding that touches us is in the name of a test, `f17_...`.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::files;

/// The last one.
const LAST: u32 = 74;

/// Beside the numbers.
const MORE: [&str; 3] = ["10a", "51a", "58a"];

/// Those that touch nothing of ours, and why.
const NOT_OURS: &[(&str, &str)] = &[
    ("56", "`zpool list -v`, `detach` and `labelclear` are not called"),
    ("58", "an artefact of the system that the findings were made on"),
    ("67", "`bastille list` is not asked: jails are read from their files and from jls"),
    (
        "74",
        "`vm list`, `vm iso` and `vm passthru` are not asked: machines are read from their files",
    ),
];

/// Numbers at the beginning of a test's name, as of `f71_f72_only_the_process`.
fn numbers(name: &str) -> impl Iterator<Item = &str> {
    fn number(word: &str) -> bool {
        word.trim_end_matches('a').parse::<u32>().is_ok()
    }
    name.split('_')
        .skip_while(|word| word.starts_with('s') && number(&word[1..]))
        .map_while(|word| word.strip_prefix('f'))
        .take_while(|word| number(word))
}

#[test]
fn every_finding_has_a_test() {
    let mut named = BTreeSet::new();
    let all = files(Path::new("src")).into_iter().chain(files(Path::new("tests/it")));
    for path in all.filter(|path| path.extension().is_some_and(|end| end == "rs")) {
        let text = fs::read_to_string(path).unwrap();
        // Only a test is called so.
        let names = text.split("fn ").filter_map(|rest| rest.split_once('('));
        named.extend(names.flat_map(|(name, _)| numbers(name).map(str::to_owned)));
    }
    let ours = |number: &String| NOT_OURS.iter().all(|(not, _)| not != number);
    let all = (1..=LAST).map(|n| n.to_string()).chain(MORE.map(str::to_owned));
    let missing: Vec<String> = all.filter(ours).filter(|n| !named.contains(n)).collect();
    assert!(missing.is_empty(), "no test names {missing:?}");
    let both: Vec<_> = NOT_OURS.iter().filter(|(not, _)| named.contains(*not)).collect();
    assert!(both.is_empty(), "{both:?}");
}

/// Words that some system's tools or shell do not know, or know as something else.
const FOREIGN: &[&str] = &[
    "[[ ",
    "function ",
    "<(",
    "echo -e",
    "echo -n",
    "printf %q",
    "mktemp -t",
    "cp -n ",
    "mv -n ",
    "mv -T",
    "cp -T",
    "xargs -d",
    "xargs -0",
    " -nt ",
    " -ot ",
    "test -v",
    "read -n",
    "read -d",
    "read -t",
    "sed -i",
    "head -n -",
    "date +%N",
    "stat --",
    "grep -P",
    "find -name",
    "su -s /bin/sh",
    "ps -C ",
    "service routing",
    "service netif restart",
    " ls --",
    "/bin/bash",
];

#[test]
fn f4_f15_f40_scripts_have_only_what_every_system_has() {
    let scripts = files(Path::new("src")).into_iter();
    let scripts: Vec<_> =
        scripts.filter(|path| path.extension().is_some_and(|end| end == "sh")).collect();
    assert!(scripts.len() > 100);
    let mut faults = Vec::new();
    for path in scripts {
        let text = fs::read_to_string(&path).unwrap();
        let code = text.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with('#'));
        for (at, line) in code {
            let word = FOREIGN.iter().find(|word| line.contains(*word));
            faults.extend(word.map(|word| format!("{}:{}: {word}", path.display(), at + 1)));
        }
    }
    super::report(faults);
}
