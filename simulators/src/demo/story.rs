//! What a story is: who sends what to whom, and what must be true afterwards. Plain data; playing it is [`super::play`]'s.

use std::path::PathBuf;

/// A case as the source documents tell it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Story {
    /// Its id in the domain document.
    pub id: &'static str,
    /// Its name.
    pub title: &'static str,
    /// What happens, for somebody who knows nothing.
    pub told: &'static str,
    /// The legislative area.
    pub area: &'static str,
    /// The messages, in order; the first opens the exchange.
    pub steps: &'static [Step],
}

/// One message of a story.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step {
    /// What it says, in one line.
    pub says: &'static str,
    /// The sending authority.
    pub from: &'static str,
    /// The message's name within the area.
    pub message: &'static str,
    /// The recipient that the sender names; none where the exchange itself knows it.
    pub to: Option<&'static str>,
    /// Everybody who must receive it.
    pub reaches: &'static [&'static str],
    /// Language of its free text.
    pub language: &'static str,
    /// The document.
    pub document: Document,
    /// What the hub must make of it.
    pub expect: Expect,
}

/// What the hub must make of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expect {
    /// It is delivered, and the exchange is in this state.
    State(&'static str),
    /// It is refused with this code, and nobody receives it.
    Refusal(&'static str),
}

/// Where a document lies.
#[derive(Debug, Clone, Copy)]
pub(super) enum Document {
    /// Among the good samples of the story's area.
    Sample(&'static str),
    /// Among the stories' own documents.
    Own(&'static str),
}

impl Document {
    /// Its file, beneath the project's folder.
    pub(super) fn path(self, area: &str) -> PathBuf {
        match self {
            Self::Sample(name) => format!("schemas/areas/{area}/1/samples/good/{name}.xml"),
            Self::Own(name) => format!("simulators/stories/{name}.xml"),
        }
        .into()
    }
}
