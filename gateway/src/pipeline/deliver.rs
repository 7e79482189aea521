//! Deliver: dispatches into mailboxes, persistent, mandatory, in one round of confirms; what is refused is tried again.
//!
//! Owns the attempts and how they end. A nack, a return or a time-out is a failed attempt, never a success.

use super::{
    Pipeline, Unavailable,
    decide::Decision,
    inspect::Inspected,
    spelling::{Spelling, Spellings},
    view::{self, Looked, search_keys},
};
use crate::{
    broker::{Header, Outbound, Publisher, Verdict},
    config::backoff,
    directory::Authority,
    envelope::Envelope,
    store::{DispatchRecord, DispatchState, Event, Settlement, StoredMessage},
};
use schemas::area::Areas;
use schemas::wire::{
    AuthorityId, HEADER_CONTENT_SHA256, HEADER_DEADLINE, HEADER_FROM, HEADER_LANGUAGE, HEADER_SEARCH_KEYS,
    HEADER_SEQUENCE, HEADER_TO, HEADER_TRACEPARENT, mailbox_queue,
};

/// A dispatch with what its publication needs.
struct Dispatch<'a> {
    record: &'a DispatchRecord,
    outbound: Outbound,
}

impl Pipeline {
    /// Lays every pending dispatch into its mailbox, together with the first receipts, and says how each ended.
    pub(super) async fn deliver(
        &self,
        inspected: &[Inspected],
        decisions: &[Decision],
        areas: &Areas,
        publisher: &Publisher,
    ) -> Result<Vec<Settlement>, Unavailable> {
        self.park(inspected, decisions, publisher).await?;
        let both = inspected.iter().zip(decisions);
        let mut waiting: Vec<Dispatch<'_>> = Vec::new();
        let mut settlements = Vec::new();
        for dispatch in both.flat_map(|(one, decision)| self.dispatches(one, decision, areas)) {
            match dispatch {
                Ok(dispatch) => waiting.push(dispatch),
                Err(settlement) => settlements.push(settlement),
            }
        }
        let mut receipts = self.outbound_receipts(self.first_receipts(decisions));
        for attempt in 1.. {
            let round: Vec<&Outbound> = waiting.iter().map(|dispatch| &dispatch.outbound).chain(&receipts).collect();
            let mut verdicts = publisher.publish_all(&round).await?;
            receipts.clear();
            self.check_receipts(&verdicts.split_off(waiting.len()));
            let refused = self.settle_round(waiting, verdicts, attempt, &mut settlements);
            if refused.is_empty() {
                break;
            }
            self.note_refusals(&refused, attempt).await?;
            let settings = &self.config.delivery;
            tokio::time::sleep(backoff(settings.retry_first_ms, settings.retry_most_ms, attempt - 1)).await;
            waiting = refused.into_iter().map(|(dispatch, _)| dispatch).collect();
        }
        self.metrics.settled(&settlements);
        Ok(settlements)
    }

