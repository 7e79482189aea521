//! Places for people: from byte offsets and the engine's paths to line, column and an XPath in the document's own
//! spelling.
//!
//! Owns one pass over a document that is known to be well-formed as far as the places lie. Runs only when something
//! is wrong, so that good documents pay nothing.

use super::engine::At;
use quick_xml::NsReader;
use quick_xml::events::Event;
use quick_xml::name::ResolveResult;
use std::collections::HashMap;
use std::ops::ControlFlow;

/// Where something is, in line and column, both from 1, the column in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Position {
    pub line: u32,
    pub column: u32,
}

/// Where an element is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub offset: usize,
    pub position: Position,
    pub xpath: String,
}

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// Counts lines and characters from one offset to the next.
struct Ruler<'a> {
    document: &'a [u8],
    at: usize,
    position: Position,
}

impl<'a> Ruler<'a> {
    fn new(document: &'a [u8]) -> Self {
        let at = if document.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 };
        Self { document, at, position: Position { line: 1, column: 1 } }
    }

    /// Line feed, carriage return, or both together end a line (XML 1.0, 2.11). Continuation bytes count nothing.
    fn advance(&mut self, offset: usize) -> Position {
        let end = offset.clamp(self.at, self.document.len());
        for index in self.at..end {
            match self.document[index] {
                b'\r' if self.document.get(index + 1) == Some(&b'\n') => {}
                b'\n' | b'\r' => {
                    self.position.line = self.position.line.saturating_add(1);
                    self.position.column = 1;
                }
                byte if byte & 0xC0 == 0x80 => {}
                _ => self.position.column = self.position.column.saturating_add(1),
            }
        }
        self.at = end;
        self.position
    }
}

/// Line and column of a byte.
pub(super) fn position(document: &[u8], offset: usize) -> Position {
    Ruler::new(document).advance(offset)
}

/// An open element: its step, and how often each name occurred among its children.
struct Level {
    namespace: String,
    local: String,
    position: usize,
    children: HashMap<(String, String), usize>,
    path_length: usize,
}

struct Walk<'a> {
    ruler: Ruler<'a>,
    levels: Vec<Level>,
    top: HashMap<(String, String), usize>,
    path: String,
}

impl Walk<'_> {
    fn enter(&mut self, namespace: &str, name: &str) {
        let (namespace, local) = (namespace.to_owned(), local(name).to_owned());
        let children = self.levels.last_mut().map_or(&mut self.top, |level| &mut level.children);
        let position = children.entry((namespace.clone(), local.clone())).and_modify(|count| *count += 1).or_insert(1);
        let position = *position;
        let path_length = self.path.len();
        self.path.push_str(&format!("/{name}[{position}]"));
        self.levels.push(Level { namespace, local, position, children: HashMap::new(), path_length });
    }

    fn leave(&mut self) {
        if let Some(level) = self.levels.pop() {
            self.path.truncate(level.path_length);
        }
    }

    fn stands_at(&self, offset: usize, at: &At) -> bool {
        match at {
            At::Offset(wanted) => *wanted == offset,
            At::Path(steps) => {
                steps.len() == self.levels.len()
                    && steps.iter().zip(&self.levels).rev().all(|((namespace, local, position), level)| {
                        *position == level.position && *local == level.local && *namespace == level.namespace
                    })
            }
        }
    }

    fn look(&mut self, offset: usize, wanted: &[&At], found: &mut [Option<Place>]) -> usize {
        let mut count = 0;
        for (at, slot) in wanted.iter().zip(found) {
            if slot.is_none() && self.stands_at(offset, at) {
                let position = self.ruler.advance(offset);
                *slot = Some(Place { offset, position, xpath: self.path.clone() });
                count += 1;
            }
        }
        count
    }
}

/// Finds the wanted elements; `None` for one that the document does not hold.
pub(super) fn places(document: &[u8], wanted: &[&At]) -> Vec<Option<Place>> {
    let mut found = vec![None; wanted.len()];
    let mut walk = Walk { ruler: Ruler::new(document), levels: Vec::new(), top: HashMap::new(), path: String::new() };
    let mut missing = wanted.len();
    tags(document, |offset, tag| {
        match tag {
            Tag::Open { namespace, name } => {
                walk.enter(namespace, name);
                missing -= walk.look(offset, wanted, &mut found);
            }
            Tag::Close => walk.leave(),
        }
        if missing > 0 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });
    found
}

