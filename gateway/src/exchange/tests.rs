//! What every workflow does, by example.

mod properties;

use super::*;
use jiff::SignedDuration;
use schemas::{
    area::{Area, Areas, MessageDefinition},
    wire::{ExchangeId, RejectionCode},
    workflow::Workflow,
};
use std::{
    collections::{BTreeMap, HashMap},
    path::Path,
    sync::{Arc, OnceLock},
};
use uuid::Uuid;

/// The project's own packs, loaded once.
fn areas() -> &'static Areas {
    static AREAS: OnceLock<Areas> = OnceLock::new();
    AREAS.get_or_init(|| {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../schemas");
        Areas::load(&root).unwrap_or_else(|error| panic!("{error}"))
    })
}

fn id(text: &str) -> AuthorityId {
    text.parse().expect("an authority id")
}

fn exchange_id(number: u128) -> ExchangeId {
    ExchangeId(Uuid::from_u128(number))
}

/// Every country has one coordinator, `XX-COORD`; none where it begins with Z.
struct World;

impl Around for World {
    fn country(&self, authority: &AuthorityId) -> Option<&str> {
        // The countries that the tests use, so that the answer outlives the question.
        ["PL", "UK", "AT", "RO", "SE", "FI", "DE", "HU", "SK", "EU", "ZZ"]
            .into_iter()
            .find(|country| authority.as_str().starts_with(country))
    }

    fn coordinators(&self, of: &AuthorityId, _area: &Area) -> Vec<AuthorityId> {
        let country = &of.as_str()[..2];
        let coordinator = id(&format!("{country}-COORD"));
        if country == "ZZ" || coordinator == *of { Vec::new() } else { vec![coordinator] }
    }
}

/// One or several exchanges of an area, their logs, and a clock.
struct Case {
    area: &'static Area,
    workflow: Arc<Workflow>,
    known: HashMap<ExchangeId, Exchange>,
    logs: BTreeMap<ExchangeId, Vec<Entry>>,
    now: Timestamp,
    messages: u128,
}

/// A message to send: its exchange, sender, recipients, and what is read from it.
struct Sent<'a> {
    exchange: u128,
    from: &'a str,
    to: &'a [&'a str],
    texts: BTreeMap<String, Vec<String>>,
}

impl Case {
    fn new(area: &str, workflow: &str) -> Self {
        let area = areas().area(&area.parse().expect("an area")).expect("shipped");
        let workflow = areas().workflow(&workflow.parse().expect("a workflow")).expect("shipped").clone();
        let now = "2011-02-21T09:00:00Z".parse().expect("a time");
        Self { area, workflow, known: HashMap::new(), logs: BTreeMap::new(), now, messages: 0 }
    }

    /// The area's own message for an action, or one made up where the area has none.
    fn definition(&self, action: &str) -> MessageDefinition {
        let of_area = |definition: &&MessageDefinition| definition.workflow == self.workflow.id;
        let mut definitions = self.area.messages.iter().filter(of_area);
        let found = definitions.find(|definition| definition.action.as_str() == action);
        let mut definition = found.or(self.area.messages.first()).expect("an area has messages").clone();
        definition.workflow = self.workflow.id.clone();
        definition.action = action.parse().expect("an action");
        if found.is_none() {
            definition.message_type.message = format!("made-up-{action}").parse().expect("a name");
            definition.reads = schemas::area::Reads::default();
        }
        definition
    }

    fn send_as(&mut self, sent: &Sent<'_>, definition: &MessageDefinition) -> Result<Vec<AuthorityId>, RejectionCode> {
        self.messages += 1;
        let (from, to) = (id(sent.from), sent.to.iter().map(|text| id(text)).collect::<Vec<_>>());
        let event = Event {
            correlation_id: exchange_id(sent.exchange),
            definition,
            participant: None,
            message_id: Uuid::from_u128(1 << 64 | self.messages),
            from: &from,
            to: &to,
            copies: &[],
            test: false,
            texts: &sent.texts,
            at: self.now,
        };
        let law = Law { areas: areas(), area: self.area, workflow: &self.workflow };
        let advance = advance(&law, &World, &self.known, &event).map_err(|rejection| rejection.code)?;
        let recipients = advance.recipients.clone();
        for (exchange, entry) in advance.all() {
            self.logs.entry(entry.exchange).or_default().push(entry);
            self.known.insert(exchange.correlation_id, exchange);
        }
        Ok(recipients)
    }

