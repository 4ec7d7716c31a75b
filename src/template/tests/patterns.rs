//! Tests with regular expressions.

use super::builtin;
use crate::base::Value;
use crate::template::filters::bind::{Bound, text_of};
use crate::template::filters::regex::pattern_of;
use crate::template::table::{Args, Env, Stop, Test};

pub(super) const TESTS: &[Test] = &[
    builtin(
        "match",
        "ansible.builtin.match",
        "Whether an expression matches at the beginning.",
        |_, value, args| plain("match", value, args),
        &[("'foobar' is match('foo')", "true"), ("'foobar' is match('bar')", "false")],
    ),
    builtin(
        "search",
        "ansible.builtin.search",
        "Whether an expression matches anywhere.",
        |_, value, args| plain("search", value, args),
        &[("'foobar' is search('bar')", "true"), ("'A' is search('a', ignorecase=true)", "true")],
    ),
    builtin(
        "regex",
        "ansible.builtin.regex",
        "Whether an expression matches: `search`, `match` or `fullmatch`.",
        regex,
        &[
            ("'foo' is regex('o+')", "true"),
            ("'foo' is regex('fo', match_type='fullmatch')", "false"),
        ],
    ),
];

fn plain(kind: &str, value: &Value, args: &Args) -> Result<bool, Stop> {
    let bound = Bound::of(kind, args, &["pattern", "ignorecase", "multiline"], 0)?;
    matches(&bound, value, kind)
}

fn regex(_: &dyn Env, value: &Value, args: &Args) -> Result<bool, Stop> {
    let names: &[&str] = &["pattern", "ignorecase", "multiline", "match_type"];
    let bound = Bound::of("regex", args, names, 0)?;
    matches(&bound, value, &bound.text("match_type", "search"))
}

fn matches(bound: &Bound, value: &Value, kind: &str) -> Result<bool, Stop> {
    let regex = pattern_of(bound, "pattern")?;
    let text = text_of(value);
    let found = match kind {
        "search" => regex.search(&text),
        "match" => regex.match_at_start(&text),
        "fullmatch" => regex.match_whole(&text),
        _ => {
            return Err(Stop::fault(
                "Invalid match_type specified. Expected one of: search, match, fullmatch.",
            ));
        }
    };
    found.map(|found| found.is_some()).map_err(Stop::fault)
}
