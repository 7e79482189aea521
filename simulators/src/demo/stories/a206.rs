//! A206: an alert; one authority warns, several countries and the Commission take part until the danger is past.

use crate::demo::story::{Document::Own, Expect::State, Step, Story};

const SUBMIT: &str = "service-alert-submit";
const BROADCAST: &str = "service-alert-broadcast";
const ACKNOWLEDGE: &str = "service-alert-acknowledge";
const DISSEMINATE: &str = "service-alert-disseminate";
const ADD_INFORMATION: &str = "service-alert-add-information";
const PROPOSE_CLOSURE: &str = "service-alert-propose-closure";
const CLOSE: &str = "service-alert-close";

/// The case.
pub(super) const STORY: Story = Story {
    id: "A206",
    title: "A fall from a zip line",
    told: "In Sweden two people fall seven metres from a zip line. The provider is established in Finland and goes \
           on, there and with customers from Germany. The Swedish consumer agency warns the countries concerned and \
           the Commission, and everybody tells everybody else what becomes of it.",
    exchanges: &["imi-services"],
    steps: &[
        Step {
            says: "The consumer agency drafts an alert for the Swedish coordinator.",
            from: "SE-KONSUMENTVERKET",
            message: SUBMIT,
            exchange: 0,
            to: &["SE-KOMMERS"],
            reaches: &["SE-KOMMERS"],
            language: "sv",
            document: Own("a206-submit"),
            expect: State("SUBMITTED"),
        },
        Step {
            says: "The coordinator has checked it and warns Finland and Germany; the hub adds the Commission.",
            from: "SE-KOMMERS",
            message: BROADCAST,
            exchange: 0,
            to: &["FI-TEM", "DE-BVA"],
            reaches: &["FI-TEM", "DE-BVA", "EU-COMMISSION", "SE-KONSUMENTVERKET"],
            language: "sv",
            document: Own("a206-broadcast"),
            expect: State("BROADCAST"),
        },
        Step {
            says: "Finland, where the provider is established, has received it.",
            from: "FI-TEM",
            message: ACKNOWLEDGE,
            exchange: 0,
            to: &[],
            reaches: &["SE-KONSUMENTVERKET", "SE-KOMMERS"],
            language: "fi",
            document: Own("a206-acknowledge"),
            expect: State("BROADCAST"),
        },
        Step {
            says: "Finland passes it on to its safety authority.",
            from: "FI-TEM",
            message: DISSEMINATE,
            exchange: 0,
            to: &["FI-TUKES"],
            reaches: &["FI-TUKES"],
            language: "fi",
            document: Own("a206-disseminate"),
            expect: State("BROADCAST"),
        },
        Step {
            says: "The safety authority has stopped the provider, and tells all of them.",
            from: "FI-TUKES",
            message: ADD_INFORMATION,
            exchange: 0,
            to: &[],
            reaches: &["SE-KONSUMENTVERKET", "SE-KOMMERS", "FI-TEM", "DE-BVA", "EU-COMMISSION"],
            language: "fi",
            document: Own("a206-add-information"),
            expect: State("BROADCAST"),
        },
        Step {
            says: "The danger is past: Sweden proposes to close the alert.",
            from: "SE-KONSUMENTVERKET",
            message: PROPOSE_CLOSURE,
            exchange: 0,
            to: &[],
            reaches: &["SE-KOMMERS", "FI-TEM", "DE-BVA", "EU-COMMISSION", "FI-TUKES"],
            language: "sv",
            document: Own("a206-propose-closure"),
            expect: State("CLOSURE_PROPOSED"),
        },
        Step {
            says: "Nobody objects, and Sweden closes it.",
            from: "SE-KONSUMENTVERKET",
            message: CLOSE,
            exchange: 0,
            to: &[],
            reaches: &["SE-KOMMERS", "FI-TEM", "DE-BVA", "EU-COMMISSION", "FI-TUKES"],
            language: "sv",
            document: Own("a206-close"),
            expect: State("CLOSED"),
        },
    ],
};
