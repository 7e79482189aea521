//! A name as words of letters: normalised, in capitals, each letter with its marks. Knows no alphabet.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::MAX_NAME_CHARS;

/// Combining acute accent; the Greek tonos is the same.
pub(super) const ACUTE: char = '\u{301}';
/// Combining breve.
pub(super) const BREVE: char = '\u{306}';
/// Combining diaeresis.
pub(super) const DIAERESIS: char = '\u{308}';
/// Combining ring above.
pub(super) const RING: char = '\u{30a}';

/// Characters that are looked at before composition: a letter of the Union has at most three marks, so a name within
/// [`MAX_NAME_CHARS`] is never cut here, and a flood of marks is not sorted first.
const MAX_DECOMPOSED_CHARS: usize = 5 * MAX_NAME_CHARS;

/// A capital letter without its marks, and the marks.
pub(super) struct Letter {
    pub(super) base: char,
    marks: Vec<char>,
}

impl Letter {
    /// Whether the letter has the combining mark.
    pub(super) fn has(&self, mark: char) -> bool {
        self.marks.contains(&mark)
    }
}

/// The words of a name: runs of letters, none of them empty. Canonically equivalent names have the same.
pub(super) fn words(name: &str) -> Vec<Vec<Letter>> {
    let mut words = Vec::new();
    let mut word: Vec<Letter> = Vec::new();
    for character in normalised(name).nfd() {
        if is_combining_mark(character) {
            if let Some(letter) = word.last_mut() {
                letter.marks.push(character);
            }
        } else if character.is_alphabetic() {
            word.push(Letter { base: character, marks: Vec::new() });
        } else if !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

/// Composed first, so that both spellings of Unicode are cut at the same letter. What is silent goes before and after
/// compatibility forms are resolved: a lone accent would become a blank, and `ŉ` becomes an apostrophe and a letter.
fn normalised(name: &str) -> String {
    let composed = name.chars().take(MAX_DECOMPOSED_CHARS).nfc().take(MAX_NAME_CHARS);
    let spoken = composed.filter(|character| !is_silent(*character)).nfkc();
    spoken.filter(|character| !is_silent(*character)).collect::<String>().to_uppercase()
}

/// What stands inside a part of a name and parts nothing: apostrophes in all their shapes, accents that stand alone,
/// the middle dot of Catalan, soft hyphens, and what is invisible.
fn is_silent(character: char) -> bool {
    matches!(
        character,
        '\'' | '`' | '\u{b4}' | '\u{2b0}'..='\u{2ff}' | '\u{384}' | '\u{2018}'..='\u{201b}' | '\u{2032}' | '\u{2035}'
            | '\u{ff07}' | '\u{b7}' | '\u{2027}' | '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{2069}' | '\u{feff}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bases(name: &str) -> Vec<String> {
        words(name).iter().map(|word| word.iter().map(|letter| letter.base).collect()).collect()
    }

    #[test]
    fn what_is_no_letter_parts_words() {
        assert_eq!(bases("de-la Cruz, 2nd<<JR."), ["DE", "LA", "CRUZ", "ND", "JR"]);
        assert!(bases(" -'.7 ").is_empty());
    }

    #[test]
    fn apostrophes_and_invisible_characters_part_nothing() {
        for name in
            ["O'B", "O\u{2019}B", "O\u{b4}B", "O`B", "O\u{2bc}B", "O\u{ad}B", "O\u{200d}B", "O\u{1ffd}B", "O\u{b7}B"]
        {
            assert_eq!(bases(name), ["OB"], "{name:?}");
        }
    }

    #[test]
    fn compatibility_forms_are_their_letters() {
        assert_eq!(bases("\u{fb01}n\u{133}\u{ff21}\u{aa}"), ["FINIJAA"]);
    }

    #[test]
    fn marks_stay_with_their_letter_and_never_stand_alone() {
        let words = words("\u{308}a\u{308}o");
        assert_eq!(words[0].iter().map(|letter| letter.has(DIAERESIS)).collect::<Vec<_>>(), [true, false]);
    }
}
