//! The directory's tables: the same statements for every database, so they are written once.

use super::{StoreError, rows};
use crate::directory::{
    Authority, Directory, Participant, Register,
    change::{AuditEvent, Change, ChangeSet, Key, Record, Snapshot},
};
use serde::de::DeserializeOwned;
use std::sync::Arc;

/// Most audit events that one question is answered with.
pub(super) const MOST_EVENTS: i64 = 10_000;

pub(super) const VERSION: &str = "SELECT coalesce(max(version), 0) FROM directory_audit";
pub(super) const RECORDS: &str = "SELECT kind, id, record FROM directory";
pub(super) const PUT: &str = "INSERT INTO directory (kind, id, record) VALUES ($1, $2, $3)
    ON CONFLICT (kind, id) DO UPDATE SET record = excluded.record";
pub(super) const REMOVE: &str = "DELETE FROM directory WHERE kind = $1 AND id = $2";
pub(super) const AUDIT: &str = "INSERT INTO directory_audit (version, at, actor, reason, kind, id, was, became)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING";
pub(super) const EVENTS_SINCE: &str = "SELECT * FROM directory_audit WHERE version > $1 ORDER BY version LIMIT $2";
pub(super) const EVENTS_OF: &str = "SELECT * FROM directory_audit WHERE ($1 = '' OR id = $1)
    ORDER BY version DESC LIMIT $2";

#[derive(sqlx::FromRow)]
pub(super) struct AuditRow {
    version: i64,
    at: i64,
    actor: String,
    reason: Option<String>,
    kind: String,
    id: String,
    was: Option<String>,
    became: Option<String>,
}

impl AuditRow {
    pub(super) fn event(self) -> Result<AuditEvent, StoreError> {
        let record = |text: Option<String>| text.map(|text| record(&self.kind, &text)).transpose();
        let (before, after) = (record(self.was)?, record(self.became)?);
        Ok(AuditEvent {
            version: u64::try_from(self.version).map_err(StoreError::new)?,
            at: rows::timestamp(self.at)?,
            actor: self.actor,
            reason: self.reason,
            change: Change { key: key(&self.kind, &self.id)?, before, after },
        })
    }
}

/// Binds of one audit event.
pub(super) struct AuditBinds {
    pub(super) version: i64,
    pub(super) at: i64,
    pub(super) kind: &'static str,
    pub(super) id: String,
    pub(super) was: Option<String>,
    pub(super) became: Option<String>,
}

pub(super) fn binds(set: &ChangeSet) -> Result<Vec<AuditBinds>, StoreError> {
    let based_on = i64::try_from(set.based_on).map_err(StoreError::new)?;
    let text = |record: &Option<Record>| record.as_ref().map(spelled).transpose();
    (1..)
        .zip(&set.changes)
        .map(|(position, change)| {
            Ok(AuditBinds {
                version: based_on + position,
                at: rows::milliseconds(set.at),
                kind: change.key.kind(),
                id: change.key.id().to_owned(),
                was: text(&change.before)?,
                became: text(&change.after)?,
            })
        })
        .collect()
}

pub(super) fn snapshot(version: i64, found: Vec<(String, String, String)>) -> Result<Snapshot, StoreError> {
    let mut directory = Directory::default();
    for (kind, _, text) in found {
        directory.put(record(&kind, &text)?);
    }
    Ok(Snapshot { version: u64::try_from(version).map_err(StoreError::new)?, directory: Arc::new(directory) })
}

fn spelled(record: &Record) -> Result<String, StoreError> {
    match record {
        Record::Participant(participant) => serde_json::to_string(participant),
        Record::Authority(authority) => serde_json::to_string(authority),
        Record::Register(register) => serde_json::to_string(register),
    }
    .map_err(StoreError::new)
}

fn record(kind: &str, text: &str) -> Result<Record, StoreError> {
    match kind {
        "participant" => parsed::<Participant>(text).map(Record::Participant),
        "authority" => parsed::<Authority>(text).map(Record::Authority),
        "register" => parsed::<Register>(text).map(Record::Register),
        other => Err(StoreError::new(format!("a damaged row: {other} is no kind of record"))),
    }
}

