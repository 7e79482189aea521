//! The store: what the hub must never forget. The trait and its vocabulary; one implementation per database.
//!
//! Owns the promise of durability and of atomic recording. Knows nothing of brokers, and never sees a document.

mod directory;
mod exchanges;
mod outbox;
mod postgres;
mod rows;
mod sqlite;

use crate::{
    config,
    directory::change::{AuditEvent, ChangeSet, Snapshot},
    exchange::{Entry, Exchange},
};
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use schemas::wire::{AuthorityId, ExchangeId, MessageId, MessageType, Rejection};
use std::{collections::HashMap, sync::Arc};
use thiserror::Error;
use uuid::Uuid;

pub use exchanges::{Collected, Collection, Due};
pub use outbox::{OutboxEntry, OutboxOutcome, OutboxProperties};

/// The store cannot do its work now; the hub pauses and tries again.
#[derive(Debug, Error)]
#[error("the store: {0}")]
pub struct StoreError(String);

impl StoreError {
    pub(crate) fn new(problem: impl std::fmt::Display) -> Self {
        Self(problem.to_string())
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        Self::new(error)
    }
}

/// A message's identity in the store.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MessageKey {
    /// The participant that the broker proved; `None` where it proved nobody the directory holds.
    pub participant: Option<schemas::wire::ParticipantId>,
    /// The sender's message id, or one derived from the content where it gave no valid one.
    pub message_id: Uuid,
}

/// What is recorded of a message, accepted or rejected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageRecord {
    /// Its identity.
    pub key: MessageKey,
    /// `message_id` as the sender wrote it, where that is not `key.message_id`.
    pub claimed_message_id: Option<String>,
    /// `correlation_id` as the sender wrote it.
    pub claimed_correlation_id: Option<String>,
    /// Its exchange and position there, where it was accepted into one.
    pub position: Option<(ExchangeId, u32)>,
    /// Its type, where it had a valid one.
    pub message_type: Option<MessageType>,
    /// The sending authority, where it had a valid one that its participant serves.
    pub sender: Option<AuthorityId>,
    /// SHA-256 over document and metadata, hexadecimal: equal for a true repetition.
    pub fingerprint: String,
    /// SHA-256 of the document, hexadecimal.
    pub content_sha256: String,
    /// Size of the document in bytes.
    pub size_bytes: u64,
    /// Test message.
    pub test: bool,
    /// When an answer is due.
    pub deadline: Option<String>,
    /// When the hub decided on it.
    pub received_at: Timestamp,
    /// Why it was refused; `None` where it was not.
    pub rejection: Option<Rejection>,
    /// Why the hub could not judge it: our fault, not the sender's. The message lies parked for the operators.
    pub failure: Option<String>,
}

#[cfg(test)]
impl MessageRecord {
    /// An accepted message, for unit tests.
    pub(crate) fn example() -> Self {
        Self {
            key: MessageKey { participant: None, message_id: Uuid::from_u128(1) },
            claimed_message_id: None,
            claimed_correlation_id: None,
            position: None,
            message_type: None,
            sender: None,
            fingerprint: String::new(),
            content_sha256: "00".repeat(32),
            size_bytes: 0,
            test: false,
            deadline: None,
            received_at: Timestamp::from_millisecond(1_700_000_000_123).expect("in range"),
            rejection: None,
            failure: None,
        }
    }
}

/// One accepted message on its way to one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DispatchRecord {
    /// The message.
    pub key: MessageKey,
    /// The recipient.
    pub recipient: AuthorityId,
    /// When it was laid into the mailbox.
    pub delivered_at: Option<Timestamp>,
    /// When the recipient reported that it stored it.
    pub retrieved_at: Option<Timestamp>,
    /// When the hub gave up, and why.
    pub failed: Option<(Timestamp, String)>,
}

/// Where a dispatch stands: derived, never stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum DispatchState {
    /// On its way.
    Pending,
    /// In the mailbox.
    Delivered,
    /// Stored by the recipient: an end state.
    Retrieved,
    /// Given up: an end state.
    Failed,
}

impl DispatchRecord {
    /// A dispatch that has not been tried yet.
    pub fn pending(key: MessageKey, recipient: AuthorityId) -> Self {
        Self { key, recipient, delivered_at: None, retrieved_at: None, failed: None }
    }

    /// Where it stands.
    pub fn state(&self) -> DispatchState {
        match self {
            Self { retrieved_at: Some(_), .. } => DispatchState::Retrieved,
            Self { failed: Some(_), .. } => DispatchState::Failed,
            Self { delivered_at: Some(_), .. } => DispatchState::Delivered,
            Self { .. } => DispatchState::Pending,
        }
    }
}

/// A message with its dispatches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredMessage {
    /// What was recorded.
    pub record: MessageRecord,
    /// Its dispatches, by recipient.
    pub dispatches: Vec<DispatchRecord>,
}

