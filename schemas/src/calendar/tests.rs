//! The calendars that come with the packs, and folders that lie.

use super::*;
use jiff::civil::{Weekday, date};
use std::{collections::BTreeSet, fs};
use tempfile::TempDir;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn shipped() -> Calendars {
    Calendars::load(root()).unwrap_or_else(|error| panic!("{error}"))
}

/// The holidays of a year that are neither Saturdays nor Sundays, as `MM-DD`.
fn weekdays(country: &str, year: i16) -> Vec<String> {
    let calendars = shipped();
    let days = calendars.countries[country].year(year).into_keys().filter(|day| !rules::is_weekend(*day));
    days.map(|day| day.strftime("%m-%d").to_string()).collect()
}

fn assert_holidays(country: &str, expected: &[(&str, Option<&str>)]) {
    let calendars = shipped();
    for (day, name) in expected {
        assert_eq!(calendars.holiday(country, day.parse().expect("a date")), *name, "{country}, {day}");
    }
}

/// A root of packs with these files in `common/holidays/`.
fn folder(files: &[(&str, &str)]) -> TempDir {
    let root = tempfile::tempdir().expect("a folder");
    let holidays = root.path().join("common/holidays");
    fs::create_dir_all(&holidays).expect("created");
    for (name, text) in files {
        fs::write(holidays.join(name), text).expect("written");
    }
    root
}

#[test]
fn every_country_that_takes_part_everywhere_has_a_file() {
    #[derive(serde::Deserialize)]
    struct Countries {
        members: BTreeSet<String>,
    }
    let countries: Countries = crate::area::toml(&root().join("common/countries.toml")).expect("read");
    let calendars = shipped();
    let found: BTreeSet<String> = calendars.countries().map(str::to_owned).collect();
    let mut expected = countries.members;
    expected.extend(["CH".to_owned(), "EU".to_owned()]);
    assert_eq!(found, expected);
}

#[test]
fn every_country_has_as_many_holidays_as_countries_have() {
    let calendars = shipped();
    for (country, calendar) in &calendars.countries {
        let usual = match country.as_str() {
            "EU" => 20..=22, // closed for eight days at the end of the year
            "LI" => 12..=20, // as notified for time limits
            _ => 6..=16,
        };
        for year in 2008..=2060 {
            let names = calendar.year(year).into_values().filter(|name| !name.ends_with("(substitute day)"));
            let count = names.count();
            assert!(usual.contains(&count), "{country} has {count} holidays in {year}");
        }
    }
}

#[test]
fn easter_comes_to_every_country_by_its_own_calendar() {
    for (country, monday) in [
        ("DE", "2024-04-01"),
        ("UK", "2021-04-05"),
        ("PL", "2008-03-24"),
        ("EL", "2024-05-06"),
        ("CY", "2021-05-03"),
        ("BG", "2013-05-06"),
        ("RO", "2019-04-29"),
    ] {
        assert_holidays(country, &[(monday, Some("Easter Monday"))]);
    }
    assert_holidays(
        "EL",
        &[("2024-03-29", None), ("2024-05-03", Some("Good Friday")), ("2024-03-18", Some("Clean Monday"))],
    );
    assert_holidays(
        "DE",
        &[("2024-03-29", Some("Good Friday")), ("2024-05-03", None), ("2025-04-18", Some("Good Friday"))],
    );
}

#[test]
fn midsummer_and_all_saints_are_on_their_saturdays() {
    for country in ["FI", "SE"] {
        let days = [
            ("2010-06-25", Some("Midsummer Eve")),
            ("2010-06-26", Some("Midsummer Day")),
            ("2015-06-19", Some("Midsummer Eve")),
            ("2015-06-20", Some("Midsummer Day")),
            ("2020-10-31", Some("All Saints' Day")),
            ("2021-11-06", Some("All Saints' Day")),
        ];
        assert_holidays(country, &days);
    }
}

#[test]
fn the_united_kingdom_keeps_days_in_lieu_and_moves_holidays() {
    assert_eq!(
        weekdays("UK", 2022),
        ["01-03", "04-15", "04-18", "05-02", "06-02", "06-03", "08-29", "09-19", "12-26", "12-27"]
    );
    assert_eq!(weekdays("UK", 2021), ["01-01", "04-02", "04-05", "05-03", "05-31", "08-30", "12-27", "12-28"]);
    assert_eq!(weekdays("UK", 2020), ["01-01", "04-10", "04-13", "05-08", "05-25", "08-31", "12-25", "12-28"]);
    assert_eq!(weekdays("UK", 2012), ["01-02", "04-06", "04-09", "05-07", "06-04", "06-05", "08-27", "12-25", "12-26"]);
    let names = [
        ("2021-12-25", Some("Christmas Day")),
        ("2021-12-27", Some("Christmas Day (substitute day)")),
        ("2021-12-28", Some("Boxing Day (substitute day)")),
        ("2021-12-29", None),
    ];
    assert_holidays("UK", &names);
}

#[test]
fn ireland_keeps_first_mondays_and_saint_brigid_sometimes_on_her_friday() {
    let days = [
        ("2022-02-07", None),
        ("2023-02-06", Some("Saint Brigid's Day")),
        ("2024-02-05", Some("Saint Brigid's Day")),
        ("2030-02-01", Some("Saint Brigid's Day")),
        ("2030-02-04", None),
        ("2023-05-01", Some("May Holiday")),
        ("2023-06-05", Some("June Holiday")),
        ("2023-08-07", Some("August Holiday")),
        ("2023-10-30", Some("October Holiday")),
        ("2024-03-18", Some("Saint Patrick's Day (substitute day)")),
        ("2022-03-18", Some("Day of Remembrance and Recognition")),
    ];
    assert_holidays("IE", &days);
}

