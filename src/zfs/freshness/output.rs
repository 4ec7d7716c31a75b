//! A report as text, as JSON, and for Prometheus.

use std::fmt::Write;

use serde_json::{Value, json};

use crate::zfs::span::age;

use super::{Common, Edge, Finding, Judged, Level, Pool, PoolState, Report, Token};

/// For people and for plugins of Nagios' kind: a line with the worst level and the counts, then a line of each result, the
/// worst first.
#[must_use]
pub fn text(report: &Report) -> String {
    let edges =
        report.edges.iter().map(|edge| (format!("edge {}", edge.seen.name), &edge.findings));
    let pools = report
        .pools
        .iter()
        .map(|pool| (format!("pool {}:{}", pool.seen.host, pool.seen.name), &pool.findings));
    let mut lines: Vec<(Level, String)> = Vec::new();
    for (subject, findings) in edges.chain(pools) {
        lines.extend(findings.iter().map(|finding| {
            (finding.level, format!("{:<7}  {subject}: {}", finding.level.word(), finding.text))
        }));
    }
    lines.extend(report.edges.iter().filter_map(|edge| {
        let ago = age(report.now.saturating_sub(edge.seen.last_success?).max(0));
        let (word, name) = (Level::Ok.word(), &edge.seen.name);
        Some((Level::Ok, format!("{word:<7}  edge {name}: a run last copied {ago} ago")))
    }));
    lines.sort_by_key(|(level, _)| std::cmp::Reverse(*level));
    let mut text = headline(report);
    for (_, line) in lines {
        let _ = write!(text, "\n{line}");
    }
    text + "\n"
}

fn headline(report: &Report) -> String {
    let levels: Vec<Level> = report
        .edges
        .iter()
        .map(Judged::level)
        .chain(report.pools.iter().map(Judged::level))
        .collect();
    let counted = [Level::Crit, Level::Warn, Level::Unknown, Level::Ok].into_iter().map(|level| {
        let count = levels.iter().filter(|other| **other == level).count();
        (count > 0).then(|| format!("{count} {}", level.word().to_lowercase()))
    });
    let counted: Vec<String> = counted.flatten().collect();
    let (edges, pools) = (report.edges.len(), report.pools.len());
    let counted = if counted.is_empty() { "nothing to look at".into() } else { counted.join(", ") };
    format!("{}: {edges} edges, {pools} pools: {counted}", report.level().word())
}

/// One object: `level`, `rc`, `checked_at`, `edges`, `pools`; what is not known is null.
#[must_use]
pub fn json(report: &Report) -> Value {
    json!({
        "level": level(report.level()),
        "rc": report.level().rc(),
        "checked_at": report.now,
        "edges": report.edges.iter().map(|edge| edge_json(edge, report.now)).collect::<Vec<_>>(),
        "pools": report.pools.iter().map(pool_json).collect::<Vec<_>>(),
    })
}

fn level(level: Level) -> String {
    level.word().to_lowercase()
}

fn findings(findings: &[Finding]) -> Vec<Value> {
    let one = |finding: &Finding| json!({"level": level(finding.level), "check": finding.check.word(), "text": finding.text});
    findings.iter().map(one).collect()
}

fn edge_json(edge: &Judged<Edge>, now: i64) -> Value {
    let seen = &edge.seen;
    let token = match seen.token {
        Token::None => Some(false),
        Token::Since(_) | Token::After(_) | Token::Ageless => Some(true),
        Token::Unseen => None,
    };
    let recorded = match seen.common {
        Common::Unseen { recorded, .. } | Common::Away { recorded } => recorded,
        _ => None,
    };
    json!({
        "edge": seen.name,
        "dataset": seen.worst,
        "level": level(edge.level()),
        "last_common": last_common(seen),
        "recorded_common": recorded,
        "age_seconds": last_common(seen).map(|time| now.saturating_sub(time)),
        "checked": seen.checked,
        "lag_snapshots": seen.lag,
        "last_success": seen.last_success,
        "bytes_total": seen.bytes,
        "resume_token": token,
        "resume_token_age_seconds": match seen.token {
            Token::Since(_) => token_age(seen, now),
            _ => None,
        },
        "suspects": seen.suspects.iter().map(|(copy, mark)| json!({"dataset": copy, "mark": mark})).collect::<Vec<_>>(),
        "findings": findings(&edge.findings),
    })
}

fn pool_json(pool: &Judged<Pool>) -> Value {
    let (health, capacity) = match &pool.seen.state {
        PoolState::Seen { health, capacity } => (Some(health.as_str()), *capacity),
        PoolState::Absent { .. } => (Some("ABSENT"), None),
        PoolState::Unseen(_) => (None, None),
    };
    json!({
        "host": pool.seen.host,
        "pool": pool.seen.name,
        "level": level(pool.level()),
        "health": health,
        "capacity_percent": capacity,
        "findings": findings(&pool.findings),
    })
}

fn last_common(edge: &Edge) -> Option<i64> {
    match edge.common {
        Common::At(time) => Some(time),
        Common::None | Common::Away { .. } | Common::Unseen { .. } => None,
    }
}

