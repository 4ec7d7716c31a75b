//! How far streams are, how fast, and when they will be over: what is shown at which time.

use crate::spec::Event;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

/// The time over which a rate is measured.
const WINDOW: Duration = Duration::from_secs(15);
/// Time between two samples.
const STEP: Duration = Duration::from_millis(500);
/// Time between two rounds of lines where no line can be drawn.
const MINUTE: Duration = Duration::from_mins(1);
/// Longer waits are no forecast.
const LONGEST: u64 = 99 * 24 * 3600;

/// One stream.
#[derive(Clone, Debug, Default)]
pub struct Gauge {
    done: u64,
    estimate: Option<u64>,
    samples: VecDeque<(Duration, u64)>,
}

impl Gauge {
    /// So many bytes by now, of about so many; an estimate of 0 or beyond 2^63 is none.
    pub fn set(&mut self, now: Duration, done: u64, estimate: Option<u64>) {
        self.estimate = estimate.filter(|bytes| (1..1 << 63).contains(bytes));
        if done < self.done {
            self.samples.clear();
        }
        self.done = done;
        if let Some((_, bytes)) = self.samples.back_mut().filter(|(then, _)| *then == now) {
            *bytes = done;
        }
        if self.samples.back().is_none_or(|(then, _)| now.saturating_sub(*then) >= STEP) {
            self.samples.push_back((now, done));
        }
        while self.samples.get(1).is_some_and(|(then, _)| now.saturating_sub(*then) >= WINDOW) {
            self.samples.pop_front();
        }
    }

    /// Bytes a second of late; None before there is something to measure.
    pub fn rate(&self, now: Duration) -> Option<u64> {
        let (then, bytes) = self.samples.front()?;
        let time = now.checked_sub(*then).filter(|time| *time >= STEP)?;
        Some(((self.done - bytes) as f64 / time.as_secs_f64()) as u64)
    }

    /// The part that is done: 100 at most, and only when all of it is.
    pub fn percent(&self) -> Option<u64> {
        let part = u128::from(self.done) * 100 / u128::from(self.estimate?);
        Some(part.min(100) as u64)
    }

    /// Seconds until the end.
    pub fn eta(&self, now: Duration) -> Option<u64> {
        let left = self.estimate?.checked_sub(self.done).filter(|left| *left > 0)?;
        let rate = self.rate(now).filter(|rate| *rate > 0)?;
        Some(left.div_ceil(rate)).filter(|seconds| *seconds < LONGEST)
    }

    /// `1.5 GiB/4.0 GiB 37% 50.1 MiB/s ETA 0:51`.
    pub fn text(&self, now: Duration) -> String {
        let mut text = bytes(self.done);
        // More than was estimated: the estimate says nothing any more.
        let estimate = self.estimate.filter(|estimate| self.done <= *estimate);
        if let (Some(estimate), Some(percent)) = (estimate, self.percent()) {
            text.push_str(&format!("/{} {percent}%", bytes(estimate)));
        }
        if let Some(rate) = self.rate(now) {
            text.push_str(&format!(" {}/s", bytes(rate)));
        }
        if let Some(eta) = self.eta(now) {
            text.push_str(&format!(" ETA {}", clock(eta)));
        }
        text
    }
}

/// All streams of a run.
#[derive(Clone, Debug, Default)]
pub struct Gauges {
    running: BTreeMap<Arc<str>, Gauge>,
    /// Bytes of those that are over.
    over: u64,
    total: Gauge,
    told: Option<Duration>,
}

impl Gauges {
    /// What an event says of streams; whether it says something.
    pub fn learn(&mut self, now: Duration, event: &Event) -> bool {
        let Event::Stream { edge, done, estimate, over } = event else { return false };
        if *over {
            self.running.remove(edge);
            self.over += done;
        } else {
            self.running.entry(Arc::clone(edge)).or_default().set(now, *done, *estimate);
        }
        self.told.get_or_insert(now);
        let sum = self.over + self.running.values().map(|gauge| gauge.done).sum::<u64>();
        let estimates: Option<u64> = self.running.values().map(|gauge| gauge.estimate).sum();
        self.total.set(now, sum, estimates.map(|bytes| bytes + self.over));
        true
    }

    /// Whether one runs.
    pub fn any(&self) -> bool {
        !self.running.is_empty()
    }

