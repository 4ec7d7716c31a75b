//! tank against Ansible's own output. A case is a directory under `tests/fixtures/oracle`; what real Ansible printed
//! and left for it lies in `tests/golden/ansible/<case>.out`. `tests/oracle` runs the same code with a live Ansible.
//!
//! Environment, set by `tests/oracle`: `TANK_ORACLE` (directory of ansible-playbook: compare with it live),
//! `TANK_RECORD=1` (write the golden files from it), `TANK_CASES` (names, comma-separated), `TANK_EVERY` (each nth).

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use fancy_regex::Regex;

use crate::process::{self, Outcome};
use crate::project::{LIMIT, TANK};
use crate::sshd::Sshd;

const FIXTURES: &str = "tests/fixtures/oracle";
const GOLDEN: &str = "tests/golden/ansible";
/// Cases with hosts that do not answer and such wait rather than compute.
const THREADS: usize = 4;
/// Runs of a case that has no file `args`: the second must change nothing.
const TWICE: &str =
    "ansible-playbook -i hosts playbook.yml\nansible-playbook -i hosts playbook.yml\n";

/// Who runs the case.
#[derive(Clone, Copy, PartialEq)]
enum Who<'a> {
    Tank,
    /// Tank, which asks nothing before its turn.
    TankInTurn,
    Ansible(&'a Path),
}

/// A scratch directory of fixed length, since Ansible breaks lines by length: `/tmp/tank.XXXXXX`.
struct Place {
    dir: tempfile::TempDir,
}

struct Case {
    name: String,
    source: PathBuf,
}

#[test]
fn the_output_is_ansibles() {
    let cases = chosen();
    let oracle = std::env::var_os("TANK_ORACLE").map(PathBuf::from);
    let record = std::env::var_os("TANK_RECORD").is_some();
    assert!(!record || oracle.is_some(), "TANK_RECORD needs TANK_ORACLE");
    let engine = fs::read_to_string("src/lib.rs").unwrap().contains("pub mod run;");
    assert!(!cases.is_empty() || !engine, "tank has an engine, but {GOLDEN}/PASSING names no case");
    let (sshd, masks) = (Sshd::start(), masks());
    let next = AtomicUsize::new(0);
    let failures = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::SeqCst)) {
                    let found = check(case, &sshd, &masks, oracle.as_deref(), record);
                    failures
                        .lock()
                        .unwrap()
                        .extend(found.map(|text| format!("== {}\n{text}", case.name)));
                }
            });
        }
    });
    let failures = failures.into_inner().unwrap();
    assert!(
        failures.is_empty(),
        "{} of {} cases differ\n{}",
        failures.len(),
        cases.len(),
        failures.join("\n")
    );
    println!("{} of {} cases compared", cases.len(), all().len());
}

#[test]
fn every_case_has_its_golden_file_and_every_golden_file_its_case() {
    let cases: BTreeSet<String> = all().into_iter().collect();
    let golden: BTreeSet<String> = names(GOLDEN)
        .into_iter()
        .filter_map(|n| Some(n.strip_suffix(".out")?.to_owned()))
        .collect();
    assert_eq!(cases, golden);
    assert!(cases.len() >= 25, "{}", cases.len());
    let unknown: Vec<String> = passing().into_iter().filter(|name| !cases.contains(name)).collect();
    assert!(unknown.is_empty(), "PASSING names no case: {unknown:?}");
}

#[test]
fn the_last_of_two_plain_runs_changed_nothing() {
    for name in all().iter().filter(|name| !Path::new(FIXTURES).join(name).join("args").exists()) {
        let text = fs::read_to_string(Path::new(GOLDEN).join(format!("{name}.out"))).unwrap();
        let last = text.rsplit_once("PLAY RECAP").unwrap().1;
        for line in last.lines().filter(|line| line.contains("changed=")) {
            assert!(line.contains("changed=0 "), "{name}: {line}");
        }
    }
}

