//! From JSON to XML: the children of an element in the order of its content model, whatever the order of the keys.
//!
//! Owns which JSON stands for which XML. What cannot be mapped is listed, every instance of it; whether the document
//! keeps the law is for the validation of the XML to say.

use super::fault::{Fault, KIND, NAME, NotMapped, expected_form, expected_members, expected_scalar, shortened};
use super::from_xml::place;
use super::grammar::{Children, Content, Grammar, Lexis, SimpleId, Type, TypeId, XSI};
use super::members::Members;
use super::names::{attribute_name, element_key, element_name, is_local_name, meant_name, root_key};
use super::value::{Node, Value};
use super::xml_writer::{NotXml, StartTag, XmlWriter};
use std::borrow::Cow;

/// The XML, and where its elements came from: byte of the `<`, byte of the JSON value.
#[derive(Debug, Default)]
pub(crate) struct Mapped {
    pub xml: String,
    pub places: Vec<(usize, usize)>,
}

impl Mapped {
    /// The byte of the JSON value that the element at a byte of the XML, or the last one before it, came from.
    pub(crate) fn origin(&self, offset: usize) -> Option<usize> {
        let after = self.places.partition_point(|(written, _)| *written <= offset);
        after.checked_sub(1).and_then(|index| self.places.get(index)).map(|(_, origin)| *origin)
    }
}

/// Maps a document; at most `most_bytes` of XML, at most `most_faults` listed.
pub(super) fn document(
    grammar: &Grammar,
    root: &Node<'_>,
    most_bytes: usize,
    most_faults: usize,
) -> Result<Mapped, NotMapped> {
    let writer = XmlWriter::new(grammar);
    let mut mapper =
        Mapper { grammar, writer, places: Vec::new(), faults: Vec::new(), total: 0, most_bytes, most_faults };
    mapper.root(root)?;
    match mapper.total {
        0 => Ok(Mapped { xml: mapper.writer.out, places: mapper.places }),
        total => Err(NotMapped::Faults(mapper.faults, total)),
    }
}

struct Mapper<'g> {
    grammar: &'g Grammar,
    writer: XmlWriter<'g>,
    places: Vec<(usize, usize)>,
    faults: Vec<Fault>,
    total: usize,
    most_bytes: usize,
    most_faults: usize,
}

type Done = Result<(), NotMapped>;

/// A child on its way to its place.
struct Waiting<'n, 'a> {
    place: (u32, String),
    name: (Cow<'n, str>, &'n str),
    nodes: &'n [Node<'a>],
}

