//! The authorities of a country: its rows and series, column by column, until each column of the figure is full.

use super::{
    WorldError,
    chance::Chance,
    coordination,
    data::{Column, Common, Country, Place, Row, Series},
    people::{contact, parsed, participant_id, texts},
    record::{Access, Authority, Coordinators, Level, Texts},
    spell::{romanised, word},
    words::Meaning,
};
use schemas::{
    area::Role,
    wire::{AreaId, AuthorityId},
};
use std::collections::{BTreeMap, BTreeSet};

/// An authority to be, before anybody knows its coordinators.
struct Draft {
    id: AuthorityId,
    name: Texts,
    level: Level,
    regions: Vec<String>,
    languages: Vec<String>,
    town: Option<String>,
    column: Column,
    meaning: Meaning,
    liaison: bool,
    mailbox: Option<AuthorityId>,
}

/// All authorities of a country, in the order of its file within each column.
pub(super) fn of(code: &str, country: &Country, common: &Common, seed: u64) -> Result<Vec<Authority>, WorldError> {
    let mut drafts = Vec::new();
    for column in Column::ALL {
        let expected = country.count(column);
        let mut filled = country
            .rows(column)
            .iter()
            .map(|row| from_row(code, country, common, column, row))
            .collect::<Result<Vec<_>, _>>()?;
        for series in country.series.iter().filter(|series| series.column == column) {
            let meaning =
                Meaning::read(&series.words, &format!("{code}-{}", series.key), &common.shared, &country.missing)?;
            for place in series.places.iter().flat_map(|list| country.places(list)) {
                if filled.len() < expected {
                    filled.push(from_series(code, country, series, &place, meaning.clone())?);
                }
            }
        }
        if filled.len() != expected {
            let (country, column) = (code.to_owned(), format!("{column:?}").to_lowercase());
            return Err(WorldError::Count { country, column, expected, found: filled.len() });
        }
        drafts.extend(filled);
    }
    give_out_the_rest(&mut drafts, common, &country.missing);
    let mut authorities =
        drafts.iter().map(|draft| authority(code, country, common, draft, seed)).collect::<Result<Vec<_>, _>>()?;
    let liaisons: BTreeSet<_> = drafts.iter().filter(|draft| draft.liaison).map(|draft| draft.id.clone()).collect();
    coordination::assign(code, &mut authorities, &liaisons)?;
    Ok(authorities)
}

fn from_row(code: &str, country: &Country, common: &Common, column: Column, row: &Row) -> Result<Draft, WorldError> {
    let [key, name, english, words, region @ ..] = row.as_slice() else {
        let reason = format!("the row {row:?} is not [key, name, name in English, words, region]");
        return Err(WorldError::Data { file: format!("{code}.toml"), reason });
    };
    let id = parsed(code, &format!("{code}-{key}"))?;
    let meaning = Meaning::read(words, &format!("{code}-{key}"), &common.shared, &country.missing)?;
    Ok(Draft {
        id,
        name: texts(name, &country.languages, english),
        level: if region.is_empty() { Level::National } else { Level::Regional },
        regions: region.to_vec(),
        languages: with_english(&country.languages),
        town: region.is_empty().then(|| country.capital.clone()),
        column,
        meaning,
        liaison: false,
        mailbox: None,
    })
}

fn from_series(
    code: &str,
    country: &Country,
    series: &Series,
    place: &Place,
    meaning: Meaning,
) -> Result<Draft, WorldError> {
    let german = country.languages.iter().any(|language| language == "de");
    let native = place.names.first().map_or("", String::as_str);
    let english = place.english.clone().unwrap_or_else(|| romanised(native));
    let of_place = |key: &str| parsed::<AuthorityId>(code, &format!("{code}-{key}-{}", word(&english, german)));
    let names = series
        .name
        .split('|')
        .enumerate()
        .map(|(position, pattern)| pattern.replace("{}", place.names.get(position).map_or(native, String::as_str)));
    let languages = if series.languages.is_empty() { &country.languages } else { &series.languages };
    Ok(Draft {
        id: of_place(&series.key)?,
        name: texts(&names.collect::<Vec<_>>().join("|"), languages, &series.en.replace("{}", &english)),
        level: series.level,
        regions: vec![place.region.clone()],
        languages: with_english(languages),
        town: series.town.then(|| place.english.clone().unwrap_or_else(|| native.to_owned())),
        column: series.column,
        meaning,
        liaison: series.liaison,
        mailbox: series.mailbox.as_deref().map(of_place).transpose()?,
    })
}

