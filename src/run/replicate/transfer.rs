//! One stream: its words, what went wrong, and what came of its properties.

use crate::zfs::listing::Listed;
use crate::zfs::message::{self, Failure};
use crate::zfs::replication::plan::{Copying, Step};
use crate::zfs::value::same;

/// What went wrong on the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// What it means.
    pub failure: Failure,
    /// In words.
    pub text: String,
}

impl Trouble {
    /// Of a message of ZFS.
    pub fn of(text: impl Into<String>) -> Self {
        let text = text.into();
        Self { failure: message::classify(&text), text }
    }
}

/// The words of `zfs send`.
pub fn send_words(copying: &Copying, step: &Step, token: Option<&str>) -> Vec<String> {
    let mut words = vec!["zfs".to_owned(), "send".to_owned()];
    let name = |suffix: &str| format!("{}{suffix}", copying.source);
    if let (Step::Resume(_), Some(token)) = (step, token) {
        // The options are in the token.
        words.extend(["-t".to_owned(), token.to_owned()]);
        return words;
    }
    if !copying.flags.send.is_empty() {
        words.push(format!("-{}", copying.flags.send));
    }
    match step {
        Step::Resume(_) | Step::Full(_) => {}
        Step::Clone { origin, .. } => words.extend(["-i".to_owned(), origin.clone()]),
        Step::Increment { from, .. } => words.extend(["-i".to_owned(), name(&from.suffix())]),
        Step::Package { from, .. } => {
            words.extend(["-I".to_owned(), name(&format!("@{}", from.name))])
        }
    }
    words.extend(step.to().map(|to| name(&format!("@{}", to.name))));
    words
}

/// The words of `zfs receive`.
pub fn receive_words(copying: &Copying, step: &Step, first: bool) -> Vec<String> {
    let mut words = vec!["zfs".to_owned(), "receive".to_owned()];
    if !copying.flags.receive.is_empty() {
        words.push(format!("-{}", copying.flags.receive));
    }
    if let Step::Clone { copy, .. } = step {
        words.extend(["-o".to_owned(), format!("origin={copy}")]);
    }
    if first {
        for (name, value) in &copying.flags.set {
            words.extend(["-o".to_owned(), format!("{name}={value}")]);
        }
    }
    words.push(copying.target.to_string());
    words
}

/// Properties that a first receive could not set, as `zfs get` shows them; a missing right is no error to ZFS.
pub fn unset(copying: &Copying, target: &Listed) -> Option<String> {
    let all = copying.flags.set.iter().chain(&copying.flags.set_later);
    let wrong: Vec<&str> = all
        .filter(|(name, value)| !target.property(name).is_some_and(|is| same(name, value, is)))
        .map(|(name, _)| name.as_str())
        .collect();
    (!wrong.is_empty()).then(|| format!("{} could not be set on {}", wrong.join(", "), target.name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::quote;
    use crate::zfs::listing::{Guid, Snapshot};
    use crate::zfs::name::Dataset;
    use crate::zfs::replication::flags::Flags;
    use crate::zfs::replication::plan::Step;

    fn snap(name: &str) -> Snapshot {
        Snapshot {
            name: name.to_owned(),
            guid: Guid(1),
            createtxg: 1,
            creation: 1,
            holds: 0,
            used: 0,
            written: None,
            clones: Vec::new(),
        }
    }

    fn copying() -> Copying {
        let set = vec![("readonly".to_owned(), "on".to_owned())];
        let flags =
            Flags { send: "Lc".to_owned(), receive: "us".to_owned(), set, set_later: Vec::new() };
        Copying {
            source: Dataset::new("pa/a b").unwrap(),
            target: Dataset::new("pb/d").unwrap(),
            base: None,
            before: Vec::new(),
            steps: Vec::new(),
            flags,
            warnings: Vec::new(),
        }
    }

    #[test]
    fn words_never_force() {
        let copying = copying();
        let full = Step::Full(snap("s"));
        assert_eq!(quote::words(send_words(&copying, &full, None)), "zfs send -Lc 'pa/a b@s'");
        assert_eq!(
            receive_words(&copying, &full, true).join(" "),
            "zfs receive -us -o readonly=on pb/d"
        );
        let clone =
            Step::Clone { origin: "pa/o@x".to_owned(), copy: "pb/o@x".to_owned(), to: snap("s") };
        assert_eq!(send_words(&copying, &clone, None)[3..], ["-i", "pa/o@x", "pa/a b@s"]);
        assert_eq!(
            receive_words(&copying, &clone, false).join(" "),
            "zfs receive -us -o origin=pb/o@x pb/d"
        );
        let package = Step::Package { from: snap("a"), to: snap("z"), count: 9 };
        assert_eq!(send_words(&copying, &package, None)[3..], ["-I", "pa/a b@a", "pa/a b@z"]);
        let resume = Step::Resume(crate::zfs::replication::token::Token::default());
        assert_eq!(send_words(&copying, &resume, Some("1-x")), ["zfs", "send", "-t", "1-x"]);
    }

    #[test]
    fn what_could_not_be_set_is_named() {
        let set = [("readonly", "on"), ("recordsize", "1M"), ("org.tank:flags", "L"), ("a:b", "c")];
        let set: Vec<_> = set.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        let (first, later) = set.split_at(2);
        let mut copying = copying();
        (copying.flags.set, copying.flags.set_later) = (first.to_vec(), later.to_vec());
        let with = |properties: &[(&str, &str)]| Listed {
            name: copying.target.clone(),
            volume: false,
            properties: properties.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect(),
            snapshots: Vec::new(),
            bookmarks: Vec::new(),
        };
        let all =
            [("readonly", "on"), ("recordsize", "1048576"), ("org.tank:flags", "L"), ("a:b", "c")];
        assert_eq!(unset(&copying, &with(&all)), None);
        assert_eq!(
            unset(&copying, &with(&[("readonly", "off"), ("recordsize", "131072"), ("a:b", "-")])),
            Some("readonly, recordsize, org.tank:flags, a:b could not be set on pb/d".to_owned())
        );
    }
}
