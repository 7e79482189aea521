//! When a legal time limit ends: Regulation (EEC, Euratom) No 1182/71, Articles 2 and 3.
//!
//! Pure: no clock, no files. Nothing here fails; what would lie outside the calendar ends with it.

use super::rules::{Calendar, is_weekend};
use crate::area::{Period, Unit};
use jiff::{SignedDuration, Span, Timestamp, civil::Date, tz::TimeZone};
use std::collections::BTreeMap;

/// The event that a period runs from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// A moment. Its day is the one that it has where the period ends.
    Instant(Timestamp),
    /// A day.
    Date(Date),
}

/// The end of a period, as the first instant that is no longer within it.
pub(super) fn due(start: Start, period: Period, calendar: Option<&Calendar>, zone: &TimeZone) -> Timestamp {
    let count = i64::from(period.count);
    let elapsed = |length| elapsed(start, length, zone);
    let ends = |length: Span, is_long| {
        let event = day(start, zone);
        let mut working = WorkingDays::new(calendar);
        end_of(last_day(event, event.saturating_add(length), is_long, &mut working), zone)
    };
    match period.unit {
        Unit::Seconds => elapsed(SignedDuration::from_secs(count)),
        Unit::Minutes => elapsed(SignedDuration::from_mins(count)),
        Unit::Hours => elapsed(SignedDuration::from_hours(count)),
        Unit::Days => ends(Span::new().days(count), count >= 2),
        Unit::Weeks => ends(Span::new().weeks(count), count >= 1),
        Unit::Months => ends(Span::new().months(count), count >= 1),
        Unit::Years => ends(Span::new().years(count), count >= 1),
        Unit::WorkingDays => {
            let mut working = WorkingDays::new(calendar);
            let last = working.after(day(start, zone), period.count);
            end_of(working.from(last), zone)
        }
    }
}

/// The last day of a period that is not expressed in hours, where it would end on the day `nominal`: the same day where
/// it is a working day, else the next one (Article 3(4)). A period of two days or more includes at least two working
/// days (Article 3(5)), so it ends with the second one after its event, if not later.
fn last_day(event: Date, nominal: Date, is_long: bool, working: &mut WorkingDays<'_>) -> Date {
    let last = working.from(nominal);
    if is_long { last.max(working.after(event, 2)) } else { last }
}

/// Exact time after an instant, or after the beginning of a day.
fn elapsed(start: Start, length: SignedDuration, zone: &TimeZone) -> Timestamp {
    let begin = match start {
        Start::Instant(instant) => instant,
        Start::Date(date) => start_of(date, zone),
    };
    begin.checked_add(length).unwrap_or(Timestamp::MAX)
}

fn day(start: Start, zone: &TimeZone) -> Date {
    match start {
        Start::Instant(instant) => instant.to_zoned(zone.clone()).date(),
        Start::Date(date) => date,
    }
}

/// The first instant of a day.
fn start_of(date: Date, zone: &TimeZone) -> Timestamp {
    let outside = if date.year() < 0 { Timestamp::MIN } else { Timestamp::MAX };
    date.to_zoned(zone.clone()).map_or(outside, |start| start.timestamp())
}

/// The end of a day: the first instant of the next.
fn end_of(date: Date, zone: &TimeZone) -> Timestamp {
    date.tomorrow().map_or(Timestamp::MAX, |next| start_of(next, zone))
}

/// Walks over working days; keeps the holidays of the year that it is in.
struct WorkingDays<'a> {
    calendar: Option<&'a Calendar>,
    year: Option<i16>,
    holidays: BTreeMap<Date, &'a str>,
}

impl<'a> WorkingDays<'a> {
    fn new(calendar: Option<&'a Calendar>) -> Self {
        Self { calendar, year: None, holidays: BTreeMap::new() }
    }

    fn is_one(&mut self, date: Date) -> bool {
        if self.year != Some(date.year()) {
            self.year = Some(date.year());
            self.holidays = self.calendar.map(|calendar| calendar.year(date.year())).unwrap_or_default();
        }
        !is_weekend(date) && !self.holidays.contains_key(&date)
    }

    /// This day where it is a working day, else the next one; the calendar's last day where there is none.
    fn from(&mut self, mut date: Date) -> Date {
        while !self.is_one(date) {
            let Ok(next) = date.tomorrow() else { return Date::MAX };
            date = next;
        }
        date
    }

    /// The so-manieth working day after a day; the calendar's last day where it has no more. With 0, the day itself.
    fn after(&mut self, mut date: Date, count: u16) -> Date {
        for _ in 0..count {
            let Ok(next) = date.tomorrow() else { return Date::MAX };
            date = self.from(next);
        }
        date
    }
}

#[cfg(test)]
mod tests;
