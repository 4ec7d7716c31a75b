//! `hosts_block`: a marked block of names and addresses in a hosts file.

use super::blocks::{self, Wish};
use super::hosts::{self, Entry};
use super::lineinfile::Presence;
use super::text::{Held, TextFile};
use crate::base::Value;
use crate::modules::files::attributes::Wanted;
use crate::modules::files::place::Place;
use crate::modules::files::write::{Refusal, backup, explain};
use crate::spec::args::{PathText, Raw};
use crate::spec::{
    Answer, Change, Ctx, Doc, Example, Failure, Fields, Look, Plan, Probe, Ran, Rule, State,
    Support,
};
use std::net::IpAddr;

crate::args! {
    /// Which names have which addresses.
    pub struct Args {
        /// The file.
        path: PathText => [default("/etc/hosts")],
        /// Dicts of `ip` and `names`: an address and its name, or a list of them.
        entries: Option<Raw> => [],
        /// Whether the block should be there.
        state: Presence => [default("present")],
        /// The line around the block, with `{mark}`.
        marker: String => [default("# {mark} TANK MANAGED HOSTS")],
        /// Behind which line a new block goes: an expression or `EOF`.
        insertafter: Option<String> => [],
        /// In front of which line a new block goes: an expression or `BOF`.
        insertbefore: Option<String> => [],
        /// Whether the old file is kept beside it.
        backup: bool => [default("no")],
    }
    rules [
        Rule::MutuallyExclusive(&["insertbefore", "insertafter"]),
        Rule::RequiredIf("state", "present", &["entries"]),
    ]
}

static DOC: Doc = Doc {
    name: "hosts_block",
    full_names: &[],
    short: "Manage a marked block of names and addresses in /etc/hosts.",
    args: <Args as crate::spec::ArgStruct>::TABLE,
    check: Support::Full,
    diff: Support::Full,
    examples: &[Example {
        title: "Two jails",
        yaml: "hosts_block: {entries: [{ip: 10.0.0.3, names: [a-db]}, {ip: 10.0.0.4, names: [a-cms, www.example.org]}]}",
    }],
    returns: &[("msg", "what was done"), ("backup_file", "where the old file is kept")],
};

/// The module.
pub struct HostsBlock;

impl Args {
    fn file(&self) -> TextFile<'_> {
        TextFile {
            path: self.path.as_str(),
            encoding: "utf-8",
            wanted: Wanted::default(),
            backup: self.backup,
            validate: None,
            unsafe_writes: false,
            secret: false,
        }
    }

    /// The wanted entries.
    fn entries(&self) -> Result<Vec<Entry>, Failure> {
        let given = match &self.entries {
            Some(given) if self.state == Presence::Present => &given.0,
            _ => return Ok(Vec::new()),
        };
        let wrong = || Failure::new("entries is a list of dicts with ip and names");
        given.as_list().ok_or_else(wrong)?.iter().map(entry).collect()
    }
}

/// Reads one entry.
fn entry(value: &Value) -> Result<Entry, Failure> {
    let wrong = |why: &str| Failure::new(format!("entries: {why}"));
    let map = value.as_map().ok_or_else(|| wrong("an entry is a dict with ip and names"))?;
    if let Some((odd, _)) =
        map.iter().find(|(key, _)| !["ip", "names"].contains(&&*key.to_string()))
    {
        return Err(wrong(&format!("{odd} is neither ip nor names")));
    }
    let ip = value.get("ip").map(Value::text).ok_or_else(|| wrong("an entry has no ip"))?;
    let parsed = ip.parse::<IpAddr>().map_err(|_| wrong(&format!("{ip} is no IP address")))?;
    let names = value.get("names").ok_or_else(|| wrong(&format!("{ip} has no names")))?;
    let names: Vec<String> = match names.as_list() {
        Some(list) => list.iter().map(Value::text).collect(),
        None => names.text().split_whitespace().map(str::to_string).collect(),
    };
    if names.is_empty() {
        return Err(wrong(&format!("{ip} has no names")));
    }
    match names.iter().find_map(|name| hosts::refuse(name)) {
        Some(why) => Err(wrong(&why)),
        None => Ok(Entry { ip: parsed, names }),
    }
}

