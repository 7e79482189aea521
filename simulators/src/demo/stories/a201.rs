//! A201: a certificate of the wrong chamber; the request is forwarded, and one side works with files.

use super::{ACCEPT, CLOSE, FORWARD, REPLY, REQUEST};
use crate::demo::story::{
    Document::{Own, Sample},
    Expect::State,
    Step, Story,
};

/// The case.
pub(super) const STORY: Story = Story {
    id: "A201",
    title: "A certificate from the wrong chamber",
    told: "A Romanian doctor applies in Vienna with a certificate of good repute issued by a district chamber, and the \
           other papers are about to expire. Vienna asks the district; the district hands the request to the national \
           chamber, and Vienna is told. Austria sends and receives files in folders; the folder adapter does the rest.",
    exchanges: &["imi-pq"],
    steps: &[
        Step {
            says: "Austria asks the district college of Cluj: may you issue this, and is it true?",
            from: "AT-AEK-WIEN",
            message: REQUEST,
            exchange: 0,
            to: &["RO-CMR-CLUJ"],
            reaches: &["RO-CMR-CLUJ"],
            language: "de",
            document: Sample("information-request-a201"),
            expect: State("SENT"),
        },
        Step {
            says: "Cluj is not competent and forwards it to the national college; Austria is told.",
            from: "RO-CMR-CLUJ",
            message: FORWARD,
            exchange: 0,
            to: &["RO-CMR"],
            reaches: &["RO-CMR", "AT-AEK-WIEN"],
            language: "ro",
            document: Own("a201-forward"),
            expect: State("FORWARDED"),
        },
        Step {
            says: "The national college takes the request and proposes an earlier date.",
            from: "RO-CMR",
            message: ACCEPT,
            exchange: 0,
            to: &[],
            reaches: &["AT-AEK-WIEN"],
            language: "ro",
            document: Sample("information-request-accept-a201"),
            expect: State("ACCEPTED"),
        },
        Step {
            says: "It replies: the district may not, but what it certified is true.",
            from: "RO-CMR",
            message: REPLY,
            exchange: 0,
            to: &[],
            reaches: &["AT-AEK-WIEN"],
            language: "ro",
            document: Own("a201-reply"),
            expect: State("ANSWERED"),
        },
        Step {
            says: "Austria closes the exchange, in time.",
            from: "AT-AEK-WIEN",
            message: CLOSE,
            exchange: 0,
            to: &[],
            reaches: &["RO-CMR"],
            language: "de",
            document: Own("a201-close"),
            expect: State("CLOSED"),
        },
    ],
};
