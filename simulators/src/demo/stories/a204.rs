//! A204: a file that was stuck for eight months; all documents arrive within ten days. One side speaks JSON.

use super::{ACCEPT, CLOSE, REPLY, REQUEST};
use crate::demo::story::{
    Document::{Own, OwnJson},
    Expect::State,
    Step, Story,
};

const PARTIAL_REPLY: &str = "information-request-partial-reply";

/// The case.
pub(super) const STORY: Story = Story {
    id: "A204",
    title: "Eight months, then ten days",
    told: "An architect from Germany has waited eight months for Spain to recognise her diploma, because three \
           documents are missing. The ministry of housing asks Darmstadt and has everything on the tenth day. Spain's \
           system sends and receives JSON, Germany's XML; the hub gives each the spelling that it wants.",
    exchanges: &["imi-pq"],
    steps: &[
        Step {
            says: "Spain asks Germany for the three missing documents, in JSON.",
            from: "ES-MIVAU",
            message: REQUEST,
            exchange: 0,
            to: &["DE-RP-DARMSTADT"],
            reaches: &["DE-RP-DARMSTADT"],
            language: "es",
            document: OwnJson("a204-request"),
            expect: State("SENT"),
        },
        Step {
            says: "Germany takes the request and keeps the date.",
            from: "DE-RP-DARMSTADT",
            message: ACCEPT,
            exchange: 0,
            to: &[],
            reaches: &["ES-MIVAU"],
            language: "de",
            document: Own("a204-accept"),
            expect: State("ACCEPTED"),
        },
        Step {
            says: "Germany answers what it can at once; the archive is still searched.",
            from: "DE-RP-DARMSTADT",
            message: PARTIAL_REPLY,
            exchange: 0,
            to: &[],
            reaches: &["ES-MIVAU"],
            language: "de",
            document: Own("a204-partial-reply"),
            expect: State("PARTIALLY_ANSWERED"),
        },
        Step {
            says: "Germany answers the rest, with all documents, on the tenth day.",
            from: "DE-RP-DARMSTADT",
            message: REPLY,
            exchange: 0,
            to: &[],
            reaches: &["ES-MIVAU"],
            language: "de",
            document: Own("a204-reply"),
            expect: State("ANSWERED"),
        },
        Step {
            says: "Spain closes the exchange; the architect can begin.",
            from: "ES-MIVAU",
            message: CLOSE,
            exchange: 0,
            to: &[],
            reaches: &["DE-RP-DARMSTADT"],
            language: "es",
            document: OwnJson("a204-close"),
            expect: State("CLOSED"),
        },
    ],
};
