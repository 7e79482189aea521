//! A file of `common/holidays/`: what may be written in it, and what is refused.

use super::easter::Church;
use super::rules::{Calendar, Holiday, MonthDay, Rule, Yearly};
use crate::area::{AreaError, line_at, text, toml};
use jiff::{
    civil::{Date, Weekday},
    tz::TimeZoneDatabase,
};
use serde::Deserialize;
use std::{ffi::OsStr, ops::RangeInclusive, path::Path};
use toml::Spanned;

/// Most holidays of one country.
const MOST_HOLIDAYS: usize = 64;
/// Most single days or years that one holiday lists.
const MOST_LISTED: usize = 64;
/// Longest name of a holiday, in characters.
const MOST_CHARACTERS: usize = 80;
/// Farthest that a holiday is from Easter Sunday, in days: it stays in the year.
const MOST_DAYS_FROM_EASTER: i16 = 80;
/// Last day of December that still has every weekday on it or after it in the year.
const LAST_WITH_A_WEEK: i8 = 25;
/// Years that can be named: those of the Gregorian calendar, as far as dates go.
const YEARS: RangeInclusive<i16> = 1583..=9999;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    /// As the Union spells it; equal to the file's name.
    country: Spanned<String>,
    /// Time zone of the capital, by its name in the IANA database.
    zone: Spanned<String>,
    holiday: Vec<WrittenHoliday>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenHoliday {
    name: Spanned<String>,
    date: Option<WrittenDay>,
    /// Days from Easter Sunday.
    easter: Option<i16>,
    calendar: Option<Church>,
    weekday: Option<WrittenWeekday>,
    on_or_after: Option<WrittenDay>,
    instead: Option<WrittenInstead>,
    /// The first year.
    from: Option<i16>,
    /// The last year.
    until: Option<i16>,
    #[serde(default)]
    except: Vec<i16>,
    #[serde(default)]
    on: Vec<WrittenDate>,
    substitute: Option<WrittenSubstitute>,
    substitute_from: Option<i16>,
}

/// Where `date` is a `weekday`, it is the holiday instead.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenInstead {
    date: WrittenDay,
    weekday: WrittenWeekday,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum WrittenSubstitute {
    NextWorkingDay,
}

#[derive(Deserialize)]
#[serde(try_from = "String")]
struct WrittenDay(MonthDay);

impl TryFrom<String> for WrittenDay {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        // A leap year has every day that a year can have.
        let date = whole_date(&format!("2000-{text}"));
        let date = date.ok_or_else(|| format!("{text:?} is not a day of the year, as in \"05-01\""))?;
        Ok(Self(MonthDay { month: date.month(), day: date.day() }))
    }
}

#[derive(Deserialize)]
#[serde(try_from = "String")]
struct WrittenDate(Date);

impl TryFrom<String> for WrittenDate {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let date = whole_date(&text).filter(|date| YEARS.contains(&date.year()));
        date.map(Self).ok_or_else(|| format!("{text:?} is not a date, as in \"2022-06-03\""))
    }
}

/// A date and nothing beside it.
fn whole_date(text: &str) -> Option<Date> {
    text.parse().ok().filter(|date: &Date| date.to_string() == text)
}

#[derive(Deserialize)]
#[serde(try_from = "String")]
struct WrittenWeekday(Weekday);

impl TryFrom<String> for WrittenWeekday {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        const NAMES: [(&str, Weekday); 7] = [
            ("monday", Weekday::Monday),
            ("tuesday", Weekday::Tuesday),
            ("wednesday", Weekday::Wednesday),
            ("thursday", Weekday::Thursday),
            ("friday", Weekday::Friday),
            ("saturday", Weekday::Saturday),
            ("sunday", Weekday::Sunday),
        ];
        let found = NAMES.iter().find(|(name, _)| *name == text);
        found.map(|(_, weekday)| Self(*weekday)).ok_or_else(|| format!("{text:?} is not a weekday, as in \"monday\""))
    }
}

