//! Acknowledging deliveries of one channel with as few frames as possible.
//!
//! Owns the arithmetic of delivery tags; knows nothing of what was delivered.

use lapin::{
    Channel,
    options::{BasicAckOptions, BasicRejectOptions},
};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

/// One acknowledgement to send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Ack {
    tag: u64,
    /// Whether it speaks for all lower tags too.
    multiple: bool,
}

/// What was delivered on a channel and is not settled, and whether the caller is done with it.
#[derive(Debug, Default)]
struct Outstanding(BTreeMap<u64, bool>);

impl Outstanding {
    fn delivered(&mut self, tag: u64) {
        self.0.insert(tag, false);
    }

    fn done(&mut self, tag: u64) {
        if let Some(done) = self.0.get_mut(&tag) {
            *done = true;
        }
    }

    fn forget(&mut self, tag: u64) {
        self.0.remove(&tag);
    }

    /// Takes what can be acknowledged: the done ones before the first open one together, the others one by one.
    fn due(&mut self) -> Vec<Ack> {
        let first_open = self.0.iter().find(|(_, done)| !**done).map(|(tag, _)| *tag);
        let done: Vec<u64> = self.0.iter().filter(|(_, done)| **done).map(|(tag, _)| *tag).collect();
        let below = done.partition_point(|tag| first_open.is_none_or(|open| *tag < open));
        for tag in &done {
            self.0.remove(tag);
        }
        let together = below.checked_sub(1).map(|last| Ack { tag: done[last], multiple: below > 1 });
        together.into_iter().chain(done[below..].iter().map(|tag| Ack { tag: *tag, multiple: false })).collect()
    }
}

/// One channel's deliveries.
pub(crate) struct Ledger {
    channel: Channel,
    outstanding: Mutex<Outstanding>,
}

impl std::fmt::Debug for Ledger {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Ledger").field("channel", &self.channel.id()).finish_non_exhaustive()
    }
}

impl Ledger {
    pub(crate) fn new(channel: Channel) -> Arc<Self> {
        Arc::new(Self { channel, outstanding: Mutex::default() })
    }

    /// Enters a delivery.
    pub(crate) fn deliver(self: &Arc<Self>, tag: u64) -> Token {
        self.with(|outstanding| outstanding.delivered(tag));
        Token { ledger: Arc::clone(self), tag }
    }

    fn with<T>(&self, change: impl FnOnce(&mut Outstanding) -> T) -> T {
        change(&mut self.outstanding.lock().unwrap_or_else(PoisonError::into_inner))
    }

    async fn acknowledge_due(&self) {
        for ack in self.with(Outstanding::due) {
            let sent = self.channel.basic_ack(ack.tag, BasicAckOptions { multiple: ack.multiple }).await;
            if let Err(error) = sent {
                // The channel is gone: the broker delivers again, and the redelivery is recognised.
                tracing::debug!(%error, "acknowledgement came too late");
                return;
            }
        }
    }
}

/// The right to settle one delivery.
#[derive(Debug, Clone)]
pub(crate) struct Token {
    ledger: Arc<Ledger>,
    tag: u64,
}

impl Token {
    /// Acknowledges all of them.
    pub(crate) async fn acknowledge_all(tokens: Vec<Self>) {
        let mut ledgers: Vec<Arc<Ledger>> = Vec::new();
        for token in tokens {
            token.ledger.with(|outstanding| outstanding.done(token.tag));
            if !ledgers.iter().any(|ledger| Arc::ptr_eq(ledger, &token.ledger)) {
                ledgers.push(token.ledger);
            }
        }
        for ledger in ledgers {
            ledger.acknowledge_due().await;
        }
    }

    /// Hands the delivery back for good: the broker puts it where its policy says.
    pub(crate) async fn reject(self) {
        self.ledger.with(|outstanding| outstanding.forget(self.tag));
        let sent = self.ledger.channel.basic_reject(self.tag, BasicRejectOptions { requeue: false }).await;
        if let Err(error) = sent {
            tracing::debug!(%error, "rejection came too late");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delivered(tags: std::ops::RangeInclusive<u64>) -> Outstanding {
        let mut outstanding = Outstanding::default();
        tags.for_each(|tag| outstanding.delivered(tag));
        outstanding
    }

    fn due(outstanding: &mut Outstanding, done: &[u64]) -> Vec<(u64, bool)> {
        done.iter().for_each(|tag| outstanding.done(*tag));
        outstanding.due().into_iter().map(|ack| (ack.tag, ack.multiple)).collect()
    }

    #[test]
    fn what_is_done_in_order_is_acknowledged_together() {
        let mut outstanding = delivered(1..=5);
        assert_eq!(due(&mut outstanding, &[1, 2, 3]), [(3, true)]);
        assert_eq!(due(&mut outstanding, &[]), []);
        assert_eq!(due(&mut outstanding, &[4, 5]), [(5, true)]);
    }

    #[test]
    fn one_that_is_slow_is_never_acknowledged_with_the_others() {
        let mut outstanding = delivered(1..=5);
        assert_eq!(due(&mut outstanding, &[2, 4]), [(2, false), (4, false)]);
        assert_eq!(due(&mut outstanding, &[1]), [(1, false)]);
        assert_eq!(due(&mut outstanding, &[5, 3]), [(5, true)]);
    }

    #[test]
    fn one_that_was_rejected_holds_nobody_up() {
        let mut outstanding = delivered(1..=3);
        outstanding.forget(2);
        assert_eq!(due(&mut outstanding, &[1, 3]), [(3, true)]);
        assert_eq!(due(&mut outstanding, &[2, 9]), []);
    }
}
