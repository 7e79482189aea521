//! Cyrillic in Latin letters: the Bulgarian Transliteration Act (State Gazette 19/2009), and letter by letter as
//! ISO/R 9:1968 and Serbian Latin (Gaj) have it, without their marks. Serbian, Macedonian, Russian, Ukrainian and
//! Belarusian letters that Bulgarian lacks follow the usual romanisations (BGN/PCGN) in the first spelling.

/// Both spellings of the letter at `place`; `None` where it is not Cyrillic.
pub(super) fn letter(word: &[char], place: usize) -> Option<(&'static str, &'static str)> {
    let here = *word.get(place)?;
    if !matches!(here, '\u{400}'..='\u{45f}' | '\u{490}' | '\u{491}') {
        return None;
    }
    let (first, second) = of(here)?;
    Some((by_act(word, place).unwrap_or(first), second))
}

/// The Act's exceptions: a final `ия` is `ia`, and the country's name is `Bulgaria`.
fn by_act(word: &[char], place: usize) -> Option<&'static str> {
    let is_last = place + 1 == word.len();
    match word[place] {
        'я' if is_last && place > 0 && word[place - 1] == 'и' => Some("a"),
        'ъ' if place == 1 && word.iter().copied().eq("българия".chars()) => Some("u"),
        _ => None,
    }
}

const fn of(letter: char) -> Option<(&'static str, &'static str)> {
    Some(match letter {
        'а' => ("a", "a"),
        'б' => ("b", "b"),
        'в' => ("v", "v"),
        'г' | 'ґ' => ("g", "g"),
        'д' => ("d", "d"),
        'е' | 'ѐ' => ("e", "e"),
        'ж' => ("zh", "z"),
        'з' => ("z", "z"),
        'и' | 'ѝ' | 'і' => ("i", "i"),
        'й' => ("y", "j"),
        'к' => ("k", "k"),
        'л' => ("l", "l"),
        'м' => ("m", "m"),
        'н' => ("n", "n"),
        'о' => ("o", "o"),
        'п' => ("p", "p"),
        'р' => ("r", "r"),
        'с' => ("s", "s"),
        'т' => ("t", "t"),
        'у' => ("u", "u"),
        'ф' => ("f", "f"),
        'х' => ("h", "h"),
        'ц' => ("ts", "c"),
        'ч' => ("ch", "c"),
        'ш' => ("sh", "s"),
        'щ' => ("sht", "st"),
        // The older usage, which many still write: Bulgarski, Turnovo.
        'ъ' => ("a", "u"),
        'ь' => ("y", ""),
        'ю' => ("yu", "ju"),
        'я' => ("ya", "ja"),
        'ы' => ("y", "y"),
        'э' => ("e", "e"),
        'ё' => ("yo", "e"),
        'є' => ("ye", "je"),
        'ї' => ("yi", "i"),
        'ў' => ("w", "u"),
        'ј' => ("j", "j"),
        'љ' => ("lj", "lj"),
        'њ' => ("nj", "nj"),
        'ћ' => ("c", "c"),
        'ќ' => ("kj", "k"),
        'ђ' => ("dj", "d"),
        'ѓ' => ("gj", "g"),
        'ѕ' => ("dz", "dz"),
        'џ' => ("dzh", "dz"),
        _ => return None,
    })
}
