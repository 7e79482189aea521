//! Registration: what an accepted message of the area `registers` changes in the directory, within the batch, and what
//! the hub itself answers to a search.
//!
//! Pure. The directory moves with the batch: what one message changes holds for the next. Everything is recorded in the
//! transaction that records the messages, or not at all.

use super::{
    decide::Desk,
    inspect::{Inspected, Refusal},
    spelling::json,
};
use crate::{
    directory::{
        Directory,
        change::{Change, ChangeSet},
    },
    envelope::Envelope,
    exchange::{self, Advance, Event, Exchange, Law},
    registrar::{self, Catalogue, Objection, Situation},
    store::{MessageKey, MessageRecord, OutboxEntry, OutboxProperties},
};
use schemas::{
    area::AreaVersion,
    wire::{ContentType, IdError, MessageName, MessageType, Rejection, RejectionCode, content_sha256},
};
use std::{collections::BTreeMap, sync::Arc};
use uuid::Uuid;

/// What a message brings about besides its way to its recipients.
#[derive(Debug)]
pub(super) struct Effect {
    directory: Arc<Directory>,
    changes: Vec<Change>,
}

impl Desk<'_> {
    /// What the message would change; nothing for all but those of the area `registers`.
    pub(super) fn effect(&self, inspected: &Inspected, envelope: &Envelope) -> Result<Option<Effect>, Refusal> {
        let message_type = &envelope.message_type;
        if message_type.area.as_str() != registrar::AREA {
            return Ok(None);
        }
        let participant = inspected.claim.key.participant.as_ref();
        let sender = self.directory.authority(&envelope.from);
        let (Some(participant), Some(sender)) = (participant, sender) else {
            return Err(Refusal::Failed("a message was permitted whose sender is unknown".into()));
        };
        let document = json(self.areas, envelope, &inspected.received.body, &self.rules.limits.document())
            .map_err(Refusal::Failed)?;
        let situation = Situation { directory: &self.directory, sender, participant };
        let records =
            registrar::records(situation, &message_type.message, &document).map_err(|objection| match objection {
                Objection::Refused(rejection) => Refusal::Rejected(rejection),
                Objection::Failed(problem) => Refusal::Failed(problem),
            })?;
        if records.is_empty() {
            return Ok(None);
        }
        let (directory, changes) = self.directory.plan(records, self.now).map_err(|faults| {
            let said: Vec<String> = faults.iter().map(ToString::to_string).collect();
            Refusal::Rejected(Rejection::new(RejectionCode::RuleViolation, said.join(". ")))
        })?;
        Ok(Some(Effect { directory: Arc::new(directory), changes }))
    }

    /// Takes the effect of an accepted message into the batch, and answers a search. A test message has no effect.
    pub(super) fn enact(&mut self, effect: Option<Effect>, inspected: &Inspected, envelope: &Envelope) {
        self.reply(inspected, envelope);
        let Some(effect) = effect.filter(|effect| !envelope.test && !effect.changes.is_empty()) else { return };
        let before: usize = self.writes.directory.iter().map(|set| set.changes.len()).sum();
        let participant = inspected.claim.key.participant.as_ref().map_or("", |participant| participant.as_str());
        self.writes.directory.push(ChangeSet {
            based_on: self.rules.version + before as u64,
            at: self.now,
            actor: format!("{} of {participant}, message {}", envelope.from, envelope.message_id),
            reason: None,
            changes: effect.changes,
        });
        self.directory = effect.directory;
    }

    /// Answers a search that was accepted, where it was the hub that was asked. The answer is a message as any other: it
    /// moves the exchange, has its record and its dispatch, and goes out through the outbox.
    fn reply(&mut self, inspected: &Inspected, envelope: &Envelope) {
        let message_type = &envelope.message_type;
        let asked = message_type.area.as_str() == registrar::AREA && registrar::is_search(&message_type.message);
        let own = &self.rules.registrar;
        let exchange = self.known.exchanges.get(&envelope.correlation_id);
        let Some(exchange) = exchange.filter(|exchange| asked && exchange.involves(own)) else { return };
        if envelope.test {
            return;
        }
        match self.own_answer(inspected, envelope, exchange) {
            Ok((advance, record, entry)) => {
                self.take(advance.all());
                self.writes.messages.push(record);
                self.writes.dispatches.push(entry.dispatch());
                self.writes.outbox.push(entry);
            }
            Err(problem) => tracing::error!(problem, %message_type, "a search stays unanswered"),
        }
    }

    fn own_answer(
        &self,
        inspected: &Inspected,
        envelope: &Envelope,
        exchange: &Exchange,
    ) -> Result<(Advance, MessageRecord, OutboxEntry), String> {
        let limits = self.rules.limits.document();
        let catalogue = self.rules.catalogue.as_ref().ok_or("there is no index of the directory")?;
        let catalogue =
            Catalogue { index: &catalogue.index, professions: &catalogue.packs.professions, areas: self.areas };
        let document = json(self.areas, envelope, &inspected.received.body, &limits)?;
        let (name, answer) = registrar::answer(catalogue, &envelope.message_type.message, &document)
            .map_err(|objection| format!("{objection:?}"))?;
        let name: MessageName = name.parse().map_err(|error: IdError| error.to_string())?;
        let message_type = MessageType { message: name, ..envelope.message_type.clone() };
        let definition = self.areas.definition(&message_type).ok_or("no pack declares the answer")?;
        let workflow = self.areas.workflow(&definition.workflow).ok_or("the answer has no workflow")?;
        let from = &self.rules.registrar;
        let area = self.areas.area(&message_type.area).ok_or("no pack declares the area")?;
        // One answer to one message: a repetition of the batch mints the same.
        let message_id = Uuid::new_v5(&inspected.claim.key.message_id, inspected.claim.fingerprint.as_bytes());
        let event = Event {
            correlation_id: envelope.correlation_id,
            definition,
            participant: Some(&self.rules.hub),
            message_id,
            from,
            to: &[],
            copies: &[],
            test: false,
            texts: &BTreeMap::new(),
            at: self.now,
        };
        let law = Law { areas: self.areas, area, workflow };
        let advance = exchange::advance(&law, self.directory.as_ref(), &self.known.exchanges, &event)
            .map_err(|rejection| rejection.reason)?;
        let recipient = exchange.initiator().ok_or("an exchange without anybody")?.clone();
        let content_type = self.directory.format(&recipient).unwrap_or(envelope.content_type);
        let version = self.areas.version(&message_type);
        let mapping = version.and_then(AreaVersion::mapping).ok_or("no pack converts the answer")?;
        let body = match content_type {
            ContentType::Json => answer,
            ContentType::Xml => mapping.to_xml(&answer, &limits).map_err(|error| error.to_string())?,
        };
        let sequence = advance.exchange.sequence;
        let key = MessageKey { participant: Some(self.rules.hub.clone()), message_id };
        let properties = OutboxProperties {
            message_type: message_type.clone(),
            correlation_id: envelope.correlation_id,
            sequence,
            content_type,
            from: from.clone(),
            content_sha256: content_sha256(&body),
            traceparent: envelope.traceparent.clone(),
        };
        let record = MessageRecord {
            key: key.clone(),
            claimed_message_id: None,
            claimed_correlation_id: Some(envelope.correlation_id.to_string()),
            position: Some((envelope.correlation_id, sequence)),
            message_type: Some(message_type),
            sender: Some(from.clone()),
            fingerprint: properties.content_sha256.clone(),
            content_sha256: properties.content_sha256.clone(),
            size_bytes: body.len() as u64,
            test: false,
            deadline: None,
            received_at: self.now,
            rejection: None,
            failure: None,
        };
        let entry = OutboxEntry { key, recipient, properties, body, created_at: self.now, attempts: 0 };
        Ok((advance, record, entry))
    }
}
