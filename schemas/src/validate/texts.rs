//! Texts that the hub reads from documents: by paths of local names, from documents that are valid already.
//!
//! Owns the bounds on how much is read. What the texts mean is the concern of who asked for them.

use quick_xml::{
    Reader, XmlVersion,
    escape::resolve_predefined_entity,
    events::{BytesRef, BytesStart, Event},
};
use std::collections::BTreeMap;

/// Most texts that are kept of one path. A request has at most 100 questions.
pub const MOST_TEXTS: usize = 200;
/// Longest text that is kept, in bytes; a longer one counts as absent.
pub const TEXT_BYTES: usize = 512;

/// The texts at these paths in a valid document.
pub(super) fn in_xml(document: &[u8], paths: &[String]) -> BTreeMap<String, Vec<String>> {
    let mut found = BTreeMap::new();
    let Ok(text) = std::str::from_utf8(document) else { return found };
    if paths.is_empty() {
        return found;
    }
    let paths: Vec<Path<'_>> = paths.iter().map(|path| Path::new(path)).collect();
    let mut reader = Reader::from_str(text);
    let mut walk = Walk { paths: &paths, open: Vec::new(), gathered: Vec::new(), found: &mut found };
    loop {
        match reader.read_event() {
            Ok(Event::Start(start)) => walk.begin(&start),
            Ok(Event::Empty(start)) => {
                walk.begin(&start);
                walk.end();
            }
            Ok(Event::End(_)) => walk.end(),
            Ok(Event::Text(text)) => walk.text(&text.xml_content(XmlVersion::Implicit1_0)),
            Ok(Event::CData(text)) => walk.text(&text.xml_content(XmlVersion::Implicit1_0)),
            Ok(Event::GeneralRef(reference)) => walk.text(&referred(&reference)),
            Ok(Event::Eof) | Err(_) => return found,
            Ok(Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_)) => {}
        }
    }
}

/// The texts at these JSON Pointers in a valid document.
pub(super) fn in_json(document: &[u8], pointers: &[String]) -> BTreeMap<String, Vec<String>> {
    if pointers.is_empty() {
        return BTreeMap::new();
    }
    let Ok(value) = serde_json::from_slice::<serde_json::Value>(document) else { return BTreeMap::new() };
    let texts = |value: &serde_json::Value| -> Vec<String> {
        let values = value.as_array().map_or_else(|| std::slice::from_ref(value), Vec::as_slice);
        let texts = values.iter().filter_map(serde_json::Value::as_str).filter(|text| text.len() <= TEXT_BYTES);
        texts.take(MOST_TEXTS).map(str::to_owned).collect()
    };
    let found = pointers.iter().filter_map(|pointer| Some((pointer.clone(), texts(value.pointer(pointer)?))));
    found.filter(|(_, texts)| !texts.is_empty()).collect()
}

/// `A/B/@c`, taken apart.
struct Path<'a> {
    whole: &'a str,
    elements: Vec<&'a str>,
    attribute: Option<&'a str>,
}

impl<'a> Path<'a> {
    fn new(whole: &'a str) -> Self {
        let mut elements: Vec<&str> = whole.split('/').collect();
        let attribute = elements.last().and_then(|last| last.strip_prefix('@'));
        if attribute.is_some() {
            elements.pop();
        }
        Self { whole, elements, attribute }
    }

    fn ends(&self, open: &[String]) -> bool {
        open.len() >= self.elements.len()
            && open.iter().rev().zip(self.elements.iter().rev()).all(|(open, wanted)| open == wanted)
    }
}

struct Walk<'a> {
    paths: &'a [Path<'a>],
    /// Local names from the root to here.
    open: Vec<String>,
    /// What is being gathered: the depth of its element, its path, its text so far.
    gathered: Vec<(usize, &'a str, String)>,
    found: &'a mut BTreeMap<String, Vec<String>>,
}

