//! The loop of the folder adapter: one task owns all folders and joins them with the connection.
//!
//! Owns the order of things; each thing itself is in its own module. Whatever the disk refuses is tried again, and
//! nothing is acknowledged meanwhile.

use super::{
    disk::Disk,
    inbox::{self, Arrival},
    outbox::Outbox,
    place::Place,
    receipts,
    settings::Settings,
};
use crate::{
    Client, Mailboxes, Receipts,
    error::{ClientError, SubmitError},
    incoming::{Delivered, DeliveredReceipt, Incoming},
    outgoing::Outgoing,
};
use jiff::Timestamp;
use schemas::wire::MessageId;
use std::{
    io,
    path::PathBuf,
    time::{Duration, SystemTime},
};
use thiserror::Error;
use tokio::{task::JoinHandle, time::MissedTickBehavior};
use tokio_util::sync::CancellationToken;

/// Wait before something that failed for the time being is tried again.
const RETRY: Duration = Duration::from_secs(2);

/// Why the adapter could not start. Once it runs, it goes on until it is told to stop.
#[derive(Debug, Error)]
pub enum RunError {
    /// The folders cannot be used.
    #[error("folder.root = {root:?}: {cause}")]
    Folders {
        /// The root.
        root: PathBuf,
        /// Why.
        cause: io::Error,
    },
    /// A file of the configuration cannot be used.
    #[error(transparent)]
    Client(#[from] ClientError),
}

/// Runs until `stop`: takes documents from the outbox, puts what arrives into the inbox, keeps receipts.
///
/// # Errors
/// Folders or files that cannot be used; a broker that is away or refuses is waited for.
pub async fn run(settings: Settings, stop: CancellationToken) -> Result<(), RunError> {
    let place = Place::below(&settings.root);
    let failed = |cause| RunError::Folders { root: settings.root.clone(), cause };
    place.create(&Disk::default()).map_err(failed)?;
    let _lock = place.lock().map_err(failed)?;
    let outbox = Outbox::open(Disk::default(), place.clone(), settings.rules.clone()).map_err(failed)?;
    tracing::info!(participant = %settings.client.participant, unfinished = outbox.sending(), "folders are open");
    let Some(client) = connect(&settings, &place, &stop).await? else { return Ok(()) };
    tracing::info!("connected to the broker");
    reveal_staged(&client, &outbox).await.map_err(failed)?;
    let adapter = Adapter {
        mailboxes: client.mailboxes(&settings.mailboxes),
        receipts: client.receipts(),
        publishing: None,
        poll: settings.poll,
        client,
        outbox,
    };
    adapter.run(&stop).await;
    Ok(())
}

/// Connects, however long it takes; an error of our own files ends it.
async fn connect(settings: &Settings, place: &Place, stop: &CancellationToken) -> Result<Option<Client>, ClientError> {
    let config = || crate::ClientConfig { seen: Some(place.seen.clone()), ..settings.client.clone() };
    let mut failures = 0;
    loop {
        let error = tokio::select! {
            connected = Client::connect(config()) => match connected {
                Ok(client) => return Ok(Some(client)),
                Err(error) => error,
            },
            () = stop.cancelled() => return Ok(None),
        };
        match error {
            ClientError::File { .. } | ClientError::KeyPair { .. } | ClientError::Seen { .. } => return Err(error),
            other => tracing::error!(error = %other, actor = ?other.actor(), "no connection; trying again"),
        }
        failures += 1;
        tokio::select! {
            () = tokio::time::sleep(settings.client.backoff.delay(failures, 0.0)) => {}
            () = stop.cancelled() => return Ok(None),
        }
    }
}

/// Shows what a crash left staged. It is remembered first, so that its redelivery is recognised.
async fn reveal_staged(client: &Client, outbox: &Outbox) -> io::Result<()> {
    for arrival in inbox::staged(&outbox.disk, &outbox.place)? {
        let remembered = client.remember(arrival.message_id, &arrival.from, &arrival.to).await;
        remembered.map_err(|error| io::Error::other(error.to_string()))?;
        inbox::reveal(&outbox.disk, &outbox.place, &arrival)?;
        tracing::info!(message_id = %arrival.message_id, "a message that arrived before the restart is in the inbox");
    }
    Ok(())
}

type Published = (Vec<MessageId>, Result<(), SubmitError>);

struct Adapter {
    client: Client,
    outbox: Outbox,
    mailboxes: Mailboxes,
    receipts: Receipts,
    publishing: Option<JoinHandle<Published>>,
    poll: Duration,
}

impl Adapter {
    async fn run(mut self, stop: &CancellationToken) {
        let mut poll = tokio::time::interval(self.poll);
        poll.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                _ = poll.tick(), if self.publishing.is_none() => self.publish().await,
                published = join(&mut self.publishing) => {
                    self.settle(published).await;
                    // There may be more where that came from.
                    poll.reset_immediately();
                }
                delivered = self.mailboxes.next_delivery() => match delivered {
                    Some(delivered) => tokio::select! {
                        () = stop.cancelled() => break,
                        () = receive(&self.outbox, delivered) => {}
                    },
                    None => break,
                },
                receipt = self.receipts.next_delivery() => match receipt {
                    Some(receipt) => tokio::select! {
                        () = stop.cancelled() => break,
                        () = keep(&mut self.outbox, receipt) => {}
                    },
                    None => break,
                },
            }
        }
        self.end().await;
    }

    /// Takes what lies in the outbox and begins to publish it.
    async fn publish(&mut self) {
        let batch = self.outbox.take(SystemTime::now()).and_then(|_| self.outbox.batch());
        match batch {
            Ok(batch) if batch.is_empty() => {}
            Ok(batch) => {
                let client = self.client.clone();
                self.publishing = Some(tokio::spawn(publish_batch(client, batch)));
            }
            Err(error) => {
                tracing::error!(%error, "the outbox cannot be worked on; trying again");
                tokio::time::sleep(RETRY).await;
            }
        }
    }

    /// Writes down what became of a batch. What cannot be written down is published again, with the same ids.
    async fn settle(&mut self, (messages, result): Published) {
        let now = Timestamp::now();
        let written = match &result {
            Ok(()) => messages.iter().try_for_each(|message| {
                tracing::info!(message_id = %message, "submitted");
                self.outbox.confirmed(*message, now)
            }),
            Err(SubmitError::Refused { message_id, .. } | SubmitError::Metadata { message_id, .. }) => {
                let reason = result.as_ref().err().map(ToString::to_string).unwrap_or_default();
                tracing::error!(%message_id, reason, "a message cannot be sent; see the folder error");
                self.outbox.refused(*message_id, &reason)
            }
            Err(error) => {
                tracing::error!(%error, actor = ?error.actor(), "nothing can be sent at present; trying again");
                tokio::time::sleep(RETRY).await;
                Ok(())
            }
        };
        if let Err(error) = written {
            tracing::error!(%error, "the outbox cannot be worked on; trying again");
            tokio::time::sleep(RETRY).await;
        }
    }

    /// What is being published is left for the next start; what was stored is reported.
    async fn end(mut self) {
        if let Some(publishing) = self.publishing.take() {
            publishing.abort();
        }
        tracing::info!(unfinished = self.outbox.sending(), "stopping");
        drop((self.mailboxes, self.receipts));
        self.client.close().await;
    }
}

