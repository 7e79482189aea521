//! The stories of the demo: cases A200-A203 and A205 of the domain document, and one message that is wrong.

use super::story::{
    Document::{Own, Sample},
    Expect::{Refusal, State},
    Step, Story,
};

/// The stories, in the order in which they are played.
pub(super) const ALL: &[Story] = &[A200, A201, A202, A203, A205, REFUSED];

const REQUEST: &str = "information-request";
const ACCEPT: &str = "information-request-accept";
const REPLY: &str = "information-request-reply";
const MORE: &str = "information-request-more";
const CLOSE: &str = "information-request-close";
const FORWARD: &str = "information-request-forward";

const A200: Story = Story {
    id: "A200",
    title: "An authorisation without a date",
    told: "A trader who sells stockings and gloves at a stall in Prague shows a Polish authorisation that bears no date. \
           The Czech trade licensing office asks Poland whether it is still valid.",
    area: "imi-services",
    steps: &[
        Step {
            says: "Czechia asks Poland: is this authorisation still valid?",
            from: "CZ-TLO-PRAHA",
            message: REQUEST,
            to: Some("PL-CEIDG"),
            reaches: &["PL-CEIDG"],
            language: "cs",
            document: Sample("information-request-a200"),
            expect: State("SENT"),
        },
        Step {
            says: "Poland takes the request and agrees to the date.",
            from: "PL-CEIDG",
            message: ACCEPT,
            to: None,
            reaches: &["CZ-TLO-PRAHA"],
            language: "pl",
            document: Sample("information-request-accept-a200"),
            expect: State("ACCEPTED"),
        },
        Step {
            says: "Poland replies: yes, since April 2006, without an end.",
            from: "PL-CEIDG",
            message: REPLY,
            to: None,
            reaches: &["CZ-TLO-PRAHA"],
            language: "pl",
            document: Sample("information-request-reply-a200"),
            expect: State("ANSWERED"),
        },
        Step {
            says: "Czechia has what it needs and closes the exchange.",
            from: "CZ-TLO-PRAHA",
            message: CLOSE,
            to: None,
            reaches: &["PL-CEIDG"],
            language: "cs",
            document: Sample("information-request-close-a200"),
            expect: State("CLOSED"),
        },
    ],
};

const A201: Story = Story {
    id: "A201",
    title: "A certificate from the wrong chamber",
    told: "A Romanian doctor applies in Vienna with a certificate of good repute issued by a district chamber, and the \
           other papers are about to expire. Vienna asks the district; the district hands the request to the national \
           chamber, and Vienna is told. Austria sends and receives files in folders; the folder adapter does the rest.",
    area: "imi-pq",
    steps: &[
        Step {
            says: "Austria asks the district college of Cluj: may you issue this, and is it true?",
            from: "AT-AEK-WIEN",
            message: REQUEST,
            to: Some("RO-CMR-CLUJ"),
            reaches: &["RO-CMR-CLUJ"],
            language: "de",
            document: Sample("information-request-a201"),
            expect: State("SENT"),
        },
        Step {
            says: "Cluj is not competent and forwards it to the national college; Austria is told.",
            from: "RO-CMR-CLUJ",
            message: FORWARD,
            to: Some("RO-CMR"),
            reaches: &["RO-CMR", "AT-AEK-WIEN"],
            language: "ro",
            document: Own("a201-forward"),
            expect: State("FORWARDED"),
        },
        Step {
            says: "The national college takes the request and proposes an earlier date.",
            from: "RO-CMR",
            message: ACCEPT,
            to: None,
            reaches: &["AT-AEK-WIEN"],
            language: "ro",
            document: Sample("information-request-accept-a201"),
            expect: State("ACCEPTED"),
        },
        Step {
            says: "It replies: the district may not, but what it certified is true.",
            from: "RO-CMR",
            message: REPLY,
            to: None,
            reaches: &["AT-AEK-WIEN"],
            language: "ro",
            document: Own("a201-reply"),
            expect: State("ANSWERED"),
        },
        Step {
            says: "Austria closes the exchange, in time.",
            from: "AT-AEK-WIEN",
            message: CLOSE,
            to: None,
            reaches: &["RO-CMR"],
            language: "de",
            document: Own("a201-close"),
            expect: State("CLOSED"),
        },
    ],
};

