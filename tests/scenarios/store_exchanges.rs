//! What both stores keep of exchanges besides where they stand: logs, deadlines, what is collected. Part of the conformance
//! suite (`store_conformance`).

use crate::store_conformance::{at, exchange, key, message, responder};
use gateway::{
    exchange::{Cause, Change, Clock, Entry, Exchange, Origin, Relation},
    store::{Collected, Collection, ExchangeChange, MessageRecord, Recorded, Store, Writes},
};
use schemas::wire::{ContentType, ExchangeId, Rejection, RejectionCode};
use std::sync::Arc;
use uuid::Uuid;

fn entry(exchange: &Exchange, sequence: u32) -> Entry {
    let cause = Cause::Relative { exchange: exchange.correlation_id, relation: Relation::Linked };
    let change = Change { linked: vec![exchange.correlation_id], ..Change::default() };
    Entry { exchange: exchange.correlation_id, sequence, at: at(i64::from(sequence)), cause, change }
}

fn opened(exchange: &Exchange) -> Writes {
    Writes {
        exchanges: vec![ExchangeChange { sequence_before: 0, exchange: exchange.clone() }],
        log: vec![entry(exchange, 1)],
        ..Writes::default()
    }
}

/// A log comes back as it was written, in order, and an exchange with its whole.
pub(crate) async fn logs_come_back_as_they_were_written(store: &Arc<dyn Store>) {
    let whole = exchange(1);
    let part = Exchange { parent: Some(whole.correlation_id), ..exchange(1) };
    for one in [&whole, &part] {
        assert_eq!(store.record(&opened(one)).await.expect("recorded"), Recorded::Durable);
    }
    let moved = Exchange { sequence: 2, ..whole.clone() };
    let writes = Writes {
        exchanges: vec![ExchangeChange { sequence_before: 1, exchange: moved.clone() }],
        log: vec![entry(&whole, 2)],
        ..Writes::default()
    };
    assert_eq!(store.record(&writes).await.expect("recorded"), Recorded::Durable);
    assert_eq!(store.record(&writes).await.expect("answered"), Recorded::Conflict, "nobody writes an entry twice");
    let log = store.log_of(whole.correlation_id).await.expect("read");
    assert_eq!(log, [entry(&whole, 1), entry(&whole, 2)]);
    let known = store.load(&[], &[part.correlation_id]).await.expect("loaded");
    assert_eq!(known.exchanges[&whole.correlation_id], moved, "a part comes with its whole");
    let before = ExchangeId(Uuid::from_u128(whole.correlation_id.0.as_u128() - 1));
    assert_eq!(store.exchanges_after(Some(before), 1).await.expect("a page"), [moved]);
    let logs = store.logs_between(Some(before), whole.correlation_id).await.expect("read");
    assert_eq!(logs, log, "the log of the one after, up to and with itself");
    let everything = store.logs_between(None, ExchangeId(Uuid::max())).await.expect("read");
    assert!(everything.is_sorted_by_key(|entry| (entry.exchange, entry.sequence)) && everything.len() > log.len());
}

/// What is due comes in the order in which it passed, and what comes next is known.
pub(crate) async fn deadlines_are_found_in_their_order(store: &Arc<dyn Store>) {
    let clock = |due: i64| Clock {
        deadline: "probe".into(),
        origin: Origin::Area,
        since: 1,
        due: at(due),
        awaited: vec![responder()],
    };
    let with = |due: &[i64]| Exchange { clocks: due.iter().map(|due| clock(*due)).collect(), ..exchange(1) };
    let (late, early, later) = (with(&[90, 20]), with(&[10]), with(&[70]));
    for one in [&late, &early, &later] {
        store.record(&opened(one)).await.expect("recorded");
    }
    assert!(store.due(at(9), 10).await.expect("asked").exchanges.is_empty());
    let due = store.due(at(50), 10).await.expect("asked");
    assert_eq!((due.exchanges, due.next), (vec![early.clone(), late], Some(at(70))));
    assert_eq!(store.due(at(80), 1).await.expect("asked").exchanges, [early]);
}

/// What is collected comes back once, with who was refused for what he sent, and goes when it is needed no longer.
pub(crate) async fn what_is_collected_goes_when_it_was_used(store: &Arc<dyn Store>) {
    let exchange = exchange(1);
    let document = Collected {
        exchange: exchange.correlation_id,
        authority: responder(),
        message: "check-issued-cards-response".parse().expect("a name"),
        content_type: ContentType::Json,
        body: b"{}\0\xFF".to_vec(),
    };
    let refused = |code, sender: &str| MessageRecord {
        position: None,
        sender: Some(sender.parse().expect("an authority")),
        rejection: Some(Rejection::new(code, "no")),
        ..message(&key(), &exchange)
    };
    let messages = vec![
        refused(RejectionCode::SchemaViolation, "RO-B"),
        refused(RejectionCode::RuleViolation, "RO-B"),
        refused(RejectionCode::WrongState, "SK-B"),
    ];
    let writes = Writes { collected: vec![document.clone(), document.clone()], messages, ..opened(&exchange) };
    store.record(&writes).await.expect("recorded");
    let found = store.collection(exchange.correlation_id).await.expect("read");
    let wanted = Collection { documents: vec![document], refused: vec!["RO-B".parse().expect("an authority")] };
    assert_eq!(found, wanted, "a late answer says nothing of its content");
    store.record(&Writes { discarded: vec![exchange.correlation_id], ..Writes::default() }).await.expect("recorded");
    assert!(store.collection(exchange.correlation_id).await.expect("read").documents.is_empty());
}
