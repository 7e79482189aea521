//! What the broker delivers: messages, receipts, and what is neither.
//!
//! Owns what a caller can do with a delivery: say that it is stored, or put it aside. Parsing is the module `amqp`'s.

use crate::{
    amqp::Token,
    error::ClientError,
    seen::{Seen, SeenKey},
    settling::{Settlement, Settler},
};
use schemas::wire::{AuthorityId, ExchangeId, MessageId, MessageType, Receipt, RetrievedEntry};
use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};
use thiserror::Error;

/// A message for one of the participant's authorities. Dropping it unstored leaves it with the broker, which delivers
/// it again after the connection has ended.
pub struct Incoming {
    /// The message, as its sender named it.
    pub message_id: MessageId,
    /// The exchange it belongs to.
    pub correlation_id: ExchangeId,
    /// Its type.
    pub message_type: MessageType,
    /// Spelling of the document.
    pub content_type: String,
    /// The sending authority.
    pub from: AuthorityId,
    /// The receiving authority.
    pub to: AuthorityId,
    /// Position in the exchange, from 1.
    pub sequence: u32,
    /// When an answer is due (ISO 8601), if one is.
    pub deadline: Option<String>,
    /// Language of free text (BCP 47).
    pub language: Option<String>,
    /// W3C trace context.
    pub traceparent: Option<String>,
    /// SHA-256 of the document, checked against the body.
    pub content_sha256: String,
    /// The document as it was sent.
    pub body: Vec<u8>,
    /// Whether it was stored before: there is nothing to do but to call [`stored`](Self::stored) again.
    pub seen_before: bool,
    pub(crate) settle: Settle,
}

impl Incoming {
    /// The caller has stored it durably. Remembers its id, then reports the retrieval to the hub and, once the broker
    /// has confirmed the report, acknowledges the delivery; the last two happen in the background.
    ///
    /// # Errors
    /// The id could not be remembered, or the client is closed: the message will be delivered again.
    pub async fn stored(self) -> Result<(), ClientError> {
        if !self.seen_before {
            self.settle.seen.remember(SeenKey::of(self.message_id, &self.from, &self.to)).await?;
        }
        let report = RetrievedEntry::From { message_id: self.message_id, from: self.from };
        self.settle.settler.settle(Settlement { token: self.settle.token, report: Some(report) }).await
    }
}

/// What settling a message takes.
#[derive(Debug)]
pub(crate) struct Settle {
    pub(crate) token: Token,
    pub(crate) seen: Arc<Seen>,
    pub(crate) settler: Settler,
}

/// One receipt of the hub. The broker's message that held it is acknowledged when all its receipts are stored.
#[derive(Debug)]
pub struct IncomingReceipt {
    /// What the hub says.
    pub receipt: Receipt,
    /// Its signature (JWS, compact).
    pub jws: String,
    /// Whether the signature was checked with the hub's key and is good.
    pub verified: bool,
    /// Why it is not verified: no key is configured, or the signature is not good.
    pub doubt: Option<String>,
    pub(crate) share: BatchShare,
}

impl IncomingReceipt {
    /// The caller has stored it durably.
    ///
    /// # Errors
    /// The client is closed: the receipt will be delivered again.
    pub async fn stored(self) -> Result<(), ClientError> {
        self.share.stored().await
    }
}

/// One receipt's share in the broker's message that holds several.
#[derive(Debug)]
pub(crate) struct BatchShare(Arc<Batch>);

#[derive(Debug)]
struct Batch {
    open: AtomicUsize,
    token: Token,
    settler: Settler,
}

impl BatchShare {
    /// As many shares as a message holds receipts.
    pub(crate) fn split(count: usize, token: Token, settler: Settler) -> Vec<Self> {
        let batch = Arc::new(Batch { open: AtomicUsize::new(count), token, settler });
        (0..count).map(|_| Self(Arc::clone(&batch))).collect()
    }

    async fn stored(self) -> Result<(), ClientError> {
        if self.0.open.fetch_sub(1, Ordering::AcqRel) > 1 {
            return Ok(());
        }
        let settlement = Settlement { token: self.0.token.clone(), report: None };
        self.0.settler.settle(settlement).await
    }
}

/// Why something that was delivered is not what it should be.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum FaultReason {
    /// It does not come from the hub.
    #[error("its user_id is {found:?}, not the hub's {hub:?}")]
    NotFromTheHub {
        /// What it says.
        found: Option<String>,
        /// What it should say.
        hub: String,
    },
    /// A property or header is missing or wrong.
    #[error("{name}: {problem}")]
    Metadata {
        /// The property or header.
        name: &'static str,
        /// What is wrong with it.
        problem: String,
    },
    /// The document is not the one that the hub speaks of.
    #[error("the document's SHA-256 is {actual}, its header says {claimed}")]
    OtherContent {
        /// The header.
        claimed: String,
        /// The body.
        actual: String,
    },
    /// The body of a batch of receipts cannot be read.
    #[error("the receipts cannot be read: {problem}")]
    Receipts {
        /// Why.
        problem: String,
    },
}

/// Something delivered that is not what it should be. It stays with the broker until the caller has decided.
pub struct Fault {
    /// The queue it came from.
    pub queue: String,
    /// What is wrong.
    pub reason: FaultReason,
    /// Its `message_id`, whatever it is.
    pub message_id: Option<String>,
    /// Its `type`, whatever it is.
    pub message_type: Option<String>,
    /// Its body.
    pub body: Vec<u8>,
    pub(crate) token: Token,
    pub(crate) settler: Settler,
}

impl Fault {
    /// The caller has put it aside durably: the broker may forget it.
    ///
    /// # Errors
    /// The client is closed: it will be delivered again.
    pub async fn set_aside(self) -> Result<(), ClientError> {
        self.settler.settle(Settlement { token: self.token, report: None }).await
    }

    /// Hands it back to the broker, which puts it where the hub wants undeliverable messages to go.
    pub async fn reject(self) {
        self.token.reject().await;
    }
}

/// Without the document: what is printed ends up in logs.
impl fmt::Debug for Incoming {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = formatter.debug_struct("Incoming");
        debug.field("message_id", &self.message_id.0).field("correlation_id", &self.correlation_id.0);
        debug.field("message_type", &self.message_type.to_string()).field("body_bytes", &self.body.len());
        debug.finish_non_exhaustive()
    }
}

impl fmt::Debug for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = formatter.debug_struct("Fault");
        debug.field("queue", &self.queue).field("reason", &self.reason).field("body_bytes", &self.body.len());
        debug.finish_non_exhaustive()
    }
}

/// What [`Mailboxes::next_delivery`](crate::Mailboxes::next_delivery) gives.
#[derive(Debug)]
pub enum Delivered {
    /// A message.
    Message(Box<Incoming>),
    /// Something else.
    Fault(Box<Fault>),
}

/// What [`Receipts::next_delivery`](crate::Receipts::next_delivery) gives.
#[derive(Debug)]
pub enum DeliveredReceipt {
    /// A receipt.
    Receipt(Box<IncomingReceipt>),
    /// Something else.
    Fault(Box<Fault>),
}
