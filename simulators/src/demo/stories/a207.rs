//! A207: direct contact, and nothing to translate: questions and answers of the set, in whatever spelling.

use super::{ACCEPT, CLOSE, REPLY, REQUEST};
use crate::demo::story::{
    Document::{Own, OwnJson},
    Expect::State,
    Step, Story,
};

/// The case.
pub(super) const STORY: Story = Story {
    id: "A207",
    title: "Nothing to translate",
    told: "Darmstadt has an Italian diploma of physiotherapy before it. It asks Rome directly, with questions of the \
           common set alone: each side reads them in its own language, and nobody pays for a translation. Italy's \
           system speaks JSON.",
    exchanges: &["imi-pq"],
    steps: &[
        Step {
            says: "Germany asks Italy four questions of the set.",
            from: "DE-RP-DARMSTADT",
            message: REQUEST,
            exchange: 0,
            to: &["IT-MINSAL"],
            reaches: &["IT-MINSAL"],
            language: "de",
            document: Own("a207-request"),
            expect: State("SENT"),
        },
        Step {
            says: "Italy takes the request, in JSON.",
            from: "IT-MINSAL",
            message: ACCEPT,
            exchange: 0,
            to: &[],
            reaches: &["DE-RP-DARMSTADT"],
            language: "it",
            document: OwnJson("a207-accept"),
            expect: State("ACCEPTED"),
        },
        Step {
            says: "Italy replies: genuine, regulated, in good standing, no sanction.",
            from: "IT-MINSAL",
            message: REPLY,
            exchange: 0,
            to: &[],
            reaches: &["DE-RP-DARMSTADT"],
            language: "it",
            document: OwnJson("a207-reply"),
            expect: State("ANSWERED"),
        },
        Step {
            says: "Germany closes the exchange.",
            from: "DE-RP-DARMSTADT",
            message: CLOSE,
            exchange: 0,
            to: &[],
            reaches: &["IT-MINSAL"],
            language: "de",
            document: Own("a207-close"),
            expect: State("CLOSED"),
        },
    ],
};
