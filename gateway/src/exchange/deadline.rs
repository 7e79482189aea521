//! Deadlines that pass: what follows, for the exchange and for whom.
//!
//! Pure: it is told which clock has run out and when. That it is asked once for each is the concern of [`crate::deadlines`].

use super::{
    Around, Broken, Cause, Change, Clock, Entry, Exchange, Law, Member, Origin, Standing,
    clocks::{due, of_state},
};
use jiff::Timestamp;
use schemas::{
    area::{OnMiss, Period},
    calendar::Start,
    wire::{AuthorityId, NoticeKind},
    workflow::{HUB, Receiver, Transition, step_on_miss},
};

/// What follows when a deadline passes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passed {
    /// The exchange afterwards.
    pub exchange: Exchange,
    /// What its log says.
    pub entry: Entry,
    /// Who is told what.
    pub notices: Vec<(NoticeKind, Vec<AuthorityId>)>,
    /// Whether the hub owes the consolidated answer now.
    pub consolidates: bool,
    /// The provision that sets the deadline.
    pub reference: String,
}

/// What the packs say of a deadline.
struct Rule {
    on_miss: OnMiss,
    within: Option<Period>,
    reference: String,
}

/// Lets one clock of an exchange run out.
///
/// # Errors
/// The clock is not one of the exchange.
pub fn pass(
    law: &Law<'_>,
    around: &dyn Around,
    exchange: &Exchange,
    clock: &Clock,
    at: Timestamp,
) -> Result<Passed, Broken> {
    let rule = rule(law, clock);
    let step = step_on_miss(rule.on_miss).and_then(|action| law.workflow.step(&exchange.state, HUB, action));
    let on_miss = match (step_on_miss(rule.on_miss), step) {
        // The exchange has moved to where the hub has no such step: all that is left is to record it.
        (Some(_), None) => OnMiss::Record,
        (Some(_) | None, _) => rule.on_miss,
    };
    let awaited = if clock.origin == Origin::Workflow {
        exchange.awaited().into_iter().cloned().collect()
    } else {
        clock.awaited.clone()
    };
    let mut change = step.map(|step| taken(law, step, clock)).unwrap_or_default();
    let mut notices = Vec::new();
    match on_miss {
        OnMiss::Remind => notices.push((NoticeKind::Reminder, awaited.clone())),
        OnMiss::Escalate => {
            let coordinators = coordinators(law, around, exchange, &awaited, &mut change);
            notices.push((NoticeKind::Reminder, awaited.clone()));
            notices.push((NoticeKind::Escalation, coordinators));
        }
        OnMiss::TimeOut => notices.push((NoticeKind::TimeOut, receivers(exchange, step))),
        OnMiss::Close => notices.push((NoticeKind::Closure, receivers(exchange, step))),
        OnMiss::Consolidate | OnMiss::Record => {}
    }
    notices.retain(|(_, to)| !to.is_empty());
    let mut entry = Entry {
        exchange: exchange.correlation_id,
        sequence: exchange.sequence + 1,
        at,
        cause: Cause::Deadline { deadline: clock.deadline.clone(), due: clock.due, on_miss, awaited },
        change,
    };
    let mut after = exchange.clone();
    after.apply(&entry)?;
    after.clocks = remaining(law, around, &after, clock, rule.within, at);
    if entry.change.standing.is_some() && !after.has_ended() {
        after.clocks.retain(|clock| clock.origin == Origin::Area);
        after.clocks.extend(of_state(law, around, &after, at));
    }
    entry.change.clocks = Some(after.clocks.clone());
    let consolidates = on_miss == OnMiss::Consolidate;
    Ok(Passed { exchange: after, entry, notices, consolidates, reference: rule.reference })
}

/// Lets a clock go whose area or procedure is there no longer: it is recorded, and nothing follows.
///
/// # Errors
/// The clock is not one of the exchange.
pub fn let_go(exchange: &Exchange, clock: &Clock, at: Timestamp) -> Result<(Exchange, Entry), Broken> {
    let clocks = exchange.clocks.iter().filter(|other| *other != clock).cloned().collect();
    let entry = Entry {
        exchange: exchange.correlation_id,
        sequence: exchange.sequence + 1,
        at,
        cause: Cause::Deadline {
            deadline: clock.deadline.clone(),
            due: clock.due,
            on_miss: OnMiss::Record,
            awaited: clock.awaited.clone(),
        },
        change: Change { clocks: Some(clocks), ..Change::default() },
    };
    let mut after = exchange.clone();
    after.apply(&entry)?;
    Ok((after, entry))
}

