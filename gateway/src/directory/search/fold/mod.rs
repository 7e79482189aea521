//! How words are folded, so that case, accents and alphabets do not matter in a search. Pure; knows no directory.
//!
//! A folded word is lower case and, for the alphabets of the Union, without marks and in Latin letters. Where one usage
//! writes a letter in one way and another usage in another (`ö` as `o` or `oe`, `ж` as `zh` or `z`), a word has two
//! forms, and two words match where any form of the one matches any form of the other.

mod cyrillic;
mod greek;
mod latin;

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// The forms of one word; `second` where it differs from `first`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Forms {
    /// As official usage has it: marks dropped, Greek transcribed by ELOT 743, Cyrillic by the Bulgarian law.
    pub(super) first: String,
    /// Letter by letter: umlauts written out, Greek by ISO 843, Cyrillic as scholars and Serbia write it. What is in
    /// front of a place never depends on what follows it, so the form of a beginning is the beginning of the form.
    pub(super) second: Option<String>,
}

impl Forms {
    /// Every form.
    pub(super) fn iter(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.first.as_str()).chain(self.second.as_deref())
    }

    /// The second form, which is the first where there is no other.
    fn last(&self) -> &str {
        self.second.as_deref().unwrap_or(&self.first)
    }
}

/// The words of a text: what stands between anything that is neither letter nor digit. Marks belong to their letters,
/// and neither the dot of Catalan `l·l` nor an invisible hyphen parts a word.
pub(super) fn words(text: &str) -> Vec<Forms> {
    // Most names are plain letters, and need nothing of what follows.
    if text.is_ascii() {
        let words = text.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
        return words.map(|word| Forms { first: word.to_ascii_lowercase(), second: None }).collect();
    }
    let letters: Vec<char> = text.to_lowercase().nfkc().filter(|letter| !is_silent(*letter)).collect();
    letters
        .split(|letter| !letter.is_alphanumeric() && !is_combining_mark(*letter))
        .map(forms)
        .filter(|word| !word.first.is_empty())
        .collect()
}

/// Each form of a whole text: its words, one space between two. One where both are equal.
pub(super) fn whole(words: &[Forms]) -> Vec<String> {
    let joined = |form: fn(&Forms) -> &str| words.iter().map(form).collect::<Vec<_>>().join(" ");
    let mut forms = vec![joined(|word| &word.first), joined(Forms::last)];
    forms.dedup();
    forms
}

fn is_silent(letter: char) -> bool {
    matches!(letter, '\u{b7}' | '\u{ad}' | '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}')
}

fn forms(word: &[char]) -> Forms {
    let (mut first, mut second) = (String::with_capacity(word.len()), String::with_capacity(word.len()));
    for (place, &letter) in word.iter().enumerate() {
        if let Some((one, other)) =
            greek::letter(word, place).or_else(|| cyrillic::letter(word, place)).or_else(|| latin::letter(letter))
        {
            first.push_str(one);
            second.push_str(other);
        } else {
            strip(letter, &mut first, &mut second);
        }
    }
    Forms { second: (second != first).then_some(second), first }
}

/// Any other letter without its marks; the letter beneath may be one of the tables' (`ǿ` is `ø` with a mark).
fn strip(letter: char, first: &mut String, second: &mut String) {
    if letter.is_ascii() {
        first.push(letter);
        second.push(letter);
        return;
    }
    for part in std::iter::once(letter).nfd().filter(|part| !is_combining_mark(*part)) {
        match latin::letter(part) {
            Some((one, other)) => {
                first.push_str(one);
                second.push_str(other);
            }
            None => {
                first.push(part);
                second.push(part);
            }
        }
    }
}

