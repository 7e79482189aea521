//! Decide: what becomes of each message of a batch, given what the store knows.
//!
//! Steps 5 to 7 of a message's way (design, section 5): authorise, advance, route. Pure: inspected messages and
//! known state in, decisions and writes out. Messages of a batch are decided in order, each seeing the ones before.

use super::{
    Rules,
    claim::Claim,
    inspect::{Cleared, Inspected, Refusal},
    registration::Effect,
    step::due,
};
use crate::{
    directory::Directory,
    envelope::Envelope,
    exchange::{Advance, Exchange},
    store::{DispatchRecord, Event, ExchangeChange, Known, MessageRecord, RetrievalReport, StoredMessage, Writes},
};
use jiff::Timestamp;
use schemas::{
    area::Areas,
    validate::Checked,
    wire::{ExchangeId, Rejection, RejectionCode},
};
use std::{collections::BTreeMap, sync::Arc};

/// What becomes of one message.
#[derive(Debug)]
pub enum Decision {
    /// Accepted or rejected for the first time.
    New(StoredMessage),
    /// A repetition of a message that was decided before: the former answer stands and is given again.
    Repeated(StoredMessage),
    /// Its id was used before for other content: refused, and the former record stays.
    Reused(Box<(MessageRecord, Rejection)>),
    /// A report of what was stored.
    Reported(RetrievalReport),
}

/// Decides a batch.
pub fn decide(
    rules: &Rules,
    areas: &Areas,
    batch: &[Inspected],
    known: Known,
    now: Timestamp,
) -> (Vec<Decision>, Writes) {
    let mut desk = Desk::new(rules, areas, known, now);
    let decisions = batch.iter().map(|inspected| desk.decide(inspected)).collect();
    (decisions, desk.finish())
}

pub(super) struct Desk<'a> {
    pub(super) rules: &'a Rules,
    pub(super) areas: &'a Areas,
    pub(super) known: Known,
    pub(super) now: Timestamp,
    pub(super) writes: Writes,
    /// Exchanges that this batch moves, with their sequence as loaded.
    pub(super) moved: BTreeMap<ExchangeId, u32>,
    /// The directory as the batch leaves it.
    pub(super) directory: Arc<Directory>,
}

impl<'a> Desk<'a> {
    pub(super) fn new(rules: &'a Rules, areas: &'a Areas, known: Known, now: Timestamp) -> Self {
        Self {
            rules,
            areas,
            known,
            now,
            writes: Writes::default(),
            moved: BTreeMap::new(),
            directory: Arc::clone(&rules.directory),
        }
    }
}

impl Desk<'_> {
    fn decide(&mut self, inspected: &Inspected) -> Decision {
        if let Ok(Cleared::Report(report)) = &inspected.verdict {
            return Decision::Reported(report.clone());
        }
        if let Some(former) = self.known.messages.get(&inspected.claim.key) {
            return self.again(inspected, former.clone());
        }
        let outcome = match &inspected.verdict {
            Ok(Cleared::Business { envelope, checked }) => {
                self.step(inspected, envelope, checked).map(|step| (envelope, checked, step))
            }
            Ok(Cleared::Report(_)) => unreachable!("reports were taken out above"),
            Err(refusal) => Err(refusal.clone()),
        };
        let message = match outcome {
            Ok((envelope, checked, (advance, effect))) => {
                let message = self.accept(inspected, envelope, checked, advance);
                self.enact(effect, inspected, envelope);
                message
            }
            Err(refusal) => self.refuse(inspected, refusal),
        };
        self.writes.messages.push(message.record.clone());
        self.writes.dispatches.extend(message.dispatches.iter().cloned());
        self.known.messages.insert(message.record.key.clone(), message.clone());
        Decision::New(message)
    }

    fn again(&mut self, inspected: &Inspected, former: StoredMessage) -> Decision {
        let claim = &inspected.claim;
        let event = |kind, detail| Event { key: claim.key.clone(), at: self.now, kind, detail };
        if former.record.fingerprint == claim.fingerprint {
            if !inspected.received.redelivered {
                self.writes
                    .events
                    .push(event("repeated", "sent again with the same content; the former answer was repeated".into()));
            }
            return Decision::Repeated(former);
        }
        let rejection = Rejection::new(
            RejectionCode::MessageIdReused,
            format!("message id {} was used before, for other content or other metadata", claim.key.message_id),
        );
        self.writes
            .events
            .push(event("message-id-reused", format!("refused: other content, SHA-256 {}", claim.content_sha256)));
        Decision::Reused(Box::new((record(inspected, self.now), rejection)))
    }

    /// The exchange's next state, and what the message changes in the directory.
    fn step(
        &self,
        inspected: &Inspected,
        envelope: &Envelope,
        checked: &Checked,
    ) -> Result<(Advance, Option<Effect>), Refusal> {
        let advance = self.advance(inspected.claim.key.participant.as_ref(), envelope, checked)?;
        Ok((advance, self.effect(inspected, envelope)?))
    }

    fn accept(
        &mut self,
        inspected: &Inspected,
        envelope: &Envelope,
        checked: &Checked,
        advance: Advance,
    ) -> StoredMessage {
        let mut record = record(inspected, self.now);
        record.position = Some((advance.exchange.correlation_id, advance.exchange.sequence));
        record.deadline = checked.answer_due.clone().or_else(|| due(&advance));
        record.test = envelope.test;
        let recipients = advance.recipients.clone();
        self.collect(inspected, envelope);
        // A test message is tracked and answered, never delivered; what the hub itself is sent has arrived.
        let recipients = recipients.into_iter().filter(|id| !envelope.test && *id != self.rules.registrar);
        let dispatches = recipients.map(|recipient| DispatchRecord::pending(record.key.clone(), recipient)).collect();
        self.take(advance.all());
        StoredMessage { record, dispatches }
    }

    fn refuse(&self, inspected: &Inspected, refusal: Refusal) -> StoredMessage {
        let mut record = record(inspected, self.now);
        match refusal {
            Refusal::Rejected(rejection) => record.rejection = Some(rejection),
            Refusal::Failed(problem) => record.failure = Some(problem),
        }
        StoredMessage { record, dispatches: Vec::new() }
    }

    pub(super) fn finish(mut self) -> Writes {
        let after = |id: &ExchangeId| -> Option<Exchange> { self.known.exchanges.get(id).cloned() };
        self.writes.exchanges = self
            .moved
            .iter()
            .filter_map(|(id, sequence_before)| {
                Some(ExchangeChange { sequence_before: *sequence_before, exchange: after(id)? })
            })
            .collect();
        self.writes
    }
}

fn record(inspected: &Inspected, now: Timestamp) -> MessageRecord {
    let claim: &Claim = &inspected.claim;
    let own_id = claim.key.message_id.to_string();
    MessageRecord {
        key: claim.key.clone(),
        claimed_message_id: claim.message_id.clone().filter(|claimed| *claimed != own_id),
        claimed_correlation_id: claim.correlation_id.clone(),
        position: None,
        message_type: claim.message_type.clone(),
        sender: claim.sender.clone(),
        fingerprint: claim.fingerprint.clone(),
        content_sha256: claim.content_sha256.clone(),
        size_bytes: inspected.received.body.len() as u64,
        test: false,
        deadline: None,
        received_at: now,
        rejection: None,
        failure: None,
    }
}
