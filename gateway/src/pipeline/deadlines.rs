//! Deadlines: the service that notices when they pass.
//!
//! Owns the waiting. The store knows what is due; that each passes once is the sequence of its exchange: of several hubs, or a
//! hub and a message, one records first, and the other looks again. After downtime the longest overdue pass first, and
//! not before the messages that waited at the broker are through: what came in time is in time.

use super::{Pipeline, Unavailable, decide::Desk};
use crate::{
    broker::{Backlog, BrokerError},
    exchange::{Cause, Entry, Exchange},
    packs::Packs,
    store::{Collection, Recorded},
};
use jiff::{SignedDuration, Timestamp};
use schemas::{area::OnMiss, wire::ExchangeId};
use std::{
    collections::HashMap,
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};
use tokio_util::sync::CancellationToken;

/// Most exchanges of one round.
const ROUND: u32 = 100;
/// How long it rests where nothing is due; another hub, or a clock that is set, may change that at any time.
const REST: Duration = Duration::from_millis(500);
/// At the beginning of a session, a deadline that passed longer ago than this is judged only once no message waits.
const FRESH: SignedDuration = SignedDuration::from_secs(5);
/// How long it waits for that at most.
const PATIENCE: Duration = Duration::from_secs(600);

impl Pipeline {
    /// Lets deadlines pass until `shutdown`.
    ///
    /// # Errors
    /// Broker or store cannot go on.
    pub async fn run_deadlines(&self, backlog: Backlog, shutdown: CancellationToken) -> Result<(), Unavailable> {
        let began = Instant::now();
        // When it was first seen idle: what the broker has sent by then has arrived at the next look.
        let (mut catching_up, mut idle_since) = (true, None);
        loop {
            let now = self.clock.now();
            let due = self.store.due(now, ROUND).await?;
            if catching_up {
                idle_since =
                    if self.is_idle(&backlog).await? { idle_since.or_else(|| Some(Instant::now())) } else { None };
                let idle = idle_since.is_some_and(|since: Instant| since.elapsed() >= REST);
                catching_up = !idle && began.elapsed() <= PATIENCE;
            }
            let is_fresh = |exchange: &Exchange| exchange.next_due().is_none_or(|due| now.duration_since(due) < FRESH);
            let overdue: Vec<Exchange> =
                due.exchanges.into_iter().filter(|exchange| !catching_up || is_fresh(exchange)).collect();
            if !overdue.is_empty() {
                self.pass(overdue, now).await?;
                continue;
            }
            let next = due.next.and_then(|next| Duration::try_from(next.duration_since(now)).ok());
            tokio::select! {
                () = shutdown.cancelled() => return Ok(()),
                () = self.clocks_wound.notified() => {}
                () = tokio::time::sleep(next.map_or(REST, |next| next.min(REST))) => {}
            }
        }
    }

    /// Whether no message waits at the broker, and none in the lanes.
    async fn is_idle(&self, backlog: &Backlog) -> Result<bool, BrokerError> {
        let lanes = usize::from(self.config.ingress.lanes);
        Ok(self.idle_lanes.load(Ordering::Relaxed) >= lanes && backlog.is_empty().await?)
    }

    async fn pass(&self, overdue: Vec<Exchange>, now: Timestamp) -> Result<(), Unavailable> {
        let packs = self.packs.now();
        let ids: Vec<ExchangeId> = overdue.iter().map(|exchange| exchange.correlation_id).collect();
        // The exchanges first: whatever is collected after that has moved one, and the record finds it out.
        let known = self.store.load(&[], &ids).await?;
        // Another hub, or a message, may have been faster: then nothing is due any more.
        if !known.exchanges.values().any(|exchange| exchange.next_due().is_some_and(|due| due <= now)) {
            return Ok(());
        }
        let collections = self.collections(known.exchanges.values(), &packs, now).await?;
        let rules = self.rules();
        let mut desk = Desk::new(&rules, &packs.areas, known, now);
        for id in ids {
            desk.pass_due(id, &collections);
        }
        let writes = desk.finish();
        if writes.exchanges.is_empty() {
            tracing::error!("deadlines are due that cannot pass; they are looked at again later");
            tokio::time::sleep(REST).await;
            return Ok(());
        }
        match self.store.record(&writes).await? {
            Recorded::Durable => {
                self.metrics.deadlines.inc_by(writes.log.iter().filter(|entry| was_missed(entry)).count() as u64);
                self.follow_up(&writes).await
            }
            Recorded::Conflict => {
                self.metrics.conflicts.inc();
                Ok(self.directory.catch_up(self.store.as_ref()).await?)
            }
        }
    }

    /// What was collected in exchanges whose answers have to be put into one now.
    async fn collections(
        &self,
        overdue: impl Iterator<Item = &Exchange>,
        packs: &Arc<Packs>,
        now: Timestamp,
    ) -> Result<HashMap<ExchangeId, Collection>, Unavailable> {
        let mut collections = HashMap::new();
        for exchange in overdue {
            let consolidates = packs.areas.area(&exchange.area).is_some_and(|area| {
                area.deadlines.iter().any(|deadline| {
                    deadline.on_miss == OnMiss::Consolidate
                        && exchange.clocks.iter().any(|clock| clock.due <= now && clock.deadline == deadline.id)
                })
            });
            if consolidates {
                let id = exchange.correlation_id;
                collections.insert(id, self.store.collection(id).await?);
            }
        }
        Ok(collections)
    }
}

/// Whether somebody did not meet a deadline: a search that everybody has answered ends by its deadline too.
fn was_missed(entry: &Entry) -> bool {
    matches!(&entry.cause, Cause::Deadline { awaited, .. } if !awaited.is_empty())
}
