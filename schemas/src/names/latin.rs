//! The Latin letters of Europe after ICAO Doc 9303-3 section 6, table A: what a passport's machine-readable lines hold.
//!
//! Where the table gives a choice, the longer spelling is taken (`Ä` is `AE`); the shorter one is the second key's.

use super::Spelling;
use super::letters::{DIAERESIS, Letter, RING};

const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/// The first letter of the word, if it is Latin.
pub(super) fn spell(word: &[Letter]) -> Option<Spelling> {
    let letter = word.first()?;
    let text = with_marks(letter).or_else(|| own_letter(letter.base)).or_else(|| plain(letter.base))?;
    Some(Spelling { text, letters: 1 })
}

fn with_marks(letter: &Letter) -> Option<&'static str> {
    match letter.base {
        'A' if letter.has(DIAERESIS) => Some("AE"),
        'O' if letter.has(DIAERESIS) => Some("OE"),
        'U' if letter.has(DIAERESIS) => Some("UE"),
        'A' if letter.has(RING) => Some("AA"),
        _ => None,
    }
}

/// Letters that no mark makes of another. `ß` and `ı` have plain capitals and never come here.
fn own_letter(base: char) -> Option<&'static str> {
    Some(match base {
        'Æ' => "AE",
        'Œ' | 'Ø' => "OE",
        'ẞ' => "SS",
        'Þ' => "TH",
        'Ð' | 'Đ' => "D",
        'Ł' => "L",
        'Ħ' => "H",
        'Ŧ' => "T",
        'Ŋ' => "N",
        'ĸ' => "Q",
        'Ə' => "E",
        'Ǥ' => "G",
        'Ʒ' => "Z",
        _ => return None,
    })
}

fn plain(base: char) -> Option<&'static str> {
    let at = ALPHABET.find(base)?;
    ALPHABET.get(at..=at)
}
