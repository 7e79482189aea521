//! One suite for both stores: what the trait promises holds on SQLite and on PostgreSQL.

use crate::{
    store_exchanges,
    support::{Cluster, folder, trial},
};
use gateway::{
    config,
    directory::change::{ChangeSet, Record, Snapshot},
    exchange::{Exchange, Member},
    store::{
        self, DispatchRecord, DispatchState, Event, ExchangeChange, MessageKey, MessageRecord, OutboxEntry,
        OutboxOutcome, OutboxProperties, Recorded, RetrievalReport, Settlement, Store, Writes,
    },
};
use jiff::Timestamp;
use libtest_mimic::Trial;
use schemas::wire::{AuthorityId, ExchangeId, MessageId, PartyName, Rejection, RejectionCode, Violation};
use simulators::network::StoreChoice;
use std::{collections::BTreeSet, sync::Arc};
use uuid::Uuid;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial("store_conformance::sqlite_keeps_the_promises_of_the_trait", sqlite),
        trial("store_conformance::postgresql_keeps_the_promises_of_the_trait", postgres),
        trial("store_conformance::the_network_on_postgresql_survives_a_kill", network_on_postgres),
    ]
}

async fn sqlite() {
    let dir = folder("conformance-sqlite");
    conformance(&format!("sqlite:{}", dir.join("store.db").display())).await;
}

async fn postgres() {
    let cluster = Cluster::start("conformance");
    conformance(&cluster.url()).await;
}

async fn network_on_postgres() {
    let cluster = Cluster::start("kill");
    crate::crash::survives_kills("kill-postgres", StoreChoice::Postgres(cluster.url())).await;
}

async fn conformance(url: &str) {
    let settings = config::Store { url: url.into(), ..config::Store::default() };
    let store = store::open(&settings).await.expect("opened");
    what_is_recorded_is_known(&store).await;
    a_conflict_writes_nothing(&store).await;
    the_first_fact_stays(&store).await;
    only_a_recipient_retrieves(&store).await;
    rejections_come_back_whole(&store).await;
    stories_tell_everything(&store).await;
    concurrent_openings_of_one_exchange_leave_one(&store).await;
    the_directory_is_the_sum_of_its_events(&store).await;
    what_the_hub_sends_waits_until_it_is_delivered(&store).await;
    store_exchanges::logs_come_back_as_they_were_written(&store).await;
    store_exchanges::deadlines_are_found_in_their_order(&store).await;
    store_exchanges::what_is_collected_goes_when_it_was_used(&store).await;
    store.close().await;
    let again = store::open(&settings).await.expect("opened again: migrations bear repetition");
    assert!(again.overview().await.expect("totals").accepted > 0, "what was recorded is still there");
    again.close().await;
}

pub(crate) fn at(milliseconds: i64) -> Timestamp {
    Timestamp::from_millisecond(1_700_000_000_000 + milliseconds).expect("in range")
}

pub(crate) fn key() -> MessageKey {
    MessageKey { participant: Some("PL-BACKOFFICE".parse().expect("a name")), message_id: Uuid::new_v4() }
}

pub(crate) fn exchange(sequence: u32) -> Exchange {
    Exchange {
        correlation_id: ExchangeId(Uuid::new_v4()),
        area: "imi-pq".parse().expect("an area"),
        workflow: "information-request".parse().expect("a workflow"),
        test: false,
        state: "SENT".into(),
        awaits: Some(party("responder")),
        members: vec![member("PL-NIA-PHARM", "requester"), member("UK-GPHC", "responder")],
        former: vec!["UK-GMC".parse().expect("an authority")],
        sequence,
        revision: 0,
        opened_at: at(0),
        changed_at: at(0),
        clocks: Vec::new(),
        ended_by: None,
        questions: vec!["q1".into()],
        parent: None,
        parts: Vec::new(),
        links: BTreeSet::new(),
    }
}

fn party(name: &str) -> PartyName {
    name.parse().expect("a party")
}

fn member(authority: &str, name: &str) -> Member {
    Member { authority: authority.parse().expect("an authority"), party: party(name) }
}

pub(crate) fn responder() -> AuthorityId {
    "UK-GPHC".parse().expect("an authority")
}

pub(crate) fn message(key: &MessageKey, exchange: &Exchange) -> MessageRecord {
    MessageRecord {
        key: key.clone(),
        claimed_message_id: None,
        claimed_correlation_id: Some(exchange.correlation_id.to_string()),
        position: Some((exchange.correlation_id, exchange.sequence)),
        message_type: Some("imi-pq/information-request@1".parse().expect("a type")),
        sender: Some("PL-NIA-PHARM".parse().expect("an authority")),
        fingerprint: "f".repeat(64),
        content_sha256: "a".repeat(64),
        size_bytes: 2048,
        test: false,
        deadline: Some("2030-01-31".into()),
        received_at: at(0),
        rejection: None,
        failure: None,
    }
}