/// Something that happened to a message beside its ordinary way.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Event {
    /// The message.
    #[serde(skip)]
    pub key: MessageKey,
    /// When.
    pub at: Timestamp,
    /// What, in one word: `repeated`, `message-id-reused`, `attempt-failed`.
    pub kind: &'static str,
    /// What exactly, without personal data.
    pub detail: String,
}

/// A message's whole story.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Story {
    /// The message and its dispatches.
    pub message: StoredMessage,
    /// Its exchange as it stands now.
    pub exchange: Option<Exchange>,
    /// What else happened, oldest first: when, kind, detail.
    pub events: Vec<(Timestamp, String, String)>,
    /// Deadlines that passed in its exchange before the next message: entries of the log.
    pub passed: Vec<Entry>,
}

/// An exchange that waits for somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Awaiting {
    /// The exchange.
    pub exchange: Exchange,
    /// When it last moved.
    pub since: Timestamp,
}

/// What the store knows of a batch.
#[derive(Debug, Default)]
pub struct Known {
    /// Messages already recorded.
    pub messages: HashMap<MessageKey, StoredMessage>,
    /// Exchanges already open.
    pub exchanges: HashMap<ExchangeId, Exchange>,
}

/// What a batch changes, all or nothing.
#[derive(Debug, Default)]
pub struct Writes {
    /// New messages.
    pub messages: Vec<MessageRecord>,
    /// Their dispatches.
    pub dispatches: Vec<DispatchRecord>,
    /// Exchanges as they stand afterwards.
    pub exchanges: Vec<ExchangeChange>,
    /// What their logs say of it, in order.
    pub log: Vec<Entry>,
    /// Events.
    pub events: Vec<Event>,
    /// What messages of the batch change in the directory.
    pub directory: Vec<ChangeSet>,
    /// What the hub itself sends; each has its dispatch among `dispatches`.
    pub outbox: Vec<OutboxEntry>,
    /// Documents that the hub collects.
    pub collected: Vec<Collected>,
    /// Exchanges whose collected documents are needed no longer.
    pub discarded: Vec<ExchangeId>,
}

/// An exchange that moved.
#[derive(Debug, Clone)]
pub struct ExchangeChange {
    /// Its sequence as loaded; 0 for a new one. The record fails as a conflict where it has moved since.
    pub sequence_before: u32,
    /// As it stands afterwards.
    pub exchange: Exchange,
}

/// Whether a batch was recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recorded {
    /// It is durable.
    Durable,
    /// Another lane, gateway or operator was faster with one of its messages or exchanges, or with the directory:
    /// nothing was written; load and decide again.
    Conflict,
}

/// How a dispatch ended its way to the mailbox.
#[derive(Debug, Clone)]
pub struct Settlement {
    /// The message.
    pub key: MessageKey,
    /// The recipient.
    pub recipient: AuthorityId,
    /// When.
    pub at: Timestamp,
    /// `None` delivered; `Some` given up, and why.
    pub failure: Option<String>,
}

/// A participant's report of what it stored.
#[derive(Debug, Clone)]
pub struct RetrievalReport {
    /// The messages, each with its sending authority where the report names it.
    pub messages: Vec<(MessageId, Option<AuthorityId>)>,
    /// The authorities that the reporter serves.
    pub recipients: Vec<AuthorityId>,
    /// When the report was taken in.
    pub at: Timestamp,
}

/// Totals for operators.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Overview {
    /// Accepted messages.
    pub accepted: u64,
    /// Rejected messages.
    pub rejected: u64,
    /// Dispatches on their way.
    pub pending: u64,
    /// Dispatches in mailboxes.
    pub delivered: u64,
    /// Dispatches reported as stored.
    pub retrieved: u64,
    /// Dispatches given up.
    pub failed: u64,
    /// Exchanges by state.
    pub exchanges: std::collections::BTreeMap<String, u64>,
    /// Mailbox deliveries not yet reported as stored, by recipient: how many, and since when the oldest.
    pub waiting: Vec<Waiting>,
}

/// Deliveries that wait for one recipient.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Waiting {
    /// The recipient.
    pub recipient: String,
    /// How many.
    pub messages: u64,
    /// When the oldest was delivered.
    pub oldest_delivered_at: Timestamp,
}

/// What a store keeps of the directory: its records, and every change of them (an audit event each).
pub trait DirectoryStore: Send + Sync + 'static {
    /// The directory as it is now.
    fn directory(&self) -> BoxFuture<'_, Result<Snapshot, StoreError>>;

    /// Its version: the number of the last audit event, 0 before the first.
    fn directory_version(&self) -> BoxFuture<'_, Result<u64, StoreError>>;

    /// The first 10,000 audit events after a version, oldest first.
    fn audit_since(&self, version: u64) -> BoxFuture<'_, Result<Vec<AuditEvent>, StoreError>>;

    /// The last `most` audit events of the record with this id, or of all where it is empty; oldest first.
    fn audit_of<'a>(&'a self, id: &'a str, most: u32) -> BoxFuture<'a, Result<Vec<AuditEvent>, StoreError>>;

    /// Applies changes in one durable transaction, each with its audit event, or none of them.
    fn change_directory<'a>(&'a self, set: &'a ChangeSet) -> BoxFuture<'a, Result<Recorded, StoreError>>;
}

