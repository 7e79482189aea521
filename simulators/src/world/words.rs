//! What the words of a row or a series mean: professions, sectors, desks, areas, and the kind of a coordinator.

use super::{
    WorldError,
    data::Shared,
    record::{Coordinator, CoordinatorKind},
};
use std::collections::BTreeSet;

/// The meaning of a row's words.
#[derive(Debug, Clone, Default)]
pub(super) struct Meaning {
    /// Professions, groups resolved.
    pub(super) professions: BTreeSet<String>,
    /// Whether it takes every profession that nobody else has.
    pub(super) rest: bool,
    /// `#word`: sectors.
    pub(super) sectors: Vec<String>,
    /// `+word`: areas that it is its country's contact point of.
    pub(super) desks: Vec<String>,
    /// `~word`: areas that it takes part in beside others.
    pub(super) areas: Vec<String>,
    /// `@kind` or `@kind:area`: what it coordinates.
    pub(super) coordinator: Option<Coordinator>,
}

impl Meaning {
    /// Reads the words of the authority `place`. A group of professions loses those that are `missing`; one that is
    /// named by itself must not be missing.
    pub(super) fn read(text: &str, place: &str, shared: &Shared, missing: &[String]) -> Result<Self, WorldError> {
        let unknown = |word: &str| WorldError::Word { place: place.to_owned(), word: word.to_owned() };
        let mut meaning = Self::default();
        for word in text.split_whitespace() {
            if let Some(sector) = word.strip_prefix('#') {
                shared.sectors.get(sector).ok_or_else(|| unknown(word))?;
                meaning.sectors.push(sector.to_owned());
            } else if let Some(desk) = word.strip_prefix('+') {
                let areas = shared.desks.get(desk).ok_or_else(|| unknown(word))?;
                meaning.desks.extend(areas.iter().cloned());
            } else if let Some(area) = word.strip_prefix('~') {
                meaning.areas.push(area.to_owned());
            } else if let Some(kind) = word.strip_prefix('@') {
                meaning.coordinator = Some(coordinator(kind).ok_or_else(|| unknown(word))?);
            } else if word == "rest" {
                meaning.rest = true;
            } else if let Some(group) = shared.groups.get(word) {
                meaning.professions.extend(group.iter().filter(|profession| !missing.contains(profession)).cloned());
            } else if word == "all" {
                meaning.professions.extend(shared.professions.iter().cloned());
            } else if shared.professions.iter().any(|known| known == word) && missing.iter().all(|gone| gone != word) {
                meaning.professions.insert(word.to_owned());
            } else {
                return Err(unknown(word));
            }
        }
        Ok(meaning)
    }
}

/// A delegated coordinator decides on access only: registrations stay with the national one (design).
fn coordinator(text: &str) -> Option<Coordinator> {
    let (kind, area) = text.split_once(':').map_or((text, None), |(kind, area)| (kind, Some(area)));
    let kind = match kind {
        "nimic" => CoordinatorKind::Nimic,
        "sdimic" => CoordinatorKind::Sdimic,
        "limic" => CoordinatorKind::Limic,
        "dimic" => CoordinatorKind::Dimic,
        _ => return None,
    };
    let areas = match area {
        Some(area) => vec![area.parse().ok()?],
        None => Vec::new(),
    };
    Some(Coordinator { kind, areas, validating: kind != CoordinatorKind::Dimic, access: true })
}
