//! The way that an edge's streams go: whether it is open, and each stream.

use super::edge::Way;
use super::transfer::Trouble;
use super::{Seen, Told};
use crate::base::quote;
use crate::run::stream::{Address, Direct, Limits, Relayed, pair, relay};
use crate::spec::{BoxFuture, End, Program};
use crate::zfs::legs::{Ends, Said, Tools};
use crate::zfs::listing::Listed;
use crate::zfs::message::{self, Failure};
use crate::zfs::replication::plan::Copying;
use crate::zfs::replication::whole::EdgePlan;
use crate::zfs::topology::{Link, Path};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Time to reach another host's port.
const REACH: Duration = Duration::from_secs(15);
/// Port of ssh.
const SSH: u16 = 22;
/// In front of what another host runs for us: what a login shell leaves out.
const THERE: &str =
    "PATH=$PATH:/sbin:/usr/sbin:/usr/local/bin:/usr/local/sbin LC_ALL=C; export PATH LC_ALL";

fn ends<'a>(link: &'a Link, source: &Seen, target: &Seen) -> Ends<'a> {
    Ends {
        names: [&link.edge.source.host, &link.edge.target.host],
        have: [source.survey.tools, target.survey.tools],
        same: link.passage.path(&link.edge) == Path::Within,
    }
}

/// Whether a stream is compressed or encrypted as it comes.
fn packed(copying: &Copying, source: Option<&Listed>) -> bool {
    let letters = &copying.flags.send;
    let off = source.and_then(|source| source.property("compression")) == Some("off");
    letters.contains('w') || (letters.contains('c') && !off)
}

/// What the operator should know of the tools in a plan's streams.
pub fn notes(link: &Link, source: &Seen, target: &Seen, plan: &EdgePlan) -> Vec<String> {
    let listed = |part: &crate::zfs::replication::whole::Part| {
        source.survey.listing.datasets.get(&part.source)
    };
    let streams = plan.parts.iter().filter_map(|part| {
        let copying = part.copying.as_ref().ok().filter(|copying| !copying.steps.is_empty())?;
        Some(packed(copying, listed(part)))
    });
    // One that is not packed may need more.
    let Some(packed) = streams.min() else { return Vec::new() };
    let (passage, ends) = (&link.passage, ends(link, source, target));
    ends.tools(passage.compress, passage.buffer, packed)
        .map_or_else(|_| Vec::new(), |(_, notes)| notes)
}

/// Who calls whom, where the hosts do that.
fn sides<'a>(link: &Link, source: &'a Seen, target: &'a Seen) -> Option<(&'a Seen, &'a Seen)> {
    match link.passage.path(&link.edge) {
        Path::Push => Some((source, target)),
        Path::Pull => Some((target, source)),
        Path::Within | Path::Operator => None,
    }
}

/// Where the called host is, as the topology says, or else the inventory. Its account is the one that we work as there.
fn address(link: &Link, other: &Seen) -> Address {
    let known = link.passage.address.clone().or_else(|| other.address.clone());
    let (host, port) = known.unwrap_or_else(|| (other.host.name().to_owned(), None));
    Address { host, port, user: Some(other.survey.user.name.clone()), from: None }
}

/// Why no stream can go; asked before anything is done.
pub async fn closed(link: &Link, source: &Seen, target: &Seen) -> Option<String> {
    let (passage, ends) = (&link.passage, ends(link, source, target));
    if let Err(error) = ends.tools(passage.compress, passage.buffer, true) {
        return Some(error);
    }
    let (caller, other) = sides(link, source, target)?;
    let (from, to) = (caller.host.name(), other.host.name());
    if !caller.survey.ssh {
        return Some(format!("{from} has no ssh to call {to} with"));
    }
    if passage.agent && !caller.survey.agent {
        return Some(format!("no agent is forwarded to {from} (ForwardAgent yes)"));
    }
    match other.host.server_key().await {
        Ok(Some(_)) => {}
        Ok(None) => {
            return Some(format!(
                "the host key of {to} is not known here, so {from} can't call it: that needs ansible_connection ssh for {to}"
            ));
        }
        Err(error) => return Some(error.to_string()),
    }
    let address = address(link, other);
    let port = address.port.unwrap_or(SSH);
    match caller.host.reaches(&address.host, port, REACH).await {
        Ok(true) => None,
        Ok(false) => Some(format!(
            "{from} can't reach {to} at {}, port {port} ('address' can say another)",
            address.host
        )),
        Err(error) => Some(error.to_string()),
    }
}

