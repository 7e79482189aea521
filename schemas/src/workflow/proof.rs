//! What every workflow must be: unambiguous, each state reachable, each open state left, an end always in reach; and
//! whom it names must exist.

use super::{CLOSE, CONSOLIDATE, HUB, Receiver, State, TIME_OUT, Transition, Workflow, load::Places};
use crate::{area::OnMiss, wire::PartyName};
use std::collections::BTreeSet;

/// The piece of a file that is at fault.
#[derive(Debug, Clone, Copy)]
pub(super) enum Place {
    File,
    State(usize),
    Transition(usize),
    Deadline(usize),
}

impl Place {
    pub(super) fn byte(self, places: &Places) -> Option<usize> {
        match self {
            Self::File => None,
            Self::State(index) => places.states.get(index).copied(),
            Self::Transition(index) => places.transitions.get(index).copied(),
            Self::Deadline(index) => places.deadlines.get(index).copied(),
        }
    }
}

/// What is wrong, where, and what to do.
#[derive(Debug)]
pub(super) struct Flaw {
    pub place: Place,
    pub reason: String,
    pub remedy: &'static str,
}

fn flaw(place: Place, reason: impl Into<String>, remedy: &'static str) -> Result<(), Flaw> {
    Err(Flaw { place, reason: reason.into(), remedy })
}

/// Most parties of a workflow.
const MOST_PARTIES: usize = 20;
/// Most states of a workflow, and most transitions and deadlines.
const MOST_STATES: usize = 100;
const MOST_STEPS: usize = 300;

/// Proves a workflow, or says what is wrong.
pub(super) fn prove(workflow: &Workflow, written: &[State]) -> Result<(), Flaw> {
    size(workflow, written)?;
    parties(workflow)?;
    states(workflow, written)?;
    for (index, step) in workflow.transitions.iter().enumerate() {
        transition(workflow, step, Place::Transition(index))?;
    }
    unambiguous(workflow)?;
    reachable_and_alive(workflow, written)?;
    deadlines(workflow)
}

fn size(workflow: &Workflow, written: &[State]) -> Result<(), Flaw> {
    for (what, count, most) in [
        ("parties", workflow.parties.len(), MOST_PARTIES),
        ("states", written.len(), MOST_STATES),
        ("transitions", workflow.transitions.len(), MOST_STEPS),
        ("deadlines", workflow.deadlines.len(), MOST_STEPS),
    ] {
        if count > most {
            return flaw(Place::File, format!("it has {count} {what}, the limit is {most}"), "part it into several");
        }
    }
    Ok(())
}

fn parties(workflow: &Workflow) -> Result<(), Flaw> {
    let mut seen = BTreeSet::from([HUB, "addressed"]);
    for party in &workflow.parties {
        if !seen.insert(party.id.as_str()) {
            let reason = format!("the party {} is defined twice, or its name is taken by the format", party.id);
            return flaw(Place::File, reason, "rename it");
        }
        if let Some(other) = party.coordinates.as_ref().filter(|other| workflow.party(other).is_none()) {
            let reason = format!("the party {} coordinates {other}, which does not exist", party.id);
            return flaw(Place::File, reason, "name a party of the workflow");
        }
    }
    match workflow.parties.first() {
        None => flaw(Place::File, "it has no party", "add a [[party]]; the first opens exchanges"),
        Some(first) if first.many || first.coordinates.is_some() => {
            let reason = format!("the first party, {}, opens exchanges, so it is one and coordinates nobody", first.id);
            flaw(Place::File, reason, "let the party that opens exchanges come first")
        }
        Some(_) => Ok(()),
    }
}

fn states(workflow: &Workflow, written: &[State]) -> Result<(), Flaw> {
    let mut seen = BTreeSet::new();
    for (index, state) in written.iter().enumerate() {
        if !seen.insert(&state.id) {
            return flaw(
                Place::State(index),
                format!("the state {} is defined twice", state.id),
                "remove one definition",
            );
        }
        if let Some(party) = state.awaits.as_ref().filter(|party| workflow.party(party).is_none()) {
            let reason = format!("the state {} awaits {party}, which is no party", state.id);
            return flaw(Place::State(index), reason, "name a party of the workflow");
        }
    }
    Ok(())
}

