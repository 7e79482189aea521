//! Rules of an area: XPath 2.0 expressions over the whole document, on the engine's own XPath.
//!
//! Owns what an expression may use. It depends on the document alone: a rule that asked for the time, or for another
//! document, would give two verdicts on one message.

use crate::area::{COMMON_NAMESPACE, Rule};
use crate::validate::engine::{At, Infringement, Task};
use bumpalo::Bump;
use xsd_schema::NameId;
use xsd_schema::document::{BufferDocument, BufferDocumentOptions};
use xsd_schema::namespace::NamespaceContextSnapshot;
use xsd_schema::namespace::table::NameTable;
use xsd_schema::navigator::{DomNavigator, DomNodeType};
use xsd_schema::types::value::TimezoneOffset;
use xsd_schema::xpath::functions::effective_boolean_value;
use xsd_schema::xpath::{RegexCache, XPathContext, XPathExpr};

/// Namespace of the functions that XPath defines.
const FUNCTIONS: &str = "http://www.w3.org/2005/xpath-functions";
/// Namespace of the types of XML Schema.
const TYPES: &str = "http://www.w3.org/2001/XMLSchema";
/// Functions whose result the document does not determine.
const FOREIGN_FUNCTIONS: [&str; 9] = [
    "collection",
    "current-date",
    "current-dateTime",
    "current-time",
    "doc",
    "doc-available",
    "implicit-timezone",
    "static-base-uri",
    "trace",
];

/// The rules of one version, ready to be asked.
pub(crate) struct Rules {
    rules: Vec<(Rule, XPathExpr)>,
    /// Namespace of names without a prefix, if they are in any.
    namespace: Option<NameId>,
    patterns: RegexCache,
}

/// A rule that cannot be used.
#[derive(Debug)]
pub(crate) struct UnusableRule {
    /// Line of its expression.
    pub line: u32,
    /// What is wrong with it.
    pub reason: String,
}

impl Rules {
    /// Compiles the rules of a version with this namespace; the error is about the first that cannot be used.
    pub(crate) fn compile(rules: &[Rule], names: &NameTable, namespace: &str) -> Result<Self, UnusableRule> {
        let namespace = (!namespace.is_empty()).then(|| names.add(namespace));
        let context = context(names, namespace);
        let compiled = rules.iter().map(|rule| match compile(rule, &context) {
            Ok(test) => Ok((rule.clone(), test)),
            Err(reason) => Err(UnusableRule { line: rule.line, reason: format!("rule {}: {reason}", rule.id) }),
        });
        Ok(Self { rules: compiled.collect::<Result<_, _>>()?, namespace, patterns: RegexCache::new() })
    }

    /// The rules with their expressions.
    pub(super) fn iter(&self) -> impl Iterator<Item = &(Rule, XPathExpr)> {
        self.rules.iter()
    }

    /// The rules that a valid document breaks. An expression that cannot be evaluated is not true, as in an assertion
    /// of XML Schema 1.1 (Structures, 3.13.4.1). The error is a failure of the engine.
    pub(super) fn broken(
        &self,
        names: &NameTable,
        document: &[u8],
        task: &Task<'_>,
    ) -> Result<Vec<Infringement>, String> {
        let Some((message, (namespace, root))) = task.message.zip(task.root) else { return Ok(Vec::new()) };
        let mut rules = self.rules.iter().filter(|(rule, _)| rule.messages.contains(message)).peekable();
        if rules.peek().is_none() {
            return Ok(Vec::new());
        }
        let arena = Bump::new();
        let tree = BufferDocument::from_reader(document, &arena, names, BufferDocumentOptions::default(), None)
            .map_err(|error| format!("a valid document could not be read for its rules ({error})"))?;
        let mut element = tree.create_navigator();
        if !element.move_to_child_kind(DomNodeType::Element) {
            return Err("a valid document has no root element".to_owned());
        }
        let context = context(names, self.namespace);
        let broken = rules.filter(|(_, test)| {
            let evaluator = test.evaluator(&context).with_regex_cache(&self.patterns);
            let value = evaluator.run_with_node(element.clone()).and_then(|value| effective_boolean_value(&value));
            !matches!(value, Ok(true))
        });
        let at = At::Path(vec![(namespace.to_owned(), root.to_owned(), 1)]);
        let infringement =
            |rule: &Rule| Infringement { rule: rule.id.clone(), message: rule.text.clone(), at: at.clone() };
        Ok(broken.map(|(rule, _)| infringement(rule)).collect())
    }
}