/// A request from PL-NIA-PHARM to UK-GPHC that opens an exchange.
fn opening() -> (MessageKey, Exchange, Writes) {
    let (key, exchange) = (key(), exchange(1));
    let writes = Writes {
        messages: vec![message(&key, &exchange)],
        dispatches: vec![DispatchRecord::pending(key.clone(), responder())],
        exchanges: vec![ExchangeChange { sequence_before: 0, exchange: exchange.clone() }],
        ..Writes::default()
    };
    (key, exchange, writes)
}

async fn opened(store: &Arc<dyn Store>) -> (MessageKey, Exchange) {
    let (key, exchange, writes) = opening();
    assert_eq!(store.record(&writes).await.expect("recorded"), Recorded::Durable);
    (key, exchange)
}

async fn dispatch(store: &Arc<dyn Store>, key: &MessageKey) -> DispatchRecord {
    let known = store.load(std::slice::from_ref(key), &[]).await.expect("loaded");
    known.messages[key].dispatches[0].clone()
}

async fn what_is_recorded_is_known(store: &Arc<dyn Store>) {
    let (key, exchange, writes) = opening();
    let keys = [key.clone(), self::key()];
    let before = store.load(&keys, &[exchange.correlation_id]).await.expect("loaded");
    assert!(before.messages.is_empty() && before.exchanges.is_empty());
    assert_eq!(store.record(&writes).await.expect("recorded"), Recorded::Durable);
    let known = store.load(&keys, &[exchange.correlation_id]).await.expect("loaded");
    assert_eq!(known.messages.len(), 1);
    assert_eq!(known.messages[&key].record, writes.messages[0], "what comes back is what was written");
    assert_eq!(known.messages[&key].dispatches, writes.dispatches);
    assert_eq!(known.exchanges[&exchange.correlation_id], exchange);
    assert_eq!(store.load(&[], &[]).await.expect("nothing is a question too").messages.len(), 0);
}

async fn a_conflict_writes_nothing(store: &Arc<dyn Store>) {
    let (key, exchange) = opened(store).await;
    // The same message again, beside a new one: neither is written.
    let (fresh, _, mut writes) = opening();
    writes.messages.push(message(&key, &exchange));
    assert_eq!(store.record(&writes).await.expect("answered"), Recorded::Conflict);
    assert!(store.load(&[fresh], &[]).await.expect("loaded").messages.is_empty(), "a conflict wrote something");
    // An exchange that moved meanwhile.
    let moved =
        Exchange { state: "ANSWERED".into(), awaits: Some(party("requester")), sequence: 2, ..exchange.clone() };
    let step = |key: &MessageKey, exchange: &Exchange| Writes {
        messages: vec![message(key, exchange)],
        exchanges: vec![ExchangeChange { sequence_before: 1, exchange: exchange.clone() }],
        ..Writes::default()
    };
    assert_eq!(store.record(&step(&self::key(), &moved)).await.expect("answered"), Recorded::Durable);
    let late = self::key();
    let other = Exchange { state: "WITHDRAWN".into(), awaits: None, ..moved.clone() };
    assert_eq!(store.record(&step(&late, &other)).await.expect("answered"), Recorded::Conflict);
    let known = store.load(&[late], &[exchange.correlation_id]).await.expect("loaded");
    assert!(known.messages.is_empty());
    assert_eq!(known.exchanges[&exchange.correlation_id], moved, "the faster one stands");
}

async fn the_first_fact_stays(store: &Arc<dyn Store>) {
    let (key, _) = opened(store).await;
    let settle = async |at, failure: Option<&str>| {
        let settlement = Settlement { key: key.clone(), recipient: responder(), at, failure: failure.map(Into::into) };
        store.settle(&[settlement]).await.expect("settled");
    };
    assert_eq!(dispatch(store, &key).await.state(), DispatchState::Pending);
    settle(at(5), None).await;
    settle(at(9), None).await;
    assert_eq!(dispatch(store, &key).await.delivered_at, Some(at(5)), "a second delivery changes nothing");
    let (failed, _) = opened(store).await;
    let settlement =
        Settlement { key: failed.clone(), recipient: responder(), at: at(7), failure: Some("no queue".into()) };
    store.settle(&[settlement]).await.expect("settled");
    assert_eq!(dispatch(store, &failed).await.failed, Some((at(7), "no queue".into())));
    assert_eq!(dispatch(store, &failed).await.state(), DispatchState::Failed);
    store.settle(&[]).await.expect("nothing to settle");
}

