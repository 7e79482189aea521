//! What a story is: who sends what to whom, and what must be true afterwards. Plain data; playing it is [`super::play`]'s.

use schemas::wire::ContentType;
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
    /// The legislative area of each of its exchanges; a step names its exchange by its place here.
    pub exchanges: &'static [&'static str],
    /// The messages, in order; the first one of an exchange opens it.
    pub steps: &'static [Step],
}

impl Story {
    /// The area that a step's message belongs to; none where the step names an exchange that the story does not have.
    pub(super) fn area(&self, step: &Step) -> Option<&'static str> {
        self.exchanges.get(step.exchange).copied()
    }
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
    /// Its exchange: the place in the story's list.
    pub exchange: usize,
    /// The recipients that the sender names; none where the exchange itself knows them.
    pub to: &'static [&'static str],
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

/// Where a document lies. In its text `{exchange:N}` stands for the id of the story's exchange N, counted from 0.
#[derive(Debug, Clone, Copy)]
pub(super) enum Document {
    /// Among the good samples of the step's area.
    Sample(&'static str),
    /// Among the stories' own documents, in XML.
    Own(&'static str),
    /// Among the stories' own documents, in JSON.
    OwnJson(&'static str),
}

impl Document {
    /// Its file, beneath the project's folder.
    pub(super) fn path(self, area: &str) -> PathBuf {
        match self {
            Self::Sample(name) => format!("schemas/areas/{area}/1/samples/good/{name}.xml"),
            Self::Own(name) => format!("simulators/stories/{name}.xml"),
            Self::OwnJson(name) => format!("simulators/stories/{name}.json"),
        }
        .into()
    }

    /// How it is spelled.
    pub(super) fn spelling(self) -> ContentType {
        match self {
            Self::Sample(_) | Self::Own(_) => ContentType::Xml,
            Self::OwnJson(_) => ContentType::Json,
        }
    }
}
