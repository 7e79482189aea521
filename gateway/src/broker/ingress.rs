//! Taking messages in: batches from one queue, acknowledged as a whole.

use super::BrokerError;
use crate::envelope::{HeaderValue, Properties, Received};
use futures_util::{FutureExt, StreamExt};
use lapin::{
    BasicProperties, Channel, Consumer,
    message::Delivery,
    options::{BasicAckOptions, BasicCancelOptions, BasicConsumeOptions, BasicQosOptions},
    types::{AMQPValue, FieldTable},
};
use std::collections::HashSet;

/// A queue that is being consumed.
pub struct Ingress {
    channel: Channel,
    consumer: Consumer,
    queue: String,
    held_back: Option<Delivery>,
}

/// Messages taken together, in the queue's order; no two of them claim the same identity.
pub struct Batch {
    /// The messages.
    pub messages: Vec<Received>,
    /// The broker's tag of the last of them.
    pub last_tag: u64,
}

impl Ingress {
    pub(super) async fn open(channel: Channel, queue: &str, prefetch: u16) -> Result<Self, BrokerError> {
        channel.basic_qos(prefetch, BasicQosOptions::default()).await?;
        let consumer = channel
            .basic_consume(queue.into(), "hub".into(), BasicConsumeOptions::default(), FieldTable::default())
            .await?;
        Ok(Self { channel, consumer, queue: queue.to_owned(), held_back: None })
    }

    /// Waits for the first message, then takes what is there already, up to the limits. A message with the identity of
    /// one before it is left for the next batch, which then finds the first one recorded.
    ///
    /// # Errors
    /// The session is over.
    pub async fn next_batch(&mut self, most_messages: usize, most_bytes: usize) -> Result<Batch, BrokerError> {
        let first = match self.held_back.take() {
            Some(delivery) => delivery,
            None => match self.consumer.next().await {
                Some(delivery) => delivery?,
                None => return Err(BrokerError::ConsumerEnded(self.queue.clone())),
            },
        };
        let mut batch = Batch { messages: Vec::new(), last_tag: 0 };
        let mut identities = HashSet::new();
        let mut bytes = 0;
        let mut next = Some(first);
        while let Some(delivery) = next {
            bytes += delivery.data.len();
            let identity = identity(&delivery.properties);
            let full = batch.messages.len() == most_messages || bytes > most_bytes;
            if !batch.messages.is_empty() && (full || identities.contains(&identity)) {
                self.held_back = Some(delivery);
                break;
            }
            identities.insert(identity);
            batch.last_tag = delivery.delivery_tag;
            batch.messages.push(received(delivery));
            next = match self.consumer.next().now_or_never() {
                Some(Some(delivery)) => Some(delivery?),
                Some(None) | None => None, // an ended consumer shows again when the next batch is asked for
            };
        }
        Ok(batch)
    }

    /// Acknowledges everything up to a tag.
    pub async fn acknowledge(&self, last_tag: u64) -> Result<(), BrokerError> {
        Ok(self.channel.basic_ack(last_tag, BasicAckOptions { multiple: true }).await?)
    }

    /// Stops taking messages; those not acknowledged go back to the queue, in order.
    pub async fn close(self) -> Result<(), BrokerError> {
        self.channel.basic_cancel("hub".into(), BasicCancelOptions::default()).await?;
        Ok(self.channel.close(200, "drained".into()).await?)
    }
}

type Identity = (Option<String>, Option<String>);

fn identity(properties: &BasicProperties) -> Identity {
    (properties.user_id().as_ref().map(ToString::to_string), properties.message_id().as_ref().map(ToString::to_string))
}

fn received(delivery: Delivery) -> Received {
    let properties = &delivery.properties;
    let text = |value: &Option<lapin::types::ShortString>| value.as_ref().map(ToString::to_string);
    let headers = properties
        .headers()
        .as_ref()
        .map(|table| table.inner().iter().map(|(name, value)| (name.to_string(), header_value(value))).collect());
    Received {
        properties: Properties {
            message_id: text(properties.message_id()),
            correlation_id: text(properties.correlation_id()),
            message_type: text(properties.kind()),
            content_type: text(properties.content_type()),
            user_id: text(properties.user_id()),
            timestamp: *properties.timestamp(),
            headers: headers.unwrap_or_default(),
        },
        routing_key: delivery.routing_key.to_string(),
        redelivered: delivery.redelivered,
        body: delivery.data.into(),
    }
}

fn header_value(value: &AMQPValue) -> HeaderValue {
    match value {
        AMQPValue::LongString(text) => match std::str::from_utf8(text.as_bytes()) {
            Ok(text) => HeaderValue::Text(text.to_owned()),
            Err(_) => HeaderValue::Other("a text that is not UTF-8"),
        },
        AMQPValue::ShortString(text) => HeaderValue::Text(text.to_string()),
        AMQPValue::Boolean(value) => HeaderValue::Flag(*value),
        AMQPValue::FieldArray(values) => HeaderValue::List(values.as_slice().iter().map(header_value).collect()),
        AMQPValue::FieldTable(_) => HeaderValue::Other("a table"),
        AMQPValue::Timestamp(_) => HeaderValue::Other("a timestamp"),
        AMQPValue::ByteArray(_) => HeaderValue::Other("a byte array"),
        AMQPValue::Void => HeaderValue::Other("void"),
        _ => HeaderValue::Other("a number"),
    }
}
