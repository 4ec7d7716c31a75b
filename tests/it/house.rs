//! The rules of the house, checked on its sources: layers, sizes, words, the top level, dependencies, shell files.

mod findings;
mod source;

use std::fs;
use std::path::{Path, PathBuf};

use source::Source;

const FILE_LINES: usize = 400;
const FUNCTION_LINES: usize = 50;
const NESTING: usize = 3;

/// Which rooms a room may name by `crate::`; what is not listed has no room.
const ROOMS: &[(&str, &[&str])] = &[
    ("base", &[]),
    ("settings", &["base"]),
    ("spec", &["base"]),
    ("zfs", &["base"]),
    ("demo", &["base"]),
    ("vault", &["settings", "base"]),
    ("template", &["vault", "settings", "spec", "base"]),
    ("inventory", &["template", "vault", "settings", "spec", "base"]),
    ("facts", &["spec", "base"]),
    ("modules", &["facts", "zfs", "spec", "base"]),
    ("connection", &["settings", "spec", "base"]),
    ("play", &["modules", "template", "vault", "settings", "spec", "base"]),
    ("vars", &["play", "inventory", "template", "vault", "settings", "spec", "base"]),
    (
        "lint",
        &["vars", "play", "inventory", "template", "modules", "vault", "settings", "spec", "base"],
    ),
    (
        "run",
        &[
            "vars",
            "play",
            "inventory",
            "facts",
            "template",
            "modules",
            "connection",
            "zfs",
            "vault",
            "settings",
            "spec",
            "base",
        ],
    ),
    ("report", &["settings", "spec", "base"]),
    (
        "cli",
        &[
            "report",
            "demo",
            "lint",
            "run",
            "vars",
            "play",
            "inventory",
            "facts",
            "modules",
            "connection",
            "zfs",
            "template",
            "vault",
            "settings",
            "spec",
            "base",
        ],
    ),
];

/// Tables: functions that may be longer, since they are one list.
const TABLES: &[&str] = &[];

/// What the top level may hold beside dot files.
const TOP: &[&str] = &[
    "Cargo.toml",
    "Cargo.lock",
    "rustfmt.toml",
    "clippy.toml",
    "deny.toml",
    "src",
    "playbooks",
    "templates",
    "inventory",
    "roles",
    "tests",
    "benches",
    "fuzz",
    "docs",
    "packaging",
    "README.md",
    "CHANGELOG.md",
    "SECURITY.md",
    "ansible.cfg",
    "LICENSE-MIT",
    "LICENSE-APACHE",
    "target",
];

/// Words that promise work instead of doing it, or end the program (clippy finds unwrap and expect by type).
const WORDS: &[&str] = &[
    "TODO",
    "FIXME",
    "todo!",
    "unimplemented!",
    "unreachable!",
    "panic!",
    ".unwrap()",
    "clippy::unwrap_used",
    "clippy::expect_used",
    "clippy::panic",
];

#[test]
fn a_room_uses_only_what_is_below_it() {
    report(sources().iter().flat_map(layer_faults).collect());
}

fn layer_faults(source: &Source) -> Vec<String> {
    let Some(room) = source.room() else { return Vec::new() };
    let Some((_, below)) = ROOMS.iter().find(|(name, _)| *name == room) else {
        return vec![format!("{}: {room} is no room of the house", source.path)];
    };
    let used = source.crate_paths().into_iter();
    let bad = used.filter(|(_, name)| name != &room && !below.contains(&name.as_str()));
    bad.map(|(line, name)| format!("{}:{line}: {room} must not use {name}", source.path)).collect()
}

#[test]
fn files_and_functions_are_short_and_flat() {
    report(sources().iter().flat_map(size_faults).collect());
}

fn size_faults(source: &Source) -> Vec<String> {
    let mut faults = Vec::new();
    if source.lines() > FILE_LINES {
        faults.push(format!("{}: {} lines without its tests", source.path, source.lines()));
    }
    for function in source.functions() {
        let at = format!("{}:{}: {}", source.path, function.line, function.name);
        if function.lines > FUNCTION_LINES && !TABLES.contains(&function.name.as_str()) {
            faults.push(format!("{at} has {} lines", function.lines));
        }
        if function.nesting > NESTING {
            faults.push(format!("{at} is nested {} deep", function.nesting));
        }
    }
    faults
}

#[test]
fn the_entry_points_are_forty_lines_at_most() {
    for source in sources().iter().filter(|s| s.path == "src/main.rs" || s.path == "src/lib.rs") {
        assert!(source.lines() <= 40, "{}: {} lines", source.path, source.lines());
    }
}

#[test]
fn nothing_is_left_for_later_and_nothing_panics() {
    report(sources().iter().flat_map(word_faults).collect());
}

fn word_faults(source: &Source) -> Vec<String> {
    let mut faults = Vec::new();
    for (line, text) in source.words() {
        let found = WORDS.iter().filter(|word| text.contains(**word));
        faults.extend(found.map(|word| format!("{}:{line}: {word}", source.path)));
    }
    faults
}

#[test]
fn the_top_level_is_the_agreed_one() {
    let names = fs::read_dir(".").unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
    report(names.filter(|n| !n.starts_with('.') && !TOP.contains(&n.as_str())).collect());
}

