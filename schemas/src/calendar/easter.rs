//! When Easter is: the computus of both calendars. Knows no country.

use jiff::{ToSpan, civil::Date};
use serde::Deserialize;

/// Whose Easter a holiday follows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Church {
    /// By the Gregorian calendar.
    #[default]
    Western,
    /// By the Julian calendar, as in Bulgaria, Cyprus, Greece and Romania.
    Orthodox,
}

/// Easter Sunday of a year, by the Gregorian calendar; nothing outside the years of [`Date`].
pub(super) fn easter(church: Church, year: i16) -> Option<Date> {
    match church {
        Church::Western => western(year),
        Church::Orthodox => orthodox(year),
    }
}

/// The rule of 1582 in the form of Meeus, Jones and Butcher (J. Meeus, Astronomical Algorithms, chapter 8).
fn western(year: i16) -> Option<Date> {
    let full = i32::from(year);
    let (golden, century, rest) = (full.rem_euclid(19), full.div_euclid(100), full.rem_euclid(100));
    let moon = (century + 8).div_euclid(25);
    let drift = (century - moon + 1).div_euclid(3);
    let epact = (19 * golden + century - century.div_euclid(4) - drift + 15).rem_euclid(30);
    let weekday = (32 + 2 * century.rem_euclid(4) + 2 * (rest / 4) - epact - rest % 4).rem_euclid(7);
    let late = (golden + 11 * epact + 22 * weekday).div_euclid(451);
    from_march(year, epact + weekday - 7 * late + 21)
}

/// The rule of Nicaea by the Julian calendar (Meeus, as above), and then the days that this calendar is behind.
fn orthodox(year: i16) -> Option<Date> {
    let full = i32::from(year);
    let epact = (19 * full.rem_euclid(19) + 15).rem_euclid(30);
    let weekday = (2 * full.rem_euclid(4) + 4 * full.rem_euclid(7) - epact + 34).rem_euclid(7);
    let behind = full.div_euclid(100) - full.div_euclid(400) - 2;
    from_march(year, epact + weekday + 21 + behind)
}

/// The day that is so many days after 1 March.
fn from_march(year: i16, days: i32) -> Option<Date> {
    Date::new(year, 3, 1).ok()?.checked_add(days.days()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::Weekday;

    fn told(church: Church, year: i16) -> String {
        easter(church, year).expect("a date").to_string()
    }

    #[test]
    fn easter_is_when_the_churches_kept_it() {
        for (year, western, orthodox) in [
            (2008, "2008-03-23", "2008-04-27"),
            (2010, "2010-04-04", "2010-04-04"),
            (2011, "2011-04-24", "2011-04-24"),
            (2013, "2013-03-31", "2013-05-05"),
            (2016, "2016-03-27", "2016-05-01"),
            (2019, "2019-04-21", "2019-04-28"),
            (2021, "2021-04-04", "2021-05-02"),
            (2024, "2024-03-31", "2024-05-05"),
            (2025, "2025-04-20", "2025-04-20"),
            (2027, "2027-03-28", "2027-05-02"),
            (2030, "2030-04-21", "2030-04-28"),
            (2038, "2038-04-25", "2038-04-25"),
        ] {
            assert_eq!(told(Church::Western, year), western);
            assert_eq!(told(Church::Orthodox, year), orthodox);
        }
    }

    #[test]
    fn easter_is_a_sunday_within_its_bounds_in_every_year() {
        for year in 1583..=9998 {
            let (western, orthodox) = (western(year).expect("a date"), orthodox(year).expect("a date"));
            assert_eq!((western.weekday(), orthodox.weekday()), (Weekday::Sunday, Weekday::Sunday), "{year}");
            let bounds = (3, 22)..=(4, 25);
            assert!(bounds.contains(&(western.month(), western.day())), "{western}");
        }
    }

    #[test]
    fn a_year_outside_the_calendar_has_no_easter() {
        assert_eq!((easter(Church::Western, i16::MAX), easter(Church::Orthodox, i16::MIN)), (None, None));
    }
}