    fn send(&mut self, from: &str, action: &str, to: &[&str]) -> Result<Vec<AuthorityId>, RejectionCode> {
        let definition = self.definition(action);
        self.send_as(&Sent { exchange: 1, from, to, texts: BTreeMap::new() }, &definition)
    }

    /// Moves the clock, and lets pass what is due then.
    fn wait(&mut self, seconds: i64) -> Vec<deadline::Passed> {
        self.now += SignedDuration::from_secs(seconds);
        let mut passed = Vec::new();
        let ids: Vec<ExchangeId> = self.known.keys().copied().collect();
        for exchange in ids {
            while let Some(one) = self.pass(exchange) {
                passed.push(one);
            }
        }
        passed
    }

    fn pass(&mut self, exchange: ExchangeId) -> Option<deadline::Passed> {
        let before = self.known.get(&exchange)?;
        let clock = before.clocks.iter().filter(|clock| clock.due <= self.now).min_by_key(|clock| clock.due)?;
        let law = Law { areas: areas(), area: self.area, workflow: &self.workflow };
        let passed = deadline::pass(&law, &World, before, clock, self.now).expect("a clock of the exchange");
        let relatives = of_passing(&law, &self.known, before, &passed);
        for (exchange, entry) in std::iter::once((passed.exchange.clone(), passed.entry.clone())).chain(relatives) {
            self.logs.entry(entry.exchange).or_default().push(entry);
            self.known.insert(exchange.correlation_id, exchange);
        }
        Some(passed)
    }

    fn exchange(&self) -> &Exchange {
        &self.known[&exchange_id(1)]
    }

    fn state(&self) -> &str {
        &self.exchange().state
    }
}

fn ids(names: &[&str]) -> Result<Vec<AuthorityId>, RejectionCode> {
    Ok(names.iter().map(|name| id(name)).collect())
}

const DAY: i64 = 86_400;

#[test]
fn a_request_is_accepted_answered_asked_more_and_closed() {
    let mut case = Case::new("imi-pq", "information-request");
    assert_eq!(case.send("PL-A", "open", &["UK-B"]), ids(&["UK-B"]));
    assert_eq!(case.send("UK-B", "accept", &[]), ids(&["PL-A"]));
    assert_eq!(case.send("UK-B", "reply", &["PL-A"]), ids(&["PL-A"]));
    assert_eq!(case.send("PL-A", "request-more", &[]), ids(&["UK-B"]));
    assert_eq!(case.send("UK-B", "reply", &[]), ids(&["PL-A"]));
    assert_eq!(case.send("PL-A", "close", &[]), ids(&["UK-B"]));
    assert_eq!(case.state(), "CLOSED");
    assert_eq!((case.exchange().sequence, case.exchange().awaited().len(), case.exchange().clocks.len()), (6, 0, 0));
}

#[test]
fn who_forwards_a_request_loses_it_and_the_requester_is_informed() {
    let mut case = Case::new("imi-pq", "information-request");
    case.send("AT-A", "open", &["RO-B"]).expect("opened");
    assert_eq!(case.send("RO-B", "forward", &["RO-C"]), ids(&["RO-C", "AT-A"]));
    assert_eq!(case.send("RO-B", "accept", &[]), Err(RejectionCode::NotPermitted));
    assert_eq!(case.exchange().former, [id("RO-B")]);
    assert_eq!(case.send("RO-C", "accept", &[]), ids(&["AT-A"]));
}

#[test]
fn a_refused_request_goes_to_the_coordinator_who_hands_it_on() {
    let mut case = Case::new("imi-pq", "information-request");
    case.send("AT-A", "open", &["RO-B"]).expect("opened");
    assert_eq!(case.send("RO-B", "refuse", &["RO-COORD"]), ids(&["RO-COORD", "AT-A"]));
    assert_eq!(case.send("RO-COORD", "forward", &["RO-C"]), ids(&["RO-C", "AT-A"]));
    assert_eq!(case.send("RO-C", "accept", &[]), ids(&["AT-A"]));
}

