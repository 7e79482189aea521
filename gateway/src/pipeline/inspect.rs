//! Inspect: who sent this, what does it claim to be, and does its document keep the law?
//!
//! Steps 2 to 4 of a message's way (design, section 5): authenticate, parse, validate. Pure but for the validating
//! threads, which are asked once per batch. Knows nothing of what happened before: that is [`super::decide`]'s.

use super::{
    Rules,
    authorise::{admitted, served},
    claim::Claim,
};
use crate::{
    envelope::{self, Envelope, Properties, Received},
    store::RetrievalReport,
};
use jiff::Timestamp;
use schemas::{
    area::{Areas, Status},
    validate::Checked,
    wire::{HUB_AREA, MessageType, ParticipantId, RETRIEVED_TYPE, Rejection, RejectionCode, Retrieved},
};

/// A message with its claim and what inspection found.
#[derive(Debug, Clone)]
pub struct Inspected {
    /// As received.
    pub received: Received,
    /// Who and what it claims to be.
    pub claim: Claim,
    /// What it is, or why it is refused.
    pub verdict: Result<Cleared, Refusal>,
}

/// Why a message goes no further. The two must never be confused.
#[derive(Debug, Clone)]
pub enum Refusal {
    /// The sender's to mend.
    Rejected(Rejection),
    /// Ours: validation failed on this document and says nothing about it.
    Failed(String),
}

impl From<Rejection> for Refusal {
    fn from(rejection: Rejection) -> Self {
        Self::Rejected(rejection)
    }
}

/// A message that inspection let through.
#[derive(Debug, Clone)]
pub enum Cleared {
    /// A business message with a valid document.
    Business {
        /// Its envelope.
        envelope: Box<Envelope>,
        /// What validation read from the document.
        checked: Checked,
    },
    /// A recipient's report of what it stored.
    Report(RetrievalReport),
}

/// Authenticates and parses; the document of a business message is still to be validated ([`validated`]).
pub fn examine(rules: &Rules, areas: &Areas, received: Received, now: Timestamp) -> Inspected {
    let participant = rules.authenticate(&received.properties);
    let mut claim = Claim::read(&received, participant.as_ref().ok().copied());
    let verdict = participant
        .and_then(|participant| parse(rules, areas, participant, &received, now, &mut claim))
        .map_err(Refusal::from);
    Inspected { received, claim, verdict }
}

/// Takes in what the validating thread said of the document.
pub fn validated(inspected: &mut Inspected, verdict: Result<Checked, Refusal>) {
    match (&mut inspected.verdict, verdict) {
        (Ok(Cleared::Business { checked, .. }), Ok(found)) => *checked = found,
        (Ok(_), Err(refusal)) => inspected.verdict = Err(refusal),
        (Ok(Cleared::Report(_)) | Err(_), _) => {}
    }
}

impl Rules {
    /// The broker has checked `user_id` against the certificate; the directory must know it too.
    fn authenticate(&self, properties: &Properties) -> Result<&ParticipantId, Rejection> {
        let refuse = |reason: String| Rejection::new(RejectionCode::UnidentifiedSender, reason);
        let Some(user_id) = properties.user_id.as_deref() else {
            return Err(refuse("property user_id is missing: the broker has proved no sender".into()));
        };
        let id = user_id.parse().map_err(|error| refuse(format!("property user_id: {error}")))?;
        admitted(&self.directory, &id)
    }
}

fn parse(
    rules: &Rules,
    areas: &Areas,
    participant: &ParticipantId,
    received: &Received,
    now: Timestamp,
    claim: &mut Claim,
) -> Result<Cleared, Rejection> {
    let properties = &received.properties;
    envelope::message_id(properties)?;
    let message_type = envelope::message_type(properties)?;
    check_size(received, rules.limits.body_bytes)?;
    if message_type.area.as_str() == HUB_AREA {
        return report(rules, participant, &message_type, received, now);
    }
    let sender = envelope::sender(properties)?;
    served(&rules.directory, Some(participant), &sender)?;
    claim.sender = Some(sender);
    check_type(areas, &message_type)?;
    check_routing_key(&message_type, received)?;
    let envelope = Envelope::read(properties, rules.limits.recipients)?;
    Ok(Cleared::Business { envelope: Box::new(envelope), checked: Checked::default() })
}

fn check_type(areas: &Areas, message_type: &MessageType) -> Result<(), Rejection> {
    match areas.area(&message_type.area) {
        None => Err(Rejection::new(RejectionCode::UnknownArea, format!("there is no area {}", message_type.area))),
        Some(_) if areas.definition(message_type).is_none() => {
            Err(Rejection::new(RejectionCode::UnknownType, format!("there is no message {message_type}")))
        }
        Some(area) => match area.status {
            Status::Active => Ok(()),
            Status::Suspended => Err(Rejection::new(
                RejectionCode::AreaSuspended,
                format!("area {} takes no messages at present", area.id),
            )),
        },
    }
}

/// The routing key chose the lane; a message must not travel on another's.
fn check_routing_key(message_type: &MessageType, received: &Received) -> Result<(), Rejection> {
    let expected = message_type.routing_key();
    if received.routing_key == expected {
        return Ok(());
    }
    let found: String = received.routing_key.chars().take(80).collect();
    Err(Rejection::new(
        RejectionCode::MalformedMetadata,
        format!("{message_type} is published with routing key {expected}, not {found:?}"),
    ))
}

fn check_size(received: &Received, most: usize) -> Result<(), Rejection> {
    if received.body.len() <= most {
        return Ok(());
    }
    Err(Rejection::new(
        RejectionCode::DocumentTooLarge,
        format!("the document has {} bytes, more than the {most} allowed", received.body.len()),
    ))
}

fn report(
    rules: &Rules,
    participant: &ParticipantId,
    message_type: &MessageType,
    received: &Received,
    now: Timestamp,
) -> Result<Cleared, Rejection> {
    if message_type.to_string() != RETRIEVED_TYPE {
        return Err(Rejection::new(
            RejectionCode::UnknownType,
            format!("participants send {RETRIEVED_TYPE} to the hub, not {message_type}"),
        ));
    }
    check_routing_key(message_type, received)?;
    let body: Retrieved = serde_json::from_slice(&received.body).map_err(|error| {
        Rejection::new(
            RejectionCode::MalformedDocument,
            format!("the report is not {{\"messages\": [\"<id>\", …]}}: {error}"),
        )
    })?;
    if body.messages.is_empty() || body.messages.len() > Retrieved::MOST {
        let reason = format!("a report names 1 to {} messages, not {}", Retrieved::MOST, body.messages.len());
        return Err(Rejection::new(RejectionCode::DocumentTooLarge, reason));
    }
    Ok(Cleared::Report(RetrievalReport {
        messages: body.messages.into_iter().map(|entry| (entry.message_id(), entry.from())).collect(),
        recipients: rules.directory.served_by(participant).map(|authority| authority.id.clone()).collect(),
        at: now,
    }))
}