/// What an expression is read against. Time zones that a document leaves out are UTC, wherever the hub stands.
fn context(names: &NameTable, namespace: Option<NameId>) -> XPathContext<'_> {
    let bind = |prefix, uri| (names.add(prefix), names.add(uri));
    let bindings = vec![bind("c", COMMON_NAMESPACE), bind("xs", TYPES), bind("fn", FUNCTIONS)];
    let context = XPathContext::new(names)
        .with_namespaces(NamespaceContextSnapshot { default_ns: None, bindings })
        .with_implicit_timezone(TimezoneOffset::UTC);
    match namespace {
        Some(namespace) => context.with_default_element_ns(namespace),
        None => context,
    }
}

fn compile(rule: &Rule, context: &XPathContext<'_>) -> Result<XPathExpr, String> {
    let test = XPathExpr::compile(&rule.test, context).map_err(|error| error.to_string())?;
    let foreign = test.function_calls().iter().find(|call| FOREIGN_FUNCTIONS.contains(&call.local_name.as_str()));
    match foreign {
        Some(call) => Err(format!("the document does not determine what {}() gives", call.local_name)),
        None => Ok(test),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::validate::engine::Manner;

    const DOCUMENT: &str = "<?xml version='1.0'?><!-- a --><k:Order xmlns:k='urn:probe' xmlns='urn:imi:common:1'>\
        <k:From>2014-05-01</k:From><k:To>2014-04-30</k:To><Country>GR</Country></k:Order>";

    fn rule(test: &str) -> Rule {
        let messages = vec!["order".parse().expect("a name")];
        let (text, reference) = ("It is so.".to_owned(), "design".to_owned());
        Rule { id: "so".to_owned(), messages, test: test.to_owned(), text, reference, line: 7 }
    }

    fn is_broken(test: &str, message: &str) -> bool {
        let names = NameTable::new();
        let rules = Rules::compile(&[rule(test)], &names, "urn:probe").unwrap_or_else(|error| panic!("{error:?}"));
        let message = message.parse().expect("a name");
        let root = Some(("urn:probe", "Order"));
        let task = Task { root, message: Some(&message), wanted: None, manner: Manner::Hub };
        !rules.broken(&names, DOCUMENT.as_bytes(), &task).expect("evaluated").is_empty()
    }

    #[test]
    fn a_rule_is_true_of_a_document_that_keeps_it() {
        for (test, broken) in [
            ("xs:date(To) ge xs:date(From)", true),
            ("xs:date(From) ge xs:date(To)", false),
            ("c:Country = ('GR', 'EL')", false),
            ("Country", true),
            ("//c:Country and /Order/c:Country and ../Order", false),
            ("fn:matches(From, '^[0-9]{4}-')", false),
            ("xs:date(c:Country) gt xs:date(From)", true),
            ("every $x in * satisfies fn:string-length($x) lt 11", false),
        ] {
            assert_eq!(is_broken(test, "order"), broken, "{test}");
            assert!(!is_broken(test, "other"), "{test}");
        }
    }

    #[test]
    fn a_rule_that_cannot_be_used_is_refused() {
        for (test, says) in [
            ("To ge", "rule so"),
            ("z:To", "z"),
            ("exists(unknown())", "unknown"),
            ("xs:date(To) lt current-date()", "current-date"),
            ("doc('file:/etc/passwd')", "doc"),
            ("count(x, y)", "count"),
        ] {
            let names = NameTable::new();
            let error = Rules::compile(&[rule(test)], &names, "urn:probe").err().expect("refused");
            assert!(error.line == 7 && error.reason.contains(says), "{test}: {}", error.reason);
        }
    }
}
