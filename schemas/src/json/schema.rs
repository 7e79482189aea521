//! JSON Schemas (2020-12) of messages, for those who build JSON and want to be told early.
//!
//! Owns the schemas of elements and complex types. Never stricter than the XSD: what JSON Schema cannot say (choices,
//! assertions, keys) is left out, and the explicit form is let through whole.

use super::grammar::{COMMON, Children, Content, Grammar, Name, SimpleId, Type, TypeId, XS};
use super::names::{CONTENT, VALUE, attribute_key, element_key};
use super::simple_schema::{self, UNNORMALISED, unnormalised};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Name of the definition of the form that only the XSD judges.
const EXPLICIT: &str = "$explicit";

/// The schema of documents with this root.
pub(super) fn of(grammar: &Grammar, root: &str, id: &str) -> Option<Value> {
    let kind = *grammar.roots.get(&grammar.namespace, root)?;
    let mut book = Book { grammar, definitions: BTreeMap::new(), kinds: BTreeMap::new() };
    let element = book.element(kind, root);
    let mut definitions: Map<String, Value> = book.definitions.into_iter().collect();
    definitions.insert(EXPLICIT.to_owned(), explicit());
    definitions.insert(UNNORMALISED.to_owned(), unnormalised());
    Some(json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": id,
        "$comment": "Generated from the XSD, which is the law: what this schema accepts may still break it.",
        "title": root,
        "type": "object",
        "properties": { root: element },
        "required": [root],
        "additionalProperties": false,
        "$defs": definitions,
    }))
}

fn explicit() -> Value {
    let has = |key: &str| json!({ "required": [key] });
    json!({
        "$comment": "Content in the order of the document, a type chosen by it, or nil: the XSD judges it.",
        "type": "object",
        "anyOf": [has(CONTENT), has("@xsi:type"), has("@xsi:nil")],
    })
}

/// The definitions so far.
struct Book<'g> {
    grammar: &'g Grammar,
    definitions: BTreeMap<String, Value>,
    kinds: BTreeMap<TypeId, String>,
}

impl Book<'_> {
    fn element(&mut self, kind: TypeId, hint: &str) -> Value {
        let grammar = self.grammar;
        let Some(definition) = grammar.kind(kind) else { return json!(true) };
        let strict = match (&definition.content, definition.is_plain()) {
            (Content::Anything, _) => json!({ "type": "string" }),
            (Content::Simple(simple), true) => self.simple(*simple),
            (Content::Simple(_) | Content::Elements(_) | Content::Mixed(_), _) => self.complex(kind, definition, hint),
        };
        json!({ "anyOf": [strict, { "$ref": format!("#/$defs/{EXPLICIT}") }] })
    }

    /// A name for a definition: the type's own, or one made from the element that it belongs to.
    fn unused(&self, name: Option<&Name>, hint: &str) -> String {
        let first = match name {
            Some((namespace, local)) if namespace == COMMON => format!("c.{local}"),
            Some((_, local)) => local.clone(),
            None => format!("{hint}-element"),
        };
        let is_taken = |name: &String| self.definitions.contains_key(name);
        let others = (2_u32..).map(|number| format!("{first}-{number}"));
        std::iter::once(first.clone()).chain(others).find(|name| !is_taken(name)).unwrap_or(first)
    }

    fn simple(&mut self, id: SimpleId) -> Value {
        let Some(simple) = self.grammar.simple(id) else { return json!(true) };
        match &simple.name {
            Some(name) if name.0 != XS => {
                let key = match name {
                    (namespace, local) if namespace == COMMON => format!("c.{local}"),
                    (_, local) => format!("{local}-value"),
                };
                self.definitions.entry(key.clone()).or_insert_with(|| simple_schema::of(simple));
                json!({ "$ref": format!("#/$defs/{key}") })
            }
            Some(_) | None => simple_schema::of(simple),
        }
    }

    fn complex(&mut self, id: TypeId, kind: &Type, hint: &str) -> Value {
        if let Some(key) = self.kinds.get(&id) {
            return json!({ "$ref": format!("#/$defs/{key}") });
        }
        // The name is taken before the definition is made: types may hold themselves.
        let key = self.unused(kind.name.as_ref(), hint);
        self.definitions.insert(key.clone(), json!(true));
        self.kinds.insert(id, key.clone());
        let definition = self.definition(kind);
        self.definitions.insert(key.clone(), definition);
        json!({ "$ref": format!("#/$defs/{key}") })
    }

    fn definition(&mut self, kind: &Type) -> Value {
        let (mut properties, mut required, mut patterns) = (Map::new(), BTreeSet::new(), Map::new());
        for (namespace, local, attribute) in kind.attributes.iter() {
            let key = attribute_key(namespace, local);
            if attribute.required {
                required.insert(key.clone());
            }
            properties.insert(key, self.simple(attribute.simple));
        }
        if kind.open_attributes {
            patterns.insert("^@".to_owned(), json!(true));
        }
        match &kind.content {
            Content::Simple(simple) => {
                properties.insert(VALUE.to_owned(), self.simple(*simple));
                required.insert(VALUE.to_owned());
            }
            Content::Elements(children) => {
                self.children(children, &mut properties, &mut required);
                if children.wildcard.is_some() {
                    patterns.insert("^\\{".to_owned(), json!({ "type": "array" }));
                }
            }
            Content::Mixed(_) | Content::Anything => {
                let item = json!({ "type": ["string", "object"] });
                properties.insert(CONTENT.to_owned(), json!({ "type": "array", "items": item }));
                required.insert(CONTENT.to_owned());
            }
        }
        let mut definition = json!({ "type": "object", "properties": properties, "additionalProperties": false });
        if !required.is_empty() {
            definition["required"] = required.into_iter().collect();
        }
        if !patterns.is_empty() {
            definition["patternProperties"] = patterns.into();
        }
        definition
    }

    fn children(&mut self, children: &Children, properties: &mut Map<String, Value>, required: &mut BTreeSet<String>) {
        for (namespace, local, child) in children.declared.iter() {
            let key = element_key(Some(children), namespace, local);
            if child.required {
                required.insert(key.clone());
            }
            let element = self.element(child.kind, local);
            let form = if child.repeats { json!({ "type": "array", "items": element }) } else { element };
            properties.insert(key, form);
        }
    }
}
