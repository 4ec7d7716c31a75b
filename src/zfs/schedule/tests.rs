use super::*;
use crate::zfs::calendar::{from_utc, utc, zone};
use crate::zfs::name::NameError;

fn at(text: &str) -> i64 {
    from_utc(text).unwrap_or_else(|| panic!("{text}"))
}

fn schedule(every: &str, time: &str, place: &str) -> Schedule {
    let mut schedule = Schedule::new(every.parse().unwrap(), zone(place).unwrap());
    schedule.at = time.parse().unwrap();
    schedule
}

/// Runs once every `step` seconds from `from` to before `to`; the slots that were taken.
fn run(schedule: &Schedule, from: &str, to: &str, step: i64) -> Vec<String> {
    let (mut now, end) = (at(from), at(to));
    let mut taken = vec![schedule.slot(now).unwrap()];
    while now < end {
        taken.extend(schedule.due(&taken, now));
        now += step;
    }
    taken[1..].iter().map(|slot| utc(*slot)).collect()
}

#[test]
fn schedules_are_read_and_written() {
    for (text, every, again) in [
        ("15min", Every::Minutes(15), "15min"),
        ("30m", Every::Minutes(30), "30min"),
        ("1 min", Every::Minutes(1), "1min"),
        ("60min", Every::Hours(1), "hourly"),
        ("120min", Every::Hours(2), "2h"),
        ("1h", Every::Hours(1), "hourly"),
        ("6h", Every::Hours(6), "6h"),
        ("24h", Every::Day, "daily"),
        ("weekly", Every::Week, "weekly"),
        ("monthly", Every::Month, "monthly"),
        ("yearly", Every::Year, "yearly"),
    ] {
        assert_eq!(text.parse(), Ok(every), "{text}");
        assert_eq!(every.to_string(), again);
        assert_eq!(again.parse(), Ok(every));
    }
    for (text, why) in [
        ("7min", "7 minutes do not divide an hour"),
        ("0min", "0 minutes do not divide an hour"),
        ("90min", "90 minutes do not divide an hour"),
        ("5h", "5 hours do not divide a day"),
        ("0h", "0 hours do not divide a day"),
        ("48h", "48 hours do not divide a day"),
        ("", "\"\" is no schedule; there are 15min, 6h, hourly, daily, weekly, monthly and yearly"),
        (
            "15",
            "\"15\" is no schedule; there are 15min, 6h, hourly, daily, weekly, monthly and yearly",
        ),
        (
            "2d",
            "\"2d\" is no schedule; there are 15min, 6h, hourly, daily, weekly, monthly and yearly",
        ),
    ] {
        assert_eq!(text.parse::<Every>().map_err(|e| e.to_string()), Err(why.into()), "{text}");
    }
}

