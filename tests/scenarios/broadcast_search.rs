//! Broadcast searches: one state asks thirty, and gets one answer that says for each of them what it said, or that it did not
//! (Implementing Regulations (EU) 2016/480 and 2016/68, Annexes I and VI).

use crate::support::{
    Clock, Function, GOOD_REPUTE, ISSUED_CARDS, JSON_STATE, STATES, State, Submission, contact, eventually, header,
    inhabit, options, root, trial,
};
use gateway::{
    config,
    exchange::Cause,
    store::{self, Store, StoredMessage},
};
use lapin::message::BasicGetMessage;
use libtest_mimic::Trial;
use schemas::{
    area::{AreaVersion, Areas},
    validate::{Job, Limits, Validator},
    wire::{ContentType, ExchangeId, Outcome, RejectionCode},
};
use serde_json::Value;
use simulators::network::Network;
use std::{collections::BTreeMap, sync::Arc};

/// What the hub waits for answers, in seconds.
const WAITS: i64 = 18;
const HUB: &str = "EU-IMI-HUB";
const SILENT: [&str; 3] = ["BG", "CY", "MT"];
const LATE: [&str; 2] = ["EL", "UK"];
const GARBLED: &str = "HR";
const FINDERS: [&str; 3] = ["FR", "IT", "NO"];

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial("broadcast_search::silence_lateness_and_garbage_each_show_in_the_one_answer", not_all),
        trial("broadcast_search::when_all_have_answered_nobody_waits_and_searches_do_not_mix", all_and_two),
        trial("broadcast_search::a_kill_amid_the_answers_loses_none_and_doubles_none", killed),
    ]
}

/// Thirty-one states, and what judges what they are sent.
struct Union {
    network: Network,
    clock: Clock,
    states: Vec<State>,
    areas: Arc<Areas>,
    validator: Validator,
}

/// What the consolidated answer says of one state.
#[derive(Debug, PartialEq, Eq)]
struct Said {
    status: String,
    remark: String,
    found: bool,
}

impl Union {
    async fn start(name: &str) -> Self {
        let mut options = options(name);
        inhabit(&mut options, &["erru:responder", "tachonet:responder"]);
        let clock = Clock::of(&mut options);
        let network = Network::start(options).await.unwrap_or_else(|error| panic!("{}", simulators::chain(&error)));
        let states = State::all(&network).await;
        let areas = Arc::new(Areas::load(&root().join("schemas")).unwrap_or_else(|error| panic!("{error}")));
        let validator = Validator::new(Arc::clone(&areas), Limits::default()).expect("a thread");
        Self { network, clock, states, areas, validator }
    }

    fn state(&mut self, country: &str) -> &mut State {
        self.states.iter_mut().find(|state| state.country == country).expect("one of the thirty-one")
    }

    async fn store(&self) -> Arc<dyn Store> {
        let url = format!("sqlite:{}", self.network.dir().join("gateway.db").display());
        store::open(&config::Store { url, ..config::Store::default() }).await.expect("opened")
    }

    /// Publishes, and returns what the hub decided.
    async fn send(&mut self, country: &str, submission: &Submission) -> (Outcome, Option<RejectionCode>) {
        let receipt = self.state(country).office.refused(submission).await.receipt;
        (receipt.outcome, receipt.code)
    }

    async fn accepted(&mut self, country: &str, submission: &Submission) {
        assert_eq!(self.send(country, submission).await, (Outcome::Accepted, None), "{country}");
    }

    /// A search that has reached everybody; the deadline does not pass until the clock is set. Returns the search keys.
    async fn search(&mut self, country: &str, function: Function, search: &Submission) -> String {
        self.accepted(country, search).await;
        self.clock.back_an_hour();
        let mut keys = Vec::new();
        for state in self.states.iter().filter(|state| state.country != country) {
            let request = state.next().await;
            assert_eq!(request.properties.correlation_id().as_ref().map(ToString::to_string), search.correlation_id);
            assert_eq!(header(&request, "imi-from"), Some(contact(country)));
            assert_eq!(header(&request, "imi-to"), Some(contact(state.country)));
            assert!(header(&request, "imi-deadline").is_some());
            let in_json = kind_of(&request) == ContentType::Json;
            assert_eq!(in_json, state.country == JSON_STATE, "{}", state.country);
            keys.push(header(&request, "imi-search-keys").expect("the hub computes the keys"));
        }
        keys.dedup();
        assert_eq!(
            (keys.len(), search_of(function, &keys[0]).is_empty()),
            (1, false),
            "the same keys for all: {keys:?}"
        );
        keys.remove(0)
    }

