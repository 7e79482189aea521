//! Spans of time as law writes them: "3 days", "2 working days", "6 months".

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unit {
    /// Seconds.
    Seconds,
    /// Minutes.
    Minutes,
    /// Hours.
    Hours,
    /// Calendar days.
    Days,
    /// Working days of the country that is awaited.
    WorkingDays,
    /// Weeks.
    Weeks,
    /// Calendar months.
    Months,
    /// Calendar years.
    Years,
}

const UNITS: [(Unit, &str); 8] = [
    (Unit::Seconds, "second"),
    (Unit::Minutes, "minute"),
    (Unit::Hours, "hour"),
    (Unit::WorkingDays, "working day"),
    (Unit::Days, "day"),
    (Unit::Weeks, "week"),
    (Unit::Months, "month"),
    (Unit::Years, "year"),
];

/// A span of time: a number, at most 9999, and its unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct Period {
    /// How many.
    pub count: u16,
    /// Of what.
    pub unit: Unit,
}

impl Period {
    /// The shortest and the longest that it can be, in seconds: months have 28 to 31 days, working days may span holidays.
    const fn bounds(self) -> (u64, u64) {
        const DAY: u64 = 86_400;
        let (least, most) = match self.unit {
            Unit::Seconds => (1, 1),
            Unit::Minutes => (60, 60),
            Unit::Hours => (3600, 3600),
            Unit::Days => (DAY, DAY),
            Unit::WorkingDays => (DAY, 4 * DAY),
            Unit::Weeks => (7 * DAY, 7 * DAY),
            Unit::Months => (28 * DAY, 31 * DAY),
            Unit::Years => (365 * DAY, 366 * DAY),
        };
        (self.count as u64 * least, self.count as u64 * most)
    }

    /// Whether it is longer than the other wherever in the calendar both begin.
    pub const fn surely_exceeds(self, other: Self) -> bool {
        self.bounds().0 > other.bounds().1
    }
}

impl fmt::Display for Period {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = UNITS.iter().find(|(unit, _)| *unit == self.unit).map_or("", |(_, name)| name);
        write!(formatter, "{} {name}{}", self.count, if self.count == 1 { "" } else { "s" })
    }
}

impl FromStr for Period {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is not a period, as in \"3 days\", \"2 working days\" or \"6 months\"");
        let (count, unit) = text.split_once(' ').ok_or_else(wrong)?;
        let singular = unit.strip_suffix('s').unwrap_or(unit);
        let (unit, _) = UNITS.iter().find(|(_, name)| *name == singular).ok_or_else(wrong)?;
        let count = count.parse::<u16>().ok().filter(|count| *count <= 9999).ok_or_else(wrong)?;
        Ok(Self { count, unit: *unit })
    }
}

impl TryFrom<String> for Period {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Period> for String {
    fn from(period: Period) -> Self {
        period.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_are_read_as_law_writes_them_and_compared_with_care() {
        let period = |text: &str| text.parse::<Period>();
        for text in ["3 days", "1 day", "2 working days", "10 seconds", "6 months", "0 days", "1 year"] {
            assert_eq!(period(text).expect(text).to_string(), text);
        }
        for text in ["3", "days", "3 fortnights", "-1 days", "99999 days", "3  days", "three days"] {
            assert!(period(text).is_err(), "{text}");
        }
        let exceeds = |one: &str, other: &str| period(one).expect(one).surely_exceeds(period(other).expect(other));
        assert!(exceeds("7 months", "6 months") && exceeds("3 years", "18 months") && exceeds("1 day", "0 days"));
        assert!(!exceeds("31 days", "1 month") && !exceeds("1 month", "30 days") && !exceeds("6 months", "6 months"));
    }
}
