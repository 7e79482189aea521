//! A200: Czechia asks Poland whether an authorisation without a date still holds.

use super::{ACCEPT, CLOSE, REPLY, REQUEST};
use crate::demo::story::{Document::Sample, Expect::State, Step, Story};

/// The case.
pub(super) const STORY: Story = Story {
    id: "A200",
    title: "An authorisation without a date",
    told: "A trader who sells stockings and gloves at a stall in Prague shows a Polish authorisation that bears no date. \
           The Czech trade licensing office asks Poland whether it is still valid.",
    exchanges: &["imi-services"],
    steps: &[
        Step {
            says: "Czechia asks Poland: is this authorisation still valid?",
            from: "CZ-TLO-PRAHA",
            message: REQUEST,
            exchange: 0,
            to: &["PL-CEIDG"],
            reaches: &["PL-CEIDG"],
            language: "cs",
            document: Sample("information-request-a200"),
            expect: State("SENT"),
        },
        Step {
            says: "Poland takes the request and agrees to the date.",
            from: "PL-CEIDG",
            message: ACCEPT,
            exchange: 0,
            to: &[],
            reaches: &["CZ-TLO-PRAHA"],
            language: "pl",
            document: Sample("information-request-accept-a200"),
            expect: State("ACCEPTED"),
        },
        Step {
            says: "Poland replies: yes, since April 2006, without an end.",
            from: "PL-CEIDG",
            message: REPLY,
            exchange: 0,
            to: &[],
            reaches: &["CZ-TLO-PRAHA"],
            language: "pl",
            document: Sample("information-request-reply-a200"),
            expect: State("ANSWERED"),
        },
        Step {
            says: "Czechia has what it needs and closes the exchange.",
            from: "CZ-TLO-PRAHA",
            message: CLOSE,
            exchange: 0,
            to: &[],
            reaches: &["PL-CEIDG"],
            language: "cs",
            document: Sample("information-request-close-a200"),
            expect: State("CLOSED"),
        },
    ],
};
