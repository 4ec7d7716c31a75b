//! What an operator is told of a fault in a project: the cases of `tests/fixtures/errors.txt`, each with all that is
//! printed and the exit code. Nothing connects in any of them.

use std::fs;
use std::io::ErrorKind;
use std::net::TcpListener;

use crate::project::Project;

/// One project with one fault.
#[derive(Default)]
struct Case {
    name: String,
    files: Vec<(String, String)>,
    words: Vec<String>,
    code: i32,
    told: String,
}

/// `=== name`, then `--- file path` and `--- run words` (those of `ansible-playbook`, or of `tank` from `playbook` on) with the lines that belong to them, then
/// `--- exit code` with what is printed (`@DIR@`: the project).
fn cases() -> Vec<Case> {
    let text = fs::read_to_string("tests/fixtures/errors.txt").unwrap();
    let mut cases: Vec<Case> = Vec::new();
    let mut at_output = false;
    for line in text.lines().filter(|line| !line.starts_with("# ")) {
        if let Some(name) = line.strip_prefix("=== ") {
            cases.push(Case { name: name.to_owned(), ..Case::default() });
            at_output = false;
            continue;
        }
        let case = cases.last_mut().expect("a case");
        if let Some(path) = line.strip_prefix("--- file ") {
            case.files.push((path.to_owned(), String::new()));
        } else if let Some(words) = line.strip_prefix("--- run ") {
            case.words = words.split(' ').map(str::to_owned).collect();
        } else if let Some(code) = line.strip_prefix("--- exit ") {
            case.code = code.parse().expect("an exit code");
            at_output = true;
        } else if at_output {
            case.told.push_str(line);
            case.told.push('\n');
        } else {
            let (_, text) = case.files.last_mut().expect("a file");
            text.push_str(line);
            text.push('\n');
        }
    }
    cases
}

/// A listener in place of the host, and the project with an inventory that names it.
fn lay(files: &[(String, String)]) -> (TcpListener, Project) {
    let host = TcpListener::bind("127.0.0.1:0").unwrap();
    host.set_nonblocking(true).unwrap();
    let port = host.local_addr().unwrap().port();
    let line = format!("target ansible_host=127.0.0.1 ansible_port={port}\n");
    let project =
        files.iter().fold(Project::new().file("hosts", &line), |project, (path, text)| {
            project.file(path, text)
        });
    (host, project)
}

fn is_left_alone(host: &TcpListener) -> bool {
    host.accept().is_err_and(|error| error.kind() == ErrorKind::WouldBlock)
}

/// What is wrong with a case, if anything.
fn fault(case: &Case) -> Option<String> {
    let (host, project) = lay(&case.files);
    let mut words: Vec<&str> = case.words.iter().map(String::as_str).collect();
    if !words.contains(&"-i") {
        words.extend(["-i", "hosts"]);
    }
    let ran = match words.first() {
        Some(&"playbook") => project.tank(&words),
        _ => project.playbook(&words),
    };
    if !is_left_alone(&host) {
        return Some(format!("== {}: it connected\n", case.name));
    }
    let told = format!("{}{}", ran.stdout, ran.stderr);
    let told = told.replace(&project.path().display().to_string(), "@DIR@");
    let home = project.home().display().to_string();
    let told = told.replace(&home, "@HOME@");
    if std::env::var_os("TANK_SHOW").is_some() {
        println!("=== {}\n--- exit {}\n{told}", case.name, ran.code);
    }
    let trimmed = |text: &str| text.trim_end().to_owned();
    if ran.code == case.code && trimmed(&told) == trimmed(&case.told) {
        return None;
    }
    let (wanted, told) = (trimmed(&case.told) + "\n", trimmed(&told) + "\n");
    let diff = similar::TextDiff::from_lines(&wanted, &told);
    let diff = diff.unified_diff().to_string();
    Some(format!("== {}: exit {}, wanted {}\n{diff}", case.name, ran.code, case.code))
}

#[test]
fn faults_of_a_project_are_told_where_they_are() {
    let cases = cases();
    assert!(cases.len() >= 60, "{}", cases.len());
    let faults: Vec<String> = cases.iter().filter_map(fault).collect();
    assert!(faults.is_empty(), "{} of {} differ\n{}", faults.len(), cases.len(), faults.join("\n"));
}

#[test]
fn a_playbook_in_another_encoding_is_refused() {
    let (host, project) = lay(&[]);
    fs::write(project.path().join("site.yml"), b"- hosts: all\n  name: caf\xe9\n").unwrap();
    let ran = project.playbook(&["-i", "hosts", "site.yml"]).expect_code(4);
    let place = format!("Origin: {}/site.yml\n", project.path().display());
    ran.err_has(&["Could not read", "invalid utf-8", &place]);
    assert!(is_left_alone(&host));
}
