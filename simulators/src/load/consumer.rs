//! Consumers of a load run: one queue each, with prefetch and one acknowledgement for many deliveries. The same code
//! reads the relay's queues, a mailbox and a sender's receipts; what it does with a delivery is its caller's.

use super::{LoadError, wire};
use futures_util::{StreamExt, stream::ReadyChunks};
use lapin::{
    Acker, Channel, Connection, Consumer,
    message::Delivery,
    options::{BasicAckOptions, BasicConsumeOptions},
    types::FieldTable,
};
use std::{str::FromStr, time::Duration};
use tokio::time::{Instant, sleep_until};
use uuid::Uuid;

/// Most deliveries that are not yet acknowledged.
const PREFETCH: u16 = 1000;
/// Deliveries that one acknowledgement covers, where they come fast enough.
pub(super) const TOGETHER: usize = 100;
/// Longest time that a delivery waits for company in its acknowledgement.
const WAIT: Duration = Duration::from_millis(20);

/// Deliveries of one queue, in handfuls.
pub(super) struct Handfuls {
    stream: ReadyChunks<Consumer>,
    settled: Option<Settled>,
    // The consumer lives as long as its channel.
    _channel: Channel,
}

/// Some deliveries that lay ready together, in the queue's order.
pub(super) struct Handful {
    /// The deliveries.
    pub deliveries: Vec<Delivery>,
}

/// What is done with and not yet acknowledged.
struct Settled {
    newest: Acker,
    count: usize,
    until: Instant,
}

impl Handfuls {
    /// Consumes `queue` on a channel of its own.
    pub(super) async fn of(connection: &Connection, queue: &str) -> Result<Self, LoadError> {
        let channel = wire::consuming_channel(connection, PREFETCH).await?;
        let options = BasicConsumeOptions::default();
        let consumer = channel.basic_consume(queue.into(), "".into(), options, FieldTable::default()).await?;
        Ok(Self { stream: consumer.ready_chunks(TOGETHER), settled: None, _channel: channel })
    }

    /// The next handful. Meanwhile acknowledges what was settled, when enough of it is there or has waited long enough.
    ///
    /// # Errors
    /// When the channel fails, or the broker ends the consumer.
    pub(super) async fn next(&mut self) -> Result<Handful, LoadError> {
        loop {
            let due = self.settled.as_ref().map_or_else(Instant::now, |settled| settled.until);
            tokio::select! {
                ready = self.stream.next() => {
                    let ended = || LoadError::Unexpected("the broker ended a consumer".to_owned());
                    return Ok(Handful { deliveries: ready.ok_or_else(ended)?.into_iter().collect::<Result<_, _>>()? });
                }
                () = sleep_until(due), if self.settled.is_some() => self.acknowledge().await?,
            }
        }
    }

    /// The caller is done with the handful, which is the last that it got or one before.
    pub(super) async fn settle(&mut self, handful: Handful) -> Result<(), LoadError> {
        let more = handful.deliveries.len();
        let Some(newest) = handful.deliveries.into_iter().last().map(|delivery| delivery.acker) else { return Ok(()) };
        let (count, until) =
            self.settled.as_ref().map_or((0, Instant::now() + WAIT), |former| (former.count, former.until));
        self.settled = Some(Settled { newest, count: count + more, until });
        if count + more >= TOGETHER { self.acknowledge().await } else { Ok(()) }
    }

    async fn acknowledge(&mut self) -> Result<(), LoadError> {
        if let Some(settled) = self.settled.take() {
            settled.newest.ack(BasicAckOptions { multiple: true }).await?;
        }
        Ok(())
    }
}

impl Handful {
    /// The message ids.
    pub(super) fn ids(&self) -> Vec<Uuid> {
        self.deliveries.iter().filter_map(message_id).collect()
    }
}

fn message_id(delivery: &Delivery) -> Option<Uuid> {
    delivery.properties.message_id().as_ref().and_then(|id| Uuid::from_str(id.as_str()).ok())
}
