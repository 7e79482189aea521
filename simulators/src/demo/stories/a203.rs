//! A203: asked in Polish, answered in English.

use super::{ACCEPT, REPLY, REQUEST};
use crate::demo::story::{
    Document::{Own, Sample},
    Expect::State,
    Step, Story,
};

/// The case.
pub(super) const STORY: Story = Story {
    id: "A203",
    title: "Asked in Polish, answered in English",
    told: "The Polish chamber of pharmacists asks about a pharmacist registered in the United Kingdom. It writes Polish; \
           the British council reads the same questions, which are translated once for all, and replies in English.",
    exchanges: &["imi-pq"],
    steps: &[
        Step {
            says: "Poland asks the United Kingdom about a pharmacist, in Polish.",
            from: "PL-NIA-PHARM",
            message: REQUEST,
            exchange: 0,
            to: &["UK-GPHC"],
            reaches: &["UK-GPHC"],
            language: "pl",
            document: Sample("information-request-2kb"),
            expect: State("SENT"),
        },
        Step {
            says: "The United Kingdom takes the request.",
            from: "UK-GPHC",
            message: ACCEPT,
            exchange: 0,
            to: &[],
            reaches: &["PL-NIA-PHARM"],
            language: "en",
            document: Own("a203-accept"),
            expect: State("ACCEPTED"),
        },
        Step {
            says: "The United Kingdom replies, in English: in good standing.",
            from: "UK-GPHC",
            message: REPLY,
            exchange: 0,
            to: &[],
            reaches: &["PL-NIA-PHARM"],
            language: "en",
            document: Sample("information-request-reply-a203"),
            expect: State("ANSWERED"),
        },
    ],
};
