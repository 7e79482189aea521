//! What a schema declares that people read: fields and codes, each with its file and line.

use super::compile::plain;
use super::proof::Proof;
use std::collections::BTreeMap;
use xsd_schema::parser::location::{SourceMapStorage, SourceRef};
use xsd_schema::{NameId, SchemaSet};

/// Where something is declared.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct DeclaredAt {
    /// The schema's file, relative to the root of the packs.
    pub file: String,
    /// Line in it, from 1.
    pub line: Option<u32>,
}

/// Fields and codes, each with every place that declares it.
#[derive(Debug, Default)]
pub(crate) struct Declared {
    /// Elements and attributes, by local name.
    pub fields: BTreeMap<String, Vec<DeclaredAt>>,
    /// Enumeration codes, by code list (a named simple type) and code.
    pub codes: BTreeMap<(String, String), Vec<DeclaredAt>>,
    /// Enumerations of types without a name.
    pub nameless: Vec<DeclaredAt>,
}

impl Proof {
    /// Everything that the schema and what it imports declare.
    pub(crate) fn declared(&self) -> Declared {
        let set = self.set();
        let mut declared = Declared::default();
        for (name, source) in fields(set) {
            let name = set.name_table.resolve(name);
            declared.fields.entry(name).or_default().push(locate(set, source));
        }
        for definition in set.arenas.simple_types.values() {
            let Some(source) = &definition.source else { continue };
            let mut codes = definition.facets.enumeration.iter().flat_map(|facet| &facet.values).peekable();
            if codes.peek().is_none() {
                continue;
            }
            let at = locate(set, source);
            let Some(name) = definition.name else {
                declared.nameless.push(at);
                continue;
            };
            let list = set.name_table.resolve(name);
            for code in codes {
                declared.codes.entry((list.clone(), code.clone())).or_default().push(at.clone());
            }
        }
        declared
    }
}

fn fields(set: &SchemaSet) -> impl Iterator<Item = (NameId, &SourceRef)> {
    let arenas = &set.arenas;
    let elements = arenas.elements.values().map(|element| (element.name, &element.source));
    let of_types = arenas.complex_types.values().flat_map(|definition| &definition.attributes);
    let of_groups = arenas.attribute_groups.values().flat_map(|group| &group.attributes);
    let local = of_types.chain(of_groups).map(|attribute| (attribute.attribute.name, &attribute.attribute.source));
    let global = arenas.attributes.values().map(|attribute| (attribute.name, &attribute.source));
    elements.chain(local).chain(global).filter_map(|(name, source)| Some((name?, source.as_ref()?)))
}

pub(super) fn locate(set: &SchemaSet, source: &SourceRef) -> DeclaredAt {
    let index = usize::try_from(source.doc_id).unwrap_or(usize::MAX);
    let file = set.documents.get(index).map(|document| plain(&document.base_uri)).unwrap_or_default();
    let line = match &set.source_maps {
        SourceMapStorage::Full(maps) => maps.get(index).map(|map| map.locate(source.span.start).line),
        SourceMapStorage::Compact(_) | SourceMapStorage::None => None,
    };
    DeclaredAt { file, line: line.and_then(|line| u32::try_from(line).ok()) }
}
