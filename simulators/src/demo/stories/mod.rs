//! The stories of the demo: cases A200 to A209 of the domain document, and one message that is wrong; a file for each.

mod a200;
mod a201;
mod a202;
mod a203;
mod a204;
mod a205;
mod a206;
mod a207;
mod a208;
mod a209;
mod refusal;
#[cfg(test)]
mod tests;

use super::story::Story;

/// The stories, in the order in which they are played.
pub(super) const ALL: &[Story] = &[
    a200::STORY,
    a201::STORY,
    a202::STORY,
    a203::STORY,
    a204::STORY,
    a205::STORY,
    a206::STORY,
    a207::STORY,
    a208::STORY,
    a209::STORY,
    refusal::STORY,
];

const REQUEST: &str = "information-request";
const ACCEPT: &str = "information-request-accept";
const REPLY: &str = "information-request-reply";
const MORE: &str = "information-request-more";
const CLOSE: &str = "information-request-close";
const FORWARD: &str = "information-request-forward";
