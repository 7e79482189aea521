//! What binds an area's messages to time, to readers and to each other: deadlines, views, consolidations, and the paths
//! that the hub reads from documents for them. Everything they name must exist.

use super::super::pack::{Pack, PackMessage};
use super::super::{AreaError, Consolidation, Deadline, MessageDefinition, View};
use super::Loader;
use crate::{
    validate::Proof,
    wire::{MessageName, WorkflowId},
    workflow::{HUB, Workflow, step_on_miss},
};
use std::{collections::BTreeSet, sync::Arc};
use toml::Spanned;

/// Every path that is read from a message, once.
pub(super) fn paths(pack: &Pack, message: &PackMessage) -> Vec<String> {
    let reads = &message.reads;
    let started = pack.deadline.iter().map(Spanned::get_ref).filter(|deadline| deadline.after == message.name);
    let of_deadlines = started.flat_map(|deadline| {
        deadline.from_field.iter().chain(deadline.when.as_ref().map(|condition| &condition.field))
    });
    let ends = pack.deadline.iter().flat_map(|deadline| &deadline.get_ref().ended_if);
    let ended = ends.filter(|condition| condition.message == message.name).map(|condition| &condition.field);
    let of_deadlines = of_deadlines.chain(ended);
    let all = reads.parent.iter().chain(&reads.links).chain(&reads.questions).chain(&reads.names).chain(of_deadlines);
    all.collect::<BTreeSet<_>>().into_iter().cloned().collect()
}

impl Loader<'_> {
    pub(super) fn check_bindings(&self, pack: &Pack) -> Result<(), AreaError> {
        let mut seen = BTreeSet::new();
        for deadline in &pack.deadline {
            if !seen.insert(&deadline.get_ref().id) {
                let reason = format!("the deadline {} is defined twice", deadline.get_ref().id);
                return Err(self.wrong_at(deadline, reason, "rename one"));
            }
            self.check_deadline(deadline, pack)?;
        }
        for view in &pack.view {
            self.check_view(view, pack)?;
        }
        for consolidation in &pack.consolidation {
            let Consolidation { request, answer, error, result, .. } = consolidation.get_ref();
            self.exist(consolidation, "the consolidation", &[request, answer, error, result], pack)?;
        }
        Ok(())
    }

    fn check_deadline(&self, written: &Spanned<Deadline>, pack: &Pack) -> Result<(), AreaError> {
        let deadline = written.get_ref();
        let what = format!("the deadline {}", deadline.id);
        let ends = deadline.ended_if.iter().map(|condition| &condition.message);
        let named: Vec<&MessageName> = deadline.ended_by.iter().chain(ends).chain([&deadline.after]).collect();
        self.exist(written, &what, &named, pack)?;
        if deadline.ended_by.is_empty() && !deadline.on_arrival {
            let remedy = "name messages under ended_by, or set on_arrival where the message itself must be in time";
            return Err(self.wrong_at(written, format!("{what} is ended by nothing"), remedy));
        }
        let Some(action) = step_on_miss(deadline.on_miss) else { return Ok(()) };
        let workflow = self.workflow_of(&deadline.after, pack);
        let steps = workflow.map(|workflow| workflow.transitions.iter()).into_iter().flatten();
        let mut own = steps.filter(|step| step.by.iter().any(|party| party.as_str() == HUB));
        if own.any(|step| step.action.as_str() == action) {
            return Ok(());
        }
        let reason = format!("when {what} passes, the hub has no step {action} in the workflow of {}", deadline.after);
        Err(self.wrong_at(written, reason, "choose another on_miss, or add the step to the workflow"))
    }

    fn check_view(&self, written: &Spanned<View>, pack: &Pack) -> Result<(), AreaError> {
        let view = written.get_ref();
        let named: Vec<&MessageName> = view.messages.iter().chain([&view.instead]).collect();
        self.exist(written, "the view", &named, pack)?;
        let workflows: BTreeSet<&WorkflowId> = view
            .messages
            .iter()
            .filter_map(|name| pack.message.iter().find(|message| message.name == *name))
            .map(|message| &message.workflow)
            .collect();
        for workflow in workflows.into_iter().filter_map(|id| self.workflows.get(id)) {
            if workflow.party(&view.party).is_none() {
                let reason = format!("the view is for the party {}, which {} does not have", view.party, workflow.id);
                return Err(self.wrong_at(written, reason, "name a party of the workflow"));
            }
        }
        Ok(())
    }

    fn workflow_of(&self, name: &MessageName, pack: &Pack) -> Option<&Arc<Workflow>> {
        let message = pack.message.iter().find(|message| message.name == *name)?;
        self.workflows.get(&message.workflow)
    }

    fn exist<T>(&self, place: &Spanned<T>, what: &str, names: &[&MessageName], pack: &Pack) -> Result<(), AreaError> {
        match names.iter().find(|name| pack.message.iter().all(|message| message.name != ***name)) {
            Some(name) => {
                let reason = format!("{what} names the message {name}, which does not exist");
                Err(self.wrong_at(place, reason, "correct the name"))
            }
            None => Ok(()),
        }
    }

    /// Every element on the paths that are read from a message is declared somewhere in its schema.
    pub(super) fn check_paths(&self, proof: &Proof, pack: &Pack, message: &MessageDefinition) -> Result<(), AreaError> {
        for path in &message.paths {
            let steps = path.split('/').filter(|step| !step.starts_with('@'));
            if let Some(step) = steps.into_iter().find(|step| !proof.declares_element(step)) {
                let name = &message.message_type.message;
                let reason = format!("the path {path:?} is read from {name}, yet no schema declares an element {step}");
                let remedy = "correct it under reads of the message, or in the deadlines that it starts";
                return Err(self.wrong_at(&place(pack, name).root, reason, remedy));
            }
        }
        Ok(())
    }
}

fn place<'a>(pack: &'a Pack, name: &MessageName) -> &'a PackMessage {
    let found = pack.message.iter().find(|message| message.name == *name);
    found.unwrap_or(&pack.message[0])
}
