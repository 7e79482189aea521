//! A participant with no manners: publishes what it likes, with lapin alone, and reads its receipts.

use super::PATIENCE;
use futures_util::StreamExt;
use lapin::{
    BasicProperties, Channel, Confirmation, Connection, ConnectionProperties, Consumer,
    options::{BasicAckOptions, BasicConsumeOptions, BasicPublishOptions, ConfirmSelectOptions},
    tcp::{OwnedIdentity, OwnedTLSConfig},
    types::{AMQPValue, FieldTable},
};
use schemas::wire::SignedReceipt;
use simulators::network::Network;
use std::{collections::BTreeMap, path::Path, time::SystemTime};
use uuid::Uuid;

/// A message that can be spoilt in every way before it is sent.
#[derive(Clone)]
pub(crate) struct Submission {
    /// `None`: no property.
    pub(crate) message_id: Option<String>,
    /// `None`: no property.
    pub(crate) correlation_id: Option<String>,
    /// `None`: no property.
    pub(crate) message_type: Option<String>,
    /// `None`: no property.
    pub(crate) content_type: Option<String>,
    /// `None`: no property.
    pub(crate) user_id: Option<String>,
    /// `None`: no property.
    pub(crate) timestamp: Option<u64>,
    /// Headers as they go out.
    pub(crate) headers: FieldTable,
    /// Routing key.
    pub(crate) routing_key: String,
    /// The document.
    pub(crate) body: Vec<u8>,
}

impl Submission {
    /// A good message.
    pub(crate) fn new(participant: &str, message_type: &str, from: &str, to: &str, body: Vec<u8>) -> Self {
        let (area, rest) = message_type.split_once('/').expect("area/message@version");
        let mut submission = Self {
            message_id: Some(Uuid::new_v4().to_string()),
            correlation_id: Some(Uuid::new_v4().to_string()),
            message_type: Some(message_type.into()),
            content_type: Some("application/xml".into()),
            user_id: Some(participant.into()),
            timestamp: Some(SystemTime::UNIX_EPOCH.elapsed().expect("after 1970").as_secs()),
            headers: FieldTable::default(),
            routing_key: format!("{area}.{}", rest.split('@').next().expect("a name")),
            body,
        };
        submission.header("imi-from", text(from));
        submission.header("imi-to", text(to));
        submission
    }

    /// Sets a header.
    pub(crate) fn header(&mut self, name: &str, value: AMQPValue) {
        self.headers.insert(name.into(), value);
    }

    /// Names the recipients; nobody: without the header.
    pub(crate) fn to(&mut self, recipients: &[&str]) {
        let others = self.headers.inner().iter().filter(|(name, _)| name.as_str() != "imi-to");
        self.headers = others.map(|(name, value)| (name.clone(), value.clone())).collect::<BTreeMap<_, _>>().into();
        if !recipients.is_empty() {
            let named: Vec<AMQPValue> = recipients.iter().map(|recipient| text(recipient)).collect();
            self.header("imi-to", AMQPValue::FieldArray(named.into()));
        }
    }

    fn properties(&self) -> BasicProperties {
        let mut properties = BasicProperties::default().with_delivery_mode(2).with_headers(self.headers.clone());
        let set =
            |properties: BasicProperties,
             value: &Option<String>,
             with: fn(BasicProperties, lapin::types::ShortString) -> BasicProperties| match value {
                Some(value) => with(properties, value.as_str().into()),
                None => properties,
            };
        properties = set(properties, &self.message_id, BasicProperties::with_message_id);
        properties = set(properties, &self.correlation_id, BasicProperties::with_correlation_id);
        properties = set(properties, &self.message_type, BasicProperties::with_type);
        properties = set(properties, &self.content_type, BasicProperties::with_content_type);
        properties = set(properties, &self.user_id, BasicProperties::with_user_id);
        match self.timestamp {
            Some(timestamp) => properties.with_timestamp(timestamp),
            None => properties,
        }
    }
}

/// A header's text.
pub(crate) fn text(value: &str) -> AMQPValue {
    AMQPValue::LongString(value.into())
}

/// A connection with a participant's certificate.
pub(crate) struct RawParticipant {
    pub(crate) name: String,
    pub(crate) connection: Connection,
    pub(crate) channel: Channel,
    receipts: Option<Consumer>,
}

impl RawParticipant {
    /// Connects with the participant's certificate of the network.
    pub(crate) async fn connect(network: &Network, name: &str) -> Result<Self, lapin::Error> {
        let stem = network.pki().join("participants").join(name);
        Self::connect_with(network, name, &stem).await
    }

