//! Advance: which message is legal now, from whom, to whom, and what it changes.
//!
//! Runs the workflows of the packs (domain, parts B2 to B5).

use super::{
    Cause, Change, Entry, Exchange, Opening, Standing,
    clocks::{self, Tick},
    relatives,
    route::Route,
};
use jiff::Timestamp;
use schemas::{
    area::{Area, Areas, MessageDefinition},
    wire::{AuthorityId, ExchangeId, ParticipantId, PartyName, Rejection, RejectionCode},
    workflow::{Requirement, Transition, Workflow},
};
use std::collections::{BTreeMap, HashMap};
use uuid::Uuid;

/// What the packs say about an exchange.
#[derive(Debug, Clone, Copy)]
pub struct Law<'a> {
    /// All packs, for their calendars.
    pub areas: &'a Areas,
    /// The area.
    pub area: &'a Area,
    /// The procedure.
    pub workflow: &'a Workflow,
}

/// What the directory says about those who take part.
pub trait Around {
    /// The country of an authority, as the Union spells it.
    fn country(&self, authority: &AuthorityId) -> Option<&str>;

    /// The coordinators of an authority in an area, without itself.
    fn coordinators(&self, of: &AuthorityId, area: &Area) -> Vec<AuthorityId>;
}

/// A message as the machine sees it.
#[derive(Debug, Clone, Copy)]
pub struct Event<'a> {
    /// The exchange it names.
    pub correlation_id: ExchangeId,
    /// What the pack says of it.
    pub definition: &'a MessageDefinition,
    /// Who sent it: the participant.
    pub participant: Option<&'a ParticipantId>,
    /// Its id.
    pub message_id: Uuid,
    /// Who sent it: the authority.
    pub from: &'a AuthorityId,
    /// To whom, as far as its sender or the pack says.
    pub to: &'a [AuthorityId],
    /// Who receives it besides, without taking part.
    pub copies: &'a [AuthorityId],
    /// Whether it is a test message.
    pub test: bool,
    /// What was read from its document.
    pub texts: &'a BTreeMap<String, Vec<String>>,
    /// When the hub decides.
    pub at: Timestamp,
}

/// What a legal message brings about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advance {
    /// The exchange afterwards.
    pub exchange: Exchange,
    /// What its log says of it.
    pub entry: Entry,
    /// What the logs of other exchanges say of it.
    pub relatives: Vec<(Exchange, Entry)>,
    /// Who receives the message.
    pub recipients: Vec<AuthorityId>,
}

/// Moves an exchange by one message.
///
/// # Errors
/// `unknown-exchange`, `wrong-state`, `deadline-passed`, `not-permitted`, `rule-violation` or `malformed-metadata`; nothing
/// changes then.
pub fn advance(
    law: &Law<'_>,
    around: &dyn Around,
    known: &HashMap<ExchangeId, Exchange>,
    event: &Event<'_>,
) -> Result<Advance, Rejection> {
    let current = known.get(&event.correlation_id);
    let Taken { step, party } = match (current, law.workflow.opening(&event.definition.action)) {
        (None, Some(step)) => Taken { step, party: law.workflow.opener().clone() },
        (None, None) => {
            let reason =
                format!("no exchange {} was ever opened; its opening message comes first", event.correlation_id);
            return Err(Rejection::new(RejectionCode::UnknownExchange, reason));
        }
        (Some(exchange), _) => taken(law, around, exchange, event)?,
    };
    let route = Route::of(law, around, current, step, event)?;
    let kin = relatives::of_message(law, known, current, event)?;
    let change = Change {
        opening: current.is_none().then(|| Opening {
            area: law.area.id.clone(),
            workflow: law.workflow.id.clone(),
            test: event.test,
            questions: kin.questions,
            parent: kin.parent,
        }),
        standing: step
            .to
            .as_ref()
            .map(|state| Standing { state: state.clone(), awaits: law.workflow.awaits(state).cloned() }),
        joined: route.joined,
        left: route.left,
        revises: step.revises,
        linked: kin.links.clone(),
        ..Change::default()
    };
    let entry = Entry {
        exchange: event.correlation_id,
        sequence: current.map_or(1, |exchange| exchange.sequence + 1),
        at: event.at,
        cause: Cause::Message {
            participant: event.participant.cloned(),
            message_id: event.message_id,
            action: event.definition.action.clone(),
            from: event.from.clone(),
            party,
        },
        change,
    };
    let tick = Tick {
        message: &event.definition.message_type.message,
        from: event.from,
        recipients: &route.recipients,
        texts: event.texts,
        at: event.at,
    };
    let (exchange, entry) = wind(law, around, current, entry, &tick)?;
    if let Some(party) = exchange.awaits.as_ref().filter(|_| exchange.awaited().is_empty()) {
        let reason =
            format!("exchange {} would await the {party}, and the directory names none", exchange.correlation_id);
        return Err(Rejection::new(RejectionCode::NotPermitted, reason));
    }
    let relatives = relatives::told(law, known, current, &exchange, &kin.links, event.at);
    Ok(Advance { exchange, entry, relatives, recipients: route.recipients })
}

