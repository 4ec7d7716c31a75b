//! Probes that are sent right behind each other: their paths are looked up by one `stat` and one `sha1sum`
//! ahead of them.

use super::request::{LONG_TEXT, Request};
use super::writer::Item;
use crate::base::quote;
use crate::spec::PathAsked;
use std::collections::VecDeque;

/// Paths of one burst.
const PATHS: usize = 64;
/// Bytes of its paths as words; below the length from which a text is read by a program.
const BYTES: usize = LONG_TEXT - 400;
/// The flags of `tk_warm` with `follow` and `sum`.
const FLAGS: [(&str, bool, bool); 4] = [
    ("", false, false),
    ("-sum ", false, true),
    ("-follow ", true, false),
    ("-follow -sum ", true, true),
];

/// Probes that stand at the front of what is to be sent.
pub struct Burst {
    /// How many requests, to the last that gains from it.
    pub requests: usize,
    /// How many paths.
    pub paths: u32,
    /// What looks at them.
    pub text: String,
}

impl Burst {
    /// The burst that begins with this request; None: there is nothing to gain. Only what is queued now
    /// belongs to it: no answer is older than its question.
    pub fn of(first: &Request, backlog: &VecDeque<Item>) -> Option<Self> {
        let behind = backlog.iter().map_while(|item| match item {
            Item::Request(request) => request.asks.as_ref(),
            Item::Reconnect(_) => None,
        });
        let mut paths: Vec<&PathAsked> = Vec::new();
        let (mut requests, mut bytes) = (0, 0);
        for (at, asks) in first.asks.iter().chain(behind).enumerate() {
            // The first one is no probe: what is behind it has to wait.
            first.asks.as_ref()?;
            for asked in asks.iter().filter(|asked| is_plain(&asked.path)) {
                requests = at + 1;
                if !paths.contains(&asked) {
                    paths.push(asked);
                    bytes += quote::sh(&asked.path).len() + 1;
                }
            }
            if paths.len() >= PATHS || bytes > BYTES {
                break;
            }
        }
        (paths.len() > 1).then(|| Self { requests, paths: paths.len() as u32, text: text(&paths) })
    }
}

/// Whether a name breaks no line of any tool, and no shell takes it for more than a text.
fn is_plain(path: &str) -> bool {
    path.starts_with('/')
        && path.len() < 200
        && !path.contains(|c: char| c.is_control() || c == '\\')
}

fn text(paths: &[&PathAsked]) -> String {
    let mut text = "tk_kept=".to_string();
    for (flags, follow, sum) in FLAGS {
        let of = paths.iter().filter(|asked| (asked.follow, asked.sum) == (follow, sum));
        let words = quote::words(of.map(|asked| asked.path.as_str()));
        if !words.is_empty() {
            text.push_str(&format!("; tk_warm {flags}-- {words}"));
        }
    }
    text
}
