//! What pfctl says of rules, and the commands that load them and put the old ones back.

use crate::base::quote;
use crate::spec::Failure;

/// Where the record of loaded rules is: which text they were, and what pf showed of them then. pf's own form of
/// rules is expanded and in another order (F-44), so it can only be compared with itself.
pub fn record(anchor: Option<&str>) -> String {
    let name =
        anchor.map_or("main".to_string(), |anchor| format!("anchor.{}", anchor.replace('/', "%")));
    format!("{RECORDS}/{name}")
}

const RECORDS: &str = "/var/db/tank-pf";

/// The failure for rules that pfctl refuses: its words for the file, and the lines they are about.
pub fn refusal(said: &str, path: &str, text: &str) -> Failure {
    let mut shown = Vec::new();
    let mut first = None;
    for line in said.trim_end().lines() {
        let Some(rest) = line.strip_prefix("stdin:") else {
            shown.push(line.to_string());
            continue;
        };
        let number = rest.split(':').next().and_then(|number| number.parse::<usize>().ok());
        let own = number.and_then(|at| text.lines().nth(at.checked_sub(1)?));
        first = first.or(number);
        match own {
            Some(own) => shown.push(format!("{path}:{rest}: {own}")),
            None => shown.push(format!("{path}:{rest}")),
        }
    }
    // F-43.
    if !text.is_empty() && !text.ends_with('\n') {
        shown.push("The last line does not end in a newline: pf does not read such a line.".into());
    }
    if text.contains('\r') {
        shown.push("There are CR at the end of lines: pf does not read them.".into());
    }
    let failure = Failure::new(format!("pf does not take these rules: {}", shown.join("\n")));
    match first {
        Some(line) => failure.with("line", line as i64),
        None => failure,
    }
}

/// Which old rules come back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Old {
    /// Those of the file, which is still the old one.
    File,
    /// Those that were loaded, as pf shows them: the file is the new one already.
    Shown,
    /// None.
    Nothing,
}

/// One loading of rules.
#[derive(Clone, Copy, Debug)]
pub struct Load<'a> {
    /// Path of pfctl.
    pub pfctl: &'a str,
    /// The anchor; None: the main rules.
    pub anchor: Option<&'a str>,
    /// The file of rules.
    pub path: &'a str,
    /// Digest of the new rules; None: none are loaded, pf is only enabled.
    pub sha1: Option<&'a str>,
    /// Whether pf is enabled by it.
    pub enables: bool,
    /// What comes back.
    pub old: Old,
}

impl Load<'_> {
    fn pf(&self) -> String {
        let anchor = self.anchor.map(|anchor| format!(" -a {}", quote::sh(anchor)));
        format!("{}{}", quote::sh(self.pfctl), anchor.unwrap_or_default())
    }

    /// Loads the rules on stdin, enables pf, and writes the record.
    pub fn apply(&self) -> String {
        let (pf, record) = (self.pf(), quote::sh(&record(self.anchor)));
        let mut text = String::new();
        if let Some(sha1) = self.sha1 {
            let before = quote::sh(&before(self.anchor));
            text += &format!("umask 077\nmkdir -p {RECORDS} || exit 1\n");
            if self.old == Old::Shown {
                text += &format!("{{ {pf} -sn; {pf} -sr; }} 2>/dev/null >{before}\n");
            }
            text += &format!("{pf} -f - || exit\n");
            if self.enables {
                text += &format!("{} -e || exit\n", quote::sh(self.pfctl));
            }
            text += &format!(
                "{{ echo {sha1}; {pf} -sn; {pf} -sr; }} 2>/dev/null >{record}.new && mv {record}.new {record}\n"
            );
        } else if self.enables {
            text += &format!("exec {} -e\n", quote::sh(self.pfctl));
        }
        text
    }

    /// Puts back what was: with the timer of a host that nobody reaches.
    pub fn rollback(&self) -> String {
        let (pf, plain) = (self.pf(), quote::sh(self.pfctl));
        let mut text = String::new();
        if self.enables {
            text += &format!("{plain} -d\n");
        }
        if self.sha1.is_none() {
            return text;
        }
        text += &format!("rm -f {}\n", quote::sh(&record(self.anchor)));
        let empty = format!("{{ {pf} -F rules; {pf} -F nat; }}");
        let from = match self.old {
            Old::File => self.path.to_string(),
            Old::Shown => before(self.anchor),
            Old::Nothing => return text + &empty + "\n",
        };
        // Without rules is also what a boot makes of a file that cannot be loaded.
        text + &format!("{pf} -f {} || {empty}\n", quote::sh(&from))
    }

    /// Proves it, over a connection that came through the new rules.
    pub fn confirm(&self) -> String {
        let mut text = String::new();
        if let Some(sha1) = self.sha1 {
            let record = quote::sh(&record(self.anchor));
            text += &format!(
                "IFS= read -r sum <{record} || exit 1\n[ \"$sum\" = {sha1} ] || {{ echo 'other rules are loaded' >&2; exit 1; }}\n"
            );
        }
        if self.enables {
            text += &format!("{} -s Running >/dev/null || exit\n", quote::sh(self.pfctl));
        }
        text
    }
}

