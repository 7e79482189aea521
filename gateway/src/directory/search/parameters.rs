//! Criteria from the parameters of an address or a command line: names and values, each checked, each fault with its remedy.

use super::{AuthorityCriteria, Competence, MOST_RESULTS, Paging, Professions, RegisterCriteria, fold};
use crate::directory::{
    AuthorityStatus, Level,
    check::{REGISTER_ACCESS, REGISTER_KINDS, is_country, is_nuts},
    union_code,
};
use schemas::area::Role;
use std::fmt;

/// Longest text that is looked for, in characters.
const LONGEST_TEXT: usize = 200;
/// Longest value of any other parameter, in bytes.
const LONGEST_VALUE: usize = 128;
/// Most parameters of one search.
const MOST_PARAMETERS: usize = 100;
/// Most results that may be passed over.
const MOST_PASSED_OVER: usize = 1_000_000;

/// A parameter that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadParameter {
    /// Its name.
    pub parameter: String,
    /// What is wrong.
    pub problem: String,
    /// What to do.
    pub remedy: String,
}

impl fmt::Display for BadParameter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}; {}", self.parameter, self.problem, self.remedy)
    }
}

impl AuthorityCriteria {
    /// The names of all parameters.
    pub const PARAMETERS: [&'static str; 13] = [
        "q",
        "country",
        "region",
        "level",
        "area",
        "role",
        "profession",
        "nace",
        "language",
        "status",
        "lang",
        "offset",
        "limit",
    ];

    /// Criteria from names and values. `country`, `level`, `area`, `status` may be given several times: any of them;
    /// `profession` and `nace` too: all of them; the others once.
    ///
    /// # Errors
    /// The first parameter that is unknown, given too often or malformed.
    pub fn from_parameters<'a>(
        parameters: impl IntoIterator<Item = (&'a str, &'a str)>,
        professions: &Professions,
    ) -> Result<Self, BadParameter> {
        let mut criteria = Self::default();
        let mut once = Once::default();
        for (name, value) in parameters {
            let given = once.given(name, value)?;
            match name {
                "q" => criteria.text = Some(once.the_only(given)?.text()?),
                "country" => criteria.countries.push(given.country()?),
                "region" => criteria.region = Some(once.the_only(given)?.region()?),
                "level" => criteria.levels.push(given.one_of(&LEVELS)?),
                "area" => criteria.areas.push(given.parsed("an area's name, e.g. imi-pq")?),
                "role" => criteria.role = Some(once.the_only(given)?.one_of(&ROLES)?),
                "profession" => criteria.competences.push(Competence::Profession(given.profession(professions)?)),
                "nace" => criteria.competences.push(Competence::Nace(given.nace()?)),
                "language" => criteria.language = Some(once.the_only(given)?.language()?),
                "status" => criteria.statuses.push(given.one_of(&STATUSES)?),
                _ => once.paging(given, &mut criteria.paging, &Self::PARAMETERS)?,
            }
        }
        Ok(criteria)
    }
}

impl RegisterCriteria {
    /// The names of all parameters.
    pub const PARAMETERS: [&'static str; 12] = [
        "q",
        "country",
        "type",
        "profession",
        "nace",
        "region",
        "access",
        "electronic",
        "language",
        "lang",
        "offset",
        "limit",
    ];

    /// Criteria from names and values. `country`, `type` and `access` may be given several times: any of them; the others
    /// once.
    ///
    /// # Errors
    /// The first parameter that is unknown, given too often or malformed.
    pub fn from_parameters<'a>(
        parameters: impl IntoIterator<Item = (&'a str, &'a str)>,
        professions: &Professions,
    ) -> Result<Self, BadParameter> {
        let mut criteria = Self::default();
        let mut once = Once::default();
        for (name, value) in parameters {
            let given = once.given(name, value)?;
            match name {
                "q" => criteria.text = Some(once.the_only(given)?.text()?),
                "country" => criteria.countries.push(given.country()?),
                "type" => criteria.kinds.push(given.one_of(&REGISTER_KINDS.map(|kind| (kind, kind)))?.to_owned()),
                "profession" => criteria.profession = Some(once.the_only(given)?.profession(professions)?),
                "nace" => criteria.nace = Some(once.the_only(given)?.nace()?),
                "region" => criteria.region = Some(once.the_only(given)?.region()?),
                "access" => {
                    criteria.access.push(given.one_of(&REGISTER_ACCESS.map(|access| (access, access)))?.to_owned());
                }
                "electronic" => {
                    criteria.electronic = Some(once.the_only(given)?.one_of(&[("true", true), ("false", false)])?);
                }
                "language" => criteria.language = Some(once.the_only(given)?.language()?),
                _ => once.paging(given, &mut criteria.paging, &Self::PARAMETERS)?,
            }
        }
        Ok(criteria)
    }
}

const LEVELS: [(&str, Level); 3] =
    [("national", Level::National), ("regional", Level::Regional), ("local", Level::Local)];
