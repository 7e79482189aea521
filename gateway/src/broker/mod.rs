//! The broker, spoken to in the hub's own words. The only module that knows lapin.
//!
//! Owns connections, topology, consuming and publishing. A session lives until its first fault: nothing is repaired in
//! place, the supervisor opens a new one, and whatever was not acknowledged comes again.

mod backlog;
mod ingress;
mod management;
mod publish;
mod sanitise;
mod topology;
mod transport;

pub use backlog::Backlog;
pub use ingress::{Batch, Ingress};
pub use management::{BrokerConnection, Management};
pub use publish::{Header, Outbound, Publisher, Verdict};
pub use topology::{Lane, PARKED_QUEUE, Topology};

use crate::config;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use std::{sync::Arc, time::Duration};
use thiserror::Error;

/// Channels on which queues are declared at a time.
const DECLARING_CHANNELS: usize = 16;
/// Time for one attempt to connect and shake hands.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// The broker cannot be used now; the session is over and a new one must be opened.
#[derive(Debug, Error)]
pub enum BrokerError {
    /// A fault of connection or channel.
    #[error("the broker: {0}")]
    Connection(#[from] lapin::Error),
    /// It did not answer in time.
    #[error("the broker did not {0} in time")]
    TimedOut(&'static str),
    /// It ended the consumer: the queue was deleted, or another consumer took over.
    #[error("the broker ended the consumer of {0}")]
    ConsumerEnded(String),
}

/// The hub's TLS identity towards the broker.
///
/// # Errors
/// A file cannot be read or does not hold what it should.
pub fn tls(settings: &config::Broker) -> Result<Arc<rustls::ClientConfig>, config::ConfigError> {
    let mut roots = rustls::RootCertStore::empty();
    for certificate in certificates(&settings.ca)? {
        roots.add(certificate).map_err(|error| pem_error(&settings.ca, error))?;
    }
    let key = PrivateKeyDer::from_pem_file(&settings.key).map_err(|error| pem_error(&settings.key, error))?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let client = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| pem_error(&settings.certificate, error))?
        .with_root_certificates(roots)
        .with_client_auth_cert(certificates(&settings.certificate)?, key)
        .map_err(|error| pem_error(&settings.certificate, error))?;
    Ok(Arc::new(client))
}

/// Every certificate of a PEM file.
pub(crate) fn certificates(path: &std::path::Path) -> Result<Vec<CertificateDer<'static>>, config::ConfigError> {
    CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| pem_error(path, error))
}

fn pem_error(path: &std::path::Path, error: impl std::fmt::Display) -> config::ConfigError {
    config::ConfigError::file(path, error, "certs init makes a development PKI; certs show FILE inspects one")
}

/// Two connections, so that a broker that holds back publishers never holds back acknowledgements.
pub struct Session {
    consuming: lapin::Connection,
    publishing: lapin::Connection,
}

impl Session {
    /// Connects, with the certificate's CN as user name.
    ///
    /// # Errors
    /// The broker cannot be reached, or refuses the hub.
    pub async fn open(settings: &config::Broker, tls: &Arc<rustls::ClientConfig>) -> Result<Self, BrokerError> {
        let consuming = connect(settings, Arc::clone(tls), "hub: consuming").await?;
        let publishing = connect(settings, Arc::clone(tls), "hub: publishing").await?;
        Ok(Self { consuming, publishing })
    }

    /// Declares what must exist. Repeating it changes nothing.
    pub async fn declare(&self, topology: &Topology) -> Result<(), BrokerError> {
        let channel = self.publishing.create_channel().await?;
        topology.declare(&channel).await?;
        channel.close(200, "declared".into()).await?;
        // Each queue is a round trip and a write on the broker's disk: thousands of mailboxes stand in several lines.
        let share = topology.outgoing.len().div_ceil(DECLARING_CHANNELS).max(1);
        let lines = topology.outgoing.chunks(share).map(async |queues| {
            let channel = self.publishing.create_channel().await?;
            topology::declare_outgoing(&channel, queues).await?;
            channel.close(200, "declared".into()).await?;
            Ok::<(), BrokerError>(())
        });
        futures_util::future::try_join_all(lines).await?;
        Ok(())
    }

    /// Removes a queue that holds nothing and that nobody consumes; says whether it did.
    pub async fn remove_empty(&self, queue: &str) -> Result<bool, BrokerError> {
        let channel = self.publishing.create_channel().await?;
        let removed = topology::remove_empty(&channel, queue).await;
        if removed.is_ok() {
            channel.close(200, "looked".into()).await?;
        }
        // A queue that has gone in the meantime closes the channel, and that is all.
        Ok(removed.unwrap_or(false))
    }

    /// Begins to consume a queue.
    pub async fn ingress(&self, queue: &str, prefetch: u16) -> Result<Ingress, BrokerError> {
        Ingress::open(self.consuming.create_channel().await?, queue, prefetch).await
    }

    /// A look at what waits in these queues.
    pub async fn backlog(&self, queues: Vec<String>) -> Result<Backlog, BrokerError> {
        Ok(Backlog::new(self.publishing.create_channel().await?, queues))
    }

    /// A channel to publish on.
    pub async fn publisher(&self, confirm_timeout: Duration) -> Result<Publisher, BrokerError> {
        Publisher::open(self.publishing.create_channel().await?, confirm_timeout).await
    }

    /// Ends the session in good order; what is not acknowledged goes back to its queue.
    pub async fn close(self) {
        for connection in [self.publishing, self.consuming] {
            let goodbye = connection.close(200, "the hub is going".into());
            if let Ok(Err(error)) = tokio::time::timeout(CONNECT_TIMEOUT, goodbye).await {
                tracing::debug!(error = %error, "closing a broker connection");
            }
        }
    }
}

async fn connect(
    settings: &config::Broker,
    tls: Arc<rustls::ClientConfig>,
    name: &str,
) -> Result<lapin::Connection, BrokerError> {
    let uri = format!(
        "amqps://{}:{}/{}?auth_mechanism=external&heartbeat=20",
        settings.host,
        settings.port,
        schemas::wire::VIRTUAL_HOST
    );
    let uri: lapin::uri::AMQPUri =
        uri.parse().map_err(|error: String| lapin::Error::from(std::io::Error::other(error)))?;
    let dial = async move |uri: lapin::uri::AMQPUri, _runtime| {
        let stream = transport::connect(&uri.authority.host, uri.authority.port, Arc::clone(&tls), CONNECT_TIMEOUT)
            .await
            .map_err(lapin::Error::from)?;
        Ok(lapin::tcp::AsyncTcpStream::Plain(stream))
    };
    let properties = lapin::ConnectionProperties::default().with_connection_name(name.into());
    let connecting = lapin::Connection::connector(uri, transport::runtime(), dial, properties);
    Ok(tokio::time::timeout(CONNECT_TIMEOUT, connecting)
        .await
        .map_err(|_| BrokerError::TimedOut("accept the connection"))??)
}