#[test]
fn slots_begin_and_end_with_the_clock() {
    for (every, time, place, now, slot, next) in [
        ("15min", "00:00", "UTC", "11-23T11:44:59", "11-23T11:30:00", "11-23T11:45:00"),
        ("15min", "00:00", "UTC", "11-23T11:45:00", "11-23T11:45:00", "11-23T12:00:00"),
        ("hourly", "00:00", "UTC", "11-23T11:44:59", "11-23T11:00:00", "11-23T12:00:00"),
        // Kathmandu is 5:45 ahead.
        ("hourly", "00:00", "Asia/Kathmandu", "11-23T11:44:59", "11-23T11:15:00", "11-23T12:15:00"),
        ("6h", "00:00", "UTC", "11-23T11:44:59", "11-23T06:00:00", "11-23T12:00:00"),
        ("6h", "00:00", "Europe/Berlin", "11-23T11:44:59", "11-23T11:00:00", "11-23T17:00:00"),
        ("daily", "00:00", "UTC", "11-23T11:44:59", "11-23T00:00:00", "11-24T00:00:00"),
        ("daily", "02:30", "UTC", "11-23T02:29:59", "11-22T02:30:00", "11-23T02:30:00"),
        ("daily", "02:30", "UTC", "11-23T02:30:00", "11-23T02:30:00", "11-24T02:30:00"),
        ("daily", "00:00", "Europe/Berlin", "11-23T23:30:00", "11-23T23:00:00", "11-24T23:00:00"),
        ("weekly", "00:00", "UTC", "11-23T00:00:00", "11-23T00:00:00", "11-30T00:00:00"),
        ("weekly", "00:00", "UTC", "11-22T23:59:59", "11-16T00:00:00", "11-23T00:00:00"),
        ("weekly", "03:00", "UTC", "11-23T02:00:00", "11-16T03:00:00", "11-23T03:00:00"),
        ("monthly", "00:00", "UTC", "03-31T12:00:00", "03-01T00:00:00", "04-01T00:00:00"),
        ("monthly", "04:00", "UTC", "03-01T03:00:00", "02-01T04:00:00", "03-01T04:00:00"),
        ("monthly", "00:00", "Europe/Berlin", "03-31T21:59:59", "02-28T23:00:00", "03-31T22:00:00"),
    ] {
        let schedule = schedule(every, time, place);
        let now = at(&format!("2026-{now}Z"));
        let found = (schedule.slot(now).map(utc), schedule.next(now).map(utc));
        let wanted = (Some(format!("2026-{slot}Z")), Some(format!("2026-{next}Z")));
        assert_eq!(found, wanted, "{every} {time} {place}");
    }
    let yearly = schedule("yearly", "00:00", "Europe/Berlin");
    let now = at("2026-12-31T22:59:59Z");
    assert_eq!(yearly.slot(now).map(utc).unwrap(), "2025-12-31T23:00:00Z");
    assert_eq!(yearly.next(now).map(utc).unwrap(), "2026-12-31T23:00:00Z");
}

#[test]
fn a_slot_is_due_once() {
    let hourly = schedule("hourly", "00:00", "UTC");
    let now = at("2026-11-23T11:44:59Z");
    let slot = at("2026-11-23T11:00:00Z");
    assert_eq!(hourly.due(&[], now), Some(slot));
    assert_eq!(hourly.due(&[slot - 3_600], now), Some(slot));
    assert_eq!(hourly.due(&[slot - 3_600, slot], now), None);
    // After a day off one snapshot is due, not twenty-four.
    assert_eq!(hourly.due(&[slot - 86_400], now), Some(slot));
    // The start was moved within the slot: what was taken in it counts.
    assert_eq!(hourly.due(&[slot + 600], now), None);
    // A clock that was a year ahead for once does not stop the schedule, nor does one that is a day back repeat it.
    assert_eq!(hourly.due(&[slot - 3_600, slot + 365 * 86_400], now), Some(slot));
    assert_eq!(hourly.due(&[slot - 86_400, slot], now - 86_400), None);
}

#[test]
fn a_skipped_time_runs_once_after_the_gap() {
    // In Berlin 02:00 to 03:00 of 29 March is skipped, at 01:00 UTC.
    for (every, time, taken) in [
        ("daily", "02:30", vec!["2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"]),
        ("daily", "02:00", vec!["2026-03-29T01:00:00Z", "2026-03-30T00:00:00Z"]),
        ("daily", "03:00", vec!["2026-03-29T01:00:00Z", "2026-03-30T01:00:00Z"]),
        ("weekly", "02:30", vec!["2026-03-30T00:30:00Z"]),
        ("2h", "00:00", vec![]),
    ] {
        let schedule = schedule(every, time, "Europe/Berlin");
        let found = run(&schedule, "2026-03-28T03:00:00Z", "2026-03-30T03:00:00Z", 60);
        if every != "2h" {
            assert_eq!(found, taken, "{every} {time}");
            continue;
        }
        // 00:00, (02:00) 03:00, 04:00 on the clock.
        let night: Vec<&String> = found
            .iter()
            .filter(|t| (&t[..]) > "2026-03-28T22" && (&t[..]) < "2026-03-29T05")
            .collect();
        assert_eq!(
            night,
            [
                "2026-03-28T23:00:00Z",
                "2026-03-29T01:00:00Z",
                "2026-03-29T02:00:00Z",
                "2026-03-29T04:00:00Z"
            ]
        );
    }
    for (every, count) in [("hourly", 24), ("15min", 96)] {
        let schedule = schedule(every, "00:00", "Europe/Berlin");
        let found = run(&schedule, "2026-03-28T12:00:00Z", "2026-03-29T12:00:01Z", 60);
        assert_eq!(found.len(), count, "{every}");
    }
}

