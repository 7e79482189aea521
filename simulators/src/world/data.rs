//! The lists that the world is made of: one file per country and `shared.toml`, embedded; `data/world/README.md` tells
//! their form. Knows nothing of identifiers and coordinators.

use super::{WorldError, record::Level};
use serde::{Deserialize, de::DeserializeOwned};
use std::collections::BTreeMap;

macro_rules! countries {
    ($($code:literal)*) => {
        /// Codes and files of the thirty countries, in the order of the annual report's Figure 2.
        const FILES: &[(&str, &str)] =
            &[$(($code, include_str!(concat!("../../data/world/", $code, ".toml")))),*];
    };
}
countries! {
    "AT" "BE" "BG" "CY" "CZ" "DE" "DK" "EE" "ES" "FI" "FR" "EL" "HU" "IE" "IS" "IT" "LI" "LT" "LU" "LV" "MT" "NL" "NO"
    "PL" "PT" "RO" "SE" "SI" "SK" "UK"
}
const SHARED: &str = include_str!("../../data/world/shared.toml");
const LANGUAGES: &str = include_str!("../../data/world/languages.toml");

/// The codes of the thirty countries.
pub fn countries() -> impl Iterator<Item = &'static str> {
    FILES.iter().map(|(code, _)| *code)
}

/// What one country's file says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Country {
    /// Name of its back office.
    pub(super) participant: String,
    /// Authorities for professional qualifications only, for services only, for both (Figure 2).
    pub(super) figure: [usize; 3],
    /// Languages that names are given in, the first one first.
    pub(super) languages: Vec<String>,
    /// Calling code.
    pub(super) telephone: String,
    /// A street; `{}` is the house number.
    pub(super) street: String,
    /// Where national authorities sit.
    pub(super) capital: String,
    /// Professions for which no authority is registered (Figure 4).
    #[serde(default)]
    pub(super) missing: Vec<String>,
    #[serde(default)]
    pub(super) pq: Vec<Row>,
    #[serde(default)]
    pub(super) services: Vec<Row>,
    #[serde(default)]
    pub(super) both: Vec<Row>,
    #[serde(default)]
    pub(super) series: Vec<Series>,
    /// Places by list: `NUTS name, name, …`.
    #[serde(default)]
    pub(super) places: BTreeMap<String, Vec<String>>,
}

/// One authority: key, name, name in English, words, and the NUTS code of its region if it has one.
pub(super) type Row = Vec<String>;

/// Column of Figure 2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Column {
    /// Professional qualifications only.
    Pq,
    /// Services only.
    Services,
    /// Both.
    Both,
}

impl Column {
    pub(super) const ALL: [Self; 3] = [Self::Pq, Self::Services, Self::Both];
}

/// Authorities of one kind, one for each place of a list.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Series {
    pub(super) key: String,
    pub(super) column: Column,
    /// `{}` is the place; languages divided by `|`.
    pub(super) name: String,
    pub(super) en: String,
    pub(super) places: Vec<String>,
    #[serde(default)]
    pub(super) words: String,
    #[serde(default = "local")]
    pub(super) level: Level,
    /// Languages, where they are not the country's.
    #[serde(default)]
    pub(super) languages: Vec<String>,
    /// Whether the region's coordinator sends and receives for it.
    #[serde(default)]
    pub(super) liaison: bool,
    /// Whether the place is a town, and its authority has an address there.
    #[serde(default)]
    pub(super) town: bool,
    /// Key of the series whose authority of the same place it shares a mailbox with.
    pub(super) mailbox: Option<String>,
}

fn local() -> Level {
    Level::Local
}

/// A place of a list.
#[derive(Debug, Clone)]
pub(super) struct Place {
    /// NUTS code.
    pub(super) region: String,
    /// Its name as the pattern needs it, by language of the series.
    pub(super) names: Vec<String>,
    /// Its name in English, where that differs.
    pub(super) english: Option<String>,
}

impl Country {
    /// The rows of a column.
    pub(super) fn rows(&self, column: Column) -> &[Row] {
        match column {
            Column::Pq => &self.pq,
            Column::Services => &self.services,
            Column::Both => &self.both,
        }
    }

    /// How many authorities a column has.
    pub(super) fn count(&self, column: Column) -> usize {
        let [pq, services, both] = self.figure;
        match column {
            Column::Pq => pq,
            Column::Services => services,
            Column::Both => both,
        }
    }

    /// The places of a list, in its order; none where there is no such list.
    pub(super) fn places(&self, list: &str) -> impl Iterator<Item = Place> {
        self.places.get(list).into_iter().flatten().flat_map(|line| {
            let (region, names) = line.split_once(' ').unwrap_or((line, ""));
            names.split(',').map(str::trim).filter(|name| !name.is_empty()).map(move |entry| {
                let (names, english) = entry.split_once('=').map_or((entry, None), |(a, b)| (a, Some(b)));
                Place {
                    region: region.to_owned(),
                    names: names.split('|').map(str::to_owned).collect(),
                    english: english.map(str::to_owned),
                }
            })
        })
    }
}

/// What all countries share.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Shared {
    /// Every profession of the area `imi-pq` but `other`.
    pub(super) professions: Vec<String>,
    /// Professions that usually have one authority.
    pub(super) groups: BTreeMap<String, Vec<String>>,
    /// Economic activities (NACE Rev. 2) of a sector.
    pub(super) sectors: BTreeMap<String, Vec<String>>,
    /// Areas that one office of a country is the contact point of.
    pub(super) desks: BTreeMap<String, Vec<String>>,
    /// Roles of a contact point where they are not all three.
    pub(super) roles: BTreeMap<String, Vec<schemas::area::Role>>,
    /// Kinds of registers, one of each in every country.
    pub(super) register: Vec<RegisterKind>,
}

/// A kind of register.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RegisterKind {
    /// Its key in `languages.toml`.
    pub(super) key: String,
    pub(super) en: String,
    pub(super) content: String,
    pub(super) kind: String,
    /// Who keeps it: who is competent for a profession, the contact point of an area, or with `#` for a sector.
    pub(super) keeper: String,
    #[serde(default)]
    pub(super) professions: Vec<String>,
    #[serde(default)]
    pub(super) nace: Vec<String>,
    /// Kept by each super-delegated coordinator instead, where a country has them.
    #[serde(default)]
    pub(super) regional: bool,
}

/// Words in one language.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Language {
    /// Words for the sectors.
    pub(super) sectors: BTreeMap<String, String>,
    /// Names of the registers.
    pub(super) registers: BTreeMap<String, String>,
    /// The words of access conditions: for a fee, restricted, on request; none where it has no registers.
    #[serde(default)]
    pub(super) conditions: Vec<String>,
}

/// Everything that is not one country's.
#[derive(Debug)]
pub(super) struct Common {
    pub(super) shared: Shared,
    pub(super) languages: BTreeMap<String, Language>,
}

impl Common {
    /// Reads the shared files.
    pub(super) fn read() -> Result<Self, WorldError> {
        Ok(Self { shared: parse("shared", SHARED)?, languages: parse("languages", LANGUAGES)? })
    }
}

/// Reads the file of a country.
pub(super) fn country(code: &str) -> Result<Country, WorldError> {
    match FILES.iter().find(|(known, _)| *known == code) {
        Some((_, text)) => parse(code, text),
        None => Err(WorldError::UnknownCountry(code.to_owned())),
    }
}

fn parse<T: DeserializeOwned>(file: &str, text: &str) -> Result<T, WorldError> {
    toml::from_str(text).map_err(|error| WorldError::Data { file: format!("{file}.toml"), reason: error.to_string() })
}