/// The clocks that are left, and the same one again where it repeats.
fn remaining(
    law: &Law<'_>,
    around: &dyn Around,
    after: &Exchange,
    passed: &Clock,
    repeats: Option<Period>,
    at: Timestamp,
) -> Vec<Clock> {
    if after.has_ended() {
        return Vec::new();
    }
    let mut left: Vec<Clock> = after.clocks.clone();
    if let Some(place) = left.iter().position(|clock| clock == passed) {
        left.remove(place);
    }
    if let Some(within) = repeats {
        // From where it passed, not from when it was noticed: after a long downtime it still keeps its rhythm, and one
        // notice is enough for all that were missed.
        let mut next = due(law, around, Start::Instant(passed.due), within, &passed.awaited);
        if next <= at {
            next = due(law, around, Start::Instant(at), within, &passed.awaited);
        }
        left.push(Clock { due: next, since: after.sequence, ..passed.clone() });
    }
    left
}

fn rule(law: &Law<'_>, clock: &Clock) -> Rule {
    let of_area = law.area.deadlines.iter().filter(|_| clock.origin == Origin::Area).map(|deadline| {
        (&deadline.id, deadline.on_miss, deadline.repeats.then_some(deadline.within), &deadline.reference)
    });
    let of_workflow = law
        .workflow
        .deadlines
        .iter()
        .filter(|_| clock.origin == Origin::Workflow)
        .map(|timer| (&timer.id, timer.on_miss, timer.repeats.then_some(timer.within), &timer.reference));
    let found = of_area.chain(of_workflow).find(|(id, ..)| **id == clock.deadline);
    match found {
        Some((_, on_miss, within, reference)) => Rule { on_miss, within, reference: reference.clone() },
        // The pack was changed while the clock ran.
        None => Rule { on_miss: OnMiss::Record, within: None, reference: String::new() },
    }
}

/// What the hub's own step changes.
fn taken(law: &Law<'_>, step: &Transition, clock: &Clock) -> Change {
    let standing =
        step.to.as_ref().map(|state| Standing { state: state.clone(), awaits: law.workflow.awaits(state).cloned() });
    let ends = standing.as_ref().is_some_and(|standing| standing.awaits.is_none());
    Change { standing, ended_by: ends.then(|| clock.deadline.clone()), ..Change::default() }
}

fn receivers(exchange: &Exchange, step: Option<&Transition>) -> Vec<AuthorityId> {
    let mut receivers: Vec<AuthorityId> = Vec::new();
    for receiver in step.into_iter().flat_map(|step| &step.deliver) {
        let Receiver::Party(party) = receiver else { continue };
        for authority in exchange.authorities(party) {
            if !receivers.contains(authority) {
                receivers.push(authority.clone());
            }
        }
    }
    receivers
}

/// The coordinators of those who are awaited. They take part from then on, where the procedure has a place for them
/// (Regulation (EU) No 1024/2012, Article 14(7)).
fn coordinators(
    law: &Law<'_>,
    around: &dyn Around,
    exchange: &Exchange,
    awaited: &[AuthorityId],
    change: &mut Change,
) -> Vec<AuthorityId> {
    let mut told: Vec<AuthorityId> = Vec::new();
    for authority in awaited {
        let Some(coordinator) = around.coordinators(authority, law.area).into_iter().next() else { continue };
        for party in exchange.parties_of(authority) {
            let place = law.workflow.parties.iter().find(|candidate| candidate.coordinates.as_ref() == Some(party));
            let Some(place) = place else { continue };
            let member = Member { authority: coordinator.clone(), party: place.id.clone() };
            if !exchange.members.contains(&member) && !change.joined.contains(&member) {
                change.joined.push(member);
            }
        }
        if !told.contains(&coordinator) && !awaited.contains(&coordinator) {
            told.push(coordinator);
        }
    }
    told
}