/// Offsets of the wanted elements; `None` for one that the document does not hold.
pub(super) fn offsets(document: &[u8], wanted: &[&At]) -> Vec<Option<usize>> {
    places(document, wanted).into_iter().map(|place| place.map(|place| place.offset)).collect()
}

/// Namespace and local name of the children that the element at `parent` has, up to and with the one at `last` or all
/// of them, and the local name of the element itself.
pub(super) fn children_before(
    document: &[u8],
    parent: usize,
    last: Option<usize>,
) -> Option<(Vec<(String, String)>, String)> {
    let (mut depth, mut parent_name, mut children) = (0_usize, None, Vec::new());
    tags(document, |offset, tag| {
        let is_last = matches!(tag, Tag::Open { .. }) && last == Some(offset);
        match tag {
            Tag::Open { name, .. } if offset == parent => {
                parent_name = Some(local(name).to_owned());
                depth = 1;
            }
            Tag::Open { namespace, name } if depth > 0 => {
                if depth == 1 {
                    children.push((namespace.to_owned(), local(name).to_owned()));
                }
                depth += 1;
            }
            Tag::Open { .. } => {}
            Tag::Close => depth = depth.saturating_sub(1),
        }
        let ended = parent_name.is_some() && depth == 0;
        if ended || is_last { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    parent_name.map(|name| (children, name))
}

/// The beginning or end of an element.
enum Tag<'a> {
    Open { namespace: &'a str, name: &'a str },
    Close,
}

fn local(name: &str) -> &str {
    name.rsplit(':').next().unwrap_or(name)
}

/// Goes through the tags with their offsets until `visit` breaks off; an empty element opens and closes.
fn tags(document: &[u8], mut visit: impl FnMut(usize, Tag<'_>) -> ControlFlow<()>) {
    let mark = if document.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 };
    let mut reader = NsReader::from_reader(&document[mark..]);
    while let Ok((namespace, event)) = reader.read_resolved_event() {
        let namespace = match namespace {
            ResolveResult::Bound(namespace) => namespace.as_ref().to_owned(),
            ResolveResult::Unbound | ResolveResult::Unknown(_) => String::new(),
        };
        let end = mark + usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
        let start = |length: usize| end.saturating_sub(length);
        let flow = match event {
            Event::Start(tag) => {
                let name = tag.name();
                visit(start(tag.len() + 2), Tag::Open { namespace: &namespace, name: name.as_ref() })
            }
            Event::Empty(tag) => {
                let (offset, name) = (start(tag.len() + 3), tag.name());
                match visit(offset, Tag::Open { namespace: &namespace, name: name.as_ref() }) {
                    ControlFlow::Continue(()) => visit(end, Tag::Close),
                    flow @ ControlFlow::Break(()) => flow,
                }
            }
            Event::End(_) => visit(end, Tag::Close),
            Event::Eof => break,
            _ => ControlFlow::Continue(()),
        };
        if flow.is_break() {
            break;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_and_lines_end_in_three_ways() {
        let at = |document: &str, needle: &str| {
            let position = position(document.as_bytes(), document.find(needle).expect("it is there"));
            (position.line, position.column)
        };
        assert_eq!(at("<a>Γεώργιος <b/></a>", "<b/>"), (1, 13));
        assert_eq!(at("\u{FEFF}<a/>", "<a/>"), (1, 1));
        assert_eq!(at("<a>\n  <b/></a>", "<b/>"), (2, 3));
        assert_eq!(at("<a>\r\n\r\n<b/></a>", "<b/>"), (3, 1));
        assert_eq!(at("<a>\r<b/></a>", "<b/>"), (2, 1));
        assert_eq!(position(b"<a/>", 400), Position { line: 1, column: 5 });
    }

    #[test]
    fn an_element_is_found_by_offset_and_by_path() {
        let document = "\u{FEFF}<r xmlns='u' xmlns:p='v'>\n<x/><p:x/><x>é<y/></x></r>";
        let offset = document.find("<y/>").expect("it is there");
        let step = |namespace: &str, local: &str, position| (namespace.to_owned(), local.to_owned(), position);
        let by_path = At::Path(vec![step("u", "r", 1), step("v", "x", 1)]);
        let found = places(document.as_bytes(), &[&At::Offset(offset), &by_path, &At::Path(vec![step("", "r", 1)])]);
        let y = found[0].as_ref().expect("found by its offset");
        assert_eq!((y.xpath.as_str(), y.position.line, y.position.column), ("/r[1]/x[2]/y[1]", 2, 15));
        assert_eq!(found[1].as_ref().expect("found by its path").xpath, "/r[1]/p:x[1]");
        assert_eq!(found[2], None);
    }
}