/// The difference, if there is one; in a recording: writes the file and answers nothing.
fn check(
    case: &Case,
    sshd: &Sshd,
    masks: &[(Regex, String)],
    oracle: Option<&Path>,
    record: bool,
) -> Option<String> {
    let place = Place::new();
    let file = Path::new(GOLDEN).join(format!("{}.out", case.name));
    let wanted = match oracle {
        Some(bin) => case.transcript(&place, sshd, masks, Who::Ansible(bin)),
        None => fs::read_to_string(&file).unwrap_or_else(|e| panic!("{}: {e}", file.display())),
    };
    if record {
        fs::write(&file, wanted).unwrap();
        return None;
    }
    let got = case.transcript(&place, sshd, masks, Who::Tank);
    case.difference(&wanted, &got).or_else(|| {
        let plain = case.transcript(&place, sshd, masks, Who::TankInTurn);
        let found = case.difference(&wanted, &plain)?;
        Some(format!("without look-ahead:\n{found}"))
    })
}

impl Place {
    fn new() -> Place {
        Place {
            dir: tempfile::Builder::new().prefix("tank.").rand_bytes(6).tempdir_in("/tmp").unwrap(),
        }
    }

    fn sub(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Empties it and lays the case's files there, with the marks in them replaced.
    fn lay(&self, case: &Case, sshd: &Sshd) {
        for name in ["case", "dest", "home", "bin", "remote"] {
            let _ = fs::remove_dir_all(self.sub(name));
            fs::create_dir(self.sub(name)).unwrap();
        }
        for name in ["ansible-playbook", "ansible", "ansible-inventory"] {
            symlink(TANK, self.sub("bin").join(name)).unwrap();
        }
        let marks = self.marks(sshd);
        copy_tree(&case.source, &self.sub("case"), &marks);
        let hosts = self.sub("case/hosts");
        if !hosts.exists() {
            fs::write(
                hosts,
                filled("target ansible_host=127.0.0.1 ansible_port=@PORT@ dest=@DEST@\n", &marks),
            )
            .unwrap();
        }
    }

    fn marks(&self, sshd: &Sshd) -> Vec<(&'static str, String)> {
        vec![
            ("@DEST@", self.sub("dest").display().to_string()),
            ("@WORK@", self.dir.path().display().to_string()),
            ("@PORT@", sshd.port().to_string()),
        ]
    }
}

impl Case {
    /// What all runs of the case printed and left, masked: the text of a golden file.
    fn transcript(
        &self,
        place: &Place,
        sshd: &Sshd,
        masks: &[(Regex, String)],
        who: Who,
    ) -> String {
        place.lay(self, sshd);
        let mut text = String::new();
        for line in self.runs().lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let ran = process::run(&mut command(place, sshd, who, line), LIMIT);
            text.push_str(&record_of(line, &ran));
            text.push_str(&listing(&place.sub("dest")));
        }
        masked(text, place, sshd, masks)
    }

    fn runs(&self) -> String {
        fs::read_to_string(self.source.join("args")).unwrap_or_else(|_| TWICE.to_owned())
    }

    /// Compares stdout, exit codes and trees; of stderr only what the case's file `stderr` names, a text a line
    /// (`exact`: all of it).
    fn difference(&self, wanted: &str, got: &str) -> Option<String> {
        let texts = fs::read_to_string(self.source.join("stderr")).unwrap_or_default();
        let exact = texts.trim() == "exact";
        let (left, right) = if exact {
            (wanted.to_owned(), got.to_owned())
        } else {
            (no_stderr(wanted), no_stderr(got))
        };
        if left != right {
            let diff = similar::TextDiff::from_lines(&left, &right);
            let hints = if exact { "" } else { &only_stderr(got) };
            return Some(format!("{}\n{hints}", diff.unified_diff().header("ansible", "tank")));
        }
        let mut missing = Vec::new();
        for text in texts.lines().filter(|_| !exact) {
            for (who, whole) in [("ansible", wanted), ("tank", got)] {
                if !only_stderr(whole).contains(text) {
                    missing.push(format!(
                        "{who} does not say on stderr: {text}\n{}",
                        only_stderr(whole)
                    ));
                }
            }
        }
        (!missing.is_empty()).then(|| missing.join("\n"))
    }
}

/// The cases to run: those asked for by name, else (in a recording) all, else those that pass so far.
fn chosen() -> Vec<Case> {
    let asked = std::env::var("TANK_CASES").ok();
    let names = match asked.as_deref() {
        Some("all") => all(),
        Some(list) => list.split(',').map(str::to_owned).collect(),
        None if std::env::var_os("TANK_RECORD").is_some() => all(),
        None => passing(),
    };
    let every =
        std::env::var("TANK_EVERY").map_or(1, |n| n.parse().expect("TANK_EVERY is a number"));
    let case = |name: String| {
        let source = Path::new(FIXTURES).join(&name);
        assert!(source.is_dir(), "no case {name}");
        Case { name, source }
    };
    names.into_iter().step_by(every).map(case).collect()
}