#[test]
fn a_repeated_time_runs_once() {
    // In Berlin 02:00 to 03:00 of 25 October comes twice, from 00:00 and from 01:00 UTC.
    for time in ["02:00", "02:30", "02:59"] {
        let schedule = schedule("daily", time, "Europe/Berlin");
        let found = run(&schedule, "2026-10-24T03:00:00Z", "2026-10-26T00:59:00Z", 60);
        assert_eq!(found, [format!("2026-10-25T00:{}:00Z", &time[3..])], "{time}");
    }
    let two = schedule("2h", "00:00", "Europe/Berlin");
    let found = run(&two, "2026-10-24T22:00:00Z", "2026-10-25T05:30:00Z", 60);
    assert_eq!(found, ["2026-10-25T00:00:00Z", "2026-10-25T03:00:00Z", "2026-10-25T05:00:00Z"]);
    // Hours and less are real: both passes have theirs, under names of their own.
    for (every, count) in [("hourly", 24), ("15min", 96)] {
        let schedule = schedule(every, "00:00", "Europe/Berlin");
        let mut found = run(&schedule, "2026-10-24T12:00:00Z", "2026-10-25T12:00:01Z", 60);
        assert_eq!(found.len(), count, "{every}");
        found.dedup();
        assert_eq!(found.len(), count, "{every}");
    }
}

#[test]
fn clocks_that_change_by_half_an_hour_or_at_midnight_lose_no_slot() {
    // Lord Howe: 02:00 becomes 02:30 on 4 October (15:30 UTC), and 01:30 again on 5 April (15:00 UTC).
    let hourly = schedule("hourly", "00:00", "Australia/Lord_Howe");
    assert_eq!(
        run(&hourly, "2026-10-03T14:30:00Z", "2026-10-03T17:00:01Z", 60),
        ["2026-10-03T15:30:00Z", "2026-10-03T16:00:00Z", "2026-10-03T17:00:00Z"]
    );
    assert_eq!(
        run(&hourly, "2026-04-04T14:00:00Z", "2026-04-04T16:30:01Z", 60),
        ["2026-04-04T15:00:00Z", "2026-04-04T15:30:00Z", "2026-04-04T16:30:00Z"]
    );
    // Beirut jumps from midnight to one o'clock.
    let daily = schedule("daily", "00:00", "EET-2EEST,M3.5.0/0,M10.5.0/0");
    assert_eq!(
        run(&daily, "2026-03-28T12:00:00Z", "2026-03-30T12:00:00Z", 60),
        ["2026-03-28T22:00:00Z", "2026-03-29T21:00:00Z"]
    );
}

#[test]
fn slots_and_their_ends_meet_all_year() {
    // Each slot begins where the one before said it would, in every zone and with every schedule.
    for place in ["UTC", "Europe/Berlin", "Australia/Lord_Howe", "America/New_York"] {
        for every in ["hourly", "2h", "6h", "daily", "weekly", "monthly"] {
            let schedule =
                schedule(every, if every.ends_with('h') { "00:00" } else { "02:30" }, place);
            let mut slot = schedule.slot(at("2026-01-15T00:00:00Z")).unwrap();
            while slot < at("2026-12-15T00:00:00Z") {
                let next = schedule.next(slot).unwrap();
                assert!(next > slot, "{place} {every} {}", utc(slot));
                assert_eq!(schedule.slot(next), Some(next), "{place} {every} {}", utc(next));
                assert_eq!(schedule.slot(next - 1), Some(slot), "{place} {every} {}", utc(slot));
                slot = next;
            }
        }
    }
}

