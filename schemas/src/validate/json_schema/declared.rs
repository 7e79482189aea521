//! What JSON Schemas declare that people read: the names of properties, and the codes of named enumerations.

use crate::area::AreaVersion;
use crate::json::parse::{Bounds, parse};
use crate::json::value::{Node, Value};
use crate::validate::places::position;
use crate::validate::{Declared, DeclaredAt};

const BOUNDS: Bounds = Bounds { depth: 128, nodes: usize::MAX };

/// Everything that the schemas of a version declare: as a field every key under `properties`, as a code list every
/// schema under `$defs` or `definitions` that has an `enum`.
pub(crate) fn declared(version: &AreaVersion) -> Declared {
    let mut declared = Declared::default();
    for (path, file) in version.files.iter() {
        if let Ok(root) = parse(file.text.as_bytes(), BOUNDS) {
            Walk { path, text: file.text.as_bytes(), declared: &mut declared }.schema(&root);
        }
    }
    declared
}

struct Walk<'a> {
    path: &'a str,
    text: &'a [u8],
    declared: &'a mut Declared,
}

impl Walk<'_> {
    fn schema(&mut self, node: &Node<'_>) {
        match &node.value {
            Value::List(nodes) => nodes.iter().for_each(|node| self.schema(node)),
            Value::Members(members) => {
                for (name, inner) in members {
                    match (name.as_ref(), &inner.value) {
                        ("properties", Value::Members(fields)) => fields.iter().for_each(|(field, node)| {
                            let at = self.at(node);
                            self.declared.fields.entry(field.clone().into_owned()).or_default().push(at);
                        }),
                        ("$defs" | "definitions", Value::Members(lists)) => {
                            lists.iter().for_each(|(list, node)| self.codes(list, node));
                        }
                        _ => {}
                    }
                    self.schema(inner);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) => {}
        }
    }

    fn codes(&mut self, list: &str, node: &Node<'_>) {
        let Some(Value::List(codes)) = node.member("enum").map(|codes| &codes.value) else { return };
        for code in codes {
            if let Value::Text(text) = &code.value {
                let at = self.at(code);
                self.declared.codes.entry((list.to_owned(), text.clone().into_owned())).or_default().push(at);
            }
        }
    }

    fn at(&self, node: &Node<'_>) -> DeclaredAt {
        DeclaredAt { file: self.path.to_owned(), line: Some(position(self.text, node.offset).line) }
    }
}
