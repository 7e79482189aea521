//! From XML to JSON: reads a document once and builds its JSON form from the leaves upwards.
//!
//! Presumes a document that is well-formed: the hub converts only what it has validated. What is not well-formed is
//! refused where the reader sees it, and never does worse.

use super::grammar::{Children, Content, Grammar, Lexis, SimpleId, Type, TypeId, XSI};
use super::names::{CONTENT, VALUE, attribute_key, clark, element_key, is_blank, root_key, spelled_name, trim};
use super::value::{Node, Value, is_number};
use crate::validate::Limits;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::name::{NamespaceResolver, QName, ResolveResult};
use quick_xml::{NsReader, XmlVersion};
use std::borrow::Cow;

type Member = (Cow<'static, str>, Node<'static>);

/// The JSON form of a document, or a sentence that says why there is none.
pub(super) fn document(grammar: &Grammar, xml: &[u8], limits: &Limits) -> Result<Node<'static>, String> {
    let xml = xml.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(xml);
    let text = std::str::from_utf8(xml).map_err(|_| "the document is not in UTF-8".to_owned())?;
    let mut reader = NsReader::from_str(text);
    let mut builder = Builder { grammar, limits, open: Vec::new(), nodes: 0, root: None };
    loop {
        let event = reader.read_event().map_err(|error| error.to_string())?;
        let resolver = reader.resolver();
        match event {
            Event::Start(tag) => builder.enter(&tag, resolver)?,
            Event::Empty(tag) => {
                builder.enter(&tag, resolver)?;
                builder.leave(resolver);
            }
            Event::End(_) => builder.leave(resolver),
            Event::Text(text) => builder.text(&text.xml10_content())?,
            Event::CData(text) => builder.text(&text.xml10_content())?,
            Event::GeneralRef(reference) => builder.text(&referred(&reference)?)?,
            Event::Comment(_) | Event::PI(_) | Event::Decl(_) => {}
            Event::DocType(_) => return Err("the document holds a document type declaration".to_owned()),
            Event::Eof => break,
        }
    }
    let root = builder.root.filter(|_| builder.open.is_empty());
    root.ok_or_else(|| "the document ends before its root element does".to_owned())
}

fn referred(reference: &BytesRef<'_>) -> Result<String, String> {
    if let Some(character) = reference.resolve_char_ref().map_err(|error| error.to_string())? {
        return Ok(character.to_string());
    }
    let entity: &str = reference;
    quick_xml::escape::resolve_predefined_entity(entity)
        .map(str::to_owned)
        .ok_or_else(|| format!("the document refers to the entity '{entity}', which does not exist"))
}

/// An element that is being read.
struct Frame {
    namespace: String,
    local: String,
    inside: Inside,
}

/// What an element is and holds.
#[derive(Default)]
struct Inside {
    kind: Option<TypeId>,
    attributes: Vec<Member>,
    is_nil: bool,
    items: Vec<Item>,
}

/// What stands in an element.
enum Item {
    Text(String),
    Element { namespace: String, local: String, form: Node<'static> },
}

struct Builder<'a> {
    grammar: &'a Grammar,
    limits: &'a Limits,
    open: Vec<Frame>,
    nodes: usize,
    root: Option<Node<'static>>,
}

