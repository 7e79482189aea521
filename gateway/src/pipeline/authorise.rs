//! Authorise: may this participant, for this authority, in its role, send this message to these recipients?
//!
//! Pure. The answer is a [`Permit`], which later steps demand by type. These are all the rules of access (issue of the
//! directory; design, section 4), in the order in which they are asked.

use crate::{
    directory::{Authority, AuthorityStatus, Directory, ParticipantStatus},
    envelope::Envelope,
    exchange::Event,
    registrar,
};
use jiff::Timestamp;
use schemas::{
    area::{Area, Areas, MessageDefinition, Recipients, Role},
    wire::{AreaId, AuthorityId, ParticipantId, Rejection, RejectionCode},
    workflow::Workflow,
};
use std::collections::BTreeMap;

/// Proof that the directory allows a message. Only [`authorise`] makes one.
#[derive(Debug)]
pub struct Permit<'a> {
    envelope: &'a Envelope,
    definition: &'a MessageDefinition,
    to: Vec<AuthorityId>,
    copies: Vec<AuthorityId>,
}

impl Permit<'_> {
    /// The message as the exchange sees it.
    pub fn event<'a>(
        &'a self,
        participant: Option<&'a ParticipantId>,
        texts: &'a BTreeMap<String, Vec<String>>,
        at: Timestamp,
    ) -> Event<'a> {
        Event {
            correlation_id: self.envelope.correlation_id,
            definition: self.definition,
            participant,
            message_id: self.envelope.message_id.0,
            from: &self.envelope.from,
            to: &self.to,
            copies: &self.copies,
            test: self.envelope.test,
            texts,
            at,
        }
    }
}

/// What access is judged by.
#[derive(Debug, Clone, Copy)]
pub struct Book<'a> {
    /// Who exists.
    pub directory: &'a Directory,
    /// What the packs say.
    pub areas: &'a Areas,
    /// The hub's own authority in the area `registers`.
    pub registrar: &'a AuthorityId,
}

/// Checks participant, sender and named recipients against the directory and the area's pack.
///
/// In the area `registers` the hub itself takes part: it may be addressed, and is where an opening message names nobody.
///
/// # Errors
/// `unidentified-sender`, `not-your-authority`, `not-permitted`, `unknown-recipient`, `recipient-not-in-area`.
pub fn authorise<'a>(
    book: Book<'_>,
    participant: Option<&ParticipantId>,
    envelope: &'a Envelope,
    definition: &'a MessageDefinition,
    workflow: &'a Workflow,
) -> Result<Permit<'a>, Rejection> {
    let sender = served(book.directory, participant, &envelope.from)?;
    check_sender(book.areas, sender, definition)?;
    if let Some(area) = book.areas.area(&definition.message_type.area) {
        check_approval(area, sender, definition, workflow)?;
    }
    let mut to = envelope.to.clone();
    let of_registers = definition.message_type.area.as_str() == registrar::AREA;
    if of_registers && to.is_empty() && workflow.opening(&definition.action).is_some() {
        to.push(book.registrar.clone());
    }
    for id in to.iter().filter(|id| !of_registers || *id != book.registrar) {
        check_recipient(book, sender, id, definition, workflow)?;
    }
    let mut copies = Vec::new();
    if let Some(rule) = definition.recipients {
        let more = by_rule(book, sender, definition, rule, &to)?;
        // A step that brings nobody in has its recipients from the exchange: others receive it and take no part.
        if workflow.addresses(&definition.action) { to.extend(more) } else { copies = more }
    }
    Ok(Permit { envelope, definition, to, copies })
}

/// Who receives a message besides those whom it names, where the law says who does (domain, B3 and C).
fn by_rule(
    Book { directory, .. }: Book<'_>,
    sender: &Authority,
    definition: &MessageDefinition,
    rule: Recipients,
    to: &[AuthorityId],
) -> Result<Vec<AuthorityId>, Rejection> {
    let mut more = match rule {
        Recipients::EveryState => directory.every_state(definition, sender),
        Recipients::NamedAndCommission => directory.commission(definition),
        Recipients::OwnCoordinator => {
            let area = &definition.message_type.area;
            let coordinators = directory.coordinators_in(&sender.id, area);
            if let Some(stranger) = to.iter().find(|id| !coordinators.contains(id)) {
                return Err(not_permitted(format!("{stranger} is not a coordinator of {} in area {area}", sender.id)));
            }
            coordinators.into_iter().take(usize::from(to.is_empty())).collect()
        }
    };
    more.retain(|authority| !to.contains(authority) && *authority != sender.id);
    Ok(more)
}

/// The participant of this name, if it may send at all.
///
/// # Errors
/// `unidentified-sender` where the directory holds no such participant, `not-permitted` where it is suspended.
pub fn admitted<'a>(directory: &'a Directory, id: &ParticipantId) -> Result<&'a ParticipantId, Rejection> {
    match directory.participant(id) {
        Some(participant) if participant.status == ParticipantStatus::Active => Ok(&participant.id),
        Some(participant) => {
            let withdrawn = participant.status == ParticipantStatus::Withdrawn;
            let state = if withdrawn { "takes part no longer" } else { "is suspended" };
            Err(not_permitted(format!("{id} {state}")))
        }
        None => {
            Err(Rejection::new(RejectionCode::UnidentifiedSender, format!("the directory holds no participant {id}")))
        }
    }
}

