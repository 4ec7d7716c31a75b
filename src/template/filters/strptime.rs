//! Reading dates as Python's `strptime` does.

use super::strftime::NAMES;
use crate::base::Value;
use crate::base::regex::python;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::Offset;

/// The date and time that a text gives in a format, with its offset if `%z` read one.
///
/// # Errors
/// Python's texts, such as `time data '...' does not match format '...'`.
pub fn strptime(text: &str, format: &str) -> Result<(DateTime, Option<Offset>), String> {
    let quoted = |text: &str| Value::from(text).repr();
    let pattern = pattern(format)?;
    let regex = python(&pattern, "i")?;
    let mismatch =
        || format!("time data {} does not match format {}", quoted(text), quoted(format));
    let found = regex.match_at_start(text)?.ok_or_else(mismatch)?;
    if found.end() != text.len() {
        return Err(format!("unconverted data remains: {}", &text[found.end()..]));
    }
    let part = |name: &str| found.named(name);
    Ok((DateTime::from_parts(date(&part)?, time(&part)?), offset(part("z").unwrap_or_default())))
}

/// The regular expression of a format.
fn pattern(format: &str) -> Result<String, String> {
    let mut out = String::new();
    let mut chars = format.chars().peekable();
    while let Some(c) = chars.next() {
        if c.is_whitespace() {
            while chars.next_if(|c| c.is_whitespace()).is_some() {}
            out.push_str(r"\s+");
        } else if c == '%' {
            let letter = chars.next().ok_or_else(|| format!("stray %% in format '{format}'"))?;
            out.push_str(&directive(letter).ok_or_else(|| bad(letter, format))?);
        } else if c.is_ascii_punctuation() {
            out.extend(['\\', c]);
        } else {
            out.push(c);
        }
    }
    Ok(out)
}

fn bad(letter: char, format: &str) -> String {
    match letter {
        'U' | 'W' | 'G' | 'V' | 'u' => format!("the directive %{letter} is not supported here"),
        _ => format!("'{letter}' is a bad directive in format '{format}'"),
    }
}

fn directive(letter: char) -> Option<String> {
    let (days, months) = NAMES;
    let any = |names: Vec<&str>| format!("(?P<{letter}>{})", names.join("|"));
    let short = |names: &[&'static str]| names.iter().map(|name| &name[..3]).collect::<Vec<_>>();
    let pattern = match letter {
        'a' => return Some(any(short(days))),
        'A' => return Some(any(days.to_vec())),
        'b' => return Some(any(short(months))),
        'B' => return Some(any(months.to_vec())),
        'd' => r"3[0-1]|[1-2]\d|0[1-9]|[1-9]| [1-9]",
        'f' => r"[0-9]{1,6}",
        'H' => r"2[0-3]|[0-1]\d|\d",
        'I' => r"1[0-2]|0[1-9]|[1-9]| [1-9]",
        'j' => r"36[0-6]|3[0-5]\d|[1-2]\d\d|0[1-9]\d|00[1-9]|[1-9]\d|0[1-9]|[1-9]",
        'm' => r"1[0-2]|0[1-9]|[1-9]",
        'M' => r"[0-5]\d|\d",
        'p' => "am|pm",
        'S' => r"6[0-1]|[0-5]\d|\d",
        'w' => "[0-6]",
        'y' => r"\d\d",
        'Y' => r"\d\d\d\d",
        'z' => r"[+-]\d\d:?[0-5]\d(?::?[0-5]\d(?:\.\d{1,6})?)?|Z",
        'Z' => "utc|gmt",
        '%' => return Some("%".into()),
        'c' => return self::pattern("%a %b %d %H:%M:%S %Y").ok(),
        'x' => return self::pattern("%m/%d/%y").ok(),
        'X' => return self::pattern("%H:%M:%S").ok(),
        _ => return None,
    };
    Some(format!("(?P<{letter}>{pattern})"))
}

fn number(text: Option<&str>) -> Option<i16> {
    text?.trim().parse().ok()
}

fn date<'a>(part: &impl Fn(&str) -> Option<&'a str>) -> Result<Date, String> {
    let (_, months) = NAMES;
    let year = match number(part("y")) {
        Some(year) if year < 69 => 2000 + year,
        Some(year) => 1900 + year,
        None => number(part("Y")).unwrap_or(1900),
    };
    let named = part("B").or(part("b")).and_then(|name| {
        let start = name.get(..3)?.to_lowercase();
        months.iter().position(|month| month.to_lowercase().starts_with(&start))
    });
    let month = named.map_or_else(|| number(part("m")).unwrap_or(1), |place| place as i16 + 1);
    let day = number(part("d")).unwrap_or(1);
    let out_of_range = |_| "day is out of range for month".to_string();
    match number(part("j")) {
        Some(day) if part("d").is_none() => {
            let first = Date::new(year, 1, 1).map_err(out_of_range)?;
            first.checked_add(jiff::Span::new().days(i64::from(day) - 1)).map_err(out_of_range)
        }
        _ => Date::new(year, month as i8, day as i8).map_err(out_of_range),
    }
}

