//! SQLite: the embedded default. One writer, many readers; every commit is on disk before it is believed.

use super::{
    Awaiting, Collection, DirectoryStore, Due, Event, ExchangeStore, Known, MessageKey, OutboxEntry, OutboxOutcome,
    OutboxStore, Overview, Recorded, RetrievalReport, Settlement, Store, StoreError, StoredMessage, Story, Writes,
    directory::{self, directory_store},
    exchanges::{self, ExchangeRow, LogRow, exchange_store},
    outbox::{self, outbox_store},
    rows::{self, DispatchRow, EventFound, EventRow, KeyRow, MessageRow, SettlementRow},
};
use crate::{
    config,
    directory::change::{AuditEvent, ChangeSet, Snapshot},
    exchange::{Entry, Exchange},
};
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use schemas::wire::{AuthorityId, ExchangeId};
use sqlx::{
    SqliteConnection, SqlitePool, Transaction,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use std::{str::FromStr, time::Duration};
use uuid::Uuid;

pub(super) struct Sqlite {
    writer: SqlitePool,
    readers: SqlitePool,
}

const LOAD_MESSAGES: &str = "SELECT m.* FROM json_each(?1) k CROSS JOIN messages m
    ON m.participant = k.value ->> 'participant' AND m.message_id = k.value ->> 'message_id'";
const LOAD_DISPATCHES: &str = "SELECT d.* FROM json_each(?1) k CROSS JOIN dispatches d
    ON d.message_id = k.value ->> 'message_id' AND d.participant = k.value ->> 'participant' ORDER BY d.recipient";
const LOAD_EXCHANGES: &str = "SELECT e.* FROM json_each(?1) k CROSS JOIN exchanges e ON e.correlation_id = k.value";
const AWAITING: &str =
    "SELECT e.* FROM exchanges e WHERE EXISTS (SELECT 1 FROM (SELECT value FROM json_each(?1)) a WHERE
    ' ' || e.awaited || ' ' LIKE '% ' || a.value || ' %')
    ORDER BY e.changed_at LIMIT 1000";
const INSERT_MESSAGES: &str = "INSERT INTO messages SELECT
    value ->> 'participant', value ->> 'message_id', value ->> 'claimed_message_id', value ->> 'claimed_correlation_id',
    value ->> 'correlation_id', value ->> 'sequence', value ->> 'message_type', value ->> 'sender', value ->> 'fingerprint',
    value ->> 'content_sha256', value ->> 'size_bytes', value ->> 'test', value ->> 'deadline', value ->> 'received_at',
    value ->> 'rejection', value ->> 'failure' FROM json_each(?1) WHERE true ON CONFLICT DO NOTHING";
const INSERT_DISPATCHES: &str = "INSERT INTO dispatches SELECT
    value ->> 'message_id', value ->> 'participant', value ->> 'recipient', value ->> 'delivered_at',
    value ->> 'retrieved_at', value ->> 'failed_at', value ->> 'failure' FROM json_each(?1)";
const INSERT_EXCHANGES: &str = "INSERT INTO exchanges SELECT
    value ->> 'correlation_id', value ->> 'area', value ->> 'workflow', value ->> 'state', value ->> 'awaited', value ->> 'test',
    value ->> 'sequence', value ->> 'opened_at', value ->> 'changed_at', value ->> 'next_due', value ->> 'snapshot'
    FROM json_each(?1) WHERE true ON CONFLICT DO NOTHING";
const UPDATE_EXCHANGES: &str = "UPDATE exchanges SET state = r.value ->> 'state', awaited = r.value ->> 'awaited',
    sequence = r.value ->> 'sequence', changed_at = r.value ->> 'changed_at', next_due = r.value ->> 'next_due',
    snapshot = r.value ->> 'snapshot' FROM json_each(?1) r WHERE exchanges.correlation_id = r.value ->> 'correlation_id'
    AND exchanges.sequence = r.value ->> 'sequence_before'";
