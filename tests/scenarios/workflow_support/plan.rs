//! Plans: the shortest way through a workflow, by messages of one area, to where an exchange is wanted.

use schemas::{
    area::{Area, Deadline, MessageDefinition},
    workflow::{HUB, Transition, Workflow, step_on_miss},
};
use std::collections::{BTreeSet, VecDeque};

/// One message by one party.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Move<'a> {
    pub(crate) definition: &'a MessageDefinition,
    pub(crate) transition: &'a Transition,
    pub(crate) party: &'a str,
}

impl std::fmt::Display for Move<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} by the {}", self.definition.message_type, self.party)
    }
}

/// Where an exchange can be: its state, the parties that somebody is, and what is known of the deadlines that run.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Node {
    pub(crate) state: String,
    pub(crate) present: BTreeSet<String>,
    pub(crate) runs: bool,
    /// The deadlines at whose end the hub takes a step of its own, of those that run.
    pub(crate) ends: BTreeSet<String>,
}

impl Node {
    /// Whether the deadline runs, and no other one that changes the exchange.
    pub(crate) fn runs_undisturbed(&self, deadline: &Deadline) -> bool {
        self.runs && self.ends.iter().all(|id| *id == deadline.id)
    }
}

/// Plans in one workflow by the messages of one area.
#[derive(Clone, Copy)]
pub(crate) struct Planner<'a> {
    area: &'a Area,
    workflow: &'a Workflow,
    deadline: Option<&'a Deadline>,
}

impl<'a> Planner<'a> {
    pub(crate) fn new(area: &'a Area, workflow: &'a Workflow) -> Self {
        Self { area, workflow, deadline: None }
    }

    /// The same, with an eye on a deadline of the area.
    pub(crate) fn watching(self, deadline: &'a Deadline) -> Self {
        Self { deadline: Some(deadline), ..self }
    }

    /// The messages of the workflow that participants send: not what the hub sends itself, nor what is only seen, nor what
    /// belongs to an exchange that was split.
    pub(crate) fn messages(&self) -> impl Iterator<Item = &'a MessageDefinition> {
        let Self { area, workflow, .. } = *self;
        let seen_only = |definition: &MessageDefinition| {
            area.views.iter().any(|view| view.instead == definition.message_type.message)
        };
        area.messages.iter().filter(move |definition| {
            definition.workflow == workflow.id && definition.reads.parent.is_none() && !seen_only(definition)
        })
    }

    /// The first message with each action.
    pub(crate) fn one_of_each_action(&self) -> Vec<&'a MessageDefinition> {
        let mut actions = BTreeSet::new();
        self.messages().filter(|definition| actions.insert(definition.action.as_str())).collect()
    }

    /// The moves that are legal at a place; before the opening at none.
    pub(crate) fn moves(&self, from: Option<&Node>) -> Vec<Move<'a>> {
        let definitions = if self.deadline.is_some() { self.messages().collect() } else { self.one_of_each_action() };
        let mut moves = Vec::new();
        for definition in definitions {
            for transition in self.workflow.transitions.iter().filter(|step| step.action == definition.action) {
                let is_here = match from {
                    None => transition.from.is_empty(),
                    Some(node) => transition.from.contains(&node.state),
                };
                let by = transition.by.iter().map(|party| party.as_str());
                let able = |party: &&str| from.is_none_or(|node| self.is_there(node, party)) && *party != HUB;
                moves.extend(by.filter(|_| is_here).filter(able).map(|party| Move { definition, transition, party }));
            }
        }
        moves
    }

    /// Whether somebody is this party, or would be who coordinates somebody.
    pub(crate) fn is_there(&self, node: &Node, party: &str) -> bool {
        let coordinated = self.workflow.parties.iter().find(|one| one.id.as_str() == party);
        let coordinated = coordinated.and_then(|party| party.coordinates.as_ref());
        node.present.contains(party) || coordinated.is_some_and(|other| node.present.contains(other.as_str()))
    }

    /// Where a move leads.
    pub(crate) fn after(&self, from: Option<&Node>, step: &Move<'_>) -> Node {
        let opener = || Node {
            state: String::new(),
            present: [self.workflow.opener().to_string()].into(),
            runs: false,
            ends: BTreeSet::new(),
        };
        let mut node = from.cloned().unwrap_or_else(opener);
        if let Some(state) = &step.transition.to {
            node.state.clone_from(state);
        }
        node.present.extend(step.transition.addresses.iter().map(ToString::to_string));
        if let Some(watched) = self.deadline {
            let name = &step.definition.message_type.message;
            let has_ended = self.workflow.awaits(&node.state).is_none();
            let ends = |deadline: &Deadline| has_ended || deadline.ended_by.contains(name);
            node.runs = !ends(watched) && node.runs || watched.after == *name;
            for deadline in self.area.deadlines.iter().filter(|one| step_on_miss(one.on_miss).is_some()) {
                if ends(deadline) {
                    node.ends.remove(&deadline.id);
                }
                if deadline.after == *name && !has_ended {
                    node.ends.insert(deadline.id.clone());
                }
            }
        }
        node
    }

    /// The shortest way from the opening to a place that is wanted, with the place.
    pub(crate) fn way(&self, wanted: impl Fn(&Node) -> bool) -> Option<(Vec<Move<'a>>, Node)> {
        self.way_from(None, wanted)
    }

    /// The shortest way from one place to another that is wanted; before the opening there is none.
    pub(crate) fn way_from(
        &self,
        start: Option<&Node>,
        wanted: impl Fn(&Node) -> bool,
    ) -> Option<(Vec<Move<'a>>, Node)> {
        let mut seen: BTreeSet<Node> = BTreeSet::new();
        let mut waiting: VecDeque<(Option<Node>, Vec<Move<'a>>)> = [(start.cloned(), Vec::new())].into();
        while let Some((place, way)) = waiting.pop_front() {
            if let Some(node) = place.as_ref().filter(|node| wanted(node)) {
                return Some((way, node.clone()));
            }
            for step in self.moves(place.as_ref()) {
                let node = self.after(place.as_ref(), &step);
                if seen.insert(node.clone()) {
                    waiting.push_back((Some(node), way.iter().copied().chain([step]).collect()));
                }
            }
        }
        None
    }
}
