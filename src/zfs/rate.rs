//! How fast streams may flow: rates, rates by the time of day, and the bucket that keeps to them.

use std::time::Duration;

/// Bytes a second; None: as fast as it goes.
pub type Rate = Option<u64>;

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const DAY: u16 = 24 * 60;

/// `2M`, `500K/s`, `1.5 GiB`, `2MB` (decimal), `unlimited`. A single letter and `iB` are powers of 1024.
pub fn parse_rate(text: &str) -> Result<Rate, String> {
    let lower = text.trim().to_ascii_lowercase();
    if matches!(lower.as_str(), "unlimited" | "none") {
        return Ok(None);
    }
    let bad = || format!("'{}' is no rate: write it as 2M, 500K or unlimited", text.trim());
    let plain = lower.strip_suffix("/s").unwrap_or(&lower).trim_end();
    let end = plain.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(plain.len());
    let (number, unit) = plain.split_at(end);
    let number: f64 = number.parse().map_err(|_| bad())?;
    let rate = number * factor(unit.trim()).ok_or_else(bad)?;
    match rate {
        rate if rate < 1.0 => {
            Err(format!("'{}': a stream that may not flow never ends", text.trim()))
        }
        rate if rate >= 9.0e18 => Err(bad()),
        rate => Ok(Some(rate as u64)),
    }
}

fn factor(unit: &str) -> Option<f64> {
    let (letter, rest) = unit.split_at_checked(1).unwrap_or(("", ""));
    let power = match letter {
        "" | "b" => 0,
        "k" => 1,
        "m" => 2,
        "g" => 3,
        "t" => 4,
        _ => return None,
    };
    match (power, rest) {
        (0, "") | (1.., "" | "ib") => Some(1024_f64.powi(power)),
        (1.., "b") => Some(1000_f64.powi(power)),
        _ => None,
    }
}

/// Rates by the time of day.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Schedule {
    spans: Vec<Span>,
    rest: Rate,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Span {
    /// From Monday on.
    days: [bool; 7],
    /// Minutes of the day; an end at or before the start is on the next day.
    from: u16,
    to: u16,
    rate: Rate,
}

impl Schedule {
    /// The same rate at all times.
    pub fn always(rate: Rate) -> Self {
        Self { spans: Vec::new(), rest: rate }
    }

    /// `2M`, or `mon-fri 08:00-18:00=2M, 22:00-06:00=20M, else unlimited`. The first span that fits counts;
    /// without `else` other times have no limit.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut schedule = Self::default();
        let mut closed = false;
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            if closed {
                return Err(format!("'{part}' stands behind what holds for all other times"));
            }
            match part.split_once('=') {
                Some((when, rate)) => schedule.spans.push(span(when, parse_rate(rate)?)?),
                None => {
                    schedule.rest = parse_rate(part.strip_prefix("else").unwrap_or(part))?;
                    closed = true;
                }
            }
        }
        Ok(schedule)
    }

    /// Whether there is a limit at any time.
    pub fn is_limited(&self) -> bool {
        self.rest.is_some() || self.spans.iter().any(|span| span.rate.is_some())
    }

    /// The rate at a local time: days from Monday (0) on, minutes from midnight on.
    pub fn at(&self, weekday: usize, minute: u16) -> Rate {
        let found = self.spans.iter().find(|span| span.holds(weekday % 7, minute % DAY));
        found.map_or(self.rest, |span| span.rate)
    }
}

impl Span {
    fn holds(&self, weekday: usize, minute: u16) -> bool {
        if self.from < self.to {
            return self.days[weekday] && (self.from..self.to).contains(&minute);
        }
        let late = self.days[weekday] && minute >= self.from;
        late || (self.days[(weekday + 6) % 7] && minute < self.to)
    }
}

fn span(text: &str, rate: Rate) -> Result<Span, String> {
    let bad = || format!("'{}' is no span of time: write it as 08:00-18:00", text.trim());
    let words: Vec<&str> = text.split_whitespace().collect();
    let (names, times) = match words.as_slice() {
        [times] => (None, *times),
        [names, times] => (Some(*names), *times),
        _ => return Err(bad()),
    };
    let (from, to) = times.split_once('-').ok_or_else(bad)?;
    let (from, to) = (clock(from).ok_or_else(bad)?, clock(to).ok_or_else(bad)?);
    if from == to || from == DAY {
        return Err(bad());
    }
    let days = names.map_or(Some([true; 7]), days).ok_or_else(bad)?;
    Ok(Span { days, from, to, rate })
}

fn clock(text: &str) -> Option<u16> {
    let (hours, minutes) = text.trim().split_once(':')?;
    let (hours, minutes): (u16, u16) = (hours.parse().ok()?, minutes.parse().ok()?);
    let time = hours * 60 + minutes;
    (hours <= 24 && minutes < 60 && time <= DAY).then_some(time)
}

/// `mon`, `mon-fri`, `sat-mon`.
fn days(text: &str) -> Option<[bool; 7]> {
    let day = |name: &str| DAYS.iter().position(|day| name.to_ascii_lowercase() == *day);
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let (first, last) = (day(first)?, day(last)?);
    let mut days = [false; 7];
    for step in 0..=(last + 7 - first) % 7 {
        days[(first + step) % 7] = true;
    }
    Some(days)
}