impl Walk<'_> {
    fn begin(&mut self, start: &BytesStart<'_>) {
        self.open.push(start.local_name().as_ref().to_owned());
        for path in self.paths.iter().filter(|path| path.ends(&self.open)) {
            match path.attribute {
                None => self.gathered.push((self.open.len(), path.whole, String::new())),
                Some(name) => {
                    let mut attributes = start.attributes().flatten();
                    let wanted = attributes.find(|attribute| attribute.key.local_name().as_ref() == name);
                    let value = wanted.and_then(|attribute| {
                        attribute.normalized_value(XmlVersion::Implicit1_0).ok().map(|value| value.into_owned())
                    });
                    keep(self.found, path.whole, value.unwrap_or_default());
                }
            }
        }
    }

    fn text(&mut self, text: &str) {
        let depth = self.open.len();
        for (_, _, gathered) in self.gathered.iter_mut().filter(|(at, _, _)| *at == depth) {
            if gathered.len() <= TEXT_BYTES {
                gathered.push_str(text);
            }
        }
    }

    fn end(&mut self) {
        let depth = self.open.len();
        while self.gathered.last().is_some_and(|(at, _, _)| *at == depth) {
            if let Some((_, path, text)) = self.gathered.pop() {
                keep(self.found, path, text);
            }
        }
        self.open.pop();
    }
}

fn keep(found: &mut BTreeMap<String, Vec<String>>, path: &str, text: String) {
    let text = text.trim();
    if text.is_empty() || text.len() > TEXT_BYTES {
        return;
    }
    let texts = found.entry(path.to_owned()).or_default();
    if texts.len() < MOST_TEXTS {
        texts.push(text.to_owned());
    }
}

fn referred(reference: &BytesRef<'_>) -> String {
    if let Ok(Some(character)) = reference.resolve_char_ref() {
        return character.to_string();
    }
    resolve_predefined_entity(reference).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(document: &str, path: &str) -> Vec<String> {
        in_xml(document.as_bytes(), &[path.to_owned()]).remove(path).unwrap_or_default()
    }

    #[test]
    fn texts_are_found_by_the_ends_of_their_paths_in_document_order() {
        let document = r#"<a:Request xmlns:a="urn:x"><Link><Exchange> 1 </Exchange></Link><Exchange>2</Exchange>
            <Questions><Question id="q1"/><Question id="q&amp;2">t<b>u</b></Question></Questions>
            <Link><Exchange><![CDATA[3]]>&amp;&#52;</Exchange></Link><Empty/></a:Request>"#;
        assert_eq!(read(document, "Link/Exchange"), ["1", "3&4"]);
        assert_eq!(read(document, "Exchange"), ["1", "2", "3&4"]);
        assert_eq!(read(document, "Request/Exchange"), ["2"]);
        assert_eq!(read(document, "Question/@id"), ["q1", "q&2"]);
        assert_eq!(read(document, "Question"), ["t"]);
        assert!(read(document, "Empty").is_empty() && read(document, "Lost").is_empty());
    }

    #[test]
    fn what_is_read_has_bounds() {
        let many = format!("<a>{}</a>", "<b>x</b>".repeat(MOST_TEXTS + 7));
        assert_eq!(read(&many, "b").len(), MOST_TEXTS);
        let long = format!("<a><b>{}</b><b>y</b></a>", "x".repeat(TEXT_BYTES + 1));
        assert_eq!(read(&long, "b"), ["y"]);
    }

    #[test]
    fn pointers_lead_to_texts_in_json() {
        let found =
            in_json(br#"{"a": {"b": "2011-03-04", "c": ["x", 1, "y"]}}"#, &["/a/b".into(), "/a/c".into(), "/z".into()]);
        assert_eq!(found["/a/b"], ["2011-03-04"]);
        assert_eq!(found["/a/c"], ["x", "y"]);
        assert_eq!(found.len(), 2);
    }
}