#[test]
fn holidays_begin_end_and_pause_as_laws_say() {
    assert_holidays("DK", &[("2023-05-05", Some("Great Prayer Day")), ("2024-04-26", None)]);
    assert_holidays("SK", &[("2023-09-01", Some("Constitution Day")), ("2025-09-01", None), ("2026-05-08", None)]);
    assert_holidays("SK", &[("2026-09-15", None), ("2027-09-15", Some("Our Lady of the Seven Sorrows"))]);
    assert_holidays(
        "HR",
        &[("2019-06-25", Some("Statehood Day")), ("2020-06-25", None), ("2020-05-30", Some("Statehood Day"))],
    );
    assert_holidays(
        "PT",
        &[("2012-10-05", Some("Republic Day")), ("2015-10-05", None), ("2016-10-05", Some("Republic Day"))],
    );
    assert_holidays(
        "NL",
        &[("2013-04-30", Some("Queen's Day")), ("2014-04-30", None), ("2025-04-26", Some("King's Day"))],
    );
    assert_holidays("NL", &[("2025-04-27", None), ("2026-04-27", Some("King's Day"))]);
    assert_holidays(
        "PL",
        &[("2010-01-06", None), ("2011-01-06", Some("Epiphany")), ("2025-12-24", Some("Christmas Eve"))],
    );
    assert_holidays("DE", &[("2016-10-31", None), ("2017-10-31", Some("Reformation Day")), ("2018-10-31", None)]);
    assert_holidays(
        "EL",
        &[("2024-05-01", None), ("2024-05-07", Some("Labour Day")), ("2025-05-01", Some("Labour Day"))],
    );
    assert_holidays("BG", &[("2016-12-27", None), ("2022-12-28", Some("Christmas Day (substitute day)"))]);
    assert_holidays("LV", &[("2023-07-10", Some("Song and Dance Celebration (substitute day)"))]);
}

#[test]
fn the_commission_is_closed_when_its_decisions_say() {
    const END: [&str; 2] = ["12-30", "12-31"];
    let spring = ["01-01", "01-02", "03-28", "03-29", "04-01", "05-01", "05-09", "05-10", "05-20"];
    let rest = ["08-15", "11-01", "12-24", "12-25", "12-26", "12-27"];
    assert_eq!(weekdays("EU", 2013), [&spring[..], &rest, &END].concat());
    let autumn = ["07-21", "08-15", "11-01", "11-02", "12-25", "12-26", "12-27", "12-28", "12-29"];
    let spring = ["01-02", "04-06", "04-07", "04-10", "05-01", "05-09", "05-18", "05-19", "05-29"];
    assert_eq!(weekdays("EU", 2023), [&spring[..], &autumn].concat());
    assert_eq!((weekdays("EU", 2008).len(), weekdays("EU", 2014).len()), (17, 18));
}

#[test]
fn a_working_day_is_neither_a_holiday_nor_on_a_weekend() {
    let calendars = shipped();
    assert_eq!(date(2024, 5, 3).weekday(), Weekday::Friday);
    assert!(calendars.is_working_day("DE", date(2024, 5, 3)) && !calendars.is_working_day("PL", date(2024, 5, 3)));
    assert!(!calendars.is_working_day("DE", date(2024, 5, 4)) && !calendars.is_working_day("DE", date(2024, 5, 5)));
}

#[test]
fn where_the_folder_is_missing_nobody_has_holidays() {
    let root = tempfile::tempdir().expect("a folder");
    let calendars = Calendars::load(root.path()).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!((calendars.countries().count(), calendars.holiday("DE", date(2024, 12, 25))), (0, None));
    assert!(calendars.is_working_day("DE", date(2024, 12, 25)) && !calendars.is_working_day("DE", date(2024, 12, 22)));
}

#[test]
fn a_file_that_lies_is_named_and_others_than_toml_are_not_read() {
    const GOOD: &str = "country = \"DE\"\nzone = \"Europe/Berlin\"\nholiday = []\n";
    let root = folder(&[("DE.toml", GOOD), ("notes.md", "not read")]);
    assert!(Calendars::load(root.path()).is_ok());
    let root = folder(&[("DE.toml", GOOD), ("PL.toml", GOOD)]);
    let error = Calendars::load(root.path()).expect_err("refused");
    assert!(error.file.ends_with("common/holidays/PL.toml") && error.line == Some(1), "{error}");
}

#[test]
fn more_countries_than_there_can_be_are_refused() {
    let letters = || (b'A'..=b'Z').map(char::from);
    let codes = letters().flat_map(|one| letters().map(move |other| format!("{one}{other}"))).take(MOST_COUNTRIES + 1);
    let files: Vec<_> = codes
        .map(|code| (format!("{code}.toml"), format!("country = \"{code}\"\nzone = \"Europe/Rome\"\nholiday = []\n")))
        .collect();
    let files: Vec<_> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    assert!(Calendars::load(folder(&files[1..]).path()).is_ok());
    let error = Calendars::load(folder(&files).path()).expect_err("refused");
    assert!(error.reason.contains("more than 300 countries"), "{error}");
}
