//! Whether a message went as its story tells: judged by what both sides hold and by what the hub says of it. Pure.

use super::{
    ledger::{Arrival, Record},
    story::Expect,
    tracked::Tracked,
};
use schemas::wire::Outcome;

/// Whether enough is known to judge: everything expected is there, or something that ends the wait.
pub(super) fn enough(record: &Record, reaches: usize, expect: Expect) -> bool {
    let refused = record.count(Outcome::Rejected) > 0 || record.count(Outcome::Failed) > 0;
    match expect {
        Expect::Refusal(_) => refused || record.count(Outcome::Delivered) > 0,
        Expect::State(_) => refused || missing(record, reaches).is_none(),
    }
}

/// The first thing that a delivered message still lacks.
pub(super) fn missing(record: &Record, reaches: usize) -> Option<String> {
    let lacks =
        |what: &str, found: usize, expected: usize| (found < expected).then(|| format!("{found} of {expected} {what}"));
    lacks("receipts that it was accepted", record.count(Outcome::Accepted), 1)
        .or_else(|| lacks("arrivals", record.arrivals.len(), reaches))
        .or_else(|| lacks("receipts of delivery", record.count(Outcome::Delivered), reaches))
        .or_else(|| lacks("receipts of retrieval", record.count(Outcome::Retrieved), reaches))
}

/// What a step is judged by.
pub(super) struct Evidence<'a> {
    /// What the back offices hold.
    pub record: &'a Record,
    /// What the hub says.
    pub tracked: &'a Tracked,
    /// SHA-256 of what was sent.
    pub sha256: &'a str,
    /// Everybody who must have received it.
    pub reaches: &'a [Recipient<'a>],
}

/// Somebody whom a message must reach.
pub(super) struct Recipient<'a> {
    /// The authority.
    pub id: &'a str,
    /// SHA-256 of the document in the spelling that it prefers.
    pub sha256: String,
}

impl Evidence<'_> {
    /// Whether the recipient holds the document that it must.
    pub(super) fn holds_its_document(&self, recipient: &Recipient<'_>) -> bool {
        let own = |arrival: &&Arrival| arrival.to.as_str() == recipient.id;
        self.record.arrivals.iter().find(own).is_some_and(|arrival| arrival.sha256 == recipient.sha256)
    }
}

/// The first way in which it did not go as told.
pub(super) fn objection(expect: Expect, evidence: &Evidence<'_>) -> Option<String> {
    let Evidence { record, .. } = evidence;
    let common = (record.unverified > 0).then(|| format!("{} receipts carry no valid signature", record.unverified));
    let hash = record.receipts.iter().find(|receipt| receipt.content_sha256 != evidence.sha256);
    let common = common
        .or_else(|| hash.map(|receipt| format!("a receipt speaks of another document: {}", receipt.content_sha256)));
    common.or_else(|| match expect {
        Expect::State(state) => not_delivered(state, evidence),
        Expect::Refusal(code) => not_refused(code, evidence),
    })
}

fn not_delivered(state: &str, evidence: &Evidence<'_>) -> Option<String> {
    let Evidence { record, tracked, sha256, reaches } = evidence;
    if let Some(receipt) = record.receipt(Outcome::Rejected).or_else(|| record.receipt(Outcome::Failed)) {
        return Some(format!(
            "the hub says {}: {}",
            receipt.outcome.as_str(),
            receipt.reason.as_deref().unwrap_or("-")
        ));
    }
    if let Some(missing) = missing(record, reaches.len()) {
        return Some(format!("only {missing}"));
    }
    for recipient in *reaches {
        let Recipient { id, sha256 } = recipient;
        if !record.arrivals.iter().any(|arrival| arrival.to.as_str() == *id) {
            return Some(format!("it never reached {id}"));
        }
        if !evidence.holds_its_document(recipient) {
            return Some(format!("{id} holds another document than the one with SHA-256 {sha256}"));
        }
        if tracked.dispatches.get(*id).map(String::as_str) != Some("retrieved") {
            return Some(format!("the hub's track does not show it as retrieved by {id}"));
        }
    }
    let known = |to: &str| reaches.iter().any(|recipient| recipient.id == to);
    let strangers = record.arrivals.iter().find(|arrival| !known(arrival.to.as_str()));
    if let Some(stranger) = strangers {
        return Some(format!("it reached {}, whom it does not concern", stranger.to));
    }
    if tracked.state != "retrieved" || tracked.sha256 != *sha256 {
        return Some(format!("the hub tracks it as {} with SHA-256 {}", tracked.state, tracked.sha256));
    }
    (tracked.exchange_state.as_deref() != Some(state)).then(|| {
        format!(
            "the exchange should be {state}, the hub says {}",
            tracked.exchange_state.as_deref().unwrap_or("nothing")
        )
    })
}