impl Builder<'_> {
    fn count(&mut self, nodes: usize) -> Result<(), String> {
        self.nodes += nodes;
        if self.nodes > self.limits.nodes || self.open.len() > self.limits.depth {
            return Err("the document exceeds the limits of depth or number".to_owned());
        }
        Ok(())
    }

    fn enter(&mut self, tag: &BytesStart<'_>, resolver: &NamespaceResolver) -> Result<(), String> {
        if self.open.is_empty() && self.root.is_some() {
            return Err("the document has a second root element".to_owned());
        }
        let (namespace, local) = expanded(resolver, tag.name(), true)?;
        let mut attributes = Vec::new();
        for attribute in tag.attributes() {
            let attribute = attribute.map_err(|error| error.to_string())?;
            if attribute.key.as_namespace_binding().is_none() {
                let value = attribute.normalized_value(XmlVersion::Explicit1_0).map_err(|error| error.to_string())?;
                attributes.push((expanded(resolver, attribute.key, false)?, value.into_owned()));
            }
        }
        self.count(1 + attributes.len())?;
        let parent = self.open.last().and_then(|frame| frame.inside.kind).and_then(|id| self.grammar.kind(id));
        let declared = self.grammar.kind_of(parent, &namespace, &local);
        let kind = self.chosen(&attributes, resolver).or(declared);
        let mut inside = Inside { kind, ..Inside::default() };
        for ((namespace, local), value) in attributes {
            let simple =
                kind.and_then(|id| self.grammar.kind(id)).and_then(|kind| kind.attributes.get(&namespace, &local));
            let form = match (namespace.as_str(), local.as_str()) {
                (XSI, "nil") => {
                    inside.is_nil = matches!(trim(&value), "true" | "1");
                    truth(value)
                }
                (XSI, "type") => Value::Text(self.name_value(value, resolver).into()),
                _ => self.scalar(simple.map(|attribute| attribute.simple), value, resolver),
            };
            inside.attributes.push((attribute_key(&namespace, &local).into(), form.into()));
        }
        self.open.push(Frame { namespace, local, inside });
        Ok(())
    }

    /// The type that `xsi:type` names.
    fn chosen(&self, attributes: &[((String, String), String)], resolver: &NamespaceResolver) -> Option<TypeId> {
        let wanted = |namespace: &str, local: &str| namespace == XSI && local == "type";
        let (_, value) = attributes.iter().find(|((namespace, local), _)| wanted(namespace, local))?;
        let (namespace, local) = expanded(resolver, QName(trim(value)), true).ok()?;
        self.grammar.named.get(&namespace, &local).copied()
    }

    fn text(&mut self, text: &str) -> Result<(), String> {
        if text.is_empty() {
            return Ok(());
        }
        self.count(1)?;
        match self.open.last_mut() {
            Some(frame) => match frame.inside.items.last_mut() {
                Some(Item::Text(known)) => known.push_str(text),
                Some(Item::Element { .. }) | None => frame.inside.items.push(Item::Text(text.to_owned())),
            },
            None if text.chars().all(is_blank) => {}
            None => return Err("text stands outside the root element".to_owned()),
        }
        Ok(())
    }

    fn leave(&mut self, resolver: &NamespaceResolver) {
        let Some(frame) = self.open.pop() else { return };
        let Frame { namespace, local, inside } = frame;
        let form = self.form(inside, resolver);
        match self.open.last_mut() {
            Some(parent) => parent.inside.items.push(Item::Element { namespace, local, form }),
            None => {
                let key = root_key(self.grammar, &namespace, &local);
                self.root = Some(Value::Members(vec![(key.into(), form)]).into());
            }
        }
    }

    fn form(&self, inside: Inside, resolver: &NamespaceResolver) -> Node<'static> {
        let Inside { kind, mut attributes, is_nil, mut items } = inside;
        let kind = kind.and_then(|id| self.grammar.kind(id));
        let has_elements = items.iter().any(|item| matches!(item, Item::Element { .. }));
        match kind.map(|kind| &kind.content) {
            Some(Content::Simple(simple)) if !has_elements => {
                let is_plain = attributes.is_empty() && kind.is_some_and(Type::is_plain);
                let text = all_text(items);
                let is_absent = is_nil && text.is_empty();
                let value = self.scalar(Some(*simple), text, resolver);
                if is_plain {
                    return value.into();
                }
                if !is_absent {
                    attributes.push((VALUE.into(), value.into()));
                }
                Value::Members(attributes).into()
            }
            Some(Content::Elements(children)) => {
                // Where nothing may stand at all, white space is something.
                if !children.is_empty() {
                    items.retain(|item| !matches!(item, Item::Text(text) if text.chars().all(is_blank)));
                }
                match in_order(children, items) {
                    Ok(members) => {
                        attributes.extend(members);
                        Value::Members(attributes).into()
                    }
                    Err(items) => explicit(Some(children), attributes, items),
                }
            }
            None | Some(Content::Anything) if !has_elements && attributes.is_empty() => {
                Value::Text(all_text(items).into()).into()
            }
            None | Some(Content::Simple(_) | Content::Mixed(_) | Content::Anything) => {
                explicit(kind.and_then(Type::children), attributes, items)
            }
        }
    }

    fn scalar(&self, simple: Option<SimpleId>, text: String, resolver: &NamespaceResolver) -> Value<'static> {
        match simple.and_then(|id| self.grammar.simple(id)).map(|simple| simple.lexis) {
            Some(Lexis::Integer | Lexis::Decimal | Lexis::Float) if is_number(&text) => Value::Number(text.into()),
            Some(Lexis::Boolean) => truth(text),
            Some(Lexis::QName) => Value::Text(self.name_value(text, resolver).into()),
            _ => Value::Text(text.into()),
        }
    }

    /// A value that is a name, in prefixes of the mapping's; as written where its prefix means nothing.
    fn name_value(&self, text: String, resolver: &NamespaceResolver) -> String {
        match expanded(resolver, QName(trim(&text)), true) {
            Ok((namespace, local)) if super::names::is_local_name(&local) => {
                spelled_name(self.grammar, &namespace, &local)
            }
            Ok(_) | Err(_) => text,
        }
    }
}