fn key(kind: &str, id: &str) -> Result<Key, StoreError> {
    let damaged = |error| StoreError::new(format!("a damaged row: {error}"));
    match kind {
        "participant" => id.parse().map(Key::Participant).map_err(damaged),
        "authority" => id.parse().map(Key::Authority).map_err(damaged),
        _ => Ok(Key::Register(id.to_owned())),
    }
}

fn parsed<T: DeserializeOwned>(text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|error| StoreError::new(format!("a damaged row: {error}")))
}

/// Implements [`super::DirectoryStore`] for one database: sqlx has no type that is both, and its generic bounds would say
/// less clearly what happens. The store has `readers` (a pool) and `begin` (a transaction that may write).
macro_rules! directory_store {
    ($store:ty, $connection:ty) => {
        /// Applies changes within the transaction of the caller, who must give it up on a conflict.
        async fn change_directory(connection: &mut $connection, set: &ChangeSet) -> Result<Recorded, StoreError> {
            for binds in directory::binds(set)? {
                let done = match &binds.became {
                    Some(record) => sqlx::query(directory::PUT).bind(binds.kind).bind(&binds.id).bind(record),
                    None => sqlx::query(directory::REMOVE).bind(binds.kind).bind(&binds.id),
                };
                done.execute(&mut *connection).await?;
                let audit = sqlx::query(directory::AUDIT)
                    .bind(binds.version)
                    .bind(binds.at)
                    .bind(&set.actor)
                    .bind(&set.reason)
                    .bind(binds.kind)
                    .bind(binds.id)
                    .bind(binds.was)
                    .bind(binds.became);
                if audit.execute(&mut *connection).await?.rows_affected() != 1 {
                    return Ok(Recorded::Conflict);
                }
            }
            Ok(Recorded::Durable)
        }

        impl DirectoryStore for $store {
            fn directory(&self) -> BoxFuture<'_, Result<Snapshot, StoreError>> {
                Box::pin(async move {
                    let mut reading = self.readers.begin().await?;
                    let version: i64 = sqlx::query_scalar(directory::VERSION).fetch_one(&mut *reading).await?;
                    let records = sqlx::query_as(directory::RECORDS).fetch_all(&mut *reading).await?;
                    directory::snapshot(version, records)
                })
            }

            fn directory_version(&self) -> BoxFuture<'_, Result<u64, StoreError>> {
                Box::pin(async move {
                    let version: i64 = sqlx::query_scalar(directory::VERSION).fetch_one(&self.readers).await?;
                    u64::try_from(version).map_err(StoreError::new)
                })
            }

            fn audit_since(&self, version: u64) -> BoxFuture<'_, Result<Vec<AuditEvent>, StoreError>> {
                Box::pin(async move {
                    let version = i64::try_from(version).map_err(StoreError::new)?;
                    let found: Vec<directory::AuditRow> = sqlx::query_as(directory::EVENTS_SINCE)
                        .bind(version)
                        .bind(directory::MOST_EVENTS)
                        .fetch_all(&self.readers)
                        .await?;
                    found.into_iter().map(directory::AuditRow::event).collect()
                })
            }

            fn audit_of<'a>(&'a self, id: &'a str, most: u32) -> BoxFuture<'a, Result<Vec<AuditEvent>, StoreError>> {
                Box::pin(async move {
                    let found: Vec<directory::AuditRow> = sqlx::query_as(directory::EVENTS_OF)
                        .bind(id)
                        .bind(i64::from(most))
                        .fetch_all(&self.readers)
                        .await?;
                    found.into_iter().rev().map(directory::AuditRow::event).collect()
                })
            }

            fn change_directory<'a>(&'a self, set: &'a ChangeSet) -> BoxFuture<'a, Result<Recorded, StoreError>> {
                Box::pin(async move {
                    let mut transaction = self.begin().await?;
                    let recorded = change_directory(&mut transaction, set).await?;
                    match recorded {
                        Recorded::Durable => transaction.commit().await?,
                        Recorded::Conflict => transaction.rollback().await?,
                    }
                    Ok(recorded)
                })
            }
        }
    };
}
pub(super) use directory_store;
