//! Who may log in: users, groups and their keys.

mod authorized_key;
mod group;
mod records;
mod user;

use crate::base::Value;
use crate::spec::{Answer, Entry, Failure, Fields, Ran, Traits};

/// Other users' shells are reopened: new groups and users count only there.
const IDENTITY: Traits = Traits { identity: true, ..Traits::NONE };

/// The family's part of the table.
pub static FAMILY: &[Entry] = &[
    Entry::state(&authorized_key::AuthorizedKey),
    Entry::state(&group::GroupModule).with(IDENTITY),
    Entry::state(&user::User).with(IDENTITY),
];

crate::choices! {
    /// Whether something is there.
    pub enum Presence {
        Absent = "absent",
        Present = "present",
    }
}

/// The lines of an answer that stand below each `@name` line, by name.
fn sections(answer: &Answer) -> Vec<(String, Vec<String>)> {
    let mut found: Vec<(String, Vec<String>)> = Vec::new();
    for line in answer.text().lines() {
        match (line.strip_prefix('@'), found.last_mut()) {
            (Some(name), _) => found.push((name.to_string(), Vec::new())),
            (None, Some((_, lines))) => lines.push(line.to_string()),
            (None, None) => {}
        }
    }
    found
}

/// Refuses names that a tool would take for an option or that would break a line of the databases.
fn check_name(what: &str, name: &str) -> Result<(), Failure> {
    let broken = |c: char| c.is_control() || matches!(c, ':' | '/' | ',');
    if name.is_empty() || name.starts_with('-') || name.contains(broken) {
        return Err(Failure::new(format!("invalid {what} name '{name}'")));
    }
    Ok(())
}

/// A failed tool's own words, as Ansible reports them: `msg` is what it said, beside `name`.
fn tool_failed(name: &str, ran: &Ran) -> Option<Failure> {
    if ran.answer.rc == 0 {
        return None;
    }
    let said = ran.answer.error_text();
    let said = if said.trim().is_empty() { ran.answer.text() } else { said };
    if said.trim().is_empty() {
        return None;
    }
    Some(Failure::new(said).with("name", name))
}

/// Adds what the tools said, as Ansible does: `stdout` and `stderr` only when there is any.
fn add_output(fields: &mut Fields, ran: &[Ran]) {
    let out: String = ran.iter().map(|ran| ran.answer.text()).collect();
    let err: String = ran.iter().map(|ran| ran.answer.error_text()).collect();
    for (name, text) in [("stdout", out), ("stderr", err)] {
        if !text.is_empty() {
            let lines = text.lines().map(Value::from).collect();
            fields.insert(format!("{name}_lines").as_str().into(), Value::list(lines));
            fields.insert(name.into(), Value::from(text.as_str()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Map, Source, yaml};

    /// Arguments as a playbook has them.
    pub fn arguments(text: &str) -> Map {
        let loaded = yaml::load(text, &Source::described("test")).unwrap();
        loaded.value.as_map().unwrap().clone()
    }

    #[test]
    fn names_that_are_options_or_break_lines() {
        for name in ["", "-r", "a:b", "a\nb", "a/b", "a,b"] {
            assert!(check_name("user", name).is_err(), "{name:?}");
        }
        for name in ["bob", "b.o-b_", "svc$", "4711", "DOM\\bob"] {
            assert!(check_name("user", name).is_ok(), "{name:?}");
        }
    }

    const PRELUDE: &str = include_str!("../../connection/shell/prelude.sh");

    /// What a probe answers in one shell.
    fn ask(shell: &str, script: &str, words: &[&str]) -> String {
        let text =
            format!("tk_tab='\t' tk_cr='\r' tk_u=t\n{PRELUDE}\nf() {{\n{script}\n}}\nf \"$@\"\n");
        let mut parts = shell.split(' ');
        let mut command = std::process::Command::new(parts.next().unwrap());
        command.args(parts).args(["-c", &text, "probe"]).args(words).env("LC_ALL", "C");
        let out = command.output().unwrap();
        assert!(out.status.success(), "{shell}: {}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8(out.stdout).unwrap()
    }

    #[test]
    fn probes_answer_alike_in_all_shells() {
        let user = include_str!("user/look.sh");
        let keys = include_str!("authorized_key/look.sh");
        let group = include_str!("group/group.sh");
        let mut answers = Vec::new();
        for shell in ["dash", "bash --posix", "mksh", "busybox sh"] {
            let root = ask(shell, user, &["root", "", "root", "nosuch group"]);
            assert!(root.contains("@passwd\nroot:x:0:0:"), "{shell}: {root}");
            assert!(root.contains("\nroot:x:0:"), "{shell}: {root}");
            assert!(root.contains("@homes\n/root\nd|"), "{shell}: {root}");
            let nobody = ask(shell, user, &["no such user", "/nowhere/at all"]);
            assert!(nobody.starts_with("@passwd\n@shadow\n"), "{shell}: {nobody}");
            assert!(nobody.ends_with("@homes\n/nowhere/at all\n-\n\n-\n"), "{shell}: {nobody}");
            let key = ask(shell, keys, &["root", "/nowhere/keys", "", "1"]);
            assert!(key.ends_with("\n/nowhere/keys\n-\n-\n-\n-\n"), "{shell}: {key}");
            let groups = ask(shell, group, &["root"]) + &ask(shell, group, &["nosuch"]);
            assert_eq!(groups, "root:x:0:\n", "{shell}");
            // The times of a home directory go on.
            let root = root.split("@homes").next().unwrap_or_default().to_string();
            answers.push((root, nobody, key));
        }
        assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{answers:?}");
    }
}
