//! What authorities and registers are found by, made once for a version of the directory: words, whole names,
//! professions, and the order of names in each language.

use super::{
    Standing,
    fold::{self, Forms},
    postings::{Collector, Field, Postings},
    professions::Professions,
};
use crate::directory::{Authority, Register, Texts, union_code};
use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hash, Hasher},
    sync::{Arc, OnceLock},
};

/// Most languages whose order of names is kept; in others, names are in the order of their authorities' own languages.
const MOST_LANGUAGES: usize = 64;

/// What a record shows to a search.
pub(super) trait Entry {
    /// Its identifier.
    fn id(&self) -> &str;
    /// Its country's code.
    fn country(&self) -> &str;
    /// Its names by language.
    fn names(&self) -> &Texts;
    /// Its languages, its own first.
    fn languages(&self) -> &[String];
    /// Codes of the professions that it is about.
    fn professions(&self) -> &[String];
    /// Its words beside names and identifier.
    fn texts(&self, say: &mut dyn FnMut(Field, &str));
}

impl Entry for Authority {
    fn id(&self) -> &str {
        self.id.as_str()
    }
    fn country(&self) -> &str {
        &self.country
    }
    fn names(&self) -> &Texts {
        &self.name
    }
    fn languages(&self) -> &[String] {
        &self.languages
    }
    fn professions(&self) -> &[String] {
        &self.professions
    }
    fn texts(&self, say: &mut dyn FnMut(Field, &str)) {
        self.title.values().for_each(|title| say(Field::Title, title));
        self.keywords.values().flatten().for_each(|keyword| say(Field::Keyword, keyword));
        self.regions.iter().for_each(|region| say(Field::Other, region));
    }
}

impl Entry for Register {
    fn id(&self) -> &str {
        &self.id
    }
    fn country(&self) -> &str {
        &self.country
    }
    fn names(&self) -> &Texts {
        &self.name
    }
    fn languages(&self) -> &[String] {
        &self.languages
    }
    fn professions(&self) -> &[String] {
        &self.professions
    }
    fn texts(&self, say: &mut dyn FnMut(Field, &str)) {
        self.content.values().for_each(|content| say(Field::Keyword, content));
        self.regions.iter().for_each(|region| say(Field::Other, region));
        say(Field::Other, self.authority.as_str());
    }
}

/// A text and the language it is in.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Spelled {
    /// BCP 47 tag.
    pub language: String,
    /// The text.
    pub text: String,
}

/// The text in the language asked for; else in the first of its `own` languages, else in English, else in any.
pub(super) fn spelled(texts: &Texts, asked: Option<&str>, own: &[String]) -> Option<Spelled> {
    let wanted = asked.into_iter().chain(own.first().map(String::as_str)).chain(["en"]);
    let found = wanted.into_iter().find_map(|language| text_in(texts, language)).or_else(|| texts.iter().next());
    found.map(|(language, text)| Spelled { language: language.clone(), text: text.clone() })
}

fn text_in<'a>(texts: &'a Texts, language: &str) -> Option<(&'a String, &'a String)> {
    texts
        .iter()
        .find(|(tag, _)| tag.eq_ignore_ascii_case(language))
        .or_else(|| texts.iter().find(|(tag, _)| same_language(tag, language)))
}

/// Whether two tags name one language, whatever script or country they add.
pub(super) fn same_language(one: &str, other: &str) -> bool {
    primary(one).eq_ignore_ascii_case(primary(other))
}

fn primary(tag: &str) -> &str {
    tag.split('-').next().unwrap_or_default()
}

/// All authorities, or all registers.
#[derive(Debug)]
pub(super) struct Catalogue<T> {
    pub(super) entries: Vec<Arc<T>>,
    postings: Postings,
    /// Hash of a whole folded name or identifier, and whose it is; ascending.
    wholes: Vec<(u64, u32)>,
    by_profession: HashMap<String, Vec<u32>>,
    /// Languages that there are names in, without script and country.
    languages: Vec<String>,
    /// By language, all entries by country and name; the last is for own languages. Made when it is first needed.
    orders: Vec<OnceLock<Vec<u32>>>,
}

