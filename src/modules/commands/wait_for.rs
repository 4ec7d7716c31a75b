//! `wait_for`: waits for a port, a file or some time.

use crate::base::Value;
use crate::spec::args::PathText;
use crate::spec::{
    Action, ActionContext, BoxFuture, Doc, Example, Failure, Fields, Probe, Rule, Support,
};
use fancy_regex::Regex;
use std::time::{Duration, Instant};

crate::choices! {
    /// What is waited for.
    pub enum Wanted {
        Absent = "absent",
        Drained = "drained",
        Present = "present",
        Started = "started",
        Stopped = "stopped",
    }
}

crate::args! {
    /// What to wait for.
    pub struct Args {
        /// A name or address, as the host sees it.
        host: String => [default("127.0.0.1")],
        /// A TCP port.
        port: Option<i64> => [],
        /// A file.
        path: Option<PathText> => [],
        /// What is waited for.
        state: Wanted => [default("started")],
        /// A regular expression that the file must match.
        search_regex: Option<String> => [],
        /// Seconds before the first look.
        delay: f64 => [default("0")],
        /// Seconds between looks.
        sleep: f64 => [default("1")],
        /// Seconds in all.
        timeout: f64 => [default("300")],
        /// Seconds that one try to connect may take.
        connect_timeout: f64 => [default("5")],
        /// Addresses whose connections do not count for `drained`.
        exclude_hosts: Vec<String> => [],
        /// Text of the failure instead of the usual one.
        msg: Option<String> => [],
    }
    rules [Rule::MutuallyExclusive(&["port", "path"])]
}

static DOC: Doc = Doc {
    name: "wait_for",
    full_names: &["ansible.builtin.wait_for", "ansible.legacy.wait_for"],
    short: "Wait for a port, a file or some time.",
    args: <Args as crate::spec::ArgStruct>::TABLE,
    check: Support::Full,
    diff: Support::None,
    examples: &[Example { title: "A file", yaml: "wait_for: {path: /etc/hosts, timeout: 5}" }],
    returns: &[
        ("elapsed", "seconds that passed"),
        ("match_groups", "groups of search_regex"),
        ("match_groupdict", "named groups of search_regex"),
    ],
};

/// The module.
pub struct WaitFor;

impl Action for WaitFor {
    type Args = Args;

    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn act<'a>(
        &'a self,
        args: &'a Args,
        ctx: ActionContext<'a>,
    ) -> BoxFuture<'a, Result<Fields, Failure>> {
        Box::pin(run(args, ctx))
    }
}

fn seconds(number: f64) -> Duration {
    Duration::try_from_secs_f64(number.max(0.0)).unwrap_or_default()
}

/// What one look told.
struct Seen {
    /// Whether what is waited for is there.
    done: bool,
    groups: Vec<Value>,
    named: crate::base::Map,
}

impl Seen {
    fn of(done: bool) -> Self {
        Self { done, groups: Vec::new(), named: crate::base::Map::new() }
    }
}

async fn run(args: &Args, ctx: ActionContext<'_>) -> Result<Fields, Failure> {
    let port = args.port.map(u16::try_from).transpose();
    let port = port.map_err(|_| Failure::new("port must be between 0 and 65535"))?;
    if port.is_none() && args.state == Wanted::Drained {
        return Err(Failure::new(
            "state=drained should only be used for checking a port in the wait_for module",
        ));
    }
    let compiled = args.search_regex.as_deref().map(|text| Regex::new(&format!("(?m){text}")));
    let regex = compiled
        .transpose()
        .map_err(|e| Failure::new(format!("Invalid regular expression: {e}")))?;
    let begun = Instant::now();
    tokio::time::sleep(seconds(args.delay)).await;
    if port.is_none() && args.path.is_none() && args.state != Wanted::Drained {
        tokio::time::sleep(seconds(args.timeout)).await;
        return Ok(result(args, begun, &Seen::of(true)));
    }
    loop {
        let seen = look(args, port, regex.as_ref(), &ctx).await?;
        if seen.done {
            return Ok(result(args, begun, &seen));
        }
        if begun.elapsed() >= seconds(args.timeout) {
            let elapsed = begun.elapsed().as_secs() as i64;
            return Err(Failure::new(late(args)).with("elapsed", elapsed));
        }
        tokio::time::sleep(seconds(args.sleep)).await;
    }
}

