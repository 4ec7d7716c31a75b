//! Jails of a FreeBSD host: those that Bastille keeps and plain ones, and what belongs to them.

mod bastille;
mod conf;
mod dataset;
mod jail;
mod limits;
mod mount;
mod params;
mod plain;
mod rctl;
mod rdr;
mod release;
mod rules;
mod setup;
mod template;
#[cfg(test)]
mod tests;

use crate::spec::{Entry, Failure, Op, Ran};
use bastille::LOCK;

/// The family's part of the table.
pub static FAMILY: &[Entry] = &[
    Entry::state(&setup::Bastille).with(LOCK),
    Entry::state(&jail::BastilleJail).with(LOCK),
    Entry::state(&limits::BastilleLimits).with(LOCK),
    Entry::state(&mount::BastilleMount).with(LOCK),
    Entry::state(&rdr::BastilleRdr).with(LOCK),
    Entry::state(&release::BastilleRelease).with(LOCK),
    Entry::state(&template::BastilleTemplate).with(LOCK),
    Entry::state(&dataset::BastilleZfs).with(LOCK),
    Entry::state(&plain::JailConf),
    Entry::state(&rctl::Rctl),
];

/// What bastille said when what it should have done was not done.
fn explain(ran: &Ran) -> Option<Failure> {
    let Op::Script(_) = &ran.change.op else { return None };
    let said = ran.answer.text() + &ran.answer.error_text();
    // Headers, and what it says of every jail of a host without pf.
    let idle = |line: &str| {
        let header = line.starts_with('[') && line.ends_with("]:");
        line.is_empty() || header || line == "pfctl: /dev/pf: No such file or directory"
    };
    let lines: Vec<&str> = said.lines().map(str::trim).filter(|line| !idle(line)).collect();
    let told = lines[lines.len().saturating_sub(6)..].join("; ");
    let why = &ran.change.why;
    let failure = Failure::new(match told.is_empty() {
        true => format!("{why}: it did nothing and said nothing"),
        false => format!("{why}: {told}"),
    });
    let failure = failure.with("stdout", ran.answer.text()).with("stderr", ran.answer.error_text());
    Some(failure.with("rc", i64::from(ran.answer.rc)))
}