fn time<'a>(part: &impl Fn(&str) -> Option<&'a str>) -> Result<Time, String> {
    let hour = match number(part("I")) {
        Some(hour) => {
            let afternoon = part("p").is_some_and(|p| p.eq_ignore_ascii_case("pm"));
            hour % 12 + if afternoon { 12 } else { 0 }
        }
        None => number(part("H")).unwrap_or(0),
    };
    let minute = number(part("M")).unwrap_or(0);
    let second = number(part("S")).unwrap_or(0);
    let fraction = format!("{:0<9}", part("f").unwrap_or("0"));
    let nanos: i32 = fraction.parse().unwrap_or(0);
    Time::new(hour as i8, minute as i8, second as i8, nanos)
        .map_err(|_| "second must be in 0..59".to_string())
}

/// The offset that `%z` read; none for an empty text.
fn offset(text: &str) -> Option<Offset> {
    if text.eq_ignore_ascii_case("z") {
        return Some(Offset::UTC);
    }
    let sign = match text.get(..1)? {
        "-" => -1,
        _ => 1,
    };
    let digits: String = text[1..].chars().filter(char::is_ascii_digit).take(6).collect();
    let part = |from: usize| digits.get(from..from + 2).and_then(|d| d.parse::<i32>().ok());
    let seconds = part(0)? * 3600 + part(2)? * 60 + part(4).unwrap_or(0);
    Offset::from_seconds(sign * seconds).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_dates() {
        let read = |text, format| strptime(text, format).map(|(at, _)| at.to_string());
        assert_eq!(
            read("2024-03-05 14:07:09", "%Y-%m-%d %H:%M:%S").unwrap(),
            "2024-03-05T14:07:09"
        );
        assert_eq!(read("5 mar 24 02:07 pm", "%d %b %y %I:%M %p").unwrap(), "2024-03-05T14:07:00");
        assert_eq!(read("20240305T140709.5", "%Y%m%dT%H%M%S.%f").unwrap(), "2024-03-05T14:07:09.5");
        assert_eq!(read("2024 065", "%Y %j").unwrap(), "2024-03-05T00:00:00");
        let (_, offset) = strptime("1 +0530", "%d %z").unwrap();
        assert_eq!(offset.unwrap().seconds(), 19_800);
    }

    #[test]
    fn errors_are_pythons() {
        let error = |text, format| strptime(text, format).unwrap_err();
        assert_eq!(error("x", "%Y"), "time data 'x' does not match format '%Y'");
        assert_eq!(error("2024x", "%Y"), "unconverted data remains: x");
        assert_eq!(error("1", "%Q"), "'Q' is a bad directive in format '%Q'");
        assert_eq!(error("2023-02-30", "%Y-%m-%d"), "day is out of range for month");
    }
}