/// Sends one stream; gives its bytes.
pub async fn send(
    way: &Way<'_>,
    copying: &Copying,
    words: (Vec<String>, Vec<String>),
    size: Option<u64>,
) -> Result<u64, Trouble> {
    let (link, source, target) = (way.link, way.source(), way.target());
    let listed = source.survey.listing.datasets.get(&copying.source);
    let passage = &link.passage;
    let ends = ends(link, source, target);
    let tools = ends.tools(passage.compress, passage.buffer, packed(copying, listed));
    let (tools, _) = tools.map_err(Trouble::of)?;
    let dataset = copying.target.to_string();
    let last = AtomicU64::new(0);
    let told = |done: u64, over: bool| {
        last.store(done, Ordering::Relaxed);
        let (edge, dataset) = (link.edge.id.clone(), dataset.clone());
        // The estimate is that of the stream as it was, and what zstd makes of it is less.
        let of = size.filter(|_| !tools.zstd);
        (way.job.tell)(Told::Bytes { edge, dataset, done, of, over });
    };
    let texts = texts(&words, tools, ends.same);
    let progress = |done: u64| told(done, false);
    let relayed = match sides(link, source, target) {
        Some((caller, other)) => straight(way, (caller, other), texts, &progress).await,
        None if ends.same => within(target, texts, &progress).await,
        None => across(way, texts, &progress).await,
    };
    let done = relayed.as_ref().map_or(last.load(Ordering::Relaxed), |relayed| relayed.bytes);
    told(done, true);
    let relayed = relayed.map_err(Trouble::of)?;
    match relayed.cause() {
        None => Ok(relayed.bytes),
        Some(cause) => Err(Trouble { failure: classified(&relayed, &cause), text: cause }),
    }
}

/// Sender and receiver with their tools.
fn texts(words: &(Vec<String>, Vec<String>), tools: Tools, same: bool) -> [String; 2] {
    let (producer, consumer) = (quote::words(&words.0), quote::words(&words.1));
    let receive = if same { consumer } else { tools.receive(&consumer) };
    [tools.send(&producer), receive]
}

/// A connection that is lost has no words of ZFS; ssh tells of one by its code.
fn classified(relayed: &Relayed, cause: &str) -> Failure {
    const SSH_FAILED: End = End::Code(255);
    let ends = [&relayed.from, &relayed.to];
    let lost = ends.iter().any(|ended| ended.end == End::Lost);
    let words = ["closed", "reset by peer", "not responding", "timed out"];
    let silent = cause == SSH_FAILED.to_string() || words.iter().any(|word| cause.contains(word));
    let hung_up = ends.iter().any(|ended| ended.end == SSH_FAILED) && silent;
    match message::classify(cause) {
        Failure::Other if lost || hung_up => Failure::Cut,
        failure => failure,
    }
}

fn never() -> BoxFuture<'static, ()> {
    Box::pin(std::future::pending())
}

async fn within(
    host: &Seen,
    [producer, consumer]: [String; 2],
    progress: &(dyn Fn(u64) + Send + Sync),
) -> Result<Relayed, String> {
    let heard = |said: &Said| {
        if let Said::Bytes(bytes) = said {
            progress(*bytes);
        }
    };
    let said = pair(&host.host, [&producer, &consumer], true, &heard, never()).await;
    said.map_err(|error| error.to_string())
}

async fn across(
    way: &Way<'_>,
    [producer, consumer]: [String; 2],
    progress: &(dyn Fn(u64) + Send + Sync),
) -> Result<Relayed, String> {
    let consumer = Program::consumer("zfs receive", consumer);
    let to = way.target().host.pipe(&consumer).await.map_err(|error| error.to_string())?;
    let producer = Program::producer("zfs send", producer);
    let from = match way.source().host.pipe(&producer).await {
        Ok(from) => from,
        Err(error) => {
            to.kill().await;
            return Err(error.to_string());
        }
    };
    let limits = Limits { rate: way.link.passage.rate.clone() };
    Ok(relay(from, to, &limits, progress, never()).await)
}

async fn straight(
    way: &Way<'_>,
    (caller, other): (&Seen, &Seen),
    [producer, consumer]: [String; 2],
    progress: &(dyn Fn(u64) + Send + Sync),
) -> Result<Relayed, String> {
    let (link, pushed) = (way.link, way.link.passage.path(&way.link.edge) == Path::Push);
    let remote = format!("{THERE}\n{}", if pushed { &consumer } else { &producer });
    let (here, there, at) = (&caller.host, &other.host, address(link, other));
    let direct = match link.passage.agent {
        true => Direct::with_agent(here, there, &at, &remote).await,
        false => Direct::with_key(here, there, &at, &remote).await,
    };
    let direct = direct.map_err(|error| error.to_string())?;
    let texts = match pushed {
        true => [producer, direct.command()],
        false => [direct.command(), consumer],
    };
    let relayed = within(caller, texts, progress).await;
    if let Err(error) = direct.close().await {
        let text = format!(
            "{}: the key for this stream may still open {}: {error}",
            link.edge.id,
            there.name()
        );
        (way.job.tell)(Told::Line(text));
    }
    relayed
}
