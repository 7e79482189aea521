//! Overdue: what the hub itself does when deadlines pass. Notices to those concerned, its own steps, and the one answer
//! that it makes of many.
//!
//! Pure. Everything is recorded with the entry in the exchange's log, or not at all; what is sent goes out through the outbox.

use super::{consolidation, decide::Desk};
use crate::{
    directory::{AuthorityStatus, Directory},
    exchange::{Cause, Exchange, Law, deadline, of_passing},
    store::{Collection, DispatchRecord, MessageKey, MessageRecord, OutboxEntry, OutboxProperties},
};
use schemas::wire::{AuthorityId, ContentType, ExchangeId, HUB_AREA, MessageType, Notice, NoticeKind, content_sha256};
use std::collections::HashMap;
use uuid::Uuid;

/// Most deadlines of one exchange that pass in one round; the rest pass in the next.
const MOST_AT_ONCE: usize = 20;

/// A document of the hub's own.
struct Own<'a> {
    message_type: MessageType,
    content_type: ContentType,
    body: Vec<u8>,
    to: &'a [AuthorityId],
    /// Tells apart what the hub says at one position of an exchange.
    seed: &'a str,
}

impl Desk<'_> {
    /// Lets the deadlines of an exchange pass that are due, in their order.
    pub(super) fn pass_due(&mut self, id: ExchangeId, collections: &HashMap<ExchangeId, Collection>) {
        for _ in 0..MOST_AT_ONCE {
            let Some(exchange) = self.known.exchanges.get(&id).cloned() else { return };
            let Some(clock) =
                exchange.clocks.iter().filter(|clock| clock.due <= self.now).min_by_key(|clock| clock.due)
            else {
                return;
            };
            let (area, workflow) = (self.areas.area(&exchange.area), self.areas.workflow(&exchange.workflow));
            let Some((area, workflow)) = area.zip(workflow) else {
                tracing::error!(exchange = %id, area = %exchange.area, "a deadline of an area that is gone is let go");
                match deadline::let_go(&exchange, clock, self.now) {
                    Ok(step) => self.take(std::iter::once(step)),
                    Err(error) => tracing::error!(exchange = %id, %error, "a deadline cannot be let go"),
                }
                return;
            };
            let law = Law { areas: self.areas, area, workflow };
            match deadline::pass(&law, self.directory.as_ref(), &exchange, clock, self.now) {
                Ok(passed) => self.enact_passing(&law, &exchange, passed, collections.get(&id)),
                Err(error) => {
                    tracing::error!(exchange = %id, %error, "a deadline cannot pass");
                    return;
                }
            }
        }
    }

    fn enact_passing(
        &mut self,
        law: &Law<'_>,
        before: &Exchange,
        passed: deadline::Passed,
        collection: Option<&Collection>,
    ) {
        let Cause::Deadline { deadline, due, awaited, .. } = &passed.entry.cause else { return };
        let after = &passed.exchange;
        for (kind, to) in &passed.notices {
            let notice = Notice {
                kind: *kind,
                exchange: after.correlation_id,
                area: after.area.clone(),
                workflow: after.workflow.clone(),
                state: after.state.clone(),
                deadline: deadline.clone(),
                due: due.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
                awaited: awaited.clone(),
                reference: passed.reference.clone(),
            };
            self.send(after, notice_document(*kind, &notice, to));
        }
        // Nothing is collected of test messages, and nobody is sent anything.
        if passed.consolidates && !before.test {
            match consolidation::answer(law.area, before, collection, &self.consolidating()) {
                Ok(made) => {
                    let own = Own {
                        message_type: made.message_type,
                        content_type: made.content_type,
                        body: made.body,
                        to: std::slice::from_ref(&made.to),
                        seed: "consolidated",
                    };
                    self.send(after, own);
                }
                Err(problem) => {
                    tracing::error!(exchange = %after.correlation_id, problem, "no consolidated answer can be made");
                }
            }
            self.writes.discarded.push(after.correlation_id);
        }
        let steps = of_passing(law, &self.known.exchanges, before, &passed);
        self.take(std::iter::once((passed.exchange, passed.entry)).chain(steps));
    }

    fn consolidating(&self) -> consolidation::Surroundings<'_> {
        consolidation::Surroundings {
            areas: self.areas,
            directory: &self.directory,
            limits: self.rules.limits.document(),
        }
    }

    /// A document of the hub's own in an exchange: its record, its dispatches, its place in the outbox.
    fn send(&mut self, exchange: &Exchange, own: Own<'_>) {
        let to: Vec<&AuthorityId> = own.to.iter().filter(|id| can_receive(&self.directory, id)).collect();
        let sha256 = content_sha256(&own.body);
        let key = MessageKey {
            participant: Some(self.rules.hub.clone()),
            // One message for one position of the log: a repetition mints the same.
            message_id: Uuid::new_v5(
                &exchange.correlation_id.0,
                format!("{} {} {}", exchange.sequence, own.message_type, own.seed).as_bytes(),
            ),
        };
        self.writes.messages.push(MessageRecord {
            key: key.clone(),
            claimed_message_id: None,
            claimed_correlation_id: Some(exchange.correlation_id.to_string()),
            position: Some((exchange.correlation_id, exchange.sequence)),
            message_type: Some(own.message_type.clone()),
            sender: Some(self.rules.own.clone()),
            fingerprint: sha256.clone(),
            content_sha256: sha256.clone(),
            size_bytes: own.body.len() as u64,
            test: exchange.test,
            deadline: None,
            received_at: self.now,
            rejection: None,
            failure: None,
        });
        for recipient in to.into_iter().filter(|recipient| !exchange.test && **recipient != self.rules.registrar) {
            self.writes.dispatches.push(DispatchRecord::pending(key.clone(), recipient.clone()));
            self.writes.outbox.push(OutboxEntry {
                key: key.clone(),
                recipient: recipient.clone(),
                properties: OutboxProperties {
                    message_type: own.message_type.clone(),
                    correlation_id: exchange.correlation_id,
                    sequence: exchange.sequence,
                    content_type: own.content_type,
                    from: self.rules.own.clone(),
                    content_sha256: sha256.clone(),
                    traceparent: None,
                },
                body: own.body.clone(),
                created_at: self.now,
                attempts: 0,
            });
        }
    }
}

fn can_receive(directory: &Directory, id: &AuthorityId) -> bool {
    directory.authority(id).is_some_and(|authority| authority.status != AuthorityStatus::Withdrawn)
}

fn notice_document<'a>(kind: NoticeKind, notice: &Notice, to: &'a [AuthorityId]) -> Own<'a> {
    let word = |text: &str| text.parse().ok();
    let (area, message) = word(HUB_AREA)
        .zip(kind.as_str().parse().ok())
        .expect("the hub's area and the kinds of notices are written as identifiers");
    Own {
        message_type: MessageType { area, message, version: 1 },
        content_type: ContentType::Json,
        body: serde_json::to_vec(notice).unwrap_or_default(),
        to,
        seed: kind.as_str(),
    }
}
