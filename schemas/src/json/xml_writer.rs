//! Writing XML: tags with the prefixes that the mapping chooses, characters escaped, within a limit of size.
//!
//! The default namespace is the area's, `c` the common one's; any other namespace is declared where it is used.

use super::grammar::{COMMON, Grammar, XML, XS, XSI};
use super::names::{is_xml, meant_name};
use std::fmt::Write;

/// Writes a document.
pub(super) struct XmlWriter<'g> {
    grammar: &'g Grammar,
    uses_common: bool,
    pub out: String,
    is_begun: bool,
}

/// A start tag that is being prepared.
pub(super) struct StartTag<'a> {
    namespace: &'a str,
    local: &'a str,
    /// Attributes and declarations as they are written.
    attributes: String,
    declared: usize,
    needs_no_default: bool,
}

/// Where a tag was written, and what follows from it for what stands inside.
pub(super) struct Opened {
    pub offset: usize,
    pub name: String,
    /// The default namespace inside.
    pub default: String,
}

/// A character that XML does not have.
pub(super) struct NotXml(pub char);

impl<'g> XmlWriter<'g> {
    pub(super) fn new(grammar: &'g Grammar) -> Self {
        Self { grammar, uses_common: grammar.uses_common(), out: String::new(), is_begun: false }
    }

    pub(super) fn tag<'a>(&self, namespace: &'a str, local: &'a str) -> StartTag<'a> {
        StartTag { namespace, local, attributes: String::new(), declared: 0, needs_no_default: false }
    }

    /// The default namespace within a tag, unless a value needs that there is none.
    fn default_within(&self, tag: &StartTag<'_>, default: &str) -> String {
        let is_prefixed = tag.namespace == XML || (tag.namespace == COMMON && self.uses_common);
        match (is_prefixed, self.is_begun) {
            (true, false) => self.grammar.namespace.clone(),
            (true, true) => default.to_owned(),
            (false, _) => tag.namespace.to_owned(),
        }
    }

    /// A value that is a name, as it has to be spelled in this tag.
    pub(super) fn name_value(&self, tag: &mut StartTag<'_>, text: &str, default: &str) -> String {
        let Some((namespace, local)) = meant_name(self.grammar, text) else { return text.to_owned() };
        match namespace {
            "" => {
                tag.needs_no_default = true;
                local.to_owned()
            }
            COMMON if self.uses_common => format!("c:{local}"),
            _ if !tag.needs_no_default && namespace == self.default_within(tag, default) => local.to_owned(),
            XML => format!("xml:{local}"),
            _ => format!("{}:{local}", self.declare(tag, namespace)),
        }
    }

    fn declare(&self, tag: &mut StartTag<'_>, namespace: &str) -> String {
        let prefix = match namespace {
            XSI => "xsi".to_owned(),
            XS => "xs".to_owned(),
            _ => {
                tag.declared += 1;
                format!("n{}", tag.declared)
            }
        };
        let mut declaration = format!(" xmlns:{prefix}=\"");
        escape_attribute(namespace, &mut declaration);
        declaration.push('"');
        if !tag.attributes.contains(&declaration) {
            tag.attributes.push_str(&declaration);
        }
        prefix
    }

    pub(super) fn attribute(
        &self,
        tag: &mut StartTag<'_>,
        (namespace, local): (&str, &str),
        value: &str,
    ) -> Result<(), NotXml> {
        checked(value)?;
        let name = match namespace {
            "" => local.to_owned(),
            XML => format!("xml:{local}"),
            COMMON if self.uses_common => format!("c:{local}"),
            _ => format!("{}:{local}", self.declare(tag, namespace)),
        };
        tag.attributes.push(' ');
        tag.attributes.push_str(&name);
        tag.attributes.push_str("=\"");
        escape_attribute(value, &mut tag.attributes);
        tag.attributes.push('"');
        Ok(())
    }

    pub(super) fn open(&mut self, tag: &StartTag<'_>, default: &str) -> Opened {
        let offset = self.out.len();
        let mut inner = self.default_within(tag, default);
        let mut declarations = String::new();
        let mut prefix = match tag.namespace {
            XML => "xml:",
            COMMON if self.uses_common => "c:",
            _ => "",
        };
        if tag.needs_no_default && !inner.is_empty() {
            if prefix.is_empty() {
                prefix = "e:";
                declare_as(" xmlns:e", &inner, &mut declarations);
            }
            inner.clear();
        }
        if inner != default {
            declare_as(" xmlns", &inner, &mut declarations);
        }
        if !self.is_begun && self.uses_common {
            declare_as(" xmlns:c", COMMON, &mut declarations);
        }
        self.is_begun = true;
        let name = format!("{prefix}{}", tag.local);
        let _into_memory = write!(self.out, "<{name}{declarations}{}>", tag.attributes);
        Opened { offset, name, default: inner }
    }

    pub(super) fn text(&mut self, text: &str) -> Result<(), NotXml> {
        checked(text)?;
        escape(text, &mut self.out, |byte| match byte {
            b'&' => Some("&amp;"),
            b'<' => Some("&lt;"),
            b'>' => Some("&gt;"),
            b'\r' => Some("&#13;"),
            _ => None,
        });
        Ok(())
    }

    /// Writes the end tag, or makes the start tag an empty one if nothing was written since.
    pub(super) fn close(&mut self, opened: &Opened, is_empty: bool) {
        if is_empty {
            self.out.pop();
            self.out.push_str("/>");
        } else {
            let _into_memory = write!(self.out, "</{}>", opened.name);
        }
    }
}

fn declare_as(name: &str, namespace: &str, out: &mut String) {
    out.push_str(name);
    out.push_str("=\"");
    escape_attribute(namespace, out);
    out.push('"');
}

fn checked(text: &str) -> Result<(), NotXml> {
    text.chars().find(|character| !is_xml(*character)).map_or(Ok(()), |character| Err(NotXml(character)))
}

/// Line feeds and tabs as references, because a reader makes spaces of them otherwise.
fn escape_attribute(text: &str, out: &mut String) {
    escape(text, out, |byte| match byte {
        b'&' => Some("&amp;"),
        b'<' => Some("&lt;"),
        b'"' => Some("&quot;"),
        b'\t' => Some("&#9;"),
        b'\n' => Some("&#10;"),
        b'\r' => Some("&#13;"),
        _ => None,
    });
}

fn escape(text: &str, out: &mut String, reference: impl Fn(u8) -> Option<&'static str>) {
    let mut from = 0;
    for (index, byte) in text.bytes().enumerate() {
        if let Some(reference) = reference(byte) {
            out.push_str(&text[from..index]);
            out.push_str(reference);
            from = index + 1;
        }
    }
    out.push_str(&text[from..]);
}