    /// The running ones, with a total in front if there are several.
    pub fn lines(&self, now: Duration) -> Vec<String> {
        let mut lines = Vec::new();
        if self.running.len() > 1 {
            lines.push(format!("{} streams {}", self.running.len(), self.total.text(now)));
        }
        lines.extend(self.running.iter().map(|(edge, gauge)| {
            format!("{} {}", edge.replace(char::is_control, " "), gauge.text(now))
        }));
        lines
    }

    /// What is printed now where no line can be drawn: something each minute, while streams run.
    pub fn due(&mut self, now: Duration) -> Vec<String> {
        let told = *self.told.get_or_insert(now);
        if self.running.is_empty() || now.saturating_sub(told) < MINUTE {
            return Vec::new();
        }
        self.told = Some(now);
        self.lines(now)
    }
}

/// `1.5 GiB`.
fn bytes(count: u64) -> String {
    indicatif::HumanBytes(count).to_string()
}

/// `0:51`, `2:03:04`, `3d 02:03`.
fn clock(seconds: u64) -> String {
    let (days, hours) = (seconds / 86400, seconds / 3600 % 24);
    let (minutes, rest) = (seconds / 60 % 60, seconds % 60);
    match (days, hours) {
        (0, 0) => format!("{minutes}:{rest:02}"),
        (0, hours) => format!("{hours}:{minutes:02}:{rest:02}"),
        (days, hours) => format!("{days}d {hours:02}:{minutes:02}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    const MIB: u64 = 1 << 20;

    #[test]
    fn rate_and_end_are_those_of_late() {
        let mut gauge = Gauge::default();
        assert_eq!(gauge.text(at(0)), "0 B");
        for second in 0..=40 {
            // One MiB a second, then ten.
            let done = if second < 20 { second } else { 20 + (second - 20) * 10 } * MIB;
            gauge.set(at(second), done, Some(1000 * MIB));
        }
        assert_eq!(gauge.rate(at(40)), Some(10 * MIB));
        assert_eq!(gauge.text(at(40)), "220.00 MiB/1000.00 MiB 22% 10.00 MiB/s ETA 1:18");
        assert_eq!(gauge.rate(at(100)).map(|rate| rate < 3 * MIB), Some(true));
    }

    #[test]
    fn estimates_that_are_none_are_not_shown() {
        for bad in [None, Some(0), Some(1 << 63), Some(u64::MAX)] {
            let mut gauge = Gauge::default();
            gauge.set(at(0), MIB, bad);
            gauge.set(at(1), 2 * MIB, bad);
            assert_eq!(gauge.text(at(1)), "2.00 MiB 1.00 MiB/s");
        }
        let mut gauge = Gauge::default();
        gauge.set(at(0), 2 * MIB, Some(MIB));
        gauge.set(at(1), 3 * MIB, Some(MIB));
        assert_eq!((gauge.percent(), gauge.eta(at(1))), (Some(100), None));
        assert_eq!(gauge.text(at(1)), "3.00 MiB 1.00 MiB/s");
        gauge.set(at(2), 3 * MIB, Some(1 << 62));
        assert_eq!(gauge.eta(at(2)), None);
    }

    fn stream(edge: &str, done: u64, over: bool) -> Event {
        Event::Stream { edge: edge.into(), done, estimate: Some(100 * MIB), over }
    }

    #[test]
    fn several_have_a_total_and_a_line_a_minute() {
        let mut gauges = Gauges::default();
        let mut printed = Vec::new();
        for second in 0..130 {
            for edge in ["a -> b", "c -> d"] {
                gauges.learn(at(second), &stream(edge, second * MIB / 2, false));
            }
            let lines = gauges.due(at(second));
            printed.extend((!lines.is_empty()).then_some((second, lines.len())));
        }
        assert_eq!(printed, [(60, 3), (120, 3)]);
        let lines = gauges.lines(at(129));
        assert_eq!(lines[0], "2 streams 129.00 MiB/200.00 MiB 64% 1.00 MiB/s ETA 1:11");
        assert!(lines[1].starts_with("a -> b 64.50 MiB/100.00 MiB 64% "), "{lines:?}");
        gauges.learn(at(130), &stream("a -> b", 100 * MIB, true));
        assert_eq!(gauges.lines(at(130)).len(), 1);
        gauges.learn(at(131), &stream("c -> d", 100 * MIB, true));
        assert!(gauges.lines(at(999)).is_empty() && gauges.due(at(999)).is_empty());
    }

    #[test]
    fn long_waits_have_days() {
        assert_eq!([51, 7384, 266_580].map(clock), ["0:51", "2:03:04", "3d 02:03"]);
    }
}