const INSERT_LOG: &str = "INSERT INTO exchange_log SELECT value ->> 'correlation_id', value ->> 'sequence',
    value ->> 'at', value ->> 'entry' FROM json_each(?1)";
const INSERT_EVENTS: &str = "INSERT INTO events (participant, message_id, at, kind, detail) SELECT
    value ->> 'participant', value ->> 'message_id', value ->> 'at', value ->> 'kind', value ->> 'detail' FROM json_each(?1)";
const SETTLE: &str = "UPDATE dispatches SET delivered_at = coalesce(delivered_at, r.value ->> 'delivered_at'),
    failed_at = coalesce(failed_at, r.value ->> 'failed_at'), failure = coalesce(failure, r.value ->> 'failure')
    FROM json_each(?1) r WHERE dispatches.message_id = r.value ->> 'message_id'
    AND dispatches.participant = r.value ->> 'participant' AND dispatches.recipient = r.value ->> 'recipient'";
const RETRIEVE: &str = "UPDATE dispatches SET retrieved_at = coalesce(retrieved_at, ?3), delivered_at = coalesce(delivered_at, ?3)
    FROM json_each(?1) r WHERE dispatches.message_id = r.value ->> 'message_id'
    AND dispatches.recipient IN (SELECT value FROM json_each(?2))
    AND (r.value ->> 'sender' IS NULL OR r.value ->> 'sender' =
    (SELECT m.sender FROM messages m WHERE m.participant = dispatches.participant AND m.message_id = dispatches.message_id))
    RETURNING message_id, participant, recipient, delivered_at, retrieved_at, failed_at, failure";

impl Sqlite {
    pub(super) async fn open(settings: &config::Store) -> Result<Self, StoreError> {
        let options = SqliteConnectOptions::from_str(&settings.url)?
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            // KiB when negative: 16 MB per connection, so that the indexes of recent messages stay in memory.
            .pragma("cache_size", "-16000")
            // What a statement with many rows needs on the side is small: no temporary files for it.
            .pragma("temp_store", "memory")
            .busy_timeout(Duration::from_secs(30));
        let writer = SqlitePoolOptions::new().max_connections(1).connect_with(options.clone()).await?;
        sqlx::migrate!("migrations/sqlite").run(&writer).await.map_err(StoreError::new)?;
        let readers = SqlitePoolOptions::new()
            .max_connections(settings.connections.max(1))
            .connect_with(options.read_only(true))
            .await?;
        Ok(Self { writer, readers })
    }

    /// IMMEDIATE: a deferred transaction that turns writer may find the database busy without recourse.
    async fn begin(&self) -> Result<Transaction<'static, sqlx::Sqlite>, StoreError> {
        Ok(self.writer.begin_with("BEGIN IMMEDIATE").await?)
    }

    async fn run(&self, sql: &'static str, rows: String) -> Result<(), StoreError> {
        sqlx::query(sql).bind(rows).execute(&self.writer).await?;
        Ok(())
    }

    async fn join(&self, messages: Vec<MessageRow>, keys: String) -> Result<Vec<StoredMessage>, StoreError> {
        if messages.is_empty() {
            return Ok(Vec::new());
        }
        let dispatches: Vec<DispatchRow> = sqlx::query_as(LOAD_DISPATCHES).bind(keys).fetch_all(&self.readers).await?;
        rows::join(messages, dispatches)
    }

    async fn by_keys(&self, keys: &[KeyRow]) -> Result<Vec<StoredMessage>, StoreError> {
        let keys = rows::json(keys)?;
        let messages = sqlx::query_as(LOAD_MESSAGES).bind(keys.clone()).fetch_all(&self.readers).await?;
        self.join(messages, keys).await
    }

    async fn exchanges(&self, ids: &[ExchangeId]) -> Result<Vec<Exchange>, StoreError> {
        let found: Vec<ExchangeRow> =
            sqlx::query_as(LOAD_EXCHANGES).bind(rows::json(ids)?).fetch_all(&self.readers).await?;
        found.into_iter().map(ExchangeRow::exchange).collect()
    }
}

