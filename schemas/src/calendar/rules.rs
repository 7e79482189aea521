//! When a country's holidays are: rules, and the days that they mean in a year. Knows nothing of files and periods.

use super::easter::{Church, easter};
use jiff::{
    ToSpan,
    civil::{Date, Weekday},
    tz::TimeZone,
};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

/// A day of every year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct MonthDay {
    pub(super) month: i8,
    pub(super) day: i8,
}

impl MonthDay {
    /// This day in a year; 29 February only in leap years.
    pub(super) fn of(self, year: i16) -> Option<Date> {
        Date::new(year, self.month, self.day).ok()
    }
}

/// How a day is found in a year; it is of that year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rule {
    /// The same day every year.
    Fixed(MonthDay),
    /// So many days after Easter Sunday, or before it.
    Easter(i16, Church),
    /// The first such weekday on a day or after it.
    First(Weekday, MonthDay),
}

impl Rule {
    fn day(self, year: i16) -> Option<Date> {
        match self {
            Self::Fixed(day) => day.of(year),
            Self::Easter(days, church) => easter(church, year)?.checked_add(days.days()).ok(),
            Self::First(weekday, day) => {
                let earliest = day.of(year)?;
                earliest.checked_add(earliest.weekday().until(weekday).days()).ok()
            }
        }
    }
}

/// A holiday that comes every year.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Yearly {
    pub(super) rule: Rule,
    /// This day is the holiday instead where it is such a weekday.
    pub(super) instead: Option<(MonthDay, Weekday)>,
    /// The first and the last year.
    pub(super) years: RangeInclusive<i16>,
    /// Years between them without it.
    pub(super) except: BTreeSet<i16>,
}

impl Yearly {
    fn day(&self, year: i16) -> Option<Date> {
        if !self.years.contains(&year) || self.except.contains(&year) {
            return None;
        }
        let other = self.instead.and_then(|(day, weekday)| day.of(year).filter(|day| day.weekday() == weekday));
        other.or_else(|| self.rule.day(year))
    }
}

/// A holiday.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Holiday {
    pub(super) name: String,
    /// What the day in lieu is called.
    pub(super) substitute_name: String,
    pub(super) yearly: Option<Yearly>,
    /// Days of single years.
    pub(super) on: BTreeSet<Date>,
    /// The first year in which the next working day is free where the holiday falls on a Saturday or Sunday.
    pub(super) substitute_from: Option<i16>,
}

impl Holiday {
    fn days(&self, year: i16) -> impl Iterator<Item = Date> {
        let single = self.on.iter().copied().filter(move |day| day.year() == year);
        self.yearly.iter().filter_map(move |yearly| yearly.day(year)).chain(single)
    }

    fn is_substituted(&self, day: Date) -> bool {
        is_weekend(day) && self.substitute_from.is_some_and(|from| from <= day.year())
    }
}

/// Whether a day is a Saturday or a Sunday.
pub(super) fn is_weekend(day: Date) -> bool {
    matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday)
}

/// A country's holidays, and its clocks.
#[derive(Debug, Clone)]
pub(super) struct Calendar {
    pub(super) zone: TimeZone,
    pub(super) holidays: Vec<Holiday>,
}

impl Calendar {
    /// The holidays of a year with their names, days in lieu among them.
    pub(super) fn year(&self, year: i16) -> BTreeMap<Date, &str> {
        let mut days = BTreeMap::new();
        for (day, holiday) in self.regular(year) {
            days.entry(day).or_insert(holiday.name.as_str());
        }
        for (day, holiday) in self.in_lieu(year) {
            days.entry(day).or_insert(holiday.substitute_name.as_str());
        }
        days
    }

    fn regular(&self, year: i16) -> impl Iterator<Item = (Date, &Holiday)> {
        self.holidays.iter().flat_map(move |holiday| holiday.days(year).map(move |day| (day, holiday)))
    }

