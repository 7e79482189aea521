//! A document that is wrong: refused, with every mistake and its place, and seen by nobody else.

use super::REQUEST;
use crate::demo::story::{Document::Own, Expect::Refusal, Step, Story};

/// The case.
pub(super) const STORY: Story = Story {
    id: "refusal",
    title: "A document that is wrong",
    told: "A clerk's program in Prague sends a request with three mistakes. The hub refuses it, says what is wrong and \
           where, and nobody else ever sees it. A refusal is a normal outcome: it has a receipt like any other.",
    exchanges: &["imi-services"],
    steps: &[Step {
        says: "Czechia sends a document that breaks the schema.",
        from: "CZ-TLO-PRAHA",
        message: REQUEST,
        exchange: 0,
        to: &["PL-CEIDG"],
        reaches: &[],
        language: "cs",
        document: Own("refused-request"),
        expect: Refusal("schema-violation"),
    }],
};
