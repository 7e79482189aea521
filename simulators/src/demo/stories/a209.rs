//! A209: a request is split; one part goes to another authority of the country, in an exchange of its own.

use super::{ACCEPT, CLOSE, REPLY, REQUEST};
use crate::demo::story::{Document::Own, Expect::State, Step, Story};

const SPLIT: &str = "information-request-split";
const PART: &str = "information-request-part";

/// The case.
pub(super) const STORY: Story = Story {
    id: "A209",
    title: "Half an answer is not enough",
    told: "Prague asks about a Slovak driving school. The district office of Bratislava knows that it is established, \
           but not what it may teach. It splits the request and asks the ministry of transport for that part; Prague \
           is told who answers what, and gets one complete reply.",
    exchanges: &["imi-services", "imi-services"],
    steps: &[
        Step {
            says: "Czechia asks Slovakia: established, since when, what may it teach?",
            from: "CZ-TLO-PRAHA",
            message: REQUEST,
            exchange: 0,
            to: &["SK-OU-BRATISLAVA"],
            reaches: &["SK-OU-BRATISLAVA"],
            language: "cs",
            document: Own("a209-request"),
            expect: State("SENT"),
        },
        Step {
            says: "The district office takes the request.",
            from: "SK-OU-BRATISLAVA",
            message: ACCEPT,
            exchange: 0,
            to: &[],
            reaches: &["CZ-TLO-PRAHA"],
            language: "sk",
            document: Own("a209-accept"),
            expect: State("ACCEPTED"),
        },
        Step {
            says: "It splits the request, and Czechia learns who answers which question.",
            from: "SK-OU-BRATISLAVA",
            message: SPLIT,
            exchange: 0,
            to: &[],
            reaches: &["CZ-TLO-PRAHA"],
            language: "sk",
            document: Own("a209-split"),
            expect: State("ACCEPTED"),
        },
        Step {
            says: "It asks the ministry of transport for the part that it cannot answer.",
            from: "SK-OU-BRATISLAVA",
            message: PART,
            exchange: 1,
            to: &["SK-MDV"],
            reaches: &["SK-MDV"],
            language: "sk",
            document: Own("a209-part"),
            expect: State("SENT"),
        },
        Step {
            says: "The ministry takes the part.",
            from: "SK-MDV",
            message: ACCEPT,
            exchange: 1,
            to: &[],
            reaches: &["SK-OU-BRATISLAVA"],
            language: "sk",
            document: Own("a209-accept-part"),
            expect: State("ACCEPTED"),
        },
        Step {
            says: "The ministry answers: groups A and B.",
            from: "SK-MDV",
            message: REPLY,
            exchange: 1,
            to: &[],
            reaches: &["SK-OU-BRATISLAVA"],
            language: "sk",
            document: Own("a209-reply-part"),
            expect: State("ANSWERED"),
        },
        Step {
            says: "The district office closes the part.",
            from: "SK-OU-BRATISLAVA",
            message: CLOSE,
            exchange: 1,
            to: &[],
            reaches: &["SK-MDV"],
            language: "sk",
            document: Own("a209-close-part"),
            expect: State("CLOSED"),
        },
        Step {
            says: "The district office replies to Czechia, for both of them.",
            from: "SK-OU-BRATISLAVA",
            message: REPLY,
            exchange: 0,
            to: &[],
            reaches: &["CZ-TLO-PRAHA"],
            language: "sk",
            document: Own("a209-reply"),
            expect: State("ANSWERED"),
        },
        Step {
            says: "Czechia closes the exchange.",
            from: "CZ-TLO-PRAHA",
            message: CLOSE,
            exchange: 0,
            to: &[],
            reaches: &["SK-OU-BRATISLAVA"],
            language: "cs",
            document: Own("a209-close"),
            expect: State("CLOSED"),
        },
    ],
};
