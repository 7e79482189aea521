//! How a back office tells what it sees: into the ledger, where the stories look, and to whoever reads along.

use super::{
    ledger::{Arrival, Ledger},
    narrator::{self, Arrived},
};
use schemas::wire::{MessageId, Receipt};
use std::sync::{Arc, Mutex, PoisonError};

/// The eyes of one country's back office.
#[derive(Debug, Clone)]
pub(super) struct Eyes {
    /// Two-letter code of the country.
    pub country: String,
    /// Where everybody's sightings are kept.
    pub ledger: Arc<Ledger>,
    /// The state that the exchange on the stage is in once the message on its way has arrived.
    pub state: Arc<Mutex<&'static str>>,
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
    /// What the ledger keeps.
    pub arrival: Arrival,
}

impl Eyes {
    /// A message has arrived.
    pub(super) fn message(&self, sighting: Sighting) {
        let state = *self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let Sighting { message_id, name, from, deadline, arrival } = sighting;
        narrator::arrives(
            &self.country,
            &Arrived {
                name: &name,
                from: &from,
                to: arrival.to.as_str(),
                sequence: arrival.sequence,
                deadline: deadline.as_deref(),
                state,
            },
        );
        self.ledger.arrived(message_id, arrival);
    }

    /// A receipt has come. Receipts for messages without a valid id are none of a back office of this demo.
    pub(super) fn receipt(&self, receipt: Receipt, verified: bool) {
        let Some(message) = receipt.message_id.as_deref().and_then(|id| id.parse().ok()) else { return };
        if self.ledger.receipt(message, receipt.clone(), verified) {
            narrator::receipt(&self.country, &receipt, verified);
        }
    }
}
