//! The documents of the stories: read from their files, filled in, and as each recipient must find them, since the hub
//! delivers a document in the spelling that its recipient prefers. Judges nothing.

use super::{
    DemoError,
    story::{Step, Story},
};
use schemas::{
    area::{AreaVersion, Areas},
    validate::Limits,
    wire::{ContentType, ExchangeId, IdError, MessageType, content_sha256},
};
use std::path::{Path, PathBuf};

/// Where the documents are, and the packs that say how they look in the other spelling.
pub(super) struct Library {
    root: PathBuf,
    areas: Areas,
}

impl Library {
    /// Reads the area packs of the project in this folder.
    pub(super) fn open(root: &Path) -> Result<Self, DemoError> {
        let areas = Areas::load(&root.join("schemas")).map_err(|error| DemoError::Packs(error.to_string()))?;
        Ok(Self { root: root.to_owned(), areas })
    }

    /// The document of a step, naming the exchanges of this performance.
    pub(super) fn letter(&self, story: &Story, step: &Step, exchanges: &[ExchangeId]) -> Result<Letter, DemoError> {
        let nowhere = || DemoError::Story(format!("{} has no exchange {}", story.id, step.exchange));
        let area = story.area(step).ok_or_else(nowhere)?;
        let path = self.root.join(step.document.path(area));
        let text = std::fs::read_to_string(&path).map_err(DemoError::file(path))?;
        let name = format!("{area}/{}@1", step.message);
        let message_type = name.parse().map_err(|error: IdError| DemoError::Story(error.to_string()))?;
        let (spelling, body) = (step.document.spelling(), filled(&text, exchanges).into_bytes());
        let converted = self.converted(&message_type, spelling, &body).map(|other| content_sha256(&other));
        Ok(Letter { message_type, spelling, sha256: content_sha256(&body), converted, body })
    }

    /// The document in the other spelling; nothing where it is not valid, and so is never delivered.
    fn converted(&self, message_type: &MessageType, spelling: ContentType, body: &[u8]) -> Option<Vec<u8>> {
        let mapping = self.areas.version(message_type).and_then(AreaVersion::mapping)?;
        match spelling {
            ContentType::Xml => mapping.to_json(body, &Limits::default()).ok(),
            ContentType::Json => mapping.to_xml(body, &Limits::default()).ok(),
        }
    }
}

/// A document that is about to be sent.
pub(super) struct Letter {
    /// The type of its message.
    pub message_type: MessageType,
    /// How it is spelled.
    pub spelling: ContentType,
    /// The document.
    pub body: Vec<u8>,
    /// Its SHA-256.
    pub sha256: String,
    converted: Option<String>,
}

impl Letter {
    /// The SHA-256 of what must lie before a recipient with this preference; without one, of what was sent.
    pub(super) fn sha256_for(&self, preference: Option<ContentType>) -> &str {
        match (preference, &self.converted) {
            (Some(wanted), Some(converted)) if wanted != self.spelling => converted,
            (Some(_) | None, _) => &self.sha256,
        }
    }
}

/// The text with the ids of the exchanges in place of `{exchange:0}`, `{exchange:1}` and so on.
pub(super) fn filled(text: &str, exchanges: &[ExchangeId]) -> String {
    exchanges.iter().enumerate().fold(text.to_owned(), |text, (index, exchange)| {
        text.replace(&format!("{{exchange:{index}}}"), &exchange.to_string())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn each_placeholder_becomes_the_id_of_its_exchange() {
        let exchanges = [1, 2].map(|number| ExchangeId(Uuid::from_u128(number)));
        let text = filled("<a>{exchange:1}</a><b>{exchange:0}</b><c>{exchange:2}</c>", &exchanges);
        let [first, second] = exchanges.map(|exchange| exchange.to_string());
        assert_eq!(text, format!("<a>{second}</a><b>{first}</b><c>{{exchange:2}}</c>"));
    }

    #[test]
    fn whoever_prefers_the_other_spelling_finds_another_document_and_everybody_else_the_one_that_was_sent() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the project's folder");
        let library = Library::open(root).expect("the project's own packs");
        let story = super::super::stories::ALL.first().expect("a story");
        let letter = library.letter(story, &story.steps[0], &[]).expect("a letter");
        assert_eq!(letter.spelling, ContentType::Xml);
        assert_eq!(letter.sha256_for(None), letter.sha256);
        assert_eq!(letter.sha256_for(Some(ContentType::Xml)), letter.sha256);
        let json = library.converted(&letter.message_type, ContentType::Xml, &letter.body).expect("a valid document");
        assert_eq!(letter.sha256_for(Some(ContentType::Json)), content_sha256(&json));
        assert!(json.starts_with(b"{\"InformationRequest\""));
    }
}