fn not_refused(code: &str, Evidence { record, tracked, .. }: &Evidence<'_>) -> Option<String> {
    let Some(receipt) = record.receipt(Outcome::Rejected) else {
        return Some("it should have been refused and was not".to_owned());
    };
    if receipt.code.map(|code| code.as_str()) != Some(code) {
        return Some(format!("it should have been refused with {code}"));
    }
    if !receipt.violations.iter().any(|violation| violation.line.is_some() && violation.xpath.is_some()) {
        return Some("the receipt does not say where the document is wrong".to_owned());
    }
    if !record.arrivals.is_empty() || !tracked.dispatches.is_empty() {
        return Some("it was refused and yet sent on".to_owned());
    }
    let tracked_so = tracked.state == "rejected" && tracked.rejection.as_deref() == Some(code);
    (!tracked_so).then(|| "the hub's track does not show the refusal".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::ledger::tests::receipt;

    fn hash() -> String {
        "ab".repeat(32)
    }

    fn delivered() -> (Record, Tracked) {
        let arrival = Arrival { to: "UK-GPHC".parse().expect("an authority"), sha256: hash(), sequence: 1 };
        let receipts = vec![
            receipt(Outcome::Accepted, None),
            receipt(Outcome::Delivered, Some("UK-GPHC")),
            receipt(Outcome::Retrieved, Some("UK-GPHC")),
        ];
        let tracked = Tracked {
            state: "retrieved".to_owned(),
            sha256: hash(),
            exchange_state: Some("SENT".to_owned()),
            dispatches: [("UK-GPHC".to_owned(), "retrieved".to_owned())].into(),
            rejection: None,
        };
        (Record { arrivals: vec![arrival], receipts, unverified: 0 }, tracked)
    }

    fn check((record, tracked): &(Record, Tracked)) -> Option<String> {
        let reaches = [Recipient { id: "UK-GPHC", sha256: hash() }];
        let evidence = Evidence { record, tracked, sha256: &hash(), reaches: &reaches };
        objection(Expect::State("SENT"), &evidence)
    }

    #[test]
    fn a_message_with_all_its_evidence_went_as_told() {
        let good = delivered();
        assert!(enough(&good.0, 1, Expect::State("SENT")));
        assert_eq!(check(&good), None);
    }

    #[test]
    fn each_missing_piece_of_evidence_is_told() {
        let spoil = |spoil: fn(&mut (Record, Tracked))| {
            let mut case = delivered();
            spoil(&mut case);
            check(&case).expect("it did not go as told")
        };
        assert!(spoil(|case| case.0.arrivals[0].sha256 = "00".repeat(32)).contains("another document"));
        assert!(spoil(|case| case.0.unverified = 1).contains("signature"));
        assert!(spoil(|case| case.0.receipts.truncate(2)).contains("retrieval"));
        assert!(spoil(|case| case.1.exchange_state = Some("ACCEPTED".to_owned())).contains("should be SENT"));
        assert!(spoil(|case| case.1.dispatches.clear()).contains("track"));
        assert!(spoil(|case| case.0.receipts.push(receipt(Outcome::Rejected, None))).contains("rejected"));
    }

    #[test]
    fn a_message_that_should_have_been_refused_and_was_not_is_told() {
        let (record, tracked) = delivered();
        let evidence = Evidence { record: &record, tracked: &tracked, sha256: &hash(), reaches: &[] };
        assert!(enough(&record, 0, Expect::Refusal("schema-violation")));
        assert!(objection(Expect::Refusal("schema-violation"), &evidence).is_some());
    }
}
