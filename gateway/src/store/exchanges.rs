//! Exchanges in the store: their logs, what these amount to, and the answers that the hub collects.
//!
//! The statements are the same for every database, so they are written once.

use super::{Awaiting, ExchangeChange, StoreError, rows};
use crate::exchange::{Cause, Change, Entry, Exchange};
use jiff::Timestamp;
use schemas::wire::{AuthorityId, ContentType, ExchangeId, MessageName};
use serde::{Deserialize, Serialize};

/// A document that the hub collects until it puts the answers of many into one: the request, or an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Collected {
    /// The exchange.
    pub exchange: ExchangeId,
    /// Who sent it.
    pub authority: AuthorityId,
    /// What it is.
    pub message: MessageName,
    /// How it is spelled.
    pub content_type: ContentType,
    /// The document.
    pub body: Vec<u8>,
}

/// What a consolidated answer is made of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Collection {
    /// The documents.
    pub documents: Vec<Collected>,
    /// Who sent into the exchange what the hub had to refuse for its content.
    pub refused: Vec<AuthorityId>,
}

/// Exchanges with deadlines that have passed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Due {
    /// The exchanges, the longest overdue first.
    pub exchanges: Vec<Exchange>,
    /// When the next deadline of all others passes.
    pub next: Option<Timestamp>,
}

pub(super) const DUE: &str = "SELECT * FROM exchanges WHERE next_due <= $1 ORDER BY next_due LIMIT $2";
pub(super) const NEXT_DUE: &str = "SELECT min(next_due) FROM exchanges WHERE next_due > $1";
pub(super) const LOG: &str = "SELECT * FROM exchange_log WHERE correlation_id = $1 ORDER BY sequence";
pub(super) const LOGS: &str = "SELECT * FROM exchange_log WHERE correlation_id > $1 AND correlation_id <= $2
    ORDER BY correlation_id, sequence";
pub(super) const PAGE: &str = "SELECT * FROM exchanges WHERE correlation_id > $1 ORDER BY correlation_id LIMIT $2";
pub(super) const COLLECT: &str = "INSERT INTO collected (correlation_id, authority, message, content_type, body)
    VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING";
pub(super) const COLLECTED: &str = "SELECT * FROM collected WHERE correlation_id = $1 ORDER BY authority, message";
pub(super) const DISCARD: &str = "DELETE FROM collected WHERE correlation_id = $1";
pub(super) const REFUSED: &str = "SELECT sender, rejection FROM messages
    WHERE claimed_correlation_id = $1 AND rejection IS NOT NULL AND sender IS NOT NULL ORDER BY sender LIMIT 1000";

#[derive(Serialize, sqlx::FromRow)]
pub(super) struct ExchangeRow {
    correlation_id: String,
    area: String,
    workflow: String,
    state: String,
    awaited: String,
    test: bool,
    sequence: i64,
    opened_at: i64,
    changed_at: i64,
    next_due: Option<i64>,
    snapshot: String,
    #[sqlx(default)]
    sequence_before: i64,
}

impl ExchangeRow {
    pub(super) fn new(change: &ExchangeChange) -> Result<Self, StoreError> {
        let exchange = &change.exchange;
        let awaited: Vec<&str> = exchange.awaited().into_iter().map(AuthorityId::as_str).collect();
        Ok(Self {
            correlation_id: exchange.correlation_id.to_string(),
            area: exchange.area.to_string(),
            workflow: exchange.workflow.to_string(),
            state: exchange.state.clone(),
            awaited: awaited.join(" "),
            test: exchange.test,
            sequence: exchange.sequence.into(),
            opened_at: rows::milliseconds(exchange.opened_at),
            changed_at: rows::milliseconds(exchange.changed_at),
            next_due: exchange.next_due().map(rows::milliseconds),
            snapshot: serde_json::to_string(exchange).map_err(StoreError::new)?,
            sequence_before: change.sequence_before.into(),
        })
    }

    /// Whether the batch opened it; otherwise the batch moved it on.
    pub(super) fn is_new(&self) -> bool {
        self.sequence_before == 0
    }

    pub(super) fn exchange(self) -> Result<Exchange, StoreError> {
        serde_json::from_str(&self.snapshot).map_err(|error| StoreError::new(format!("a damaged row: {error}")))
    }

    pub(super) fn awaiting(self) -> Result<Awaiting, StoreError> {
        let exchange = self.exchange()?;
        Ok(Awaiting { since: exchange.changed_at, exchange })
    }
}

#[derive(Serialize, Deserialize)]
struct LogText {
    cause: Cause,
    change: Change,
}

#[derive(Serialize, sqlx::FromRow)]
pub(super) struct LogRow {
    correlation_id: String,
    sequence: i64,
    at: i64,
    entry: String,
}

impl LogRow {
    pub(super) fn new(entry: &Entry) -> Result<Self, StoreError> {
        let text = LogText { cause: entry.cause.clone(), change: entry.change.clone() };
        Ok(Self {
            correlation_id: entry.exchange.to_string(),
            sequence: entry.sequence.into(),
            at: rows::milliseconds(entry.at),
            entry: serde_json::to_string(&text).map_err(StoreError::new)?,
        })
    }

    pub(super) fn entry(self) -> Result<Entry, StoreError> {
        let damaged = |error: &dyn std::fmt::Display| StoreError::new(format!("a damaged row: {error}"));
        let LogText { cause, change } = serde_json::from_str(&self.entry).map_err(|error| damaged(&error))?;
        Ok(Entry {
            exchange: self.correlation_id.parse().map_err(|error| damaged(&error))?,
            sequence: u32::try_from(self.sequence).map_err(StoreError::new)?,
            at: rows::timestamp(self.at)?,
            cause,
            change,
        })
    }
}

