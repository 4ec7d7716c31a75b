//! Words of a command, with the variables that Ansible expands on the host.

use crate::base::quote;

/// One shell text that runs these words without reading anything else in them. `$NAME` and `${NAME}` stand
/// for variables of the login where they are set, and for themselves where not.
pub fn exec_text(words: &[String], expand: bool) -> String {
    let quoted: Vec<String> =
        words.iter().map(|word| if expand { expandable(word) } else { quote::sh(word) }).collect();
    let words = quoted.join(" ");
    format!(
        "set -- {words}\ncommand -v -- \"$1\" >/dev/null 2>&1 || command -v \"$1\" >/dev/null 2>&1 || {{ echo {NOT_FOUND} >&2; exit 127; }}\nexec \"$@\""
    )
}

/// What is said on stderr when there is no such program.
pub const NOT_FOUND: &str = "tank-no-such-program";

/// The lock that a program needs, however it is called: of these a machine with its jails runs one at a time.
pub fn lock(program: &str) -> Option<&'static str> {
    const ALONE: [&str; 3] = ["bastille", "pkg", "vm"];
    let name = program.rsplit('/').next().unwrap_or_default();
    ALONE.into_iter().find(|alone| *alone == name)
}

fn expandable(word: &str) -> String {
    let mut text = String::new();
    let mut rest = word;
    while let Some(at) = rest.find('$') {
        let (before, tail) = rest.split_at(at);
        push_literal(&mut text, before);
        match variable(&tail[1..]) {
            Some((name, length)) => {
                let written = &tail[..=length];
                let fallback = written.replace('$', "\\$").replace('}', "\\}");
                text.push_str(&format!("\"${{{name}-{fallback}}}\""));
                rest = &tail[1 + length..];
            }
            None => {
                text.push_str("'$'");
                rest = &tail[1..];
            }
        }
    }
    push_literal(&mut text, rest);
    if text.is_empty() { "''".to_string() } else { text }
}

fn push_literal(text: &mut String, part: &str) {
    if !part.is_empty() {
        text.push_str(&quote::sh(part));
    }
}

/// A variable's name behind a dollar sign, and how many bytes it takes there.
fn variable(tail: &str) -> Option<(&str, usize)> {
    let (inner, extra) = match tail.strip_prefix('{') {
        Some(inner) => (inner, 2),
        None => (tail, 0),
    };
    let end = inner.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(inner.len());
    let name = &inner[..end];
    if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    if extra == 2 && !inner[end..].starts_with('}') {
        return None;
    }
    Some((name, end + extra))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(words: &[&str]) -> String {
        let words: Vec<String> = words.iter().map(ToString::to_string).collect();
        let out = std::process::Command::new("/bin/sh")
            .arg("-c")
            .arg(exec_text(&words, true))
            .env("TANK_X", "a b")
            .output()
            .unwrap();
        String::from_utf8(out.stdout).unwrap()
    }

    #[test]
    fn tools_that_bear_no_second_one_have_a_lock() {
        assert_eq!(lock("bastille"), Some("bastille"));
        assert_eq!(lock("/usr/local/sbin/vm"), Some("vm"));
        assert_eq!(lock("pkg"), Some("pkg"));
        assert_eq!((lock("pkg-static2"), lock("/opt/pkg/run"), lock("")), (None, None, None));
    }

    #[test]
    fn variables_are_expanded_and_nothing_else() {
        assert_eq!(run(&["printf", "[%s]", "$TANK_X", "${TANK_X}y"]), "[a b][a by]");
        assert_eq!(
            run(&["printf", "[%s]", "$TANK_NONE", "${TANK_NONE}"]),
            "[$TANK_NONE][${TANK_NONE}]"
        );
        assert_eq!(
            run(&["printf", "[%s]", "$(id)", "`id`", "*", "'", "$1", "$"]),
            "[$(id)][`id`][*]['][$1][$]"
        );
    }
}
