//! Proof that a pack's schema can be used, and a look at what it declares.

use super::grammar::grammar;
use super::rules::UnusableRule;
use super::{CompileError, Rules, XsdSession, compile_version};
use crate::area::AreaVersion;
use crate::json::Mapping;
use crate::validate::Limits;
use xsd_schema::SchemaSet;

/// A compiled schema, for looking things up.
pub(crate) struct Proof(SchemaSet);

impl Proof {
    /// Compiles a version's schema and prepares its content models.
    pub(crate) fn of(version: &AreaVersion) -> Result<Self, CompileError> {
        let set = compile_version(version)?;
        let unusable = XsdSession::new(&set, &Limits::default()).unusable();
        match unusable.into_iter().next() {
            Some(reason) => Err(CompileError { file: None, line: None, reason }),
            None => Ok(Self(set)),
        }
    }

    pub(super) fn set(&self) -> &SchemaSet {
        &self.0
    }

    /// Compiles the version's rules; the error is about the first that cannot be used.
    pub(crate) fn check_rules(&self, version: &AreaVersion) -> Result<(), UnusableRule> {
        Rules::compile(&version.rules, &self.0.name_table, &version.namespace).map(|_| ())
    }

    /// How documents of this schema look in JSON; `namespace` is the area's.
    pub(crate) fn mapping(&self, namespace: &str) -> Mapping {
        Mapping::new(grammar(&self.0, namespace))
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
    use crate::area::Areas;
    use std::{fs, path::Path};

    fn root() -> &'static Path {
        Path::new(env!("CARGO_MANIFEST_DIR"))
    }

    #[test]
    fn both_spellings_of_a_country_are_countries() {
        let map: toml::Table =
            fs::read_to_string(root().join("common/countries.toml")).expect("readable").parse().expect("TOML");
        let areas = Areas::load(root()).unwrap_or_else(|error| panic!("{error}"));
        let countries = &areas.labels()["en"].codes["Country"];
        for pair in map["country"].as_array().expect("a list") {
            for spelling in ["union", "iso"] {
                assert!(countries.contains_key(pair[spelling].as_str().expect("a code")));
            }
        }
    }
}