async fn look(
    args: &Args,
    port: Option<u16>,
    regex: Option<&Regex>,
    ctx: &ActionContext<'_>,
) -> Result<Seen, Failure> {
    let lost = Failure::from;
    let absent = matches!(args.state, Wanted::Absent | Wanted::Stopped);
    if let (Some(port), Wanted::Drained) = (port, args.state) {
        let probe = Probe::new("drained", include_str!("drained.sh")).words([port.to_string()]);
        let answer = ctx.host.probe(probe.heavy()).await.map_err(lost)?;
        let text = answer.text();
        let counts =
            |peer: &&str| !args.exclude_hosts.iter().any(|host| peer.starts_with(host.as_str()));
        return Ok(Seen::of(!text.lines().any(|peer| counts(&peer))));
    }
    if let Some(port) = port {
        let open = ctx
            .host
            .reaches(&args.host, port, seconds(args.connect_timeout))
            .await
            .map_err(lost)?;
        return Ok(Seen::of(open != absent));
    }
    let path =
        args.path.as_ref().map(|p| ctx.host.platform().expand(p.as_str())).unwrap_or_default();
    let wants = if regex.is_some() { "1" } else { "0" };
    let probe =
        Probe::new("wait_for", include_str!("wait_for.sh")).words([path, wants.to_string()]);
    let answer = ctx.host.probe(probe).await.map_err(lost)?;
    let there = answer.stdout.starts_with(b"+");
    let Some(regex) = regex.filter(|_| there) else { return Ok(Seen::of(there != absent)) };
    Ok(matched(regex, &answer.text(), absent))
}

fn matched(regex: &Regex, text: &str, absent: bool) -> Seen {
    let Ok(Some(found)) = regex.captures(text) else { return Seen::of(absent) };
    let mut seen = Seen::of(!absent);
    let value = |m: Option<fancy_regex::Match<'_>>| Value::from(m.map(|m| m.as_str()));
    seen.groups = (1..found.len()).map(|n| value(found.get(n))).collect();
    for name in regex.capture_names().flatten() {
        seen.named.insert(name.into(), value(found.name(name)));
    }
    seen
}

fn late(args: &Args) -> String {
    if let Some(msg) = &args.msg {
        return msg.clone();
    }
    let place = match (&args.port, &args.path) {
        (Some(port), _) => format!("{}:{port}", args.host),
        (None, path) => path.as_ref().map(|p| p.0.clone()).unwrap_or_default(),
    };
    match (args.state, &args.search_regex, args.port) {
        (Wanted::Absent | Wanted::Stopped, _, Some(_)) => {
            format!("Timeout when waiting for {place} to stop.")
        }
        (Wanted::Absent | Wanted::Stopped, _, None) => {
            format!("Timeout when waiting for {place} to be absent.")
        }
        (Wanted::Drained, ..) => format!("Timeout when waiting for {place} to drain"),
        (_, Some(text), _) => format!("Timeout when waiting for search string {text} in {place}"),
        (_, None, Some(_)) => format!("Timeout when waiting for {place}"),
        (_, None, None) => format!("Timeout when waiting for file {place}"),
    }
}

fn result(args: &Args, begun: Instant, seen: &Seen) -> Fields {
    let mut fields = Fields::new();
    fields.insert("changed".into(), Value::from(false));
    fields.insert("elapsed".into(), Value::from(begun.elapsed().as_secs() as i64));
    fields.insert("state".into(), Value::from(args.state.word()));
    fields.insert("port".into(), Value::from(args.port));
    fields.insert("path".into(), Value::from(args.path.as_ref().map(|p| p.0.clone())));
    fields.insert("search_regex".into(), Value::from(args.search_regex.clone()));
    fields.insert("match_groups".into(), Value::list(seen.groups.clone()));
    fields.insert("match_groupdict".into(), Value::map(seen.named.clone()));
    fields
}
