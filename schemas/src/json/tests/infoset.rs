//! What an XML document says, apart from how it is written: names resolved, attributes sorted, text joined, comments,
//! processing instructions and white space between elements left out.

use quick_xml::events::Event;
use quick_xml::name::{NamespaceResolver, QName, ResolveResult};
use quick_xml::{NsReader, XmlVersion};

const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// A part of a document.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Part {
    Element { name: String, attributes: Vec<(String, String)>, parts: Vec<Part> },
    Text(String),
}

/// An open element: its name, its attributes, what stood before it in its parent.
type Open = (String, Vec<(String, String)>, Vec<Part>);

/// The first thing in which two documents differ. White space that stands alone in an element may have gone: what it
/// means there only the schema can say.
pub(super) fn difference(before: &[Part], after: &[Part]) -> Option<String> {
    let is_blank =
        |part: &Part| matches!(part, Part::Text(text) if text.bytes().all(|byte| b" \t\r\n".contains(&byte)));
    if after.is_empty() && before.iter().all(is_blank) {
        return None;
    }
    if before.len() != after.len() {
        return Some(format!("{before:?}\nbecame\n{after:?}"));
    }
    before.iter().zip(after).find_map(|parts| match parts {
        (
            Part::Element { name, attributes, parts },
            Part::Element { name: other_name, attributes: other_attributes, parts: other_parts },
        ) if name == other_name && attributes == other_attributes => difference(parts, other_parts),
        (one, other) => (one != other).then(|| format!("{one:?}\nbecame\n{other:?}")),
    })
}

pub(super) fn of(xml: &[u8]) -> Vec<Part> {
    let text = std::str::from_utf8(xml).expect("UTF-8").trim_start_matches('\u{FEFF}');
    let mut reader = NsReader::from_str(text);
    let mut open: Vec<Open> = Vec::new();
    let mut parts = Vec::new();
    loop {
        let event = reader.read_event().unwrap_or_else(|error| panic!("{error}: {text}"));
        let is_empty = matches!(event, Event::Empty(_));
        let text = match event {
            Event::Start(tag) | Event::Empty(tag) => {
                let resolver = reader.resolver();
                let mut attributes: Vec<_> = tag
                    .attributes()
                    .map(|attribute| attribute.expect("an attribute"))
                    .filter(|attribute| attribute.key.as_namespace_binding().is_none())
                    .map(|attribute| {
                        let name = expanded(resolver, attribute.key, false);
                        let value = attribute.normalized_value(XmlVersion::Explicit1_0).expect("a value").into_owned();
                        let is_name = name == format!("{{{XSI}}}type");
                        let value = if is_name { expanded(resolver, QName(value.trim()), true) } else { value };
                        (name, value)
                    })
                    .collect();
                attributes.sort();
                open.push((expanded(resolver, tag.name(), true), attributes, std::mem::take(&mut parts)));
                if is_empty {
                    close(&mut open, &mut parts);
                }
                continue;
            }
            Event::End(_) => {
                close(&mut open, &mut parts);
                continue;
            }
            Event::Text(text) => text.xml10_content().into_owned(),
            Event::CData(text) => text.xml10_content().into_owned(),
            Event::GeneralRef(reference) => match reference.resolve_char_ref().expect("a reference") {
                Some(character) => character.to_string(),
                None => quick_xml::escape::resolve_predefined_entity(&reference).expect("an entity").to_owned(),
            },
            Event::Eof => break,
            _ => continue,
        };
        // The packs of these tests call an element so whose value is a name.
        let is_name = open.last().is_some_and(|(name, ..)| name.ends_with("}QName"));
        let text = if is_name { expanded(reader.resolver(), QName(text.trim()), true) } else { text };
        match parts.last_mut() {
            Some(Part::Text(known)) => known.push_str(&text),
            _ => parts.push(Part::Text(text)),
        }
    }
    parts.retain(|part| matches!(part, Part::Element { .. }));
    parts
}

fn close(open: &mut Vec<Open>, parts: &mut Vec<Part>) {
    let (name, attributes, before) = open.pop().expect("an open element");
    let mut inside = std::mem::replace(parts, before);
    if inside.iter().any(|part| matches!(part, Part::Element { .. })) {
        inside.retain(|part| !matches!(part, Part::Text(text) if text.bytes().all(|byte| b" \t\r\n".contains(&byte))));
    }
    parts.push(Part::Element { name, attributes, parts: inside });
}

fn expanded(resolver: &NamespaceResolver, name: QName<'_>, is_element: bool) -> String {
    let (namespace, local) = if is_element { resolver.resolve_element(name) } else { resolver.resolve_attribute(name) };
    match namespace {
        ResolveResult::Bound(namespace) => format!("{{{}}}{}", namespace.as_ref(), local.as_ref()),
        ResolveResult::Unbound => format!("{{}}{}", local.as_ref()),
        ResolveResult::Unknown(_) => name.as_ref().to_owned(),
    }
}
