//! One connection to the broker: TLS with our authority alone, our certificate, SASL EXTERNAL.
//!
//! Owns how it is opened; knows nothing of retries (`keeper`) or of what goes over it.

use super::diagnosis::{self, Stage};
use crate::{config::ClientConfig, error::ClientError};
use lapin::{
    Connection, ConnectionProperties,
    tcp::{AsyncTcpStream, RustlsConnector},
    uri::{AMQPAuthority, AMQPQueryString, AMQPScheme, AMQPUri, AMQPUserInfo, SASLMechanism},
};
use rustls::{
    RootCertStore,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use std::{
    io,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// Longest wait for TCP, and for TLS.
const TRANSPORT_TIMEOUT: Duration = Duration::from_secs(10);
/// Longest wait for the whole of it.
const OPEN_TIMEOUT: Duration = Duration::from_secs(30);
/// Seconds between heartbeats; two missed ones end the connection.
const HEARTBEAT_SECONDS: u16 = 10;

/// A connection, until somebody finds that it is broken.
pub(crate) struct Link {
    pub(crate) connection: Connection,
    broken: CancellationToken,
}

impl Link {
    /// Says that it is of no use any more.
    pub(crate) fn fail(&self) {
        self.broken.cancel();
    }

    /// Returns when somebody has said so.
    pub(crate) async fn failed(&self) {
        self.broken.cancelled().await;
    }

    /// Whether it can be used, as far as anybody knows.
    pub(crate) fn usable(&self) -> bool {
        !self.broken.is_cancelled() && self.connection.status().connected()
    }
}

/// Opens connections for one configuration. The certificate is read anew every time, so that it can be rotated.
#[derive(Clone)]
pub(crate) struct Opener {
    pub(crate) config: Arc<ClientConfig>,
    /// What the connection is for, as the hub's operators see it.
    pub(crate) purpose: &'static str,
}

impl Opener {
    /// Opens one connection, once.
    pub(crate) async fn open(&self) -> Result<Link, ClientError> {
        let tls = RustlsConnector::from(tls_config(&self.config)?);
        let stage = Arc::new(Mutex::new(Stage::Tcp));
        let connect = {
            let stage = Arc::clone(&stage);
            async move |uri: AMQPUri, runtime: async_rs::TokioRuntime| transport(uri, runtime, &tls, &stage).await
        };
        let name = format!("{} {}", self.config.participant, self.purpose);
        let properties = ConnectionProperties::default().with_connection_name(name.into());
        let runtime = lapin::runtime::default_runtime().map_err(|error| self.explain(Stage::Tcp, &error))?;
        let opening = Connection::connector(self.uri(), runtime, connect, properties);
        let reached = || *stage.lock().unwrap_or_else(PoisonError::into_inner);
        match timeout(OPEN_TIMEOUT, opening).await {
            Ok(Ok(connection)) => Ok(Link { connection, broken: CancellationToken::new() }),
            Ok(Err(error)) => Err(self.explain(reached(), &error)),
            Err(_) => {
                let cause = format!("no answer within {} s", OPEN_TIMEOUT.as_secs());
                Err(self.explain(reached(), &io::Error::new(io::ErrorKind::TimedOut, cause).into()))
            }
        }
    }

    fn explain(&self, stage: Stage, error: &lapin::Error) -> ClientError {
        diagnosis::explain(&self.config, stage, error)
    }

    fn uri(&self) -> AMQPUri {
        AMQPUri {
            scheme: AMQPScheme::AMQPS,
            authority: AMQPAuthority {
                // EXTERNAL sends none of these; the certificate speaks.
                userinfo: AMQPUserInfo { username: String::new(), password: String::new() },
                host: self.config.host.clone(),
                port: self.config.port,
            },
            vhost: self.config.virtual_host.clone(),
            query: AMQPQueryString {
                heartbeat: Some(HEARTBEAT_SECONDS),
                auth_mechanism: Some(SASLMechanism::External),
                ..AMQPQueryString::default()
            },
        }
    }
}

async fn transport(
    uri: AMQPUri,
    runtime: async_rs::TokioRuntime,
    tls: &RustlsConnector,
    stage: &Mutex<Stage>,
) -> lapin::Result<AsyncTcpStream<<async_rs::Tokio as async_rs::traits::Reactor>::TcpStream>> {
    let enter = |next| *stage.lock().unwrap_or_else(PoisonError::into_inner) = next;
    enter(Stage::Tcp);
    let addresses = runtime.to_socket_addrs((uri.authority.host.clone(), uri.authority.port));
    let plain = timeout(TRANSPORT_TIMEOUT, AsyncTcpStream::connect(&runtime, addresses));
    let plain = plain.await.map_err(|_| timed_out())??;
    enter(Stage::Tls);
    let encrypted = timeout(TRANSPORT_TIMEOUT, plain.into_rustls(tls, &uri.authority.host));
    let encrypted = encrypted.await.map_err(|_| timed_out())??;
    enter(Stage::Amqp);
    Ok(encrypted)
}

fn timed_out() -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, format!("no answer within {} s", TRANSPORT_TIMEOUT.as_secs()))
}

fn tls_config(config: &ClientConfig) -> Result<Arc<rustls::ClientConfig>, ClientError> {
    let mut roots = RootCertStore::empty();
    for authority in certificates("ca", &config.ca)? {
        roots.add(authority).map_err(|error| unusable("ca", &config.ca, error))?;
    }
    let chain = certificates("certificate", &config.certificate)?;
    let key = read("key", &config.key)?;
    let key = PrivateKeyDer::from_pem_slice(&key).map_err(|error| unusable("key", &config.key, error))?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| unusable("ca", &config.ca, error))?
        .with_root_certificates(roots)
        .with_client_auth_cert(chain, key)
        .map(Arc::new)
        .map_err(|error| ClientError::KeyPair {
            certificate: config.certificate.clone(),
            key: config.key.clone(),
            cause: error.to_string(),
        })
}

fn certificates(setting: &'static str, path: &Path) -> Result<Vec<CertificateDer<'static>>, ClientError> {
    let pem = read(setting, path)?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    let found = found.map_err(|error| unusable(setting, path, error))?;
    if found.is_empty() { Err(unusable(setting, path, "it holds no certificate")) } else { Ok(found) }
}

fn read(setting: &'static str, path: &Path) -> Result<Vec<u8>, ClientError> {
    std::fs::read(path).map_err(|error| unusable(setting, path, error))
}

fn unusable(setting: &'static str, path: &Path, cause: impl ToString) -> ClientError {
    ClientError::File { setting, path: path.to_owned(), cause: cause.to_string() }
}