    /// A state's answer, in the spelling that it prefers.
    fn reply(&self, function: Function, country: &str, search: &Submission, remark: &str) -> Submission {
        let status = if FINDERS.contains(&country) { "Found" } else { "NotFound" };
        let mut reply = function.reply(country, search, status, remark);
        if country == JSON_STATE {
            let mapping = self.areas.version(&kind(function, function.answer)).and_then(AreaVersion::mapping);
            reply.body = mapping.expect("two spellings").to_json(&reply.body, &Limits::default()).expect("converted");
            reply.content_type = Some("application/json".into());
        }
        reply
    }

    /// Everybody of these answers in time.
    async fn answer(&mut self, function: Function, search: &Submission, countries: &[&str]) {
        for country in countries {
            let reply = self.reply(function, country, search, &format!("{country} says"));
            self.accepted(country, &reply).await;
        }
    }

    /// The consolidated answer in the mailbox of who asked: its state, and what it says of each. It keeps its schema.
    async fn consolidated(&mut self, country: &str, function: Function, search: &Submission) -> Consolidated {
        let message = self.state(country).next().await;
        assert_eq!(
            message.properties.kind().as_ref().map(ToString::to_string),
            Some(function.kind(function.consolidated))
        );
        assert_eq!(message.properties.correlation_id().as_ref().map(ToString::to_string), search.correlation_id);
        assert_eq!(header(&message, "imi-from").as_deref(), Some(HUB));
        let (message_type, content_type) = (kind(function, function.consolidated), kind_of(&message));
        let mut body = message.data.clone();
        let verdict =
            self.validator.judge(Job { message_type: message_type.clone(), content_type, body: body.clone() });
        verdict.unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&message.data)));
        if content_type == ContentType::Xml {
            let mapping = self.areas.version(&message_type).and_then(AreaVersion::mapping).expect("two spellings");
            body = mapping.to_json(&body, &Limits::default()).expect("converted");
        }
        let document: Value = serde_json::from_slice(&body).expect("JSON");
        Consolidated::read(&document, content_type)
    }

    /// Waits until the store, too, knows that the consolidated answer was delivered: a kill before costs a repetition.
    async fn settled(&self, search: &Submission) {
        let store = self.store().await;
        eventually("the delivery is recorded", async || {
            let stories = store.stories(exchange(search).0).await.expect("read");
            let own = stories.iter().map(|story| &story.message).filter(|message| sender(message) == HUB);
            own.flat_map(|own| &own.dispatches).any(|dispatch| dispatch.delivered_at.is_some()).then_some(())
        })
        .await;
        store.close().await;
    }

    /// What the store says of a search that has ended: who was sent what, and that nothing is kept of what was collected.
    async fn assert_discreet(&self, search: &Submission, requester: &str) {
        let store = self.store().await;
        let id = exchange(search);
        assert!(store.collection(id).await.expect("read").documents.is_empty(), "what was collected is gone");
        let stories = store.stories(id.0).await.expect("read");
        let mut own = 0;
        for story in &stories {
            let sender = sender(&story.message);
            let to: Vec<_> = story.message.dispatches.iter().map(|dispatch| dispatch.recipient.to_string()).collect();
            match sender.as_str() {
                HUB => {
                    own += 1;
                    assert_eq!(to, [contact(requester)]);
                }
                sender if sender == contact(requester) => assert_eq!(to.len(), STATES.len() - 1),
                _ => assert!(to.is_empty(), "what {sender} answered went to {to:?}"),
            }
        }
        assert_eq!(own, 1, "one answer, and nothing else, comes from the hub");
        store.close().await;
    }

    /// Nobody has anything more in the mailbox.
    async fn assert_nothing_left(&self) {
        for state in &self.states {
            let left = state.left().await;
            assert!(
                left.is_none(),
                "{} was sent something else: {:?}",
                state.country,
                left.map(|left| left.properties.clone())
            );
        }
    }
}

struct Consolidated {
    content_type: ContentType,
    status: String,
    case: Option<String>,
    said: BTreeMap<String, Said>,
}