/// What is wrong with a holiday, and what to do about it.
type Fault = (String, &'static str);

/// The country of a file, and its calendar.
pub(super) fn read(file: &Path, zones: &TimeZoneDatabase) -> Result<(String, Calendar), AreaError> {
    let written: Written = toml(file)?;
    let source = text(file)?;
    let wrong = |offset: usize, reason: String, remedy: &str| {
        AreaError::new(file, reason, remedy).at_line(Some(line_at(&source, offset)))
    };
    let (at, country) = (written.country.span().start, written.country.into_inner());
    if country.len() != 2 || !country.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return Err(wrong(at, format!("{country:?} is not a country, as in \"EL\""), "write two capital letters"));
    }
    if file.file_stem() != Some(OsStr::new(&country)) {
        return Err(wrong(at, format!("the file calls itself {country}"), "give file and country the same name"));
    }
    let zone = zones.get(written.zone.get_ref()).map_err(|_| {
        let reason = format!("there is no time zone {:?}", written.zone.get_ref());
        wrong(written.zone.span().start, reason, "name one of the IANA database, as in \"Europe/Brussels\"")
    })?;
    if written.holiday.len() > MOST_HOLIDAYS {
        let reason = format!("it lists {} holidays, the limit is {MOST_HOLIDAYS}", written.holiday.len());
        return Err(AreaError::new(file, reason, "leave out what is no national holiday"));
    }
    let mut holidays = Vec::with_capacity(written.holiday.len());
    for written in written.holiday {
        let (at, name) = (written.name.span().start, written.name.get_ref().clone());
        let holiday = holiday(written);
        holidays.push(holiday.map_err(|(reason, remedy)| wrong(at, format!("{name:?} {reason}"), remedy))?);
    }
    Ok((country, Calendar { zone, holidays }))
}

fn holiday(written: WrittenHoliday) -> Result<Holiday, Fault> {
    let name = written.name.get_ref();
    if name.trim().is_empty() || name.chars().count() > MOST_CHARACTERS {
        return Err((format!("is no name of 1 to {MOST_CHARACTERS} characters"), "name the holiday in English"));
    }
    if written.on.len().max(written.except.len()) > MOST_LISTED {
        return Err((format!("lists more than {MOST_LISTED} days or years"), "write a rule"));
    }
    let substitute_from = substitute_from(&written)?;
    let yearly = yearly(&written)?;
    if yearly.is_none() && written.on.is_empty() {
        return Err(("says no day".to_owned(), "add `date`, `easter`, `weekday` or `on`"));
    }
    Ok(Holiday {
        substitute_name: format!("{name} (substitute day)"),
        name: name.clone(),
        yearly,
        on: written.on.into_iter().map(|date| date.0).collect(),
        substitute_from,
    })
}

fn substitute_from(written: &WrittenHoliday) -> Result<Option<i16>, Fault> {
    match (&written.substitute, written.substitute_from) {
        (Some(WrittenSubstitute::NextWorkingDay), from) => {
            year(from, "substitute_from").map(|from| from.or(Some(*YEARS.start())))
        }
        (None, Some(_)) => Err(("has `substitute_from` without `substitute`".to_owned(), "add it, or remove the key")),
        (None, None) => Ok(None),
    }
}

/// What is said of the holiday in every year; nothing where it has only single days.
fn yearly(written: &WrittenHoliday) -> Result<Option<Yearly>, Fault> {
    let Some(rule) = rule(written)? else {
        let is_bound = written.from.is_some() || written.until.is_some() || !written.except.is_empty();
        if is_bound || written.instead.is_some() {
            return Err((
                "limits a rule that it does not have".to_owned(),
                "remove `from`, `until`, `except`, `instead`",
            ));
        }
        return Ok(None);
    };
    if matches!(rule, Rule::Easter(..)) && written.instead.is_some() {
        return Err(("has `instead` beside `easter`".to_owned(), "use it with `date` or `weekday`"));
    }
    let from = year(written.from, "from")?.unwrap_or(*YEARS.start());
    let until = year(written.until, "until")?.unwrap_or(*YEARS.end());
    if from > until {
        return Err((format!("ends in {until} before it begins in {from}"), "correct `from` or `until`"));
    }
    if let Some(outside) = written.except.iter().find(|year| !(from..=until).contains(*year)) {
        return Err((format!("excepts {outside}, a year that it does not have"), "correct `except`"));
    }
    let instead = written.instead.as_ref().map(|instead| (instead.date.0, instead.weekday.0));
    Ok(Some(Yearly { rule, instead, years: from..=until, except: written.except.iter().copied().collect() }))
}

