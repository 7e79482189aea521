//! The bare relay that the gateway is compared with: consume from one quorum queue, publish to the other with
//! confirms, acknowledge what is confirmed. No checks, no store, no receipts. Confirms and acknowledgements are pipelined,
//! each publish is awaited as lapin's documentation has it; lined up as the hub does it, it is up to a sixth faster.

use super::{
    LoadError,
    consumer::{Handful, Handfuls, TOGETHER},
    wire::{self, Login},
};
use lapin::{
    Channel, Confirmation, PublisherConfirm,
    message::Delivery,
    options::{BasicAckOptions, BasicPublishOptions},
};
use tokio::{sync::mpsc, task::JoinSet};

/// The queue that the relay reads.
pub(super) const IN: &str = "bench.relay.in";
/// The queue that it writes.
pub(super) const OUT: &str = "bench.relay.out";
/// Most handfuls that are published and not yet acknowledged; the consumer's prefetch bounds the messages.
const HANDFULS_IN_FLIGHT: usize = 16;

/// Declares both queues.
pub(super) async fn declare(channel: &Channel) -> Result<(), LoadError> {
    wire::declare_quorum(channel, IN).await?;
    wire::declare_quorum(channel, OUT).await
}

/// Deletes both queues.
pub(super) async fn delete(channel: &Channel) -> Result<(), LoadError> {
    wire::delete(channel, IN).await?;
    wire::delete(channel, OUT).await
}

/// Starts the relay on two connections of its own: one reads and acknowledges, one publishes. It runs until the set is
/// dropped; a task that ends has failed.
pub(super) async fn start(login: &Login) -> Result<JoinSet<LoadError>, LoadError> {
    let (reading, writing) = (login.connect().await?, login.connect().await?);
    let handfuls = Handfuls::of(&reading, IN).await?;
    let channel = wire::confirming_channel(&writing).await?;
    let (published, confirming) = mpsc::channel(HANDFULS_IN_FLIGHT);
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        let _open = (reading, writing);
        failure(publish(handfuls, &channel, published).await)
    });
    tasks.spawn(async move { failure(acknowledge(confirming).await) });
    Ok(tasks)
}

fn failure(result: Result<(), LoadError>) -> LoadError {
    result.err().unwrap_or_else(|| LoadError::Unexpected("the relay ended".to_owned()))
}

type Published = (Handful, Vec<PublisherConfirm>);

async fn publish(
    mut handfuls: Handfuls,
    channel: &Channel,
    published: mpsc::Sender<Published>,
) -> Result<(), LoadError> {
    loop {
        let handful = handfuls.next().await?;
        let mut confirms = Vec::with_capacity(handful.deliveries.len());
        for delivery in &handful.deliveries {
            confirms.push(pass_on(channel, delivery).await?);
        }
        if published.send((handful, confirms)).await.is_err() {
            return Ok(());
        }
    }
}

async fn pass_on(channel: &Channel, delivery: &Delivery) -> Result<PublisherConfirm, LoadError> {
    let options = BasicPublishOptions { mandatory: true, ..BasicPublishOptions::default() };
    Ok(channel.basic_publish("".into(), OUT.into(), options, &delivery.data, delivery.properties.clone()).await?)
}

async fn acknowledge(mut confirming: mpsc::Receiver<Published>) -> Result<(), LoadError> {
    let mut confirmed = 0;
    while let Some((handful, confirms)) = confirming.recv().await {
        for confirm in confirms {
            if confirm.await? != Confirmation::Ack(None) {
                return Err(LoadError::Unexpected("the broker did not take what the relay passed on".to_owned()));
            }
            confirmed += 1;
        }
        // One acknowledgement for many, unless nothing more is under way.
        if confirmed >= TOGETHER || confirming.is_empty() {
            if let Some(last) = handful.deliveries.last() {
                last.acker.ack(BasicAckOptions { multiple: true }).await?;
            }
            confirmed = 0;
        }
    }
    Ok(())
}
