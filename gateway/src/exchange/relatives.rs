//! Relatives: exchanges that belong together. A part and the whole that was split (domain, B2), and links.
//!
//! Owns what one exchange makes known to another: that a part is there, that it is answered, that a link was made. Never any
//! content: a link gives nobody access.

use super::{Advance, Cause, Change, Entry, Event, Exchange, Law, PartChange, Relation, deadline::Passed};
use jiff::Timestamp;
use schemas::{
    area::Reads,
    wire::{ExchangeId, Rejection, RejectionCode},
};
use std::collections::{BTreeMap, HashMap};

/// Exchanges that are known: that of the message, and those that it names.
pub(super) type Relatives<'a> = &'a HashMap<ExchangeId, Exchange>;

/// Most other exchanges that one is linked to, and most parts of one.
const MOST_RELATIVES: usize = 100;

/// What a message says of other exchanges.
#[derive(Debug, Default)]
pub(super) struct Kin {
    pub questions: Vec<String>,
    pub parent: Option<ExchangeId>,
    pub links: Vec<ExchangeId>,
}

/// The exchanges that a message names in its document, as far as they are identifiers.
pub fn named(reads: &Reads, texts: &BTreeMap<String, Vec<String>>) -> Vec<ExchangeId> {
    let texts = reads.parent.iter().chain(&reads.links).filter_map(|path| texts.get(path)).flatten();
    texts.filter_map(|text| text.parse().ok()).collect()
}

/// What a message says of other exchanges, if its sender may say it.
pub(super) fn of_message(
    law: &Law<'_>,
    known: Relatives<'_>,
    current: Option<&Exchange>,
    event: &Event<'_>,
) -> Result<Kin, Rejection> {
    let reads = &event.definition.reads;
    let texts = |path: &Option<String>| -> &[String] {
        path.as_ref().and_then(|path| event.texts.get(path)).map(Vec::as_slice).unwrap_or_default()
    };
    let questions = if current.is_none() { texts(&reads.questions).to_vec() } else { Vec::new() };
    let parent = match texts(&reads.parent).first() {
        Some(text) if current.is_none() => Some(part_of(law, known, event, &questions, text)?),
        Some(_) | None => None,
    };
    let mut links = Vec::new();
    for text in texts(&reads.links) {
        let other = linked(known, event, text)?;
        let already = current.is_some_and(|exchange| exchange.links.contains(&other.correlation_id));
        if !already && !links.contains(&other.correlation_id) {
            links.push(other.correlation_id);
        }
    }
    let most = current.map_or(0, |exchange| exchange.links.len()) + links.len();
    if most > MOST_RELATIVES {
        return Err(broken_rule(format!("an exchange is linked to at most {MOST_RELATIVES} others")));
    }
    Ok(Kin { questions, parent, links })
}

fn find<'a>(known: Relatives<'a>, text: &str) -> Result<&'a Exchange, Rejection> {
    let id: Option<ExchangeId> = text.parse().ok();
    id.and_then(|id| known.get(&id)).ok_or_else(|| {
        Rejection::new(
            RejectionCode::UnknownExchange,
            format!("the document names the exchange {text}, which does not exist"),
        )
    })
}

fn broken_rule(reason: String) -> Rejection {
    Rejection::new(RejectionCode::RuleViolation, reason)
}

/// The whole that a part belongs to: its responder splits it while it is open, and no question goes to two.
fn part_of(
    law: &Law<'_>,
    known: Relatives<'_>,
    event: &Event<'_>,
    questions: &[String],
    text: &str,
) -> Result<ExchangeId, Rejection> {
    let parent = find(known, text)?;
    let id = parent.correlation_id;
    if parent.area != law.area.id || parent.test != event.test {
        return Err(broken_rule(format!("exchange {id} is of another kind: its part belongs to the same area")));
    }
    if !parent.awaited().contains(&event.from) {
        let reason = format!("exchange {id} does not await {}, so it cannot be split by it", event.from);
        return Err(Rejection::new(RejectionCode::NotPermitted, reason));
    }
    if let Some(question) = questions.iter().find(|question| !parent.questions.contains(question)) {
        return Err(broken_rule(format!("exchange {id} has no question {question}")));
    }
    let mut given =
        parent.parts.iter().flat_map(|part| part.questions.iter().map(move |question| (question, part.exchange)));
    if let Some((question, other)) = given.find(|(question, _)| questions.contains(question)) {
        return Err(broken_rule(format!("question {question} of exchange {id} was given to the part {other} before")));
    }
    if parent.parts.len() >= MOST_RELATIVES {
        return Err(broken_rule(format!("an exchange has at most {MOST_RELATIVES} parts")));
    }
    Ok(id)
}

