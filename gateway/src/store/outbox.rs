//! The outbox: what the hub itself sends, recorded with what made it send it, delivered after.
//!
//! The statements are the same for every database, so they are written once.

use super::{DispatchRecord, MessageKey, Settlement, StoreError, rows};
use jiff::Timestamp;
use schemas::wire::{AuthorityId, ContentType, ExchangeId, MessageType};
use serde::{Deserialize, Serialize};

/// A message of the hub's own on its way to one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxEntry {
    /// Its dispatch.
    pub key: MessageKey,
    /// To whom.
    pub recipient: AuthorityId,
    /// What the wire says of it.
    pub properties: OutboxProperties,
    /// The document, in the recipient's spelling.
    pub body: Vec<u8>,
    /// When the hub decided on it.
    pub created_at: Timestamp,
    /// How often its delivery was tried and failed.
    pub attempts: u32,
}

/// Properties and headers of a message of the hub's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutboxProperties {
    /// What it is.
    pub message_type: MessageType,
    /// Its exchange.
    pub correlation_id: ExchangeId,
    /// Its position there.
    pub sequence: u32,
    /// How it is spelled.
    pub content_type: ContentType,
    /// On whose behalf: an authority of the hub's own.
    pub from: AuthorityId,
    /// SHA-256 of the document, hexadecimal.
    pub content_sha256: String,
    /// W3C trace context of the message that it answers.
    pub traceparent: Option<String>,
}

impl OutboxEntry {
    /// The dispatch that it belongs to, which is recorded with it.
    pub fn dispatch(&self) -> DispatchRecord {
        DispatchRecord::pending(self.key.clone(), self.recipient.clone())
    }
}

pub(super) const PUT: &str = "INSERT INTO outbox (message_id, participant, recipient, properties, body, created_at) VALUES ($1, $2, $3, $4, $5, $6)";
pub(super) const IS_SOMETHING: &str = "SELECT EXISTS (SELECT 1 FROM outbox WHERE claimed_until <= $1)";
pub(super) const CLAIM: &str = "UPDATE outbox SET claimed_until = $1 WHERE claimed_until <= $2 AND
    (message_id, participant, recipient) IN (SELECT message_id, participant, recipient FROM outbox
    WHERE claimed_until <= $2 ORDER BY created_at LIMIT $3)
    RETURNING message_id, participant, recipient, properties, body, created_at, attempts";
pub(super) const REMOVE: &str = "DELETE FROM outbox WHERE message_id = $1 AND participant = $2 AND recipient = $3";
pub(super) const POSTPONE: &str = "UPDATE outbox SET claimed_until = $4, attempts = attempts + 1
    WHERE message_id = $1 AND participant = $2 AND recipient = $3";

#[derive(sqlx::FromRow)]
pub(super) struct OutboxRow {
    pub(super) message_id: String,
    pub(super) participant: String,
    pub(super) recipient: String,
    pub(super) properties: String,
    pub(super) body: Vec<u8>,
    pub(super) created_at: i64,
    #[sqlx(default)]
    pub(super) attempts: i64,
}

impl OutboxRow {
    pub(super) fn new(entry: &OutboxEntry) -> Result<Self, StoreError> {
        let rows::KeyRow { participant, message_id } = rows::KeyRow::from(&entry.key);
        Ok(Self {
            message_id,
            participant,
            recipient: entry.recipient.to_string(),
            properties: serde_json::to_string(&entry.properties).map_err(StoreError::new)?,
            body: entry.body.clone(),
            created_at: rows::milliseconds(entry.created_at),
            attempts: entry.attempts.into(),
        })
    }

    pub(super) fn entry(self) -> Result<OutboxEntry, StoreError> {
        let damaged = |error: &dyn std::fmt::Display| StoreError::new(format!("a damaged row: {error}"));
        Ok(OutboxEntry {
            key: rows::KeyRow { participant: self.participant, message_id: self.message_id }.key()?,
            recipient: self.recipient.parse().map_err(|error| damaged(&error))?,
            properties: serde_json::from_str(&self.properties).map_err(|error| damaged(&error))?,
            body: self.body,
            created_at: rows::timestamp(self.created_at)?,
            attempts: u32::try_from(self.attempts).map_err(StoreError::new)?,
        })
    }
}

