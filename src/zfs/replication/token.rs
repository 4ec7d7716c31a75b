//! The token of an interrupted receive, as `zfs send -nvP -t TOKEN` tells it on the source.

use super::base::Base;
use super::edge::{Encryption, Policy};
use crate::zfs::listing::{Guid, Listed};
use crate::zfs::name;
use std::fmt;

/// What a token says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Token {
    /// Full name of the snapshot that was being sent.
    pub toname: String,
    /// Its identity.
    pub toguid: Option<Guid>,
    /// The base, for an incremental stream.
    pub fromguid: Option<Guid>,
    /// Bytes that arrived.
    pub bytes: u64,
    /// Whether it was a raw stream.
    pub raw: bool,
    /// Bytes that are still to come, by the sender's estimate.
    pub remaining: Option<u64>,
}

/// What the source said of a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenAnswer {
    /// It could be read.
    Known(Token),
    /// The source refused it with this text.
    Refused(String),
}

/// Why a token is of no use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stale {
    /// The source cannot read it or has not what it needs.
    Refused(String),
    /// It belongs to another dataset.
    OtherDataset(String),
    /// The snapshot is gone or not wanted.
    NotWanted(String),
    /// It starts from another base than the target has.
    OtherBase,
    /// It was made by a raw stream and the policy is not raw, or the reverse.
    OtherMode,
    /// The policy does not resume.
    NoResume,
}

impl fmt::Display for Stale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(text) => write!(f, "the source refuses it: {text}"),
            Self::OtherDataset(name) => write!(f, "it belongs to {name}"),
            Self::NotWanted(name) => write!(f, "{name} is gone from the source or not selected"),
            Self::OtherBase => write!(f, "it starts from another snapshot than the target has now"),
            Self::OtherMode => write!(f, "it was sent with another encryption policy"),
            Self::NoResume => write!(f, "the policy does not resume"),
        }
    }
}

/// Reads what `zfs send -nvP -t TOKEN` printed (`out`, both streams) and its exit code.
#[must_use]
pub fn read(out: &str, code: i32) -> TokenAnswer {
    let mut token = Token::default();
    for line in out.lines() {
        if let Some((key, value)) = line.trim().split_once(" = ") {
            field(&mut token, key.trim(), value.trim());
        } else if let Some(rest) = line.strip_prefix("size\t") {
            token.remaining = rest.trim().parse().ok();
        }
    }
    if code != 0 || token.toguid.is_none() {
        return TokenAnswer::Refused(reason(out));
    }
    TokenAnswer::Known(token)
}

fn field(token: &mut Token, key: &str, value: &str) {
    match key {
        "toguid" => token.toguid = number(value).map(Guid),
        "fromguid" => token.fromguid = number(value).filter(|guid| *guid != 0).map(Guid),
        "bytes" => token.bytes = number(value).unwrap_or_default(),
        "toname" => value.clone_into(&mut token.toname),
        "rawok" => token.raw = value != "0",
        _ => {}
    }
}

fn number(text: &str) -> Option<u64> {
    match text.strip_prefix("0x") {
        Some(hex) => u64::from_str_radix(hex, 16).ok(),
        None => text.parse().ok(),
    }
}

/// The line that says why: the last one with words.
fn reason(out: &str) -> String {
    let told = out.lines().map(str::trim).rfind(|line| line.contains(' ') && !line.contains(" = "));
    told.unwrap_or("no answer").to_owned()
}

/// Whether the token can be used: it leads to a wanted snapshot from the base that the target has.
pub fn check(
    answer: &TokenAnswer,
    source: &Listed,
    base: Option<&Base>,
    policy: &Policy,
) -> Result<Token, Stale> {
    if !policy.resume {
        return Err(Stale::NoResume);
    }
    let token = match answer {
        TokenAnswer::Refused(text) => return Err(Stale::Refused(text.clone())),
        TokenAnswer::Known(token) => token,
    };
    let (dataset, _) = name::split(&token.toname);
    if dataset != source.name.as_str() {
        return Err(Stale::OtherDataset(dataset.to_owned()));
    }
    let to = token.toguid.and_then(|guid| source.snapshot(guid));
    if !to.is_some_and(|snapshot| policy.select.takes(&snapshot.name)) {
        return Err(Stale::NotWanted(token.toname.clone()));
    }
    if token.fromguid != base.map(|base| base.on_target.guid) {
        return Err(Stale::OtherBase);
    }
    let encrypted = source.property("encryption").is_some_and(|value| value != "off");
    if encrypted && token.raw != (policy.encryption == Encryption::Raw) {
        return Err(Stale::OtherMode);
    }
    Ok(token.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWER: &str = "resume token contents:\nnvlist version: 0\n\tfromguid = 0x1f\n\tobject = 0x3\n\toffset = 0x2e0000\n\tbytes = 0x302d98\n\ttoguid = 0x75fd\n\ttoname = pa/s@s3\n\tcompressok = 1\n\trawok = 1\nincremental\tpa/s@s1\tpa/s@s3\t9\nsize\t3156000\n";

    #[test]
    fn contents_are_read() {
        let TokenAnswer::Known(token) = read(ANSWER, 0) else { panic!("refused") };
        assert_eq!(token.toname, "pa/s@s3");
        assert_eq!((token.toguid, token.fromguid), (Some(Guid(0x75fd)), Some(Guid(0x1f))));
        assert_eq!((token.bytes, token.remaining, token.raw), (0x30_2d98, Some(3_156_000), true));
    }

    #[test]
    fn refusals_keep_their_words() {
        let text = "cannot resume send: resume token is corrupt (incorrect checksum)\n";
        assert_eq!(read(text, 255), TokenAnswer::Refused(text.trim().to_owned()));
        assert_eq!(read("", 1), TokenAnswer::Refused("no answer".to_owned()));
        let cut = "resume token contents:\nnvlist version: 0\n\tbytes = 0x1\ncannot resume send: 'pa/k@2' used in the initial send no longer exists\n";
        assert!(
            matches!(read(cut, 255), TokenAnswer::Refused(why) if why.ends_with("no longer exists"))
        );
    }
}