impl Consolidated {
    fn read(document: &Value, content_type: ContentType) -> Self {
        let root = document.as_object().and_then(|root| root.values().next()).expect("a root");
        let text = |value: &Value, name: &str| value[name].as_str().map(ToOwned::to_owned);
        let entries = root["NationalResult"].as_array().expect("entries");
        let said = entries.iter().map(|entry| {
            let said = Said {
                status: text(entry, "StatusCode").expect("a status"),
                remark: text(entry, "StatusMessage").unwrap_or_default(),
                found: entry.get("FoundManager").or(entry.get("IssuedCard")).is_some(),
            };
            (text(entry, "Country").expect("a country"), said)
        });
        let said: BTreeMap<String, Said> = said.collect();
        assert_eq!(said.len(), entries.len(), "one entry for each state");
        let case = text(root, "BusinessCaseId").or(text(root, "Reference"));
        Self { content_type, status: text(root, "StatusCode").expect("a status"), case, said }
    }
}

fn kind(function: Function, message: &str) -> schemas::wire::MessageType {
    function.kind(message).parse().expect("a type")
}

fn kind_of(message: &BasicGetMessage) -> ContentType {
    let written = message.properties.content_type().as_ref().expect("a content type").to_string();
    if written == "application/json" { ContentType::Json } else { ContentType::Xml }
}

fn sender(message: &StoredMessage) -> String {
    message.record.sender.as_ref().map(ToString::to_string).unwrap_or_default()
}

fn exchange(search: &Submission) -> ExchangeId {
    search.correlation_id.as_deref().and_then(|id| id.parse().ok()).expect("an exchange")
}

/// The keys of the name that a function searches by.
fn search_of(function: Function, keys: &str) -> Vec<String> {
    let keys: BTreeMap<String, Vec<String>> = serde_json::from_str(keys).expect("keys by path");
    keys[function.name].clone()
}

/// As the documents of both areas spell countries.
fn spelled(country: &str) -> &str {
    match country {
        "EL" => "GR",
        "UK" => "GB",
        other => other,
    }
}

fn others(of: &str) -> Vec<&'static str> {
    STATES.into_iter().filter(|country| *country != of).collect()
}

fn answered(country: &str) -> Said {
    let found = FINDERS.contains(&country);
    Said { status: if found { "Found" } else { "NotFound" }.into(), remark: format!("{country} says"), found }
}

fn missing(status: &str, remark: &str) -> Said {
    Said { status: status.into(), remark: remark.into(), found: false }
}

async fn not_all() {
    let mut union = Union::start("broadcast").await;
    for (place, (function, requester)) in [(GOOD_REPUTE, "DE"), (ISSUED_CARDS, "AT")].into_iter().enumerate() {
        // Where the former search has left the hub's clock.
        let ahead = WAITS * i64::try_from(place).expect("small");
        union.clock.ahead(ahead);
        not_all_of(&mut union, function, requester, ahead).await;
    }
    union.network.stop().await;
}

async fn not_all_of(union: &mut Union, function: Function, requester: &'static str, ahead: i64) {
    let search = function.search(requester, "CASE-1", "Müller");
    union.search(requester, function, &search).await;
    let mut wanted = BTreeMap::new();
    for country in others(requester) {
        let said = if SILENT.contains(&country) || LATE.contains(&country) {
            missing("Timeout", "No answer within the time limit")
        } else if country == GARBLED {
            let garbage = function.reply(country, &search, "Perhaps", "who knows");
            let refused = (Outcome::Rejected, Some(RejectionCode::SchemaViolation));
            assert_eq!(union.send(country, &garbage).await, refused);
            missing("InvalidFormat", "What it answered breaks the rules and was refused")
        } else {
            union.answer(function, &search, &[country]).await;
            answered(country)
        };
        wanted.insert(spelled(country).to_owned(), said);
    }
    assert_eq!(wanted.len(), 30);
    union.clock.ahead(ahead + WAITS);
    let answer = union.consolidated(requester, function, &search).await;
    assert_eq!(answer.said, wanted);
    assert_eq!((answer.status.as_str(), answer.case.as_deref()), ("Found", Some("CASE-1")));
    for country in LATE {
        let late = union.reply(function, country, &search, "late");
        assert_eq!(union.send(country, &late).await, (Outcome::Rejected, Some(RejectionCode::DeadlinePassed)));
    }
    union.assert_nothing_left().await;
    union.assert_discreet(&search, requester).await;
}

