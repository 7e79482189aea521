//! Greek after ELOT 743 (ISO 843, type 2), the transcription of Greek and Cypriot passports.

use super::Spelling;
use super::letters::{ACUTE, DIAERESIS, Letter};

/// The first letters of the word, if they are Greek; `before` is the letter that stands before them.
pub(super) fn spell(before: Option<&Letter>, word: &[Letter]) -> Option<Spelling> {
    if let Some(text) = pair(before, word) {
        return Some(Spelling { text, letters: 2 });
    }
    let text = single(word.first()?.base)?;
    Some(Spelling { text, letters: 1 })
}

fn pair(before: Option<&Letter>, word: &[Letter]) -> Option<&'static str> {
    let (first, second) = (word.first()?, word.get(1)?);
    let (head, tail) = (before.is_none(), word.len() == 2);
    match (first.base, second.base) {
        ('Γ', 'Γ') => Some("NG"),
        ('Γ', 'Ξ') => Some("NX"),
        ('Γ', 'Χ') => Some("NCH"),
        ('Μ', 'Π') if head || tail => Some("B"),
        (vowel, 'Υ') if is_diphthong(first, second) => diphthong(vowel, word.get(2)),
        _ => None,
    }
}

/// A tonos on the first vowel, or a diaeresis on the second, says that each is spoken for itself.
fn is_diphthong(first: &Letter, second: &Letter) -> bool {
    !first.has(ACUTE) && !second.has(DIAERESIS)
}

/// The υ of αυ, ευ and ηυ is V before vowels and voiced consonants, else F.
fn diphthong(vowel: char, next: Option<&Letter>) -> Option<&'static str> {
    let voiced = next.is_some_and(|letter| "ΑΕΗΙΟΥΩΒΓΔΖΛΜΝΡ".contains(letter.base));
    match (vowel, voiced) {
        ('Ο', _) => Some("OU"),
        ('Α', true) => Some("AV"),
        ('Α', false) => Some("AF"),
        ('Ε', true) => Some("EV"),
        ('Ε', false) => Some("EF"),
        ('Η', true) => Some("IV"),
        ('Η', false) => Some("IF"),
        _ => None,
    }
}

fn single(base: char) -> Option<&'static str> {
    Some(match base {
        'Α' => "A",
        'Β' => "V",
        'Γ' => "G",
        'Δ' => "D",
        'Ε' => "E",
        'Ζ' => "Z",
        'Η' | 'Ι' => "I",
        'Θ' => "TH",
        'Κ' => "K",
        'Λ' => "L",
        'Μ' => "M",
        'Ν' => "N",
        'Ξ' => "X",
        'Ο' | 'Ω' => "O",
        'Π' => "P",
        'Ρ' => "R",
        'Σ' => "S",
        'Τ' => "T",
        'Υ' => "Y",
        'Φ' => "F",
        'Χ' => "CH",
        'Ψ' => "PS",
        _ => return None,
    })
}
