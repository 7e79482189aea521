//! A participant's HTTPS connection that is kept alive: one question after the other, until it ends.

use super::PATIENCE;
use rustls::{
    ClientConfig, ClientConnection, HandshakeKind, RootCertStore, SupportedProtocolVersion,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use simulators::network::Network;
use std::{io, path::Path, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinHandle,
    time::timeout,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

/// One connection. Connections of one [`Https::config`] resume each other's TLS sessions, as browsers' do.
pub(crate) struct Https {
    stream: TlsStream<TcpStream>,
}

impl Https {
    /// TLS with `STEM.pem` and `STEM.key`.
    pub(crate) fn config(network: &Network, stem: &Path) -> Arc<ClientConfig> {
        Self::config_for(network, stem, rustls::ALL_VERSIONS)
    }

    fn config_for(network: &Network, stem: &Path, versions: &[&'static SupportedProtocolVersion]) -> Arc<ClientConfig> {
        let mut roots = RootCertStore::empty();
        let ca = CertificateDer::from_pem_file(network.pki().join("ca.pem")).expect("the CA");
        roots.add(ca).expect("an anchor");
        let certificate = CertificateDer::from_pem_file(stem.with_extension("pem")).expect("a certificate");
        let key = PrivateKeyDer::from_pem_file(stem.with_extension("key")).expect("its key");
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(versions)
            .expect("TLS")
            .with_root_certificates(roots)
            .with_client_auth_cert(vec![certificate], key);
        Arc::new(config.expect("a pair"))
    }

    /// Connects and has a first question answered: only that proves that the certificate was accepted (TLS 1.3).
    pub(crate) async fn connect(network: &Network, config: &Arc<ClientConfig>) -> io::Result<Self> {
        let mut connection = Self::shake_hands(network.ports().participants, config).await?;
        connection.ask().await?;
        Ok(connection)
    }

    async fn shake_hands(port: u16, config: &Arc<ClientConfig>) -> io::Result<Self> {
        let tcp = TcpStream::connect(("127.0.0.1", port)).await?;
        let name = "localhost".try_into().expect("a name");
        let stream = timeout(PATIENCE, TlsConnector::from(Arc::clone(config)).connect(name, tcp)).await??;
        Ok(Self { stream })
    }

    /// Whether the broker takes a TLS 1.2 session up again, without a look at the certificate.
    pub(crate) async fn amqps_resumes_tls_1_2(network: &Network, stem: &Path) -> bool {
        let config = Self::config_for(network, stem, &[&rustls::version::TLS12]);
        let port = network.ports().amqps;
        let first = Self::shake_hands(port, &config).await.expect("a handshake");
        assert!(!first.was_resumed());
        Self::shake_hands(port, &config).await.expect("another").was_resumed()
    }

    /// Whether the TLS session was resumed, so that no certificate was sent again.
    pub(crate) fn was_resumed(&self) -> bool {
        let connection: &ClientConnection = self.stream.get_ref().1;
        connection.handshake_kind() == Some(HandshakeKind::Resumed)
    }

    /// Asks for something that every participant may see, and reads the answer.
    pub(crate) async fn ask(&mut self) -> io::Result<()> {
        let question = b"GET /.well-known/jwks.json HTTP/1.1\r\nHost: localhost\r\n\r\n";
        timeout(PATIENCE, async {
            self.stream.write_all(question).await?;
            let mut answer = Vec::new();
            while !answer.ends_with(b"]}") {
                if self.stream.read_buf(&mut answer).await? == 0 {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
            }
            assert!(answer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&answer));
            Ok(())
        })
        .await?
    }

    /// Asks again and again, as long as there is an answer: the hub cuts idle connections off. The task ends with the
    /// connection.
    pub(crate) fn kept_alive(mut self) -> JoinHandle<()> {
        let mut pace = tokio::time::interval(Duration::from_millis(100));
        tokio::spawn(async move {
            while self.ask().await.is_ok() {
                pace.tick().await;
            }
        })
    }
}