async fn all_and_two() {
    let mut union = Union::start("broadcast-all").await;
    for function in [GOOD_REPUTE, ISSUED_CARDS] {
        union.clock.ahead(0);
        // The requester that prefers JSON searches, too.
        let (one, other) =
            (function.search("DE", "CASE-1", "Müller"), function.search(JSON_STATE, "CASE-2", "Mueller"));
        let keys = union.search("DE", function, &one).await;
        let keys_of_other = union.search(JSON_STATE, function, &other).await;
        assert_eq!(keys, keys_of_other, "one name, however it is spelled");
        for country in STATES {
            for (search, requester) in [(&one, "DE"), (&other, JSON_STATE)].into_iter().filter(|(_, of)| *of != country)
            {
                let reply = union.reply(function, country, search, &format!("{country} says to {requester}"));
                union.accepted(country, &reply).await;
            }
        }
        for (search, requester, case) in [(&one, "DE", "CASE-1"), (&other, JSON_STATE, "CASE-2")] {
            let answer = union.consolidated(requester, function, search).await;
            assert_eq!(answer.content_type == ContentType::Json, requester == JSON_STATE);
            assert_eq!(answer.case.as_deref(), Some(case));
            let wanted = others(requester).into_iter().map(|country| {
                let remark = format!("{country} says to {requester}");
                (spelled(country).to_owned(), Said { remark, ..answered(country) })
            });
            assert_eq!(answer.said, wanted.collect::<BTreeMap<_, _>>());
            union.assert_discreet(search, requester).await;
            assert_at_once(&union, search).await;
        }
        union.assert_nothing_left().await;
    }
    union.network.stop().await;
}

/// Nobody was waited for: the hub consolidated what nobody owed any more.
async fn assert_at_once(union: &Union, search: &Submission) {
    let store = union.store().await;
    let log = store.log_of(exchange(search)).await.expect("read");
    let (last, before) = log.split_last().expect("entries");
    let Cause::Deadline { due, awaited, .. } = &last.cause else { panic!("{last:?}") };
    assert!(awaited.is_empty(), "{awaited:?}");
    assert_eq!(Some(*due), before.last().map(|entry| entry.at), "due when the last answer came");
    store.close().await;
}

async fn killed() {
    let mut union = Union::start("broadcast-killed").await;
    let half = STATES.len() / 2;
    let (whole, partly) = (GOOD_REPUTE.search("DE", "CASE-1", "Müller"), ISSUED_CARDS.search("AT", "CASE-2", "Müller"));
    union.search("DE", GOOD_REPUTE, &whole).await;
    union.search("AT", ISSUED_CARDS, &partly).await;
    let (answers_whole, answers_partly) = (others("DE"), others("AT"));
    union.answer(GOOD_REPUTE, &whole, &answers_whole[..half]).await;
    union.answer(ISSUED_CARDS, &partly, &answers_partly[..half]).await;
    // These the broker has, and the hub may or may not have got to some of them.
    for country in &answers_whole[half..] {
        let reply = union.reply(GOOD_REPUTE, country, &whole, &format!("{country} says"));
        assert!(union.state(country).office.publish(&reply).await.expect("published").is_ack());
    }
    union.network.kill_gateway();
    union.network.start_gateway().await.expect("started again");
    union.network.wait_ready().await.expect("ready again");
    let answer = union.consolidated("DE", GOOD_REPUTE, &whole).await;
    let all = answers_whole.iter().map(|country| (spelled(country).to_owned(), answered(country)));
    assert_eq!(answer.said, all.collect::<BTreeMap<_, _>>());
    union.settled(&whole).await;
    union.network.kill_gateway();
    // The second search was accepted an hour ago, as the hub's clock was set.
    union.clock.ahead(WAITS - 3600);
    union.network.start_gateway().await.expect("started again");
    let answer = union.consolidated("AT", ISSUED_CARDS, &partly).await;
    let wanted = answers_partly.iter().enumerate().map(|(place, country)| {
        let said = if place < half { answered(country) } else { missing("Timeout", "No answer within the time limit") };
        (spelled(country).to_owned(), said)
    });
    assert_eq!(answer.said, wanted.collect::<BTreeMap<_, _>>());
    union.assert_nothing_left().await;
    union.assert_discreet(&whole, "DE").await;
    union.assert_discreet(&partly, "AT").await;
    union.network.stop().await;
}