const A202: Story = Story {
    id: "A202",
    title: "A scanned diploma",
    told: "A Portuguese authority has nothing but a scan of a German diploma, with half of the stamp missing. It asks \
           Darmstadt, whose name stands on it, whether the diploma is genuine.",
    area: "imi-pq",
    steps: &[
        Step {
            says: "Portugal asks Germany: is this diploma genuine?",
            from: "PT-DGES",
            message: REQUEST,
            to: Some("DE-RP-DARMSTADT"),
            reaches: &["DE-RP-DARMSTADT"],
            language: "pt",
            document: Own("a202-request"),
            expect: State("SENT"),
        },
        Step {
            says: "Germany takes the request and agrees to the date.",
            from: "DE-RP-DARMSTADT",
            message: ACCEPT,
            to: None,
            reaches: &["PT-DGES"],
            language: "de",
            document: Own("a202-accept"),
            expect: State("ACCEPTED"),
        },
        Step {
            says: "Germany replies in two languages: it is genuine.",
            from: "DE-RP-DARMSTADT",
            message: REPLY,
            to: None,
            reaches: &["PT-DGES"],
            language: "de",
            document: Own("a202-reply"),
            expect: State("ANSWERED"),
        },
    ],
};

const A203: Story = Story {
    id: "A203",
    title: "Asked in Polish, answered in English",
    told: "The Polish chamber of pharmacists asks about a pharmacist registered in the United Kingdom. It writes Polish; \
           the British council reads the same questions, which are translated once for all, and replies in English.",
    area: "imi-pq",
    steps: &[
        Step {
            says: "Poland asks the United Kingdom about a pharmacist, in Polish.",
            from: "PL-NIA-PHARM",
            message: REQUEST,
            to: Some("UK-GPHC"),
            reaches: &["UK-GPHC"],
            language: "pl",
            document: Sample("information-request-2kb"),
            expect: State("SENT"),
        },
        Step {
            says: "The United Kingdom takes the request.",
            from: "UK-GPHC",
            message: ACCEPT,
            to: None,
            reaches: &["PL-NIA-PHARM"],
            language: "en",
            document: Own("a203-accept"),
            expect: State("ACCEPTED"),
        },
        Step {
            says: "The United Kingdom replies, in English: in good standing.",
            from: "UK-GPHC",
            message: REPLY,
            to: None,
            reaches: &["PL-NIA-PHARM"],
            language: "en",
            document: Sample("information-request-reply-a203"),
            expect: State("ANSWERED"),
        },
    ],
};