async fn execute(connection: &mut SqliteConnection, sql: &'static str, rows: String) -> Result<u64, StoreError> {
    Ok(sqlx::query(sql).bind(rows).execute(connection).await?.rows_affected())
}

directory_store!(Sqlite, SqliteConnection);
outbox_store!(Sqlite, SqliteConnection, SETTLE);
exchange_store!(Sqlite, SqliteConnection);

impl Store for Sqlite {
    fn load<'a>(
        &'a self,
        keys: &'a [MessageKey],
        exchanges: &'a [ExchangeId],
    ) -> BoxFuture<'a, Result<Known, StoreError>> {
        Box::pin(async move {
            let keys: Vec<KeyRow> = keys.iter().map(KeyRow::from).collect();
            let messages = self.by_keys(&keys).await?;
            let mut exchanges = self.exchanges(exchanges).await?;
            let wholes: Vec<ExchangeId> = exchanges.iter().filter_map(|exchange| exchange.parent).collect();
            if !wholes.is_empty() {
                exchanges.extend(self.exchanges(&wholes).await?);
            }
            Ok(Known {
                messages: messages.into_iter().map(|message| (message.record.key.clone(), message)).collect(),
                exchanges: exchanges.into_iter().map(|exchange| (exchange.correlation_id, exchange)).collect(),
            })
        })
    }

    fn record<'a>(&'a self, writes: &'a Writes) -> BoxFuture<'a, Result<Recorded, StoreError>> {
        Box::pin(async move {
            let messages: Vec<MessageRow> = writes.messages.iter().map(MessageRow::new).collect::<Result<_, _>>()?;
            let dispatches: Vec<DispatchRow> = writes.dispatches.iter().map(DispatchRow::from).collect();
            let exchanges: Vec<ExchangeRow> =
                writes.exchanges.iter().map(ExchangeRow::new).collect::<Result<_, _>>()?;
            let (opened, moved): (Vec<_>, Vec<_>) = exchanges.into_iter().partition(ExchangeRow::is_new);
            let log: Vec<LogRow> = writes.log.iter().map(LogRow::new).collect::<Result<_, _>>()?;
            let events: Vec<EventRow<'_>> = writes.events.iter().map(EventRow::from).collect();
            let mut transaction = self.begin().await?;
            let mut written = execute(&mut transaction, INSERT_MESSAGES, rows::json(&messages)?).await?;
            let mut wanted = messages.len() as u64;
            for (sql, rows) in [(INSERT_EXCHANGES, opened), (UPDATE_EXCHANGES, moved)] {
                if !rows.is_empty() {
                    written += execute(&mut transaction, sql, rows::json(&rows)?).await?;
                    wanted += rows.len() as u64;
                }
            }
            if written != wanted {
                transaction.rollback().await?;
                return Ok(Recorded::Conflict);
            }
            if !log.is_empty() {
                execute(&mut transaction, INSERT_LOG, rows::json(&log)?).await?;
            }
            if !dispatches.is_empty() {
                execute(&mut transaction, INSERT_DISPATCHES, rows::json(&dispatches)?).await?;
            }
            if !events.is_empty() {
                execute(&mut transaction, INSERT_EVENTS, rows::json(&events)?).await?;
            }
            for set in &writes.directory {
                if change_directory(&mut transaction, set).await? == Recorded::Conflict {
                    transaction.rollback().await?;
                    return Ok(Recorded::Conflict);
                }
            }
            fill_outbox(&mut transaction, &writes.outbox).await?;
            collect(&mut transaction, writes).await?;
            transaction.commit().await?;
            Ok(Recorded::Durable)
        })
    }

    fn settle<'a>(&'a self, settlements: &'a [Settlement]) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async move {
            let rows: Vec<SettlementRow<'_>> = settlements.iter().map(SettlementRow::from).collect();
            self.run(SETTLE, rows::json(&rows)?).await
        })
    }

    fn retrieve<'a>(&'a self, report: &'a RetrievalReport) -> BoxFuture<'a, Result<Vec<StoredMessage>, StoreError>> {
        Box::pin(async move {
            let rows = rows::json(&rows::retrieval_rows(report))?;
            let touched: Vec<DispatchRow> = sqlx::query_as(RETRIEVE)
                .bind(rows)
                .bind(rows::json(&report.recipients)?)
                .bind(rows::milliseconds(report.at))
                .fetch_all(&self.writer)
                .await?;
            let keys = rows::json(&touched)?;
            let messages = sqlx::query_as(LOAD_MESSAGES).bind(keys).fetch_all(&self.readers).await?;
            rows::join(messages, touched)
        })
    }

    fn note<'a>(&'a self, events: &'a [Event]) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async move {
            let rows: Vec<EventRow<'_>> = events.iter().map(EventRow::from).collect();
            self.run(INSERT_EVENTS, rows::json(&rows)?).await
        })
    }

    fn stories(&self, id: Uuid) -> BoxFuture<'_, Result<Vec<Story>, StoreError>> {
        Box::pin(async move {
            let keys: Vec<KeyRow> = sqlx::query_as(
                "SELECT participant, message_id FROM messages WHERE message_id = ?1 OR correlation_id = ?1
                 ORDER BY received_at, sequence LIMIT 1000",
            )
            .bind(id.to_string())
            .fetch_all(&self.readers)
            .await?;
            let mut messages = self.by_keys(&keys).await?;
            messages.sort_by_key(|message| (message.record.received_at, message.record.position));
            let events: Vec<EventFound> = sqlx::query_as(
                "SELECT ev.* FROM json_each(?1) k JOIN events ev ON ev.message_id = k.value ->> 'message_id'
                 AND ev.participant = k.value ->> 'participant' ORDER BY ev.id LIMIT 10000",
            )
            .bind(rows::json(&keys)?)
            .fetch_all(&self.readers)
            .await?;
            let ids: Vec<ExchangeId> =
                messages.iter().filter_map(|message| message.record.position).map(|(id, _)| id).collect();
            let exchanges = self.exchanges(&ids).await?;
            let mut logs = Vec::new();
            for exchange in &exchanges {
                logs.extend(self.log_of(exchange.correlation_id).await?);
            }
            rows::stories(messages, exchanges, events, &logs)
        })
    }

    fn awaiting<'a>(&'a self, authorities: &'a [AuthorityId]) -> BoxFuture<'a, Result<Vec<Awaiting>, StoreError>> {
        Box::pin(async move {
            let found: Vec<ExchangeRow> =
                sqlx::query_as(AWAITING).bind(rows::json(authorities)?).fetch_all(&self.readers).await?;
            found.into_iter().map(ExchangeRow::awaiting).collect()
        })
    }

    fn overview(&self) -> BoxFuture<'_, Result<Overview, StoreError>> {
        Box::pin(async move {
            let (accepted, rejected): (i64, i64) =
                sqlx::query_as("SELECT count(*) - count(rejection) - count(failure), count(rejection) FROM messages")
                    .fetch_one(&self.readers)
                    .await?;
            let dispatches: (i64, i64, i64, i64) =
                sqlx::query_as(rows::COUNT_DISPATCHES).fetch_one(&self.readers).await?;
            let exchanges =
                sqlx::query_as("SELECT state, count(*) FROM exchanges GROUP BY state").fetch_all(&self.readers).await?;
            let waiting = sqlx::query_as(rows::WAITING).fetch_all(&self.readers).await?;
            rows::overview((accepted, rejected), dispatches, exchanges, waiting)
        })
    }

    fn ping(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async move {
            sqlx::query("SELECT 1").execute(&self.readers).await?;
            Ok(())
        })
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            self.readers.close().await;
            self.writer.close().await;
        })
    }
}
