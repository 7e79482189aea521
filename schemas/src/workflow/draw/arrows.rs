//! From a workflow to ranks and arrows: which state stands how far down, which steps one arrow stands for.
//!
//! A state's rank is the longest way to it from the opening, counted along the steps that lead onwards. A step leads
//! onwards if it leads to an end, or farther from the opening by the shortest way, or as far and down the file.

use crate::workflow::{HUB, Transition, Workflow};
use std::collections::VecDeque;

/// The opening; the state at place `i` of the file is `i + 1`.
pub(super) const START: usize = 0;

/// Steps from the same states to the same state, drawn as one.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Arrow {
    /// Where it begins: places of states, or [`START`].
    pub sources: Vec<usize>,
    /// The place where it ends.
    pub target: usize,
    /// Indices of the steps.
    pub steps: Vec<usize>,
    /// Where it leads.
    pub direction: Direction,
    /// Whether it is the hub that goes along it.
    pub by_hub: bool,
}

/// Where an arrow leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    /// Away from the opening.
    Down,
    /// Back towards it.
    Up,
}

/// Ranks, arrows, and the steps that stay.
pub(super) struct Plan {
    /// The rank of every place; the opening has 0.
    pub ranks: Vec<usize>,
    pub arrows: Vec<Arrow>,
    /// By place, the indices of the steps that stay there.
    pub stays: Vec<Vec<usize>>,
}

pub(super) fn plan(workflow: &Workflow) -> Plan {
    let moves: Vec<(Vec<usize>, Option<usize>)> =
        workflow.transitions.iter().map(|step| (sources(workflow, step), target(workflow, step))).collect();
    let ends: Vec<bool> =
        [false].into_iter().chain(workflow.order.iter().map(|state| workflow.awaits(state).is_none())).collect();
    let ranks = ranks(&ends, &moves);
    let mut plan = Plan { stays: vec![Vec::new(); ranks.len()], ranks, arrows: Vec::new() };
    for (index, (sources, target)) in moves.iter().enumerate() {
        let staying = sources.iter().filter(|source| target.is_none_or(|target| target == **source));
        for source in staying {
            plan.stays[*source].push(index);
        }
        let Some(target) = *target else { continue };
        for direction in [Direction::Down, Direction::Up] {
            let leads = |source: &usize| match direction {
                Direction::Down => plan.ranks[*source] < plan.ranks[target],
                Direction::Up => plan.ranks[*source] > plan.ranks[target],
            };
            let sources = sources.iter().copied().filter(leads).collect();
            let by_hub = workflow.transitions[index].by.iter().any(|party| party.as_str() == HUB);
            add(&mut plan.arrows, Arrow { sources, target, steps: vec![index], direction, by_hub });
        }
    }
    plan
}

/// Adds a step's arrow, or the step to the arrow that goes the same way.
fn add(arrows: &mut Vec<Arrow>, arrow: Arrow) {
    let same = |other: &&mut Arrow| {
        (&other.sources, other.target, other.direction, other.by_hub)
            == (&arrow.sources, arrow.target, arrow.direction, arrow.by_hub)
    };
    if arrow.sources.is_empty() {
        return;
    }
    match arrows.iter_mut().find(same) {
        Some(other) => other.steps.extend(arrow.steps),
        None => arrows.push(arrow),
    }
}

fn place(workflow: &Workflow, state: &str) -> Option<usize> {
    workflow.order.iter().position(|other| other == state).map(|index| index + 1)
}

fn target(workflow: &Workflow, step: &Transition) -> Option<usize> {
    step.to.as_ref().and_then(|state| place(workflow, state))
}

fn sources(workflow: &Workflow, step: &Transition) -> Vec<usize> {
    if step.from.is_empty() {
        return vec![START];
    }
    let mut places: Vec<usize> = step.from.iter().filter_map(|state| place(workflow, state)).collect();
    places.sort_unstable();
    places.dedup();
    places
}

fn ranks(ends: &[bool], moves: &[(Vec<usize>, Option<usize>)]) -> Vec<usize> {
    let pairs: Vec<(usize, usize)> = moves
        .iter()
        .filter_map(|(sources, target)| target.map(|target| (sources, target)))
        .flat_map(|(sources, target)| sources.iter().map(move |source| (*source, target)))
        .filter(|(source, target)| source != target)
        .collect();
    let distances = distances(ends.len(), &pairs);
    let key = |place: usize| (ends[place], distances[place], place);
    let mut onwards: Vec<usize> = (0..ends.len()).collect();
    onwards.sort_by_key(|place| key(*place));
    let mut ranks = vec![0; ends.len()];
    for place in &onwards {
        // Steps back count in the other direction, so that no two places that a step joins have the same rank.
        let joined = pairs.iter().filter_map(|(one, other)| match (*one, *other) {
            (one, other) if other == *place => Some(one),
            (one, other) if one == *place => Some(other),
            _ => None,
        });
        let before = joined.filter(|other| key(*other) < key(*place)).map(|other| ranks[other] + 1);
        ranks[*place] = before.max().unwrap_or(usize::from(*place != START));
    }
    ranks
}

/// Steps from the opening by the shortest way.
fn distances(count: usize, pairs: &[(usize, usize)]) -> Vec<usize> {
    let mut distances = vec![usize::MAX; count];
    distances[START] = 0;
    let mut waiting = VecDeque::from([START]);
    while let Some(place) = waiting.pop_front() {
        for (_, target) in pairs.iter().filter(|(source, _)| *source == place) {
            if distances[*target] == usize::MAX {
                distances[*target] = distances[place] + 1;
                waiting.push_back(*target);
            }
        }
    }
    distances
}