const ROLES: [(&str, Role); 3] =
    [("requester", Role::Requester), ("responder", Role::Responder), ("coordinator", Role::Coordinator)];
const STATUSES: [(&str, AuthorityStatus); 5] = [
    ("invited", AuthorityStatus::Invited),
    ("pending", AuthorityStatus::Pending),
    ("active", AuthorityStatus::Active),
    ("suspended", AuthorityStatus::Suspended),
    ("withdrawn", AuthorityStatus::Withdrawn),
];

/// What was given so far, for parameters that may be given once.
#[derive(Default)]
struct Once<'a> {
    number: usize,
    seen: Vec<&'a str>,
}

impl<'a> Once<'a> {
    fn given(&mut self, name: &'a str, value: &'a str) -> Result<Given<'a>, BadParameter> {
        self.number += 1;
        let given = Given { name, value };
        if self.number > MOST_PARAMETERS {
            return Err(given.bad("one parameter too many", format!("give at most {MOST_PARAMETERS}")));
        }
        if name != "q" && value.len() > LONGEST_VALUE {
            return Err(given.bad("its value is too long", format!("give at most {LONGEST_VALUE} bytes")));
        }
        Ok(given)
    }

    fn the_only(&mut self, given: Given<'a>) -> Result<Given<'a>, BadParameter> {
        if self.seen.contains(&given.name) {
            return Err(given.bad("it is given twice", "give it once"));
        }
        self.seen.push(given.name);
        Ok(given)
    }

    /// Parameters that are the same for every search; any other is unknown.
    fn paging(&mut self, given: Given<'a>, paging: &mut Paging, known: &[&str]) -> Result<(), BadParameter> {
        match given.name {
            "lang" => paging.language = Some(self.the_only(given)?.language()?),
            "offset" => paging.offset = self.the_only(given)?.number(0, MOST_PASSED_OVER)?,
            "limit" => paging.limit = self.the_only(given)?.number(1, MOST_RESULTS)?,
            _ => return Err(given.bad("there is no such parameter", format!("there are {}", known.join(", ")))),
        }
        Ok(())
    }
}

#[derive(Clone, Copy)]
struct Given<'a> {
    name: &'a str,
    value: &'a str,
}

