//! `stat`: what is known of a path.

use super::numbers::{bits, python_time};
use crate::base::{Key, Map, Value};
use crate::spec::args::PathText;
use crate::spec::path::{PathKind, unescape};
use crate::spec::{
    Answer, Change, Ctx, Doc, Example, Failure, Fields, Look, Os, PathState, Plan, Probe, Ran,
    State, Support,
};

crate::choices! {
    /// A digest.
    pub enum Digest {
        Md5 = "md5",
        Sha1 = "sha1",
        Sha224 = "sha224",
        Sha256 = "sha256",
        Sha384 = "sha384",
        Sha512 = "sha512",
    }
}

crate::args! {
    /// What is asked of a path.
    pub struct Args {
        /// The path on the host.
        path: PathText => [required(), aliases(&["dest", "name"])],
        /// Whether links are followed.
        follow: bool => [default("no")],
        /// Whether the digest of a file is told.
        get_checksum: bool => [default("yes")],
        /// Which digest.
        checksum_algorithm: Digest => [default("sha1"), aliases(&["checksum", "checksum_algo"])],
        /// Whether file(1) is asked for the type of the content.
        get_mime: bool => [default("yes"), aliases(&["mime", "mime_type", "mime-type"])],
        /// Whether lsattr(1) is asked for attributes.
        get_attributes: bool => [default("yes"), aliases(&["attr", "attributes"])],
    }
}

static DOC: Doc = Doc {
    name: "stat",
    full_names: &["ansible.builtin.stat", "ansible.legacy.stat"],
    short: "Tell what is known of a path.",
    args: <Args as crate::spec::ArgStruct>::TABLE,
    check: Support::Full,
    diff: Support::NotApplicable,
    examples: &[Example { title: "Is it there", yaml: "stat: {path: /etc/hosts}" }],
    returns: &[("stat", "`exists`, and what is known of what exists")],
};

/// The module.
pub struct Stat;

/// What was seen: the dict `stat`, and why it is not certain.
pub struct Seen {
    stat: Map,
    uncertain: Option<String>,
}

impl State for Stat {
    type Args = Args;
    type Seen = Seen;

    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn probe(&self, args: &Args, ctx: Ctx<'_>) -> Result<Probe, Failure> {
        let path = crate::modules::files::absolute(ctx.platform, args.path.as_str())?;
        let flag = |on: bool| if on { "1" } else { "0" }.to_string();
        let digest = if args.get_checksum { args.checksum_algorithm.word() } else { "" };
        let probe = Probe::new("stat", include_str!("stat.sh"));
        Ok(probe.words([
            path,
            flag(args.follow),
            digest.to_string(),
            flag(args.get_mime),
            flag(args.get_attributes),
        ]))
    }

    fn read(&self, args: &Args, answers: &[Answer], ctx: Ctx<'_>) -> Result<Look<Seen>, Failure> {
        let text = crate::modules::files::first(answers)?.text();
        let path = crate::modules::files::absolute(ctx.platform, args.path.as_str())?;
        let stat = parse(args, &path, &text, ctx)?;
        let Some(predicted) = ctx.world.path(&path) else {
            return Ok(Look::Seen(Seen { stat, uncertain: None }));
        };
        let unknown = predicted
            .is_some_and(|attrs| matches!(attrs.content, Some(crate::spec::Text::Unknown)));
        let uncertain = format!("the content of {path} is not known");
        let stat = overlay(args, &path, stat, &text, ctx);
        Ok(Look::Seen(Seen { stat, uncertain: Some(uncertain).filter(|_| unknown) }))
    }

    fn plan(&self, _: &Args, seen: &Seen, _: Ctx<'_>) -> Result<Plan, Failure> {
        Ok(Plan { uncertain: seen.uncertain.clone(), ..Plan::ok() })
    }

    fn verify(&self, _: &Args, _: &Change, _: &Seen, _: Ctx<'_>) -> Result<(), String> {
        Ok(())
    }

    fn result(&self, _: &Args, before: &Seen, _: Option<&Seen>, _: &Plan, _: &[Ran]) -> Fields {
        let mut fields = Fields::new();
        fields.insert("stat".into(), Value::map(before.stat.clone()));
        fields
    }
}

fn missing() -> Map {
    [("exists".into(), Value::from(false))].into_iter().collect()
}

/// The dict of an answer.
fn parse(args: &Args, path: &str, text: &str, ctx: Ctx<'_>) -> Result<Map, Failure> {
    let lines: Vec<&str> = text.lines().collect();
    let [fields, access, target, leads, sum, rest @ ..] = lines.as_slice() else {
        return Ok(missing());
    };
    let fields: Vec<&str> = fields.split('|').collect();
    let odd = || Failure::new(format!("could not read what stat says of {path}"));
    let state = state(&fields).ok_or_else(odd)?;
    let mut stat = basic(path, &state);
    let times = [("mtime", 7), ("atime", 8), ("ctime", 9)];
    stat.extend(times.map(|(name, at)| (name.into(), Value::from(python_time(fields[at])))));
    platform_fields(&mut stat, &fields, ctx);
    for (name, letter) in [("readable", 'r'), ("writeable", 'w'), ("executable", 'x')] {
        stat.insert(name.into(), Value::from(access.contains(letter)));
    }
    if let Some(target) = target.strip_prefix('+') {
        stat.insert("lnk_target".into(), Value::from(unescape(target)));
        stat.insert("lnk_source".into(), Value::from(unescape(leads)));
    }
    if *sum != "-" {
        stat.insert("checksum".into(), Value::from(*sum));
    }
    if args.get_mime {
        let (kind, charset) = mime(rest.first().copied().unwrap_or_default());
        stat.insert("mimetype".into(), Value::from(kind));
        stat.insert("charset".into(), Value::from(charset));
    }
    if args.get_attributes {
        attributes(&mut stat, rest.get(1).copied().unwrap_or_default());
    }
    Ok(stat)
}