#[test]
fn names_are_written_and_read_back() {
    let name = Name::new("tank", at("2026-11-23T11:30:00Z"), "15min").unwrap();
    assert_eq!(name.to_string(), "tank_2026-11-23T11:30:00Z_15min");
    for (text, prefix, kind, again) in [
        ("tank_2026-11-23T11:30:00Z_15min", "tank", "15min", 1),
        ("tank_2026-11-23T11:30:00Z_daily.2", "tank", "daily", 2),
        ("my_own_2026-11-23T11:30:00Z_before-upgrade", "my_own", "before-upgrade", 1),
        ("a.b_2026-11-23T11:30:00Z_daily.10", "a.b", "daily", 10),
    ] {
        let name = Name::parse(text).unwrap_or_else(|| panic!("{text}"));
        assert_eq!((name.prefix(), name.kind(), name.again()), (prefix, kind, again));
        assert_eq!(name.at(), at("2026-11-23T11:30:00Z"));
        assert_eq!(name.to_string(), text);
    }
    for other in [
        "tank_2026-11-23T11:30:00Z",
        "2026-11-23T11:30:00Z_daily",
        "_2026-11-23T11:30:00Z_daily",
        "tank_2026-11-23T11:30:00_daily",
        "tank_2026-11-23T11:30:00+01:00_daily",
        "tank_2026-11-23T11:30:00Z_daily.1",
        "tank_2026-11-23T11:30:00Z_daily.02",
        "tank_2026-11-23T11:30:00Z_daily.+2",
        "tank_2026-11-23T11:30:00Z_daily.",
        "tank_2026-11-23T11:30:00Z_",
        "tank_2026-02-30T11:30:00Z_daily",
        "autosnap_2026-11-23_11:30:00_daily",
        "",
    ] {
        assert_eq!(Name::parse(other), None, "{other}");
    }
    assert_eq!(Name::new("ta@nk", 0, "daily"), Err(NameError::Character('@')));
    assert_eq!(Name::new("tank", 0, "dai_ly"), Err(NameError::Character('_')));
    assert_eq!(Name::new("tank", 0, "dai.ly"), Err(NameError::Character('.')));
    assert_eq!(Name::new("", 0, "daily"), Err(NameError::EmptyPart));
    assert_eq!(Name::new("tank", i64::MAX, "daily"), Err(NameError::Character('@')));
}

#[test]
fn a_taken_name_is_fine_if_nothing_was_written_since() {
    let name = Name::new("tank", 0, "manual").unwrap();
    let first = "tank_1970-01-01T00:00:00Z_manual";
    let second = "tank_1970-01-01T00:00:00Z_manual.2";
    for (existing, written, take, text) in [
        (vec![], Some(0), true, first.to_owned()),
        (vec!["other"], Some(0), true, first.to_owned()),
        (vec!["other", first], Some(0), false, first.to_owned()),
        (vec![first], Some(1), true, second.to_owned()),
        (vec![first], None, true, second.to_owned()),
        // Another one was taken behind it: written counts from that.
        (vec![first, "other"], Some(0), true, second.to_owned()),
        (vec![first, second], Some(0), false, second.to_owned()),
        (vec![second, first], Some(9), true, format!("{first}.3")),
        (vec!["tank_1970-01-01T00:00:00Z_daily"], Some(0), true, first.to_owned()),
    ] {
        let settled = settle(&name, &existing, written);
        let found = match &settled {
            Settled::Take(name) => (true, name.to_string()),
            Settled::Already(name) => (false, name.to_string()),
        };
        assert_eq!(found, (take, text), "{existing:?} {written:?}");
    }
}

#[test]
fn empty_snapshots_are_taken_unless_unwanted() {
    for (skip, written, wanted) in [
        (false, Some(0), Step::Take),
        (false, None, Step::Take),
        (true, Some(1), Step::Take),
        (true, None, Step::Take),
        (true, Some(0), Step::Checked),
    ] {
        assert_eq!(step(skip, written), wanted, "{skip} {written:?}");
    }
}
