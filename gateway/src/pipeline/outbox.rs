//! Outbox: what the hub itself sends, from the store into mailboxes.
//!
//! Owns the attempts and how they end. A crash between the broker's confirm and the record of it costs a repetition,
//! which bears the same message id.

use super::{Pipeline, Unavailable};
use crate::{
    broker::{Header, Outbound, Publisher, Verdict},
    config::backoff,
    directory::{Authority, Directory},
    store::{OutboxEntry, OutboxOutcome, Settlement},
};
use jiff::Timestamp;
use schemas::wire::{
    HEADER_CONTENT_SHA256, HEADER_FROM, HEADER_SEQUENCE, HEADER_TO, HEADER_TRACEPARENT, mailbox_queue,
};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Most messages of one round.
const ROUND: u32 = 256;
/// How much longer than a confirm may take a hub that took messages keeps others from taking them. After a crash they wait
/// for that long.
const GRACE: Duration = Duration::from_secs(2);
/// How long it rests where nothing is there; another hub or a former life may leave something at any time.
const REST: Duration = Duration::from_secs(1);

impl Pipeline {
    /// Delivers what is in the outbox until `shutdown`.
    ///
    /// # Errors
    /// Broker or store cannot go on; what was under way is tried again when its lease has ended.
    pub async fn run_outbox(&self, publisher: Publisher, shutdown: CancellationToken) -> Result<(), Unavailable> {
        loop {
            let now = self.clock.now();
            let lease = self.config.broker.confirm_timeout() + GRACE;
            let entries = self.store.claim_outbox(now, now.saturating_add(lease).unwrap_or(now), ROUND).await?;
            if entries.is_empty() {
                tokio::select! {
                    () = shutdown.cancelled() => return Ok(()),
                    () = self.outbox_filled.notified() => {}
                    () = tokio::time::sleep(REST) => {}
                }
                continue;
            }
            self.send(entries, &publisher).await?;
        }
    }

    async fn send(&self, entries: Vec<OutboxEntry>, publisher: &Publisher) -> Result<(), Unavailable> {
        let directory = self.directory.now().directory;
        let outbound: Vec<Outbound> = entries.iter().map(|entry| self.own(entry, &directory)).collect();
        let verdicts = publisher.publish_all(&outbound.iter().collect::<Vec<_>>()).await?;
        let at = self.clock.now();
        let outcomes: Vec<OutboxOutcome> =
            entries.into_iter().zip(verdicts).map(|(entry, verdict)| self.outcome(entry, verdict, at)).collect();
        self.store.end_outbox(&outcomes).await?;
        let settled: Vec<Settlement> = outcomes
            .into_iter()
            .filter_map(|outcome| match outcome {
                OutboxOutcome::Settled(settlement) => Some(settlement),
                OutboxOutcome::Postponed { .. } => None,
            })
            .collect();
        self.metrics.settled(&settled);
        Ok(())
    }

    fn outcome(&self, entry: OutboxEntry, verdict: Verdict, at: Timestamp) -> OutboxOutcome {
        let settings = &self.config.delivery;
        let attempt = entry.attempts + 1;
        let failure = match verdict {
            Verdict::Confirmed => None,
            Verdict::Refused(why) if attempt < settings.attempts => {
                tracing::warn!(recipient = %entry.recipient, attempt, why, "a message of the hub's own was refused");
                let pause = backoff(settings.retry_first_ms, settings.retry_most_ms, entry.attempts);
                let until = at.saturating_add(pause).unwrap_or(at);
                return OutboxOutcome::Postponed { key: entry.key, recipient: entry.recipient, until };
            }
            Verdict::Refused(why) => Some(format!("given up after {attempt} attempts: {why}")),
        };
        OutboxOutcome::Settled(Settlement { key: entry.key, recipient: entry.recipient, at, failure })
    }

    fn own(&self, entry: &OutboxEntry, directory: &Directory) -> Outbound {
        let mailbox = directory.authority(&entry.recipient).map_or(&entry.recipient, Authority::mailbox);
        let properties = &entry.properties;
        let text = |text: &str| Header::Text(text.to_owned());
        let mut headers = vec![
            (HEADER_FROM, text(properties.from.as_str())),
            (HEADER_TO, text(entry.recipient.as_str())),
            (HEADER_CONTENT_SHA256, text(&properties.content_sha256)),
            (HEADER_SEQUENCE, Header::Number(properties.sequence)),
        ];
        headers.extend(properties.traceparent.as_deref().map(|trace| (HEADER_TRACEPARENT, text(trace))));
        Outbound {
            queue: mailbox_queue(mailbox),
            message_id: entry.key.message_id.to_string(),
            correlation_id: Some(properties.correlation_id.to_string()),
            message_type: properties.message_type.to_string(),
            content_type: properties.content_type.as_str(),
            user_id: self.config.gateway.id.clone(),
            timestamp: entry.created_at.as_second().unsigned_abs(),
            headers,
            body: entry.body.clone().into(),
        }
    }
}
