//! Rows: the store's vocabulary as plain columns, the same for every database.

use super::{
    DispatchRecord, Event, MessageKey, MessageRecord, Overview, RetrievalReport, Settlement, StoreError, StoredMessage,
    Story, Waiting,
};
use crate::exchange::{Cause, Entry, Exchange};
use jiff::Timestamp;
use schemas::wire::ExchangeId;
use serde::{Serialize, de::DeserializeOwned};
use std::collections::HashMap;

pub(super) fn milliseconds(at: Timestamp) -> i64 {
    at.as_millisecond()
}

pub(super) fn timestamp(milliseconds: i64) -> Result<Timestamp, StoreError> {
    Timestamp::from_millisecond(milliseconds).map_err(|error| StoreError::new(format!("a damaged row: {error}")))
}

/// A list of rows as the one JSON parameter of a bulk statement.
pub(super) fn json<T: Serialize>(rows: &[T]) -> Result<String, StoreError> {
    serde_json::to_string(rows).map_err(StoreError::new)
}

fn parsed<T: DeserializeOwned>(text: String) -> Result<T, StoreError> {
    serde_json::from_value(serde_json::Value::String(text))
        .map_err(|error| StoreError::new(format!("a damaged row: {error}")))
}

#[derive(Serialize, sqlx::FromRow)]
pub(super) struct KeyRow {
    pub(super) participant: String,
    pub(super) message_id: String,
}

impl From<&MessageKey> for KeyRow {
    fn from(key: &MessageKey) -> Self {
        let participant = key.participant.as_ref().map_or_else(String::new, ToString::to_string);
        Self { participant, message_id: key.message_id.to_string() }
    }
}

impl KeyRow {
    pub(super) fn key(self) -> Result<MessageKey, StoreError> {
        let participant = if self.participant.is_empty() { None } else { Some(parsed(self.participant)?) };
        Ok(MessageKey { participant, message_id: parsed(self.message_id)? })
    }
}

#[derive(Serialize, sqlx::FromRow)]
pub(super) struct MessageRow {
    participant: String,
    message_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    claimed_message_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    claimed_correlation_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    correlation_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sequence: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sender: Option<String>,
    fingerprint: String,
    content_sha256: String,
    size_bytes: i64,
    test: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    deadline: Option<String>,
    received_at: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    rejection: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<String>,
}

impl MessageRow {
    pub(super) fn new(record: &MessageRecord) -> Result<Self, StoreError> {
        let KeyRow { participant, message_id } = KeyRow::from(&record.key);
        Ok(Self {
            participant,
            message_id,
            claimed_message_id: record.claimed_message_id.clone(),
            claimed_correlation_id: record.claimed_correlation_id.clone(),
            correlation_id: record.position.map(|(exchange, _)| exchange.to_string()),
            sequence: record.position.map(|(_, sequence)| sequence.into()),
            message_type: record.message_type.as_ref().map(ToString::to_string),
            sender: record.sender.as_ref().map(ToString::to_string),
            fingerprint: record.fingerprint.clone(),
            content_sha256: record.content_sha256.clone(),
            size_bytes: i64::try_from(record.size_bytes).map_err(StoreError::new)?,
            test: record.test,
            deadline: record.deadline.clone(),
            received_at: milliseconds(record.received_at),
            rejection: record.rejection.as_ref().map(serde_json::to_string).transpose().map_err(StoreError::new)?,
            failure: record.failure.clone(),
        })
    }

    fn record(self) -> Result<MessageRecord, StoreError> {
        let position = match (self.correlation_id, self.sequence) {
            (Some(exchange), Some(sequence)) => {
                Some((parsed(exchange)?, u32::try_from(sequence).map_err(StoreError::new)?))
            }
            _ => None,
        };
        Ok(MessageRecord {
            key: KeyRow { participant: self.participant, message_id: self.message_id }.key()?,
            claimed_message_id: self.claimed_message_id,
            claimed_correlation_id: self.claimed_correlation_id,
            position,
            message_type: self.message_type.map(parsed).transpose()?,
            sender: self.sender.map(parsed).transpose()?,
            fingerprint: self.fingerprint,
            content_sha256: self.content_sha256,
            size_bytes: u64::try_from(self.size_bytes).map_err(StoreError::new)?,
            test: self.test,
            deadline: self.deadline,
            received_at: timestamp(self.received_at)?,
            rejection: self.rejection.map(|text| serde_json::from_str(&text)).transpose().map_err(StoreError::new)?,
            failure: self.failure,
        })
    }
}

