//! What ZFS said when it failed. The texts are those of OpenZFS 2.3, of older ones where they differ, all in the C locale.

/// What a failure means for the next step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// The stream was cut: what arrived can be gone on with.
    Cut,
    /// The stream was damaged on the way.
    Damaged,
    /// The token is of no use any more.
    Stale,
    /// The dataset is in use by another command: a running receive, an open volume.
    Busy,
    /// The target was written to, or has other snapshots.
    Diverged,
    /// The target is there where it should not be.
    Exists,
    /// Something was not there.
    Missing,
    /// No room, or a quota is reached.
    NoSpace,
    /// Not allowed.
    Rights,
    /// The key of an encrypted dataset is not loaded.
    Key,
    /// The other side cannot take such a stream.
    Unsupported,
    /// Anything else.
    Other,
}

/// Texts and what they mean; the first one that occurs counts.
const TEXTS: [(&str, Failure); 41] = [
    ("used in the initial send no longer exists", Failure::Stale),
    ("is no longer the same snapshot used in the initial send", Failure::Stale),
    ("resume token is corrupt", Failure::Stale),
    ("cannot resume send: incremental source", Failure::Stale),
    ("kernel modules must be upgraded to receive this stream", Failure::Stale),
    ("contains partially-complete state", Failure::Busy),
    ("checksum mismatch", Failure::Damaged),
    // zstd's.
    ("Data corruption detected", Failure::Damaged),
    ("doesn't match checksum", Failure::Damaged),
    ("invalid stream (bad magic number)", Failure::Damaged),
    ("invalid stream (malformed packet)", Failure::Damaged),
    ("invalid stream", Failure::Damaged),
    // Old releases say this of a stream that was cut, too.
    ("invalid backup stream", Failure::Damaged),
    ("has been modified", Failure::Diverged),
    ("does not\nmatch incremental source", Failure::Diverged),
    ("match incremental source", Failure::Diverged),
    ("destination has snapshots", Failure::Exists),
    ("must specify -F", Failure::Exists),
    ("destination already exists", Failure::Exists),
    ("dataset already exists", Failure::Exists),
    ("space quota exceeded", Failure::NoSpace),
    ("out of space", Failure::NoSpace),
    ("No space left on device", Failure::NoSpace),
    ("quota exceeded", Failure::NoSpace),
    ("permission denied", Failure::Rights),
    ("Permission denied", Failure::Rights),
    ("inherited key must be loaded", Failure::Key),
    ("encryption key not loaded", Failure::Key),
    ("key must be loaded", Failure::Key),
    ("IV set guid mismatch", Failure::Key),
    ("incompatible embedded data stream feature", Failure::Unsupported),
    ("pool must be upgraded to receive this stream", Failure::Unsupported),
    ("stream has unsupported feature", Failure::Unsupported),
    ("requires -L (--large-block)", Failure::Unsupported),
    ("to match previous receive", Failure::Unsupported),
    ("dataset is busy", Failure::Busy),
    ("pool or dataset is busy", Failure::Busy),
    ("does not exist", Failure::Missing),
    ("no such pool", Failure::Missing),
    ("failed to read from stream", Failure::Cut),
    ("incomplete stream", Failure::Cut),
];

/// What a text means.
#[must_use]
pub fn classify(text: &str) -> Failure {
    let found = TEXTS.iter().find(|(words, _)| text.contains(words));
    match found {
        Some((_, failure)) => *failure,
        None if text.contains("roken pipe") => Failure::Cut,
        None => Failure::Other,
    }
}

impl Failure {
    /// Whether it is worth another look and another try in the same run.
    #[must_use]
    pub fn is_passing(self) -> bool {
        matches!(self, Self::Cut | Self::Damaged | Self::Stale)
    }
}

/// Whether a listing failed because what it asked for is not there. Anything else is not known, and never "nothing".
#[must_use]
pub fn is_missing(text: &str) -> bool {
    text.contains("dataset does not exist")
        || text.contains("no such pool")
        || text.contains("no pools available")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_of_real_failures() {
        for (text, failure) in [
            ("cannot receive incremental stream: invalid backup stream", Failure::Damaged),
            (
                "cannot resume send: 'pa/k@2' used in the initial send no longer exists",
                Failure::Stale,
            ),
            (
                "cannot receive resume stream: kernel modules must be upgraded to receive this stream.",
                Failure::Stale,
            ),
            (
                "cannot receive incremental stream: destination pb/d has been modified\nsince most recent snapshot",
                Failure::Diverged,
            ),
            (
                "cannot receive incremental stream: most recent snapshot of qb/d does not\nmatch incremental source\nwarning: cannot send 'qa/d@s3': Broken pipe",
                Failure::Diverged,
            ),
            (
                "cannot receive new filesystem stream: destination 'qb/full' exists\nmust specify -F to overwrite it",
                Failure::Exists,
            ),
            (
                "cannot receive new filesystem stream: destination has snapshots (eg. pb/d@s1)\nmust destroy them to overwrite it",
                Failure::Exists,
            ),
            (
                "cannot receive incremental stream: destination 'qb/none/x' does not exist",
                Failure::Missing,
            ),
            ("cannot receive new filesystem stream: out of space", Failure::NoSpace),
            ("cannot receive: destination pb/d space quota exceeded.", Failure::NoSpace),
            ("cannot receive new filesystem stream: permission denied", Failure::Rights),
            ("cannot receive incremental stream: inherited key must be loaded", Failure::Key),
            ("cannot receive incremental stream: checksum mismatch", Failure::Damaged),
            ("cannot receive: failed to read from stream", Failure::Cut),
            ("warning: cannot send 'qa/d@s3': Broken pipe", Failure::Cut),
            (
                "cannot receive new filesystem stream: pool must be upgraded to receive this stream.",
                Failure::Unsupported,
            ),
            ("cannot rollback to 'pb/d@s1': dataset is busy", Failure::Busy),
            ("something new", Failure::Other),
        ] {
            assert_eq!(classify(text), failure, "{text}");
        }
        assert!(is_missing("cannot open 'qb/none': dataset does not exist"));
        assert!(!is_missing("Please make sure that the zfs-fuse daemon is running."));
    }
}
