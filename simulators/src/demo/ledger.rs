//! What everybody has seen: each message's arrivals and receipts, as the back offices report them. Knows how to wait
//! until something has been seen; nothing of how it came.

use schemas::wire::{AuthorityId, MessageId, Outcome, Receipt};
use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{
    sync::Notify,
    time::{Instant, timeout_at},
};

/// A message as it lay in a recipient's hands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Arrival {
    /// The receiving authority.
    pub to: AuthorityId,
    /// SHA-256 of the document as it arrived.
    pub sha256: String,
    /// Its position in the exchange.
    pub sequence: u32,
}

/// What is known of one message.
#[derive(Debug, Clone, Default)]
pub(super) struct Record {
    /// Its arrivals.
    pub arrivals: Vec<Arrival>,
    /// Its receipts, each once.
    pub receipts: Vec<Receipt>,
    /// Receipts whose signature could not be verified.
    pub unverified: usize,
}

impl Record {
    /// How many receipts of this outcome there are.
    pub(super) fn count(&self, outcome: Outcome) -> usize {
        self.receipts.iter().filter(|receipt| receipt.outcome == outcome).count()
    }

    /// The receipt that says so, if there is one.
    pub(super) fn receipt(&self, outcome: Outcome) -> Option<&Receipt> {
        self.receipts.iter().find(|receipt| receipt.outcome == outcome)
    }
}

/// What everybody has seen.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    records: Mutex<HashMap<MessageId, Record>>,
    bell: Notify,
}

impl Ledger {
    fn records(&self) -> MutexGuard<'_, HashMap<MessageId, Record>> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A recipient has the message.
    pub(super) fn arrived(&self, message: MessageId, arrival: Arrival) {
        self.records().entry(message).or_default().arrivals.push(arrival);
        self.bell.notify_waiters();
    }

    /// A sender has a receipt. Says whether it is new: the same fact may be told twice.
    pub(super) fn receipt(&self, message: MessageId, receipt: Receipt, verified: bool) -> bool {
        let mut records = self.records();
        let record = records.entry(message).or_default();
        let same = |known: &Receipt| known.outcome == receipt.outcome && known.recipient == receipt.recipient;
        if record.receipts.iter().any(same) {
            return false;
        }
        record.receipts.push(receipt);
        record.unverified += usize::from(!verified);
        drop(records);
        self.bell.notify_waiters();
        true
    }

    /// What is known of a message now.
    pub(super) fn record(&self, message: MessageId) -> Record {
        self.records().get(&message).cloned().unwrap_or_default()
    }

    /// Waits until enough is known of a message; what is known then. `None` when that takes longer than `within`.
    pub(super) async fn wait(
        &self,
        message: MessageId,
        within: Duration,
        enough: impl Fn(&Record) -> bool,
    ) -> Option<Record> {
        let deadline = Instant::now() + within;
        loop {
            let rung = self.bell.notified();
            tokio::pin!(rung);
            // Enabled before the look, so that nothing that comes between look and wait is missed.
            rung.as_mut().enable();
            let record = self.record(message);
            if enough(&record) {
                return Some(record);
            }
            timeout_at(deadline, rung).await.ok()?;
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use uuid::Uuid;

    /// A receipt of this outcome.
    pub(in crate::demo) fn receipt(outcome: Outcome, recipient: Option<&str>) -> Receipt {
        Receipt {
            hub: "IMI-GATEWAY".to_owned(),
            message_id: None,
            correlation_id: None,
            message_type: None,
            outcome,
            time: "2011-02-21T09:00:00.000Z".to_owned(),
            content_sha256: "ab".repeat(32),
            from: None,
            recipient: recipient.map(|id| id.parse().expect("an authority")),
            code: None,
            reason: None,
            explanation: None,
            violations: Vec::new(),
        }
    }

    #[tokio::test]
    async fn whoever_waits_is_told_when_enough_is_known() {
        let (ledger, message) = (Ledger::default(), MessageId(Uuid::from_u128(7)));
        let enough = |record: &Record| record.count(Outcome::Delivered) == 1;
        let see = async {
            assert!(ledger.receipt(message, receipt(Outcome::Accepted, None), true));
            assert!(!ledger.receipt(message, receipt(Outcome::Accepted, None), true));
            tokio::task::yield_now().await;
            assert!(ledger.receipt(message, receipt(Outcome::Delivered, Some("UK-GPHC")), false));
        };
        let (record, ()) = tokio::join!(ledger.wait(message, Duration::from_secs(60), enough), see);
        let record = record.expect("both came");
        assert_eq!((record.receipts.len(), record.unverified), (2, 1));
    }

    #[tokio::test]
    async fn waiting_ends() {
        let ledger = Ledger::default();
        let never = ledger.wait(MessageId(Uuid::from_u128(7)), Duration::from_millis(1), |_| false).await;
        assert!(never.is_none());
    }
}
