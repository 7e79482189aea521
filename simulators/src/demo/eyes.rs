//! How a back office tells what it sees: into the ledger, where the stories look, and to whoever reads along.

use super::{
    ledger::{Arrival, Ledger},
    narrator::{self, Arrived},
};
use schemas::wire::{MessageId, Outcome, Receipt};
use std::sync::{Arc, Mutex, PoisonError};

/// The eyes of one country's back office.
#[derive(Debug, Clone)]
pub(super) struct Eyes {
    /// Two-letter code of the country.
    pub country: String,
    /// Where everybody's sightings are kept.
    pub ledger: Arc<Ledger>,
    /// What is on the stage now.
    pub scene: Arc<Mutex<Scene>>,
}

/// What is on the stage: as much of it as one must know to tell what one sees.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scene {
    /// The state that the exchange is in once the message on its way has arrived.
    pub state: &'static str,
    /// Which receipts are told.
    pub receipts: ReceiptsTold,
}

/// Which receipts are told when they come; the others are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ReceiptsTold {
    /// Each.
    Each,
    /// Those that say that something went wrong.
    Failures,
}

impl ReceiptsTold {
    fn includes(self, outcome: Outcome) -> bool {
        match (self, outcome) {
            (Self::Each, _) | (Self::Failures, Outcome::Rejected | Outcome::Failed | Outcome::Expired) => true,
            (Self::Failures, Outcome::Accepted | Outcome::Delivered | Outcome::Retrieved) => false,
        }
    }
}

/// A message in the hands of a back office.
#[derive(Debug, Clone)]
pub(super) struct Sighting {
    /// The message.
    pub message_id: MessageId,
    /// Its name within the area.
    pub name: String,
    /// The sending authority.
    pub from: String,
    /// When an answer is due.
    pub deadline: Option<String>,
    /// Media type of the document.
    pub content_type: String,
    /// What the ledger keeps.
    pub arrival: Arrival,
}

impl Eyes {
    fn scene(&self) -> Scene {
        *self.scene.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A message has arrived.
    pub(super) fn message(&self, sighting: Sighting) {
        let Sighting { message_id, name, from, deadline, content_type, arrival } = sighting;
        narrator::arrives(
            &self.country,
            &Arrived {
                name: &name,
                from: &from,
                to: arrival.to.as_str(),
                sequence: arrival.sequence,
                deadline: deadline.as_deref(),
                spelling: narrator::spelling(&content_type),
                state: self.scene().state,
            },
        );
        self.ledger.arrived(message_id, arrival);
    }

    /// A receipt has come. Receipts for messages without a valid id are none of a back office of this demo.
    pub(super) fn receipt(&self, receipt: Receipt, verified: bool) {
        let Some(message) = receipt.message_id.as_deref().and_then(|id| id.parse().ok()) else { return };
        let is_told = !verified || self.scene().receipts.includes(receipt.outcome);
        if self.ledger.receipt(message, receipt.clone(), verified) && is_told {
            narrator::receipt(&self.country, &receipt, verified);
        }
    }
}
