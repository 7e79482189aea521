//! Spelling: a document as its recipients want it, XML or JSON.
//!
//! Pure. Owns when a document is converted: only for a recipient that prefers the spelling that the sender did not
//! use, and once for all of them. The document is never altered where both use the same, or where its area knows one only.

use crate::envelope::Envelope;
use bytes::Bytes;
use schemas::{
    area::{AreaVersion, Areas},
    validate::Limits,
    wire::{ContentType, content_sha256},
};
use std::cell::OnceCell;

/// A document in one spelling.
#[derive(Debug, Clone)]
pub(super) struct Spelling {
    pub content_type: ContentType,
    pub body: Bytes,
    /// Of this spelling: what the recipient can check.
    pub content_sha256: String,
}

/// A document in the spelling that it came in, and the other once somebody wants it.
pub(super) struct Spellings<'a> {
    areas: &'a Areas,
    envelope: &'a Envelope,
    own: Spelling,
    other: OnceCell<Spelling>,
}

impl<'a> Spellings<'a> {
    pub(super) fn new(areas: &'a Areas, envelope: &'a Envelope, body: &Bytes, content_sha256: &str) -> Self {
        let content_type = envelope.content_type;
        let own = Spelling { content_type, body: body.clone(), content_sha256: content_sha256.to_owned() };
        Self { areas, envelope, own, other: OnceCell::new() }
    }

    /// The document as it is wanted; as it came for who states no preference.
    pub(super) fn of(&self, wanted: Option<ContentType>, limits: &Limits) -> &Spelling {
        match wanted {
            Some(wanted) if wanted != self.own.content_type && !self.is_only() => {
                self.other.get_or_init(|| self.convert(wanted, limits))
            }
            Some(_) | None => &self.own,
        }
    }

    /// Whether the area knows no other spelling.
    fn is_only(&self) -> bool {
        let version = self.areas.version(&self.envelope.message_type);
        version.is_some_and(|version| version.only_spelling().is_some())
    }

    /// A document that was accepted can be converted. Should one not be, its recipient gets it as it came: better a
    /// spelling that was not asked for than no message.
    fn convert(&self, wanted: ContentType, limits: &Limits) -> Spelling {
        let message_type = &self.envelope.message_type;
        // What was accepted kept the limits; a conversion counts otherwise than the validation.
        let limits = Limits { nodes: usize::MAX, ..limits.clone() };
        let mapping = self.areas.version(message_type).and_then(AreaVersion::mapping);
        let converted = mapping.map(|mapping| match wanted {
            ContentType::Json => mapping.to_json(&self.own.body, &limits),
            ContentType::Xml => mapping.to_xml(&self.own.body, &limits),
        });
        match converted {
            Some(Ok(body)) => {
                Spelling { content_type: wanted, content_sha256: content_sha256(&body), body: body.into() }
            }
            Some(Err(error)) => {
                tracing::error!(%message_type, wanted = wanted.as_str(), %error, "a document is delivered as it came");
                self.own.clone()
            }
            None => {
                tracing::error!(%message_type, wanted = wanted.as_str(), "no pack converts it: delivered as it came");
                self.own.clone()
            }
        }
    }
}

/// The JSON spelling of a document that was accepted, in the one form that the mapping gives it.
///
/// # Errors
/// It cannot be converted, which is our fault: the document is valid.
pub(super) fn json(areas: &Areas, envelope: &Envelope, body: &[u8], limits: &Limits) -> Result<Vec<u8>, String> {
    let version = areas.version(&envelope.message_type);
    let mapping = version.and_then(AreaVersion::mapping).ok_or("no pack converts it")?;
    let limits = Limits { nodes: usize::MAX, ..limits.clone() };
    let xml = match envelope.content_type {
        ContentType::Xml => None,
        ContentType::Json => Some(mapping.to_xml(body, &limits).map_err(|error| error.to_string())?),
    };
    mapping.to_json(xml.as_deref().unwrap_or(body), &limits).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn envelope(content_type: ContentType) -> Envelope {
        Envelope {
            message_id: "0195b7f0-0000-7000-8000-000000000001".parse().expect("an id"),
            correlation_id: "0195b7f0-0000-7000-8000-000000000002".parse().expect("an id"),
            message_type: "imi-pq/information-request@1".parse().expect("a type"),
            content_type,
            from: "PL-NIA-PHARM".parse().expect("an id"),
            to: Vec::new(),
            language: None,
            test: false,
            traceparent: None,
            sent_at_seconds: 0,
        }
    }

    #[test]
    fn a_document_is_converted_for_who_prefers_the_other_spelling_and_for_nobody_else() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../schemas");
        let areas = Areas::load(&root).unwrap_or_else(|error| panic!("{error}"));
        let sample =
            std::fs::read(root.join("areas/imi-pq/1/samples/good/information-request-2kb.xml")).expect("there");
        let limits = Limits::default();
        let envelope_of_xml = envelope(ContentType::Xml);
        let spellings = Spellings::new(&areas, &envelope_of_xml, &sample.clone().into(), "as sent");
        for preference in [None, Some(ContentType::Xml)] {
            let own = spellings.of(preference, &limits);
            assert_eq!((&own.body[..], own.content_sha256.as_str()), (&sample[..], "as sent"));
        }
        let json = spellings.of(Some(ContentType::Json), &limits);
        assert_eq!((json.content_type, &json.content_sha256), (ContentType::Json, &content_sha256(&json.body)));
        assert!(json.body.starts_with(b"{\"InformationRequest\":{"));
        let envelope_of_json = envelope(ContentType::Json);
        let back = Spellings::new(&areas, &envelope_of_json, &json.body, "as sent");
        assert!(back.of(Some(ContentType::Xml), &limits).body.starts_with(b"<InformationRequest"));
        assert_eq!(back.of(None, &limits).body, json.body);
    }

    #[test]
    fn what_cannot_be_converted_is_delivered_as_it_came() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../schemas");
        let areas = Areas::load(&root).unwrap_or_else(|error| panic!("{error}"));
        let envelope = envelope(ContentType::Json);
        let spellings = Spellings::new(&areas, &envelope, &Bytes::from_static(b"{"), "as sent");
        let spelling = spellings.of(Some(ContentType::Xml), &Limits::default());
        assert_eq!((spelling.content_type, spelling.content_sha256.as_str()), (ContentType::Json, "as sent"));
    }
}
