//! Settling deliveries in the background: report retrievals to the hub, and acknowledge when the broker has confirmed
//! the report. A crash in between costs a redelivery, which is recognised and reported again; no report is ever lost.
//!
//! Owns batching; knows neither queues nor files.

use crate::{
    amqp::{Letter, Publisher, Token},
    error::{ClientError, SubmitError},
};
use jiff::Timestamp;
use schemas::wire::{MessageId, ParticipantId, Retrieved, RetrievedEntry};
use std::time::Duration;
use tokio::{
    sync::{mpsc, oneshot},
    time::{Instant, timeout_at},
};
use uuid::Uuid;

/// Longest that a settlement waits for others to share a report with.
const LONGEST_WAIT: Duration = Duration::from_millis(200);
/// Settlements that end the wait.
const ENOUGH: usize = 500;
/// Most settlements that wait to be taken; prefetch keeps them fewer in practice.
const MOST_WAITING: usize = 10_000;

/// One delivery that is done with.
#[derive(Debug)]
pub(crate) struct Settlement {
    pub(crate) token: Token,
    /// What to report to the hub; receipts and faults are not reported.
    pub(crate) report: Option<RetrievedEntry>,
}

#[derive(Debug)]
enum Command<T> {
    Settle(T),
    Flush(oneshot::Sender<()>),
}

/// The way to the background task.
#[derive(Debug, Clone)]
pub(crate) struct Settler(mpsc::Sender<Command<Settlement>>);

impl Settler {
    /// Hands a delivery over.
    pub(crate) async fn settle(&self, settlement: Settlement) -> Result<(), ClientError> {
        self.0.send(Command::Settle(settlement)).await.map_err(|_| ClientError::Closed)
    }

    /// Returns when everything handed over before is settled, or cannot be any more.
    pub(crate) async fn flush(&self) {
        let (done, flushed) = oneshot::channel();
        if self.0.send(Command::Flush(done)).await.is_ok() {
            let _ended = flushed.await;
        }
    }
}

/// What the background task needs.
pub(crate) struct Settling {
    pub(crate) publisher: Publisher,
    pub(crate) participant: ParticipantId,
    /// Settlements that end the wait at the latest: half a prefetch window, or the broker would pause.
    pub(crate) enough: usize,
}

impl Settling {
    /// A settler and the task behind it, which ends when the last settler is gone.
    pub(crate) fn start(self) -> (Settler, impl Future<Output = ()> + Send) {
        let (sender, receiver) = mpsc::channel(MOST_WAITING);
        (Settler(sender), self.run(receiver))
    }

    async fn run(self, mut commands: mpsc::Receiver<Command<Settlement>>) {
        loop {
            let Gathered { batch, flushed, open } = gather(&mut commands, self.enough).await;
            self.settle(batch).await;
            for done in flushed {
                let _gave_up = done.send(());
            }
            if !open {
                return;
            }
        }
    }

    async fn settle(&self, batch: Vec<Settlement>) {
        let (tokens, reports): (Vec<_>, Vec<_>) = batch.into_iter().map(|it| (it.token, it.report)).unzip();
        let messages: Vec<_> = reports.into_iter().flatten().collect();
        if !messages.is_empty()
            && let Err(error) = self.report(Retrieved { messages }).await
        {
            match error {
                // Unacknowledged, everything comes again to the next client, which reports it.
                SubmitError::Closed => return,
                // The caller holds the messages, and a mailbox must not stand still for want of a report.
                error => tracing::error!(%error, "retrieval could not be reported"),
            }
        }
        Token::acknowledge_all(tokens).await;
    }

    async fn report(&self, retrieved: Retrieved) -> Result<(), SubmitError> {
        let body = serde_json::to_vec(&retrieved).expect("plain data always has a JSON form");
        let letter = Letter::report(MessageId(Uuid::now_v7()), &self.participant, body);
        self.publisher.publish_all(std::slice::from_ref(&letter), Timestamp::now).await
    }
}

/// What was waiting to be settled.
struct Gathered<T> {
    batch: Vec<T>,
    /// Who wants to know when it is.
    flushed: Vec<oneshot::Sender<()>>,
    /// Whether more can come.
    open: bool,
}

/// Waits for a first settlement, then a little longer for others; whoever flushes ends the wait. What has arrived
/// already comes along.
async fn gather<T>(commands: &mut mpsc::Receiver<Command<T>>, enough: usize) -> Gathered<T> {
    let mut gathered = Gathered { batch: Vec::new(), flushed: Vec::new(), open: true };
    let mut until: Option<Instant> = None;
    while gathered.batch.len() < Retrieved::MOST {
        let waits = gathered.batch.len() < enough.clamp(1, ENOUGH) && gathered.flushed.is_empty();
        let command = match until {
            None => commands.recv().await,
            Some(until) if waits => match timeout_at(until, commands.recv()).await {
                Ok(command) => command,
                Err(_) => break,
            },
            Some(_) => match commands.try_recv() {
                Ok(command) => Some(command),
                Err(mpsc::error::TryRecvError::Empty) => break,
                Err(mpsc::error::TryRecvError::Disconnected) => None,
            },
        };
        match command {
            Some(Command::Settle(settlement)) => gathered.batch.push(settlement),
            Some(Command::Flush(done)) => gathered.flushed.push(done),
            None => {
                gathered.open = false;
                break;
            }
        }
        until.get_or_insert_with(|| Instant::now() + LONGEST_WAIT);
    }
    gathered
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;

    async fn queue(count: usize) -> (mpsc::Sender<Command<usize>>, mpsc::Receiver<Command<usize>>) {
        let (sender, receiver) = mpsc::channel(20_000);
        for number in 0..count {
            sender.send(Command::Settle(number)).await.expect("room");
        }
        (sender, receiver)
    }

    #[tokio::test]
    async fn what_waits_already_is_settled_together_up_to_a_limit() {
        let (_sender, mut receiver) = queue(12_000).await;
        assert_eq!(gather(&mut receiver, 50).await.batch.len(), Retrieved::MOST);
        assert_eq!(gather(&mut receiver, 50).await.batch.len(), 2_000);
    }

    #[tokio::test]
    async fn a_flush_ends_the_wait_and_covers_what_came_before() {
        let (sender, mut receiver) = queue(3).await;
        let (done, flushed) = oneshot::channel();
        sender.send(Command::Flush(done)).await.expect("room");
        let gathered = gather(&mut receiver, 500).now_or_never().expect("it waits for nobody");
        assert_eq!((gathered.batch.len(), gathered.flushed.len(), gathered.open), (3, 1, true));
        drop(gathered);
        assert!(flushed.await.is_err(), "only the settling task says that it is done");
    }

    #[tokio::test]
    async fn the_last_settlements_are_settled_when_nobody_can_send_more() {
        let (sender, mut receiver) = queue(2).await;
        drop(sender);
        let gathered = gather(&mut receiver, 500).await;
        assert_eq!((gathered.batch, gathered.open), (vec![0, 1], false));
    }
}