#[derive(Serialize, sqlx::FromRow)]
pub(super) struct DispatchRow {
    message_id: String,
    participant: String,
    recipient: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    delivered_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retrieved_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failed_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<String>,
}

impl From<&DispatchRecord> for DispatchRow {
    fn from(dispatch: &DispatchRecord) -> Self {
        let KeyRow { participant, message_id } = KeyRow::from(&dispatch.key);
        Self {
            message_id,
            participant,
            recipient: dispatch.recipient.to_string(),
            delivered_at: dispatch.delivered_at.map(milliseconds),
            retrieved_at: dispatch.retrieved_at.map(milliseconds),
            failed_at: dispatch.failed.as_ref().map(|(at, _)| milliseconds(*at)),
            failure: dispatch.failed.as_ref().map(|(_, why)| why.clone()),
        }
    }
}

impl DispatchRow {
    fn record(self) -> Result<DispatchRecord, StoreError> {
        Ok(DispatchRecord {
            key: KeyRow { participant: self.participant, message_id: self.message_id }.key()?,
            recipient: parsed(self.recipient)?,
            delivered_at: self.delivered_at.map(timestamp).transpose()?,
            retrieved_at: self.retrieved_at.map(timestamp).transpose()?,
            failed: match self.failed_at {
                Some(at) => Some((timestamp(at)?, self.failure.unwrap_or_default())),
                None => None,
            },
        })
    }
}

/// Puts dispatches to their messages.
pub(super) fn join(messages: Vec<MessageRow>, dispatches: Vec<DispatchRow>) -> Result<Vec<StoredMessage>, StoreError> {
    let mut by_key: HashMap<MessageKey, Vec<DispatchRecord>> = HashMap::new();
    for row in dispatches {
        let dispatch = row.record()?;
        by_key.entry(dispatch.key.clone()).or_default().push(dispatch);
    }
    messages
        .into_iter()
        .map(|row| {
            let record = row.record()?;
            let dispatches = by_key.remove(&record.key).unwrap_or_default();
            Ok(StoredMessage { record, dispatches })
        })
        .collect()
}

#[derive(Serialize)]
pub(super) struct EventRow<'a> {
    participant: String,
    message_id: String,
    at: i64,
    kind: &'a str,
    detail: &'a str,
}

impl<'a> From<&'a Event> for EventRow<'a> {
    fn from(event: &'a Event) -> Self {
        let KeyRow { participant, message_id } = KeyRow::from(&event.key);
        Self { participant, message_id, at: milliseconds(event.at), kind: event.kind, detail: &event.detail }
    }
}

#[derive(Serialize)]
pub(super) struct SettlementRow<'a> {
    participant: String,
    message_id: String,
    recipient: &'a str,
    delivered_at: Option<i64>,
    failed_at: Option<i64>,
    failure: Option<&'a str>,
}

impl<'a> From<&'a Settlement> for SettlementRow<'a> {
    fn from(settlement: &'a Settlement) -> Self {
        let KeyRow { participant, message_id } = KeyRow::from(&settlement.key);
        let at = milliseconds(settlement.at);
        let failure = settlement.failure.as_deref();
        Self {
            participant,
            message_id,
            recipient: settlement.recipient.as_str(),
            delivered_at: failure.is_none().then_some(at),
            failed_at: failure.map(|_| at),
            failure,
        }
    }
}

#[derive(Serialize)]
pub(super) struct RetrievalRow<'a> {
    message_id: String,
    sender: Option<&'a str>,
}

pub(super) fn retrieval_rows(report: &RetrievalReport) -> Vec<RetrievalRow<'_>> {
    report
        .messages
        .iter()
        .map(|(message_id, sender)| RetrievalRow {
            message_id: message_id.to_string(),
            sender: sender.as_ref().map(schemas::wire::AuthorityId::as_str),
        })
        .collect()
}