fn rule(written: &WrittenHoliday) -> Result<Option<Rule>, Fault> {
    let church = written.calendar.unwrap_or_default();
    let rule = match (&written.date, written.easter, &written.weekday, &written.on_or_after) {
        (Some(date), None, None, None) => Some(Rule::Fixed(date.0)),
        (None, Some(days), None, None) => Some(Rule::Easter(days, church)),
        (None, None, Some(weekday), Some(day)) => Some(Rule::First(weekday.0, day.0)),
        (None, None, None, None) => None,
        _ => {
            let remedy = "keep `date`, or `easter`, or `weekday` with `on_or_after`";
            return Err(("has more than one rule, or half of one".to_owned(), remedy));
        }
    };
    if written.easter.is_none() && written.calendar.is_some() {
        return Err(("has `calendar` without `easter`".to_owned(), "remove it: other days have one calendar"));
    }
    if written.easter.is_some_and(|days| !(-MOST_DAYS_FROM_EASTER..=MOST_DAYS_FROM_EASTER).contains(&days)) {
        return Err((format!("is more than {MOST_DAYS_FROM_EASTER} days from Easter"), "correct `easter`"));
    }
    let is_late = |day: &WrittenDay| day.0.month == 12 && day.0.day > LAST_WITH_A_WEEK;
    if written.on_or_after.as_ref().is_some_and(is_late) {
        return Err(("may fall into the next year".to_owned(), "begin with 12-25 at the latest"));
    }
    Ok(rule)
}

