//! Cyrillic after Bulgaria's Transliteration Act (State Gazette 19/2009), the only Cyrillic alphabet of the Union.
//!
//! A name does not say its language, so letters that other languages share with Bulgarian are read as Bulgarian.
//! Letters that Bulgarian does not have follow ICAO Doc 9303-3 section 6, table B, and passports where that is silent:
//! Serbia, North Macedonia, Ukraine and others take part in TACHOnet under the AETR.

use super::Spelling;
use super::letters::{BREVE, Letter};

/// The first letters of the word, if they are Cyrillic. `ия` at a word's end is `IA`: Мария is Maria.
pub(super) fn spell(word: &[Letter]) -> Option<Spelling> {
    let letter = word.first()?;
    if let [first, second] = word
        && (first.base, second.base) == ('И', 'Я')
        && !first.has(BREVE)
    {
        return Some(Spelling { text: "IA", letters: 2 });
    }
    let text = match letter.base {
        'И' if letter.has(BREVE) => Some("Y"),
        base => bulgarian(base).or_else(|| other(base)),
    };
    text.map(|text| Spelling { text, letters: 1 })
}

fn bulgarian(base: char) -> Option<&'static str> {
    Some(match base {
        'А' | 'Ъ' => "A",
        'Б' => "B",
        'В' => "V",
        'Г' => "G",
        'Д' => "D",
        'Е' => "E",
        'Ж' => "ZH",
        'З' => "Z",
        'И' => "I",
        'К' => "K",
        'Л' => "L",
        'М' => "M",
        'Н' => "N",
        'О' => "O",
        'П' => "P",
        'Р' => "R",
        'С' => "S",
        'Т' => "T",
        'У' => "U",
        'Ф' => "F",
        'Х' => "H",
        'Ц' => "TS",
        'Ч' => "CH",
        'Ш' => "SH",
        'Щ' => "SHT",
        'Ь' => "Y",
        'Ю' => "YU",
        'Я' => "YA",
        _ => return None,
    })
}

fn other(base: char) -> Option<&'static str> {
    Some(match base {
        'Ә' => "A",
        'Э' => "E",
        'Ы' => "Y",
        'І' => "I",
        'Є' => "IE",
        'Ґ' | 'Ғ' => "G",
        'Ј' | 'Ҷ' => "J",
        'Љ' => "LJ",
        'Њ' => "NJ",
        'Ћ' => "C",
        'Ђ' => "D",
        'Џ' | 'Ѕ' => "DZ",
        'Қ' => "K",
        'Ң' => "N",
        'Ө' => "O",
        'Ұ' | 'Ү' => "U",
        'Һ' | 'Ҳ' => "H",
        _ => return None,
    })
}