/// What a store keeps of messages of the hub's own, until the broker holds them.
pub trait OutboxStore: Send + Sync + 'static {
    /// Takes at most `most` messages that nobody has taken, oldest first. Who does not end them until then loses them
    /// to the next who asks.
    fn claim_outbox(
        &self,
        now: Timestamp,
        until: Timestamp,
        most: u32,
    ) -> BoxFuture<'_, Result<Vec<OutboxEntry>, StoreError>>;

    /// Records how deliveries ended, or that they are tried again.
    fn end_outbox<'a>(&'a self, outcomes: &'a [OutboxOutcome]) -> BoxFuture<'a, Result<(), StoreError>>;
}

/// What a store keeps of exchanges besides where they stand: their logs, their deadlines, what is collected in them.
pub trait ExchangeStore: Send + Sync + 'static {
    /// At most `most` exchanges with a deadline that passed by `now`, the longest overdue first.
    fn due(&self, now: Timestamp, most: u32) -> BoxFuture<'_, Result<Due, StoreError>>;

    /// The log of an exchange, in order.
    fn log_of(&self, exchange: ExchangeId) -> BoxFuture<'_, Result<Vec<Entry>, StoreError>>;

    /// The logs of all exchanges after one, up to and with another, by identifier, each in order. Meant for the exchanges
    /// of one page of [`ExchangeStore::exchanges_after`].
    fn logs_between(
        &self,
        after: Option<ExchangeId>,
        last: ExchangeId,
    ) -> BoxFuture<'_, Result<Vec<Entry>, StoreError>>;

    /// At most `most` exchanges as they stand, by identifier, after one.
    fn exchanges_after(&self, after: Option<ExchangeId>, most: u32)
    -> BoxFuture<'_, Result<Vec<Exchange>, StoreError>>;

    /// What was collected in an exchange.
    fn collection(&self, exchange: ExchangeId) -> BoxFuture<'_, Result<Collection, StoreError>>;
}

/// A store. Every method may be called again after an error or a crash: recording is idempotent by key, settling and
/// retrieving never take a fact back.
pub trait Store: DirectoryStore + OutboxStore + ExchangeStore {
    /// What is known of these messages and exchanges, and of the exchanges that these are parts of, as of now.
    fn load<'a>(
        &'a self,
        keys: &'a [MessageKey],
        exchanges: &'a [ExchangeId],
    ) -> BoxFuture<'a, Result<Known, StoreError>>;

    /// Records a batch in one durable transaction, or nothing of it.
    fn record<'a>(&'a self, writes: &'a Writes) -> BoxFuture<'a, Result<Recorded, StoreError>>;

    /// Records how dispatches ended. The first fact stays: a time already set is not changed.
    fn settle<'a>(&'a self, settlements: &'a [Settlement]) -> BoxFuture<'a, Result<(), StoreError>>;

    /// Records a report of retrieval and returns each message that it speaks of with the dispatches concerned.
    /// What was never dispatched to these recipients is passed over.
    fn retrieve<'a>(&'a self, report: &'a RetrievalReport) -> BoxFuture<'a, Result<Vec<StoredMessage>, StoreError>>;

    /// Records events.
    fn note<'a>(&'a self, events: &'a [Event]) -> BoxFuture<'a, Result<(), StoreError>>;

    /// Every message with this message id or in this exchange (at most 1,000), oldest first.
    fn stories(&self, id: Uuid) -> BoxFuture<'_, Result<Vec<Story>, StoreError>>;

    /// The first 1,000 exchanges that wait for one of these authorities, the longest waiting first.
    fn awaiting<'a>(&'a self, authorities: &'a [AuthorityId]) -> BoxFuture<'a, Result<Vec<Awaiting>, StoreError>>;

    /// Totals.
    fn overview(&self) -> BoxFuture<'_, Result<Overview, StoreError>>;

    /// Whether it answers.
    fn ping(&self) -> BoxFuture<'_, Result<(), StoreError>>;

    /// Closes it; what was recorded is on disk.
    fn close(&self) -> BoxFuture<'_, ()>;
}

/// Opens the store that the configuration names, and brings its tables up to date.
///
/// # Errors
/// The address is of neither kind, or the database cannot be opened or migrated.
pub async fn open(settings: &config::Store) -> Result<Arc<dyn Store>, StoreError> {
    match settings.url.split_once(':') {
        Some(("sqlite", _)) => Ok(Arc::new(sqlite::Sqlite::open(settings).await?)),
        Some(("postgres" | "postgresql", _)) => Ok(Arc::new(postgres::Postgres::open(settings).await?)),
        _ => Err(StoreError::new(format!("{:?} is neither sqlite:PATH nor postgres://…", settings.url))),
    }
}
