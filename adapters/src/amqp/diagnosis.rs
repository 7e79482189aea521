//! Finding the cause of an error in what the libraries beneath say about it.
//!
//! Owns the reading of TLS alerts and AMQP reply codes; the words are those of [`ClientError`].

use crate::{config::ClientConfig, error::ClientError};
use lapin::{ErrorKind, protocol::AMQPError};
use rustls::{AlertDescription, CertificateError, Error as TlsError};
use std::error::Error;

/// How far opening a connection came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Name resolution and TCP.
    Tcp,
    /// The TLS handshake, seen from our side.
    Tls,
    /// Afterwards. With TLS 1.3 a refusal of our certificate is seen only here.
    Amqp,
}

/// Reply codes of AMQP 0.9.1 that say something to a client.
pub(crate) mod code {
    pub(crate) const CONTENT_TOO_LARGE: u16 = 311;
    pub(crate) const CONNECTION_FORCED: u16 = 320;
    pub(crate) const ACCESS_REFUSED: u16 = 403;
    pub(crate) const NOT_FOUND: u16 = 404;
    pub(crate) const RESOURCE_LOCKED: u16 = 405;
    pub(crate) const PRECONDITION_FAILED: u16 = 406;
    pub(crate) const RESOURCE_ERROR: u16 = 506;
    pub(crate) const NOT_ALLOWED: u16 = 530;
    pub(crate) const INTERNAL_ERROR: u16 = 541;
}

/// What the broker said, when it was the broker that ended a channel or connection.
pub(crate) fn reply(error: &lapin::Error) -> Option<(u16, String)> {
    match error.kind() {
        ErrorKind::ProtocolError(error) => Some((error.get_id(), plain(error))),
        _ => None,
    }
}

fn plain(error: &AMQPError) -> String {
    error.get_message().as_str().chars().filter(|c| !c.is_control()).take(500).collect()
}

/// The cause of an error while a connection was being opened.
pub(crate) fn explain(config: &ClientConfig, stage: Stage, error: &lapin::Error) -> ClientError {
    if let Some((code, text)) = reply(error) {
        return explain_reply(config, code, format!("{code} {text}"));
    }
    if let Some(tls) = tls_error(error) {
        return explain_tls(config, tls);
    }
    let (host, port, cause) = (config.host.clone(), config.port, root_cause(error));
    match stage {
        Stage::Tcp => ClientError::Unreachable { host, port, cause },
        Stage::Tls => ClientError::Protocol { host, port, cause: format!("no TLS session: {cause}") },
        Stage::Amqp if error.is_io_error() => ClientError::CertificateRefused {
            participant: config.participant.clone(),
            certificate: config.certificate.clone(),
            cause: format!("it closed the connection right after the TLS handshake: {cause}"),
        },
        Stage::Amqp => ClientError::Protocol { host, port, cause },
    }
}

fn explain_reply(config: &ClientConfig, code: u16, cause: String) -> ClientError {
    let participant = config.participant.clone();
    match code {
        code::ACCESS_REFUSED => ClientError::LoginRefused { participant, cause },
        code::NOT_ALLOWED | code::NOT_FOUND => {
            ClientError::VirtualHostRefused { participant, virtual_host: config.virtual_host.clone(), cause }
        }
        _ => ClientError::Protocol { host: config.host.clone(), port: config.port, cause },
    }
}

fn explain_tls(config: &ClientConfig, error: &TlsError) -> ClientError {
    let (host, port, cause) = (config.host.clone(), config.port, error.to_string());
    match error {
        TlsError::InvalidCertificate(CertificateError::UnknownIssuer | CertificateError::BadSignature) => {
            ClientError::WrongAuthority { host, port, ca: config.ca.clone(), cause }
        }
        TlsError::InvalidCertificate(_) => ClientError::BrokerCertificate { host, port, cause },
        TlsError::AlertReceived(alert) if about_our_certificate(*alert) => ClientError::CertificateRefused {
            participant: config.participant.clone(),
            certificate: config.certificate.clone(),
            cause: format!("TLS alert {alert:?}"),
        },
        _ => ClientError::Protocol { host, port, cause },
    }
}

fn about_our_certificate(alert: AlertDescription) -> bool {
    matches!(
        alert,
        AlertDescription::BadCertificate
            | AlertDescription::UnsupportedCertificate
            | AlertDescription::CertificateRevoked
            | AlertDescription::CertificateExpired
            | AlertDescription::CertificateUnknown
            | AlertDescription::UnknownCA
            | AlertDescription::AccessDenied
            | AlertDescription::CertificateRequired
            | AlertDescription::HandshakeFailure
    )
}

/// The TLS library's own error, wherever it is wrapped.
fn tls_error(error: &lapin::Error) -> Option<&TlsError> {
    let ErrorKind::IOError(io) = error.kind() else { return None };
    let mut current: Option<&(dyn Error + 'static)> = io.get_ref().map(|inner| inner as &(dyn Error + 'static));
    while let Some(error) = current {
        if let Some(tls) = error.downcast_ref::<TlsError>() {
            return Some(tls);
        }
        // An io::Error shows what it wraps only through get_ref.
        let wrapped = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        current = wrapped.map(|inner| inner as &(dyn Error + 'static)).or_else(|| error.source());
    }
    None
}

fn root_cause(error: &lapin::Error) -> String {
    match error.kind() {
        ErrorKind::IOError(io) => io.to_string(),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{io, path::Path};

    fn config() -> ClientConfig {
        ClientConfig::new("PL-BACKOFFICE".parse().expect("a participant"), Path::new("pki"), 7671)
    }

    fn tls(error: TlsError) -> lapin::Error {
        // As the connector wraps it: an io::Error in an io::Error.
        io::Error::other(io::Error::new(io::ErrorKind::InvalidData, error)).into()
    }

    fn explained(stage: Stage, error: lapin::Error) -> ClientError {
        explain(&config(), stage, &error)
    }

    #[test]
    fn the_cause_of_a_failed_handshake_is_named() {
        let unknown = tls(TlsError::InvalidCertificate(CertificateError::UnknownIssuer));
        assert!(matches!(explained(Stage::Tls, unknown), ClientError::WrongAuthority { .. }));
        let expired = tls(TlsError::InvalidCertificate(CertificateError::Expired));
        assert!(matches!(explained(Stage::Tls, expired), ClientError::BrokerCertificate { .. }));
        let refused = tls(TlsError::AlertReceived(AlertDescription::UnknownCA));
        assert!(matches!(explained(Stage::Amqp, refused), ClientError::CertificateRefused { .. }));
    }

    #[test]
    fn where_a_connection_ended_tells_what_it_means() {
        let ended = || lapin::Error::from(io::Error::from(io::ErrorKind::ConnectionRefused));
        assert!(matches!(explained(Stage::Tcp, ended()), ClientError::Unreachable { .. }));
        assert!(matches!(explained(Stage::Tls, ended()), ClientError::Protocol { .. }));
        assert!(matches!(explained(Stage::Amqp, ended()), ClientError::CertificateRefused { .. }));
    }

    #[test]
    fn replies_of_the_broker_are_told_apart() {
        let replied =
            |code| AMQPError::from_id(code, "because".into()).map(|error| ErrorKind::ProtocolError(error).into());
        let explained = |code| explained(Stage::Amqp, replied(code).expect("a code of the protocol"));
        assert!(matches!(explained(403), ClientError::LoginRefused { cause, .. } if cause.contains("because")));
        assert!(matches!(explained(530), ClientError::VirtualHostRefused { .. }));
        assert!(matches!(explained(541), ClientError::Protocol { .. }));
    }
}
