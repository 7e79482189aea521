//! Authorise: may this authority, in its role, send this message to these recipients?
//!
//! Pure. The answer is a [`Permit`], which later steps demand by type.

use crate::{
    directory::{Authority, Directory},
    envelope::Envelope,
    exchange::Event,
};
use schemas::{
    area::{MessageDefinition, Role},
    wire::{AuthorityId, Rejection, RejectionCode},
    workflow::Workflow,
};

/// Proof that the directory allows a message. Only [`authorise`] makes one.
#[derive(Debug)]
pub struct Permit<'a> {
    envelope: &'a Envelope,
    definition: &'a MessageDefinition,
    workflow: &'a Workflow,
}

impl<'a> Permit<'a> {
    /// The message as the exchange sees it.
    pub fn event(&self) -> Event<'a> {
        Event {
            correlation_id: self.envelope.correlation_id,
            area: &self.envelope.message_type.area,
            workflow: self.workflow,
            action: &self.definition.action,
            from: &self.envelope.from,
            to: &self.envelope.to,
            test: self.envelope.test,
        }
    }
}

/// Checks sender and named recipients against the directory.
///
/// # Errors
/// `not-permitted`, `unknown-recipient`, `recipient-not-in-area`.
pub fn authorise<'a>(
    directory: &Directory,
    envelope: &'a Envelope,
    definition: &'a MessageDefinition,
    workflow: &'a Workflow,
) -> Result<Permit<'a>, Rejection> {
    let refuse = |reason: String| Rejection::new(RejectionCode::NotPermitted, reason);
    let area = &envelope.message_type.area;
    let sender = directory
        .authority(&envelope.from)
        .ok_or_else(|| refuse(format!("{} is not in the directory", envelope.from)))?;
    let roles = sender.areas.get(area).ok_or_else(|| refuse(format!("{} does not act in area {area}", sender.id)))?;
    if !any_role(roles, &definition.senders) {
        return Err(refuse(format!(
            "{} has no role in area {area} that may send {}",
            sender.id, definition.message_type
        )));
    }
    for id in &envelope.to {
        check_recipient(directory, sender, id, definition, workflow)?;
    }
    Ok(Permit { envelope, definition, workflow })
}

fn check_recipient(
    directory: &Directory,
    sender: &Authority,
    id: &AuthorityId,
    definition: &MessageDefinition,
    workflow: &Workflow,
) -> Result<(), Rejection> {
    let area = &definition.message_type.area;
    let Some(recipient) = directory.authority(id) else {
        return Err(Rejection::new(RejectionCode::UnknownRecipient, format!("there is no authority {id}")));
    };
    let Some(roles) = recipient.areas.get(area) else {
        return Err(Rejection::new(RejectionCode::RecipientNotInArea, format!("{id} does not act in area {area}")));
    };
    let refuse = |reason: String| Err(Rejection::new(RejectionCode::NotPermitted, reason));
    if !any_role(roles, &definition.receivers) {
        return refuse(format!("{id} has no role in area {area} that receives {}", definition.message_type));
    }
    let same_country = recipient.country == sender.country;
    if workflow.hands_over(&definition.action) && !same_country {
        return refuse(format!(
            "an exchange is handed over within one country only; {id} is in {}, not {}",
            recipient.country, sender.country
        ));
    }
    if workflow.opening(&definition.action).is_some() && same_country && !definition.national {
        return refuse(format!("{id} is in the sender's own country, and area {area} has no national use"));
    }
    Ok(())
}

fn any_role(held: &[Role], wanted: &[Role]) -> bool {
    held.iter().any(|role| wanted.contains(role))
}
