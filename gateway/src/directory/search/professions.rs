//! The professions of the area `imi-pq` and what they are called, so that authorities are found by them in any language.

use super::fold::{self, Forms};
use schemas::{
    area::{Areas, Labels},
    wire::AreaId,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Bound,
};

/// The area whose professions they are.
pub(super) const PROFESSIONS_AREA: &str = "imi-pq";
/// The area that NACE's activities are those of.
pub(super) const SERVICES_AREA: &str = "imi-services";
/// The area's code list.
const CODE_LIST: &str = "Profession";

/// Names of professions in all languages of the area pack.
#[derive(Debug, Clone, Default)]
pub struct Professions {
    /// By code: every form of every word of its names and of the code itself.
    words: BTreeMap<String, BTreeSet<String>>,
}

impl Professions {
    /// The professions that the packs name; none where there is no such area.
    pub fn new(areas: &Areas) -> Self {
        let own = areas.iter().filter(|area| area.id.as_str() == PROFESSIONS_AREA);
        Self::of(own.flat_map(|area| &area.versions).flat_map(|version| version.labels.values()))
    }

    /// The area whose pack names them.
    pub fn area() -> Option<AreaId> {
        PROFESSIONS_AREA.parse().ok()
    }

    fn of<'a>(labels: impl Iterator<Item = &'a Labels>) -> Self {
        let mut professions = Self::default();
        for (code, name) in labels.filter_map(|labels| labels.codes.get(CODE_LIST)).flatten() {
            let words = professions.words.entry(code.clone()).or_default();
            for word in fold::words(name).iter().chain(&fold::words(code)) {
                words.extend(word.iter().map(str::to_owned));
            }
        }
        professions
    }

    /// Whether there is a profession of this code; any may be one where the packs name none.
    pub fn may_exist(&self, code: &str) -> bool {
        self.words.is_empty() || self.words.contains_key(code)
    }

    /// Codes of the professions that have a word which begins with this one.
    pub(super) fn named<'a>(&'a self, word: &'a Forms) -> impl Iterator<Item = &'a str> {
        let begins = |words: &BTreeSet<String>, form: &str| {
            words
                .range::<str, _>((Bound::Included(form), Bound::Unbounded))
                .next()
                .is_some_and(|first| first.starts_with(form))
        };
        self.words
            .iter()
            .filter(move |(_, words)| word.iter().any(|form| begins(words, form)))
            .map(|(code, _)| code.as_str())
    }
}

#[cfg(test)]
impl Professions {
    /// Professions by code and name, for unit tests.
    pub(super) fn example(names: &[(&str, &str)]) -> Self {
        let codes = |(code, name): &(&str, &str)| ((*code).to_owned(), (*name).to_owned());
        let labels: Vec<Labels> = names
            .iter()
            .map(|name| Labels { codes: [(CODE_LIST.to_owned(), [codes(name)].into())].into(), ..Labels::default() })
            .collect();
        Self::of(labels.iter())
    }
}
