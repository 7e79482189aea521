//! Which authorities meet the criteria, why, and in which order.

use super::{
    Index, Page, Paging, Professions, Spelled, Standing,
    catalogue::{same_language, spelled},
    covers::{self, Coverage},
    professions::{PROFESSIONS_AREA, SERVICES_AREA},
    view,
};
use crate::directory::{Authority, AuthorityStatus, CoordinatorKind, Level, union_code};
use schemas::{area::Role, wire::AreaId};
use serde::{Serialize, Serializer};
use std::{collections::HashSet, sync::Arc};

/// What authorities are looked for by. Every criterion that is given has to be met; one that names several values is met by
/// any of them, except competences, which have to be met all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuthorityCriteria {
    /// Words, each the beginning of one in a name, title, keyword, identifier, region or profession's name.
    pub text: Option<String>,
    /// Countries; `GR` is `EL` and `GB` is `UK`.
    pub countries: Vec<String>,
    /// A territory (NUTS): whoever acts there, in a larger one that holds it, or in a part of it.
    pub region: Option<String>,
    /// Levels.
    pub levels: Vec<Level>,
    /// Areas.
    pub areas: Vec<AreaId>,
    /// What they do in one of those areas, or in any where none is named.
    pub role: Option<Role>,
    /// What they are competent for.
    pub competences: Vec<Competence>,
    /// A language that they understand.
    pub language: Option<String>,
    /// How far their registration has come; active ones where none is named.
    pub statuses: Vec<AuthorityStatus>,
    /// Which of them, and in which language.
    pub paging: Paging,
}

/// Something to be competent for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Competence {
    /// A profession: a code of the area `imi-pq`.
    Profession(String),
    /// An economic activity (NACE Rev. 2): the same, one that it is part of, or a part of it.
    Nace(String),
    /// Words, each the beginning of one of a keyword or of a profession's name.
    Keyword(String),
}

/// Why an authority was found (area `registers`, `MatchedBy`): the most telling reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum MatchedBy {
    /// It is competent for what was asked.
    Competence,
    /// It coordinates the area, and its country has no authority for what was asked (domain, A033 and A108).
    Coordinator,
    /// It acts in the territory.
    Territory,
    /// It holds the words.
    Words,
}

impl MatchedBy {
    /// The word for it in documents.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Competence => "competence",
            Self::Coordinator => "coordinator",
            Self::Territory => "territory",
            Self::Words => "words",
        }
    }
}

/// An authority that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundAuthority {
    /// Its record.
    pub authority: Arc<Authority>,
    /// Its official name in the language asked for; else in its own first language, else in English.
    pub name: Spelled,
    /// Its informal title, likewise.
    pub title: Option<Spelled>,
    /// Why it was found, where it was looked for by more than country, area and the like.
    pub matched_by: Option<MatchedBy>,
    /// How it covers the territory asked for.
    pub coverage: Option<Coverage>,
    /// How well it fits the words.
    pub standing: Option<Standing>,
}

impl Serialize for FoundAuthority {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        view::AuthorityInShort::new(self).serialize(serializer)
    }
}

/// Authorities that meet the criteria: the best fit for the words first, then by country and name.
///
/// Where a competence is asked for and a country has no authority for it, the coordinators of the area there stand in
/// (`LIMIC`; the area asked for, else the one that professions or activities belong to).
pub fn search_authorities(
    index: &Index,
    professions: &Professions,
    criteria: &AuthorityCriteria,
) -> Page<FoundAuthority> {
    let catalogue = &index.authorities;
    let wanted = Wanted::new(index, professions, criteria);
    let language = criteria.paging.language.as_deref();
    let found =
        catalogue.search(criteria.text.as_deref(), language, professions, |place, entry| wanted.judge(place, entry));
    Page::cut(found, &criteria.paging, |(place, standing, (matched_by, coverage))| {
        let authority = Arc::clone(&catalogue.entries[place]);
        FoundAuthority {
            name: spelled(&authority.name, language, &authority.languages)
                .unwrap_or_else(|| Spelled { language: "und".into(), text: authority.id.to_string() }),
            title: spelled(&authority.title, language, &authority.languages),
            authority,
            matched_by,
            coverage,
            standing,
        }
    })
}

/// The criteria, made ready for being asked of every authority.
struct Wanted<'a> {
    criteria: &'a AuthorityCriteria,
    /// For each keyword asked for, which entries have it.
    keywords: Vec<Vec<bool>>,
    /// Areas whose coordinators may stand in.
    coordinated: Vec<AreaId>,
    /// Countries that have an authority of their own for what is asked.
    provided: HashSet<&'a str>,
}

