//! Mutual TLS for participants: the directory decides which certificates are let in, whoever signed them.

use crate::{
    broker::certificates,
    config::{self, ConfigError},
    directory::{Directory, InForce, Refusal},
};
use jiff::Timestamp;
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, ServerConfig, SignatureScheme,
    client::danger::HandshakeSignatureValid,
    crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, PrivateKeyDer, UnixTime, pem::PemObject},
    server::danger::{ClientCertVerified, ClientCertVerifier},
};
use schemas::wire::{ParticipantId, content_sha256};
use std::{fmt, sync::Arc, time::Duration};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

/// Longest wait between two looks at a connection's certificate.
const LONGEST_SLEEP: Duration = Duration::from_secs(60 * 60);

/// Who a connection belongs to. Only a completed handshake makes one.
#[derive(Debug, Clone)]
pub(super) struct Peer {
    certificate_sha256: String,
}

impl Peer {
    /// The participant, if the directory still accepts the certificate.
    pub(super) fn participant<'a>(&self, directory: &'a Directory) -> Option<&'a ParticipantId> {
        directory.owner_of(&self.certificate_sha256).map(|participant| &participant.id)
    }

    /// Waits until the directory would no longer let the certificate in, and says why. A handshake that resumes a
    /// former session has not asked: so the first look is at once.
    pub(super) async fn refused(&self, directory: &InForce, clock: fn() -> Timestamp) -> Refusal {
        let mut changes = directory.changes();
        loop {
            let (current, now) = (directory.now().directory, clock());
            if let Err(refusal) = current.admit(&self.certificate_sha256, now) {
                return refusal;
            }
            let known = current.certificate(&self.certificate_sha256);
            let left = known.and_then(|known| known.certificate.not_after.duration_since(now).try_into().ok());
            let a_while: Duration = left.unwrap_or_default();
            tokio::select! {
                _ = changes.changed() => {}
                // Clocks are set, and long sleeps are not exact: an hour is looked ahead at most.
                () = tokio::time::sleep(a_while.min(LONGEST_SLEEP) + Duration::from_millis(1)) => {}
            }
        }
    }

    /// Whose certificate it is, for the log.
    pub(super) fn name<'a>(&self, directory: &'a Directory) -> &'a str {
        directory.certificate(&self.certificate_sha256).map_or("unknown", |known| known.participant.as_str())
    }
}

pub(super) fn peer(stream: &TlsStream<TcpStream>) -> Peer {
    let leaf = stream.get_ref().1.peer_certificates().and_then(<[_]>::first);
    Peer { certificate_sha256: leaf.map(|certificate| content_sha256(certificate)).unwrap_or_default() }
}

pub(super) fn server_config(
    settings: &config::Http,
    directory: Arc<InForce>,
    clock: fn() -> Timestamp,
) -> Result<Arc<ServerConfig>, ConfigError> {
    let wrong = |error: &dyn fmt::Display| {
        ConfigError::file(
            &settings.certificate,
            error,
            "certs init makes a development PKI; certs show FILE inspects one",
        )
    };
    let provider = Arc::new(aws_lc_rs::default_provider());
    let key = PrivateKeyDer::from_pem_file(&settings.key)
        .map_err(|error| ConfigError::file(&settings.key, error, "give the private key of http.certificate in PEM"))?;
    let verifier = Arc::new(DirectoryVerifier { directory, clock, provider: Arc::clone(&provider) });
    let mut server = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| wrong(&error))?
        .with_client_cert_verifier(verifier)
        .with_single_cert(certificates(&settings.certificate)?, key)
        .map_err(|error| wrong(&error))?;
    server.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(server))
}

/// Accepts exactly the leaf certificates that the directory holds, within their validity; the handshake's signature
/// proves the key as always.
struct DirectoryVerifier {
    directory: Arc<InForce>,
    clock: fn() -> Timestamp,
    provider: Arc<CryptoProvider>,
}

impl fmt::Debug for DirectoryVerifier {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("DirectoryVerifier")
    }
}

impl ClientCertVerifier for DirectoryVerifier {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        let fingerprint = content_sha256(end_entity);
        let refuse = |why| Err(Error::InvalidCertificate(why));
        let directory = self.directory.now().directory;
        match directory.admit(&fingerprint, (self.clock)()) {
            Ok(_) => Ok(ClientCertVerified::assertion()),
            Err(Refusal::Unknown) => refuse(CertificateError::UnknownIssuer),
            Err(Refusal::Revoked) => refuse(CertificateError::Revoked),
            Err(Refusal::NotYetValid) => refuse(CertificateError::NotValidYet),
            Err(Refusal::Expired) => refuse(CertificateError::Expired),
            Err(Refusal::Suspended | Refusal::Withdrawn) => refuse(CertificateError::ApplicationVerificationFailure),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
