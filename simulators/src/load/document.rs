//! The document of a load run: the area's own sample of about 2 KB, each copy with a reference number of its own, so
//! that no two are alike.

use std::{ops::Range, sync::Arc};

/// The type that the document is valid for.
pub(super) const MESSAGE_TYPE: &str = "imi-pq/information-request@1";

const SAMPLE: &str = include_str!("../../../schemas/areas/imi-pq/1/samples/good/information-request-2kb.xml");

/// The document, ready to be numbered.
#[derive(Debug, Clone)]
pub(super) struct Document {
    bytes: Arc<[u8]>,
    number_at: Range<usize>,
}

impl Document {
    /// The sample.
    pub(super) fn new() -> Self {
        let (before, rest) = SAMPLE.split_once("<Reference>").expect("the sample has a reference");
        let (reference, _) = rest.split_once("</Reference>").expect("the sample is well-formed");
        let begins = before.len() + "<Reference>".len();
        Self { bytes: SAMPLE.as_bytes().into(), number_at: begins..begins + reference.len() }
    }

    /// Its size in bytes, whatever its number.
    pub(super) fn size_bytes(&self) -> usize {
        self.bytes.len()
    }

    /// The copy with this number.
    pub(super) fn numbered(&self, number: usize) -> Vec<u8> {
        let mut bytes = self.bytes.to_vec();
        let width = self.number_at.len();
        let digits = format!("{number:0width$}");
        // The last digits, where a number should ever be longer than the place for it.
        bytes[self.number_at.clone()].copy_from_slice(&digits.as_bytes()[digits.len() - width..]);
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_have_two_kilobytes_and_differ_in_their_number() {
        let document = Document::new();
        let (first, second) = (document.numbered(1), document.numbered(123_456));
        assert_eq!((first.len(), second.len()), (document.size_bytes(), document.size_bytes()));
        assert!((1900..2200).contains(&first.len()), "{}", first.len());
        assert_ne!(first, second);
        assert!(String::from_utf8(second).expect("UTF-8").contains("123456</Reference>"));
    }
}