fn is_somebody(workflow: &Workflow, party: &PartyName) -> bool {
    party.as_str() == HUB || workflow.party(party).is_some()
}

fn transition(workflow: &Workflow, step: &Transition, place: Place) -> Result<(), Flaw> {
    let action = &step.action;
    if let Some(state) = step.from.iter().chain(&step.to).find(|state| !workflow.states.contains_key(*state)) {
        let reason = format!("the transition {action} names the state {state}, which does not exist");
        return flaw(place, reason, "add the state, or correct the name");
    }
    if step.by.is_empty() {
        return flaw(place, format!("nobody may take the step {action}"), "name a party under by");
    }
    if let Some(party) = step.by.iter().find(|party| !is_somebody(workflow, party)) {
        let reason = format!("the transition {action} is by {party}, which is no party");
        return flaw(place, reason, "name a party of the workflow, or hub");
    }
    for receiver in &step.deliver {
        let unknown = match receiver {
            Receiver::Addressed => step.addresses.is_none(),
            Receiver::Party(party) => workflow.party(party).is_none(),
        };
        if unknown {
            let reason = format!("the transition {action} is delivered to {receiver}, which is nobody");
            return flaw(place, reason, "name parties of the workflow, or addressed where addresses is set");
        }
    }
    if let Some(party) = step.addresses.as_ref().filter(|party| workflow.party(party).is_none()) {
        let reason = format!("the transition {action} addresses {party}, which is no party");
        return flaw(place, reason, "name a party of the workflow");
    }
    if step.within_country && step.addresses.is_none() {
        let reason = format!("the transition {action} stays within the country, yet addresses nobody");
        return flaw(place, reason, "say whom it addresses, or remove within_country");
    }
    if step.from.is_empty() { opening(workflow, step, place) } else { of_the_hub(step, place) }
}

fn opening(workflow: &Workflow, step: &Transition, place: Place) -> Result<(), Flaw> {
    let by_opener = matches!(step.by.as_slice(), [party] if party == workflow.opener());
    if by_opener && step.to.is_some() && step.addresses.is_some() {
        return Ok(());
    }
    let reason =
        format!("the opening step {} is not by {}, to a state, to whom it addresses", step.action, workflow.opener());
    flaw(place, reason, "write by with the first party alone, to, and addresses")
}

/// The hub's own steps are few: their names say what they do.
fn of_the_hub(step: &Transition, place: Place) -> Result<(), Flaw> {
    let by_hub = step.by.iter().any(|party| party.as_str() == HUB);
    let own = [TIME_OUT, CLOSE, CONSOLIDATE].contains(&step.action.as_str());
    if by_hub && (!own || step.by.len() > 1 || step.addresses.is_some()) {
        let reason = format!("the hub does not take the step {}", step.action);
        return flaw(place, reason, "the hub's own steps are time-out, close and consolidate, each by it alone");
    }
    Ok(())
}

fn unambiguous(workflow: &Workflow) -> Result<(), Flaw> {
    let mut seen = BTreeSet::new();
    for (index, step) in workflow.transitions.iter().enumerate() {
        let from: Vec<&str> =
            if step.from.is_empty() { vec!["(opening)"] } else { step.from.iter().map(String::as_str).collect() };
        for state in from {
            for party in &step.by {
                if !seen.insert((state, party, step.action.as_str())) {
                    let reason = format!("in {state} the {party} may take the step {} in two ways", step.action);
                    return flaw(Place::Transition(index), reason, "remove one transition");
                }
            }
        }
    }
    Ok(())
}