    /// Connects with `STEM.pem` and `STEM.key`.
    pub(crate) async fn connect_with(network: &Network, name: &str, stem: &Path) -> Result<Self, lapin::Error> {
        Self::connect_to(network.ports().amqps, &network.pki().join("ca.pem"), name, stem).await
    }

    /// The same where the network is not at hand: by the broker's port and the file of the CA.
    pub(crate) async fn connect_to(port: u16, ca: &Path, name: &str, stem: &Path) -> Result<Self, lapin::Error> {
        let read = |path: &Path| std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let tls = OwnedTLSConfig {
            identity: Some(OwnedIdentity::PKCS8 {
                pem: read(&stem.with_extension("pem")),
                key: read(&stem.with_extension("key")),
            }),
            cert_chain: Some(String::from_utf8(read(ca)).expect("PEM is text")),
        };
        let uri = format!("amqps://localhost:{port}/imi?auth_mechanism=external&heartbeat=10");
        let builder = lapin::ConnectionBuilder::new_with_runtime(lapin::runtime::default_runtime()?)
            .with_uri_str(uri)
            .with_properties(ConnectionProperties::default())
            .with_tls_config(tls);
        let connecting = builder.connect();
        let connection = tokio::time::timeout(PATIENCE, connecting).await.expect("the broker answers")?;
        let channel = connection.create_channel().await?;
        channel.confirm_select(ConfirmSelectOptions::default()).await?;
        Ok(Self { name: name.into(), connection, channel, receipts: None })
    }

    /// A channel of its own, for what may close it.
    pub(crate) async fn spare_channel(&self) -> Channel {
        self.connection.create_channel().await.expect("a channel")
    }

    /// Publishes and waits for the broker's word.
    pub(crate) async fn publish(&self, submission: &Submission) -> Result<Confirmation, lapin::Error> {
        publish(&self.channel, "imi.submit", submission).await
    }

    /// Publishes what the broker takes, and returns the first receipt with its content.
    pub(crate) async fn refused(&mut self, submission: &Submission) -> SignedReceipt {
        assert_eq!(self.publish(submission).await.expect("published"), Confirmation::Ack(None));
        let sha256 = schemas::wire::content_sha256(&submission.body);
        loop {
            let receipt = self.next_receipt().await;
            if receipt.receipt.content_sha256 == sha256 && receipt.receipt.message_id.is_some() {
                return receipt;
            }
        }
    }

    /// The next receipt of the queue.
    pub(crate) async fn next_receipt(&mut self) -> SignedReceipt {
        self.next_receipts().await.remove(0)
    }

    /// The receipts of the next message; those after the first are for callers that want all.
    pub(crate) async fn next_receipts(&mut self) -> Vec<SignedReceipt> {
        if self.receipts.is_none() {
            let channel = self.spare_channel().await;
            let queue = format!("receipts.{}", self.name);
            let consumer = channel
                .basic_consume(queue.as_str().into(), "".into(), BasicConsumeOptions::default(), FieldTable::default())
                .await;
            self.receipts = Some(consumer.expect("one's own receipts can be read"));
        }
        let consumer = self.receipts.as_mut().expect("set above");
        let delivery = tokio::time::timeout(PATIENCE, consumer.next()).await.expect("a receipt in time");
        let delivery = delivery.expect("the consumer goes on").expect("a delivery");
        delivery.ack(BasicAckOptions::default()).await.expect("acknowledged");
        let batch: schemas::wire::ReceiptBatch = serde_json::from_slice(&delivery.data).expect("receipts");
        batch.receipts
    }
}

/// Publishes on a channel in confirm mode.
pub(crate) async fn publish(
    channel: &Channel,
    exchange: &str,
    submission: &Submission,
) -> Result<Confirmation, lapin::Error> {
    let options = BasicPublishOptions { mandatory: true, ..BasicPublishOptions::default() };
    channel
        .basic_publish(
            exchange.into(),
            submission.routing_key.as_str().into(),
            options,
            &submission.body,
            submission.properties(),
        )
        .await?
        .await
}

/// Publishes many on a channel in confirm mode, in their order, and waits until the broker has all of them.
pub(crate) async fn publish_all(channel: &Channel, submissions: &[Submission]) -> Result<(), lapin::Error> {
    for some in submissions.chunks(500) {
        let mut confirms = Vec::with_capacity(some.len());
        for submission in some {
            let options = BasicPublishOptions { mandatory: true, ..BasicPublishOptions::default() };
            let (key, properties) = (submission.routing_key.as_str().into(), submission.properties());
            confirms
                .push(channel.basic_publish("imi.submit".into(), key, options, &submission.body, properties).await?);
        }
        for confirm in confirms {
            assert_eq!(confirm.await?, Confirmation::Ack(None));
        }
    }
    Ok(())
}