#[test]
fn a_coordinator_steps_in_only_for_its_own_side() {
    let mut case = Case::new("imi-pq", "information-request");
    case.send("AT-A", "open", &["RO-B"]).expect("opened");
    assert_eq!(case.send("SE-COORD", "comment", &[]), Err(RejectionCode::NotPermitted));
    assert_eq!(case.send("AT-COORD", "forward", &["RO-C"]), Err(RejectionCode::WrongState));
    assert_eq!(case.send("AT-COORD", "remind", &[]), ids(&["RO-B"]));
    assert_eq!(case.send("RO-COORD", "forward", &["RO-C"]), ids(&["RO-C", "AT-A"]));
    assert!(case.exchange().involves(&id("AT-COORD")) && case.exchange().involves(&id("RO-COORD")));
}

#[test]
fn a_disagreement_is_for_the_coordinators_and_the_responders_one_decides() {
    let mut case = Case::new("imi-pq", "information-request");
    for (from, action, to) in [("AT-A", "open", &["RO-B"][..]), ("RO-B", "accept", &[]), ("RO-B", "reply", &[])] {
        case.send(from, action, to).expect(action);
    }
    assert_eq!(case.send("AT-A", "refer", &[]), ids(&["RO-B", "AT-COORD", "RO-COORD"]));
    assert_eq!(case.exchange().awaited(), [&id("RO-COORD")]);
    assert_eq!(case.send("RO-B", "uphold", &[]), Err(RejectionCode::WrongState));
    assert_eq!(case.send("RO-COORD", "reopen", &[]), ids(&["AT-A", "RO-B", "AT-COORD"]));
    assert_eq!(case.state(), "MORE_INFO_REQUESTED");
}

#[test]
fn nobody_is_left_waiting_for_a_coordinator_that_does_not_exist() {
    let mut case = Case::new("imi-pq", "information-request");
    for (from, action, to) in [("AT-A", "open", &["ZZ-B"][..]), ("ZZ-B", "accept", &[]), ("ZZ-B", "reply", &[])] {
        case.send(from, action, to).expect(action);
    }
    assert_eq!(case.send("AT-A", "refer", &[]), Err(RejectionCode::NotPermitted));
    assert_eq!(case.state(), "ANSWERED");
}

#[test]
fn a_request_that_needs_approval_reaches_the_responder_only_then() {
    let mut case = Case::new("imi-pq", "information-request");
    assert_eq!(case.send("AT-A", "submit", &["AT-COORD"]), ids(&["AT-COORD"]));
    assert_eq!(case.send("AT-COORD", "return", &[]), ids(&["AT-A"]));
    assert_eq!(case.send("AT-A", "resubmit", &[]), ids(&["AT-COORD"]));
    assert_eq!(case.send("AT-COORD", "approve", &["RO-B"]), ids(&["RO-B", "AT-A"]));
    assert_eq!(case.send("RO-B", "accept", &[]), ids(&["AT-A"]));
}

#[test]
fn whoever_is_not_awaited_gets_a_reason() {
    let mut case = Case::new("imi-pq", "information-request");
    assert_eq!(case.send("UK-B", "reply", &[]), Err(RejectionCode::UnknownExchange));
    assert_eq!(case.send("PL-A", "open", &[]), Err(RejectionCode::MalformedMetadata));
    assert_eq!(case.send("PL-A", "open", &["UK-B", "UK-C"]), Err(RejectionCode::MalformedMetadata));
    assert_eq!(case.send("PL-A", "open", &["PL-A"]), Err(RejectionCode::NotPermitted));
    case.send("PL-A", "open", &["UK-B"]).expect("opened");
    assert_eq!(case.send("PL-A", "open", &["UK-B"]), Err(RejectionCode::WrongState));
    assert_eq!(case.send("UK-B", "reply", &[]), Err(RejectionCode::WrongState));
    assert_eq!(case.send("PL-A", "accept", &[]), Err(RejectionCode::WrongState));
    assert_eq!(case.send("SE-X", "accept", &[]), Err(RejectionCode::NotPermitted));
    assert_eq!(case.send("UK-B", "accept", &["SE-X"]), Err(RejectionCode::NotPermitted));
    assert_eq!(case.send("UK-B", "forward", &["UK-C", "UK-D"]), Err(RejectionCode::MalformedMetadata));
    assert_eq!(case.send("UK-B", "forward", &[]), Err(RejectionCode::MalformedMetadata));
}