async fn only_a_recipient_retrieves(store: &Arc<dyn Store>) {
    let (key, _) = opened(store).await;
    let id = MessageId(key.message_id);
    let report = |recipient: &str, from: Option<&str>, at| RetrievalReport {
        messages: vec![(id, from.map(|from| from.parse().expect("an authority"))), (MessageId(Uuid::new_v4()), None)],
        recipients: vec!["UK-OTHER".parse().expect("an authority"), recipient.parse().expect("an authority")],
        at,
    };
    assert!(
        store.retrieve(&report("DE-RP-DARMSTADT", None, at(8))).await.expect("answered").is_empty(),
        "not its mailbox"
    );
    assert!(
        store.retrieve(&report("UK-GPHC", Some("FR-X"), at(8))).await.expect("answered").is_empty(),
        "not its sender"
    );
    for (from, time) in [(Some("PL-NIA-PHARM"), at(9)), (None, at(12))] {
        let touched = store.retrieve(&report("UK-GPHC", from, time)).await.expect("answered");
        assert_eq!(touched.len(), 1, "a repetition is answered again");
        assert_eq!(touched[0].record.key, key);
        assert_eq!(touched[0].dispatches[0].retrieved_at, Some(at(9)), "the first report stays");
    }
    // A report may overtake the record of delivery.
    let settlement = Settlement { key: key.clone(), recipient: responder(), at: at(20), failure: None };
    store.settle(&[settlement]).await.expect("settled");
    let dispatch = dispatch(store, &key).await;
    assert_eq!((dispatch.state(), dispatch.delivered_at), (DispatchState::Retrieved, Some(at(9))));
}

async fn rejections_come_back_whole(store: &Arc<dyn Store>) {
    let key = MessageKey { participant: None, message_id: Uuid::new_v4() };
    let violation = Violation {
        rule: "cvc-type.3.1.3".into(),
        message: "‘π’ is no date".into(),
        xpath: Some("/a[1]/b[2]".into()),
        pointer: None,
        line: Some(3),
        column: Some(14),
    };
    let rejection = Rejection {
        violations: vec![violation],
        ..Rejection::new(RejectionCode::SchemaViolation, "it breaks ‘the’ schema")
    };
    let record = MessageRecord {
        claimed_message_id: Some("no uuid: ‘Ж’".into()),
        position: None,
        message_type: None,
        sender: None,
        deadline: None,
        test: true,
        rejection: Some(rejection),
        ..message(&key, &exchange(1))
    };
    let writes = Writes { messages: vec![record.clone()], ..Writes::default() };
    assert_eq!(store.record(&writes).await.expect("recorded"), Recorded::Durable);
    assert_eq!(store.load(std::slice::from_ref(&key), &[]).await.expect("loaded").messages[&key].record, record);
}

async fn stories_tell_everything(store: &Arc<dyn Store>) {
    let (key, exchange) = opened(store).await;
    let event = Event { key: key.clone(), at: at(3), kind: "attempt-failed", detail: "no queue".into() };
    store.note(&[event]).await.expect("noted");
    let by_message = store.stories(key.message_id).await.expect("told");
    let by_exchange = store.stories(exchange.correlation_id.0).await.expect("told");
    assert_eq!(by_message, by_exchange);
    assert_eq!(by_message[0].events, [(at(3), "attempt-failed".to_owned(), "no queue".to_owned())]);
    assert_eq!(by_message[0].exchange.as_ref(), Some(&exchange));
    assert!(store.stories(Uuid::new_v4()).await.expect("told").is_empty());
    let overview = store.overview().await.expect("totals");
    assert!(
        overview.pending > 0 && overview.retrieved > 0 && overview.failed > 0 && overview.rejected > 0,
        "{overview:?}"
    );
    assert!(overview.exchanges["SENT"] > 0, "{overview:?}");
}

async fn concurrent_openings_of_one_exchange_leave_one(store: &Arc<dyn Store>) {
    let (_, exchange, _) = opening();
    let mut racing = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let (store, exchange, key) = (Arc::clone(store), exchange.clone(), key());
        racing.spawn(async move {
            let writes = Writes {
                messages: vec![message(&key, &exchange)],
                exchanges: vec![ExchangeChange { sequence_before: 0, exchange }],
                ..Writes::default()
            };
            store.record(&writes).await.expect("answered")
        });
    }
    let outcomes = racing.join_all().await;
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == Recorded::Durable).count(), 1, "{outcomes:?}");
}

fn participant(id: &str, name: &str) -> Record {
    let record = serde_json::json!({ "id": id, "country": "PL", "name": name });
    Record::Participant(serde_json::from_value(record).expect("a participant"))
}

