//! A step: from a message that is permitted to what its exchange makes of it, taken into the batch.
//!
//! Pure. What is legal is [`crate::exchange`]'s; here meet directory, packs and what is known of exchanges.

use super::{
    authorise::{Book, authorise},
    decide::Desk,
    inspect::{Cleared, Inspected},
};
use crate::{
    envelope::Envelope,
    exchange::{self, Advance, Entry, Exchange, Law, Origin},
    store::Collected,
};
use schemas::{
    area::{Areas, Consolidation},
    validate::Checked,
    wire::{ExchangeId, MessageType, ParticipantId, Rejection, RejectionCode},
};

impl Desk<'_> {
    /// Permit first, then the exchange; nothing is touched unless both say yes.
    pub(super) fn advance(
        &self,
        participant: Option<&ParticipantId>,
        envelope: &Envelope,
        checked: &Checked,
    ) -> Result<Advance, Rejection> {
        if envelope.from == self.rules.own || envelope.from == self.rules.registrar {
            let reason = format!("{} is the hub's own authority: nobody else speaks for it", envelope.from);
            return Err(Rejection::new(RejectionCode::NotYourAuthority, reason));
        }
        let definition = self.areas.definition(&envelope.message_type).ok_or_else(|| {
            Rejection::new(RejectionCode::UnknownType, format!("there is no message {}", envelope.message_type))
        })?;
        let workflow = self.areas.workflow(&definition.workflow).ok_or_else(|| {
            Rejection::new(RejectionCode::UnknownType, format!("there is no workflow {}", definition.workflow))
        })?;
        let book = Book { directory: &self.directory, areas: self.areas, registrar: &self.rules.registrar };
        let permit = authorise(book, participant, envelope, definition, workflow)?;
        let area = self.areas.area(&envelope.message_type.area).ok_or_else(|| {
            Rejection::new(RejectionCode::UnknownArea, format!("there is no area {}", envelope.message_type.area))
        })?;
        let law = Law { areas: self.areas, area, workflow };
        let event = permit.event(participant, &checked.texts, self.now);
        exchange::advance(&law, self.directory.as_ref(), &self.known.exchanges, &event)
    }

    /// Takes a step into the batch: the exchanges as they are now, and what their logs say.
    pub(super) fn take(&mut self, steps: impl Iterator<Item = (Exchange, Entry)>) {
        for (exchange, entry) in steps {
            self.moved.entry(exchange.correlation_id).or_insert(entry.sequence - 1);
            self.known.exchanges.insert(exchange.correlation_id, exchange);
            self.writes.log.push(entry);
        }
    }

    /// What becomes part of a consolidated answer is kept until there is one.
    pub(super) fn collect(&mut self, inspected: &Inspected, envelope: &Envelope) {
        let MessageType { area, message, .. } = &envelope.message_type;
        let consolidations = self.areas.area(area).map(|area| area.consolidations.as_slice()).unwrap_or_default();
        let wanted = |rule: &Consolidation| [&rule.request, &rule.answer, &rule.error].contains(&message);
        if !envelope.test && consolidations.iter().any(wanted) {
            self.writes.collected.push(Collected {
                exchange: envelope.correlation_id,
                authority: envelope.from.clone(),
                message: message.clone(),
                content_type: envelope.content_type,
                body: inspected.received.body.to_vec(),
            });
        }
    }
}

/// When the recipients have to act, where the document says nothing of it: the first deadline that the message started.
pub(super) fn due(advance: &Advance) -> Option<String> {
    let started = advance.exchange.clocks.iter().filter(|clock| {
        clock.origin == Origin::Area
            && clock.since == advance.exchange.sequence
            && clock.awaited.iter().any(|authority| advance.recipients.contains(authority))
    });
    started.map(|clock| clock.due).min().map(|due| due.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
}

/// The exchanges that a message names: its own, and those that its document speaks of.
pub(super) fn exchanges(inspected: &Inspected, areas: &Areas) -> Vec<ExchangeId> {
    let Ok(Cleared::Business { envelope, checked }) = &inspected.verdict else { return Vec::new() };
    let reads = areas.definition(&envelope.message_type).map(|definition| &definition.reads);
    let others = reads.map(|reads| exchange::named(reads, &checked.texts)).unwrap_or_default();
    std::iter::once(envelope.correlation_id).chain(others).collect()
}
