//! Keys by which people are found, however their names are spelled: the spelling of a passport, then NYSIIS.
//!
//! Owns the way from a name in any alphabet of the Union to its search keys. Knows nothing of messages, areas or
//! registers. The law: Implementing Regulations (EU) 2016/480 (ERRU) and 2016/68 (TACHOnet), Annex IV: the hub
//! transliterates names and encodes them with NYSIIS, and what it computes is the first way to search.
//!
//! National registers may keep keys. Whatever changes one makes them stale, so the tests pin keys letter by letter.

mod cyrillic;
mod greek;
mod latin;
mod letters;
mod nysiis;

use std::fmt;

use letters::Letter;

/// Characters of a name that count, after composition (NFC). What follows them is cut off.
pub const MAX_NAME_CHARS: usize = 200;

/// One search key: the NYSIIS code of every part of a name, with a blank between them: `GARC MARG`.
///
/// Codes are not cut. Taft's original cuts them after six letters; no length is known from the Regulations, and whole
/// codes confuse fewer people. A register that keeps six letters compares the first six of each part. A key is personal
/// data, as the name is.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SearchKey(String);

impl SearchKey {
    /// The key: letters A to Z, and single blanks between parts. Never empty.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SearchKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The search keys of one name: one, or two where the name may be spelled in two ways that sound different to NYSIIS.
///
/// Ötker is spelled `OETKER` in passports, and `OTKER` by those who leave out the dots. Two names meet when they
/// share a key.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SearchKeys {
    primary: SearchKey,
    alternative: Option<SearchKey>,
}

impl SearchKeys {
    /// The key of the name as [`transliterate`] spells it. For a name in plain letters this is NYSIIS and nothing else.
    pub fn primary(&self) -> &SearchKey {
        &self.primary
    }

    /// Every key, the primary one first.
    pub fn iter(&self) -> impl Iterator<Item = &SearchKey> {
        std::iter::once(&self.primary).chain(&self.alternative)
    }

    /// Whether both may be spellings of one name.
    pub fn meets(&self, other: &SearchKeys) -> bool {
        self.iter().any(|key| other.iter().any(|theirs| key == theirs))
    }
}

/// The search keys of a name: a family name or a first name, in Latin, Greek or Cyrillic letters.
///
/// Blanks, hyphens and everything else that is no letter part a name, and each part has its own code; apostrophes part
/// nothing. So `Garcia-Marquez` meets `García Márquez`, `O'Brien` meets `OBrien`, and `Mac Donald` does not meet
/// `MacDonald`. None for a name without letters, and for one with a letter that [`transliterate`] cannot spell.
pub fn search_keys(name: &str) -> Option<SearchKeys> {
    let parts = spelled_parts(name)?;
    let primary = key(&parts);
    let folded: Vec<String> = parts.iter().map(|part| fold(part)).collect();
    let alternative = Some(key(&folded)).filter(|folded| *folded != primary);
    Some(SearchKeys { primary, alternative })
}

/// A name in the letters A to Z, as a passport spells it, with single blanks between its parts.
///
/// Latin after ICAO Doc 9303-3 section 6 (`Ä` is `AE`, `Å` is `AA`, `Ø` is `OE`, `Þ` is `TH`), Greek after ELOT 743
/// (ISO 843, type 2), Cyrillic after Bulgaria's Transliteration Act of 2009, with ICAO's spelling for letters that
/// Bulgarian does not have. None for a name without letters, and for one with a letter of another alphabet: a key of
/// half a name would find the wrong people.
pub fn transliterate(name: &str) -> Option<String> {
    spelled_parts(name).map(|parts| parts.join(" "))
}

/// What some letters of a word are in A to Z, and how many letters that are.
struct Spelling {
    text: &'static str,
    letters: usize,
}

fn spelled_parts(name: &str) -> Option<Vec<String>> {
    let parts: Vec<String> = letters::words(name).iter().map(|word| spell(word)).collect::<Option<_>>()?;
    (!parts.is_empty()).then_some(parts)
}

fn spell(mut word: &[Letter]) -> Option<String> {
    let mut whole = String::new();
    let mut before = None;
    while !word.is_empty() {
        let spelling = latin::spell(word).or_else(|| cyrillic::spell(word)).or_else(|| greek::spell(before, word))?;
        whole.push_str(spelling.text);
        before = word.get(spelling.letters - 1);
        word = &word[spelling.letters..];
    }
    Some(whole)
}

fn key(parts: &[String]) -> SearchKey {
    let codes: Vec<String> = parts.iter().map(|part| nysiis::encode(part)).collect();
    SearchKey(codes.join(" "))
}

/// The spelling of those who leave out dots and strokes: `ä`, `ö`, `ü`, `æ`, `œ`, `ø`, and `đ`, which Serbian
/// passports spell `DJ`. Within a word NYSIIS mostly hears no difference; at its head, and before `V`, it does.
fn fold(part: &str) -> String {
    part.replace("AE", "A").replace("OE", "O").replace("UE", "U").replace("DJ", "D")
}

#[cfg(test)]
mod tests;