/// 0 where there is no token, so that an alert on a great age goes away by itself.
fn token_age(edge: &Edge, now: i64) -> Option<i64> {
    match edge.token {
        Token::None => Some(0),
        Token::Since(time) => Some(now.saturating_sub(time).max(0)),
        Token::After(_) | Token::Ageless | Token::Unseen => None,
    }
}

/// For the text file collector: a metric has no sample where its value is not known.
#[must_use]
pub fn prometheus(report: &Report) -> String {
    let mut text = String::new();
    edge_metrics(report, &mut text);
    pool_metrics(report, &mut text);
    let now = [(String::new(), Some(report.now))].into_iter();
    let about = "When this was checked, in seconds since 1970.";
    metric(&mut text, "repl_checked_timestamp_seconds", "gauge", about, now);
    text
}

fn edge_metrics(report: &Report, text: &mut String) {
    let mut each = |name, kind, about, value: &dyn Fn(&Judged<Edge>) -> Option<i64>| {
        let rows =
            report.edges.iter().map(|edge| (labels(&[("edge", &edge.seen.name)]), value(edge)));
        metric(text, name, kind, about, rows);
    };
    let time = "Creation of the newest snapshot that both ends have, in seconds since 1970.";
    each("repl_last_common_timestamp_seconds", "gauge", time, &|edge| last_common(&edge.seen));
    let lag = "Snapshots of the source that the target should have and lacks.";
    each("repl_lag_snapshots", "gauge", lag, &|edge| whole(edge.seen.lag));
    let success = "When a run that copied something last ended well, in seconds since 1970.";
    each("repl_last_success", "gauge", success, &|edge| edge.seen.last_success);
    let bytes = "Bytes sent by all runs.";
    each("repl_bytes_total", "counter", bytes, &|edge| whole(edge.seen.bytes));
    let token = "Age of an unfinished receive; 0 without one.";
    each("repl_resume_token_age_seconds", "gauge", token, &|edge| {
        token_age(&edge.seen, report.now)
    });
    let oldest = "Age of the oldest hold of the edge beside those of its base; 0 without one.";
    each("repl_oldest_hold_age_seconds", "gauge", oldest, &|edge| {
        oldest_hold(&edge.seen, report.now)
    });
    let suspects = "Copies that a verification found to differ.";
    each("repl_suspects", "gauge", suspects, &|edge| {
        let seen = !matches!(edge.seen.common, Common::Unseen { .. } | Common::Away { .. });
        whole((seen || !edge.seen.suspects.is_empty()).then_some(edge.seen.suspects.len() as u64))
    });
    each("repl_status", "gauge", STATUS, &|edge| Some(i64::from(edge.level().rc())));
}

const STATUS: &str = "0 fine, 1 warning, 2 critical, 3 unknown.";

fn pool_metrics(report: &Report, text: &mut String) {
    let mut each = |name, about, value: &dyn Fn(&Judged<Pool>) -> Option<i64>| {
        let rows = report.pools.iter().map(|pool| {
            (labels(&[("host", &pool.seen.host), ("pool", &pool.seen.name)]), value(pool))
        });
        metric(text, name, "gauge", about, rows);
    };
    each("repl_pool_capacity_percent", "How full the pool is.", &|pool| match pool.seen.state {
        PoolState::Seen { capacity, .. } => capacity.map(i64::from),
        _ => None,
    });
    each("repl_pool_online", "1 if the pool is ONLINE.", &|pool| match &pool.seen.state {
        PoolState::Seen { health, .. } => Some(i64::from(health == "ONLINE")),
        PoolState::Absent { .. } => Some(0),
        PoolState::Unseen(_) => None,
    });
    each("repl_pool_status", STATUS, &|pool| Some(i64::from(pool.level().rc())));
}

fn whole(value: Option<u64>) -> Option<i64> {
    value.map(|value| i64::try_from(value).unwrap_or(i64::MAX))
}

fn oldest_hold(edge: &Edge, now: i64) -> Option<i64> {
    let ages = edge.holds.iter().map(|hold| Some(now.saturating_sub(hold.since?).max(0)));
    ages.collect::<Option<Vec<i64>>>().map(|ages| ages.into_iter().max().unwrap_or(0))
}

/// A metric with its samples; nothing at all without any.
fn metric(
    text: &mut String,
    name: &str,
    kind: &str,
    about: &str,
    rows: impl Iterator<Item = (String, Option<i64>)>,
) {
    let rows: Vec<String> =
        rows.filter_map(|(labels, value)| Some(format!("{name}{labels} {}\n", value?))).collect();
    if !rows.is_empty() {
        let _ = write!(text, "# HELP {name} {about}\n# TYPE {name} {kind}\n{}", rows.concat());
    }
}

fn labels(pairs: &[(&str, &str)]) -> String {
    let escape =
        |value: &str| value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    let pairs: Vec<String> =
        pairs.iter().map(|(name, value)| format!("{name}=\"{}\"", escape(value))).collect();
    format!("{{{}}}", pairs.join(","))
}