fn year(written: Option<i16>, key: &str) -> Result<Option<i16>, Fault> {
    match written {
        Some(year) if !YEARS.contains(&year) => {
            let reason = format!("has the year {year} as `{key}`, outside {} to {}", YEARS.start(), YEARS.end());
            Err((reason, "write a year of the Gregorian calendar"))
        }
        Some(_) | None => Ok(written),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    const HEAD: &str = "country = \"EL\"\nzone = \"Europe/Athens\"\n";

    fn refusal(source: &str) -> AreaError {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("EL.toml");
        fs::write(&file, source).expect("written");
        let error = read(&file, &TimeZoneDatabase::bundled()).expect_err(source);
        assert!(error.file == file && !error.remedy.is_empty(), "{error}");
        error
    }

    #[test]
    fn a_holiday_that_lies_is_refused_with_its_line_and_by_its_name() {
        let listed = |item: &str| format!("[{}]", vec![item; MOST_LISTED + 1].join(", "));
        let (dates, years) = (listed("\"2022-06-03\""), listed("2022"));
        for (keys, says) in [
            ("", "\"Feast\" says no day"),
            ("date = \"05-01\"\neaster = 1", "\"Feast\" has more than one rule"),
            ("weekday = \"monday\"", "or half of one"),
            ("on_or_after = \"05-01\"", "or half of one"),
            ("date = \"05-01\"\ncalendar = \"orthodox\"", "`calendar` without `easter`"),
            ("easter = 81", "more than 80 days from Easter"),
            ("easter = -81", "more than 80 days from Easter"),
            ("weekday = \"monday\"\non_or_after = \"12-26\"", "may fall into the next year"),
            ("easter = 1\ninstead = { date = \"02-01\", weekday = \"friday\" }", "`instead` beside `easter`"),
            ("on = [\"2022-06-03\"]\nfrom = 2000", "limits a rule"),
            ("on = [\"2022-06-03\"]\nexcept = [2000]", "limits a rule"),
            ("date = \"05-01\"\nfrom = 1582", "the year 1582 as `from`"),
            ("date = \"05-01\"\nuntil = 10000", "the year 10000 as `until`"),
            ("date = \"05-01\"\nfrom = 2010\nuntil = 2009", "ends in 2009 before it begins in 2010"),
            ("date = \"05-01\"\nfrom = 2010\nexcept = [2009]", "excepts 2009"),
            ("date = \"05-01\"\nsubstitute_from = 2017", "`substitute_from` without `substitute`"),
            (&format!("on = {dates}"), "lists more than 64"),
            (&format!("date = \"05-01\"\nexcept = {years}"), "lists more than 64"),
        ] {
            let error = refusal(&format!("{HEAD}\n[[holiday]]\nname = \"Feast\"\n{keys}\n"));
            assert_eq!((error.line, error.reason.contains(says)), (Some(5), true), "{keys}: {error}");
        }
    }

    #[test]
    fn a_value_that_is_none_is_refused_with_its_line() {
        for (keys, says) in [
            ("date = \"5-1\"", "\"5-1\" is not a day of the year"),
            ("date = \"02-30\"", "\"02-30\" is not a day of the year"),
            ("date = \"05-01T00:00\"", "is not a day of the year"),
            ("date = 1979-05-01", "invalid type"),
            ("on = [\"2022-6-3\"]", "\"2022-6-3\" is not a date"),
            ("on = [\"1066-10-14\"]", "\"1066-10-14\" is not a date"),
            ("weekday = \"moonday\"", "\"moonday\" is not a weekday"),
            ("easter = 40000", "40000"),
            ("calendar = \"julian\"", "unknown variant `julian`"),
            ("substitute = \"monday\"", "unknown variant `monday`"),
            ("instead = { date = \"02-01\" }", "missing field `weekday`"),
            ("instead = { date = \"02-01\", weekday = \"friday\", year = 1 }", "unknown field `year`"),
            ("colour = \"red\"", "unknown field `colour`"),
        ] {
            let error = refusal(&format!("{HEAD}\n[[holiday]]\nname = \"Feast\"\n{keys}\n"));
            assert_eq!((error.line, error.reason.contains(says)), (Some(6), true), "{keys}: {error}");
        }
    }

    #[test]
    fn a_file_that_lies_is_refused_with_its_line() {
        let many = format!("{HEAD}{}", "[[holiday]]\nname = \"Feast\"\ndate = \"05-01\"\n".repeat(MOST_HOLIDAYS + 1));
        let long = format!("{HEAD}[[holiday]]\nname = \"{}\"\ndate = \"05-01\"\n", "x".repeat(MOST_CHARACTERS + 1));
        for (source, line, says) in [
            (HEAD.replace("EL", "GR") + "holiday = []\n", Some(1), "calls itself GR"),
            (HEAD.replace("EL", "el") + "holiday = []\n", Some(1), "\"el\" is not a country"),
            (HEAD.replace("EL", "Greece") + "holiday = []\n", Some(1), "\"Greece\" is not a country"),
            (HEAD.replace("Athens", "Sparta") + "holiday = []\n", Some(2), "no time zone \"Europe/Sparta\""),
            (HEAD.to_owned(), Some(1), "missing field `holiday`"),
            (format!("{HEAD}colour = 1\nholiday = []\n"), Some(3), "unknown field `colour`"),
            (format!("{HEAD}[[holiday]]\nname = \" \"\ndate = \"05-01\"\n"), Some(4), "is no name"),
            (long, Some(4), "is no name of 1 to 80"),
            (format!("{HEAD}[[holiday]]\ndate = \"05-01\"\n"), Some(3), "missing field `name`"),
            (many, None, "lists 65 holidays, the limit is 64"),
            ("country = ".to_owned(), Some(1), ""),
        ] {
            let error = refusal(&source);
            assert_eq!((error.line, error.reason.contains(says)), (line, true), "{error}");
        }
    }
}
