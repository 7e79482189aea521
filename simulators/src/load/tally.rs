//! What has arrived of one run: each message's arrival and receipts, counted once however often they come. Pure
//! counting behind one lock, and a bell for those who wait until everything is there.

use super::LoadError;
use schemas::wire::Outcome;
use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{
    sync::Notify,
    time::{Instant, timeout},
};
use uuid::Uuid;

/// A run that gains nothing for this long has failed.
const STALLED_AFTER: Duration = Duration::from_secs(60);

/// What must be there before a run is complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expect {
    /// Every message with its recipient.
    Arrivals,
    /// That, and with the sender an accepted, a delivered and a retrieved receipt for each.
    ArrivalsAndReceipts,
}

/// Counts of one run.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Counts {
    /// Messages that arrived.
    pub arrived: usize,
    /// Messages that arrived more than once.
    pub again: usize,
    /// Receipts `accepted`, `delivered` and `retrieved`, one per message.
    pub receipts: [usize; 3],
}

impl std::fmt::Display for Counts {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [accepted, delivered, retrieved] = self.receipts;
        write!(formatter, "{} arrived, {accepted} accepted, {delivered} delivered, {retrieved} retrieved", self.arrived)
    }
}

#[derive(Debug)]
struct State {
    counts: Counts,
    arrivals: Vec<Option<Instant>>,
    receipts: Vec<[bool; 3]>,
    failure: Option<LoadError>,
}

/// The count of one run.
#[derive(Debug)]
pub(super) struct Tally {
    places: HashMap<Uuid, usize>,
    expect: Expect,
    state: Mutex<State>,
    bell: Notify,
}

impl Tally {
    /// Nothing has arrived yet of the messages with these ids.
    pub(super) fn new(ids: &[Uuid], expect: Expect) -> Self {
        let counts = Counts::default();
        let state =
            State { counts, arrivals: vec![None; ids.len()], receipts: vec![[false; 3]; ids.len()], failure: None };
        let places = ids.iter().enumerate().map(|(index, id)| (*id, index)).collect();
        Self { places, expect, state: Mutex::new(state), bell: Notify::new() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// These messages arrived now. Ids of other runs are left out.
    pub(super) fn arrived(&self, ids: impl IntoIterator<Item = Uuid>, now: Instant) {
        let mut state = self.state();
        for index in ids.into_iter().filter_map(|id| self.places.get(&id)) {
            if state.arrivals[*index].replace(now).is_some() {
                state.counts.again += 1;
            } else {
                state.counts.arrived += 1;
            }
        }
        drop(state);
        self.bell.notify_waiters();
    }

    /// The sender got these receipts.
    pub(super) fn receipts(&self, receipts: impl IntoIterator<Item = (Uuid, Outcome, Option<String>)>) {
        let mut state = self.state();
        for (id, outcome, reason) in receipts {
            let Some(index) = self.places.get(&id) else { continue };
            let column = match outcome {
                Outcome::Accepted => 0,
                Outcome::Delivered => 1,
                Outcome::Retrieved => 2,
                Outcome::Rejected | Outcome::Expired | Outcome::Failed => {
                    let reason = reason.unwrap_or_else(|| "no reason given".to_owned());
                    state.failure = Some(LoadError::Refused(format!("{}: {reason}", outcome.as_str())));
                    continue;
                }
            };
            if !std::mem::replace(&mut state.receipts[*index][column], true) {
                state.counts.receipts[column] += 1;
            }
        }
        drop(state);
        self.bell.notify_waiters();
    }

    /// A consumer or publisher has failed: the run is over.
    pub(super) fn fail(&self, error: LoadError) {
        self.state().failure.get_or_insert(error);
        self.bell.notify_waiters();
    }

    /// The counts so far.
    pub(super) fn counts(&self) -> Counts {
        self.state().counts.clone()
    }

    /// When each message arrived.
    pub(super) fn arrivals(&self) -> Vec<Option<Instant>> {
        self.state().arrivals.clone()
    }

    fn verdict(&self) -> Option<Result<Counts, LoadError>> {
        let mut state = self.state();
        if let Some(error) = state.failure.take() {
            return Some(Err(error));
        }
        let all = self.places.len();
        let receipts = self.expect == Expect::Arrivals || state.counts.receipts == [all; 3];
        (state.counts.arrived == all && receipts).then(|| Ok(state.counts.clone()))
    }

    /// Waits until everything expected is there.
    ///
    /// # Errors
    /// When something failed, or nothing came for 60 s.
    pub(super) async fn complete(&self) -> Result<Counts, LoadError> {
        loop {
            let rung = self.bell.notified();
            tokio::pin!(rung);
            // Enabled before the look, so that nothing that comes between look and wait is missed.
            rung.as_mut().enable();
            if let Some(verdict) = self.verdict() {
                return verdict;
            }
            if timeout(STALLED_AFTER, rung).await.is_err() {
                let so_far = format!("{} of {} messages", self.counts(), self.places.len());
                return Err(LoadError::Stalled { seconds: STALLED_AFTER.as_secs(), so_far });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids() -> Vec<Uuid> {
        (1..=2).map(Uuid::from_u128).collect()
    }

    #[tokio::test]
    async fn a_run_is_complete_when_each_message_and_each_receipt_is_there_once() {
        let (ids, now) = (ids(), Instant::now());
        let tally = Tally::new(&ids, Expect::ArrivalsAndReceipts);
        tally.arrived([ids[0], ids[1], ids[1], Uuid::from_u128(99)], now);
        for outcome in [Outcome::Accepted, Outcome::Delivered] {
            tally.receipts(ids.iter().map(|id| (*id, outcome, None)));
            tally.receipts(ids.iter().map(|id| (*id, outcome, None)));
        }
        tally.receipts([(ids[0], Outcome::Retrieved, None)]);
        assert!(tally.verdict().is_none());
        tally.receipts([(ids[1], Outcome::Retrieved, None)]);
        let counts = tally.complete().await.expect("complete");
        assert_eq!(counts, Counts { arrived: 2, again: 1, receipts: [2, 2, 2] });
    }

    #[tokio::test]
    async fn a_rejection_ends_the_run_with_its_reason() {
        let ids = ids();
        let tally = Tally::new(&ids, Expect::ArrivalsAndReceipts);
        tally.receipts([(ids[0], Outcome::Rejected, Some("the due date is missing".to_owned()))]);
        let error = tally.complete().await.expect_err("rejected");
        assert!(error.to_string().contains("the due date is missing"));
    }
}