impl Mapper<'_> {
    fn fault(&mut self, rule: &'static str, offset: usize, message: impl FnOnce() -> String) {
        self.total += 1;
        if self.faults.len() < self.most_faults {
            self.faults.push(Fault { rule, message: message(), offset });
        }
    }

    fn wrong_kind(&mut self, node: &Node<'_>, expected: &str) {
        self.fault(KIND, node.offset, || format!("Here stands {}; expected is {expected}.", node.value.kind()));
    }

    fn not_xml(node: &Node<'_>, NotXml(character): &NotXml) -> NotMapped {
        let message = format!("a text holds the character U+{:04X}, which no document may hold", u32::from(*character));
        NotMapped::Malformed { message, offset: node.offset }
    }

    fn root(&mut self, node: &Node<'_>) -> Done {
        let Value::Members(members) = &node.value else {
            self.wrong_kind(node, "an object whose only key is the name of the message's root element");
            return Ok(());
        };
        let [(key, node)] = members.as_slice() else {
            self.fault(KIND, node.offset, || {
                "A document is an object with one key: its root element's name.".to_owned()
            });
            return Ok(());
        };
        let name =
            if is_local_name(key) { Some((self.grammar.namespace.as_str(), key.as_ref())) } else { element_name(key) };
        match name.filter(|(namespace, local)| root_key(self.grammar, namespace, local) == *key) {
            Some((namespace, local)) => {
                let kind = self.grammar.roots.get(namespace, local).copied();
                self.element((namespace, local), kind, node, "")
            }
            None => {
                self.fault(NAME, node.offset, || format!("{:?} names no root element.", shortened(key)));
                Ok(())
            }
        }
    }

    fn element(&mut self, name: (&str, &str), kind: Option<TypeId>, node: &Node<'_>, default: &str) -> Done {
        if self.writer.out.len() > self.most_bytes {
            let message = format!("the document has more than {} bytes as XML", self.most_bytes);
            return Err(NotMapped::TooLarge { message, offset: node.offset });
        }
        let grammar = self.grammar;
        let declared = kind.and_then(|id| grammar.kind(id));
        match &node.value {
            Value::Members(members) => {
                let members = Members::of(members);
                let kind = self.chosen(&members).and_then(|id| grammar.kind(id)).or(declared);
                self.object(name, kind, node, &members, default)
            }
            Value::Text(_) | Value::Number(_) | Value::Bool(_) => self.plain(name, declared, node, default),
            Value::Null | Value::List(_) => {
                self.wrong_kind(node, expected_form(declared));
                Ok(())
            }
        }
    }

    fn chosen(&self, members: &Members<'_, '_>) -> Option<TypeId> {
        let (_, node) = members.attributes.iter().find(|(key, _)| *key == "xsi:type")?;
        let Value::Text(text) = &node.value else { return None };
        let (namespace, local) = meant_name(self.grammar, text)?;
        self.grammar.named.get(namespace, local).copied()
    }

    /// A value that stands for a whole element.
    fn plain(&mut self, name: (&str, &str), kind: Option<&Type>, node: &Node<'_>, default: &str) -> Done {
        let simple = match kind.map(|kind| (&kind.content, kind.is_plain())) {
            Some((Content::Simple(simple), true)) => Some(*simple),
            None | Some((Content::Anything, _)) => None,
            Some(_) => {
                self.wrong_kind(node, expected_form(kind));
                return Ok(());
            }
        };
        let mut tag = self.writer.tag(name.0, name.1);
        let text = match (&node.value, kind) {
            // Of an element that nobody knows the schema is to speak, not its value.
            (Value::Number(text), None) => Some(Cow::Borrowed(text.as_ref())),
            (Value::Bool(value), None) => Some(truth(*value)),
            _ => self.scalar(simple, node, &mut tag, default),
        };
        let Some(text) = text else { return Ok(()) };
        self.write(&tag, node, default, |mapper, _| {
            mapper.writer.text(&text).map_err(|error| Self::not_xml(node, &error))
        })
    }

    fn object(
        &mut self,
        name: (&str, &str),
        kind: Option<&Type>,
        node: &Node<'_>,
        members: &Members<'_, '_>,
        default: &str,
    ) -> Done {
        let mut tag = self.writer.tag(name.0, name.1);
        let is_nil = members.attributes.iter().any(|(key, _)| *key == "xsi:nil");
        for (key, node) in &members.attributes {
            self.attribute(&mut tag, kind, key, node, default)?;
        }
        let simple = kind.and_then(|kind| match &kind.content {
            Content::Simple(simple) => Some(*simple),
            Content::Elements(_) | Content::Mixed(_) | Content::Anything => None,
        });
        let children = kind.and_then(Type::children);
        match (members.content, members.value, members.children.as_slice()) {
            (Some(content), None, []) => {
                self.write(&tag, node, default, |mapper, default| mapper.explicit(name, children, content, default))
            }
            (None, Some(value), []) if simple.is_some() => {
                let Some(text) = self.scalar(simple, value, &mut tag, default) else { return Ok(()) };
                let written = |mapper: &mut Self, _: &str| mapper.writer.text(&text);
                self.write(&tag, node, default, |mapper, default| {
                    written(mapper, default).map_err(|error| Self::not_xml(value, &error))
                })
            }
            (None, None, []) if is_nil => self.write(&tag, node, default, |_, _| Ok(())),
            (None, None, members) if matches!(kind.map(|kind| &kind.content), Some(Content::Elements(_))) => {
                let waiting = self.waiting(name, children, members);
                self.write(&tag, node, default, |mapper, default| mapper.ordered(children, waiting, default))
            }
            _ => {
                let expected = expected_members(kind);
                self.fault(KIND, node.offset, || format!("The object has not the keys that it may have: {expected}."));
                Ok(())
            }
        }
    }

    /// Writes an element around what `inside` writes.
    fn write(
        &mut self,
        tag: &StartTag<'_>,
        node: &Node<'_>,
        default: &str,
        inside: impl FnOnce(&mut Self, &str) -> Done,
    ) -> Done {
        let opened = self.writer.open(tag, default);
        self.places.push((opened.offset, node.offset));
        let length = self.writer.out.len();
        inside(self, &opened.default)?;
        let is_empty = self.writer.out.len() == length;
        self.writer.close(&opened, is_empty);
        Ok(())
    }

    fn attribute(
        &mut self,
        tag: &mut StartTag<'_>,
        kind: Option<&Type>,
        key: &str,
        node: &Node<'_>,
        default: &str,
    ) -> Done {
        let Some((namespace, local)) = attribute_name(key) else {
            self.fault(NAME, node.offset, || format!("{:?} names no attribute.", format!("@{}", shortened(key))));
            return Ok(());
        };
        let declared = kind.and_then(|kind| kind.attributes.get(namespace, local)).map(|attribute| attribute.simple);
        let text = match (namespace, local, &node.value) {
            (XSI, "nil", Value::Bool(value)) => Some(truth(*value)),
            (XSI, "type", Value::Text(text)) => Some(self.writer.name_value(tag, text, default).into()),
            _ => self.scalar(declared, node, tag, default),
        };
        let Some(text) = text else { return Ok(()) };
        self.writer.attribute(tag, (namespace, local), &text).map_err(|error| Self::not_xml(node, &error))
    }

    /// The text of a value; nothing, and a fault noted, for one of the wrong kind.
    fn scalar<'n>(
        &mut self,
        simple: Option<SimpleId>,
        node: &'n Node<'_>,
        tag: &mut StartTag<'_>,
        default: &str,
    ) -> Option<Cow<'n, str>> {
        let lexis = simple.and_then(|id| self.grammar.simple(id)).map(|simple| simple.lexis);
        match (&node.value, lexis) {
            (Value::Text(text), Some(Lexis::QName)) => Some(self.writer.name_value(tag, text, default).into()),
            (Value::Text(text), _) => Some(text.as_ref().into()),
            (Value::Number(text), Some(Lexis::Integer | Lexis::Decimal | Lexis::Float)) => Some(text.as_ref().into()),
            (Value::Bool(value), Some(Lexis::Boolean)) => Some(truth(*value)),
            _ => {
                self.wrong_kind(node, expected_scalar(lexis));
                None
            }
        }
    }

    /// The children by their places.
    fn waiting<'n, 'a>(
        &mut self,
        parent: (&str, &str),
        children: Option<&Children>,
        members: &[(&'n str, &'n Node<'a>)],
    ) -> Vec<Waiting<'n, 'a>> {
        let mut waiting = Vec::with_capacity(members.len());
        for (key, node) in members {
            let Some(name) = self.child_name(parent, children, key, node.offset) else { continue };
            let place = children.map(|children| place(children, &name.0, name.1)).unwrap_or_default();
            // A name that nobody knows, and that is not spelled out, is a slip: the schema is to say so, not we.
            let is_slip = !key.starts_with('{')
                && children.is_none_or(|children| children.declared.get(&name.0, name.1).is_none());
            let is_listed = children.is_none_or(|children| children.is_listed(&name.0, name.1));
            let nodes = match (&node.value, is_listed) {
                (_, true) if is_slip && !matches!(node.value, Value::List(_)) => std::slice::from_ref(*node),
                // More than one where one is allowed is for the schema to refuse.
                (Value::List(nodes), is_listed) if is_listed || nodes.len() > 1 => nodes.as_slice(),
                (Value::List(_), _) => {
                    self.fault(KIND, node.offset, || {
                        format!("'{}' does not repeat: no array is expected.", shortened(key))
                    });
                    continue;
                }
                (_, true) => {
                    self.fault(KIND, node.offset, || format!("'{}' may repeat: expected is an array.", shortened(key)));
                    continue;
                }
                (_, false) => std::slice::from_ref(*node),
            };
            waiting.push(Waiting { place, name, nodes });
        }
        waiting.sort_by(|one, other| one.place.cmp(&other.place));
        waiting
    }

    fn ordered(&mut self, children: Option<&Children>, waiting: Vec<Waiting<'_, '_>>, default: &str) -> Done {
        for Waiting { name, nodes, .. } in waiting {
            let kind = self.child_kind(children, &name.0, name.1);
            for node in nodes {
                self.element((&name.0, name.1), kind, node, default)?;
            }
        }
        Ok(())
    }

    fn child_kind(&self, children: Option<&Children>, namespace: &str, local: &str) -> Option<TypeId> {
        let declared = children.and_then(|children| children.declared.get(namespace, local)).map(|child| child.kind);
        declared.or_else(|| self.grammar.roots.get(namespace, local).copied())
    }

    fn explicit(
        &mut self,
        parent: (&str, &str),
        children: Option<&Children>,
        content: &Node<'_>,
        default: &str,
    ) -> Done {
        let Value::List(items) = &content.value else {
            self.wrong_kind(content, "an array of texts and of objects with one key each");
            return Ok(());
        };
        for item in items {
            match &item.value {
                Value::Text(text) => self.writer.text(text).map_err(|error| Self::not_xml(item, &error))?,
                Value::Members(members) => match members.as_slice() {
                    [(key, node)] => {
                        let Some(name) = self.child_name(parent, children, key, node.offset) else { continue };
                        let kind = self.child_kind(children, &name.0, name.1);
                        self.element((&name.0, name.1), kind, node, default)?;
                    }
                    _ => self.wrong_kind(item, "an object with one key: an element's name"),
                },
                _ => self.wrong_kind(item, "a text, or an object with one key: an element's name"),
            }
        }
        Ok(())
    }

    /// The element that a key names. One that nobody knows is taken for one of the parent's own namespace, so that
    /// the schema can say what would be right.
    fn child_name<'n>(
        &mut self,
        parent: (&str, &str),
        children: Option<&Children>,
        key: &'n str,
        offset: usize,
    ) -> Option<(Cow<'n, str>, &'n str)> {
        if let Some((namespace, local)) = element_name(key) {
            let right = element_key(children, namespace, local);
            if right != key {
                self.fault(NAME, offset, || format!("Here the element is called {right:?}, not {:?}.", shortened(key)));
                return None;
            }
            return Some((namespace.into(), local));
        }
        let known = children.map(|children| children.declared.by_local(key)).unwrap_or_default();
        let is_open = children.is_none_or(|children| children.wildcard.is_some());
        match known {
            [(namespace, _)] => Some((namespace.clone().into(), key)),
            [] if is_local_name(key) && !is_open => {
                let siblings = children.into_iter().flat_map(|children| children.declared.iter()).next();
                let namespace = siblings.map_or(parent.0, |(namespace, ..)| namespace);
                Some((namespace.to_owned().into(), key))
            }
            _ => {
                let key = shortened(key);
                self.fault(NAME, offset, || {
                    format!("{key:?} does not say which element is meant; \"{{namespace}}name\" does.")
                });
                None
            }
        }
    }
}

fn truth(value: bool) -> Cow<'static, str> {
    if value { "true" } else { "false" }.into()
}
