//! Bytes to UTF-8, as XML 1.0 appendix F tells: byte order mark, then the declared encoding, then UTF-8.

use crate::validate::engine::Stop;
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};
use std::borrow::Cow;

const RULE: &str = "XML 1.0 §4.3.3 Character Encoding in Entities";
/// How far into a document its XML declaration may reach, in bytes.
const DECLARATION_BYTES: usize = 1024;

fn stop(message: String) -> Stop {
    Stop::NotWellFormed { rule: RULE, message, offset: 0 }
}

/// The document in UTF-8. What is UTF-8 already is handed through unchecked: the reader checks it, and knows the place.
pub(crate) fn decode(bytes: &[u8]) -> Result<Cow<'_, [u8]>, Stop> {
    let (encoding, skipped) = match bytes {
        [0xFF, 0xFE, ..] => (UTF_16LE, 2),
        [0xFE, 0xFF, ..] => (UTF_16BE, 2),
        [b'<', 0, ..] => (UTF_16LE, 0),
        [0, b'<', ..] => (UTF_16BE, 0),
        _ => (declared(bytes)?, 0),
    };
    if encoding == UTF_8 {
        return Ok(Cow::Borrowed(bytes));
    }
    match encoding.decode_without_bom_handling_and_without_replacement(&bytes[skipped..]) {
        Some(text) => Ok(Cow::Owned(text.into_owned().into_bytes())),
        None => Err(stop(format!("the bytes are no {}", encoding.name()))),
    }
}

/// The encoding that the XML declaration names; UTF-8 where it names none.
fn declared(bytes: &[u8]) -> Result<&'static Encoding, Stop> {
    let Some(name) = label(bytes) else { return Ok(UTF_8) };
    match Encoding::for_label(name) {
        // The declaration was readable as ASCII, so the bytes are not UTF-16, whatever it says.
        Some(encoding) if encoding == UTF_16LE || encoding == UTF_16BE => {
            Err(stop("the declaration names UTF-16, but the bytes are none".to_owned()))
        }
        Some(encoding) => Ok(encoding),
        None => Err(stop(format!("the encoding {:?} is not known", String::from_utf8_lossy(name)))),
    }
}

fn label(bytes: &[u8]) -> Option<&[u8]> {
    let start = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let declaration = start.strip_prefix(b"<?xml")?;
    let declaration = &declaration[..declaration.len().min(DECLARATION_BYTES)];
    let declaration = &declaration[..declaration.windows(2).position(|pair| pair == b"?>")?];
    let name = b"encoding";
    let at = declaration.windows(name.len()).position(|window| window == name)? + name.len();
    let value = declaration[at..].trim_ascii_start().strip_prefix(b"=")?.trim_ascii_start();
    let (quote, value) = value.split_first()?;
    value.iter().position(|byte| byte == quote).map(|end| &value[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_usual_encoding_is_read() {
        let wide: Vec<u8> = "\u{FEFF}<a>é</a>".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(decode(&wide).expect("UTF-16").as_ref(), "<a>é</a>".as_bytes());
        let bare: Vec<u8> = "<a>é</a>".encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(decode(&bare).expect("UTF-16 without mark").as_ref(), "<a>é</a>".as_bytes());
        let latin = b"<?xml version='1.0' encoding = \"ISO-8859-1\"?><a>\xE9</a>";
        assert!(decode(latin).expect("Latin 1").ends_with("<a>é</a>".as_bytes()));
        assert_eq!(decode(b"<a>\xFF</a>").expect("left to the reader").as_ref(), b"<a>\xFF</a>");
        for wrong in
            [&b"<?xml version='1.0' encoding='utf-16'?><a/>"[..], b"<?xml version='1.0' encoding='x-none'?><a/>"]
        {
            assert!(decode(wrong).is_err());
        }
    }
}
