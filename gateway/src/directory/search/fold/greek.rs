//! Greek in Latin letters: ELOT 743 (ISO 843, type 2: transcription) and ISO 843, type 1 (letter by letter).

use super::taken_apart;

const DIAERESIS: char = '\u{308}';

/// Both spellings of the letter at `place`; `None` where it is not Greek.
pub(super) fn letter(word: &[char], place: usize) -> Option<(&'static str, &'static str)> {
    let here = base(*word.get(place)?)?;
    let second = by_letter(word, place, here);
    Some((transcribed(word, place, here).unwrap_or(second), second))
}

/// The Greek letter beneath the marks, the final sigma as any other.
fn base(letter: char) -> Option<char> {
    // Nothing but the two Greek blocks needs to be taken apart.
    if !matches!(letter, '\u{370}'..='\u{3ff}' | '\u{1f00}'..='\u{1fff}') {
        return None;
    }
    let base = if matches!(letter, 'α'..='ω') { letter } else { taken_apart(letter).0 };
    match base {
        'ς' => Some('σ'),
        'α'..='ω' => Some(base),
        _ => None,
    }
}

/// The vowel in front of an upsilon that forms one sound with it: neither an accent on that vowel nor a diaeresis on
/// the upsilon parts them.
fn vowel_before_upsilon(word: &[char], place: usize) -> Option<char> {
    let (vowel, accents) = taken_apart(*word.get(place.checked_sub(1)?)?);
    let is_parted = !accents.is_empty() || taken_apart(word[place]).1.contains(&DIAERESIS);
    (matches!(vowel, 'α' | 'ε' | 'η' | 'ο') && !is_parted).then_some(vowel)
}

fn by_letter(word: &[char], place: usize, here: char) -> &'static str {
    match here {
        'α' => "a",
        'β' => "v",
        'γ' => "g",
        'δ' => "d",
        'ε' => "e",
        'ζ' => "z",
        'η' | 'ι' => "i",
        'θ' => "th",
        'κ' => "k",
        'λ' => "l",
        'μ' => "m",
        'ν' => "n",
        'ξ' => "x",
        'ο' | 'ω' => "o",
        'π' => "p",
        'ρ' => "r",
        'σ' => "s",
        'τ' => "t",
        'υ' if vowel_before_upsilon(word, place).is_some() => "u",
        'υ' => "y",
        'φ' => "f",
        'χ' => "ch",
        'ψ' => "ps",
        _ => "",
    }
}

/// What sounds different in its company.
fn transcribed(word: &[char], place: usize, here: char) -> Option<&'static str> {
    let before = place.checked_sub(1).and_then(|before| base(word[before]));
    let after = word.get(place + 1).and_then(|after| base(*after));
    match here {
        'γ' if matches!(after, Some('γ' | 'ξ' | 'χ')) => Some("n"),
        'μ' if after == Some('π') && (place == 0 || place + 2 == word.len()) => Some("b"),
        'π' if before == Some('μ') && (place == 1 || place + 1 == word.len()) => Some(""),
        'υ' => match vowel_before_upsilon(word, place)? {
            'ο' => None,
            _ if matches!(after, None | Some('θ' | 'κ' | 'ξ' | 'π' | 'σ' | 'τ' | 'φ' | 'χ' | 'ψ')) => {
                Some("f")
            }
            _ => Some("v"),
        },
        _ => None,
    }
}
