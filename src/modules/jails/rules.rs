//! Rules of rctl(8).

use crate::spec::Failure;

/// `SUBJECT:ID:RESOURCE:ACTION=AMOUNT/PER`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleOf {
    /// What it is about, as it is written: subject, whom, resource, action.
    pub key: String,
    /// How much, in the smallest unit.
    pub amount: u64,
    /// For each what; empty: of what it is about.
    pub per: String,
}

/// Resources of rctl(8).
pub const RESOURCES: [&str; 25] = [
    "cputime",
    "datasize",
    "stacksize",
    "coredumpsize",
    "memoryuse",
    "memorylocked",
    "maxproc",
    "openfiles",
    "vmemoryuse",
    "pseudoterminals",
    "swapuse",
    "nthr",
    "msgqqueued",
    "msgqsize",
    "nmsgq",
    "nsem",
    "nsemop",
    "nshm",
    "shmsize",
    "wallclock",
    "pcpu",
    "readbps",
    "writebps",
    "readiops",
    "writeiops",
];

impl RuleOf {
    /// Reads one; None: it is none.
    pub fn parse(text: &str) -> Option<Self> {
        let (key, rest) = text.trim().split_once('=')?;
        let (amount, per) = rest.split_once('/').unwrap_or((rest, ""));
        let per = if key.split(':').next() == Some(per) { "" } else { per };
        if key.split(':').count() != 4 {
            return None;
        }
        Some(Self { key: key.to_string(), amount: amount_of(amount)?, per: per.to_string() })
    }

    /// As it is given to rctl(8).
    pub fn text(&self) -> String {
        let per = if self.per.is_empty() { String::new() } else { format!("/{}", self.per) };
        format!("{}={}{per}", self.key, self.amount)
    }
}

/// A number with a unit: K, M, G, T or P, by 1024.
pub fn amount_of(text: &str) -> Option<u64> {
    let text = text.trim();
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let shift = match text[digits.len()..].to_ascii_lowercase().as_str() {
        "" | "b" => 0,
        "k" => 10,
        "m" => 20,
        "g" => 30,
        "t" => 40,
        "p" => 50,
        _ => return None,
    };
    let number: u64 = digits.parse().ok()?;
    number.checked_mul(1 << shift)
}

/// Refuses what rctl(8) refuses.
///
/// # Errors
/// What is wrong with it.
pub fn check(resource: &str, action: &str, amount: &str) -> Result<u64, Failure> {
    if !RESOURCES.contains(&resource) {
        let near = crate::base::diagnostic::nearest(resource, RESOURCES);
        let hint = near.first().map(|near| format!("; did you mean {near}?")).unwrap_or_default();
        return Err(Failure::new(format!("'{resource}' is no resource of rctl(8){hint}")));
    }
    let signal = action
        .strip_prefix("sig")
        .is_some_and(|name| name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit()));
    if !matches!(action, "deny" | "log" | "devctl" | "throttle") && !signal {
        return Err(Failure::new(format!("'{action}' is no action of rctl(8)")));
    }
    amount_of(amount).ok_or_else(|| Failure::new(format!("invalid amount: '{amount}'")))
}

/// The text of a file with this rule: None: without any of its key.
pub fn with(text: &str, key: &str, line: Option<&str>) -> String {
    let (mut new, mut line) = (String::new(), line);
    for old in text.split_inclusive('\n') {
        if RuleOf::parse(old.split('#').next().unwrap_or_default())
            .is_none_or(|rule| rule.key != key)
        {
            new.push_str(old);
        } else if let Some(line) = line.take() {
            new.push_str(&format!("{line}\n"));
        }
    }
    if let Some(line) = line {
        if !new.is_empty() && !new.ends_with('\n') {
            new.push('\n');
        }
        new.push_str(&format!("{line}\n"));
    }
    new
}

/// The rule of a key in a file or in what rctl(8) shows; the last one counts.
pub fn of(text: &str, key: &str) -> Option<RuleOf> {
    let mut rules = text.lines().rev().filter_map(|line| RuleOf::parse(line.split('#').next()?));
    rules.find(|rule| rule.key == key)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Recorded (bastille.txt): what Bastille keeps, and what the kernel has.
    const FILE: &str = "jail:web:memoryuse:deny=256M/jail\n";
    const LIVE: &str = "jail:web:memoryuse:deny=314572800\njail:web2:memoryuse:deny=1\n";

    #[test]
    fn amounts_are_compared_in_bytes() {
        let rule = of(FILE, "jail:web:memoryuse:deny").unwrap();
        assert_eq!((rule.amount, rule.per.as_str()), (256 << 20, ""));
        assert_eq!(of(LIVE, "jail:web:memoryuse:deny").unwrap().amount, 300 << 20);
        assert_eq!(of(LIVE, "jail:we:memoryuse:deny"), None);
        assert_eq!(amount_of("1g"), Some(1 << 30));
        for bad in ["junk", "", "-1", "1x", "1.5G", "99999999999P"] {
            assert_eq!(amount_of(bad), None, "{bad}");
        }
        let per = RuleOf::parse("loginclass:staff:memoryuse:deny=1G/user").unwrap();
        assert_eq!(per.text(), "loginclass:staff:memoryuse:deny=1073741824/user");
    }

    #[test]
    fn one_rule_is_changed() {
        let key = "jail:web:memoryuse:deny";
        let line = "jail:web:memoryuse:deny=1G/jail";
        let text = format!("# c\n{FILE}jail:web:pcpu:deny=50/jail\n");
        assert_eq!(with(&text, key, Some(line)), text.replace("256M", "1G"));
        assert_eq!(with(&text, key, None), "# c\njail:web:pcpu:deny=50/jail\n");
        assert_eq!(with("", key, Some(line)), format!("{line}\n"));
        assert_eq!(with(&format!("{FILE}{FILE}"), key, Some(line)), format!("{line}\n"));
    }

    #[test]
    fn what_rctl_refuses_is_refused() {
        assert!(check("nosuch", "deny", "1").is_err() && check("maxproc", "nosuch", "1").is_err());
        assert!(check("maxproc", "deny", "junk").is_err());
        assert!(check("memoruse", "deny", "1").unwrap_err().msg.contains("memoryuse"));
        assert_eq!(check("maxproc", "sigterm", "5"), Ok(5));
    }
}