/// The letter without marks, and the marks.
fn taken_apart(letter: char) -> (char, Vec<char>) {
    let mut parts = std::iter::once(letter).nfd();
    (parts.next().unwrap_or(letter), parts.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether one finds the other: any form of `typed` begins any form of `written`, word by word.
    fn finds(typed: &str, written: &str) -> bool {
        let written = words(written);
        words(typed).iter().all(|word| {
            written.iter().any(|other| word.iter().any(|form| other.iter().any(|longer| longer.starts_with(form))))
        })
    }

    fn one(text: &str) -> (String, Option<String>) {
        let forms = words(text).swap_remove(0);
        (forms.first, forms.second)
    }

    #[test]
    fn case_and_accents_do_not_count() {
        for (typed, written) in [
            ("SUPREMO", "Suprêmo"),
            ("cámara", "CAMARA"),
            ("zazolc gesla jazn", "Zażółć gęślą jaźń"),
            ("ministerul educatiei", "Ministerul Educaţiei"),
            ("ministerul educației", "Ministerul Educaţiei"),
            ("Sirketi", "ŞİRKETİ"),
            ("isik", "ışık"),
            ("gharb", "Għarb"),
            ("hal", "Ħal"),
            ("cafe\u{301}", "café"),
            ("collegi", "Col·legi"),
            ("coŀlegi", "collegi"),
            ("fisica", "ﬁsica"),
            ("aerzte", "Ärzte"),
            ("arzte", "Ärzte"),
            ("strasse", "Straße"),
            ("STRASSE", "straße"),
            ("kobenhavn", "København"),
            ("koebenhavn", "København"),
            ("København", "Koebenhavn"),
            ("aarhus", "Århus"),
            ("Ǿre", "oere"),
            ("naering", "Næring"),
            ("dakovo", "Đakovo"),
            ("djakovo", "Đakovo"),
            ("thorshofn", "Þórshöfn"),
            ("oeuvre", "œuvre"),
            ("lodz", "Łódź"),
        ] {
            assert!(finds(typed, written), "{typed} finds {written}: {:?} {:?}", one(typed), one(written));
        }
        assert!(!finds("orzte", "Ärzte"));
    }

    #[test]
    fn greek_is_found_in_latin_letters_and_the_reverse() {
        for (greek, latin) in [
            ("Τεχνικό Επιμελητήριο Ελλάδας", "Techniko Epimelitirio Elladas"),
            ("ΤΕΧΝΙΚΟ ΕΠΙΜΕΛΗΤΗΡΙΟ", "techniko epimelitirio"),
            ("Υπουργείο Παιδείας", "Ypourgeio Paideias"),
            ("Ιατρικός Σύλλογος Αθηνών", "Iatrikos Syllogos Athinon"),
            ("Ευρωπαϊκή", "Evropaiki"),
            ("Ευρωπαϊκή", "Europaiki"),
            ("Εφορία Ναυτικού", "Eforia Naftikou"),
            ("αυγό", "avgo"),
            ("άυλος", "aylos"),
            ("Μπουμπουλίνα", "Boumpoulina"),
            ("Άγγελος", "Angelos"),
            ("Άγγελος", "Aggelos"),
            ("Έλεγχος", "Elenchos"),
            ("Λάρυγξ", "Larynx"),
            ("ψυχολόγος", "psychologos"),
        ] {
            assert!(finds(latin, greek), "{latin} finds {greek}: {:?}", words(greek));
            assert!(finds(greek, latin), "{greek} finds {latin}");
        }
    }

    #[test]
    fn cyrillic_is_found_in_latin_letters_and_the_reverse() {
        for (cyrillic, latin) in [
            ("Български лекарски съюз", "Balgarski lekarski sayuz"),
            ("Български лекарски", "Bulgarski lekarski"),
            ("Република България", "Republika Bulgaria"),
            ("София", "Sofia"),
            ("Камара на архитектите", "Kamara na arhitektite"),
            ("Щастие", "Shtastie"),
            ("Кюстендил", "Kyustendil"),
            ("Жељко Ђорђевић", "Željko Đorđević"),
            ("Љубљана Његош Џеп", "Ljubljana Njegoš Džep"),
            ("Жупанија", "Zupanija"),
            ("Эксперты", "Eksperty"),
        ] {
            assert!(finds(latin, cyrillic), "{latin} finds {cyrillic}: {:?}", words(cyrillic));
            assert!(finds(cyrillic, latin), "{cyrillic} finds {latin}: {:?}", words(cyrillic));
        }
        assert_eq!(one("Мария").0, "maria");
        assert_eq!(one("Марияна").0, "mariyana");
    }

    #[test]
    fn every_beginning_of_a_word_finds_the_word() {
        for word in
            ["Ευρωπαϊκή", "Μπάγκα", "αγγελία", "ουρανός", "България", "Мария", "Щастлив", "Größenänderung", "Ðjøŋß"]
        {
            let letters: Vec<char> = word.nfc().collect();
            for length in 1..=letters.len() {
                let beginning: String = letters[..length].iter().collect();
                assert!(finds(&beginning, word), "{beginning} finds {word}");
            }
        }
    }

    #[test]
    fn what_parts_words_and_what_does_not() {
        let firsts = |text: &str| words(text).into_iter().map(|word| word.first).collect::<Vec<_>>();
        assert_eq!(
            firsts("Conseil de l'Ordre (Paris) PL-NIA_86.21"),
            ["conseil", "de", "l", "ordre", "paris", "pl", "nia", "86", "21"]
        );
        assert_eq!(firsts(" -- \u{301} "), [""; 0]);
        assert_eq!(whole(&words("Ärzte-Kammer")), ["arzte kammer", "aerzte kammer"]);
        assert_eq!(whole(&words("Izba")), ["izba"]);
    }
}