/// Another exchange: only who takes part in both, or did, may link them.
fn linked<'a>(known: Relatives<'a>, event: &Event<'_>, text: &str) -> Result<&'a Exchange, Rejection> {
    let other = find(known, text)?;
    let id = other.correlation_id;
    if id == event.correlation_id {
        return Err(broken_rule(format!("exchange {id} cannot be linked to itself")));
    }
    if !other.involves(event.from) && !other.former.contains(event.from) {
        let reason = format!("{} takes no part in exchange {id}, so it cannot link it", event.from);
        return Err(Rejection::new(RejectionCode::NotPermitted, reason));
    }
    Ok(other)
}

/// Every part has an answer.
pub(super) fn parts_are_answered(exchange: &Exchange) -> Result<(), Rejection> {
    match exchange.parts.iter().find(|part| !part.answered) {
        None => Ok(()),
        Some(part) => Err(Rejection::new(
            RejectionCode::WrongState,
            format!(
                "exchange {} was split, and its part {} is not answered yet; answer the rest with a partial reply",
                exchange.correlation_id, part.exchange
            ),
        )),
    }
}

/// What a step of one exchange makes known to others: each of them afterwards, with the entry of its log.
pub(super) fn told(
    law: &Law<'_>,
    known: Relatives<'_>,
    before: Option<&Exchange>,
    after: &Exchange,
    links: &[ExchangeId],
    at: Timestamp,
) -> Vec<(Exchange, Entry)> {
    let mut told = Vec::new();
    if let Some(parent) = after.parent.and_then(|id| known.get(&id)) {
        told.extend(
            of_part(law, parent, before, after).map(|(relation, part)| entry(parent, after, relation, at, part)),
        );
    }
    for other in links.iter().filter_map(|id| known.get(id)) {
        if !other.links.contains(&after.correlation_id)
            && told.iter().all(|(one, _)| one.correlation_id != other.correlation_id)
        {
            told.push(entry(
                other,
                after,
                Relation::Linked,
                at,
                Change { linked: vec![after.correlation_id], ..Change::default() },
            ));
        }
    }
    told.into_iter().filter_map(|(exchange, entry)| applied(exchange, entry)).collect()
}

/// What a deadline that passed in one exchange makes known to others.
pub fn of_passing(
    law: &Law<'_>,
    known: &HashMap<ExchangeId, Exchange>,
    before: &Exchange,
    passed: &Passed,
) -> Vec<(Exchange, Entry)> {
    told(law, known, Some(before), &passed.exchange, &[], passed.entry.at)
}

fn entry(
    other: &Exchange,
    exchange: &Exchange,
    relation: Relation,
    at: Timestamp,
    change: Change,
) -> (Exchange, Entry) {
    let cause = Cause::Relative { exchange: exchange.correlation_id, relation };
    let entry = Entry { exchange: other.correlation_id, sequence: other.sequence + 1, at, cause, change };
    (other.clone(), entry)
}

fn applied(mut exchange: Exchange, entry: Entry) -> Option<(Exchange, Entry)> {
    exchange.apply(&entry).ok().map(|()| (exchange, entry))
}

fn of_part(
    law: &Law<'_>,
    parent: &Exchange,
    before: Option<&Exchange>,
    after: &Exchange,
) -> Option<(Relation, Change)> {
    let exchange = after.correlation_id;
    let answered = |state: &str| law.workflow.states.get(state).is_some_and(|state| state.answered);
    let (relation, part) = match before {
        None => (Relation::PartOpened, PartChange::Opened { exchange, questions: after.questions.clone() }),
        Some(_) if parent.parts.iter().all(|part| part.exchange != exchange) => return None,
        Some(_) if after.has_ended() && !answered(&after.state) => {
            (Relation::PartWithdrawn, PartChange::Withdrawn { exchange })
        }
        Some(before) => match (answered(&before.state), answered(&after.state)) {
            (false, true) => (Relation::PartAnswered, PartChange::Answered { exchange, answered: true }),
            (true, false) => (Relation::PartReopened, PartChange::Answered { exchange, answered: false }),
            (true, true) | (false, false) => return None,
        },
    };
    Some((relation, Change { part: Some(part), ..Change::default() }))
}

impl Advance {
    /// Every exchange that the step changes, with its entry; that of the message first.
    pub fn all(self) -> impl Iterator<Item = (Exchange, Entry)> {
        std::iter::once((self.exchange, self.entry)).chain(self.relatives)
    }
}
