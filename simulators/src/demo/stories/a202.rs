//! A202: a scanned diploma; the answer comes in two languages, with an attachment.

use super::{ACCEPT, REPLY, REQUEST};
use crate::demo::story::{Document::Own, Expect::State, Step, Story};

/// The case.
pub(super) const STORY: Story = Story {
    id: "A202",
    title: "A scanned diploma",
    told: "A Portuguese authority has nothing but a scan of a German diploma, with half of the stamp missing. It asks \
           Darmstadt, whose name stands on it, whether the diploma is genuine.",
    exchanges: &["imi-pq"],
    steps: &[
        Step {
            says: "Portugal asks Germany: is this diploma genuine?",
            from: "PT-DGES",
            message: REQUEST,
            exchange: 0,
            to: &["DE-RP-DARMSTADT"],
            reaches: &["DE-RP-DARMSTADT"],
            language: "pt",
            document: Own("a202-request"),
            expect: State("SENT"),
        },
        Step {
            says: "Germany takes the request and agrees to the date.",
            from: "DE-RP-DARMSTADT",
            message: ACCEPT,
            exchange: 0,
            to: &[],
            reaches: &["PT-DGES"],
            language: "de",
            document: Own("a202-accept"),
            expect: State("ACCEPTED"),
        },
        Step {
            says: "Germany replies in two languages: it is genuine.",
            from: "DE-RP-DARMSTADT",
            message: REPLY,
            exchange: 0,
            to: &[],
            reaches: &["PT-DGES"],
            language: "de",
            document: Own("a202-reply"),
            expect: State("ANSWERED"),
        },
    ],
};