impl Given<'_> {
    fn bad(self, problem: impl Into<String>, remedy: impl Into<String>) -> BadParameter {
        let parameter = self.name.chars().take(LONGEST_VALUE).collect();
        BadParameter { parameter, problem: problem.into(), remedy: remedy.into() }
    }

    /// A value that is not what it should be.
    fn is_no(self, what: &str, remedy: impl Into<String>) -> BadParameter {
        self.bad(format!("{:?} is no {what}", self.value), remedy)
    }

    fn text(self) -> Result<String, BadParameter> {
        if self.value.chars().nth(LONGEST_TEXT).is_some() {
            return Err(self.bad("it is too long", format!("give at most {LONGEST_TEXT} characters")));
        }
        if fold::words(self.value).is_empty() {
            return Err(self.bad("there is no word in it", "give at least one letter or digit, or leave it out"));
        }
        Ok(self.value.to_owned())
    }

    fn country(self) -> Result<String, BadParameter> {
        let code = self.value.to_ascii_uppercase();
        if is_country(union_code(&code)) {
            Ok(union_code(&code).to_owned())
        } else {
            Err(self.is_no("country", "two letters, e.g. PL"))
        }
    }

    fn region(self) -> Result<String, BadParameter> {
        let code = self.value.to_ascii_uppercase();
        if is_nuts(&code) {
            Ok(code)
        } else {
            Err(self.is_no("NUTS code", "a country and up to three more, e.g. DE21"))
        }
    }

    fn profession(self, professions: &Professions) -> Result<String, BadParameter> {
        if professions.may_exist(self.value) {
            return Ok(self.value.to_owned());
        }
        Err(self.is_no("profession of the area imi-pq", "give its code, e.g. pharmacist; words go into q"))
    }

    fn nace(self) -> Result<String, BadParameter> {
        let remedy = "a section, division, group or class of NACE Rev. 2, e.g. Q, 86, 86.2 or 86.21";
        let is_digits = |text: &str, most: usize| {
            (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
        };
        let is_code = match (self.value.as_bytes(), self.value.split_once('.')) {
            ([b'A'..=b'U'], _) => true,
            (_, Some((division, rest))) => division.len() == 2 && is_digits(division, 2) && is_digits(rest, 2),
            (_, None) => self.value.len() == 2 && is_digits(self.value, 2),
        };
        if is_code { Ok(self.value.to_owned()) } else { Err(self.is_no("activity", remedy)) }
    }

    fn language(self) -> Result<String, BadParameter> {
        let mut parts = self.value.split('-');
        let is_primary =
            |part: &str| (2..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphabetic());
        let is_part =
            |part: &str| (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if parts.next().is_some_and(is_primary) && parts.all(is_part) {
            return Ok(self.value.to_owned());
        }
        Err(self.is_no("language", "give a tag (BCP 47), e.g. el or pt-PT"))
    }

    fn parsed<T: std::str::FromStr<Err: fmt::Display>>(self, remedy: &str) -> Result<T, BadParameter> {
        self.value.parse().map_err(|error: T::Err| self.bad(format!("{:?}: {error}", self.value), remedy))
    }

    fn one_of<T: Copy>(self, values: &[(&str, T)]) -> Result<T, BadParameter> {
        let found = values.iter().find(|(word, _)| *word == self.value).map(|(_, value)| *value);
        found.ok_or_else(|| {
            let words: Vec<&str> = values.iter().map(|(word, _)| *word).collect();
            self.bad(format!("{:?} is unknown", self.value), format!("give one of {}", words.join(", ")))
        })
    }

    fn number(self, least: usize, most: usize) -> Result<usize, BadParameter> {
        let number = self.value.parse().ok().filter(|number| (least..=most).contains(number));
        number.ok_or_else(|| self.is_no("number in range", format!("give one from {least} to {most}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn authorities(parameters: &[(&str, &str)]) -> Result<AuthorityCriteria, BadParameter> {
        AuthorityCriteria::from_parameters(parameters.iter().copied(), &Professions::example(&[("nurse", "Nurse")]))
    }

    #[test]
    fn every_parameter_of_an_authority_search_is_read() {
        let criteria = authorities(&[
            ("q", "izba"),
            ("country", "gr"),
            ("country", "PL"),
            ("region", "de21"),
            ("level", "local"),
            ("area", "imi-pq"),
            ("role", "responder"),
            ("profession", "nurse"),
            ("nace", "86.2"),
            ("language", "pl"),
            ("status", "suspended"),
            ("lang", "pt-PT"),
            ("offset", "20"),
            ("limit", "10"),
        ]);
        let expected = AuthorityCriteria {
            text: Some("izba".into()),
            countries: vec!["EL".into(), "PL".into()],
            region: Some("DE21".into()),
            levels: vec![Level::Local],
            areas: vec!["imi-pq".parse().expect("an area")],
            role: Some(Role::Responder),
            competences: vec![Competence::Profession("nurse".into()), Competence::Nace("86.2".into())],
            language: Some("pl".into()),
            statuses: vec![AuthorityStatus::Suspended],
            paging: Paging { offset: 20, limit: 10, language: Some("pt-PT".into()) },
        };
        assert_eq!(criteria, Ok(expected));
    }

    #[test]
    fn a_bad_parameter_is_named_with_its_remedy() {
        let long = "a".repeat(201);
        for (name, value, remedy) in [
            ("queue", "x", "there are q, country"),
            ("q", "--", "at least one letter"),
            ("q", long.as_str(), "200 characters"),
            ("country", "POL", "e.g. PL"),
            ("region", "D", "e.g. DE21"),
            ("region", "DE2100", "e.g. DE21"),
            ("level", "National", "national, regional, local"),
            ("area", "IMI PQ", "imi-pq"),
            ("area", long.as_str(), "128 bytes"),
            ("role", "watcher", "coordinator"),
            ("profession", "Nurse", "words go into q"),
            ("nace", "8", "86.21"),
            ("nace", "862", "86.21"),
            ("nace", "86.", "86.21"),
            ("nace", "86.211", "86.21"),
            ("nace", "V", "86.21"),
            ("language", "e", "BCP 47"),
            ("language", "en-", "BCP 47"),
            ("lang", "é", "BCP 47"),
            ("status", "gone", "withdrawn"),
            ("offset", "-1", "from 0"),
            ("limit", "0", "from 1 to 200"),
            ("limit", "201", "from 1 to 200"),
        ] {
            let bad = authorities(&[(name, value)]).expect_err(value);
            assert!(bad.parameter == name && bad.remedy.contains(remedy), "{name}={value}: {bad}");
        }
        let twice = authorities(&[("q", "one"), ("q", "two")]).expect_err("twice");
        assert_eq!(twice.to_string(), "q: it is given twice; give it once");
        assert!(authorities(&[("country", "PL"); 101]).is_err());
    }

    #[test]
    fn every_parameter_of_a_register_search_is_read() {
        let read = |parameters: &[(&str, &str)]| {
            RegisterCriteria::from_parameters(parameters.iter().copied(), &Professions::default())
        };
        let criteria = read(&[
            ("type", "business"),
            ("type", "licence"),
            ("access", "public-free"),
            ("electronic", "true"),
            ("profession", "any-one"),
            ("nace", "Q"),
        ]);
        let expected = RegisterCriteria {
            kinds: vec!["business".into(), "licence".into()],
            access: vec!["public-free".into()],
            electronic: Some(true),
            profession: Some("any-one".into()),
            nace: Some("Q".into()),
            ..RegisterCriteria::default()
        };
        assert_eq!(criteria, Ok(expected));
        for (name, value) in [("type", "list"), ("access", "open"), ("electronic", "yes"), ("status", "active")] {
            assert_eq!(read(&[(name, value)]).expect_err(value).parameter, name);
        }
    }
}