fn before(anchor: Option<&str>) -> String {
    format!("{}.before", record(anchor))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_is_shown() {
        let text = "pass in on vtnet0 inet proto tcp\nblock inn all\npass\n";
        let failure = refusal("stdin:2: syntax error\n", "/etc/pf.conf", text);
        let msg = "pf does not take these rules: /etc/pf.conf:2: syntax error: block inn all";
        assert_eq!(failure.msg, msg);
        assert_eq!(failure.fields[&crate::base::Key::from("line")].as_int(), Some(2));
        let said = "no IP address found for nosuch0\nstdin:1: could not parse host specification\n";
        let failure = refusal(said, "/etc/pf.conf", "pass in from nosuch0\n");
        assert!(failure.msg.ends_with("specification: pass in from nosuch0"), "{}", failure.msg);
    }

    #[test]
    fn f43_a_missing_newline_and_cr_are_named() {
        let failure = refusal("stdin:2: syntax error\n", "/f", "ext_if=vtnet0\npass in on $ext_if");
        assert!(failure.msg.contains("does not end in a newline"), "{}", failure.msg);
        let failure = refusal("stdin:1: syntax error\n", "/f", "pass\r\nblock\r\n");
        assert!(failure.msg.contains("CR at the end"), "{}", failure.msg);
    }

    #[test]
    fn names_are_quoted_and_old_rules_come_back() {
        let load = Load {
            pfctl: "/sbin/pfctl",
            anchor: Some("x/it's"),
            path: "/etc/pf x",
            sha1: Some("abc"),
            enables: false,
            old: Old::File,
        };
        assert!(
            load.apply().contains("/sbin/pfctl -a 'x/it'\\''s' -f - || exit\n"),
            "{}",
            load.apply()
        );
        let back = load.rollback();
        assert!(
            back.contains("-f '/etc/pf x' || { /sbin/pfctl -a 'x/it'\\''s' -F rules;"),
            "{back}"
        );
        assert!(!back.contains("-d"));
        let enabling = Load { anchor: None, enables: true, old: Old::Nothing, ..load };
        let wanted = "/sbin/pfctl -d\nrm -f /var/db/tank-pf/main\n{ /sbin/pfctl -F rules; /sbin/pfctl -F nat; }\n";
        assert_eq!(enabling.rollback(), wanted);
        let shown = Load { anchor: None, old: Old::Shown, ..load };
        assert!(shown.rollback().contains("-f /var/db/tank-pf/main.before"));
        assert!(shown.apply().contains(">/var/db/tank-pf/main.before\n/sbin/pfctl -f -"));
    }
}
