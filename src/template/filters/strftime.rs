//! Writing dates as Python's `strftime` does on glibc, in the C locale.

use jiff::civil::{DateTime, Weekday};

/// A point in time as it is written.
pub struct Moment {
    /// Day and time of the zone it is written in.
    pub at: DateTime,
    /// Seconds since 1970.
    pub epoch: i64,
    /// Whether its zone is known to be UTC; a local time has no zone in Python.
    pub utc: bool,
}

const DAYS: [&str; 7] =
    ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// The names of days and months that `strptime` reads.
pub const NAMES: (&[&str; 7], &[&str; 12]) = (&DAYS, &MONTHS);

/// What stands between the percent sign and the letter.
#[derive(Default)]
struct Flags {
    pad: Option<char>,
    upper: bool,
    width: Option<usize>,
}

/// `moment` in a format; directives that nobody knows stay as they are.
pub fn strftime(format: &str, moment: &Moment) -> String {
    let chars: Vec<char> = format.chars().collect();
    let mut out = String::new();
    let mut at = 0;
    while at < chars.len() {
        if chars[at] != '%' {
            out.push(chars[at]);
            at += 1;
            continue;
        }
        let start = at;
        at += 1;
        let flags = flags(&chars, &mut at);
        // E and O ask for a locale's own digits, which the C locale does not have.
        at += usize::from(matches!(chars.get(at), Some('E' | 'O')) && at + 1 < chars.len());
        let written = chars.get(at).and_then(|letter| directive(*letter, &flags, moment));
        at = (at + 1).min(chars.len());
        match written {
            Some(text) => out.push_str(&text),
            None => out.extend(&chars[start..at]),
        }
    }
    out
}

fn flags(chars: &[char], at: &mut usize) -> Flags {
    let mut flags = Flags::default();
    while let Some(c) = chars.get(*at) {
        match c {
            '-' | '_' | '0' => flags.pad = Some(*c),
            '^' => flags.upper = true,
            '#' => {}
            _ => break,
        }
        *at += 1;
    }
    let digits: String = chars[*at..].iter().take_while(|c| c.is_ascii_digit()).take(3).collect();
    *at += digits.len();
    flags.width = digits.parse().ok();
    flags
}

fn number(value: i64, width: usize, default: char, flags: &Flags) -> String {
    let width = flags.width.unwrap_or(width);
    match flags.pad.unwrap_or(default) {
        '-' => value.to_string(),
        '_' => format!("{value:>width$}"),
        _ => format!("{value:0>width$}"),
    }
}

fn word(text: &str, flags: &Flags) -> String {
    let text = if flags.upper { text.to_uppercase() } else { text.to_string() };
    let width = flags.width.unwrap_or(0);
    match flags.pad {
        Some('0') => format!("{text:0>width$}"),
        _ => format!("{text:>width$}"),
    }
}

fn directive(letter: char, flags: &Flags, moment: &Moment) -> Option<String> {
    let at = &moment.at;
    let digits = |value: i64, width: usize| Some(number(value, width, '0', flags));
    let spaced = |value: i64| Some(number(value, 2, '_', flags));
    let hour12 = i64::from((at.hour() + 11) % 12 + 1);
    match letter {
        'Y' => Some(number(i64::from(at.year()), flags.width.unwrap_or(1), '0', flags)),
        'C' => digits(i64::from(at.year().div_euclid(100)), 2),
        'y' => digits(i64::from(at.year().rem_euclid(100)), 2),
        'm' => digits(i64::from(at.month()), 2),
        'd' => digits(i64::from(at.day()), 2),
        'e' => spaced(i64::from(at.day())),
        'j' => digits(i64::from(at.day_of_year()), 3),
        'H' => digits(i64::from(at.hour()), 2),
        'k' => spaced(i64::from(at.hour())),
        'I' => digits(hour12, 2),
        'l' => spaced(hour12),
        'M' => digits(i64::from(at.minute()), 2),
        'S' => digits(i64::from(at.second()), 2),
        's' => Some(moment.epoch.to_string()),
        'f' => Some(format!("{:06}", at.subsec_nanosecond() / 1000)),
        _ => week(letter, flags, at).or_else(|| name(letter, flags, moment)),
    }
}

/// Directives of weeks.
fn week(letter: char, flags: &Flags, at: &DateTime) -> Option<String> {
    let digits = |value: i64, width: usize| Some(number(value, width, '0', flags));
    let sunday = i64::from(at.weekday().to_sunday_zero_offset());
    let monday = i64::from(at.weekday().to_monday_zero_offset());
    let day = i64::from(at.day_of_year());
    let iso = at.date().iso_week_date();
    match letter {
        'u' => digits(monday + 1, 1),
        'w' => digits(sunday, 1),
        'U' => digits((day + 6 - sunday) / 7, 2),
        'W' => digits((day + 6 - monday) / 7, 2),
        'V' => digits(i64::from(iso.week()), 2),
        'G' => digits(i64::from(iso.year()), 1),
        'g' => digits(i64::from(iso.year().rem_euclid(100)), 2),
        _ => None,
    }
}

/// Directives of names, zones and whole layouts.
fn name(letter: char, flags: &Flags, moment: &Moment) -> Option<String> {
    let at = &moment.at;
    let day = day_name(at.weekday());
    let month = MONTHS.get(at.month() as usize - 1).copied().unwrap_or_default();
    let layout = |format: &str| Some(word(&strftime(format, moment), flags));
    let half = if at.hour() < 12 { "AM" } else { "PM" };
    match letter {
        'a' => Some(word(&day[..3], flags)),
        'A' => Some(word(day, flags)),
        'b' | 'h' => Some(word(&month[..3], flags)),
        'B' => Some(word(month, flags)),
        'p' => Some(word(half, flags)),
        'P' => Some(word(&half.to_lowercase(), flags)),
        'z' => Some(if moment.utc { "+0000" } else { "" }.to_string()),
        'Z' => Some(if moment.utc { "UTC" } else { "" }.to_string()),
        'c' => layout("%a %b %e %H:%M:%S %Y"),
        'D' | 'x' => layout("%m/%d/%y"),
        'F' => layout("%Y-%m-%d"),
        'r' => layout("%I:%M:%S %p"),
        'R' => layout("%H:%M"),
        'T' | 'X' => layout("%H:%M:%S"),
        'n' => Some("\n".to_string()),
        't' => Some("\t".to_string()),
        '%' => Some("%".to_string()),
        _ => None,
    }
}

fn day_name(day: Weekday) -> &'static str {
    let place = usize::try_from(day.to_sunday_zero_offset()).unwrap_or(0);
    DAYS.get(place).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_what_glibc_writes() {
        let at = jiff::civil::datetime(2024, 3, 5, 14, 7, 9, 120_000_000);
        let moment = Moment { at, epoch: 1_709_647_629, utc: true };
        for (format, text) in [
            ("%Y-%m-%dT%H:%M:%S.%f%z", "2024-03-05T14:07:09.120000+0000"),
            ("%a %A %b %B %e|%-d|%_d|%j", "Tue Tuesday Mar March  5|5| 5|065"),
            ("%I:%M %p %y %C %s", "02:07 PM 24 20 1709647629"),
            ("%U %W %V %G %u %w", "09 10 10 2024 2 2"),
            (
                "%c|%x|%X|%D|%F|%T|%R",
                "Tue Mar  5 14:07:09 2024|03/05/24|14:07:09|03/05/24|2024-03-05|14:07:09|14:07",
            ),
            ("%^a %Q %% %", "TUE %Q % %"),
        ] {
            assert_eq!(strftime(format, &moment), text);
        }
    }
}