/// Completes the entry with what becomes of the clocks, and applies it.
fn wind(
    law: &Law<'_>,
    around: &dyn Around,
    current: Option<&Exchange>,
    mut entry: Entry,
    tick: &Tick<'_>,
) -> Result<(Exchange, Entry), Rejection> {
    let apply = |entry: &Entry| match current {
        None => Exchange::begun(entry),
        Some(exchange) => {
            let mut after = exchange.clone();
            after.apply(entry).map(|()| after)
        }
    };
    let broken = |error: super::Broken| Rejection::new(RejectionCode::WrongState, error.to_string());
    let mut after = apply(&entry).map_err(broken)?;
    let before = after.clocks.clone();
    for clock in &mut after.clocks {
        succeed(&mut clock.awaited, &entry.change);
    }
    if entry.change.standing.is_some() {
        after.clocks.retain(|clock| clock.origin == super::Origin::Area);
    }
    let clocks::Turned { mut clocks, late } = clocks::turn(law, around, &after, tick);
    if entry.change.standing.is_some() && !after.has_ended() {
        clocks.extend(clocks::of_state(law, around, &after, entry.at));
    }
    entry.change.clocks = (clocks != before).then(|| clocks.clone());
    entry.change.late = late;
    after.clocks = clocks;
    Ok((after, entry))
}

/// Whoever took another's place has to meet his deadlines.
fn succeed(awaited: &mut Vec<AuthorityId>, change: &Change) {
    for left in &change.left {
        let Some(place) = awaited.iter().position(|authority| *authority == left.authority) else { continue };
        awaited.remove(place);
        let successors = change.joined.iter().filter(|member| member.party == left.party);
        for successor in successors.map(|member| &member.authority) {
            if !awaited.contains(successor) {
                awaited.push(successor.clone());
            }
        }
    }
}

/// A step, and as what its sender takes it.
struct Taken<'a> {
    step: &'a Transition,
    party: PartyName,
}

fn taken<'a>(
    law: &Law<'a>,
    around: &dyn Around,
    exchange: &Exchange,
    event: &Event<'_>,
) -> Result<Taken<'a>, Rejection> {
    same_exchange(law, exchange, event)?;
    let (id, action) = (exchange.correlation_id, &event.definition.action);
    let parties = parties(law, around, exchange, event.from);
    if parties.is_empty() {
        let reason = if exchange.former.contains(event.from) {
            format!("{} handed exchange {id} on and has no part in it any more", event.from)
        } else {
            format!("{} is not a party to exchange {id}", event.from)
        };
        return Err(Rejection::new(RejectionCode::NotPermitted, reason));
    }
    let steps = parties.iter().filter_map(|party| {
        let step = law.workflow.step(&exchange.state, party.as_str(), action.as_str())?;
        Some(Taken { step, party: party.clone() })
    });
    let taken = steps.into_iter().next().ok_or_else(|| wrong_state(exchange, &parties, event))?;
    match taken.step.requires {
        Some(Requirement::PartsAnswered) => relatives::parts_are_answered(exchange)?,
        None => {}
    }
    Ok(taken)
}

/// What an authority is in an exchange: what it takes part as, and the coordinator of those who take part.
pub(super) fn parties(
    law: &Law<'_>,
    around: &dyn Around,
    exchange: &Exchange,
    authority: &AuthorityId,
) -> Vec<PartyName> {
    let mut parties: Vec<PartyName> = exchange.parties_of(authority).cloned().collect();
    for party in &law.workflow.parties {
        let Some(coordinated) = &party.coordinates else { continue };
        let coordinates = exchange
            .authorities(coordinated)
            .any(|member| member != authority && around.coordinators(member, law.area).contains(authority));
        if coordinates && !parties.contains(&party.id) {
            parties.push(party.id.clone());
        }
    }
    parties
}

fn same_exchange(law: &Law<'_>, exchange: &Exchange, event: &Event<'_>) -> Result<(), Rejection> {
    let id = exchange.correlation_id;
    if law.workflow.opening(&event.definition.action).is_some() {
        let reason = format!("exchange {id} is open already; a new one mints a new correlation_id");
        return Err(Rejection::new(RejectionCode::WrongState, reason));
    }
    if exchange.area != law.area.id {
        let reason = format!("exchange {id} belongs to area {}, not {}", exchange.area, law.area.id);
        return Err(Rejection::new(RejectionCode::UnknownExchange, reason));
    }
    if exchange.test != event.test {
        let reason = format!("header imi-test must be {} as in the message that opened the exchange", exchange.test);
        return Err(Rejection::new(RejectionCode::MalformedMetadata, reason));
    }
    if exchange.workflow != law.workflow.id {
        let reason = format!(
            "exchange {id} is of the kind {}; this message is a step of {}",
            exchange.workflow, law.workflow.id
        );
        return Err(Rejection::new(RejectionCode::WrongState, reason));
    }
    Ok(())
}

fn wrong_state(exchange: &Exchange, parties: &[PartyName], event: &Event<'_>) -> Rejection {
    let (id, state, action) = (exchange.correlation_id, &exchange.state, &event.definition.action);
    if let Some(deadline) = &exchange.ended_by {
        let reason = format!(
            "exchange {id} is {state} since {}, when the deadline {deadline} passed; the step {action} comes too late",
            exchange.changed_at.strftime("%Y-%m-%dT%H:%M:%SZ")
        );
        return Rejection::new(RejectionCode::DeadlinePassed, reason);
    }
    let waiting = match &exchange.awaits {
        Some(awaited) => format!("it awaits the {awaited}"),
        None => "it has ended".into(),
    };
    let names: Vec<&str> = parties.iter().map(PartyName::as_str).collect();
    let reason = format!(
        "exchange {id} is {state}: {waiting}; the step {action} of the {} is not possible now",
        names.join(" or ")
    );
    Rejection::new(RejectionCode::WrongState, reason)
}
