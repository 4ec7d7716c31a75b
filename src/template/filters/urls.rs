//! Filters on URLs.

use super::bind::{Bound, str_of, text_of};
use super::escape::escaped;
use super::iterate::{is_iterable, items, lazy_items, mapping};
use super::url::{quote, split, unquote_plus};
use super::{builtin, jinja};
use crate::base::{Key, Kind, Value};
use crate::template::table::{Args, Env, Filter, Stop};
use std::fmt::Write as _;

pub(super) const FILTERS: &[Filter] = &[
    jinja(
        "urlencode",
        "Percent-encodes a text, or makes a query of a dict or of pairs.",
        urlencode,
        &[
            ("'a b/c' | urlencode", "'a%20b/c'"),
            ("{'a': 1, 'b': 'x y'} | urlencode", "'a=1&b=x+y'"),
        ],
    ),
    builtin(
        "urldecode",
        "ansible.builtin.urldecode",
        "Decodes percent signs and pluses.",
        urldecode,
        &[("'a+b%2Fc' | urldecode", "'a b/c'")],
    ),
    builtin(
        "urlsplit",
        "ansible.builtin.urlsplit",
        "Gives the parts of a URL, or one of them.",
        urlsplit,
        &[
            ("'http://u:p@Host:80/x?q=1#f' | urlsplit('hostname')", "'host'"),
            ("('http://h:80/x' | urlsplit).port", "80"),
        ],
    ),
    jinja(
        "urlize",
        "Makes links of the URLs in a text.",
        urlize,
        &[(
            "'see https://a.example/x.' | urlize",
            "'see <a href=\"https://a.example/x\" rel=\"noopener\">https://a.example/x</a>.'",
        )],
    ),
];

fn quote_query(value: &Value) -> String {
    quote(&text_of(value), "").replace("%20", "+")
}

fn urlencode(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    Bound::of("do_urlencode", args, &[], 0)?;
    if matches!(value.kind, Kind::Str(_)) || !is_iterable(&value) {
        return Ok(Value::from(quote(&text_of(&value), "/")));
    }
    let pairs: Vec<(Value, Value)> = match mapping(&value)? {
        Some(map) => map.iter().map(|(k, v)| (k.value(), v.clone())).collect(),
        None => items(&value)?.iter().map(pair).collect::<Result<_, _>>()?,
    };
    let written: Vec<String> =
        pairs.iter().map(|(k, v)| format!("{}={}", quote_query(k), quote_query(v))).collect();
    Ok(Value::from(written.join("&")))
}

fn pair(item: &Value) -> Result<(Value, Value), Stop> {
    match &*lazy_items(item)? {
        [key, value] => Ok((key.clone(), value.clone())),
        other if other.len() > 2 => Err(Stop::fault("too many values to unpack (expected 2)")),
        other => {
            let got = other.len();
            Err(Stop::fault(format!("not enough values to unpack (expected 2, got {got})")))
        }
    }
}

fn urldecode(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    Bound::of("unquote_plus", args, &[], 0)?;
    let text = str_of(&value, "argument of type str is needed")?;
    Ok(Value::from(unquote_plus(text)))
}

fn urlsplit(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    let bound = Bound::of("split_url", args, &["query", "alias"], 0)?;
    let text = text_of(&value);
    let url = split(&text).map_err(Stop::fault)?;
    let optional = |text: Option<&str>| Value::from(text);
    let parts: Value = [
        ("fragment", Value::from(url.fragment)),
        ("hostname", Value::from(url.hostname())),
        ("netloc", Value::from(url.netloc)),
        ("password", optional(url.password())),
        ("path", Value::from(url.path)),
        ("port", Value::from(url.port().map_err(Stop::fault)?)),
        ("query", Value::from(url.query)),
        ("scheme", Value::from(url.scheme.as_str())),
        ("username", optional(url.username())),
    ]
    .into_iter()
    .collect();
    let Some(query) = bound.get("query").filter(|query| query.is_true()) else { return Ok(parts) };
    let name = text_of(query);
    let part = parts.as_map().and_then(|map| map.get(&Key::from(&*name)));
    part.cloned().ok_or_else(|| {
        let alias = bound.text("alias", "urlsplit");
        Stop::fault(format!("{alias}: unknown URL component: {name}"))
    })
}

const URLIZE: &[&str] = &["trim_url_limit", "nofollow", "target", "rel", "extra_schemes"];

fn urlize(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    let bound = Bound::of("do_urlize", args, URLIZE, 0)?;
    if bound.some("extra_schemes").is_some() {
        return Err(Stop::fault("urlize: extra_schemes is not supported"));
    }
    let limit = bound.some_int("trim_url_limit")?.map(|n| n.max(0) as usize);
    let mut rel: Vec<String> = bound.text("rel", "").split_whitespace().map(String::from).collect();
    rel.push("noopener".into());
    if bound.flag("nofollow", false) {
        rel.push("nofollow".into());
    }
    rel.sort();
    rel.dedup();
    let mut attributes = format!(" rel=\"{}\"", escaped(&rel.join(" ")));
    if let Some(target) = bound.some("target") {
        let _ = write!(attributes, " target=\"{}\"", escaped(&target.text()));
    }
    let text = escaped(&text_of(&value));
    let linked =
        text.split_inclusive(super::text::is_space).map(|word| link(word, limit, &attributes));
    Ok(Value::from(linked.collect::<String>()))
}

/// Whether a word is an address of electronic mail.
fn is_mail(word: &str) -> bool {
    let Some((name, host)) = word.split_once('@') else { return false };
    let plain = host.chars().all(|c| c.is_alphanumeric() || "_-.".contains(c));
    let inner = host.trim_matches(['.', '-']);
    !name.is_empty() && plain && inner == host && host.contains('.')
}

/// One word, as a link if it is a URL; brackets before and marks behind it stay outside.
fn link(word: &str, limit: Option<usize>, attributes: &str) -> String {
    let bare = word.trim_end_matches(super::text::is_space);
    let blank = &word[bare.len()..];
    let inner = bare.trim_start_matches(['(', '<']).trim_start_matches("&lt;");
    let head = &bare[..bare.len() - inner.len()];
    let url = inner.trim_end_matches("&gt;").trim_end_matches([')', '>', '.', ',', '\n']);
    let tail = &inner[url.len()..];
    let href = match url {
        u if u.starts_with("https://") || u.starts_with("http://") => u.to_string(),
        u if u.starts_with("www.") && u.len() > 4 => format!("https://{u}"),
        u if is_mail(u) => {
            return format!("{head}<a href=\"mailto:{u}\">{u}</a>{tail}{blank}");
        }
        _ => return word.to_string(),
    };
    let shown = match limit {
        Some(limit) if url.chars().count() > limit => {
            url.chars().take(limit).collect::<String>() + "..."
        }
        _ => url.to_string(),
    };
    format!("{head}<a href=\"{href}\"{attributes}>{shown}</a>{tail}{blank}")
}
