//! Public holidays of every country, and when legal time limits end.
//!
//! Owns `common/holidays/` and the arithmetic of Regulation (EEC, Euratom) No 1182/71. Knows neither clock nor message:
//! who counts from when is said by areas.

mod due;
mod easter;
mod file;
mod rules;

use crate::area::{AreaError, Period, entries};
pub use due::Start;
use jiff::{
    Timestamp,
    civil::Date,
    tz::{TimeZone, TimeZoneDatabase},
};
use rules::Calendar;
use std::{collections::BTreeMap, ffi::OsStr, path::Path};

/// Most countries that one gateway knows.
const MOST_COUNTRIES: usize = 300;
/// Where the clocks are looked at for countries without a file: the seat of the Commission.
const SEAT: &str = "Europe/Brussels";

/// The calendars of all countries. Immutable.
#[derive(Debug, Clone)]
pub struct Calendars {
    countries: BTreeMap<String, Calendar>,
    seat: TimeZone,
}

impl Calendars {
    /// Reads `common/holidays/*.toml` beneath the root of the packs; where there is no such folder, no country has
    /// holidays. A file that lies is an error with its line.
    ///
    /// Time zones are those of the binary, never of the machine: one that has none must not shift a time limit, and
    /// several hubs must agree.
    pub fn load(root: &Path) -> Result<Self, AreaError> {
        let folder = root.join("common/holidays");
        let zones = TimeZoneDatabase::bundled();
        let seat = zones.get(SEAT).map_err(|error| {
            AreaError::new(
                &folder,
                format!("the time zone {SEAT} is missing ({error})"),
                "build with jiff's time zones",
            )
        })?;
        let files = entries(&folder)?.into_iter().filter(|file| file.extension() == Some(OsStr::new("toml")));
        let mut countries = BTreeMap::new();
        for file in files {
            if countries.len() >= MOST_COUNTRIES {
                let reason = format!("it is one of more than {MOST_COUNTRIES} countries");
                return Err(AreaError::new(file, reason, "leave out what no area needs"));
            }
            let (country, calendar) = file::read(&file, &zones)?;
            countries.insert(country, calendar);
        }
        Ok(Self { countries, seat })
    }

    /// The countries that have a file, as the Union spells them (`EL`, `UK`), and `EU` for the Commission.
    pub fn countries(&self) -> impl Iterator<Item = &str> {
        self.countries.keys().map(String::as_str)
    }

    /// The English name of the public holiday that a day is in a country; a day in lieu of one has its name and
    /// `(substitute day)`. Holidays that are always Sundays are not listed.
    pub fn holiday(&self, country: &str, date: Date) -> Option<&str> {
        self.countries.get(country)?.year(date.year()).remove(&date)
    }

    /// Whether a day is neither a public holiday of the country nor a Saturday nor a Sunday (Regulation (EEC, Euratom)
    /// No 1182/71, Article 2(2)).
    pub fn is_working_day(&self, country: &str, date: Date) -> bool {
        !rules::is_weekend(date) && self.holiday(country, date).is_none()
    }

    /// When a period ends for a country: the first instant that is too late (Regulation (EEC, Euratom) No 1182/71,
    /// Article 3).
    ///
    /// - Seconds, minutes and hours are exact time from an instant; from a date, from the beginning of that day.
    /// - In all other units the day of the event does not count, and the period ends with the last hour of its last
    ///   day, in the country's time zone: the instant is the beginning of the day after.
    /// - Months and years end on the day of the same date, or on the last day of a shorter month (Article 3(2)(c)).
    /// - A last day that is a public holiday, a Saturday or a Sunday gives way to the next working day (Article 3(4)).
    /// - A period of two days or more includes at least two working days (Article 3(5)).
    /// - A period of length 0 ends with the day of the event, or with the next working day.
    ///
    /// A country without a file has no holidays but weekends, and the clocks of Brussels. What would lie outside the
    /// calendar ends with it: nothing fails.
    pub fn due(&self, start: Start, period: Period, country: &str) -> Timestamp {
        let calendar = self.countries.get(country);
        due::due(start, period, calendar, calendar.map_or(&self.seat, |calendar| &calendar.zone))
    }
}

#[cfg(test)]
mod tests;