    /// Days in lieu in a year. A holiday of the year before may have its own in this one.
    fn in_lieu(&self, year: i16) -> Vec<(Date, &Holiday)> {
        if self.holidays.iter().all(|holiday| holiday.substitute_from.is_none()) {
            return Vec::new();
        }
        let (before, after) = (year.saturating_sub(1), year.saturating_add(1));
        let mut known: Vec<_> = (before..=after).flat_map(|year| self.regular(year)).collect();
        known.sort_by_key(|(day, _)| *day);
        let mut taken: BTreeSet<Date> = known.iter().map(|(day, _)| *day).collect();
        let mut found = Vec::new();
        for (day, holiday) in known.into_iter().filter(|(day, holiday)| holiday.is_substituted(*day)) {
            if let Some(free) = next_free(day, &taken) {
                taken.insert(free);
                found.push((free, holiday));
            }
        }
        found.retain(|(day, _)| day.year() == year);
        found
    }
}

/// The first day after this one that is neither taken nor on a weekend; nothing at the calendar's end.
fn next_free(day: Date, taken: &BTreeSet<Date>) -> Option<Date> {
    let mut free = day.tomorrow().ok()?;
    while is_weekend(free) || taken.contains(&free) {
        free = free.tomorrow().ok()?;
    }
    Some(free)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn holiday(name: &str, rule: Rule) -> Holiday {
        Holiday {
            name: name.to_owned(),
            substitute_name: format!("{name} in lieu"),
            yearly: Some(Yearly { rule, instead: None, years: 2000..=9999, except: BTreeSet::new() }),
            on: BTreeSet::new(),
            substitute_from: Some(2000),
        }
    }

    fn fixed(month: i8, day: i8) -> Rule {
        Rule::Fixed(MonthDay { month, day })
    }

    fn calendar(holidays: Vec<Holiday>) -> Calendar {
        Calendar { zone: TimeZone::UTC, holidays }
    }

    #[test]
    fn days_in_lieu_skip_holidays_and_each_other_also_over_the_turn_of_the_year() {
        let calendar = calendar(vec![holiday("Old", fixed(12, 31)), holiday("New", fixed(1, 1))]);
        // 31 December 2022 was a Saturday.
        let expected = [
            (date(2023, 1, 1), "New"),
            (date(2023, 1, 2), "Old in lieu"),
            (date(2023, 1, 3), "New in lieu"),
            (date(2023, 12, 31), "Old"),
        ];
        assert_eq!(calendar.year(2023).into_iter().collect::<Vec<_>>(), expected);
        assert_eq!(calendar.year(2022).into_keys().next_back(), Some(date(2022, 12, 31)));
    }

    #[test]
    fn a_leap_day_is_a_holiday_in_leap_years_only() {
        let calendar = calendar(vec![holiday("Leap", fixed(2, 29))]);
        assert_eq!(calendar.year(2024).into_keys().collect::<Vec<_>>(), [date(2024, 2, 29)]);
        assert!(calendar.year(2023).is_empty());
    }

    #[test]
    fn where_the_calendar_ends_there_is_no_day_in_lieu() {
        // 26 December 9999 is a Sunday; every day after it is taken.
        let mut last = holiday("Last", fixed(12, 26));
        last.yearly = None;
        last.on = (26..=31).map(|day| date(9999, 12, day)).collect();
        let calendar = calendar(vec![last]);
        assert_eq!(calendar.year(9999).len(), 6);
        assert!(calendar.year(i16::MAX).is_empty() && calendar.year(i16::MIN).is_empty());
    }

    #[test]
    fn a_holiday_keeps_to_its_years() {
        let mut kept = holiday("Kept", fixed(5, 1));
        kept.yearly = kept.yearly.map(|yearly| Yearly { years: 2010..=2012, except: BTreeSet::from([2011]), ..yearly });
        kept.on = BTreeSet::from([date(2011, 5, 9)]);
        let calendar = calendar(vec![kept]);
        let days: Vec<_> = (2009..=2013).flat_map(|year| calendar.year(year).into_keys()).collect();
        assert_eq!(days, [date(2010, 5, 1), date(2010, 5, 3), date(2011, 5, 9), date(2012, 5, 1)]);
    }
}
