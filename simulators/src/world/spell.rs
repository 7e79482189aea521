//! Names in the letters of identifiers: Greek (ELOT 743, simplified) and Bulgarian (the streamlined system) romanised,
//! accents dropped.

/// A text in Latin letters; Latin letters keep their accents.
pub(super) fn romanised(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (taken, latin) = pair(rest).or_else(|| single(first).map(|latin| (first.len_utf8(), latin))).map_or_else(
            || (first.len_utf8(), first.to_string()),
            |(taken, latin)| (taken, if first.is_uppercase() { capitalised(latin) } else { latin.to_owned() }),
        );
        out.push_str(&latin);
        rest = &rest[taken..];
    }
    out
}

/// A text as a word of an identifier: `A` to `Z`, digits, single hyphens between them. `german` spells ä, ö, ü as
/// AE, OE, UE; elsewhere they lose their dots.
pub(super) fn word(text: &str, german: bool) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in romanised(text).chars().flat_map(char::to_lowercase) {
        match folded(letter, german) {
            Some(latin) => out.push_str(&latin.to_ascii_uppercase()),
            None if letter.is_ascii_alphanumeric() => out.push(letter.to_ascii_uppercase()),
            None if !out.is_empty() && !out.ends_with('-') => out.push('-'),
            None => {}
        }
    }
    out.truncate(out.trim_end_matches('-').len());
    out
}

fn capitalised(latin: &str) -> String {
    let mut letters = latin.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// Two Greek letters that are one sound.
fn pair(text: &str) -> Option<(usize, &'static str)> {
    const PAIRS: [(&str, &str); 9] = [
        ("ου", "ou"),
        ("ού", "ou"),
        ("αυ", "av"),
        ("αύ", "af"),
        ("ευ", "ev"),
        ("εύ", "ef"),
        ("γγ", "ng"),
        ("γκ", "gk"),
        ("μπ", "b"),
    ];
    let mut letters = text.chars();
    let head: String = letters.by_ref().take(2).flat_map(char::to_lowercase).collect();
    let length = text.len() - letters.as_str().len();
    PAIRS.iter().find(|(greek, _)| *greek == head).map(|(_, latin)| (length, *latin))
}

fn single(letter: char) -> Option<&'static str> {
    let lower = letter.to_lowercase().next().unwrap_or(letter);
    Some(match lower {
        'α' | 'ά' | 'а' | 'ъ' => "a",
        'β' | 'в' => "v",
        'γ' | 'г' => "g",
        'δ' | 'д' => "d",
        'ε' | 'έ' | 'е' => "e",
        'ζ' | 'з' => "z",
        'η' | 'ή' | 'ι' | 'ί' | 'ϊ' | 'ΐ' | 'и' => "i",
        'θ' => "th",
        'κ' | 'к' => "k",
        'λ' | 'л' => "l",
        'μ' | 'м' => "m",
        'ν' | 'н' => "n",
        'ξ' => "x",
        'ο' | 'ό' | 'ω' | 'ώ' | 'о' => "o",
        'π' | 'п' => "p",
        'ρ' | 'р' => "r",
        'σ' | 'ς' | 'с' => "s",
        'τ' | 'т' => "t",
        'υ' | 'ύ' | 'ϋ' | 'ΰ' | 'й' | 'ь' => "y",
        'φ' | 'ф' => "f",
        'χ' => "ch",
        'х' => "h",
        'ψ' => "ps",
        'б' => "b",
        'ж' => "zh",
        'у' => "u",
        'ц' => "ts",
        'ч' => "ch",
        'ш' => "sh",
        'щ' => "sht",
        'ю' => "yu",
        'я' => "ya",
        _ => return None,
    })
}

fn folded(letter: char, german: bool) -> Option<&'static str> {
    Some(match letter {
        'ä' if german => "ae",
        'ö' if german => "oe",
        'ü' if german => "ue",
        'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' | 'ā' | 'ă' | 'ą' => "a",
        'æ' => "ae",
        'ç' | 'ć' | 'č' | 'ċ' => "c",
        'ď' | 'đ' | 'ð' => "d",
        'è' | 'é' | 'ê' | 'ë' | 'ē' | 'ė' | 'ę' | 'ě' => "e",
        'ġ' | 'ģ' | 'ğ' => "g",
        'ħ' => "h",
        'ì' | 'í' | 'î' | 'ï' | 'ī' | 'į' => "i",
        'ķ' => "k",
        'ĺ' | 'ļ' | 'ľ' | 'ł' => "l",
        'ñ' | 'ń' | 'ņ' | 'ň' => "n",
        'ò' | 'ó' | 'ô' | 'õ' | 'ö' | 'ø' | 'ő' => "o",
        'œ' => "oe",
        'ŕ' | 'ř' => "r",
        'ś' | 'š' | 'ș' | 'ş' => "s",
        'ß' => "ss",
        'ť' | 'ț' | 'ţ' => "t",
        'þ' => "th",
        'ù' | 'ú' | 'û' | 'ü' | 'ū' | 'ů' | 'ű' | 'ų' => "u",
        'ŵ' => "w",
        'ý' | 'ÿ' | 'ŷ' => "y",
        'ź' | 'ż' | 'ž' => "z",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_words_of_identifiers() {
        assert_eq!(word("Baden-Württemberg", true), "BADEN-WUERTTEMBERG");
        assert_eq!(word("Jyväskylä", false), "JYVASKYLA");
        assert_eq!(word("'s-Hertogenbosch", false), "S-HERTOGENBOSCH");
        assert_eq!(word("Łódź", false), "LODZ");
        assert_eq!(word("Велико Търново", false), "VELIKO-TARNOVO");
        assert_eq!(word("Δήμος Θεσσαλονίκης", false), "DIMOS-THESSALONIKIS");
    }

    #[test]
    fn romanised_names_keep_their_capitals_and_accents() {
        assert_eq!(romanised("Стара Загора"), "Stara Zagora");
        assert_eq!(romanised("Ηρακλείου"), "Irakleiou");
        assert_eq!(romanised("Liège"), "Liège");
    }
}