fn with_english(languages: &[String]) -> Vec<String> {
    let mut all = languages.to_vec();
    if all.iter().all(|language| language != "en") {
        all.push("en".to_owned());
    }
    all
}

/// Whoever takes the rest of the professions takes those that nobody else has and that are not missing.
fn give_out_the_rest(drafts: &mut [Draft], common: &Common, missing: &[String]) {
    let taken: BTreeSet<String> = drafts.iter().flat_map(|draft| draft.meaning.professions.iter().cloned()).collect();
    let rest: Vec<&String> = common
        .shared
        .professions
        .iter()
        .filter(|profession| !taken.contains(*profession) && !missing.contains(profession))
        .collect();
    for draft in drafts.iter_mut().filter(|draft| draft.meaning.rest) {
        draft.meaning.professions.extend(rest.iter().copied().cloned());
    }
}

fn authority(
    code: &str,
    country: &Country,
    common: &Common,
    draft: &Draft,
    seed: u64,
) -> Result<Authority, WorldError> {
    let coordinators = Coordinators { validating: draft.id.clone(), access: draft.id.clone() };
    Ok(Authority {
        id: draft.id.clone(),
        name: draft.name.clone(),
        country: code.to_owned(),
        level: draft.level,
        regions: draft.regions.clone(),
        languages: draft.languages.clone(),
        participant: participant_id(code)?,
        mailbox: draft.mailbox.clone(),
        liaison: None,
        areas: accesses(draft, common, seed)?,
        professions: draft.meaning.professions.iter().cloned().collect(),
        nace: nace(&draft.meaning, common),
        keywords: keywords(draft, common),
        contact: contact(draft.id.as_str(), country, draft.town.as_deref(), seed),
        coordinators,
        coordinator: draft.meaning.coordinator.clone(),
    })
}

/// The areas of an authority: its column's, those of the desks it has, and what goes with coordinating. Nobody of the
/// Commission is in this world, so each country's contact point also has the coordinator's role: every procedure can
/// be played.
fn accesses(draft: &Draft, common: &Common, seed: u64) -> Result<Vec<Access>, WorldError> {
    let both = vec![Role::Requester, Role::Responder];
    let all = vec![Role::Requester, Role::Responder, Role::Coordinator];
    let mut areas: BTreeMap<&str, Vec<Role>> = BTreeMap::new();
    for area in columns(draft.column) {
        areas.insert(area, both.clone());
    }
    for area in &draft.meaning.areas {
        areas.insert(area, both.clone());
    }
    for area in &draft.meaning.desks {
        areas.insert(area, common.shared.roles.get(area).unwrap_or(&all).clone());
    }
    if let Some(coordinator) = &draft.meaning.coordinator {
        for area in columns(draft.column) {
            if coordinator.areas.is_empty() || coordinator.areas.iter().any(|own| own.as_str() == *area) {
                areas.insert(area, all.clone());
            }
        }
        areas.insert("circabc", all.clone());
    }
    let mut chance = Chance::about(seed, draft.id.as_str());
    areas
        .into_iter()
        .map(|(area, roles)| {
            let since = match area {
                "imi-pq" => Some(chance.below(3) + 2008),
                "imi-services" => Some(chance.below(2) + 2009),
                _ => None,
            };
            let since = since.map(|year| chance.day(year));
            Ok(Access { area: parsed::<AreaId>("shared", area)?, roles, since })
        })
        .collect()
}

fn columns(column: Column) -> &'static [&'static str] {
    match column {
        Column::Pq => &["imi-pq"],
        Column::Services => &["imi-services"],
        Column::Both => &["imi-pq", "imi-services"],
    }
}

fn nace(meaning: &Meaning, common: &Common) -> Vec<String> {
    let codes = meaning.sectors.iter().filter_map(|sector| common.shared.sectors.get(sector)).flatten();
    codes.collect::<BTreeSet<_>>().into_iter().cloned().collect()
}

fn keywords(draft: &Draft, common: &Common) -> BTreeMap<String, Vec<String>> {
    let words = |language: &str| {
        let known = common.languages.get(language)?;
        let words: Vec<_> =
            draft.meaning.sectors.iter().filter_map(|sector| known.sectors.get(sector).cloned()).collect();
        (!words.is_empty()).then_some(words)
    };
    draft.languages.iter().filter_map(|language| Some((language.clone(), words(language)?))).collect()
}
