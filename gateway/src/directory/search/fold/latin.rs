//! Letters of the Latin alphabets that Unicode takes apart into no letter and mark, or that are also written with two.

/// Without mark, and written out; `None` for a letter of which there is nothing to say.
///
/// Usage: German DIN 5007 and official forms without umlauts (ä, ö, ü, ß), Danish, Norwegian and Swedish registers
/// (æ, ø, å), ICAO Doc 9303 part 3, section 6 (đ, ð, ħ, ı, ł, œ, þ, ŋ, ŧ).
pub(super) const fn letter(letter: char) -> Option<(&'static str, &'static str)> {
    Some(match letter {
        'ä' => ("a", "ae"),
        'ö' | 'ø' => ("o", "oe"),
        'ü' => ("u", "ue"),
        'å' => ("a", "aa"),
        'æ' => ("ae", "ae"),
        'œ' => ("oe", "oe"),
        'ß' => ("ss", "ss"),
        'đ' => ("d", "dj"),
        'ð' => ("d", "d"),
        'þ' => ("th", "th"),
        'ł' => ("l", "l"),
        'ħ' => ("h", "h"),
        'ı' => ("i", "i"),
        'ŋ' => ("n", "ng"),
        'ŧ' => ("t", "t"),
        'ĸ' => ("k", "k"),
        _ => return None,
    })
}