impl State for HostsBlock {
    type Args = Args;
    type Seen = Place;

    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn probe(&self, args: &Args, ctx: Ctx<'_>) -> Result<Probe, Failure> {
        hosts::block(&args.entries()?).map_err(Failure::new)?;
        if !args.marker.contains("{mark}") || args.marker.contains('\n') {
            return Err(Failure::new("marker is one line with {mark}"));
        }
        args.file().probe(ctx)
    }

    fn read(&self, args: &Args, answers: &[Answer], ctx: Ctx<'_>) -> Result<Look<Place>, Failure> {
        args.file().read(answers, ctx)
    }

    fn plan(&self, args: &Args, seen: &Place, ctx: Ctx<'_>) -> Result<Plan, Failure> {
        let file = args.file();
        let before = match file.held(seen)? {
            Held::Text(text) => text,
            Held::Unknown => return Ok(file.unknown(seen)),
            Held::Nothing if args.state == Presence::Absent => return Ok(Plan::ok()),
            Held::Nothing => {
                let text = format!("Path {} does not exist !", args.path.as_str());
                return Err(Failure::new(text).missing());
            }
        };
        let outside = outside(args, &before)?;
        let entries = args.entries()?;
        if let Some(why) = hosts::conflict(&outside, &entries) {
            return Err(Failure::new(format!("{}: {why}", args.path.as_str())));
        }
        let block = hosts::block(&entries).map_err(Failure::new)?;
        let edited = blocks::edit(Some(&before), &wish(args, &block)).map_err(Failure::new)?;
        file.plan(seen, Some(&before), &edited, ctx)
    }

    fn verify(
        &self,
        args: &Args,
        change: &Change,
        after: &Place,
        _: Ctx<'_>,
    ) -> Result<(), String> {
        args.file().verify(change, after)
    }

    fn explain(&self, _: &Args, ran: &Ran) -> Option<Failure> {
        explain(ran, Refusal::Message)
    }

    fn result(&self, _: &Args, _: &Place, _: Option<&Place>, _: &Plan, ran: &[Ran]) -> Fields {
        backup(ran).map(|path| ("backup_file".into(), path)).into_iter().collect()
    }
}

fn wish<'a>(args: &'a Args, block: &'a str) -> Wish<'a> {
    let (after, before) = (args.insertafter.as_deref(), args.insertbefore.as_deref());
    Wish {
        block: Some(block),
        marker: &args.marker,
        begin: "BEGIN",
        end: "END",
        after: after.or(if before.is_none() { Some("EOF") } else { None }),
        before,
        prepend_newline: false,
        append_newline: false,
        present: args.state == Presence::Present,
    }
}

/// The text without the block, its lines empty so that the others keep their numbers.
///
/// # Errors
/// One mark without the other, or two of one: where the block ends cannot be told.
fn outside(args: &Args, text: &str) -> Result<String, Failure> {
    let mark = |word: &str| args.marker.replace("{mark}", word);
    let at = |word: &str| {
        let mark = mark(word);
        let lines = text.lines().enumerate().filter(|(_, line)| line.trim_end() == mark);
        lines.map(|(at, _)| at).collect::<Vec<usize>>()
    };
    let path = args.path.as_str();
    let (first, last) = match (at("BEGIN").as_slice(), at("END").as_slice()) {
        ([], []) => return Ok(text.to_string()),
        ([first], [last]) if first < last => (*first, *last),
        _ => return Err(Failure::new(format!("{path}: the marks of the block are broken"))),
    };
    let keep = |(at, line): (usize, &str)| {
        let within = (first..=last).contains(&at);
        if within { "\n".to_string() } else { format!("{line}\n") }
    };
    Ok(text.lines().enumerate().map(keep).collect())
}