impl<T: Entry> Catalogue<T> {
    pub(super) fn new(entries: Vec<Arc<T>>) -> Self {
        let mut collector = Collector::default();
        let mut wholes = Vec::new();
        let mut by_profession: HashMap<String, Vec<u32>> = HashMap::new();
        let mut languages: Vec<String> = Vec::new();
        for (number, entry) in (0_u32..).zip(&entries) {
            let place = number as usize;
            for (language, name) in entry.names() {
                let words = fold::words(name);
                wholes.extend(fold::whole(&words).iter().map(|form| (hash(form), number)));
                collector.add(place, Field::Name, words);
                if languages.len() < MOST_LANGUAGES && !languages.iter().any(|known| same_language(known, language)) {
                    languages.push(primary(language).to_owned());
                }
            }
            let words = fold::words(entry.id());
            wholes.extend(fold::whole(&words).iter().map(|form| (hash(form), number)));
            collector.add(place, Field::Other, words);
            entry.texts(&mut |field, text| collector.add(place, field, fold::words(text)));
            for profession in entry.professions() {
                by_profession.entry(profession.clone()).or_default().push(number);
            }
        }
        wholes.sort_unstable();
        wholes.dedup();
        let orders = (0..=languages.len()).map(|_| OnceLock::new()).collect();
        let catalogue = Self { entries, postings: collector.finish(), wholes, by_profession, languages, orders };
        // Most searches ask for no language: their order is made with the rest.
        catalogue.order(None);
        catalogue
    }

    /// The entries that hold every word of `text` and pass `keep`, which also says what is to be told of them: the best
    /// first, those that are alike by country and name in `language`.
    pub(super) fn search<K>(
        &self,
        text: Option<&str>,
        language: Option<&str>,
        professions: &Professions,
        mut keep: impl FnMut(usize, &T) -> Option<K>,
    ) -> Vec<(usize, Option<Standing>, K)> {
        let standings = text.map(|text| self.standings(text, professions));
        // In the order of names from the start: what is alike stays in it, and nothing needs to be sorted.
        let mut found: [Vec<(usize, Option<Standing>, K)>; 4] = Default::default();
        for place in self.order(language).iter().map(|number| *number as usize) {
            let standing = match &standings {
                None => None,
                Some(standings) => match standings[place] {
                    None => continue,
                    standing @ Some(_) => standing,
                },
            };
            if let Some(kept) = keep(place, &self.entries[place]) {
                found[standing.map_or(0, |standing| standing as usize)].push((place, standing, kept));
            }
        }
        found.into_iter().rev().flatten().collect()
    }

    /// Which entries hold every word of `text` among their keywords or as a profession's name.
    pub(super) fn with_keyword(&self, text: &str, professions: &Professions) -> Vec<bool> {
        let words = fold::words(text);
        let marks = self.postings.find(&words, Field::Keyword, self.entries.len(), |word, marks| {
            self.mark_professions(word, professions, Field::Keyword, marks);
        });
        marks.into_iter().map(|mark| mark == Field::Keyword as u8).collect()
    }

    fn standings(&self, text: &str, professions: &Professions) -> Vec<Option<Standing>> {
        let words = fold::words(text);
        if words.is_empty() {
            return vec![None; self.entries.len()];
        }
        let marks = self.postings.find(&words, Field::Name, self.entries.len(), |word, marks| {
            self.mark_professions(word, professions, Field::Other, marks);
        });
        let mut standings: Vec<Option<Standing>> = marks.into_iter().map(standing).collect();
        for form in fold::whole(&words) {
            let wanted = hash(&form);
            let from = self.wholes.partition_point(|(hash, _)| *hash < wanted);
            for (_, number) in self.wholes[from..].iter().take_while(|(hash, _)| *hash == wanted) {
                standings[*number as usize] = Some(Standing::Exact);
            }
        }
        standings
    }

    fn mark_professions(&self, word: &Forms, professions: &Professions, field: Field, marks: &mut [u8]) {
        for code in professions.named(word) {
            for number in self.by_profession.get(code).into_iter().flatten() {
                marks[*number as usize] = field as u8;
            }
        }
    }

    /// All entries by country, and by name as it is shown to whom reads this language.
    fn order(&self, language: Option<&str>) -> &[u32] {
        let known = language.and_then(|asked| self.languages.iter().position(|known| same_language(known, asked)));
        let own = self.orders.len() - 1;
        self.orders[known.unwrap_or(own)].get_or_init(|| {
            let asked = known.map(|known| self.languages[known].as_str());
            let mut sorted: Vec<(&str, String, &str, u32)> = (0..)
                .zip(&self.entries)
                .map(|(number, entry)| {
                    let name = spelled(entry.names(), asked, entry.languages()).map(|name| name.text);
                    let folded = fold::whole(&fold::words(&name.unwrap_or_default())).swap_remove(0);
                    (union_code(entry.country()), folded, entry.id(), number)
                })
                .collect();
            sorted.sort_unstable();
            sorted.into_iter().map(|(.., number)| number).collect()
        })
    }
}

const fn standing(mark: u8) -> Option<Standing> {
    match mark {
        0 => Some(Standing::Name),
        1 => Some(Standing::Title),
        2 | 3 => Some(Standing::Other),
        _ => None,
    }
}

/// Two names with one hash would only be ranked alike.
fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}
