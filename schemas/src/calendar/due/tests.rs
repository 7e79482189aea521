//! Periods, counted by hand; and what holds of all of them.

use crate::calendar::{Calendars, Start};
use jiff::{
    SignedDuration, Timestamp,
    civil::{Date, date},
    tz::TimeZone,
};
use std::path::Path;

fn calendars() -> Calendars {
    Calendars::load(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap_or_else(|error| panic!("{error}"))
}

/// A start is an instant where it ends in `Z`, else a date.
fn start(text: &str) -> Start {
    if text.ends_with('Z') {
        Start::Instant(text.parse().expect("an instant"))
    } else {
        Start::Date(text.parse().expect("a date"))
    }
}

fn assert_due(country: &str, cases: &[(&str, &str, &str)]) {
    let calendars = calendars();
    for (from, period, expected) in cases {
        let due = calendars.due(start(from), period.parse().expect("a period"), country);
        assert_eq!(due.to_string(), *expected, "{country}: {period} from {from}");
    }
}

#[test]
fn the_day_of_the_event_does_not_count_and_the_last_hour_of_the_last_day_does() {
    assert_due(
        "DE",
        &[
            ("2024-06-04", "1 day", "2024-06-05T22:00:00Z"),
            ("2024-06-04", "3 days", "2024-06-07T22:00:00Z"),
            ("2024-06-03T22:00:00Z", "3 days", "2024-06-07T22:00:00Z"),
            ("2024-06-04T21:59:59Z", "3 days", "2024-06-07T22:00:00Z"),
            ("2024-06-04", "1 week", "2024-06-11T22:00:00Z"),
        ],
    );
}

#[test]
fn months_and_years_end_on_the_same_date_or_on_the_last_day_of_a_shorter_month() {
    assert_due(
        "DE",
        &[
            ("2023-01-31", "1 month", "2023-02-28T23:00:00Z"),
            ("2024-01-31", "1 month", "2024-02-29T23:00:00Z"),
            ("2024-01-31", "2 months", "2024-04-02T22:00:00Z"), // 31 March is Easter Sunday
            ("2024-02-29", "1 year", "2025-02-28T23:00:00Z"),
            ("2024-02-29", "4 years", "2028-02-29T23:00:00Z"),
            ("2023-02-28", "1 year", "2024-02-28T23:00:00Z"),
            ("2024-02-29", "1 month", "2024-04-02T22:00:00Z"), // 29 March is Good Friday
            ("2023-11-30", "6 months", "2024-05-30T22:00:00Z"),
        ],
    );
    assert_due("PL", &[("2023-11-30", "6 months", "2024-05-31T22:00:00Z")]); // 30 May is Corpus Christi
}

#[test]
fn a_period_over_christmas_ends_after_the_holidays() {
    let german = [("2024-12-20", "5 days", "2024-12-27T23:00:00Z"), ("2024-12-11", "2 weeks", "2024-12-27T23:00:00Z")];
    assert_due("DE", &german);
    assert_due("PL", &[("2023-12-22", "1 working day", "2023-12-27T23:00:00Z")]);
    assert_due("UK", &[("2021-12-24", "1 working day", "2021-12-30T00:00:00Z")]);
    assert_due("EU", &[("2024-12-23", "1 working day", "2025-01-03T23:00:00Z")]);
}

#[test]
fn working_days_are_counted_without_holidays_saturdays_and_sundays() {
    assert_due("PL", &[("2024-04-22", "10 working days", "2024-05-08T22:00:00Z")]);
    assert_due("FR", &[("2024-05-02", "15 working days", "2024-05-28T22:00:00Z")]);
    assert_due("FI", &[("2023-06-22", "2 working days", "2023-06-27T21:00:00Z")]);
    assert_due("EL", &[("2024-04-30", "10 working days", "2024-05-17T21:00:00Z")]);
    assert_due("BE", &[("2024-06-08", "1 working day", "2024-06-10T22:00:00Z")]);
}

#[test]
fn a_last_day_that_is_no_working_day_gives_way_to_the_next_one() {
    assert_due(
        "DE",
        &[
            ("2024-06-05", "3 days", "2024-06-10T22:00:00Z"), // a Saturday
            ("2024-06-06", "3 days", "2024-06-10T22:00:00Z"), // a Sunday
            ("2024-03-26", "3 days", "2024-04-02T22:00:00Z"), // Good Friday
            ("2024-09-26", "1 week", "2024-10-04T22:00:00Z"), // 3 October
        ],
    );
}

#[test]
fn a_period_of_two_days_or_more_includes_two_working_days() {
    assert_due(
        "BE",
        &[
            ("2024-06-07", "1 day", "2024-06-10T22:00:00Z"), // from a Friday
            ("2024-06-07", "2 days", "2024-06-11T22:00:00Z"),
            ("2024-06-07", "3 days", "2024-06-11T22:00:00Z"),
            ("2024-06-07", "4 days", "2024-06-11T22:00:00Z"),
            ("2024-06-07", "5 days", "2024-06-12T22:00:00Z"),
        ],
    );
    assert_due("DE", &[("2024-03-28", "5 days", "2024-04-03T22:00:00Z")]); // Maundy Thursday
    assert_due("EU", &[("2024-12-23", "1 week", "2025-01-06T23:00:00Z")]); // closed from 24 December to 2 January
}

#[test]
fn hours_minutes_and_seconds_are_exact_on_every_day() {
    assert_due(
        "DE",
        &[
            ("2024-03-30T12:00:00Z", "24 hours", "2024-03-31T12:00:00Z"),
            ("2024-12-24T23:59:59Z", "1 second", "2024-12-25T00:00:00Z"),
            ("2024-12-24T23:00:00Z", "90 minutes", "2024-12-25T00:30:00Z"),
            ("2024-12-24T23:00:00Z", "0 hours", "2024-12-24T23:00:00Z"),
            ("2024-03-30", "48 hours", "2024-03-31T23:00:00Z"), // the second day has 23 hours
            ("2024-06-04", "0 seconds", "2024-06-03T22:00:00Z"),
        ],
    );
}

#[test]
fn the_day_is_that_of_the_country_and_so_is_its_end() {
    let moment = "2024-06-10T22:30:00Z"; // 11 June in Athens, 10 June in Lisbon, where that is a holiday
    assert_due("EL", &[(moment, "1 working day", "2024-06-12T21:00:00Z")]);
    assert_due("PT", &[(moment, "1 working day", "2024-06-11T23:00:00Z")]);
    assert_due("IS", &[(moment, "1 working day", "2024-06-12T00:00:00Z")]);
    assert_due("CY", &[(moment, "0 days", "2024-06-11T21:00:00Z")]);
}

#[test]
fn the_change_to_summer_time_and_back_moves_the_end_of_the_day() {
    let days = [("2025-03-26", "2 days", "2025-03-28T23:00:00Z"), ("2025-03-28", "3 days", "2025-04-01T22:00:00Z")];
    assert_due("SE", &days);
    assert_due("DE", &[("2024-10-25", "1 week", "2024-11-01T23:00:00Z")]);
    // A second before the clocks change.
    assert_due("IE", &[("2025-03-30T00:59:59Z", "1 day", "2025-03-31T23:00:00Z")]);
}

#[test]
fn a_period_of_no_length_ends_with_the_day_or_with_the_next_working_day() {
    for period in ["0 days", "0 working days", "0 weeks", "0 months", "0 years"] {
        assert_due(
            "BE",
            &[
                ("2024-06-07", period, "2024-06-07T22:00:00Z"),
                ("2024-06-08", period, "2024-06-10T22:00:00Z"),
                ("2024-06-07T21:59:59Z", period, "2024-06-07T22:00:00Z"),
                ("2024-06-07T22:00:00Z", period, "2024-06-10T22:00:00Z"),
                ("2024-12-25", period, "2024-12-26T23:00:00Z"),
            ],
        );
    }
}

#[test]
fn a_country_without_a_file_has_weekends_only_and_the_clocks_of_brussels() {
    assert_due(
        "XX",
        &[("2024-12-20", "5 days", "2024-12-25T23:00:00Z"), ("2024-06-07", "1 day", "2024-06-10T22:00:00Z")],
    );
}

#[test]
fn every_period_ends_on_a_working_day_no_earlier_than_it_should() {
    let calendars = calendars();
    let zone = TimeZone::UTC;
    for event in date(2024, 1, 1).series(jiff::Span::new().days(1)).take(800) {
        for count in 0..=9_u16 {
            let period = format!("{count} days").parse().expect("a period");
            // Iceland keeps UTC, so a date can be read from the instant.
            let due = calendars.due(Start::Date(event), period, "IS");
            let last = (due - SignedDuration::from_secs(1)).to_zoned(zone.clone()).date();
            let within = |day: &Date| calendars.is_working_day("IS", *day);
            let days = event.tomorrow().expect("a day").series(jiff::Span::new().days(1));
            let working = days.take_while(|day| *day <= last).filter(within).count();
            assert!(calendars.is_working_day("IS", last), "{count} days from {event}");
            assert!(last >= event + jiff::Span::new().days(count), "{count} days from {event}");
            assert!(count < 2 || working >= 2, "{count} days from {event}");
        }
    }
}

#[test]
fn nothing_fails_at_the_ends_of_the_calendar() {
    let calendars = calendars();
    let instants = [Timestamp::MIN, Timestamp::UNIX_EPOCH, Timestamp::MAX].map(Start::Instant);
    let dates = [Date::MIN, date(2024, 2, 29), date(9999, 12, 30), Date::MAX].map(Start::Date);
    for country in ["EL", "UK", "IS", "EU", "XX"] {
        for unit in ["second", "minute", "hour", "day", "working day", "week", "month", "year"] {
            for start in instants.iter().chain(&dates) {
                let ends = [0, 1, 2, 9999]
                    .map(|count| calendars.due(*start, format!("{count} {unit}s").parse().expect("a period"), country));
                assert!(ends.is_sorted(), "{country}: {unit} from {start:?}");
            }
        }
        let last = |start| calendars.due(start, "1 day".parse().expect("a period"), country);
        assert_eq!([last(instants[2]), last(dates[3])], [Timestamp::MAX; 2]);
        let first = calendars.due(dates[0], "0 seconds".parse().expect("a period"), country);
        assert_eq!(first, Timestamp::MIN);
    }
}