fn reachable_and_alive(workflow: &Workflow, written: &[State]) -> Result<(), Flaw> {
    if !workflow.transitions.iter().any(|step| step.from.is_empty()) {
        return flaw(Place::File, "no transition opens an exchange", "add a transition without from");
    }
    let reached = reach(workflow, opened(workflow));
    for (index, state) in written.iter().enumerate() {
        let place = Place::State(index);
        if !reached.contains(state.id.as_str()) {
            let reason = format!("no step leads to the state {}", state.id);
            return flaw(place, reason, "add a transition to it, or remove it");
        }
        let left = workflow.transitions.iter().any(|step| step.from.contains(&state.id));
        let mut onward = reach(workflow, [state.id.as_str()].into()).into_iter();
        let ends = onward.any(|reached| workflow.states[reached].awaits.is_none());
        match (&state.awaits, left, ends) {
            (None, true, _) => {
                let reason = format!("the state {} awaits nobody, yet a step leaves it", state.id);
                return flaw(place, reason, "say whom it awaits, or remove the step");
            }
            (Some(_), _, false) => {
                let reason = format!("from the state {} no end can be reached", state.id);
                return flaw(place, reason, "add a transition that ends it");
            }
            (Some(party), _, true) if !can_act(workflow, &state.id, party) => {
                let reason = format!("the state {} awaits the {party}, which can do nothing there", state.id);
                return flaw(place, reason, "await another party, or add a transition by it");
            }
            (None, false, _) | (Some(_), _, true) => {}
        }
    }
    Ok(())
}

/// Whether an awaited party has a step at all in a state.
fn can_act(workflow: &Workflow, state: &str, party: &PartyName) -> bool {
    workflow.transitions.iter().any(|step| step.by.contains(party) && step.from.iter().any(|from| from == state))
}

fn opened(workflow: &Workflow) -> BTreeSet<&str> {
    workflow.transitions.iter().filter(|step| step.from.is_empty()).filter_map(|step| step.to.as_deref()).collect()
}

/// Everything that can be reached from these states, themselves included.
fn reach<'a>(workflow: &'a Workflow, mut reached: BTreeSet<&'a str>) -> BTreeSet<&'a str> {
    loop {
        let more: BTreeSet<&str> = workflow
            .transitions
            .iter()
            .filter(|step| step.from.iter().any(|from| reached.contains(from.as_str())))
            .filter_map(|step| step.to.as_deref())
            .filter(|to| !reached.contains(to))
            .collect();
        if more.is_empty() {
            return reached;
        }
        reached.extend(more);
    }
}

fn deadlines(workflow: &Workflow) -> Result<(), Flaw> {
    let mut seen = BTreeSet::new();
    for (index, timer) in workflow.deadlines.iter().enumerate() {
        let place = Place::Deadline(index);
        if !seen.insert(&timer.id) {
            return flaw(place, format!("the deadline {} is defined twice", timer.id), "rename one");
        }
        if timer.states.is_empty() {
            return flaw(place, format!("the deadline {} runs in no state", timer.id), "name states");
        }
        for state in &timer.states {
            match workflow.states.get(state) {
                None => {
                    let reason = format!("the deadline {} names the state {state}, which does not exist", timer.id);
                    return flaw(place, reason, "correct the name");
                }
                Some(State { awaits: None, .. }) => {
                    let reason = format!("the deadline {} runs in the state {state}, which is an end", timer.id);
                    return flaw(place, reason, "remove the state");
                }
                Some(_) => {}
            }
            if let Some(action) =
                step_on_miss(timer.on_miss).filter(|action| workflow.step(state, HUB, action).is_none())
            {
                let reason = format!("when the deadline {} passes in {state}, the hub has no step {action}", timer.id);
                return flaw(place, reason, "add a transition by hub");
            }
        }
    }
    Ok(())
}

/// The step that the hub takes when a deadline passes.
pub fn step_on_miss(on_miss: OnMiss) -> Option<&'static str> {
    match on_miss {
        OnMiss::TimeOut => Some(TIME_OUT),
        OnMiss::Close => Some(CLOSE),
        OnMiss::Consolidate => Some(CONSOLIDATE),
        OnMiss::Remind | OnMiss::Escalate | OnMiss::Record => None,
    }
}

#[cfg(test)]
mod tests;
