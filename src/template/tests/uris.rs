//! Tests of URLs.

use super::builtin;
use crate::base::{Kind, Value};
use crate::template::filters::bind::Bound;
use crate::template::filters::iterate::contains;
use crate::template::filters::url::{Url, split};
use crate::template::table::{Args, Env, Stop, Test};

pub(super) const TESTS: &[Test] = &[
    builtin(
        "uri",
        "ansible.builtin.uri",
        "Whether it can be read as a URI, of one of the schemes if given.",
        uri,
        &[("'http://a/' is uri", "true"), ("'ftp://a/' is uri(['http'])", "false")],
    ),
    builtin(
        "url",
        "ansible.builtin.url",
        "Whether it is a URI with a host, or a file.",
        url,
        &[("'http://a/' is url", "true"), ("'a/b' is url", "false")],
    ),
    builtin(
        "urn",
        "ansible.builtin.urn",
        "Whether it is a URI of the scheme urn.",
        urn,
        &[("'urn:isbn:1' is urn", "true"), ("'http://a' is urn", "false")],
    ),
];

/// The parts if it can be read and has one of the schemes.
fn read<'a>(value: &'a Value, schemes: Option<&Value>) -> Option<Url<'a>> {
    let url = match &value.kind {
        Kind::Str(text) => split(text).ok()?,
        Kind::Null => Url::default(),
        _ => return None,
    };
    let Some(schemes) = schemes.filter(|schemes| schemes.is_true()) else { return Some(url) };
    contains(schemes, &Value::from(url.scheme.as_str())).ok()?.then_some(url)
}

fn uri(_: &dyn Env, value: &Value, args: &Args) -> Result<bool, Stop> {
    let bound = Bound::of("is_uri", args, &["schemes"], 0)?;
    Ok(read(value, bound.get("schemes")).is_some())
}

fn url(_: &dyn Env, value: &Value, args: &Args) -> Result<bool, Stop> {
    let bound = Bound::of("is_url", args, &["schemes"], 0)?;
    let url = read(value, bound.get("schemes"));
    Ok(url.is_some_and(|url| !url.netloc.is_empty() || url.scheme == "file"))
}

fn urn(_: &dyn Env, value: &Value, args: &Args) -> Result<bool, Stop> {
    Bound::of("is_urn", args, &[], 0)?;
    Ok(read(value, Some(&Value::from(vec!["urn"]))).is_some())
}
