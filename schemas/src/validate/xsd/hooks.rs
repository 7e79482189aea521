//! What this crate checks itself while the engine reads: the declaration, the root, references to the outside,
//! white space that is none, and the text that the hub wants to know.

use super::trace::{Trace, XSI};
use crate::validate::engine::{Manner, Task};
use xsd_schema::validation::{
    AttributeView, ContentType, DoctypeView, ElementStartView, EndElementInfo, EndOfAttributesView, SchemaInfo,
    TextKind, ValidationEventHandler,
};
use xsd_schema::xml::{XmlDeclaration, XmlVersion};

/// Target of the processing instruction that refers to a style sheet.
pub(super) const STYLE_SHEET: &str = "xml-stylesheet";
/// Longest text that is kept of the wanted element, in bytes: the longest sensible xs:date is a tenth of it.
const WANTED_BYTES: usize = 256;

/// Why reading ends at once.
pub(super) enum Halt {
    /// At the innermost open element.
    Forbidden(String),
    /// In the XML declaration.
    Declaration(String),
    /// A processing instruction that refers to a style sheet.
    StyleSheet,
}

enum Wanted<'a> {
    Nothing,
    Element(&'a str),
    Inside { depth: usize, text: String },
    Found(String),
}

pub(super) struct Hooks<'a> {
    trace: &'a Trace,
    document: &'a [u8],
    root: Option<(&'a str, &'a str)>,
    manner: Manner,
    wanted: Wanted<'a>,
    /// What each open element may hold, as far as the schema says.
    content: Vec<Option<ContentType>>,
}

impl<'a> Hooks<'a> {
    pub(super) fn new(trace: &'a Trace, document: &'a [u8], task: &Task<'a>) -> Self {
        let wanted = task.wanted.map_or(Wanted::Nothing, Wanted::Element);
        let Task { root, manner, .. } = *task;
        Self { trace, document, root, manner, wanted, content: Vec::with_capacity(16) }
    }

    pub(super) fn into_wanted(self) -> Option<String> {
        match self.wanted {
            Wanted::Found(text) => Some(text),
            Wanted::Nothing | Wanted::Element(_) | Wanted::Inside { .. } => None,
        }
    }

    fn check_root(&self, view: &ElementStartView<'_>) {
        let Some((namespace, name)) = self.root else { return };
        if (view.namespace_uri, view.local_name) != (namespace, name) {
            let place =
                if namespace.is_empty() { "no namespace".to_owned() } else { format!("the namespace '{namespace}'") };
            let message = format!("The root element of this message is '{name}' in {place}.");
            self.trace.note("cvc-elt.1", message);
            // Everything else that the schema minds follows from this.
            self.trace.mute();
        }
    }
}

impl ValidationEventHandler for Hooks<'_> {
    type Error = Halt;

    fn on_xml_declaration(&mut self, declaration: &XmlDeclaration) -> Result<(), Halt> {
        if self.manner == Manner::Foreign {
            return Ok(());
        }
        if declaration.xml_version() != XmlVersion::V1_0 {
            return Err(Halt::Declaration("the document is XML 1.1; the hub takes XML 1.0".to_owned()));
        }
        match declaration.encoding.as_deref() {
            None => Ok(()),
            Some(name) if name.eq_ignore_ascii_case("utf-8") => Ok(()),
            Some(name) if name.eq_ignore_ascii_case("us-ascii") && self.document.is_ascii() => Ok(()),
            Some(name) => {
                let name: String = name.chars().take(40).collect();
                Err(Halt::Declaration(format!("the document declares the encoding {name:?}, but is to be UTF-8")))
            }
        }
    }

    fn on_doctype(&mut self, _doctype: DoctypeView<'_>) -> Result<(), Halt> {
        Err(Halt::Forbidden("the document holds a document type declaration; remove it".to_owned()))
    }

    fn on_processing_instruction(&mut self, target: &str, _data: &str) -> Result<(), Halt> {
        if self.manner == Manner::Hub && target == STYLE_SHEET {
            return Err(Halt::StyleSheet);
        }
        Ok(())
    }

    fn on_element_start_offset(&mut self, offset: usize) -> Result<(), Halt> {
        self.trace.enter(offset);
        Ok(())
    }

    fn before_element(&mut self, view: ElementStartView<'_>) -> Result<(), Halt> {
        let depth = self.trace.depth();
        if depth == 1 {
            self.check_root(&view);
        }
        if matches!(self.wanted, Wanted::Element(name) if name == view.local_name) {
            self.wanted = Wanted::Inside { depth, text: String::new() };
        }
        Ok(())
    }

    fn before_attribute(&mut self, view: AttributeView<'_>) -> Result<(), Halt> {
        let hint = view.namespace_uri == XSI && view.local_name.ends_with("chemaLocation");
        if hint && self.manner == Manner::Hub {
            let message = format!("the document refers to a schema (xsi:{}); remove the reference", view.local_name);
            return Err(Halt::Forbidden(message));
        }
        Ok(())
    }

    fn after_element(&mut self, _view: ElementStartView<'_>, info: &SchemaInfo) -> Result<(), Halt> {
        self.content.push(info.content_type);
        self.trace.set_type(info.schema_type);
        Ok(())
    }

    fn after_end_of_attributes(&mut self, view: EndOfAttributesView<'_>) -> Result<(), Halt> {
        // Attributes may have chosen another type (XSD 1.1, type alternatives).
        if let (Some(chosen), Some(content)) = (view.info.content_type, self.content.last_mut()) {
            *content = Some(chosen);
            self.trace.set_type(view.info.schema_type);
        }
        Ok(())
    }

    fn on_text(&mut self, kind: TextKind, text: &str) -> Result<(), Halt> {
        if let Wanted::Inside { text: kept, .. } = &mut self.wanted
            && kept.len() + text.len() <= WANTED_BYTES
        {
            kept.push_str(text);
        }
        // The engine takes U+00A0 and its kin for white space, which XML does not.
        let foreign = matches!(kind, TextKind::Whitespace) && !text.bytes().all(|byte| byte.is_ascii_whitespace());
        if foreign && self.content.last() == Some(&Some(ContentType::ElementOnly)) {
            let message = "Text stands where only elements may stand (a space that is no XML white space).";
            self.trace.note("cvc-complex-type.2.3", message.to_owned());
        }
        Ok(())
    }

    fn after_end_element(&mut self, _info: &EndElementInfo, depth: usize) -> Result<(), Halt> {
        self.content.pop();
        if let Wanted::Inside { depth: at, text } = &self.wanted
            && *at == depth
        {
            self.wanted = Wanted::Found(text.trim().to_owned());
        }
        Ok(())
    }

    fn on_element_end_offset(&mut self, _offset: usize) -> Result<(), Halt> {
        self.trace.leave();
        Ok(())
    }
}