#[derive(sqlx::FromRow)]
pub(super) struct EventFound {
    pub(super) at: i64,
    pub(super) kind: String,
    pub(super) detail: String,
    #[sqlx(flatten)]
    pub(super) key: KeyRow,
}

/// Puts events and exchanges to their messages.
pub(super) fn stories(
    messages: Vec<StoredMessage>,
    exchanges: Vec<Exchange>,
    events: Vec<EventFound>,
    logs: &[Entry],
) -> Result<Vec<Story>, StoreError> {
    let mut by_key: HashMap<MessageKey, Vec<(Timestamp, String, String)>> = HashMap::new();
    for event in events {
        by_key.entry(event.key.key()?).or_default().push((timestamp(event.at)?, event.kind, event.detail));
    }
    let exchanges: HashMap<_, _> = exchanges.into_iter().map(|exchange| (exchange.correlation_id, exchange)).collect();
    let positions: Vec<(ExchangeId, u32)> = messages.iter().filter_map(|message| message.record.position).collect();
    Ok(messages
        .into_iter()
        .map(|message| Story {
            exchange: message.record.position.and_then(|(id, _)| exchanges.get(&id)).cloned(),
            events: by_key.remove(&message.record.key).unwrap_or_default(),
            passed: passed(message.record.position, &positions, logs),
            message,
        })
        .collect())
}

/// The deadlines that passed in a message's exchange after it and before the next message.
fn passed(position: Option<(ExchangeId, u32)>, positions: &[(ExchangeId, u32)], logs: &[Entry]) -> Vec<Entry> {
    let Some((exchange, sequence)) = position else { return Vec::new() };
    let others = positions.iter().filter(|(other, place)| *other == exchange && *place > sequence);
    let next = others.map(|(_, place)| *place).min().unwrap_or(u32::MAX);
    // A notice of the hub's stands at the entry of its deadline.
    let between = |entry: &&Entry| entry.exchange == exchange && (sequence..next).contains(&entry.sequence);
    let deadlines = logs.iter().filter(|entry| matches!(entry.cause, Cause::Deadline { .. }));
    deadlines.filter(between).cloned().collect()
}

/// Pending, delivered, retrieved, failed: as [`DispatchRecord::state`] tells them apart.
pub(super) const COUNT_DISPATCHES: &str = "SELECT
    count(CASE WHEN retrieved_at IS NULL AND failed_at IS NULL AND delivered_at IS NULL THEN 1 END),
    count(CASE WHEN retrieved_at IS NULL AND failed_at IS NULL AND delivered_at IS NOT NULL THEN 1 END),
    count(retrieved_at), count(CASE WHEN retrieved_at IS NULL THEN failed_at END) FROM dispatches";

/// The hundred recipients that have most to collect.
pub(super) const WAITING: &str = "SELECT recipient, count(*), min(delivered_at) FROM dispatches
    WHERE delivered_at IS NOT NULL AND retrieved_at IS NULL AND failed_at IS NULL
    GROUP BY recipient ORDER BY count(*) DESC, recipient LIMIT 100";

pub(super) fn overview(
    (accepted, rejected): (i64, i64),
    (pending, delivered, retrieved, failed): (i64, i64, i64, i64),
    exchanges: Vec<(String, i64)>,
    waiting: Vec<(String, i64, i64)>,
) -> Result<Overview, StoreError> {
    let count = |value: i64| u64::try_from(value).map_err(StoreError::new);
    let waiting = waiting.into_iter().map(|(recipient, messages, oldest)| {
        Ok(Waiting { recipient, messages: count(messages)?, oldest_delivered_at: timestamp(oldest)? })
    });
    Ok(Overview {
        accepted: count(accepted)?,
        rejected: count(rejected)?,
        pending: count(pending)?,
        delivered: count(delivered)?,
        retrieved: count(retrieved)?,
        failed: count(failed)?,
        exchanges: exchanges
            .into_iter()
            .map(|(state, number)| Ok((state, count(number)?)))
            .collect::<Result<_, StoreError>>()?,
        waiting: waiting.collect::<Result<_, StoreError>>()?,
    })
}
