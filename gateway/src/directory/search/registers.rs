//! Which national registers meet the criteria, and in which order.

use super::{
    Index, Page, Paging, Professions, Spelled, Standing,
    catalogue::{same_language, spelled},
    covers::{self, Coverage},
    view,
};
use crate::directory::{Register, union_code};
use serde::{Serialize, Serializer};
use std::sync::Arc;

/// What registers are looked for by (domain, A071). Every criterion that is given has to be met; one that names several
/// values is met by any of them. Registers that are no longer published are never found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RegisterCriteria {
    /// Words, each the beginning of one in a name, what it holds, its identifier or its authority's, or a profession's name.
    pub text: Option<String>,
    /// Countries; `GR` is `EL` and `GB` is `UK`.
    pub countries: Vec<String>,
    /// Kinds of registers.
    pub kinds: Vec<String>,
    /// A profession that it is about: a code of the area `imi-pq`.
    pub profession: Option<String>,
    /// An economic activity that it is about (NACE Rev. 2): the same, one that it is part of, or a part of it.
    pub nace: Option<String>,
    /// A territory (NUTS): that one, a larger one that holds it, or a part of it.
    pub region: Option<String>,
    /// Who may consult it.
    pub access: Vec<String>,
    /// Whether it is kept electronically.
    pub electronic: Option<bool>,
    /// A language that it is kept in.
    pub language: Option<String>,
    /// Which of them, and in which language.
    pub paging: Paging,
}

/// A register that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundRegister {
    /// Its record.
    pub register: Arc<Register>,
    /// Its name in the language asked for; else in its own first language, else in English.
    pub name: Spelled,
    /// What it holds, likewise.
    pub content: Option<Spelled>,
    /// How it covers the territory asked for.
    pub coverage: Option<Coverage>,
    /// How well it fits the words.
    pub standing: Option<Standing>,
}

impl Serialize for FoundRegister {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        view::RegisterInShort::new(self).serialize(serializer)
    }
}

/// Registers that meet the criteria: the best fit for the words first, then by country and name.
pub fn search_registers(index: &Index, professions: &Professions, criteria: &RegisterCriteria) -> Page<FoundRegister> {
    let catalogue = &index.registers;
    let language = criteria.paging.language.as_deref();
    let found = catalogue.search(criteria.text.as_deref(), language, professions, |_, entry| judge(criteria, entry));
    Page::cut(found, &criteria.paging, |(place, standing, coverage)| {
        let register = Arc::clone(&catalogue.entries[place]);
        FoundRegister {
            name: spelled(&register.name, language, &register.languages)
                .unwrap_or_else(|| Spelled { language: "und".into(), text: register.id.clone() }),
            content: spelled(&register.content, language, &register.languages),
            register,
            coverage,
            standing,
        }
    })
}

/// How it covers the territory asked for; `None` where it does not meet the criteria.
fn judge(criteria: &RegisterCriteria, register: &Register) -> Option<Option<Coverage>> {
    let country = union_code(&register.country);
    let coverage = match criteria.region.as_deref() {
        Some(asked) => Some(covers::coverage(&register.country, &register.regions, asked)?),
        None => None,
    };
    let meets = !register.retired
        && (criteria.countries.is_empty() || criteria.countries.iter().any(|asked| union_code(asked) == country))
        && (criteria.kinds.is_empty() || criteria.kinds.contains(&register.kind))
        && (criteria.access.is_empty() || criteria.access.contains(&register.access))
        && criteria.electronic.is_none_or(|asked| asked == register.electronic)
        && criteria.profession.as_ref().is_none_or(|asked| register.professions.contains(asked))
        && criteria.nace.as_deref().is_none_or(|asked| covers::concerns(&register.nace, asked))
        && criteria
            .language
            .as_deref()
            .is_none_or(|asked| register.languages.iter().any(|own| same_language(own, asked)));
    meets.then_some(coverage)
}
