//! Simple types as the JSON mapping sees them: how their values are spelled, and what restricts them.

use crate::json::grammar::{Facets, Lexis, Name, Simple, WhiteSpace};
use xsd_schema::parser::frames::SimpleTypeVariety;
use xsd_schema::types::facets::{FacetSet, WhitespaceMode};
use xsd_schema::{SchemaSet, SimpleTypeKey, TypeKey, XmlTypeCode};

/// Longest chain of base types that is followed.
const CHAIN: usize = 64;

const LEXES: [(XmlTypeCode, Lexis); 11] = [
    (XmlTypeCode::Integer, Lexis::Integer),
    (XmlTypeCode::Decimal, Lexis::Decimal),
    (XmlTypeCode::Float, Lexis::Float),
    (XmlTypeCode::Double, Lexis::Float),
    (XmlTypeCode::Boolean, Lexis::Boolean),
    (XmlTypeCode::QName, Lexis::QName),
    (XmlTypeCode::Notation, Lexis::QName),
    (XmlTypeCode::String, Lexis::Text),
    (XmlTypeCode::Date, Lexis::Date),
    (XmlTypeCode::DateTime, Lexis::DateTime),
    (XmlTypeCode::Time, Lexis::Time),
];

/// A simple type with the facets that it has and inherits.
pub(super) fn simple(set: &SchemaSet, key: SimpleTypeKey, name: Option<Name>) -> Simple {
    let (facets, variety) = effective(set, key);
    let known = LEXES.iter().filter(|(code, _)| {
        set.get_built_in_simple_type_by_code(*code).is_some_and(|base| set.derives_from(key, base))
    });
    let lexis = match variety {
        SimpleTypeVariety::Atomic => known.map(|(_, lexis)| *lexis).next().unwrap_or(Lexis::Other),
        SimpleTypeVariety::List | SimpleTypeVariety::Union => Lexis::Other,
    };
    let preserves = |code| set.get_built_in_simple_type_by_code(code).is_some_and(|base| set.derives_from(key, base));
    let white_space = match facets.whitespace.as_ref().map(|facet| facet.value) {
        Some(WhitespaceMode::Preserve) => WhiteSpace::Preserve,
        Some(WhitespaceMode::Replace | WhitespaceMode::Collapse) => WhiteSpace::Changed,
        None if lexis == Lexis::Text && !preserves(XmlTypeCode::NormalizedString) => WhiteSpace::Preserve,
        None => WhiteSpace::Changed,
    };
    Simple { name, lexis, facets: plain(&facets, lexis, white_space) }
}

/// Own and inherited facets; the variety is that of the type from which all others were derived by restriction.
fn effective(set: &SchemaSet, key: SimpleTypeKey) -> (FacetSet, SimpleTypeVariety) {
    let (mut facets, mut variety) = (FacetSet::new(), SimpleTypeVariety::Atomic);
    let mut current = Some(key);
    for _ in 0..CHAIN {
        let Some(definition) = current.and_then(|key| set.arenas.simple_types.get(key)) else { break };
        facets.inherit_from(&definition.facets);
        if definition.variety != SimpleTypeVariety::Atomic {
            variety = definition.variety;
        }
        current = match definition.resolved_base_type {
            Some(TypeKey::Simple(base)) => Some(base),
            Some(TypeKey::Complex(_)) | None => None,
        };
    }
    (facets, variety)
}

fn plain(facets: &FacetSet, lexis: Lexis, white_space: WhiteSpace) -> Facets {
    let is_text = lexis == Lexis::Text;
    let length = facets.length.as_ref().map(|facet| facet.value);
    let least = facets.min_length.as_ref().map(|facet| facet.value).or(length);
    let most = facets.max_length.as_ref().map(|facet| facet.value).or(length);
    let mut values: Vec<String> =
        facets.enumeration.iter().flat_map(|facet| &facet.values).map(|value| value.trim().to_owned()).collect();
    if white_space == WhiteSpace::Preserve {
        values = facets.enumeration.iter().flat_map(|facet| facet.values.iter().cloned()).collect();
    }
    values.sort();
    let patterns = facets.patterns.iter().filter(|step| !step.is_empty());
    let minimum = facets.min_inclusive.as_ref().map(|facet| &facet.value);
    let maximum = facets.max_inclusive.as_ref().map(|facet| &facet.value);
    Facets {
        white_space,
        values,
        lists_texts: is_text,
        patterns: patterns.map(|step| step.iter().map(|facet| facet.value.clone()).collect()).collect(),
        min_length: least.filter(|_| is_text),
        max_length: most.filter(|_| is_text),
        minimum: minimum.or(facets.min_exclusive.as_ref().map(|facet| &facet.value)).cloned(),
        maximum: maximum.or(facets.max_exclusive.as_ref().map(|facet| &facet.value)).cloned(),
    }
}