#[derive(sqlx::FromRow)]
pub(super) struct CollectedRow {
    correlation_id: String,
    authority: String,
    message: String,
    content_type: String,
    body: Vec<u8>,
}

impl CollectedRow {
    pub(super) fn collected(self) -> Result<Collected, StoreError> {
        let damaged = |error: &dyn std::fmt::Display| StoreError::new(format!("a damaged row: {error}"));
        let content_type = match self.content_type.as_str() {
            schemas::wire::JSON => ContentType::Json,
            _ => ContentType::Xml,
        };
        Ok(Collected {
            exchange: self.correlation_id.parse().map_err(|error| damaged(&error))?,
            authority: self.authority.parse().map_err(|error| damaged(&error))?,
            message: self.message.parse().map_err(|error| damaged(&error))?,
            content_type,
            body: self.body,
        })
    }
}

/// Whom the hub refused a document for what it contained; a document that came too late says nothing of its content.
pub(super) fn refused(rows: Vec<(String, String)>) -> Result<Vec<AuthorityId>, StoreError> {
    use schemas::wire::{Rejection, RejectionCode};
    let mut refused: Vec<AuthorityId> = Vec::new();
    for (sender, rejection) in rows {
        let rejection: Rejection = serde_json::from_str(&rejection).map_err(StoreError::new)?;
        let of_content = matches!(
            rejection.code,
            RejectionCode::MalformedDocument
                | RejectionCode::DocumentTooLarge
                | RejectionCode::ForbiddenConstruct
                | RejectionCode::SchemaViolation
                | RejectionCode::RuleViolation
        );
        let sender: AuthorityId = sender.parse().map_err(|error| StoreError::new(format!("a damaged row: {error}")))?;
        if of_content && !refused.contains(&sender) {
            refused.push(sender);
        }
    }
    Ok(refused)
}

/// Implements [`super::ExchangeStore`] for one database (see `directory_store`).
macro_rules! exchange_store {
    ($store:ty, $connection:ty) => {
        /// Lays collected documents in, and takes out those that are answered, within the transaction of the caller.
        async fn collect(connection: &mut $connection, writes: &Writes) -> Result<(), StoreError> {
            for document in &writes.collected {
                sqlx::query(exchanges::COLLECT)
                    .bind(document.exchange.to_string())
                    .bind(document.authority.as_str())
                    .bind(document.message.as_str())
                    .bind(document.content_type.as_str())
                    .bind(&document.body)
                    .execute(&mut *connection)
                    .await?;
            }
            for exchange in &writes.discarded {
                sqlx::query(exchanges::DISCARD).bind(exchange.to_string()).execute(&mut *connection).await?;
            }
            Ok(())
        }

        impl ExchangeStore for $store {
            fn due(&self, now: Timestamp, most: u32) -> BoxFuture<'_, Result<Due, StoreError>> {
                Box::pin(async move {
                    let now = rows::milliseconds(now);
                    let found: Vec<ExchangeRow> =
                        sqlx::query_as(exchanges::DUE).bind(now).bind(i64::from(most)).fetch_all(&self.readers).await?;
                    let next: Option<i64> =
                        sqlx::query_scalar(exchanges::NEXT_DUE).bind(now).fetch_one(&self.readers).await?;
                    let exchanges = found.into_iter().map(ExchangeRow::exchange).collect::<Result<_, _>>()?;
                    Ok(Due { exchanges, next: next.map(rows::timestamp).transpose()? })
                })
            }

            fn log_of(&self, exchange: ExchangeId) -> BoxFuture<'_, Result<Vec<Entry>, StoreError>> {
                Box::pin(async move {
                    let found: Vec<LogRow> =
                        sqlx::query_as(exchanges::LOG).bind(exchange.to_string()).fetch_all(&self.readers).await?;
                    found.into_iter().map(LogRow::entry).collect()
                })
            }

            fn logs_between(
                &self,
                after: Option<ExchangeId>,
                last: ExchangeId,
            ) -> BoxFuture<'_, Result<Vec<Entry>, StoreError>> {
                Box::pin(async move {
                    let found: Vec<LogRow> = sqlx::query_as(exchanges::LOGS)
                        .bind(after.map_or_else(String::new, |after| after.to_string()))
                        .bind(last.to_string())
                        .fetch_all(&self.readers)
                        .await?;
                    found.into_iter().map(LogRow::entry).collect()
                })
            }

            fn exchanges_after(
                &self,
                after: Option<ExchangeId>,
                most: u32,
            ) -> BoxFuture<'_, Result<Vec<Exchange>, StoreError>> {
                Box::pin(async move {
                    let found: Vec<ExchangeRow> = sqlx::query_as(exchanges::PAGE)
                        .bind(after.map_or_else(String::new, |after| after.to_string()))
                        .bind(i64::from(most))
                        .fetch_all(&self.readers)
                        .await?;
                    found.into_iter().map(ExchangeRow::exchange).collect()
                })
            }

            fn collection(&self, exchange: ExchangeId) -> BoxFuture<'_, Result<Collection, StoreError>> {
                Box::pin(async move {
                    let id = exchange.to_string();
                    let found: Vec<exchanges::CollectedRow> =
                        sqlx::query_as(exchanges::COLLECTED).bind(&id).fetch_all(&self.readers).await?;
                    let refused = sqlx::query_as(exchanges::REFUSED).bind(&id).fetch_all(&self.readers).await?;
                    Ok(Collection {
                        documents: found
                            .into_iter()
                            .map(exchanges::CollectedRow::collected)
                            .collect::<Result<_, _>>()?,
                        refused: exchanges::refused(refused)?,
                    })
                })
            }
        }
    };
}
pub(super) use exchange_store;

#[cfg(test)]
mod tests;
