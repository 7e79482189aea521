//! What makes the hub pause.

use crate::{broker::BrokerError, store::StoreError};
use thiserror::Error;

/// The hub cannot go on now: it pauses, opens a new session, and what was not acknowledged comes again.
#[derive(Debug, Error)]
pub enum Unavailable {
    /// The broker.
    #[error(transparent)]
    Broker(#[from] BrokerError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The validating threads.
    #[error("validation: {0}")]
    Validation(String),
    /// A document that the hub cannot judge could not be parked.
    #[error("parking: {0}")]
    Parking(String),
    /// A lane ended where it must not.
    #[error("a lane ended: {0}")]
    Lane(String),
}