#[test]
fn an_alert_reaches_all_and_what_one_adds_reaches_all_others_or_those_it_names() {
    let mut case = Case::new("imi-services", "alert");
    assert_eq!(case.send("SE-A", "open", &["FI-B", "DE-C", "FI-B"]), ids(&["FI-B", "DE-C"]));
    assert_eq!(case.send("DE-C", "disseminate", &["DE-D"]), ids(&["DE-D"]));
    assert_eq!(case.send("DE-D", "add-information", &[]), ids(&["SE-A", "FI-B", "DE-C"]));
    assert_eq!(case.send("DE-D", "add-information", &["FI-B"]), ids(&["FI-B"]));
    assert_eq!(case.send("SE-A", "correct", &[]), ids(&["FI-B", "DE-C", "DE-D"]));
    assert_eq!(case.exchange().revision, 1);
    assert_eq!(case.send("SE-A", "propose-closure", &[]), ids(&["FI-B", "DE-C", "DE-D"]));
    assert_eq!(case.send("FI-B", "object", &["SE-A"]), ids(&["SE-A", "DE-C", "DE-D"]));
    assert_eq!(case.send("SE-A", "close", &[]).map(|to| to.len()), Ok(3));
    assert_eq!(case.send("FI-B", "add-information", &[]), Err(RejectionCode::WrongState));
}

#[test]
fn what_one_state_answers_to_a_search_no_other_sees() {
    let mut case = Case::new("erru", "broadcast-search");
    case.send("HU-A", "open", &["SK-B", "RO-C"]).expect("opened");
    assert_eq!(case.send("RO-C", "answer", &[]), ids(&[]));
    assert_eq!(case.send("SK-B", "answer", &["RO-C"]), Err(RejectionCode::NotPermitted));
}

#[test]
fn an_answer_that_everybody_gave_is_consolidated_at_once_and_a_silent_one_is_not_waited_for() {
    let mut case = Case::new("erru", "broadcast-search");
    case.send("HU-A", "open", &["SK-B", "RO-C"]).expect("opened");
    case.send("RO-C", "answer", &[]).expect("answered");
    assert!(case.wait(5).is_empty());
    case.send("SK-B", "answer", &[]).expect("answered");
    let passed = case.wait(0);
    assert!(passed.len() == 1 && passed[0].consolidates, "{passed:?}");
    assert_eq!(case.state(), "CONSOLIDATED");
    assert_eq!(case.send("SK-B", "answer", &[]), Err(RejectionCode::DeadlinePassed));
    let mut case = Case::new("erru", "broadcast-search");
    case.send("HU-A", "open", &["SK-B", "RO-C"]).expect("opened");
    assert!(case.wait(17).iter().all(|passed| !passed.consolidates));
    assert!(case.wait(1).iter().any(|passed| passed.consolidates));
}

#[test]
fn silence_is_answered_by_the_hub_and_a_late_answer_is_told_that_it_is_late() {
    let mut case = Case::new("erru", "request-reply");
    let mut definition = case.definition("open");
    definition.message_type.message = "check-community-licence-request".parse().expect("a name");
    let sent = Sent { exchange: 1, from: "HU-A", to: &["SK-B"], texts: BTreeMap::new() };
    case.send_as(&sent, &definition).expect("opened");
    assert!(case.wait(10).iter().all(|passed| passed.notices.is_empty()), "ten seconds are recorded only");
    let passed = case.wait(10);
    assert_eq!(passed[0].notices, [(schemas::wire::NoticeKind::TimeOut, vec![id("HU-A"), id("SK-B")])]);
    assert_eq!((case.state(), case.exchange().ended_by.is_some()), ("TIMED_OUT", true));
    assert_eq!(case.send("SK-B", "answer", &[]), Err(RejectionCode::DeadlinePassed));
}

#[test]
fn who_is_awaited_is_reminded_after_thirty_days_and_coordinators_are_told_after_two_months() {
    use schemas::wire::NoticeKind::{Escalation, Reminder};
    let mut case = Case::new("cpcs", "information-request");
    case.send("AT-A", "open", &["RO-B"]).expect("opened");
    assert!(case.wait(29 * DAY).iter().all(|passed| passed.notices.is_empty()));
    let reminded = case.wait(3 * DAY);
    assert!(reminded.iter().any(|passed| passed.notices.contains(&(Reminder, vec![id("RO-B")]))), "{reminded:?}");
    let escalated = case.wait(30 * DAY);
    assert!(
        escalated.iter().any(|passed| passed.notices.contains(&(Escalation, vec![id("RO-COORD")]))),
        "{escalated:?}"
    );
    assert_eq!(case.state(), "SENT", "nothing closes by itself");
    assert!(!case.wait(62 * DAY).is_empty(), "it is told again");
    case.send("RO-B", "accept", &[]).expect("still possible");
    assert!(case.wait(20 * DAY).is_empty(), "a new state has its own time");
}

