//! The host's clock and zone.

use super::Gathered;
use super::told::Told;
use crate::base::Value;

/// `date_time`.
pub fn read(told: &Told, found: &mut Gathered) {
    let fields: Vec<&str> = told.first("date").unwrap_or_default().split('|').collect();
    let [year, month, name, weekday, week, day, hour, minute, second, epoch, zone, offset, nano] =
        fields[..]
    else {
        return;
    };
    let digits = nano.len() == 9 && nano.bytes().all(|b| b.is_ascii_digit());
    let micro = if digits { &nano[..6] } else { "000000" };
    let utc = utc(epoch.parse().unwrap_or_default());
    let (date, time) = (format!("{year}-{month}-{day}"), format!("{hour}:{minute}:{second}"));
    let short = format!("{year}{month}{day}T{hour}{minute}{second}");
    let entries = [
        ("year", year.to_string()),
        ("month", month.to_string()),
        ("weekday", name.to_string()),
        ("weekday_number", weekday.to_string()),
        ("weeknumber", week.to_string()),
        ("day", day.to_string()),
        ("hour", hour.to_string()),
        ("minute", minute.to_string()),
        ("second", second.to_string()),
        ("epoch", epoch.to_string()),
        ("epoch_int", epoch.to_string()),
        ("date", date),
        ("time", time),
        ("iso8601_micro", format!("{utc}.{micro}Z")),
        ("iso8601", format!("{utc}Z")),
        ("iso8601_basic", format!("{short}{micro}")),
        ("iso8601_basic_short", short),
        ("tz", zone.to_string()),
        ("tz_dst", summer(told).unwrap_or(zone).to_string()),
        ("tz_offset", offset.to_string()),
    ];
    found.put("date_time", entries.into_iter().map(|(k, v)| (k, v.into())).collect::<Value>());
}

/// Name of the zone in summer: of the half of the year that is further east.
fn summer<'a>(told: &Told<'a>) -> Option<&'a str> {
    let halves: Vec<(&str, &str)> =
        told.lines("zone").iter().filter_map(|line| line.split_once('|')).collect();
    let [(january, winter), (july, summer)] = halves[..] else { return None };
    let minutes = |text: &str| {
        let number: i64 = text.parse().unwrap_or_default();
        number / 100 * 60 + number % 100
    };
    Some(if minutes(winter) > minutes(summer) { january } else { july })
}

/// `2026-11-23T06:45:16` of a moment.
fn utc(epoch: i64) -> String {
    let stamp = jiff::Timestamp::from_second(epoch).unwrap_or_default();
    stamp.to_string().trim_end_matches('Z').to_string()
}