/// The authority of this name, if the participant serves it.
///
/// # Errors
/// Those of [`admitted`], and `not-your-authority`.
pub fn served<'a>(
    directory: &'a Directory,
    participant: Option<&ParticipantId>,
    authority: &AuthorityId,
) -> Result<&'a Authority, Rejection> {
    let Some(participant) = participant else {
        let reason = "the broker has proved no participant";
        return Err(Rejection::new(RejectionCode::UnidentifiedSender, reason.to_owned()));
    };
    let participant = admitted(directory, participant)?;
    match directory.authority(authority) {
        Some(authority) if authority.participant == *participant => Ok(authority),
        // Whether the authority exists elsewhere is nobody's business here: both cases read the same.
        _ => Err(Rejection::new(
            RejectionCode::NotYourAuthority,
            format!("{participant} does not serve an authority {authority}"),
        )),
    }
}

fn check_sender(areas: &Areas, sender: &Authority, definition: &MessageDefinition) -> Result<(), Rejection> {
    let area = &definition.message_type.area;
    check_active(sender)?;
    let roles =
        sender.roles(area).ok_or_else(|| not_permitted(format!("{} does not act in area {area}", sender.id)))?;
    if !any_role(roles, &definition.senders) {
        let reason = format!("{} has no role in area {area} that may send {}", sender.id, definition.message_type);
        return Err(not_permitted(reason));
    }
    check_country(areas, area, sender)
}

/// Where a country has its coordinators approve requests, they do not leave it without (domain, B2). A part of a request
/// stays in the country.
fn check_approval(
    area: &Area,
    sender: &Authority,
    definition: &MessageDefinition,
    workflow: &Workflow,
) -> Result<(), Rejection> {
    const SUBMISSION: &str = "submit";
    const APPROVAL: &str = "approve";
    let approves = area.approval.contains(&sender.country);
    let opens = workflow.opening(&definition.action).is_some() && definition.action.as_str() != SUBMISSION;
    let by_way_of_approval = workflow.transitions.iter().any(|step| step.action.as_str() == APPROVAL);
    if approves && opens && by_way_of_approval && definition.reads.parent.is_none() {
        let reason = format!(
            "requests of {} in area {} are approved by its coordinator first: submit it to the coordinator",
            sender.country, area.id
        );
        return Err(not_permitted(reason));
    }
    Ok(())
}

fn check_recipient(
    Book { directory, areas, .. }: Book<'_>,
    sender: &Authority,
    id: &AuthorityId,
    definition: &MessageDefinition,
    workflow: &Workflow,
) -> Result<(), Rejection> {
    let area = &definition.message_type.area;
    let unknown = |reason: String| Err(Rejection::new(RejectionCode::UnknownRecipient, reason));
    let recipient = match directory.authority(id) {
        None => return unknown(format!("there is no authority {id}")),
        Some(recipient) if recipient.status == AuthorityStatus::Withdrawn => {
            return unknown(format!("{id} takes part no longer"));
        }
        Some(recipient) => recipient,
    };
    check_active(recipient)?;
    let Some(roles) = recipient.roles(area) else {
        return Err(Rejection::new(RejectionCode::RecipientNotInArea, format!("{id} does not act in area {area}")));
    };
    if !any_role(roles, &definition.receivers) {
        let reason = format!("{id} has no role in area {area} that receives {}", definition.message_type);
        return Err(not_permitted(reason));
    }
    check_country(areas, area, recipient)?;
    let same_country = recipient.country == sender.country;
    if workflow.stays_within_country(&definition.action) && !same_country {
        return Err(not_permitted(format!(
            "this step stays within one country; {id} is in {}, not {}",
            recipient.country, sender.country
        )));
    }
    if workflow.opening(&definition.action).is_some() && same_country && !definition.national {
        let reason = format!("{id} is in the sender's own country, and area {area} has no national use");
        return Err(not_permitted(reason));
    }
    Ok(())
}

/// Who is not active neither sends nor is written to. Withdrawn recipients were dealt with before.
fn check_active(authority: &Authority) -> Result<(), Rejection> {
    let id = &authority.id;
    let state = match authority.status {
        AuthorityStatus::Active => return Ok(()),
        AuthorityStatus::Invited => "was invited and has not registered",
        AuthorityStatus::Pending => "has registered, and its coordinator has not decided yet",
        AuthorityStatus::Suspended => "is suspended",
        AuthorityStatus::Withdrawn => "takes part no longer",
    };
    let coordinator = authority.coordinators.validating.as_ref();
    let whom = coordinator.map(|coordinator| format!("; its coordinator is {coordinator}")).unwrap_or_default();
    Err(not_permitted(format!("{id} {state}{whom}")))
}

fn check_country(areas: &Areas, area: &AreaId, authority: &Authority) -> Result<(), Rejection> {
    if areas.admits(area, &authority.country) {
        return Ok(());
    }
    let reason =
        format!("{} is in {}, a third country that area {area} does not admit", authority.id, authority.country);
    Err(not_permitted(reason))
}

fn not_permitted(reason: String) -> Rejection {
    Rejection::new(RejectionCode::NotPermitted, reason)
}

fn any_role(held: &[Role], wanted: &[Role]) -> bool {
    held.iter().any(|role| wanted.contains(role))
}

#[cfg(test)]
mod tests;
