//! Consuming one queue for as long as somebody listens, across connections.
//!
//! Owns the consumer and its renewal; hands on what was delivered as it came.

use super::{
    acks::{Ledger, Token},
    keeper::{Keeper, Pause},
    link::Link,
};
use crate::config::Backoff;
use futures_util::StreamExt;
use lapin::{
    BasicProperties,
    message::Delivery,
    options::{BasicConsumeOptions, BasicQosOptions},
    types::FieldTable,
};
use tokio::sync::mpsc;

/// A delivery as it came.
pub(crate) struct RawDelivery {
    pub(crate) queue: String,
    pub(crate) properties: BasicProperties,
    pub(crate) body: Vec<u8>,
    pub(crate) token: Token,
}

impl RawDelivery {
    /// Its `message_id`, whatever it is.
    pub(crate) fn message_id(&self) -> Option<String> {
        self.properties.message_id().as_ref().map(|text| text.as_str().to_owned())
    }

    /// Its `type`, whatever it is.
    pub(crate) fn message_type(&self) -> Option<String> {
        self.properties.kind().as_ref().map(|text| text.as_str().to_owned())
    }
}

/// What to consume, and how.
pub(crate) struct Subscription {
    pub(crate) queue: String,
    pub(crate) prefetch: u16,
    pub(crate) backoff: Backoff,
}

enum End {
    /// Nobody listens any more.
    Unheard,
    /// The connection, the channel or the consumer ended.
    Broken(String),
}

/// Consumes until nobody listens any more or the client is closed.
pub(crate) async fn pump(keeper: Keeper, subscription: Subscription, listener: mpsc::Sender<RawDelivery>) {
    let mut pause = Pause::new(subscription.backoff);
    while !listener.is_closed() {
        let link = tokio::select! {
            link = keeper.link() => link,
            () = listener.closed() => return,
        };
        let Some(link) = link else { return };
        let cause = match consume(&link, &subscription, &listener, &mut pause).await {
            End::Unheard => return,
            End::Broken(cause) => cause,
        };
        if link.usable() {
            // The connection lives, so it is this queue: missing, not allowed, or taken away.
            let wait = pause.next();
            tracing::warn!(queue = subscription.queue, cause, attempts = pause.failures, "queue not readable");
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = listener.closed() => return,
            }
        }
    }
}

async fn consume(
    link: &Link,
    subscription: &Subscription,
    listener: &mpsc::Sender<RawDelivery>,
    pause: &mut Pause,
) -> End {
    let (ledger, mut consumer) = match subscribe(link, subscription).await {
        Ok(subscribed) => subscribed,
        Err(error) => return End::Broken(error.to_string()),
    };
    pause.reset();
    loop {
        let delivery = tokio::select! {
            delivery = consumer.next() => delivery,
            () = listener.closed() => return End::Unheard,
            () = link.failed() => return End::Broken("the connection is lost".to_owned()),
        };
        match delivery {
            Some(Ok(delivery)) => {
                if listener.send(raw(&subscription.queue, &ledger, delivery)).await.is_err() {
                    return End::Unheard;
                }
            }
            Some(Err(error)) => return End::Broken(error.to_string()),
            // A deleted queue ends the stream without an error.
            None => return End::Broken("the broker ended the consumer".to_owned()),
        }
    }
}

async fn subscribe(
    link: &Link,
    subscription: &Subscription,
) -> lapin::Result<(std::sync::Arc<Ledger>, lapin::Consumer)> {
    // A channel of its own: what is wrong with one queue closes no other's.
    let channel = link.connection.create_channel().await?;
    channel.basic_qos(subscription.prefetch, BasicQosOptions::default()).await?;
    let queue = subscription.queue.as_str().into();
    let consumer =
        channel.basic_consume(queue, "".into(), BasicConsumeOptions::default(), FieldTable::default()).await?;
    Ok((Ledger::new(channel), consumer))
}

fn raw(queue: &str, ledger: &std::sync::Arc<Ledger>, delivery: Delivery) -> RawDelivery {
    RawDelivery {
        queue: queue.to_owned(),
        token: ledger.deliver(delivery.delivery_tag),
        properties: delivery.properties,
        body: delivery.data,
    }
}