impl<'a> Wanted<'a> {
    fn new(index: &'a Index, professions: &Professions, criteria: &'a AuthorityCriteria) -> Self {
        let keywords = criteria.competences.iter().filter_map(|competence| match competence {
            Competence::Keyword(text) => Some(index.authorities.with_keyword(text, professions)),
            Competence::Profession(_) | Competence::Nace(_) => None,
        });
        let mut wanted = Self {
            criteria,
            keywords: keywords.collect(),
            coordinated: coordinated_areas(criteria),
            provided: HashSet::new(),
        };
        if !wanted.coordinated.is_empty() {
            let entries = index.authorities.entries.iter().enumerate();
            wanted.provided = entries
                .filter(|(place, entry)| {
                    entry.status == AuthorityStatus::Active && wanted.is_provided_by(*place, entry)
                })
                .map(|(_, entry)| union_code(&entry.country))
                .collect();
        }
        wanted
    }

    /// Why it is found, and how it covers the territory; `None` where it is not.
    fn judge(&self, place: usize, authority: &Authority) -> Option<(Option<MatchedBy>, Option<Coverage>)> {
        if !self.is_of_the_kind(authority) {
            return None;
        }
        let coverage = self.coverage(authority);
        if self.criteria.region.is_some() && coverage.is_none() {
            return None;
        }
        let matched_by = if self.acts(authority) && self.is_competent(place, authority) {
            match () {
                () if !self.criteria.competences.is_empty() => Some(MatchedBy::Competence),
                () if coverage.is_some() => Some(MatchedBy::Territory),
                () if self.criteria.text.is_some() => Some(MatchedBy::Words),
                () => None,
            }
        } else if self.stands_in(authority, coverage) {
            Some(MatchedBy::Coordinator)
        } else {
            return None;
        };
        Some((matched_by, coverage))
    }

    /// Country, level, language, status: what nobody else can stand in for.
    fn is_of_the_kind(&self, authority: &Authority) -> bool {
        let criteria = self.criteria;
        let country = union_code(&authority.country);
        let is_in = |countries: &[String]| countries.iter().any(|asked| union_code(asked) == country);
        let understands = |asked: &str| authority.languages.iter().any(|own| same_language(own, asked));
        let has_status = match criteria.statuses.as_slice() {
            [] => authority.status == AuthorityStatus::Active,
            statuses => statuses.contains(&authority.status),
        };
        has_status
            && (criteria.countries.is_empty() || is_in(&criteria.countries))
            && (criteria.levels.is_empty() || criteria.levels.contains(&authority.level))
            && criteria.language.as_deref().is_none_or(understands)
    }

    fn coverage(&self, authority: &Authority) -> Option<Coverage> {
        covers::coverage(&authority.country, &authority.regions, self.criteria.region.as_deref()?)
    }

    /// Whether it acts in the areas, and does there what is asked.
    fn acts(&self, authority: &Authority) -> bool {
        let AuthorityCriteria { areas, role, .. } = self.criteria;
        (areas.is_empty() && role.is_none())
            || authority.areas.iter().any(|access| {
                (areas.is_empty() || areas.contains(&access.area))
                    && role.is_none_or(|asked| access.roles.contains(&asked))
            })
    }

    fn is_competent(&self, place: usize, authority: &Authority) -> bool {
        let has = |competence: &Competence| match competence {
            Competence::Profession(code) => authority.professions.contains(code),
            Competence::Nace(code) => covers::concerns(&authority.nace, code),
            // All keywords are asked for below, each once.
            Competence::Keyword(_) => true,
        };
        self.criteria.competences.iter().all(has) && self.keywords.iter().all(|holders| holders[place])
    }

    /// Whether its country needs no coordinator to stand in: it can do what is asked itself.
    fn is_provided_by(&self, place: usize, authority: &Authority) -> bool {
        let is_there = self.criteria.region.is_none() || self.coverage(authority).is_some();
        is_there && self.acts(authority) && self.is_competent(place, authority)
    }

    /// A legislative area's coordinator covers what its country has no authority for.
    fn stands_in(&self, authority: &Authority, coverage: Option<Coverage>) -> bool {
        let coordinates = authority.coordinator.as_ref().is_some_and(|own| {
            own.kind == CoordinatorKind::Limic && own.areas.iter().any(|area| self.coordinated.contains(area))
        });
        coordinates
            && authority.status == AuthorityStatus::Active
            && coverage != Some(Coverage::Part)
            && !self.provided.contains(union_code(&authority.country))
    }
}

/// The areas that a coordinator would stand in for: those asked for, else those that the competences belong to; none
/// where no competence is asked for.
fn coordinated_areas(criteria: &AuthorityCriteria) -> Vec<AreaId> {
    if !criteria.areas.is_empty() && !criteria.competences.is_empty() {
        return criteria.areas.clone();
    }
    let of_competence = |competence: &Competence| match competence {
        Competence::Profession(_) => Some(PROFESSIONS_AREA),
        Competence::Nace(_) => Some(SERVICES_AREA),
        Competence::Keyword(_) => None,
    };
    criteria.competences.iter().filter_map(of_competence).filter_map(|area| area.parse().ok()).collect()
}