/// How a delivery of the outbox ended.
#[derive(Debug, Clone)]
pub enum OutboxOutcome {
    /// It has ended: delivered, or given up.
    Settled(Settlement),
    /// It is tried again at this time.
    Postponed {
        /// The message.
        key: MessageKey,
        /// The recipient.
        recipient: AuthorityId,
        /// When.
        until: Timestamp,
    },
}

/// Implements [`super::OutboxStore`] for one database (see `directory_store`).
macro_rules! outbox_store {
    ($store:ty, $connection:ty, $settle:ident) => {
        /// Lays messages of the hub's own in, within the transaction of the caller.
        async fn fill_outbox(connection: &mut $connection, entries: &[OutboxEntry]) -> Result<(), StoreError> {
            for entry in entries {
                let row = outbox::OutboxRow::new(entry)?;
                sqlx::query(outbox::PUT)
                    .bind(row.message_id)
                    .bind(row.participant)
                    .bind(row.recipient)
                    .bind(row.properties)
                    .bind(row.body)
                    .bind(row.created_at)
                    .execute(&mut *connection)
                    .await?;
            }
            Ok(())
        }

        impl OutboxStore for $store {
            fn claim_outbox(
                &self,
                now: Timestamp,
                until: Timestamp,
                most: u32,
            ) -> BoxFuture<'_, Result<Vec<OutboxEntry>, StoreError>> {
                Box::pin(async move {
                    // Asked every second: who has nothing to take must not stand in the writers' way.
                    let is_something: bool = sqlx::query_scalar(outbox::IS_SOMETHING)
                        .bind(rows::milliseconds(now))
                        .fetch_one(&self.readers)
                        .await?;
                    if !is_something {
                        return Ok(Vec::new());
                    }
                    let mut transaction = self.begin().await?;
                    let rows: Vec<outbox::OutboxRow> = sqlx::query_as(outbox::CLAIM)
                        .bind(rows::milliseconds(until))
                        .bind(rows::milliseconds(now))
                        .bind(i64::from(most))
                        .fetch_all(&mut *transaction)
                        .await?;
                    transaction.commit().await?;
                    let mut entries =
                        rows.into_iter().map(outbox::OutboxRow::entry).collect::<Result<Vec<_>, StoreError>>()?;
                    entries.sort_by_key(|entry| (entry.created_at, entry.properties.sequence));
                    Ok(entries)
                })
            }

            fn end_outbox<'a>(&'a self, outcomes: &'a [OutboxOutcome]) -> BoxFuture<'a, Result<(), StoreError>> {
                Box::pin(async move {
                    let settled: Vec<&Settlement> = outcomes
                        .iter()
                        .filter_map(|outcome| match outcome {
                            OutboxOutcome::Settled(settlement) => Some(settlement),
                            OutboxOutcome::Postponed { .. } => None,
                        })
                        .collect();
                    let mut transaction = self.begin().await?;
                    if !settled.is_empty() {
                        let rows: Vec<SettlementRow<'_>> = settled.iter().copied().map(SettlementRow::from).collect();
                        execute(&mut transaction, $settle, rows::json(&rows)?).await?;
                    }
                    for outcome in outcomes {
                        let (key, recipient) = match outcome {
                            OutboxOutcome::Settled(settlement) => (&settlement.key, &settlement.recipient),
                            OutboxOutcome::Postponed { key, recipient, .. } => (key, recipient),
                        };
                        let KeyRow { participant, message_id } = KeyRow::from(key);
                        let query = match outcome {
                            OutboxOutcome::Settled(_) => sqlx::query(outbox::REMOVE),
                            OutboxOutcome::Postponed { .. } => sqlx::query(outbox::POSTPONE),
                        };
                        let query = query.bind(message_id).bind(participant).bind(recipient.as_str());
                        match outcome {
                            OutboxOutcome::Settled(_) => query,
                            OutboxOutcome::Postponed { until, .. } => query.bind(rows::milliseconds(*until)),
                        }
                        .execute(&mut *transaction)
                        .await?;
                    }
                    transaction.commit().await?;
                    Ok(())
                })
            }
        }
    };
}
pub(super) use outbox_store;
