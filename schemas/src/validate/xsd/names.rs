//! Names in rules and assertions that no schema declares. Such an expression compiles, selects nothing, and lets
//! everything pass: most often a name of the common namespace was written without its prefix.

use super::declared::{DeclaredAt, locate};
use super::proof::Proof;
use super::rules::Rules;
use crate::area::AreaVersion;
use std::collections::{BTreeSet, HashSet};
use xsd_schema::parser::frames::AssertResult;
use xsd_schema::parser::location::SourceRef;
use xsd_schema::types::sequence::NameTest;
use xsd_schema::xpath::ast::{AstNode, Axis};
use xsd_schema::xpath::{XPathContext, XPathExpr};
use xsd_schema::{NameId, SchemaSet};

/// Namespace and local name.
type Name = (Option<NameId>, NameId);

/// Names of an expression that nothing bears.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct UnknownNames {
    /// The rule's line in `rules.toml`, or where the assertion stands in a schema.
    pub place: Result<u32, DeclaredAt>,
    /// The names, each as `{namespace}local`.
    pub names: BTreeSet<String>,
}

impl Proof {
    /// Every rule of the version and every assertion of its schemas that speaks of something that does not exist.
    pub(crate) fn unknown_names(&self, version: &AreaVersion) -> Vec<UnknownNames> {
        let set = self.set();
        let known = Known::of(set);
        let mut found = Vec::new();
        let mut look = |place, test: &XPathExpr| {
            let names = known.missing(set, test);
            if !names.is_empty() {
                found.push(UnknownNames { place, names });
            }
        };
        if let Ok(rules) = Rules::compile(&version.rules, &set.name_table, &version.namespace) {
            rules.iter().for_each(|(rule, test)| look(Ok(rule.line), test));
        }
        for definition in set.arenas.complex_types.values() {
            for assertion in &definition.assertions {
                let Some(source) = assertion.source.as_ref().or(definition.source.as_ref()) else { continue };
                let scope = definition.xpath_default_namespace.as_deref();
                if let Some(test) = compile(set, assertion, scope, source) {
                    look(Err(locate(set, source)), &test);
                }
            }
        }
        found
    }
}

/// An assertion as the engine compiles it: the namespace of names without a prefix stands at the assertion, at its
/// type, or at the schema (Structures, 3.13.2).
fn compile(set: &SchemaSet, assertion: &AssertResult, scope: Option<&str>, source: &SourceRef) -> Option<XPathExpr> {
    let document = set.documents.get(usize::try_from(source.doc_id).ok()?)?;
    let written = assertion.xpath_default_namespace.as_deref().or(scope).map(str::to_owned);
    let written = written.or_else(|| document.xpath_default_namespace.map(|id| set.name_table.resolve(id)));
    let default = match written.as_deref() {
        None | Some("##local") => None,
        Some("##targetNamespace") => document.target_namespace,
        Some("##defaultNamespace") => assertion.ns_snapshot.default_ns,
        Some(namespace) => Some(set.name_table.add(namespace)),
    };
    let context = XPathContext::new(&set.name_table).with_namespaces(assertion.ns_snapshot.clone());
    let context = match default {
        Some(namespace) => context.with_default_element_ns(namespace),
        None => context,
    };
    XPathExpr::compile_with_vars(&assertion.test, &context, &["value"]).ok()
}

/// What the schemas declare.
struct Known {
    elements: HashSet<Name>,
    attributes: HashSet<NameId>,
}

impl Known {
    fn of(set: &SchemaSet) -> Self {
        let elements = set.arenas.elements.values().filter_map(|element| {
            let source = element.source.as_ref();
            let form = element.form.as_deref();
            let local = set.effective_local_element_namespace(element.target_namespace, form, source, None);
            Some((local, element.name?))
        });
        let of_types = set.arenas.complex_types.values().flat_map(|definition| &definition.attributes);
        let of_groups = set.arenas.attribute_groups.values().flat_map(|group| &group.attributes);
        let local = of_types.chain(of_groups).filter_map(|attribute| attribute.attribute.name);
        let global = set.arenas.attributes.values().filter_map(|attribute| attribute.name);
        Self { elements: elements.collect(), attributes: local.chain(global).collect() }
    }

    /// Names in the steps of an expression that are not among them.
    fn missing(&self, set: &SchemaSet, test: &XPathExpr) -> BTreeSet<String> {
        let steps = test.arena().iter().filter_map(|(_, node)| match node {
            AstNode::PathStep(step) => match &step.resolved_test {
                Some(NameTest::QName(name)) => Some((step.axis, (name.namespace_uri, name.local_name))),
                _ => None,
            },
            _ => None,
        });
        let missing = steps.filter(|(axis, name)| match axis {
            Axis::Attribute => !self.attributes.contains(&name.1),
            Axis::Namespace => false,
            _ => !self.elements.contains(name),
        });
        let spell = |(namespace, local): Name| {
            let namespace = namespace.map(|namespace| set.name_table.resolve(namespace)).unwrap_or_default();
            format!("{{{namespace}}}{}", set.name_table.resolve(local))
        };
        missing.map(|(_, name)| spell(name)).collect()
    }
}
