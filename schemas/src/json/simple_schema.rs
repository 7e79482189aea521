//! JSON Schemas of simple types.
//!
//! A value that XML Schema would see otherwise than JSON Schema (white space around it, a number spelled as JSON does
//! not) is let through here, for the XSD to judge.

use super::grammar::{Facets, Lexis, Simple, WhiteSpace};
use super::pattern::ecma;
use super::value::is_number;
use serde_json::{Map, Number, Value, json};

/// Name of the definition of texts with white space that XML Schema does not see.
pub(super) const UNNORMALISED: &str = "$unnormalised";

const WHOLE: &str = r"^[ \t\r\n]*[+-]?[0-9]+[ \t\r\n]*$";
const NUMBER: &str = r"^[ \t\r\n]*([+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?|[+-]?INF|NaN)[ \t\r\n]*$";
const TRUTH: &str = r"^[ \t\r\n]*(true|false|0|1)[ \t\r\n]*$";
const ZONE: &str = r"(Z|[+-](0[0-9]|1[0-3]):[0-5][0-9]|[+-]14:00)?";
const DAY: &str = r"-?([1-9][0-9]{3,}|0[0-9]{3})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])";
const CLOCK: &str = r"(([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]+)?|24:00:00(\.0+)?)";

/// The definition that [`UNNORMALISED`] names.
pub(super) fn unnormalised() -> Value {
    let comment = "Text with white space that XML Schema removes or replaces: the XSD judges it.";
    json!({ "$comment": comment, "type": "string", "pattern": r"^[ \t\r\n]|[ \t\r\n]$|[\t\r\n]|  " })
}

/// The schema of a simple type's values.
pub(super) fn of(simple: &Simple) -> Value {
    let facets = &simple.facets;
    match simple.lexis {
        Lexis::Boolean => json!({ "anyOf": [{ "type": "boolean" }, { "type": "string", "pattern": TRUTH }] }),
        Lexis::Integer => number("integer", WHOLE, facets),
        Lexis::Decimal | Lexis::Float => number("number", NUMBER, facets),
        Lexis::QName => json!({ "type": "string" }),
        Lexis::Date => text(facets, Some(format!("^{DAY}{ZONE}$"))),
        Lexis::DateTime => text(facets, Some(format!("^{DAY}T{CLOCK}{ZONE}$"))),
        Lexis::Time => text(facets, Some(format!("^{CLOCK}{ZONE}$"))),
        Lexis::Text | Lexis::Other => text(facets, None),
    }
}

/// Bounds are inclusive, also those that the XSD excludes: a reader that rounds must not refuse what is good.
fn number(kind: &str, spelling: &str, facets: &Facets) -> Value {
    let mut strict = Map::from_iter([("type".to_owned(), kind.into())]);
    for (keyword, bound) in [("minimum", &facets.minimum), ("maximum", &facets.maximum)] {
        let bound = bound.as_deref().filter(|bound| is_number(bound));
        if let Some(bound) = bound.and_then(|bound| serde_json::from_str::<Number>(bound).ok()) {
            strict.insert(keyword.to_owned(), bound.into());
        }
    }
    json!({ "anyOf": [strict, { "type": "string", "pattern": spelling }] })
}

fn text(facets: &Facets, form: Option<String>) -> Value {
    let mut strict = Map::new();
    for (keyword, length) in [("minLength", facets.min_length), ("maxLength", facets.max_length)] {
        if let Some(length) = length {
            strict.insert(keyword.to_owned(), length.into());
        }
    }
    let is_listed = form.is_none() && !facets.values.is_empty() && facets.lists_texts;
    if is_listed {
        strict.insert("enum".to_owned(), facets.values.clone().into());
    }
    let mut patterns: Vec<String> = facets.patterns.iter().filter_map(|step| ecma(step)).chain(form).collect();
    match (patterns.len(), patterns.pop()) {
        (1, Some(pattern)) => {
            strict.insert("pattern".to_owned(), pattern.into());
        }
        (_, Some(last)) => {
            let all = patterns.into_iter().chain([last]).map(|pattern| json!({ "pattern": pattern }));
            strict.insert("allOf".to_owned(), all.collect());
        }
        (_, None) => {}
    }
    let is_restricted = !strict.is_empty();
    strict.insert("type".to_owned(), "string".into());
    match facets.white_space {
        WhiteSpace::Changed if is_restricted => {
            json!({ "anyOf": [strict, { "$ref": format!("#/$defs/{UNNORMALISED}") }] })
        }
        WhiteSpace::Changed | WhiteSpace::Preserve => strict.into(),
    }
}
