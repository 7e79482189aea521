//! The gate before the engine: what can be refused by looking at the first bytes, before anything is parsed.
//!
//! Owns the size limit, foreign encodings, and document type declarations. A declaration is refused even when the
//! document is broken behind it, and without reading what it declares.

use super::engine::Stop;

/// Names that follow `<!` in a document type definition.
const DECLARATIONS: [&[u8]; 5] = [b"DOCTYPE", b"ENTITY", b"ELEMENT", b"ATTLIST", b"NOTATION"];

/// Refuses a document that holds more bytes than the limit.
pub(super) fn size(document: &[u8], most_bytes: usize) -> Result<(), Stop> {
    if document.len() <= most_bytes {
        return Ok(());
    }
    let message = format!("the document has {} bytes; the limit is {most_bytes}", document.len());
    Err(Stop::TooLarge { message, offset: 0 })
}

/// Refuses UTF-16 and UTF-32, recognised by their first bytes (XML 1.0, appendix F).
pub(super) fn encoding(document: &[u8]) -> Result<(), Stop> {
    let wide = matches!(document, [0xFE, 0xFF, ..] | [0xFF, 0xFE, ..] | [0, ..] | [b'<', 0, ..]);
    if !wide {
        return Ok(());
    }
    let message = "the document is written in UTF-16 or UTF-32; the hub takes UTF-8".to_owned();
    Err(Stop::NotWellFormed { rule: "XML 1.0 §4.3.3 Character Encoding in Entities", message, offset: 0 })
}

/// Refuses a document type declaration in the prolog.
pub(super) fn declarations(document: &[u8]) -> Result<(), Stop> {
    let mut at = if document.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 };
    loop {
        at += document[at..].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        let rest = &document[at..];
        let end: &[u8] = match rest {
            [b'<', b'?', ..] => b"?>",
            [b'<', b'!', b'-', b'-', ..] => b"-->",
            [b'<', b'!', declared @ ..] if is_declaration(declared) => {
                let message = "the document holds a document type declaration; remove it".to_owned();
                return Err(Stop::Forbidden { message, offset: at });
            }
            _ => return Ok(()),
        };
        match rest.windows(end.len()).position(|window| window == end) {
            Some(length) => at += length + end.len(),
            None => return Ok(()),
        }
    }
}

fn is_declaration(rest: &[u8]) -> bool {
    DECLARATIONS.iter().any(|name| rest.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_forbidden(document: &str) -> bool {
        matches!(declarations(document.as_bytes()), Err(Stop::Forbidden { .. }))
    }

    #[test]
    fn a_declaration_is_found_behind_everything_that_may_precede_it() {
        for document in [
            "<!DOCTYPE a>",
            "\u{FEFF}<!DOCTYPE a>",
            "<?xml version='1.0'?><!-- <a> --> <?p d?>\n<!DOCTYPE a SYSTEM 'x'><a/>",
            "  <!doctype html><html>",
            "<!ENTITY a 'b'>",
            "<!DOCTYPE",
        ] {
            assert!(is_forbidden(document), "{document}");
        }
        for document in
            ["", "<", "<a/>", "<!-- <!DOCTYPE a> --><a/>", "<!--", "<?xml", "<a><!DOCTYPE a></a>", "x<!DOCTYPE a>"]
        {
            assert!(!is_forbidden(document), "{document}");
        }
    }

    #[test]
    fn wide_encodings_are_known_by_their_first_bytes() {
        for document in [&b"\xFE\xFF\0<"[..], b"\xFF\xFE<\0", b"<\0a\0", b"\0<\0a", b"\0\0\0<"] {
            assert!(encoding(document).is_err(), "{document:?}");
        }
        assert!(encoding(b"<a/>").is_ok() && encoding(b"").is_ok());
    }
}
