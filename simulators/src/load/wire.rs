//! Raw AMQP for load: one login, channels, quorum queues. Uses lapin without the client library, so that the relay and
//! the gateway are measured with the same generator and the same consumers.

use super::LoadError;
use lapin::{
    Channel, Connection, ConnectionProperties, DefaultConnectionBuilder,
    options::{BasicQosOptions, ConfirmSelectOptions, QueueDeclareOptions, QueueDeleteOptions},
    tcp::{OwnedIdentity, OwnedTLSConfig},
    types::{AMQPValue, FieldTable},
};
use std::path::PathBuf;

/// Who connects, and where.
#[derive(Debug, Clone)]
pub(super) struct Login {
    /// The broker's host.
    pub host: String,
    /// The broker's port.
    pub port: u16,
    /// Folder made by `certs init`.
    pub pki: PathBuf,
    /// Certificate and key, relative to it, without extension: `gateway` or `participants/<id>`.
    pub identity: String,
}

impl Login {
    /// The same place for another identity.
    pub(super) fn of(&self, identity: impl Into<String>) -> Self {
        Self { identity: identity.into(), ..self.clone() }
    }

    /// Connects with the certificate.
    pub(super) async fn connect(&self) -> Result<Connection, LoadError> {
        let read = |name: String| {
            let path = self.pki.join(name);
            std::fs::read(&path).map_err(LoadError::file(path))
        };
        let identity = OwnedIdentity::PKCS8 {
            pem: read(format!("{}.pem", self.identity))?,
            key: read(format!("{}.key", self.identity))?,
        };
        let ca = String::from_utf8_lossy(&read("ca.pem".to_owned())?).into_owned();
        let uri = format!("amqps://{}:{}/imi?auth_mechanism=external&heartbeat=30", self.host, self.port);
        let name = format!("simulator load as {}", self.identity);
        let connection = DefaultConnectionBuilder::new()?
            .with_uri_str(uri)
            .with_properties(ConnectionProperties::default().with_connection_name(name.into()))
            .with_tls_config(OwnedTLSConfig { identity: Some(identity), cert_chain: Some(ca) })
            .connect()
            .await?;
        Ok(connection)
    }
}

/// A channel whose publishes are confirmed.
pub(super) async fn confirming_channel(connection: &Connection) -> Result<Channel, LoadError> {
    let channel = connection.create_channel().await?;
    channel.confirm_select(ConfirmSelectOptions::default()).await?;
    Ok(channel)
}

/// A channel that consumes with at most `prefetch` messages unacknowledged.
pub(super) async fn consuming_channel(connection: &Connection, prefetch: u16) -> Result<Channel, LoadError> {
    let channel = connection.create_channel().await?;
    channel.basic_qos(prefetch, BasicQosOptions::default()).await?;
    Ok(channel)
}

/// Declares a durable quorum queue.
pub(super) async fn declare_quorum(channel: &Channel, queue: &str) -> Result<(), LoadError> {
    let mut arguments = FieldTable::default();
    arguments.insert("x-queue-type".into(), AMQPValue::LongString("quorum".into()));
    let options = QueueDeclareOptions { durable: true, ..QueueDeclareOptions::default() };
    channel.queue_declare(queue.into(), options, arguments).await?;
    Ok(())
}

/// Deletes a queue with what it holds.
pub(super) async fn delete(channel: &Channel, queue: &str) -> Result<(), LoadError> {
    channel.queue_delete(queue.into(), QueueDeleteOptions::default()).await?;
    Ok(())
}
