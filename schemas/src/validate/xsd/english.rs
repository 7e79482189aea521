//! The engine's words, made fit for people: plain sentences of bounded length.
//!
//! Owns wordings only. What the engine says in words that are not known here is passed on as it is.

use xsd_schema::SchemaSet;
use xsd_schema::parser::location::SourceMapStorage;

/// Longest piece of the document that a message quotes, in characters.
const QUOTED_CHARS: usize = 80;

/// Facets with the words the engine has for them, and ours: before the value, between value and bound.
const BOUNDS: [(&str, &str, &str); 6] = [
    ("minInclusive constraint violation: value ", " is less than minimum ", "is less than the least allowed value,"),
    (
        "maxInclusive constraint violation: value ",
        " is greater than maximum ",
        "is more than the greatest allowed value,",
    ),
    ("minExclusive constraint violation: value ", " is not greater than ", "must be more than"),
    ("maxExclusive constraint violation: value ", " is not less than ", "must be less than"),
    (
        "minLength constraint violation: value length ",
        " is less than minimum ",
        "characters or items long; the least is",
    ),
    ("maxLength constraint violation: value length ", " exceeds maximum ", "characters or items long; the most is"),
];

/// One sentence for what the engine says, of at most `most_chars` characters.
pub(super) fn sentence(message: &str, most_chars: usize) -> String {
    let text = content(message).or_else(|| value(message)).or_else(|| bound(message)).unwrap_or_else(|| plain(message));
    shorten(&text, most_chars)
}

fn shorten(text: &str, most_chars: usize) -> String {
    match text.char_indices().nth(most_chars) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

fn quote(text: &str) -> String {
    shorten(text, QUOTED_CHARS)
}

fn plain(message: &str) -> String {
    let mut characters = message.chars();
    let first = characters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    let stop = if message.ends_with('.') { "" } else { "." };
    format!("{first}{}{stop}", characters.as_str())
}

fn content(message: &str) -> Option<String> {
    if let Some(start) = message.strip_suffix(" is not allowed at this position in the content model") {
        return Some(format!("{start} may not stand here."));
    }
    if let Some(start) = message.strip_suffix(" content model is incomplete: expected more child elements") {
        return Some(format!("{start} is not complete: a required element is missing at its end."));
    }
    if let Some(start) = message.strip_suffix(" has element-only content but non-whitespace text was found") {
        return Some(format!("{start} may hold elements only, no text."));
    }
    if let Some(rest) = message.strip_prefix("Unique constraint '") {
        let name = rest.strip_suffix("': duplicate key value detected")?;
        return Some(format!("The value stands twice, but has to be unique ({name})."));
    }
    let name = message.strip_prefix("Element '")?.strip_suffix("' is not declared")?;
    Some(format!("The schema does not know the element '{name}'."))
}

fn value(message: &str) -> Option<String> {
    if let Some(rest) = message.strip_prefix("pattern constraint violation: value '") {
        let (value, pattern) = rest.strip_suffix('\'')?.rsplit_once("' does not match pattern '")?;
        return Some(format!("The value '{}' does not have the required form: {pattern}", quote(value)));
    }
    let rest = message.strip_prefix("enumeration constraint violation: value '")?;
    let value = rest.strip_suffix("' is not in the allowed set")?;
    Some(format!("The value '{}' is none of the allowed values.", quote(value)))
}

fn bound(message: &str) -> Option<String> {
    BOUNDS.iter().find_map(|(start, middle, ours)| {
        let (value, bound) = message.strip_prefix(start)?.rsplit_once(middle)?;
        let bare = |text: &str| quote(text.trim_matches('\''));
        let what = if start.contains("length") { "The value is" } else { "The value" };
        Some(format!("{what} {} {ours} {}.", bare(value), bare(bound)))
    })
}

/// What the schema's author says about the assertion that the engine reports as failed, in English.
pub(super) fn assertion(set: &SchemaSet, message: &str) -> Option<String> {
    let test = message.strip_prefix("Assertion '")?.strip_suffix("' failed.")?;
    let mut assertions = set.arenas.complex_types.values().flat_map(|definition| &definition.assertions);
    let annotation = assertions.find(|assertion| assertion.test == test)?.annotation.as_ref()?;
    let documentation = annotation.documentation_for_lang("en").or_else(|| annotation.documentations().next())?;
    let SourceMapStorage::Full(maps) = &set.source_maps else { return None };
    let map = maps.get(usize::try_from(documentation.content.doc_id).ok()?)?;
    text_of_element(map.text.get(documentation.content.span.start..)?)
}

/// The text that an element begins with; `xml` begins with its start tag.
fn text_of_element(xml: &str) -> Option<String> {
    let (_, rest) = xml.split_once('>')?;
    let (text, _) = rest.split_once('<')?;
    let text = quick_xml::escape::unescape(text).ok()?;
    let words: Vec<&str> = text.split_whitespace().collect();
    (!words.is_empty()).then(|| words.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_engines_words_become_sentences() {
        for (theirs, ours) in [
            ("Element 'X' is not allowed at this position in the content model", "Element 'X' may not stand here."),
            ("Element 'X' is not declared", "The schema does not know the element 'X'."),
            (
                "enumeration constraint violation: value 'it's' is not in the allowed set",
                "The value 'it's' is none of the allowed values.",
            ),
            (
                "pattern constraint violation: value '1' does not match pattern '[a-z]+'",
                "The value '1' does not have the required form: [a-z]+",
            ),
            (
                "minInclusive constraint violation: value '-1' is less than minimum '1'",
                "The value -1 is less than the least allowed value, 1.",
            ),
            (
                "maxLength constraint violation: value length 301 exceeds maximum 300",
                "The value is 301 characters or items long; the most is 300.",
            ),
            ("something else is wrong", "Something else is wrong."),
            ("", "."),
        ] {
            assert_eq!(sentence(theirs, 500), ours);
        }
    }

    #[test]
    fn a_hostile_value_does_not_make_a_long_message() {
        let long =
            format!("enumeration constraint violation: value '{}' is not in the allowed set", "é".repeat(100_000));
        assert!(sentence(&long, 500).chars().count() < 150);
        assert_eq!(sentence(&"é".repeat(100_000), 500).chars().count(), 501);
    }
}
