//! The command line that starts a program as another user.

use super::{Identity, Method};
use crate::base::quote;

/// The line that is given to the login shell (also csh): starts `program` as who is meant. `prompt` is what
/// sudo asks with. On a pty the terminal is made raw and silent first.
pub fn line(who: &Identity, program: &str, prompt: &str, pty: bool) -> String {
    let raw = if pty { "stty raw -echo 2>/dev/null; " } else { "" };
    let inner = match &who.user {
        None if !pty => return program.to_string(),
        None => format!("exec {program}"),
        Some(user) => other(who, user, program, prompt),
    };
    format!("/bin/sh -c {}", quote::sh(&format!("{raw}{inner}")))
}

fn other(who: &Identity, user: &str, program: &str, prompt: &str) -> String {
    let exe = who.exe.as_deref().unwrap_or(who.method.name());
    let user = quote::sh(user);
    let line = match who.method {
        Method::Sudo => {
            let flags = sudo_flags(who);
            format!("exec {exe}{flags} -p {} -u {user} -- {program}", quote::sh(prompt))
        }
        Method::Doas => {
            let silent = if who.password.is_none() { " -n" } else { "" };
            format!("exec {exe}{}{silent} -u {user} {program}", flags(who, ""))
        }
        Method::Su => su(who, exe, &user, program),
    };
    if who.unless_root {
        return format!("test \"$(id -u)\" = 0 && exec {program}; {line}");
    }
    line
}

fn flags(who: &Identity, default: &str) -> String {
    let flags = who.flags.as_deref().unwrap_or(default).trim();
    if flags.is_empty() { String::new() } else { format!(" {flags}") }
}

/// With a password sudo must ask.
fn sudo_flags(who: &Identity) -> String {
    let flags = flags(who, "-H -S -n");
    if who.password.is_none() {
        return flags;
    }
    let kept = flags.split(' ').filter(|word| *word != "-n" && *word != "--non-interactive");
    kept.collect::<Vec<_>>().join(" ")
}

/// Linux's su starts a given shell for a user who has none; BSD's takes that of the caller with -m, keeps
/// his HOME, and reads `-c` behind the name.
fn su(who: &Identity, exe: &str, user: &str, program: &str) -> String {
    let flags = flags(who, "");
    let login = flags.split(' ').any(|word| matches!(word, "-" | "-l" | "--login"));
    let keep = if login { "" } else { " -m" };
    let known = user.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b));
    let home = if known && !login {
        format!("HOME=~{user}; USER={user}; LOGNAME={user}; export HOME USER LOGNAME; ")
    } else {
        String::new()
    };
    let bsd =
        quote::sh(&format!("exec /bin/sh -c {}", quote::sh(&format!("{home}exec {program}"))));
    let other = quote::sh(&format!("exec {program}"));
    format!(
        "case $(uname -s) in *BSD|DragonFly) exec {exe}{flags}{keep} {user} -c {bsd};; \
         *) exec {exe}{flags} -s /bin/sh -c {other} {user};; esac"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sudo_asks_only_when_there_is_a_password() {
        let who = Identity::user("h", "root", Method::Sudo);
        let text = line(&who, "PROG", "ask", false);
        assert_eq!(text, "/bin/sh -c 'exec sudo -H -S -n -p ask -u root -- PROG'");
        let text = line(&who.password("x"), "PROG", "ask", false);
        assert_eq!(text, "/bin/sh -c 'exec sudo -H -S -p ask -u root -- PROG'");
    }

    #[test]
    fn lines_are_fit_for_csh() {
        for method in [Method::Sudo, Method::Doas, Method::Su] {
            let who = Identity::user("h", "o'brien", method);
            let text = line(&who, "/bin/sh -c 'echo a; IFS= read -r a'", "ask me", true);
            assert!(!text.contains('\n') && !text.contains('!'), "{text}");
        }
    }

    #[test]
    fn root_becomes_nobody_where_that_is_meant() {
        let who = Identity { unless_root: true, ..Identity::user("h", "root", Method::Doas) };
        let text = line(&who, "P", "a", false);
        assert_eq!(text, r#"/bin/sh -c 'test "$(id -u)" = 0 && exec P; exec doas -n -u root P'"#);
    }

    #[test]
    fn flags_and_exe_are_taken_as_they_are() {
        let mut who = Identity::user("h", "bob", Method::Doas);
        (who.exe, who.flags) = (Some("/opt/doas".into()), Some("-C /x".into()));
        assert_eq!(line(&who, "P", "a", false), "/bin/sh -c 'exec /opt/doas -C /x -n -u bob P'");
    }
}