    /// Notes what the round settled, and returns what is to be tried again, with the reason.
    fn settle_round<'a>(
        &self,
        round: Vec<Dispatch<'a>>,
        verdicts: Vec<Verdict>,
        attempt: u32,
        settlements: &mut Vec<Settlement>,
    ) -> Vec<(Dispatch<'a>, String)> {
        let at = self.clock.now();
        let mut refused = Vec::new();
        for (dispatch, verdict) in round.into_iter().zip(verdicts) {
            let failure = match verdict {
                Verdict::Confirmed => None,
                Verdict::Refused(why) if attempt < self.config.delivery.attempts => {
                    refused.push((dispatch, why));
                    continue;
                }
                Verdict::Refused(why) => Some(format!("given up after {attempt} attempts: {why}")),
            };
            let DispatchRecord { key, recipient, .. } = dispatch.record;
            settlements.push(Settlement { key: key.clone(), recipient: recipient.clone(), at, failure });
        }
        refused
    }

    fn dispatches<'a>(
        &self,
        inspected: &Inspected,
        decision: &'a Decision,
        areas: &Areas,
    ) -> Vec<Result<Dispatch<'a>, Settlement>> {
        let message = match decision {
            Decision::New(message) | Decision::Repeated(message) => message,
            Decision::Reused(_) | Decision::Reported(_) => return Vec::new(),
        };
        let pending = message.dispatches.iter().filter(|dispatch| dispatch.state() == DispatchState::Pending);
        // A message with dispatches was accepted, so its envelope can be read again.
        let Ok(envelope) = Envelope::read(&inspected.received.properties, usize::MAX) else { return Vec::new() };
        let body = &inspected.received.body;
        let spellings = Spellings::new(areas, &envelope, body, &message.record.content_sha256);
        let limits = self.config.limits.document();
        let directory = self.directory.now().directory;
        let looked = Looked { areas, directory: &directory, envelope: &envelope, body, limits: limits.clone() };
        let keys = search_keys(inspected, areas);
        pending
            .map(|record| {
                let to = &record.recipient;
                let seen = match view::of(&looked, to) {
                    Ok(seen) => seen,
                    Err(problem) => return Err(self.withheld(record, problem)),
                };
                let (kind, spelling) = match &seen {
                    Some(seen) => (&seen.message_type, &seen.spelling),
                    None => (&envelope.message_type, spellings.of(directory.format(to), &limits)),
                };
                let mailbox = directory.authority(to).map_or(to, Authority::mailbox);
                let mut outbound = self.outbound(&envelope, message, (to, mailbox), spelling);
                outbound.message_type = kind.to_string();
                outbound.headers.extend(keys.as_ref().map(|keys| (HEADER_SEARCH_KEYS, Header::Text(keys.clone()))));
                Ok(Dispatch { record, outbound })
            })
            .collect()
    }

    /// Who may see a view only receives nothing where it cannot be made: better too little than too much.
    fn withheld(&self, record: &DispatchRecord, problem: String) -> Settlement {
        tracing::error!(recipient = %record.recipient, problem, "a view cannot be made; nothing is delivered");
        let failure = Some(format!("what the recipient may see of it cannot be made: {problem}"));
        Settlement { key: record.key.clone(), recipient: record.recipient.clone(), at: self.clock.now(), failure }
    }

    fn outbound(
        &self,
        envelope: &Envelope,
        message: &StoredMessage,
        (recipient, mailbox): (&AuthorityId, &AuthorityId),
        spelling: &Spelling,
    ) -> Outbound {
        let text = |text: &str| Header::Text(text.to_owned());
        let mut headers = vec![
            (HEADER_FROM, text(envelope.from.as_str())),
            (HEADER_TO, text(recipient.as_str())),
            (HEADER_CONTENT_SHA256, text(&spelling.content_sha256)),
        ];
        headers.extend(message.record.position.map(|(_, sequence)| (HEADER_SEQUENCE, Header::Number(sequence))));
        headers.extend(message.record.deadline.as_deref().map(|deadline| (HEADER_DEADLINE, text(deadline))));
        headers.extend(envelope.language.as_deref().map(|language| (HEADER_LANGUAGE, text(language))));
        headers.extend(envelope.traceparent.as_deref().map(|trace| (HEADER_TRACEPARENT, text(trace))));
        Outbound {
            queue: mailbox_queue(mailbox),
            message_id: envelope.message_id.to_string(),
            correlation_id: Some(envelope.correlation_id.to_string()),
            message_type: envelope.message_type.to_string(),
            content_type: spelling.content_type.as_str(),
            user_id: self.config.gateway.id.clone(),
            timestamp: envelope.sent_at_seconds,
            headers,
            body: spelling.body.clone(),
        }
    }

    async fn note_refusals(&self, refused: &[(Dispatch<'_>, String)], attempt: u32) -> Result<(), Unavailable> {
        let at = self.clock.now();
        let events: Vec<Event> = refused
            .iter()
            .map(|(dispatch, why)| Event {
                key: dispatch.record.key.clone(),
                at,
                kind: "attempt-failed",
                detail: format!("delivery to {}, attempt {attempt}: {why}", dispatch.record.recipient),
            })
            .collect();
        Ok(self.store.note(&events).await?)
    }
}