fn expanded(resolver: &NamespaceResolver, name: QName<'_>, is_element: bool) -> Result<(String, String), String> {
    let (namespace, local) = if is_element { resolver.resolve_element(name) } else { resolver.resolve_attribute(name) };
    let namespace = match namespace {
        ResolveResult::Bound(namespace) => namespace.as_ref().to_owned(),
        ResolveResult::Unbound => String::new(),
        ResolveResult::Unknown(prefix) => return Err(format!("the prefix '{prefix}' is not declared")),
    };
    Ok((namespace, local.as_ref().to_owned()))
}

fn truth(text: String) -> Value<'static> {
    match text.as_str() {
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        _ => Value::Text(text.into()),
    }
}

fn all_text(items: Vec<Item>) -> String {
    let texts = items.into_iter().map(|item| match item {
        Item::Text(text) => text,
        Item::Element { .. } => String::new(),
    });
    texts.reduce(|all, text| all + &text).unwrap_or_default()
}

/// The children as members, if they stand in the order that is read out of members again; else as they were.
fn in_order(children: &Children, items: Vec<Item>) -> Result<Vec<Member>, Vec<Item>> {
    let place = |item: &Item| match item {
        Item::Text(_) => None,
        Item::Element { namespace, local, .. } => Some(place(children, namespace, local)),
    };
    let places: Option<Vec<_>> = items.iter().map(place).collect();
    if !places.is_some_and(|places| places.is_sorted()) {
        return Err(items);
    }
    let mut members: Vec<(String, bool, Vec<Node<'static>>)> = Vec::new();
    for item in items {
        let Item::Element { namespace, local, form } = item else { continue };
        let key = element_key(Some(children), &namespace, &local);
        match members.last_mut() {
            Some((known, _, forms)) if *known == key => forms.push(form),
            Some(_) | None => members.push((key, children.is_listed(&namespace, &local), vec![form])),
        }
    }
    let form = |is_listed: bool, mut forms: Vec<Node<'static>>| match (is_listed, forms.len(), forms.pop()) {
        (false, 1, Some(form)) => form,
        (_, _, last) => {
            forms.extend(last);
            Value::List(forms).into()
        }
    };
    Ok(members.into_iter().map(|(key, is_listed, forms)| (key.into(), form(is_listed, forms))).collect())
}

/// Where a child stands: by the content model; those that it does not name, by their names.
pub(super) fn place(children: &Children, namespace: &str, local: &str) -> (u32, String) {
    let is_declared = children.declared.get(namespace, local).is_some();
    (children.rank(namespace, local), if is_declared { String::new() } else { clark(namespace, local) })
}

/// The form that keeps order, interleaving and text.
fn explicit(children: Option<&Children>, mut attributes: Vec<Member>, items: Vec<Item>) -> Node<'static> {
    let nodes = items.into_iter().map(|item| match item {
        Item::Text(text) => Value::Text(text.into()).into(),
        Item::Element { namespace, local, form } => {
            Value::Members(vec![(element_key(children, &namespace, &local).into(), form)]).into()
        }
    });
    let content: Vec<Node<'static>> = nodes.collect();
    attributes.push((CONTENT.into(), Value::List(content).into()));
    Value::Members(attributes).into()
}
