//! Search over a directory: who is competent, in the reader's language. Pure: a picture of the directory, criteria, a page.
//!
//! An [`Index`] is made once for a version of the directory. Case, accents and alphabets do not count: Greek and
//! Cyrillic are found by their Latin spelling and the reverse. Every word has to be found as the beginning of a word.

mod authorities;
mod catalogue;
mod covers;
mod fold;
mod parameters;
mod postings;
mod professions;
mod registers;
#[cfg(test)]
mod tests;
mod view;

pub use authorities::{AuthorityCriteria, Competence, FoundAuthority, MatchedBy, search_authorities};
pub use catalogue::Spelled;
pub use covers::Coverage;
pub use parameters::BadParameter;
pub use professions::Professions;
pub use registers::{FoundRegister, RegisterCriteria, search_registers};
pub use view::{authority_details, register_details};

use super::{Authority, Directory, Register};
use catalogue::Catalogue;
use serde::Serialize;
use std::sync::Arc;

/// Most results on one page.
pub const MOST_RESULTS: usize = 200;
/// Results on a page where nobody says how many.
pub const USUAL_RESULTS: usize = 50;

/// A directory made ready for searching. Holds its records, so it outlives the picture it was made of.
#[derive(Debug)]
pub struct Index {
    authorities: Catalogue<Authority>,
    registers: Catalogue<Register>,
}

impl Index {
    /// Reads every record once: some tens of milliseconds for ten thousand authorities.
    pub fn new(directory: &Directory) -> Self {
        Self {
            authorities: Catalogue::new(directory.authorities.values().map(Arc::clone).collect()),
            registers: Catalogue::new(directory.registers.values().map(Arc::clone).collect()),
        }
    }
}

/// Which part of the results is asked for, and in which language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paging {
    /// Results to pass over.
    pub offset: usize,
    /// Most results to give; at most [`MOST_RESULTS`].
    pub limit: usize,
    /// The language that names are to be in (BCP 47), where there is one.
    pub language: Option<String>,
}

impl Default for Paging {
    fn default() -> Self {
        Self { offset: 0, limit: USUAL_RESULTS, language: None }
    }
}

/// A part of the results.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Page<T> {
    /// How many there are in all.
    pub total: usize,
    /// How many come before these.
    pub offset: usize,
    /// How many there may be on this page.
    pub limit: usize,
    /// These.
    pub results: Vec<T>,
}

impl<T> Page<T> {
    fn cut<K>(found: Vec<K>, paging: &Paging, show: impl FnMut(K) -> T) -> Self {
        let limit = paging.limit.min(MOST_RESULTS);
        let total = found.len();
        let results = found.into_iter().skip(paging.offset).take(limit).map(show).collect();
        Self { total, offset: paging.offset, limit, results }
    }
}

/// How well a record fits the words that were looked for; the last is the best.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    /// Some are in keywords, the identifier, regions or names of professions.
    Other,
    /// Some are in an informal title, the others in a name.
    Title,
    /// All are in official names.
    Name,
    /// They are an official name, or the identifier.
    Exact,
}
