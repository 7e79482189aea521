//! Clocks: which deadlines a step starts, moves and ends.
//!
//! Two kinds. An area's deadlines are about messages: one starts them, others end them, and where several authorities have
//! to meet one, each takes itself out. A workflow's are about states: they begin anew whenever a step leads into one.

use super::{Clock, Exchange, Law, Origin, advance::Around};
use jiff::{Timestamp, civil::Date};
use schemas::{
    area::{Awaited, Deadline, OnMiss},
    calendar::Start,
    wire::{AuthorityId, MessageName},
};
use std::collections::BTreeMap;

/// A message as clocks see it.
pub(super) struct Tick<'a> {
    pub message: &'a MessageName,
    pub from: &'a AuthorityId,
    pub recipients: &'a [AuthorityId],
    pub texts: &'a BTreeMap<String, Vec<String>>,
    pub at: Timestamp,
}

/// What becomes of an exchange's clocks.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Turned {
    /// Those that run.
    pub clocks: Vec<Clock>,
    /// Deadlines that the message itself missed.
    pub late: Vec<String>,
}

/// Ends, moves and starts the clocks of the area. `after` is the exchange after the step, with the clocks from before it.
pub(super) fn turn(law: &Law<'_>, around: &dyn Around, after: &Exchange, tick: &Tick<'_>) -> Turned {
    let mut turned = Turned { clocks: after.clocks.clone(), late: Vec::new() };
    if after.has_ended() {
        turned.clocks.clear();
    }
    for deadline in &law.area.deadlines {
        if ends(deadline, tick) {
            meet(&mut turned.clocks, deadline, tick);
        }
    }
    for deadline in
        law.area.deadlines.iter().filter(|deadline| deadline.after == *tick.message && applies(deadline, tick))
    {
        let awaited = match deadline.awaits {
            Awaited::Recipients | Awaited::EachRecipient => tick.recipients.to_vec(),
            Awaited::Sender => vec![tick.from.clone()],
            Awaited::Initiator => after.initiator().cloned().into_iter().collect(),
        };
        let Some(start) = start(deadline, tick) else { continue };
        let judged = if deadline.on_arrival { std::slice::from_ref(tick.from) } else { &awaited };
        let due = due(law, around, start, deadline.within, judged);
        match () {
            () if deadline.on_arrival && tick.at > due => turned.late.push(deadline.id.clone()),
            () if deadline.on_arrival || after.has_ended() || awaited.is_empty() => {}
            () => turned.clocks.push(Clock {
                deadline: deadline.id.clone(),
                origin: Origin::Area,
                since: after.sequence,
                due,
                awaited,
            }),
        }
    }
    turned
}

/// The clocks of the workflow, for an exchange that has just come into its state, in the place of those it had.
pub(super) fn of_state(law: &Law<'_>, around: &dyn Around, after: &Exchange, at: Timestamp) -> Vec<Clock> {
    let awaited: Vec<AuthorityId> = after.awaited().into_iter().cloned().collect();
    let timers = law.workflow.deadlines.iter().filter(|timer| timer.states.contains(&after.state));
    timers
        .map(|timer| Clock {
            deadline: timer.id.clone(),
            origin: Origin::Workflow,
            since: after.sequence,
            due: due(law, around, Start::Instant(at), timer.within, &awaited),
            awaited: awaited.clone(),
        })
        .collect()
}

/// The end of a period, by the calendar of who has to meet it; of several the latest.
pub(super) fn due(
    law: &Law<'_>,
    around: &dyn Around,
    start: Start,
    within: schemas::area::Period,
    awaited: &[AuthorityId],
) -> Timestamp {
    let calendars = law.areas.calendars();
    let countries = awaited.iter().filter_map(|authority| around.country(authority));
    let ends = countries.map(|country| calendars.due(start, within, country));
    ends.max().unwrap_or_else(|| calendars.due(start, within, "EU"))
}

/// Who had to send the message has met the deadline; where it was the only one, or somebody else put an end to it, it is over.
fn meet(clocks: &mut Vec<Clock>, deadline: &Deadline, tick: &Tick<'_>) {
    let is_of = |clock: &Clock| clock.origin == Origin::Area && clock.deadline == deadline.id;
    let personal = deadline.awaits == Awaited::EachRecipient
        && clocks.iter().any(|clock| is_of(clock) && clock.awaited.contains(tick.from));
    if !personal {
        clocks.retain(|clock| !is_of(clock));
        return;
    }
    for clock in clocks.iter_mut().filter(|clock| is_of(clock)) {
        clock.awaited.retain(|authority| authority != tick.from);
    }
    if deadline.on_miss == OnMiss::Consolidate {
        // Everybody has answered: nothing is waited for any more, and what there is becomes one answer at once.
        for clock in clocks.iter_mut().filter(|clock| is_of(clock) && clock.awaited.is_empty()) {
            clock.due = clock.due.min(tick.at);
        }
    } else {
        clocks.retain(|clock| !is_of(clock) || !clock.awaited.is_empty());
    }
}

fn ends(deadline: &Deadline, tick: &Tick<'_>) -> bool {
    let mut conditions = deadline.ended_if.iter().filter(|condition| condition.message == *tick.message).peekable();
    if conditions.peek().is_none() {
        return deadline.ended_by.contains(tick.message);
    }
    conditions.any(|condition| tick.texts.get(&condition.field).is_some_and(|texts| texts.contains(&condition.is)))
}

fn applies(deadline: &Deadline, tick: &Tick<'_>) -> bool {
    deadline
        .when
        .as_ref()
        .is_none_or(|condition| tick.texts.get(&condition.field).is_some_and(|texts| texts.contains(&condition.is)))
}

fn start(deadline: &Deadline, tick: &Tick<'_>) -> Option<Start> {
    match &deadline.from_field {
        None => Some(Start::Instant(tick.at)),
        Some(path) => tick.texts.get(path)?.iter().filter_map(|text| moment(text)).min_by_key(|start| day(*start)),
    }
}

/// An `xs:date` or `xs:dateTime`; a time zone on a date does not matter for counting days.
fn moment(text: &str) -> Option<Start> {
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Some(Start::Instant(instant));
    }
    text.get(..10)?.parse::<Date>().ok().map(Start::Date)
}

fn day(start: Start) -> Timestamp {
    match start {
        Start::Instant(instant) => instant,
        Start::Date(date) => {
            date.to_zoned(jiff::tz::TimeZone::UTC).map_or(Timestamp::MAX, |midnight| midnight.timestamp())
        }
    }
}