fn state(fields: &[&str]) -> Option<PathState> {
    let letter = crate::modules::files::walk::letter(fields.first()?)?;
    PathState::parse(&format!("{letter}|{}|-", fields.get(1..13)?.join("|")))
}

/// What every path has.
fn basic(path: &str, state: &PathState) -> Map {
    let mut stat = bits(state);
    stat.insert("exists".into(), Value::from(true));
    stat.insert("path".into(), Value::from(path));
    for (name, text, number) in
        [("pw_name", &state.owner, state.uid), ("gr_name", &state.group, state.gid)]
    {
        if *text != number.to_string() {
            stat.insert(name.into(), Value::from(text.as_str()));
        }
    }
    stat
}

/// What only some systems have.
fn platform_fields(stat: &mut Map, fields: &[&str], ctx: Ctx<'_>) {
    let number = |at: usize| fields.get(at).and_then(|text| text.parse::<i64>().ok());
    let mut set = |name: &str, value: Option<i64>| {
        stat.extend(value.map(|value| (name.into(), Value::from(value))));
    };
    set("blocks", number(13));
    set("disk_usage_bytes", number(13).map(|blocks| blocks * 512));
    set("block_size", number(14));
    if ctx.platform.os != Os::FreeBsd {
        let hex = |at: usize| fields.get(at).and_then(|text| i64::from_str_radix(text, 16).ok());
        set("device_type", hex(15).zip(hex(16)).map(|(major, minor)| linux_device(major, minor)));
        return;
    }
    set("device_type", number(15));
    set("flags", number(16));
    set("generation", number(17));
    if let Some(time) = fields.get(18) {
        stat.insert("birthtime".into(), Value::from(python_time(time)));
    }
}

/// The number that Linux makes of a device's two.
fn linux_device(major: i64, minor: i64) -> i64 {
    ((major & 0xfff) << 8) | (minor & 0xff) | ((minor & !0xff) << 12) | ((major & !0xfff) << 32)
}

/// ` text/plain; charset=us-ascii`.
fn mime(text: &str) -> (&str, &str) {
    let parts = text.split_once(';').and_then(|(kind, rest)| Some((kind, rest.split_once('=')?.1)));
    parts.map_or(("unknown", "unknown"), |(kind, charset)| (kind.trim(), charset.trim()))
}

/// `12345 ----i--- /path`.
fn attributes(stat: &mut Map, text: &str) {
    let words: Vec<&str> = text.split_whitespace().collect();
    let (version, flags) = match words.as_slice() {
        [version, flags, ..] => (Value::from(*version), flags.replace('-', "")),
        _ => (Value::NULL, String::new()),
    };
    let names = flags.chars().filter_map(attribute).map(Value::from).collect();
    stat.insert("version".into(), version);
    stat.insert("attributes".into(), Value::list(names));
    stat.insert("attr_flags".into(), Value::from(flags));
}

/// The name of an attribute's letter.
fn attribute(letter: char) -> Option<&'static str> {
    Some(match letter {
        'A' => "noatime",
        'a' => "append",
        'c' => "compressed",
        'C' => "nocow",
        'd' => "nodump",
        'D' => "dirsync",
        'e' => "extents",
        'E' => "encrypted",
        'h' => "blocksize",
        'i' => "immutable",
        'I' => "indexed",
        'j' => "journalled",
        'N' => "inline",
        's' => "zero",
        'S' => "synchronous",
        't' => "notail",
        'T' => "blockroot",
        'u' => "undelete",
        'X' => "compressedraw",
        'Z' => "compresseddirty",
        _ => return None,
    })
}

/// What would be there: what was seen with what is predicted over it.
fn overlay(args: &Args, path: &str, stat: Map, text: &str, ctx: Ctx<'_>) -> Map {
    let seen = text.lines().next().and_then(|line| state(&line.split('|').collect::<Vec<_>>()));
    let Some(state) = PathState::overlay(path, seen, ctx.world) else { return missing() };
    let mut stat = if stat.len() > 1 { stat } else { Map::new() };
    stat.extend(basic(path, &state));
    for name in ["readable", "writeable"] {
        stat.entry(name.into()).or_insert(Value::from(true));
    }
    stat.entry("executable".into()).or_insert(Value::from(state.mode & 0o111 != 0));
    if state.kind == PathKind::Link {
        let leads = crate::modules::files::place::parent(path);
        let leads = crate::modules::files::place::join(&leads, &state.target);
        stat.insert("lnk_target".into(), Value::from(state.target.as_str()));
        stat.insert("lnk_source".into(), Value::from(leads));
    }
    let content = ctx.world.path(path).flatten().and_then(|attrs| attrs.content.as_ref());
    if content.is_some() {
        stat.shift_remove(&Key::from("checksum"));
        let sha1 =
            state.sha1.filter(|_| args.checksum_algorithm == Digest::Sha1 && args.get_checksum);
        stat.extend(sha1.map(|sum| ("checksum".into(), Value::from(sum))));
    }
    stat
}