/// Keeps the mean of a stream at its rate. Times are counted from any fixed moment.
#[derive(Clone, Debug)]
pub struct Bucket {
    rate: Rate,
    /// Bytes that may go at once; below zero: bytes that went too early.
    tokens: f64,
    last: Duration,
}

impl Bucket {
    /// An empty one.
    pub fn new(rate: Rate, now: Duration) -> Self {
        Self { rate, tokens: 0.0, last: now }
    }

    /// Another rate from now on.
    pub fn set_rate(&mut self, rate: Rate, now: Duration) {
        if rate != self.rate {
            *self = Self::new(rate, now);
        }
    }

    /// How many bytes should go in one piece, so that a slow stream does not come in jerks.
    pub fn portion(&self) -> usize {
        let eighth = self.rate.map_or(u64::MAX, |rate| rate / 8);
        usize::try_from(eighth.clamp(1024, 1 << 20)).unwrap_or(1 << 20)
    }

    /// Lets bytes pass; how long to wait before the next ones.
    pub fn take(&mut self, bytes: usize, now: Duration) -> Duration {
        let Some(rate) = self.rate else { return Duration::ZERO };
        let rate = rate as f64;
        let since = now.saturating_sub(self.last).as_secs_f64();
        self.last = now;
        // What was not used is lost but for a quarter of a second.
        self.tokens = (self.tokens + since * rate).min(rate / 4.0) - bytes as f64;
        Duration::from_secs_f64((-self.tokens / rate).clamp(0.0, 3600.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_have_units() {
        for (text, rate) in [
            ("2M", Some(2 << 20)),
            ("500k/s", Some(500 << 10)),
            ("1.5 GiB", Some(3 << 29)),
            ("2MB", Some(2_000_000)),
            ("100", Some(100)),
            ("unlimited", None),
        ] {
            assert_eq!(parse_rate(text), Ok(rate), "{text}");
        }
        for text in ["", "fast", "2X", "-1M", "2Mib/h", "1e3", "99999999T"] {
            assert!(parse_rate(text).unwrap_err().contains("is no rate"), "{text}");
        }
        assert!(parse_rate("0").unwrap_err().contains("never ends"));
    }

    #[test]
    fn a_schedule_knows_days_and_nights() {
        let text = "mon-fri 08:00-18:00=2M, sat 22:00-06:00=20M, else 5M";
        let schedule = Schedule::parse(text).unwrap();
        let at = |day, hour: u16, minute| schedule.at(day, hour * 60 + minute).unwrap() >> 20;
        assert_eq!((at(0, 7, 59), at(0, 8, 0), at(4, 17, 59), at(4, 18, 0)), (5, 2, 2, 5));
        assert_eq!((at(5, 12, 0), at(5, 22, 0), at(6, 5, 59), at(6, 6, 0)), (5, 20, 20, 5));
        assert_eq!((at(5, 3, 0), at(6, 23, 0)), (5, 5));
        assert_eq!(Schedule::parse("08:00-24:00=1K").unwrap().at(3, 100), None);
        assert_eq!(Schedule::parse("3M"), Ok(Schedule::always(Some(3 << 20))));
        assert_eq!(Schedule::parse(""), Ok(Schedule::default()));
        let wraps = Schedule::parse("sun-mon 00:00-24:00=1K").unwrap();
        assert_eq!([0, 1, 6].map(|day| wraps.at(day, 5).is_some()), [true, false, true]);
    }

    #[test]
    fn bad_schedules_are_refused() {
        for text in
            ["8-18=2M", "08:00-08:00=2M", "25:00-26:00=1M", "xmas 08:00-09:00=1M", "24:00-01:00=1M"]
        {
            assert!(Schedule::parse(text).unwrap_err().contains("no span of time"), "{text}");
        }
        assert!(Schedule::parse("2M, 3M").unwrap_err().contains("stands behind"));
        assert!(Schedule::parse("08:00-18:00=0").unwrap_err().contains("never ends"));
    }

    #[test]
    fn a_bucket_keeps_the_mean() {
        for rate in [10_000, 2_000_000, 800_000_000] {
            let mut bucket = Bucket::new(Some(rate), Duration::ZERO);
            let (mut now, mut sent) = (Duration::ZERO, 0);
            while now < Duration::from_secs(20) {
                let portion = bucket.portion();
                sent += portion as u64;
                now += bucket.take(portion, now) + Duration::from_micros(50);
            }
            let mean = sent as f64 / now.as_secs_f64();
            assert!((mean / rate as f64 - 1.0).abs() < 0.03, "{rate}: {mean}");
        }
    }

    #[test]
    fn a_pause_is_not_made_up_for() {
        let mut bucket = Bucket::new(Some(1000), Duration::ZERO);
        bucket.take(1000, Duration::from_secs(100));
        assert_eq!(bucket.take(0, Duration::from_secs(100)), Duration::from_millis(750));
        bucket.set_rate(None, Duration::from_secs(101));
        assert_eq!(bucket.take(1 << 30, Duration::from_secs(101)), Duration::ZERO);
    }
}