fn all() -> Vec<String> {
    names(FIXTURES).into_iter().filter(|name| Path::new(FIXTURES).join(name).is_dir()).collect()
}

/// The cases that tank is known to pass, from the file PASSING.
fn passing() -> Vec<String> {
    let text = fs::read_to_string(Path::new(GOLDEN).join("PASSING")).unwrap();
    text.lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(str::to_owned)
        .collect()
}

fn names(dir: &str) -> Vec<String> {
    let entries = fs::read_dir(dir).unwrap_or_else(|e| panic!("{dir}: {e}"));
    let mut names: Vec<String> =
        entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// One run: `[NAME=value ...] program words...`, split as a shell would with quotes.
fn command(place: &Place, sshd: &Sshd, who: Who, line: &str) -> Command {
    let line = filled(line, &place.marks(sshd));
    let mut words = split(&line).into_iter().peekable();
    let mut sets = Vec::new();
    while let Some((name, value)) = words.peek().and_then(|word| assignment(word)) {
        sets.push((name, value));
        words.next();
    }
    let bin = match who {
        Who::Tank | Who::TankInTurn => place.sub("bin"),
        Who::Ansible(bin) => bin.to_owned(),
    };
    let mut command = Command::new(bin.join(words.next().expect("a program")));
    command.args(words).current_dir(place.sub("case")).env_clear();
    settings(&mut command, place, sshd);
    if who == Who::TankInTurn {
        command.env("TANK_LOOK_AHEAD", "false");
    }
    if matches!(who, Who::Tank | Who::TankInTurn) {
        command.env("TANK_MASK", "ansible").env("TANK_CHECK_OVERLAY", "false");
    }
    command.envs(sets);
    command
}

/// How both programs reach the server, and what keeps their output free of this machine.
fn settings(command: &mut Command, place: &Place, sshd: &Sshd) {
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("LC_ALL", "C.UTF-8");
    command.env("HOME", place.sub("home")).env("ANSIBLE_NOCOLOR", "1");
    command
        .env("ANSIBLE_PRIVATE_KEY_FILE", sshd.key())
        .env("ANSIBLE_REMOTE_PORT", sshd.port().to_string());
    command.env(
        "ANSIBLE_SSH_COMMON_ARGS",
        format!("-F /dev/null -o UserKnownHostsFile={}", sshd.known_hosts().display()),
    );
    command.env("ANSIBLE_SSH_ARGS", "-o ControlMaster=auto -o ControlPersist=5s");
    command.env("ANSIBLE_PYTHON_INTERPRETER", "/usr/bin/python3").env("ANSIBLE_PIPELINING", "True");
    command.env("ANSIBLE_REMOTE_TMP", place.sub("remote"));
}

fn assignment(word: &str) -> Option<(String, String)> {
    let (name, value) = word.split_once('=')?;
    let upper = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    (!name.is_empty() && name.chars().all(upper)).then(|| (name.to_owned(), value.to_owned()))
}

/// Words of a line; single and double quotes keep what is between them as it is.
fn split(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    for c in line.chars() {
        match (quote, c) {
            (None, '\'' | '"') => (quote, word) = (Some(c), Some(word.unwrap_or_default())),
            (None, ' ') => words.extend(word.take()),
            (Some(q), c) if q == c => quote = None,
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

fn record_of(line: &str, ran: &Outcome) -> String {
    let end =
        |text: &str| if text.is_empty() || text.ends_with('\n') { "" } else { "\\ no newline\n" };
    let (out, err) = (&ran.stdout, &ran.stderr);
    let (out_end, err_end) = (end(out), end(err));
    format!("$ {line}\n{out}{out_end}--- stderr\n{err}{err_end}--- exit {}\n", ran.code)
}

/// A line for each path below: type, mode, path, and link target or the content's checksum.
fn listing(dir: &Path) -> String {
    let mut lines = Vec::new();
    list(dir, dir, &mut lines);
    lines.sort();
    format!("--- tree\n{}\n", lines.concat())
}

fn list(top: &Path, dir: &Path, lines: &mut Vec<String>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let meta = fs::symlink_metadata(&path).unwrap();
        let name = path.strip_prefix(top).unwrap().display();
        let mode = meta.permissions().mode() & 0o7777;
        if meta.is_symlink() {
            lines.push(format!("{name} -> {}\n", fs::read_link(&path).unwrap().display()));
        } else if meta.is_dir() {
            lines.push(format!("{name}/ {mode:04o}\n"));
            list(top, &path, lines);
        } else {
            lines.push(format!("{name} {mode:04o} {}\n", sum(&path)));
        }
    }
}

fn sum(path: &Path) -> String {
    use sha1::Digest;
    let digest = sha1::Sha1::digest(fs::read(path).unwrap());
    digest.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

/// Replaces what differs from run to run, by the lines `regex => replacement` of the file MASKS.
fn masked(text: String, place: &Place, sshd: &Sshd, masks: &[(Regex, String)]) -> String {
    let mut text = text;
    for (mark, value) in place.marks(sshd).into_iter().take(2) {
        text = text.replace(&value, mark);
    }
    text = text.replace(&format!("port {}", sshd.port()), "port @PORT@");
    for (regex, replacement) in masks {
        text = regex.replace_all(&text, replacement.as_str()).into_owned();
    }
    text
}

fn masks() -> Vec<(Regex, String)> {
    let text = fs::read_to_string(Path::new(FIXTURES).join("MASKS")).unwrap();
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let pairs =
        lines.map(|line| line.split_once(" => ").unwrap_or_else(|| panic!("MASKS: {line}")));
    pairs.map(|(regex, to)| (Regex::new(&format!("(?m){regex}")).unwrap(), unescaped(to))).collect()
}

/// `\n` is a newline, `\\` a backslash.
fn unescaped(text: &str) -> String {
    text.split(r"\\").map(|part| part.replace(r"\n", "\n")).collect::<Vec<_>>().join(r"\")
}

fn no_stderr(text: &str) -> String {
    by_section(text, |stderr| !stderr)
}

fn only_stderr(text: &str) -> String {
    by_section(text, |stderr| stderr)
}

fn by_section(text: &str, keep: impl Fn(bool) -> bool) -> String {
    let mut inside = false;
    let mut kept = String::new();
    for line in text.lines() {
        inside = line == "--- stderr" || (inside && !line.starts_with("--- exit "));
        if keep(inside) {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    kept
}

/// Copies a directory; in text the marks are replaced. Modes are kept.
fn copy_tree(from: &Path, to: &Path, marks: &[(&str, String)]) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_symlink() {
            symlink(fs::read_link(entry.path()).unwrap(), target).unwrap();
        } else if entry.file_type().unwrap().is_dir() {
            fs::create_dir(&target).unwrap();
            copy_tree(&entry.path(), &target, marks);
        } else {
            let bytes = fs::read(entry.path()).unwrap();
            let bytes = String::from_utf8(bytes)
                .map_or_else(|e| e.into_bytes(), |text| filled(&text, marks).into_bytes());
            fs::write(&target, bytes).unwrap();
            let executable = entry.metadata().unwrap().permissions().mode() & 0o111 != 0;
            fs::set_permissions(
                target,
                fs::Permissions::from_mode(if executable { 0o755 } else { 0o644 }),
            )
            .unwrap();
        }
    }
}

fn filled(text: &str, marks: &[(&str, String)]) -> String {
    marks.iter().fold(text.to_owned(), |text, (mark, value)| text.replace(mark, value))
}

#[test]
fn words_are_split_at_spaces_outside_quotes() {
    assert_eq!(split("a  'b c'd \"\" e"), ["a", "b cd", "", "e"]);
    assert_eq!(assignment("A_1=x=y"), Some(("A_1".to_owned(), "x=y".to_owned())));
    assert_eq!(assignment("a=x"), None);
}

#[test]
fn a_difference_is_seen_in_output_exit_tree_and_named_errors() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("stderr"), "no such host\n").unwrap();
    let case = Case { name: "x".to_owned(), source: dir.path().to_owned() };
    let base = "$ a\nok\n--- stderr\nno such host\n--- exit 0\n--- tree\na 0644 x\n";
    assert_eq!(case.difference(base, base), None);
    for (from, to) in
        [("ok", "changed"), ("no such", "some"), ("exit 0", "exit 2"), ("0644", "0600")]
    {
        assert!(case.difference(base, &base.replace(from, to)).is_some(), "{from}");
    }
    assert_eq!(
        case.difference(base, &base.replace("no such host", "other words: no such host")),
        None
    );
}
