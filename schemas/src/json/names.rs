//! Names in JSON: keys of elements and attributes, values that are names; and which characters XML takes.
//!
//! An attribute's key is `@name`, `@xml:name`, `@xsi:name` or `@{namespace}name`; an element's is its local name, or
//! `{namespace}name` (James Clark's notation) where the parent's type does not say which namespace is meant.

use super::grammar::{COMMON, Children, Grammar, XML, XS, XSI};

/// Key of a value beside attributes.
pub(crate) const VALUE: &str = "$";
/// Key of content in the order of the document.
pub(crate) const CONTENT: &str = "$content";
/// Namespace of declarations of namespaces, which are no attributes here.
const XMLNS: &str = "http://www.w3.org/2000/xmlns/";

/// `{namespace}local`
pub(crate) fn clark(namespace: &str, local: &str) -> String {
    format!("{{{namespace}}}{local}")
}

/// Namespace and local name of a name in Clark's notation.
pub(crate) fn from_clark(text: &str) -> Option<(&str, &str)> {
    text.strip_prefix('{')?.rsplit_once('}')
}

/// The key of an element among its parent's children.
pub(crate) fn element_key(children: Option<&Children>, namespace: &str, local: &str) -> String {
    match children {
        Some(children) if children.is_plain_key(namespace, local) => local.to_owned(),
        Some(_) | None => clark(namespace, local),
    }
}

/// The key of a document's root.
pub(crate) fn root_key(grammar: &Grammar, namespace: &str, local: &str) -> String {
    if namespace == grammar.namespace { local.to_owned() } else { clark(namespace, local) }
}

/// The key of an attribute.
pub(crate) fn attribute_key(namespace: &str, local: &str) -> String {
    match namespace {
        "" => format!("@{local}"),
        XML => format!("@xml:{local}"),
        XSI => format!("@xsi:{local}"),
        _ => format!("@{}", clark(namespace, local)),
    }
}

/// Namespace and local name of an attribute's key without its `@`; `None` for what names no attribute, or names one
/// in another way than [`attribute_key`] does.
pub(crate) fn attribute_name(key: &str) -> Option<(&str, &str)> {
    let (namespace, local) = match (from_clark(key), key.split_once(':')) {
        (Some(("" | XML | XSI | XMLNS, _)), _) => return None,
        (Some(name), _) => name,
        (None, Some(("xml", local))) => (XML, local),
        (None, Some(("xsi", local))) => (XSI, local),
        (None, _) => ("", key),
    };
    (is_local_name(local) && is_namespace(namespace) && key != "xmlns").then_some((namespace, local))
}

/// The name that an element's key in Clark's notation gives, if XML can have such an element.
pub(crate) fn element_name(key: &str) -> Option<(&str, &str)> {
    from_clark(key).filter(|(namespace, local)| is_local_name(local) && is_namespace(namespace) && *namespace != XMLNS)
}

fn is_namespace(namespace: &str) -> bool {
    namespace.chars().all(is_xml)
}

/// A value that is a name, with a prefix that the mapping chooses: none for the area, `c`, `xs`; Clark's notation else.
pub(crate) fn spelled_name(grammar: &Grammar, namespace: &str, local: &str) -> String {
    match namespace {
        _ if namespace == grammar.namespace => local.to_owned(),
        COMMON if grammar.uses_common() => format!("c:{local}"),
        XS => format!("xs:{local}"),
        _ => clark(namespace, local),
    }
}

/// The name that a value means; `None` for one with a prefix that the mapping does not choose.
pub(crate) fn meant_name<'a>(grammar: &'a Grammar, text: &'a str) -> Option<(&'a str, &'a str)> {
    let text = trim(text);
    match (from_clark(text), text.split_once(':')) {
        (Some(name), _) => Some(name),
        (None, Some(("c", local))) if grammar.uses_common() => Some((COMMON, local)),
        (None, Some(("xs", local))) => Some((XS, local)),
        (None, Some(_)) => None,
        (None, None) => Some((grammar.namespace.as_str(), text)),
    }
    .filter(|(_, local)| is_local_name(local))
}

/// Without the white space of XML at both ends.
pub(crate) fn trim(text: &str) -> &str {
    text.trim_matches(is_blank)
}

/// White space as XML has it.
pub(crate) fn is_blank(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\r' | '\n')
}

/// A character that XML 1.0 takes (production 2).
pub(crate) fn is_xml(character: char) -> bool {
    !matches!(character, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}')
}

/// A name without a colon (Namespaces in XML 1.0, production 4).
pub(crate) fn is_local_name(text: &str) -> bool {
    let mut characters = text.chars();
    characters.next().is_some_and(starts_name) && characters.all(continues_name)
}

fn starts_name(character: char) -> bool {
    matches!(character,
        'A'..='Z' | '_' | 'a'..='z' | '\u{C0}'..='\u{D6}' | '\u{D8}'..='\u{F6}' | '\u{F8}'..='\u{2FF}'
        | '\u{370}'..='\u{37D}' | '\u{37F}'..='\u{1FFF}' | '\u{200C}'..='\u{200D}' | '\u{2070}'..='\u{218F}'
        | '\u{2C00}'..='\u{2FEF}' | '\u{3001}'..='\u{D7FF}' | '\u{F900}'..='\u{FDCF}' | '\u{FDF0}'..='\u{FFFD}'
        | '\u{10000}'..='\u{EFFFF}')
}

fn continues_name(character: char) -> bool {
    starts_name(character)
        || matches!(character, '-' | '.' | '0'..='9' | '\u{B7}' | '\u{300}'..='\u{36F}' | '\u{203F}'..='\u{2040}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attribute_has_one_key() {
        for (namespace, local) in [("", "id"), (XML, "lang"), (XSI, "nil"), ("urn:x", "a")] {
            let key = attribute_key(namespace, local);
            assert_eq!(attribute_name(&key[1..]), Some((namespace, local)));
        }
        for other in [
            "",
            "xmlns",
            "xmlns:a",
            "a:b",
            "{}a",
            "{urn:x}a:b",
            "{urn:x",
            "{http://www.w3.org/2000/xmlns/}a",
            "1",
            "a b",
        ] {
            assert_eq!(attribute_name(other), None, "{other}");
        }
    }

    #[test]
    fn a_value_that_is_a_name_keeps_its_namespace() {
        let grammar = Grammar { namespace: "urn:a".to_owned(), ..Grammar::default() };
        for (namespace, local) in [("urn:a", "x"), (XS, "date"), ("urn:b", "x"), ("", "x")] {
            let spelled = spelled_name(&grammar, namespace, local);
            assert_eq!(meant_name(&grammar, &spelled), Some((namespace, local)));
        }
        assert_eq!(meant_name(&grammar, "p:x"), None);
    }
}