async fn the_directory_is_the_sum_of_its_events(store: &Arc<dyn Store>) {
    let Snapshot { version, directory } = store.directory().await.expect("read");
    assert_eq!((version, directory.is_empty()), (0, true));
    let change = |snapshot: &Snapshot, records: Vec<Record>| {
        let (_, changes) = snapshot.directory.plan(records, at(0)).expect("no fault");
        ChangeSet { based_on: snapshot.version, at: at(7), actor: "somebody".into(), reason: None, changes }
    };
    let empty = Snapshot { version, directory };
    let first = change(&empty, vec![participant("PL-ONE", "One"), participant("PL-TWO", "Two")]);
    assert_eq!(store.change_directory(&first).await.expect("recorded"), Recorded::Durable);
    // Another one who decided on the same picture is told to look again, and leaves nothing behind.
    let late = change(&empty, vec![participant("PL-THREE", "Three")]);
    assert_eq!(store.change_directory(&late).await.expect("answered"), Recorded::Conflict);
    let second = store.directory().await.expect("read");
    assert_eq!((second.version, second.directory.participants().count()), (2, 2));
    let renamed = change(&second, vec![participant("PL-ONE", "Eins"), participant("PL-TWO", "Two")]);
    assert_eq!(renamed.changes.len(), 1, "what stays the same is no change");
    // Within a batch of messages too, and only with the whole batch.
    let (_, _, writes) = opening();
    let writes = Writes { directory: vec![renamed], ..writes };
    assert_eq!(store.record(&writes).await.expect("recorded"), Recorded::Durable);
    let (key, _, again) = opening();
    let again = Writes { directory: writes.directory, ..again };
    assert_eq!(store.record(&again).await.expect("answered"), Recorded::Conflict);
    assert!(store.load(&[key], &[]).await.expect("read").messages.is_empty(), "the whole batch was given up");

    let events = store.audit_since(0).await.expect("read");
    assert_eq!(events.iter().map(|event| event.version).collect::<Vec<_>>(), [1, 2, 3]);
    let mut replayed = gateway::directory::Directory::default();
    events.iter().for_each(|event| replayed.apply(&event.change));
    let now = store.directory().await.expect("read").directory;
    assert_eq!(replayed.records().collect::<Vec<_>>(), now.records().collect::<Vec<_>>());
    let last = store.audit_of("PL-ONE", 1).await.expect("read").pop().expect("the last event");
    assert_eq!((last.at, last.actor.as_str()), (at(7), "somebody"));
    assert_eq!(last.change.before, Some(participant("PL-ONE", "One")));
    assert_eq!(last.change.after, Some(participant("PL-ONE", "Eins")));
}

async fn what_the_hub_sends_waits_until_it_is_delivered(store: &Arc<dyn Store>) {
    let (request, exchange, writes) = opening();
    let key = MessageKey { participant: Some("IMI-GATEWAY".parse().expect("a name")), message_id: Uuid::new_v4() };
    let entry = OutboxEntry {
        key: key.clone(),
        recipient: "PL-NIA-PHARM".parse().expect("an authority"),
        properties: OutboxProperties {
            message_type: "registers/authority-search-result@1".parse().expect("a type"),
            correlation_id: exchange.correlation_id,
            sequence: 2,
            content_type: schemas::wire::ContentType::Json,
            from: "EU-REGISTERS".parse().expect("an authority"),
            content_sha256: "b".repeat(64),
            traceparent: None,
        },
        body: "{\"Τέστ\":1}".as_bytes().to_vec(),
        created_at: at(1),
        attempts: 0,
    };
    let answer = MessageRecord { key: key.clone(), received_at: at(1), ..message(&request, &exchange) };
    let mut writes = writes;
    writes.messages.push(answer);
    writes.dispatches.push(entry.dispatch());
    writes.outbox.push(entry.clone());
    assert_eq!(store.record(&writes).await.expect("recorded"), Recorded::Durable);

    let claim = async |now, until| store.claim_outbox(at(now), at(until), 10).await.expect("claimed");
    assert_eq!(claim(10, 20).await, std::slice::from_ref(&entry));
    assert_eq!(claim(15, 25).await, [], "another hub has it");
    assert_eq!(claim(20, 30).await, std::slice::from_ref(&entry), "who has it did not deliver it in time");
    let recipient = entry.recipient.clone();
    let postponed = OutboxOutcome::Postponed { key: key.clone(), recipient: recipient.clone(), until: at(40) };
    store.end_outbox(&[postponed]).await.expect("recorded");
    assert_eq!(claim(35, 36).await, []);
    assert_eq!(claim(40, 50).await, [OutboxEntry { attempts: 1, ..entry }]);
    let settlement = Settlement { key: key.clone(), recipient, at: at(45), failure: None };
    store.end_outbox(&[OutboxOutcome::Settled(settlement)]).await.expect("recorded");
    assert_eq!(claim(1_000, 2_000).await, [], "what is delivered is kept no longer");
    let known = store.load(std::slice::from_ref(&key), &[]).await.expect("read");
    assert_eq!(known.messages[&key].dispatches[0].delivered_at, Some(at(45)));
}