/// A message about one question, or several, of a whole or of a part.
fn texts(definition: &MessageDefinition, parent: Option<u128>, questions: &[&str]) -> BTreeMap<String, Vec<String>> {
    let reads = &definition.reads;
    let mut texts = BTreeMap::new();
    if let (Some(path), Some(parent)) = (&reads.parent, parent) {
        texts.insert(path.clone(), vec![exchange_id(parent).to_string()]);
    }
    if let Some(path) = &reads.questions {
        texts.insert(path.clone(), questions.iter().map(|question| (*question).to_owned()).collect());
    }
    texts
}

#[test]
fn a_request_that_was_split_is_answered_when_its_parts_are() {
    let mut case = Case::new("imi-pq", "information-request");
    let whole = case.definition("open");
    let mut part = whole.clone();
    let name = "imi-pq/information-request-part@1".parse().expect("a type");
    part.clone_from(areas().definition(&name).expect("shipped"));
    let open = |exchange, from, to, texts| Sent { exchange, from, to, texts };
    case.send_as(&open(1, "AT-A", &["RO-B"], texts(&whole, None, &["q1", "q2", "q3"])), &whole).expect("opened");
    case.send("RO-B", "accept", &[]).expect("accepted");
    for (questions, parent, code) in
        [(&["q9"][..], 1, RejectionCode::RuleViolation), (&["q1"], 7, RejectionCode::UnknownExchange)]
    {
        let sent = open(2, "RO-B", &["RO-C"], texts(&part, Some(parent), questions));
        assert_eq!(case.send_as(&sent, &part), Err(code));
    }
    let stranger = open(2, "RO-X", &["RO-C"], texts(&part, Some(1), &["q1"]));
    assert_eq!(case.send_as(&stranger, &part), Err(RejectionCode::NotPermitted));
    case.send_as(&open(2, "RO-B", &["RO-C"], texts(&part, Some(1), &["q1"])), &part).expect("split");
    let again = open(3, "RO-B", &["RO-D"], texts(&part, Some(1), &["q1", "q2"]));
    assert_eq!(case.send_as(&again, &part), Err(RejectionCode::RuleViolation), "q1 has an owner");
    assert_eq!(case.exchange().parts.len(), 1);
    assert_eq!(case.send("RO-B", "reply", &[]), Err(RejectionCode::WrongState), "a part is open");
    let of_part = |from| Sent { exchange: 2, from, to: &[], texts: BTreeMap::new() };
    for (from, action) in [("RO-C", "accept"), ("RO-C", "reply")] {
        let definition = case.definition(action);
        case.send_as(&of_part(from), &definition).expect(action);
    }
    assert!(case.exchange().parts[0].answered);
    assert_eq!(case.send("RO-B", "reply", &[]), ids(&["AT-A"]));
    assert!(case.known[&exchange_id(2)].members.iter().all(|member| member.authority != id("AT-A")), "no access");
}

#[test]
fn a_link_is_symmetric_and_gives_no_access() {
    let mut case = Case::new("imi-pq", "information-request");
    case.send("AT-A", "open", &["RO-B"]).expect("opened");
    let definition = case.definition("open");
    let path = definition.reads.links.clone().expect("links are read");
    let linked = |exchange, from, to| Sent {
        exchange,
        from,
        to,
        texts: BTreeMap::from([(path.clone(), vec![exchange_id(1).to_string()])]),
    };
    assert_eq!(case.send_as(&linked(2, "SE-X", &["RO-B"]), &definition), Err(RejectionCode::NotPermitted));
    case.send_as(&linked(2, "AT-A", &["RO-C"]), &definition).expect("linked");
    assert!(case.exchange().links.contains(&exchange_id(2)));
    assert!(case.known[&exchange_id(2)].links.contains(&exchange_id(1)));
    assert!(!case.exchange().involves(&id("RO-C")) && !case.known[&exchange_id(2)].involves(&id("RO-B")));
    let comment = case.definition("comment");
    let intruder = Sent { exchange: 1, from: "RO-C", to: &[], texts: BTreeMap::new() };
    assert_eq!(case.send_as(&intruder, &comment), Err(RejectionCode::NotPermitted));
}