const A205: Story = Story {
    id: "A205",
    title: "A travel agency, settled in one day",
    told: "The Hungarian trade licensing office asks whether a Slovak travel agency is lawfully established and who may \
           act for it. Slovakia confirms on the same day; two further questions follow and are answered at once.",
    area: "imi-services",
    steps: &[
        Step {
            says: "Hungary asks Slovakia: is the agency lawfully established, who represents it?",
            from: "HU-MKEH",
            message: REQUEST,
            to: Some("SK-OU-BRATISLAVA"),
            reaches: &["SK-OU-BRATISLAVA"],
            language: "hu",
            document: Sample("information-request-a205"),
            expect: State("SENT"),
        },
        Step {
            says: "Slovakia takes the request.",
            from: "SK-OU-BRATISLAVA",
            message: ACCEPT,
            to: None,
            reaches: &["HU-MKEH"],
            language: "sk",
            document: Sample("information-request-accept-a205"),
            expect: State("ACCEPTED"),
        },
        Step {
            says: "Slovakia replies on the same day: established since 1998.",
            from: "SK-OU-BRATISLAVA",
            message: REPLY,
            to: None,
            reaches: &["HU-MKEH"],
            language: "sk",
            document: Sample("information-request-reply-a205"),
            expect: State("ANSWERED"),
        },
        Step {
            says: "Hungary asks for more: with which insurer, until when?",
            from: "HU-MKEH",
            message: MORE,
            to: None,
            reaches: &["SK-OU-BRATISLAVA"],
            language: "hu",
            document: Sample("information-request-more-a205"),
            expect: State("MORE_INFO_REQUESTED"),
        },
        Step {
            says: "Slovakia replies at once, with the policy attached.",
            from: "SK-OU-BRATISLAVA",
            message: REPLY,
            to: None,
            reaches: &["HU-MKEH"],
            language: "sk",
            document: Sample("information-request-reply-a205-more"),
            expect: State("ANSWERED"),
        },
        Step {
            says: "Hungary asks once more: are there complaints or sanctions?",
            from: "HU-MKEH",
            message: MORE,
            to: None,
            reaches: &["SK-OU-BRATISLAVA"],
            language: "hu",
            document: Sample("information-request-more-a205-second"),
            expect: State("MORE_INFO_REQUESTED"),
        },
        Step {
            says: "Slovakia has to look it up and says so first.",
            from: "SK-OU-BRATISLAVA",
            message: ACCEPT,
            to: None,
            reaches: &["HU-MKEH"],
            language: "sk",
            document: Own("a205-accept-second"),
            expect: State("MORE_INFO_ACCEPTED"),
        },
        Step {
            says: "Slovakia replies: two complaints, both settled, no sanction.",
            from: "SK-OU-BRATISLAVA",
            message: REPLY,
            to: None,
            reaches: &["HU-MKEH"],
            language: "sk",
            document: Own("a205-reply-second"),
            expect: State("ANSWERED"),
        },
        Step {
            says: "Hungary closes the exchange.",
            from: "HU-MKEH",
            message: CLOSE,
            to: None,
            reaches: &["SK-OU-BRATISLAVA"],
            language: "hu",
            document: Own("a205-close"),
            expect: State("CLOSED"),
        },
    ],
};

const REFUSED: Story = Story {
    id: "refusal",
    title: "A document that is wrong",
    told: "A clerk's program in Prague sends a request with three mistakes. The hub refuses it, says what is wrong and \
           where, and nobody else ever sees it. A refusal is a normal outcome: it has a receipt like any other.",
    area: "imi-services",
    steps: &[Step {
        says: "Czechia sends a document that breaks the schema.",
        from: "CZ-TLO-PRAHA",
        message: REQUEST,
        to: Some("PL-CEIDG"),
        reaches: &[],
        language: "cs",
        document: Own("refused-request"),
        expect: Refusal("schema-violation"),
    }],
};

#[cfg(test)]
mod tests {
    use super::*;
    use schemas::{
        area::Areas,
        validate::{Limits, ValidateError, Validator},
        wire::{MessageType, RejectionCode},
    };
    use std::{fs, path::Path, sync::Arc};

    fn root() -> &'static Path {
        Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the crate lies in the project's folder")
    }

    #[test]
    fn every_document_is_what_its_story_needs() {
        let areas = Areas::load(&root().join("schemas")).expect("the project's own areas");
        let validator = Validator::new(Arc::new(areas), Limits::default()).expect("a thread");
        for (story, step) in ALL.iter().flat_map(|story| story.steps.iter().map(move |step| (story, step))) {
            let path = root().join(step.document.path(story.area));
            let document = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            let kind: MessageType = format!("{}/{}@1", story.area, step.message).parse().expect("a type");
            match (validator.validate(&kind, document), step.expect) {
                (Ok(_), State(_)) => {}
                (Err(ValidateError::Rejected(rejection)), Refusal(code)) => {
                    assert_eq!(rejection.code.as_str(), code);
                    assert_eq!(rejection.code, RejectionCode::SchemaViolation);
                    assert!(rejection.violations.len() >= 3, "{rejection:?}");
                }
                (verdict, expected) => panic!("{}: {verdict:?} where {expected:?} is told", path.display()),
            }
        }
    }

    #[test]
    fn a_story_opens_with_a_named_recipient_and_everybody_is_somebody() {
        for story in ALL {
            assert!(story.steps.first().is_some_and(|first| first.to.is_some()), "{}", story.id);
            let everybody =
                story.steps.iter().flat_map(|step| step.reaches.iter().chain(step.to.iter()).chain([&step.from]));
            for authority in everybody {
                authority.parse::<schemas::wire::AuthorityId>().expect("an authority");
            }
        }
    }
}
