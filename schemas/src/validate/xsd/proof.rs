//! Proof that a pack's schema can be used, and a look at what it declares.

use super::{CompileError, XsdSession, compile_pack};
use crate::area::AreaVersion;
use crate::validate::Limits;
use xsd_schema::SchemaSet;

/// A compiled schema, for looking things up.
pub(crate) struct Proof(SchemaSet);

impl Proof {
    /// Compiles a version's schema and prepares its content models.
    pub(crate) fn of(version: &AreaVersion) -> Result<Self, CompileError> {
        let set = compile_pack(&version.files, &version.schema)?;
        let unusable = XsdSession::new(&set, &Limits::default()).unusable();
        match unusable.into_iter().next() {
            Some(reason) => Err(CompileError { file: None, line: None, reason }),
            None => Ok(Self(set)),
        }
    }

    /// Whether the schema declares this element globally.
    pub(crate) fn declares_root(&self, namespace: &str, name: &str) -> bool {
        let names = &self.0.name_table;
        let namespace = (!namespace.is_empty()).then(|| names.add(namespace));
        self.0.lookup_element(namespace, names.add(name)).is_some()
    }

    /// Whether the schema declares an element of this local name anywhere.
    pub(crate) fn declares_element(&self, name: &str) -> bool {
        let name = self.0.name_table.add(name);
        self.0.arenas.elements.values().any(|element| element.name == Some(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::area::{Areas, Labels};
    use std::{collections::BTreeSet, fs, path::Path};

    fn root() -> &'static Path {
        Path::new(env!("CARGO_MANIFEST_DIR"))
    }

    /// Local names of every element and attribute that the pack's own schemas declare.
    fn fields(set: &SchemaSet) -> BTreeSet<String> {
        let elements = set.arenas.elements.values().map(|element| (element.name, &element.source));
        let uses = set.arenas.complex_types.values().flat_map(|definition| &definition.attributes);
        let attributes = uses.map(|attribute| (attribute.attribute.name, &attribute.attribute.source));
        let own = elements.chain(attributes).filter(|(_, source)| source.is_some());
        own.filter_map(|(name, _)| name.map(|name| set.name_table.resolve(name))).collect()
    }

    /// Code lists: the named simple types with enumerations.
    fn codes(set: &SchemaSet) -> Vec<(String, Vec<String>)> {
        let named = set.arenas.simple_types.values().filter_map(|definition| {
            let values = definition.facets.enumeration.iter().flat_map(|facet| &facet.values);
            let values: Vec<String> = values.cloned().collect();
            let name = definition.name.map(|name| set.name_table.resolve(name))?;
            (!values.is_empty()).then_some((name, values))
        });
        named.collect()
    }

    fn assert_complete(area: &str, set: &SchemaSet, labels: &Labels) {
        let fields = fields(set);
        assert!(fields.contains("DueDate") && fields.contains("language"));
        for field in &fields {
            assert!(labels.fields.contains_key(field), "{area}: no label for the field {field}");
        }
        for field in labels.fields.keys() {
            assert!(fields.contains(field), "{area}: a label for {field}, which does not exist");
        }
        let codes = codes(set);
        assert!(codes.len() > 8);
        for (list, values) in &codes {
            let labelled: BTreeSet<&String> =
                labels.codes.get(list).map(|codes| codes.keys().collect()).unwrap_or_default();
            assert_eq!(labelled, values.iter().collect(), "{area}: labels of the code list {list}");
        }
    }

    #[test]
    fn english_labels_are_complete_and_name_nothing_else() {
        let areas = Areas::load(root()).unwrap_or_else(|error| panic!("{error}"));
        for (area, version) in areas.versions() {
            let Proof(set) = Proof::of(version).expect("proved already");
            assert_complete(area.id.as_str(), &set, &version.labels["en"]);
        }
    }

    #[test]
    fn both_spellings_of_a_country_are_countries() {
        let map: toml::Table =
            fs::read_to_string(root().join("common/countries.toml")).expect("readable").parse().expect("TOML");
        let areas = Areas::load(root()).unwrap_or_else(|error| panic!("{error}"));
        let (_, version) = areas.versions().next().expect("a version");
        let countries = &version.labels["en"].codes["Country"];
        for pair in map["country"].as_array().expect("a list") {
            for spelling in ["union", "iso"] {
                assert!(countries.contains_key(pair[spelling].as_str().expect("a code")));
            }
        }
    }
}
