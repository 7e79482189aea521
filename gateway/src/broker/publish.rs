//! Publishing: persistent, mandatory, confirmed, many at a time.

use super::BrokerError;
use bytes::Bytes;
use lapin::{
    BasicProperties, Channel, Confirmation, PublisherConfirm,
    options::{BasicPublishOptions, ConfirmSelectOptions},
    types::{AMQPValue, FieldTable},
};
use std::{
    pin::Pin,
    task::{Context, Poll, Waker},
    time::Duration,
};

/// A message on its way to a queue.
#[derive(Debug, Clone)]
pub struct Outbound {
    /// The queue.
    pub queue: String,
    /// `message_id`
    pub message_id: String,
    /// `correlation_id`
    pub correlation_id: Option<String>,
    /// `type`
    pub message_type: String,
    /// `content_type`
    pub content_type: &'static str,
    /// `user_id`: the hub's own.
    pub user_id: String,
    /// `timestamp`, seconds since 1970.
    pub timestamp: u64,
    /// Headers, all texts or numbers.
    pub headers: Vec<(&'static str, Header)>,
    /// The document.
    pub body: Bytes,
}

/// A header's value.
#[derive(Debug, Clone)]
pub enum Header {
    /// A text.
    Text(String),
    /// A number.
    Number(u32),
}

/// What the broker said of a publish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It holds the message in the queue.
    Confirmed,
    /// It could not: no such queue, or a refusal. A failed attempt.
    Refused(String),
}

/// A channel in confirm mode.
pub struct Publisher {
    channel: Channel,
    confirm_timeout: Duration,
}

impl Publisher {
    pub(super) async fn open(channel: Channel, confirm_timeout: Duration) -> Result<Self, BrokerError> {
        channel.confirm_select(ConfirmSelectOptions::default()).await?;
        Ok(Self { channel, confirm_timeout })
    }

    /// Publishes all, then waits for all: one round of confirms. Verdicts come in the order of the messages.
    ///
    /// # Errors
    /// The session is over; nothing is known of what was under way.
    pub async fn publish_all(&self, messages: &[&Outbound]) -> Result<Vec<Verdict>, BrokerError> {
        let round = async {
            // Each publish ends when its bytes are written. Polled once, in order, all of them stand in line for the wire
            // together; one after the other they would cost a round between two threads each.
            let mut written: Vec<_> = messages.iter().map(|message| Box::pin(self.publish(message))).collect();
            let ready: Vec<_> = written.iter_mut().map(stand_in_line).collect();
            // From here on the last first: when it is done, most others are too, and this task is woken once for all.
            let mut confirms = Vec::with_capacity(written.len());
            for (publish, ready) in written.into_iter().zip(ready).rev() {
                confirms.push(match ready {
                    Poll::Ready(confirm) => confirm?,
                    Poll::Pending => publish.await?,
                });
            }
            let mut verdicts = Vec::with_capacity(confirms.len());
            for confirm in confirms {
                verdicts.push(verdict(confirm.await?));
            }
            verdicts.reverse();
            Ok(verdicts)
        };
        tokio::time::timeout(self.confirm_timeout, round).await.map_err(|_| BrokerError::TimedOut("confirm"))?
    }

    async fn publish(&self, message: &Outbound) -> lapin::Result<PublisherConfirm> {
        let options = BasicPublishOptions { mandatory: true, ..BasicPublishOptions::default() };
        let queue = message.queue.as_str().into();
        self.channel.basic_publish("".into(), queue, options, &message.body, properties(message)).await
    }
}

/// Polls once; who awaits the publish later is woken.
fn stand_in_line<F: Future>(publish: &mut Pin<Box<F>>) -> Poll<F::Output> {
    publish.as_mut().poll(&mut Context::from_waker(Waker::noop()))
}

/// An unroutable message comes back inside an acknowledgement: only an empty one is a success.
fn verdict(confirmation: Confirmation) -> Verdict {
    match confirmation {
        Confirmation::Ack(None) => Verdict::Confirmed,
        Confirmation::Ack(Some(returned)) | Confirmation::Nack(Some(returned)) => {
            Verdict::Refused(format!("returned: {} {}", returned.reply_code, returned.reply_text))
        }
        Confirmation::Nack(None) => Verdict::Refused("the broker could not take responsibility for it".into()),
        Confirmation::NotRequested => Verdict::Refused("the channel is not in confirm mode".into()),
    }
}

fn properties(message: &Outbound) -> BasicProperties {
    let mut headers = FieldTable::default();
    for (name, value) in &message.headers {
        let value = match value {
            Header::Text(text) => AMQPValue::LongString(text.as_str().into()),
            Header::Number(number) => AMQPValue::LongLongInt(i64::from(*number)),
        };
        headers.insert((*name).into(), value);
    }
    let properties = BasicProperties::default()
        .with_delivery_mode(2)
        .with_message_id(message.message_id.as_str().into())
        .with_type(message.message_type.as_str().into())
        .with_content_type(message.content_type.into())
        .with_user_id(message.user_id.as_str().into())
        .with_timestamp(message.timestamp)
        .with_headers(headers);
    match &message.correlation_id {
        Some(correlation_id) => properties.with_correlation_id(correlation_id.as_str().into()),
        None => properties,
    }
}