async fn publish_batch(client: Client, batch: Vec<Outgoing>) -> Published {
    let messages = batch.iter().map(|message| message.message_id).collect();
    (messages, client.submit_all(&batch).await)
}

/// Waits for a task, if there is one.
async fn join(publishing: &mut Option<JoinHandle<Published>>) -> Published {
    let Some(task) = publishing.as_mut() else { return std::future::pending().await };
    let published = task.await;
    *publishing = None;
    // A task that was cancelled or panicked has published nothing that anybody knows of.
    published.unwrap_or_else(|_| (Vec::new(), Ok(())))
}

async fn receive(outbox: &Outbox, delivered: Delivered) {
    match delivered {
        Delivered::Message(message) => receive_message(outbox, *message).await,
        Delivered::Fault(fault) => {
            tracing::error!(reason = %fault.reason, "a faulty delivery is kept in the folder error");
            persistently(|| inbox::keep_fault(&outbox.disk, &outbox.place, &fault)).await;
            let _closed = fault.set_aside().await;
        }
    }
}

async fn receive_message(outbox: &Outbox, message: Incoming) {
    let (disk, place) = (&outbox.disk, &outbox.place);
    if message.seen_before {
        tracing::info!(message_id = %message.message_id, "delivered again; it is in the inbox already");
        let _closed = message.stored().await;
        return;
    }
    let arrival = Arrival::of(&message, Timestamp::now());
    persistently(|| inbox::stage(disk, place, &arrival, &message.body)).await;
    if let Err(error) = message.stored().await {
        // It stays staged and is not shown: either it comes again, or the next start shows it.
        tracing::error!(%error, message_id = %arrival.message_id, "a message could not be taken");
        return;
    }
    persistently(|| inbox::reveal(disk, place, &arrival)).await;
    tracing::info!(message_id = %arrival.message_id, message_type = %arrival.message_type, to = %arrival.to, "received");
}

async fn keep(outbox: &mut Outbox, receipt: DeliveredReceipt) {
    match receipt {
        DeliveredReceipt::Receipt(receipt) => {
            persistently(|| receipts::keep(outbox, &receipt, Timestamp::now())).await;
            let message_id = receipt.receipt.message_id.as_deref().and_then(|text| text.parse::<MessageId>().ok());
            let message_id = message_id.map(|id| id.to_string()).unwrap_or_default();
            tracing::info!(message_id, outcome = receipt.receipt.outcome.as_str(), "receipt");
            let _closed = receipt.stored().await;
        }
        DeliveredReceipt::Fault(fault) => {
            tracing::error!(reason = %fault.reason, "a faulty delivery is kept in the folder error");
            persistently(|| inbox::keep_fault(&outbox.disk, &outbox.place, &fault)).await;
            let _closed = fault.set_aside().await;
        }
    }
}

/// Does something to the disk until it succeeds: a full disk must stop the flow, not lose what flows.
async fn persistently(mut work: impl FnMut() -> io::Result<()>) {
    while let Err(error) = work() {
        tracing::error!(%error, "the disk refuses; trying again");
        tokio::time::sleep(RETRY).await;
    }
}