#[test]
fn every_dependency_is_argued_for() {
    report(dependency_faults(&fs::read_to_string("Cargo.toml").unwrap()));
}

/// Names of dependencies with no comment on the line above.
fn dependency_faults(manifest: &str) -> Vec<String> {
    let (mut inside, mut argued, mut faults) = (false, false, Vec::new());
    for line in manifest.lines() {
        if line.starts_with('[') {
            inside = line.ends_with("dependencies]");
        } else if inside && !argued && line.contains('=') && !line.starts_with([' ', '#']) {
            faults.push(format!("no word for {line}"));
        }
        argued = line.starts_with('#');
    }
    faults
}

#[test]
fn shell_files_are_known_to_shellcheck() {
    let run = fs::read_to_string("tests/run").unwrap();
    let scripts = files(Path::new(".")).into_iter().filter(|path| path.extension().is_none());
    let shell = scripts.filter(|path| {
        fs::read_to_string(path)
            .is_ok_and(|text| text.starts_with("#!") && text.lines().next().unwrap().contains("sh"))
    });
    let names = shell.map(|path| path.strip_prefix(".").unwrap().display().to_string());
    // Files that end in .sh are found by the script itself.
    report(
        names
            .filter(|name| !run.contains(name.as_str()) && !name.starts_with("tests/fixtures"))
            .collect(),
    );
}

#[test]
fn no_file_is_called_after_nothing() {
    let dirs = files(Path::new("src")).into_iter().filter(|p| {
        p.file_name().is_some_and(|n| n == "utils.rs" || n == "helpers.rs" || n == "common.rs")
    });
    report(dirs.map(|p| p.display().to_string()).collect());
}

fn report(faults: Vec<String>) {
    assert!(faults.is_empty(), "{} faults\n{}", faults.len(), faults.join("\n"));
}

fn sources() -> Vec<Source> {
    let rust: Vec<PathBuf> = files(Path::new("src"))
        .into_iter()
        .filter(|p| p.extension().is_some_and(|e| e == "rs"))
        .collect();
    let tests: Vec<PathBuf> = rust.iter().flat_map(|path| source::test_files(path)).collect();
    rust.iter().filter(|path| !tests.contains(path)).filter_map(|path| Source::read(path)).collect()
}

/// All files below, sorted; not those of hidden directories but `.ci`, nor build output.
fn files(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut entries: Vec<PathBuf> = fs::read_dir(dir).unwrap().map(|e| e.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.is_file() {
            found.push(path);
        } else if path.is_dir()
            && !path.is_symlink()
            && name != "target"
            && (!name.starts_with('.') || name == ".ci")
        {
            found.extend(files(&path));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(path: &str, text: &str) -> Source {
        Source::parse(path, text)
    }

    #[test]
    fn layers_are_seen_in_paths_and_lists_but_not_in_tests_strings_and_comments() {
        let text = "use crate::run::x;\n// crate::run\nlet a = \"crate::cli\";\nuse crate::{base, cli::y};\n\
                    #[cfg(test)]\nmod tests { use crate::report; }\n";
        let faults = layer_faults(&source("src/play/mod.rs", text));
        assert_eq!(
            faults,
            [
                "src/play/mod.rs:1: play must not use run",
                "src/play/mod.rs:4: play must not use cli"
            ]
        );
        assert_eq!(layer_faults(&source("src/attic/mod.rs", "")).len(), 1);
    }

    #[test]
    fn long_and_deep_functions_are_found() {
        let long = format!("fn long() {{\n{}}}\nfn short() {{}}\n", "    x();\n".repeat(50));
        assert_eq!(
            size_faults(&source("src/base/a.rs", &long)),
            ["src/base/a.rs:1: long has 52 lines"]
        );
        let deep = "fn deep() {\n if a {\n for b in c {\n match d {\n E => { while f { g(); } }\n }\n }\n }\n}\n";
        assert_eq!(
            size_faults(&source("src/base/a.rs", deep)),
            ["src/base/a.rs:1: deep is nested 4 deep"]
        );
        let flat =
            "fn flat() -> A {\n if x { A { b: B { c: D { e: 1 } } } } else { y(|z| { z }) }\n}\n";
        assert_eq!(size_faults(&source("src/base/a.rs", flat)), [""; 0]);
        let big = "x\n".repeat(401);
        assert_eq!(size_faults(&source("src/base/a.rs", &big)).len(), 1);
        let tests = format!("#[cfg(test)]\nmod tests {{\n{}}}\n", "x\n".repeat(500));
        assert_eq!(size_faults(&source("src/base/a.rs", &tests)), [""; 0]);
    }

    #[test]
    fn words_count_in_code_and_comments_but_not_in_strings() {
        let text = "// TODO\na.unwrap();\nlet b = \"panic!\";\n#[cfg(test)]\nmod tests { fn a() { panic!() } }\n";
        assert_eq!(
            word_faults(&source("src/base/a.rs", text)),
            ["src/base/a.rs:1: TODO", "src/base/a.rs:2: .unwrap()"]
        );
    }

    #[test]
    fn an_uncommented_dependency_is_found() {
        let text = "[dependencies]\n# why\na = \"1\"\nb = \"1\"\n[features]\nc = []\n[dev-dependencies]\n# why\nd = \"1\"\n";
        assert_eq!(dependency_faults(text), ["no word for b = \"1\""]);
    }
}
