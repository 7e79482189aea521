//! Which entries hold which folded words, and in which of their texts. Compact: one text, three vectors of numbers.

use super::fold::Forms;
use std::{collections::HashMap, ops::Range};

/// Where in an entry a word stands; the first is the best.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(super) enum Field {
    /// An official name.
    Name = 0,
    /// An informal title.
    Title = 1,
    /// A word for what it is competent for.
    Keyword = 2,
    /// Anything else.
    Other = 3,
}

/// How an entry holds all words that are looked for: in the least of the fields they were found in. [`ABSENT`] where one
/// is missing.
pub(super) type Found = Vec<u8>;

/// The mark of an entry that lacks a word.
pub(super) const ABSENT: u8 = u8::MAX;

const FIELD_BITS: u32 = 2;

/// Entries by word.
#[derive(Debug, Default)]
pub(super) struct Postings {
    /// All words, ascending, one after the other.
    text: String,
    /// Where each word ends in `text`, and where its holders end in `holders`.
    ends: Vec<(u32, u32)>,
    /// Entry and field.
    holders: Vec<u32>,
}

/// Collects words, then sorts them once.
#[derive(Debug, Default)]
pub(super) struct Collector {
    holders: HashMap<String, Vec<u32>>,
}

impl Collector {
    /// Lays every word of a text in. Entries beyond a thousand million are not indexed.
    pub(super) fn add(&mut self, entry: usize, field: Field, words: Vec<Forms>) {
        let Some(entry) = u32::try_from(entry).ok().filter(|entry| entry >> (u32::BITS - FIELD_BITS) == 0) else {
            return;
        };
        let holder = entry << FIELD_BITS | field as u32;
        for word in words {
            for form in word.second.into_iter().chain([word.first]) {
                self.holders.entry(form).or_default().push(holder);
            }
        }
    }

    pub(super) fn finish(self) -> Postings {
        let mut words: Vec<(String, Vec<u32>)> = self.holders.into_iter().collect();
        words.sort_unstable();
        let mut postings = Postings::default();
        for (word, mut holders) in words {
            holders.sort_unstable();
            holders.dedup();
            postings.text.push_str(&word);
            postings.holders.extend(holders);
            postings.ends.push((number(postings.text.len()), number(postings.holders.len())));
        }
        postings.text.shrink_to_fit();
        postings.ends.shrink_to_fit();
        postings.holders.shrink_to_fit();
        postings
    }
}

/// A directory's words do not come near four thousand million bytes; were they ever to, the words beyond are not found.
fn number(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

impl Postings {
    /// For each of `entries` entries, how well it holds every one of `words` as the beginning of a word, looking at fields
    /// from `least` to the last one only; `more` marks the entries that hold a word otherwise.
    pub(super) fn find(
        &self,
        words: &[Forms],
        least: Field,
        entries: usize,
        mut more: impl FnMut(&Forms, &mut [u8]),
    ) -> Found {
        let mut all = vec![0; entries];
        let mut best = vec![ABSENT; entries];
        for word in words {
            best.fill(ABSENT);
            more(word, &mut best);
            for form in word.iter() {
                for &holder in &self.holders[self.beginning_with(form)] {
                    let field = (holder & ((1 << FIELD_BITS) - 1)) as u8;
                    match best.get_mut((holder >> FIELD_BITS) as usize) {
                        Some(mark) if field >= least as u8 => *mark = field.min(*mark),
                        Some(_) | None => {}
                    }
                }
            }
            all.iter_mut().zip(&best).for_each(|(all, best)| *all = (*best).max(*all));
        }
        all
    }

    /// Who holds a word with this beginning.
    fn beginning_with(&self, beginning: &str) -> Range<usize> {
        let from = self.position(|word| word < beginning);
        let to = self.position(|word| word < beginning || word.starts_with(beginning));
        self.holders_from(from)..self.holders_from(to)
    }

    fn holders_from(&self, position: usize) -> usize {
        position.checked_sub(1).map_or(0, |before| self.ends[before].1 as usize)
    }

    /// The first position whose word is not `before` what is looked for.
    fn position(&self, before: impl Fn(&str) -> bool) -> usize {
        let (mut low, mut high) = (0, self.ends.len());
        while low < high {
            let middle = usize::midpoint(low, high);
            if before(self.word(middle)) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }

    fn word(&self, position: usize) -> &str {
        let start = position.checked_sub(1).map_or(0, |before| self.ends[before].0 as usize);
        self.text.get(start..self.ends[position].0 as usize).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::search::fold;

    #[test]
    fn a_word_is_found_by_its_beginning_in_the_best_field_that_has_it() {
        let mut collector = Collector::default();
        let mut add = |entry, field, text| collector.add(entry, field, fold::words(text));
        add(0, Field::Name, "Izba Aptekarska");
        add(1, Field::Title, "Aptekarska Izba");
        add(1, Field::Other, "apt");
        add(2, Field::Keyword, "Ärzte");
        let postings = collector.finish();
        let found = |text: &str| postings.find(&fold::words(text), Field::Name, 3, |_, _| {});
        assert_eq!(found("apt"), [0, 1, ABSENT]);
        assert_eq!(found("izba apt"), [0, 1, ABSENT]);
        assert_eq!(found("izba x"), [ABSENT; 3]);
        assert_eq!(found("aerzte"), [ABSENT, ABSENT, 2]);
        assert_eq!(found("arz"), [ABSENT, ABSENT, 2]);
        assert_eq!(found("zzz"), [ABSENT; 3]);
        assert_eq!(found(""), [0; 3], "no word is missing where none is looked for");
    }

    #[test]
    fn what_is_known_otherwise_counts_too() {
        let found = Postings::default().find(&fold::words("architect"), Field::Name, 2, |word, marks| {
            assert_eq!(word.first, "architect");
            marks[1] = Field::Other as u8;
        });
        assert_eq!(found, [ABSENT, 3]);
    }
}
