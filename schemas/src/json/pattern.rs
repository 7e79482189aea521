//! Regular expressions of XML Schema in the words of ECMA-262, where it has words for them.
//!
//! Owns the differences: anchors, classes, escapes. An expression that cannot be said alike is left out, never bent.

/// An expression that matches whole texts as any of the alternatives does; nothing if one of them cannot be said.
pub(super) fn ecma(alternatives: &[String]) -> Option<String> {
    let said: Option<Vec<String>> = alternatives.iter().map(|pattern| translated(pattern)).collect();
    Some(format!("^(?:{})$", said?.join("|")))
}

fn translated(pattern: &str) -> Option<String> {
    let mut out = String::with_capacity(pattern.len() + 8);
    let mut characters = pattern.chars().peekable();
    let mut in_class = false;
    while let Some(character) = characters.next() {
        match (character, in_class) {
            ('\\', _) => {
                let escaped = characters.next()?;
                out.push_str(&escape(escaped, in_class)?);
                if matches!(escaped, 'p' | 'P') {
                    out.push_str(&property(&mut characters)?);
                }
            }
            ('[', false) => {
                in_class = true;
                out.push('[');
                if characters.peek() == Some(&'^') {
                    characters.next();
                    out.push('^');
                }
            }
            // One class subtracted from another.
            ('[', true) => return None,
            (']', true) => {
                in_class = false;
                out.push(']');
            }
            (']', false) => return None,
            // Anchors are ordinary characters in XML Schema.
            ('^' | '$', false) => out.extend(['\\', character]),
            ('^', true) => out.push_str("\\^"),
            ('.', false) => out.push_str("[^\\n\\r]"),
            ('/', _) => out.push_str("\\/"),
            _ => out.push(character),
        }
    }
    (!in_class).then_some(out)
}

fn escape(character: char, in_class: bool) -> Option<String> {
    let said = match (character, in_class) {
        ('d', _) => "\\p{Nd}".to_owned(),
        ('D', _) => "\\P{Nd}".to_owned(),
        ('s', true) => " \\t\\n\\r".to_owned(),
        ('s', false) => "[ \\t\\n\\r]".to_owned(),
        ('S', false) => "[^ \\t\\n\\r]".to_owned(),
        ('w', false) => "[^\\p{P}\\p{Z}\\p{C}]".to_owned(),
        ('W', false) => "[\\p{P}\\p{Z}\\p{C}]".to_owned(),
        ('p' | 'P' | 'n' | 'r' | 't', _) => format!("\\{character}"),
        ('-', false) => "-".to_owned(),
        ('\\' | '|' | '.' | '?' | '*' | '+' | '(' | ')' | '{' | '}' | '-' | '[' | ']' | '^', _) => {
            format!("\\{character}")
        }
        _ => return None,
    };
    Some(said)
}

/// A category in braces; blocks (`Is…`) have no equal.
fn property(characters: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Option<String> {
    let name: String = characters.by_ref().take_while(|character| *character != '}').collect();
    let category = name.strip_prefix('{')?;
    let is_category = (1..=2).contains(&category.len()) && category.chars().all(|letter| letter.is_ascii_alphabetic());
    is_category.then(|| format!("{{{category}}}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_said_alike_or_not_at_all() {
        for (theirs, ours) in [
            (r"[A-Z][A-Z0-9\-]{1,127}", Some(r"^(?:[A-Z][A-Z0-9\-]{1,127})$")),
            (r"[^@\s]+@[^@\s]+", Some(r"^(?:[^@ \t\n\r]+@[^@ \t\n\r]+)$")),
            (r"\d+\.\d*", Some(r"^(?:\p{Nd}+\.\p{Nd}*)$")),
            (r"^$|a.b\-c/d", Some(r"^(?:\^\$|a[^\n\r]b-c\/d)$")),
            (r"\p{Lu}\P{L}", Some(r"^(?:\p{Lu}\P{L})$")),
            (r"[a-z-[aeiou]]", None),
            (r"\i\c*", None),
            (r"\p{IsGreek}", None),
            (r"[\w]", None),
            (r"[", None),
            ("\\", None),
        ] {
            assert_eq!(ecma(&[theirs.to_owned()]).as_deref(), ours, "{theirs}");
        }
        assert_eq!(ecma(&["a".to_owned(), "b|c".to_owned()]).as_deref(), Some("^(?:a|b|c)$"));
        assert_eq!(ecma(&["a".to_owned(), r"\i".to_owned()]), None);
    }
}
