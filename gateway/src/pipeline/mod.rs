//! The way of one message, batch by batch: receive, inspect, record, deliver, settle, answer, acknowledge.
//!
//! Owns the order of the steps and the promise behind it: a message is acknowledged to the broker only when all that
//! it caused is durable. A crash at any point costs a redelivery, and every step bears to run twice. Deciding happens
//! in pure code ([`inspect`], [`decide`]); this file does the waiting.

mod answer;
pub mod authorise;
pub mod claim;
mod consolidation;
mod deadlines;
pub mod decide;
mod deliver;
pub mod inspect;
mod judge;
mod outbox;
mod overdue;
mod park;
mod registration;
mod rules;
mod spelling;
mod step;
mod unavailable;
mod view;

use crate::{
    broker::{Batch, Ingress, Publisher},
    clock::Clock,
    config::{Config, Step},
    directory::InForce,
    envelope::Received,
    metrics::Metrics,
    packs::{Packs, PacksInForce},
    receipts::Notary,
    store::{Known, MessageKey, Recorded, Store},
};
use decide::{Decision, decide};
use inspect::{Inspected, examine, validated};
use jiff::Timestamp;
use judge::document;
pub use rules::{Rules, Searchable};
use schemas::{
    validate::Job,
    wire::{ExchangeId, ParticipantId},
};
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};
use step::exchanges;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
pub use unavailable::Unavailable;

/// All that the steps need.
pub struct Pipeline {
    /// The configuration.
    pub config: Config,
    /// Id of the hub.
    pub hub: ParticipantId,
    /// Who exists.
    pub directory: Arc<InForce>,
    /// The areas and the threads that validate by them.
    pub packs: Arc<PacksInForce>,
    /// How many threads there are.
    pub validator_threads: usize,
    /// The store.
    pub store: Arc<dyn Store>,
    /// Told when the outbox has something new.
    pub outbox_filled: Notify,
    /// Signs receipts.
    pub notary: Notary,
    /// Counts.
    pub metrics: Arc<Metrics>,
    /// Told when a step may have started a clock.
    pub clocks_wound: Notify,
    /// Lanes that wait for a message.
    pub idle_lanes: AtomicUsize,
    /// The time.
    pub clock: Clock,
}

impl Pipeline {
    /// Works one lane off until `shutdown` is asked for: the batch in hand is finished first.
    ///
    /// # Errors
    /// Broker, store or validation cannot go on; nothing of the batch in hand was acknowledged.
    pub async fn run_lane(
        &self,
        mut ingress: Ingress,
        publisher: Publisher,
        shutdown: CancellationToken,
    ) -> Result<(), Unavailable> {
        let settings = &self.config.ingress;
        loop {
            self.idle_lanes.fetch_add(1, Ordering::Relaxed);
            let batch = tokio::select! {
                biased;
                () = shutdown.cancelled() => return Ok(ingress.close().await?),
                batch = ingress.next_batch(settings.batch_messages, settings.batch_bytes) => batch?,
            };
            self.idle_lanes.fetch_sub(1, Ordering::Relaxed);
            self.fault(Step::Receive);
            let Batch { messages, last_tag } = batch;
            self.process(messages, &publisher).await?;
            ingress.acknowledge(last_tag).await?;
            self.fault(Step::Acknowledge);
        }
    }

    async fn process(&self, batch: Vec<Received>, publisher: &Publisher) -> Result<(), Unavailable> {
        let now = self.clock.now();
        let packs = self.packs.now();
        let inspected = self.inspect(batch, &self.rules(), &packs, now).await?;
        self.fault(Step::Inspect);
        let decisions = self.record(&inspected, &packs, now).await?;
        self.fault(Step::Record);
        self.metrics.decided(&inspected, &decisions);
        let settlements = self.deliver(&inspected, &decisions, &packs.areas, publisher).await?;
        self.fault(Step::Deliver);
        if !settlements.is_empty() {
            self.store.settle(&settlements).await?;
        }
        self.fault(Step::Settle);
        self.answer(&decisions, &settlements, publisher).await?;
        self.fault(Step::Answer);
        Ok(())
    }

    /// Authenticates and parses here, validates documents on the threads made for it.
    async fn inspect(
        &self,
        batch: Vec<Received>,
        rules: &Rules,
        packs: &Packs,
        now: Timestamp,
    ) -> Result<Vec<Inspected>, Unavailable> {
        let mut inspected: Vec<Inspected> =
            batch.into_iter().map(|received| examine(rules, &packs.areas, received, now)).collect();
        let (places, jobs): (Vec<usize>, Vec<Job<bytes::Bytes>>) =
            inspected.iter().enumerate().filter_map(document).unzip();
        let verdicts = self.validate(&packs.validators, jobs).await?;
        for (place, verdict) in places.into_iter().zip(verdicts) {
            validated(&mut inspected[place], verdict);
        }
        Ok(inspected)
    }

    /// Loads what is known, decides, and records; where another lane was faster, does it again with what it left.
    async fn record(
        &self,
        inspected: &[Inspected],
        packs: &Arc<Packs>,
        now: Timestamp,
    ) -> Result<Vec<Decision>, Unavailable> {
        let keys: Vec<MessageKey> = inspected.iter().map(|message| message.claim.key.clone()).collect();
        let exchanges: Vec<ExchangeId> =
            inspected.iter().flat_map(|message| exchanges(message, &packs.areas)).collect();
        loop {
            let known: Known = self.store.load(&keys, &exchanges).await?;
            let rules = self.rules_for(inspected, packs).await;
            let (decisions, writes) = decide(&rules, &packs.areas, inspected, known, now);
            match self.store.record(&writes).await? {
                Recorded::Durable => {
                    self.follow_up(&writes).await?;
                    return Ok(decisions);
                }
                Recorded::Conflict => {
                    self.metrics.conflicts.inc();
                    self.directory.catch_up(self.store.as_ref()).await?;
                }
            }
        }
    }

    /// Deliberate crashes, which fault tests order by configuration.
    fn fault(&self, step: Step) {
        if self.config.faults.abort_after == Some(step) {
            tracing::error!(?step, "aborting: ordered by faults.abort_after");
            std::process::abort();
        }
    }
}
