//! From what was seen to levels.

use super::{
    Check, Common, Edge, Finding, Hold, Judged, Level, Limit, Limits, Pool, PoolState, Report,
    Token,
};
use crate::zfs::span::{SKEW, Span, age};

/// Judges edges and pools at a time (seconds since 1970).
#[must_use]
pub fn judge(edges: Vec<Edge>, pools: Vec<Pool>, limits: &Limits, now: i64) -> Report {
    let edges = edges.into_iter().map(|seen| Judged { findings: edge(&seen, limits, now), seen });
    let pools = pools.into_iter().map(|seen| Judged { findings: pool(&seen, limits), seen });
    Report { now, edges: edges.collect(), pools: pools.collect() }
}

fn edge(edge: &Edge, limits: &Limits, now: i64) -> Vec<Finding> {
    let mut found = vec![common(edge, limits, now)];
    found.extend(edge.suspects.iter().map(suspect));
    // Of a disk in a drawer it is already said.
    if !matches!((&edge.common, edge.token), (Common::Away { .. }, Token::Unseen)) {
        found.extend(token(edge.token, limits, now));
    }
    if let Some(limit) = limits.hold {
        found.extend(edge.holds.iter().filter_map(|held| hold(held, limit, now)));
    }
    found
}

fn suspect((copy, mark): &(String, String)) -> Finding {
    let text = format!("{copy} is not what it was made of, nothing is pruned ({mark})");
    Finding { level: Level::Crit, check: Check::Suspect, text }
}

/// How old something of a time is, and its level. The future has no age: one of the clocks is wrong.
fn aged(time: i64, limit: &Limit<Span>, now: i64) -> (Level, String) {
    let seconds = now.saturating_sub(time);
    if seconds < -SKEW {
        let ahead = age(seconds.saturating_neg());
        return (Level::Unknown, format!("{ahead} in the future: one of the clocks is wrong"));
    }
    let span = Span::from_seconds(u64::try_from(seconds).unwrap_or(0));
    let (level, above) = limit.level(span);
    let above = above.map_or(String::new(), |above| format!(", more than {above}"));
    (level, format!("{} old{above}", age(seconds)))
}

fn common(edge: &Edge, limits: &Limits, now: i64) -> Finding {
    let lag = match edge.lag {
        None | Some(0) => String::new(),
        Some(1) => "; the target lacks 1 snapshot".to_owned(),
        Some(count) => format!("; the target lacks {count} snapshots"),
    };
    let (level, text) = match &edge.common {
        Common::None => (Level::Crit, "nothing is common to both ends".to_owned()),
        Common::At(time) => seen(*time, edge.checked, limits, now),
        Common::Away { recorded } => (Level::Ok, away(*recorded, now)),
        Common::Unseen { why, recorded } => unseen(why, *recorded, limits, now),
    };
    let of = edge.worst.as_ref().map_or(String::new(), |name| format!(" ({name})"));
    Finding { level, check: Check::Common, text: text + &of + &lag }
}

/// A common snapshot is as fresh as the last look that found nothing newer to send.
fn seen(time: i64, checked: Option<i64>, limits: &Limits, now: i64) -> (Level, String) {
    let (level, text) = aged(time, &limits.common, now);
    let later = checked.filter(|checked| *checked > time && *checked <= now.saturating_add(SKEW));
    let Some(checked) = later.filter(|_| level >= Level::Warn) else {
        return (level, format!("the newest common snapshot is {text}"));
    };
    let (level, look) = aged(checked, &limits.common, now);
    let old = age(now.saturating_sub(time));
    (
        level,
        format!(
            "the newest common snapshot is {old} old, nothing was written since; that look is {look}"
        ),
    )
}

/// A pool that comes and goes says nothing of its age.
fn away(recorded: Option<i64>, now: i64) -> String {
    let text = "the target's pool is not attached; it is removable";
    match recorded {
        None => text.to_owned(),
        Some(time) => {
            let old = age(now.saturating_sub(time));
            format!("{text}; the recorded common snapshot is {old} old")
        }
    }
}

fn unseen(why: &str, recorded: Option<i64>, limits: &Limits, now: i64) -> (Level, String) {
    match recorded {
        None => (Level::Unknown, format!("not seen: {why}; nothing is recorded")),
        Some(time) => {
            let (level, text) = aged(time, &limits.common, now);
            let text = format!("not seen: {why}; the recorded common snapshot is {text}");
            (level.max(Level::Unknown), text)
        }
    }
}

fn token(token: Token, limits: &Limits, now: i64) -> Option<Finding> {
    let (level, text) = match token {
        Token::None => return None,
        Token::Unseen => {
            (Level::Unknown, "whether a receive is unfinished was not seen".to_owned())
        }
        Token::After(time) => {
            let (level, text) = aged(time, &limits.token, now);
            let level = if level == Level::Ok { Level::Ok } else { Level::Unknown };
            (level, format!("a receive is unfinished, since when is not recorded; at most {text}"))
        }
        Token::Ageless => {
            (Level::Unknown, "a receive is unfinished, since when is not recorded".into())
        }
        Token::Since(time) => {
            let (level, text) = aged(time, &limits.token, now);
            (level, format!("a receive is unfinished, {text}"))
        }
    };
    Some(Finding { level, check: Check::Token, text })
}

fn hold(hold: &Hold, limit: Span, now: i64) -> Option<Finding> {
    let name = format!("hold {} on {}", hold.tag, hold.snapshot);
    let old = |time: Option<i64>| time.map(|time| now.saturating_sub(time));
    let (level, text) = match old(hold.since) {
        None if old(hold.after).is_some_and(|seconds| seconds <= limit.seconds()) => return None,
        None => (Level::Unknown, format!("{name}: since when could not be told")),
        Some(seconds) if seconds <= limit.seconds() => return None,
        Some(seconds) => {
            (Level::Warn, format!("{name} is {} old, more than {limit}", age(seconds)))
        }
    };
    Some(Finding { level, check: Check::Hold, text })
}

fn pool(pool: &Pool, limits: &Limits) -> Vec<Finding> {
    let health = |level, text: String| Finding { level, check: Check::Health, text };
    match &pool.state {
        PoolState::Unseen(why) => vec![health(Level::Unknown, format!("not seen: {why}"))],
        PoolState::Absent { removable: true } => {
            vec![health(Level::Ok, "not attached; it is removable".into())]
        }
        PoolState::Absent { removable: false } => vec![health(Level::Crit, "missing".into())],
        PoolState::Seen { health: word, capacity } => {
            let mut found = vec![health(health_level(word), word.clone())];
            found.extend(capacity.map(|capacity| full(capacity, &limits.capacity)));
            found
        }
    }
}

/// A degraded pool has all its data; of the other states none is sure to.
fn health_level(word: &str) -> Level {
    match word {
        "ONLINE" => Level::Ok,
        "DEGRADED" => Level::Warn,
        "FAULTED" | "OFFLINE" | "REMOVED" | "UNAVAIL" | "SUSPENDED" => Level::Crit,
        _ => Level::Unknown,
    }
}

fn full(capacity: u8, limit: &Limit<u8>) -> Finding {
    let (level, above) = limit.level(capacity);
    let above = above.map_or(String::new(), |above| format!(", more than {above} %"));
    Finding { level, check: Check::Capacity, text: format!("{capacity} % full{above}") }
}
